"""Which passages a question's filters let through."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt

from archive.documents import Filters, source_of
from archive.spans import Numbers, Rows
from retriever.dense import Mask


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
        """Which rows pass every filter, (n,), as `passes` decides; None where there is none."""
        passing = self.passing(filters)
        return None if passing is None else passing[self.document_of]

    def passing(self, filters: Filters) -> Mask | None:
        """Which articles do, (articles,); None where there is no filter."""
        if filters == Filters():
            return None
        passing: Mask = np.ones(len(self.paths), dtype=np.bool_)
        if filters.languages:
            passing &= _among(self._languages, filters.languages)
        if filters.sources:
            passing &= _among(self._sources, filters.sources)
        if filters.since or filters.until:
            passing &= self._days >= (filters.since or date.min).toordinal()
            passing &= self._days <= (filters.until or date.max).toordinal()
        return passing

    def in_language(self, language: str) -> Mask:
        """Which rows are of articles in a language, (n,)."""
        rows: Mask = _among(self._languages, {language})[self.document_of]
        return rows

    @cached_property
    def _languages(self) -> "_Coded":
        return _coded(self.languages)

    @cached_property
    def _sources(self) -> "_Coded":
        return _coded([source_of(path) for path in self.paths])

    @cached_property
    def _days(self) -> Rows:
        """The day of each article, as `date.toordinal` counts; 0 for one without a date."""
        return np.array([day.toordinal() if day else 0 for day in self.published], dtype=np.int64)


# The different values of a column, and the place among them of each article's.
_Coded = tuple[npt.NDArray[np.str_], npt.NDArray[np.int64]]


def _coded(values: Sequence[str]) -> _Coded:
    names, codes = np.unique(np.array(values, dtype=np.str_), return_inverse=True)
    return names, codes


def _among(column: _Coded, wanted: Set[str]) -> Mask:
    """Which articles have one of the wanted values, (articles,)."""
    names, codes = column
    passing: Mask = np.isin(names, sorted(wanted))[codes]
    return passing


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
