"""The audit log: every line that is deleted, changed, moved or put in is noticed and named."""

import hashlib
import json
import multiprocessing
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from fakes import WordHashEncoder, write_pages
from fault_support import VERSIONS, settings_in, write_version
from hypothesis import given
from hypothesis import strategies as st

from archive.audit import (
    AUDIT,
    LONGEST,
    SEAL,
    Audit,
    Outcome,
    append,
    read_audit,
    recorded,
    system_user,
)
from archive.errors import ArticlesMissing, AuditUnreadable, AuditUnwritable
from archive.snapshot import current_name
from archive.text import well_formed
from indexer.jobs import run_job

LINES = 12
WHO = "oidc: amina@example.org"


def written(folder: Path, number: int, who: str = WHO) -> None:
    for at in range(number):
        append(folder, who, "upload", Outcome.DONE, f"file {at}.pdf")


def log_of(number: int) -> tuple[list[bytes], bytes]:
    """The lines of a log, without their ends, and its seal."""
    with tempfile.TemporaryDirectory() as folder:
        written(Path(folder), number)
        *lines, rest = Path(folder, AUDIT).read_bytes().split(b"\n")
        assert (len(lines), rest) == (number, b"")
        return lines, Path(folder, SEAL).read_bytes()


ORIGINAL, SEALED = log_of(LINES)


