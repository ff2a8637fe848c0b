"""Every file is read or refused, with a reason that stays the same."""

import os
import time
from pathlib import Path

import pytest
from fakes import write_pages

from archive.documents import Refusal
from archive.errors import ArticlesMissing
from archive.storage import Stamp
from indexer import reading
from indexer.formats.parsed import Parsed
from indexer.formats.plain import decode
from indexer.reading import LARGEST_FILE, SourceFile, Unread, read_files
from indexer.refusals import Reason

FRENCH = (
    "Les ministres de la Défense ont évoqué, à Bruxelles, la sécurité des câbles sous-marins. "
    "« Nous protégerons ces câbles », a déclaré le secrétaire général à l’issue de la réunion."
)
UKRAINIAN = (
    "Міністри оборони обговорили у Брюсселі безпеку підводних кабелів. "
    "Генеральний секретар повідомив, що союзники захистять ці кабелі від пошкоджень."
)
SPANISH = (
    "Los ministros de Defensa se reunieron en España y hablaron de los cables submarinos. "
    "«El próximo año habrá más ejercicios», señaló el secretario general al término de la reunión."
)
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000100000001008060000001ff3ff61")


def read(folder: Path) -> dict[str, SourceFile | Refusal]:
    return {one.path: one for one in read_files(folder) if not isinstance(one, Unread)}


def reason(folder: Path, path: str) -> str:
    one = read(folder)[path]
    assert isinstance(one, Refusal)
    assert one.sentence.endswith(".")
    return one.reason


def test_the_codes_of_the_reasons_are_stable() -> None:
    assert [one.value for one in Reason] == [
        "empty", "only_furniture", "binary", "unreadable", "too_large", "outside_folder",
        "unsupported_format", "unusable_name", "damaged", "encrypted", "bomb", "nested_archive",
        "declares_entities", "too_long", "too_slow", "too_much_memory", "crashed",
        "absent_page",
    ]  # fmt: skip


@pytest.mark.parametrize("text", [FRENCH, UKRAINIAN], ids=["fr", "uk"])
@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
    ],
)
def test_unicode_is_read_with_and_without_a_mark(text: str, encoding: str, mark: bytes) -> None:
    found = decode(mark + text.encode(encoding))
    assert found is not None
    assert found[0] == text


@pytest.mark.parametrize(
    ("text", "page"), [(FRENCH, "cp1252"), (SPANISH, "cp1252"), (UKRAINIAN, "cp1251")]
)
def test_a_legacy_code_page_is_recognised(text: str, page: str) -> None:
    found = decode(text.encode(page))
    assert found is not None
    assert found[0] == text


@pytest.mark.parametrize(
    "content",
    [PNG, PNG + bytes(range(256)) * 20, b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00>\x00" * 9],
)
def test_what_is_not_text_is_refused(content: bytes) -> None:
    assert decode(content) is None


def test_a_stray_zero_byte_never_turns_words_into_other_words() -> None:
    for at in range(len(FRENCH)):
        found = decode((FRENCH[:at] + "\0" + FRENCH[at:]).encode())
        assert found is None or "ministres" in found[0] or "secrétaire" in found[0]


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty"), (b" \r\n\t ", "empty"), ("\ufeff \n".encode(), "empty"), (b"*\n--\n", "empty"),
     (PNG, "binary")],
)  # fmt: skip
def test_a_file_without_words_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    write_pages(tmp_path, {"a.txt": content})
    assert reason(tmp_path, "a.txt") == code


def test_a_file_over_twenty_megabytes_is_refused(tmp_path: Path) -> None:
    with open(tmp_path / "large.txt", "wb") as file:
        file.truncate(LARGEST_FILE + 1)
    assert LARGEST_FILE == 20 * 1024 * 1024
    assert reason(tmp_path, "large.txt") == "too_large"


@pytest.mark.parametrize("name", ["page.rtf", "page.doc", "page", "page.txt.bak"])
def test_other_formats_are_refused(tmp_path: Path, name: str) -> None:
    write_pages(tmp_path, {name: FRENCH})
    assert reason(tmp_path, name) == "unsupported_format"


