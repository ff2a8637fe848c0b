"""Runs of the indexer: noted while they go on, in a process of their own, and called off."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from archive.audit import recorded, system_user
from archive.encoder import Encoder, open_encoder
from archive.errors import ArchiveError, IndexBusy, NothingRunning, RunOfAnother
from archive.settings import PREFIX, Settings
from archive.snapshot import make_index_dir, writing
from archive.storage import replace_text
from indexer.pipeline import BuildReport, Progress, rebuild, silent

JOB, LOG = "job.json", "job.log"
INDEX = "index"  # as the audit log has it
_PRIORITY = 10  # as `nice` counts
_COMMAND = Path(__file__).resolve().parent.parent / "cli.py"
_PATIENCE = 60  # seconds that a run is given to end once it is called off
_LOOK = 0.1  # seconds between two looks at whether it has


class JobState(StrEnum):
    NOT_STARTED = "not started"  # there never was a run
    RUNNING = "running"
    DONE = "done"
    DONE_WITH_REFUSALS = "done with refusals"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"  # the process has gone without a word


@dataclass(frozen=True, slots=True)
class Job:
    """The last run of the indexer, as it tells of itself.

    process, born: its number and when the system started it, which tell it from any other.
    step, done, total: what it is at; total is 0 where nobody knows it yet.
    started, finished: UTC, ISO 8601. problem: why it failed, as a sentence for people.
    """

    state: JobState = JobState.NOT_STARTED
    process: int = 0
    born: int = 0
    started: str = ""
    step: str = ""
    done: int = 0
    total: int = 0
    finished: str | None = None
    problem: str | None = None
    report: BuildReport | None = None


def run_job(
    settings: Settings,
    progress: Progress = silent,
    *,
    encoder: Encoder | None = None,
    fresh: bool = False,
    force: bool = False,
) -> BuildReport:
    """Index the articles as `rebuild` does, and note in the job's file how it goes and ends.

    encoder: opened here unless it is given. A run that finds the index busy leaves no note: the
    file tells of the one that holds it. The audit log tells who ran it; where it cannot,
    AuditUnwritable is raised. SIGTERM ends it as Ctrl+C does, in the main thread.
    """
    flags = [name for name, chosen in (("fresh", fresh), ("force", force)) if chosen]
    about = " ".join([str(settings.articles), *flags])
    with (
        writing(settings.index),
        _ended_by_signal(),
        recorded(settings.index, system_user(), INDEX, about),
    ):
        log = JobLog(settings.index)

        def told(step: str, done: int, total: int) -> None:
            log(step, done, total)
            progress(step, done, total)

        try:
            report = rebuild(
                settings, encoder or open_encoder(settings), told, fresh=fresh, force=force
            )
        except ArchiveError as error:
            log.fail(str(error))
            raise
        except BaseException as error:
            if _is_called_off(error):
                log.cancel()
                raise KeyboardInterrupt from error
            log.note(traceback.format_exc().rstrip())
            log.fail(f"The run stopped: {type(error).__name__}.")
            raise
        log.finish(report)
        return report


def _is_called_off(error: BaseException | None) -> bool:
    """Whether Ctrl+C or SIGTERM is behind an error: a library that was being loaded tells one of
    its own then."""
    if error is None or isinstance(error, KeyboardInterrupt):
        return error is not None
    return _is_called_off(error.__cause__ or error.__context__)


@contextlib.contextmanager
def _ended_by_signal() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def start_reindex(settings: Settings) -> "subprocess.Popen[bytes]":
    """Start `communique index` as a child process with the same settings, and do not wait.

    It gives way to whatever answers questions meanwhile. A run that fails leaves its reason in the
    job; one that finds the index busy leaves the job to the run that holds it.
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
    return process


def reindex(settings: Settings) -> Job | None:
    """Run `communique index` as a child process, and wait; the job it left, None where another
    process holds the index. Raises IndexUnwritable."""
    process = start_reindex(settings)
    process.wait()
    job = read_job(settings.index)
    if job.process == process.pid:
        return job
    with contextlib.suppress(IndexBusy), writing(settings.index):
        pass  # it was busy, or cannot be written, which this tells
    return None


