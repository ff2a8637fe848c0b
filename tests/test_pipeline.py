"""The whole way from files to a snapshot, with a small real encoder."""

import hashlib
import json
import random
import sys
from dataclasses import replace
from pathlib import Path

import faiss
import numpy as np
import pytest
from fakes import WordHashEncoder, furniture_of, stored_tokens, vectors_of, write_pages

from archive.calibration import Calibration, read_calibration, read_offsets
from archive.catalogue import Catalogue
from archive.dates import times_named
from archive.documents import Filters
from archive.errors import (
    ArchiveError,
    ArticlesMissing,
    IndexBusy,
    IndexDamaged,
    NothingToIndex,
    TooManyDropped,
)
from archive.languages import Vectors
from archive.lexical_schema import WORDS
from archive.passage_ids import read_passage_ids
from archive.settings import Settings
from archive.snapshot import (
    CALIBRATION,
    CATALOGUE,
    COARSE,
    FILES,
    LEXICAL,
    OFFSETS,
    PASSAGE_IDS,
    PASSAGE_SPANS,
    PASSAGES,
    SENTENCE_SPANS,
    SENTENCES,
    TIMES,
    TOKENS,
    open_snapshot,
    writing,
)
from archive.spans import read_spans
from indexer import coarse, furniture, reading
from indexer.calibrate import language_offsets
from indexer.encoding import OUTGROWN
from indexer.file_records import read_records
from indexer.gathering import document_of
from indexer.late_interaction import PassageTokens
from indexer.pipeline import BuildReport, build_index
from indexer.reading import SourceFile, read_files
from retriever import dense
from retriever.dense import DenseIndex
from retriever.lexical import LexicalIndex

MENU = "Media library of the service.\nSign in to save articles.\n"


def story(number: int) -> str:
    """An article of three paragraphs whose wording no other one shares."""
    return MENU + "\n".join(
        " ".join(
            f"Crew {number} left port {number * line + at} on day{number}{line}{at} for ship {at}."
            for at in range(4)
        )
        for line in range(3)
    )


PAGES: dict[str, str | bytes] = {f"site/{number}.txt": story(number) for number in range(6)}
REFUSED: dict[str, str | bytes] = {
    "x.rtf": b"{\\rtf1}",
    "site/empty.txt": b"",
    "site/menu.txt": MENU,
}


