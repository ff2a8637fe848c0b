"""Write the vectors of passages and of sentences; search among vectors in memory."""

from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from archive.languages import Vectors


def write_passages(file: Path, vectors: Vectors) -> None:
    """Write the vectors (n, d), row by row, as an exact inner-product index."""
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    faiss.write_index(index, str(file))


def write_sentences(file: Path, vectors: Vectors) -> None:
    """Write the vectors (n, d), row by row, with 16 bits a component: there are many of them."""
    np.save(file, vectors.astype(np.float16))


def nearest(
    vectors: Vectors, queries: Vectors, count: int
) -> tuple[Vectors, npt.NDArray[np.int64]]:
    """For each query (q, d) its nearest among the vectors (n, d): cosines and rows, best first.

    All of unit length. Returns two arrays (q, k), where k is `count`, or n if that is less.
    """
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    cosines, rows = index.search(queries, min(count, len(vectors)))
    return cosines, rows
