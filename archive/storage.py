"""Writing to disk so that a reader sees the whole of a thing or nothing of it."""

import contextlib
import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder beside `folder`; rename it to `folder` once the block succeeds.

    Every file in it is on disk before the rename. When the block fails nothing is left behind; when
    another process has made `folder` meanwhile, that one stands and this one is dropped.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        building.chmod(0o755)
        yield building
        for file in building.rglob("*"):
            file.chmod(0o755 if file.is_dir() else 0o644)
        flush_folder(building)
        try:
            building.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
            shutil.rmtree(building)
        flush(folder.parent)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


def flush_folder(folder: Path) -> None:
    """Force every file below `folder`, and the folders themselves, to disk."""
    for place, _, names in os.walk(folder, topdown=False):
        for name in names:
            flush(Path(place, name))
        flush(Path(place))


def flush(path: Path) -> None:
    """Force one file or folder to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_text(file: Path, text: str) -> None:
    """Give `file` the content `text` in one atomic step."""
    aside = file.with_name(f".{file.name}.new")
    aside.write_text(text, encoding="utf-8")
    flush(aside)
    os.replace(aside, file)
    flush(file.parent)


def put_file(file: Path, content: bytes, *, replace: bool = False) -> None:
    """Put a whole file in its place in one atomic step, and its folder first if need be.

    Raises FileExistsError where something stands there already, unless it may be replaced, and
    OSError for what the disk refuses; then nothing has changed.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".new", dir=file.parent)
    aside = Path(name)
    try:
        with open(handle, "wb") as whole:
            whole.write(content)
        aside.chmod(0o644)
        flush(aside)
        if replace:
            os.replace(aside, file)
        else:
            os.link(aside, file)
    finally:
        aside.unlink(missing_ok=True)
    flush(file.parent)


class Stamp(NamedTuple):
    """The bytes of a file and when it last changed, in nanoseconds, which no program can set."""

    size: int
    changed: int

    @classmethod
    def of(cls, file: Path) -> "Stamp":
        """That of a file, or of what a link leads to. Raises OSError."""
        facts = file.stat()
        return cls(facts.st_size, facts.st_ctime_ns)


def append_line(file: Path, line: bytes) -> None:
    """Add a line, which holds no line end, to the end of a file; make the file if need be.

    It is one write at the end of the file, by one thread and process at a time, so that all lines
    stand whole in it; and it is on disk when this returns. Where the file ends in half a line, of
    a machine that stopped, the new one begins after it. Raises OSError, also for a full disk.
    """
    with locked_for_appending(file) as handle:
        size = os.fstat(handle).st_size
        whole = size == 0 or os.pread(handle, 1, size - 1) == b"\n"
        write_line(handle, line if whole else b"\n" + line)
    if size == 0:
        flush(file.parent)


@contextlib.contextmanager
def locked_for_appending(file: Path) -> Iterator[int]:
    """Yield a descriptor that writes at the end of `file`, made if need be, to one at a time."""
    handle = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def write_line(handle: int, line: bytes) -> None:
    """Write a line and its end in one call, and force it to disk. Raises OSError."""
    written = line + b"\n"
    if os.write(handle, written) != len(written):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(handle)
