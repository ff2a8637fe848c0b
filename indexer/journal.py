"""What a run has encoded so far, on disk, so that one that is killed goes on from there.

A folder beside the snapshots, for one model and one calibration, which every record was made with:

    head.json           the format, the model, and the SHA-256 of the calibration's file
    calibration.npz
    passages            records: key, vector, which tokens, how many records of its batch follow
    tokens              of the passages: word, end, code
    sentences           records: key, vector, how many records of its batch follow

Records are of one length each and end with their CRC-32, that of a passage with its tokens'. A
record that is torn or has changed is none; what stands after the last whole batch is cut off, so
that encoding goes on with the batches that it would have gone on with.
"""

import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from archive.calibration import Calibration, read_calibration, write_calibration
from archive.errors import IndexUnwritable
from archive.languages import Vectors
from archive.spans import Rows
from archive.storage import new_folder
from indexer.late_interaction import PassageTokens, TokenRows
from indexer.stored import KEY, KeyRows, Keys, Store

FOLDER = "encoded"

_FORMAT = 2
_HEAD, _CALIBRATION = "head.json", "calibration.npz"
_PASSAGES, _TOKENS, _SENTENCES = "passages", "tokens", "sentences"
_CRC = 4  # bytes, the last of every record

Records = npt.NDArray[np.void]


@dataclass(frozen=True, slots=True)
class Journal:
    """The journal of an index, as it was when it was opened; what is added later is not in it.

    calibration: the one that all its vectors are under. store: what it held.
    """

    folder: Path
    calibration: Calibration
    store: Store

    def add_passages(self, keys: Keys, vectors: Vectors, tokens: Sequence[PassageTokens]) -> None:
        """Add a batch of passages: keys (n,), vectors (n, d), the tokens of each.

        Raises IndexUnwritable.
        """
        with _writing(self.folder.parent):
            _add_passages(self.folder, keys, vectors, tokens)

    def add_sentences(self, keys: Keys, vectors: Vectors) -> None:
        """Add a batch of sentences: keys (n,), vectors (n, d). Raises IndexUnwritable."""
        with _writing(self.folder.parent):
            records = _records(_sentence_type(vectors.shape[1]), keys, vectors)
            records["crc"] = [zlib.crc32(record) for record in _checked(records)]
            _append(self.folder / _SENTENCES, records)


def open_journal(index_dir: Path, model: str) -> Journal | None:
    """The journal that stands in the folder of an index, held for writing.

    None where there is none that serves: it is of another model or format, or cannot be read.
    """
    folder = index_dir / FOLDER
    try:
        if json.loads((folder / _HEAD).read_bytes()) != _head(folder, model):
            return None
        calibration = read_calibration(folder / _CALIBRATION)
        dimension = len(calibration.centre)
        tokens = _mapped(folder / _TOKENS, _token_type(dimension))
        cells = tokens.view(np.uint8).data

        def checksum_of_tokens(record: np.void, crc: int) -> int:
            first, last = int(record["first"]), int(record["first"]) + int(record["count"])
            if not 0 <= first <= last <= len(tokens):
                return -1
            size = tokens.dtype.itemsize
            return zlib.crc32(cells[first * size : last * size], crc)

        passages, good = _whole(folder / _PASSAGES, _passage_type(dimension), checksum_of_tokens)
        parts, good_parts = _whole(folder / _SENTENCES, _sentence_type(dimension))
        last = (passages["first"] + passages["count"])[good].max(initial=0)
        os.truncate(folder / _TOKENS, int(last) * tokens.dtype.itemsize)
    except (OSError, ValueError):
        return None
    return Journal(
        folder,
        calibration,
        Store(
            KeyRows(_keys(passages)[good], good),
            passages["vector"],
            TokenRows(
                passages["first"], passages["count"],
                tokens["code"], tokens["word"], tokens["end"],
            ),
            KeyRows(_keys(parts)[good_parts], good_parts),
            parts["vector"],
        ),
    )  # fmt: skip


def start_journal(
    index_dir: Path,
    model: str,
    calibration: Calibration,
    keys: Keys,
    vectors: Vectors,
    tokens: Sequence[PassageTokens],
) -> None:
    """Put a new journal in the place of any other; it appears with its first passages in it.

    keys (n,), vectors (n, d), tokens: of the passages that the calibration was learned from, if it
    was learned now. Raises IndexUnwritable.
    """
    drop_journal(index_dir)
    with _writing(index_dir), new_folder(index_dir / FOLDER) as folder:
        write_calibration(folder / _CALIBRATION, calibration)
        for name in (_PASSAGES, _TOKENS, _SENTENCES):
            (folder / name).touch()
        _add_passages(folder, keys, vectors, tokens)
        (folder / _HEAD).write_text(json.dumps(_head(folder, model)), encoding="utf-8")


