"""An answer that does not quote cannot be made."""

from dataclasses import FrozenInstanceError, replace

import pytest
from fakes import document
from hypothesis import given
from hypothesis import strategies as st

from archive.answers import Answer, AnswerKind, Citation, Sentence

ARTICLE = document("The cable was cut. The ship left.")
FIRST = Citation.of(1, ARTICLE, 0, 18)
SECOND = Citation.of(2, ARTICLE, 19, 33)


def answer(
    kind: AnswerKind, sentences: tuple[Sentence, ...], citations: tuple[Citation, ...]
) -> Answer:
    return Answer(kind, "What happened?", 0.5, sentences, citations, (), 0.1)


def test_a_citation_quotes_the_article_and_names_its_place_in_the_file() -> None:
    article = replace(document("Le  cafe\u0301.\r\nIl ferme a\u0300 midi."), title="Midi")
    citation = Citation.of(3, article, 10, 26)
    assert citation.quote == "Il ferme \u00e0 midi."
    assert (citation.start, citation.end) == (10, 26)
    assert (citation.n, citation.path, citation.title) == (3, "site/page.txt", "Midi")
    # Before it stand an accent and a carriage return that the article does not have, in it another.
    assert (citation.file_start, citation.file_end) == (12, 29)


@given(st.text(min_size=1).filter(str.strip), st.integers(-5, 60), st.integers(-5, 60))
def test_a_citation_is_the_words_of_its_span_or_is_not_made(
    text: str, start: int, end: int
) -> None:
    article = document(text)
    if 0 <= start < end <= len(article.text):
        citation = Citation.of(1, article, start, end)
        assert citation.quote == article.text[start:end]
        assert 0 <= citation.file_start < citation.file_end <= len(text)
    else:
        with pytest.raises(ValueError, match="no quotation"):
            Citation.of(1, article, start, end)


def test_an_answer_may_quote_its_citations() -> None:
    sentences = (Sentence(FIRST.quote, 1), Sentence(SECOND.quote, 2))
    made = answer(AnswerKind.EXTRACT, sentences, (FIRST, SECOND))
    assert [one.text for one in made.sentences] == ["The cable was cut.", "The ship left."]


def test_a_refusal_quotes_nothing() -> None:
    assert answer(AnswerKind.NONE, (), ()).sentences == ()
    with pytest.raises(ValueError, match="quotes nothing"):
        answer(AnswerKind.NONE, (Sentence(FIRST.quote, 1),), (FIRST,))


def test_every_other_answer_quotes_something() -> None:
    with pytest.raises(ValueError, match="quotes something"):
        answer(AnswerKind.EXTRACT, (), (FIRST,))


@pytest.mark.parametrize(
    "sentence",
    [
        Sentence("The cable was cut", 1),  # a character is missing
        Sentence("the cable was cut.", 1),
        Sentence("The ship left.", 1),  # quoted, but by the other citation
        Sentence("The cable was cut.", 3),  # no such citation
        Sentence("", 1),
    ],
)
def test_a_sentence_that_is_not_what_its_citation_quotes_is_not_told(sentence: Sentence) -> None:
    with pytest.raises(ValueError, match="not what its citation quotes"):
        answer(AnswerKind.EXTRACT, (Sentence(FIRST.quote, 1), sentence), (FIRST, SECOND))


def test_an_answer_does_not_change_once_it_is_made() -> None:
    made = answer(AnswerKind.NONE, (), ())
    with pytest.raises(FrozenInstanceError):
        made.kind = AnswerKind.EXTRACT  # type: ignore[misc]


def test_kinds_compare_with_the_words_of_the_contract() -> None:
    assert {str(kind) for kind in AnswerKind} == {"extract", "none"}
    assert answer(AnswerKind.NONE, (), ()).kind == "none"
