"""Learn from the archive itself what its model's vectors have in common."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from archive.calibration import Calibration
from archive.encoder import Encoded
from archive.languages import (
    Vectors,
    learn_directions,
    packaged_directions,
    packaged_token_centre,
)
from archive.packaged_model import PACKAGED_MODEL
from archive.spans import Rows
from indexer.stored import Matrix

# The directions of a language are learned from at least so many of its passages, and from at least
# so many languages; as many as there are languages to tell apart, up to MOST.
PASSAGES, LANGUAGES, MOST = 30, 3, 32

# Offsets are learned from so many texts of each language at most. A language is taken to be off by
# nothing until its pairs outweigh PRIOR.
SAMPLE, PRIOR = 2000, 50

# The packaged model's token centre counts as much as that of so many passages.
CENTRE_PRIOR = 20


def learn_calibration(
    model: str, encoded: Sequence[Encoded], languages: Sequence[str]
) -> Calibration:
    """The calibration of a model from passages and the language of each; there is one at least.

    The packaged model's directions come with it, and a centre, from which that of few passages is
    not far: what those few are about is not what all vectors have in common. Any other's directions
    are learned here where at least LANGUAGES languages have PASSAGES passages each, and are none
    where not.
    """
    dimension = len(encoded[0].vector)
    directions = np.empty((0, dimension), dtype=np.float32)
    prior, counting = np.zeros(dimension, dtype=np.float32), 0
    if model == PACKAGED_MODEL:
        directions = packaged_directions()
        prior, counting = packaged_token_centre(), CENTRE_PRIOR
    else:
        vectors = np.stack([one.vector for one in encoded])
        means = [
            vectors[[language == one for language in languages]].mean(axis=0)
            for one in sorted(set(languages))
            if languages.count(one) >= PASSAGES
        ]
        if len(means) >= LANGUAGES:
            directions = learn_directions(np.stack(means), min(len(means) - 1, MOST))
    off_centre = Calibration(directions, np.zeros(dimension, dtype=np.float32), 0)
    tokens = [off_centre.vectors(one.tokens).sum(axis=0, dtype=np.float64) for one in encoded]
    count = sum(len(one.tokens) for one in encoded)
    mean = np.sum(tokens, axis=0) / max(count, 1)
    centre = (len(encoded) * mean + counting * prior) / (len(encoded) + counting)
    return Calibration(directions, centre.astype(np.float32), len(encoded))


def language_offsets(vectors: Matrix, languages: Sequence[str]) -> dict[str, Vectors]:
    """How far the vectors (n, d) of each language still lie from those of the others: (d,) each.

    Two texts that are each the other's nearest, in two languages, are taken to be about the same
    matter; what they differ by on average is their language. Counting such pairs alone, what one
    language writes more about than another does not count. The sum over all languages is about 0;
    one with few pairs is off by little (shrunk towards 0 as a mean with a prior of PRIOR texts).
    Of each language SAMPLE vectors are read at most.
    """
    spoken = np.array(languages)
    sampled = {
        one: np.asarray(vectors[_spread(np.flatnonzero(spoken == one))], dtype=np.float32)
        for one in sorted(set(languages))
    }
    off = {one: np.zeros(vectors.shape[1], dtype=np.float32) for one in sampled}
    paired: dict[str, set[int]] = {one: set() for one in sampled}
    for one, other in combinations(sampled, 2):
        mine, theirs = sampled[one], sampled[other]
        cosines = mine @ theirs.T
        forth, back = cosines.argmax(axis=1), cosines.argmax(axis=0)
        mutual = np.flatnonzero(back[forth] == np.arange(len(mine)))
        paired[one].update(mutual.tolist())
        paired[other].update(forth[mutual].tolist())
        # Seen from the middle of all languages, its own among them.
        apart = (mine[mutual] - theirs[forth[mutual]]).mean(axis=0) / len(sampled)
        off[one] += apart
        off[other] -= apart
    return {
        one: (total * len(paired[one]) / (len(paired[one]) + PRIOR)).astype(np.float32)
        for one, total in off.items()
    }


def _spread(rows: Rows) -> Rows:
    """At most SAMPLE of the rows, evenly spread."""
    if len(rows) <= SAMPLE:
        return rows
    chosen: Rows = rows[np.linspace(0, len(rows) - 1, SAMPLE).astype(int)]
    return chosen
