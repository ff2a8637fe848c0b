"""Sitemaps: which of the pages that a site says it has are no files among the articles."""

from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pytest
from fakes import write_pages
from hypothesis import given, settings
from hypothesis import strategies as st
from made_files import html_page
from test_feeds import LAUGHS, RSS
from test_intake import zip_of

from indexer.formats.sitemap import parse
from indexer.intake import Arrival, Fate, import_path, take_uploads
from indexer.parsing import Parser
from indexer.refusals import Refused
from indexer.safe_names import safe_name, safe_path


def sitemap(*addresses: str) -> str:
    pages = "".join(
        f"<url><loc>{one}</loc><lastmod>2025-06-01</lastmod></url>" for one in addresses
    )
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{pages}</urlset>'


def absent(arrivals: list[Arrival]) -> list[str]:
    return [one.name for one in arrivals if one.reason == "absent_page"]


def test_the_addresses_of_a_sitemap_by_hand() -> None:
    told = sitemap(
        " https://port.example/a\n", "https://port.example/?x=1&amp;y=2", "javascript:alert(1)",
        "https://port.example/a", "",
    )  # fmt: skip
    assert [page.stated.address for page in parse(told.encode())] == [
        "https://port.example/a", "https://port.example/?x=1&y=2",
    ]  # fmt: skip
    assert not any(page.text for page in parse(told.encode()))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ((LAUGHS + "]><urlset><url><loc>&j;</loc></url></urlset>").encode(), "declares_entities"),
        (RSS.encode(), "unsupported_format"),
        (b"<sitemapindex><sitemap><loc>https://x.example/1.xml</loc></sitemap></sitemapindex>",
         "unsupported_format"),
        (b"no markup at all", "damaged"),
        (sitemap(*(f"https://x.example/{page}" for page in range(50_001))).encode(), "too_long"),
    ],
    ids=range(5),
)  # fmt: skip
def test_a_hostile_sitemap_is_refused_in_the_child(content: bytes, reason: str) -> None:
    with Parser() as parser, pytest.raises(Refused) as told:
        parser.parse_sitemap(content)
    assert told.value.reason == reason


def test_of_a_saved_site_it_is_told_which_pages_are_not_there(tmp_path: Path) -> None:
    site = {
        "index.html": html_page(), "news/ferry": html_page("Tugs."), "news/bread.htm": html_page(),
        "about/index.html": html_page(), "show.php?id=3": html_page(), "été.html": html_page(),
        "sitemap.xml": sitemap(
            "https://port.example", "https://port.example/", "https://port.example/news/ferry",
            "https://port.example/news/bread", "https://port.example/about/",
            "https://port.example/about", "https://port.example/show.php?id=3",
            "https://port.example/%C3%A9t%C3%A9.html", "https://port.example/news/tug",
            "https://port.example/ferry", "https://port.example/show.php?id=4", "https://[/",
        ),
    }  # fmt: skip
    (tmp_path / "site.zip").write_bytes(zip_of(site))
    arrivals = import_path(tmp_path / "articles", tmp_path / "site.zip")
    assert absent(arrivals) == [
        "https://port.example/news/tug", "https://port.example/ferry",
        "https://port.example/show.php?id=4", "https://[/",
    ]  # fmt: skip
    assert {one.fate for one in arrivals if one.reason == "absent_page"} == {Fate.REFUSED}
    assert len(arrivals) == len(site) + 4


def test_a_sitemap_alone_is_held_against_what_stands_there(tmp_path: Path) -> None:
    """Below a folder of the site's name, wherever it is; not below another site's."""
    articles = tmp_path / "articles"
    write_pages(articles, {"saved/port.example/news/ferry.html": html_page(), "news/tug.html": "x"})
    told = sitemap(*(f"https://{site}.example/news/{page}" for site in ("port", "quay")
                     for page in ("ferry", "tug")))  # fmt: skip
    arrivals = take_uploads(articles, [("sitemap.xml", told.encode())])
    assert absent(arrivals) == [
        "https://port.example/news/tug", "https://quay.example/news/ferry",
        "https://quay.example/news/tug",
    ]  # fmt: skip
    assert arrivals[0].fate == Fate.LEFT_OUT


NAMES = st.text("abé-_.~ü ж+&'", min_size=1, max_size=9).filter(
    lambda name: name[0] != "." and bool(safe_name(name))
)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@settings(max_examples=40)
@given(st.sets(PATHS, min_size=1, max_size=6), st.data())
def test_just_the_pages_that_were_not_saved_are_absent(
    paths: set[str], data: st.DataObject
) -> None:
    """Whatever they are called: a page is where its address says, or it is told of."""
    saved = data.draw(st.sets(st.sampled_from(sorted(paths))))
    addresses = {f"https://port.example/p/{quote(path)}": path for path in sorted(paths)}
    uploads = [(f"port.example/p/{path}/index.html", b"<html>words</html>") for path in saved]
    uploads.append(("sitemap.xml", sitemap(*map(_escaped, addresses)).encode()))
    with TemporaryDirectory() as place:
        told = absent(take_uploads(Path(place) / "articles", uploads))
    standing = {safe_path(path) for path in saved}
    assert told == [at for at, path in addresses.items() if safe_path(path) not in standing]


def _escaped(address: str) -> str:
    return address.replace("&", "&amp;")
