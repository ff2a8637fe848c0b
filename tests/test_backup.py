"""A backup is the whole snapshot or nothing, and only a whole one is restored."""

import hashlib
import io
import os
import random
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from fault_support import VERSIONS, Start, build, opened, settings_in, version_of, write_version
from test_snapshot import flip

from archive.backup import read_backup, write_backup
from archive.errors import (
    ArchiveError,
    BackupDamaged,
    BackupUnwritable,
    IndexBusy,
    IndexDamaged,
    IndexFromOtherModel,
    IndexMissing,
)
from archive.snapshot import (
    CATALOGUE,
    CURRENT,
    KEPT,
    MANIFEST,
    current_name,
    open_snapshot,
    writing,
)

MODEL = "word-hash"


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Start:
    return Start.made(tmp_path_factory.mktemp("start") / "start")


@pytest.fixture
def index(start: Start, tmp_path: Path) -> Path:
    return start.copied_to(tmp_path / "place") / "index"


def everything(folder: Path) -> dict[str, bytes | None]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes() if file.is_file() else None
        for file in sorted(folder.rglob("*"))
        if file.name != ".lock"
    }


@pytest.mark.parametrize("name", ["backup.tar", "backup.tar.gz", "backup.tgz"])
def test_what_is_backed_up_is_restored_into_an_empty_index(
    index: Path, tmp_path: Path, name: str
) -> None:
    file = tmp_path / name
    saved = write_backup(index, MODEL, file)
    assert (file.read_bytes()[:2] == b"\x1f\x8b") == (name != "backup.tar")
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == [name]
    elsewhere = tmp_path / "elsewhere"
    restored = read_backup(elsewhere / "index", MODEL, file)
    assert open_snapshot(elsewhere / "index", MODEL) == restored
    assert everything(restored.folder) == everything(saved.folder)
    assert version_of(opened(elsewhere)) == VERSIONS[0]
    for one in saved.folder.rglob("*"):
        if one.is_file() and one.name != MANIFEST:
            there = restored.folder / one.relative_to(saved.folder)
            assert there.stat().st_mtime_ns == one.stat().st_mtime_ns
    settings = settings_in(elsewhere)
    write_version(elsewhere, VERSIONS[0])
    assert settings.index == elsewhere / "index"
    assert not build(elsewhere).built  # what was restored is as good as what was indexed


def test_a_restored_snapshot_is_current_and_the_one_before_is_kept(
    index: Path, tmp_path: Path
) -> None:
    write_backup(index, MODEL, tmp_path / "backup.tar")
    build(index.parent)
    assert version_of(opened(index.parent)) == VERSIONS[1]
    before = current_name(index)
    read_backup(index, MODEL, tmp_path / "backup.tar")
    assert version_of(opened(index.parent)) == VERSIONS[0]
    assert before in {one.name for one in index.glob("snapshot-*")}
    assert len(list(index.glob("snapshot-*"))) == KEPT


