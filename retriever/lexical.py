"""Search by words: the passages of one language that hold the question's words."""

import math
from collections.abc import Iterable
from pathlib import Path

import tantivy

from archive.documents import Filters
from archive.lexical_schema import UNDATED, filter_day, open_lexical
from archive.text import stems

_Clauses = list[tuple[tantivy.Occur, tantivy.Query]]


class LexicalIndex:
    """The stems of a snapshot's passages, one index a language."""

    def __init__(self, folder: Path) -> None:
        indexes = {place.name: open_lexical(place) for place in sorted(folder.iterdir())}
        self._schemas = {language: index.schema for language, index in indexes.items()}
        self._searchers = {language: index.searcher() for language, index in indexes.items()}

    @property
    def languages(self) -> list[str]:
        """The languages of the passages, sorted."""
        return list(self._searchers)

    def search(
        self, question: str, language: str, count: int, filters: Filters
    ) -> list[tuple[int, float]]:
        """The rows of passages in a language that score best for a question, with their scores.

        Scores by BM25 (Robertson et al., 1994) over stems, best first; equal scores keep the
        smaller row first. The question is stemmed as that language is, whatever its own: names
        and figures are found across languages. Repeated words count once. The filter on languages
        is not looked at. Raises KeyError for a language of no passage.
        """
        schema, searcher = self._schemas[language], self._searchers[language]
        wanted = sorted(set(stems(question, language)))
        if not wanted:
            return []
        terms = [tantivy.Query.term_query(schema, "stems", stem, "freq") for stem in wanted]
        words = tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms])
        clauses: _Clauses = [(tantivy.Occur.Must, words), *_conditions(schema, filters)]
        hits = searcher.search(tantivy.Query.boolean_query(clauses), count, count=False).hits
        rows = searcher.fast_field_values("row", [address for _, address in hits])
        found = [(int(row or 0), float(score)) for row, (score, _) in zip(rows, hits, strict=True)]
        return sorted(found, key=lambda one: (-one[1], one[0]))

    def rarity(self, language: str, wanted: Iterable[str]) -> dict[str, float]:
        """How rare each of the stems is among the passages of a language: the idf of BM25."""
        searcher = self._searchers[language]
        held = {stem: searcher.doc_freq("stems", stem) for stem in wanted}
        every = searcher.num_docs
        return {stem: math.log(1 + (every - n + 0.5) / (n + 0.5)) for stem, n in held.items()}


def _conditions(schema: tantivy.Schema, filters: Filters) -> _Clauses:
    """Conditions that let rows through and add nothing to their scores."""
    conditions: list[tantivy.Query] = []
    if filters.sources:
        sources = sorted(filters.sources)
        conditions.append(tantivy.Query.term_set_query(schema, "source", sources))
    if filters.since or filters.until:
        conditions.append(
            tantivy.Query.range_query(
                schema,
                "day",
                tantivy.FieldType.Unsigned,
                lower_bound=max(filter_day(filters.since), UNDATED + 1),
                upper_bound=filter_day(filters.until) if filters.until else None,
            )
        )
    return [
        (tantivy.Occur.Must, tantivy.Query.const_score_query(condition, 0.0))
        for condition in conditions
    ]
