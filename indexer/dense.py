"""Write the vectors of passages and of sentences, read them again; search among vectors."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from archive.languages import Vectors
from archive.spans import Numbers, Rows
from indexer.row_file import RowFile
from indexer.stored import Matrix, blocks

Whole = npt.NDArray[np.int16]  # vectors (n, d) in whole numbers

# Where an exact index tells how many vectors it holds, as 8 bytes; how many numbers, with its last.
_COUNT, _SIZE = slice(8, 16), slice(-8, None)

# Products of which the greatest is found first, and how many are in memory at once.
_RUN, _PRODUCTS = 128, 1 << 25


def write_passages(file: Path, vectors: Matrix) -> None:
    """Write the vectors (n, d), row by row, as an exact inner-product index.

    faiss writes an index only as a whole; here its empty one is written, told how many there will
    be, and the vectors follow a block at a time.
    """
    count, dimension = vectors.shape
    head = bytearray(faiss.serialize_index(faiss.IndexFlatIP(dimension)).tobytes())
    head[_COUNT] = count.to_bytes(8, "little")
    head[_SIZE] = (count * dimension).to_bytes(8, "little")
    with open(file, "wb") as handle:
        handle.write(head)
        for block in blocks(vectors):
            handle.write(block.astype("<f4", copy=False).tobytes())


def write_sentences(file: Path, vectors: Matrix) -> None:
    """Write the vectors (n, d), row by row, with 16 bits a component: there are many of them."""
    with RowFile(file, np.float16, vectors.shape[1:]) as rows:
        for block in blocks(vectors):
            rows.append(block)


class PassageVectors:
    """The vectors of a snapshot's passages, (n, d) float32, read where they lie."""

    def __init__(self, file: Path) -> None:
        self._index = faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC)

    @property
    def shape(self) -> tuple[int, ...]:
        return int(self._index.ntotal), int(self._index.d)

    def __getitem__(self, rows: Rows, /) -> Vectors:
        """The vectors (len(rows), d) of the rows, in their order."""
        vectors: Vectors
        if len(rows) and np.array_equal(rows, np.arange(rows[0], rows[0] + len(rows))):
            vectors = self._index.reconstruct_n(int(rows[0]), len(rows))  # copied at once
        else:
            vectors = self._index.reconstruct_batch(rows)
        return vectors


def read_sentences(file: Path) -> npt.NDArray[np.float16]:
    """The vectors of a snapshot's sentences, (n, d), read where they lie."""
    return np.asarray(np.load(file, mmap_mode="r", allow_pickle=False))


def nearest(vectors: Whole, queries: Rows, among: Rows, count: int) -> tuple[Numbers, Rows]:
    """For each of some vectors its nearest among others: products and places, best first.

    vectors: (n, d), whole numbers, each vector shorter than 4096: so the sums of products are whole
    numbers below 2²⁴, which float32 holds, and no order of summing changes them. queries (q,),
    among (m,): rows of them, one at least of each. Returns two arrays (q, k), where k is `count`,
    or m if that is less; places are those in `among`, of equally near ones the first. Those
    searched among are in memory once more, with 32 bits a component.
    """
    runs = -(-len(among) // _RUN)
    there = np.zeros((runs * _RUN, vectors.shape[1]), dtype=np.float32)
    there[: len(among)] = vectors[among]

    def found(block: Rows) -> tuple[Vectors, Rows]:
        products = vectors[block].astype(np.float32) @ there.T
        products[:, len(among) :] = -np.inf
        return _greatest(products.reshape(len(block), runs, _RUN), min(count, len(among)))

    cores = os.cpu_count() or 1
    at_once = max(1, min(_PRODUCTS // (cores * len(there)), -(-len(queries) // cores)))
    parts = [queries[at : at + at_once] for at in range(0, len(queries), at_once)]
    with ThreadPoolExecutor(cores) as threads:
        products, places = map(np.concatenate, zip(*threads.map(found, parts), strict=True))
    return products.astype(np.int32), places


def _greatest(products: Vectors, count: int) -> tuple[Vectors, Rows]:
    """The `count` greatest of each row, and their places, best first, of equal ones the first.

    products: (q, runs, _RUN). They are in the `count` runs of a row that hold the greatest ones.
    """
    runs = np.sort(_first(products.max(axis=2), count), axis=1)
    within = np.take_along_axis(products, runs[:, :, np.newaxis], axis=1).reshape(len(runs), -1)
    places = (runs[:, :, np.newaxis] * _RUN + np.arange(_RUN)).reshape(len(runs), -1)
    order = _first(within, count)
    return np.take_along_axis(within, order, axis=1), np.take_along_axis(places, order, axis=1)


def _first(numbers: Vectors, count: int) -> Rows:
    """The places of the `count` greatest of each row, best first, of equal ones the first."""
    order: Rows = np.argsort(-numbers, axis=1, kind="stable")[:, :count]
    return order
