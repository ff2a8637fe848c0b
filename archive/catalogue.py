"""The articles of a snapshot in SQLite, and what was left out and why."""

import json
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from datetime import date
from functools import lru_cache
from pathlib import Path

from archive.documents import (
    DateBasis,
    Document,
    Duplicate,
    FurnitureLine,
    Refusal,
)
from archive.text import Piece, Span

_SCHEMA = """
CREATE TABLE documents (
    number INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
    language TEXT NOT NULL, published TEXT, date_basis TEXT NOT NULL, text TEXT NOT NULL,
    pieces TEXT NOT NULL, encoding TEXT NOT NULL, digest TEXT NOT NULL, address TEXT NOT NULL,
    pages TEXT NOT NULL
);
CREATE TABLE refused (path TEXT NOT NULL, reason TEXT NOT NULL, sentence TEXT NOT NULL);
CREATE TABLE duplicates (path TEXT NOT NULL, of TEXT NOT NULL, similarity REAL NOT NULL);
CREATE TABLE furniture (
    source TEXT NOT NULL, line TEXT NOT NULL, pages INTEGER NOT NULL, family INTEGER NOT NULL
);
CREATE TABLE files (path TEXT PRIMARY KEY, digest TEXT NOT NULL, parsed BLOB);
CREATE TABLE versions (
    document INTEGER PRIMARY KEY REFERENCES documents, release INTEGER NOT NULL
);
"""
_DOCUMENT = (
    "path, title, language, published, date_basis, text, pieces, encoding, digest, address, pages"
)


def write_catalogue(
    file: Path,
    documents: Sequence[Document],
    refused: Iterable[Refusal],
    duplicates: Iterable[Duplicate],
    furniture: Iterable[FurnitureLine],
    files: Iterable[tuple[str, str, bytes | None]],
    versions: Iterable[Sequence[str]],
) -> None:
    """Write everything a snapshot tells of its articles.

    files: (path, digest, what was parsed) of every file that was decoded; the last for those that
    cost a parse, as the indexer writes it.
    versions: the paths of the documents that tell one release, for each that several tell.
    """
    numbers = {document.path: number for number, document in enumerate(documents)}
    connection = sqlite3.connect(file)
    try:
        with connection:
            connection.executescript(_SCHEMA)
            connection.executemany(
                f"INSERT INTO documents VALUES (?{', ?' * 11})",
                ((numbers[document.path], *_record(document)) for document in documents),
            )
            for table, rows in (
                ("refused", refused), ("duplicates", duplicates), ("furniture", furniture),
            ):  # fmt: skip
                told = [astuple(row) for row in rows]
                if told:
                    marks = ", ".join("?" * len(told[0]))
                    connection.executemany(f"INSERT INTO {table} VALUES ({marks})", told)
            connection.executemany(
                "INSERT INTO files VALUES (?, ?, ?)",
                files,
            )
            connection.executemany(
                "INSERT INTO versions VALUES (?, ?)",
                (
                    (numbers[path], release)
                    for release, paths in enumerate(versions)
                    for path in paths
                ),
            )
    finally:
        connection.close()


def _record(document: Document) -> tuple[object, ...]:
    return (
        document.path, document.title, document.language,
        document.published.isoformat() if document.published else None,
        document.date_basis.value, document.text,
        json.dumps([astuple(piece) for piece in document.pieces]),
        document.encoding, document.digest, document.address, json.dumps(document.pages),
    )  # fmt: skip


class Catalogue:
    """Read-only view of a catalogue; safe to use from several threads."""

    def __init__(self, file: Path) -> None:
        self._address = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
        self._local = threading.local()
        self.document = lru_cache(maxsize=512)(self._document)

    def _rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._address, uri=True)
            self._local.connection = connection
        rows: list[tuple[object, ...]] = connection.execute(query, values).fetchall()
        return rows

    def _document(self, path: str) -> Document:
        """One document by its path. Raises KeyError for a path that is not in the archive."""
        rows = self._rows(f"SELECT {_DOCUMENT} FROM documents WHERE path = ?", path)
        if not rows:
            raise KeyError(path)
        return _document(rows[0])

    def documents(self) -> list[Document]:
        """Every document, in the order of the paths."""
        return [_document(row) for row in self._rows(f"SELECT {_DOCUMENT} FROM documents")]

    def headings(self) -> list[tuple[str, str, str, date | None]]:
        """(path, title, language, published) of every document, in the order of the paths."""
        return [
            (str(path), str(title), str(language), _day(day))
            for path, title, language, day in self._rows(
                "SELECT path, title, language, published FROM documents ORDER BY number"
            )
        ]

    def titles(self) -> list[tuple[str, DateBasis]]:
        """(title, how the date is known) of every document, in the order of the paths."""
        return [
            (str(title), DateBasis(str(basis)))
            for title, basis in self._rows(
                "SELECT title, date_basis FROM documents ORDER BY number"
            )
        ]

    def cut(self, number: int, span: Span) -> str:
        """A part of the text of the document of a number, by its offsets."""
        start, end = span
        ((text,),) = self._rows(
            "SELECT substr(text, ?, ?) FROM documents WHERE number = ?", start + 1, end - start,
            number,
        )  # fmt: skip
        return str(text)

    def refused(self) -> list[Refusal]:
        """The files that were refused, in the order of the paths."""
        return [Refusal(*map(str, row)) for row in self._rows("SELECT * FROM refused")]

    def duplicates(self) -> list[Duplicate]:
        """The files that repeat another, in the order of the paths."""
        return [
            Duplicate(str(path), str(of), float(str(similarity)))
            for path, of, similarity in self._rows("SELECT * FROM duplicates")
        ]

    def furniture(self) -> list[FurnitureLine]:
        """The lines that were left out as furniture, by source, the commonest first."""
        return [
            FurnitureLine(str(source), str(line), int(str(pages)), int(str(family)))
            for source, line, pages, family in self._rows("SELECT * FROM furniture")
        ]

    def versions(self) -> list[list[int]]:
        """The numbers of the documents that tell one release, for each that several tell."""
        releases: dict[int, list[int]] = defaultdict(list)
        for document, release in self._rows("SELECT * FROM versions ORDER BY document"):
            releases[int(str(release))].append(int(str(document)))
        return list(releases.values())

    def files(self) -> dict[str, str]:
        """The digest of every file that was decoded, by its path."""
        rows = self._rows("SELECT path, digest FROM files")
        return {str(path): str(digest) for path, digest in rows}

    def parsed(self, path: str, digest: str) -> bytes | None:
        """What was parsed of a file; None where it was another file or cost no parse."""
        rows = self._rows("SELECT parsed FROM files WHERE path = ? AND digest = ?", path, digest)
        held = rows[0][0] if rows else None
        return held if isinstance(held, bytes) else None


def _document(row: tuple[object, ...]) -> Document:
    path, title, language, day, basis, text, pieces, encoding, digest, address, pages = row
    return Document(
        str(path), str(title), str(language), _day(day), DateBasis(str(basis)), str(text),
        tuple(Piece(*piece) for piece in json.loads(str(pieces))), str(encoding), str(digest),
        str(address), tuple(json.loads(str(pages))),
    )  # fmt: skip


def _day(value: object) -> date | None:
    return date.fromisoformat(str(value)) if value else None
