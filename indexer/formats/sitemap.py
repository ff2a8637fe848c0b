"""Sitemaps saved from a site (sitemaps.org, version 0.9): which pages the site says it has."""

from indexer.formats.feed import name_of, root_of
from indexer.formats.parsed import Parsed, Stated, as_address
from indexer.refusals import Reason, Refused

MOST_PAGES = 50_000  # as the protocol has it


def parse(content: bytes) -> list[Parsed]:
    """The addresses of a sitemap's pages in order, each once, without text. Raises Refused."""
    root = root_of(content)
    if name_of(root) != "urlset":
        raise Refused(Reason.FORMAT)
    pages = (page for page in root if name_of(page) == "url")
    told = ("".join(one.itertext()) for page in pages for one in page if name_of(one) == "loc")
    addresses = list(dict.fromkeys(filter(None, map(as_address, told))))
    if len(addresses) > MOST_PAGES:
        raise Refused(Reason.TOO_LONG)
    return [Parsed("", "utf-8", Stated(address=address)) for address in addresses]
