"""Saved web pages: the article out of the page, and what the page states of it.

The article is found by trafilatura (Barbaresi, 2021) once what is not the article by its markup is
out: lines that are links to other pages, and articles below the page's own. Offsets "into the file"
are offsets into the text that is made from it, a paragraph a line.
"""

import codecs
import json
import re
import warnings
from collections.abc import Iterator
from copy import deepcopy
from datetime import date, timedelta
from itertools import islice

from htmldate import find_date
from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring
from trafilatura import bare_extraction
from trafilatura.metadata import extract_title

from archive.dates import dates
from archive.documents import DateBasis
from indexer.formats.parsed import (
    Parsed,
    Stated,
    as_address,
    as_day,
    as_language,
    as_line,
    as_title,
)
from indexer.formats.plain import decode
from indexer.refusals import Reason, Refused


def parse(content: bytes) -> Parsed:
    """The article of a page. Raises Refused for a file that is not a page of text."""
    page, encoding = decoded(content)
    tree = tree_of(page)
    stated = Stated(
        as_title(_title(tree)),
        as_language(tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang")),
        *_published(tree),
        _address(tree),
    )
    return Parsed(_article(tree), encoding, stated)


def tree_of(page: str) -> HtmlElement:
    """A page as a tree without comments. Nothing is fetched and no entity but HTML's expanded."""
    parser = HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=False
    )
    try:
        return document_fromstring(page.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, AssertionError) as error:
        raise Refused(Reason.EMPTY) from error


# --- Encoding ---------------------------------------------------------------------------------

_DECLARED = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,400}?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]{2,40})""", re.I
)
_DECLARED_WITHIN = 4096
# Browsers read these labels as the code page that holds the other (WHATWG, Encoding Standard).
_READ_AS = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874",
    "tis-620": "cp874", "shift_jis": "cp932", "euc_kr": "cp949", "gb2312": "gb18030",
    "gbk": "gb18030", "utf-16": "utf-8", "utf-16-le": "utf-8", "utf-16-be": "utf-8",
}  # fmt: skip
_NOT_LOSSLESS = 200  # a page with one character in so many that does not fit is not so encoded


def decoded(content: bytes) -> tuple[str, str]:
    """The text of a page, and the name of its encoding. Raises Refused for what is not text.

    A byte order mark decides; then UTF-8 where it fits and says anything beyond ASCII; then what
    the page declares; then what the bytes look like.
    """
    marked = content.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    found = None
    if not marked and b"\0" not in content:
        found = _as("utf-8", content, "strict")
        if found is None or content.isascii():
            found = _as_declared(content) or found
    found = found or decode(content)
    if found is None:
        raise Refused(Reason.BINARY)
    return found


def _as_declared(content: bytes) -> tuple[str, str] | None:
    label = _DECLARED.search(content[:_DECLARED_WITHIN])
    try:
        name = codecs.lookup(label[1].decode()).name if label else ""
    except LookupError:
        return None
    found = _as(_READ_AS.get(name, name), content, "replace") if name else None
    misfits = found[0].count("\ufffd") if found else 0
    return found if found and misfits * _NOT_LOSSLESS <= len(found[0]) else None


def _as(encoding: str, content: bytes, errors: str) -> tuple[str, str] | None:
    try:
        return content.decode(encoding, errors), encoding
    except (LookupError, ValueError):  # not an encoding of text, or bytes that do not fit
        return None


# --- Title ------------------------------------------------------------------------------------

# What parts a headline from the name of the site or of its section.
_PARTS = re.compile(r"(\s+[|·•»—–-]\s+|\s*\|\s*)")
_MOST_OF = 0.5


def _title(tree: HtmlElement) -> str:
    """The headline. Where a first-rank heading and what the page says of itself to others agree,
    the part that both have; else the page's one such heading; else what it says, without its site.
    """
    headings = list(dict.fromkeys(filter(None, map(_words, tree.iter("h1")))))
    shared = as_line(_meta(tree, "og:title") or _meta(tree, "twitter:title"))
    page = "".join(_words(one) for one in tree.xpath("//head/title")[:1])
    told = list(filter(None, [shared, page]))
    if not any(told) and not headings:
        return extract_title(tree) or ""
    if shared != page and shared in _runs(page):
        told = [shared]
        headings = [one for one in headings if _plain(one) in _plain(shared)]
    for heading in sorted(headings, key=len, reverse=True):
        if any(_plain(heading) in _plain(one) and _much(heading, one) for one in told):
            return heading
    for one in told:
        runs = [run for run in _runs(one) if any(_plain(run) in _plain(h) for h in headings)]
        longest = max(runs, key=len, default="")
        if longest and _much(longest, one):
            return longest
    if len(headings) == 1 and _plain(headings[0]) != _plain(_meta(tree, "og:site_name") or ""):
        return headings[0]
    return _without_site(told[0], tree) if told else (headings or [""])[0]


def _much(part: str, whole: str) -> bool:
    return len(part) >= _MOST_OF * len(max(_PARTS.split(whole), key=len))


def _runs(title: str) -> Iterator[str]:
    """Every run of a title's parts."""
    parts = _PARTS.split(title)[:19]
    for start in range(0, len(parts), 2):
        for end in range(start + 1, len(parts) + 1, 2):
            if run := "".join(parts[start:end]).strip():
                yield run


