"""What the indexer knows of each file, kept in the snapshot for the next run."""

import errno
import shutil
import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from archive.storage import Stamp
from indexer.furniture import Page, Repeated

_SCHEMA = """
CREATE TABLE files (
    path TEXT PRIMARY KEY, digest TEXT NOT NULL, size INTEGER, changed INTEGER,
    lines BLOB NOT NULL, furniture BLOB NOT NULL, signature BLOB, parsed BLOB
);
CREATE TABLE families (key TEXT NOT NULL, line INTEGER, words TEXT, pages INTEGER, family INTEGER);
"""


# Comes after the lines of every family, so that one without any is known, too.
_NONE = (None, None, None, None)


class FileRecord(NamedTuple):
    """What is known of a file that was decoded.

    digest: the SHA-256 of its bytes. stamp: None where it must be read again to be sure.
    lines: as `indexer.furniture.page_of` gives them; furniture: which of them were left out.
    signature: (HASHES,), of its article (`indexer/duplicates.py`); None where it gave none.
    """

    digest: str
    stamp: Stamp | None
    lines: Page
    furniture: tuple[int, ...]
    signature: npt.NDArray[np.uint32] | None


def write_records(
    file: Path,
    records: Mapping[str, FileRecord],
    parsed: Mapping[str, bytes],
    families: Mapping[str, Sequence[Repeated]],
    before: tuple[Path, Iterable[str]] | None = None,
) -> None:
    """Write what is known of files, by their paths.

    parsed: what was parsed of those that cost a parse. families: the furniture of each, as
    `indexer.furniture.Furniture` has it. before: an earlier file and the paths there
    of which what is known has gone or is in `records`; what it tells of all others stays. Raises
    OSError where the disk does not take it.
    """
    if before:
        shutil.copyfile(before[0], file)
    rows = (
        (
            path, one.digest, *(one.stamp or (None, None)), one.lines.tobytes(),
            array("i", one.furniture).tobytes(),
            None if one.signature is None else one.signature.tobytes(), parsed.get(path),
        )
        for path, one in records.items()
    )  # fmt: skip
    told = ((key, *line) for key, lines in families.items() for line in (*lines, _NONE))
    try:
        with closing(sqlite3.connect(file)) as connection, connection:
            if before:
                gone = ((path,) for path in before[1])
                connection.executemany("DELETE FROM files WHERE path = ?", gone)
                connection.execute("DELETE FROM families")
            else:
                connection.executescript(_SCHEMA)
            connection.executemany("INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            connection.executemany("INSERT INTO families VALUES (?, ?, ?, ?, ?)", told)
    except sqlite3.Error as error:
        raise OSError(errno.EIO, str(error)) from None


def read_records(file: Path) -> dict[str, FileRecord]:
    """What is known of every file, by its path. Raises ValueError for what cannot be read."""
    query = "SELECT path, digest, size, changed, lines, furniture, signature FROM files"
    with _reading(file) as connection:
        return {path: _record(*told) for path, *told in connection.execute(query)}


def read_families(file: Path) -> dict[str, list[Repeated]]:
    """The furniture of each family. Raises ValueError for what cannot be read."""
    found: dict[str, list[Repeated]] = {}
    with _reading(file) as connection:
        for key, line, *told in connection.execute("SELECT * FROM families ORDER BY rowid"):
            lines = found.setdefault(key, [])
            if line is not None:
                lines.append(Repeated(line, *told))
    return found


def read_parsed(file: Path, path: str, digest: str) -> bytes | None:
    """What was parsed of a file; None where it was another file or cost no parse.

    Raises ValueError for what cannot be read.
    """
    query = "SELECT parsed FROM files WHERE path = ? AND digest = ?"
    with _reading(file) as connection:
        found = connection.execute(query, (path, digest)).fetchone()
    return bytes(found[0]) if found and found[0] is not None else None


@contextmanager
def _reading(file: Path) -> Iterator[sqlite3.Connection]:
    address = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            yield connection
    except (sqlite3.Error, TypeError, OverflowError) as error:
        raise ValueError(str(error)) from None


def _record(
    digest: object, size: object, changed: object, lines: bytes, out: bytes, signature: bytes | None
) -> FileRecord:
    page, furniture = array("q"), array("i")
    page.frombytes(lines)
    furniture.frombytes(out)
    return FileRecord(
        str(digest),
        Stamp(size, changed) if isinstance(size, int) and isinstance(changed, int) else None,
        page,
        tuple(furniture),
        None if signature is None else np.frombuffer(signature, dtype=np.uint32),
    )
