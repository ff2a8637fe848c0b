"""The retriever's one entry: questions put to one snapshot."""

import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from threadpoolctl import threadpool_limits

from archive.alignment import aligned
from archive.answers import Answer, AnswerKind, Citation, RankedPassage, Sentence, Version, Why
from archive.dates import Period
from archive.documents import Document, Filters, Passage, Question
from archive.encoder import Encoder
from archive.errors import ArticleUnknown
from archive.languages import detect_language, unit_rows
from archive.settings import Settings
from archive.snapshot import Snapshot, open_snapshot
from archive.text import Span, held_stems
from retriever.confidence import THRESHOLD, Signs, confidence, signs
from retriever.context import context_of
from retriever.extraction import (
    ScoredSentence,
    Sought,
    Told,
    choose,
    in_reading_order,
    score_sentences,
)
from retriever.filters import Holdings
from retriever.fusion import Fused
from retriever.indexes import Indexes
from retriever.lexical import quoted
from retriever.listing import Listing
from retriever.ranking import Asked, Ranker, Ranking, period_of
from retriever.reranking import Reranker, open_reranker
from retriever.versions import question_language

CLOSEST = 5
TELLING = 1.0  # idf


@dataclass(frozen=True, slots=True)
class Draft:
    """What an answer is made from: the best sentences, best first, before it is decided whether
    they are sure enough to be shown.

    ranked: the closest passages, one a release, at most CLOSEST. signs: what the confidence comes
    from, None where there is no sentence. stages: the seconds that each stage took.
    """

    ranked: list[RankedPassage]
    chosen: list[ScoredSentence]
    signs: Signs | None
    stages: dict[str, float] = field(default_factory=dict)

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
        self._indexes = Indexes(snapshot.folder)
        self._ranker = Ranker(self._indexes, encoder, reranker)
        self.catalogue = self._indexes.catalogue

    @property
    def is_sound(self) -> bool:
        """Whether nothing has written to the snapshot's files, and no article that was read since
        it was opened had changed. Cheap: reads no file."""
        return not self.catalogue.damaged and not self.snapshot.has_changed()

    def document(self, path: str) -> Document:
        """One article by its path. Raises KeyError for a path that is not in the archive, and
        IndexDamaged where the article is not what was indexed."""
        return self.catalogue.document(path)

    def holdings(self, filters: Filters | None = None) -> Holdings:
        """How many articles there are by language, source and year, the most first.

        With filters: how many there would be of each kind if the filter on that kind were lifted.
        """
        return self._indexes.columns.holdings(filters or Filters())

    def search(self, question: Question, count: int = 10) -> list[RankedPassage]:
        """The passages that best match a question, best first: one a release, at most `count`."""
        if not question.text.strip():
            return []
        ranker = self._ranker
        ranking = ranker.rank_releases(question, ranker.asked(question), count)
        return self._passages(question, ranker.firsts(ranking, count))

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
            for versions in [self._indexes.releases.saying(one, question.filters)]
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
            stages=draft.stages,
        )

    def period(self, question: Question) -> Period | None:
        """The time that a question names, None where it names none or it is not to be heeded."""
        return period_of(question)

    def unheld(self, question: Question) -> tuple[str, ...]:
        """The phrases in quotation marks that were looked for as words only, since no passage that
        passes the filters holds them all; none where every result holds them."""
        return () if self._ranker.holding(question) else quoted(question.text)

    def language(self, question: Question) -> str | None:
        """The language that a question is asked in, None where it has too few words to tell."""
        return question_language(question.text)

    def draft(self, question: Question) -> Draft:
        """The best sentences for a question and how sure they are; nothing for no question."""
        if not question.text.strip():
            return Draft([], [], None)
        ranker = self._ranker
        asked = ranker.asked(question)
        ranking = ranker.rank_releases(question, asked, CLOSEST)
        with asked.stages("reading"):
            closest, leading = ranker.firsts(ranking, CLOSEST), ranker.leading(ranking, CLOSEST)
            ranked = self._passages(question, closest)
            read = ranked if leading == closest else self._passages(question, leading)
        with asked.stages("choosing sentences"):
            told = [self._told(asked, one) for one in read]
            scored = score_sentences(question.text, told, self._sought(question.text))
            chosen, own = choose(scored), self.language(question)
            if own and not asked.holding:
                chosen = self._indexes.releases.said_in(own, chosen, question.filters)
            told_by = signs(scored, question.text)
        return Draft(ranked, chosen, told_by, asked.stages.seconds)

    def similar(self, path: str, count: int = 10) -> list[RankedPassage]:
        """What else the archive holds on the matter of an article, whatever the language.

        At most `count` other articles, nearest first, each by the passage that is nearest to the
        mean of the article's own. Raises ArticleUnknown for a path that is not in the archive.
        """
        columns, passages = self._indexes.columns, self._indexes.passages
        of_article = columns.document_of == self._number(path)
        vector = unit_rows(passages.vectors(np.flatnonzero(of_article)).mean(axis=0)[np.newaxis])[0]
        nearest: dict[int, Fused] = {}
        for row, cosine in passages.search(vector, len(passages), ~of_article):
            nearest.setdefault(self._indexes.number(row), Fused(row, cosine, 0.0))
            if len(nearest) == count:
                break
        found = list(nearest.values())
        ranks = {one.row: rank for rank, one in enumerate(found, start=1)}
        return self._passages(Question(""), Ranking(found, ranks))

    def versions(self, path: str) -> tuple[Version, ...]:
        """The other articles of the same release, in the order of the paths.

        Raises ArticleUnknown for a path that is not in the archive.
        """
        return self._indexes.releases.versions(self._number(path), Filters())

    def shared(self, one: str, other: str) -> list[tuple[Span, Span]]:
        """Where two articles say the same, whatever their languages, in the order of the first.

        Each pair is a sentence of the one and a sentence of the other, by offsets into their texts,
        as `archive.alignment.aligned` pairs them; no sentence is in two pairs. Raises
        ArticleUnknown for a path that is not in the archive.
        """
        own, theirs = (self._indexes.sentences_of(self._number(path)) for path in (one, other))
        return [(own.spans[at], theirs.spans[to]) for at, to in aligned(own, theirs)]

    @cached_property
    def listing(self) -> Listing:
        """The articles as a list to filter and sort, read once it is asked for."""
        titles = self.catalogue.titles()
        return Listing(
            self._indexes.columns,
            [title for title, _ in titles],
            [basis for _, basis in titles],
            self._indexes.releases.sizes(),
        )

    def rank_articles(self, question: Question) -> list[str]:
        """The paths of all articles that pass the filters, each at its best passage's place."""
        asked = self._ranker.asked(question)
        ranking = self._ranker.rank(question, asked, len(self._indexes.spans))
        numbers = (self._indexes.number(one.row) for one in ranking.fused)
        return [self._indexes.columns.paths[number] for number in dict.fromkeys(numbers)]

    def _number(self, path: str) -> int:
        """The number of an article. Raises ArticleUnknown for a path that is not in the archive."""
        try:
            return self._indexes.columns.paths.index(path)
        except ValueError:
            raise ArticleUnknown(path) from None

    def _sought(self, question: str) -> dict[str, Sought]:
        """What the words of a question are looked for as, in each language of the archive.

        A word is as rare as the commonest of its forms.
        """
        sought: dict[str, Sought] = {}
        lexical = self._indexes.lexical
        for language in lexical.languages:
            rarity = lexical.rarity(question, language)
            forms = lexical.terms(question, language).values()
            sought[language] = {one: min(rarity[stem] for stem in one) for one in forms}
        return sought

    def _told(self, asked: Asked, hit: RankedPassage) -> Told:
        """A passage with its sentences, how near they come, and how well they meet the question."""
        indexes, start = self._indexes, hit.passage.start
        rows = indexes.sentence_spans.parts(hit.row)
        spans = indexes.sentence_spans.spans(rows)
        _, off = asked.offsets[hit.document.language]
        return Told(
            hit,
            spans,
            (indexes.sentences.cosines(asked.vector, rows) - off).tolist(),
            indexes.tokens.sentences(
                *asked.with_marks, hit.row, [(a - start, b - start) for a, b in spans]
            ),
        )

    def _passages(self, question: Question, ranking: Ranking) -> list[RankedPassage]:
        indexes = self._indexes
        held = self._held(question.text, [one.row for one in ranking.fused])
        found = []
        for rank, one in enumerate(ranking.fused, start=1):
            row = one.row
            document = indexes.document(row)
            start, end = indexes.spans.span(row)
            passage = Passage(document.path, start, end, document.text[start:end])
            stems = _in_text(held[row], document, passage.text)
            terms = indexes.lexical.terms(question.text, document.language)
            why = Why(
                ranking.dense.get(row),
                ranking.lexical.get(row),
                tuple(word for word, forms in terms.items() if not stems.isdisjoint(forms)),
                row in ranking.in_period,
            )
            versions = indexes.releases.versions(indexes.number(row), question.filters)
            found.append(
                RankedPassage(rank, row, passage, document, one.score, one.standing, why, versions)
            )
        return found

    def _held(self, question: str, rows: Sequence[int]) -> dict[int, set[str]]:
        """The stems of a question that the lexical index has passages for, by their rows.

        Those that more than about a third of the passages hold tell nothing and are left out,
        unless the question has no rarer ones.
        """
        by_language = defaultdict[str, list[int]](list)
        for row, language in zip(rows, self._indexes.languages(rows), strict=True):
            by_language[language].append(row)
        held: dict[int, set[str]] = {}
        for language, members in by_language.items():
            rarity = self._indexes.lexical.rarity(question, language)
            least = min(TELLING, max(rarity.values(), default=0.0))
            telling = [stem for stem, idf in rarity.items() if idf >= least]
            held |= self._indexes.lexical.held_by(members, telling, language)
        return held


