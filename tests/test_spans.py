"""Spans on disk, against lists."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.spans import read_spans, write_spans

OFFSETS = st.integers(0, 2**31 - 1)
TOLD = st.lists(st.tuples(st.integers(0, 6), OFFSETS, OFFSETS), max_size=30).map(sorted)


@given(TOLD, st.lists(st.integers(0, 7), max_size=5))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, told: list[tuple[int, int, int]], asked: list[int]
) -> None:
    file = tmp_path_factory.mktemp("spans") / "spans.npy"
    write_spans(file, [of for of, *_ in told], [span for _, *span in told])
    spans = read_spans(file)
    assert len(spans) == len(told)
    assert spans.of.tolist() == [of for of, *_ in told]
    assert [spans.span(row) for row in range(len(told))] == [(a, b) for _, a, b in told]
    backwards = np.arange(len(told))[::-1]
    assert spans.spans(backwards) == [(a, b) for _, a, b in told[::-1]]
    for number in asked:
        parts = [row for row, (of, *_) in enumerate(told) if of == number]
        assert spans.parts(number).tolist() == parts
    firsts, ends = spans.bounds(asked)
    assert [np.arange(*bound).tolist() for bound in zip(firsts, ends, strict=True)] == [
        spans.parts(number).tolist() for number in asked
    ]
