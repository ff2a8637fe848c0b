"""Fusion by hand, and the laws that keep the languages apart."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retriever.fusion import LEXICAL_WEIGHT, SENTENCE_WEIGHT, Candidate, fuse, scaled

CANDIDATES = st.lists(
    st.tuples(
        st.sampled_from(["fr", "en", "uk"]),
        st.sampled_from([0.1, 0.7, 0.75, 0.8, 0.9]) | st.floats(-1, 1),
        st.sampled_from([0.1, 0.7, 0.75, 0.8, 0.9]) | st.floats(-1, 1),
        st.sampled_from([0.0, 2.5]) | st.floats(0, 50),
    ),
    min_size=1,
    max_size=20,
).map(lambda drawn: [Candidate(row, *one) for row, one in enumerate(drawn)])


def ranking(candidates: Sequence[Candidate]) -> list[tuple[int, float]]:
    return [(one.row, one.score) for one in fuse(candidates)]


def wordless(one: Candidate) -> Candidate:
    return replace(one, lexical=0.0)


def test_nearness_by_hand() -> None:
    assert SENTENCE_WEIGHT == 0.5
    assert Candidate(0, "fr", 0.8, 0.9, 5.0).nearness == pytest.approx(0.85)


def test_fusion_by_hand() -> None:
    # fr: nearness 1, .5, 0 of its range and words 0, 1, .25 of the best stand at .7, .65, .075;
    # en has no words and keeps its own order, at .7 and 0.
    assert LEXICAL_WEIGHT == 0.3
    english = [Candidate(3, "en", 0.875, 0.875, 0.0), Candidate(4, "en", 0.5, 0.5, 0.0)]
    french = [
        Candidate(0, "fr", 1.0, 1.0, 0.0),
        Candidate(1, "fr", 0.75, 0.75, 8.0),
        Candidate(2, "fr", 0.5, 0.5, 2.0),
    ]
    assert ranking(french + english) == [(0, 1.0), (3, 0.875), (1, 0.75), (2, 0.5), (4, 0.5)]
    assert [one.standing for one in fuse(french + english)] == pytest.approx(
        [0.7, 0.7, 0.65, 0.075, 0.0]
    )
    # At .65 of the range the words are enough: .7 against .455 + .3.
    french[1] = Candidate(1, "fr", 0.825, 0.825, 8.0)
    assert [row for row, _ in ranking(french + english)] == [1, 3, 0, 2, 4]


def test_scaling_by_hand() -> None:
    assert scaled({1: 2.0, 2: 4.0, 3: 3.0}) == {1: 0.0, 2: 1.0, 3: 0.5}
    assert scaled({1: 5.0, 2: 5.0}) == {1: 0.0, 2: 0.0}


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
def test_words_never_change_which_language_stands_at_which_place(
    candidates: list[Candidate],
) -> None:
    language = {one.row: one.language for one in candidates}
    without = [wordless(one) for one in candidates]
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
    near = [one.nearness for one in candidates]
    width = max(near) - min(near)
    words = max(one.lexical for one in candidates)
    total = {
        one.row: (1 - LEXICAL_WEIGHT) * ((one.nearness - min(near)) / width if width else 0)
        + LEXICAL_WEIGHT * (one.lexical / words if words else 0)
        for one in candidates
    }
    scores = dict(ranking(candidates))
    for one in candidates:
        for other in candidates:
            if total[one.row] > total[other.row] + 1e-9:
                assert scores[one.row] >= scores[other.row]


@given(CANDIDATES)
def test_without_words_the_order_is_that_of_the_nearness(drawn: list[Candidate]) -> None:
    scores = dict(ranking([wordless(one) for one in drawn]))
    assert all(scores[one.row] == one.nearness for one in drawn)


def test_a_lexical_hit_reorders_its_language_and_lifts_it_over_no_other() -> None:
    found = ranking(
        [
            Candidate(0, "uk", 0.80, 0.80, 0.0),
            Candidate(1, "en", 0.70, 0.70, 0.0),
            Candidate(2, "en", 0.69, 0.69, 30.0),
            Candidate(3, "en", 0.60, 0.60, 0.0),
        ]
    )
    assert [row for row, _ in found] == [0, 2, 1, 3]
    assert found[1][1] == pytest.approx(0.70)