def drop_journal(index_dir: Path) -> None:
    """Drop the journal of an index, and what is left of one that was being started.

    Raises IndexUnwritable.
    """
    with _writing(index_dir):
        for folder in [*index_dir.glob(f".{FOLDER}-*"), index_dir / FOLDER]:
            if folder.exists():
                shutil.rmtree(folder)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise IndexUnwritable(folder, (error.strerror or "unknown reason").lower()) from None


def _head(folder: Path, model: str) -> dict[str, object]:
    """What the head of a journal of this model says."""
    digest = hashlib.sha256((folder / _CALIBRATION).read_bytes()).hexdigest()
    return {"format": _FORMAT, "model": model, "calibration": digest}


# --- Records ----------------------------------------------------------------------------------


def _passage_type(dimension: int) -> np.dtype[np.void]:
    return np.dtype(
        [
            ("key", f"V{KEY}"), ("vector", "<f4", (dimension,)), ("first", "<i8"),
            ("count", "<i8"), ("left", "<u4"), ("crc", "<u4"),
        ]
    )  # fmt: skip


def _sentence_type(dimension: int) -> np.dtype[np.void]:
    return np.dtype(
        [("key", f"V{KEY}"), ("vector", "<f4", (dimension,)), ("left", "<u4"), ("crc", "<u4")]
    )


def _token_type(dimension: int) -> np.dtype[np.void]:
    return np.dtype([("word", "<i4"), ("end", "<i4"), ("code", "u1", (-(-dimension // 8),))])


def _records(kind: np.dtype[np.void], keys: Keys, vectors: Vectors) -> Records:
    """The records (n,) of a batch, but for their tokens and their checksums."""
    records = np.zeros(len(keys), dtype=kind)
    records["key"] = keys.view(f"V{KEY}")
    records["vector"] = vectors
    records["left"] = np.arange(len(keys))[::-1]
    return records


def _add_passages(
    folder: Path, keys: Keys, vectors: Vectors, tokens: Sequence[PassageTokens]
) -> None:
    """Append a batch of passages, their tokens first."""
    if not len(keys):
        return
    counts = np.array([len(one.words) for one in tokens])
    ends = np.cumsum(counts)
    cells = np.zeros(ends[-1], dtype=_token_type(vectors.shape[1]))
    cells["word"] = np.concatenate([one.words for one in tokens])
    cells["end"] = np.concatenate([one.ends for one in tokens])
    cells["code"] = np.concatenate([one.codes for one in tokens])
    size = cells.dtype.itemsize
    records = _records(_passage_type(vectors.shape[1]), keys, vectors)
    records["first"] = (folder / _TOKENS).stat().st_size // size + ends - counts
    records["count"] = counts
    told = cells.tobytes()
    records["crc"] = [
        zlib.crc32(told[(end - count) * size : end * size], zlib.crc32(record))
        for record, count, end in zip(_checked(records), counts, ends, strict=True)
    ]
    _append(folder / _TOKENS, cells)
    _append(folder / _PASSAGES, records)


def _append(file: Path, records: npt.NDArray[Any]) -> None:
    with open(file, "ab") as handle:
        handle.write(records.tobytes())


def _checked(records: Records) -> Iterator[memoryview]:
    """The bytes of each record that its checksum is of."""
    told, size = records.view(np.uint8).data, records.dtype.itemsize
    return (told[at : at + size - _CRC] for at in range(0, len(told), size))


def _whole(
    file: Path,
    kind: np.dtype[np.void],
    more: Callable[[np.void, int], int] = lambda record, crc: crc,
) -> tuple[Records, Rows]:
    """The records (n,) of a file up to its last whole batch, and the rows of the good ones.

    more: a record's checksum, from that of its own bytes. The file is cut where the batch ends.
    """
    records = _mapped(file, kind)
    good = np.array(
        [
            row
            for row, (record, told) in enumerate(zip(records, _checked(records), strict=True))
            if more(record, zlib.crc32(told)) == record["crc"]
        ],
        dtype=np.int64,
    )
    ends = good[records["left"][good] == 0]
    count = int(ends[-1]) + 1 if len(ends) else 0
    os.truncate(file, count * kind.itemsize)
    return records[:count], good[good < count]


def _mapped(file: Path, kind: np.dtype[np.void]) -> Records:
    """The records of a file, read where they lie, but for a torn last one."""
    count = file.stat().st_size // kind.itemsize
    if not count:
        return np.empty(0, dtype=kind)  # nothing can be mapped
    return np.asarray(np.memmap(file, dtype=kind, mode="r", shape=(count,)))


def _keys(records: Records) -> Keys:
    return np.ascontiguousarray(records["key"]).view(f"S{KEY}")
