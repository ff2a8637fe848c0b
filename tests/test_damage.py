"""Damage anywhere in an index: a clear error or the snapshot before it, never a wrong answer."""

import gc
import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from fakes import WordHashEncoder
from fault_support import (
    QUESTION,
    VERSIONS,
    Start,
    build,
    in_memory,
    opened,
    settings_in,
    version_of,
    write_version,
)
from test_snapshot import flip

from archive.documents import Question
from archive.errors import IndexDamaged
from archive.settings import Settings
from archive.snapshot import (
    CATALOGUE,
    LEXICAL,
    PASSAGE_IDS,
    PASSAGE_KEYS,
    PASSAGE_SPANS,
    SENTENCE_SPANS,
    SENTENCES,
    TIMES,
    TOKENS,
    Snapshot,
    current_name,
    open_snapshot,
)
from indexer.pipeline import build_index
from retriever.engine import Engine
from retriever.verification import disagreements

TORTURE = pytest.mark.torture
MODEL = "word-hash"


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """Where the old version is indexed, and the new one after it."""
    with in_memory() as folder:
        Start.made(folder / "place")
        build(folder / "place")
        yield folder / "place"


@pytest.fixture
def copy(place: Path) -> Iterator[Path]:
    with in_memory() as folder:
        yield Start(place).copied_to(folder / "copy")


def files_of(snapshot: Snapshot) -> list[Path]:
    return sorted(file for file in snapshot.folder.rglob("*") if file.is_file())


def quietly(file: Path, change: Callable[[Path], object]) -> None:
    """Change a file as a disk does that forgets: without its time."""
    written = file.stat().st_mtime_ns
    change(file)
    os.utime(file, ns=(written, written))


# --- Noticed at opening --------------------------------------------------------------------------


@pytest.mark.parametrize(("flips", "cuts"), [(80, 20), pytest.param(2000, 200, marks=TORTURE)])
def test_a_changed_file_is_noticed_and_the_one_before_answers(
    copy: Path, flips: int, cuts: int
) -> None:
    current = open_snapshot(settings_in(copy).index, MODEL)
    assert version_of(opened(copy)) == VERSIONS[1]
    files = [file for file in files_of(current) if file.stat().st_size]
    chosen = random.Random(flips)
    for number in range(flips + cuts):
        file = chosen.choice(files)
        content = file.read_bytes()
        at = chosen.randrange(len(content))
        other = bytes([content[at] ^ 1 << chosen.randrange(8)]) + content[at + 1 :]
        file.write_bytes(content[:at] + (other if number < flips else b""))
        engine = opened(copy)
        assert engine.snapshot.damage == f"{file.relative_to(current.folder)} has changed"
        if number % 10 == 0:
            assert version_of(engine) == VERSIONS[0]
        file.write_bytes(content)
    assert opened(copy).snapshot == current


@pytest.mark.parametrize("stride", [211, pytest.param(1, marks=TORTURE)])
def test_any_byte_of_an_index_may_change(copy: Path, stride: int) -> None:
    index = settings_in(copy).index
    current = open_snapshot(index, MODEL)
    for file in files_of(current):
        for at in range(0, file.stat().st_size, stride):
            flip(file, at)
            assert open_snapshot(index, MODEL).damage, (file, at)
            flip(file, at)
    assert open_snapshot(index, MODEL) == current


def test_where_the_one_before_is_damaged_too_the_cure_is_to_build_again(copy: Path) -> None:
    for folder in (copy / "index").glob("snapshot-*"):
        flip(folder / CATALOGUE, 0)
    with pytest.raises(IndexDamaged, match="communique index --fresh"):
        opened(copy)
    assert build(copy).built
    assert version_of(opened(copy)) == VERSIONS[1]
    assert opened(copy).snapshot.damage is None


def test_a_run_over_a_damaged_index_makes_a_whole_one_though_no_article_changed(copy: Path) -> None:
    flip(opened(copy).snapshot.folder / SENTENCES, 200)
    assert opened(copy).snapshot.damage
    write_version(copy, VERSIONS[0])  # as the one before has it
    assert build(copy).built
    assert opened(copy).snapshot.damage is None
    assert version_of(opened(copy)) == VERSIONS[0]


# --- Noticed later -------------------------------------------------------------------------------


def test_an_engine_tells_that_its_files_were_written_to(copy: Path) -> None:
    engine = opened(copy)
    assert engine.is_sound
    flip(engine.snapshot.folder / PASSAGE_KEYS, 200)
    assert not engine.is_sound
    assert version_of(opened(copy)) == VERSIONS[0]


