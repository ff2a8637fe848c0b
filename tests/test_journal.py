"""The journal holds what was put into it and, whatever becomes of its bytes, nothing else."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from archive.calibration import Calibration
from archive.errors import IndexUnwritable
from archive.languages import Vectors, learn_directions, unit_rows
from indexer.journal import FOLDER, Journal, drop_journal, open_journal, start_journal
from indexer.late_interaction import PassageTokens
from indexer.stored import Keys, packed

MODEL, WIDTH = "some/model", 12
SEEDS = st.integers(0, 10**6)
BATCHES = st.lists(st.integers(1, 5), max_size=4)


@dataclass(frozen=True)
class Batch:
    keys: Keys
    vectors: Vectors
    tokens: list[PassageTokens]


class Written:
    """A journal at random: its first passages, and batches of both kinds after them."""

    def __init__(
        self,
        folder: Path,
        seed: int = 0,
        first: int = 2,
        passages: Sequence[int] = (2, 3),
        sentences: Sequence[int] = (3, 1),
    ) -> None:
        self.random = np.random.default_rng(seed)
        self.folder = folder
        self.calibration = Calibration(
            learn_directions(self.vectors(4), 2), self.vectors(1)[0] / 3, 5
        )
        self.passages = [self.batch(count) for count in (first, *passages)]
        self.sentences = [self.batch(count) for count in sentences]
        begin = self.passages[0]
        start_journal(folder, MODEL, self.calibration, begin.keys, begin.vectors, begin.tokens)
        opened = self.opened()
        for one in self.passages[1:]:
            opened.add_passages(one.keys, one.vectors, one.tokens)
        for one in self.sentences:
            opened.add_sentences(one.keys, one.vectors)

    def vectors(self, count: int) -> Vectors:
        return unit_rows(self.random.normal(size=(count, WIDTH)))

    def batch(self, count: int) -> Batch:
        # Keys may begin and end with zero bytes, which numpy leaves out of its strings.
        keys = [bytes(key) for key in self.random.integers(0, 3, (count, 16), dtype=np.uint8)]
        return Batch(packed(keys), self.vectors(count), [self.tokens() for _ in keys])

    def tokens(self) -> PassageTokens:
        count = int(self.random.integers(0, 4))
        return PassageTokens(
            self.random.integers(0, 256, (count, 2), dtype=np.uint8),
            self.random.integers(0, 10**5, count, dtype=np.int32),
            np.cumsum(self.random.integers(1, 9, count), dtype=np.int32),
        )

    def opened(self) -> Journal:
        journal = open_journal(self.folder, MODEL)
        assert journal is not None
        return journal

    def check(self, journal: Journal, lost: int = 0) -> None:
        """What the journal holds is what was written, and all of it but for `lost` records."""
        store = journal.store
        assert journal.calibration.digest == self.calibration.digest
        assert journal.calibration.learned_from == 5
        found = 0
        for batch in self.passages:
            for key, vector, tokens, row in zip(
                batch.keys, batch.vectors, batch.tokens, store.passages(batch.keys), strict=True
            ):
                if row >= 0:
                    found += 1
                    held = store.tokens.of(np.array([row]))
                    assert np.array_equal(store.vectors[np.array([row])][0], vector), key
                    assert np.array_equal(held.codes, tokens.codes)
                    assert np.array_equal(held.words, tokens.words)
                    assert np.array_equal(held.ends, tokens.ends)
        for batch in self.sentences:
            rows = store.sentences(batch.keys)
            there = rows >= 0
            found += int(there.sum())
            assert np.array_equal(store.parts[rows[there]], batch.vectors[there])
        every = sum(len(batch.keys) for batch in self.passages + self.sentences)
        assert every - lost <= found <= every

    def files(self) -> dict[Path, bytes]:
        return {file: file.read_bytes() for file in sorted((self.folder / FOLDER).iterdir())}


@given(SEEDS, st.integers(0, 4), BATCHES, BATCHES)
def test_a_journal_holds_what_was_written_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    first: int,
    passages: list[int],
    sentences: list[int],
) -> None:
    written = Written(tmp_path_factory.mktemp("j"), seed, first, passages, sentences)
    journal = written.opened()
    written.check(journal)
    others = written.batch(20).keys
    known = np.concatenate([batch.keys for batch in written.passages])
    assert np.array_equal(journal.store.passages(others) >= 0, np.isin(others, known))
    assert journal.store.vectors.shape[1] == journal.store.parts.shape[1] == WIDTH


def test_a_journal_that_is_opened_again_goes_on(tmp_path: Path) -> None:
    written = Written(tmp_path)
    for _ in range(3):
        more = written.batch(4)
        written.opened().add_passages(more.keys, more.vectors, more.tokens)
        written.passages.append(more)
        more = written.batch(3)
        written.opened().add_sentences(more.keys, more.vectors)
        written.sentences.append(more)
        written.check(written.opened())


# --- Damage --------------------------------------------------------------------------------------

LONGEST_BATCH = 3


def test_a_flipped_bit_in_any_byte_costs_at_most_its_batch_and_never_changes_a_vector(
    tmp_path: Path,
) -> None:
    written = Written(tmp_path)
    unusable = 0
    for file, content in written.files().items():
        others = written.files()
        for place in range(len(content)):
            changed = bytearray(content)
            changed[place] ^= 1 << place % 8
            file.write_bytes(changed)
            journal = open_journal(tmp_path, MODEL)
            if journal is None:
                assert file.suffix in {".json", ".npz"}
                unusable += 1
            else:
                written.check(journal, lost=LONGEST_BATCH)
            for other, whole in others.items():
                other.write_bytes(whole)  # opening cut off what was no batch any more
    assert unusable > 500
    written.check(written.opened())


def test_a_journal_that_is_cut_anywhere_holds_the_whole_batches_before(tmp_path: Path) -> None:
    written = Written(tmp_path)
    held = []
    for file, content in written.files().items():
        others = written.files()
        for length in range(len(content)):
            file.write_bytes(content[:length])
            journal = open_journal(tmp_path, MODEL)
            if journal is not None:
                assert file.suffix == ""
                written.check(journal, lost=len(content))
                sizes = [len(batch.keys) for batch in written.passages]
                rows = [journal.store.passages(batch.keys) >= 0 for batch in written.passages]
                if file.name == "passages":  # each batch is there as a whole or not at all
                    held.append([int(row.sum()) for row in rows])
                    assert all(
                        count in {0, size} for count, size in zip(held[-1], sizes, strict=True)
                    )
            for other, whole in others.items():
                other.write_bytes(whole)
    assert {sum(counts) for counts in held} == {0, 2, 4}  # of 2 + 2 + 3


@given(SEEDS, st.data())
@hypothesis_settings(max_examples=200)
def test_whatever_becomes_of_its_bytes_a_journal_goes_on_with_true_vectors(
    tmp_path_factory: pytest.TempPathFactory, seed: int, data: st.DataObject
) -> None:
    written = Written(tmp_path_factory.mktemp("j"), seed)
    for file in data.draw(st.lists(st.sampled_from(sorted(written.files())), max_size=2)):
        content = bytearray(file.read_bytes())
        at = data.draw(st.integers(0, len(content)))
        new = data.draw(st.binary(max_size=60))
        upto = data.draw(st.sampled_from([at, at + len(new), len(content)]))
        file.write_bytes(content[:at] + new + content[upto:])
    journal = open_journal(written.folder, MODEL)
    if journal is not None:
        written.check(journal, lost=1000)
        more = written.batch(4)
        journal.add_passages(more.keys, more.vectors, more.tokens)
        journal.add_sentences(more.keys, more.vectors)
        written.passages.append(more)
        written.sentences.append(more)
        again = written.opened()
        written.check(again, lost=1000)
        assert (again.store.passages(more.keys) >= 0).all()
        assert (again.store.sentences(more.keys) >= 0).all()


# --- Which journal -------------------------------------------------------------------------------


def test_a_journal_serves_its_own_model_alone(tmp_path: Path) -> None:
    written = Written(tmp_path)
    assert open_journal(tmp_path, "other/model") is None
    assert open_journal(tmp_path / "elsewhere", MODEL) is None
    written.check(written.opened())


def test_a_journal_of_another_format_serves_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Written(tmp_path)
    monkeypatch.setattr("indexer.journal._FORMAT", 0)
    assert open_journal(tmp_path, MODEL) is None


@pytest.mark.parametrize(
    "name", ["head.json", "calibration.npz", "passages", "tokens", "sentences"]
)
def test_a_journal_without_one_of_its_files_serves_for_nothing(tmp_path: Path, name: str) -> None:
    Written(tmp_path)
    (tmp_path / FOLDER / name).unlink()
    assert open_journal(tmp_path, MODEL) is None


def test_a_new_journal_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    Written(tmp_path, seed=1)
    (tmp_path / f".{FOLDER}-half").mkdir()
    written = Written(tmp_path, seed=2)
    written.check(written.opened())
    assert [one.name for one in tmp_path.iterdir()] == [FOLDER]


def test_a_journal_that_is_dropped_is_gone_with_what_was_begun(tmp_path: Path) -> None:
    drop_journal(tmp_path)
    Written(tmp_path)
    shutil.copytree(tmp_path / FOLDER, tmp_path / f".{FOLDER}-half")
    (tmp_path / "snapshot-x").mkdir()
    drop_journal(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["snapshot-x"]


def test_where_no_journal_can_be_kept_the_cure_is_told(tmp_path: Path) -> None:
    written = Written(tmp_path / "index")
    opened, batch = written.opened(), written.batch(1)
    drop_journal(tmp_path / "index")
    with pytest.raises(IndexUnwritable, match="communique index"):
        opened.add_passages(batch.keys, batch.vectors, batch.tokens)
    with pytest.raises(IndexUnwritable, match="communique index"):
        opened.add_sentences(batch.keys, batch.vectors)
    (tmp_path / "index" / FOLDER).touch()
    with pytest.raises(IndexUnwritable, match="communique index"):
        drop_journal(tmp_path / "index")
