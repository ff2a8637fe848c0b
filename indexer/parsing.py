"""Files parsed in a child process, so that none can take the indexer down with it."""

import contextlib
import json
import signal
import subprocess
import sys
import threading
import zlib
from dataclasses import asdict
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any

from archive.documents import DateBasis
from archive.text import well_formed
from indexer.formats.parsed import FEED, SITEMAP, Parsed, Stated
from indexer.refusals import Reason, Refused

ENDINGS = (".md", ".html", ".htm", ".pdf", ".docx")
WALL = 60.0
_LONGEST_ANSWER = 1 << 26
_ROOT = Path(__file__).resolve().parent.parent
_TO_END = 2.0


class Parser:
    """A child process that parses one file after another, and a new one once it has failed.

    It is begun by the first file. Of a child that has parsed other files before, a failure may be
    theirs: the file is tried once more in a new one. A context manager; closing it ends the child.
    """

    def __init__(self, wall: float = WALL) -> None:
        """wall: the seconds that a file may take."""
        self._wall = wall
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Parser":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    @property
    def process(self) -> int | None:
        """The number of the child's process, None where there is no child."""
        return self._child.pid if self._child else None

    def parse(self, ending: str, content: bytes) -> Parsed:
        """The file's text and what it states; `ending` is one of ENDINGS. Raises Refused."""
        [parsed] = self._tried(ending, content)
        return parsed

    def parse_feed(self, content: bytes) -> list[Parsed]:
        """The items of a feed; the text of one that says nothing is empty. Raises Refused."""
        return self._tried(FEED, content)

    def parse_sitemap(self, content: bytes) -> list[str]:
        """The addresses of the pages that a sitemap names, each once. Raises Refused."""
        return [page.stated.address for page in self._tried(SITEMAP, content)]

    def _tried(self, ending: str, content: bytes) -> list[Parsed]:
        used = self._child is not None
        try:
            return self._parse(ending, content)
        except Refused as refused:
            if not used or refused.reason not in (Reason.CRASHED, Reason.TOO_MUCH_MEMORY):
                raise
        return self._parse(ending, content)

    def _parse(self, ending: str, content: bytes) -> list[Parsed]:
        answer, late = self._asked(ending, content)
        if not answer.endswith(b"\n"):
            slow = self._end() == -signal.SIGXCPU or late
            raise Refused(Reason.TOO_SLOW if slow else Reason.CRASHED)
        try:
            told = json.loads(answer)
            if "reason" not in told:
                articles = [_parsed(one) for one in told["articles"]]
                if ending not in (FEED, SITEMAP) and len(articles) != 1:
                    raise ValueError(f"{len(articles)} articles of one file")
                return articles
            reason, detail = Reason(told["reason"]), str(told["detail"])
        except (ValueError, KeyError, TypeError) as error:  # no answer that a sound child gives
            self._end()
            raise Refused(Reason.CRASHED) from error
        if reason == Reason.TOO_MUCH_MEMORY:
            self._end()
        raise Refused(reason, detail)

    def _asked(self, ending: str, content: bytes) -> tuple[bytes, bool]:
        """The child's answer as it came, and whether it was stopped for its time."""
        child = self._begun()
        assert child.stdin
        assert child.stdout
        late = threading.Event()

        def stop() -> None:
            late.set()
            child.kill()

        clock = threading.Timer(self._wall, stop)
        clock.start()
        try:
            header = json.dumps({"ending": ending, "size": len(content)})
            child.stdin.write(header.encode() + b"\n" + content)
            child.stdin.flush()
            answer = child.stdout.readline(_LONGEST_ANSWER)
        except BrokenPipeError:
            answer = b""
        finally:
            clock.cancel()
            clock.join()
        if late.is_set() and answer.endswith(b"\n"):  # it answered at the last moment
            self._end()
            return answer, False
        return answer, late.is_set()

    def _begun(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "indexer.formats.child"],
                cwd=_ROOT,
                env={"PYTHONUTF8": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._child

    def _end(self) -> int | None:
        """End the child, if there is one: with its input, or by force. Returns its status."""
        child, self._child = self._child, None
        if child is None:
            return None
        for pipe in (child.stdin, child.stdout):
            with contextlib.suppress(BrokenPipeError):
                if pipe:
                    pipe.close()
        try:
            return child.wait(_TO_END)
        except subprocess.TimeoutExpired:
            child.kill()
            return child.wait()


def written(parsed: Parsed) -> bytes:
    """What was parsed, to be kept, packed by zlib. `read_back` gives it back."""
    return zlib.compress(json.dumps(asdict(parsed), default=str).encode())


def read_back(kept: bytes) -> Parsed:
    """What `written` packed."""
    return _parsed(json.loads(zlib.decompress(kept)))


def _parsed(told: dict[str, Any]) -> Parsed:
    """What the child, or the catalogue, tells.

    Raises ValueError, KeyError or TypeError for what no parser gives.
    """
    stated = told["stated"]
    day = stated["published"]
    return Parsed(
        well_formed(str(told["text"])),
        str(told["encoding"]),
        Stated(
            well_formed(str(stated["title"])),
            str(stated["language"]),
            date.fromisoformat(str(day)) if day else None,
            DateBasis(str(stated["date_basis"])),
            str(stated["address"]),
            tuple(int(page) for page in stated["pages"]),
        ),
    )
