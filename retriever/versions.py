"""Articles that tell the same release: one result, quoted in the reader's language."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from archive.alignment import Sentences, counterpart
from archive.answers import Version
from archive.documents import Document, Filters, source_of
from archive.languages import detect_language
from archive.spans import Numbers
from archive.text import Span, words
from retriever.extraction import ScoredSentence
from retriever.filters import Columns, passes

# A question of fewer different words than this does not tell its language.
WORDS_TO_TELL = 3


@lru_cache(maxsize=256)
def question_language(question: str) -> str | None:
    """The language that a question is asked in, None where it has too few words to tell."""
    return detect_language(question) if len(set(words(question))) >= WORDS_TO_TELL else None


class Releases:
    """Which articles of an archive tell the same release. Articles go by their numbers.

    told: for each release that several articles tell, their numbers; none is in two.
    document: an article by its path. sentences: those of an article, as the archive keeps them.
    """

    def __init__(
        self,
        told: Iterable[Sequence[int]],
        columns: Columns,
        document: Callable[[str], Document],
        sentences: Callable[[int], Sentences],
    ) -> None:
        self._members = {number: tuple(group) for group in told for number in group}
        self._columns = columns
        self._numbers = {path: number for number, path in enumerate(columns.paths)}
        self._document = document
        self._sentences = sentences

    def firsts(self, ranked: Iterable[int]) -> list[int]:
        """The places in a ranking of articles, which may repeat, where a release comes first."""
        first: dict[int, int] = {}
        for place, number in enumerate(ranked):
            first.setdefault(self._release(number), place)
        return list(first.values())

    def leading(self, ranked: Iterable[int]) -> list[int]:
        """The places in a ranking of all articles but those whose release another told before."""
        first: dict[int, int] = {}
        return [
            place
            for place, number in enumerate(ranked)
            if first.setdefault(self._release(number), number) == number
        ]

    def versions(self, number: int, filters: Filters) -> tuple[Version, ...]:
        """The other articles of the same release that pass the filters, in order."""
        return tuple(self._version(other) for other in self._others(number, filters))

    def sizes(self) -> Numbers:
        """How many articles tell the release of each article, itself counted, (articles,)."""
        sizes = np.ones(len(self._columns.paths), dtype=np.int32)
        for number, members in self._members.items():
            sizes[number] = len(members)
        return sizes

    def saying(self, one: ScoredSentence, filters: Filters) -> tuple[Version, ...]:
        """The same, each with the place of the sentence that says what this one says."""
        number = self._numbers[one.document.path]
        return tuple(
            self._version(other, self._counterpart(one, number, other))
            for other in self._others(number, filters)
        )

    def said_in(
        self, language: str, chosen: Sequence[ScoredSentence], filters: Filters
    ) -> list[ScoredSentence]:
        """The sentences in order, each as a version in the language says it, if one does.

        A version that says the same as two of them comes once; scores stay those of the original.
        """
        told: dict[tuple[str, int], ScoredSentence] = {}
        for one in chosen:
            said = self._said_in(language, one, filters)
            told.setdefault((said.document.path, said.start), said)
        return list(told.values())

    def _said_in(self, language: str, one: ScoredSentence, filters: Filters) -> ScoredSentence:
        if one.document.language == language:
            return one
        number = self._numbers[one.document.path]
        for other in self._others(number, filters):
            if self._columns.languages[other] == language:
                place = self._counterpart(one, number, other)
                if place:
                    document = self._document(self._columns.paths[other])
                    return replace(one, document=document, start=place[0], end=place[1])
        return one

    def _release(self, number: int) -> int:
        """A release goes by the first article that tells it."""
        return self._members.get(number, (number,))[0]

    def _others(self, number: int, filters: Filters) -> list[int]:
        columns = self._columns
        return [
            other
            for other in self._members.get(number, ())
            if other != number
            and passes(
                filters,
                columns.languages[other],
                source_of(columns.paths[other]),
                columns.published[other],
            )
        ]

    def _version(self, number: int, place: Span | None = None) -> Version:
        one = self._document(self._columns.paths[number])
        return Version(one.path, one.title, one.language, one.published, place)

    def _counterpart(self, one: ScoredSentence, number: int, other: int) -> Span | None:
        """Where the other article says what the sentence says, None for nowhere."""
        own, theirs = self._sentences(number), self._sentences(other)
        place = (one.start, one.end)
        to = counterpart(own, own.spans.index(place), theirs) if place in own.spans else None
        return None if to is None else theirs.spans[to]
