"""What is told of a run of the indexer while it goes on, and when it has gone."""

import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from indexer.jobs import JobLog, JobState, read_job
from indexer.pipeline import BuildReport

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