def read(content: bytes, seal: bytes | None = SEALED) -> Audit:
    """What is made of a log with this content and this seal."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, AUDIT).write_bytes(content)
        if seal is not None:
            Path(folder, SEAL).write_bytes(seal)
        return read_audit(Path(folder))


def lines_read(lines: list[bytes]) -> Audit:
    return read(b"".join(line + b"\n" for line in lines))


def is_named(audit: Audit, position: int) -> bool:
    """Whether the line at a position (from 0) is named, or the one that it should follow."""
    return audit.problem is not None and audit.line in {max(position, 1), position + 1}


positions = st.integers(0, LINES - 1)


# --- Laws ----------------------------------------------------------------------------------------


def test_a_log_that_nobody_touched_is_whole() -> None:
    audit = lines_read(ORIGINAL)
    assert (audit.line, audit.problem, len(audit.entries)) == (None, None, LINES)
    assert [one.about for one in audit.entries] == [f"file {at}.pdf" for at in range(LINES)]
    assert read_audit(Path("nowhere")) == Audit()


def test_each_line_holds_the_sha256_of_the_one_before() -> None:
    told = [json.loads(line) for line in ORIGINAL]
    expected = ["0" * 64] + [hashlib.sha256(line).hexdigest() for line in ORIGINAL[:-1]]
    assert [one["before"] for one in told] == expected
    assert set(told[0]) == {"time", "who", "action", "outcome", "about", "snapshot", "before"}
    assert told[0]["time"].endswith("Z")


@given(position=positions, number=st.integers(1, LINES))
def test_deleted_lines_are_noticed(position: int, number: int) -> None:
    left = ORIGINAL[:position] + ORIGINAL[position + number :]
    assert is_named(lines_read(left), position)


@given(position=positions, line=st.binary(max_size=300))
def test_a_changed_line_is_noticed(position: int, line: bytes) -> None:
    changed = line.replace(b"\n", b"")
    if changed != ORIGINAL[position]:
        assert is_named(
            lines_read([*ORIGINAL[:position], changed, *ORIGINAL[position + 1 :]]), position
        )


@given(
    position=positions,
    field=st.sampled_from(["time", "who", "action", "outcome", "about", "snapshot", "before"]),
)
def test_a_line_whose_words_are_changed_is_named(position: int, field: str) -> None:
    other = {
        "time": "2020-01-01T00:00:00Z", "who": "oidc: someone@example.org", "action": "index",
        "outcome": "failed", "about": "another file", "snapshot": "snapshot-x", "before": "f" * 64,
    }  # fmt: skip
    changed = json.dumps(json.loads(ORIGINAL[position]) | {field: other[field]}).encode()
    audit = lines_read([*ORIGINAL[:position], changed, *ORIGINAL[position + 1 :]])
    assert is_named(audit, position)
    if field != "before":
        assert audit.line == position + 1


@given(st.lists(positions, min_size=2, max_size=2, unique=True))
def test_swapped_lines_are_noticed(pair: list[int]) -> None:
    first, second = sorted(pair)
    lines = list(ORIGINAL)
    lines[first], lines[second] = lines[second], lines[first]
    assert is_named(lines_read(lines), first)


@given(
    position=st.integers(0, LINES),
    copied=positions,
    follows=st.booleans(),
    rest=st.binary(max_size=9),
)
def test_inserted_lines_are_noticed(position: int, copied: int, follows: bool, rest: bytes) -> None:
    """A line that stood elsewhere, one made to follow the one before it, and rubbish."""
    before = hashlib.sha256(ORIGINAL[position - 1]).hexdigest() if position else "0" * 64
    made = json.loads(ORIGINAL[copied]) | ({"before": before} if follows else {})
    for line in (json.dumps(made).encode(), rest.replace(b"\n", b"")):
        audit = lines_read([*ORIGINAL[:position], line, *ORIGINAL[position:]])
        assert is_named(audit, position)


@given(at=st.integers(0, len(b"\n".join(ORIGINAL))), bit=st.integers(0, 7))
def test_any_bit_that_is_turned_is_noticed(at: int, bit: int) -> None:
    content = bytearray(b"".join(line + b"\n" for line in ORIGINAL))
    content[at] ^= 1 << bit
    assert read(bytes(content)).problem


@given(st.integers(0, sum(len(line) + 1 for line in ORIGINAL) - 1))
def test_wherever_the_log_is_cut_short_it_is_noticed(size: int) -> None:
    audit = read(b"".join(line + b"\n" for line in ORIGINAL)[:size])
    assert audit.line in {max(len(audit.entries), 1), len(audit.entries) + 1}


@pytest.mark.parametrize(
    "seal",
    [None, b"", b"rubbish", b"-5 " + b"0" * 64, SEALED[:-1] + b"?"],
    ids=["gone", "empty", "rubbish", "before the log", "changed"],
)
def test_a_seal_that_is_gone_or_changed_is_noticed(seal: bytes | None) -> None:
    audit = read(b"".join(line + b"\n" for line in ORIGINAL), seal)
    assert audit.line == LINES


# --- What stays to be seen -----------------------------------------------------------------------


@pytest.mark.parametrize("gone", ["the last line", "the seal", "the log"])
def test_the_next_action_does_not_hide_what_was_done_to_the_log(tmp_path: Path, gone: str) -> None:
    written(tmp_path, 4)
    log = tmp_path / AUDIT
    if gone == "the last line":
        log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-1]))
    else:
        (tmp_path / {"the seal": SEAL, "the log": AUDIT}[gone]).unlink()
    assert read_audit(tmp_path).line
    for _ in range(3):
        written(tmp_path, 1)
        assert read_audit(tmp_path).line == {"the last line": 3, "the seal": 4, "the log": 1}[gone]


def test_a_writer_that_is_killed_before_it_seals_leaves_a_line_that_counts(tmp_path: Path) -> None:
    written(tmp_path, 3)
    seal = (tmp_path / SEAL).read_bytes()
    written(tmp_path, 1)
    (tmp_path / SEAL).write_bytes(seal)
    audit = read_audit(tmp_path)
    assert audit.line == 4
    assert "not sealed" in str(audit.problem)
    written(tmp_path, 1)
    audit = read_audit(tmp_path)
    assert (audit.line, len(audit.entries)) == (None, 5)


def test_half_a_line_of_a_machine_that_stopped_gives_way(tmp_path: Path) -> None:
    written(tmp_path, 3)
    with open(tmp_path / AUDIT, "ab") as log:
        log.write(b'{"time":"2026-')
    assert read_audit(tmp_path).line == 4
    written(tmp_path, 1)
    audit = read_audit(tmp_path)
    assert (audit.line, len(audit.entries)) == (None, 4)


# --- Writing -------------------------------------------------------------------------------------


def test_a_thousand_actions_are_whole(tmp_path: Path) -> None:
    for at in range(500):
        with recorded(tmp_path, WHO, "upload", str(at)):
            pass
    audit = read_audit(tmp_path)
    assert (audit.line, len(audit.entries)) == (None, 1000)
    assert [one.outcome for one in audit.entries] == [Outcome.BEGUN, Outcome.DONE] * 500


@given(who=st.text(max_size=20), action=st.text(max_size=20), about=st.text(max_size=700))
def test_any_words_stay_on_one_line(who: str, action: str, about: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        append(Path(folder), who, action, Outcome.BEGUN, about)
        assert Path(folder, AUDIT).read_bytes().count(b"\n") == 1
        (entry,) = read_audit(Path(folder)).entries
        told = [well_formed(words)[:LONGEST] for words in (who, action, about)]
        assert [entry.who, entry.action, entry.about] == told


def test_an_action_that_fails_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), recorded(tmp_path, WHO, "index"):
        raise ZeroDivisionError
    assert [one.outcome for one in read_audit(tmp_path).entries] == ["begun", "failed"]


def test_an_action_that_cannot_be_recorded_is_not_done(tmp_path: Path) -> None:
    (tmp_path / AUDIT).mkdir()
    done = []
    with pytest.raises(AuditUnwritable, match=r"then try again\.$"), recorded(tmp_path, WHO, "x"):
        done.append(1)
    assert done == []
    with pytest.raises(AuditUnreadable, match=r"communique audit$"):
        read_audit(tmp_path)


def test_an_action_whose_end_cannot_be_recorded_is_done(tmp_path: Path) -> None:
    with recorded(tmp_path, WHO, "index"):
        (tmp_path / AUDIT).unlink()
        (tmp_path / AUDIT).mkdir()
    assert list((tmp_path / AUDIT).iterdir()) == []


def _fill(folder: Path, limit: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        written(folder, 1)
    except AuditUnwritable:
        os._exit(7)
    os._exit(0)


@pytest.mark.parametrize("room", [0, 1, 40, 200])
def test_a_disk_that_is_full_leaves_the_log_as_it_was(tmp_path: Path, room: int) -> None:
    written(tmp_path, 3)
    before = (tmp_path / AUDIT).read_bytes()
    child = multiprocessing.get_context("fork").Process(
        target=_fill, args=(tmp_path, len(before) + room)
    )
    child.start()
    child.join()
    assert child.exitcode == 7
    assert (tmp_path / AUDIT).read_bytes() == before
    assert read_audit(tmp_path).line is None


def test_many_processes_write_one_log(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [
        context.Process(target=written, args=(tmp_path, 25, f"system: {at}")) for at in range(4)
    ]
    for one in writers:
        one.start()
    while any(one.is_alive() for one in writers):
        assert read_audit(tmp_path).line is None
    for one in writers:
        one.join()
    audit = read_audit(tmp_path)
    assert (audit.line, len(audit.entries)) == (None, 100)


WRITE = """
import sys
from pathlib import Path
from archive.audit import Outcome, append
print(flush=True)
while True:
    append(Path(sys.argv[1]), "system: killed", "index", Outcome.BEGUN)
