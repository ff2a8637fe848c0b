"""What is known of files is read as it was written, and what stayed is not written again."""

from array import array
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.storage import Stamp
from indexer.duplicates import HASHES
from indexer.file_records import (
    FileRecord,
    read_families,
    read_parsed,
    read_records,
    write_records,
)
from indexer.furniture import Repeated

INT64 = st.integers(-(2**63), 2**63 - 1)
RECORDS = st.builds(
    FileRecord,
    digest=st.text("0123456789abcdef", min_size=64, max_size=64),
    stamp=st.none() | st.builds(Stamp, st.integers(0, 2**40), INT64),
    lines=st.lists(INT64).map(lambda told: array("q", told)),
    furniture=st.lists(st.integers(0, 10**6), unique=True).map(lambda told: tuple(sorted(told))),
    signature=st.none() | st.integers(0, 2**32 - 1).map(
        lambda value: np.full(HASHES, value, dtype=np.uint32)
    ),
)  # fmt: skip
FILES = st.dictionaries(st.sampled_from(["a.txt", "é/b.html", "c'\";--.md", "д.pdf"]), RECORDS)
FAMILIES = st.dictionaries(
    st.text("0123456789abcdef", min_size=4),
    st.lists(
        st.builds(Repeated, INT64, st.text("a\u00e9;'"), st.integers(0, 9), st.integers(0, 9))
    ),
)


def as_values(records: dict[str, FileRecord]) -> dict[str, tuple[object, ...]]:
    return {path: (*one[:4], np.array(one.signature).tolist()) for path, one in records.items()}


@given(
    FILES,
    FILES,
    st.sets(st.sampled_from(["a.txt", "c'\";--.md"])),
    st.lists(FAMILIES, min_size=2, max_size=2),
)
def test_what_is_known_now_goes_before_what_was_known(
    tmp_path_factory: pytest.TempPathFactory,
    first: dict[str, FileRecord],
    second: dict[str, FileRecord],
    removed: set[str],
    families: list[dict[str, list[Repeated]]],
) -> None:
    folder = tmp_path_factory.mktemp("f")
    write_records(folder / "one", first, {path: path.encode() for path in first}, families[0])
    assert as_values(read_records(folder / "one")) == as_values(first)
    gone = (removed | second.keys()) & first.keys()
    write_records(folder / "two", second, {}, families[1], (folder / "one", gone))
    assert [read_families(folder / name) for name in ("one", "two")] == families
    stayed = {path: one for path, one in first.items() if path not in gone}
    assert as_values(read_records(folder / "two")) == as_values(stayed | second)
    for path, one in (stayed | second).items():
        kept = read_parsed(folder / "two", path, one.digest)
        assert kept == (path.encode() if path in stayed else None)
        assert read_parsed(folder / "two", path, "another") is None


@pytest.mark.parametrize("content", [b"", b"nothing", b"SQLite format 3\0" + bytes(84)])
def test_what_cannot_be_read_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "files").write_bytes(content)
    with pytest.raises(ValueError, match=r"\w"):
        read_records(tmp_path / "files")
