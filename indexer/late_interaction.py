"""Write the vectors of tokens, a bit a component, for late interaction."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from archive.calibration import Calibration
from archive.encoder import Encoded, Numbers
from archive.spans import Rows
from archive.token_files import CODES, ENDS, HELD, STARTS, WORDS
from indexer.row_file import RowFile

Codes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

TOKENS_BLOCK = 256  # passages whose tokens are in memory at once


@dataclass(frozen=True, slots=True)
class PassageTokens:
    """The tokens of a passage.

    codes: (t, ceil(d / 8)), the signs of their calibrated vectors, a bit each. words: (t,), a
    number for how each is written. ends: (t,), where each ends in the passage's text.
    """

    codes: Codes
    words: Numbers
    ends: Numbers

    @classmethod
    def of(cls, encoded: Encoded, calibration: Calibration) -> "PassageTokens":
        signs = calibration.tokens(encoded.tokens) > 0
        return cls(np.packbits(signs, axis=1), encoded.words, encoded.ends)

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """(1,), how many there are."""
        return np.array([len(self.words)])


@dataclass(frozen=True, slots=True)
class TokenBlock:
    """The tokens of several passages, one passage after the other.

    codes: (t, ceil(d / 8)). words, ends: (t,). counts: (n,), how many each passage has.
    """

    codes: Codes
    words: Numbers
    ends: Numbers
    counts: npt.NDArray[np.int64]

    @classmethod
    def merged(cls, one: "TokenBlock", other: "TokenBlock", of_other: Mask) -> "TokenBlock":
        """The passages of two blocks, each block's in order. of_other: (n,), which are whose."""
        if not len(other.counts):
            return one
        if not len(one.counts):
            return other
        counts = np.empty(len(of_other), dtype=np.int64)
        counts[~of_other], counts[of_other] = one.counts, other.counts
        mine = np.repeat(of_other, counts)
        told = []
        for field, others in (
            (one.codes, other.codes), (one.words, other.words), (one.ends, other.ends),
        ):  # fmt: skip
            both = np.empty((len(mine), *others.shape[1:]), dtype=others.dtype)
            both[~mine], both[mine] = field, others
            told.append(both)
        return cls(told[0], told[1], told[2], counts)


@dataclass(frozen=True, slots=True)
class TokenRows:
    """The tokens of passages by their rows, read where they lie.

    firsts, counts: (n,), which of all tokens each passage has. codes: (tokens, ceil(d / 8)).
    words, ends: (tokens,).
    """

    firsts: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    codes: Codes
    words: Numbers
    ends: Numbers

    def __len__(self) -> int:
        return len(self.firsts)

    def of(self, rows: Rows, /) -> TokenBlock:
        """The tokens of some passages, in the order of their rows."""
        counts = self.counts[rows]
        ends = np.cumsum(counts)
        at = np.arange(ends[-1] if len(ends) else 0)
        at += np.repeat(self.firsts[rows] - (ends - counts), counts)
        return TokenBlock(self.codes[at], self.words[at], self.ends[at], counts)


def no_tokens(dimension: int) -> TokenRows:
    """The tokens of no passage, of vectors (d,)."""
    none = np.empty(0, dtype=np.int64)
    codes = np.empty((0, -(-dimension // 8)), dtype=np.uint8)
    return TokenRows(none, none, codes, none.astype(np.int32), none.astype(np.int32))


def write_tokens(
    folder: Path,
    passages: Iterable[PassageTokens | TokenBlock],
    held: npt.NDArray[np.int64] | None = None,
) -> None:
    """Write the tokens of the passages, row by row, and how many passages hold each word.

    passages: one or several at a time, one at least. held: by word, where that is known already.
    What is held in memory is their number of tokens each.
    """
    folder.mkdir()
    counts, counted = array("q"), np.zeros(0, dtype=np.int64)
    rest = iter(passages)
    first = next(rest)
    with (
        RowFile(folder / CODES, np.uint8, first.codes.shape[1:]) as codes,
        RowFile(folder / WORDS, first.words.dtype) as words,
        RowFile(folder / ENDS, first.ends.dtype) as ends,
    ):
        for one in chain([first], rest):
            codes.append(one.codes)
            words.append(one.words)
            ends.append(one.ends)
            counts.frombytes(one.counts.tobytes())
            if held is None:
                counted = added(counted, held_by(one, np.ones(len(one.counts), dtype=np.int64)))
    np.save(folder / STARTS, np.cumsum([0, *counts], dtype=np.int64))
    np.save(folder / HELD, (counted if held is None else held).astype(np.int32))


def held_by(
    tokens: PassageTokens | TokenBlock, times: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """How many passages hold each word, by its number, each passage (n,) counted so many times."""
    kinds = int(tokens.words.max(initial=-1)) + 1
    of_passage = np.repeat(np.arange(len(tokens.counts)), tokens.counts)
    passages, words = np.divmod(np.unique(of_passage * kinds + tokens.words), max(kinds, 1))
    found: npt.NDArray[np.int64] = np.bincount(words, weights=times[passages]).astype(np.int64)
    return found


def added(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The sums of two rows of counts, of which the shorter goes on with zeros."""
    length = max(len(one), len(other))
    return np.pad(one, (0, length - len(one))) + np.pad(other, (0, length - len(other)))


def read_tokens(folder: Path) -> TokenRows:
    """The tokens of the passages of a snapshot, row by row."""
    starts = np.load(folder / STARTS)
    codes, words, ends = (
        np.asarray(np.load(folder / name, mmap_mode="r")) for name in (CODES, WORDS, ENDS)
    )
    return TokenRows(starts[:-1], np.diff(starts), codes, words, ends)
