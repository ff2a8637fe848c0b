"""Articles that are one release in several languages, or near copies of one another."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from archive.alignment import Sentences, aligned
from archive.documents import UNDETERMINED
from archive.languages import Vectors, unit_rows
from archive.spans import Numbers, Rows, Spans
from indexer.dense import Whole, nearest
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

# Vectors are compared in whole numbers: the unit of an article's, which with what rounding adds
# stays shorter than `nearest` takes; and that of a passage's, of which 100,000 can be summed.
STEPS = 4000
_FINE = 1 << 14

_DECIMALS = 5  # of a margin or a share; what is beyond depends on the order of the sums

# Stands for a neighbour where a language has no more; less than any product.
_NOBODY, _LEAST = -1, -(1 << 24)

_NEAR = "near_"  # before a language, in the file

Pair = tuple[int, int]


class Heading(NamedTuple):
    """What is told of each document."""

    path: str
    language: str
    published: date | None


@dataclass(frozen=True, slots=True)
class Parts:
    """The passages of all documents, or the sentences of all passages: where they stand, and their
    vectors (n, d), row by row, unit vectors that do not say their language."""

    spans: Spans
    vectors: Matrix


@dataclass(frozen=True, slots=True)
class Compared:
    """What comparing the documents of a snapshot gave; they are told by their numbers.

    near: by language, for each document its nearest in it, best first, of equally near ones the
    smaller number first: (2, n, NEIGHBOURS), their numbers, and their cosines in parts of STEPS²;
    where there are no more, -1 and less than any cosine.
    pairs: (p, 2), those that were examined, the smaller number first, ascending.
    shares: (p,), the share that each has in common, 0 where it cannot be one release.
    vectors: (n, d), of each document, the mean of its passages', in whole numbers.
    """

    vectors: Whole
    near: Mapping[str, Numbers]
    pairs: Numbers
    shares: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Before:
    """What an earlier snapshot compared, and which of its documents are as they were.

    kept: (n,), for each document its number then; -1 where its path, text, language, day or any
    vector is another. But for the -1 ascending.
    """

    compared: Compared
    kept: Rows

    def today(self, numbers: Numbers) -> Rows:
        """What numbers the documents of earlier ones have now, -1 where they are not as they were;
        an array of any shape."""
        standing = np.flatnonzero(self.kept >= 0)
        was = np.append(self.kept[standing], np.iinfo(np.int64).max)
        at = np.searchsorted(was, numbers)
        return np.where(was[at] == numbers, np.append(standing, _NOBODY)[at], _NOBODY)


def find_versions(
    headings: Sequence[Heading],
    text: Callable[[int], str],
    passages: Parts,
    sentences: Parts,
    before: Before | None = None,
) -> tuple[list[tuple[str, ...]], Compared]:
    """The releases that several documents tell: the paths of each one's documents, in order; and
    what is to be kept for the next time.

    headings: of all documents, in the order of their paths, by which they have their numbers.
    text: that of the document of a number; asked for pairs that are examined, and no others.
    before: what then need not be compared again. It changes nothing of what is returned: cosines
    are compared in whole numbers, which are exact, and of equally near ones the first counts. Only
    a share that was worked out on another machine may be another.

    No document is in two releases, and two of one language are in the same one only where they are
    near copies. What is in doubt stays apart: to group is to hide.
    """
    languages = [one.language for one in headings]
    vectors = _vectors(len(headings), passages, before)
    near = neighbours(languages, vectors, before)
    pairs = candidates(languages, near)
    known = _examined(before) if before else {}
    evidence = _Evidence(headings, text, passages.spans, sentences)
    shares = {pair: known[pair] if pair in known else evidence.share(*pair) for pair in pairs}
    found = {pair: share for pair, share in shares.items() if share >= TOLD_IN_BOTH}
    releases = [
        tuple(headings[number].path for number in group) for group in groups(languages, found)
    ]
    examined = np.array(pairs, dtype=np.int32).reshape(-1, 2)
    told = np.array([*shares.values()], dtype=np.float64)
    return releases, Compared(vectors, near, examined, told)


def write_compared(file: Path, compared: Compared) -> None:
    near = {_NEAR + language: table for language, table in compared.near.items()}
    np.savez(
        file,
        allow_pickle=False,
        vectors=compared.vectors,
        pairs=compared.pairs,
        shares=compared.shares,
        **near,
    )


def read_compared(file: Path) -> Compared:
    with np.load(file, allow_pickle=False) as told:
        near = {
            name.removeprefix(_NEAR): told[name] for name in told.files if name.startswith(_NEAR)
        }
        return Compared(told["vectors"], near, told["pairs"], told["shares"])


# --- Candidates -------------------------------------------------------------------------------


def candidates(languages: Sequence[str], near: Mapping[str, Numbers]) -> list[Pair]:
    """The pairs of documents that are each the other's best in its language, in order.

    languages: of each document. near: as in `Compared`. The best has the greatest ratio margin: the
    cosine of the two, over the mean of the cosines that either has with its NEIGHBOURS nearest in
    the other's language (Artetxe and Schwenk, 2019, "Margin-based Parallel Corpus Mining with
    Multilingual Sentence Embeddings"). Of equal ones the first counts.
    """
    count = len(languages)
    place = {language: at for at, language in enumerate(near)}
    spoken = np.array([place.get(language, 0) for language in languages])
    # By language and document: the mean product with its nearest in it, and the number of its best.
    means = np.zeros((len(near), count))
    best = np.full((len(near), count), _NOBODY)
    for at, (numbers, products) in enumerate(near.values()):
        there = numbers != _NOBODY
        means[at] = (products * there).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    for at, (numbers, products) in enumerate(near.values()):
        there = numbers != _NOBODY
        around = (means[at][:, np.newaxis] + means[spoken[:, np.newaxis], numbers]) / 2
        margins = (products / np.maximum(around, 1)).round(_DECIMALS)
        margins[~there] = -np.inf
        greatest = margins == margins.max(axis=1, keepdims=True)
        best[at] = np.where(greatest, numbers, count).min(axis=1)
    pairs: list[Pair] = []
    for found in best:
        one = np.flatnonzero((found != _NOBODY) & (np.arange(count) < found))
        mutual = one[best[spoken[one], found[one]] == one]
        pairs += zip(mutual.tolist(), found[mutual].tolist(), strict=True)
    return sorted(pairs)


def neighbours(
    languages: Sequence[str], vectors: Whole, before: Before | None = None
) -> dict[str, Numbers]:
    """For each document its nearest in each language, as in `Compared`; none is its own neighbour.

    languages: of each document; one whose language nobody knows has no neighbours and is none.
    vectors: (n, d), in whole numbers. A document that stood before, all of its neighbours in a
    language with it, is held there against those alone that are new.
    """
    kept = before.kept if before else np.full(len(languages), _NOBODY)
    spoken = np.array(languages)
    known = spoken != UNDETERMINED
    near = {}
    for language in sorted({*languages} - {UNDETERMINED}):
        members = np.flatnonzero(spoken == language)
        table, stands = _nobody(len(languages)), np.zeros(len(languages), dtype=np.bool_)
        if before and language in before.compared.near:
            was, products = before.compared.near[language][:, kept]
            now = before.today(was)
            stands = known & (kept != _NOBODY) & ((now == _NOBODY) == (was == _NOBODY)).all(axis=1)
            table[:, stands] = now[stands], products[stands]
        standing, others = np.flatnonzero(stands), np.flatnonzero(known & ~stands)
        new = members[kept[members] == _NOBODY]
        if len(new) and len(standing):
            added = _nearest(vectors, standing, new)
            table[:, standing] = _foremost(table[:, standing], added)
        if len(others):
            table[:, others] = _nearest(vectors, others, members)
        near[language] = table
    return near


def _nearest(vectors: Whole, queries: Rows, among: Rows) -> Numbers:
    """The table of some documents' nearest among others, at least one of each."""
    products, places = nearest(vectors, queries, among, NEIGHBOURS + 1)
    numbers = among[places]
    own = numbers == queries[:, np.newaxis]
    found = np.stack([np.where(own, _NOBODY, numbers), np.where(own, _LEAST, products)])
    return _foremost(found.astype(np.int32), _nobody(len(queries)))


