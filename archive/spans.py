"""Where the passages of a snapshot stand in its articles, and the sentences in its passages."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from archive.text import Span

Numbers = npt.NDArray[np.int32]
Rows = npt.NDArray[np.int64]


class Spans:
    """The spans of parts, row by row, in the order of the wholes that they are parts of.

    The times that a passage names are parts of it, too: days, by their ordinals.
    """

    def __init__(self, told: Numbers) -> None:
        """told: (3, n): the number of each part's whole, ascending; its start; its end.

        of: (n,), the first of them. offsets: (2, n), the others.
        """
        self.of: Numbers = told[0]
        self.offsets: Numbers = told[1:]

    def __len__(self) -> int:
        return len(self.of)

    def span(self, row: int) -> Span:
        """Where one part stands in the article's text."""
        start, end = self.offsets[:, row].tolist()
        return start, end

    def spans(self, rows: Rows) -> list[Span]:
        """Where some parts stand in their articles' texts."""
        return [(start, end) for start, end in self.offsets[:, rows].T.tolist()]

    def parts(self, number: int) -> Rows:
        """The rows of the parts of a whole, ascending."""
        first, end = self.bounds([number])
        return np.arange(first[0], end[0])

    def bounds(self, numbers: Sequence[int] | Rows) -> tuple[Rows, Rows]:
        """The row of the first part of each whole, and the row after its last: (n,) each."""
        wanted = np.asarray(numbers, dtype=np.int32)
        return np.searchsorted(self.of, wanted), np.searchsorted(self.of, wanted, side="right")

    def parts_of(self, numbers: Sequence[int] | Rows) -> tuple[Rows, Rows]:
        """The rows of the parts of several wholes, one whole after the other; and how many parts
        each has, (n,)."""
        firsts, ends = self.bounds(numbers)
        counts = ends - firsts
        before = np.cumsum(counts) - counts
        return np.repeat(firsts - before, counts) + np.arange(counts.sum()), counts


def write_spans(file: Path, of: npt.ArrayLike, offsets: npt.ArrayLike) -> None:
    """Write spans. of: (n,), the number of each part's whole, ascending. offsets: (n, 2)."""
    told = np.asarray(offsets, dtype=np.int32).reshape(-1, 2).T
    np.save(file, np.vstack([np.asarray(of, dtype=np.int32), told]))


def read_spans(file: Path) -> Spans:
    """The spans in a file, read where they lie."""
    return Spans(np.asarray(np.load(file, mmap_mode="r", allow_pickle=False)))
