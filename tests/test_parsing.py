"""No file harms the run: it is read or refused, within its limits, and the others are read."""

import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import WordHashEncoder, write_pages
from made_files import ARTICLE, docx_file, html_page, pdf_file, pdf_lines
from mutation import hostile, mutated, seeds

from archive.catalogue import Catalogue
from archive.documents import Document, Refusal
from archive.settings import Settings
from archive.snapshot import CATALOGUE, open_snapshot
from indexer.formats.child import MEMORY
from indexer.formats.parsed import Parsed
from indexer.parsing import ENDINGS, WALL, Parser, read_back, written
from indexer.pipeline import BuildReport, build_index
from indexer.reading import SourceFile, read_files
from indexer.refusals import Reason, Refused

ROOT = Path(__file__).resolve().parent.parent
PARENT_MAY_GROW = 50 * 1024  # kilobytes
GOOD: dict[str, str | bytes] = {
    "a.html": html_page(attributes='lang="en"'),
    "b.docx": docx_file("Two tugs and a pilot boat waited for the barge in the fog.", *ARTICLE[:1]),
    "c.md": "# Trains\n\nThe night train to Vilnius now stops at every town along the river.",
    "d.pdf": pdf_file(
        pdf_lines("The bridge over the Daugava closes in June for repairs to its piers."),
        pdf_lines("It opens again before the winter, as the city council promised in spring."),
    ),
    "e.txt": "Bread prices fell for the third month, the bakers of the old town report.",
}


@pytest.fixture
def parser() -> Iterator[Parser]:
    with Parser() as one:
        yield one


def outcome(parser: Parser, ending: str, content: bytes) -> Parsed | Reason:
    try:
        return parser.parse(ending, content)
    except Refused as refused:
        return refused.reason


def as_bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()


# --- The child --------------------------------------------------------------------------------


def test_one_child_parses_many_files(parser: Parser) -> None:
    found = set()
    for name, content in GOOD.items():
        if Path(name).suffix in ENDINGS:
            assert isinstance(outcome(parser, Path(name).suffix, as_bytes(content)), Parsed)
            found.add(parser.process)
    assert len(found) == 1
    assert None not in found


def test_without_a_file_no_child_is_begun_and_after_closing_none_is_left() -> None:
    with Parser() as parser:
        assert parser.process is None
        parser.parse(".md", b"words")
        process = parser.process
        assert process is not None
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_a_file_that_takes_too_long_is_refused_and_the_next_one_read() -> None:
    with Parser(wall=0.2) as parser:  # no child has begun by then
        assert outcome(parser, ".md", b"words") == Reason.TOO_SLOW
    with Parser(wall=WALL) as parser:
        assert isinstance(outcome(parser, ".md", b"words"), Parsed)


def test_a_child_that_is_gone_is_replaced(parser: Parser) -> None:
    parser.parse(".md", b"words")
    process = parser.process
    assert process is not None
    os.kill(process, 9)
    assert isinstance(outcome(parser, ".md", b"words"), Parsed)
    assert parser.process != process


CONFINED = "from indexer.formats.child import confine; confine(); "


def confined(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CONFINED + code],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("import socket; socket.socket()", "PermissionError"),
        ("import socket; socket.getaddrinfo('localhost', 80)", "PermissionError"),
        ("import subprocess; subprocess.run(['true'])", "PermissionError"),
        ("import os; os.system('true')", "PermissionError"),
        ("import os; os.fork()", "PermissionError"),
        (f"bytearray({MEMORY})", "MemoryError"),
        ("open('PLACE', 'wb', 0).write(b'x')", "File too large"),
    ],
)
def test_the_child_can_do_none_of_this(code: str, error: str, tmp_path: Path) -> None:
    ended = confined(code.replace("PLACE", str(tmp_path / "file")))
    assert ended.returncode != 0
    assert error in ended.stderr.splitlines()[-1]


NAMESPACE = "import ctypes; raise SystemExit(ctypes.CDLL(None).unshare(0x50000000) != 0)"


def test_the_child_sees_no_network_where_the_kernel_allows_that(parser: Parser) -> None:
    allowed = subprocess.run([sys.executable, "-c", NAMESPACE], timeout=60, check=False)
    if allowed.returncode != 0:
        pytest.skip("an ordinary user may not have a network namespace of his own here")
    parser.parse(".md", b"words")
    devices = Path(f"/proc/{parser.process}/net/dev").read_text().splitlines()[2:]
    assert [one.split(":")[0].strip() for one in devices] in ([], ["lo"])
    own, its = Path("/proc/self/ns/net"), Path(f"/proc/{parser.process}/ns/net")
    assert own.readlink() != its.readlink()


def test_processor_time_ends_the_child() -> None:
    ended = confined(
        "from indexer.formats import child; child.PROCESSOR = 1; child.allow_time()\nwhile 1: pass"
    )
    assert ended.returncode == -24


def test_what_is_kept_of_a_file_comes_back(parser: Parser) -> None:
    for name, content in GOOD.items():
        if Path(name).suffix in ENDINGS:
            parsed = parser.parse(Path(name).suffix, as_bytes(content))
            assert read_back(written(parsed)) == parsed


# --- Many bad files among good ones -----------------------------------------------------------