"""


def test_writers_that_are_killed_leave_a_log_that_goes_on(tmp_path: Path, repository: Path) -> None:
    chance = random.Random(6)
    for _ in range(10):
        with subprocess.Popen(
            [sys.executable, "-c", WRITE, str(tmp_path)], cwd=repository, stdout=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(chance.random() / 20)
            child.kill()
        written(tmp_path, 1)
        assert read_audit(tmp_path).line is None


# --- What is recorded ----------------------------------------------------------------------------


def test_a_run_is_recorded_with_its_user_and_its_snapshots(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    with pytest.raises(ArticlesMissing):
        run_job(settings, encoder=WordHashEncoder())
    write_version(tmp_path, VERSIONS[0])
    run_job(settings, encoder=WordHashEncoder())
    first = current_name(settings.index)
    write_pages(settings.articles, {"site/new.txt": "A new article of some length."})
    run_job(settings, encoder=WordHashEncoder(), fresh=True, force=True)
    audit = read_audit(settings.index)
    assert audit.line is None
    assert {(one.who, one.action) for one in audit.entries} == {(system_user(), "index")}
    articles = str(settings.articles)
    assert [(one.outcome, one.about, one.snapshot) for one in audit.entries] == [
        ("begun", articles, None),
        ("failed", articles, None),
        ("begun", articles, None),
        ("done", articles, first),
        ("begun", f"{articles} fresh force", first),
        ("done", f"{articles} fresh force", current_name(settings.index)),
    ]


def test_a_run_that_cannot_be_recorded_changes_nothing(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    write_version(tmp_path, VERSIONS[0])
    (settings.index / AUDIT).mkdir(parents=True)
    with pytest.raises(AuditUnwritable):
        run_job(settings, encoder=WordHashEncoder())
    assert current_name(settings.index) is None