def _without_site(title: str, tree: HtmlElement) -> str:
    parts = _PARTS.split(title)
    site = _plain(_meta(tree, "og:site_name") or "")
    if len(parts) > 2 and site:
        if _plain(parts[-1]) == site:
            return "".join(parts[:-2])
        if _plain(parts[0]) == site:
            return "".join(parts[2:])
    return title


def _plain(title: str) -> str:
    """A title as it compares: without case, quotes in their plain form."""
    return as_line(title.translate(_QUOTES)).casefold()


_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-"})


# --- Date, address ----------------------------------------------------------------------------

_BESIDE, _BELOW = 8, 30  # lines below the headline
_UNIVERSAL = re.compile(r"[\d-]+(?:[T ][\d:.]+)?\s*(?:Z|UTC|GMT|\+00:?00)?")
_LONGEST_BYLINE = 100
_ARTICLE = re.compile(r"(?:Article|Posting|Report|Review|Story)$")
_PUBLISHED = (
    "article:published_time", "article:published", "og:published_time", "og:article:published_time",
    "datepublished", "date.published", "publication_date", "publish_date", "publish-date",
    "published_date", "published_at", "pubdate", "pub_date", "parsely-pub-date", "sailthru.date",
    "article.published", "dc.date.issued", "dcterms.issued", "dcterms.date", "dc.date.created",
    "dc.date", "citation_publication_date", "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime", "date",
)  # fmt: skip


def _published(tree: HtmlElement) -> tuple[date | None, DateBasis]:
    """When the page says it was published; else when htmldate takes it to have been.

    Data often state a moment in another time zone than the site's: where the page shows the day
    before or after under its headline, that is the day. Further down it counts only where the data
    do not tell the site's own zone.
    """
    beside, below = _shown_day(tree, _BESIDE), _shown_day(tree, _BELOW)
    for told in _told_days(tree):
        if day := as_day(told):
            shown = below if _UNIVERSAL.fullmatch(told.strip()) else beside
            near = shown is not None and abs(shown - day) <= timedelta(days=1)
            return (shown if near else day), DateBasis.STATED
    if below:
        return below, DateBasis.STATED
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        day = as_day(find_date(deepcopy(tree), original_date=True, url=_address(tree) or None))
    if day is None or (day.month, day.day) == (1, 1):  # a year alone, as of a copyright
        return None, DateBasis.UNKNOWN
    return day, DateBasis.INFERRED


def _shown_day(tree: HtmlElement, within: int) -> date | None:
    """The first full date on so many lines below the page's headline, in a short one."""
    heading = next((one for one in tree.iter("h1") if _words(one)), None)
    if heading is None:
        return None
    lines = islice(_lines_after(heading), within)
    for line in lines:
        if len(line) <= _LONGEST_BYLINE and (day := _day_of(line)):
            return day
    return None


def _lines_after(heading: HtmlElement) -> Iterator[str]:
    for element in heading.xpath("following::*[not(self::script or self::style)]/text()"):
        if line := as_line(element):
            yield line


def _day_of(line: str) -> date | None:
    found = dates(line)
    return as_day(found[0].last.isoformat()) if found else None


def _told_days(tree: HtmlElement) -> Iterator[str]:
    """What the page's own data say of its publication, the surest first."""
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or ""):
            yield from _json_days(script.text or "")
    for name in _PUBLISHED:
        yield _meta(tree, name) or ""
    for element in tree.iter("time", "meta", "span", "abbr", "p"):
        if (element.get("itemprop") or "").lower() == "datepublished" or (
            element.tag == "time" and "pubdate" in element.attrib
        ):
            yield element.get("datetime") or element.get("content") or element.text or ""
    days = {as_day(element.get("datetime")) for element in tree.iter("time")}
    if len(days) == 1:
        yield from (day.isoformat() for day in days if day)


def _json_days(script: str) -> Iterator[str]:
    try:
        waiting = [json.loads(script, strict=False)]
    except (ValueError, RecursionError):
        return
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            kinds = one.get("@type")
            kinds = kinds if isinstance(kinds, list) else [kinds]
            if any(_ARTICLE.search(kind) for kind in kinds if isinstance(kind, str)):
                yield str(one.get("datePublished") or "")
            waiting += [part for part in one.values() if isinstance(part, (dict, list))]