def cancel_job(index_dir: Path) -> Job:
    """Call off the run that writes the index, and give it _PATIENCE to end; the job as it is then.

    What it has encoded stays in the journal, so that the next run goes on from there. Raises
    NothingRunning, or RunOfAnother where the system does not let it be ended.
    """
    job = read_job(index_dir)
    if job.state != JobState.RUNNING:
        raise NothingRunning(index_dir)
    try:
        os.kill(job.process, signal.SIGTERM)
    except ProcessLookupError:
        return read_job(index_dir)
    except PermissionError:
        raise RunOfAnother(index_dir, job.process) from None
    last = time.monotonic() + _PATIENCE
    while (told := read_job(index_dir)).state == JobState.RUNNING and time.monotonic() < last:
        time.sleep(_LOOK)
    return told


def read_job(index_dir: Path) -> Job:
    """The last run. One whose process has gone is interrupted."""
    try:
        told = json.loads((index_dir / JOB).read_text(encoding="utf-8"))
        report = BuildReport(**told["report"]) if told["report"] else None
        job = Job(**{**told, "state": JobState(told["state"]), "report": report})
    except (OSError, ValueError, TypeError, KeyError):
        return Job()  # none, or none that this version wrote
    if job.state == JobState.RUNNING and _born(job.process) != job.born:
        return replace(job, state=JobState.INTERRUPTED)
    return job


def read_log(index_dir: Path) -> list[str]:
    """What the last run noted, line by line, each with its time (UTC)."""
    try:
        return (index_dir / LOG).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _born(process: int) -> int | None:
    """When the system started a process, in its ticks; None where it does not run, or has ended
    but was not waited for."""
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, *rest = told.rpartition(")")[2].split()
    return None if state == "Z" else int(rest[18])


class JobLog:
    """Keeps the job's file and its log up to date while a run goes on; a `Progress` of its own.

    For one who holds the index for writing. A note that the disk does not take is left out: it is
    the run that matters.
    """

    def __init__(self, index_dir: Path) -> None:
        self._file, self._log = index_dir / JOB, index_dir / LOG
        make_index_dir(index_dir)
        process = os.getpid()
        self._job = Job(JobState.RUNNING, process, _born(process) or 0, _now())
        with contextlib.suppress(OSError):
            self._log.write_text("", encoding="utf-8")
        self.note(f"process {process} runs")
        self._write()

    def __call__(self, step: str, done: int, total: int) -> None:
        """Note how far the run is: at every new step, and each time another hundredth is done."""
        before = self._job
        self._job = replace(before, step=step, done=done, total=total)
        if step != before.step:
            self.note(step)
        if (
            step != before.step
            or done == total
            or done * 100 // max(total, done, 1)
            != (before.done * 100 // max(before.total, before.done, 1))
        ):
            self._write()

    def note(self, words: str) -> None:
        """Add a line to the log, with the time."""
        with contextlib.suppress(OSError), open(self._log, "a", encoding="utf-8") as handle:
            handle.write(f"{_now()} {words}\n")

    def finish(self, report: BuildReport) -> None:
        state = JobState.DONE_WITH_REFUSALS if report.refused else JobState.DONE
        self._end(replace(self._job, state=state, report=report))

    def cancel(self) -> None:
        self._end(replace(self._job, state=JobState.CANCELLED))

    def fail(self, problem: str) -> None:
        self._end(replace(self._job, state=JobState.FAILED, problem=problem))

    def _end(self, job: Job) -> None:
        self._job = replace(job, finished=_now())
        self.note(f"{job.state}: {job.problem}" if job.problem else str(job.state))
        self._write()

    def _write(self) -> None:
        with contextlib.suppress(OSError):
            replace_text(self._file, json.dumps(asdict(self._job)))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
