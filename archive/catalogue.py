"""The articles of a snapshot in SQLite, and what was left out and why."""

import errno
import hashlib
import json
import shutil
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple
from datetime import date
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import TypeVar

from archive.documents import (
    DateBasis,
    Document,
    Duplicate,
    FurnitureLine,
    Refusal,
)
from archive.errors import IndexDamaged
from archive.text import Piece, Span, well_formed

T = TypeVar("T")

_SCHEMA = """
CREATE TABLE documents (
    path TEXT NOT NULL UNIQUE, title TEXT NOT NULL, language TEXT NOT NULL, published TEXT,
    date_basis TEXT NOT NULL, text TEXT NOT NULL, pieces TEXT NOT NULL, encoding TEXT NOT NULL,
    digest TEXT NOT NULL, address TEXT NOT NULL, pages TEXT NOT NULL, checksum TEXT NOT NULL
);
CREATE INDEX headings ON documents (path, title, language, published, date_basis, digest);
CREATE TABLE refused (path TEXT NOT NULL, reason TEXT NOT NULL, sentence TEXT NOT NULL);
CREATE TABLE duplicates (path TEXT NOT NULL, of TEXT NOT NULL, similarity REAL NOT NULL);
CREATE TABLE furniture (
    source TEXT NOT NULL, line TEXT NOT NULL, pages INTEGER NOT NULL, family INTEGER NOT NULL
);
CREATE TABLE versions (path TEXT PRIMARY KEY, release INTEGER NOT NULL);
"""
_DOCUMENT = (
    "path, title, language, published, date_basis, text, pieces, encoding, digest, address, pages"
)
_SEALED = f"{_DOCUMENT}, checksum"


def write_catalogue(
    file: Path,
    documents: Iterable[Document],
    refused: Iterable[Refusal],
    duplicates: Iterable[Duplicate],
    furniture: Iterable[FurnitureLine],
    versions: Iterable[Sequence[str]],
    before: tuple[Path, Iterable[str]] | None = None,
) -> None:
    """Write everything a snapshot tells of its articles.

    versions: the paths of the documents that tell one release, for each that several tell.
    before: an earlier catalogue, and the paths of the documents there that have gone or are among
    `documents`; its other documents stay. Each document has a checksum of its own. Raises OSError
    where the disk does not take it.
    """
    if before:
        shutil.copyfile(before[0], file)
    releases = ((path, number) for number, paths in enumerate(versions) for path in paths)
    tables: dict[str, Iterable[tuple[object, ...]]] = {
        "refused": map(astuple, refused),
        "duplicates": map(astuple, duplicates),
        "furniture": map(astuple, furniture),
        "versions": releases,
    }
    try:
        with closing(sqlite3.connect(file)) as connection, connection:
            if before:
                gone = ((path,) for path in before[1])
                connection.executemany("DELETE FROM documents WHERE path = ?", gone)
                for table in tables:
                    connection.execute(f"DELETE FROM {table}")
            else:
                connection.executescript(_SCHEMA)
            _insert(connection, "documents", map(_sealed, documents))
            for table, rows in tables.items():
                _insert(connection, table, rows)
    except sqlite3.Error as error:
        raise OSError(errno.EIO, str(error)) from None


