"""Who did what to the archive: a line an action, each with the SHA-256 of the line before.

The chain (Schneier and Kelsey, "Secure audit logs to support computer forensics", 1999, without
their keys) tells what was changed, taken out, put in or moved; the seal beside it, which names the
last line, tells what was taken off the end. Neither stops one who can write both.
"""

import contextlib
import fcntl
import hashlib
import os
import pwd
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from archive.errors import ArchiveError, AuditUnreadable, AuditUnwritable
from archive.snapshot import current_name
from archive.storage import locked_for_appending, replace_text, write_line
from archive.text import well_formed

AUDIT = "audit.jsonl"  # in the folder of the index: indexing again leaves it alone
SEAL = "audit.seal"
LONGEST = 500  # characters of each thing that is told
_NOTHING = "0" * 64  # before the first line


class Outcome(StrEnum):
    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"
    DENIED = "denied"  # the role does not allow it, or the password was wrong


class Entry(BaseModel):
    """What one line tells.

    time: UTC. who: how the person was known, and the name. about: what it was done to, "" for the
    archive as a whole. snapshot: the one that was current then. before: the SHA-256 of the line
    before, without its end; of the first, zeros.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    time: AwareDatetime
    who: str
    action: str
    outcome: Outcome
    about: str
    snapshot: str | None
    before: str = Field(pattern=r"^[0-9a-f]{64}$")


@dataclass(frozen=True, slots=True)
class Audit:
    """The log as it stands: what its lines tell, in order, those left out that cannot be read.

    line, problem: the first line that is not as it was written, counted from 1, and what is wrong
    about it, in a few words; None where every line is.
    """

    entries: tuple[Entry, ...] = ()
    line: int | None = None
    problem: str | None = None


def system_user() -> str:
    """Who runs this process, as the log names them."""
    user = os.getuid()
    try:
        return f"system: {pwd.getpwuid(user).pw_name}"
    except KeyError:
        return f"system: {user}"


# --- Writing ----------------------------------------------------------------------------------


@contextlib.contextmanager
def recorded(index_dir: Path, who: str, action: str, about: str = "") -> Iterator[None]:
    """Record that an action begins, let the block do it, and record how it ended.

    Where its beginning cannot be recorded it is not done: raises AuditUnwritable. That its end
    cannot be is no reason to undo it: the line is left out.
    """
    append(index_dir, who, action, Outcome.BEGUN, about)
    outcome = Outcome.FAILED
    try:
        yield
        outcome = Outcome.DONE
    finally:
        with contextlib.suppress(AuditUnwritable):
            append(index_dir, who, action, outcome, about)


def append(index_dir: Path, who: str, action: str, outcome: Outcome, about: str = "") -> None:
    """Add a line to the log; it is on disk, and sealed, when this returns.

    Raises AuditUnwritable; then the log is as before, or holds the line without its seal, which the
    next one takes for what it is.
    """
    try:
        index_dir.mkdir(parents=True, exist_ok=True)
        with locked_for_appending(index_dir / AUDIT) as handle:
            before = _last(handle, _Seal.read(index_dir))
            size = os.fstat(handle).st_size
            line = _line(index_dir, before, who, action, outcome, about)
            try:
                write_line(handle, line)
            except OSError:
                os.ftruncate(handle, size)
                raise
            _Seal(size + len(line) + 1, _digest(line)).write(index_dir)
    except OSError as error:
        raise AuditUnwritable(index_dir, (error.strerror or "unknown reason").lower()) from None


def _line(
    index_dir: Path, before: str, who: str, action: str, outcome: Outcome, about: str
) -> bytes:
    snapshot = None
    with contextlib.suppress(ArchiveError):
        snapshot = current_name(index_dir)
    who, action, about = (well_formed(words)[:LONGEST] for words in (who, action, about))
    entry = Entry(
        time=datetime.now(UTC),
        who=who,
        action=action,
        outcome=outcome,
        about=about,
        snapshot=snapshot,
        before=before,
    )
    return entry.model_dump_json().encode()


def _last(handle: int, seal: "_Seal") -> str:
    """The SHA-256 that the next line names: of the last one that was sealed.

    One line after it is of a writer that was killed before it could seal it, and counts; half a
    line is of a machine that stopped, and is cut off. Nothing else is mended, so that it stays to
    be seen.
    """
    after = os.pread(handle, max(os.fstat(handle).st_size - seal.size, 0), seal.size)
    line, end, rest = after.partition(b"\n")
    if after and not end:
        os.ftruncate(handle, seal.size)
    return _digest(line) if end and not rest else seal.sha256


# --- Reading ----------------------------------------------------------------------------------


def read_audit(index_dir: Path) -> Audit:
    """The whole log, every line checked against the one before, and the last against the seal.

    Raises AuditUnreadable where it is there and cannot be read.
    """
    try:
        content, seal = _read(index_dir)
    except OSError as error:
        raise AuditUnreadable(index_dir, (error.strerror or "unknown reason").lower()) from None
    *lines, half = content.split(b"\n")
    if half:
        lines.append(half)
    entries: list[Entry] = []
    wrong: tuple[int, str] | None = None
    before = _NOTHING
    for number, line in enumerate(lines, 1):
        entry = _entry(line)
        if entry is None:
            wrong = wrong or (number, "cannot be read")
        else:
            entries.append(entry)
            if entry.before != before:
                wrong = wrong or _torn(number)
        before = _digest(line)
    if wrong is None and seal != _Seal(len(content), before):
        wrong = _unsealed(lines, seal)
    return Audit(tuple(entries), *(wrong or (None, None)))


def _torn(number: int) -> tuple[int, str]:
    if number == 1:
        return 1, "is not the first that was written"
    return number - 1, f"was changed, or what came after it is gone: line {number} does not follow"


def _unsealed(lines: list[bytes], seal: "_Seal") -> tuple[int, str]:
    if not lines:
        return 1, "is gone, with all that followed"
    if _follows(lines[-1], seal.sha256):
        return len(lines), "was not sealed: its writer was killed, or was not Communiqué"
    return len(lines), "was changed, or what came after it is gone: the seal names another"


def _read(index_dir: Path) -> tuple[bytes, "_Seal"]:
    """The log and its seal, while nothing is being added."""
    try:
        with open(index_dir / AUDIT, "rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH)
            return handle.read(), _Seal.read(index_dir)
    except FileNotFoundError:
        return b"", _Seal.read(index_dir)


def _entry(line: bytes) -> Entry | None:
    try:
        return Entry.model_validate_json(line)
    except ValidationError:
        return None


def _follows(line: bytes, digest: str) -> bool:
    entry = _entry(line)
    return entry is not None and entry.before == digest


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


class _Seal(NamedTuple):
    """The bytes of the log, and the SHA-256 of its last line."""

    size: int
    sha256: str

    @classmethod
    def read(cls, index_dir: Path) -> "_Seal":
        """The seal; where there is none, or something else in its place, that of an empty log."""
        try:
            size, digest = (index_dir / SEAL).read_text(encoding="ascii").split()
            return cls(max(int(size), 0), digest)
        except (FileNotFoundError, ValueError):
            return cls(0, _NOTHING)

    def write(self, index_dir: Path) -> None:
        replace_text(index_dir / SEAL, f"{self.size} {self.sha256}")
