"""A folder's changes are told once they have settled, each once."""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.watching import settled_changes


class Clock:
    """Time that passes only where it is slept; what happens in each pause is played."""

    def __init__(self, *happens: Callable[[], object]) -> None:
        self._happens = list(happens)
        self.pauses = 0

    def sleep(self, seconds: float) -> None:
        assert seconds == 5
        self.pauses += 1
        if not self._happens:
            raise KeyboardInterrupt
        self._happens.pop(0)()


def nothing() -> None: ...


def told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *happens: Callable[[], object]
) -> list[int]:
    """After which pauses a change is told."""
    clock = Clock(*happens)
    monkeypatch.setattr(time, "sleep", clock.sleep)
    found = []
    with contextlib.suppress(KeyboardInterrupt):
        for _ in settled_changes(folder, 5):
            found.append(clock.pauses)
    return found


def write(file: Path, words: str) -> Callable[[], object]:
    def happens() -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(words)

    return happens


def test_what_is_there_is_told_at_once_and_then_only_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("words")
    assert told(tmp_path, monkeypatch, *[nothing] * 6) == [1]
    new = write(tmp_path / "deep/b.txt", "more")
    assert told(tmp_path, monkeypatch, nothing, new, nothing, nothing) == [1, 3]
    gone = (tmp_path / "a.txt").unlink
    assert told(tmp_path, monkeypatch, nothing, gone, nothing, nothing) == [1, 3]


def test_a_file_that_is_still_growing_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing = [write(tmp_path / "a.txt", "x" * size) for size in range(1, 5)]
    assert told(tmp_path, monkeypatch, nothing, *growing, nothing, nothing) == [1, 6]


def test_the_same_length_at_the_same_time_is_still_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.txt"
    file.write_text("old")

    def change() -> None:
        before = file.stat().st_mtime_ns
        file.write_text("new")
        os.utime(file, ns=(before, before))

    assert told(tmp_path, monkeypatch, nothing, change, nothing, nothing) == [1, 3]


def test_a_folder_that_comes_later_has_no_files_until_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = write(tmp_path / "later/a.txt", "words")
    assert told(tmp_path / "later", monkeypatch, nothing, later, nothing, nothing) == [1, 3]
