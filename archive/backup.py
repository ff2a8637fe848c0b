"""A snapshot in one file, and back: a tar of sealed files that are believed only as they arrive.

CURRENT             the snapshot's name and the SHA-256 of its manifest
manifest.json
...                 every file that the manifest names, and nothing else
"""

import contextlib
import gzip
import hashlib
import io
import os
import re
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from archive.errors import (
    BackupDamaged,
    BackupUnwritable,
    IndexDamaged,
    IndexFromOtherModel,
    IndexOutdated,
)
from archive.snapshot import (
    CURRENT,
    MANIFEST,
    Manifest,
    Snapshot,
    make_current,
    new_snapshot,
    open_kept,
    unwritable,
    writing,
)
from archive.storage import flush, flush_folder

_BLOCK = 1 << 20
_MOST_TOLD = 1 << 26  # bytes of CURRENT or of a manifest
_COMPRESSED = (".gz", ".tgz")


def write_backup(index_dir: Path, model: str, file: Path) -> Snapshot:
    """Write the current snapshot into a file, compressed where its name ends with .gz or .tgz.

    It is written beside the file and renamed, so that the file is whole or as it was. Every byte
    is compared with the manifest on the way. Indexing may go on meanwhile. Raises IndexMissing,
    IndexDamaged, IndexOutdated, IndexFromOtherModel, BackupUnwritable.
    """
    if not file.name:
        raise BackupUnwritable(file, "it is a folder")
    snapshot = open_kept(index_dir, model)
    aside = file.with_name(f".{file.name}.new")
    try:
        with tarfile.open(aside, "w:gz" if file.suffix in _COMPRESSED else "w") as tar:
            _write(tar, snapshot)
        flush(aside)
        os.replace(aside, file)
        flush(file.parent)
    except OSError as error:
        raise BackupUnwritable(file, _words(error)) from None
    finally:
        with contextlib.suppress(OSError):
            aside.unlink()  # what is left of a backup that failed
    return snapshot


def _write(tar: tarfile.TarFile, snapshot: Snapshot) -> None:
    index_dir, folder = snapshot.folder.parent, snapshot.folder
    with _damage_of(index_dir):
        told = (folder / MANIFEST).read_bytes()
    digest = hashlib.sha256(told).hexdigest()
    if digest != snapshot.digest:
        raise IndexDamaged(index_dir, f"{MANIFEST} has changed")
    for name, content in ((CURRENT, f"{snapshot.name} {digest}".encode()), (MANIFEST, told)):
        info = tarfile.TarInfo(name)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    for name, record in Manifest.parse(told, folder).records.items():
        info = tarfile.TarInfo(name)
        info.size = record.size
        with _damage_of(index_dir):
            handle = open(folder / name, "rb")  # noqa: SIM115 (closed below)
        with handle:
            hashing = _Hashing(handle, index_dir)
            tar.addfile(info, hashing)  # type: ignore[arg-type]
        if hashing.sha256.hexdigest() != record.sha256:
            raise IndexDamaged(index_dir, f"{name} has changed")


class _Hashing:
    """A file that is read once, and what it held."""

    def __init__(self, file: IO[bytes], index_dir: Path) -> None:
        self._file, self._index_dir = file, index_dir
        self.sha256 = hashlib.sha256()

    def read(self, size: int) -> bytes:
        with _damage_of(self._index_dir):
            block = self._file.read(size)
        if len(block) < size:
            raise IndexDamaged(self._index_dir, "a file is shorter than it was")
        self.sha256.update(block)
        return block


@contextlib.contextmanager
def _damage_of(index_dir: Path) -> Iterator[None]:
    """A failure to read the index is not one to write the backup."""
    try:
        yield
    except OSError:
        raise IndexDamaged(index_dir, "a file is missing or cannot be read") from None


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


# --- Back -------------------------------------------------------------------------------------


