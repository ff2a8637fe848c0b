"""An encoder that costs next to nothing: what it has not encoded it makes out of what it has.

The packaged model would need days for a million passages on two cores. To measure all the rest at
that size, `Keeping` encodes the first texts of an archive with the model and keeps what it gives,
and `StandIn` takes the place of the model from then on. A text that was encoded gets its own
encoding. Any other gets that of one that was, of about its length and chosen by its hash, moved
aside by the difference of two others: noise that is spread as the vectors themselves are.

What follows. Vectors are as dense as real ones and lie about NOISE apart from their source, but
tell nothing of the text, nor of its language: speed, memory, disk and the recall of a search among
vectors can be measured with them, answers cannot. Questions are encoded by the model itself, and
tokens counted by it. The network is not in memory while texts are only looked up.
"""

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from archive.encoder import Encoded, Encoder
from archive.languages import Vectors

NOISE = 0.4  # so much of the difference of two unit vectors is added to a third
ALIKE = 0.01  # of all that was encoded, those nearest to a text in length: one of them is taken

_TEXTS, _TOKENS = "texts", "tokens"
_STEPS = 127  # of a token's components on either side of zero
_MIXED = 0x9E3779B97F4A7C15  # 2^64 over the golden ratio: makes one number into another

Records = npt.NDArray[np.void]


