"""Feeds saved from a site: RSS 0.9 to 2.0 and Atom (RFC 4287), an article for each of their items.

Nothing is fetched: of an item there is what the feed itself holds of it, which with many sites is
the beginning of the article.
"""

import html as entities
import re
from collections.abc import Iterator
from datetime import date
from email.utils import parsedate_to_datetime

from lxml import etree

from archive.documents import DateBasis
from indexer.formats.html import text_of, tree_of
from indexer.formats.parsed import (
    Parsed,
    Stated,
    as_address,
    as_day,
    as_language,
    as_line,
    as_title,
)
from indexer.refusals import Reason, Refused

MOST_ITEMS = 5_000
_FEEDS = ("rss", "RDF", "feed")
_ITEMS = ("item", "entry")
_TEXTS = ("encoded", "content", "description", "summary")
_DAYS = ("pubDate", "published", "issued", "date", "updated", "modified")
_ENTITY = ["<!ENTITY".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be")]
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_MARKUP = re.compile(r"<[A-Za-z/!]|&#?\w+;")

# What the elements of a page are called in the trees that html.text_of reads.
_CALLED = {
    "li": "item", "dt": "item", "dd": "item", "tr": "row", "td": "cell", "th": "cell", "br": "lb",
    "blockquote": "quote", "pre": "code", "ul": "list", "ol": "list", "dl": "list",
    "article": "div", "figure": "div", "figcaption": "p",
    **{f"h{rank}": "p" for rank in range(1, 7)},
}  # fmt: skip


def parse(content: bytes) -> list[Parsed]:
    """The items of a feed in order; the text of one that says nothing is empty. Raises Refused."""
    root = root_of(content)
    if name_of(root) not in _FEEDS:
        raise Refused(Reason.FORMAT)
    items = [one for one in root.iter() if name_of(one) in _ITEMS]
    if len(items) > MOST_ITEMS:
        raise Refused(Reason.TOO_LONG)
    encoding = (root.getroottree().docinfo.encoding or "utf-8").lower()
    language = _language(root)
    return [_parsed(item, encoding, language) for item in items]


def root_of(content: bytes) -> etree._Element:
    """The root of a piece of XML that may be damaged, but declares nothing. Raises Refused."""
    if any(word in content for word in _ENTITY):
        raise Refused(Reason.ENTITIES)
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, recover=True,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(content, parser=parser)
    except (etree.LxmlError, ValueError) as error:
        raise Refused(Reason.DAMAGED) from error
    if root is None:
        raise Refused(Reason.DAMAGED)
    return root


def _parsed(item: etree._Element, encoding: str, language: str) -> Parsed:
    day = _day(item)
    stated = Stated(
        as_title(_plain(item)),
        as_language(_told(item, "language")) or as_language(item.get(_LANG)) or language,
        day,
        DateBasis.STATED if day else DateBasis.UNKNOWN,
        _address(item),
    )
    return Parsed(_text(item), encoding, stated)


_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def _language(root: etree._Element) -> str:
    """The language that a feed states for all of it."""
    channels = [root, *(one for one in root if name_of(one) == "channel")]
    told = [one.get(_LANG) or _told(one, "language") for one in channels]
    return next(filter(None, map(as_language, told)), "")


def name_of(element: etree._Element) -> str:
    """The name of an element without its namespace; "" for what is no element."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _children(item: etree._Element, name: str) -> Iterator[etree._Element]:
    return (one for one in item if name_of(one) == name)


def _told(item: etree._Element, name: str) -> str:
    """The words of the first child of this name that has any."""
    told = ("".join(one.itertext()).strip() for one in _children(item, name))
    return next(filter(None, told), "")


def _plain(item: etree._Element) -> str:
    """The title, which sites write with and without markup."""
    told = _told(item, "title")
    return " ".join(_lines(told)) if _MARKUP.search(told) else told


def _day(item: etree._Element) -> date | None:
    for name in _DAYS:
        if told := _told(item, name):
            if day := as_day(told):
                return day
            try:  # as mail writes it: Tue, 05 Mar 2024 08:00:00 +0100
                return as_day(parsedate_to_datetime(told).date().isoformat())
            except (ValueError, TypeError, IndexError, OverflowError):
                continue
    return None


def _address(item: etree._Element) -> str:
    """Where the item stands on the web: its link, else what identifies it, if that is one."""
    links = [one for one in _children(item, "link") if one.get("rel", "alternate") == "alternate"]
    told = [one.get("href") or "".join(one.itertext()) for one in links]
    told += [_told(item, name) for name in ("origLink", "guid", "id")]
    return next(filter(None, map(as_address, told)), "")


def _text(item: etree._Element) -> str:
    """The longest of what an item says of its article, the title apart."""
    told = ["\n".join(_lines(_markup(one))) for name in _TEXTS for one in _children(item, name)]
    return max(told, key=len, default="")


def _markup(element: etree._Element) -> str:
    """What an element holds, as HTML: XHTML below it, HTML that was escaped, or plain words."""
    words = "".join(element.itertext())
    if element.get("type") == "xhtml" or len(element):
        return str(etree.tostring(element, encoding="unicode", method="html", with_tail=False))
    if element.get("type") == "text" or not _MARKUP.search(words):
        return entities.escape(words).replace("\n", "<br>")
    return words


def _lines(markup: str) -> list[str]:
    """The lines of a piece of HTML: a paragraph, an item of a list, a row of a table each."""
    try:
        tree = tree_of(f"<html><body>{_NO_XML.sub('', markup)}</body></html>")
    except Refused:
        return []
    etree.strip_elements(tree, "script", "style", "noscript", "iframe", with_tail=False)
    body = tree.find("body")
    if body is None:
        return []
    for element in body.iter():
        name = element.tag.rpartition(":")[2]  # of XHTML, without its prefix
        element.tag = _CALLED.get(name, name)
    return [line for line in map(as_line, text_of(body).split("\n")) if line]
