"""What an earlier snapshot already worked out: chunks of unchanged articles, vectors."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence

import faiss
import numpy as np

from archive.calibration import Calibration, read_calibration
from archive.catalogue import Catalogue
from archive.documents import Document, Passage, Refusal
from archive.errors import ArchiveError
from archive.languages import Vectors
from archive.settings import Settings
from archive.snapshot import (
    CALIBRATION,
    CATALOGUE,
    PASSAGES,
    SENTENCES,
    TOKENS,
    Snapshot,
    open_snapshot,
)
from archive.text import Span
from indexer.chunking import Chunk
from indexer.late_interaction import PassageTokens, read_tokens


def vector_key(model: str, calibration: Calibration, kind: str, text: str) -> bytes:
    """What a stored vector depends on, as 16 bytes: the model, what is taken out of its vectors,
    the words, and the file it is in.

    Passages and sentences are stored with different precision, and are told apart by their kind.
    """
    told = f"{model}\0{calibration.digest}\0{kind}\0{text}"
    return hashlib.blake2b(told.encode(), digest_size=16).digest()


class Earlier:
    """The work of the current snapshot, as far as it serves a new one with the same settings.

    One that cannot be opened, or was made with other settings, serves for nothing; nor does any
    with `fresh`. `files` tells what was indexed in every case where it can be read.
    """

    def __init__(self, settings: Settings, *, fresh: bool = False) -> None:
        self.files: dict[str, str] = {}
        self._snapshot: Snapshot | None = None
        self._texts: dict[str, str] = {}
        self._chunks: dict[str, list[Chunk]] = defaultdict(list)
        self._passages: dict[bytes, tuple[Vectors, PassageTokens]] = {}
        self._sentences: tuple[dict[bytes, int], Vectors | None] = {}, None
        self.calibration: Calibration | None = None
        try:
            snapshot = open_snapshot(settings.index, settings.model)
        except ArchiveError:
            return
        self._catalogue = Catalogue(snapshot.folder / CATALOGUE)
        self.files = self._catalogue.files()
        if snapshot.facts.fingerprint == settings.fingerprint and not fresh:
            self._snapshot = snapshot

    def unchanged(self, files: dict[str, str], refused: Sequence[Refusal]) -> Snapshot | None:
        """The snapshot, if it holds just these files and just these refusals; else None.

        files: digests by path. refused: what was refused before it was decoded.
        """
        if self._snapshot is None or files != self.files:
            return None
        before = [one for one in self._catalogue.refused() if one.path not in files]
        return self._snapshot if before == list(refused) else None

    def load(self) -> None:
        """Read the chunks and where their vectors are. Nothing to read, nothing happens."""
        if self._snapshot is None:
            return
        catalogue = self._catalogue
        documents = catalogue.documents()
        self._texts = {document.path: document.text for document in documents}
        sentences: dict[int, list[Span]] = defaultdict(list)
        for row, start, end in catalogue.sentence_spans():
            sentences[row].append((start, end))
        for row, (number, start, end) in enumerate(catalogue.passage_spans()):
            path, text = documents[number].path, documents[number].text
            passage = Passage(path, start, end, text[start:end])
            self._chunks[path].append(Chunk(passage, tuple(sentences[row])))
        folder = self._snapshot.folder
        self.calibration = read_calibration(folder / CALIBRATION)
        vectors = faiss.read_index(str(folder / PASSAGES))
        self._passages = {
            key: (np.asarray(vectors.reconstruct(row), dtype=np.float32), tokens)
            for row, (key, tokens) in enumerate(
                zip(catalogue.passage_keys(), read_tokens(folder / TOKENS), strict=True)
            )
        }
        rows = {key: row for row, key in enumerate(catalogue.sentence_keys())}
        self._sentences = rows, np.load(folder / SENTENCES, mmap_mode="r")

    def chunks(self, document: Document) -> list[Chunk] | None:
        """The chunks of an article whose text has not changed, else None."""
        if self._texts.get(document.path) != document.text:
            return None
        return self._chunks.get(document.path)

    def passage(self, key: bytes) -> tuple[Vectors, PassageTokens] | None:
        """The vector (d,) and the tokens of a passage by its key, None where there is none."""
        return self._passages.get(key)

    def sentence(self, key: bytes) -> Vectors | None:
        """The vector (d,) of a sentence by its key, None where there is none."""
        rows, vectors = self._sentences
        if vectors is None or key not in rows:
            return None
        return np.asarray(vectors[rows[key]], dtype=np.float32)
