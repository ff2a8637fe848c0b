"""The retriever's one entry: questions put to one snapshot."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from archive.alignment import Sentences
from archive.answers import Answer, AnswerKind, Citation, RankedPassage, Sentence, Why
from archive.calibration import read_calibration, read_offsets
from archive.catalogue import Catalogue
from archive.dates import Period
from archive.documents import Document, Filters, Passage, Question, source_of
from archive.encoder import Encoder
from archive.errors import ArticleUnknown
from archive.languages import Vectors, unit_rows
from archive.settings import Settings
from archive.snapshot import (
    CALIBRATION,
    CATALOGUE,
    LEXICAL,
    OFFSETS,
    PASSAGES,
    SENTENCES,
    TOKENS,
    Snapshot,
    open_snapshot,
)
from archive.text import Span, stems
from retriever.confidence import THRESHOLD, Signs, confidence, signs
from retriever.context import context_of
from retriever.dense import DenseIndex, Mask, StoredVectors
from retriever.extraction import (
    ScoredSentence,
    Sought,
    Told,
    choose,
    in_reading_order,
    score_sentences,
)
from retriever.filters import Columns
from retriever.fusion import Candidate, Fused, fuse
from retriever.late_interaction import TokenIndex
from retriever.lexical import LexicalIndex, quoted
from retriever.reranking import RERANKED, Reranker, open_reranker, rerank
from retriever.times import concerns, prefer, read_period
from retriever.versions import Releases, question_language

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
class Asked:
    """A question as the indexes are asked for it.

    vector: (d,). tokens: (q, d), weights: (q,), how much each of them counts. offsets: how much
    nearer the passages and the sentences of each language are for being in that language.
    """

    vector: Vectors
    tokens: Vectors
    weights: Vectors
    offsets: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The passages found for a question, best first, and where each came from.

    dense, lexical: the rank of a row in either search, from 1, for the rows it found.
    in_period: the rows that concern the time the question names.
    """

    fused: list[Fused]
    dense: dict[int, int]
    lexical: dict[int, int]
    in_period: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Draft:
    """What an answer is made from: the best sentences, best first, before it is decided whether
    they are sure enough to be shown.

    ranked: the closest passages, one a release, at most CLOSEST. signs: what the confidence comes
    from, None where there is no sentence.
    """

    ranked: list[RankedPassage]
    chosen: list[ScoredSentence]
    signs: Signs | None

    @property
    def confidence(self) -> float:
        """The probability, 0 to 1, that the sentences answer the question; 0 for none."""
        return confidence(self.signs) if self.signs else 0.0


