"""The index on disk: sealed folders, and one pointer to the current one."""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypeVar

from archive.errors import (
    ArchiveError,
    IndexBusy,
    IndexDamaged,
    IndexFromOtherModel,
    IndexMissing,
    IndexOutdated,
    IndexUnwritable,
    SnapshotUnknown,
)
from archive.storage import Stamp, flush_folder, replace_text

T = TypeVar("T")

CATALOGUE = "catalogue.sqlite"
FILES = "files.sqlite"
PASSAGE_IDS = "passage_ids.npy"
PASSAGE_SPANS = "passage_spans.npy"
SENTENCE_SPANS = "sentence_spans.npy"
TIMES = "times.npy"
PASSAGE_KEYS = "passage_keys.npy"
SENTENCE_KEYS = "sentence_keys.npy"
PASSAGES = "passages.faiss"
COARSE = "coarse.faiss"
SENTENCES = "sentences.npy"
TOKENS = "tokens"
CALIBRATION = "calibration.npz"
OFFSETS = "offsets.npz"
VERSIONS = "versions.npz"
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
FORMAT = 8

_ENTRY = re.compile(r"(snapshot-\w+) ([0-9a-f]{64})")


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
    """A sealed folder whose files are what its manifest says.

    damage: what is wrong with the current one, in a few words, where this one answers in its place.
    digest: the SHA-256 of its manifest.
    stamps: the size of each file and when it last changed, as it was just before it was checked.
    """

    folder: Path
    facts: Facts
    damage: str | None = None
    digest: str = ""
    stamps: Mapping[Path, Stamp] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        return self.folder.name

    def has_changed(self) -> bool:
        """Whether a file was written to or taken away since the snapshot was opened.

        Cheap: reads no file. What a disk forgets by itself is not noticed by this.
        """
        try:
            return any(Stamp.of(file) != told for file, told in self.stamps.items())
        except OSError:
            return True


@dataclass(frozen=True, slots=True)
class Kept:
    """A snapshot that is kept. facts: None where they cannot be read. problem: None where every
    file is what its manifest says."""

    name: str
    facts: Facts | None
    problem: str | None


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
    try:
        handle = open(index_dir / ".lock", "w", encoding="utf-8")  # noqa: SIM115 (closed below)
    except OSError as error:
        raise unwritable(index_dir, error) from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise IndexBusy(index_dir) from None
        yield


def unwritable(index_dir: Path, error: OSError) -> IndexUnwritable:
    """What the system says of writing the index, as an error that can be cured."""
    return IndexUnwritable(index_dir, (error.strerror or str(error) or "unknown reason").lower())


@contextlib.contextmanager
def new_snapshot(index_dir: Path) -> Iterator[Path]:
    """Yield an empty folder for a snapshot; drop it unless the block makes it current.

    What runs that were killed left half written is dropped first: a disk may be full of it.
    """
    for half in index_dir.glob("snapshot-*"):
        if not (half / MANIFEST).exists():
            shutil.rmtree(half, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix="snapshot-", dir=index_dir))
    try:
        folder.chmod(0o755)
        yield folder
    finally:
        with contextlib.suppress(ArchiveError):
            if current_name(index_dir) != folder.name:
                shutil.rmtree(folder, ignore_errors=True)


class Written:
    """The files of a snapshot that are written already, looked at in a thread while others still
    are."""

    def __init__(self, folder: Path, thread: ThreadPoolExecutor) -> None:
        self._folder, self._thread = folder, thread
        self._records: dict[str, Future[_Record]] = {}

    def add(self, name: str) -> None:
        """Note that a file, or all files of a folder, are written to no more."""
        place = self._folder / name
        for file in sorted(place.iterdir()) if place.is_dir() else [place]:
            told = file.relative_to(self._folder).as_posix()
            self._records[told] = self._thread.submit(_Record.of, file)

    def records(self) -> "dict[str, _Record]":
        """What each of them is. Raises OSError."""
        return {name: one.result() for name, one in self._records.items()}


def seal(folder: Path, facts: Facts, written: Written | None = None) -> Snapshot:
    """Write the manifest, make the snapshot current in one atomic step, and drop the old ones.

    written: what need not be looked at any more. Before the switch every file is on disk; a process
    that dies leaves the snapshot that was current. The last KEPT snapshots stay, of those that are
    whole.
    """
    known, names = written.records() if written else {}, _files(folder)
    sizes = {name: (folder / name).stat().st_size for name in names if name not in known}
    known |= _at_once(lambda name: _Record.of(folder / name), sizes)
    files = {name: known[name]._asdict() for name in names}
    manifest = {"format": FORMAT, "facts": asdict(facts), "files": files}
    flush_folder(folder)
    replace_text(folder / MANIFEST, json.dumps(manifest, indent=2))
    return make_current(folder, facts)


