"""The ways in: files from elsewhere, put into the folder of articles under names that are safe.

A folder, a .zip, a feed, or single files; nothing is fetched, and nothing is lost on the way: of
all that is found it is told whether it was taken, stood there already, is no article, or is
refused. Of a sitemap it is told which of its pages are no files. Whether a file can be read is
found when it is indexed.
"""

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import IO
from urllib.parse import unquote, urlsplit

from archive.errors import ArticlesUnwritable, ImportInside, ImportMissing
from archive.storage import put_file
from indexer.formats.parsed import Parsed
from indexer.parsing import ENDINGS, Parser
from indexer.reading import LARGEST_FILE, PLAIN
from indexer.refusals import Reason, Refused, refusal
from indexer.safe_names import safe_name, safe_path
from indexer.zipped import Zipped

FEEDS = (".xml", ".rss", ".atom", ".rdf")
ZIP = ".zip"
UPLOADS = "uploads"  # where uploads go that no other folder is named for
LARGEST_UPLOAD = 100 * 1024 * 1024  # bytes, of a .zip; any other file is bound as in the folder

_SNIFFED = 1024
_PAGE = re.compile(rb"<!doctype\s+html|<html[\s>]", re.IGNORECASE)
_PAGE_ENDS = ("", ".html", ".htm", "/index.html", "/index.htm")  # after the path of its address
_MOST_TWINS = 1_000
_LONGEST_STEM = 100  # characters of the name that an item of a feed is given
_LONGEST_SHOWN = 200


class Fate(StrEnum):
    """What became of a file that came in."""

    TAKEN = "taken"
    RENAMED = "renamed"  # taken, under another name: something else has its own
    REPLACED = "replaced"  # taken in the place of something else, as was asked for
    SAME = "same"  # it stands there already
    LEFT_OUT = "left_out"  # no article: a picture, a style sheet, a script
    REFUSED = "refused"