def check(folder: Path, bad: dict[str, tuple[bytes, str | None]]) -> None:
    """Read good files among bad ones: each is accounted for, and each good one is whole.

    bad: content and expected reason by path; None for one that is read, "?" for either.
    """
    write_pages(folder, {f"good/{name}": content for name, content in GOOD.items()})
    write_pages(folder, {path: content for path, (content, _) in bad.items()})
    begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = {one.path: one for one in read_files(folder)}
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - begun
    assert found.keys() == {*bad, *(f"good/{name}" for name in GOOD)}
    for name in GOOD:
        assert isinstance(found[f"good/{name}"], SourceFile), name
    for path, (_, expected) in bad.items():
        one = found[path]
        told = one.reason if isinstance(one, Refusal) else None
        assert expected == "?" or told == expected, (path, told)
        assert told is None or told in set(Reason)
        if isinstance(one, SourceFile):
            assert "root:" not in one.text
    assert grown < PARENT_MAY_GROW + max((len(content) for content, _ in bad.values()), default=0)


def broken(count: int, seed: int) -> dict[str, tuple[bytes, str | None]]:
    chance = random.Random(seed)
    files = [(ending, one) for ending, held in seeds().items() for one in held]
    made: dict[str, tuple[bytes, str | None]] = {}
    for number in range(count):
        ending, content = chance.choice(files)
        made[f"bad/{number:05d}{ending}"] = (mutated(content, chance), "?")
    return made


def test_mutated_files_are_read_or_refused(tmp_path: Path) -> None:
    check(tmp_path, broken(300, seed=6))


HOSTILE = {f"bad/{name}": (content, reason) for name, content, reason in hostile()}


def test_there_are_forty_hostile_files() -> None:
    assert len(HOSTILE) >= 40


QUICK = [path for path in HOSTILE if not path.endswith(("wide.docx", "letters.pdf", "long.html"))]


def test_hostile_files_are_refused_for_their_reason(tmp_path: Path) -> None:
    check(tmp_path, {path: HOSTILE[path] for path in QUICK})


@pytest.mark.torture
@pytest.mark.timeout(3600)
def test_all_hostile_files(tmp_path: Path) -> None:
    check(tmp_path, HOSTILE)


@pytest.mark.torture
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(10))
def test_ten_thousand_mutated_files(tmp_path: Path, seed: int) -> None:
    begun = time.monotonic()
    check(tmp_path, broken(1_000, seed))
    assert time.monotonic() - begun < 1_000 * WALL


# --- The whole way ----------------------------------------------------------------------------


def build(settings: Settings) -> tuple[BuildReport, dict[str, Document], list[str]]:
    report = build_index(settings, WordHashEncoder())
    assert report.found == report.indexed + report.duplicates + report.refused
    catalogue = Catalogue(open_snapshot(settings.index, "word-hash").folder / CATALOGUE)
    refused = [f"{one.path}: {one.reason}" for one in catalogue.refused()]
    return report, {one.path: one for one in catalogue.documents()}, refused


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    chosen = Settings.from_environment(
        articles=tmp_path / "articles", index=tmp_path / "index", model="word-hash"
    )
    write_pages(chosen.articles, GOOD)
    return chosen


def test_every_format_is_indexed_and_a_bad_file_is_listed(settings: Settings) -> None:
    write_pages(settings.articles, {"x.pdf": b"%PDF-1.7 and no more", "y.docx": b"PK"})
    report, documents, refused = build(settings)
    assert (report.found, report.indexed, report.refused) == (7, 5, 2)
    assert refused == ["x.pdf: damaged", "y.docx: damaged"]
    pdf = documents["d.pdf"]
    assert [pdf.page(pdf.text.index(word)) for word in ("Daugava", "winter")] == [1, 2]
    for document in documents.values():
        assert document.in_file(0, len(document.text)) == (0, len(document.text))
    assert documents["c.md"].title == "Trains"
    assert documents["a.html"].language == "en"


def test_what_has_not_changed_is_not_parsed_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no Python is found any more no child can begin: whoever needs one fails."""
    _, before, _ = build(settings)
    with monkeypatch.context() as without:
        without.setattr(sys, "executable", str(settings.index / "nowhere"))
        report, again, _ = build(settings)
        assert (report.built, again) == (False, before)
        write_pages(settings.articles, {"e.txt": "The bakers took a day off, and nobody minded."})
        report, changed, _ = build(settings)
        assert (report.built, report.changed) == (True, 1)
        assert {path: one for path, one in changed.items() if path != "e.txt"} == {
            path: one for path, one in before.items() if path != "e.txt"
        }
        write_pages(settings.articles, {"c.md": "# Trams\n\nA tram line opens on the left bank."})
        with pytest.raises(FileNotFoundError):
            build(settings)
    assert build(settings)[1]["c.md"].title == "Trams"


def test_a_title_that_alone_has_changed_is_noticed(settings: Settings) -> None:
    front = "---\ntitle: {}\n---\nThe night train to Riga stops at every town along the river."
    write_pages(settings.articles, {"f.md": front.format("Trains by night")})
    assert build(settings)[1]["f.md"].title == "Trains by night"
    write_pages(settings.articles, {"f.md": front.format("Night trains")})
    assert build(settings)[1]["f.md"].title == "Night trains"


def test_what_was_refused_is_tried_again(settings: Settings) -> None:
    write_pages(settings.articles, {"x.pdf": b"%PDF-1.7 and no more"})
    assert build(settings)[2] == ["x.pdf: damaged"]
    write_pages(settings.articles, {"x.pdf": pdf_file(pdf_lines("The lighthouse is lit again."))})
    report, documents, refused = build(settings)
    assert (report.new, refused) == (1, [])
    assert documents["x.pdf"].text == "The lighthouse is lit again."
