"""Whatever befalls a run, the index answers as one whole version, and the next run goes through."""

import errno
import itertools
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_support import (
    DONE,
    REFUSED,
    VERSIONS,
    Fault,
    Runs,
    Start,
    build,
    in_memory,
    opened,
    version_of,
    write_version,
)

from archive.snapshot import KEPT, MANIFEST

TORTURE = pytest.mark.torture
ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES)


@pytest.fixture(scope="module")
def runs(repository: Path) -> Iterator[Runs]:
    with Runs(repository) as started:
        yield started


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with in_memory() as folder:
        yield folder


@pytest.fixture(scope="module")
def start(place: Path) -> Start:
    return Start.made(place / "start")


def answered(folder: Path) -> str:
    """The version that the index answers from, which nothing is wrong with."""
    engine = opened(folder)
    assert engine.snapshot.damage is None
    return version_of(engine)


def check_next_run(folder: Path) -> None:
    """The next run succeeds, and leaves nothing of what was half done."""
    build(folder)
    assert answered(folder) == VERSIONS[1]
    left = list((folder / "index").glob("snapshot-*"))
    assert len(left) <= KEPT
    assert all((one / MANIFEST).exists() for one in left)
    assert not (folder / "index" / "encoded").exists()


@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.__getitem__)
@pytest.mark.parametrize("stride", [101, pytest.param(1, marks=TORTURE)])
def test_any_file_operation_may_fail(
    runs: Runs, start: Start, place: Path, stride: int, error: int, for_good: bool
) -> None:
    outcomes = set()
    first = 1 + (7 * error + 31 * for_good) % stride  # so that each run samples other operations
    for at in itertools.count(first, stride):
        folder = start.copied_to(place / "failing")
        code, count = runs(folder, Fault(at=at, error=error, for_good=for_good))
        assert code in (DONE, REFUSED), at
        version = answered(folder)
        assert code == REFUSED or version == VERSIONS[1], at
        outcomes.add((code, version))
        check_next_run(folder)
        if count < at:
            break
    assert code == DONE
    assert outcomes >= {(REFUSED, VERSIONS[0]), (DONE, VERSIONS[1])}


@pytest.mark.parametrize("stride", [37, pytest.param(1, marks=TORTURE)])
def test_a_run_may_be_killed_at_any_file_operation(
    runs: Runs, start: Start, place: Path, stride: int
) -> None:
    versions = []
    for at in itertools.count(1, stride):
        folder = start.copied_to(place / "killed")
        code, _ = runs(folder, Fault(at=at))
        versions.append(answered(folder))
        check_next_run(folder)
        if code == DONE:
            break
        assert code == -signal.SIGKILL
    assert versions == sorted(versions)  # the old one until the switch, the new one from then on
    assert set(versions) == set(VERSIONS)


AROUND = 8  # operations


def test_a_run_may_be_killed_at_every_step_of_the_switch(
    runs: Runs, start: Start, place: Path
) -> None:
    def killed_at(at: int) -> str:
        folder = start.copied_to(place / "switching")
        runs(folder, Fault(at=at))
        return answered(folder)

    before, after = 1, runs(start.copied_to(place / "counted"), Fault())[1]
    while after - before > 1:  # the switch is between them
        middle = (before + after) // 2
        if killed_at(middle) == VERSIONS[0]:
            before = middle
        else:
            after = middle
    told = [killed_at(at) for at in range(after - AROUND, after + AROUND)]
    assert told == [VERSIONS[0]] * AROUND + [VERSIONS[1]] * AROUND


@pytest.mark.parametrize("kills", [12, pytest.param(200, marks=TORTURE)])
def test_a_run_may_be_killed_at_any_moment(
    runs: Runs, start: Start, place: Path, kills: int
) -> None:
    """On and on in one folder, so that runs go on from what others left."""
    folder = start.copied_to(place / "moments")
    begun = time.perf_counter()
    build(start.copied_to(place / "measured"))
    lasts = time.perf_counter() - begun
    chosen = random.Random(kills)
    killed, old, new = 0, *VERSIONS
    while killed < kills:
        code, _ = runs(folder, Fault(after=chosen.uniform(0, 1.2 * lasts)))
        version = answered(folder)
        assert version in (old, new)
        assert code in (DONE, -signal.SIGKILL)
        killed += code != DONE
        if version == new:
            old, new = new, old
            write_version(folder, new)
    write_version(folder, VERSIONS[1])
    check_next_run(folder)


@pytest.mark.parametrize("disks", [10, pytest.param(60, marks=TORTURE)])
def test_a_disk_may_be_full(runs: Runs, start: Start, place: Path, disks: int) -> None:
    chosen = random.Random(disks)
    largest = max(
        file.stat().st_size for file in start.folder.rglob("*") if file.is_file()
    )  # whatever the limit a smaller file is written in full, a larger one in part
    codes = set()
    for limit in [largest * 2, *(chosen.randrange(16, largest) for _ in range(disks))]:
        folder = start.copied_to(place / "full")
        code, _ = runs(folder, Fault(limit=limit))
        assert code in (DONE, REFUSED), limit
        assert answered(folder) == VERSIONS[code == DONE], limit
        codes.add(code)
        check_next_run(folder)
    assert codes == {DONE, REFUSED}
