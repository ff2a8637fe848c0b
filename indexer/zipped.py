"""Zip archives from outside: looked over first, and then read an entry at a time, never unpacked.

Nothing an archive says is believed: not how many entries it has, not how large they are, not where
they want to lie.
"""

import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from indexer.refusals import Reason, Refused

MOST_ENTRIES = 50_000
LONGEST_DIRECTORY = 8 * 1024 * 1024  # bytes of names and facts of the entries
LARGEST_WHOLE = 2 * 1024**3  # bytes that are unpacked of all entries together
MOST_RATIO = 100
_RATIO_FROM = 1024 * 1024
_BLOCK = 1024 * 1024


class Zipped:
    """An open archive.

    Made of a file that can be sought. Raises Refused where it is none, where its directory is
    longer than LONGEST_DIRECTORY or tells of more than MOST_ENTRIES.
    """

    def __init__(self, file: IO[bytes]) -> None:
        with _as_refused():
            self._archive = zipfile.ZipFile(_Bounded(file))
        found = self._archive.infolist()
        self.entries = [one for one in found if not one.filename.endswith("/")]
        self._left = LARGEST_WHOLE
        if len(self.entries) > MOST_ENTRIES:
            raise Refused(Reason.BOMB, f"{len(self.entries)} entries")

    def read(self, entry: zipfile.ZipInfo, most: int) -> bytes:
        """The first bytes of an entry, `most` at most. Raises Refused.

        One that is encrypted, a link, or unpacks to more than MOST_RATIO times its size or to other
        than it says is refused; so is each one after LARGEST_WHOLE bytes.
        """
        refuse_packing(entry)
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise Refused(Reason.UNREADABLE, "it is a link")
        with _as_refused(), self._archive.open(entry) as file:
            content = b"".join(_blocks(file, most))
        self._left -= len(content)
        if self._left < 0:
            raise Refused(Reason.BOMB, f"{LARGEST_WHOLE} bytes before this one")
        return content


def refuse_packing(entry: zipfile.ZipInfo) -> None:
    """Raise Refused for an entry that is encrypted, or packed more tightly than documents are.

    Of the ways to pack, only deflate is read: bzip2 and lzma unpack without a bound.
    """
    if entry.flag_bits & 0x1:
        raise Refused(Reason.ENCRYPTED)
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refused(Reason.DAMAGED)
    if entry.file_size > max(_RATIO_FROM, MOST_RATIO * entry.compress_size):
        raise Refused(Reason.BOMB, f"{entry.compress_size} bytes to {entry.file_size}")


class _Bounded:
    """A file that gives at most LONGEST_DIRECTORY bytes at a time: zipfile reads a directory in
    one piece, and makes an object of every few dozen bytes of it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        most = LONGEST_DIRECTORY + 1
        content = self._file.read(min(size, most) if size >= 0 else most)
        if len(content) > LONGEST_DIRECTORY:
            raise Refused(Reason.BOMB, "a directory of more than 8 MB")
        return content


def _blocks(file: IO[bytes], most: int) -> Iterator[bytes]:
    while most > 0 and (block := file.read(min(most, _BLOCK))):
        most -= len(block)
        yield block


@contextmanager
def _as_refused() -> Iterator[None]:
    """What is wrong with an archive, as Refused."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise Refused(Reason.DAMAGED) from error
    except (NotImplementedError, RuntimeError) as error:  # a way of packing nobody uses
        raise Refused(Reason.DAMAGED) from error
