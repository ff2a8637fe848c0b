"""Every sentence of the interface is said in every language, and none is said for nothing."""

import ast
import re
from dataclasses import fields
from datetime import date, datetime
from pathlib import Path

import pytest
from app_support import REPOSITORY

from indexer.pipeline import CHUNKING, ENCODING, PREPARING, READING, WRITING
from indexer.refusals import Reason
from ui.wording import ENGLISH, FRENCH, WORDINGS, Wording, preferred

PAGES = [REPOSITORY / "app.py", *sorted((REPOSITORY / "ui").glob("*.py"))]
WRITTEN_ELSEWHERE = {  # markup, scripts, the sentences
    "rendering.py", "session.py", "wording.py", "problems.py",
}  # fmt: skip


def sentences(wording: Wording) -> dict[str, str]:
    told: dict[str, str] = {}
    for field in fields(wording):
        value = getattr(wording, field.name)
        if isinstance(value, str):
            told[field.name] = value
        elif isinstance(value, tuple):
            told |= {f"{field.name}.{at}": one for at, one in enumerate(value)}
        else:
            told |= {f"{field.name}.{key}": one for key, one in value.items()}
    return told


@pytest.mark.parametrize("wording", WORDINGS.values(), ids=WORDINGS)
def test_nothing_is_left_blank(wording: Wording) -> None:
    assert [name for name, sentence in sentences(wording).items() if not sentence] == []


def test_every_language_leaves_the_same_places_to_fill_in() -> None:
    french, english = sentences(FRENCH), sentences(ENGLISH)
    assert {
        name: (french[name], english[name])
        for name in french.keys() & english.keys()
        if sorted(re.findall(r"{\w*}", french[name])) != sorted(re.findall(r"{\w*}", english[name]))
    } == {}
    assert {
        name for name in french.keys() ^ english.keys() if "refused_because" not in name
    } == set()


def test_every_wording_is_used() -> None:
    code = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    unused = [field.name for field in fields(Wording) if not re.search(rf"\.{field.name}\b", code)]
    assert unused == []


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page.name not in WRITTEN_ELSEWHERE],
    ids=lambda page: page.name,
)
def test_no_page_writes_a_sentence_of_its_own(page: Path) -> None:
    tree = ast.parse(page.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and isinstance(node.body[0], ast.Expr)
    }
    assert [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
        and re.search(r"[^\W\d_] +[^\W\d_]", node.value)
    ] == []


def test_every_reason_and_step_has_french_words() -> None:
    assert FRENCH.refused_because.keys() == {reason.value for reason in Reason}
    assert FRENCH.steps.keys() == {READING, PREPARING, CHUNKING, ENCODING, WRITING}


def test_french_keeps_its_punctuation_on_the_line() -> None:
    assert [one for one in sentences(FRENCH).values() if re.search(r" [:;?!»]|« ", one)] == []


@pytest.mark.parametrize(
    ("wording", "day", "told"),
    [
        (FRENCH, date(2025, 1, 14), "14 janvier 2025"),
        (FRENCH, date(2025, 8, 1), "1er août 2025"),
        (ENGLISH, date(2025, 1, 14), "14 January 2025"),
        (ENGLISH, date(1949, 4, 1), "1 April 1949"),
    ],
)
def test_dates_as_readers_write_them(wording: Wording, day: date, told: str) -> None:
    assert wording.day(day) == told


@pytest.mark.parametrize(
    ("first", "last", "french", "english"),
    [
        (date(2025, 3, 5), date(2025, 3, 5), "le 5 mars 2025", "5 March 2025"),
        (date(2024, 2, 1), date(2024, 2, 29), "février 2024", "February 2024"),
        (date(2023, 1, 1), date(2023, 12, 31), "2023", "2023"),
        (
            date(2024, 3, 1), date(2024, 5, 31),
            "la période du 1er mars 2024 au 31 mai 2024",
            "the time from 1 March 2024 to 31 May 2024",
        ),
        (
            date(2019, 1, 1), date(2020, 12, 31),
            "la période du 1er janvier 2019 au 31 décembre 2020",
            "the time from 1 January 2019 to 31 December 2020",
        ),
        (
            date(2025, 6, 1), None,
            "la période depuis le 1er juin 2025", "the time since 1 June 2025",
        ),
        (
            None, date(1998, 12, 31),
            "la période jusqu’au 31 décembre 1998", "the time until 31 December 1998",
        ),
    ],
)  # fmt: skip
def test_periods_as_readers_name_them(
    first: date | None, last: date | None, french: str, english: str
) -> None:
    assert (FRENCH.period(first, last), ENGLISH.period(first, last)) == (french, english)


def test_numbers_as_readers_write_them() -> None:
    assert [FRENCH.count(n, FRENCH.articles) for n in (0, 1, 2, 12480)] == [
        "0 article", "1 article", "2 articles", "12\u202f480 articles",
    ]  # fmt: skip
    assert [ENGLISH.count(n, ENGLISH.articles) for n in (0, 1, 2, 12480)] == [
        "0 articles", "1 article", "2 articles", "12,480 articles",
    ]  # fmt: skip
    assert FRENCH.duration(0.384) == "0,38\u00a0s"
    assert ENGLISH.duration(61.2) == "61\u00a0s"
    assert ENGLISH.moment(datetime(2025, 11, 21, 9, 5)) == "21 November 2025, 09:05"


def test_names_of_languages() -> None:
    assert FRENCH.name_of("uk") == "ukrainien"
    assert ENGLISH.name_of("uk") == "Ukrainian"
    assert ENGLISH.name_of("xx") == "xx"


@pytest.mark.parametrize(
    ("locale", "language"), [("fr", "fr"), ("fr-CA", "fr"), ("de-DE", "en"), (None, "en")]
)
def test_the_interface_follows_the_browser(locale: str | None, language: str) -> None:
    assert preferred(locale) == language
