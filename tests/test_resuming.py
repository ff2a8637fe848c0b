"""A run that is killed is gone on with, and comes out as if it had never been stopped."""

import hashlib
import json
import random
import shutil
import signal
import subprocess
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from fakes import WordHashEncoder, write_pages

from archive.encoder import Encoded
from archive.languages import unit_rows
from archive.settings import Settings
from archive.snapshot import (
    CALIBRATION,
    CATALOGUE,
    FILES,
    LEXICAL,
    OFFSETS,
    PASSAGE_IDS,
    PASSAGE_KEYS,
    PASSAGE_SPANS,
    PASSAGES,
    SENTENCE_KEYS,
    SENTENCE_SPANS,
    SENTENCES,
    TIMES,
    TOKENS,
    VERSIONS,
    open_snapshot,
)
from indexer import encoding
from indexer.dense import write_passages, write_sentences
from indexer.encoding import encode
from indexer.journal import FOLDER
from indexer.late_interaction import write_tokens
from indexer.pipeline import ENCODING, WRITING, BuildReport, build_index
from indexer.reuse import Earlier

PAGES = 24
# As the constants of the indexer, so small that there are many batches and several windows.
AT_ONCE, WINDOW, SAMPLE = 4, 12, 8


def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "_AT_ONCE", AT_ONCE)
    monkeypatch.setattr(encoding, "_SENTENCES_AT_ONCE", AT_ONCE)
    monkeypatch.setattr(encoding, "_WINDOW", WINDOW)
    monkeypatch.setattr(encoding, "_SAMPLE", SAMPLE)


def story(number: int) -> str:
    """An article of three paragraphs, of different lengths, whose wording no other one shares."""
    return "\n".join(
        " ".join(
            f"Crew{number}x{line} left port {number * line + at} on day{number}{line}{at} "
            f"for ship {at}{' again' * ((number + at) % 5)}."
            for at in range(4)
        )
        for line in range(3)
    )


class BatchEncoder(WordHashEncoder):
    """An encoder whose vectors tell what else was in the batch, in their last digits, as those of
    a real model do, and which logs every batch once it is encoded."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        self.log = log

    def encode_passages(self, texts: Sequence[str]) -> list[Encoded]:
        digest = hashlib.blake2b("\0".join(texts).encode(), digest_size=8).digest()
        shift = np.frombuffer(digest, dtype=np.uint8).astype(np.float32) / 2**16
        encoded = [
            replace(one, vector=unit_rows((one.vector + np.tile(shift, 8))[np.newaxis])[0])
            for one in super().encode_passages(texts)
        ]
        with open(self.log, "a", encoding="utf-8") as handle:
            handle.write(json.dumps(list(texts)) + "\n")
        return encoded

    def batches(self) -> list[list[str]]:
        """The batches that were logged, by whatever process."""
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


class Place:
    """An archive in a folder of its own."""

    def __init__(self, folder: Path, pages: Sequence[int] = range(PAGES)) -> None:
        self.settings = Settings.from_environment(
            articles=folder / "articles", index=folder / "index", model="word-hash",
            passage_tokens=64,
        )  # fmt: skip
        self.folder, self.encoder = folder, BatchEncoder(folder / "log")
        self.write(pages)

    def write(self, pages: Sequence[int]) -> None:
        write_pages(self.settings.articles, {f"site/{one:02}.txt": story(one) for one in pages})

    def build(self, *, fresh: bool = False) -> BuildReport:
        report = build_index(self.settings, self.encoder, fresh=fresh)
        assert not self.journal.exists()
        return report

    def stop(self, after: int, step: str = ENCODING) -> None:
        """Build as far as the step's progress is told for the `after`th time, and stop there."""
        told = 0

        def stop(name: str, done: int, total: int) -> None:
            nonlocal told
            told += name == step
            if told == after:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            build_index(self.settings, self.encoder, stop)

    @property
    def journal(self) -> Path:
        return self.settings.index / FOLDER

    def digests(self) -> dict[str, str]:
        """Every file by what it holds, but those of the lexical index, which have random names, and
        that of when the articles were written."""
        folder = open_snapshot(self.settings.index, "word-hash").folder
        files = [file for file in folder.rglob("*") if file.is_file()]
        told = {
            file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in files
        }
        told = {
            name: digest
            for name, digest in told.items()
            if not name.startswith(LEXICAL) and name not in ("manifest.json", FILES)
        }
        singles = {CATALOGUE, CALIBRATION, OFFSETS, PASSAGES, SENTENCES} | {
            PASSAGE_IDS, PASSAGE_SPANS, SENTENCE_SPANS, PASSAGE_KEYS, SENTENCE_KEYS, VERSIONS,
            TIMES,
        }  # fmt: skip
        assert {name for name in told if not name.startswith(TOKENS)} == singles
        assert len(told) == 17
        return told


