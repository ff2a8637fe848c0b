"""Which passages a question's filters let through."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from archive.documents import Filters, source_of
from retriever.dense import Mask, Rows


@dataclass(frozen=True)
class Columns:
    """What the filters look at, for every article by its number.

    document_of: the number of each passage's article, by row.
    """

    paths: Sequence[str]
    languages: Sequence[str]
    published: Sequence[date | None]
    document_of: Rows

    def allowed(self, filters: Filters) -> Mask | None:
        """Which rows pass every filter, (n,); None where there is no filter."""
        if filters == Filters():
            return None
        passing = np.array(
            [
                passes(filters, language, source_of(path), published)
                for path, language, published in zip(
                    self.paths, self.languages, self.published, strict=True
                )
            ],
            dtype=bool,
        )
        allowed: Mask = passing[self.document_of]
        return allowed


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
