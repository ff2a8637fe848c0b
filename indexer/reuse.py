"""What an earlier snapshot already worked out: passages of unchanged articles, vectors."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence

import faiss
import numpy as np

from archive.catalogue import Catalogue
from archive.documents import Document, Passage, Refusal
from archive.errors import ArchiveError
from archive.languages import Vectors
from archive.settings import Settings
from archive.snapshot import CATALOGUE, DENSE, Snapshot, open_snapshot


def vector_key(model: str, text: str) -> bytes:
    """What a passage's vector depends on, as 16 bytes: the model and the words."""
    return hashlib.blake2b(f"{model}\0{text}".encode(), digest_size=16).digest()


class Earlier:
    """The work of the current snapshot, as far as it serves a new one with the same settings.

    One that cannot be opened, or was made with other settings, serves for nothing; nor does any
    with `fresh`. `files` tells what was indexed in every case where it can be read.
    """

    def __init__(self, settings: Settings, *, fresh: bool = False) -> None:
        self.files: dict[str, str] = {}
        self._snapshot: Snapshot | None = None
        self._passages: dict[str, list[Passage]] = {}
        self._texts: dict[str, str] = {}
        self._rows: dict[bytes, int] = {}
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
        """Read the passages and where their vectors are. Nothing to read, nothing happens."""
        if self._snapshot is None:
            return
        documents = self._catalogue.documents()
        self._texts = {document.path: document.text for document in documents}
        passages: dict[str, list[Passage]] = defaultdict(list)
        for number, start, end in self._catalogue.passage_spans():
            document = documents[number]
            passages[document.path].append(
                Passage(document.path, start, end, document.text[start:end])
            )
        self._passages = dict(passages)
        self._rows = {key: row for row, key in enumerate(self._catalogue.passage_keys())}
        self._vectors = faiss.read_index(str(self._snapshot.folder / DENSE))

    def passages(self, document: Document) -> list[Passage] | None:
        """The passages of an article whose text has not changed, else None."""
        if self._texts.get(document.path) != document.text:
            return None
        return self._passages.get(document.path)

    def vector(self, key: bytes) -> Vectors | None:
        """The vector (d,) of a passage by its key, None where there is none."""
        row = self._rows.get(key)
        if row is None:
            return None
        return np.asarray(self._vectors.reconstruct(row), dtype=np.float32)
