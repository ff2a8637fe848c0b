"""The nouns cannot lie: what is impossible cannot be made."""

from dataclasses import replace
from datetime import date

import pytest
from fakes import document

from archive.answers import Answer, AnswerKind, Citation, Sentence
from archive.documents import DateBasis, Document, FurnitureLine, Passage, source_of
from archive.text import normalised


@pytest.mark.parametrize(
    ("start", "end", "text"), [(-1, 2, "abc"), (3, 3, ""), (4, 2, "ab"), (0, 5, "four")]
)
def test_a_passage_spans_as_many_characters_as_it_has(start: int, end: int, text: str) -> None:
    with pytest.raises(ValueError, match="cannot span"):
        Passage("a.txt", start, end, text)


def test_a_document_needs_text() -> None:
    with pytest.raises(ValueError, match="needs text"):
        document(" \n ")


@pytest.mark.parametrize(
    ("day", "basis"),
    [(date(2025, 1, 1), DateBasis.UNKNOWN), (None, DateBasis.STATED), (None, DateBasis.INFERRED)],
)
def test_a_date_and_its_basis_go_together(day: date | None, basis: DateBasis) -> None:
    with pytest.raises(ValueError, match="go together"):
        Document("a.txt", "T", "en", day, basis, "Text.", (), "utf-8", "")


@pytest.mark.parametrize(
    ("path", "source"), [("a.txt", ""), ("site/a.txt", "site"), ("site/2025/a.txt", "site")]
)
def test_the_source_is_the_first_folder(path: str, source: str) -> None:
    assert source_of(path) == source


@pytest.mark.parametrize(
    ("title", "part", "beside"),
    [
        ("Cable cut", "The cable was cut.", "Cable cut"),
        ("Cable cut", "Cable cut near Riga.", ""),
        ("Cable c…", "Cable cut near Riga.", ""),
        ("Cable c…", "It was late.", "Cable c"),
        ("", "It was late.", ""),
    ],
)
def test_a_title_stands_beside_the_parts_that_do_not_hold_it(
    title: str, part: str, beside: str
) -> None:
    assert replace(document("Any."), title=title).title_beside(part) == beside


def test_a_citation_quotes_the_article_and_knows_its_place_in_the_file() -> None:
    citation = Citation.of(1, document("Un cafe\u0301.\r\nNoir."), 3, 7)
    assert (citation.quote, citation.start, citation.end) == ("café", 3, 7)
    assert (citation.file_start, citation.file_end) == (3, 8)


def test_a_citation_names_the_page_that_it_begins_on() -> None:
    """The text is the file's from its third character on; its pages begin at 0, 5, 5 and 9."""
    words, pieces = normalised("..One two three.", [(2, 16)])
    paged = replace(document("x"), text=words, pieces=pieces, pages=(0, 5, 5, 9))
    assert [paged.page(start) for start in range(9)] == [1, 1, 1, 3, 3, 3, 3, 4, 4]
    assert Citation.of(1, paged, 3, 9).page == 3
    assert Citation.of(1, replace(paged, pages=()), 3, 9).page is None


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 2), (0, 99)])
def test_a_citation_outside_the_article_is_a_bug(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="no quotation"):
        Citation.of(1, document("Short."), start, end)


def test_an_answer_says_only_what_it_cites() -> None:
    citation = Citation.of(1, document("It is so. It is not."), 0, 9)
    with pytest.raises(ValueError, match="not what its citation quotes"):
        Answer(
            AnswerKind.EXTRACT, "?", 0.5, (Sentence("It is not.", 1),), (citation,), (), 0.0
        )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "told"), [(AnswerKind.NONE, (Sentence("It is so.", 1),)), (AnswerKind.EXTRACT, ())]
)
def test_a_refusal_quotes_nothing_and_every_other_answer_something(
    kind: AnswerKind, told: tuple[Sentence, ...]
) -> None:
    citation = Citation.of(1, document("It is so."), 0, 9)
    with pytest.raises(ValueError, match="refusal quotes nothing"):
        Answer(kind, "?", 0.5, told, (citation,), (), 0.0)


def test_a_furniture_line_says_why_it_was_left_out() -> None:
    assert "7 of the 9 pages" in FurnitureLine("site", "Menu", 7, 9).why
