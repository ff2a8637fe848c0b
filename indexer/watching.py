"""A folder of articles, watched for changes that have settled."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

# Seconds between two looks at the folder, and how long nothing may have changed; judgements.
PAUSE = 5.0

# (path, bytes, when it was last changed) of every file.
_Files = frozenset[tuple[str, int, int]]


def settled_changes(folder: Path, pause: float = PAUSE) -> Iterator[None]:
    """Yield each time the files of a folder are others than the last time, the first time too.

    Only once nothing in it has changed for `pause` seconds, so that a file that is still being
    copied is not read by half. The folder is looked at every `pause` seconds, which also sees what
    other machines write to it; one that is not there has no files.
    """
    told: _Files | None = None
    before = _files(folder)
    while True:
        time.sleep(pause)
        now = _files(folder)
        if now == before != told:
            told = now
            yield
        before = now


def _files(folder: Path) -> _Files:
    found = []
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)  # noqa: PTH118 (of a million files)
            try:
                facts = os.stat(path)  # noqa: PTH116
            except OSError:
                continue  # gone meanwhile
            found.append((path, facts.st_size, facts.st_ctime_ns))
    return frozenset(found)
