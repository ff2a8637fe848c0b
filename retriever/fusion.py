"""One ranking out of two, in which no passage gains by sharing the question's language."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

LEXICAL_WEIGHT = 0.4


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that one of the searches found. cosine: its nearness to the question.

    lexical: its BM25 score, 0 where that search did not find it.
    """

    row: int
    language: str
    cosine: float
    lexical: float


def fuse(candidates: list[Candidate]) -> list[tuple[int, float]]:
    """Rows and scores, best first; equal scores keep the smaller row first.

    Within one language the passages are put in the order of a weighted sum: the cosine, scaled to
    0..1 over that language's candidates, and the BM25 score, as a share of the best in any
    language, so that a chance word in another language weighs little. The language's own cosines
    are then handed out in that order: words reorder a language and never lift it over another,
    as they always would lift the language of the question.
    """
    best_words = max((one.lexical for one in candidates), default=0.0)
    by_language: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_language[candidate.language].append(candidate)
    scores: list[tuple[int, float]] = []
    for members in by_language.values():
        fused = _weighted(members, best_words)
        order = sorted(members, key=lambda one: (-fused[one.row], one.row))
        cosines = sorted((one.cosine for one in members), reverse=True)
        scores += [(one.row, cosine) for one, cosine in zip(order, cosines, strict=True)]
    return sorted(scores, key=lambda scored: (-scored[1], scored[0]))


def _weighted(members: list[Candidate], best_words: float) -> Mapping[int, float]:
    dense = scaled({one.row: one.cosine for one in members})
    return {
        one.row: (1 - LEXICAL_WEIGHT) * dense[one.row]
        + LEXICAL_WEIGHT * (one.lexical / best_words if best_words else 0.0)
        for one in members
    }


def scaled(scores: Mapping[int, float]) -> dict[int, float]:
    """The scores brought to 0..1, the least to 0 and the greatest to 1; equal ones all to 0."""
    least, greatest = min(scores.values()), max(scores.values())
    width = greatest - least
    return {row: (score - least) / width if width else 0.0 for row, score in scores.items()}
