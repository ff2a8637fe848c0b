"""Write the times that the passages name, so that none need be read for them again."""

from array import array
from pathlib import Path

import numpy as np

from archive.dates import times_named
from archive.spans import Rows, Spans, write_spans
from indexer.encoding import Texts


def write_times(file: Path, passages: Texts, stayed: Rows, before: Spans | None) -> None:
    """Write the times that each passage names as spans of days, by their ordinals.

    stayed: (n,), the row in the earlier snapshot of each passage that is as it was there, -1 for
    the others. before: the times of the earlier snapshot's passages, where any stayed.
    """
    of, days = array("i"), array("i")
    for row in np.flatnonzero(stayed < 0).tolist():
        for first, last in times_named(passages[row]):
            of.append(row)
            days.extend((first.toordinal(), last.toordinal() + 1))
    rows, offsets = np.array(of, dtype=np.int32), np.array(days, dtype=np.int32).reshape(-1, 2)
    kept = np.flatnonzero(stayed >= 0)
    if before is not None:
        parts, counts = before.parts_of(stayed[kept])
        rows = np.concatenate([rows, np.repeat(kept, counts)])
        offsets = np.concatenate([offsets, before.offsets[:, parts].T])
    order = np.argsort(rows, kind="stable")
    write_spans(file, rows[order], offsets[order])
