"""The index on disk: sealed folders, and one pointer to the current one."""

import contextlib
import fcntl
import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from archive.errors import (
    IndexBusy,
    IndexDamaged,
    IndexFromOtherModel,
    IndexMissing,
    IndexOutdated,
    IndexUnwritable,
)
from archive.storage import flush_folder, replace_text

CATALOGUE = "catalogue.sqlite"
PASSAGE_SPANS = "passage_spans.npy"
SENTENCE_SPANS = "sentence_spans.npy"
PASSAGE_KEYS = "passage_keys.npy"
SENTENCE_KEYS = "sentence_keys.npy"
PASSAGES = "passages.faiss"
COARSE = "coarse.faiss"
SENTENCES = "sentences.npy"
TOKENS = "tokens"
CALIBRATION = "calibration.npz"
OFFSETS = "offsets.npz"
LEXICAL = "lexical"

MANIFEST = "manifest.json"
CURRENT = "CURRENT"
KEPT = 2

# From so many passages on a snapshot has a coarse index beside the exact one: docs/performance.md.
COARSE_FROM = 20_000

# A file of more bytes is not read whole each time a snapshot is opened.
LARGE = 1 << 26

# Raised whenever what a snapshot holds changes, or what a format of articles gives: an older
# snapshot is then built again.
FORMAT = 5


@dataclass(frozen=True, slots=True)
class Facts:
    """What a snapshot says of itself.

    created: UTC, ISO 8601. found = documents + duplicates + refused.
    """

    created: str
    model: str
    fingerprint: str
    dimension: int
    found: int
    documents: int
    duplicates: int
    refused: int
    passages: int
    sentences: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A sealed folder whose files are what its manifest says."""

    folder: Path
    facts: Facts

    @property
    def name(self) -> str:
        return self.folder.name


def make_index_dir(index_dir: Path) -> None:
    """Make the folder of the index unless it is there. Raises IndexUnwritable."""
    try:
        index_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IndexUnwritable(index_dir, (error.strerror or "unknown reason").lower()) from None


@contextlib.contextmanager
def writing(index_dir: Path) -> Iterator[None]:
    """Hold the index for writing. Raises IndexBusy where another process holds it."""
    make_index_dir(index_dir)
    with open(index_dir / ".lock", "w", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise IndexBusy(index_dir) from None
        yield


@contextlib.contextmanager
def new_snapshot(index_dir: Path) -> Iterator[Path]:
    """Yield an empty folder for a snapshot; drop it when the block fails or does not seal it."""
    folder = Path(tempfile.mkdtemp(prefix="snapshot-", dir=index_dir))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        if not (folder / MANIFEST).exists():
            shutil.rmtree(folder)


def seal(folder: Path, facts: Facts) -> Snapshot:
    """Write the manifest, make the snapshot current in one atomic step, and drop the old ones.

    Before the switch every file is on disk; a process that dies leaves the snapshot that was
    current. The last KEPT snapshots stay.
    """
    files = {name: _Record.of(folder / name)._asdict() for name in _files(folder)}
    manifest = {"format": FORMAT, "facts": asdict(facts), "files": files}
    flush_folder(folder)
    replace_text(folder / MANIFEST, json.dumps(manifest, indent=2))
    index_dir = folder.parent
    before = current_name(index_dir)
    replace_text(index_dir / CURRENT, f"{folder.name} {_digest(folder / MANIFEST)}")
    keep = {folder.name, before} if KEPT > 1 else {folder.name}
    for other in index_dir.glob("snapshot-*"):
        if other.name not in keep:
            shutil.rmtree(other, ignore_errors=True)
    return Snapshot(folder, facts)


def current_name(index_dir: Path) -> str | None:
    """The name of the current snapshot, None where there is no index. Cheap: reads one line."""
    pointer = _pointer(index_dir)
    return pointer[0] if pointer else None


def _pointer(index_dir: Path) -> tuple[str, str] | None:
    """The current snapshot's name and the SHA-256 of its manifest."""
    try:
        line = (index_dir / CURRENT).read_bytes().decode("ascii", "replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    name, _, digest = line.partition(" ")
    return name, digest


def open_snapshot(index_dir: Path, model: str) -> Snapshot:
    """The current snapshot, once every file in it is what the manifest says.

    Files of up to LARGE bytes are read and compared by their SHA-256; so are larger ones, unless
    their size and the time they were written are those they were sealed with.

    Raises IndexMissing, IndexOutdated, IndexDamaged, or IndexFromOtherModel when it was built with
    another model than `model`.
    """
    pointer = _pointer(index_dir)
    if pointer is None:
        raise IndexMissing(index_dir)
    name, digest = pointer
    if not re.fullmatch(r"snapshot-\w+", name):
        raise IndexDamaged(index_dir, f"{CURRENT} has changed")
    folder = index_dir / name
    try:
        if _digest(folder / MANIFEST) != digest:
            raise IndexDamaged(index_dir, f"{MANIFEST} has changed")
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["format"] != FORMAT:
            raise IndexOutdated(index_dir)
        facts = Facts(**manifest["facts"])
        records = {name: _Record(**told) for name, told in manifest["files"].items()}
        differing = [name for name, record in records.items() if not record.holds(folder / name)]
    except (OSError, ValueError, KeyError, TypeError):
        raise IndexDamaged(index_dir, "a file is missing or cannot be read") from None
    if differing:
        raise IndexDamaged(index_dir, f"{differing[0]} has changed")
    if facts.model != model:
        raise IndexFromOtherModel(facts.model, model)
    return Snapshot(folder, facts)


class _Record(NamedTuple):
    """What a manifest says of a file: its SHA-256, its bytes, when it was written."""

    sha256: str
    size: int
    written: int

    @classmethod
    def of(cls, file: Path) -> "_Record":
        facts = file.stat()
        return cls(_digest(file), facts.st_size, facts.st_mtime_ns)

    def holds(self, file: Path) -> bool:
        """Whether a file is still what this says. Raises OSError where it cannot be read."""
        facts = file.stat()
        if facts.st_size != self.size:
            return False
        if facts.st_size > LARGE and facts.st_mtime_ns == self.written:
            return True
        return _digest(file) == self.sha256


def _files(folder: Path) -> list[str]:
    every = sorted(file for file in folder.rglob("*") if file.is_file())
    return [file.relative_to(folder).as_posix() for file in every]


def _digest(file: Path) -> str:
    with open(file, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