@pytest.fixture
def believed(copy: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index all of whose files are believed by their times."""
    monkeypatch.setattr("archive.snapshot.LARGE", 0)
    return copy


def change_article(folder: Path, column: str) -> None:
    """Change a column of site/3.txt unseen."""
    catalogue = opened(folder).snapshot.folder / CATALOGUE

    def change(file: Path) -> None:
        with sqlite3.connect(file) as connection:
            connection.execute(f"UPDATE documents SET {column} = 'fr' WHERE path = 'site/3.txt'")
        connection.close()

    size = catalogue.stat().st_size
    quietly(catalogue, change)
    assert catalogue.stat().st_size == size


@pytest.mark.parametrize("column", ["language", "published"])
def test_what_articles_are_found_by_is_noticed_at_opening(believed: Path, column: str) -> None:
    change_article(believed, column)
    assert open_snapshot(settings_in(believed).index, MODEL).damage is None
    engine = opened(believed)
    assert engine.snapshot.damage == f"{CATALOGUE} has changed"
    assert version_of(engine) == VERSIONS[0]


@pytest.mark.parametrize("column", ["text", "title", "pieces", "encoding"])
def test_an_article_that_has_changed_is_never_shown(believed: Path, column: str) -> None:
    change_article(believed, column)
    engine = opened(believed)
    assert engine.snapshot.damage is None
    assert "violet" in engine.document("site/2.txt").text
    assert engine.is_sound
    with pytest.raises(IndexDamaged, match=r"site/3\.txt has changed"):
        engine.document("site/3.txt")
    assert not engine.is_sound
    with pytest.raises(IndexDamaged, match=r"site/3\.txt"):
        engine.ask(Question(QUESTION))
    assert disagreements(engine.snapshot) == ["the article site/3.txt has changed"]


@pytest.mark.parametrize("flips", [150, pytest.param(3000, marks=TORTURE)])
def test_a_catalogue_that_decays_unseen_gives_its_articles_or_an_error(
    believed: Path, flips: int
) -> None:
    """Whatever SQLite makes of it, no wrong article and no other error comes out."""
    right = {one.path: one for one in opened(believed).catalogue.documents()}
    catalogue = opened(believed).snapshot.folder / CATALOGUE
    chosen = random.Random(flips)
    refused = 0
    for _ in range(flips):
        place = chosen.randrange(catalogue.stat().st_size)
        quietly(catalogue, lambda file, place=place: flip(file, place))  # type: ignore[misc]
        try:
            engine = opened(believed)
            if engine.snapshot.damage:
                assert version_of(engine) == VERSIONS[0]
                refused += 1
                quietly(catalogue, lambda file, place=place: flip(file, place))  # type: ignore[misc]
                continue
            for path in right:
                assert engine.document(path) == right[path]
            answer = engine.ask(Question(QUESTION))
            for one in answer.citations:
                assert right[one.path].text[one.start : one.end] == one.quote
        except IndexDamaged:
            refused += 1
        except KeyError:  # as for a path that there never was
            refused += 1
        quietly(catalogue, lambda file, place=place: flip(file, place))  # type: ignore[misc]
    assert 0 < refused < flips
    assert version_of(opened(believed)) == VERSIONS[1]


@pytest.mark.parametrize("name", [CATALOGUE, PASSAGE_SPANS, f"{TOKENS}/starts.npy"])
def test_a_believed_file_that_cannot_be_opened_is_read_and_the_one_before_answers(
    believed: Path, name: str
) -> None:
    folder = opened(believed).snapshot.folder
    quietly(folder / name, lambda file: file.write_bytes(b"\0" * file.stat().st_size))
    assert open_snapshot(settings_in(believed).index, MODEL).damage is None
    engine = opened(believed)
    assert engine.snapshot.damage == f"{name} has changed"
    assert version_of(engine) == VERSIONS[0]


def test_what_decayed_unseen_does_not_go_on_into_the_next_snapshot(believed: Path) -> None:
    folder = opened(believed).snapshot.folder
    quietly(folder / SENTENCES, lambda file: flip(file, file.stat().st_size - 1))
    (believed / "articles/site/new.txt").write_text("A violet whale was seen near harbour12.\n")
    encoder = WordHashEncoder()
    report = build_index(settings_in(believed), encoder)
    assert report.encoded == report.passages + opened(believed).snapshot.facts.sentences


# --- What does not agree -------------------------------------------------------------------------


def cut_short(file: Path) -> None:
    np.save(file, np.load(file)[..., :-1])


def shift(file: Path) -> None:
    spans = np.load(file)
    spans[2, 3] += 10_000
    np.save(file, spans)


def turn(file: Path) -> None:
    """One time, which ends before it begins."""
    np.save(file, np.array([[0], [730_001], [730_000]], dtype=np.int32))


def double(file: Path) -> None:
    ids = np.load(file)
    ids[1] = ids[0]
    np.save(file, ids)


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        (PASSAGE_SPANS, cut_short, "passage_spans.npy: 4 instead of 5"),
        (PASSAGE_SPANS, shift, "passage_spans.npy: a passage lies outside its article"),
        (SENTENCE_SPANS, cut_short, "sentence_spans.npy: 19 instead of 20"),
        (SENTENCE_SPANS, shift, "sentence_spans.npy: a sentence lies outside its passage"),
        (PASSAGE_IDS, cut_short, "passage_ids.npy: 4 instead of 5"),
        (PASSAGE_IDS, double, "passage_ids.npy: two passages have one id"),
        (PASSAGE_KEYS, cut_short, "passage_keys.npy: 4 instead of 5"),
        (TIMES, turn, "times.npy: a time of no passage, or no time"),
        (f"{TOKENS}/starts.npy", cut_short, "the tokens: 4 instead of 5"),
    ],
)
def test_files_that_do_not_agree_are_named(
    copy: Path, name: str, change: Callable[[Path], None], told: str
) -> None:
    snapshot = opened(copy).snapshot
    assert disagreements(snapshot) == []
    change(snapshot.folder / name)
    assert told in disagreements(snapshot)


def test_an_index_of_words_that_is_gone_is_told(copy: Path) -> None:
    snapshot = opened(copy).snapshot
    (snapshot.folder / LEXICAL).rename(snapshot.folder / "elsewhere")
    assert disagreements(snapshot) == ["it cannot be read (FileNotFoundError)"]


# --- Switched under readers ----------------------------------------------------------------------


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


def resident() -> int:
    """Bytes of memory that are this process's own."""
    told = Path("/proc/self/smaps_rollup").read_text()
    return 1024 * sum(
        int(line.split()[1]) for line in told.splitlines() if line.startswith("Private_Dirty")
    )


class Readers:
    """Ten readers of one index, who take up each new snapshot as the app's sessions do."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._held: dict[str, Engine] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self.answers: set[tuple[str, str]] = set()
        self.problems: list[BaseException] = []
        self._threads = [threading.Thread(target=self._read) for _ in range(10)]

    def __enter__(self) -> "Readers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _engine(self) -> Engine:
        name = str(current_name(self._settings.index))
        with self._lock:
            if name not in self._held:
                engine = Engine(open_snapshot(self._settings.index, MODEL), WordHashEncoder())
                self._held = dict([*self._held.items(), (name, engine)][-2:])
                return engine
            return self._held[name]

    def _read(self) -> None:
        try:
            while not self._stop.is_set():
                engine = self._engine()
                found = engine.search(Question(QUESTION), 10)
                (version,) = {one for one in VERSIONS if one in found[0].passage.text}
                texts = [text for one in found for text in (one.passage.text, one.document.text)]
                texts.append(engine.document("site/0.txt").text)
                assert len(found) == 5
                assert all(version in text for text in texts)
                self.answers.add((engine.snapshot.name, version))
        except BaseException as error:
            self.problems.append(error)


@pytest.mark.parametrize("switches", [20, pytest.param(100, marks=TORTURE)])
def test_readers_never_notice_a_switch(copy: Path, switches: int) -> None:
    settings = settings_in(copy)
    files, memories = [], []
    with Readers(settings) as readers:
        for number in range(switches):
            write_version(copy, VERSIONS[number % 2])
            name = build(copy).snapshot
            while (name, VERSIONS[number % 2]) not in readers.answers and not readers.problems:
                time.sleep(0.01)
            gc.collect()
            files.append(open_files())
            memories.append(resident())
    assert readers.problems == []
    by_name = dict(readers.answers)
    assert len(by_name) == len(readers.answers) >= switches  # each snapshot has one version
    half = switches // 2
    assert max(files[half:]) <= max(files[:half]) + 20  # those of a snapshot being taken up
    assert min(memories[half:]) < 1.05 * max(memories[:half])
