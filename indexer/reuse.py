"""What an earlier snapshot already worked out: chunks of unchanged articles, vectors."""

import hashlib
from collections.abc import Sequence

from archive.calibration import Calibration, read_calibration
from archive.catalogue import Catalogue
from archive.documents import Document, Passage, Refusal
from archive.errors import ArchiveError
from archive.settings import Settings
from archive.snapshot import (
    CALIBRATION,
    CATALOGUE,
    PASSAGE_KEYS,
    PASSAGE_SPANS,
    PASSAGES,
    SENTENCE_KEYS,
    SENTENCE_SPANS,
    SENTENCES,
    TOKENS,
    Snapshot,
    open_kept,
    open_snapshot,
)
from archive.spans import read_spans
from indexer.chunking import Chunk
from indexer.dense import PassageVectors, read_sentences
from indexer.formats.parsed import Parsed
from indexer.late_interaction import read_tokens
from indexer.parsing import read_back
from indexer.stored import KEY, KeyRows, Store, read_keys


def vector_key(model: str, calibration: Calibration, kind: str, text: str) -> bytes:
    """What a stored vector depends on, as 16 bytes: the model, what is taken out of its vectors,
    the words, and the file it is in.

    Passages and sentences are stored with different precision, and are told apart by their kind.
    """
    told = f"{model}\0{calibration.digest}\0{kind}\0{text}"
    return hashlib.blake2b(told.encode(), digest_size=KEY).digest()


class Earlier:
    """The work of the current snapshot, as far as it serves a new one with the same settings.

    One that cannot be opened, or was made with other settings, serves for nothing; nor does any
    with `fresh`. Where the current one is damaged the one before it serves. `files` tells what was
    indexed in every case where it can be read, `articles` the digests of what became articles.
    `calibration` and `store` are there once it is loaded, and where it serves.
    """

    def __init__(self, settings: Settings, *, fresh: bool = False) -> None:
        self.files: dict[str, str] = {}
        self.articles: dict[str, str] = {}
        self.calibration: Calibration | None = None
        self.store: Store | None = None
        self._snapshot: Snapshot | None = None
        self._numbers: dict[str, int] = {}
        try:
            snapshot = open_snapshot(settings.index, settings.model)
            self._catalogue = Catalogue(snapshot.folder / CATALOGUE)
            self.files, self.articles = self._catalogue.files(), self._catalogue.articles()
        except ArchiveError:
            return
        if snapshot.facts.fingerprint == settings.fingerprint and not fresh:
            self._snapshot = snapshot

    def unchanged(self, files: dict[str, str], refused: Sequence[Refusal]) -> Snapshot | None:
        """The snapshot, if it is current and holds just these files and just these refusals.

        files: digests by path. refused: what was refused before it was decoded.
        """
        if self._snapshot is None or self._snapshot.damage or files != self.files:
            return None
        before = [one for one in self._catalogue.refused() if one.path not in files]
        return self._snapshot if before == list(refused) else None

    def document(self, path: str) -> Document | None:
        """An article as the snapshot has it, None where it does not."""
        try:
            return self._catalogue.document(path) if self._snapshot else None
        except KeyError:
            return None

    def parsed(self, path: str, digest: str) -> Parsed | None:
        """What was parsed of a file that has not changed, else None."""
        kept = self._catalogue.parsed(path, digest) if self._snapshot else None
        return read_back(kept) if kept else None

    def load(self) -> None:
        """Read where the chunks and the vectors are. Nothing to read, nothing happens.

        Every byte is checked first, so that no damage goes on into a new snapshot; where one has
        changed the snapshot serves for nothing.
        """
        if self._snapshot is None:
            return
        try:
            open_kept(
                self._snapshot.folder.parent,
                self._snapshot.facts.model,
                self._snapshot.name,
                deep=True,
            )
        except ArchiveError:
            self._snapshot = None
            return
        catalogue, folder = self._catalogue, self._snapshot.folder
        self._numbers = {path: number for number, (path, *_) in enumerate(catalogue.headings())}
        self._passages = read_spans(folder / PASSAGE_SPANS)
        self._sentences = read_spans(folder / SENTENCE_SPANS)
        self.calibration = read_calibration(folder / CALIBRATION)
        self.store = Store(
            KeyRows(read_keys(folder / PASSAGE_KEYS)),
            PassageVectors(folder / PASSAGES),
            read_tokens(folder / TOKENS),
            KeyRows(read_keys(folder / SENTENCE_KEYS)),
            read_sentences(folder / SENTENCES),
        )

    def chunks(self, document: Document) -> list[Chunk] | None:
        """The chunks of an article whose text has not changed, else None."""
        path, text = document.path, document.text
        number = self._numbers.get(path)
        if number is None or self._catalogue.document(path).text != text:
            return None
        found = []
        for row in self._passages.parts(number).tolist():
            start, end = self._passages.span(row)
            spans = tuple(self._sentences.spans(self._sentences.parts(row)))
            found.append(Chunk(Passage(path, start, end, text[start:end]), spans))
        return found
