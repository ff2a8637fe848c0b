"""Search by meaning: the passages whose vectors are nearest to the question's."""

from collections.abc import Sequence
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from archive.languages import Vectors

Rows = npt.NDArray[np.int64]


class DenseIndex:
    """The vectors of a snapshot, row by row."""

    def __init__(self, file: Path) -> None:
        self._index = faiss.read_index(str(file))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(
        self, vector: Vectors, count: int, allowed: Rows | None = None
    ) -> list[tuple[int, float]]:
        """The rows nearest to a unit vector (d,), with their cosines, best first.

        allowed: the rows that may be found, ascending; None for all of them. Equal cosines keep
        the smaller row first. Fewer than `count` come back where fewer are allowed.
        """
        parameters = None
        reachable = len(self)
        if allowed is not None:
            selector = faiss.IDSelectorBatch(allowed)
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
            reachable = len(allowed)
        if min(count, reachable) == 0:
            return []
        cosines, rows = self._index.search(
            vector[np.newaxis], min(count, reachable), params=parameters
        )
        found = zip(rows[0].tolist(), cosines[0].tolist(), strict=True)
        return sorted(((row, cosine) for row, cosine in found if row >= 0), key=_best_first)

    def cosines(self, vector: Vectors, rows: Sequence[int]) -> list[float]:
        """The cosine of each of the rows with a unit vector (d,), in their order."""
        if not rows:
            return []
        vectors = self._index.reconstruct_batch(np.asarray(rows, dtype=np.int64))
        cosines: list[float] = (vectors @ vector).tolist()
        return cosines


def _best_first(found: tuple[int, float]) -> tuple[float, int]:
    return -found[1], found[0]
