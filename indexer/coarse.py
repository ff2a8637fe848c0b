"""A coarse index of many passages: which may be the nearest, without comparing with every one.

Inverted lists (Sivic and Zisserman, 2003) by the nearest of about √n centres, of vectors that are
turned at random and kept with a bit a component (RaBitQ: Gao and Long, 2024). The retriever
compares what it finds with the vectors themselves.
"""

import errno
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np

from archive.languages import Vectors
from archive.passage_ids import PassageIds
from archive.snapshot import COARSE_FROM
from archive.spans import Rows

# Times the root of the number of passages. To look into a list costs as much as hundreds of its
# vectors, whatever it holds: few long ones are read sooner than many short ones.
_LISTS = 1
_TRAINED_ON = 40  # vectors for each centre
_BLOCK = 65_536

# So many lists are looked into that of the FOUND nearest passages RECALL are among the first LISTED
# that the lists give, on average over the queries. As many as LISTED are looked at for a question
# (`retriever/dense.py`).
FOUND, LISTED, RECALL = 10, 400, 0.99

# An index serves as long as there are so many times the passages it was trained on; a judgement.
_FEWEST, _MOST = 0.5, 1.5


@dataclass(frozen=True, slots=True)
class CoarseBefore:
    """The coarse index of an earlier snapshot, of vectors that have not changed since.

    file: where it is, if there is one. issued: how many ids had been given; what has a later one is
    not in it.
    """

    file: Path
    issued: int


def write_coarse(
    file: Path,
    passages: Path,
    ids: PassageIds,
    asked: Callable[[], Vectors],
    before: CoarseBefore | None = None,
) -> None:
    """Write the coarse index of the passages in an exact one, by their ids, unless they are few.

    asked: gives the vectors of questions, (q, d), unit rows, which decide how many lists are looked
    into; faiss keeps that with the index. The same vectors give the same index.

    before: what is new is added to that one, with its centres and as many lists looked into, and
    what is gone stays in it, under ids that have no row; where the archive has outgrown it, or
    shrunk, it is written anew. Raises OSError where the disk does not take it.
    """
    exact = faiss.read_index(str(passages), faiss.IO_FLAG_MMAP_IFC)
    if exact.ntotal < COARSE_FROM:
        return
    coarse = _fitting(before.file, exact.ntotal) if before else None
    if before and coarse:
        _add(coarse, exact, ids.by_row, np.flatnonzero(ids.by_row >= before.issued))
    else:
        coarse = _written_anew(exact, ids.by_row, asked)
    try:
        faiss.write_index(coarse, str(file))
    except RuntimeError as error:  # as faiss says what the disk does not take
        raise OSError(errno.EIO, str(error)) from None


def _fitting(file: Path, count: int) -> faiss.Index | None:
    """The coarse index in a file, if there is one that serves so many passages."""
    if not file.exists():
        return None
    coarse = faiss.read_index(str(file))
    trained_on = (faiss.extract_index_ivf(coarse).nlist / _LISTS) ** 2
    return coarse if _FEWEST <= count / trained_on <= _MOST else None


def _written_anew(exact: faiss.Index, ids: Rows, asked: Callable[[], Vectors]) -> faiss.Index:
    lists = int(_LISTS * np.sqrt(exact.ntotal))
    listed = faiss.IndexIVFRaBitQFastScan(
        faiss.IndexFlatIP(exact.d), exact.d, lists, faiss.METRIC_INNER_PRODUCT
    )
    coarse = faiss.IndexPreTransform(faiss.RandomRotationMatrix(exact.d, exact.d), listed)
    sample = np.linspace(0, exact.ntotal - 1, min(exact.ntotal, _TRAINED_ON * lists))
    coarse.train(exact.reconstruct_batch(sample.astype(np.int64)))
    _add(coarse, exact, ids, np.arange(exact.ntotal))
    queries = asked()
    _, nearest = exact.search(queries, FOUND)
    listed.nprobe = 1
    while listed.nprobe < lists and _recall(coarse, queries, ids[nearest]) < RECALL:
        listed.nprobe = min(listed.nprobe + listed.nprobe // 4 + 1, lists)
    return coarse


def _add(coarse: faiss.Index, exact: faiss.Index, ids: Rows, rows: Rows) -> None:
    """Add the vectors of some rows. ids: (n,), of all rows."""
    for at in range(0, len(rows), _BLOCK):
        block = rows[at : at + _BLOCK]
        coarse.add_with_ids(exact.reconstruct_batch(block), ids[block])


def _recall(coarse: faiss.Index, queries: Vectors, nearest: Rows) -> float:
    """Which share of the nearest of queries, by their ids (q, FOUND), the lists give."""
    _, found = coarse.search(queries, LISTED)
    return float(np.mean([np.isin(a, b).mean() for a, b in zip(nearest, found, strict=True)]))
