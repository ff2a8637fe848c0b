"""What a model's vectors all have in common, taken out before they are compared."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from archive.languages import Vectors, unit_rows, without_directions


@dataclass(frozen=True)
class Calibration:
    """How the vectors of a snapshot, and of the questions put to it, were made from a model's own.

    directions: (k, d), orthonormal, those along which vectors tell their languages; k may be 0.
    centre: (d,), the mean of the tokens' vectors, which all lie on one side.
    learned_from: how many passages tell the centre.
    """

    directions: Vectors
    centre: Vectors
    learned_from: int

    def vectors(self, raw: Vectors) -> Vectors:
        """The vectors (n, d) of texts, of unit length and without the directions."""
        return without_directions(unit_rows(raw), self.directions)

    def tokens(self, raw: Vectors) -> Vectors:
        """The vectors (t, d) of tokens as seen from the centre, of unit length."""
        return unit_rows(self.vectors(raw) - self.centre)

    @cached_property
    def digest(self) -> str:
        """What tells this calibration from any other."""
        return hashlib.sha256(self.directions.tobytes() + self.centre.tobytes()).hexdigest()


def write_calibration(file: Path, calibration: Calibration) -> None:
    np.savez(
        file,
        directions=calibration.directions,
        centre=calibration.centre,
        learned_from=calibration.learned_from,
    )


def read_calibration(file: Path) -> Calibration:
    with np.load(file, allow_pickle=False) as told:
        return Calibration(told["directions"], told["centre"], int(told["learned_from"]))


def write_offsets(
    file: Path, passages: Mapping[str, Vectors], sentences: Mapping[str, Vectors]
) -> None:
    """Write what the vectors of each language are off by: (2, d), of passages and of sentences."""
    both = {one: np.stack([off, sentences[one]]) for one, off in passages.items()}
    np.savez(file, allow_pickle=False, **both)


def read_offsets(file: Path) -> dict[str, Vectors]:
    with np.load(file, allow_pickle=False) as told:
        return dict(told)
