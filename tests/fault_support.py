"""Runs of the indexer that are killed, or whose file operations fail, each in its own process."""

import builtins
import io
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from fakes import WordHashEncoder, write_pages

from archive.documents import Question
from archive.errors import ArchiveError
from archive.languages import detect_language
from archive.settings import Settings
from indexer.pipeline import BuildReport, build_index
from retriever.engine import Engine, open_engine
from retriever.verification import disagreements

DONE, REFUSED, BROKEN = 0, 1, 2  # how a run ends
PAGES = 5
VERSIONS = ("amber", "violet")
QUESTION = "Which boat was amber or violet?"


@contextmanager
def in_memory() -> Iterator[Path]:
    """A folder that no disk slows down, where the system has one."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def settings_in(folder: Path) -> Settings:
    return Settings.from_environment(
        articles=folder / "articles", index=folder / "index", model="word-hash", passage_tokens=32
    )


def write_version(folder: Path, version: str) -> None:
    """The articles of a version: each says its name, and no other version has one of them."""
    write_pages(
        folder / "articles",
        {
            f"site/{number}.txt": " ".join(
                f"Keeper{number}x{line} of harbour{number * line} saw {version} "
                f"boat{number}y{line} pass{'ing' * (line % 2)} tower{number + line}z{number}."
                for line in range(4)
            )
            for number in range(PAGES)
        },
    )


def build(folder: Path) -> BuildReport:
    return build_index(settings_in(folder), WordHashEncoder(), force=True)


def opened(folder: Path) -> Engine:
    return open_engine(settings_in(folder), WordHashEncoder())


def version_of(engine: Engine) -> str:
    """The version that an engine answers from; it fails where it is not the whole of one."""
    assert disagreements(engine.snapshot) == []
    documents = engine.catalogue.documents()
    found = engine.search(Question(QUESTION), 2 * PAGES)
    (version,) = (one for one in VERSIONS if one in documents[0].text)
    (other,) = set(VERSIONS) - {version}
    told = [one.document for one in found]
    assert {one.path for one in told} == {one.path for one in documents}
    assert len(documents) == PAGES
    texts = [one.text for one in (*documents, *told)] + [one.passage.text for one in found]
    assert all(version in text and other not in text for text in texts)
    return version


@dataclass(frozen=True)
class Fault:
    """What befalls a run that indexes the articles as they are.

    at: its so manieth operation on a file of the index fails with `error`, or kills it where that
    is None; every later one too with `for_good`. after: it is killed so many seconds after it
    began. limit: no file may have more bytes.
    """

    at: int | None = None
    error: int | None = None
    for_good: bool = False
    after: float | None = None
    limit: int | None = None


class Runs:
    """Runs in processes forked from one that never indexed, so that no thread is lost on the way.

    They are asked for, and told of, in lines of JSON.
    """

    def __init__(self, repository: Path) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.path[:0] = ['.', 'tests']\n"
             "import fault_support; fault_support.serve()"],
            cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __enter__(self) -> "Runs":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.stdout.close()
        self._server.wait(timeout=60)

    def __call__(self, folder: Path, fault: Fault) -> tuple[int, int]:
        """How a run ended: its exit code, negative for a signal; how many operations it began."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        print(json.dumps([str(folder), vars(fault)]), file=self._server.stdin, flush=True)
        code, count = json.loads(self._server.stdout.readline())
        return code, count


def serve() -> None:
    """Fork a run for every line that is read, and tell how it ended."""
    detect_language("What takes time to load is loaded once.")
    for line in sys.stdin:
        folder, told = json.loads(line)
        fault = Fault(**told)
        count, begun = os.pipe()
        child = os.fork()
        if not child:
            os._exit(_run(Path(folder), fault, begun))
        os.close(begun)
        if fault.after is not None:
            os.read(count, 1)
            time.sleep(fault.after)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        told = os.read(count, 1 << 20)
        os.close(count)
        print(json.dumps([os.waitstatus_to_exitcode(status), len(told)]), flush=True)


def _run(folder: Path, fault: Fault, begun: int) -> int:
    if fault.after is not None:
        os.write(begun, b".")
    if fault.limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (fault.limit, fault.limit))
    _Injector(str(folder / "index"), fault, begun).install()
    try:
        build(folder)
    except ArchiveError:
        return REFUSED
    except BaseException:
        traceback.print_exc()
        return BROKEN
    return DONE


class _Injector:
    """Counts the operations on files below a folder, and lets some of them fail.

    What Python announces of itself (audit events), fsync, and the writes of its files. Writes from
    within a library are not seen here; a limit on the size of files meets those.
    """

    EVENTS = frozenset(
        {
            "open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.truncate",
            "os.utime", "os.scandir", "os.listdir", "sqlite3.connect",
        }
    )  # fmt: skip

    def __init__(self, below: str, fault: Fault, begun: int) -> None:
        self._below, self._fault, self._begun = below, fault, begun
        self._count, self._lock = 0, threading.Lock()

    def install(self) -> None:
        sys.addaudithook(self._heard)
        fsync, plain = os.fsync, builtins.open

        def counted_fsync(handle: int) -> None:
            self.step()
            fsync(handle)

        def counted_open(file: Any, mode: str = "r", *rest: Any, **options: Any) -> IO[Any]:
            if ("r" in mode and "+" not in mode) or not self._is_below(file):
                return plain(file, mode, *rest, **options)
            binary = _Writer(io.FileIO(os.fspath(file), mode.replace("b", "")), self)
            if "b" in mode:
                return binary
            return io.TextIOWrapper(binary, encoding=options.get("encoding", "utf-8"))

        os.fsync = counted_fsync  # type: ignore[assignment]
        builtins.open = io.open = counted_open  # type: ignore[assignment]

    def _is_below(self, path: object) -> bool:
        told = os.fspath(path) if isinstance(path, str | os.PathLike) else ""
        return isinstance(told, str) and self._below in told

    def _heard(self, event: str, arguments: tuple[object, ...]) -> None:
        if event not in self.EVENTS or not arguments or not self._is_below(arguments[0]):
            return
        try:
            self.step()
        except OSError:
            if event == "sqlite3.connect":  # which never tells what the system said
                raise sqlite3.OperationalError("unable to open database file") from None
            raise

    def step(self) -> None:
        """One operation, which is not done where this raises."""
        with self._lock:
            self._count += 1
            count = self._count
        os.write(self._begun, b".")
        at, fault = self._fault.at, self._fault
        if at is None or count < at or (count > at and not fault.for_good):
            return
        if fault.error is None:
            os.kill(os.getpid(), signal.SIGKILL)
        else:
            raise OSError(fault.error, os.strerror(fault.error))


class _Writer(io.BufferedWriter):
    def __init__(self, raw: io.FileIO, injector: _Injector) -> None:
        super().__init__(raw)
        self._injector = injector

    def write(self, content: Any, /) -> int:
        self._injector.step()
        return super().write(content)


@dataclass(frozen=True)
class Start:
    """A folder where a version is indexed and the articles are of the next, to be copied."""

    folder: Path

    @classmethod
    def made(cls, folder: Path) -> "Start":
        write_version(folder, VERSIONS[0])
        build(folder)
        write_version(folder, VERSIONS[1])
        return cls(folder)

    def copied_to(self, folder: Path) -> Path:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder)
        return folder
