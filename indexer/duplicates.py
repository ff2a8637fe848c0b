"""Articles that tell what another one tells in the same words are indexed once."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from archive.documents import Duplicate
from archive.text import words
from indexer.articles import Articles

SHINGLE = 4
SAME = 0.75

# Bands and rows of the hashing: a pair that is SAME alike is missed once in 200,000 times.
_BANDS, _ROWS = 32, 4
HASHES = _BANDS * _ROWS

# What shares fewer of its hashes is not compared: of pairs that are SAME alike, one in 3 billion.
_SHARED = 0.5

_REMEMBERED = 256  # documents whose shingles are kept for the next comparison

Shingles = npt.NDArray[np.uint64]
Signatures = npt.NDArray[np.uint32]


def find_duplicates(articles: Articles, signatures: Signatures) -> dict[int, Duplicate]:
    """Those of the articles that repeat an earlier one, by their numbers, ascending.

    signatures: of each article, as `signatures_of` gives them, (n, HASHES).
    Two articles of one language are copies when the Jaccard similarity of their runs of
    SHINGLE words is at least SAME; exact copies have 1. Candidates come from locality-sensitive
    hashing of MinHash signatures (Broder, 1997) and are compared exactly, so nothing is merged
    by an estimate. Versions in different languages are never copies. Two articles that the earlier
    snapshot has as they are were compared then. Takes 640 bytes an article.
    """
    duplicates: dict[int, Duplicate] = {}
    shingles = lru_cache(_REMEMBERED)(lambda number: shingles_of(articles[number].text))
    candidates = _Candidates(signatures)
    languages, kept = articles.languages, articles.kept >= 0
    for number in candidates.numbers():
        alike = [
            (-jaccard(shingles(number), shingles(of)), articles.paths[of])
            for of in candidates.before(number)
            if languages[of] == languages[number] and not (kept[of] and kept[number])
        ]
        less, path = min(alike, default=(0.0, ""))
        if -less >= SAME:
            duplicates[number] = Duplicate(articles.paths[number], path, round(-less, 3))
            candidates.leave_out(number)
    return duplicates


class _Candidates:
    """Which documents may be copies of which: those that have all hashes of a band in common."""

    def __init__(self, signatures: Signatures) -> None:
        self._signatures = signatures
        self._out = np.zeros(len(signatures) + 1, dtype=np.bool_)  # the last stands for none
        # By document and band: the last one before it with the same hashes, -1 where there is none.
        self._before = np.full((len(signatures), _BANDS), -1, dtype=np.int32)
        for band in range(_BANDS):
            hashes = signatures[:, band * _ROWS : (band + 1) * _ROWS].view(np.uint64)
            bucket = hashes[:, 0] ^ hashes[:, 1]  # where two that differ meet, they are compared
            order = np.argsort(bucket, kind="stable")
            same = bucket[order[1:]] == bucket[order[:-1]]
            self._before[order[1:][same], band] = order[:-1][same]

    def leave_out(self, number: int) -> None:
        """Name the document that was asked about last for none of the later ones."""
        self._out[number] = True

    def numbers(self) -> list[int]:
        """The documents that may be copies of any, ascending."""
        found: list[int] = np.flatnonzero((self._before >= 0).any(axis=1)).tolist()
        return found

    def before(self, number: int) -> list[int]:
        """The earlier documents that may be copies of one. To be asked in the order of numbers."""
        before = self._before[number]
        out = self._out[before].nonzero()[0]
        before[out] = self._before[before[out], out]  # those were asked about: they lead past it
        found: set[int] = set()
        for band in (before >= 0).nonzero()[0].tolist():
            of = int(before[band])
            while of >= 0:
                found.add(of)
                of = int(self._before[of, band])
        if not found:
            return []
        alike = np.array(sorted(found))
        shared = (self._signatures[alike] == self._signatures[number]).mean(axis=1)
        return [int(of) for of in alike[shared >= _SHARED]]


def signatures_of(texts: Sequence[str]) -> Signatures:
    """The MinHash signature of each text: (n, HASHES)."""
    from datasketch import MinHash  # loads for most of a second

    found = np.empty((len(texts), HASHES), dtype=np.uint32)
    sets = ((shingles_of(text) & 0xFFFFFFFF).tolist() for text in texts)
    hashed = MinHash.generator(sets, num_perm=HASHES, seed=1, hashfunc=int)
    for row, one in zip(found, hashed, strict=True):
        row[:] = one.hashvalues
    return found


def shingles_of(text: str) -> Shingles:
    """Hashes of all runs of SHINGLE words, ascending; of the whole where it has fewer."""
    told = words(text)
    runs = {" ".join(told[at : at + SHINGLE]) for at in range(max(1, len(told) - SHINGLE + 1))}
    hashed = b"".join(hashlib.blake2b(run.encode(), digest_size=8).digest() for run in runs)
    return np.sort(np.frombuffer(hashed, dtype="<u8"))


def jaccard(one: Shingles, other: Shingles) -> float:
    """The share of all their shingles that both have."""
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / (len(one) + len(other) - both)
