"""Articles that are one release in several languages, or near copies of one another."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations_with_replacement

import numpy as np

from archive.alignment import Sentences, aligned
from archive.documents import UNDETERMINED, Document
from archive.languages import Vectors, unit_rows
from archive.spans import Rows
from archive.text import Span
from indexer.chunking import Chunk
from indexer.dense import nearest
from indexer.duplicates import jaccard, shingles_of
from indexer.stored import BLOCK, Matrix, blocks

# The least share of two articles in sentences that say the same in the same order, and how many
# such sentences there must be; within one language also the least share of their wording. How they
# were chosen: docs/evaluation.md.
TOLD_IN_BOTH = 2 / 3
SENTENCES = 2
SAME_WORDING = 0.3

# Versions are published within this time of each other, where both days are known.
APART = timedelta(days=31)

# How many neighbours in a language an article is held against.
NEIGHBOURS = 4

_DECIMALS = 5  # of a cosine or a share; what is beyond depends on the order of the sums

Pair = tuple[int, int]


def find_versions(
    documents: Sequence[Document], chunks: Sequence[Chunk], passages: Matrix, sentences: Matrix
) -> list[tuple[str, ...]]:
    """The releases that several documents tell: the paths of each one's documents, in order.

    chunks: those of all documents, in the order of the rows of `passages` (n, d), their sentences
    in that of the rows of `sentences` (m, d); unit vectors that do not say their language.

    No document is in two releases, and two of one language are in the same one only where they are
    near copies. What is in doubt stays apart: to group is to hide. The order of the documents makes
    no difference.
    """
    in_order = sorted(documents, key=lambda document: document.path)
    numbers = {document.path: number for number, document in enumerate(in_order)}
    of_passage, counts = np.fromiter(
        ((numbers[one.passage.path], len(one.sentences)) for one in chunks),
        dtype=np.dtype((np.int64, 2)), count=len(chunks),
    ).T  # fmt: skip
    by_language: dict[str, list[int]] = defaultdict(list)
    for number, document in enumerate(in_order):
        if document.language != UNDETERMINED:
            by_language[document.language].append(number)
    told = _Told(in_order, chunks, of_passage, np.cumsum(counts) - counts, sentences)
    found = {}
    for one, other in candidates(by_language, _means(len(in_order), of_passage, passages)):
        if _may_be_one(in_order[one], in_order[other]):
            share = told_in_both(told[one], told[other])
            if share >= TOLD_IN_BOTH:
                found[min(one, other), max(one, other)] = share
    grouped = groups([document.language for document in in_order], found)
    return [tuple(in_order[number].path for number in group) for group in grouped]


# --- Candidates -------------------------------------------------------------------------------


def candidates(by_language: Mapping[str, Sequence[int]], vectors: Vectors) -> Iterator[Pair]:
    """The pairs of documents that are each the other's best in its language, by their rows.

    by_language: the rows of the documents in each language. vectors: (n, d), of unit length.
    The best has the greatest ratio margin: the cosine of the two, over the mean of the cosines that
    either has with its NEIGHBOURS nearest in the other's language (Artetxe and Schwenk, 2019,
    "Margin-based Parallel Corpus Mining with Multilingual Sentence Embeddings"). Of equal ones the
    first counts. No document is a neighbour of itself.
    """
    for one, other in combinations_with_replacement(sorted(by_language), 2):
        mine, theirs = by_language[one], by_language[other]
        if one == other and len(mine) == 1:
            continue
        forth = _neighbours(vectors, mine, theirs)
        back = forth if one == other else _neighbours(vectors, theirs, mine)
        best, best_back = _best(forth, back), _best(back, forth)
        for at, to in enumerate(best):
            if best_back[to] == at and (one != other or at < to):
                yield mine[at], theirs[to]


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """For each document of a language its nearest in another one: (n, k) cosines and places."""

    cosines: Vectors
    places: Rows


def _neighbours(vectors: Vectors, mine: Sequence[int], theirs: Sequence[int]) -> _Neighbours:
    within = mine == theirs
    cosines, places = nearest(vectors, np.array(mine), np.array(theirs), NEIGHBOURS + within)
    if within:  # each document is its own nearest: it goes last, and out
        own = places == np.arange(len(mine))[:, np.newaxis]
        others = np.argsort(own, axis=1, kind="stable")[:, :-1]
        cosines = np.take_along_axis(cosines, others, axis=1)
        places = np.take_along_axis(places, others, axis=1)
    return _Neighbours(cosines.round(_DECIMALS), places)


def _best(forth: _Neighbours, back: _Neighbours) -> list[int]:
    """For each document the place of the one that has the greatest margin with it."""
    mine, theirs = forth.cosines.mean(axis=1), back.cosines.mean(axis=1)
    around = (mine[:, np.newaxis] + theirs[forth.places]) / 2
    margins = (forth.cosines / np.maximum(around, 1e-6)).round(_DECIMALS)
    greatest = margins == margins.max(axis=1, keepdims=True)
    best: list[int] = np.where(greatest, forth.places, len(theirs)).min(axis=1).tolist()
    return best


def _means(count: int, of_passage: Rows, passages: Matrix) -> Vectors:
    """The vector of each document, the mean of its passages', (count, d), of unit length."""
    sums = np.zeros((count, passages.shape[1]), dtype=np.float32)
    at = 0
    for block in blocks(passages):
        np.add.at(sums, of_passage[at : at + len(block)], block)
        at += len(block)
    for start in range(0, count, BLOCK):
        sums[start : start + BLOCK] = unit_rows(sums[start : start + BLOCK])
    return sums