def _insert(connection: sqlite3.Connection, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    every = iter(rows)
    first = next(every, None)
    if first is not None:
        marks = ", ".join("?" * len(first))
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", chain([first], every))


def _sealed(document: Document) -> tuple[object, ...]:
    """What is kept of a document, and its checksum."""
    record = (
        document.path, document.title, document.language,
        document.published.isoformat() if document.published else None,
        document.date_basis.value, document.text,
        json.dumps([astuple(piece) for piece in document.pieces]),
        document.encoding, document.digest, document.address, json.dumps(document.pages),
    )  # fmt: skip
    return *record, _checksum(record)


def _checksum(record: Sequence[object]) -> str:
    """SHA-256 of all that is kept of a document, in hexadecimal."""
    return hashlib.sha256(json.dumps(record).encode()).hexdigest()


class Catalogue:
    """Read-only view of a catalogue; safe to use from several threads.

    The file is opened once, so that it can be read to the end when its snapshot is dropped. Every
    document that is read is compared with its checksum. Everything here, the opening too, raises
    IndexDamaged where that differs or the file cannot be read; `damaged` then stays true.
    """

    def __init__(self, file: Path) -> None:
        self.damaged = False
        self._file = file
        self._lock = threading.Lock()
        address = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
        with self._reading():
            self._connection = sqlite3.connect(address, uri=True, check_same_thread=False)
        self.document = lru_cache(maxsize=512)(self._document)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, ValueError, TypeError, OverflowError):
            raise self._damage(f"{self._file.name} cannot be read") from None

    def _damage(self, problem: str) -> IndexDamaged:
        self.damaged = True
        return IndexDamaged(self._file.parent.parent, problem)

    def _made(self, make: Callable[..., T], query: str, *values: object) -> list[T]:
        """What is made of the columns of each row that a query finds."""
        with self._reading(), self._lock:
            rows = self._connection.execute(query, values).fetchall()
            return [make(*row) for row in rows]

    def _document(self, path: str) -> Document:
        """One document by its path. Raises KeyError for a path that is not in the archive."""
        if path != well_formed(path):  # SQLite would not take it, nor does the indexer
            raise KeyError(path)
        found = self._made(self._checked, f"SELECT {_SEALED} FROM documents WHERE path = ?", path)
        if not found:
            raise KeyError(path)
        return found[0]

    def _checked(self, *row: object) -> Document:
        *record, checksum = row
        if _checksum(record) != checksum:
            raise self._damage(f"the article {record[0]} has changed")
        return _document(*record)

    def documents(self) -> list[Document]:
        """Every document, in the order of the paths."""
        return self._made(self._checked, f"SELECT {_SEALED} FROM documents ORDER BY path")

    def headings(self) -> list[tuple[str, str, str, date | None]]:
        """(path, title, language, published) of every document, in the order of the paths."""
        return self._made(
            lambda path, title, language, day: (str(path), str(title), str(language), _day(day)),
            "SELECT path, title, language, published FROM documents ORDER BY path",
        )

    def titles(self) -> list[tuple[str, DateBasis]]:
        """(title, how the date is known) of every document, in the order of the paths."""
        return self._made(
            lambda title, basis: (str(title), DateBasis(str(basis))),
            "SELECT title, date_basis FROM documents ORDER BY path",
        )

    def first_title(self, language: str, longest: int) -> str | None:
        """The first title of a document in a language, in the order of the paths, that is not cut
        off and has at most so many characters; None where there is none."""
        found = self._made(
            str,
            "SELECT title FROM documents WHERE language = ? AND length(title) <= ?"
            " AND title NOT LIKE '%…' ORDER BY path LIMIT 1",
            language,
            longest,
        )
        return found[0] if found else None

    def cuts(self, parts: Sequence[tuple[str, Span]]) -> list[str]:
        """Parts of the texts of documents that there are, each by its path and its offsets."""
        query = (
            "SELECT substr(text, value ->> 1, value ->> 2) FROM json_each(?)"
            " LEFT JOIN documents ON documents.path = value ->> 0 ORDER BY key"
        )
        wanted = json.dumps([(path, start + 1, end - start) for path, (start, end) in parts])
        found: list[str] = []
        for (path, _), text in zip(parts, self._made(_same, query, wanted), strict=True):
            if text is None:
                raise self._damage(f"the article {path} is missing")
            found.append(str(text))
        return found

    def refused(self) -> list[Refusal]:
        """The files that were refused, in the order of the paths."""
        return self._made(
            lambda *row: Refusal(*map(str, row)), "SELECT path, reason, sentence FROM refused"
        )

    def duplicates(self) -> list[Duplicate]:
        """The files that repeat another, in the order of the paths."""
        return self._made(
            lambda path, of, similarity: Duplicate(str(path), str(of), float(similarity)),
            "SELECT path, of, similarity FROM duplicates",
        )

    def furniture(self) -> list[FurnitureLine]:
        """The lines that were left out as furniture, by source, the commonest first."""
        return self._made(
            lambda source, line, pages, family: FurnitureLine(
                str(source), str(line), int(pages), int(family)
            ),
            "SELECT source, line, pages, family FROM furniture",
        )

    def versions(self) -> list[list[str]]:
        """The paths of the documents that tell one release, in order, for each that several
        tell."""
        releases: dict[int, list[str]] = defaultdict(list)
        told = self._made(
            lambda path, release: (str(path), int(release)),
            "SELECT path, release FROM versions ORDER BY path",
        )
        for path, release in told:
            releases[release].append(path)
        return list(releases.values())

    def articles(self) -> dict[str, str]:
        """The digest of the file of every document, by its path."""
        query = "SELECT path, digest FROM documents"
        return dict(self._made(lambda path, digest: (str(path), str(digest)), query))


def _same(value: object) -> object:
    return value


def _document(*record: object) -> Document:
    path, title, language, day, basis, text, pieces, encoding, digest, address, pages = record
    return Document(
        str(path), str(title), str(language), _day(day), DateBasis(str(basis)), str(text),
        tuple(Piece(*piece) for piece in json.loads(str(pieces))), str(encoding), str(digest),
        str(address), tuple(json.loads(str(pages))),
    )  # fmt: skip


def _day(value: object) -> date | None:
    return date.fromisoformat(str(value)) if value else None