def _nobody(count: int) -> Numbers:
    """The table of documents that have no neighbours."""
    told = np.array([_NOBODY, _LEAST], dtype=np.int32)
    return np.repeat(told, count * NEIGHBOURS).reshape(2, count, NEIGHBOURS)


def _foremost(*tables: Numbers) -> Numbers:
    """The table of the nearest of what several tables (2, n, ·) of the same documents hold."""
    both = np.concatenate(tables, axis=2)
    numbers, products = both
    order = np.lexsort((numbers, -products))[:, :NEIGHBOURS]
    return np.take_along_axis(both, order[np.newaxis], axis=2)


def in_steps(vectors: Vectors) -> Whole:
    """Unit vectors (n, d) in whole numbers, so that a cosine is one as well, in parts of STEPS²."""
    return np.rint(vectors * STEPS).astype(np.int16)


def _vectors(count: int, passages: Parts, before: Before | None) -> Whole:
    """The vector of each document, the mean of its passages', (count, d), in whole numbers.

    The sums are of whole numbers too: so they do not depend on where blocks end. The passages of
    documents that are as they were before are not read.
    """
    kept = before.kept if before else np.full(count, _NOBODY)
    of_passage = passages.spans.of
    rows = np.flatnonzero(kept[of_passage] == _NOBODY)
    sums = np.zeros((count, passages.vectors.shape[1]), dtype=np.int32)
    at = 0
    for block in blocks(passages.vectors, rows):
        of = of_passage[rows[at : at + len(block)]]
        fine = np.rint(block * np.float32(_FINE)).astype(np.int32)
        for first, end in pairwise([*np.flatnonzero(np.diff(of, prepend=-1)).tolist(), len(of)]):
            sums[of[first]] += fine[first:end].sum(axis=0, dtype=np.int32)
        at += len(block)
    vectors = np.empty(sums.shape, dtype=np.int16)
    for start in range(0, count, BLOCK):
        part = slice(start, start + BLOCK)
        vectors[part] = in_steps(unit_rows(sums[part].astype(np.float64)))
    if before:
        vectors[kept != _NOBODY] = before.compared.vectors[kept[kept != _NOBODY]]
    return vectors


