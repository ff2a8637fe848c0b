"""Which passages a question's filters let through."""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import Generic, TypeVar

import numpy as np

from archive.documents import Filters, source_of
from archive.spans import Numbers, Rows
from retriever.dense import Mask

T = TypeVar("T")

_REMEMBERED = 8  # filters; the rows of each take a byte a passage


@dataclass(frozen=True, slots=True)
class Holdings:
    """How many articles there are by language, by source and by year.

    An article without a date counts under the year None. What the archive holds most of comes
    first, with 0 where no article passes.
    """

    languages: dict[str, int]
    sources: dict[str, int]
    years: dict[int | None, int]


@dataclass(frozen=True)
class Columns:
    """What the filters look at, for every article by its number.

    document_of: the number of each passage's article, by row.
    """

    paths: Sequence[str]
    languages: Sequence[str]
    published: Sequence[date | None]
    document_of: Numbers

    def allowed(self, filters: Filters) -> Mask | None:
        """Which rows pass every filter, (n,), as `passes` decides; None where there is none.

        Read-only: those of the last few filters are remembered.
        """
        return None if filters == Filters() else self._rows_passing(filters)

    def holdings(self, filters: Filters) -> Holdings:
        """What the filters let through, of each kind as if there were no filter on that kind."""
        every_day = replace(filters, since=None, until=None)
        return Holdings(
            self._counts(self._languages, replace(filters, languages=frozenset())),
            self._counts(self._sources, replace(filters, sources=frozenset())),
            self._counts(self._years, every_day),
        )

    def _counts(self, column: "_Coded[T]", filters: Filters) -> dict[T, int]:
        """How many articles that pass have each value of a column."""
        every = np.bincount(column.codes, minlength=len(column.values))
        passing = np.bincount(column.codes[self.passing(filters)], minlength=len(column.values))
        order = np.argsort(-every, kind="stable").tolist()
        return {column.values[at]: int(passing[at]) for at in order}

    def passing(self, filters: Filters) -> Mask:
        """Which articles pass every filter, (articles,)."""
        passing: Mask = np.ones(len(self.paths), dtype=np.bool_)
        if filters.languages:
            passing &= self._languages.among(filters.languages)
        if filters.sources:
            passing &= self._sources.among(filters.sources)
        if filters.since or filters.until:
            passing &= self._days >= (filters.since or date.min).toordinal()
            passing &= self._days <= (filters.until or date.max).toordinal()
        return passing

    def in_language(self, language: str) -> Mask:
        """Which rows are of articles in a language, (n,)."""
        rows: Mask = self._languages.among({language})[self.document_of]
        return rows

    @cached_property
    def _rows_passing(self) -> Callable[[Filters], Mask]:
        @lru_cache(maxsize=_REMEMBERED)
        def rows(filters: Filters) -> Mask:
            passing: Mask = self.passing(filters)[self.document_of]
            passing.flags.writeable = False
            return passing

        return rows

    @cached_property
    def _languages(self) -> "_Coded[str]":
        return _Coded.of(self.languages)

    @cached_property
    def _sources(self) -> "_Coded[str]":
        return _Coded.of([source_of(path) for path in self.paths])

    @cached_property
    def _years(self) -> "_Coded[int | None]":
        return _Coded.of([day.year if day else None for day in self.published])

    @cached_property
    def _days(self) -> Rows:
        """The day of each article, as `date.toordinal` counts; 0 for one without a date."""
        return np.array([day.toordinal() if day else 0 for day in self.published], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class _Coded(Generic[T]):
    """A column: its different values, and for each article the place of its own among them."""

    values: list[T]
    codes: Rows

    @classmethod
    def of(cls, column: Sequence[T]) -> "_Coded[T]":
        places = {value: at for at, value in enumerate(dict.fromkeys(column))}
        codes = np.fromiter((places[one] for one in column), dtype=np.int64, count=len(column))
        return cls(list(places), codes)

    def among(self, wanted: Set[T]) -> Mask:
        """Which articles have one of the wanted values, (articles,)."""
        found = np.array([value in wanted for value in self.values], dtype=np.bool_)
        return found[self.codes]


def passes(filters: Filters, language: str, source: str, published: date | None) -> bool:
    """Whether an article passes every filter. One without a date passes no filter on dates."""
    if filters.languages and language not in filters.languages:
        return False
    if filters.sources and source not in filters.sources:
        return False
    if filters.since is None and filters.until is None:
        return True
    if published is None:
        return False
    return (filters.since or date.min) <= published <= (filters.until or date.max)
