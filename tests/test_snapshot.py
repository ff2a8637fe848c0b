"""The index on disk: sealed, switched in one step, and never believed when it has changed."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from archive.errors import (
    ArchiveError,
    IndexBusy,
    IndexDamaged,
    IndexFromOtherModel,
    IndexMissing,
    IndexOutdated,
    SnapshotUnknown,
)
from archive.snapshot import (
    CURRENT,
    LARGE,
    MANIFEST,
    Facts,
    Snapshot,
    Written,
    current_name,
    kept_snapshots,
    new_snapshot,
    open_kept,
    open_snapshot,
    roll_back,
    seal,
    writing,
)

FACTS = Facts("2025-11-12T00:00:00+00:00", "m", "abc", 4, 7, 5, 1, 1, 9, 20)


def build(index: Path, words: str = "some words") -> Snapshot:
    with writing(index), new_snapshot(index) as folder:
        (folder / "catalogue.sqlite").write_text(words)
        (folder / "lexical").mkdir()
        (folder / "lexical" / ".meta").write_text("{}")
        return seal(folder, FACTS)


def test_what_was_looked_at_while_others_were_written_is_sealed_as_it_is(tmp_path: Path) -> None:
    manifests = []
    for early in (False, True):
        with writing(tmp_path), new_snapshot(tmp_path) as folder, ThreadPoolExecutor(1) as thread:
            ended = Written(folder, thread)
            (folder / "tokens").mkdir()
            for number, name in enumerate(("passages", "tokens/codes", "tokens/ends")):
                (folder / name).write_text(name * 1000)
                os.utime(folder / name, ns=(number, number))
            if early:
                ended.add("tokens")
                ended.add("passages")
            (folder / "catalogue").write_text("last")
            os.utime(folder / "catalogue", ns=(9, 9))
            seal(folder, FACTS, ended)
        assert open_snapshot(tmp_path, "m", deep=True).folder == folder
        manifests.append(json.loads((folder / "manifest.json").read_text()))
    assert manifests[0] == manifests[1]
    assert len(manifests[0]["files"]) == 4


def folders(index: Path) -> set[str]:
    return {folder.name for folder in index.glob("snapshot-*")}


def test_what_was_sealed_can_be_opened(tmp_path: Path) -> None:
    sealed = build(tmp_path)
    assert open_snapshot(tmp_path, "m") == sealed
    assert sealed.facts == FACTS
    assert current_name(tmp_path) == sealed.name


def build_large(index: Path) -> Path:
    """A snapshot with one file too large to be read at each opening; the file."""
    with writing(index), new_snapshot(index) as folder:
        with open(folder / "vectors", "wb") as handle:
            handle.truncate(LARGE + 1)
        seal(folder, FACTS)
    return folder / "vectors"


def flip(file: Path, place: int) -> None:
    with open(file, "r+b") as handle:
        handle.seek(place)
        byte = handle.read(1)[0]
        handle.seek(place)
        handle.write(bytes([byte ^ 1]))


def test_a_large_file_that_was_written_since_is_read(tmp_path: Path) -> None:
    file = build_large(tmp_path)
    open_snapshot(tmp_path, "m")
    os.utime(file)  # as a copy has it
    open_snapshot(tmp_path, "m")
    flip(file, LARGE // 2)
    with pytest.raises(IndexDamaged, match="vectors"):
        open_snapshot(tmp_path, "m")


def test_a_large_file_of_another_length_is_damaged_whatever_its_time(tmp_path: Path) -> None:
    file = build_large(tmp_path)
    written = file.stat().st_mtime_ns
    os.truncate(file, LARGE + 2)
    os.utime(file, ns=(written, written))
    with pytest.raises(IndexDamaged, match="vectors"):
        open_snapshot(tmp_path, "m")


def test_a_file_of_ordinary_size_is_read_whatever_its_time(tmp_path: Path) -> None:
    file = build(tmp_path).folder / "catalogue.sqlite"
    written = file.stat().st_mtime_ns
    flip(file, 3)
    os.utime(file, ns=(written, written))
    with pytest.raises(IndexDamaged, match=re.escape("catalogue.sqlite")):
        open_snapshot(tmp_path, "m")


def test_without_an_index_the_cure_is_to_build_one(tmp_path: Path) -> None:
    assert current_name(tmp_path) is None
    with pytest.raises(IndexMissing, match="communique index"):
        open_snapshot(tmp_path, "m")


def test_the_last_two_snapshots_are_kept_and_the_newest_is_current(tmp_path: Path) -> None:
    names = [build(tmp_path, f"version {number}").name for number in range(4)]
    assert folders(tmp_path) == set(names[2:])
    assert open_snapshot(tmp_path, "m").name == names[3]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_build_that_fails_changes_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    before = build(tmp_path)
    with pytest.raises(error), writing(tmp_path), new_snapshot(tmp_path) as folder:  # noqa: PT012
        (folder / "catalogue.sqlite").write_bytes(b"half")
        raise error
    assert open_snapshot(tmp_path, "m") == before
    assert folders(tmp_path) == {before.name}


@pytest.mark.parametrize("after", ["'half'", "seal(folder, FACTS) and 'whole'"])
def test_a_build_that_is_killed_leaves_the_old_index_or_the_new_one(
    tmp_path: Path, repository: Path, after: str
) -> None:
    before = build(tmp_path)
    program = f"""
