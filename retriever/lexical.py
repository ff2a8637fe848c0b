"""Search by words: the passages of one language that hold the question's words."""

import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import tantivy

from archive.documents import Filters
from archive.lexical_schema import (
    PASSAGES,
    SPELLINGS,
    UNDATED,
    documents_held,
    filter_day,
    open_lexical,
)
from archive.passage_ids import PassageIds
from archive.text import unaccented, words
from retriever.terms import terms

MOST_SPELLINGS = 200  # by one key, the commonest

_QUOTED = re.compile(r"\"([^\"]+)\"|«([^»]+)»|[“„]([^“”]+)[“”]")
_Hits = list[tuple[Any, tantivy.DocAddress]]
_Clauses = list[tuple[tantivy.Occur, tantivy.Query]]


def quoted(question: str) -> tuple[str, ...]:
    """The phrases that a question has in quotation marks, in order: "...", «...», “...”, „...“."""
    found = ("".join(match).strip() for match in _QUOTED.findall(question))
    return tuple(phrase for phrase in dict.fromkeys(found) if words(phrase))


class LexicalIndex:
    """The words of a snapshot's passages, one index a language. Safe to use from several threads.

    A language that is of no passage raises KeyError everywhere.

    Where passages were taken out of an index that was carried over from an earlier snapshot,
    tantivy still counts them. How many passages hold a stem is counted without them here, and so
    scores are as in an index written anew, but that the mean length of passages, which BM25 holds
    each one's against, is of those that are gone, too.
    """

    def __init__(self, folder: Path, ids: PassageIds) -> None:
        self._ids = ids
        places = sorted(folder.iterdir())
        passages = {place.name: open_lexical(place / PASSAGES) for place in places}
        spellings = {place.name: open_lexical(place / SPELLINGS) for place in places}
        self._schemas = {language: index.schema for language, index in passages.items()}
        self._searchers = {language: index.searcher() for language, index in passages.items()}
        self._ever = {place.name: documents_held(place / PASSAGES) for place in places}
        self._spelling_schemas = {language: index.schema for language, index in spellings.items()}
        self._spellings = {language: index.searcher() for language, index in spellings.items()}
        self.terms = lru_cache(maxsize=1024)(self._terms)
        self.rarity = lru_cache(maxsize=1024)(self._rarity)
        self._held = lru_cache(maxsize=4096)(self._count)
        self._spelled = lru_cache(maxsize=4096)(self._spellings_by)

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
        # Only a disjunction of bare terms, with nothing around it, tantivy searches without looking
        # at every passage that holds one (block-max WAND: Ding and Suel, 2011).
        of_words = [(tantivy.Occur.Should, self._any_of(stems, language)) for stems in wanted]
        query = tantivy.Query.boolean_query(of_words)
        conditions = _conditions(schema, filters, phrases)
        if conditions:
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), *conditions])
        hits = searcher.search(query, count, count=False).hits
        rows = self._rows(searcher, hits)
        found = [(row, float(score)) for row, (score, _) in zip(rows, hits, strict=True)]
        return sorted(found, key=lambda one: (-one[1], one[0]))

    def holding(self, phrases: Sequence[str], language: str, filters: Filters) -> list[int]:
        """The rows of all passages in a language that hold every phrase, ascending.

        A passage holds a phrase when it has the phrase's words side by side within one paragraph,
        whatever their case, their accents and the signs between them.
        """
        schema, searcher = self._schemas[language], self._searchers[language]
        query = tantivy.Query.boolean_query(_conditions(schema, filters, phrases))
        return sorted(
            self._rows(searcher, searcher.search(query, searcher.num_docs, count=False).hits)
        )

    def held_by(
        self, rows: Sequence[int], stems: Iterable[str], language: str
    ) -> dict[int, set[str]]:
        """Which of some stems each of these passages of a language holds, by the row; one at least
        is asked for."""
        schema, searcher = self._schemas[language], self._searchers[language]
        ids = self._ids.by_row[np.array(rows, dtype=np.int64)].tolist()
        of_rows = [tantivy.Query.term_query(schema, "passage", one, "basic") for one in ids]
        these = tantivy.Query.boolean_query([(tantivy.Occur.Should, one) for one in of_rows])
        held: dict[int, set[str]] = {row: set() for row in rows}
        for stem in filter(lambda one: self._held(one, language), stems):
            holding = tantivy.Query.term_query(schema, "stems", stem, "basic")
            both = [(tantivy.Occur.Must, holding), (tantivy.Occur.Must, these)]
            hits = searcher.search(tantivy.Query.boolean_query(both), len(rows), count=False).hits
            for row in self._rows(searcher, hits):
                held[row].add(stem)
        return held

    def _rows(self, searcher: tantivy.Searcher, hits: _Hits) -> list[int]:
        """The rows of passages that were hit, in the order of the hits."""
        ids = searcher.fast_field_values("passage", [address for _, address in hits])
        rows: list[int] = self._ids.rows[np.array(ids, dtype=np.int64)].tolist()
        return rows

    def _terms(self, question: str, language: str) -> dict[str, tuple[str, ...]]:
        """The stems that are looked for in a language, by the words of the question, in order.

        What is looked for beside the words' own stems, and which words are left out, is told in
        `retriever/terms.py`.
        """
        return terms(
            question,
            language,
            lambda stem: self._held(stem, language),
            lambda key: self._spelled(key, language),
        )

    def _count(self, stem: str, language: str) -> int:
        """How many passages in a language hold a stem."""
        searcher = self._searchers[language]
        held = searcher.doc_freq("stems", stem)
        if held == 0 or searcher.num_docs == self._ever[language]:
            return held
        query = tantivy.Query.term_query(self._schemas[language], "stems", stem, "basic")
        return int(searcher.search(query, 1).count)  # type: ignore[attr-defined]

    def _any_of(self, stems: Sequence[str], language: str) -> tantivy.Query:
        """A word, by the stem of it that scores best."""
        scored = [self._scored(stem, language) for stem in stems]
        return scored[0] if len(scored) == 1 else tantivy.Query.disjunction_max_query(scored)

    def _scored(self, stem: str, language: str) -> tantivy.Query:
        """A stem, with the idf it has among the passages that are there."""
        searcher = self._searchers[language]
        query = tantivy.Query.term_query(self._schemas[language], "stems", stem, "freq")
        ever = self._ever[language]
        if searcher.num_docs == ever:
            return query
        taken = _idf(searcher.doc_freq("stems", stem), ever)
        return tantivy.Query.boost_query(
            query, _idf(self._held(stem, language), searcher.num_docs) / taken
        )

    def _spellings_by(self, key: str, language: str) -> list[tuple[str, str]]:
        """(spelling, stem) of the words in a language that a key finds, the commonest first."""
        searcher = self._spellings[language]
        if not searcher.doc_freq("key", key):  # as of most, and told in a tenth of the time
            return []
        query = tantivy.Query.term_query(self._spelling_schemas[language], "key", key, "basic")
        hits = searcher.search(query, MOST_SPELLINGS, count=False, order_by_field="times").hits
        found = [(-int(times), searcher.doc(at)) for times, at in hits]
        return [
            (spelling, stem)
            for _, spelling, stem in sorted(
                (times, str(one.get_first("spelling")), str(one.get_first("stem")))
                for times, one in found
            )
        ]

    def _rarity(self, question: str, language: str) -> dict[str, float]:
        """How rare each stem of `terms` is among the passages of a language: the idf of BM25."""
        every = self._searchers[language].num_docs
        return {
            stem: _idf(self._held(stem, language), every)
            for stems in self.terms(question, language).values()
            for stem in stems
        }


def _idf(held: int, every: int) -> float:
    """The idf of BM25 of a stem that so many of all passages hold."""
    return math.log(1 + (every - held + 0.5) / (held + 0.5))


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
