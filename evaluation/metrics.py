"""Figures out of rankings and answers, without the engine."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import ir_measures
import numpy as np
from ir_measures import AP, R, Success, nDCG

Qrels = Mapping[str, Mapping[str, int]]

_MEASURES = {"ndcg@10": nDCG @ 10, "map": AP, "recall@10": R @ 10, "hit@1": Success @ 1}


def ranking_figures(rankings: Mapping[str, Sequence[str]], qrels: Qrels) -> dict[str, float]:
    """Means over the judged questions of nDCG@10, average precision, recall@10 and hit@1.

    rankings: document ids by question, best first. A judged question without a ranking counts 0.
    """
    judged = {question: dict(relevant) for question, relevant in qrels.items() if relevant}
    scored = {
        question: {document: float(len(ranking) - place) for place, document in enumerate(ranking)}
        for question, ranking in rankings.items()
        if question in judged
    }
    found = ir_measures.calc_aggregate(list(_MEASURES.values()), judged, scored)
    return {name: float(found[measure]) for name, measure in _MEASURES.items()}


def share(members: Iterable[bool]) -> float | None:
    """The share that is true; None of nothing."""
    told = list(members)
    return sum(told) / len(told) if told else None


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """How often a positive scores above a negative, ties counting half; None without both.

    The area under the ROC curve (Hanley and McNeil, 1982).
    """
    if not positive or not negative:
        return None
    above = np.subtract.outer(np.array(positive), np.array(negative))
    return float(np.mean((above > 0) + 0.5 * (above == 0)))


def refused_at(
    answerable: Sequence[float], unanswerable: Sequence[float], refused: float
) -> float | None:
    """The share of unanswerable questions below the confidence that refuses the share `refused`
    of answerable ones; None without both."""
    if not answerable or not unanswerable:
        return None
    threshold = float(np.quantile(np.array(answerable), refused))
    return float(np.mean(np.array(unanswerable) < threshold))


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of about one confidence: how many, their mean confidence, the share right."""

    count: int
    confidence: float
    right: float


def reliability(confidences: Sequence[float], right: Sequence[bool], bins: int = 10) -> list[Bin]:
    """The answers in `bins` equal intervals of confidence, empty ones left out."""
    sure, true = np.array(confidences, dtype=float), np.array(right, dtype=float)
    numbers = np.minimum((sure * bins).astype(int), bins - 1)
    return [
        Bin(int(inside.sum()), float(sure[inside].mean()), float(true[inside].mean()))
        for number in range(bins)
        if (inside := numbers == number).any()
    ]


def calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> float | None:
    """The expected calibration error over ten bins (Guo et al., 2017); None of nothing."""
    found = reliability(confidences, right)
    if not found:
        return None
    return sum(b.count * abs(b.confidence - b.right) for b in found) / sum(b.count for b in found)