# --- Evidence ---------------------------------------------------------------------------------


def _examined(before: Before) -> dict[Pair, float]:
    """The share of every pair that was examined before and is as it was, by today's numbers."""
    pairs = before.today(before.compared.pairs)
    stand = (pairs != _NOBODY).all(axis=1)
    shares = before.compared.shares[stand].tolist()
    return dict(zip(map(tuple, pairs[stand].tolist()), shares, strict=True))


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What two documents have in common. text: that of the document of a number."""

    headings: Sequence[Heading]
    text: Callable[[int], str]
    passages: Spans
    sentences: Parts

    def share(self, one: int, other: int) -> float:
        """The share that two documents have in common, 0 to 1; 0 where the days or, within one
        language, the wording do not let them be one release."""
        mine, theirs = self.headings[one], self.headings[other]
        if mine.published and theirs.published and abs(mine.published - theirs.published) > APART:
            return 0.0
        text, their_text = self.text(one), self.text(other)
        if (
            mine.language == theirs.language
            and jaccard(shingles_of(text), shingles_of(their_text)) < SAME_WORDING
        ):
            return 0.0
        return told_in_both(self._told(one, text), self._told(other, their_text))

    def _told(self, number: int, text: str) -> Sentences:
        """The sentences of a document, with the vectors as a snapshot keeps them."""
        firsts, ends = self.sentences.spans.bounds(self.passages.parts(number))
        rows = np.arange(firsts[0], ends[-1])
        stored = self.sentences.vectors[rows].astype(np.float16).astype(np.float32)
        return Sentences(text, self.sentences.spans.spans(rows), stored)


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