KEPT = (Fate.TAKEN, Fate.RENAMED, Fate.REPLACED, Fate.SAME)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that came in, and what became of it.

    name: as it came. path: where it stands below the folder of articles, "" where it does not.
    reason, sentence: why not, as of a Refusal.
    """

    name: str
    fate: Fate
    path: str = ""
    reason: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    """A file that was found; `read` gives so many of its first bytes at most, or raises Refused."""

    name: str
    read: Callable[[int], bytes]


def import_path(articles: Path, path: Path, *, replace: bool = False) -> list[Arrival]:
    """Take what stands at a path into a folder of its own name below the folder of articles.

    path: a folder, a .zip, a feed or an article. replace: whether what stands under a name that
    comes again gives way; else the newcomer is given another one. Returns what became of every
    file and of every item of a feed, in the order of their names, and after them the pages of
    sitemaps that are no files. Raises ImportMissing, ImportInside, ArticlesUnwritable.
    """
    if not os.access(path, os.R_OK):
        raise ImportMissing(path)
    here, there = path.resolve(), articles.resolve()
    if here.is_relative_to(there) or (path.is_dir() and there.is_relative_to(here)):
        raise ImportInside(path, articles)
    with Intake(articles, replace=replace) as intake:
        if path.is_dir():
            below = safe_name(here.name) or UPLOADS
            told = [one for found in _in_folder(path) for one in intake.take(found, below)]
            return told + intake.absent()
        below = safe_name(here.stem) or UPLOADS
        if path.suffix.lower() != ZIP:
            told = intake.take(_Found(path.name, lambda most: _read(path, most)), below)
            return told + intake.absent()
        try:
            with open(path, "rb") as file:
                return intake.take_zip(path.name, file, below) + intake.absent()
        except OSError as error:
            return [_refused(path.name, Refused(Reason.UNREADABLE, _words(error)))]


def take_uploads(
    articles: Path,
    files: Iterable[tuple[str, bytes]],
    folder: str = UPLOADS,
    *,
    replace: bool = False,
) -> list[Arrival]:
    """Take files that came by name and content into a folder below the folder of articles.

    What a .zip holds goes into a folder of its name there. Raises ArticlesUnwritable.
    """
    below = safe_path(folder) or UPLOADS
    told: list[Arrival] = []
    with Intake(articles, replace=replace) as intake:
        for name, content in files:
            if len(content) > LARGEST_UPLOAD:
                told.append(_refused(name, Refused(Reason.TOO_LARGE, len(content))))
            elif name.lower().endswith(ZIP):
                inside = f"{below}/{safe_name(Path(name).stem) or UPLOADS}"
                told += intake.take_zip(name, BytesIO(content), inside)
            else:
                told += intake.take(_Found(name, _beginning_of(content)), below)
        return told + intake.absent()


class Intake:
    """Puts what comes in into the folder of articles. A context manager, for its parser's child."""

    def __init__(self, articles: Path, *, replace: bool) -> None:
        self._articles, self._replace = articles, replace
        self._own: set[str] = set()  # what came in here, which nothing else here may replace
        self._mapped: dict[str, str] = {}  # addresses in sitemaps: the folder of each one's sitemap
        self._parser = Parser()

    def __enter__(self) -> "Intake":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._parser.__exit__(kind, error, trace)

    def take(self, found: _Found, below: str) -> list[Arrival]:
        """What became of a file; of a feed, of each of its items. Raises ArticlesUnwritable."""
        ending = Path(found.name).suffix.lower()
        try:
            if _is_systems(found.name):
                return [_left_out(found.name)]
            if ending in FEEDS:
                return self._take_feed(found, below)
            if ending == ZIP:
                raise Refused(Reason.NESTED)
            name = found.name
            if ending not in (PLAIN, *ENDINGS):
                if not _PAGE.search(found.read(_SNIFFED)):
                    return [_left_out(found.name)]
                name += ".html"
            path = safe_path(name)
            if path is None or Path(path).suffix.lower() != Path(name).suffix.lower():
                raise Refused(Reason.NAME)
            return [self._put(found.name, f"{below}/{path}", _whole(found))]
        except Refused as refused:
            return [_refused(found.name, refused)]

    def take_zip(self, name: str, file: IO[bytes], below: str) -> list[Arrival]:
        """What became of each file in an archive, or of the archive. Raises ArticlesUnwritable."""
        try:
            zipped = Zipped(file)
        except Refused as refused:
            return [_refused(name, refused)]
        found = [
            _Found(entry.filename, lambda most, entry=entry: zipped.read(entry, most))  # type: ignore[misc]
            for entry in sorted(zipped.entries, key=lambda one: one.filename)
        ]
        if not found:
            return [_refused(name, Refused(Reason.EMPTY))]
        return [arrival for one in found for arrival in self.take(one, below)]

    def _take_feed(self, found: _Found, below: str) -> list[Arrival]:
        content = _whole(found)
        folder = safe_path(str(Path(found.name).parent))
        try:
            items = self._parser.parse_feed(content)
        except Refused as refused:
            if refused.reason == Reason.FORMAT:  # XML, but no feed
                self._note_pages(content, "/".join(filter(None, [below, folder])))
                return [_left_out(found.name)]
            raise
        told = []
        for item in items:
            name = f"{found.name}: {item.stated.title or item.stated.address}"
            if item.text:
                path = "/".join(filter(None, [below, folder, _name_of(item)]))
                told.append(self._put(name, path, as_markdown(item)))
            else:
                told.append(_refused(name, Refused(Reason.EMPTY)))
        return told or [_refused(found.name, Refused(Reason.EMPTY))]

    def _note_pages(self, content: bytes, folder: str) -> None:
        """Note which pages a piece of XML names, if it is a sitemap."""
        try:
            pages = self._parser.parse_sitemap(content)
        except Refused as refused:
            if refused.reason != Reason.FORMAT:
                raise
        else:
            self._mapped |= dict.fromkeys(pages, folder)

    def absent(self) -> list[Arrival]:
        """The pages in the sitemaps that came in that no file among the articles is.

        A page's file stands as the path of its address says: below the folder of the sitemap, or
        below one that is called as the site is.
        """
        ends: set[str] = set()  # of the paths of all files, each from any of its folders on
        for place, _, names in os.walk(self._articles) if self._mapped else ():
            folders = Path(place).relative_to(self._articles).parts
            above = ["/".join(folders[depth:]) for depth in range(len(folders))]
            ends.update(f"{folder}/{name}" for folder in above for name in names)
        return [
            _refused(address, Refused(Reason.ABSENT))
            for address, folder in self._mapped.items()
            if ends.isdisjoint(_places_of_page(address, folder))
        ]

    def _put(self, name: str, path: str, content: bytes) -> Arrival:
        """Put a file at a path, or beside what stands there and may not give way."""
        if not content.strip():
            raise Refused(Reason.EMPTY)
        try:
            self._make_folder((self._articles / path).parent)
            for twin in _twins(path):
                if fate := self._put_here(self._articles / twin, content, twin in self._own):
                    self._own.add(twin)
                    renamed = fate == Fate.TAKEN and twin != path
                    return Arrival(_shown(name), Fate.RENAMED if renamed else fate, twin)
        except OSError as error:
            raise ArticlesUnwritable(self._articles, _words(error)) from None
        raise Refused(Reason.NAME)

    def _make_folder(self, folder: Path) -> None:
        """Make a folder, unless a link on the way leads out of the folder of articles."""
        self._articles.mkdir(parents=True, exist_ok=True)
        try:
            if not folder.resolve().is_relative_to(self._articles.resolve()):
                raise Refused(Reason.OUTSIDE)
            folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError, RuntimeError):
            raise Refused(Reason.UNREADABLE, "a file stands where its folder would") from None

    def _put_here(self, file: Path, content: bytes, own: bool) -> Fate | None:
        """Put a file in this place: taken, replaced, the same, or None where it may not stand."""
        if not os.path.lexists(file):
            try:
                put_file(file, content)
            except FileExistsError:
                return None  # somebody was faster
            return Fate.TAKEN
        if file.is_symlink() or not file.is_file():
            return None
        if file.stat().st_size == len(content) and file.read_bytes() == content:
            return Fate.SAME
        if own or not self._replace:
            return None
        put_file(file, content, replace=True)
        return Fate.REPLACED