def make_current(folder: Path, facts: Facts) -> Snapshot:
    """Make a sealed snapshot, all of it on disk, current in one atomic step; drop the old ones."""
    index_dir = folder.parent
    stamps = {file: Stamp.of(file) for file in (folder / name for name in _files(folder))}
    entries = [_Entry(folder.name, _digest(folder / MANIFEST))]
    for other in _pointer(index_dir)[0]:
        if len(entries) < KEPT and _is_whole(index_dir, other):
            entries.append(other)
    _point(index_dir, entries)
    keep = {entry.name for entry in entries}
    for other_folder in index_dir.glob("snapshot-*"):
        if other_folder.name not in keep:
            shutil.rmtree(other_folder, ignore_errors=True)
    return Snapshot(folder, facts, digest=entries[0].digest, stamps=stamps)


def roll_back(index_dir: Path, model: str, name: str | None = None) -> Snapshot:
    """Make a kept snapshot current in one atomic step, once every byte of it is checked.

    name: None for the one before the current. The others stay. Raises IndexBusy, SnapshotUnknown,
    IndexDamaged, IndexOutdated or IndexFromOtherModel; then nothing has changed.
    """
    with writing(index_dir):
        snapshot = open_kept(index_dir, model, name, before=True, deep=True)
        entries, _ = _pointer(index_dir)
        try:
            _point(index_dir, sorted(entries, key=lambda entry: entry.name != snapshot.name))
        except OSError as error:
            raise unwritable(index_dir, error) from None
        return snapshot


# --- Opening ----------------------------------------------------------------------------------


class _Entry(NamedTuple):
    """A kept snapshot's name and the SHA-256 of its manifest."""

    name: str
    digest: str


def current_name(index_dir: Path) -> str | None:
    """The name of the current snapshot, None where there is no index. Cheap: reads a line or two.

    Raises IndexDamaged where it cannot be read.
    """
    entries, _ = _pointer(index_dir)
    return entries[0].name if entries else None


def model_of(index_dir: Path) -> str | None:
    """The model that the current snapshot says it was built with, or where that cannot be read the
    one before it; None where neither can. Cheap: of a snapshot it reads the manifest, and once."""
    with contextlib.suppress(ArchiveError):
        for entry in _pointer(index_dir)[0]:
            with contextlib.suppress(ArchiveError):
                return _model_of(index_dir, entry)
    return None


@lru_cache(maxsize=8)
def _model_of(index_dir: Path, entry: _Entry) -> str:
    """What a manifest says; the entry has its digest, so that it never says another thing."""
    return _read_manifest(index_dir, entry).facts.model


def _pointer(index_dir: Path) -> tuple[list[_Entry], bool]:
    """The kept snapshots, the current one first; and whether that is all that is written there."""
    try:
        text = (index_dir / CURRENT).read_bytes().decode("ascii", "replace")
    except (FileNotFoundError, NotADirectoryError):
        return [], True
    except OSError:
        raise IndexDamaged(index_dir, f"{CURRENT} cannot be read") from None
    entries = [_Entry(*told) for told in _ENTRY.findall(text)]
    return entries, bool(entries) and text == _pointing(entries)


def _pointing(entries: Sequence[_Entry]) -> str:
    return "\n".join(" ".join(entry) for entry in entries)


def _point(index_dir: Path, entries: Sequence[_Entry]) -> None:
    replace_text(index_dir / CURRENT, _pointing(entries))


def open_snapshot(index_dir: Path, model: str, *, deep: bool = False) -> Snapshot:
    """The current snapshot, once every file in it is what the manifest says.

    Files of up to LARGE bytes are read and compared by their SHA-256; so are larger ones, unless
    their size and the time they were written are those they were sealed with. With `deep` every
    file is read. Where the current one is damaged the one before it is opened, and says so.

    Raises IndexMissing, IndexOutdated, IndexDamaged where none is whole, or IndexFromOtherModel
    when it was built with another model than `model`.
    """
    entries, sound = _pointer(index_dir)
    if not entries and sound:
        raise IndexMissing(index_dir)
    damage = None if sound else IndexDamaged(index_dir, f"{CURRENT} has changed")
    for entry in entries:
        try:
            snapshot = _opened(index_dir, entry, model, deep=deep)
        except IndexDamaged as error:
            damage = damage or error
        except ArchiveError:
            if damage is None:
                raise
        else:
            return replace(snapshot, damage=damage.problem if damage else None)
    raise damage or IndexMissing(index_dir)


def open_kept(
    index_dir: Path,
    model: str,
    name: str | None = None,
    *,
    before: bool = False,
    deep: bool = False,
) -> Snapshot:
    """A kept snapshot by its name, and no other in its place.

    name: None for the current one, or with `before` for the one before it; where it is not known
    which is current, for the first that is known. Raises IndexMissing, SnapshotUnknown,
    IndexOutdated, IndexDamaged or IndexFromOtherModel.
    """
    entries, sound = _pointer(index_dir)
    if not entries and sound:
        raise IndexMissing(index_dir)
    rest = entries[before and sound :]
    wanted = [entry for entry in entries if entry.name == name] if name else rest
    if not wanted:
        raise SnapshotUnknown(index_dir, name)
    return _opened(index_dir, wanted[0], model, deep=deep)


