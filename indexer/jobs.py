"""Re-indexing in a process of its own, and what can be told of it meanwhile."""

import json
import os
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from archive.settings import PREFIX, Settings
from archive.snapshot import make_index_dir
from archive.storage import replace_text
from indexer.pipeline import BuildReport

JOB = "job.json"
_PRIORITY = 10  # as `nice` counts
_COMMAND = Path(__file__).resolve().parent.parent / "cli.py"


class JobState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # the process has gone without a word


@dataclass(frozen=True, slots=True)
class Job:
    """The last run of the indexer, as it tells of itself.

    step, done, total: what it is at; total is 0 where nobody knows it yet.
    started, finished: UTC, ISO 8601. problem: why it failed, as a sentence for people.
    """

    state: JobState
    process: int
    started: str
    step: str = ""
    done: int = 0
    total: int = 0
    finished: str | None = None
    problem: str | None = None
    report: BuildReport | None = None


def start_reindex(settings: Settings) -> None:
    """Start `communique index` as a child process with the same settings, and do not wait.

    It gives way to whatever answers questions meanwhile. A run that another process holds up fails
    by itself, with its reason in the job.
    """
    chosen = {PREFIX + name.upper(): str(value) for name, value in settings.model_dump().items()}
    process = subprocess.Popen(
        [sys.executable, str(_COMMAND), "index"],
        env=os.environ | chosen,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.setpriority(os.PRIO_PROCESS, process.pid, _PRIORITY)
    threading.Thread(target=process.wait, daemon=True).start()


def read_job(index_dir: Path) -> Job | None:
    """The last run, None where there was none. One whose process has gone is interrupted."""
    try:
        told = json.loads((index_dir / JOB).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    report = BuildReport(**told["report"]) if told["report"] else None
    job = Job(**{**told, "state": JobState(told["state"]), "report": report})
    if job.state == JobState.RUNNING and not _alive(job.process):
        return replace(job, state=JobState.INTERRUPTED)
    return job


def _alive(process: int) -> bool:
    """Whether a process runs; one that has ended but was not waited for does not."""
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    state = told.rpartition(")")[2].split()[0]
    return state != "Z"


class JobLog:
    """Keeps the job's file up to date while a run goes on; a `Progress` of its own."""

    def __init__(self, index_dir: Path) -> None:
        self._file = index_dir / JOB
        make_index_dir(index_dir)
        self._job = Job(JobState.RUNNING, os.getpid(), _now())
        self._write()

    def __call__(self, step: str, done: int, total: int) -> None:
        """Note how far the run is: at every new step, and each time another hundredth is done."""
        before = self._job
        self._job = replace(before, step=step, done=done, total=total)
        if (
            step != before.step
            or done == total
            or done * 100 // max(total, done, 1)
            != (before.done * 100 // max(before.total, before.done, 1))
        ):
            self._write()

    def finish(self, report: BuildReport) -> None:
        self._job = replace(self._job, state=JobState.DONE, finished=_now(), report=report)
        self._write()

    def fail(self, problem: str) -> None:
        self._job = replace(self._job, state=JobState.FAILED, finished=_now(), problem=problem)
        self._write()

    def _write(self) -> None:
        replace_text(self._file, json.dumps(asdict(self._job)))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
