"""Figures against a second implementation, by hand, and where there is nothing to count."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from evaluation.metrics import (
    auroc,
    calibration_error,
    ranking_figures,
    refused_at,
    reliability,
    share,
)

DOCUMENTS = [f"d{number}" for number in range(30)]
SCORES = st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.floats(0, 1)
SOME_SCORES = st.lists(SCORES, min_size=1, max_size=30)
JUDGED_ANSWERS = st.lists(st.tuples(SCORES, st.booleans()), min_size=1, max_size=60)


def ndcg_at_10(ranking: Sequence[str], relevant: dict[str, int]) -> float:
    """Järvelin and Kekäläinen (2002), with the gain itself and the logarithm to base 2."""

    def gained(gains: Sequence[int]) -> float:
        return sum(gain / math.log2(place + 1) for place, gain in enumerate(gains[:10], start=1))

    ideal = gained(sorted(relevant.values(), reverse=True))
    return gained([relevant.get(document, 0) for document in ranking]) / ideal


def average_precision(ranking: Sequence[str], relevant: dict[str, int]) -> float:
    places = [place for place, one in enumerate(ranking, start=1) if one in relevant]
    return sum(nth / place for nth, place in enumerate(places, start=1)) / len(relevant)


def by_hand(rankings: dict[str, list[str]], qrels: dict[str, dict[str, int]]) -> dict[str, float]:
    """Means over the judged questions; one that was not ranked has found nothing."""
    judged = [(rankings.get(one, []), relevant) for one, relevant in qrels.items() if relevant]
    told = {
        "ndcg@10": [ndcg_at_10(*one) for one in judged],
        "map": [average_precision(*one) for one in judged],
        "recall@10": [len(set(rank[:10]) & set(right)) / len(right) for rank, right in judged],
        "hit@1": [float(bool(rank) and rank[0] in right) for rank, right in judged],
    }
    return {name: sum(values) / len(values) for name, values in told.items()}


@given(
    rankings=st.dictionaries(
        st.sampled_from("abcdef"),
        st.lists(st.sampled_from(DOCUMENTS), unique=True, max_size=30),
    ),
    qrels=st.dictionaries(
        st.sampled_from("abcdef"),
        st.dictionaries(st.sampled_from(DOCUMENTS), st.integers(1, 3), max_size=14),
        min_size=1,
    ).filter(lambda drawn: any(drawn.values())),
)
def test_ranking_figures_are_those_of_a_second_implementation(
    rankings: dict[str, list[str]], qrels: dict[str, dict[str, int]]
) -> None:
    assert ranking_figures(rankings, qrels) == pytest.approx(by_hand(rankings, qrels), abs=1e-4)


def test_ranking_figures_by_hand() -> None:
    # The relevant ones stand at the places 2 and 3 of the first, and nowhere in the second.
    figures = ranking_figures(
        {"one": ["x", "a", "b"], "two": ["x", "y"]}, {"one": {"a": 1, "b": 1}, "two": {"z": 1}}
    )
    gained = 1 / math.log2(3) + 1 / math.log2(4)
    assert figures == pytest.approx(
        {
            "ndcg@10": gained / (1 + 1 / math.log2(3)) / 2,
            "map": (1 / 2 + 2 / 3) / 2 / 2,
            "recall@10": 1 / 2,
            "hit@1": 0.0,
        }
    )


def test_only_the_first_ten_count_but_for_map() -> None:
    ranking = [f"x{number}" for number in range(10)] + ["a"]
    figures = ranking_figures({"one": ranking}, {"one": {"a": 1}})
    assert figures == pytest.approx({"ndcg@10": 0, "map": 1 / 11, "recall@10": 0, "hit@1": 0})


def test_a_judged_question_without_a_ranking_counts_zero() -> None:
    qrels = {"one": {"a": 1}, "two": {"a": 1}, "three": {"a": 1}, "four": {"a": 1}}
    figures = ranking_figures({"one": ["a"], "two": []}, qrels)
    assert set(figures.values()) == {0.25}
    assert set(ranking_figures({}, qrels).values()) == {0.0}


def test_a_question_that_nobody_judged_does_not_count() -> None:
    qrels: dict[str, dict[str, int]] = {"one": {"a": 1}, "empty": {}}
    rankings = {"one": ["a"], "empty": ["a"], "unknown": ["b"]}
    assert set(ranking_figures(rankings, qrels).values()) == {1.0}


@given(SOME_SCORES, SOME_SCORES)
def test_auroc_is_that_of_scikit_learn(positive: list[float], negative: list[float]) -> None:
    truth = [1] * len(positive) + [0] * len(negative)
    assert auroc(positive, negative) == pytest.approx(roc_auc_score(truth, positive + negative))


@given(SOME_SCORES, SOME_SCORES)
def test_auroc_of_the_sides_changed_over_makes_one(
    positive: list[float], negative: list[float]
) -> None:
    there, back = auroc(positive, negative), auroc(negative, positive)
    assert there is not None
    assert back == pytest.approx(1 - there)


def test_auroc_by_hand_with_ties_counting_half() -> None:
    # .9 is above both, .5 above one and level with the other.
    assert auroc([0.9, 0.5], [0.5, 0.1]) == (1 + 1 + 0.5 + 1) / 4
    assert auroc([0.4] * 3, [0.4] * 7) == 0.5
    assert auroc([0.1], [0.9]) == 0.0


def test_refused_at_by_hand() -> None:
    # A tenth of eleven answerable ones lies below .1; of the unanswerable ones 0 and .05 do.
    answerable = [number / 10 for number in range(11)]
    assert refused_at(answerable, [0.0, 0.05, 0.1, 0.2], 0.1) == 0.5
    assert refused_at(answerable, [0.0, 0.05, 0.1, 0.2], 0.0) == 0.0
    assert refused_at(answerable, [0.0, 0.05, 0.1, 0.2], 0.5) == 1.0
    # Between two confidences the threshold lies in proportion: .2 + .1 x (.6 - .2) is .24.
    assert refused_at([0.2, 0.6], [0.23, 0.25], 0.1) == 0.5


@given(SOME_SCORES, SOME_SCORES, st.floats(0, 1), st.floats(0, 1))
def test_refusing_more_answerable_ones_refuses_no_fewer_of_the_others(
    answerable: list[float], unanswerable: list[float], one: float, other: float
) -> None:
    few = refused_at(answerable, unanswerable, min(one, other))
    many = refused_at(answerable, unanswerable, max(one, other))
    assert few is not None
    assert many is not None
    assert 0 <= few <= many <= 1


def test_calibration_error_by_hand() -> None:
    # Of two at .25 one is right: off by .25 twice. .8 is right: off by .2. Of .95 and 1.0, in the
    # last bin together at .975, one is right: off by .475 twice. In all 1.65 over 5.
    sure = [0.25, 0.25, 0.8, 0.95, 1.0]
    assert calibration_error(sure, [True, False, True, True, False]) == pytest.approx(0.33)
    assert [one.count for one in reliability(sure, [True] * 5)] == [2, 1, 2]


def test_calibration_is_perfect_where_confidence_is_the_share_that_is_right() -> None:
    assert calibration_error([0.75] * 4 + [0.0] * 2, [True, True, False, True] + [False] * 2) == 0
    assert calibration_error([1.0, 1.0], [False, False]) == 1


@given(JUDGED_ANSWERS)
def test_every_answer_is_in_one_bin_and_the_error_is_a_share(
    told: list[tuple[float, bool]],
) -> None:
    sure, right = [one for one, _ in told], [one for _, one in told]
    bins = reliability(sure, right)
    assert sum(one.count for one in bins) == len(told)
    assert sum(one.count * one.confidence for one in bins) == pytest.approx(sum(sure))
    assert sum(one.count * one.right for one in bins) == pytest.approx(sum(right))
    error = calibration_error(sure, right)
    assert error is not None
    assert 0 <= error <= 1 + 1e-9
    assert calibration_error(sure[::-1], right[::-1]) == pytest.approx(error)


@given(JUDGED_ANSWERS)
def test_in_one_bin_the_error_is_the_distance_of_the_two_means(
    told: list[tuple[float, bool]],
) -> None:
    sure = [0.3 + 0.09 * one for one, _ in told]
    right = [one for _, one in told]
    distance = abs(sum(sure) - sum(right)) / len(told)
    assert calibration_error(sure, right) == pytest.approx(distance)


def test_of_nothing_there_is_no_figure() -> None:
    assert share([]) is None
    assert auroc([], [0.5]) is None
    assert auroc([0.5], []) is None
    assert refused_at([], [0.5], 0.1) is None
    assert refused_at([0.5], [], 0.1) is None
    assert calibration_error([], []) is None


def test_a_share_counts_what_is_true() -> None:
    assert share(number > 2 for number in range(4)) == 0.25
    assert share([False]) == 0.0
