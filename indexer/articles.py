"""The articles of a run: those that were read now, and those that stayed as they were."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple, overload

import numpy as np

from archive.documents import Document
from archive.spans import Rows


class Kept(NamedTuple):
    """An article that the earlier snapshot has as it is: its number there, and its heading."""

    number: int
    path: str
    language: str
    published: date | None


class Articles(Sequence[Document]):
    """Articles in the order of their paths, whose texts are not all in memory.

    paths, languages, published: of each. kept: (n,), the number in the earlier snapshot of each
    that it has as it is, -1 for those that were read now.
    """

    def __init__(
        self, told: Iterable[Document | Kept], read: Callable[[str], Document | None] | None = None
    ) -> None:
        """told: in the order of the paths. read: gives by its path one that was kept."""
        self._told, self._read = list(told), read
        self.paths = [one.path for one in self._told]
        self.languages = [one.language for one in self._told]
        self.published = [one.published for one in self._told]
        self.kept: Rows = np.array(
            [one.number if isinstance(one, Kept) else -1 for one in self._told], dtype=np.int64
        )

    def without(self, numbers: Iterable[int]) -> "Articles":
        """The others."""
        out = set(numbers)
        told = [one for number, one in enumerate(self._told) if number not in out]
        return Articles(told, self._read) if out else self

    def new(self) -> dict[int, Document]:
        """Those that were read now, by their numbers."""
        return {at: one for at, one in enumerate(self._told) if isinstance(one, Document)}

    def runs(self) -> Iterator[tuple[int, range]]:
        """In order, each article that was read now, with an empty range; and each run of those that
        stayed side by side, by the number of its first, with their numbers in the earlier
        snapshot."""
        beside = (np.diff(self.kept) == 1) & (self.kept[1:] > 0)
        starts = np.append(0, np.flatnonzero(~beside) + 1).tolist() if len(self) else []
        for first, end in pairwise([*starts, len(self)]):
            was = int(self.kept[first])
            yield first, range(was, was + end - first) if was >= 0 else range(0)

    def gone(self, earlier: Iterable[str]) -> set[str]:
        """Which of the paths of earlier articles are of none that was kept."""
        return set(earlier) - {one.path for one in self._told if isinstance(one, Kept)}

    def __len__(self) -> int:
        return len(self._told)

    @overload
    def __getitem__(self, number: int) -> Document: ...

    @overload
    def __getitem__(self, number: slice) -> list[Document]: ...

    def __getitem__(self, number: int | slice) -> Document | list[Document]:
        if isinstance(number, slice):
            return [self[at] for at in range(*number.indices(len(self)))]
        one = self._told[number]
        if isinstance(one, Document):
            return one
        read = self._read(one.path) if self._read else None
        if read is None:
            raise KeyError(one.path)
        return read
