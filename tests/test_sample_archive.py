"""The shipped archive and its questions are what the project promises of them."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from archive.documents import DateBasis, Document
from archive.text import normalised


@pytest.fixture(scope="module")
def questions(repository: Path) -> list[dict[str, Any]]:
    lines = (repository / "data" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_there_are_enough_articles_in_every_language(sample: dict[str, Document]) -> None:
    count = Counter(document.language for document in sample.values())
    least = {"fr": 16, "en": 10, "uk": 5, "de": 3, "es": 3, "ar": 3}
    assert len(sample) >= 40
    assert all(count[language] >= number for language, number in least.items()), count
    assert set(count) == set(least)


def test_every_article_has_between_120_and_400_words(sample: dict[str, Document]) -> None:
    lengths = {path: len(document.text.split()) for path, document in sample.items()}
    assert {path: n for path, n in lengths.items() if not 120 <= n <= 400} == {}


def test_every_site_has_furniture_and_none_of_it_is_left(
    sample: dict[str, Document], repository: Path
) -> None:
    pages: dict[str, Counter[str]] = {}
    for path, document in sample.items():
        file = repository / "data" / "articles" / path
        lines = {line.strip() for line in file.read_text(encoding="utf-8").splitlines()}
        pages.setdefault(document.source, Counter()).update(lines - {""})
    assert set(pages) == {"otan-presse", "nato-press"}
    for source, count in pages.items():
        members = [document for document in sample.values() if document.source == source]
        repeated = {line for line, number in count.items() if number > len(members) / 2}
        assert len(repeated) >= 4
        for document in members:
            assert not repeated & set(document.text.splitlines()), document.path


def test_every_line_of_a_body_is_there(sample: dict[str, Document], repository: Path) -> None:
    on_pages: Counter[str] = Counter()
    files = {path: (repository / "data" / "articles" / path).read_text() for path in sample}
    for text in files.values():
        on_pages.update({line for line in text.splitlines() if line})
    for path, text in files.items():
        own = [line for line in text.splitlines() if line and on_pages[line] == 1]
        kept = normalised("\n".join(own), [(0, len("\n".join(own)))])[0]
        assert set(kept.splitlines()) <= set(sample[path].text.splitlines()), path


def test_dates_come_from_everywhere_in_a_text(sample: dict[str, Document]) -> None:
    in_a_text = set(DateBasis) - {DateBasis.PROPERTIES}
    assert {document.date_basis for document in sample.values()} == in_a_text
    days = [document.published for document in sample.values() if document.published]
    assert all(1990 <= day.year <= 2026 for day in days)


def test_there_are_enough_questions_of_each_kind(
    questions: list[dict[str, Any]], sample: dict[str, Document]
) -> None:
    answerable = [one for one in questions if one["path"]]
    across = [one for one in answerable if one["language"] != sample[one["path"]].language]
    assert len(questions) >= 60
    assert len(across) >= 20
    assert len(questions) - len(answerable) >= 15
    assert len({one["id"] for one in questions}) == len(questions)
    assert len({one["question"] for one in questions}) == len(questions)


def test_every_answer_stands_word_for_word_in_its_article(
    questions: list[dict[str, Any]], sample: dict[str, Document]
) -> None:
    for one in questions:
        for path, answer in [(one["path"], one["answer"]), *one["also"]]:
            assert (path is None) == (answer is None)
            assert path is None or answer in sample[path].text, (one["id"], path, answer)


def test_some_questions_only_the_furniture_would_answer(
    questions: list[dict[str, Any]], sample: dict[str, Document], repository: Path
) -> None:
    body = " ".join(document.text for document in sample.values()).casefold().split()
    raw = " ".join((repository / "data" / "articles" / path).read_text() for path in sample)
    only_furniture = set(raw.casefold().split()) - set(body)
    asked = [one for one in questions if one["path"] is None]
    about = [
        one for one in asked if len(only_furniture & set(one["question"].casefold().split())) >= 2
    ]
    assert len(about) >= 2
