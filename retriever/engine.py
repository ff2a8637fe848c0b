"""The retriever's one entry: questions put to one snapshot."""

import time
from collections import Counter
from dataclasses import dataclass

import numpy as np

from archive.answers import Answer, AnswerKind, Citation, RankedPassage, Sentence, Why
from archive.catalogue import Catalogue
from archive.documents import Document, Passage, Question
from archive.encoder import Encoder
from archive.languages import Vectors
from archive.settings import Settings
from archive.snapshot import CATALOGUE, DENSE, LEXICAL, Snapshot, open_snapshot
from archive.text import stems, words
from retriever.confidence import THRESHOLD, confidence
from retriever.dense import DenseIndex
from retriever.extraction import choose, score_sentences
from retriever.filters import Columns
from retriever.fusion import Candidate, fuse
from retriever.lexical import LexicalIndex

CANDIDATES = 100
CLOSEST = 5


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the archive holds: how many articles by language, by source and by year.

    An article without a date counts under the year None.
    """

    languages: dict[str, int]
    sources: dict[str, int]
    years: dict[int | None, int]


class Engine:
    """Search and answers over one snapshot, which it holds open. Safe to use from several threads.

    The encoder is the model that the snapshot was built with: `open_engine` sees to that.
    """

    def __init__(self, snapshot: Snapshot, encoder: Encoder) -> None:
        self.snapshot = snapshot
        self.catalogue = Catalogue(snapshot.folder / CATALOGUE)
        self._encoder = encoder
        self._dense = DenseIndex(snapshot.folder / DENSE)
        self._lexical = LexicalIndex(snapshot.folder / LEXICAL)
        headings = self.catalogue.headings()
        spans = np.array(self.catalogue.passage_spans(), dtype=np.int64).reshape(-1, 3)
        self._spans = spans[:, 1:]
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
        from archive.documents import source_of

        columns = self._columns
        years = [day.year if day else None for day in columns.published]
        return Holdings(
            dict(Counter(columns.languages).most_common()),
            dict(Counter(map(source_of, columns.paths)).most_common()),
            dict(Counter(years).most_common()),
        )

    def search(self, question: Question, count: int = 10) -> list[RankedPassage]:
        """The passages that best match a question, best first, at most `count` of them."""
        vector = self._encoder.encode_question(question.text)
        return self._search(question, vector, count)

    def ask(self, question: Question) -> Answer:
        """Sentences quoted from the archive that answer a question, or a refusal.

        Either way the closest passages come along, at most CLOSEST.
        """
        started = time.perf_counter()
        vector = self._encoder.encode_question(question.text)
        ranked = self._search(question, vector, CLOSEST)
        scored = score_sentences(question.text, vector, ranked, self._encoder)
        sure = confidence(scored)
        chosen = choose(scored) if sure >= THRESHOLD else []
        citations = tuple(
            Citation.of(n, one.document, one.start, one.end)
            for n, one in enumerate(chosen, start=1)
        )
        return Answer(
            kind=AnswerKind.EXTRACT if chosen else AnswerKind.NONE,
            question=question.text,
            confidence=sure,
            sentences=tuple(Sentence(one.quote, one.n) for one in citations),
            citations=citations,
            closest=tuple(ranked),
            seconds=time.perf_counter() - started,
        )

    def _search(self, question: Question, vector: Vectors, count: int) -> list[RankedPassage]:
        if not question.text.strip():
            return []
        allowed = self._columns.allowed_rows(question.filters)
        reach = max(CANDIDATES, count)
        dense = dict(self._dense.search(vector, reach, allowed))
        lexical = self._lexical_scores(question, reach)
        only_lexical = [row for row in lexical if row not in dense]
        cosines = dense | dict(
            zip(only_lexical, self._dense.cosines(vector, only_lexical), strict=True)
        )
        fused = fuse(
            [
                Candidate(row, self._language(row), cosine, lexical.get(row, 0.0))
                for row, cosine in cosines.items()
            ]
        )
        dense_ranks = {row: rank for rank, row in enumerate(dense, start=1)}
        by_words = sorted(lexical, key=lambda row: (-lexical[row], row))
        lexical_ranks = {row: rank for rank, row in enumerate(by_words, start=1)}
        ranked = []
        for rank, (row, score) in enumerate(fused[:count], start=1):
            passage, document = self._passage(row)
            shared = _shared_words(question.text, passage.text, document.language)
            why = Why(dense_ranks.get(row), lexical_ranks.get(row), shared)
            ranked.append(RankedPassage(rank, passage, document, score, why))
        return ranked

    def _lexical_scores(self, question: Question, reach: int) -> dict[int, float]:
        filters = question.filters
        scores: dict[int, float] = {}
        for language in sorted(set(self._columns.languages)):
            if not filters.languages or language in filters.languages:
                scores.update(self._lexical.search(question.text, language, reach, filters))
        return scores

    def _language(self, row: int) -> str:
        return self._columns.languages[self._columns.document_of[row]]

    def _passage(self, row: int) -> tuple[Passage, Document]:
        document = self.document(self._columns.paths[self._columns.document_of[row]])
        start, end = (int(offset) for offset in self._spans[row])
        return Passage(document.path, start, end, document.text[start:end]), document


def _shared_words(question: str, passage: str, language: str) -> tuple[str, ...]:
    """The words of the question whose stems stand in the passage, in the question's order."""
    held = set(stems(passage, language))
    told = dict.fromkeys(words(question))
    return tuple(word for word in told if held.issuperset(stems(word, language)))


def open_engine(settings: Settings, encoder: Encoder) -> Engine:
    """The engine over the current snapshot.

    Raises IndexMissing, IndexDamaged, IndexOutdated or IndexFromOtherModel.
    """
    return Engine(open_snapshot(settings.index, encoder.model), encoder)
