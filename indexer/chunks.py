"""The chunks of an archive as offsets, so that no text is held twice."""

from array import array
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from archive.documents import Document
from archive.spans import Numbers, Rows, Spans, write_spans
from archive.text import Span
from indexer.articles import Articles
from indexer.chunking import Chunk


class Cuts:
    """Texts by their rows, cut out of the articles when they are asked for: 20 bytes each."""

    def __init__(self, articles: Articles) -> None:
        self._articles = articles
        self._numbers, self._offsets, self._earlier = array("i"), array("i"), array("q")

    def add(self, number: int, span: Span) -> None:
        """Add a span of the article of this number."""
        self._numbers.append(number)
        self._offsets.extend(span)
        self._earlier.append(-1)

    def keep(self, numbers: Numbers, earlier: Spans, rows: Rows) -> None:
        """Add the spans of articles that stayed as they were, from their rows in the earlier
        snapshot. numbers: (n,), of the article of each."""
        self._numbers.frombytes(numbers.astype(np.int32).tobytes())
        self._offsets.frombytes(np.ascontiguousarray(earlier.offsets[:, rows].T).tobytes())
        self._earlier.frombytes(rows.astype(np.int64).tobytes())

    @property
    def earlier(self) -> Rows:
        """The row in the earlier snapshot of each text of an article that stayed as it was, -1 for
        the others: (n,)."""
        return np.array(self._earlier, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, row: int, /) -> str:
        return self.article(row).text[slice(*self.span(row))]

    def article(self, row: int) -> Document:
        """The article that a text is cut out of."""
        return self._articles[self._numbers[row]]

    def span(self, row: int) -> Span:
        """Where a text stands in its article."""
        return self._offsets[2 * row], self._offsets[2 * row + 1]

    def write(self, file: Path, of: npt.ArrayLike | None = None) -> None:
        """Write where the texts stand. of: (n,), what they are parts of instead of documents."""
        write_spans(file, self._numbers if of is None else of, self._offsets)

    def languages(self) -> list[str]:
        """The language of each text's article."""
        languages = self._articles.languages
        return [languages[number] for number in self._numbers]


class Chunks:
    """The chunks of the articles in order. passages, sentences: their texts."""

    def __init__(self, articles: Articles) -> None:
        self.passages, self.sentences = Cuts(articles), Cuts(articles)
        self._firsts = array("q", [0])  # which sentences each passage has

    def add(self, number: int, chunks: Iterable[Chunk]) -> None:
        """Add the chunks of the article of this number, which follows those before."""
        for one in chunks:
            self.passages.add(number, (one.passage.start, one.passage.end))
            for span in one.sentences:
                self.sentences.add(number, span)
            self._firsts.append(len(self.sentences))

    def keep(self, number: int, earlier: range, passages: Spans, sentences: Spans) -> None:
        """Add the chunks of articles that stayed as they were, one following the other.

        number: of the first. earlier: their numbers in the earlier snapshot. passages, sentences:
        where they stand there.
        """
        first, end = passages.bounds([earlier.start, earlier.stop])[0].tolist()
        rows = np.arange(first, end)
        bounds = sentences.bounds(np.arange(first, end + 1))[0]
        parts = np.arange(bounds[0], bounds[-1])
        self._firsts.extend((len(self.sentences) + bounds[1:] - bounds[0]).tolist())
        self.passages.keep(passages.of[rows] + (number - earlier.start), passages, rows)
        of = passages.of[sentences.of[parts]] + (number - earlier.start)
        self.sentences.keep(of, sentences, parts)

    def write(self, passages: Path, sentences: Path) -> None:
        """Write where the passages stand in the documents, and the sentences in the passages."""
        self.passages.write(passages)
        self.sentences.write(
            sentences, np.repeat(np.arange(len(self.passages)), np.diff(self._firsts))
        )
