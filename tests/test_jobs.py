"""What is told of a run of the indexer while it goes on, and when it has gone; calling it off."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pytest
from fakes import WordHashEncoder, write_pages
from fault_support import VERSIONS, opened, settings_in, version_of, write_version

from archive.encoder import Encoded
from archive.errors import ArticlesMissing, IndexBusy, NothingRunning
from archive.snapshot import writing
from indexer.jobs import (
    JOB,
    JobLog,
    JobState,
    cancel_job,
    read_job,
    read_log,
    reindex,
    run_job,
)
from indexer.journal import FOLDER
from indexer.pipeline import BuildReport, build_index

REPORT = BuildReport(7, 5, 1, 1, 7, 0, 0, 0, 9, 9, 1.5, "snapshot-x", True)


def test_where_nothing_ever_ran_no_job_was_started(tmp_path: Path) -> None:
    assert read_job(tmp_path).state == JobState.NOT_STARTED
    assert read_job(tmp_path / "nowhere").state == JobState.NOT_STARTED
    assert read_log(tmp_path) == []


def test_a_run_tells_how_far_it_is_and_how_it_ended(tmp_path: Path) -> None:
    log = JobLog(tmp_path / "index")
    job = read_job(tmp_path / "index")
    assert job.state == JobState.RUNNING
    log("encoding", 3, 10)
    job = read_job(tmp_path / "index")
    assert (job.step, job.done, job.total, job.finished) == ("encoding", 3, 10, None)
    log.finish(REPORT)
    job = read_job(tmp_path / "index")
    assert (job.state, job.report, job.problem) == (JobState.DONE_WITH_REFUSALS, REPORT, None)
    assert job.finished is not None
    assert job.started <= job.finished


def test_a_run_that_fails_says_why(tmp_path: Path) -> None:
    JobLog(tmp_path).fail("There is no folder of articles.")
    job = read_job(tmp_path)
    assert (job.state, job.problem) == (JobState.FAILED, "There is no folder of articles.")


def test_progress_is_noted_at_every_hundredth_and_at_the_end(tmp_path: Path) -> None:
    log = JobLog(tmp_path)
    told = []
    for done in range(1001):
        log("encoding", done, 1000)
        job = read_job(tmp_path)
        told.append(job.done)
        assert done - 10 < job.done <= done
    assert told[-1] == 1000
    assert len(set(told)) <= 102


def test_a_run_whose_process_was_killed_is_interrupted(tmp_path: Path, repository: Path) -> None:
    program = f"""
import os, signal
from pathlib import Path
from indexer.jobs import JobLog
JobLog(Path({str(tmp_path)!r}))("encoding", 1, 2)
os.kill(os.getpid(), signal.SIGKILL)
"""
    with subprocess.Popen([sys.executable, "-c", program], cwd=repository) as child:
        assert child.wait() == -signal.SIGKILL
    job = read_job(tmp_path)
    assert (job.state, job.process, job.step) == (JobState.INTERRUPTED, child.pid, "encoding")


def test_a_killed_run_that_its_starter_has_not_waited_for_is_interrupted(
    tmp_path: Path, repository: Path
) -> None:
    program = f"""
import os, signal
from pathlib import Path
from indexer.jobs import JobLog
JobLog(Path({str(tmp_path)!r}))
os.close(1)
os.kill(os.getpid(), signal.SIGKILL)
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=repository, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.read()  # ends when the child has noted its run and is about to die
        stat = Path(f"/proc/{child.pid}/stat")
        while stat.read_text().rpartition(")")[2].split()[0] != "Z":
            pass
        job = read_job(tmp_path)
    assert job.state == JobState.INTERRUPTED


def test_a_report_survives_the_way_through_the_file(tmp_path: Path) -> None:
    JobLog(tmp_path).finish(REPORT)
    job = read_job(tmp_path)
    assert job.report is not None
    assert asdict(job.report) == asdict(REPORT)


# --- Runs ----------------------------------------------------------------------------------------


def states_of(index: Path) -> list[str]:
    """What the log tells, without the times."""
    return [line.split(" ", 1)[1] for line in read_log(index)]


