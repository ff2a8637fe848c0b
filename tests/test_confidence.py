"""How sure an answer is: by hand, and the laws of a probability."""

import math

import pytest
from fakes import document
from hypothesis import given
from hypothesis import strategies as st

from retriever.confidence import THRESHOLD, confidence
from retriever.extraction import ScoredSentence

SHARES = st.floats(0, 1)
COSINES = st.floats(-1, 1)
ASKED = {
    "en": "On which day was the undersea cable cut?",
    "fr": "Quel jour le câble sous-marin a-t-il été coupé ?",
    "und": "?!",
}


def sentence(
    cosine: float, *, words: float = 0.5, passage: float = 0.8, language: str = "en"
) -> ScoredSentence:
    article = document("The cable was cut on Monday.", language=language)
    return ScoredSentence(article, 0, 28, cosine, words, passage, standing=0.7)


def test_by_hand_within_a_language() -> None:
    # -23.52 + 13.23 x .9 + 12.29 x .8 + 3.40 x .5 = -0.081
    told = confidence([sentence(0.9)], ASKED["en"])
    assert told == pytest.approx(1 / (1 + math.exp(0.081)))


def test_by_hand_across_languages_words_do_not_count() -> None:
    # -23.52 + 13.23 x .9 + 12.29 x .8 + 2.94 = 1.159
    told = confidence([sentence(0.9, words=0.5)], ASKED["fr"])
    assert told == pytest.approx(1 / (1 + math.exp(-1.159)))
    assert confidence([sentence(0.9, words=0.0)], ASKED["fr"]) == told


def test_no_sentence_is_no_confidence() -> None:
    assert confidence([], ASKED["en"]) == 0.0
    assert confidence([], ASKED["und"]) == 0.0


@given(COSINES, SHARES, COSINES, st.sampled_from(["en", "fr"]))
def test_it_is_a_probability(cosine: float, words: float, passage: float, language: str) -> None:
    told = confidence([sentence(cosine, words=words, passage=passage)], ASKED[language])
    assert 0 <= told <= 1
    assert not math.isnan(told)


@given(COSINES, COSINES, SHARES, COSINES, st.sampled_from(["en", "fr"]))
def test_a_nearer_sentence_is_never_less_sure(
    one: float, other: float, words: float, passage: float, language: str
) -> None:
    far, near = (
        confidence([sentence(cosine, words=words, passage=passage)], ASKED[language])
        for cosine in sorted((one, other))
    )
    assert far <= near


@given(COSINES, SHARES, SHARES, COSINES, COSINES)
def test_more_words_and_a_nearer_passage_are_never_less_sure(
    cosine: float, one: float, other: float, here: float, there: float
) -> None:
    fewer, more = sorted((one, other))
    far, near = sorted((here, there))
    told = [
        confidence([sentence(cosine, words=words, passage=passage)], ASKED["en"])
        for words, passage in [(fewer, far), (more, far), (more, near)]
    ]
    assert told == sorted(told)


@given(COSINES, st.lists(COSINES, max_size=4))
def test_only_the_best_sentence_counts(cosine: float, others: list[float]) -> None:
    best = sentence(cosine)
    assert confidence([best, *map(sentence, others)], ASKED["en"]) == confidence(
        [best], ASKED["en"]
    )


def test_the_threshold_is_odds_of_one_to_two() -> None:
    assert pytest.approx(1 - THRESHOLD) == 2 * THRESHOLD


@pytest.mark.parametrize("asked", ["?!", "xxxxxxxx", "a a a a", "\U0001f600"])
def test_what_has_no_words_to_tell_its_language_by_is_not_across_languages(asked: str) -> None:
    # -23.52 + 13.23 x .9 + 12.29 x .8 = -1.781
    assert confidence([sentence(0.9, words=0.0)], asked) == pytest.approx(1 / (1 + math.exp(1.781)))