@dataclass(frozen=True)
class Whole:
    """What a run that nothing stops makes of all pages; in seconds, once it begins to encode."""

    digests: dict[str, str]
    batches: list[list[str]]
    seconds: float


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    with pytest.MonkeyPatch.context() as patch:
        small_batches(patch)
        # The second run is the one measured: the first loads what takes time to load.
        for name in ("first", "whole"):
            place = Place(tmp_path_factory.mktemp(name))
            told: dict[str, float] = {}
            report = build_index(
                place.settings, place.encoder,
                lambda step, done, total, told=told: told.setdefault(step, time.perf_counter()),  # type: ignore[misc]
            )  # fmt: skip
        seconds = time.perf_counter() - told[ENCODING]
    batches = place.encoder.batches()
    texts = [text for batch in batches for text in batch]
    assert report.encoded == len(texts) == len(set(texts)) > 300
    assert {len(batch) for batch in batches[SAMPLE // AT_ONCE :]} <= set(range(1, AT_ONCE + 1))
    return Whole(place.digests(), batches, seconds)


# --- Killed --------------------------------------------------------------------------------------

# Forks a run at every line that it is sent, and kills it so many seconds after it has begun to
# encode; at an empty line it waits. Nothing is indexed in the process that forks, so that no
# library's threads are lost on the way.
KILLER = """
import os, signal, sys, time
from pathlib import Path
sys.path.insert(0, "tests")
import pytest
from archive.languages import detect_language
from test_resuming import Place, build_index, small_batches
detect_language("What takes time to load is loaded once.")
for line in sys.stdin:
    begun, told = os.pipe()
    child = os.fork()
    if not child:
        small_batches(pytest.MonkeyPatch())
        place = Place(Path(sys.argv[1]), [])
        build_index(
            place.settings, place.encoder,
            lambda step, done, total: step == "encoding" and done == 0 and os.write(told, b"."),
        )
        os._exit(0)
    os.close(told)
    if line.strip():
        os.read(begun, 1)  # nothing of a run that finds all of it done and ends
        time.sleep(float(line))
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(begun)
    print(status, flush=True)
"""
KILLS = 10


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_run_that_is_killed_at_any_moment_is_gone_on_with(
    tmp_path: Path, repository: Path, whole: Whole, seed: int
) -> None:
    chosen = random.Random(seed)
    place = Place(tmp_path)
    twice: Counter[str] = Counter()
    killed_with_a_journal = 0
    with subprocess.Popen(
        [sys.executable, "-c", KILLER, str(tmp_path)],
        cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as killer:  # fmt: skip
        assert killer.stdin is not None
        assert killer.stdout is not None
        latest = whole.seconds / 2
        for kills_left in reversed(range(KILLS + 1)):
            before = len(place.encoder.batches())
            moment = str(chosen.uniform(0, latest)) if kills_left else ""
            print(moment, file=killer.stdin, flush=True)
            status = int(killer.stdout.readline())
            if status == 0:
                break
            assert status == signal.SIGKILL
            # The batch it was at may come again; the sample's, before there was a journal.
            new = place.encoder.batches()[before:]
            begun = place.journal.exists()
            killed_with_a_journal += begun
            if not begun:
                latest *= 1.5  # other work on the machine has made it slower
            twice.update(text for batch in (new[-1:] if begun else new) for text in batch)
        killer.stdin.close()
    assert place.digests() == whole.digests
    assert not place.journal.exists()
    assert killed_with_a_journal
    encoded = Counter(text for batch in place.encoder.batches() for text in batch)
    assert set(encoded) == {text for batch in whole.batches for text in batch}
    assert encoded - Counter(set(encoded)) <= twice


# --- Stopped at every step -----------------------------------------------------------------------


def test_a_run_that_is_stopped_after_any_batch_is_gone_on_with(
    tmp_path: Path, whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch)
    place = Place(tmp_path)
    count = 0
    while True:  # stopped after the second batch of every run, which thus gets one batch further
        try:
            place.stop(after=3)
        except pytest.fail.Exception:
            break
        count += 1
    assert count > 30
    assert place.digests() == whole.digests
    assert place.encoder.batches() == whole.batches


@pytest.mark.parametrize("step", [ENCODING, WRITING])
def test_what_was_encoded_is_not_encoded_again(
    tmp_path: Path, whole: Whole, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    small_batches(monkeypatch)
    place = Place(tmp_path)
    place.stop(after=20 if step == ENCODING else 1, step=step)
    before = place.encoder.batches()
    report = place.build()
    assert place.encoder.batches() == whole.batches
    assert report.encoded == sum(map(len, whole.batches)) - sum(map(len, before))
    assert (report.encoded == 0) == (step == WRITING)
    assert place.digests() == whole.digests


def test_a_fresh_run_takes_nothing_from_the_journal(
    tmp_path: Path, whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch)
    place = Place(tmp_path)
    place.stop(after=20)
    before = len(place.encoder.batches())
    place.build(fresh=True)
    assert place.encoder.batches()[before:] == whole.batches
    assert place.digests() == whole.digests


def test_a_journal_that_outlived_its_snapshot_is_dropped(
    tmp_path: Path, whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch)
    place = Place(tmp_path)
    place.stop(after=20)
    shutil.copytree(place.journal, tmp_path / "copy")
    first = place.build()
    shutil.copytree(tmp_path / "copy", place.journal)
    second = place.build()
    assert (second.built, second.snapshot) == (False, first.snapshot)


@pytest.mark.parametrize(
    "file", ["head.json", "calibration.npz", "passages", "tokens", "sentences"]
)
@pytest.mark.parametrize("at", [0.0, 0.4, 0.999])
def test_a_journal_that_is_damaged_costs_encoding_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, at: float
) -> None:
    one, other = Plain(tmp_path / "one", range(6)), Plain(tmp_path / "other", range(6))
    small_batches(monkeypatch)
    one.build()
    other.stop(after=20)
    content = bytearray((other.journal / file).read_bytes())
    content[int(at * len(content))] ^= 0x10
    (other.journal / file).write_bytes(content)
    other.build()
    assert other.digests() == one.digests()


class Plain(Place):
    """An archive whose encoder does not care what is encoded together."""

    def __init__(self, folder: Path, pages: Sequence[int]) -> None:
        super().__init__(folder, pages)
        self.encoder = PlainEncoder(folder / "log")


class PlainEncoder(BatchEncoder):
    def encode_passages(self, texts: Sequence[str]) -> list[Encoded]:
        super().encode_passages(texts)
        return [self.encode_question(text) for text in texts]


# --- Grown ---------------------------------------------------------------------------------------


def test_a_grown_archive_is_gone_on_with_under_its_calibration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch)
    one, other = Place(tmp_path / "one", range(8)), Place(tmp_path / "other", range(8))
    for place in (one, other):
        place.build()
        place.write(range(PAGES))
    one.build()
    other.stop(after=10)
    other.stop(after=15)
    other.build()
    assert other.digests() == one.digests()
    assert other.encoder.batches() == one.encoder.batches()


def test_an_archive_that_outgrew_its_calibration_is_gone_on_with_under_the_new_one(
    tmp_path: Path, whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch)
    place = Place(tmp_path, [])
    write_pages(place.settings.articles, {"site/00.txt": "A single line."})
    place.build()
    place.write(range(PAGES))
    before = len(place.encoder.batches())
    place.stop(after=10)
    place.stop(after=10)
    place.build()
    assert place.encoder.batches()[before:] == whole.batches
    assert place.digests() == whole.digests


def test_a_calibration_that_is_outgrown_no_more_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch)
    place = Place(tmp_path, [])
    write_pages(place.settings.articles, {"site/00.txt": "A single line."})
    place.build()
    first = place.digests()
    place.write(range(1, PAGES))
    place.stop(after=10)  # with a journal under another calibration
    for page in range(1, PAGES):
        (place.settings.articles / f"site/{page:02}.txt").unlink()
    write_pages(place.settings.articles, {"site/00.txt": "Another line."})
    assert place.build().encoded == 2
    assert place.digests()[CALIBRATION] == first[CALIBRATION]
    assert place.digests()[PASSAGES] != first[PASSAGES]


def test_articles_that_change_after_the_stop_are_encoded_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch)
    one, other = Plain(tmp_path / "one", range(PAGES)), Plain(tmp_path / "other", range(PAGES))
    one.stop(after=30)
    before = {text for batch in one.encoder.batches() for text in batch}
    other.stop(after=30)
    for place in (one, other):
        (place.settings.articles / "site/03.txt").unlink()
        place.write([99])
    one.build()
    other.build()
    assert one.digests() == other.digests()
    again = Counter(text for batch in one.encoder.batches() for text in batch)
    assert set(again.values()) == {1}
    assert before < set(again)
    # All under the calibration of what was there before the stop.
    fresh = Plain(tmp_path / "fresh", [*(n for n in range(PAGES) if n != 3), 99])
    fresh.build()
    assert fresh.digests()[PASSAGE_KEYS] != one.digests()[PASSAGE_KEYS]


