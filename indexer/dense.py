"""Write the vectors of passages and of sentences, read them again; search among vectors."""

from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from archive.languages import Vectors
from archive.spans import Rows
from indexer.row_file import RowFile
from indexer.stored import BLOCK, Matrix, blocks

# Where an exact index tells how many vectors it holds, as 8 bytes; how many numbers, with its last.
_COUNT, _SIZE = slice(8, 16), slice(-8, None)


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
        vectors: Vectors = self._index.reconstruct_batch(rows)
        return vectors


def read_sentences(file: Path) -> npt.NDArray[np.float16]:
    """The vectors of a snapshot's sentences, (n, d), read where they lie."""
    return np.asarray(np.load(file, mmap_mode="r", allow_pickle=False))


def nearest(
    vectors: Vectors, queries: Rows, among: Rows, count: int
) -> tuple[Vectors, npt.NDArray[np.int64]]:
    """For each of some vectors its nearest among others: cosines and places, best first.

    vectors: (n, d), of unit length. queries (q,), among (m,): rows of them, one at least of each.
    Returns two arrays (q, k), where k is `count`, or m if that is less; places are those in
    `among`. Beside the vectors, those searched among are in memory.
    """
    there, wanted = vectors[among], min(count, len(among))
    found = [
        faiss.knn(vectors[queries[at : at + BLOCK]], there, wanted, faiss.METRIC_INNER_PRODUCT)
        for at in range(0, len(queries), BLOCK)
    ]
    cosines, places = zip(*found, strict=True)
    return np.concatenate(cosines), np.concatenate(places)
