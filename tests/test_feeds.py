"""Feeds: an article for each item, with what the feed states of it."""

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.documents import DateBasis
from indexer.formats import markdown
from indexer.formats.feed import parse
from indexer.formats.parsed import Parsed, Stated, as_line, as_title
from indexer.intake import as_markdown
from indexer.parsing import Parser
from indexer.refusals import Refused

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
     xmlns:atom="http://www.w3.org/2005/Atom">
<channel><title>Port</title><link>https://port.example/</link><language>en-GB</language>
<atom:link href="https://port.example/feed" rel="self"/>
<item><title>Ferry &amp;amp; tug</title><link>https://port.example/ferry</link>
  <pubDate>Tue, 05 Mar 2024 23:30:00 -0500</pubDate>
  <description>Short.</description>
  <content:encoded><![CDATA[<h2>At noon</h2><p>The ferry <b>left</b> the port.</p>
    <ul><li>one</li><li>two</li></ul><table><tr><td>Ship</td><td>Riga</td></tr></table>
    <script>alert(1)</script><p>Tugs waited.</p>]]></content:encoded></item>
<item><title>Plain words</title><guid>https://port.example/plain</guid>
  <description>Bread &lt; cake, say 3 &lt; 4 bakers.</description></item>
<item><title>Nothing but a title</title></item>
</channel></rss>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr"><title>Quai</title>
<entry><title type="html">Le &lt;i&gt;bac&lt;/i&gt;</title><id>urn:1</id>
  <link rel="edit" href="https://quai.example/edit"/><link href="https://quai.example/bac"/>
  <updated>2025-01-02T00:00:00Z</updated><published>2025-01-01T10:00:00+01:00</published>
  <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Le bac part.</p>
  <p>Il revient <em>demain</em>.</p></div></content></entry>
<entry xml:lang="uk"><title>Пором</title><id>https://quai.example/2</id>
  <updated>2025-01-03T00:00:00Z</updated><summary>Пором вийшов.</summary></entry></feed>"""

RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
  xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://x.example/"><items><rdf:Seq><rdf:li/></rdf:Seq></items></channel>
<item rdf:about="https://x.example/1"><title>Old</title><link>https://x.example/1</link>
<dc:date>2003-12-13</dc:date><description>An old feed.</description></item></rdf:RDF>"""


def test_an_item_of_rss_by_hand() -> None:
    ferry, plain, empty = parse(RSS.encode())
    assert (
        ferry.text == "At noon\nThe ferry left the port.\n- one\n- two\nShip | Riga\nTugs waited."
    )
    assert ferry.stated == Stated(
        "Ferry & tug", "en", date(2024, 3, 5), DateBasis.STATED, "https://port.example/ferry"
    )
    assert plain.text == "Bread < cake, say 3 < 4 bakers."
    assert plain.stated.address == "https://port.example/plain"
    assert (plain.stated.published, plain.stated.date_basis) == (None, DateBasis.UNKNOWN)
    assert empty.text == ""


def test_an_entry_of_atom_by_hand() -> None:
    ferry, other = parse(ATOM.encode())
    assert ferry.text == "Le bac part.\nIl revient demain."
    assert ferry.stated == Stated(
        "Le bac", "fr", date(2025, 1, 1), DateBasis.STATED, "https://quai.example/bac"
    )
    assert other.stated.language == "uk"
    assert other.stated.published == date(2025, 1, 3)
    assert other.stated.address == "https://quai.example/2"


def test_an_item_of_the_first_rss_by_hand() -> None:
    [item] = parse(RDF.encode())
    assert (item.text, item.stated.published) == ("An old feed.", date(2003, 12, 13))


def test_a_feed_says_its_encoding() -> None:
    told = RSS.replace("utf-8", "windows-1251").replace("Plain words", "Пором")
    assert parse(told.encode("cp1251"))[1].stated.title == "Пором"
    assert parse(ATOM.encode("utf-16"))[1].stated.title == "Пором"


@pytest.fixture
def parser() -> Iterator[Parser]:
    with Parser() as one:
        yield one


LAUGHS = '<!DOCTYPE rss [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + at)} "{("&" + chr(97 + at) + ";") * 10}">' for at in range(9)
)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ((LAUGHS + "]><rss><item><title>&j;</title></item></rss>").encode(), "declares_entities"),
        (b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss>&a;</rss>',
         "declares_entities"),
        ((LAUGHS + "]><rss/>").encode("utf-16"), "declares_entities"),
        (b"<urlset><url><loc>https://x.example/</loc></url></urlset>", "unsupported_format"),
        (b"<html><body>a page</body></html>", "unsupported_format"),
        (b"no markup at all", "damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "damaged"),
        (b"<rss>" + b"<item/>" * 6_000 + b"</rss>", "too_long"),
        (b"<rss><item><title>x</title><description>" + b"words " * 900_000 +
         b"</description></item></rss>", "too_long"),
    ],
    ids=range(9),
)  # fmt: skip
def test_a_hostile_feed_is_refused_in_the_child(
    parser: Parser, content: bytes, reason: str
) -> None:
    with pytest.raises(Refused) as told:
        parser.parse_feed(content)
    assert told.value.reason == reason


def test_the_child_gives_what_the_format_gives(parser: Parser) -> None:
    assert parser.parse_feed(RSS.encode()) == parse(RSS.encode())
    assert parser.parse(".md", b"words").text == "words"


def test_nothing_outside_is_read_by_a_feed_with_a_document_type(parser: Parser) -> None:
    told = '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/rss.dtd">' + RSS.partition("?>")[2]
    assert len(parser.parse_feed(told.encode())) == 3


WORDS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=["C"])),
    st.text("*_`<>[]()#-+.!|&;:=~\\\"'1a "),
)
LINES = st.lists(WORDS, max_size=5).map(
    lambda lines: [line for line in map(as_line, lines) if any(map(str.isalnum, line))]
)


@given(LINES, WORDS, st.booleans())
def test_an_item_that_is_written_as_markdown_is_read_as_the_same(
    lines: list[str], title: str, listed: bool
) -> None:
    lines = lines or ["words"]
    text = "\n".join(f"- {line}" if listed else line for line in lines)
    stated = Stated(
        as_title(title) or "Title", "en", date(2024, 3, 5), DateBasis.STATED,
        "https://port.example/ferry?a=1&b=2#c",
    )  # fmt: skip
    assert markdown.parse(as_markdown(Parsed(text, "utf-8", stated))) == Parsed(
        text, "utf-8", stated
    )
