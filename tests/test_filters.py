"""Which articles a question's filters let through, against saying it in words."""

from collections import Counter
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.documents import Filters, source_of
from retriever.filters import Columns, Holdings, passes

LANGUAGES = st.sampled_from(["fr", "en", "uk"])
SOURCES = st.sampled_from(["one", "two", ""])
DAYS = st.dates(date(2024, 1, 1), date(2024, 1, 3))
FILTERS = st.builds(
    Filters,
    languages=st.frozensets(LANGUAGES),
    sources=st.frozensets(SOURCES),
    since=st.none() | DAYS,
    until=st.none() | DAYS,
)
ARTICLES = st.lists(st.tuples(LANGUAGES, SOURCES, st.none() | DAYS), min_size=1, max_size=8)


@given(FILTERS, ARTICLES, st.lists(st.integers(0, 7), max_size=20))
def test_the_rows_that_pass_are_those_of_the_articles_that_pass(
    filters: Filters, articles: list[tuple[str, str, date | None]], numbers: list[int]
) -> None:
    document_of = [number % len(articles) for number in sorted(numbers)]
    columns = Columns(
        paths=[f"{source}/a.txt" if source else "a.txt" for _, source, _ in articles],
        languages=[language for language, _, _ in articles],
        published=[day for _, _, day in articles],
        document_of=np.array(document_of, dtype=np.int32),
    )
    expected = []
    for number in document_of:
        language, source, day = articles[number]
        wanted = (not filters.languages or language in filters.languages) and (
            not filters.sources or source in filters.sources
        )
        if filters.since:
            wanted = wanted and day is not None and day >= filters.since
        if filters.until:
            wanted = wanted and day is not None and day <= filters.until
        expected.append(wanted)
    found = columns.allowed(filters)
    assert all(expected) if found is None else found.tolist() == expected
    assert found is None or not found.flags.writeable  # it is remembered
    _see_that_holdings_count(columns.holdings(filters), filters, articles)


def _see_that_holdings_count(
    held: Holdings, filters: Filters, articles: list[tuple[str, str, date | None]]
) -> None:
    languages, sources, years = Counter[str](), Counter[str](), Counter[int | None]()
    for language, source, day in articles:
        year = day.year if day else None
        languages[language] += passes(
            replace(filters, languages=frozenset()), language, source, day
        )
        sources[source] += passes(replace(filters, sources=frozenset()), language, source, day)
        years[year] += passes(replace(filters, since=None, until=None), language, source, day)
    assert held == Holdings(dict(languages), dict(sources), dict(years))
    every = Counter(language for language, _, _ in articles)
    assert list(held.languages) == [language for language, _ in every.most_common()]


def test_no_filter_asks_for_nothing() -> None:
    columns = Columns(["a.txt"], ["fr"], [None], np.zeros(3, dtype=np.int32))
    assert columns.allowed(Filters()) is None


@pytest.mark.parametrize(
    ("day", "through"),
    [
        (date(2024, 1, 2), False), (date(2024, 1, 3), True), (date(2024, 1, 5), True),
        (date(2024, 1, 6), False), (None, False),
    ],
)  # fmt: skip
def test_both_ends_of_the_dates_are_inclusive(day: date | None, through: bool) -> None:
    filters = Filters(since=date(2024, 1, 3), until=date(2024, 1, 5))
    assert passes(filters, "fr", source_of("a/b.txt"), day) == through
