"""Write the vectors of tokens, a bit a component, for late interaction."""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from archive.calibration import Calibration
from archive.encoder import Encoded, Numbers
from archive.token_files import CODES, ENDS, HELD, PIECES, STARTS
from indexer.row_file import RowFile

Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class PassageTokens:
    """The tokens of a passage.

    codes: (t, ceil(d / 8)), the signs of their calibrated vectors, a bit each. pieces: (t,), their
    numbers in the model's vocabulary. ends: (t,), where each ends in the passage's text.
    """

    codes: Codes
    pieces: Numbers
    ends: Numbers

    @classmethod
    def of(cls, encoded: Encoded, calibration: Calibration) -> "PassageTokens":
        signs = calibration.tokens(encoded.tokens) > 0
        return cls(np.packbits(signs, axis=1), encoded.pieces, encoded.ends)


@dataclass(frozen=True, slots=True)
class TokenRows:
    """The tokens of passages by their rows, read where they lie.

    firsts, counts: (n,), which of all tokens each passage has. codes: (tokens, ceil(d / 8)).
    pieces, ends: (tokens,).
    """

    firsts: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    codes: Codes
    pieces: Numbers
    ends: Numbers

    def __len__(self) -> int:
        return len(self.firsts)

    def __getitem__(self, row: int, /) -> PassageTokens:
        first = int(self.firsts[row])
        span = slice(first, first + int(self.counts[row]))
        return PassageTokens(self.codes[span], self.pieces[span], self.ends[span])

    def __iter__(self) -> Iterator[PassageTokens]:
        return (self[row] for row in range(len(self)))


def write_tokens(folder: Path, passages: Iterable[PassageTokens]) -> None:
    """Write the tokens of the passages, row by row, and how many passages hold each piece.

    There is one passage at least. What is held in memory is their number of tokens each.
    """
    folder.mkdir()
    counts, held = array("q", [0]), np.zeros(0, dtype=np.int32)
    rest = iter(passages)
    first = next(rest)
    with (
        RowFile(folder / CODES, np.uint8, first.codes.shape[1:]) as codes,
        RowFile(folder / PIECES, first.pieces.dtype) as pieces,
        RowFile(folder / ENDS, first.ends.dtype) as ends,
    ):
        for one in chain([first], rest):
            codes.append(one.codes)
            pieces.append(one.pieces)
            ends.append(one.ends)
            counts.append(len(one.pieces))
            told = np.unique(one.pieces)
            if told.max(initial=-1) >= len(held):
                held = np.pad(held, (0, told[-1] + 1 - len(held)))
            held[told] += 1
    np.save(folder / STARTS, np.cumsum(counts, dtype=np.int64))
    np.save(folder / HELD, held)


def read_tokens(folder: Path) -> TokenRows:
    """The tokens of the passages of a snapshot, row by row."""
    starts = np.load(folder / STARTS)
    codes, pieces, ends = (
        np.asarray(np.load(folder / name, mmap_mode="r")) for name in (CODES, PIECES, ENDS)
    )
    return TokenRows(starts[:-1], np.diff(starts), codes, pieces, ends)
