"""Search by words: the passages of one language that hold the question's words."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import tantivy

from archive.documents import Filters
from archive.lexical_schema import UNDATED, filter_day, open_lexical, stem_field
from archive.text import stems

_Clauses = list[tuple[tantivy.Occur, tantivy.Query]]


class LexicalIndex:
    """The stems of a snapshot's passages, one field a language."""

    def __init__(self, folder: Path) -> None:
        index = open_lexical(folder)
        self._schema = index.schema
        self._searcher = index.searcher()

    def search(
        self, question: str, language: str, count: int, filters: Filters
    ) -> list[tuple[int, float]]:
        """The rows of passages in a language that score best for a question, with their scores.

        Scores by BM25 (Robertson et al., 1994) over stems, best first; equal scores keep the
        smaller row first. The question is stemmed as that language is, whatever its own: names
        and figures are found across languages. Repeated words count once.
        """
        wanted = sorted(set(stems(question, language)))
        if not wanted:
            return []
        field = stem_field(language)
        terms = [tantivy.Query.term_query(self._schema, field, stem, "freq") for stem in wanted]
        words = tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms])
        clauses: _Clauses = [(tantivy.Occur.Must, words), *self._filters(filters)]
        hits = self._searcher.search(tantivy.Query.boolean_query(clauses), count, count=False).hits
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        found = [(int(row or 0), float(score)) for row, (score, _) in zip(rows, hits, strict=True)]
        return sorted(found, key=lambda one: (-one[1], one[0]))

    def rarity(self, language: str, wanted: Iterable[str]) -> dict[str, float]:
        """How rare each of the stems is among the passages of a language: the idf of BM25."""
        field, every = stem_field(language), self._searcher.num_docs
        found = {stem: self._searcher.doc_freq(field, stem) for stem in wanted}
        return {
            stem: math.log(1 + (every - held + 0.5) / (held + 0.5)) for stem, held in found.items()
        }

    def _filters(self, filters: Filters) -> _Clauses:
        """Conditions that let rows through and add nothing to their scores."""
        conditions: list[tantivy.Query] = []
        if filters.sources:
            conditions.append(self._any_of("source", sorted(filters.sources)))
        if filters.since or filters.until:
            conditions.append(
                tantivy.Query.range_query(
                    self._schema,
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

    def _any_of(self, field: str, values: Sequence[str]) -> tantivy.Query:
        return tantivy.Query.term_set_query(self._schema, field, list(values))