# --- Memory --------------------------------------------------------------------------------------


class TableEncoder:
    """A fast encoder of long passages: the vectors of their tokens are cut out of a table."""

    dimension, tokens, model = 64, 120, "table"

    def __init__(self) -> None:
        self.table = unit_rows(np.random.default_rng(0).normal(size=(4096, self.dimension)))

    def encode_passages(self, texts: Sequence[str]) -> list[Encoded]:
        return [self.encode_question(text) for text in texts]

    def encode_question(self, text: str) -> Encoded:
        kind, number = text.split()
        first, count = int(number) % 3000, self.tokens if kind == "passage" else 5
        tokens, words = self.table[first : first + count], np.arange(count, dtype=np.int32)
        return Encoded(tokens[0], tokens, words + first, words, tokens[:0])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [self.tokens for _ in texts]


def test_what_is_held_in_memory_does_not_grow_with_the_tokens(tmp_path: Path) -> None:
    count, encoder = 20_000, TableEncoder()
    passages = [f"passage {number}" for number in range(count)]
    sentences = [f"sentence {number}" for number in range(count)]
    settings = Settings.from_environment(index=tmp_path / "index", model=encoder.model)
    settings.index.mkdir()
    bound = 8 * 2**20  # bytes, above the texts; what is held comes to about half of it
    codes, vectors = count * encoder.tokens * encoder.dimension // 8, count * encoder.dimension * 4
    assert codes > 1.5 * bound
    tracemalloc.start()
    try:
        found = encode(
            passages, ["en"] * count, sentences, encoder, Earlier(settings), settings.index,
            lambda done, total: None,
        )  # fmt: skip
        write_passages(tmp_path / PASSAGES, found.passages)
        write_sentences(tmp_path / SENTENCES, found.sentences)
        write_tokens(tmp_path / TOKENS, found.tokens)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < bound
    assert (tmp_path / TOKENS / "codes.npy").stat().st_size > codes
    assert (tmp_path / PASSAGES).stat().st_size > vectors
