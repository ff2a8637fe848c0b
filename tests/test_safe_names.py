"""Whatever a file is called, it gets a name that stays in its folder and can be seen there."""

import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from indexer.safe_names import DEEPEST, LONGEST, safe_name, safe_path

WAYS_UP = (
    "../../etc/passwd.txt", "..\\..\\windows\\x.txt", "/etc/x.txt", "C:\\x.txt", "C:x.txt",
    "\\\\server\\share\\x.txt", "//server/x.txt", "./x.txt", "a/../../x.txt", "a//b/./x.txt",
    "%2e%2e/%2e%2e/x.txt", "..%2fx.txt", "..;/x.txt", "....//x.txt", "..\u2215x.txt",
    "\uff0e\uff0e/x.txt", ".\u200b./x.txt", "\u202e../x.txt", "x.txt\0.png", "\0", "..", ".", "",
    "~/x.txt", "-rf.txt", "file:///etc/passwd", "CON", "nul.txt", "COM1.tar.gz", "lpt\u00b9.txt",
    "aux.", "x.txt.", "x.txt ", " .x.txt", ".hidden.txt", "x\u202etxt.exe", "a\nb\r\tc.txt",
    "x" * 4096 + ".txt", "é" * 4096, "a/" * 2000 + "x.txt", "\ud800.txt", "cafe\u0301.txt",
    "$(id).txt", "`id`.txt", "x|y.txt", "a:b.txt", "x.txt::$DATA", "<img src=x>.html", "*?.txt",
)  # fmt: skip
PIECES = st.sampled_from(
    ["..", ".", "/", "\\", "C:", "\0", "\u202e", "\u2066", "%2e", "con", ".txt", " ", "e\u0301",
     "\ud800", "\u00a0", "x" * 300, "文" * 100, "~", "-", "a", ":", "\u2028", "\ufeff"]
)  # fmt: skip
TOLD = st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join))


def is_safe(name: str) -> bool:
    return (
        0 < len(name.encode()) <= LONGEST
        and name == unicodedata.normalize("NFC", name)
        and not any(unicodedata.category(one)[0] == "C" for one in name)
        and not set(name) & set('/\\<>:"|?*')
        and name[0] not in ". -"
        and name[-1] not in ". "
        and not PureWindowsPath(name).is_reserved()
    )


@pytest.mark.parametrize("told", WAYS_UP, ids=range(len(WAYS_UP)))
def test_every_way_up_ends_in_the_folder(told: str) -> None:
    path = safe_path(told)
    assert path is None or all(map(is_safe, path.split("/")))


@given(TOLD)
def test_every_path_is_of_safe_names(told: str) -> None:
    path = safe_path(told)
    if path is not None:
        assert all(map(is_safe, path.split("/")))
        assert not PurePosixPath(path).is_absolute()
        assert len(path.split("/")) <= DEEPEST
        assert safe_path(path) == path


@given(TOLD)
@example("CON.txt")
@example("CON." + "0" * 180)
@example("a" * 179 + "é.txt")
def test_a_safe_name_stays_as_it_is(told: str) -> None:
    name = safe_name(told)
    assert not name or is_safe(name)
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("told", "path"),
    [
        ("Communiqué n° 4 (final).pdf", "Communiqué n° 4 (final).pdf"),
        ("cafe\u0301.txt", "café.txt"),
        ("Пором.html", "Пором.html"),
        ("../../etc/passwd.txt", "etc/passwd.txt"),
        ("C:\\Users\\x\\page.html", "Users/x/page.html"),
        ("\\\\server\\share\\x.txt", "server/share/x.txt"),
        ("invoice\u202egpj.txt", "invoicegpj.txt"),
        ("index.php?id=3.html", "index.php-id=3.html"),
        ("con.txt", "_con.txt"),
        ("..", None),
        ("\u200b/", None),
    ],
)
def test_names_by_hand(told: str, path: str | None) -> None:
    assert safe_path(told) == path


def test_of_a_long_name_the_ending_is_kept() -> None:
    name = safe_name("é" * 4096 + ".html")
    assert name == "é" * 87 + ".html"
    assert len(safe_name("x" * 4096).encode()) == LONGEST
