"""Search by words: the passages of one language that hold the question's words."""

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import tantivy

from archive.documents import Filters
from archive.lexical_schema import PASSAGES, SPELLINGS, UNDATED, filter_day, open_lexical
from archive.text import unaccented, words
from retriever.terms import terms

MOST_SPELLINGS = 200  # by one key, the commonest

_QUOTED = re.compile(r"\"([^\"]+)\"|«([^»]+)»|[“„]([^“”]+)[“”]")
_Clauses = list[tuple[tantivy.Occur, tantivy.Query]]


def quoted(question: str) -> tuple[str, ...]:
    """The phrases that a question has in quotation marks, in order: "...", «...», “...”, „...“."""
    found = ("".join(match).strip() for match in _QUOTED.findall(question))
    return tuple(phrase for phrase in dict.fromkeys(found) if words(phrase))


class LexicalIndex:
    """The words of a snapshot's passages, one index a language. Safe to use from several threads.

    A language that is of no passage raises KeyError everywhere.
    """

    def __init__(self, folder: Path) -> None:
        places = sorted(folder.iterdir())
        passages = {place.name: open_lexical(place / PASSAGES) for place in places}
        spellings = {place.name: open_lexical(place / SPELLINGS) for place in places}
        self._schemas = {language: index.schema for language, index in passages.items()}
        self._searchers = {language: index.searcher() for language, index in passages.items()}
        self._spelling_schemas = {language: index.schema for language, index in spellings.items()}
        self._spellings = {language: index.searcher() for language, index in spellings.items()}
        self.terms = lru_cache(maxsize=1024)(self._terms)
        self.rarity = lru_cache(maxsize=1024)(self._rarity)

    def __len__(self) -> int:
        """How many passages there are."""
        return sum(searcher.num_docs for searcher in self._searchers.values())

    @property
    def languages(self) -> list[str]:
        """The languages of the passages, sorted."""
        return list(self._searchers)

    def search(
        self,
        question: str,
        language: str,
        count: int,
        filters: Filters,
        phrases: Sequence[str] = (),
    ) -> list[tuple[int, float]]:
        """The rows of passages in a language that score best for a question, with their scores.

        Scores by BM25 (Robertson et al., 1994) over the stems of `terms`, best first; equal scores
        keep the smaller row first. A word counts once, by the stem of it that scores best. Only
        passages that hold every phrase are found. The filter on languages is not looked at.
        """
        schema, searcher = self._schemas[language], self._searchers[language]
        wanted = sorted(set(self.terms(question, language).values()))
        if not wanted:
            return []
        of_words = [
            tantivy.Query.disjunction_max_query(
                [tantivy.Query.term_query(schema, "stems", stem, "freq") for stem in stems]
            )
            for stems in wanted
        ]
        clauses: _Clauses = [
            (
                tantivy.Occur.Must,
                tantivy.Query.boolean_query([(tantivy.Occur.Should, one) for one in of_words]),
            ),
            *_conditions(schema, filters, phrases),
        ]
        hits = searcher.search(tantivy.Query.boolean_query(clauses), count, count=False).hits
        rows = searcher.fast_field_values("row", [address for _, address in hits])
        found = [(int(row or 0), float(score)) for row, (score, _) in zip(rows, hits, strict=True)]
        return sorted(found, key=lambda one: (-one[1], one[0]))

    def holding(self, phrases: Sequence[str], language: str, filters: Filters) -> list[int]:
        """The rows of all passages in a language that hold every phrase, ascending.

        A passage holds a phrase when it has the phrase's words side by side within one paragraph,
        whatever their case, their accents and the signs between them.
        """
        schema, searcher = self._schemas[language], self._searchers[language]
        query = tantivy.Query.boolean_query(_conditions(schema, filters, phrases))
        hits = searcher.search(query, searcher.num_docs, count=False).hits
        rows = searcher.fast_field_values("row", [address for _, address in hits])
        return sorted(int(row or 0) for row in rows)

    def _terms(self, question: str, language: str) -> dict[str, tuple[str, ...]]:
        """The stems that are looked for in a language, by the words of the question, in order.

        What is looked for beside the words' own stems, and which words are left out, is told in
        `retriever/terms.py`.
        """
        searcher = self._searchers[language]
        return terms(
            question,
            language,
            lambda stem: searcher.doc_freq("stems", stem),
            lambda key: self._spelled(key, language),
        )

    def _spelled(self, key: str, language: str) -> list[tuple[str, str]]:
        """(spelling, stem) of the words in a language that a key finds."""
        searcher = self._spellings[language]
        query = tantivy.Query.const_score_query(
            tantivy.Query.term_query(self._spelling_schemas[language], "key", key, "basic"), 1.0
        )
        found = [searcher.doc(at) for _, at in searcher.search(query, MOST_SPELLINGS).hits]
        return [(str(one.get_first("spelling")), str(one.get_first("stem"))) for one in found]

    def _rarity(self, question: str, language: str) -> dict[str, float]:
        """How rare each stem of `terms` is among the passages of a language: the idf of BM25."""
        searcher = self._searchers[language]
        every = searcher.num_docs
        held = {
            stem: searcher.doc_freq("stems", stem)
            for stems in self.terms(question, language).values()
            for stem in stems
        }
        return {stem: math.log(1 + (every - n + 0.5) / (n + 0.5)) for stem, n in held.items()}


def _conditions(schema: tantivy.Schema, filters: Filters, phrases: Sequence[str]) -> _Clauses:
    """Conditions that let rows through and add nothing to their scores."""
    conditions: list[tantivy.Query] = []
    for phrase in phrases:
        told = [unaccented(word) for word in words(phrase)]
        if len(told) == 1:
            conditions.append(tantivy.Query.term_query(schema, "words", told[0], "basic"))
        else:
            conditions.append(tantivy.Query.phrase_query(schema, "words", list(told)))
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
