"""Articles that tell what another one tells in the same words are indexed once."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from archive.documents import Document, Duplicate
from archive.text import words

SHINGLE = 4
SAME = 0.75

# Bands and rows of the hashing: a pair that is SAME alike is missed once in 200,000 times.
_BANDS, _ROWS = 32, 4

# What shares fewer of its hashes is not compared: of pairs that are SAME alike, one in 3 billion.
_SHARED = 0.5

_REMEMBERED = 256  # documents whose shingles are kept for the next comparison

Shingles = npt.NDArray[np.uint64]
Signatures = npt.NDArray[np.uint32]


def without_duplicates(documents: Sequence[Document]) -> tuple[list[Document], list[Duplicate]]:
    """The documents to index, in the given order, and those that repeat an earlier one of them.

    Two documents of one language are copies when the Jaccard similarity of their runs of
    SHINGLE words is at least SAME; exact copies have 1. Candidates come from locality-sensitive
    hashing of MinHash signatures (Broder, 1997) and are compared exactly, so nothing is merged
    by an estimate. Versions in different languages are never copies. Takes 640 bytes a document.
    """
    kept: list[Document] = []
    duplicates: list[Duplicate] = []
    shingles = lru_cache(_REMEMBERED)(lambda number: shingles_of(documents[number].text))
    candidates = _Candidates(_signatures(documents))
    for number, document in enumerate(documents):
        alike = [
            (-jaccard(shingles(number), shingles(of)), documents[of].path)
            for of in candidates.before(number)
            if documents[of].language == document.language
        ]
        less, path = min(alike, default=(0.0, ""))
        if -less >= SAME:
            duplicates.append(Duplicate(document.path, path, round(-less, 3)))
            candidates.leave_out(number)
        else:
            kept.append(document)
    return kept, duplicates


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


def _signatures(documents: Sequence[Document]) -> Signatures:
    """The MinHash signature of each document: (n, _BANDS * _ROWS)."""
    from datasketch import MinHash  # loads for most of a second

    found = np.empty((len(documents), _BANDS * _ROWS), dtype=np.uint32)
    sets = ((shingles_of(one.text) & 0xFFFFFFFF).tolist() for one in documents)
    hashed = MinHash.generator(sets, num_perm=_BANDS * _ROWS, seed=1, hashfunc=int)
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
