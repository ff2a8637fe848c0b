"""The coarse index beside the exact one: as good as said, whatever the filter."""

from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt
import pytest

from archive.languages import Vectors, unit_rows
from archive.passage_ids import PassageIds
from archive.spans import Rows
from indexer import coarse
from indexer.coarse import RECALL, CoarseBefore, write_coarse
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


@pytest.fixture(autouse=True)
def from_few_passages_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coarse, "COARSE_FROM", FROM)
    monkeypatch.setattr(dense, "COARSE_FROM", FROM)


@dataclass
class Written:
    """The passages of a snapshot, on disk. rows: which of the archive's vectors they are."""

    folder: Path
    rows: Rows
    ids: PassageIds

    @classmethod
    def anew(cls, folder: Path, rows: Rows, vectors: tuple[Vectors, Vectors]) -> "Written":
        written = cls(folder, rows, PassageIds.first(len(rows)))
        written._write(vectors, None)
        return written

    def next(
        self, folder: Path, rows: Rows, kept: Rows, vectors: tuple[Vectors, Vectors]
    ) -> "Written":
        """The snapshot after this one. kept: the row here of each passage, -1 where it is new."""
        ids = self.ids.following(kept)
        assert ids is not None
        written = Written(folder, rows, ids)
        written._write(vectors, CoarseBefore(self.folder / "coarse", self.ids.issued))
        return written

    def _write(self, vectors: tuple[Vectors, Vectors], before: CoarseBefore | None) -> None:
        archive, questions = vectors
        self.folder.mkdir()
        write_passages(self.folder / "passages", archive[self.rows])
        write_coarse(
            self.folder / "coarse", self.folder / "passages", self.ids,
            lambda: questions[:100], before,
        )  # fmt: skip

    def index(self) -> DenseIndex:
        return DenseIndex(self.folder / "passages", (self.folder / "coarse", self.ids))

    def lists(self) -> tuple[int, int]:
        """How many lists there are, and how many vectors in them."""
        inner = faiss.extract_index_ivf(faiss.read_index(str(self.folder / "coarse")))
        return inner.nlist, inner.ntotal


@pytest.fixture
def written(tmp_path: Path, vectors: tuple[Vectors, Vectors]) -> Written:
    return Written.anew(tmp_path / "archive", np.arange(ROWS), vectors)


@pytest.fixture
def index(written: Written) -> DenseIndex:
    return written.index()


def exact(vectors: Vectors, question: Vectors, allowed: npt.NDArray[np.bool_]) -> list[int]:
    cosines = vectors @ question
    rows = np.flatnonzero(allowed)
    return [int(row) for row in rows[np.argsort(-cosines[rows], kind="stable")][:COUNT]]


def recall(
    index: DenseIndex, archive: Vectors, questions: Vectors, allowed: npt.NDArray[np.bool_] | None
) -> float:
    """Which share of the nearest is found, where nothing is found that there is not."""
    everything = np.ones(len(archive), dtype=bool)
    shares = []
    for question in questions:
        found = index.search(question, COUNT, allowed)
        rows = [row for row, _ in found]
        assert len(set(rows)) == COUNT
        assert min(rows) >= 0
        assert allowed is None or allowed[rows].all()
        cosines = [cosine for _, cosine in found]
        assert cosines == pytest.approx((archive[rows] @ question).tolist(), abs=1e-6)
        assert cosines == sorted(cosines, reverse=True)
        wanted = exact(archive, question, everything if allowed is None else allowed)
        shares.append(len(set(rows) & set(wanted)) / COUNT)
    return float(np.mean(shares))


@pytest.mark.parametrize("share", [1.0, 0.5, 0.2])
def test_nearly_all_of_the_nearest_are_found_and_none_that_is_not_allowed(
    index: DenseIndex, vectors: tuple[Vectors, Vectors], share: float
) -> None:
    archive, questions = vectors
    allowed = np.random.default_rng(1).random(ROWS) < share
    found = recall(index, archive, questions[100:], None if share == 1.0 else allowed)
    assert found >= RECALL - 0.01