import os, signal, sys
from pathlib import Path
from archive.snapshot import Facts, new_snapshot, seal, writing
FACTS = Facts("now", "m", "abc", 4, 7, 5, 1, 1, 9, 20)
with writing(Path({str(tmp_path)!r})), new_snapshot(Path({str(tmp_path)!r})) as folder:
    (folder / "catalogue.sqlite").write_text("new words")
    {after}
    os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", program], cwd=repository, check=False)
    assert killed.returncode == -signal.SIGKILL
    current = open_snapshot(tmp_path, "m")
    assert (current == before) == (after == "'half'")
    last = build(tmp_path, "the next build tidies up")
    assert folders(tmp_path) == {current.name, last.name}


def test_two_writers_do_not_meet(tmp_path: Path) -> None:
    with writing(tmp_path):
        with pytest.raises(IndexBusy, match="try again"), writing(tmp_path):
            pass
        assert current_name(tmp_path) is None
    with writing(tmp_path):
        pass


def test_a_writer_of_another_process_is_respected(tmp_path: Path, repository: Path) -> None:
    program = f"""
from pathlib import Path
from archive.snapshot import writing
with writing(Path({str(tmp_path)!r})):
    print("held", flush=True)
    input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(IndexBusy), writing(tmp_path):
            pass
        other.communicate("\n")
    with writing(tmp_path):
        pass


@pytest.mark.parametrize("file", ["catalogue.sqlite", "lexical/.meta"])
@pytest.mark.parametrize(
    "damage",
    [lambda _: b"", lambda content: content[:-1], lambda content: content + b"x"],
    ids=["emptied", "shortened", "lengthened"],
)
def test_a_file_of_another_length_is_damage(
    tmp_path: Path, file: str, damage: Callable[[bytes], bytes]
) -> None:
    changed = build(tmp_path).folder / file
    changed.write_bytes(damage(changed.read_bytes()))
    with pytest.raises(IndexDamaged, match="communique index --fresh"):
        open_snapshot(tmp_path, "m")


@pytest.mark.parametrize("file", ["catalogue.sqlite", "lexical/.meta", MANIFEST])
def test_a_missing_file_is_damage(tmp_path: Path, file: str) -> None:
    (build(tmp_path).folder / file).unlink()
    with pytest.raises(IndexDamaged):
        open_snapshot(tmp_path, "m")


@pytest.mark.parametrize("file", ["catalogue.sqlite", "lexical/.meta"])
def test_any_flipped_bit_of_a_file_is_damage(tmp_path: Path, file: str) -> None:
    changed = build(tmp_path).folder / file
    content = changed.read_bytes()
    for at in range(len(content)):
        changed.write_bytes(content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :])
        with pytest.raises(IndexDamaged):
            open_snapshot(tmp_path, "m")


@pytest.mark.parametrize("bit", [0, 3, 7])
@pytest.mark.parametrize("file", [MANIFEST, CURRENT])
def test_a_changed_manifest_or_pointer_is_refused_or_says_the_same(
    tmp_path: Path, file: str, bit: int
) -> None:
    sealed = build(tmp_path)
    changed = (sealed.folder if file == MANIFEST else tmp_path) / file
    content = changed.read_bytes()
    believed = []
    for at in range(len(content)):
        changed.write_bytes(content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :])
        try:
            if open_snapshot(tmp_path, "m").facts != sealed.facts:
                believed.append(changed.read_bytes()[max(0, at - 20) : at + 5])
        except ArchiveError:
            pass
    assert believed == []


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"1", b'{"format": 1}', b"\xff"])
def test_a_manifest_that_is_none_is_damage(tmp_path: Path, content: bytes) -> None:
    (build(tmp_path).folder / MANIFEST).write_bytes(content)
    with pytest.raises(IndexDamaged):
        open_snapshot(tmp_path, "m")


def test_a_snapshot_of_another_format_is_built_again(tmp_path: Path) -> None:
    manifest = build(tmp_path).folder / MANIFEST
    told = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(told | {"format": told["format"] + 1}))
    digest = hashlib.sha256(manifest.read_bytes()).hexdigest()
    (tmp_path / CURRENT).write_text(f"{manifest.parent.name} {digest}")
    with pytest.raises(IndexOutdated, match="communique index"):
        open_snapshot(tmp_path, "m")


def test_a_snapshot_of_another_model_says_which_and_what_to_do(tmp_path: Path) -> None:
    build(tmp_path)
    with pytest.raises(IndexFromOtherModel, match="COMMUNIQUE_MODEL=m") as caught:
        open_snapshot(tmp_path, "other")
    assert "other" in str(caught.value)


def test_a_snapshot_left_half_by_a_power_cut_is_never_current(tmp_path: Path) -> None:
    before = build(tmp_path)
    half = tmp_path / "snapshot-half"
    half.mkdir()
    (half / MANIFEST).write_text("{")
    assert open_snapshot(tmp_path, "m") == before
    build(tmp_path)
    assert not half.exists()


def test_a_sealed_folder_can_be_read_by_others(tmp_path: Path) -> None:
    sealed = build(tmp_path)
    assert sealed.folder.stat().st_mode & 0o777 == 0o755
    assert replace(sealed.facts, model="x") != sealed.facts


# --- The one before ------------------------------------------------------------------------------


def contents(snapshot: Snapshot) -> str:
    return (snapshot.folder / "catalogue.sqlite").read_text()


def test_any_byte_of_the_current_snapshot_may_change_and_the_one_before_answers(
    tmp_path: Path,
) -> None:
    before, current = build(tmp_path, "old"), build(tmp_path, "new")
    assert open_snapshot(tmp_path, "m").damage is None
    for file in (file for file in current.folder.rglob("*") if file.is_file()):
        for place in range(file.stat().st_size):
            flip(file, place)
            found = open_snapshot(tmp_path, "m")
            assert found.name == before.name, (file, place)
            assert contents(found) == "old"
            assert found.damage == f"{file.relative_to(current.folder).as_posix()} has changed"
            flip(file, place)
    assert open_snapshot(tmp_path, "m") == current


def test_any_byte_of_the_pointer_may_change_and_a_whole_snapshot_answers(tmp_path: Path) -> None:
    before, current = build(tmp_path, "old"), build(tmp_path, "new")
    answered = set()
    for place in range((tmp_path / CURRENT).stat().st_size):
        flip(tmp_path / CURRENT, place)
        found = open_snapshot(tmp_path, "m")
        assert found.damage or found == current, place
        answered.add(found.name)
        flip(tmp_path / CURRENT, place)
    assert answered == {before.name, current.name}
    assert open_snapshot(tmp_path, "m") == current


def test_where_no_snapshot_is_whole_the_current_ones_damage_is_told(tmp_path: Path) -> None:
    for snapshot in (build(tmp_path, "old"), build(tmp_path, "new")):
        flip(snapshot.folder / "catalogue.sqlite", 0)
    with pytest.raises(IndexDamaged, match=re.escape("catalogue.sqlite has changed")):
        open_snapshot(tmp_path, "m")
    (tmp_path / CURRENT).write_bytes(b"\0" * 80)
    with pytest.raises(IndexDamaged, match=CURRENT):
        open_snapshot(tmp_path, "m")


def test_the_next_snapshot_goes_beside_the_last_whole_one(tmp_path: Path) -> None:
    whole, damaged = build(tmp_path, "old"), build(tmp_path, "new")
    (damaged.folder / MANIFEST).unlink()
    last = build(tmp_path, "newest")
    assert folders(tmp_path) == {whole.name, last.name}
    assert [one.name for one in kept_snapshots(tmp_path)] == [last.name, whole.name]


def test_a_snapshot_that_is_open_tells_whether_it_was_written_to(tmp_path: Path) -> None:
    snapshot = open_snapshot(tmp_path, build(tmp_path).facts.model)
    file = snapshot.folder / "catalogue.sqlite"
    assert not snapshot.has_changed()
    written = file.stat().st_mtime_ns
    flip(file, 3)
    os.utime(file, ns=(written, written))
    assert snapshot.has_changed()
    flip(file, 3)
    assert not open_snapshot(tmp_path, "m").has_changed()
    file.unlink()
    assert snapshot.has_changed()


def test_what_is_believed_by_its_time_is_read_in_depth(tmp_path: Path) -> None:
    file = build_large(tmp_path)
    written = file.stat().st_mtime_ns
    flip(file, LARGE // 2)
    os.utime(file, ns=(written, written))
    assert open_snapshot(tmp_path, "m").damage is None
    assert [one.problem for one in kept_snapshots(tmp_path)] == [None]
    with pytest.raises(IndexDamaged, match="vectors"):
        open_snapshot(tmp_path, "m", deep=True)
    assert [one.problem for one in kept_snapshots(tmp_path, deep=True)] == ["vectors has changed"]


# --- Back ----------------------------------------------------------------------------------------


def test_rolling_back_makes_the_one_before_current_and_again_the_last_one(tmp_path: Path) -> None:
    first, second = build(tmp_path, "old"), build(tmp_path, "new")
    assert roll_back(tmp_path, "m") == first
    assert open_snapshot(tmp_path, "m") == first
    assert roll_back(tmp_path, "m") == second
    assert roll_back(tmp_path, "m", first.name) == first
    assert [one.name for one in kept_snapshots(tmp_path)] == [first.name, second.name]
    third = build(tmp_path, "newer")
    assert folders(tmp_path) == {first.name, third.name}


def test_a_pointer_that_has_changed_is_written_again_by_rolling_back(tmp_path: Path) -> None:
    first, _ = build(tmp_path, "old"), build(tmp_path, "new")
    flip(tmp_path / CURRENT, 0)
    with pytest.raises(IndexDamaged, match=CURRENT):
        kept_snapshots(tmp_path)
    assert roll_back(tmp_path, "m") == first
    assert open_snapshot(tmp_path, "m").damage is None


def test_only_what_is_kept_and_whole_is_rolled_back_to(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        roll_back(tmp_path, "m")
    first = build(tmp_path, "old")
    with pytest.raises(SnapshotUnknown, match="communique snapshots"):
        roll_back(tmp_path, "m")
    second = build(tmp_path, "new")
    for name in ("snapshot-other", "../snapshot-x", CURRENT):
        with pytest.raises(SnapshotUnknown):
            roll_back(tmp_path, "m", name)
    with pytest.raises(IndexFromOtherModel):
        roll_back(tmp_path, "other")
    with writing(tmp_path), pytest.raises(IndexBusy):
        roll_back(tmp_path, "m")
    flip(first.folder / "catalogue.sqlite", 0)
    with pytest.raises(IndexDamaged):
        roll_back(tmp_path, "m")
    with pytest.raises(IndexDamaged):
        open_kept(tmp_path, "m", before=True)
    assert open_snapshot(tmp_path, "m") == second