class Engine:
    """Search and answers over one snapshot, which it holds open. Safe to use from several threads.

    The encoder is the model that the snapshot was built with: `open_engine` sees to that.
    """

    def __init__(
        self, snapshot: Snapshot, encoder: Encoder, reranker: Reranker | None = None
    ) -> None:
        self.snapshot = snapshot
        self.catalogue = Catalogue(snapshot.folder / CATALOGUE)
        self._encoder = encoder
        self._reranker = reranker
        self._dense = DenseIndex(snapshot.folder / PASSAGES)
        self._sentences = StoredVectors(snapshot.folder / SENTENCES)
        self._tokens = TokenIndex(snapshot.folder / TOKENS)
        self._lexical = LexicalIndex(snapshot.folder / LEXICAL)
        self._calibration = read_calibration(snapshot.folder / CALIBRATION)
        self._offsets = read_offsets(snapshot.folder / OFFSETS)
        headings = self.catalogue.headings()
        spans = np.array(self.catalogue.passage_spans(), dtype=np.int64).reshape(-1, 3)
        self._spans = spans[:, 1:]
        sentences = np.array(self.catalogue.sentence_spans(), dtype=np.int64).reshape(-1, 3)
        self._sentence_spans = sentences[:, 1:]
        # The sentences of passage r have the rows first[r] up to, not including, first[r + 1].
        self._first = np.searchsorted(sentences[:, 0], np.arange(len(spans) + 1))
        self._columns = Columns(
            paths=[path for path, _, _, _ in headings],
            languages=[language for _, _, language, _ in headings],
            published=[published for _, _, _, published in headings],
            document_of=spans[:, 0],
        )
        self._releases = Releases(
            self.catalogue.versions(), self._columns, self.document, self._sentences_of
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
        """The passages that best match a question, best first: one a release, at most `count`."""
        if not question.text.strip():
            return []
        asked = self._asked(question)
        ranking = self._rank_releases(question, asked, count)
        return self._passages(question, self._firsts(ranking, count))

    def ask(self, question: Question) -> Answer:
        """Sentences quoted from the archive that answer a question, or a refusal.

        Either way the closest passages come along, at most CLOSEST.
        """
        started = time.perf_counter()
        draft = self.draft(question)
        sure = draft.confidence >= THRESHOLD
        quoted = in_reading_order(draft.chosen) if sure else []
        citations = tuple(
            Citation.of(n, one.document, one.start, one.end, versions, _context(one, quoted))
            for n, one in enumerate(quoted, start=1)
            for versions in [self._releases.saying(one, question.filters)]
        )
        return Answer(
            kind=AnswerKind.EXTRACT if citations else AnswerKind.NONE,
            question=question.text,
            confidence=draft.confidence,
            sentences=tuple(Sentence(one.quote, one.n) for one in citations),
            citations=citations,
            closest=tuple(draft.ranked),
            seconds=time.perf_counter() - started,
            period=self.period(question),
            unheld=self.unheld(question),
        )

    def period(self, question: Question) -> Period | None:
        """The time that a question names, None where it names none or it is not to be heeded."""
        return read_period(question.text, date.today()) if question.times else None

    def unheld(self, question: Question) -> tuple[str, ...]:
        """The phrases in quotation marks that were looked for as words only, since no passage that
        passes the filters holds them all; none where every result holds them."""
        return () if self._holding(question) else quoted(question.text)

    def language(self, question: Question) -> str | None:
        """The language that a question is asked in, None where it has too few words to tell."""
        return question_language(question.text)

    def draft(self, question: Question) -> Draft:
        """The best sentences for a question and how sure they are; nothing for no question."""
        if not question.text.strip():
            return Draft([], [], None)
        asked = self._asked(question)
        ranking = self._rank_releases(question, asked, CLOSEST)
        closest, leading = self._firsts(ranking, CLOSEST), self._leading(ranking)
        ranked = self._passages(question, closest)
        read = ranked if leading == closest else self._passages(question, leading)
        told = [self._told(asked, one) for one in read]
        scored = score_sentences(question.text, told, self._sought(question.text))
        chosen, own = choose(scored), self.language(question)
        if own and not self._holding(question):
            chosen = self._releases.said_in(own, chosen, question.filters)
        return Draft(ranked, chosen, signs(scored, question.text))

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
        asked = self._asked(question)
        ranking = self._rank(question, asked, len(self._spans))
        numbers = (int(self._columns.document_of[one.row]) for one in ranking.fused)
        return [self._columns.paths[number] for number in dict.fromkeys(numbers)]

    def _asked(self, question: Question) -> Asked:
        encoded = self._encoder.encode_question(question.text)
        vector: Vectors = self._calibration.vectors(encoded.vector[np.newaxis])[0]
        offsets = {
            language: (float(of_passages @ vector), float(of_sentences @ vector))
            for language, (of_passages, of_sentences) in self._offsets.items()
        }
        tokens = self._calibration.tokens(encoded.tokens)
        return Asked(vector, tokens, self._tokens.weights(encoded.pieces), offsets)

    def _rank_releases(self, question: Question, asked: Asked, count: int) -> Ranking:
        """Rank so many rows that they tell `count` releases, or all that pass the filters."""
        wanted = max(CANDIDATES, count)
        while True:
            ranking = self._rank(question, asked, wanted)
            enough = len(self._releases.firsts(self._documents_of(ranking))) >= count
            if enough or len(ranking.fused) < wanted:
                return ranking
            wanted *= 4

    def _firsts(self, ranking: Ranking, count: int) -> Ranking:
        """The best passage of each of the `count` releases that rank first."""
        places = self._releases.firsts(self._documents_of(ranking))[:count]
        return replace(ranking, fused=[ranking.fused[place] for place in places])

    def _leading(self, ranking: Ranking) -> Ranking:
        """The CLOSEST passages that rank first, where no two articles tell the same release."""
        places = self._releases.leading(self._documents_of(ranking))[:CLOSEST]
        return replace(ranking, fused=[ranking.fused[place] for place in places])

    def _documents_of(self, ranking: Ranking) -> list[int]:
        return [int(self._columns.document_of[one.row]) for one in ranking.fused]

    def _rank(self, question: Question, asked: Asked, count: int) -> Ranking:
        """Fuse the CANDIDATES of each search; further rows follow in the order of cosines."""
        holding = self._holding(question)
        allowed = self._allowed(question.filters, holding)
        dense = self._dense.search(asked.vector, max(CANDIDATES, count), allowed)
        lexical = self._lexical_scores(question, holding)
        found = {row for row, _ in dense[:CANDIDATES]} | lexical.keys()
        rows = sorted(found)
        if not rows:
            return Ranking([], {}, {})
        fused = self._reranked(question, fuse(self._candidates(asked, rows, lexical)))
        period = self.period(question)
        in_period = self._concerning(period, rows) if period else frozenset()
        if in_period:
            fused = prefer(fused, in_period)
        least = fused[-1].score
        further = [
            Fused(row, min(cosine, least), 0.0)
            for row, cosine in dense[CANDIDATES:]
            if row not in found
        ]
        by_words = sorted(lexical, key=lambda row: (-lexical[row], row))
        ranked = fused + further
        if question.own_language_first and (own := self.language(question)):
            ranked.sort(key=lambda one: self._language(one.row) != own)
        return Ranking(
            ranked[:count],
            {row: rank for rank, (row, _) in enumerate(dense, start=1)},
            {row: rank for rank, row in enumerate(by_words, start=1)},
            in_period,
        )

    def _reranked(self, question: Question, fused: list[Fused]) -> list[Fused]:
        """The first RERANKED passages as the cross-encoder orders them, where there is one."""
        if self._reranker is None:
            return fused
        rows = [one.row for one in fused[:RERANKED]]
        texts = self.catalogue.passage_texts(rows)
        scores = self._reranker.scores(question.text, [texts[row] for row in rows])
        return rerank(fused, scores)

    def _concerning(self, period: Period, rows: list[int]) -> frozenset[int]:
        """Which of the rows concern a period, by their article's date or their own words."""
        today, texts = date.today(), self.catalogue.passage_texts(rows)
        published = self._columns.published
        return frozenset(
            row
            for row in rows
            if concerns(texts[row], published[int(self._columns.document_of[row])], period, today)
        )

    def _candidates(
        self, asked: Asked, rows: list[int], lexical: Mapping[int, float]
    ) -> list[Candidate]:
        """The rows with all that the fusion looks at."""
        languages = [self._language(row) for row in rows]
        off = np.array([asked.offsets[language] for language in languages])
        return [
            Candidate(row, language, cosine, sentence, met, lexical.get(row, 0.0))
            for row, language, cosine, sentence, met in zip(
                rows,
                languages,
                (self._dense.cosines(asked.vector, rows) - off[:, 0]).tolist(),
                (self._nearest(asked.vector, rows) - off[:, 1]).tolist(),
                self._tokens.passages(asked.tokens, asked.weights, rows).tolist(),
                strict=True,
            )
        ]

    def _nearest(self, vector: Vectors, rows: list[int]) -> Vectors:
        """The cosine of the nearest sentence of each passage, in the order of the rows."""
        starts, ends = self._first[rows], self._first[np.array(rows, dtype=np.int64) + 1]
        sentences = np.concatenate([np.arange(*span) for span in zip(starts, ends, strict=True)])
        offsets = np.concatenate([[0], np.cumsum(ends - starts)[:-1]])
        nearest: Vectors = np.maximum.reduceat(self._sentences.cosines(vector, sentences), offsets)
        return nearest

    def _sought(self, question: str) -> dict[str, Sought]:
        """What the words of a question are looked for as, in each language of the archive.

        A word is as rare as the commonest of its forms.
        """
        sought: dict[str, Sought] = {}
        for language in self._lexical.languages:
            rarity = self._lexical.rarity(question, language)
            forms = self._lexical.terms(question, language).values()
            sought[language] = {one: min(rarity[stem] for stem in one) for one in forms}
        return sought

    def _told(self, asked: Asked, hit: RankedPassage) -> Told:
        """A passage with its sentences, how near they come, and how well they meet the question."""
        rows = np.arange(self._first[hit.row], self._first[hit.row + 1])
        spans: list[Span] = [(int(a), int(b)) for a, b in self._sentence_spans[rows]]
        _, off = asked.offsets[hit.document.language]
        start = hit.passage.start
        return Told(
            hit,
            spans,
            (self._sentences.cosines(asked.vector, rows) - off).tolist(),
            self._tokens.sentences(
                asked.tokens, asked.weights, hit.row, [(a - start, b - start) for a, b in spans]
            ),
        )

    def _holding(self, question: Question) -> dict[str, list[int]]:
        """The rows that hold all the question has in quotation marks, by their language.

        Only rows that pass the filters; a language without any is left out.
        """
        phrases = quoted(question.text)
        if not phrases:
            return {}
        found = {
            language: self._lexical.holding(phrases, language, question.filters)
            for language in self._searched(question.filters)
        }
        return {language: rows for language, rows in found.items() if rows}

    def _allowed(self, filters: Filters, holding: Mapping[str, list[int]]) -> Mask | None:
        """Which rows pass the filters, None where all do: of the languages in which passages hold
        what is quoted only those, of the others all."""
        allowed = self._columns.allowed(filters)
        if not holding:
            return allowed
        if allowed is None:
            allowed = np.ones(len(self._spans), dtype=np.bool_)
        for language, rows in holding.items():
            of_language = np.array([one == language for one in self._columns.languages])
            allowed[of_language[self._columns.document_of]] = False
            allowed[rows] = True
        return allowed

    def _searched(self, filters: Filters) -> list[str]:
        """The languages of passages that the filters let through."""
        languages = self._lexical.languages
        return [one for one in languages if not filters.languages or one in filters.languages]

    def _lexical_scores(
        self, question: Question, holding: Mapping[str, list[int]]
    ) -> dict[int, float]:
        scores: dict[int, float] = {}
        for language in self._searched(question.filters):
            phrases = quoted(question.text) if language in holding else ()
            scores.update(
                self._lexical.search(question.text, language, CANDIDATES, question.filters, phrases)
            )
        return scores

    def _passages(self, question: Question, ranking: Ranking) -> list[RankedPassage]:
        found = []
        for rank, one in enumerate(ranking.fused, start=1):
            row = one.row
            number = int(self._columns.document_of[row])
            document = self.document(self._columns.paths[number])
            start, end = (int(offset) for offset in self._spans[row])
            passage = Passage(document.path, start, end, document.text[start:end])
            why = Why(
                ranking.dense.get(row),
                ranking.lexical.get(row),
                _shared_words(
                    self._lexical.terms(question.text, document.language),
                    set(stems(passage.text, document.language)),
                    self._lexical.rarity(question.text, document.language),
                ),
                row in ranking.in_period,
            )
            versions = self._releases.versions(number, question.filters)
            found.append(
                RankedPassage(rank, row, passage, document, one.score, one.standing, why, versions)
            )
        return found

    def _sentences_of(self, number: int) -> Sentences:
        """The sentences of an article by its number."""
        passages = np.searchsorted(self._columns.document_of, [number, number + 1])
        rows = np.arange(*self._first[passages])
        spans: list[Span] = [(int(a), int(b)) for a, b in self._sentence_spans[rows]]
        text = self.document(self._columns.paths[number]).text
        return Sentences(text, spans, self._sentences.vectors(rows))

    def _language(self, row: int) -> str:
        return self._columns.languages[int(self._columns.document_of[row])]


def _context(sentence: ScoredSentence, quoted: Sequence[ScoredSentence]) -> Span | None:
    """What a quoted sentence leans on, where that is not quoted beside it."""
    spans = [(one.start, one.end) for one in quoted if one.document.path == sentence.document.path]
    return context_of(sentence.document, (sentence.start, sentence.end), spans)


def _shared_words(
    terms: Mapping[str, Sequence[str]], held: Set[str], rarity: Mapping[str, float]
) -> tuple[str, ...]:
    """The words of the question one of whose stems a passage holds, in the question's order.

    Words that more than about a third of the passages hold tell nothing and are left out, unless
    the question has no rarer ones.
    """
    least = min(TELLING, max(rarity.values(), default=0.0))
    telling = {stem for stem in held if rarity.get(stem, -1.0) >= least}
    return tuple(word for word, stems in terms.items() if not telling.isdisjoint(stems))


def open_engine(settings: Settings, encoder: Encoder) -> Engine:
    """The engine over the current snapshot.

    Raises IndexMissing, IndexDamaged, IndexOutdated or IndexFromOtherModel.
    """
    snapshot = open_snapshot(settings.index, encoder.model)
    return Engine(snapshot, encoder, open_reranker(settings))
