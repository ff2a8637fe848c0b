"""A coarse index of many passages: which may be the nearest, without comparing with every one.

Inverted lists (Sivic and Zisserman, 2003) by the nearest of about 4 √n centres, with 8 bits a
component (Jégou et al., 2011). The retriever compares what it finds with the vectors themselves.
"""

import errno
from pathlib import Path

import faiss
import numpy as np

from archive.languages import Vectors
from archive.snapshot import COARSE_FROM
from archive.spans import Rows
from indexer.stored import Matrix

_TRAINED_ON = 64  # vectors for each centre
_BLOCK = 65_536
_ASKED = 256

# So many lists are looked into that of the FOUND nearest passages RECALL are among the first LISTED
# that the lists give, on average over the queries. As many as LISTED are looked at for a question
# (`retriever/dense.py`).
FOUND, LISTED, RECALL = 10, 100, 0.98


def write_coarse(file: Path, passages: Path, sentences: Matrix) -> None:
    """Write the coarse index of the passages in an exact one, unless they are few.

    sentences: (m, d), unit rows. Some of them stand for questions and decide how many lists are
    looked into, which faiss keeps with the index. The same vectors give the same index.
    """
    exact = faiss.read_index(str(passages), faiss.IO_FLAG_MMAP_IFC)
    if exact.ntotal < COARSE_FROM:
        return
    lists = int(4 * np.sqrt(exact.ntotal))
    coarse = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(exact.d), exact.d, lists,
        faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT,
    )  # fmt: skip
    sample = np.linspace(0, exact.ntotal - 1, min(exact.ntotal, _TRAINED_ON * lists))
    coarse.train(exact.reconstruct_batch(sample.astype(np.int64)))
    for at in range(0, exact.ntotal, _BLOCK):
        coarse.add(exact.reconstruct_n(at, min(_BLOCK, exact.ntotal - at)))
    count = sentences.shape[0]
    asked = np.linspace(0, count - 1, min(count, _ASKED)).astype(np.int64)
    queries = np.asarray(sentences[asked], dtype=np.float32)
    _, nearest = exact.search(queries, FOUND)
    coarse.nprobe = 1
    while coarse.nprobe < lists and _recall(coarse, queries, nearest) < RECALL:
        coarse.nprobe = min(coarse.nprobe + coarse.nprobe // 2 + 1, lists)
    try:
        faiss.write_index(coarse, str(file))
    except RuntimeError as error:  # as faiss says what the disk does not take
        raise OSError(errno.EIO, str(error)) from None


def _recall(coarse: faiss.Index, queries: Vectors, nearest: Rows) -> float:
    _, found = coarse.search(queries, LISTED)
    return float(np.mean([np.isin(a, b).mean() for a, b in zip(nearest, found, strict=True)]))
