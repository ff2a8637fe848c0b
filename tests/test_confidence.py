"""How sure an answer is: by hand, and the laws of a probability."""

import math

import pytest
from fakes import document
from hypothesis import given
from hypothesis import strategies as st

from evaluation.fit_confidence import fit, read_told
from retriever import confidence as model
from retriever.confidence import THRESHOLD, Signs, signs
from retriever.extraction import ScoredSentence

SHARES = st.floats(0, 1)
COSINES = st.floats(-1, 1)
ASKED = {
    "en": "On which day was the undersea cable cut?",
    "fr": "Quel jour le câble sous-marin a-t-il été coupé ?",
    "und": "?!",
}


def sentence(
    cosine: float,
    *,
    late: float = 0.6,
    words: float = 0.5,
    language: str = "en",
    figure: bool = True,
) -> ScoredSentence:
    article = document("The cable was cut on Monday.", language=language)
    return ScoredSentence(
        article, 0, 28, cosine, late, words, passage=0.8, standing=0.7, expected=figure
    )


def sure(scored: list[ScoredSentence], question: str) -> float:
    told = signs(scored, question)
    return model.confidence(told) if told else 0.0


def logistic(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def test_by_hand_within_a_language() -> None:
    logit = model._INTERCEPT + model._SENTENCE * 0.9 + model._LATE * 0.6 + model._WORDS * 0.5
    told = sure([sentence(0.9)], ASKED["en"])
    assert told == pytest.approx(logistic(logit))


def test_by_hand_across_languages_words_do_not_count() -> None:
    logit = model._INTERCEPT + model._SENTENCE * 0.9 + model._LATE * 0.6 + model._ACROSS
    told = sure([sentence(0.9, words=0.5)], ASKED["fr"])
    assert told == pytest.approx(logistic(logit))
    assert sure([sentence(0.9, words=0.0)], ASKED["fr"]) == told


def test_every_sign_is_the_greatest_of_any_sentence() -> None:
    told = [
        sentence(0.5, late=0.2, words=0.1),
        sentence(0.9, late=0.1, words=0.0),
        sentence(0.1, late=0.8, words=0.3),
        sentence(0.2, late=0.0, words=0.7, language="fr"),
    ]
    assert signs(told, ASKED["en"]) == Signs(0.9, 0.8, 0.7, across=False, lacking=False)
    # The best sentence alone says whether the answer is in the question's language.
    assert signs(told, ASKED["fr"]) == Signs(0.9, 0.8, 0.0, across=True, lacking=False)
    assert signs(told[::-1], ASKED["fr"]) == Signs(0.9, 0.8, 0.7, across=False, lacking=False)


def test_a_figure_is_lacking_where_one_is_asked_for_and_no_chosen_sentence_holds_one() -> None:
    without, beside = sentence(0.9, figure=False), sentence(0.9, figure=True)
    far = sentence(0.1, figure=True)  # holds one, and is not chosen
    for scored, lacking in [
        ([without], True), ([without, beside], True), ([beside, without], False),
        ([without, far], True),
    ]:  # fmt: skip
        told = signs(scored, ASKED["en"])
        assert told is not None
        assert told.lacking == lacking
    told = signs([without], "Who cut the undersea cable?")
    assert told is not None
    assert not told.lacking
    assert sure([without], ASKED["en"]) < sure([beside], ASKED["en"])


def test_no_sentence_is_no_confidence() -> None:
    assert sure([], ASKED["en"]) == 0.0
    assert sure([], ASKED["und"]) == 0.0


@given(COSINES, SHARES, COSINES, st.sampled_from(["en", "fr"]))
def test_it_is_a_probability(cosine: float, words: float, late: float, language: str) -> None:
    told = sure([sentence(cosine, words=words, late=late)], ASKED[language])
    assert 0 <= told <= 1
    assert not math.isnan(told)


@given(COSINES, COSINES, SHARES, COSINES, st.sampled_from(["en", "fr"]))
def test_a_nearer_sentence_is_never_less_sure(
    one: float, other: float, words: float, late: float, language: str
) -> None:
    far, near = (
        sure([sentence(cosine, words=words, late=late)], ASKED[language])
        for cosine in sorted((one, other))
    )
    assert far <= near


@given(COSINES, SHARES, SHARES, COSINES, COSINES)
def test_more_words_and_tokens_better_met_are_never_less_sure(
    cosine: float, one: float, other: float, here: float, there: float
) -> None:
    fewer, more = sorted((one, other))
    worse, better = sorted((here, there))
    told = [
        sure([sentence(cosine, words=words, late=late)], ASKED["en"])
        for words, late in [(fewer, worse), (more, worse), (more, better)]
    ]
    assert told == sorted(told)


@given(COSINES, st.lists(COSINES, max_size=4), st.sampled_from(["en", "fr"]))
def test_a_further_sentence_never_makes_less_sure(
    cosine: float, others: list[float], language: str
) -> None:
    best = sentence(cosine)
    told = sure([best, *map(sentence, others)], ASKED[language])
    assert told >= sure([best], ASKED[language])


def test_the_threshold_is_odds_of_one_to_two() -> None:
    assert pytest.approx(1 - THRESHOLD) == 2 * THRESHOLD


def test_the_constants_are_what_the_kept_outcomes_give() -> None:
    found = fit(read_told())
    assert found.intercept == pytest.approx(model._INTERCEPT, abs=0.02)
    weights = (model._SENTENCE, model._LATE, model._WORDS, model._ACROSS, model._LACKING)
    assert found.weights == pytest.approx(weights, abs=0.02)


@pytest.mark.parametrize("asked", ["?!", "xxxxxxxx", "a a a a", "\U0001f600"])
def test_what_has_no_words_to_tell_its_language_by_is_not_across_languages(asked: str) -> None:
    logit = model._INTERCEPT + model._SENTENCE * 0.9 + model._LATE * 0.6
    assert sure([sentence(0.9, words=0.0)], asked) == pytest.approx(logistic(logit))
