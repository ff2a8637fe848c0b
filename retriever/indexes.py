"""What a snapshot holds, opened for reading."""

from pathlib import Path

import numpy as np

from archive.alignment import Sentences
from archive.calibration import read_calibration, read_offsets
from archive.catalogue import Catalogue
from archive.documents import Document
from archive.languages import Vectors
from archive.snapshot import (
    CALIBRATION,
    CATALOGUE,
    COARSE,
    LEXICAL,
    OFFSETS,
    PASSAGES,
    SENTENCES,
    TOKENS,
)
from archive.text import Span
from retriever.dense import DenseIndex, Rows, StoredVectors
from retriever.filters import Columns
from retriever.late_interaction import TokenIndex
from retriever.lexical import LexicalIndex
from retriever.versions import Releases


class Indexes:
    """The files of a snapshot. Passages go by their rows, articles by their numbers.

    spans: (passages, 2), offsets of each passage into its article's text. sentence_spans: the same
    of each sentence. Safe to use from several threads.
    """

    def __init__(self, folder: Path) -> None:
        self.catalogue = Catalogue(folder / CATALOGUE)
        self.passages = DenseIndex(folder / PASSAGES, folder / COARSE)
        self.sentences = StoredVectors(folder / SENTENCES)
        self.tokens = TokenIndex(folder / TOKENS)
        self.lexical = LexicalIndex(folder / LEXICAL)
        self.calibration = read_calibration(folder / CALIBRATION)
        self.offsets = read_offsets(folder / OFFSETS)
        headings = self.catalogue.headings()
        spans = np.array(self.catalogue.passage_spans(), dtype=np.int64).reshape(-1, 3)
        self.spans = spans[:, 1:]
        sentences = np.array(self.catalogue.sentence_spans(), dtype=np.int64).reshape(-1, 3)
        self.sentence_spans = sentences[:, 1:]
        # The sentences of passage r have the rows first[r] up to, not including, first[r + 1].
        self._first = np.searchsorted(sentences[:, 0], np.arange(len(spans) + 1))
        self.columns = Columns(
            paths=[path for path, _, _, _ in headings],
            languages=[language for _, _, language, _ in headings],
            published=[published for _, _, _, published in headings],
            document_of=spans[:, 0],
        )
        self.releases = Releases(
            self.catalogue.versions(), self.columns, self.catalogue.document, self._sentences_of
        )

    def number(self, row: int) -> int:
        """The number of a passage's article."""
        return int(self.columns.document_of[row])

    def document(self, row: int) -> Document:
        """A passage's article."""
        return self.catalogue.document(self.columns.paths[self.number(row)])

    def language(self, row: int) -> str:
        """The language of a passage's article."""
        return self.columns.languages[self.number(row)]

    def sentence_rows(self, row: int) -> Rows:
        """The rows of a passage's sentences, ascending."""
        return np.arange(self._first[row], self._first[row + 1])

    def nearest_sentences(self, vector: Vectors, rows: list[int]) -> Vectors:
        """The cosine of the nearest sentence of each passage, in the order of the rows."""
        starts, ends = self._first[rows], self._first[np.array(rows, dtype=np.int64) + 1]
        sentences = np.concatenate([np.arange(*span) for span in zip(starts, ends, strict=True)])
        offsets = np.concatenate([[0], np.cumsum(ends - starts)[:-1]])
        nearest: Vectors = np.maximum.reduceat(self.sentences.cosines(vector, sentences), offsets)
        return nearest

    def _sentences_of(self, number: int) -> Sentences:
        """The sentences of an article."""
        passages = np.searchsorted(self.columns.document_of, [number, number + 1])
        rows = np.arange(*self._first[passages])
        spans: list[Span] = [(int(a), int(b)) for a, b in self.sentence_spans[rows]]
        text = self.catalogue.document(self.columns.paths[number]).text
        return Sentences(text, spans, self.sentences.vectors(rows))
