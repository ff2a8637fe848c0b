"""A coarse index of many passages: which may be the nearest, without comparing with every one.

Inverted lists (Sivic and Zisserman, 2003) by the nearest of about 4 √n centres, of vectors that are
turned at random and kept with a bit a component (RaBitQ: Gao and Long, 2024). The retriever
compares what it finds with the vectors themselves.
"""

import errno
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np

from archive.languages import Vectors
from archive.snapshot import COARSE_FROM
from archive.spans import Rows

_TRAINED_ON = 64  # vectors for each centre
_BLOCK = 65_536

# So many lists are looked into that of the FOUND nearest passages RECALL are among the first LISTED
# that the lists give, on average over the queries. As many as LISTED are looked at for a question
# (`retriever/dense.py`).
FOUND, LISTED, RECALL = 10, 400, 0.985


def write_coarse(file: Path, passages: Path, asked: Callable[[], Vectors]) -> None:
    """Write the coarse index of the passages in an exact one, unless they are few.

    asked: gives the vectors of questions, (q, d), unit rows, which decide how many lists are looked
    into; faiss keeps that with the index. The same vectors give the same index.
    """
    exact = faiss.read_index(str(passages), faiss.IO_FLAG_MMAP_IFC)
    if exact.ntotal < COARSE_FROM:
        return
    lists = int(4 * np.sqrt(exact.ntotal))
    listed = faiss.IndexIVFRaBitQFastScan(
        faiss.IndexFlatIP(exact.d), exact.d, lists, faiss.METRIC_INNER_PRODUCT
    )
    coarse = faiss.IndexPreTransform(faiss.RandomRotationMatrix(exact.d, exact.d), listed)
    sample = np.linspace(0, exact.ntotal - 1, min(exact.ntotal, _TRAINED_ON * lists))
    coarse.train(exact.reconstruct_batch(sample.astype(np.int64)))
    for at in range(0, exact.ntotal, _BLOCK):
        coarse.add(exact.reconstruct_n(at, min(_BLOCK, exact.ntotal - at)))
    queries = asked()
    _, nearest = exact.search(queries, FOUND)
    listed.nprobe = 1
    while listed.nprobe < lists and _recall(coarse, queries, nearest) < RECALL:
        listed.nprobe = min(listed.nprobe + listed.nprobe // 4 + 1, lists)
    try:
        faiss.write_index(coarse, str(file))
    except RuntimeError as error:  # as faiss says what the disk does not take
        raise OSError(errno.EIO, str(error)) from None


def _recall(coarse: faiss.Index, queries: Vectors, nearest: Rows) -> float:
    _, found = coarse.search(queries, LISTED)
    return float(np.mean([np.isin(a, b).mean() for a, b in zip(nearest, found, strict=True)]))
