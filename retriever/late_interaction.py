"""Late interaction: how well each token of a question is met by some token of a passage.

After Khattab and Zaharia (2020), "ColBERT: Efficient and Effective Passage Search via
Contextualized Late Interaction over BERT", with the packaged model's own tokens, one bit a
component on the side of the passages.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from archive.encoder import Numbers
from archive.languages import Vectors
from archive.text import Span
from archive.token_files import CODES, ENDS, HELD, STARTS

Codes = npt.NDArray[np.uint8]

_MARK = 0.5  # how much a sign counts beside a word that no passage holds
_UNPACKED = 256  # codes
_SHARED = 2048  # codes, from which on a second thread takes half of them

# The bits of each byte, the highest first, (256, 8).
_BITS = np.unpackbits(np.arange(256, dtype=np.uint8)[:, np.newaxis], axis=1).astype(np.float32)

_BESIDE, _BESIDE_FREE = ThreadPoolExecutor(1, "late interaction"), threading.Lock()


class TokenIndex:
    """The tokens of a snapshot's passages, read where they lie."""

    def __init__(self, folder: Path) -> None:
        self._starts = np.load(folder / STARTS)
        self._codes = np.asarray(np.load(folder / CODES, mmap_mode="r"))
        self._ends = np.asarray(np.load(folder / ENDS, mmap_mode="r"))
        self._held = np.load(folder / HELD)

    def __len__(self) -> int:
        """How many passages there are."""
        return len(self._starts) - 1

    def weights(self, words: Numbers, marks: int = 0) -> Vectors:
        """How much each token of a question counts: its idf among the passages; they sum to 1.

        words: (q,). marks: how many signs follow, each of which counts half as much as a word that
        no passage holds. Returns (q + marks,).
        """
        every = len(self)
        held = np.zeros(len(words) + marks)
        known = np.flatnonzero(words < len(self._held))
        held[known] = self._held[words[known]]
        rarity = np.log(1 + (every - held + 0.5) / (held + 0.5))
        rarity[len(words) :] *= _MARK
        weights: Vectors = (rarity / rarity.sum()).astype(np.float32)
        return weights

    def passages(self, question: Vectors, weights: Vectors, rows: Sequence[int]) -> Vectors:
        """How well each of the passages meets a question, (len(rows),), -1 to 1.

        question: (q, d), calibrated; weights: (q,). Each token of the question counts by the most
        similar token of the passage.
        """
        at = np.array(rows, dtype=np.int64)
        begins = self._starts[at]
        lengths = self._starts[at + 1] - begins
        met = np.zeros(len(rows), dtype=np.float32)
        full = np.flatnonzero(lengths)
        if len(full) and len(question):
            codes = np.concatenate(
                [self._codes[b : b + n] for b, n in zip(begins[full], lengths[full], strict=True)]
            )
            offsets = np.concatenate([[0], np.cumsum(lengths[full])[:-1]])
            most = np.maximum.reduceat(_on_two_cores(question, codes), offsets)
            met[full] = _cosines(question, most) @ weights
        return met

    def sentences(
        self, question: Vectors, weights: Vectors, row: int, spans: Sequence[Span]
    ) -> list[float]:
        """The same for parts of one passage, by their offsets into its text."""
        if not len(question) or not spans:
            return [0.0] * len(spans)
        begin, end = self._starts[row], self._starts[row + 1]
        sums = _sums(question, self._codes[begin:end])
        places = np.searchsorted(self._ends[begin:end], np.array(spans), side="right")
        met = []
        for first, last in places.tolist():
            if last > first:
                most = sums[first:last].max(axis=0)
                met.append(float(_cosines(question, most) @ weights))
            else:
                met.append(0.0)
        return met


def _on_two_cores(question: Vectors, codes: Codes) -> Vectors:
    """What `_sums` gives; where there are many codes half of them go to a second thread, unless
    another question has it."""
    if len(codes) < _SHARED or not _BESIDE_FREE.acquire(blocking=False):
        return _sums(question, codes)
    try:
        middle = len(codes) // 2
        rest = _BESIDE.submit(_sums, question, codes[middle:])
        return np.concatenate([_sums(question, codes[:middle]), rest.result()])
    finally:
        _BESIDE_FREE.release()


def _sums(question: Vectors, codes: Codes) -> Vectors:
    """The sums (t, q) of those components of vectors (q, d) whose bits are set in t codes.

    Bits are looked up byte by byte, so few codes at a time that they stay in the processor's cache;
    what fills up the last byte meets zeros.
    """
    (count, width), dimension = codes.shape, question.shape[1]
    columns = np.zeros((8 * width, len(question)), dtype=np.float32)
    columns[:dimension] = question.T
    bits = np.empty((_UNPACKED, width, 8), dtype=np.float32)
    sums = np.empty((count, len(question)), dtype=np.float32)
    for at in range(0, count, _UNPACKED):
        part = codes[at : at + _UNPACKED]
        # In any other mode numpy would write into a copy of `out` first.
        told = np.take(_BITS, part, axis=0, out=bits[: len(part)], mode="clip")
        np.matmul(told.reshape(len(part), -1), columns, out=sums[at : at + _UNPACKED])
    return sums


def _cosines(question: Vectors, sums: Vectors) -> Vectors:
    """The cosines (..., q) of unit vectors (q, d) with signs, by the sums over their bits.

    A sign is twice its bit less one. Greater sums give greater cosines, so the greatest is chosen
    among the sums.
    """
    cosines: Vectors = (2 * sums - question.sum(axis=1)) / np.float32(np.sqrt(question.shape[1]))
    return cosines
