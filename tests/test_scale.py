"""The encoder that stands in at a million passages, and the arithmetic of what can be had."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from fakes import WordHashEncoder
from hypothesis import given
from hypothesis import strategies as st

from archive.documents import Question
from archive.encoder import Encoded
from archive.settings import Settings
from benchmarks import scale
from benchmarks.generated import write_archive
from benchmarks.machine import operations_a_token
from benchmarks.scale import Steps, Watch, by_file, table, told
from benchmarks.stand_in import NOISE, Keeping, Kept, StandIn
from indexer.pipeline import build_index
from retriever.engine import open_engine

WIDTH = WordHashEncoder.dimension
WORDS = "treaty summit Élysée кордон bridge harbour القمة budget navy 2024".split()
TEXTS = [
    " ".join([*(WORDS[(at * step) % len(WORDS)] for at in range(1, 4 + step)), str(step)])
    for step in range(1, 60)
]
NEW = st.text(min_size=1, max_size=400).filter(lambda text: text not in TEXTS)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp("kept")
    Keeping(WordHashEncoder(), Kept(folder, WIDTH)).encode_passages(TEXTS)
    return Kept(folder, WIDTH)


def same(one: Encoded, other: Encoded) -> bool:
    fields = "vector", "tokens", "words", "ends"
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in fields)


# --- What was encoded -----------------------------------------------------------------------------


def test_a_text_that_was_encoded_keeps_its_encoding(kept: Kept) -> None:
    stand_in = StandIn(WordHashEncoder(), kept)
    real = WordHashEncoder().encode_passages(TEXTS)
    for found, one in zip(stand_in.encode_passages(TEXTS), real, strict=True):
        assert np.array_equal(found.vector, one.vector)
        assert np.array_equal(found.words, one.words)
        assert np.array_equal(found.ends, one.ends)
        largest = np.abs(one.tokens).max(axis=1, keepdims=True)
        assert (np.abs(found.tokens - one.tokens) <= largest / 254 + 1e-7).all()
    assert (stand_in.texts, stand_in.made_up) == (len(TEXTS), 0)


def test_nothing_is_encoded_twice_and_a_torn_end_is_left_out(tmp_path: Path) -> None:
    first, second = WordHashEncoder(), WordHashEncoder()
    Keeping(first, Kept(tmp_path, WIDTH)).encode_passages(TEXTS[:20])
    for file in tmp_path.iterdir():
        with open(file, "ab") as handle:
            handle.write(b"torn")
    Keeping(second, Kept(tmp_path, WIDTH)).encode_passages(TEXTS[10:30])
    assert (first.encoded, second.encoded) == (TEXTS[:20], TEXTS[20:30])
    stand_in = StandIn(WordHashEncoder(), Kept(tmp_path, WIDTH))
    real = WordHashEncoder().encode_passages(TEXTS[:30])
    for found, one in zip(stand_in.encode_passages(TEXTS[:30]), real, strict=True):
        assert np.array_equal(found.vector, one.vector)
        assert np.array_equal(found.words, one.words)
        assert np.allclose(found.tokens, one.tokens, atol=0.01)


# --- What is made up ------------------------------------------------------------------------------


@given(text=NEW)
def test_a_text_has_one_encoding_whatever_it_is_encoded_with(kept: Kept, text: str) -> None:
    alone = StandIn(WordHashEncoder(), kept).encode_passages([text])[0]
    among = StandIn(WordHashEncoder(), kept).encode_passages([TEXTS[3], text, "more", text])
    assert same(alone, among[1])
    assert same(alone, among[3])


@given(text=NEW)
def test_an_encoding_that_is_made_up_fits_its_text(kept: Kept, text: str) -> None:
    stand_in = StandIn(WordHashEncoder(), kept)
    one = stand_in.encode_passages([text])[0]
    assert stand_in.made_up == 1
    assert np.linalg.norm(one.vector) == pytest.approx(1, abs=1e-5)
    assert len(one.tokens) == len(one.words) == len(one.ends) > 0
    assert (np.diff(one.ends) >= 0).all()
    assert one.ends[0] > 0
    assert one.ends[-1] <= len(text)
    assert {array.dtype for array in (one.vector, one.tokens)} == {np.dtype(np.float32)}
    assert {array.dtype for array in (one.words, one.ends)} == {np.dtype(np.int32)}


@given(text=NEW)
def test_a_vector_that_is_made_up_is_near_its_source_and_not_the_same(
    kept: Kept, text: str
) -> None:
    stand_in = StandIn(WordHashEncoder(), kept)
    cosine = float(stand_in.encode_passages([text])[0].vector @ kept.vector(stand_in.source(text)))
    # Two unit vectors without negative components are at most √2 apart.
    assert cosine >= np.sqrt(1 - 2 * NOISE**2) - 1e-6


def test_texts_of_one_length_are_moved_apart(kept: Kept) -> None:
    texts = [f"{number:040}" for number in range(200)]
    found = StandIn(WordHashEncoder(), kept).encode_passages(texts)
    vectors = np.stack([one.vector for one in found])
    assert len(np.unique(vectors, axis=0)) > 150


@given(length=st.integers(1, 500), key=st.integers(0, 2**64 - 1))
def test_the_source_is_of_about_the_same_length(kept: Kept, length: int, key: int) -> None:
    source = len(TEXTS[kept.alike(length, key)])
    between = range(min(source, length) + 1, max(source, length))
    assert not any(len(text) in between for text in TEXTS)  # ALIKE of so few is one


# --- The whole ------------------------------------------------------------------------------------


def test_the_pipeline_and_the_engine_take_it_for_an_encoder(kept: Kept, tmp_path: Path) -> None:
    write_archive(tmp_path / "articles", 30, seed=1, vocabulary=500)
    settings = Settings.from_environment(
        articles=tmp_path / "articles", index=tmp_path / "index", model="word-hash"
    )
    stand_in, steps = StandIn(WordHashEncoder(), kept), Steps()
    report = build_index(settings, stand_in, steps)
    assert (report.indexed, report.refused) == (30, 0)
    assert stand_in.made_up == stand_in.texts == report.encoded
    assert not build_index(settings, stand_in).built
    assert open_engine(settings, stand_in).search(Question("NATO summit"))
    sizes, seconds = by_file(settings.index / report.snapshot, steps.begun("writing"))
    assert sizes.keys() == seconds.keys()
    assert sum(sizes.values()) == sum(
        file.stat().st_size for file in (settings.index / report.snapshot).rglob("*.*")
    )
    assert all(second >= 0 for second in list(seconds.values())[1:])


def test_fewer_articles_are_the_first_of_more(tmp_path: Path) -> None:
    write_archive(tmp_path / "few", 7, seed=1, vocabulary=500)
    write_archive(tmp_path / "more", 12, seed=1, vocabulary=500)
    few, more = (
        {file.relative_to(tmp_path / name).as_posix(): file.read_bytes()
         for file in (tmp_path / name).rglob("*.txt")}
        for name in ("few", "more")
    )  # fmt: skip
    assert (len(few), len(more)) == (7, 12)
    assert few.items() <= more.items()


def test_the_most_disk_is_seen_while_folders_come_and_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scale, "INTERVAL", 0.0001)
    with Watch(tmp_path) as watch:
        for number in range(300):
            folder = tmp_path / "journal" / str(number)
            folder.mkdir(parents=True)
            (folder / "file").write_bytes(b"x" * 1000)
            shutil.rmtree(tmp_path / "journal")
        (tmp_path / "last").write_bytes(b"x" * 5000)
        assert watch._thread.is_alive()
    assert watch.told["peak_disk"] in (5000, 6000)
    assert 0 < watch.anonymous <= watch.told["resident"]


# --- Arithmetic -----------------------------------------------------------------------------------


def test_the_operations_of_a_token_by_hand() -> None:
    # Two layers of 3 by 3 (queries, keys, values, output) and 3 by 5 and back: 36 + 30 weights,
    # two operations each; four tokens' scores and their sum: 2 · 2 · 3 · 4.
    assert operations_a_token(layers=2, width=3, inner=5, length=4) == 2 * (2 * 66 + 48)
    # The packaged model, on a text of 200 tokens.
    assert operations_a_token(12, 384, 1536, 200) == 46_153_728


def test_the_steps_take_all_the_time_there_is() -> None:
    steps = Steps()
    for step in ("reading", "reading", "writing", "writing"):
        steps(step, 1, 2)
    begun, ended = steps.begun("reading") - 2.0, steps.begun("writing") + 3.0
    seconds = steps.seconds(begun, ended)
    assert list(seconds) == ["after start", "reading", "after reading", "writing", "after writing"]
    assert sum(seconds.values()) == pytest.approx(ended - begun)
    assert seconds["after start"] == pytest.approx(2.0)


def test_the_last_of_several_results_counts_and_the_table_tells_it(tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.write_text(
        '{"measure": "again", "size": 2000, "real": 5, "seconds": 1.0}\n'
        '{"measure": "again", "size": 1000, "real": 5, "seconds": 2.0}\n'
        '{"measure": "again", "size": 2000, "real": 5, "seconds": 4.0}\n'
    )
    assert list(told(results)) == [1000, 2000]
    assert told(results)[2000]["again"]["seconds"] == 4.0
    assert "| nothing changed, s | 2.0 | 4.0 |" in table(results)