class Kept:
    """What was encoded, in two files of records, read where they lie; tokens with 8 bits a
    component.

    A process that was killed while it added to them leaves a torn end, which counts for nothing.
    """

    def __init__(self, folder: Path, width: int = 384) -> None:
        """width: of a vector."""
        self._folder, self._width = folder, width
        folder.mkdir(parents=True, exist_ok=True)
        self._texts = _mapped(folder / _TEXTS, _text_type(width))
        self._tokens = _mapped(folder / _TOKENS, _token_type(width))
        keys = np.array(self._texts["key"])
        self._by_key = np.argsort(keys, kind="stable")
        self._keys = keys[self._by_key]
        lengths = np.array(self._texts["length"])
        self._by_length = np.argsort(lengths, kind="stable")
        self._lengths = lengths[self._by_length]

    def __len__(self) -> int:
        return len(self._texts)

    def row(self, key: int) -> int:
        """The row of the text of this key, -1 where there is none."""
        at = int(np.searchsorted(self._keys, np.uint64(key)))
        found = at < len(self._keys) and int(self._keys[at]) == key
        return int(self._by_key[at]) if found else -1

    def alike(self, length: int, key: int) -> int:
        """A row of about so many characters, by a key."""
        count = max(1, round(ALIKE * len(self)))
        middle = int(np.searchsorted(self._lengths, length))
        first = min(max(middle - count // 2, 0), len(self) - count)
        return int(self._by_length[first + key % count])

    def vector(self, row: int) -> Vectors:
        """The vector (d,) of a row."""
        vector: Vectors = self._texts["vector"][row]
        return vector

    def encoded(self, row: int, vector: Vectors, length: int) -> Encoded:
        """The tokens of a row under a vector, for a text of so many characters: they end as far
        into it, proportionally, as into their own."""
        one = self._texts[row]
        first = int(one["first"])
        tokens = self._tokens[first : first + int(one["count"])]
        ends = -(-tokens["end"].astype(np.int64) * length // int(one["length"]))
        return Encoded(
            vector,
            tokens["value"] * tokens["scale"][:, np.newaxis],
            np.array(tokens["word"]),
            ends.astype(np.int32),
            np.empty((0, self._width), dtype=np.float32),
        )

    def add(self, texts: Sequence[str], encoded: Sequence[Encoded]) -> None:
        """Add texts that are not there; they are found when the folder is opened again."""
        kind = _token_type(self._width)
        cells = np.zeros(sum(len(one.words) for one in encoded), dtype=kind)
        every = np.concatenate([one.tokens for one in encoded])
        scale = np.maximum(np.abs(every).max(axis=1, initial=0), 1e-9) / _STEPS
        cells["scale"] = scale
        cells["value"] = np.rint(every / scale[:, np.newaxis])
        cells["word"] = np.concatenate([one.words for one in encoded])
        cells["end"] = np.concatenate([one.ends for one in encoded])
        records = np.zeros(len(texts), dtype=_text_type(self._width))
        records["key"] = [key_of(text) for text in texts]
        records["length"] = [len(text) for text in texts]
        records["count"] = [len(one.words) for one in encoded]
        records["vector"] = np.stack([one.vector for one in encoded])
        with open(self._folder / _TOKENS, "ab") as handle:
            handle.write(b"\0" * (-handle.tell() % kind.itemsize))  # after a torn end
            records["first"] = (
                handle.tell() // kind.itemsize + np.cumsum(records["count"]) - records["count"]
            )
            handle.write(cells.tobytes())
        with open(self._folder / _TEXTS, "ab") as handle:
            handle.truncate(handle.tell() // records.dtype.itemsize * records.dtype.itemsize)
            handle.write(records.tobytes())


class Keeping:
    """The model itself; what it encodes is kept, and not encoded again when a run is repeated."""

    def __init__(self, encoder: Encoder, kept: Kept) -> None:
        self.model = encoder.model
        self.encode_question = encoder.encode_question
        self.count_tokens = encoder.count_tokens
        self._encoder, self._kept = encoder, kept

    def encode_passages(self, texts: Sequence[str]) -> list[Encoded]:
        rows = [self._kept.row(key_of(text)) for text in texts]
        new = [text for text, row in zip(texts, rows, strict=True) if row < 0]
        encoded = self._encoder.encode_passages(new) if new else []
        if new:
            self._kept.add(new, encoded)
        rest = iter(encoded)
        return [
            next(rest) if row < 0 else self._kept.encoded(row, self._kept.vector(row), len(text))
            for text, row in zip(texts, rows, strict=True)
        ]


class StandIn:
    """An encoder of passages that looks up and makes up. seconds: what that took; texts: how many
    it was given, made_up: how many of them had to be made up."""

    def __init__(self, encoder: Encoder, kept: Kept) -> None:
        """kept: one text at least."""
        self.model = encoder.model
        self.encode_question = encoder.encode_question
        self.count_tokens = encoder.count_tokens
        self.seconds, self.texts, self.made_up = 0.0, 0, 0
        self._kept = kept

    def encode_passages(self, texts: Sequence[str]) -> list[Encoded]:
        begun = time.perf_counter()
        found = [self._encoded(text) for text in texts]
        self.seconds += time.perf_counter() - begun
        self.texts += len(texts)
        return found

    def _encoded(self, text: str) -> Encoded:
        kept, key = self._kept, key_of(text)
        row = kept.row(key)
        if row >= 0:
            return kept.encoded(row, kept.vector(row), len(text))
        self.made_up += 1
        row = self.source(text)
        mixed = key * _MIXED % 2**64
        one, other = mixed % len(kept), (mixed >> 32) % len(kept)
        moved = kept.vector(row) + NOISE * (kept.vector(one) - kept.vector(other))
        vector: Vectors = moved / np.linalg.norm(moved)
        return kept.encoded(row, vector, len(text))

    def source(self, text: str) -> int:
        """The row whose encoding a text that was not encoded is made from."""
        return self._kept.alike(len(text), key_of(text))


def key_of(text: str) -> int:
    """64 bits that tell a text from any other."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def _text_type(width: int) -> np.dtype[np.void]:
    return np.dtype(
        [
            ("key", "<u8"), ("first", "<i8"), ("length", "<i4"), ("count", "<i4"),
            ("vector", "<f4", (width,)),
        ]
    )  # fmt: skip


def _token_type(width: int) -> np.dtype[np.void]:
    return np.dtype([("scale", "<f4"), ("word", "<i4"), ("end", "<i4"), ("value", "i1", (width,))])


def _mapped(file: Path, kind: np.dtype[np.void]) -> Records:
    """The records of a file, but for a torn last one."""
    file.touch()
    count = file.stat().st_size // kind.itemsize
    if not count:
        return np.empty(0, dtype=kind)  # nothing can be mapped
    return np.asarray(np.memmap(file, dtype=kind, mode="r", shape=(count,)))
