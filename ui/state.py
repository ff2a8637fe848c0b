"""What the address of a page says: a question, its filters, the article open, the part shown."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from urllib.parse import quote, urlencode

from archive.documents import Filters, Question
from archive.text import Span
from retriever.listing import Column
from ui.wording import WORDINGS

LONGEST_QUESTION = 500
LONGEST_TITLE = 100
ANY_TIME = "any"
OWN_LANGUAGE = "own"
_SNAPSHOT = re.compile(r"snapshot-\w{1,64}", re.ASCII)
EARLIEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)


class Parameter(StrEnum):
    """The names in the address; they are stable, so that links keep working."""

    QUESTION = "q"
    LANGUAGE = "lang"
    SOURCE = "src"
    SINCE = "from"
    UNTIL = "to"
    TIME = "time"
    FIRST = "first"
    ARTICLE = "doc"
    PLACE = "at"
    SNAPSHOT = "snap"
    INTERFACE = "ui"
    PART = "part"
    TITLE = "title"
    ORDER = "sort"
    PAGE = "page"
    OTHER = "with"


@dataclass(frozen=True, slots=True)
class View:
    """What the Ask page shows. A place is only ever open in an article.

    times: whether the time that the question names is heeded.
    own_language_first: whether the question's language goes before all others.
    snapshot: the one that answered where the link was made; "" where the address names none.
    """

    question: str = ""
    filters: Filters = field(default_factory=Filters)
    article: str | None = None
    place: Span | None = None
    times: bool = True
    own_language_first: bool = False
    snapshot: str = ""

    @property
    def asked(self) -> Question:
        """The question as the engine is asked it."""
        return Question(self.question, self.filters, self.times, self.own_language_first)


def read_view(
    address: Mapping[str, Sequence[str]],
    languages: Sequence[str],
    sources: Sequence[str],
    length_of: Callable[[str], int | None],
) -> tuple[View, tuple[Parameter, ...]]:
    """The view an address asks for, and the parameters that were ignored in part or whole.

    address: every value of each parameter. languages, sources: those of the archive.
    length_of: how many characters an article has, None for a path that is not in the archive.
    """
    ignored: dict[Parameter, None] = {}

    def known(name: Parameter, archive: Sequence[str]) -> frozenset[str]:
        asked = frozenset(address.get(name, ()))
        if asked - set(archive):
            ignored[name] = None
        return asked & set(archive)

    def day(name: Parameter) -> date | None:
        told = _last(address, name)
        read = _day(told)
        if told and read is None:
            ignored[name] = None
        return read

    question = " ".join(_last(address, Parameter.QUESTION).split())
    if len(question) > LONGEST_QUESTION:
        question = question[:LONGEST_QUESTION].rstrip()
        ignored[Parameter.QUESTION] = None
    filters = Filters(
        languages=known(Parameter.LANGUAGE, languages),
        sources=known(Parameter.SOURCE, sources),
        since=day(Parameter.SINCE),
        until=day(Parameter.UNTIL),
    )
    article: str | None = _last(address, Parameter.ARTICLE) or None
    length = length_of(article) if article else None
    if article and length is None:
        article = None
        ignored[Parameter.ARTICLE] = None
    told = _last(address, Parameter.PLACE)
    place = _place(told, length) if length else None
    if told and article and place is None:
        ignored[Parameter.PLACE] = None
    time = _last(address, Parameter.TIME)
    if time and time != ANY_TIME:
        ignored[Parameter.TIME] = None
    first = _last(address, Parameter.FIRST)
    if first and first != OWN_LANGUAGE:
        ignored[Parameter.FIRST] = None
    snapshot = _last(address, Parameter.SNAPSHOT)
    if snapshot and not _SNAPSHOT.fullmatch(snapshot):
        snapshot = ""
        ignored[Parameter.SNAPSHOT] = None
    interface = _last(address, Parameter.INTERFACE)
    if interface and interface not in WORDINGS:
        ignored[Parameter.INTERFACE] = None
    view = View(
        question, filters, article, place, time != ANY_TIME, first == OWN_LANGUAGE, snapshot
    )
    return view, tuple(ignored)


def parameters_of(view: View) -> dict[str, list[str]]:
    """What the address of a view says: every parameter but the language of the interface.

    A parameter that the view does not need has no value. `read_view` gives the view again.
    """
    filters = view.filters
    return {
        Parameter.QUESTION: [view.question] if view.question else [],
        Parameter.LANGUAGE: sorted(filters.languages),
        Parameter.SOURCE: sorted(filters.sources),
        Parameter.SINCE: [filters.since.isoformat()] if filters.since else [],
        Parameter.UNTIL: [filters.until.isoformat()] if filters.until else [],
        Parameter.TIME: [] if view.times else [ANY_TIME],
        Parameter.FIRST: [OWN_LANGUAGE] if view.own_language_first else [],
        Parameter.ARTICLE: [view.article] if view.article else [],
        Parameter.PLACE: [place_parameter(*view.place)] if view.place else [],
        Parameter.SNAPSHOT: [view.snapshot] if view.snapshot else [],
    }


def link_to(view: View, page: str) -> str:
    """The address that shows a view in ASCII: what `page`, the one without parameters, goes on by.

    The language of the interface is left to whoever opens it.
    """
    told = urlencode(parameters_of(view), doseq=True, quote_via=quote, errors="replace")
    return f"{page.rstrip('/')}/?{told}"


class Part(StrEnum):
    """The parts of the Explore page, as the address names them."""

    BROWSE = "browse"
    TIMELINE = "timeline"
    MATTER = "matter"
    COMPARE = "compare"
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class Exploring:
    """What the Explore page shows.

    title: the words looked for in titles. page: counts from 1; there may be fewer pages.
    article: the one that is open, or that others are held against; other: the second of two.
    """

    part: Part = Part.BROWSE
    filters: Filters = field(default_factory=Filters)
    title: str = ""
    column: Column = Column.PUBLISHED
    descending: bool = True
    page: int = 1
    article: str | None = None
    place: Span | None = None
    other: str | None = None


def read_exploring(
    address: Mapping[str, Sequence[str]],
    languages: Sequence[str],
    sources: Sequence[str],
    length_of: Callable[[str], int | None],
) -> tuple[Exploring, tuple[Parameter, ...]]:
    """What an address asks of the Explore page, and what was ignored, as `read_view` tells it."""
    view, told = read_view(address, languages, sources, length_of)
    ignored = dict.fromkeys(told)
    part = _last(address, Parameter.PART) or Part.BROWSE
    if part not in list(Part):
        part = Part.BROWSE
        ignored[Parameter.PART] = None
    title = " ".join(_last(address, Parameter.TITLE).split())
    if len(title) > LONGEST_TITLE:
        title = title[:LONGEST_TITLE].rstrip()
        ignored[Parameter.TITLE] = None
    order = _last(address, Parameter.ORDER) or order_parameter(Column.PUBLISHED, True)
    if order.removeprefix("-") not in list(Column):
        order = order_parameter(Column.PUBLISHED, True)
        ignored[Parameter.ORDER] = None
    page = _last(address, Parameter.PAGE) or "1"
    if not re.fullmatch("[1-9][0-9]{0,6}", page):
        page = "1"
        ignored[Parameter.PAGE] = None
    other: str | None = _last(address, Parameter.OTHER) or None
    if other and length_of(other) is None:
        other = None
        ignored[Parameter.OTHER] = None
    exploring = Exploring(
        Part(part), view.filters, title, Column(order.removeprefix("-")), order.startswith("-"),
        int(page), view.article, view.place, other,
    )  # fmt: skip
    return exploring, tuple(ignored)


def order_parameter(column: Column, descending: bool) -> str:
    return f"-{column}" if descending else str(column)


def place_parameter(start: int, end: int) -> str:
    return f"{start}-{end}"


def _last(address: Mapping[str, Sequence[str]], name: Parameter) -> str:
    return next(reversed(address.get(name, ())), "")


def _day(told: str) -> date | None:
    try:
        read = date.fromisoformat(told)
    except ValueError:
        return None
    return read if EARLIEST <= read <= LATEST else None


def _place(told: str, length: int) -> Span | None:
    """`start-end` in an article of `length` characters."""
    start, _, end = told.partition("-")
    if not (start.isascii() and end.isascii() and start.isdigit() and end.isdigit()):
        return None
    if max(len(start), len(end)) > len(str(length)):
        return None
    span = int(start), int(end)
    return span if span[0] < span[1] <= length else None