def _in_text(held: set[str], document: Document, text: str) -> set[str]:
    """Those stems that a passage itself holds, of those that the lexical index has it for.

    The index has it for those of the title beside it, too. Only where they or days, which may begin
    in the title, are among them is the text cut into its words.
    """
    title = document.title_beside(text)
    if not title:
        return held
    of_title = held_stems(title, document.language, ())
    if held.isdisjoint(of_title) and not any("-" in one for one in held):
        return held
    return held & held_stems(text, document.language, held)


def _context(sentence: ScoredSentence, quoted: Sequence[ScoredSentence]) -> Span | None:
    """What a quoted sentence leans on, where that is not quoted beside it."""
    spans = [(one.start, one.end) for one in quoted if one.document.path == sentence.document.path]
    return context_of(sentence.document, (sentence.start, sentence.end), spans)


def open_engine(settings: Settings, encoder: Encoder) -> Engine:
    """The engine over the current snapshot; where that is damaged over the one before it, whose
    `snapshot.damage` then says so.

    From here on a product of matrices keeps to one thread: those of a question are so small that a
    second one costs more in waiting than it computes. Raises IndexMissing, IndexDamaged,
    IndexOutdated or IndexFromOtherModel.
    """
    threadpool_limits(limits=1, user_api="blas")
    # What tells languages apart loads while the snapshot is checked and the encoder loads.
    threading.Thread(target=detect_language, args=(Engine.__name__,)).start()
    snapshot = open_snapshot(settings.index, encoder.model)
    reranker = open_reranker(settings)
    try:
        return Engine(snapshot, encoder, reranker)
    except Exception:
        # A large file is believed by its time: now every byte of it is read. If all are as they
        # were sealed the error is another one, and stays loud.
        whole = open_snapshot(settings.index, encoder.model, deep=True)
        if whole.name == snapshot.name:
            raise
        return Engine(whole, encoder, reranker)
