"""Search by meaning: the passages whose vectors are nearest to the question's."""

from collections.abc import Sequence
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from archive.languages import Vectors
from archive.snapshot import COARSE_FROM
from archive.spans import Rows

# Of the coarse index's rows so many times more than asked for are compared with the vectors
# themselves; more than MOST are searched for among all vectors.
_REFINED, _MOST_FROM_COARSE = 8, 1000
_FARTHER = 4

Mask = npt.NDArray[np.bool_]


class StoredVectors:
    """Vectors of a snapshot, row by row, read where they lie."""

    def __init__(self, file: Path) -> None:
        self._vectors = np.asarray(np.load(file, mmap_mode="r", allow_pickle=False))

    def __len__(self) -> int:
        return len(self._vectors)

    def cosines(self, vector: Vectors, rows: Sequence[int] | Rows) -> Vectors:
        """The cosine of each of the rows with a unit vector (d,), in their order."""
        cosines: Vectors = self.vectors(rows) @ vector
        return cosines

    def vectors(self, rows: Sequence[int] | Rows) -> Vectors:
        """The vectors (len(rows), d) of the rows, in their order."""
        vectors: Vectors = self._vectors[np.asarray(rows, dtype=np.int64)].astype(np.float32)
        return vectors


class DenseIndex:
    """Vectors of a snapshot, row by row, that can be searched; read where they lie.

    coarse: a coarse index of the same vectors, where there is one. Where many rows may be found it
    tells which to compare with, and the nearest are found nearly always instead of always.
    """

    def __init__(self, file: Path, coarse: Path | None = None) -> None:
        self._index = faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC)
        self._coarse: faiss.Index | None = None
        if coarse and coarse.exists():
            self._coarse = faiss.read_index(str(coarse), faiss.IO_FLAG_MMAP_IFC)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(
        self, vector: Vectors, count: int, allowed: Mask | None = None
    ) -> list[tuple[int, float]]:
        """The rows nearest to a unit vector (d,), with their cosines, best first.

        allowed: (n,), the rows that may be found; None for all of them. Equal cosines keep the
        smaller row first. Fewer than `count` come back where fewer are allowed.
        """
        selector, parameters, reachable = None, None, len(self)
        if allowed is not None:
            selector = faiss.IDSelectorBitmap(  # type: ignore[call-arg]
                np.packbits(allowed, bitorder="little")  # type: ignore[arg-type]
            )
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
            reachable = int(allowed.sum())
        if min(count, reachable) == 0:
            return []
        if self._coarse and reachable >= COARSE_FROM and count <= _MOST_FROM_COARSE:
            sparser = len(self) / reachable
            rows = _listed(self._coarse, vector, _REFINED * count, selector, sparser)
            cosines = self.cosines(vector, rows)
            best = np.argsort(-cosines, kind="stable")[:count]
            return list(zip(rows[best].tolist(), cosines[best].tolist(), strict=True))
        wanted = min(count + 1, reachable)
        while True:
            cosines, rows = self._index.search(vector[np.newaxis], wanted, params=parameters)
            # Of equal cosines at the cut faiss takes any: read on until all of them are here.
            if wanted == reachable or cosines[0, -1] < cosines[0, count - 1]:
                break
            wanted = min(2 * wanted, reachable)
        found = zip(rows[0].tolist(), cosines[0].tolist(), strict=True)
        return sorted(found, key=lambda one: (-one[1], one[0]))[:count]

    def cosines(self, vector: Vectors, rows: Sequence[int] | Rows) -> Vectors:
        """The cosine of each of the rows with a unit vector (d,), in their order."""
        if len(rows) == 0:
            return np.empty(0, dtype=np.float32)
        cosines: Vectors = self.vectors(rows) @ vector
        return cosines

    def vectors(self, rows: Sequence[int] | Rows) -> Vectors:
        """The vectors (len(rows), d) of the rows, in their order."""
        vectors: Vectors = self._index.reconstruct_batch(np.asarray(rows, dtype=np.int64))
        return vectors


def _listed(
    coarse: faiss.Index,
    vector: Vectors,
    count: int,
    selector: faiss.IDSelector | None,
    sparser: float,
) -> Rows:
    """At most `count` rows that a coarse index takes for the nearest, ascending.

    Of allowed rows, which are so many times sparser, as many times more lists hold as many; they
    lie farther out, too, where lists are more alike.
    """
    farther = 1 if selector is None else _FARTHER
    lists = faiss.extract_index_ivf(coarse)
    probed = min(lists.nlist, round(lists.nprobe * sparser * farther))
    of_lists = faiss.SearchParametersIVF(sel=selector, nprobe=probed)  # type: ignore[call-arg]
    parameters = faiss.SearchParametersPreTransform(index_params=of_lists)  # type: ignore[call-arg]
    _, found = coarse.search(vector[np.newaxis], count, params=parameters)
    rows: Rows = np.sort(found[0][found[0] >= 0])
    return rows
