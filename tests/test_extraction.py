"""Which sentences are quoted: the score by hand, and the laws of choosing."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from fakes import document
from hypothesis import given
from hypothesis import strategies as st

from archive.answers import RankedPassage, Why
from archive.documents import Document, Passage
from archive.text import sentences, stems, words
from retriever.expected import expected, holds
from retriever.extraction import (
    MOST_SENTENCES,
    ScoredSentence,
    Sought,
    Told,
    choose,
    in_reading_order,
    score_sentences,
)

WORDS = ("cable", "ship", "radar", "port", "ice", "snow")
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
SCORED = st.lists(
    st.tuples(TEXTS, st.sampled_from([0.5, 0.7, 0.75]) | st.floats(0.5, 1)), max_size=12
).map(
    lambda drawn: sorted(
        (scored(text, cosine, path=f"{row}.txt") for row, (text, cosine) in enumerate(drawn)),
        key=lambda one: -one.score,
    )
)


def scored(
    text: str, cosine: float, *, path: str = "a.txt", language: str = "en"
) -> ScoredSentence:
    """A sentence that is all its article has; its score is its cosine."""
    return ScoredSentence(document(text, path, language), 0, len(text), cosine, 0, 0, 0, 0)


def hit(article: Document, score: float, standing: float) -> RankedPassage:
    passage = Passage(article.path, 0, len(article.text), article.text)
    return RankedPassage(1, 0, passage, article, score, standing, Why(1, None, ()))


def told(article: Document, cosines: Sequence[float], *, score: float = 0.0) -> Told:
    spans = sentences(article.text, article.language)
    assert len(spans) == len(cosines)
    return Told(hit(article, score, 0.0), spans, list(cosines), [0.0] * len(spans))


def repeats(one: str, other: str) -> bool:
    """Four fifths of the wording of the shorter one stand in the other."""
    mine, theirs = set(stems(one, "en")), set(stems(other, "en"))
    return len(mine & theirs) * 5 >= 4 * min(len(mine), len(theirs))


# --- Scores --------------------------------------------------------------------------------------


def test_a_score_by_hand() -> None:
    one = ScoredSentence(
        document("Anything."), 0, 9, 0.8, late=0.6, words=0.5, passage=0.7, standing=0.9
    )
    by_hand = 0.8 + 0.8 * 0.6 + 0.5 * 0.7 + 0.1 * 0.5 + 0.1 * 0.9
    assert one.text == "Anything."
    assert one.score == pytest.approx(by_hand)
    assert replace(one, lead=0.25, expected=True).score == pytest.approx(by_hand + 0.2 + 0.03)


def test_a_sentence_gets_its_cosine_its_tokens_its_passage_and_its_words() -> None:
    article = document("The cable was cut near Riga. A ship left the port again.")
    passage = hit(article, 0.7, 0.9)
    rarity = {"en": {("cabl",): 3.0, ("ship",): 1.0, ("riga", "ryha"): 2.0, ("absent",): 4.0}}
    leading = Told(passage, [(0, 28), (29, 56)], [0.25, 0.5], [0.1, 0.3])
    found = score_sentences("", [leading], rarity)
    assert [one.text for one in found] == [
        "A ship left the port again.", "The cable was cut near Riga.",
    ]  # fmt: skip
    assert [one.words for one in found] == pytest.approx([1 / 10, 5 / 10])
    assert [one.late for one in found] == [0.3, 0.1]
    assert [one.score for one in found] == pytest.approx(
        [0.5 + 0.24 + 0.35 + 0.01 + 0.09, 0.25 + 0.08 + 0.35 + 0.05 + 0.09]
    )


def test_a_question_without_known_words_gives_no_share_of_them() -> None:
    article = document("The cable was cut near Riga.")
    nothing: list[Sought] = [{}, {("zebra",): 2.0}, {("cabl",): 0.0}]
    for sought in nothing:
        found = score_sentences("", [told(article, [0.5])], {"en": sought})
        assert [one.words for one in found] == [0]


def test_headings_and_signatures_are_never_quoted() -> None:
    article = document(
        "Cable cut\nThe cable was cut on Monday.\n(Reuters) Riga, 5 March\nFour words, no more."
    )
    found = score_sentences("", [told(article, [0.9, 0.1, 0.9, 0.9])], {"en": {}})
    assert [one.text for one in found] == ["The cable was cut on Monday."]


def test_equal_scores_keep_the_order_of_path_and_place() -> None:
    text = "One two three four five. Six seven eight nine ten."
    leading = [told(document(text, path), [0.5, 0.5]) for path in ("b.txt", "a.txt")]
    found = score_sentences("", leading, {"en": {}})
    assert [(one.document.path, one.start) for one in found] == [
        ("a.txt", 0), ("a.txt", 25), ("b.txt", 0), ("b.txt", 25),
    ]  # fmt: skip


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=2), st.floats(0, 1), st.floats(0, 1))
def test_the_best_come_first(cosines: list[float], here: float, there: float) -> None:
    text = "One two three four five. Six seven eight nine ten."
    leading = [
        told(document(text, path), cosines, score=score)
        for path, score in (("a.txt", here), ("b.txt", there))
    ]
    found = score_sentences("", leading, {"en": {}})
    assert len(found) == 4
    assert found == sorted(found, key=lambda one: (-one.score, one.document.path, one.start))


# --- Choosing ------------------------------------------------------------------------------------


@given(SCORED)
def test_what_is_chosen_are_the_best_that_each_add_something(ranked: list[ScoredSentence]) -> None:
    chosen = choose(ranked)
    assert len(chosen) <= MOST_SENTENCES == 3
    assert chosen[:1] == ranked[:1]
    assert chosen == [one for one in ranked if one in chosen]  # best first
    for number, one in enumerate(chosen):
        assert one.score >= ranked[0].score - 0.2
        assert not any(repeats(one.text, other.text) for other in chosen[:number])


@given(SCORED)
def test_nothing_that_adds_something_is_passed_over(ranked: list[ScoredSentence]) -> None:
    chosen = choose(ranked)
    for place, one in enumerate(ranked):
        before = [other for other in chosen if other in ranked[:place]]
        if one not in chosen and len(before) < 3 and one.score >= ranked[0].score - 0.2:
            assert any(repeats(one.text, other.text) for other in before)


def test_choosing_by_hand() -> None:
    ranked = [
        scored("The undersea cable was cut by a ship.", 0.90, path="a.txt"),
        scored("An undersea cable was cut by the ships.", 0.89, path="b.txt"),  # the same again
        scored("Radar stations watch the port at night.", 0.88, path="c.txt"),
        scored("Snow fell on the ice of the harbour.", 0.71, path="d.txt"),
        scored("Ministers met in Riga that very evening.", 0.705, path="e.txt"),  # a fourth
    ]
    assert [one.document.path for one in choose(ranked)] == ["a.txt", "c.txt", "d.txt"]
    further = [ranked[0], replace(ranked[2], cosine=0.69)]  # .21 worse than the best
    assert choose(further) == ranked[:1]
    assert choose([]) == []


def test_four_words_of_five_in_common_say_the_same() -> None:
    same = [scored("one two three four five", 0.9), scored("one two three four six", 0.9)]
    assert choose(same) == same[:1]
    other = [scored("one two three four five", 0.9), scored("one two three seven six", 0.9)]
    assert choose(other) == other


def test_a_sentence_within_a_longer_one_says_the_same() -> None:
    longer = scored("The cable was cut near Riga by a ship from the south.", 0.9)
    assert choose([longer, scored("The cable was cut near Riga.", 0.89)]) == [longer]


# --- Reading order -------------------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(st.sampled_from(["a.txt", "b.txt", "c.txt"]), st.integers(0, 8)),
        unique=True, max_size=9,
    )
)  # fmt: skip
def test_each_article_is_read_from_its_beginning_and_the_best_one_first(
    places: list[tuple[str, int]],
) -> None:
    text = "0123456789"
    chosen = [
        ScoredSentence(document(text, path), start, start + 1, 0.5, 0, 0, 0, 0)
        for path, start in places
    ]
    read = in_reading_order(chosen)
    assert sorted(read, key=chosen.index) == chosen
    articles = [one.document.path for one in read]
    assert list(dict.fromkeys(articles)) == list(dict.fromkeys(path for path, _ in places))
    assert articles == sorted(articles, key=list(dict.fromkeys(articles)).index)
    for path in set(articles):
        starts = [one.start for one in read if one.document.path == path]
        assert starts == sorted(starts)


def test_a_sentence_gains_by_what_the_one_before_it_names() -> None:
    article = document(
        "Finnair stopped flying to Tartu. The reason was jamming there now.", "a.txt", "en"
    )
    found = score_sentences("", [told(article, [0.9, 0.8])], {"en": {}})
    first, second = sorted(found, key=lambda one: one.start)
    assert first.lead == 0
    assert second.lead == pytest.approx(0.1)
    assert second.score - replace(second, lead=0.0).score == pytest.approx(0.8 * 0.1)


@pytest.mark.parametrize(
    ("question", "sentence", "held"),
    [
        ("Combien de pays ?", "Il y avait douze pays autour de la table.", True),
        ("Combien de pays ?", "Il y avait des pays autour de la table.", False),
        ("When did Sweden join?", "Sweden joined the Alliance on 7 March 2024.", True),
        ("When did Sweden join in 2024?", "Sweden joined the Alliance in 2024 at last.", False),
        ("Who signed in 1949?", "Twelve ministers signed the treaty there.", False),
        ("Скільки дронів?", "Було сім дронів над територією країни.", True),
        ("كم عدد الدول؟", "اجتمعت اثنتي عشرة دولة في واشنطن", True),
    ],
)
def test_a_figure_is_expected_where_one_is_asked_for(
    question: str, sentence: str, held: bool
) -> None:
    assert holds(expected(question), words(sentence), question) == held