def _address(tree: HtmlElement) -> str:
    links = (link.get("href") for link in tree.iter("link") if link.get("rel") == "canonical")
    told = [*links, _meta(tree, "og:url")]
    return next(filter(None, map(as_address, told)), "")


def _meta(tree: HtmlElement, name: str) -> str | None:
    for meta in tree.iter("meta"):
        names = (meta.get("property"), meta.get("name"), meta.get("itemprop"))
        if meta.get("content") and name in (one.strip().lower() for one in names if one):
            return str(meta.get("content"))
    return None


def _words(element: HtmlElement) -> str:
    return as_line("".join(element.itertext()))


# --- Text -------------------------------------------------------------------------------------

_MAY_BE_LINKS = (
    "p", "li", "ul", "ol", "div", "section", "aside", "span", "blockquote", "strong",
    "h2", "h3", "h4", "h5", "h6",
)  # fmt: skip
_LEAST_LINKED = 20
_MOST_UNLINKED = 100
_LEAD_COMPARED = 50
_LONGEST_LEAD = 1_000
_BLOCKS = {
    "p", "head", "item", "row", "cell", "quote", "code", "ab", "list", "table", "div", "lb",
    "body", "main", "section", "fw",
}  # fmt: skip


def _article(tree: HtmlElement) -> str:
    """The article, a line for each paragraph, heading, item of a list and row of a table."""
    _drop_links(tree)
    _drop_later_articles(tree)
    lead = _lead(tree)
    found = bare_extraction(
        tree, with_metadata=False, include_comments=False, include_tables=True, fast=False
    )
    body = getattr(found, "body", None)
    text = text_of(body) if body is not None else ""
    return text if lead[:_LEAD_COMPARED] in text else f"{lead}\n{text}"


def _drop_links(tree: HtmlElement) -> None:
    """Lines and lists half of which or more lead elsewhere: "Read also", other articles."""
    for element in list(tree.iter(*_MAY_BE_LINKS)):
        if element.getroottree().getroot() is not tree:
            continue  # it went with what holds it
        linked = sum(len(_words(link)) for link in element.iter("a"))
        unlinked = len(_words(element)) - linked
        if (
            linked >= max(_LEAST_LINKED, unlinked)
            and unlinked < _MOST_UNLINKED
            and next(element.iter("h1"), None) is None
        ):
            element.drop_tree()


def _drop_later_articles(tree: HtmlElement) -> None:
    """Articles with a first-rank heading of their own, after another such."""
    headed = [one for one in tree.iter("article") if any(map(_words, one.iter("h1")))]
    around = {above for one in headed for above in one.iterancestors("article")}
    for later in [one for one in headed if one not in around][1:]:
        later.drop_tree()


def _lead(tree: HtmlElement) -> str:
    """The paragraph that begins as the page's description of itself; "" for none."""
    told = as_line(_meta(tree, "og:description") or _meta(tree, "description"))[:_LEAD_COMPARED]
    if len(told) < _LEAD_COMPARED:
        return ""
    for element in tree.iter("p", "div", "h2", "h3", "span", "strong"):
        words = _words(element)
        if words.startswith(told):
            inner = [one for one in element if _words(one).startswith(told)]
            if not inner:
                return words if len(words) <= _LONGEST_LEAD else ""
    return ""


def text_of(body: etree._Element) -> str:
    """The text of trafilatura's tree: headings that nothing follows are left out."""
    lines: list[tuple[str, bool]] = []
    cells: list[str] | None = None
    parts: list[str] = []
    mark = ""

    def end_line(heading: bool = False) -> None:
        nonlocal mark
        line = as_line("".join(parts).replace("\u00ad", ""))
        parts.clear()
        if line and cells is not None:
            cells.append(line)
        elif line:
            lines.append((mark + line, heading))
            mark = ""

    for event, element in etree.iterwalk(body, events=("start", "end")):
        tag = element.tag
        if event == "start":
            if tag in _BLOCKS:
                end_line()
            if tag == "row":
                cells = []
            mark = "- " if tag == "item" else mark
            parts.append(element.text or "")
            continue
        if tag in _BLOCKS:
            end_line(heading=tag == "head")
        if tag == "row" and cells is not None:
            row, cells = " | ".join(cells), None
            parts.append(row)
            end_line()
        mark = "" if tag == "item" else mark
        parts.append(element.tail or "" if element is not body else "")
    end_line()
    while lines and lines[-1][1]:
        lines.pop()
    return "\n".join(line for line, _ in lines)