# --- Evidence ---------------------------------------------------------------------------------


def _may_be_one(one: Document, other: Document) -> bool:
    """Whether the days and, within one language, the wording let two documents be one release."""
    if one.published and other.published and abs(one.published - other.published) > APART:
        return False
    if one.language != other.language:
        return True
    return jaccard(shingles_of(one.text), shingles_of(other.text)) >= SAME_WORDING


def told_in_both(one: Sentences, other: Sentences) -> float:
    """The share of two articles, 0 to 1, in sentences that say the same in the same order.

    By characters, the mean of both; of all the runs of pairs in which neither article goes back,
    that of the greatest share. 0 where fewer than SENTENCES say the same.
    """
    pairs = aligned(one, other)
    if len(pairs) < SENTENCES:
        return 0.0
    mine, theirs = one.shares, other.shares
    longest = np.zeros(len(theirs))  # by the sentence of the other article that a run ends with
    for at, to in pairs:
        longest[to] = longest[:to].max(initial=0.0) + (mine[at] + theirs[to]) / 2
    return round(float(longest.max()), _DECIMALS)


class _Told:
    """The sentences of each document by its number, with the vectors as a snapshot keeps them."""

    def __init__(
        self,
        documents: Sequence[Document],
        chunks: Sequence[Chunk],
        of_passage: Rows,
        first_sentences: Rows,
        vectors: Matrix,
    ) -> None:
        """of_passage, first_sentences: each passage's document and first sentence, (n,)."""
        self._documents, self._chunks, self._vectors = documents, chunks, vectors
        self._sentences = first_sentences
        # The passages in the order of their documents, and the first of each.
        self._passages = np.argsort(of_passage, kind="stable")
        self._firsts = np.searchsorted(of_passage[self._passages], np.arange(len(documents) + 1))

    def __getitem__(self, number: int) -> Sentences:
        spans: list[Span] = []
        rows: list[int] = []
        for passage in self._passages[slice(*self._firsts[number : number + 2])].tolist():
            told, first = self._chunks[passage].sentences, int(self._sentences[passage])
            spans += told
            rows += range(first, first + len(told))
        stored = self._vectors[np.array(rows)].astype(np.float16).astype(np.float32)
        return Sentences(self._documents[number].text, tuple(spans), stored)


# --- Groups -----------------------------------------------------------------------------------


def groups(languages: Sequence[str], found: Mapping[Pair, float]) -> list[list[int]]:
    """The documents that pairs join, each group and all of them in order; those alone left out.

    languages: of each document. found: the share that each pair (smaller number first) has in
    common. The closest pairs join first. A pair that would bring together two documents of one
    language which are no pair themselves joins nothing.
    """
    group_of: dict[int, list[int]] = {}
    for pair in sorted(found, key=lambda pair: (-found[pair], pair)):
        one, other = (group_of.get(number, [number]) for number in pair)
        if one is not other and all(
            languages[a] != languages[b] or (min(a, b), max(a, b)) in found
            for a in one
            for b in other
        ):
            both = sorted(one + other)
            group_of |= dict.fromkeys(both, both)
    return sorted({id(group): group for group in group_of.values()}.values())