def test_a_run_notes_its_steps_and_how_it_ended(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    write_version(tmp_path, VERSIONS[0])
    report = run_job(settings, encoder=WordHashEncoder())
    assert (read_job(settings.index).state, read_job(settings.index).report) == ("done", report)
    steps = ["reading", "preparing", "chunking", "encoding", "writing"]
    assert states_of(settings.index) == [f"process {os.getpid()} runs", *steps, "done"]
    write_pages(settings.articles, {"site/empty.txt": ""})
    run_job(settings, encoder=WordHashEncoder())
    assert read_job(settings.index).state == JobState.DONE_WITH_REFUSALS
    assert states_of(settings.index)[-1] == "done with refusals"


def test_a_run_that_cannot_be_done_notes_the_cure(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    with pytest.raises(ArticlesMissing) as caught:
        run_job(settings, encoder=WordHashEncoder())
    job = read_job(settings.index)
    assert (job.state, job.problem) == (JobState.FAILED, str(caught.value))
    assert states_of(settings.index)[-1] == f"failed: {caught.value}"


def test_a_run_that_has_a_bug_is_loud_and_notes_where(tmp_path: Path) -> None:
    class Broken(WordHashEncoder):
        def encode_passages(self, texts: Sequence[str]) -> list[Encoded]:
            raise ZeroDivisionError

    write_version(tmp_path, VERSIONS[0])
    settings = settings_in(tmp_path)
    with pytest.raises(ZeroDivisionError):
        run_job(settings, encoder=Broken())
    job = read_job(settings.index)
    assert (job.state, job.problem) == (JobState.FAILED, "The run stopped: ZeroDivisionError.")
    assert any("encode_passages" in line for line in read_log(settings.index))


def test_a_run_that_is_called_off_while_a_library_loads_is_told_so(tmp_path: Path) -> None:
    class Loading(WordHashEncoder):
        def encode_passages(self, texts: Sequence[str]) -> list[Encoded]:
            raise ImportError from KeyboardInterrupt()

    write_version(tmp_path, VERSIONS[0])
    settings = settings_in(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run_job(settings, encoder=Loading())
    job = read_job(settings.index)
    assert (job.state, job.problem) == (JobState.CANCELLED, None)


def test_a_run_that_finds_the_index_busy_leaves_the_job_of_the_other(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    write_version(tmp_path, VERSIONS[0])
    with writing(settings.index):
        JobLog(settings.index)("encoding", 3, 7)
        before = (settings.index / JOB).read_bytes()
        with pytest.raises(IndexBusy):
            run_job(settings, encoder=WordHashEncoder())
        assert reindex(settings) is None
        assert (settings.index / JOB).read_bytes() == before
    assert states_of(settings.index)[-1] == "encoding"


def test_a_note_that_cannot_be_written_does_not_stop_the_run(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    write_version(tmp_path, VERSIONS[0])
    for name in (JOB, "job.log"):
        (settings.index / name).mkdir(parents=True)
    assert run_job(settings, encoder=WordHashEncoder()).built
    assert read_job(settings.index).state == JobState.NOT_STARTED
    assert read_log(settings.index) == []


# --- Called off ----------------------------------------------------------------------------------

SLOW = """
import sys, time
sys.path[:0] = [".", "tests"]
from pathlib import Path
import pytest
from fakes import WordHashEncoder
from fault_support import settings_in
from test_resuming import small_batches
from indexer.jobs import run_job
class Slow(WordHashEncoder):
    def encode_passages(self, texts):
        time.sleep(0.05)
        return super().encode_passages(texts)
small_batches(pytest.MonkeyPatch())
run_job(settings_in(Path(sys.argv[1])), encoder=Slow(), force=True)
"""


def test_a_run_that_is_called_off_is_gone_on_with(tmp_path: Path, repository: Path) -> None:
    settings = settings_in(tmp_path)
    write_version(tmp_path, VERSIONS[0])
    build_index(settings, WordHashEncoder())
    write_version(tmp_path, VERSIONS[1])
    with subprocess.Popen([sys.executable, "-c", SLOW, str(tmp_path)], cwd=repository) as child:
        while (job := read_job(settings.index)).step != "encoding" or job.done < 5:
            assert child.poll() is None
            time.sleep(0.01)
        assert (job.state, job.process) == (JobState.RUNNING, child.pid)
        job = cancel_job(settings.index)
    assert (job.state, job.process) == (JobState.CANCELLED, child.pid)
    assert states_of(settings.index)[-1] == "cancelled"
    assert version_of(opened(tmp_path)) == VERSIONS[0]
    assert (settings.index / FOLDER).exists()
    encoder = WordHashEncoder()
    report = run_job(settings, encoder=encoder, force=True)
    assert version_of(opened(tmp_path)) == VERSIONS[1]
    facts = opened(tmp_path).snapshot.facts
    assert 0 < len(encoder.encoded) == report.encoded < facts.passages + facts.sentences


def test_where_no_run_goes_on_none_is_called_off(tmp_path: Path) -> None:
    with pytest.raises(NothingRunning, match="communique index"):
        cancel_job(tmp_path)
    JobLog(tmp_path).finish(REPORT)
    with pytest.raises(NothingRunning):
        cancel_job(tmp_path)


def test_a_process_that_has_only_the_number_of_the_run_is_left_alone(tmp_path: Path) -> None:
    JobLog(tmp_path)
    told = json.loads((tmp_path / JOB).read_text())
    assert read_job(tmp_path).state == JobState.RUNNING
    (tmp_path / JOB).write_text(json.dumps(told | {"born": told["born"] - 1}))
    assert read_job(tmp_path).state == JobState.INTERRUPTED
    with pytest.raises(NothingRunning):
        cancel_job(tmp_path)  # or this test would end here
