"""Encodings that lie on disk, found by their keys and read a few rows at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from archive.spans import Rows
from indexer.late_interaction import (
    TOKENS_BLOCK,
    TokenBlock,
    TokenRows,
    added,
    held_by,
    no_tokens,
)

KEY = 16  # bytes
Keys = npt.NDArray[np.bytes_]  # (n,) S16

BLOCK = 4096  # rows that are in memory at once
_FEW = 64  # times as many keys are not sorted for these


class Matrix(Protocol):
    """Rows of numbers, (n, d): an array, a memory map, or what is put together from several."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __getitem__(self, rows: Rows, /) -> npt.NDArray[Any]: ...


def blocks(matrix: Matrix, rows: Rows | None = None) -> Iterator[npt.NDArray[Any]]:
    """All rows of a matrix in order, or those that are asked for, a block (b, d) at a time."""
    wanted = np.arange(matrix.shape[0]) if rows is None else rows
    for at in range(0, len(wanted), BLOCK):
        yield matrix[wanted[at : at + BLOCK]]


def packed(keys: Iterable[bytes]) -> Keys:
    """Keys of KEY bytes each as an array (n,)."""
    told = bytearray()
    for key in keys:
        told += key
    return np.frombuffer(told, dtype=f"S{KEY}")


def read_keys(file: Path) -> Keys:
    """The keys in a file that np.save wrote, (n,), read where they lie."""
    return np.asarray(np.load(file, mmap_mode="r", allow_pickle=False))


class KeyRows:
    """The rows of keys. keys: (n,), in the order that they are given in."""

    def __init__(self, keys: Keys, rows: Rows | None = None) -> None:
        """keys: (n,). rows: (n,), where each stands; without them, where it stands here."""
        self.keys, self._rows = keys, rows
        self._sorted: tuple[Keys, Rows] | None = None  # and where each stands among `keys`

    def __call__(self, keys: Keys) -> Rows:
        """The row of each key, (n,), the first of several; -1 where there is none."""
        if not len(self.keys) or not len(keys):
            return np.full(len(keys), -1, dtype=np.int64)
        if self._sorted is None and _FEW * len(keys) < len(self.keys):
            at = self._scanned(keys)
        else:
            at = self._searched(keys)
        rows = at if self._rows is None else self._rows[at]
        return np.where(at < 0, -1, rows)

    def _searched(self, keys: Keys) -> Rows:
        """Where the first of each stands among the keys, which are sorted once; -1 for nowhere."""
        if self._sorted is None:
            order = np.argsort(self.keys, kind="stable")
            self._sorted = self.keys[order], order
        told, order = self._sorted
        at = np.minimum(np.searchsorted(told, keys), len(told) - 1)
        return np.where(told[at] == keys, order[at], -1)

    def _scanned(self, keys: Keys) -> Rows:
        """The same for a few: all others are looked for among them."""
        wanted, places = np.unique(keys, return_inverse=True)
        at = np.minimum(np.searchsorted(wanted, self.keys), len(wanted) - 1)
        here = np.flatnonzero(wanted[at] == self.keys)[::-1]  # of several the first comes last
        found = np.full(len(wanted), -1, dtype=np.int64)
        found[at[here]] = here
        told: Rows = found[places]
        return told


@dataclass(frozen=True, slots=True)
class Store:
    """Encodings of passages and of sentences, each by the rows of its key.

    vectors: of passages, (n, d) float32. parts: of sentences, (m, d), float16 in a
    snapshot and float32 before. tokens: of passages.
    """

    passages: KeyRows
    vectors: Matrix
    tokens: TokenRows
    sentences: KeyRows
    parts: Matrix


def empty_store(dimension: int) -> Store:
    """A store that holds nothing, of vectors (d,)."""
    nothing = KeyRows(packed([]))
    return Store(
        nothing, np.empty((0, dimension), np.float32), no_tokens(dimension),
        nothing, np.empty((0, dimension), np.float16),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Joined:
    """The rows of two matrices (·, d) put in a new order, (n, d).

    rows: (n,), a row of the first, or of the second by its complement (~row, below 0). What is
    of the first alone comes in its precision, else in that of the second.
    """

    first: Matrix
    second: Matrix
    rows: Rows

    @property
    def shape(self) -> tuple[int, ...]:
        return len(self.rows), self.second.shape[1]

    def __getitem__(self, rows: Rows, /) -> npt.NDArray[Any]:
        at = self.rows[rows]
        of_second = at < 0
        if not of_second.any():
            return self.first[at]
        second = self.second[~at[of_second]]
        found = np.empty((len(at), second.shape[1]), dtype=second.dtype)
        found[of_second] = second
        if not of_second.all():
            found[~of_second] = self.first[at[~of_second]]
        return found


@dataclass(frozen=True, slots=True)
class JoinedTokens:
    """The tokens of two stores put in a new order; rows as in `Joined`."""

    first: TokenRows
    second: TokenRows
    rows: Rows

    def held(self, before: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """How many passages hold each word, from how many of the first store do: its passages
        count as often as they are here, those of the second besides."""
        own = self.rows[self.rows >= 0]
        more = np.bincount(own, minlength=len(self.first)) - 1
        new = ~self.rows[self.rows < 0]
        found = before
        for store, rows, times in (
            (self.first, np.flatnonzero(more), more[more != 0]),
            (self.second, new, np.ones(len(new), dtype=np.int64)),
        ):
            for at in range(0, len(rows), TOKENS_BLOCK):
                part = slice(at, at + TOKENS_BLOCK)
                found = added(found, held_by(store.of(rows[part]), times[part]))
        return np.trim_zeros(found, "b")

    def __iter__(self) -> Iterator[TokenBlock]:
        """The tokens of all passages in order, those of several passages at a time."""
        for at in range(0, len(self.rows), TOKENS_BLOCK):
            rows = self.rows[at : at + TOKENS_BLOCK]
            of_second = rows < 0
            yield TokenBlock.merged(
                self.first.of(rows[~of_second]), self.second.of(~rows[of_second]), of_second
            )