def counted(arrivals: Sequence[Arrival]) -> dict[Fate, int]:
    """How many files met each fate; together all that was found."""
    return {fate: sum(one.fate == fate for one in arrivals) for fate in Fate}


def left_out_by_ending(arrivals: Sequence[Arrival]) -> dict[str, int]:
    """How many files of each ending are no articles, the most first."""
    endings = (Path(one.name).suffix.lower() for one in arrivals if one.fate == Fate.LEFT_OUT)
    return dict(Counter(endings).most_common())


def as_markdown(item: Parsed) -> bytes:
    """An item of a feed as a file that is read as just this item (indexer/formats/markdown.py)."""
    stated = item.stated
    told = {
        "title": stated.title,
        "date": stated.published,
        "lang": stated.language,
        "canonical": stated.address,
    }
    front = [f'{name}: "{value}"' for name, value in told.items() if value]
    lines = []
    for line in item.text.split("\n"):
        mark = "- " if line.startswith("- ") else ""
        lines.append(mark + _MARKS.sub(r"\\\g<0>", line.removeprefix("- ")))
    return ("\n".join(["---", *front, "---", ""]) + "\n" + "\n\n".join(lines) + "\n").encode()


_MARKS = re.compile(r"[!-/:-@\[-`{-~]")  # CommonMark lets every one be escaped


def _name_of(item: Parsed) -> str:
    words = item.stated.title or item.text.partition("\n")[0]
    stem = f"{item.stated.published or ''} {words}"[:_LONGEST_STEM]
    return safe_name(f"{safe_name(stem) or 'item'}.md")


def _places_of_page(address: str, folder: str) -> set[str]:
    """Where the file of a page may stand: below a folder, or one that is called as its site is."""
    try:
        site, path, query = urlsplit(address)[1:4]
    except ValueError:
        return set()
    named = unquote(path) + (f"?{query}" if query else "")
    folders = (folder, safe_name(site))
    return {f"{above}/{safe_path(named + end)}" for end in _PAGE_ENDS for above in folders}


def _twins(path: str) -> Iterator[str]:
    """A path, then others beside it: report.pdf, report (2).pdf, report (3).pdf."""
    yield path
    folder, slash, name = path.rpartition("/")
    stem, dot, ending = name.rpartition(".")
    for number in range(2, _MOST_TWINS):
        yield f"{folder}{slash}{stem} ({number}){dot}{ending}"


def _is_systems(name: str) -> bool:
    """Whether a file is the system's by its name, or by that of a folder it lies in."""
    parts = re.split(r"[/\\]", name)
    return any(one == "__MACOSX" or (one.startswith(".") and one.strip(".")) for one in parts)


def _in_folder(folder: Path) -> Iterator[_Found]:
    """Every file below a folder, in the order of their names.

    Links to folders, and folders that cannot be listed, count as files: nobody can read them.
    """
    root = folder.resolve()
    closed: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=closed.append):
        folders.sort()
        links = [name for name in folders if Path(place, name).is_symlink()]
        for name in sorted(names + links):
            file = Path(place, name)
            yield _Found(
                file.relative_to(folder).as_posix(),
                lambda most, file=file: _read(file, most, root),  # type: ignore[misc]
            )
    for error in closed:
        yield _Found(
            Path(error.filename).relative_to(folder).as_posix(),
            lambda most, file=Path(error.filename): _read(file, most, root),  # type: ignore[misc]
        )


def _read(file: Path, most: int, root: Path | None = None) -> bytes:
    """The first bytes of a file, which lies below the root. Raises Refused."""
    try:
        if root and not file.resolve().is_relative_to(root):
            raise Refused(Reason.OUTSIDE)
        if not file.is_file():
            raise Refused(Reason.UNREADABLE, "it is not a regular file")
        with open(file, "rb") as content:
            return content.read(most)
    except (OSError, RuntimeError) as error:  # RuntimeError: a link that leads to itself
        raise Refused(Reason.UNREADABLE, _words(error)) from None


def _beginning_of(content: bytes) -> Callable[[int], bytes]:
    return lambda most: content[:most]


def _whole(found: _Found) -> bytes:
    content = found.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise Refused(Reason.TOO_LARGE, f"more than {LARGEST_FILE}")
    return content


def _left_out(name: str) -> Arrival:
    why = refusal(name, Reason.FORMAT)
    return Arrival(_shown(name), Fate.LEFT_OUT, "", why.reason, why.sentence)


def _refused(name: str, refused: Refused) -> Arrival:
    why = refusal(name, refused.reason, refused.detail)
    return Arrival(_shown(name), Fate.REFUSED, "", why.reason, why.sentence)


def _shown(name: str) -> str:
    """A name as it can be shown: in one line, with what does not show written out."""
    visible = "".join(
        one.encode("unicode_escape").decode() if unicodedata.category(one)[0] == "C" else one
        for one in name[:_LONGEST_SHOWN]
    )
    return visible if len(name) <= _LONGEST_SHOWN else f"{visible}…"


def _words(error: Exception) -> str:
    return (getattr(error, "strerror", None) or "unknown reason").lower()
