"""Articles that tell what another one tells in the same words are indexed once."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from archive.documents import Document, Duplicate
from archive.text import words

if TYPE_CHECKING:
    pass

SHINGLE = 4
SAME = 0.75
_PERMUTATIONS = 128

# Bands and rows of the hashing: a pair that is SAME alike is missed once in 200,000 times.
_BANDS = (32, 4)


def without_duplicates(documents: Sequence[Document]) -> tuple[list[Document], list[Duplicate]]:
    """The documents to index, in the given order, and those that repeat an earlier one of them.

    Two documents of one language are copies when the Jaccard similarity of their runs of
    SHINGLE words is at least SAME; exact copies have 1. Candidates come from locality-sensitive
    hashing of MinHash signatures (Broder, 1997) and are compared exactly, so nothing is merged
    by an estimate. Versions in different languages are never copies.
    """
    from datasketch import MinHash, MinHashLSH  # loads for most of a second

    kept: list[Document] = []
    duplicates: list[Duplicate] = []
    search: dict[str, MinHashLSH] = {}
    shingles: dict[str, frozenset[bytes]] = {}
    for document in documents:
        own = shingles_of(document.text)
        signature = MinHash(num_perm=_PERMUTATIONS, seed=1)
        signature.update_batch(own)
        index = search.setdefault(
            document.language, MinHashLSH(params=_BANDS, num_perm=_PERMUTATIONS)
        )
        alike = [(jaccard(own, shingles[path]), path) for path in sorted(index.query(signature))]
        similarity, of = max(alike, key=lambda one: one[0], default=(0.0, ""))
        if similarity >= SAME:
            duplicates.append(Duplicate(document.path, of, round(similarity, 3)))
        else:
            index.insert(document.path, signature)
            shingles[document.path] = frozenset(own)
            kept.append(document)
    return kept, duplicates


def shingles_of(text: str) -> list[bytes]:
    """Hashes of all runs of SHINGLE words; of the whole where it has fewer."""
    told = words(text)
    runs = {" ".join(told[at : at + SHINGLE]) for at in range(max(1, len(told) - SHINGLE + 1))}
    return sorted(hashlib.blake2b(run.encode(), digest_size=8).digest() for run in runs)


def jaccard(one: Sequence[bytes], other: frozenset[bytes]) -> float:
    """The share of all their shingles that both have."""
    return len(other.intersection(one)) / len(other.union(one))
