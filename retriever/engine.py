"""The retriever's one entry: questions put to one snapshot."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from archive.answers import Answer, AnswerKind, Citation, RankedPassage, Sentence, Why
from archive.catalogue import Catalogue
from archive.documents import Document, Passage, Question, source_of
from archive.encoder import Encoder
from archive.errors import ArticleUnknown
from archive.languages import Vectors, unit_rows
from archive.settings import Settings
from archive.snapshot import (
    CATALOGUE,
    LEXICAL,
    PASSAGES,
    SENTENCES,
    Snapshot,
    open_snapshot,
)
from archive.text import Span, stems, words
from retriever.confidence import THRESHOLD, confidence
from retriever.dense import DenseIndex
from retriever.extraction import (
    ScoredSentence,
    Told,
    choose,
    in_reading_order,
    score_sentences,
)
from retriever.filters import Columns
from retriever.fusion import Candidate, Fused, fuse
from retriever.lexical import LexicalIndex

CANDIDATES = 100
CLOSEST = 5
TELLING = 1.0  # idf


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the archive holds: how many articles by language, by source and by year.

    An article without a date counts under the year None.
    """

    languages: dict[str, int]
    sources: dict[str, int]
    years: dict[int | None, int]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The passages found for a question, best first, and where each came from.

    dense, lexical: the rank of a row in either search, from 1, for the rows it found.
    """

    fused: list[Fused]
    dense: dict[int, int]
    lexical: dict[int, int]


@dataclass(frozen=True, slots=True)
class Draft:
    """What an answer is made from: the best sentences, best first, before it is decided whether
    they are sure enough to be shown."""

    ranked: list[RankedPassage]
    chosen: list[ScoredSentence]
    confidence: float


class Engine:
    """Search and answers over one snapshot, which it holds open. Safe to use from several threads.

    The encoder is the model that the snapshot was built with: `open_engine` sees to that.
    """

    def __init__(self, snapshot: Snapshot, encoder: Encoder) -> None:
        self.snapshot = snapshot
        self.catalogue = Catalogue(snapshot.folder / CATALOGUE)
        self._encoder = encoder
        self._dense = DenseIndex(snapshot.folder / PASSAGES)
        self._sentences = DenseIndex(snapshot.folder / SENTENCES)
        self._lexical = LexicalIndex(snapshot.folder / LEXICAL)
        headings = self.catalogue.headings()
        spans = np.array(self.catalogue.passage_spans(), dtype=np.int64).reshape(-1, 3)
        self._spans = spans[:, 1:]
        sentences = np.array(self.catalogue.sentence_spans(), dtype=np.int64).reshape(-1, 3)
        self._passage_of, self._sentence_spans = sentences[:, 0], sentences[:, 1:]
        # The sentences of passage r have the rows first[r] up to, not including, first[r + 1].
        self._first = np.searchsorted(self._passage_of, np.arange(len(spans) + 1))
        self._columns = Columns(
            paths=[path for path, _, _, _ in headings],
            languages=[language for _, _, language, _ in headings],
            published=[published for _, _, _, published in headings],
            document_of=spans[:, 0],
        )

    def document(self, path: str) -> Document:
        """One article by its path. Raises KeyError for a path that is not in the archive."""
        return self.catalogue.document(path)

    def holdings(self) -> Holdings:
        """How many articles there are by language, source and year, the most first."""
        columns = self._columns
        years = [day.year if day else None for day in columns.published]
        return Holdings(
            dict(Counter(columns.languages).most_common()),
            dict(Counter(map(source_of, columns.paths)).most_common()),
            dict(Counter(years).most_common()),
        )

    def search(self, question: Question, count: int = 10) -> list[RankedPassage]:
        """The passages that best match a question, best first, at most `count` of them."""
        if not question.text.strip():
            return []
        vector = self._encoder.encode_question(question.text)
        return self._passages(question, self._rank(question, vector, count))

    def ask(self, question: Question) -> Answer:
        """Sentences quoted from the archive that answer a question, or a refusal.

        Either way the closest passages come along, at most CLOSEST.
        """
        started = time.perf_counter()
        draft = self.draft(question)
        sure = draft.confidence >= THRESHOLD
        citations = tuple(
            Citation.of(n, one.document, one.start, one.end)
            for n, one in enumerate(in_reading_order(draft.chosen) if sure else [], start=1)
        )
        return Answer(
            kind=AnswerKind.EXTRACT if citations else AnswerKind.NONE,
            question=question.text,
            confidence=draft.confidence,
            sentences=tuple(Sentence(one.quote, one.n) for one in citations),
            citations=citations,
            closest=tuple(draft.ranked),
            seconds=time.perf_counter() - started,
        )

    def draft(self, question: Question) -> Draft:
        """The best sentences for a question and how sure they are; nothing for no question."""
        if not question.text.strip():
            return Draft([], [], 0.0)
        vector = self._encoder.encode_question(question.text)
        ranked = self._passages(question, self._rank(question, vector, CLOSEST))
        told = [self._told(vector, one) for one in ranked]
        scored = score_sentences(question.text, told, self._rarity(question.text))
        return Draft(ranked, choose(scored), confidence(scored, question.text))

    def similar(self, path: str, count: int = 10) -> list[RankedPassage]:
        """What else the archive holds on the matter of an article, whatever the language.

        At most `count` other articles, nearest first, each by the passage that is nearest to the
        mean of the article's own. Raises ArticleUnknown for a path that is not in the archive.
        """
        if path not in self._columns.paths:
            raise ArticleUnknown(path)
        of_article = self._columns.document_of == self._columns.paths.index(path)
        vector = unit_rows(
            self._dense.vectors(np.flatnonzero(of_article)).mean(axis=0)[np.newaxis]
        )[0]
        nearest: dict[int, Fused] = {}
        for row, cosine in self._dense.search(vector, len(self._dense), ~of_article):
            nearest.setdefault(int(self._columns.document_of[row]), Fused(row, cosine, 0.0))
            if len(nearest) == count:
                break
        found = list(nearest.values())
        ranks = {one.row: rank for rank, one in enumerate(found, start=1)}
        return self._passages(Question(""), Ranking(found, ranks, {}))

    def rank_articles(self, question: Question) -> list[str]:
        """The paths of all articles that pass the filters, each at its best passage's place."""
        vector = self._encoder.encode_question(question.text)
        ranking = self._rank(question, vector, len(self._spans))
        numbers = (int(self._columns.document_of[one.row]) for one in ranking.fused)
        return [self._columns.paths[number] for number in dict.fromkeys(numbers)]

    def _rank(self, question: Question, vector: Vectors, count: int) -> Ranking:
        """Fuse the CANDIDATES of each search; further rows follow in the order of cosines."""
        allowed = self._columns.allowed(question.filters)
        dense = self._dense.search(vector, max(CANDIDATES, count), allowed)
        near = self._sentences.search(
            vector, CANDIDATES, None if allowed is None else allowed[self._passage_of]
        )
        lexical = self._lexical_scores(question)
        found = {row for row, _ in dense[:CANDIDATES]}
        found |= {int(self._passage_of[row]) for row, _ in near} | lexical.keys()
        rows = sorted(found)
        if not rows:
            return Ranking([], {}, {})
        cosines, nearest = self._dense.cosines(vector, rows), self._nearest(vector, rows)
        fused = fuse(
            [
                Candidate(row, self._language(row), cosine, sentence, lexical.get(row, 0.0))
                for row, cosine, sentence in zip(
                    rows, cosines.tolist(), nearest.tolist(), strict=True
                )
            ]
        )
        least = fused[-1].score
        further = [
            Fused(row, min(cosine, least), 0.0)
            for row, cosine in dense[CANDIDATES:]
            if row not in found
        ]
        by_words = sorted(lexical, key=lambda row: (-lexical[row], row))
        return Ranking(
            (fused + further)[:count],
            {row: rank for rank, (row, _) in enumerate(dense, start=1)},
            {row: rank for rank, row in enumerate(by_words, start=1)},
        )

    def _nearest(self, vector: Vectors, rows: list[int]) -> Vectors:
        """The cosine of the nearest sentence of each passage, in the order of the rows."""
        starts, ends = self._first[rows], self._first[np.array(rows, dtype=np.int64) + 1]
        sentences = np.concatenate([np.arange(*span) for span in zip(starts, ends, strict=True)])
        offsets = np.concatenate([[0], np.cumsum(ends - starts)[:-1]])
        nearest: Vectors = np.maximum.reduceat(self._sentences.cosines(vector, sentences), offsets)
        return nearest

    def _rarity(self, question: str) -> dict[str, dict[str, float]]:
        """How rare each stem of the question is, in each language of the archive."""
        return {
            language: self._lexical.rarity(language, stems(question, language))
            for language in self._lexical.languages
        }

    def _told(self, vector: Vectors, hit: RankedPassage) -> Told:
        """A passage with its sentences and their cosines."""
        rows = np.arange(self._first[hit.row], self._first[hit.row + 1])
        spans: list[Span] = [(int(a), int(b)) for a, b in self._sentence_spans[rows]]
        return Told(hit, spans, self._sentences.cosines(vector, rows).tolist())

    def _lexical_scores(self, question: Question) -> dict[int, float]:
        filters = question.filters
        scores: dict[int, float] = {}
        for language in self._lexical.languages:
            if not filters.languages or language in filters.languages:
                found = self._lexical.search(question.text, language, CANDIDATES, filters)
                scores.update(found)
        return scores

    def _passages(self, question: Question, ranking: Ranking) -> list[RankedPassage]:
        found = []
        rarity = self._rarity(question.text)
        for rank, one in enumerate(ranking.fused, start=1):
            row = one.row
            document = self.document(self._columns.paths[int(self._columns.document_of[row])])
            start, end = (int(offset) for offset in self._spans[row])
            passage = Passage(document.path, start, end, document.text[start:end])
            why = Why(
                ranking.dense.get(row),
                ranking.lexical.get(row),
                _shared_words(question.text, passage.text, document.language, rarity),
            )
            found.append(RankedPassage(rank, row, passage, document, one.score, one.standing, why))
        return found

    def _language(self, row: int) -> str:
        return self._columns.languages[int(self._columns.document_of[row])]


def _shared_words(
    question: str, passage: str, language: str, rarity: Mapping[str, Mapping[str, float]]
) -> tuple[str, ...]:
    """The words of the question whose stems stand in the passage, in the question's order.

    Words that more than about a third of the passages hold tell nothing and are left out, unless
    the question has no rarer ones.
    """
    least = min(TELLING, max(rarity[language].values(), default=0.0))
    telling = {stem for stem, value in rarity[language].items() if value >= least}
    held = telling.intersection(stems(passage, language))
    told = dict.fromkeys(words(question))
    return tuple(word for word in told if held.issuperset(stems(word, language)))


def open_engine(settings: Settings, encoder: Encoder) -> Engine:
    """The engine over the current snapshot.

    Raises IndexMissing, IndexDamaged, IndexOutdated or IndexFromOtherModel.
    """
    return Engine(open_snapshot(settings.index, encoder.model), encoder)
