"""The process that files are parsed in: it has little memory and time, and no network.

    python -m indexer.formats.child

It reads one file after another from its input and answers each on its output. A file: one line of
JSON, `{"ending": ..., "size": ...}`, then that many bytes. An answer: one line of JSON with what
was parsed, or with the reason why not. It ends with its input, or once a file took all its memory.
"""

import contextlib
import ctypes
import os
import resource
import sys
import time
from typing import BinaryIO

MEMORY = 1 << 30
PROCESSOR = 30
_NEW_USER_AND_NET = 0x10000000 | 0x40000000
_FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system")


def confine() -> None:
    """Give up what parsing does not need, for good.

    Memory is MEMORY bytes, and no file can be written. The kernel takes the network away where it
    lets an ordinary user ask for that, which it does only before there is a second thread;
    everywhere, Python opens no socket and starts no process.
    """
    ctypes.CDLL(None).unshare(_NEW_USER_AND_NET)
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0),
    ):  # fmt: skip
        resource.setrlimit(limit, (most, most))
    sys.addaudithook(_forbid)


def _forbid(event: str, arguments: tuple[object, ...]) -> None:
    if event.startswith(_FORBIDDEN):
        raise PermissionError(f"{event} is not for parsing files.")


def allow_time() -> None:
    """Let the process take PROCESSOR seconds from now."""
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + PROCESSOR + 1, most))


def serve(files: BinaryIO, answers: BinaryIO) -> None:
    """Answer each file until there is none, or one took all the memory."""
    from indexer.formats.answering import answered  # with all the parsers: once confined

    going = True
    while going and (header := files.readline()):
        allow_time()
        answer, going = answered(header, files)
        answers.write(answer)
        answers.flush()


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