def read_backup(index_dir: Path, model: str, file: Path) -> Snapshot:
    """Make the snapshot in a backup current, in one atomic step once all of it is checked.

    Nothing is written outside the snapshot's new folder: only the files that the manifest names
    are taken, each a regular file of the size and the SHA-256 that it tells. Works from an empty
    index. Raises BackupDamaged, IndexOutdated, IndexFromOtherModel, IndexBusy, IndexUnwritable;
    then the index is as it was.
    """
    with _backup(file) as tar, writing(index_dir):
        try:
            with new_snapshot(index_dir) as folder:
                facts = _read(tar, folder, file, model).facts
                flush_folder(folder)
                return make_current(folder, facts)
        except OSError as error:
            raise unwritable(index_dir, error) from None


@contextlib.contextmanager
def _backup(file: Path) -> Iterator[tarfile.TarFile]:
    with _broken(file), tarfile.open(file, "r:*") as tar:
        yield tar


@contextlib.contextmanager
def _broken(file: Path) -> Iterator[None]:
    """What is wrong with a file that is read as a backup, as BackupDamaged."""
    try:
        yield
    except (tarfile.TarError, zlib.error, EOFError, gzip.BadGzipFile):
        raise BackupDamaged(file, "it is no tar file, or is not whole") from None
    except OSError as error:
        raise BackupDamaged(file, _words(error)) from None


def _read(tar: tarfile.TarFile, folder: Path, file: Path, model: str) -> Manifest:
    told = re.fullmatch(rb"snapshot-\w+ ([0-9a-f]{64})", _told(tar, CURRENT, file))
    content = _told(tar, MANIFEST, file)
    if told is None or hashlib.sha256(content).hexdigest().encode() != told[1]:
        raise BackupDamaged(file, f"{MANIFEST} has changed")
    try:
        manifest = Manifest.parse(content, folder)
    except ValueError:
        raise BackupDamaged(file, f"{MANIFEST} cannot be read") from None
    except IndexOutdated:
        raise BackupDamaged(file, "it is of another version of Communiqué") from None
    if manifest.facts.model != model:
        raise IndexFromOtherModel(manifest.facts.model, model)
    for name, record in manifest.records.items():
        if not _stays_inside(name):
            raise BackupDamaged(file, f"{name!r} is no name of a file of an index")
        member = _next(tar, name, file)
        if member.size != record.size:
            raise BackupDamaged(file, f"{name} has changed")
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if _copy(tar, member, folder / name, file) != record.sha256:
            raise BackupDamaged(file, f"{name} has changed")
        os.utime(folder / name, ns=(record.written, record.written))
    with _broken(file):
        if tar.next() is not None:
            raise BackupDamaged(file, "it holds more than an index")
    (folder / MANIFEST).write_bytes(content)
    return manifest


def _stays_inside(name: str) -> bool:
    """Whether a name is a plain relative path, and not the manifest's own."""
    parts = name.split("/")
    return (
        name != MANIFEST
        and not {"", ".", ".."} & set(parts)
        and re.fullmatch(r"[\w./-]{1,255}", name, re.ASCII) is not None
        and not PurePosixPath(name).is_absolute()
    )


def _next(tar: tarfile.TarFile, name: str, file: Path) -> tarfile.TarInfo:
    """The next member, which has to be a regular file of this name."""
    with _broken(file):
        member = tar.next()
    if member is None or member.name != name:
        raise BackupDamaged(file, f"{name} is missing")
    if not member.isreg() or member.issparse():
        raise BackupDamaged(file, f"{name} is no regular file")
    return member


def _told(tar: tarfile.TarFile, name: str, file: Path) -> bytes:
    member = _next(tar, name, file)
    if member.size > _MOST_TOLD:
        raise BackupDamaged(file, f"{name} is too long")
    return b"".join(_blocks(tar, member, file))


def _copy(tar: tarfile.TarFile, member: tarfile.TarInfo, to: Path, file: Path) -> str:
    """Copy a member block by block; its SHA-256."""
    sha256 = hashlib.sha256()
    with open(to, "xb") as handle:
        for block in _blocks(tar, member, file):
            sha256.update(block)
            handle.write(block)
    return sha256.hexdigest()


def _blocks(tar: tarfile.TarFile, member: tarfile.TarInfo, file: Path) -> Iterator[bytes]:
    with _broken(file):
        source = tar.extractfile(member)
    if source is None:
        raise BackupDamaged(file, f"{member.name} is no regular file")
    while True:
        with _broken(file):
            block = source.read(_BLOCK)
        if not block:
            return
        yield block