class Build:
    """An archive in a folder of its own, with an encoder that remembers what it encoded."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings.from_environment(
            articles=folder / "articles", index=folder / "index", model="word-hash",
            passage_tokens=32,
        )  # fmt: skip
        self.encoder = WordHashEncoder()
        write_pages(self.settings.articles, PAGES | REFUSED)

    def __call__(self, *, fresh: bool = False, force: bool = True) -> BuildReport:
        self.encoder.encoded.clear()
        report = build_index(self.settings, self.encoder, fresh=fresh, force=force)
        assert report.found == report.indexed + report.duplicates + report.refused
        assert report.encoded == len(self.encoder.encoded)
        return report

    @property
    def folder(self) -> Path:
        return open_snapshot(self.settings.index, "word-hash").folder

    @property
    def catalogue(self) -> Catalogue:
        return Catalogue(self.folder / CATALOGUE)

    @property
    def calibration(self) -> Calibration:
        return read_calibration(self.folder / CALIBRATION)

    def vectors(self, file: str) -> Vectors:
        found: Vectors
        if file == SENTENCES:
            found = np.load(self.folder / file).astype(np.float32)
        else:
            index = faiss.read_index(str(self.folder / file))
            found = index.reconstruct_n(0, index.ntotal)
        return found

    def passages(self) -> list[str]:
        documents, spans = self.catalogue.documents(), read_spans(self.folder / PASSAGE_SPANS)
        return [
            documents[number].text[slice(*spans.span(row))] for row, number in enumerate(spans.of)
        ]

    def sentences(self) -> list[str]:
        documents, passages = self.catalogue.documents(), read_spans(self.folder / PASSAGE_SPANS)
        spans = read_spans(self.folder / SENTENCE_SPANS)
        return [
            documents[passages.of[passage]].text[slice(*spans.span(row))]
            for row, passage in enumerate(spans.of)
        ]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return Build(tmp_path)


def test_the_first_run_finds_indexes_and_refuses_everything(build: Build) -> None:
    write_pages(build.settings.articles, {"site/copy.txt": story(3)})
    report = build()
    assert (report.found, report.indexed, report.duplicates, report.refused) == (10, 6, 1, 3)
    assert (report.new, report.changed, report.unchanged, report.removed) == (8, 0, 0, 0)
    assert report.built
    assert {one.path: one.reason for one in build.catalogue.refused()} == {
        "site/empty.txt": "empty",
        "site/menu.txt": "only_furniture",
        "x.rtf": "unsupported_format",
    }
    assert [(one.path, one.of) for one in build.catalogue.duplicates()] == [
        ("site/copy.txt", "site/3.txt")
    ]
    assert {one.line for one in build.catalogue.furniture()} == set(MENU.splitlines())


def test_every_document_leads_back_to_its_file(build: Build) -> None:
    build()
    for document in build.catalogue.documents():
        file = (build.settings.articles / document.path).read_text()
        start, end = document.in_file(0, len(document.text))
        assert file[start:end] == document.text
        assert MENU.splitlines()[1] not in document.text


def test_nothing_changed_nothing_built_nothing_encoded(build: Build) -> None:
    first, second = build(), build()
    assert not second.built
    assert second.encoded == 0
    assert second.snapshot == first.snapshot
    assert (second.found, second.indexed, second.refused) == (9, 6, 3)
    assert (second.new, second.changed, second.unchanged, second.removed) == (0, 0, 7, 0)


OPENED: list[str] = []
sys.addaudithook(lambda event, told: OPENED.append(str(told[0])) if event == "open" else None)


def opened(build: Build) -> set[str]:
    """Which articles were opened since the last time."""
    folder = f"{build.settings.articles}/"
    found = {path.removeprefix(folder) for path in OPENED if path.startswith(folder)}
    OPENED.clear()
    return found


def test_only_what_was_written_to_is_opened(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_STILL", 0)
    monkeypatch.setattr(furniture, "_SMALL_FAMILY", 0)  # whose pages are held against one another
    write_pages(build.settings.articles, {"site/copy.txt": story(3)})
    opened(build)
    build()
    every = {*PAGES, *REFUSED, "site/copy.txt"} - {"x.rtf"}
    assert opened(build) == every
    assert not build().built
    assert opened(build) == {"site/empty.txt"}  # what was refused is tried again
    write_pages(build.settings.articles, {"site/2.txt": story(2) + "\nA new ending is told here."})
    build()
    # Of the copy and the page of furniture alone no text is kept, nor are the words of the
    # furniture, which the first pages tell.
    again = opened(build)
    assert again >= {"site/2.txt", "site/empty.txt", "site/copy.txt", "site/menu.txt"}
    assert not again & {"site/3.txt", "site/4.txt", "site/5.txt"}


def test_a_page_whose_furniture_is_found_out_later_is_read_again(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_STILL", 0)
    head = "A line above every page.\n"
    body = [story(number).removeprefix(MENU) for number in range(20, 24)]
    pages: dict[str, str | bytes] = {f"late/{at}.txt": head + told for at, told in enumerate(body)}
    last = pages.popitem()
    write_pages(build.settings.articles, pages)
    build()
    opened(build)
    assert all(build.catalogue.document(path).text.startswith(head) for path in pages)
    write_pages(build.settings.articles, dict([last]))
    build()
    assert opened(build) >= {*pages, last[0]}
    assert not opened(build) & PAGES.keys()
    assert {build.catalogue.document(path).text for path in [*pages, last[0]]} == set(body)


def test_one_changed_article_encodes_only_what_it_changed(build: Build) -> None:
    build()
    before = {*build.passages(), *build.sentences()}
    write_pages(build.settings.articles, {"site/2.txt": story(2) + "\nA new ending is told here."})
    report = build()
    assert (report.new, report.changed, report.unchanged, report.removed) == (0, 1, 6, 0)
    after = {*build.passages(), *build.sentences()}
    assert set(build.encoder.encoded) == after - before
    assert report.encoded == len(after - before) < len(after) / 4


def test_new_and_removed_files_are_counted_and_gone(build: Build) -> None:
    build()
    (build.settings.articles / "site/0.txt").unlink()
    write_pages(build.settings.articles, {"site/9.txt": story(9)})
    report = build()
    assert (report.new, report.changed, report.unchanged, report.removed) == (1, 0, 6, 1)
    paths = [document.path for document in build.catalogue.documents()]
    assert paths == [f"site/{number}.txt" for number in (1, 2, 3, 4, 5, 9)]


def test_a_file_that_is_refused_for_another_reason_now_is_noticed(build: Build) -> None:
    build()
    write_pages(build.settings.articles, {"site/empty.txt": b"\x00\x01\x02"})
    assert build().built
    assert {one.path: one.reason for one in build.catalogue.refused()}["site/empty.txt"] == "binary"


def test_a_fresh_run_takes_nothing_from_before(build: Build) -> None:
    first = build()
    report = build(fresh=True)
    assert report.built
    assert report.encoded == first.encoded
    assert report.snapshot != first.snapshot
    assert report.unchanged == 7


def test_another_passage_length_builds_again(build: Build) -> None:
    build()
    build.settings = build.settings.model_copy(update={"passage_tokens": 64})
    assert build().built


def digests(build: Build) -> dict[str, str]:
    """Every file but those of the lexical index, which have random names, by what it holds."""
    files = [build.folder / name for name in (CATALOGUE, CALIBRATION, OFFSETS, PASSAGES, SENTENCES)]
    files.append(build.folder / TIMES)
    files += sorted((build.folder / TOKENS).iterdir())
    assert len(files) == 11
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def check_vectors(build: Build) -> None:
    """What is stored is what encoding everything under the stored calibration gives."""
    calibration, passages = build.calibration, build.passages()
    expected = calibration.vectors(vectors_of(build.encoder, passages))
    assert np.allclose(build.vectors(PASSAGES), expected, atol=1e-6)
    sentences = calibration.vectors(vectors_of(build.encoder, build.sentences()))
    assert np.allclose(build.vectors(SENTENCES), sentences, atol=1e-3)
    encoded = build.encoder.encode_passages(passages)
    for held, one in zip(stored_tokens(build.folder / TOKENS), encoded, strict=True):
        told = PassageTokens.of(one, calibration)
        assert np.array_equal(held.codes, told.codes)
        assert np.array_equal(held.words, told.words)
        assert np.array_equal(held.ends, told.ends)


def check_encodings(build: Build) -> None:
    """The same, and the offsets are those of what it gives."""
    check_vectors(build)
    calibration = build.calibration
    expected = calibration.vectors(vectors_of(build.encoder, build.passages()))
    sentences = calibration.vectors(vectors_of(build.encoder, build.sentences()))
    # The offsets are learned before the sentences are stored in 16 bits.
    languages = [document.language for document in build.catalogue.documents()]
    told_by = read_spans(build.folder / PASSAGE_SPANS).of
    times = read_spans(build.folder / TIMES)
    named = [
        (row, first.toordinal(), last.toordinal() + 1)
        for row, text in enumerate(build.passages())
        for first, last in times_named(text)
    ]
    assert [*zip(times.of, *times.offsets, strict=True)] == named
    spoken = [languages[told_by[row]] for row in read_spans(build.folder / SENTENCE_SPANS).of]
    of_passages = language_offsets(expected, [languages[number] for number in told_by])
    of_sentences = language_offsets(sentences, spoken)
    offsets = read_offsets(build.folder / OFFSETS)
    assert set(offsets) == set(languages)
    for language, (of_passage, of_sentence) in offsets.items():
        assert np.allclose(of_passage, of_passages[language], atol=1e-5)
        assert np.allclose(of_sentence, of_sentences[language], atol=1e-5)


def test_the_same_articles_give_the_same_snapshot(tmp_path: Path) -> None:
    one, other = Build(tmp_path / "one"), Build(tmp_path / "other")
    one()
    other()
    assert digests(one) == digests(other)


def test_a_grown_index_keeps_its_calibration_and_is_built_as_if_at_once(tmp_path: Path) -> None:
    grown, fresh = Build(tmp_path / "grown"), Build(tmp_path / "fresh")
    (grown.settings.articles / "site/5.txt").unlink()
    write_pages(grown.settings.articles, {"site/1.txt": story(1) + "\nOne more sentence."})
    grown()
    before = grown.calibration
    write_pages(grown.settings.articles, PAGES)
    assert grown().changed == 1
    assert grown.calibration.digest == before.digest
    check_encodings(grown)
    fresh()
    assert fresh.calibration.digest != before.digest
    check_encodings(fresh)
    for told in (Build.passages, Build.sentences):
        assert told(grown) == told(fresh)
    assert grown.catalogue.documents() == fresh.catalogue.documents()


MENUS = (MENU, "Архів служби.\nУвійти до бази, щоб зберегти статті.\n", "")


def catalogue_of(build: Build) -> tuple[object, ...]:
    told = build.catalogue
    # What is known of the files but when they were read, as both runs read them.
    files = {
        path: (
            one.digest,
            one.lines,
            one.furniture,
            np.array(one.signature).tolist(),
        )
        for path, one in read_records(build.folder / FILES).items()
    }
    return told.documents(), told.refused(), told.duplicates(), told.furniture(), files


@pytest.mark.parametrize("seed", range(12))
def test_an_index_after_several_runs_has_the_catalogue_of_a_fresh_one(
    tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    build = Build(tmp_path)
    for _ in range(3):  # a site has three pages and then more, and its menu goes out, or comes in
        for number in range(rng.choice([3, 9])):
            day = rng.choice(["", "Published on 5 March 2023\n", "On 7 May 2024, crews met. "])
            told = day + "\n".join(story(rng.randrange(12)).splitlines()[2:])
            page = rng.choice(MENUS) + rng.choice([told, told, ""])
            write_pages(build.settings.articles, {f"{rng.choice('ab')}/{number}.txt": page})
        for file in build.settings.articles.rglob("*.txt"):
            if rng.random() < 0.2:
                file.unlink()
        build()
    grown = catalogue_of(build), build.passages(), build.sentences()
    check_vectors(build)
    build(fresh=True)
    assert grown == (catalogue_of(build), build.passages(), build.sentences())


def changed_twice(build: Build) -> None:
    """Run three times; articles come, change and go in between, few enough to be carried over."""
    pages = build.settings.articles
    write_pages(pages, {f"site/{number}.txt": story(number) for number in range(10, 22)})
    build()
    write_pages(pages, {"site/0a.txt": story(30), "site/15.txt": story(15) + "\nA crew sank."})
    build()
    (pages / "site/2.txt").unlink()
    write_pages(pages, {"site/9.txt": story(31) + "\nAll crews met."})
    build()


def test_words_that_are_carried_over_are_found_as_in_a_fresh_index(build: Build) -> None:
    def held() -> dict[str, list[int]]:
        index = LexicalIndex(build.folder / LEXICAL, read_passage_ids(build.folder / PASSAGE_IDS))
        words = {word for text in build.passages() for word in text.split()}
        return {word: index.holding([word], "en", Filters()) for word in words}

    def counted() -> object:
        return json.loads((build.folder / LEXICAL / "en" / WORDS).read_text(encoding="utf-8"))

    changed_twice(build)
    ids = read_passage_ids(build.folder / PASSAGE_IDS)
    assert ids.issued > len(ids)  # some are gone
    carried = held(), counted()
    build(fresh=True)
    assert carried == (held(), counted())


def test_vectors_that_are_carried_over_are_found(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (coarse, dense):
        monkeypatch.setattr(module, "COARSE_FROM", 10)
    changed_twice(build)
    ids = read_passage_ids(build.folder / PASSAGE_IDS)
    assert ids.issued > len(ids)  # some are gone
    index = DenseIndex(build.folder / PASSAGES, (build.folder / COARSE, ids))
    for row, vector in enumerate(build.vectors(PASSAGES)):
        assert row in [found for found, _ in index.search(vector, 3)]


def test_what_an_article_was_before_counts_only_where_its_text_is_the_same(build: Build) -> None:
    (file,) = (one for one in read_files(build.settings.articles) if one.path == "site/1.txt")
    assert isinstance(file, SourceFile)
    whole = document_of(file, furniture_of({}))
    assert whole is not None
    before = replace(whole, title="As it was", language="fr", digest="0")
    assert document_of(file, furniture_of({}), before) == replace(before, digest=file.digest)
    assert document_of(file, furniture_of({}), replace(before, text=whole.text + " ")) == whole


def test_an_index_that_has_outgrown_its_calibration_is_the_one_that_is_built_at_once(
    tmp_path: Path,
) -> None:
    grown, fresh = Build(tmp_path / "grown"), Build(tmp_path / "fresh")
    for path in list(PAGES)[1:]:
        (grown.settings.articles / path).unlink()
    first = grown()
    write_pages(grown.settings.articles, PAGES)
    report = grown()
    assert report.passages >= OUTGROWN * first.passages
    assert report.encoded == fresh().encoded
    assert digests(grown) == digests(fresh)


def test_languages_have_their_own_offsets(build: Build) -> None:
    write_pages(
        build.settings.articles,
        {
            "site/fr.txt": "Le navire a quitté le port de Riga hier soir avec tout son équipage.",
            "site/uk.txt": "Корабель залишив порт Риги вчора ввечері з усією своєю командою.",
        },
    )
    build()
    check_encodings(build)
    offsets = read_offsets(build.folder / OFFSETS)
    assert set(offsets) >= {"fr", "uk"}
    assert all(np.abs(offset).max() > 0 for offset in offsets.values())


def test_a_sentence_that_becomes_a_passage_has_the_vector_of_a_passage(build: Build) -> None:
    start = "Ice radar port crew wind snow fog rain storm cloud harbour."
    write_pages(build.settings.articles, {"short.txt": f"{start} Then they left."})
    build()
    write_pages(build.settings.articles, {"short.txt": start})
    build()
    assert start in build.passages()
    check_encodings(build)


def test_what_is_stored_is_that_of_encoding_every_passage_afresh(build: Build) -> None:
    build()
    check_encodings(build)
    write_pages(build.settings.articles, {"site/2.txt": story(8), "site/a.txt": story(2)})
    build()
    check_encodings(build)


@pytest.mark.parametrize("refused", [False, True], ids=["a fifth", "more"])
def test_more_than_a_fifth_of_the_articles_is_dropped_only_by_force(
    tmp_path: Path, refused: bool
) -> None:
    build = Build(tmp_path)
    write_pages(build.settings.articles, {f"more/{at}.txt": story(50 + at) for at in range(20)})
    count = build().indexed
    extra = [build.settings.articles / f"more/{at}.txt" for at in range(20)]
    while count % 10:  # so that a fifth is a whole number
        extra.pop().unlink()
        count = build().indexed
    first = build().snapshot
    gone = count // 5 + refused
    for file in extra[:gone]:
        file.unlink()
    if not refused:
        assert build(force=False).removed == gone
        return
    with pytest.raises(TooManyDropped, match=rf"{gone} of the {count} .*more/0\.txt.*--force$"):
        build(force=False)
    assert build.folder.name == first
    assert build().removed == gone


def test_articles_that_have_moved_are_not_dropped(build: Build) -> None:
    build()
    (build.settings.articles / "site").rename(build.settings.articles / "moved")
    assert build(force=False).removed


def test_without_any_article_the_old_snapshot_stays(build: Build) -> None:
    first = build()
    for path in PAGES:
        (build.settings.articles / path).unlink()
    (build.settings.articles / "site/menu.txt").unlink()
    with pytest.raises(NothingToIndex, match=r"communique index"):
        build()
    assert build.folder.name == first.snapshot


def test_without_a_folder_of_articles_the_old_snapshot_stays(build: Build) -> None:
    first = build()
    build.settings.articles.rename(build.settings.articles.with_name("gone"))
    with pytest.raises(ArticlesMissing):
        build()
    assert build.folder.name == first.snapshot


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_run_that_stops_at_any_step_changes_nothing(
    build: Build, error: type[BaseException]
) -> None:
    first = build()
    write_pages(build.settings.articles, {"site/8.txt": story(8)})
    steps: list[tuple[str, int, int]] = []
    other = Build(build.settings.articles.parent / "watched")
    build_index(other.settings, other.encoder, lambda *step: steps.append(step))
    for step in dict.fromkeys(name for name, _, _ in steps):

        def stop(name: str, done: int, total: int, step: str = step) -> None:
            if name == step and step != "writing":
                raise error

        if step != "writing":
            with pytest.raises(error):
                build_index(build.settings, build.encoder, stop)
            assert build.folder.name == first.snapshot
    assert build().new == 1


def test_progress_counts_every_step_to_its_end(build: Build) -> None:
    steps: dict[str, list[tuple[int, int]]] = {}
    build_index(
        build.settings, build.encoder,
        lambda step, done, total: steps.setdefault(step, []).append((done, total)),
    )  # fmt: skip
    assert steps["reading"][-1] == (9, 0)
    for step, told in steps.items():
        assert told == sorted(told)
        if step != "reading":
            assert told[-1][0] == told[-1][1] > 0


def test_a_second_run_does_not_wait_for_the_first(build: Build) -> None:
    with writing(build.settings.index), pytest.raises(IndexBusy):
        build()


@pytest.mark.parametrize("at", [0.0, 0.3, 0.6, 0.999])
def test_a_flipped_byte_in_any_file_of_the_index_is_damage_that_a_run_cures(
    build: Build, at: float
) -> None:
    build()
    files = [file for file in build.folder.rglob("*") if file.is_file() and file.stat().st_size]
    assert len(files) > 5
    folder, encoded = build.folder, len(build.encoder.encoded)
    for file in files:
        if file.name == "manifest.json":
            continue
        content = bytearray(file.read_bytes())
        place = int(at * len(content))
        content[place] ^= 0x10
        file.write_bytes(content)
        with pytest.raises(IndexDamaged):
            open_snapshot(build.settings.index, "word-hash")
        content[place] ^= 0x10
        file.write_bytes(content)
    assert build.folder == folder
    (folder / CATALOGUE).write_bytes(b"nothing")
    assert build().encoded == encoded
    assert build.folder != folder


def test_a_snapshot_of_another_model_is_built_again(build: Build) -> None:
    first = build()
    build.settings = build.settings.model_copy(update={"model": "other"})
    build.encoder = WordHashEncoder("other")
    report = build()
    assert report.encoded == first.encoded
    with pytest.raises(ArchiveError):
        open_snapshot(build.settings.index, "word-hash")