def test_links_are_followed_only_to_files_inside_the_folder(tmp_path: Path) -> None:
    articles = tmp_path / "articles"
    write_pages(articles, {"site/a.txt": FRENCH})
    write_pages(tmp_path, {"secret.txt": UKRAINIAN, "outside/b.txt": UKRAINIAN})
    (articles / "inside.txt").symlink_to("site/a.txt")
    (articles / "outside.txt").symlink_to(tmp_path / "secret.txt")
    (articles / "climbing.txt").symlink_to("../secret.txt")
    (articles / "folder").symlink_to(tmp_path / "outside")
    (articles / "again").symlink_to("site")
    (articles / "up").symlink_to("..")
    (articles / "broken.txt").symlink_to("nowhere.txt")
    (articles / "loop.txt").symlink_to("loop.txt")
    found = read(articles)
    inside = found.pop("inside.txt")
    assert isinstance(inside, SourceFile)
    assert inside.text == FRENCH
    assert isinstance(found.pop("site/a.txt"), SourceFile)
    assert {path: getattr(one, "reason", "") for path, one in found.items()} == {
        "again": "unsupported_format",
        "broken.txt": "unreadable",
        "climbing.txt": "outside_folder",
        "folder": "outside_folder",
        "loop.txt": "unreadable",
        "outside.txt": "outside_folder",
        "up": "outside_folder",
    }


class Remembered:
    """What was read before is known."""

    def __init__(self, folder: Path) -> None:
        self.stamps = {
            path: one.stamp for path, one in read(folder).items() if isinstance(one, SourceFile)
        }

    def same(self, path: str, stamp: Stamp) -> bool:
        return self.stamps.get(path) == stamp

    def parsed(self, path: str, digest: str) -> Parsed | None:
        return None

    def unread(self, folder: Path) -> set[str]:
        return {one.path for one in read_files(folder, self) if isinstance(one, Unread)}


def test_what_was_not_written_to_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_STILL", 0)
    pages: dict[str, str | bytes] = {f"{name}.txt": FRENCH for name in "abcdef"}
    write_pages(tmp_path, pages | {"refused.rtf": FRENCH, "empty.txt": b""})
    (tmp_path / "link.txt").symlink_to("a.txt")
    known = Remembered(tmp_path)
    assert known.unread(tmp_path) == pages.keys()
    before = (tmp_path / "a.txt").stat()
    time.sleep(0.02)  # the clock of the files ticks every few milliseconds
    (tmp_path / "a.txt").write_text(FRENCH[::-1])
    os.utime(tmp_path / "a.txt", ns=(before.st_atime_ns, before.st_mtime_ns))
    write_pages(tmp_path, {"other.txt": FRENCH})
    (tmp_path / "b.txt").unlink()
    os.replace(tmp_path / "c.txt", tmp_path / "d.txt")
    assert (tmp_path / "a.txt").stat().st_size == before.st_size
    assert known.unread(tmp_path) == {"e.txt", "f.txt"}


def test_a_file_that_changed_a_moment_ago_is_read_the_next_time(tmp_path: Path) -> None:
    write_pages(tmp_path, {"a.txt": FRENCH})
    known = Remembered(tmp_path)
    assert known.stamps == {"a.txt": None}
    assert known.unread(tmp_path) == set()


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert reason(tmp_path, "pipe.txt") == "unreadable"


def test_a_folder_named_as_an_article_is_a_folder(tmp_path: Path) -> None:
    write_pages(tmp_path, {"x.txt/deep/a.txt": FRENCH, "B.TXT": FRENCH})
    assert all(isinstance(one, SourceFile) for one in read(tmp_path).values())
    assert list(read(tmp_path)) == ["B.TXT", "x.txt/deep/a.txt"]


def test_a_name_that_is_not_unicode_is_refused_in_words_that_can_be_shown(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/caf\xe9.txt", "wb") as file:
        file.write(FRENCH.encode())
    [one] = read_files(tmp_path)
    assert isinstance(one, Refusal)
    assert one.reason == "unusable_name"
    assert one.path.encode().startswith(b"caf")


def test_one_bad_file_never_stops_the_rest_and_none_is_skipped(tmp_path: Path) -> None:
    write_pages(
        tmp_path,
        {
            "a.txt": b"", "b.txt": PNG, "c.txt": FRENCH, "d/e.txt": UKRAINIAN.encode("cp1251"),
            "f.rtf": FRENCH, "g.txt": b"\xff\xfe\x00\xd8", ".DS_Store": PNG, ".git/x.txt": FRENCH,
        },
    )  # fmt: skip
    (tmp_path / "z.txt").symlink_to("z.txt")
    found = read(tmp_path)
    assert list(found) == ["a.txt", "b.txt", "c.txt", "d/e.txt", "f.rtf", "g.txt", "z.txt"]
    assert [path for path, one in found.items() if isinstance(one, SourceFile)] == [
        "c.txt", "d/e.txt",
    ]  # fmt: skip


def test_a_missing_folder_is_named_with_its_cure(tmp_path: Path) -> None:
    with pytest.raises(ArticlesMissing, match="communique index --articles DIR"):
        list(read_files(tmp_path / "nowhere"))
