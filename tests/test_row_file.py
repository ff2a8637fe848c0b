"""What is written row by row is what numpy and faiss write at once, byte for byte."""

from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.languages import unit_rows
from indexer import stored
from indexer.dense import PassageVectors, read_sentences, write_passages, write_sentences
from indexer.row_file import RowFile

SEEDS, COUNTS = st.integers(0, 10**6), st.lists(st.integers(0, 9), max_size=6)


@given(
    SEEDS, COUNTS, st.sampled_from([(), (1,), (7,), (2, 3)]),
    st.sampled_from(["u1", "<i4", "<i8", "<f2", "<f4"]),
)  # fmt: skip
def test_rows_written_apart_are_the_file_that_numpy_writes_at_once(
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    counts: list[int],
    width: tuple[int, ...],
    dtype: str,
) -> None:
    folder, random = tmp_path_factory.mktemp("r"), np.random.default_rng(seed)
    parts = [random.integers(0, 200, (count, *width)).astype(dtype) for count in counts]
    with RowFile(folder / "apart.npy", dtype, width) as rows:
        for part in parts:
            rows.append(part)
    np.save(folder / "once.npy", np.concatenate([np.empty((0, *width), dtype), *parts]))
    assert (folder / "apart.npy").read_bytes() == (folder / "once.npy").read_bytes()


def test_the_header_has_room_for_any_number_of_rows(tmp_path: Path) -> None:
    with RowFile(tmp_path / "rows.npy", np.uint8) as rows:
        for _ in range(11):
            rows.append(np.zeros(10**6, dtype=np.uint8))
    assert np.load(tmp_path / "rows.npy").shape == (11 * 10**6,)


def test_rows_of_another_shape_are_refused(tmp_path: Path) -> None:
    with RowFile(tmp_path / "rows.npy", np.float32, (3,)) as rows:
        with pytest.raises(ValueError, match="Rows of"):
            rows.append(np.zeros((2, 4), dtype=np.float32))
        with pytest.raises(ValueError, match="Rows of"):
            rows.append(np.zeros(3, dtype=np.float32))


@given(SEEDS, st.integers(1, 40), st.sampled_from([2, 5, 64]), st.sampled_from([1, 7, 4096]))
def test_vectors_written_in_blocks_are_the_files_that_are_written_at_once(
    tmp_path_factory: pytest.TempPathFactory, seed: int, count: int, width: int, block: int
) -> None:
    folder = tmp_path_factory.mktemp("d")
    vectors = unit_rows(np.random.default_rng(seed).normal(size=(count, width)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "BLOCK", block)
        write_passages(folder / "passages", vectors)
        write_sentences(folder / "sentences.npy", vectors)
    index = faiss.IndexFlatIP(width)
    index.add(vectors)
    faiss.write_index(index, str(folder / "once"))
    assert (folder / "passages").read_bytes() == (folder / "once").read_bytes()
    np.save(folder / "once.npy", vectors.astype(np.float16))
    assert (folder / "sentences.npy").read_bytes() == (folder / "once.npy").read_bytes()
    read = PassageVectors(folder / "passages")
    rows = np.random.default_rng(seed).integers(0, count, 9)
    assert read.shape == (count, width)
    assert np.array_equal(read[rows], vectors[rows])
    assert np.array_equal(read_sentences(folder / "sentences.npy"), vectors.astype(np.float16))