def test_a_damaged_snapshot_is_not_backed_up(index: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    file.write_bytes(b"the one before")
    flip(open_snapshot(index, MODEL).folder / CATALOGUE, 99)
    with pytest.raises(IndexDamaged):
        write_backup(index, MODEL, file)
    assert file.read_bytes() == b"the one before"
    assert not list(tmp_path.glob(".*"))
    with pytest.raises(IndexMissing):
        write_backup(tmp_path / "nowhere", MODEL, file)


def test_what_is_believed_by_its_time_is_compared_on_the_way(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.snapshot.LARGE", 0)
    catalogue = open_snapshot(index, MODEL).folder / CATALOGUE
    written = catalogue.stat().st_mtime_ns
    flip(catalogue, catalogue.stat().st_size - 1)
    os.utime(catalogue, ns=(written, written))
    assert open_snapshot(index, MODEL).damage is None
    with pytest.raises(IndexDamaged, match=CATALOGUE):
        write_backup(index, MODEL, tmp_path / "backup.tar")
    assert not (tmp_path / "backup.tar").exists()


@pytest.mark.parametrize("name", ["no/such/folder/b.tar", "", "taken"])
def test_a_backup_that_cannot_be_written_says_so(index: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(BackupUnwritable, match="communique backup FILE"):
        write_backup(index, MODEL, tmp_path / name if name else Path("/"))
    assert not list(tmp_path.glob(".*"))


def test_restoring_waits_for_no_one_and_asks_for_the_model(index: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    write_backup(index, MODEL, file)
    before = everything(index)
    with writing(index), pytest.raises(IndexBusy):
        read_backup(index, MODEL, file)
    with pytest.raises(IndexFromOtherModel):
        read_backup(index, "other", file)
    with pytest.raises(BackupDamaged, match="communique restore FILE"):
        read_backup(index, MODEL, tmp_path / "no such file")
    assert everything(index) == before


# --- Damaged and hostile -------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz"])
@pytest.mark.parametrize("times", [60, pytest.param(2000, marks=pytest.mark.torture)])
def test_a_backup_that_has_changed_anywhere_is_refused_or_says_the_same(
    index: Path, tmp_path: Path, times: int, suffix: str
) -> None:
    whole, file = tmp_path / f"whole{suffix}", tmp_path / f"changed{suffix}"
    write_backup(index, MODEL, whole)
    content, sealed = whole.read_bytes(), everything(open_snapshot(index, MODEL).folder)
    before = everything(index)
    chosen = random.Random(suffix)
    refused = 0
    for _ in range(times):
        place = chosen.randrange(len(content))
        cut = chosen.random() < 0.2
        other = bytes([content[place] ^ 1 << chosen.randrange(8)])
        file.write_bytes(content[:place] + (b"" if cut else other + content[place + 1 :]))
        try:
            restored = read_backup(tmp_path / "elsewhere", MODEL, file)
        except ArchiveError:
            refused += 1
            assert not list((tmp_path / "elsewhere").glob("snapshot-*")) or current_name(
                tmp_path / "elsewhere"
            )
        else:  # what has changed is the padding between the files, or their times
            assert everything(restored.folder) == sealed
    assert refused > times / 4
    assert everything(index) == before


# What becomes of a member and what it holds.
Change = Callable[[tarfile.TarInfo, bytes], list[tuple[tarfile.TarInfo, bytes]]]


def rewritten(
    whole: Path,
    to: Path,
    change: Change,
) -> None:
    with tarfile.open(whole) as old, tarfile.open(to, "w") as new:
        for member in old:
            content = old.extractfile(member)
            assert content is not None
            for info, told in change(member, content.read()):
                info.size = len(told) if info.isreg() else 0
                new.addfile(info, io.BytesIO(told))


def renamed(name: str) -> Change:
    """Give the catalogue another name, in the manifest too; its digest then says so."""

    def change(info: tarfile.TarInfo, content: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
        if info.name == CATALOGUE:
            info.name = name
        return [(info, content.replace(CATALOGUE.encode(), name.encode()))]

    return change


def linked(kind: bytes) -> Change:
    def change(info: tarfile.TarInfo, content: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
        if info.name == CATALOGUE:
            info.type, info.linkname = kind, "/etc/passwd"
        return [(info, content)]

    return change


def added(info: tarfile.TarInfo, content: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
    extra = tarfile.TarInfo("../extra")
    return [(info, content), (extra, b"more")] if info.name == MANIFEST else [(info, content)]


@pytest.mark.parametrize(
    "change",
    [
        *(renamed(name) for name in ("../outside", "/srv/outside", "a/../../outside", "./a", "")),
        *(linked(kind) for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE,
                                    tarfile.CHRTYPE, tarfile.DIRTYPE)),
        added,
    ],
)  # fmt: skip
def test_a_hostile_backup_writes_nothing_anywhere(
    index: Path,
    tmp_path: Path,
    change: Change,
) -> None:
    whole, file = tmp_path / "whole.tar", tmp_path / "hostile.tar"
    write_backup(index, MODEL, whole)
    rewritten(whole, file, change)
    resealed(file)
    before = everything(tmp_path)
    with pytest.raises(BackupDamaged):
        read_backup(index, MODEL, file)
    assert everything(tmp_path) == before


def resealed(file: Path) -> None:
    """Write the SHA-256 of the manifest into CURRENT, as one who means harm would."""
    with tarfile.open(file) as old:
        members = [
            (one, (old.extractfile(one) or io.BytesIO()).read() if one.isreg() else b"")
            for one in old
        ]
    manifest = next(told for one, told in members if one.name == MANIFEST)
    with tarfile.open(file, "w") as new:
        for info, told in members:
            if info.name == CURRENT:
                told = f"snapshot-x {hashlib.sha256(manifest).hexdigest()}".encode()
                info.size = len(told)
            new.addfile(info, io.BytesIO(told))


def test_a_manifest_that_names_files_outside_is_refused_by_its_names(
    index: Path, tmp_path: Path
) -> None:
    whole, file = tmp_path / "whole.tar", tmp_path / "hostile.tar"
    write_backup(index, MODEL, whole)
    for name in ("../outside", "/outside", "a//b", "manifest.json", "a\\u0000b", "a" * 300):
        rewritten(whole, file, renamed(name))
        resealed(file)
        with pytest.raises(BackupDamaged, match=r"no name of a file|cannot be read"):
            read_backup(tmp_path / "elsewhere", MODEL, file)
    assert not list((tmp_path / "elsewhere").glob("snapshot-*"))
    assert not (tmp_path / "outside").exists()
