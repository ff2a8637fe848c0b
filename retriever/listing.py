"""The articles of an archive as a list that is filtered, sorted and counted by time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property

import numpy as np

from archive.dates import month_end
from archive.documents import DateBasis, Filters, source_of
from archive.spans import Numbers, Rows
from archive.text import unaccented
from retriever.filters import Columns

# Coverage that spans at most this many months is counted by month, a longer one by year.
MONTHS = 48

Days = tuple[date, date]  # the first and the last of a time


class Column(StrEnum):
    """What articles are sorted by."""

    TITLE = "title"
    PUBLISHED = "date"
    LANGUAGE = "language"
    SOURCE = "source"
    BASIS = "basis"
    VERSIONS = "versions"


@dataclass(frozen=True, slots=True)
class Entry:
    """One article of the list. versions: how many articles tell its release, itself counted."""

    path: str
    title: str
    language: str
    source: str
    published: date | None
    date_basis: DateBasis
    versions: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many articles came out when.

    periods: months or years on end, from that of the first article to that of the last, none left
    out. counts: by the place of the period and the language; none is 0. undated: articles without
    a date, which are in no period.
    """

    periods: tuple[Days, ...]
    counts: Mapping[tuple[int, str], int]
    undated: int


class Listing:
    """The articles of an archive, which go by their numbers. Safe to use from several threads.

    titles, bases: of each article. versions: how many articles tell its release, (n,).
    """

    def __init__(
        self,
        columns: Columns,
        titles: Sequence[str],
        bases: Sequence[DateBasis],
        versions: Numbers,
    ) -> None:
        self._columns = columns
        self._titles = titles
        self._bases = bases
        self._versions = versions
        self._folded = [_folded(title) for title in titles]

    def pick(self, filters: Filters, words: str = "") -> Rows:
        """The articles that pass the filters and hold every word in their title, ascending.

        A word may be a part of one; capitals and accents do not count.
        """
        picked = np.flatnonzero(self._columns.passing(filters))
        for word in _folded(words).split():
            held = [number for number in picked.tolist() if word in self._folded[number]]
            picked = np.array(held, dtype=np.int64)
        return picked

    def ordered(
        self,
        picked: Rows,
        column: Column,
        descending: bool,
        name_of: Callable[[str], str] = str,
    ) -> Rows:
        """The articles sorted by a column; equal ones stay in their order, undated ones are last.

        name_of: what a language is called; languages are sorted by it.
        """
        if column == Column.LANGUAGE:
            names, codes = self._languages
            keys = _ranks([_folded(name_of(one)) for one in names])[codes[picked]]
        else:
            keys = self._keys[column][picked]
        if column == Column.PUBLISHED:
            undated = keys == 0
            keys = np.where(undated, np.iinfo(np.int64).max, -keys if descending else keys)
        elif descending:
            keys = -keys
        return picked[np.argsort(keys, kind="stable")]

    def entries(self, numbers: Rows) -> list[Entry]:
        """The articles of some numbers, in their order."""
        columns = self._columns
        return [
            Entry(
                path, self._titles[number], columns.languages[number], source_of(path),
                columns.published[number], self._bases[number], int(self._versions[number]),
            )
            for number in numbers.tolist()
            for path in [columns.paths[number]]
        ]  # fmt: skip

    def coverage(self, picked: Rows) -> Coverage:
        """How many of the articles came out in each month, or year where they span many months."""
        days = self._keys[Column.PUBLISHED][picked]
        names, codes = self._languages
        dated = days > 0
        days, codes = days[dated], codes[picked][dated]
        if not len(days):
            return Coverage((), {}, len(picked))
        periods = _periods(*(date.fromordinal(int(day)) for day in (days.min(), days.max())))
        starts = [first.toordinal() for first, _ in periods]
        places = np.searchsorted(starts, days, side="right") - 1
        held, counts = np.unique(places * len(names) + codes, return_counts=True)
        told = {
            (one // len(names), names[one % len(names)]): count
            for one, count in zip(held.tolist(), counts.tolist(), strict=True)
        }
        return Coverage(periods, told, len(picked) - len(days))

    @cached_property
    def _languages(self) -> tuple[list[str], Rows]:
        """The different languages, sorted, and the place among them of each article's, (n,)."""
        languages = self._columns.languages
        return sorted(set(languages)), _ranks(languages)

    @cached_property
    def _keys(self) -> Mapping[Column, Rows]:
        """What each column but the languages sorts by, (n,) each."""
        published = [day.toordinal() if day else 0 for day in self._columns.published]
        bases = list(DateBasis)
        return {
            Column.TITLE: _ranks(self._folded),
            Column.PUBLISHED: np.array(published, dtype=np.int64),
            Column.SOURCE: _ranks([_folded(source_of(path)) for path in self._columns.paths]),
            Column.BASIS: np.array([bases.index(one) for one in self._bases], dtype=np.int64),
            Column.VERSIONS: self._versions.astype(np.int64),
        }


def _folded(text: str) -> str:
    """A text as it is compared: without capitals and accents."""
    return unaccented(text.casefold())


def _ranks(values: Sequence[str]) -> Rows:
    """The place of each value among the different ones, sorted, (n,)."""
    places = {value: place for place, value in enumerate(sorted(set(values)))}
    return np.array([places[value] for value in values], dtype=np.int64)


def _periods(first: date, last: date) -> tuple[Days, ...]:
    """The months from one day to another, or the years where those are more than MONTHS."""
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if months > MONTHS:
        years = range(first.year, last.year + 1)
        return tuple((date(year, 1, 1), date(year, 12, 31)) for year in years)
    periods = []
    start = first.replace(day=1)
    for _ in range(months):
        periods.append((start, month_end(start)))
        start = month_end(start) + timedelta(days=1)
    return tuple(periods)
