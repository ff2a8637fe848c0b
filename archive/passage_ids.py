"""The ids of passages: they stay while rows shift, as articles before them come, go and grow."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from archive.spans import Rows

# Of all ids ever given so many may be of passages that are gone, before all are numbered anew; a
# judgement. What is gone takes room in the indexes that go by ids.
MOST_GONE = 0.25


@dataclass(frozen=True)
class PassageIds:
    """by_row: (n,), the id of the passage in each row; all different, 0 <= id < issued.

    issued: how many ids were ever given.
    """

    by_row: Rows
    issued: int

    @classmethod
    def first(cls, count: int) -> "PassageIds":
        """The ids of so many passages that had none before: their rows."""
        return cls(np.arange(count), count)

    def __len__(self) -> int:
        return len(self.by_row)

    @cached_property
    def are_rows(self) -> bool:
        """Whether each id is that of its row."""
        return np.array_equal(self.by_row, np.arange(self.issued))

    @cached_property
    def rows(self) -> Rows:
        """The way back, (issued,): the row of each id, -1 where its passage is gone."""
        rows = np.full(self.issued, -1)
        rows[self.by_row] = np.arange(len(self))
        return rows

    def following(self, kept: Rows) -> "PassageIds | None":
        """The ids of the snapshot after this one.

        kept: (m,), the row that each of its passages has here, no row twice; -1 for a new passage,
        which gets an id after all that were given. None where more than MOST_GONE of the ids would
        be of passages that are gone: then all passages get new ones, and what goes by ids is
        written anew.
        """
        new = kept < 0
        issued = self.issued + int(np.count_nonzero(new))
        if too_many_gone(len(kept), issued):
            return None
        by_row = np.empty(len(kept), dtype=np.int64)
        by_row[~new] = self.by_row[kept[~new]]
        by_row[new] = np.arange(self.issued, issued)
        return PassageIds(by_row, issued)


def too_many_gone(there: int, ever: int) -> bool:
    """Whether of so many passages that ever were, too few are still there."""
    return ever - there > MOST_GONE * ever


def write_passage_ids(file: Path, ids: PassageIds) -> None:
    """Write ids as (n + 1,) int64: those of the rows, then how many were ever given."""
    np.save(file, np.append(ids.by_row, ids.issued))


def read_passage_ids(file: Path) -> PassageIds:
    """The ids in a file, read where they lie."""
    told = np.asarray(np.load(file, mmap_mode="r", allow_pickle=False))
    return PassageIds(told[:-1], int(told[-1]))
