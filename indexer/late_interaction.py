"""Write the vectors of tokens, a bit a component, for late interaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from archive.calibration import Calibration
from archive.encoder import Encoded, Numbers
from archive.token_files import CODES, ENDS, HELD, PIECES, STARTS

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


def write_tokens(folder: Path, passages: Sequence[PassageTokens]) -> None:
    """Write the tokens of the passages, row by row, and how many passages hold each piece."""
    folder.mkdir()
    starts = np.cumsum([0, *(len(one.pieces) for one in passages)], dtype=np.int64)
    pieces = np.concatenate([one.pieces for one in passages])
    held = np.zeros(pieces.max(initial=-1) + 1, dtype=np.int32)
    for one in passages:
        held[np.unique(one.pieces)] += 1
    np.save(folder / STARTS, starts)
    np.save(folder / CODES, np.concatenate([one.codes for one in passages]))
    np.save(folder / PIECES, pieces)
    np.save(folder / ENDS, np.concatenate([one.ends for one in passages]))
    np.save(folder / HELD, held)


def read_tokens(folder: Path) -> Iterator[PassageTokens]:
    """The tokens of the passages of a snapshot, row by row."""
    starts = np.load(folder / STARTS)
    codes, pieces, ends = (np.load(folder / name, mmap_mode="r") for name in (CODES, PIECES, ENDS))
    for start, end in pairwise(starts):
        span = slice(start, end)
        yield PassageTokens(codes[span], pieces[span], ends[span])
