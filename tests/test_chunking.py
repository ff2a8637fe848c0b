"""Passages are whole sentences with exact offsets, for any text at all."""

import pytest
from fakes import count_words, document
from hypothesis import example, given
from hypothesis import strategies as st

from archive.documents import Document, Passage
from archive.text import sentences
from indexer.chunking import CountTokens, chunk

SENTENCES = st.sampled_from(
    ["Allies met.", "Allies met.", "They spoke of cables, drones and radars; then they left.",
     "« Nous restons unis », a-t-il dit.", "x" * 40, "你好。", "ما هذا؟", "e\u0301 ", "\n", "\n\n",
     "\u00a0", "one two three four five six seven eight nine ten eleven twelve"]
)  # fmt: skip
TEXTS = st.lists(SENTENCES, min_size=1, max_size=30).map(" ".join) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=80
)
LANGUAGES = st.sampled_from(["en", "fr", "zh", "ar", "xx"])


def passages_of(article: Document, count: CountTokens, longest: int) -> list[Passage]:
    return [one.passage for one in chunk(article, count, longest)]


def count_characters(texts: list[str]) -> list[int]:
    return [len(text) for text in texts]


@example("Allies met. é  Allies met.", "en", 3, count_words)
@example("a b", "en", 1, count_words)
@example("word " * 50, "en", 7, count_words)
@example("x" * 100, "en", 7, count_characters)
@given(TEXTS, LANGUAGES, st.integers(1, 40), st.sampled_from([count_words, count_characters]))
def test_passages_lose_nothing_and_cut_no_sentence_that_fits(
    text: str, language: str, longest: int, count: CountTokens
) -> None:
    if not text.strip():
        return
    article = document(text, language=language)
    chunks = chunk(article, count, longest)
    passages = [one.passage for one in chunks]
    assert all(one.text == article.text[one.start : one.end] for one in passages)
    assert all(one.text == one.text.strip() for one in passages)
    assert all(tokens <= longest for tokens in count([one.text for one in passages]))
    ends = [0, *(one.end for one in passages)]
    assert all(end <= one.start for end, one in zip(ends, passages, strict=False))
    inside = {at for one in passages for at in range(one.start, one.end)}
    blank = {at for at, character in enumerate(article.text) if character.isspace()}
    assert inside | blank == set(range(len(article.text)))
    for start, end in sentences(article.text, language):
        if count([article.text[start:end]])[0] <= longest:
            assert any((start, end) in one.sentences for one in chunks)
    for one in chunks:
        assert (one.sentences[0][0], one.sentences[-1][1]) == (one.passage.start, one.passage.end)
        ends = [one.passage.start, *(end for _, end in one.sentences)]
        for before, (start, end) in zip(ends, one.sentences, strict=False):
            assert before <= start < end
            assert not article.text[before:start].strip()


def test_sentences_are_merged_as_far_as_they_fit_by_hand() -> None:
    text = "One two three. Four five. Six seven. Eight nine ten."
    assert passages_of(document(text), count_words, 5) == [
        Passage("site/page.txt", 0, 25, "One two three. Four five."),
        Passage("site/page.txt", 26, 52, "Six seven. Eight nine ten."),
    ]


def test_neighbouring_passages_are_of_about_one_length() -> None:
    text = " ".join(f"Number {at}." for at in range(12))
    lengths = count_words([one.text for one in passages_of(document(text), count_words, 20)])
    assert lengths == [12, 12]


def test_repeated_sentences_keep_their_own_places() -> None:
    text = "Same words here. " * 6
    passages = passages_of(document(text.strip()), count_words, 3)
    assert [one.start for one in passages] == [0, 17, 34, 51, 68, 85]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a b c, d e f, g h i", ["a b c, d e f,", "g h i"]),
        ("a b c; d e, f; g h i j", ["a b c; d e, f;", "g h i j"]),
    ],
)
def test_a_sentence_too_long_is_cut_at_its_best_place(text: str, parts: list[str]) -> None:
    assert [one.text for one in passages_of(document(text), count_words, 6)] == parts
