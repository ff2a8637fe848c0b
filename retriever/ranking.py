"""From a question to the passages found for it, best first."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache

import numpy as np

from archive.dates import Period
from archive.documents import Filters, Question
from archive.encoder import Encoder
from archive.languages import Vectors
from retriever.dense import Mask
from retriever.fusion import Candidate, Fused, fuse
from retriever.indexes import Indexes
from retriever.lexical import quoted
from retriever.reranking import RERANKED, Reranker, rerank
from retriever.stages import Stages
from retriever.times import came_out_in, naming_time_in, prefer, read_period
from retriever.versions import question_language

CANDIDATES = 50  # of each search
_REMEMBERED = 256  # questions whose encoding is kept


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the indexes are asked for it.

    vector: (d,). tokens: (q, d), weights: (q,), how much each of them counts. with_marks:
    (q + m, d), the tokens and then the question's marks, and how much each counts, (q + m,).
    offsets: how much nearer the passages and the sentences of each language are for being in that
    language. holding: the rows that hold what is quoted, by language. lexical: the rows that hold
    its words best, with their scores, best first.
    """

    vector: Vectors
    tokens: Vectors
    weights: Vectors
    with_marks: tuple[Vectors, Vectors]
    offsets: Mapping[str, tuple[float, float]]
    holding: Mapping[str, list[int]]
    lexical: Mapping[int, float]
    stages: Stages


@dataclass(frozen=True, slots=True)
class Ranking:
    """The passages found for a question, best first, and where each came from.

    dense, lexical: the rank of a row in either search, from 1, for the rows it found.
    in_period: the rows that concern the time the question names.
    """

    fused: list[Fused]
    dense: dict[int, int] = field(default_factory=dict)
    lexical: dict[int, int] = field(default_factory=dict)
    in_period: frozenset[int] = frozenset()