@pytest.mark.parametrize("share", [1.0, 0.5, 0.25])
@pytest.mark.parametrize("gone", [0, 400])
def test_what_is_carried_over_finds_as_much_and_nothing_that_is_gone(
    tmp_path: Path, vectors: tuple[Vectors, Vectors], gone: int, share: float
) -> None:
    archive, questions = vectors
    rng = np.random.default_rng(3)
    first = np.sort(rng.choice(ROWS, 3000, replace=False))
    left = rng.choice(len(first), gone, replace=False)
    rows = np.setdiff1d(np.arange(ROWS), first[left])
    kept = np.where(np.isin(rows, first), np.searchsorted(first, rows), -1)
    before = Written.anew(tmp_path / "before", first, vectors)
    after = before.next(tmp_path / "after", rows, kept, vectors)
    assert after.lists() == (int(np.sqrt(3000)), ROWS)  # with what is gone
    allowed = None if share == 1.0 else rng.random(len(rows)) < share
    found = recall(after.index(), archive[rows], questions[100:], allowed)
    assert found >= RECALL - 0.02


def test_what_is_gone_takes_no_place_among_the_found(
    tmp_path: Path, vectors: tuple[Vectors, Vectors]
) -> None:
    """An article that was often written anew, each time much as it was, and all on one matter."""
    archive, questions = vectors
    copies = near(questions[:1], 600, np.random.default_rng(4))
    together = np.concatenate([archive[:3000], copies]), questions
    before = Written.anew(tmp_path / "before", np.arange(3600), together)
    after = before.next(tmp_path / "after", np.arange(3000), np.arange(3000), together)
    rows = [row for row, _ in after.index().search(questions[0], COUNT)]
    wanted = exact(archive[:3000], questions[0], np.ones(3000, dtype=bool))
    assert len(set(rows) & set(wanted)) >= 0.9 * COUNT


@pytest.mark.parametrize(
    ("count", "lists"),
    [(2000, 2000**0.5), (2900, 2000**0.5), (1500, 2000**0.5), (3100, 3100**0.5)],
)
def test_an_archive_that_outgrew_its_centres_has_new_ones(
    tmp_path: Path, vectors: tuple[Vectors, Vectors], count: int, lists: float
) -> None:
    before = Written.anew(tmp_path / "before", np.arange(2000), vectors)
    rows = np.arange(count)
    after = before.next(tmp_path / "after", rows, np.where(rows < 2000, rows, -1), vectors)
    assert after.lists() == (int(lists), max(count, 2000))


def test_the_first_index_of_an_archive_that_grew_is_written_anew(
    tmp_path: Path, vectors: tuple[Vectors, Vectors]
) -> None:
    before = Written.anew(tmp_path / "before", np.arange(FROM - 1), vectors)
    assert not (before.folder / "coarse").exists()
    rows = np.arange(FROM)
    after = before.next(tmp_path / "after", rows, np.where(rows < FROM - 1, rows, -1), vectors)
    assert after.lists() == (int(np.sqrt(FROM)), FROM)


def test_a_narrow_filter_finds_all_that_it_lets_through(
    index: DenseIndex, vectors: tuple[Vectors, Vectors]
) -> None:
    archive, questions = vectors
    allowed = np.zeros(ROWS, dtype=bool)
    allowed[np.random.default_rng(2).choice(ROWS, FROM - 1, replace=False)] = True
    for question in questions[:20]:
        rows = [row for row, _ in index.search(question, COUNT, allowed)]
        assert rows == exact(archive, question, allowed)


def test_it_looks_into_some_lists_only(written: Written) -> None:
    inner = faiss.extract_index_ivf(faiss.read_index(str(written.folder / "coarse")))
    assert 1 <= inner.nprobe < inner.nlist == int(np.sqrt(ROWS))


def test_the_same_passages_give_the_same_index(
    tmp_path: Path, written: Written, vectors: tuple[Vectors, Vectors]
) -> None:
    again = Written.anew(tmp_path / "again", np.arange(ROWS), vectors)
    one, other = (each.folder / "coarse" for each in (written, again))
    assert one.read_bytes() == other.read_bytes()


def test_few_passages_have_none(
    tmp_path: Path, vectors: tuple[Vectors, Vectors], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coarse, "COARSE_FROM", ROWS + 1)
    few = Written.anew(tmp_path / "few", np.arange(ROWS), vectors)
    assert not (few.folder / "coarse").exists()
    rows = [row for row, _ in few.index().search(vectors[1][0], COUNT)]
    assert rows == exact(vectors[0], vectors[1][0], np.ones(ROWS, dtype=bool))
