"""What comes in is put where it belongs or told of: nothing outside, nothing over another, nothing
skipped."""

import os
import stat
import unicodedata
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pytest
from fakes import WordHashEncoder, write_pages
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_files import docx_file, html_page
from test_feeds import ATOM, RSS
from test_safe_names import TOLD, WAYS_UP

from archive.catalogue import Catalogue
from archive.errors import ArticlesUnwritable, ImportInside, ImportMissing
from archive.settings import Settings
from archive.snapshot import CATALOGUE, open_snapshot
from indexer import zipped
from indexer.intake import (
    KEPT,
    LARGEST_UPLOAD,
    Arrival,
    Fate,
    counted,
    import_path,
    left_out_by_ending,
    take_uploads,
)
from indexer.pipeline import build_index
from indexer.reading import LARGEST_FILE, read_files
from indexer.safe_names import safe_name


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder and what it holds, links as what they name."""
    return {
        file.relative_to(folder).as_posix(): (
            str(file.readlink()).encode() if file.is_symlink() else file.read_bytes()
        )
        for file in folder.rglob("*")
        if file.is_symlink() or not file.is_dir()
    }


def zip_of(entries: Mapping[str, str | bytes], way: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", way) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content, way)
    return file.getvalue()


def told(arrivals: list[Arrival]) -> dict[str, str]:
    """What became of each file by its name: the path it stands at, or the reason why not."""
    return {one.name: one.path or one.reason for one in arrivals}


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """A folder of articles in a folder with another file, which nothing may touch."""
    write_pages(tmp_path, {"beside.txt": "Beside.", "data/articles/site/old.txt": "Old."})
    return tmp_path / "data" / "articles"


# --- One file ----------------------------------------------------------------------------------


def test_a_file_goes_into_the_folder_for_uploads(articles: Path) -> None:
    [one] = take_uploads(articles, [("Ferry.txt", b"The ferry left.")])
    assert one == Arrival("Ferry.txt", Fate.TAKEN, "uploads/Ferry.txt")
    assert (articles / one.path).read_bytes() == b"The ferry left."
    assert stat.S_IMODE((articles / one.path).stat().st_mode) == 0o644
    [other] = take_uploads(articles, [("Ferry.txt", b"Another.")], "../Port/2025")
    assert other.path == "Port/2025/Ferry.txt"


def test_the_same_again_is_said_so_and_another_of_its_name_stands_beside_it(articles: Path) -> None:
    def came(content: bytes, *, replace: bool = False) -> tuple[str, str]:
        [one] = take_uploads(articles, [("a.txt", content)], replace=replace)
        return one.fate, one.path

    assert came(b"one") == ("taken", "uploads/a.txt")
    assert came(b"one") == ("same", "uploads/a.txt")
    assert came(b"two") == ("renamed", "uploads/a (2).txt")
    assert came(b"two") == ("same", "uploads/a (2).txt")
    assert came(b"three") == ("renamed", "uploads/a (3).txt")
    assert came(b"four", replace=True) == ("replaced", "uploads/a.txt")
    assert tree(articles / "uploads") == {
        "a.txt": b"four", "a (2).txt": b"two", "a (3).txt": b"three",
    }  # fmt: skip


def test_two_of_one_name_that_come_together_do_not_replace_each_other(articles: Path) -> None:
    files = [("caf\u00e9.txt", b"one"), ("cafe\u0301.txt", b"two"), ("cafe\u0301.txt", b"one")]
    fates = [(one.fate, one.path) for one in take_uploads(articles, files, replace=True)]
    assert fates == [
        ("taken", "uploads/café.txt"), ("renamed", "uploads/café (2).txt"),
        ("same", "uploads/café.txt"),
    ]  # fmt: skip


def test_what_is_no_article_is_left_out_and_what_cannot_be_one_is_refused(articles: Path) -> None:
    before = tree(articles)
    files = [
        ("logo.png", b"\x89PNG"), ("empty.txt", b" \n"), ("large.txt", b"x" * (LARGEST_FILE + 1)),
        (".hidden.txt", b"words"), ("no.zip", b"no archive"), ("list.xml", b"<urlset/>"),
        (" .txt", b"words"), ("huge.zip", b"x" * (LARGEST_UPLOAD + 1)), ("old.doc", b"words"),
        ("none.rss", b"<rss/>"),
    ]  # fmt: skip
    arrivals = take_uploads(articles, files)
    assert told(arrivals) == {
        "logo.png": "unsupported_format", "empty.txt": "empty", "large.txt": "too_large",
        ".hidden.txt": "unsupported_format", "no.zip": "damaged", "list.xml": "unsupported_format",
        " .txt": "unusable_name", "huge.zip": "too_large", "old.doc": "unsupported_format",
        "none.rss": "empty",
    }  # fmt: skip
    assert all(one.sentence for one in arrivals)
    assert sum(counted(arrivals).values()) == len(files)
    assert left_out_by_ending(arrivals) == {".png": 1, ".txt": 1, ".xml": 1, ".doc": 1}
    assert tree(articles) == before


# --- Five hundred names ---------------------------------------------------------------------------


@settings(max_examples=450, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=TOLD, folder=TOLD, packed=st.booleans())
def test_no_name_leads_out_of_the_folder(
    articles: Path, name: str, folder: str, packed: bool
) -> None:
    check_name(articles, f"{name}.txt", folder, packed=packed)


@pytest.mark.parametrize("packed", [False, True], ids=["alone", "packed"])
@pytest.mark.parametrize("name", WAYS_UP, ids=range(len(WAYS_UP)))
def test_no_way_up_leads_out_of_the_folder(articles: Path, name: str, packed: bool) -> None:
    check_name(articles, name, name, packed=packed)


def check_name(articles: Path, name: str, folder: str, *, packed: bool) -> None:
    """A file of this name, for this folder, is put below the articles or nowhere."""
    outside = articles.parent.parent
    before = tree(outside)
    if packed:
        held = name.encode("utf-8", "replace").decode()
        [one] = take_uploads(articles, [("x.zip", zip_of({held: "words"}))], folder)
    else:
        [one] = take_uploads(articles, [(name, b"words")], folder)
    after = tree(outside)
    assert before.items() <= after.items()
    new = after.keys() - before.keys()
    assert new <= {f"data/articles/{one.path}"}
    assert bool(one.path) == (one.fate in KEPT)
    if one.path:
        assert (articles / one.path).read_bytes() == b"words"
        assert all(safe_name(part) == part for part in one.path.split("/"))
    assert not any(unicodedata.category(letter)[0] == "C" for letter in one.name)


# --- Archives -----------------------------------------------------------------------------------


def test_of_a_saved_site_the_pages_are_taken_and_all_else_is_counted(
    articles: Path, tmp_path: Path
) -> None:
    page = html_page(head='<link rel="canonical" href="https://port.example/ferry">')
    site: dict[str, str | bytes] = {
        "index.html": page, "news/2025/ferry": html_page("Tugs waited."), "news/ferry.css": "p {}",
        "news/a.js": "alert(1)", "img/a.png": b"\x89PNG", "img/b.PNG": b"\x89PNG",
        "feed.xml": RSS, "sitemap.xml": "<urlset/>", "robots.txt": " ", "report.docx": docx_file(),
        "old.zip": zip_of({"a.txt": "words"}), ".git/config.txt": "x", "__MACOSX/a.txt": "x",
    }  # fmt: skip
    write_pages(tmp_path / "saved", site)
    (tmp_path / "site.zip").write_bytes(zip_of(site))
    for path in (tmp_path / "saved", tmp_path / "site.zip"):
        source = path.stem
        arrivals = import_path(articles, path)
        assert told(arrivals) == {
            "index.html": f"{source}/index.html",
            "news/2025/ferry": f"{source}/news/2025/ferry.html",
            "report.docx": f"{source}/report.docx",
            "feed.xml: Ferry & tug": f"{source}/2024-03-05 Ferry & tug.md",
            "feed.xml: Plain words": f"{source}/Plain words.md",
            "feed.xml: Nothing but a title": "empty",
            "robots.txt": "empty", "old.zip": "nested_archive",
            **dict.fromkeys(
                ("news/ferry.css", "news/a.js", "img/a.png", "img/b.PNG", "sitemap.xml",
                 ".git/config.txt", "__MACOSX/a.txt"),
                "unsupported_format",
            ),
        }  # fmt: skip
        assert len(arrivals) == len(site) + 2  # a feed of three items
        assert sum(counted(arrivals).values()) == len(arrivals)
        assert left_out_by_ending(arrivals)[".png"] == 2
        assert (articles / source / "index.html").read_text() == page
        again = import_path(articles, path)
        assert {one.fate for one in again} <= {Fate.SAME, Fate.LEFT_OUT, Fate.REFUSED}
        assert [one.path for one in again] == [one.path for one in arrivals]


def test_what_is_imported_is_indexed_with_its_addresses(articles: Path, tmp_path: Path) -> None:
    write_pages(
        tmp_path / "port",
        {
            "a.html": html_page(head='<link rel="canonical" href="https://port.example/a">'),
            "feed.atom": ATOM, "b.txt": "Bread fell. The bakers of the old town report it.",
        },
    )  # fmt: skip
    import_path(articles, tmp_path / "port")
    chosen = Settings.from_environment(
        articles=articles, index=tmp_path / "index", model="word-hash"
    )
    report = build_index(chosen, WordHashEncoder())
    assert (report.found, report.refused) == (5, 0)
    catalogue = Catalogue(open_snapshot(chosen.index, "word-hash").folder / CATALOGUE)
    documents = {one.path: one for one in catalogue.documents()}
    ferry = documents["port/2025-01-01 Le bac.md"]
    assert (ferry.title, ferry.language) == ("Le bac", "fr")
    assert str(ferry.published) == "2025-01-01"
    assert ferry.address == "https://quai.example/bac"
    assert documents["port/a.html"].address == "https://port.example/a"
    assert "port/2025-01-03 Пором.md" in documents


def test_links_in_a_folder_are_followed_only_to_files_within_it(
    articles: Path, tmp_path: Path
) -> None:
    site = tmp_path / "saved"
    write_pages(site, {"a.txt": "Words.", "deep/b.txt": "More words."})
    write_pages(tmp_path, {"secret/s.txt": "Secret."})
    (site / "in.txt").symlink_to("deep/b.txt")
    (site / "out.txt").symlink_to("../secret/s.txt")
    (site / "loop.txt").symlink_to("loop.txt")
    (site / "gone.txt").symlink_to("nowhere.txt")
    (site / "folder").symlink_to("../secret")
    os.mkfifo(site / "pipe.txt")
    arrivals = import_path(articles, site)
    assert told(arrivals) == {
        "a.txt": "saved/a.txt", "deep/b.txt": "saved/deep/b.txt", "in.txt": "saved/in.txt",
        "out.txt": "outside_folder", "loop.txt": "unreadable", "gone.txt": "unreadable",
        "folder": "outside_folder", "pipe.txt": "unreadable",
    }  # fmt: skip
    assert b"Secret." not in tree(articles).values()


def test_a_link_in_the_folder_of_articles_is_not_followed_out_of_it(
    articles: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (articles / "uploads").symlink_to(tmp_path / "elsewhere")
    (articles / "mine").mkdir()
    (articles / "mine" / "a.txt").symlink_to(tmp_path / "beside.txt")
    before = tree(tmp_path)
    [one] = take_uploads(articles, [("a.txt", b"words")], replace=True)
    assert (one.fate, one.reason) == (Fate.REFUSED, "outside_folder")
    assert tree(tmp_path) == before
    [other] = take_uploads(articles, [("a.txt", b"words")], "mine", replace=True)
    assert other.path == "mine/a (2).txt"
    assert (tmp_path / "beside.txt").read_text() == "Beside."


def test_a_file_in_the_place_of_a_folder_is_refused_and_the_rest_goes_on(articles: Path) -> None:
    files = {"a.txt": "words", "a.txt/b.txt": "words", "a.txt/c/d.txt": "words", "e.txt": "words"}
    arrivals = take_uploads(articles, [("x.zip", zip_of(files))])
    assert list(told(arrivals).values()) == [
        "uploads/x/a.txt", "unreadable", "unreadable", "uploads/x/e.txt",
    ]  # fmt: skip


def link(name: str, to: str) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, to)
    return file.getvalue()


def changed(content: bytes, offset: int, value: bytes) -> bytes:
    """An archive with something else in the directory's record of its last entry."""
    at = content.rindex(b"PK\x01\x02") + offset
    return content[:at] + value + content[at + len(value) :]


