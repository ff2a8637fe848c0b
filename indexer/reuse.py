"""What an earlier snapshot already worked out: of files, of articles that stayed, of vectors."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from archive.calibration import Calibration, read_calibration
from archive.catalogue import Catalogue
from archive.documents import Document, Refusal
from archive.errors import ArchiveError
from archive.passage_ids import PassageIds, read_passage_ids
from archive.settings import Settings
from archive.snapshot import (
    CALIBRATION,
    CATALOGUE,
    FILES,
    PASSAGE_IDS,
    PASSAGE_KEYS,
    PASSAGE_SPANS,
    PASSAGES,
    SENTENCE_KEYS,
    SENTENCE_SPANS,
    SENTENCES,
    TIMES,
    TOKENS,
    Snapshot,
    open_kept,
    open_snapshot,
)
from archive.spans import Spans, read_spans
from archive.storage import Stamp
from indexer.articles import Kept
from indexer.dense import PassageVectors, read_sentences
from indexer.file_records import FileRecord, read_families, read_parsed, read_records
from indexer.formats.parsed import Parsed
from indexer.furniture import Repeated
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
    with `fresh`. Where the current one is damaged the one before it serves.

    folder: of the snapshot that serves, None where none does. files: the digests of what was read,
    articles: of what became articles, by path, in every case where they can be read. records: what
    is known of files, where the snapshot serves. families: the furniture of each; calibration,
    store, passages and sentences (where they stand), times (that the passages name) and ids are
    there once it is loaded, and where it serves.
    """

    def __init__(self, settings: Settings, *, fresh: bool = False) -> None:
        self.folder: Path | None = None
        self.files: dict[str, str] = {}
        self.articles: dict[str, str] = {}
        self.records: dict[str, FileRecord] = {}
        self.families: dict[str, list[Repeated]] = {}
        self.calibration: Calibration | None = None
        self.store: Store | None = None
        self.times: Spans | None = None
        self._snapshot: Snapshot | None = None
        self._kept: dict[str, Kept] = {}
        try:
            snapshot = open_snapshot(settings.index, settings.model)
            self._catalogue = Catalogue(snapshot.folder / CATALOGUE)
            self.articles = self._catalogue.articles()
            records = read_records(snapshot.folder / FILES)
            self.files = {path: one.digest for path, one in records.items()}
        except (ArchiveError, ValueError):
            return
        if snapshot.facts.fingerprint == settings.fingerprint and not fresh:
            self._snapshot, self.folder, self.records = snapshot, snapshot.folder, records

    def same(self, path: str, stamp: Stamp) -> bool:
        """Whether a file is what it was when the snapshot was made, by its stamp."""
        record = self.records.get(path)
        return record is not None and record.stamp == stamp

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

    def kept(self, path: str) -> Kept | None:
        """The heading of an article as the snapshot has it, None where it does not."""
        return self._kept.get(path)

    def parsed(self, path: str, digest: str) -> Parsed | None:
        """What was parsed of a file that has not changed, else None."""
        kept = read_parsed(self.folder / FILES, path, digest) if self.folder else None
        return read_back(kept) if kept else None

    def load(self) -> bool:
        """Read where the articles and the vectors are; return whether the snapshot serves.

        Every byte is checked first, so that no damage goes on into a new snapshot; where one has
        changed it serves for nothing.
        """
        if self._snapshot is None:
            return False
        folder = self._snapshot.folder
        try:
            open_kept(folder.parent, self._snapshot.facts.model, folder.name, deep=True)
            headings = self._catalogue.headings()
            self.families = read_families(folder / FILES)
        except (ArchiveError, ValueError):
            self._snapshot, self.folder, self.records = None, None, {}
            return False
        self._kept = {
            path: Kept(number, path, language, published)
            for number, (path, _, language, published) in enumerate(headings)
        }
        self._headings = list(self._kept.values())
        self.passages: Spans = read_spans(folder / PASSAGE_SPANS)
        self.sentences: Spans = read_spans(folder / SENTENCE_SPANS)
        self.times = read_spans(folder / TIMES)
        self.ids: PassageIds = read_passage_ids(folder / PASSAGE_IDS)
        self.calibration = read_calibration(folder / CALIBRATION)
        self.store = Store(
            KeyRows(read_keys(folder / PASSAGE_KEYS)),
            PassageVectors(folder / PASSAGES),
            read_tokens(folder / TOKENS),
            KeyRows(read_keys(folder / SENTENCE_KEYS)),
            read_sentences(folder / SENTENCES),
        )
        return True

    @property
    def languages(self) -> list[str]:
        """The language of each passage's article, by its row."""
        return [self._headings[number].language for number in self.passages.of.tolist()]

    def article(self, row: int) -> Document:
        """The article of a passage, by its row."""
        return self._catalogue.document(self._headings[self.passages.of[row]].path)

    def passage(self, row: int) -> str:
        """The text of a passage, by its row."""
        return self.article(row).text[slice(*self.passages.span(row))]
