"""The process that files are parsed in: it has little memory and time, and no network.

    python -m indexer.formats.child

It reads one file after another from its input and answers each on its output. A file: one line of
JSON, `{"ending": ..., "size": ...}`, then that many bytes. An answer: one line of JSON with what
was parsed, or with the reason why not. It ends with its input, or once a file took all its memory.
"""

import contextlib
import ctypes
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import BinaryIO

from indexer.formats import docx, html, markdown, pdf
from indexer.formats.parsed import LONGEST_TEXT, Parsed
from indexer.refusals import Reason, Refused

FORMATS: dict[str, Callable[[bytes], Parsed]] = {
    ".md": markdown.parse, ".html": html.parse, ".htm": html.parse, ".pdf": pdf.parse,
    ".docx": docx.parse,
}  # fmt: skip
MEMORY = 1 << 30
PROCESSOR = 30
_NEW_USER_AND_NET = 0x10000000 | 0x40000000
_NO_NETWORK = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system")


def confine() -> None:
    """Give up what parsing does not need, for good.

    Memory is MEMORY bytes, and no file can be written. The kernel takes the network away where it
    lets an ordinary user ask for that; everywhere, Python opens no socket and starts no process.
    """
    ctypes.CDLL(None).unshare(_NEW_USER_AND_NET)
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0),
    ):  # fmt: skip
        resource.setrlimit(limit, (most, most))
    sys.addaudithook(_forbid)


def _forbid(event: str, arguments: tuple[object, ...]) -> None:
    if event.startswith(_NO_NETWORK):
        raise PermissionError(f"{event} is not for parsing files.")


def _allow_time() -> None:
    """Let the file at hand take PROCESSOR seconds from now."""
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + PROCESSOR + 1, most))


def _answer(parse: Callable[[bytes], Parsed], content: bytes) -> dict[str, object]:
    try:
        parsed = parse(content)
        if len(parsed.text) > LONGEST_TEXT:
            raise Refused(Reason.TOO_LONG)
        return asdict(parsed)
    except Refused as refused:
        return {"reason": refused.reason.value, "detail": refused.detail}
    except MemoryError:
        return {"reason": Reason.TOO_MUCH_MEMORY.value, "detail": ""}
    except Exception:  # what a parser raises at a file that nobody foresaw
        return {"reason": Reason.DAMAGED.value, "detail": ""}


def serve(files: BinaryIO, answers: BinaryIO) -> None:
    """Answer each file until there is none, or one took all the memory."""
    while header := files.readline():
        told = json.loads(header)
        _allow_time()
        answer = _answer(FORMATS[told["ending"]], files.read(told["size"]))
        answers.write(json.dumps(answer, default=str).encode() + b"\n")
        answers.flush()
        if answer.get("reason") == Reason.TOO_MUCH_MEMORY:
            return


def main() -> None:
    """Serve on the output that the process was given; whatever else is printed goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    confine()
    with contextlib.suppress(BrokenPipeError):
        serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
