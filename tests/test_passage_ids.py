"""Ids of passages: who stays keeps its own, and nobody gets one that was given."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.passage_ids import (
    MOST_GONE,
    PassageIds,
    read_passage_ids,
    too_many_gone,
    write_passage_ids,
)


def test_ids_by_hand() -> None:
    first = PassageIds.first(6)
    assert first.by_row.tolist() == first.rows.tolist() == [0, 1, 2, 3, 4, 5]
    assert first.are_rows
    # The passage in row 1 goes, and two come, before all others and between.
    second = first.following(np.array([-1, 0, 2, -1, 3, 4, 5]))
    assert second is not None
    assert second.by_row.tolist() == [6, 0, 2, 7, 3, 4, 5]
    assert second.rows.tolist() == [1, -1, 2, 4, 5, 6, 0, 3]
    assert (len(second), second.issued, second.are_rows) == (7, 8, False)
    # The one that came last goes: its id is not given again.
    third = second.following(np.array([0, 1, 2, 4, 5, 6, -1]))
    assert third is not None
    assert third.by_row.tolist() == [6, 0, 2, 3, 4, 5, 8]
    assert third.rows.tolist() == [1, -1, 2, 3, 4, 5, 0, -1, 6]


def test_ids_that_are_no_rows_may_all_be_there() -> None:
    ids = PassageIds.first(2).following(np.array([0, -1, 1]))
    assert ids is not None
    assert ids.by_row.tolist() == [0, 2, 1]
    assert (ids.issued, ids.are_rows) == (3, False)


def test_beyond_the_bound_all_are_numbered_anew() -> None:
    first = PassageIds.first(8)
    assert MOST_GONE == 0.25
    assert first.following(np.arange(6)) is not None  # two of eight are gone
    assert first.following(np.arange(5)) is None
    assert first.following(np.append(np.arange(5), [-1, -1, -1, -1])) is not None  # three of twelve
    assert too_many_gone(2, 3)
    assert not too_many_gone(3, 4)


@given(st.integers(1, 30), st.data())
def test_ids_over_any_snapshots(count: int, data: st.DataObject) -> None:
    ids, passages = PassageIds.first(count), list(range(count))
    named = dict(enumerate(passages))  # which passage an id was given to
    for _ in range(data.draw(st.integers(1, 6))):
        there = range(len(passages))
        gone = data.draw(st.sets(st.sampled_from(there), max_size=3)) if passages else set()
        kept = [row for row in there if row not in gone]
        for place in data.draw(st.lists(st.integers(0, 40), max_size=4)):
            kept.insert(place % (len(kept) + 1), -1)
        new = iter(range(max(named.values()) + 1, 10**6))
        passages = [passages[row] if row >= 0 else next(new) for row in kept]
        following = ids.following(np.array(kept, dtype=np.int64))
        too_many = ids.issued + kept.count(-1) - len(kept) > 0.25 * (ids.issued + kept.count(-1))
        assert (following is None) == too_many
        if following is None:
            ids, named = PassageIds.first(len(kept)), {}
        else:
            ids = following
        for row, passage in enumerate(passages):
            assert named.setdefault(int(ids.by_row[row]), passage) == passage
            assert ids.rows[ids.by_row[row]] == row
        assert len(set(ids.by_row.tolist())) == len(ids) == np.count_nonzero(ids.rows >= 0)
        assert not passages or 0 <= ids.by_row.min() <= ids.by_row.max() < ids.issued
        if not passages:
            break


@pytest.mark.parametrize("by_row", [[], [0, 1, 2], [7, 0, 3]])
def test_ids_are_read_as_they_were_written(tmp_path: Path, by_row: list[int]) -> None:
    write_passage_ids(tmp_path / "ids.npy", PassageIds(np.array(by_row, dtype=np.int64), 9))
    found = read_passage_ids(tmp_path / "ids.npy")
    assert found.by_row.tolist() == by_row
    assert (found.issued, len(found.rows)) == (9, 9)
    assert np.load(tmp_path / "ids.npy").dtype == np.int64