class Ranker:
    """The searches of one snapshot and their fusion. Safe to use from several threads."""

    def __init__(self, indexes: Indexes, encoder: Encoder, reranker: Reranker | None) -> None:
        self._indexes = indexes
        self._encode = lru_cache(maxsize=_REMEMBERED)(encoder.encode_question)
        self._beside = ThreadPoolExecutor(os.cpu_count(), "words")
        self._reranker = reranker

    def asked(self, question: Question) -> Asked:
        """The question, encoded, and the rows that hold its words, which are looked for meanwhile.

        The stage of the lexical search is what that takes longer.
        """
        stages = Stages()
        indexes = self._indexes
        words = self._beside.submit(self._by_words, question)
        with stages("encoding"):
            encoded = self._encode(question.text)
        with stages("lexical search"):
            holding, lexical = words.result()
        vector: Vectors = indexes.calibration.vectors(encoded.vector[np.newaxis])[0]
        offsets = {
            language: (float(of_passages @ vector), float(of_sentences @ vector))
            for language, (of_passages, of_sentences) in indexes.offsets.items()
        }
        of_words = indexes.calibration.tokens(encoded.tokens)
        of_all = np.concatenate([of_words, indexes.calibration.tokens(encoded.marks)])
        weights = indexes.tokens.weights(encoded.words)
        of_marked = indexes.tokens.weights(encoded.words, len(encoded.marks))
        return Asked(
            vector, of_words, weights, (of_all, of_marked), offsets, holding, lexical, stages
        )

    def rank_releases(self, question: Question, asked: Asked, count: int) -> Ranking:
        """Rank so many rows that they tell `count` releases, or all that pass the filters."""
        wanted = max(CANDIDATES, count)
        while True:
            ranking = self.rank(question, asked, wanted)
            enough = len(self._indexes.releases.firsts(self._documents_of(ranking))) >= count
            if enough or len(ranking.fused) < wanted:
                return ranking
            wanted *= 4

    def firsts(self, ranking: Ranking, count: int) -> Ranking:
        """The best passage of each of the `count` releases that rank first."""
        places = self._indexes.releases.firsts(self._documents_of(ranking))[:count]
        return replace(ranking, fused=[ranking.fused[place] for place in places])

    def leading(self, ranking: Ranking, count: int) -> Ranking:
        """The `count` passages that rank first, where no two articles tell the same release."""
        places = self._indexes.releases.leading(self._documents_of(ranking))[:count]
        return replace(ranking, fused=[ranking.fused[place] for place in places])

    def rank(self, question: Question, asked: Asked, count: int) -> Ranking:
        """Fuse the CANDIDATES of each search; further rows follow in the order of cosines."""
        stages, lexical = asked.stages, asked.lexical
        with stages("dense search"):
            allowed = self._allowed(question.filters, asked.holding)
            dense = self._indexes.passages.search(asked.vector, max(CANDIDATES, count), allowed)
        rows = sorted({row for row, _ in dense[:CANDIDATES]} | lexical.keys())
        if not rows:
            return Ranking([])
        fused = fuse(self._candidates(asked, rows))
        if self._reranker:
            with stages("reranking"):
                fused = self._reranked(self._reranker, question, fused)
        with stages("dates"):
            period = period_of(question)
            in_period = self._concerning(period, rows) if period else frozenset()
            if in_period:
                fused = prefer(fused, in_period)
        least = fused[-1].score
        found = set(rows)
        by_meaning = {row: rank for rank, (row, _) in enumerate(dense, start=1)}
        further = [
            Fused(row, min(cosine, least), 0.0)
            for row, cosine in dense[CANDIDATES:]
            if row not in found
        ]
        ranked = fused + further
        if question.own_language_first and (own := question_language(question.text)):
            languages = self._indexes.languages([one.row for one in ranked])
            others = [language != own for language in languages]
            ranked = [ranked[at] for at in np.argsort(others, kind="stable")]
        return Ranking(
            ranked[:count],
            {row: n for row, n in by_meaning.items() if n <= CANDIDATES or row not in found},
            {row: rank for rank, row in enumerate(lexical, start=1)},
            in_period,
        )

    def holding(self, question: Question) -> dict[str, list[int]]:
        """The rows that hold all the question has in quotation marks, by their language.

        Only rows that pass the filters; a language without any is left out.
        """
        phrases = quoted(question.text)
        if not phrases:
            return {}
        found = {
            language: self._indexes.lexical.holding(phrases, language, question.filters)
            for language in self._searched(question.filters)
        }
        return {language: rows for language, rows in found.items() if rows}

    def _documents_of(self, ranking: Ranking) -> list[int]:
        return self._indexes.numbers([one.row for one in ranking.fused])

    def _reranked(self, reranker: Reranker, question: Question, fused: list[Fused]) -> list[Fused]:
        """The first RERANKED passages as the cross-encoder orders them."""
        rows = [one.row for one in fused[:RERANKED]]
        texts = self._indexes.texts(rows)
        return rerank(fused, reranker.scores(question.text, texts))

    def _concerning(self, period: Period, rows: list[int]) -> frozenset[int]:
        """Which of the rows concern a period: those that came out in it, and of the others those
        that name a time in it."""
        today, indexes = date.today(), self._indexes
        days = [indexes.columns.published[number] for number in indexes.numbers(rows)]
        out = [row for row, day in zip(rows, days, strict=True) if came_out_in(period, day, today)]
        return frozenset(out) | naming_time_in(period, rows, indexes.times, today)

    def _candidates(self, asked: Asked, rows: list[int]) -> list[Candidate]:
        """The rows with all that the fusion looks at."""
        indexes, stages = self._indexes, asked.stages
        languages = indexes.languages(rows)
        off = np.array([asked.offsets[language] for language in languages])
        with stages("sentences"):
            whole = indexes.passages.cosines(asked.vector, rows) - off[:, 0]
            nearest = indexes.nearest_sentences(asked.vector, rows) - off[:, 1]
        with stages("late interaction"):
            met = indexes.tokens.passages(asked.tokens, asked.weights, rows)
        return [
            Candidate(row, language, cosine, sentence, late, asked.lexical.get(row, 0.0))
            for row, language, cosine, sentence, late in zip(
                rows, languages, whole.tolist(), nearest.tolist(), met.tolist(), strict=True
            )
        ]

    def _allowed(self, filters: Filters, holding: Mapping[str, list[int]]) -> Mask | None:
        """Which rows pass the filters, None where all do: of the languages in which passages hold
        what is quoted only those, of the others all."""
        columns = self._indexes.columns
        if not holding:
            return columns.allowed(filters)
        allowed: Mask = columns.passing(filters)[columns.document_of]
        for language, rows in holding.items():
            allowed[columns.in_language(language)] = False
            allowed[rows] = True
        return allowed

    def _searched(self, filters: Filters) -> list[str]:
        """The languages of passages that the filters let through."""
        languages = self._indexes.lexical.languages
        return [one for one in languages if not filters.languages or one in filters.languages]

    def _by_words(self, question: Question) -> tuple[dict[str, list[int]], dict[int, float]]:
        """What `Asked` calls holding and lexical."""
        holding = self.holding(question)
        return holding, self._lexical_scores(question, holding)

    def _lexical_scores(
        self, question: Question, holding: Mapping[str, list[int]]
    ) -> dict[int, float]:
        """The CANDIDATES rows of any language that score best, with their scores, best first."""
        scores: dict[int, float] = {}
        for language in self._searched(question.filters):
            phrases = quoted(question.text) if language in holding else ()
            scores.update(
                self._indexes.lexical.search(
                    question.text, language, CANDIDATES, question.filters, phrases
                )
            )
        best = sorted(scores, key=lambda row: (-scores[row], row))[:CANDIDATES]
        return {row: scores[row] for row in best}


def period_of(question: Question) -> Period | None:
    """The time that a question names, None where it names none or it is not to be heeded."""
    return read_period(question.text, date.today()) if question.times else None
