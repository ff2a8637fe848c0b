"""Fusion by hand, and the laws that keep the languages apart."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.languages import Vectors
from retriever.fusion import (
    LATE_WEIGHT,
    LEXICAL_WEIGHT,
    SENTENCE_WEIGHT,
    Candidate,
    fuse,
    scaled,
)

CANDIDATES = st.lists(
    st.tuples(
        st.sampled_from(["fr", "en", "uk"]),
        st.sampled_from([0.1, 0.7, 0.75, 0.8, 0.9]) | st.floats(-1, 1),
        st.sampled_from([0.1, 0.7, 0.75, 0.8, 0.9]) | st.floats(-1, 1),
        st.sampled_from([0.0, 0.25, 0.5]) | st.floats(-1, 1),
        st.sampled_from([0.0, 2.5]) | st.floats(0, 50),
    ),
    min_size=1,
    max_size=20,
).map(lambda drawn: [Candidate(row, *one) for row, one in enumerate(drawn)])


def ranking(candidates: Sequence[Candidate]) -> list[tuple[int, float]]:
    return [(one.row, one.score) for one in fuse(candidates)]


def alone(one: Candidate) -> Candidate:
    """As the vectors alone tell it."""
    return replace(one, late=0.0, lexical=0.0)


def weighted(candidates: Sequence[Candidate]) -> Vectors:
    """Nearness and late interaction in equal parts, the second as wide as the first."""
    near = np.array([one.nearness for one in candidates])
    late = np.array([one.late for one in candidates])
    if late.std() < 1e-9:
        return near
    met: Vectors = (near + near.mean() + (late - late.mean()) * near.std() / late.std()) / 2
    return met


def too_close(candidates: Sequence[Candidate]) -> bool:
    """Whether rounding alone could tell the candidates apart."""
    late = [one.late for one in candidates]
    return 0 < max(late) - min(late) < 1e-4


def test_nearness_by_hand() -> None:
    assert SENTENCE_WEIGHT == 0.5
    assert Candidate(0, "fr", 0.8, 0.9, 0.6, 5.0).nearness == pytest.approx(0.85)


def test_fusion_by_hand() -> None:
    # fr: nearness 1, .5, 0 of its range and words 0, 1, .25 of the best stand at .7, .65, .075;
    # en has no words and keeps its own order, at .7 and 0.
    assert LEXICAL_WEIGHT == 0.3
    english = [Candidate(3, "en", 0.875, 0.875, 0, 0.0), Candidate(4, "en", 0.5, 0.5, 0, 0.0)]
    french = [
        Candidate(0, "fr", 1.0, 1.0, 0.0, 0.0),
        Candidate(1, "fr", 0.75, 0.75, 0.0, 8.0),
        Candidate(2, "fr", 0.5, 0.5, 0.0, 2.0),
    ]
    assert ranking(french + english) == [(0, 1.0), (3, 0.875), (1, 0.75), (2, 0.5), (4, 0.5)]
    assert [one.standing for one in fuse(french + english)] == pytest.approx(
        [0.7, 0.7, 0.65, 0.075, 0.0]
    )
    # At .65 of the range the words are enough: .7 against .455 + .3.
    french[1] = Candidate(1, "fr", 0.825, 0.825, 0.0, 8.0)
    assert [row for row, _ in ranking(french + english)] == [1, 3, 0, 2, 4]


def test_late_interaction_by_hand() -> None:
    # Nearness .9, .7, .5 has the mean .7; .1, .5, .3 has the mean .3 and half the spread, so it
    # becomes .5, .9, .7. Half of each makes .7, .8, .6, which is .5, 1, 0 of the range.
    assert LATE_WEIGHT == 0.5
    drawn = [(0.9, 0.2), (0.7, 0.4), (0.5, 0.3)]
    found = fuse([Candidate(n, "fr", near, near, late, 0) for n, (near, late) in enumerate(drawn)])
    assert [one.row for one in found] == [1, 0, 2]
    assert [one.score for one in found] == [0.9, 0.7, 0.5]
    assert [one.standing for one in found] == pytest.approx([0.7, 0.35, 0.0])


def test_late_interaction_that_is_the_same_for_all_tells_nothing() -> None:
    for late in (0.0, 0.4):
        found = fuse([Candidate(n, "fr", n / 4, n / 4, late, 0.0) for n in range(5)])
        assert [one.row for one in found] == [4, 3, 2, 1, 0]
        assert [one.standing for one in found] == pytest.approx([0.7, 0.525, 0.35, 0.175, 0.0])


def test_late_interaction_does_not_tell_apart_what_is_equally_near() -> None:
    found = fuse([Candidate(0, "fr", 0.8, 0.8, 0.9, 0.0), Candidate(1, "fr", 0.8, 0.8, 0.1, 5.0)])
    assert [(one.row, one.standing) for one in found] == [(0, 0.0), (1, pytest.approx(0.3))]


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1))
def test_of_two_passages_the_nearer_one_stands_first(
    one: float, other: float, here: float, there: float
) -> None:
    # Both have the same spread, so one of them can do no more than undo the other.
    drawn = [Candidate(0, "fr", one, one, here, 0.0), Candidate(1, "fr", other, other, there, 0.0)]
    assert [found.row for found in fuse(drawn)] == ([0, 1] if one >= other else [1, 0])


def test_scaling_by_hand() -> None:
    assert scaled([2.0, 4.0, 3.0]) == [0.0, 1.0, 0.5]
    assert scaled([5.0, 5.0]) == [0.0, 0.0]


def test_of_nothing_comes_nothing() -> None:
    assert ranking([]) == []


@given(CANDIDATES)
def test_each_language_keeps_its_own_nearnesses(candidates: list[Candidate]) -> None:
    scores = dict(ranking(candidates))
    assert set(scores) == {one.row for one in candidates}
    for language in {one.language for one in candidates}:
        members = [one for one in candidates if one.language == language]
        assert sorted(scores[one.row] for one in members) == sorted(one.nearness for one in members)


@given(CANDIDATES)
def test_tokens_and_words_never_change_which_language_stands_at_which_place(
    candidates: list[Candidate],
) -> None:
    language = {one.row: one.language for one in candidates}
    without = [alone(one) for one in candidates]
    if len({one.nearness for one in candidates}) < len(candidates):
        return  # between languages, equal ones go by the row
    assert [language[row] for row, _ in ranking(candidates)] == [
        language[row] for row, _ in ranking(without)
    ]


@given(CANDIDATES)
def test_the_best_come_first_and_ties_keep_the_smaller_row(candidates: list[Candidate]) -> None:
    found = ranking(candidates)
    assert found == sorted(found, key=lambda one: (-one[1], one[0]))


@given(CANDIDATES)
def test_in_one_language_the_order_is_that_of_the_weighted_sum(drawn: list[Candidate]) -> None:
    candidates = [replace(one, language="fr") for one in drawn]
    met = weighted(candidates)
    width = float(np.ptp(met))
    if too_close(candidates) or 1e-9 < width < 1e-4:
        return
    words = max(one.lexical for one in candidates)
    total = {
        one.row: (1 - LEXICAL_WEIGHT) * (float(at - met.min()) / width if width > 1e-9 else 0)
        + LEXICAL_WEIGHT * (one.lexical / words if words else 0)
        for one, at in zip(candidates, met, strict=True)
    }
    scores = dict(ranking(candidates))
    for one in candidates:
        for other in candidates:
            if total[one.row] > total[other.row] + 1e-6:
                assert scores[one.row] >= scores[other.row]


@given(CANDIDATES)
def test_vectors_alone_give_the_order_of_the_nearness(drawn: list[Candidate]) -> None:
    scores = dict(ranking([alone(one) for one in drawn]))
    assert all(scores[one.row] == one.nearness for one in drawn)


def test_a_lexical_hit_reorders_its_language_and_lifts_it_over_no_other() -> None:
    found = ranking(
        [
            Candidate(0, "uk", 0.80, 0.80, 0.0, 0.0),
            Candidate(1, "en", 0.70, 0.70, 0.0, 0.0),
            Candidate(2, "en", 0.69, 0.69, 0.0, 30.0),
            Candidate(3, "en", 0.60, 0.60, 0.0, 0.0),
        ]
    )
    assert [row for row, _ in found] == [0, 2, 1, 3]
    assert found[1][1] == pytest.approx(0.70)


@given(CANDIDATES, st.floats(0.1, 10), st.floats(-5, 5))
def test_how_much_a_model_s_tokens_agree_in_general_does_not_matter(
    drawn: list[Candidate], times: float, more: float
) -> None:
    candidates = [replace(one, language="fr") for one in drawn]
    if too_close(candidates) or 1e-9 < np.ptp(weighted(candidates)) < 1e-4:
        return
    moved = [replace(one, late=times * one.late + more) for one in candidates]
    same = {one.row: one.standing for one in fuse(candidates)}
    assert {one.row: one.standing for one in fuse(moved)} == pytest.approx(same, abs=1e-3)
