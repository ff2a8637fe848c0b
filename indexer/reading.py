"""From files to their text: every file is read or refused, none is skipped."""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from archive.documents import Refusal
from archive.errors import ArticlesMissing
from indexer.formats import plain
from indexer.formats.parsed import NOTHING, Parsed, Stated
from indexer.parsing import ENDINGS, Parser
from indexer.refusals import Reason, Refused, refusal

PLAIN = ".txt"
LARGEST_FILE = 20 * 1024 * 1024

# What is known already of a file by its path and digest; None for nothing.
Known = Callable[[str, str], Parsed | None]


def nothing_known(path: str, digest: str) -> None:
    """Of no file."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file as text. `digest` is the SHA-256 of its bytes; a byte order mark is not text.

    Of a format with markup, `text` is made from the file, and `parsed` is True.
    """

    path: str
    text: str
    encoding: str
    digest: str
    stated: Stated = NOTHING
    parsed: bool = False


def read_files(folder: Path, known: Known = nothing_known) -> Iterator[SourceFile | Refusal]:
    """Every file below the folder, in the order of the paths: as text, or refused with a reason.

    What is not plain text is parsed in a child process, unless it is known already. What was
    refused before is tried again.

    A folder that cannot be listed is refused as one, before the files.
    Names that begin with a dot are the system's and do not count as found. Links to files inside
    the folder are read; links to folders are not followed. Raises ArticlesMissing.
    """
    if not folder.is_dir():
        raise ArticlesMissing(folder)
    root = folder.resolve()
    closed: list[OSError] = []
    paths = sorted(_found(folder, closed))
    for error in closed:
        path = Path(error.filename).relative_to(folder).as_posix()
        yield refusal(path, Reason.UNREADABLE, (error.strerror or "unknown reason").lower())
    with Parser() as parser:
        for path in paths:
            yield _read(folder, root, path, known, parser)


def _found(folder: Path, closed: list[OSError]) -> Iterator[str]:
    """The files below the folder; folders that cannot be listed are told in `closed`."""
    for place, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        links = [name for name in folders if Path(place, name).is_symlink()]
        for name in names + links:
            if not name.startswith("."):
                yield Path(place, name).relative_to(folder).as_posix()


def _read(
    folder: Path, root: Path, path: str, known: Known, parser: Parser
) -> SourceFile | Refusal:
    file = folder / path
    try:
        path.encode()
    except UnicodeEncodeError:
        return refusal(path.encode("utf-8", "backslashreplace").decode(), Reason.NAME)
    try:
        if file.is_symlink() and not file.resolve().is_relative_to(root):
            return refusal(path, Reason.OUTSIDE)
        if file.suffix.lower() not in (PLAIN, *ENDINGS):
            return refusal(path, Reason.FORMAT)
        size = file.stat().st_size
        if size > LARGEST_FILE:
            return refusal(path, Reason.TOO_LARGE, size)
        if not file.is_file():
            return refusal(path, Reason.UNREADABLE, "it is not a regular file")
        content = file.read_bytes()
    except OSError as error:
        return refusal(path, Reason.UNREADABLE, (error.strerror or "unknown reason").lower())
    except RuntimeError:  # a link that leads to itself
        return refusal(path, Reason.UNREADABLE, "the link leads to itself")
    try:
        return _source_file(path, content, known, parser)
    except Refused as refused:
        return refusal(path, refused.reason, refused.detail)


def _source_file(path: str, content: bytes, known: Known, parser: Parser) -> SourceFile:
    """A file from its bytes. Raises Refused."""
    if not content.strip():
        raise Refused(Reason.EMPTY)
    digest = hashlib.sha256(content).hexdigest()
    ending = Path(path).suffix.lower()
    if ending == PLAIN:
        told = plain.parse(content)
    else:
        told = known(path, digest) or parser.parse(ending, content)
    if not any(character.isalnum() for character in told.text):
        raise Refused(Reason.EMPTY)
    return SourceFile(path, told.text, told.encoding, digest, told.stated, ending != PLAIN)