def kept_snapshots(index_dir: Path, *, deep: bool = False) -> list[Kept]:
    """The snapshots that are kept, the current one first, and whether each is whole.

    Files are read as open_snapshot reads them. Raises IndexMissing, or IndexDamaged where it is not
    even known which are kept.
    """
    entries, sound = _pointer(index_dir)
    if not entries and sound:
        raise IndexMissing(index_dir)
    if not sound:
        raise IndexDamaged(index_dir, f"{CURRENT} has changed")
    return [_kept(index_dir, entry, deep=deep) for entry in entries]


def _kept(index_dir: Path, entry: _Entry, *, deep: bool) -> Kept:
    try:
        manifest = _read_manifest(index_dir, entry)
    except IndexDamaged as error:
        return Kept(entry.name, None, error.problem)
    except IndexOutdated:
        return Kept(entry.name, None, "written by another version of Communiqué")
    try:
        manifest.check(index_dir, deep=deep)
    except IndexDamaged as error:
        return Kept(entry.name, manifest.facts, error.problem)
    return Kept(entry.name, manifest.facts, None)


def _is_whole(index_dir: Path, entry: _Entry) -> bool:
    return _kept(index_dir, entry, deep=False).problem is None


def _opened(index_dir: Path, entry: _Entry, model: str, *, deep: bool) -> Snapshot:
    manifest = _read_manifest(index_dir, entry)
    stamps = manifest.check(index_dir, deep=deep)
    if manifest.facts.model != model:
        raise IndexFromOtherModel(manifest.facts.model, model)
    return Snapshot(manifest.folder, manifest.facts, digest=entry.digest, stamps=stamps)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was sealed: the facts, and of every file what it is."""

    folder: Path
    facts: Facts
    records: Mapping[str, "_Record"]

    @classmethod
    def parse(cls, content: bytes, folder: Path) -> "Manifest":
        """What is written in a manifest. Raises IndexOutdated, or ValueError for what is none."""
        try:
            told = json.loads(content)
            if told["format"] != FORMAT:
                raise IndexOutdated(folder.parent)
            records = {name: _Record(**record) for name, record in told["files"].items()}
            return cls(folder, Facts(**told["facts"]), records)
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(str(error)) from None

    def check(self, index_dir: Path, *, deep: bool) -> dict[Path, Stamp]:
        """The stamps of the files, each from before it was compared. Raises IndexDamaged."""
        names = [*self.records, MANIFEST]
        try:
            stamps = {file: Stamp.of(file) for file in (self.folder / name for name in names)}
            held = _at_once(
                lambda name: self.records[name].holds(self.folder / name, deep=deep),
                {name: one.size for name, one in self.records.items()},
            )
            for name, holds in held.items():
                if not holds:
                    raise IndexDamaged(index_dir, f"{name} has changed")
        except OSError:
            raise IndexDamaged(index_dir, "a file is missing or cannot be read") from None
        return stamps


def _read_manifest(index_dir: Path, entry: _Entry) -> Manifest:
    folder = index_dir / entry.name
    try:
        content = (folder / MANIFEST).read_bytes()
        if hashlib.sha256(content).hexdigest() != entry.digest:
            raise IndexDamaged(index_dir, f"{MANIFEST} has changed")
        return Manifest.parse(content, folder)
    except (OSError, ValueError):
        raise IndexDamaged(index_dir, "a file is missing or cannot be read") from None


class _Record(NamedTuple):
    """What a manifest says of a file: its SHA-256, its bytes, when it was written."""

    sha256: str
    size: int
    written: int

    @classmethod
    def of(cls, file: Path) -> "_Record":
        facts = file.stat()
        return cls(_digest(file), facts.st_size, facts.st_mtime_ns)

    def holds(self, file: Path, *, deep: bool) -> bool:
        """Whether a file is still what this says; `deep` reads it whatever its size.

        Raises OSError where it cannot be read.
        """
        facts = file.stat()
        if facts.st_size != self.size:
            return False
        if not deep and facts.st_size > LARGE and facts.st_mtime_ns == self.written:
            return True
        return _digest(file) == self.sha256


def _at_once(look: Callable[[str], T], sizes: Mapping[str, int]) -> dict[str, T]:
    """What looking at each of some files gives, by its name.

    As many are read at once as there are cores, the largest first, so that none of them is left
    for the end.
    """
    names = sorted(sizes, key=lambda name: -sizes[name])
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        found = dict(zip(names, threads.map(look, names), strict=True))
    return {name: found[name] for name in sizes}


def _files(folder: Path) -> list[str]:
    every = sorted(file for file in folder.rglob("*") if file.is_file())
    return [file.relative_to(folder).as_posix() for file in every]


def _digest(file: Path) -> str:
    with open(file, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
