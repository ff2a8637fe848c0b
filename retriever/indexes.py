"""What a snapshot holds, opened for reading."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from archive.alignment import Sentences
from archive.calibration import read_calibration, read_offsets
from archive.catalogue import Catalogue
from archive.documents import Document
from archive.errors import IndexDamaged
from archive.languages import Vectors
from archive.passage_ids import read_passage_ids
from archive.snapshot import (
    CALIBRATION,
    CATALOGUE,
    COARSE,
    LEXICAL,
    OFFSETS,
    PASSAGE_IDS,
    PASSAGE_SPANS,
    PASSAGES,
    SENTENCE_SPANS,
    SENTENCES,
    TIMES,
    TOKENS,
)
from archive.spans import read_spans
from retriever.dense import DenseIndex, StoredVectors
from retriever.filters import Columns
from retriever.late_interaction import TokenIndex
from retriever.lexical import LexicalIndex
from retriever.versions import Releases


class Indexes:
    """The files of a snapshot. Passages go by their rows, articles by their numbers.

    spans: of the passages in the articles. sentence_spans: of the sentences in the passages.
    times: those that the passages name, as spans of days.
    Safe to use from several threads. An article that has changed raises IndexDamaged.
    """

    def __init__(self, folder: Path) -> None:
        self._index_dir = folder.parent
        self.catalogue = Catalogue(folder / CATALOGUE)
        self.ids = read_passage_ids(folder / PASSAGE_IDS)
        self.passages = DenseIndex(folder / PASSAGES, (folder / COARSE, self.ids))
        self.sentences = StoredVectors(folder / SENTENCES)
        self.tokens = TokenIndex(folder / TOKENS)
        self.lexical = LexicalIndex(folder / LEXICAL, self.ids)
        self.calibration = read_calibration(folder / CALIBRATION)
        self.offsets = read_offsets(folder / OFFSETS)
        headings = self.catalogue.headings()
        self.spans = read_spans(folder / PASSAGE_SPANS)
        self.sentence_spans = read_spans(folder / SENTENCE_SPANS)
        self.times = read_spans(folder / TIMES)
        self.columns = Columns(
            paths=[path for path, _, _, _ in headings],
            languages=[language for _, _, language, _ in headings],
            published=[published for _, _, _, published in headings],
            document_of=self.spans.of,
        )
        if not set(self.columns.languages) <= set(self.lexical.languages):
            raise IndexDamaged(self._index_dir, "an article has another language than its words")
        numbers = {path: number for number, path in enumerate(self.columns.paths)}
        told = [[numbers[path] for path in paths] for paths in self.catalogue.versions()]
        self.releases = Releases(told, self.columns, self.article, self.sentences_of)

    def number(self, row: int) -> int:
        """The number of a passage's article."""
        return int(self.columns.document_of[row])

    def numbers(self, rows: Sequence[int]) -> list[int]:
        """The numbers of passages' articles, in the order of the rows."""
        numbers: list[int] = self.columns.document_of[np.asarray(rows, dtype=np.int64)].tolist()
        return numbers

    def document(self, row: int) -> Document:
        """A passage's article."""
        return self.article(self.columns.paths[self.number(row)])

    def article(self, path: str) -> Document:
        """The article of a path that there is."""
        try:
            return self.catalogue.document(path)
        except KeyError:
            raise IndexDamaged(self._index_dir, f"the article {path} is missing") from None

    def languages(self, rows: Sequence[int]) -> list[str]:
        """The languages of passages' articles, in the order of the rows."""
        return [self.columns.languages[number] for number in self.numbers(rows)]

    def texts(self, rows: Sequence[int]) -> list[str]:
        """The texts of passages, in the order of the rows."""
        paths = [self.columns.paths[number] for number in self.numbers(rows)]
        return self.catalogue.cuts(list(zip(paths, map(self.spans.span, rows), strict=True)))

    def nearest_sentences(self, vector: Vectors, rows: list[int]) -> Vectors:
        """The cosine of the nearest sentence of each passage, in the order of the rows."""
        sentences, held = self.sentence_spans.parts_of(rows)
        offsets = np.cumsum(held) - held
        nearest: Vectors = np.maximum.reduceat(self.sentences.cosines(vector, sentences), offsets)
        return nearest

    def sentences_of(self, number: int) -> Sentences:
        """The sentences of an article, with their vectors as the snapshot keeps them."""
        passages, _ = self.spans.bounds([number, number + 1])
        rows = np.arange(*self.sentence_spans.bounds(passages)[0])
        text = self.article(self.columns.paths[number]).text
        return Sentences(text, self.sentence_spans.spans(rows), self.sentences.vectors(rows))
