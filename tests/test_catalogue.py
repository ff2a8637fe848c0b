"""What is written of the articles is what is read."""

import threading
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from fakes import document
from hypothesis import given
from hypothesis import strategies as st

from archive.catalogue import Catalogue, write_catalogue
from archive.documents import DateBasis, Duplicate, FurnitureLine, Refusal
from archive.errors import IndexDamaged

ARTICLES = [
    document("Un cafe\u0301.\r\nNoir «\u00a0'\";--».", "a/é.txt", "fr"),
    replace(
        document("Кабелі.", "b/c.html", "uk"),
        published=date(2025, 11, 12), date_basis=DateBasis.STATED,
        address="https://example.org/c", pages=(0, 3),
    ),
]  # fmt: skip
REFUSED = [Refusal("x.rtf", "unsupported_format", "Only some files are read.")]
DUPLICATES = [Duplicate("b/d.txt", "b/c.html", 0.913)]
FURNITURE = [FurnitureLine("a", "Menu; DROP TABLE files", 7, 9)]
VERSIONS = [("a/é.txt", "b/c.html")]


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    file = tmp_path / "catalogue.sqlite"
    write_catalogue(
        file, ARTICLES, REFUSED, DUPLICATES, FURNITURE, VERSIONS,
    )  # fmt: skip
    return Catalogue(file)


def test_everything_that_is_written_is_read(catalogue: Catalogue) -> None:
    assert catalogue.documents() == ARTICLES
    assert [catalogue.document(one.path) for one in ARTICLES] == ARTICLES
    parts = [
        (one, span)
        for span in ((0, 4), (1, 4), (3, 3))
        for one in (*ARTICLES, *reversed(ARTICLES)) * 300
    ]
    assert catalogue.cuts([(one.path, span) for one, span in parts]) == [
        one.text[slice(*span)] for one, span in parts
    ]
    assert catalogue.cuts([]) == []
    with pytest.raises(IndexDamaged, match=r"the article gone\.txt is missing"):
        catalogue.cuts([(ARTICLES[0].path, (0, 1)), ("gone.txt", (0, 1))])
    assert catalogue.refused() == REFUSED
    assert catalogue.duplicates() == DUPLICATES
    assert catalogue.furniture() == FURNITURE
    assert catalogue.articles() == {one.path: one.digest for one in ARTICLES}
    assert catalogue.versions() == [["a/é.txt", "b/c.html"]]
    assert catalogue.headings() == [
        ("a/é.txt", "Title", "fr", None), ("b/c.html", "Title", "uk", date(2025, 11, 12)),
    ]  # fmt: skip


def test_the_first_title_of_a_language_is_whole_and_short(tmp_path: Path) -> None:
    titles = ["Much too long to begin with", "Cut off…", "Second", "Third"]
    told = [
        replace(document("Text.", f"{number}.txt", language), title=title)
        for number, (title, language) in enumerate(
            [(one, "fr") for one in titles] + [("Of another", "en")]
        )
    ]
    write_catalogue(tmp_path / "c", told, [], [], [], [])
    catalogue = Catalogue(tmp_path / "c")
    assert catalogue.first_title("fr", 10) == "Second"
    assert catalogue.first_title("fr", 30) == "Much too long to begin with"
    assert catalogue.first_title("en", 10) == "Of another"
    assert catalogue.first_title("en", 9) is None
    assert catalogue.first_title("uk", 10) is None


@pytest.mark.parametrize("path", ["", "a/e.txt", "' OR 1=1 --", "../a/é.txt", "\0", "\ud800"])
def test_a_path_that_is_not_in_the_archive_is_not_found(catalogue: Catalogue, path: str) -> None:
    with pytest.raises(KeyError):
        catalogue.document(path)
    assert not catalogue.damaged


def test_an_empty_catalogue_can_be_read(tmp_path: Path) -> None:
    write_catalogue(tmp_path / "c", [], [], [], [], [])
    empty = Catalogue(tmp_path / "c")
    assert (empty.documents(), empty.refused(), empty.articles()) == ([], [], {})
    assert empty.versions() == []


def test_several_threads_read_the_same(catalogue: Catalogue) -> None:
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(len(catalogue.documents()))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [2] * 8


def test_reading_writes_nothing(catalogue: Catalogue, tmp_path: Path) -> None:
    before = (tmp_path / "catalogue.sqlite").read_bytes()
    catalogue.documents()
    assert [one.name for one in tmp_path.iterdir()] == ["catalogue.sqlite"]
    assert (tmp_path / "catalogue.sqlite").read_bytes() == before


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_any_text_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    if not text.strip():
        return
    file = tmp_path_factory.mktemp("c") / "catalogue.sqlite"
    article = document(text, "a.txt")
    write_catalogue(file, [article], [], [], [], [])
    assert Catalogue(file).documents() == [article]
