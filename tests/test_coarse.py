"""The coarse index beside the exact one: as good as said, whatever the filter."""

from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt
import pytest

from archive.languages import Vectors, unit_rows
from indexer import coarse
from indexer.coarse import RECALL, write_coarse
from indexer.dense import write_passages
from retriever import dense
from retriever.dense import DenseIndex

ROWS, WIDTH, FROM, COUNT = 4000, 384, 600, 50


def near(matters: Vectors, count: int, rng: np.random.Generator) -> Vectors:
    """Vectors each about one of some matters, as those of texts are."""
    chosen = matters[rng.integers(0, len(matters), count)]
    return unit_rows(chosen + 0.035 * rng.normal(size=(count, WIDTH)).astype(np.float32))


@pytest.fixture(scope="module")
def vectors() -> tuple[Vectors, Vectors]:
    """Those of an archive, and of questions on its matters."""
    rng = np.random.default_rng(7)
    matters = unit_rows(rng.normal(size=(60, WIDTH)).astype(np.float32))
    return near(matters, ROWS, rng), near(matters, 200, rng)


@pytest.fixture
def index(
    tmp_path: Path, vectors: tuple[Vectors, Vectors], monkeypatch: pytest.MonkeyPatch
) -> DenseIndex:
    monkeypatch.setattr(coarse, "COARSE_FROM", FROM)
    monkeypatch.setattr(dense, "COARSE_FROM", FROM)
    write_passages(tmp_path / "passages", vectors[0])
    write_coarse(tmp_path / "coarse", tmp_path / "passages", lambda: vectors[1][:100])
    assert (tmp_path / "coarse").exists()
    return DenseIndex(tmp_path / "passages", tmp_path / "coarse")


def exact(vectors: Vectors, question: Vectors, allowed: npt.NDArray[np.bool_]) -> list[int]:
    cosines = vectors @ question
    rows = np.flatnonzero(allowed)
    return [int(row) for row in rows[np.argsort(-cosines[rows], kind="stable")][:COUNT]]


@pytest.mark.parametrize("share", [1.0, 0.5, 0.2])
def test_nearly_all_of_the_nearest_are_found_and_none_that_is_not_allowed(
    index: DenseIndex, vectors: tuple[Vectors, Vectors], share: float
) -> None:
    archive, questions = vectors
    allowed = np.random.default_rng(1).random(ROWS) < share
    recalls = []
    for question in questions[100:]:
        found = index.search(question, COUNT, None if share == 1.0 else allowed)
        rows = [row for row, _ in found]
        assert len(set(rows)) == COUNT
        assert allowed[rows].all() or share == 1.0
        cosines = [cosine for _, cosine in found]
        assert cosines == pytest.approx((archive[rows] @ question).tolist(), abs=1e-6)
        assert cosines == sorted(cosines, reverse=True)
        wanted = exact(archive, question, allowed if share < 1.0 else np.ones(ROWS, dtype=bool))
        recalls.append(len(set(rows) & set(wanted)) / COUNT)
    assert np.mean(recalls) >= RECALL - 0.01


def test_a_narrow_filter_finds_all_that_it_lets_through(
    index: DenseIndex, vectors: tuple[Vectors, Vectors]
) -> None:
    archive, questions = vectors
    allowed = np.zeros(ROWS, dtype=bool)
    allowed[np.random.default_rng(2).choice(ROWS, FROM - 1, replace=False)] = True
    for question in questions[:20]:
        rows = [row for row, _ in index.search(question, COUNT, allowed)]
        assert rows == exact(archive, question, allowed)


def test_it_looks_into_some_lists_only(tmp_path: Path, index: DenseIndex) -> None:
    assert index._coarse is not None
    inner = faiss.extract_index_ivf(index._coarse)
    assert 1 <= inner.nprobe < inner.nlist == int(4 * np.sqrt(ROWS))


def test_the_same_passages_give_the_same_index(
    tmp_path: Path, index: DenseIndex, vectors: tuple[Vectors, Vectors]
) -> None:
    write_coarse(tmp_path / "again", tmp_path / "passages", lambda: vectors[1][:100])
    assert (tmp_path / "again").read_bytes() == (tmp_path / "coarse").read_bytes()


def test_few_passages_have_none(tmp_path: Path, vectors: tuple[Vectors, Vectors]) -> None:
    write_passages(tmp_path / "passages", vectors[0])
    write_coarse(tmp_path / "coarse", tmp_path / "passages", lambda: vectors[1])
    assert not (tmp_path / "coarse").exists()
    question = vectors[1][0]
    rows = [
        row
        for row, _ in DenseIndex(tmp_path / "passages", tmp_path / "coarse").search(question, COUNT)
    ]
    assert rows == exact(vectors[0], question, np.ones(ROWS, dtype=bool))
