"""Search by meaning: the passages whose vectors are nearest to the question's."""

from collections.abc import Sequence
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from archive.languages import Vectors
from archive.passage_ids import PassageIds
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

    coarse: a coarse index of the same vectors, where there is one, under the ids of their rows, and
    maybe of others under ids that are gone. Where many rows may be found it tells which to compare
    with, and the nearest are found nearly always instead of always.
    """

    def __init__(self, file: Path, coarse: tuple[Path, PassageIds] | None = None) -> None:
        self._index = faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC)
        self._coarse: _Coarse | None = None
        if coarse and coarse[0].exists():
            self._coarse = _Coarse(*coarse)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(
        self, vector: Vectors, count: int, allowed: Mask | None = None
    ) -> list[tuple[int, float]]:
        """The rows nearest to a unit vector (d,), with their cosines, best first.

        allowed: (n,), the rows that may be found; None for all of them. Equal cosines keep the
        smaller row first. Fewer than `count` come back where fewer are allowed.
        """
        # A second thread would cost more in waiting than it computes; it is said in each thread.
        faiss.omp_set_num_threads(1)
        reachable = len(self) if allowed is None else int(np.count_nonzero(allowed))
        if min(count, reachable) == 0:
            return []
        if self._coarse and reachable >= COARSE_FROM and count <= _MOST_FROM_COARSE:
            rows = self._coarse.rows(vector, _REFINED * count, allowed)
            cosines = self.cosines(vector, rows)
            best = np.argsort(-cosines, kind="stable")[:count]
            return list(zip(rows[best].tolist(), cosines[best].tolist(), strict=True))
        parameters = None
        if allowed is not None:
            selector = _selector(allowed)
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
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


class _Coarse:
    """A coarse index, whose vectors go by the ids of passages."""

    def __init__(self, file: Path, ids: PassageIds) -> None:
        self._index = faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC)
        self._lists = faiss.extract_index_ivf(self._index)
        self._ids = ids
        self._there = _selector(ids.rows >= 0) if len(ids) < ids.issued else None

    def rows(self, vector: Vectors, count: int, allowed: Mask | None) -> Rows:
        """At most `count` rows that it takes for the nearest, ascending.

        allowed: (n,), the rows that may be found; None for all of them. Of allowed rows, which are
        so many times sparser, as many times more lists hold as many; they lie farther out, too,
        where lists are more alike. Lists that hold too few, since what they held is gone or is not
        allowed, are looked into with more of them.
        """
        selector, probed = self._there, self._lists.nprobe
        if allowed is not None:
            selector = _selector(allowed if self._ids.are_rows else self._by_id(allowed))
            sparser = len(allowed) / int(np.count_nonzero(allowed))
            probed = min(self._lists.nlist, round(probed * sparser * _FARTHER))
        found = self._listed(vector, count, selector, probed)
        while len(found) < count and probed < self._lists.nlist:
            probed = min(self._lists.nlist, 2 * probed)
            found = self._listed(vector, count, selector, probed)
        rows = self._ids.rows[found]
        return np.sort(rows[rows >= 0])  # faiss looks for any row, without asking if there is one

    def _listed(
        self, vector: Vectors, count: int, selector: faiss.IDSelector | None, probed: int
    ) -> Rows:
        """At most `count` ids from so many lists."""
        of_lists = faiss.SearchParametersIVF(sel=selector, nprobe=probed)  # type: ignore[call-arg]
        parameters = faiss.SearchParametersPreTransform(  # type: ignore[call-arg]
            index_params=of_lists
        )
        _, found = self._index.search(vector[np.newaxis], count, params=parameters)
        ids: Rows = found[0][found[0] >= 0]
        return ids

    def _by_id(self, allowed: Mask) -> Mask:
        """The rows that may be found, by their ids, (issued,)."""
        by_id = np.zeros(self._ids.issued, dtype=np.bool_)
        by_id[self._ids.by_row] = allowed
        return by_id


def _selector(chosen: Mask) -> faiss.IDSelector:
    """What lets through those numbers only that are chosen."""
    return faiss.IDSelectorBitmap(  # type: ignore[call-arg]
        np.packbits(chosen, bitorder="little")  # type: ignore[arg-type]
    )
