"""From files to their text: every file is read or refused, none is skipped.

One that is known and has not been written to since need not be read: its size and the time at which
it last changed tell (`archive.storage.Stamp`), which no program can set.
"""

import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from archive.documents import Refusal
from archive.errors import ArticlesMissing
from archive.storage import Stamp
from indexer.formats import plain
from indexer.formats.parsed import NOTHING, Parsed, Stated
from indexer.parsing import ENDINGS, Parser
from indexer.refusals import Reason, Refused, refusal

PLAIN = ".txt"
LARGEST_FILE = 20 * 1024 * 1024

# Seconds for which a file must have stood still before it is read: what is written to it in the
# next moment might otherwise give it the same stamp.
_STILL = 2


class Known(Protocol):
    """What is known already of the files."""

    def same(self, path: str, stamp: Stamp) -> bool:
        """Whether a file is what it was when it was read before, by its stamp."""

    def parsed(self, path: str, digest: str) -> Parsed | None:
        """What was parsed of a file with these bytes; None for nothing."""


class _Nothing:
    """Nothing is known of any file."""

    def same(self, path: str, stamp: Stamp) -> bool:
        return False

    def parsed(self, path: str, digest: str) -> Parsed | None:
        return None


NOTHING_KNOWN = _Nothing()


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file as text. `digest` is the SHA-256 of its bytes; a byte order mark is not text.

    Of a format with markup, `text` is made from the file, and `parsed` is True. stamp: from before
    it was read; None where it may not stand for these bytes.
    """

    path: str
    text: str
    encoding: str
    digest: str
    stated: Stated = NOTHING
    parsed: bool = False
    stamp: Stamp | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that is known, and the same as it was."""

    path: str


def read_files(
    folder: Path, known: Known = NOTHING_KNOWN
) -> Iterator[SourceFile | Unread | Refusal]:
    """Every file below the folder, in the order of the paths: as text, as what is known of it, or
    refused with a reason.

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
            yield _unread(folder, path, known) or _read(folder, root, path, known, parser)


def read_again(folder: Path, path: str, known: Known) -> SourceFile | Refusal:
    """One file below the folder, whether it is as it was or not."""
    with Parser() as parser:
        return _read(folder, folder.resolve(), path, known, parser)


class Texts(Mapping[str, str]):
    """The decoded text of every file, by its path; of one that was not read, once it is asked for.

    Of one that cannot be read by then it is empty.
    """

    def __init__(
        self, files: Mapping[str, SourceFile | Unread], read: Callable[[str], SourceFile | Refusal]
    ) -> None:
        self._files, self._read = files, read

    def __getitem__(self, path: str) -> str:
        file = self._files[path]
        told = file if isinstance(file, SourceFile) else self._read(path)
        return told.text if isinstance(told, SourceFile) else ""

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def _found(folder: Path, closed: list[OSError]) -> Iterator[str]:
    """The files below the folder; folders that cannot be listed are told in `closed`."""
    for place, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        links = [name for name in folders if Path(place, name).is_symlink()]
        below = Path(place).relative_to(folder)
        for name in names + links:
            if not name.startswith("."):
                yield name if place == str(folder) else f"{below.as_posix()}/{name}"


def _unread(folder: Path, path: str, known: Known) -> Unread | None:
    """A file that need not be read, else None. Links are read: what they lead to may be another."""
    try:
        facts = os.lstat(f"{folder}/{path}")
    except (OSError, UnicodeEncodeError):
        return None
    if not stat.S_ISREG(facts.st_mode):
        return None
    return Unread(path) if known.same(path, Stamp(facts.st_size, facts.st_ctime_ns)) else None


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
        stamp, now = Stamp.of(file), time.time()
        if stamp.size > LARGEST_FILE:
            return refusal(path, Reason.TOO_LARGE, stamp.size)
        if not file.is_file():
            return refusal(path, Reason.UNREADABLE, "it is not a regular file")
        content = file.read_bytes()
    except OSError as error:
        return refusal(path, Reason.UNREADABLE, (error.strerror or "unknown reason").lower())
    except RuntimeError:  # a link that leads to itself
        return refusal(path, Reason.UNREADABLE, "the link leads to itself")
    still = stamp.changed < (now - _STILL) * 1e9
    try:
        return _source_file(path, content, stamp if still else None, known, parser)
    except Refused as refused:
        return refusal(path, refused.reason, refused.detail)


def _source_file(
    path: str, content: bytes, stamp: Stamp | None, known: Known, parser: Parser
) -> SourceFile:
    """A file from its bytes. Raises Refused."""
    if not content.strip():
        raise Refused(Reason.EMPTY)
    digest = hashlib.sha256(content).hexdigest()
    ending = Path(path).suffix.lower()
    if ending == PLAIN:
        told = plain.parse(content)
    else:
        told = known.parsed(path, digest) or parser.parse(ending, content)
    if not any(character.isalnum() for character in told.text):
        raise Refused(Reason.EMPTY)
    parsed = ending != PLAIN
    return SourceFile(path, told.text, told.encoding, digest, told.stated, parsed, stamp)
