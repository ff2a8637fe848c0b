"""Which sentences of two articles say the same, in whatever languages the articles are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from archive.languages import Vectors
from archive.spans import Rows
from archive.text import Span

# How near two sentences are that say the same (cosine), and how many times the share of its
# article one of them may take of the other's; how they were chosen: docs/evaluation.md.
SAME = 0.87
STRETCH = 1.5

# Numbers up to this one are often written as words.
_SPELLED = 12

_AT_ONCE = 1024  # sentences that are held against another article's at a time

_FIGURE = re.compile(r"\d{1,18}")
_THOUSANDS = re.compile(r"(?<=\d)(?<!\d{4})[.,'’\u00a0\u202f ](?=\d{3}(?!\d))")


@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences of an article, at least one, in order, and their unit vectors (n, d)."""

    text: str
    spans: Sequence[Span]
    vectors: Vectors

    @property
    def shares(self) -> Vectors:
        """What share of the characters of them all each sentence has, (n,)."""
        lengths = np.array([end - start for start, end in self.spans], dtype=np.float32)
        shares: Vectors = lengths / lengths.sum()
        return shares

    def figures(self, at: int) -> frozenset[int]:
        return figures(self.text[slice(*self.spans[at])])


def aligned(one: Sentences, other: Sentences) -> list[tuple[int, int]]:
    """The pairs of sentences that say the same, by their places, in the order of the first.

    Two say the same when each is the nearest to the other in its article, their cosine is at least
    SAME, they take about the same share of their articles, and they hold the same figures. So no
    sentence is in two pairs. Of equally near ones the first counts.
    """
    forth, cosines = _nearest(one.vectors, other.vectors)
    back, _ = _nearest(other.vectors, one.vectors)
    stretch = one.shares / other.shares[forth]
    return [
        (at, to)
        for at, to in enumerate(forth.tolist())
        if back[to] == at and _alike(one, at, other, to, cosines[at], stretch[at])
    ]


def counterpart(one: Sentences, at: int, other: Sentences) -> int | None:
    """The place of the sentence that `aligned` pairs with the one at `at`, None for none."""
    forth, cosines = _nearest(one.vectors[at : at + 1], other.vectors)
    to = int(forth[0])
    back, _ = _nearest(other.vectors[to : to + 1], one.vectors)
    stretch = one.shares[at] / other.shares[to]
    return to if back[0] == at and _alike(one, at, other, to, cosines[0], stretch) else None


def _nearest(vectors: Vectors, others: Vectors) -> tuple[Rows, Vectors]:
    """For each of the vectors the place of the nearest of the others, and its cosine."""
    nearest, cosines = [], []
    for at in range(0, len(vectors), _AT_ONCE):
        told = vectors[at : at + _AT_ONCE] @ others.T
        nearest.append(told.argmax(axis=1))
        cosines.append(told.max(axis=1))
    return np.concatenate(nearest), np.concatenate(cosines)


def _alike(
    one: Sentences, at: int, other: Sentences, to: int, cosine: float, stretch: float
) -> bool:
    return (
        cosine >= SAME
        and 1 / STRETCH <= stretch <= STRETCH
        and one.figures(at) == other.figures(to)
    )


def figures(text: str) -> frozenset[int]:
    """The whole numbers of a text that are too great to be written as words, by their value.

    Digits of every script count; 20,000, 20.000 and 20 000 are one number, 3.5 is two small ones.
    """
    found = (int(figure) for figure in _FIGURE.findall(_THOUSANDS.sub("", text)))
    return frozenset(number for number in found if number > _SPELLED)