GOOD = zip_of({"a.txt": "Words of an article. " * 9})
BIG = "x" * (LARGEST_FILE + 1)
HOSTILE = {
    "link": (link("a.txt", "/etc/passwd"), "unreadable"),
    "bomb": (zip_of({"a.txt": bytes(19 * 1024 * 1024)}), "bomb"),
    "bzip2": (zip_of({"a.txt": bytes(1024)}, zipfile.ZIP_BZIP2), "damaged"),
    "lzma": (zip_of({"a.txt": bytes(1024)}, zipfile.ZIP_LZMA), "damaged"),
    "nested": (zip_of({"a.zip": GOOD}), "nested_archive"),
    "large": (zip_of({"a.txt": BIG}, zipfile.ZIP_STORED), "too_large"),
    "encrypted": (changed(GOOD, 8, b"\x01"), "encrypted"),
    "says less": (changed(GOOD, 24, (5).to_bytes(4, "little")), "damaged"),
    "says more": (changed(GOOD, 24, (2**32 - 2).to_bytes(4, "little")), "bomb"),
    "other sum": (changed(GOOD, 16, bytes(4)), "damaged"),
    "other place": (changed(GOOD, 42, (9).to_bytes(4, "little")), "damaged"),
    "half": (GOOD[: len(GOOD) // 2], "damaged"),
    "none": (b"No archive at all.", "damaged"),
    "empty": (zip_of({}), "empty"),
    "only folders": (zip_of({"a/": b""}), "empty"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused_for_its_reason(articles: Path, name: str) -> None:
    content, reason = HOSTILE[name]
    before = tree(articles)
    [one] = take_uploads(articles, [("x.zip", content)])
    assert (one.fate, one.reason) == (Fate.REFUSED, reason)
    assert tree(articles) == before


def test_of_an_archive_with_one_bad_entry_the_others_are_taken(articles: Path) -> None:
    entries: dict[str, str | bytes] = {"a.txt": "Words.", "b.txt": bytes(19 * 1024 * 1024)}
    arrivals = take_uploads(articles, [("x.zip", zip_of({**entries, "c.txt": "More words."}))])
    assert list(told(arrivals).values()) == ["uploads/x/a.txt", "bomb", "uploads/x/c.txt"]


def test_an_archive_of_too_many_entries_is_refused(
    articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = zip_of({f"{at}.txt": "words" for at in range(50)})
    with monkeypatch.context() as smaller:
        smaller.setattr(zipped, "MOST_ENTRIES", 49)
        assert [one.reason for one in take_uploads(articles, [("x.zip", content)])] == ["bomb"]
    with monkeypatch.context() as smaller:
        smaller.setattr(zipped, "LONGEST_DIRECTORY", 2_000)
        assert [one.reason for one in take_uploads(articles, [("x.zip", content)])] == ["bomb"]
    with monkeypatch.context() as smaller:
        smaller.setattr(zipped, "LARGEST_WHOLE", 12)
        fates = [one.fate for one in take_uploads(articles, [("x.zip", content)])]
        assert fates == [Fate.TAKEN] * 2 + [Fate.REFUSED] * 48
    assert len(take_uploads(articles, [("x.zip", content)])) == 50


@given(at=st.integers(0, len(GOOD) - 1), bit=st.integers(0, 7))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_archive_with_any_bit_changed_is_read_or_refused(
    articles: Path, at: int, bit: int
) -> None:
    content = bytearray(GOOD)
    content[at] ^= 1 << bit
    outside = articles.parent.parent
    before = tree(outside)
    arrivals = take_uploads(articles, [("x.zip", bytes(content))])
    assert arrivals
    new = tree(outside).keys() - before.keys()
    assert new <= {f"data/articles/{one.path}" for one in arrivals}


# --- What is said of the whole ----------------------------------------------------------------


def test_what_is_not_there_or_lies_within_the_articles_is_not_imported(
    articles: Path, tmp_path: Path
) -> None:
    with pytest.raises(ImportMissing, match="communique import PATH"):
        import_path(articles, tmp_path / "nowhere")
    for path in (articles, articles / "site", articles / "site" / "old.txt", tmp_path):
        with pytest.raises(ImportInside, match="communique index"):
            import_path(articles, path)


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    write_pages(tmp_path, {"articles": "a file"})
    with pytest.raises(ArticlesUnwritable, match="try again"):
        take_uploads(tmp_path / "articles", [("a.txt", b"words")])


def test_what_came_in_is_what_is_found(articles: Path) -> None:
    files = [("a.txt", b"words"), ("b.md", b"more"), ("c.rss", RSS.encode())]
    arrivals = take_uploads(articles, files)
    paths = {one.path for one in arrivals if one.path}
    assert {one.path for one in read_files(articles)} == {*paths, "site/old.txt"}
