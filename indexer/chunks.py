"""The chunks of an archive as offsets, so that no text is held twice."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import overload

import numpy as np
import numpy.typing as npt

from archive.documents import Document, Passage
from archive.spans import write_spans
from archive.text import Span
from indexer.chunking import Chunk


class Cuts:
    """Texts by their rows, cut out of the articles when they are asked for: 12 bytes each."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = documents
        self._numbers, self._offsets = array("i"), array("i")

    def add(self, number: int, span: Span) -> None:
        """Add a span of the document of this number."""
        self._numbers.append(number)
        self._offsets.extend(span)

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, row: int, /) -> str:
        return self.document(row).text[slice(*self.span(row))]

    def document(self, row: int) -> Document:
        """The article that a text is cut out of."""
        return self._documents[self._numbers[row]]

    def span(self, row: int) -> Span:
        """Where a text stands in its article."""
        return self._offsets[2 * row], self._offsets[2 * row + 1]

    def write(self, file: Path, of: npt.ArrayLike | None = None) -> None:
        """Write where the texts stand. of: (n,), what they are parts of instead of documents."""
        write_spans(file, self._numbers if of is None else of, self._offsets)

    def languages(self) -> list[str]:
        """The language of each text's article."""
        return [self._documents[number].language for number in self._numbers]


class Chunks(Sequence[Chunk]):
    """The chunks of an archive in order. passages, sentences: their texts."""

    def __init__(self) -> None:
        self._documents: list[Document] = []
        self.passages, self.sentences = Cuts(self._documents), Cuts(self._documents)
        self._firsts = array("q", [0])  # which sentences each passage has

    def add(self, document: Document, chunks: Iterable[Chunk]) -> None:
        """Add the chunks of a document."""
        number = len(self._documents)
        self._documents.append(document)
        for one in chunks:
            self.passages.add(number, (one.passage.start, one.passage.end))
            for span in one.sentences:
                self.sentences.add(number, span)
            self._firsts.append(len(self.sentences))

    def write(self, passages: Path, sentences: Path) -> None:
        """Write where the passages stand in the documents, and the sentences in the passages."""
        self.passages.write(passages)
        self.sentences.write(sentences, np.repeat(np.arange(len(self)), np.diff(self._firsts)))

    def __len__(self) -> int:
        return len(self.passages)

    @overload
    def __getitem__(self, row: int) -> Chunk: ...

    @overload
    def __getitem__(self, row: slice) -> list[Chunk]: ...

    def __getitem__(self, row: int | slice) -> Chunk | list[Chunk]:
        if isinstance(row, slice):
            return [self[at] for at in range(*row.indices(len(self)))]
        spans = range(self._firsts[row], self._firsts[row + 1])
        path, (start, end) = self.passages.document(row).path, self.passages.span(row)
        passage = Passage(path, start, end, self.passages[row])
        return Chunk(passage, tuple(self.sentences.span(at) for at in spans))

    def __iter__(self) -> Iterator[Chunk]:
        return (self[row] for row in range(len(self)))
