"""Files added on the Archive page, and an article's file taken from it."""

import re
from pathlib import Path

import pytest
from app_support import Archive, calm, indexed_archive, markup, open_app
from streamlit.testing.v1 import AppTest
from test_intake import tree, zip_of

from archive.audit import AUDIT, SEAL
from ui.article import MEDIA_TYPES, OTHER_MEDIA_TYPE
from ui.wording import ENGLISH, FRENCH, Wording


@pytest.fixture
def mine(tmp_path: Path) -> Archive:
    return indexed_archive().copied_to(tmp_path)


def archive_page(
    monkeypatch: pytest.MonkeyPatch, mine: Archive, wording: Wording = ENGLISH
) -> AppTest:
    app = open_app(monkeypatch, mine, {"ui": wording.language})
    return calm(app.switch_page("ui/archive_page.py").run())


def added(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    [uploader] = app.file_uploader
    uploader.set_value([(name, content, "text/plain") for name, content in files])
    [add] = [one for one in app.button if one.label in (ENGLISH.add, FRENCH.add)]
    return calm(add.click().run())


def table(app: AppTest) -> list[list[str]]:
    return [list(row) for row in app.dataframe[0].value.itertuples(index=False)]


@pytest.mark.parametrize("wording", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_what_became_of_each_file_is_told(
    monkeypatch: pytest.MonkeyPatch, mine: Archive, wording: Wording
) -> None:
    app = archive_page(monkeypatch, mine, wording)
    assert "index_uploads" not in [one.key for one in app.button]
    packed = zip_of({"in/b.txt": "Ottar keeps the lighthouse.", "c.css": "p {}"})
    app = added(
        app, ("a.txt", b"A buoy broke loose."), ("logo.png", b"\x89PNG"), ("p.zip", packed),
        ("empty.txt", b""),
    )  # fmt: skip
    fates = wording.fates
    assert [row[:3] for row in table(app)] == [
        ["a.txt", fates["taken"], "uploads/a.txt"],
        ["logo.png", fates["left_out"], ""],
        ["c.css", fates["left_out"], ""],
        ["in/b.txt", fates["taken"], "uploads/p/in/b.txt"],
        ["empty.txt", fates["refused"], ""],
    ]
    assert table(app)[4][3] == wording.refused_because.get("empty", "The file holds no text.")
    assert wording.count(5, wording.files_found) in markup(app)
    assert (mine.articles / "uploads" / "a.txt").read_bytes() == b"A buoy broke loose."
    assert "index_uploads" in [one.key for one in app.button]


def test_a_file_of_a_name_that_is_taken_stands_beside_it_unless_it_replaces(
    monkeypatch: pytest.MonkeyPatch, mine: Archive
) -> None:
    app = archive_page(monkeypatch, mine)
    for content, fate, path in (
        (b"one", "taken", "a.txt"), (b"one", "same", "a.txt"), (b"two", "renamed", "a (2).txt"),
    ):  # fmt: skip
        app = added(app, ("a.txt", content))
        assert table(app)[0][1:3] == [ENGLISH.fates[fate], f"uploads/{path}"]
    assert ENGLISH.renamed_note in markup(app)
    app.checkbox(key="upload_replace").check()
    app.text_input(key="upload_folder").set_value("uploads")
    app = added(app, ("a.txt", b"three"))
    assert table(app)[0][1:3] == [ENGLISH.fates["replaced"], "uploads/a.txt"]
    assert (mine.articles / "uploads" / "a.txt").read_bytes() == b"three"


@pytest.mark.parametrize("folder", ["../../..", "/etc", "C:\\x", "nato-press", "\u202e", ""])
def test_the_folder_that_is_chosen_lies_below_the_articles(
    monkeypatch: pytest.MonkeyPatch, mine: Archive, tmp_path: Path, folder: str
) -> None:
    app = archive_page(monkeypatch, mine)
    before = tree(tmp_path)
    app.text_input(key="upload_folder").set_value(folder)
    app = added(app, ("../../a.txt", b"A buoy broke loose."))
    after = tree(tmp_path)
    [new] = after.keys() - before.keys() - {f"index/{AUDIT}", f"index/{SEAL}"}
    assert new == f"articles/{table(app)[0][2]}"
    assert before.items() <= after.items()


def test_a_folder_that_cannot_be_written_is_told(
    monkeypatch: pytest.MonkeyPatch, mine: Archive, tmp_path: Path
) -> None:
    app = archive_page(monkeypatch, mine)
    (mine.articles / "uploads").write_text("a file in the place of the folder")
    app = added(app, ("a.txt", b"words"))
    assert table(app)[0][1] == ENGLISH.fates["refused"]


def test_what_is_added_is_indexed_by_a_click(
    monkeypatch: pytest.MonkeyPatch, mine: Archive
) -> None:
    app = added(archive_page(monkeypatch, mine), ("a.txt", b"A buoy broke loose."))
    calm(app.button(key="index_uploads").click().run())
    assert app.button(key="reindex").disabled


# --- An article's file ------------------------------------------------------------------------


def test_no_file_is_sent_as_what_a_browser_runs() -> None:
    told = {*MEDIA_TYPES.values(), OTHER_MEDIA_TYPE}
    assert not [one for one in told if re.search("html|xml$|svg|script", one)]
    assert not {".html", ".htm"} & MEDIA_TYPES.keys()
