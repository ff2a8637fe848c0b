"""Each format gives its words, in lines that can be read, and what it states of itself."""

import zipfile
from datetime import date, datetime
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_files import ARTICLE, docx_file, html_page, pdf_file, pdf_lines, rezipped

from archive.documents import DateBasis
from indexer.formats import docx, html, markdown, pdf
from indexer.formats.parsed import as_address, as_day, as_language
from indexer.formats.pdf import Line, put_together, without_repeated
from indexer.refusals import Reason, Refused

ARABIC = (
    "غادرت العبارة ميناء ريغا صباح اليوم وعلى متنها تسعون راكبا معظمهم من المعلمين.",
    "قال قبطانها إن الرحلة تستغرق ست ساعات وإن الطقس لن يتغير قبل المساء.",
)
UKRAINIAN = (
    "Пором вийшов із порту Риги тихого ранку з дев'яноста пасажирами на борту.",
    "Капітан повідомив, що рейс триватиме шість годин і погода не зміниться до вечора.",
)
FRENCH = ("Le prix du passage dépasse 90 € à « Riga », où l’été a été court. " * 4,)
JAPANESE = ("港の船は朝に出発しました。" * 9,)


# --- Web pages --------------------------------------------------------------------------------


def test_an_article_is_read_without_the_page_around_it() -> None:
    text = html.parse(html_page().encode()).text
    for paragraph in ARTICLE:
        assert paragraph in text.splitlines()
    assert "Timetables" not in text


def test_items_and_rows_are_lines() -> None:
    inside = (
        "<ul><li>the first of the ships</li><li>the second of the ships</li></ul>"
        "<table><tr><th>Ship</th><th>Port</th></tr><tr><td>Aurora</td><td>Riga</td></tr></table>"
    )
    lines = html.parse(html_page(inside=inside).encode()).text.splitlines()
    assert lines[-4:] == [
        "- the first of the ships", "- the second of the ships", "Ship | Port", "Aurora | Riga",
    ]  # fmt: skip


def test_lines_of_links_are_left_out() -> None:
    inside = '<p>Read also: <a href="/x">Why the harbour of Tallinn froze over</a></p>'
    assert "Tallinn" not in html.parse(html_page(inside=inside).encode()).text


def test_articles_after_the_page_s_own_are_left_out() -> None:
    """As on pages that go on with the next article when their reader scrolls."""
    other = "".join(f"<p>{one.replace('<Aurora>', 'train')}</p>" for one in UKRAINIAN + ARTICLE)
    page = html_page().replace("</main>", f"<article><h1>Another</h1>{other}</article></main>")
    text = html.parse(page.encode()).text
    assert UKRAINIAN[0] not in text
    assert ARTICLE[-1] in text


def test_a_link_within_a_sentence_stays() -> None:
    told = html_page().replace("narrowed by", 'narrowed <a href="/x">by last summer and</a> by')
    assert "narrowed by last summer and by" in html.parse(told.encode()).text


@pytest.mark.parametrize(
    ("encoding", "declared", "told", "name"),
    [
        ("utf-8", '<meta charset="utf-8">', UKRAINIAN, "utf-8"),
        ("utf-8", "", UKRAINIAN, "utf-8"),
        ("utf-8-sig", "", UKRAINIAN, "utf-8-sig"),
        ("utf-16", "", UKRAINIAN, "utf-16"),
        ("utf-8", '<meta charset="iso-8859-1">', UKRAINIAN, "utf-8"),
        ("cp1251", '<meta charset="windows-1251">', UKRAINIAN, "cp1251"),
        ("koi8-u", '<meta http-equiv="a" content="a; charset=koi8-u">', UKRAINIAN, "koi8-u"),
        ("cp1252", '<meta charset="iso-8859-1">', FRENCH, "cp1252"),
        ("cp1256", '<meta charset="windows-1256">', ARABIC, "cp1256"),
        ("shift_jis", '<meta charset="Shift_JIS">', JAPANESE, "cp932"),
        ("iso2022_jp", '<meta charset="iso-2022-jp">', JAPANESE, "iso2022_jp"),
        ("cp1251", "", UKRAINIAN * 3, "cp1251"),
    ],
)  # fmt: skip
def test_a_page_is_read_in_its_encoding(
    encoding: str, declared: str, told: tuple[str, ...], name: str
) -> None:
    page = html_page(*told, head=declared)
    parsed = html.parse(page.encode(encoding))
    assert parsed.encoding == name
    for paragraph in told:
        assert paragraph.strip() in parsed.text


def test_a_byte_that_does_not_fit_costs_a_page_one_character() -> None:
    page = html_page(*UKRAINIAN, head='<meta charset="utf-8">').encode()
    at = page.index("порту".encode())
    text = html.parse(page[: at + 1] + b"\x20" + page[at + 2 :]).text
    assert UKRAINIAN[1] in text
    assert "вийшов" in text


LD = '<script type="application/ld+json">{}</script>'


@pytest.mark.parametrize(
    ("head", "day", "basis"),
    [
        (LD.format('{"@type": "NewsArticle", "datePublished": "2024-03-05T09:00:00+02:00"}'),
         date(2024, 3, 5), DateBasis.STATED),
        (LD.format('{"@graph": [{"@type": "WebSite", "datePublished": "2001-01-02"}, {"@type": '
                   '["Thing", "BlogPosting"], "datePublished": "2024-03-05"}]}'),
         date(2024, 3, 5), DateBasis.STATED),
        ('<meta property="article:published_time" content="2024-03-05T22:00:00Z">',
         date(2024, 3, 5), DateBasis.STATED),
        ('<meta property="article:modified_time" content="2024-03-09">'
         '<meta itemprop="datePublished" content="2024-03-05">',
         date(2024, 3, 5), DateBasis.STATED),
        (LD.format("{broken") + '<meta name="date" content="2024-03-05">',
         date(2024, 3, 5), DateBasis.STATED),
        ('<meta name="date" content="2999-03-05">', None, DateBasis.UNKNOWN),
        ('<meta name="date" content="no day at all">', None, DateBasis.UNKNOWN),
        ("", None, DateBasis.UNKNOWN),
    ],
)  # fmt: skip
def test_the_date_is_the_one_the_page_states(head: str, day: date | None, basis: DateBasis) -> None:
    stated = html.parse(html_page(head=head).encode()).stated
    assert (stated.published, stated.date_basis) == (day, basis)


@pytest.mark.parametrize(
    ("line", "data", "day"),
    [
        ("<p>5 March 2024</p>", "", date(2024, 3, 5)),
        ("<p>5 березня 2024 року</p>", "", date(2024, 3, 5)),
        ("<p>6 March 2024, 1:30</p>", "2024-03-05T23:30:00Z", date(2024, 3, 6)),
        ("<p>9 March 2024</p>", "2024-03-05T23:30:00Z", date(2024, 3, 5)),
    ],
)
def test_the_day_under_the_headline_counts(line: str, data: str, day: date) -> None:
    head = f'<meta property="article:published_time" content="{data}">' if data else ""
    page = html_page(head=head).replace("</h1>", f"</h1>{line}")
    assert html.parse(page.encode()).stated.published == day


def test_a_year_in_the_footer_is_no_date() -> None:
    page = html_page().replace("All rights", "© 2019 All rights")
    assert html.parse(page.encode()).stated.published is None


@pytest.mark.parametrize(
    ("head", "heading", "title"),
    [
        ("<title>Ferry leaves Riga | Port News</title>", "Ferry leaves Riga", "Ferry leaves Riga"),
        ("<title>Port News - Ferry leaves Riga</title>", "Ferry leaves Riga", "Ferry leaves Riga"),
        ("<title>x</title>", "Ferry leaves Riga", "Ferry leaves Riga"),
        ('<title>Ferry leaves Riga – Port News</title><meta property="og:title" '
         'content="Ferry leaves Riga">', "Port News", "Ferry leaves Riga"),
        ('<title>Ferry leaves Riga - Port News</title><meta property="og:site_name" '
         'content="Port News">', "", "Ferry leaves Riga"),
        ("<title>Ferry's last trip - Port News</title>", "Ferry’s last trip", "Ferry’s last trip"),
        ("<title>Ferry leaves Riga: a report - Port News</title>",
         "Ships Ferry leaves Riga: a report", "Ferry leaves Riga: a report"),
    ],
)  # fmt: skip
def test_the_title_is_the_headline_without_the_site(head: str, heading: str, title: str) -> None:
    page = html_page(title="PLACE").replace("<title>PLACE</title>", head).replace("PLACE", heading)
    assert html.parse(page.encode()).stated.title == title


def test_language_and_address_are_those_that_a_page_states() -> None:
    head = '<link rel="canonical" href="https://example.org/a?b=1">'
    stated = html.parse(html_page(head=head, attributes='lang="fr-CA"').encode()).stated
    assert (stated.language, stated.address) == ("fr", "https://example.org/a?b=1")


def test_soft_hyphens_and_scripts_are_no_words() -> None:
    page = html_page(ARTICLE[0].replace("passengers", "pas\u00adsen\u00adgers"), *ARTICLE[1:])
    told = html.parse(page.replace("</p>", "<script>alert('pwned')</script></p>", 1).encode())
    assert ARTICLE[0] in told.text
    assert "pwned" not in told.text


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, b"\0" * 99])
def test_what_is_no_page_is_refused(content: bytes) -> None:
    with pytest.raises(Refused):
        html.parse(content)


# --- Markdown ---------------------------------------------------------------------------------


def test_markdown_is_read_without_its_marks() -> None:
    source = (
        "# The *Aurora* at sea\n\nShe left **Riga**\nwith [ninety](https://example.org) people.\n\n"
        "1. the first\n2. the second\n   - an inner one\n\n| Ship | Port |\n|---|---|\n"
        "| Aurora | Riga |\n\n> A quotation.\n\n<script>alert(1)</script>\n\n`code` &amp; more.\n"
    )
    parsed = markdown.parse(source.encode())
    assert parsed.text.splitlines() == [
        "The Aurora at sea", "She left Riga with ninety people.", "- the first", "- the second",
        "- an inner one", "Ship | Port", "Aurora | Riga", "A quotation.", "code & more.",
    ]  # fmt: skip
    assert parsed.stated.title == "The Aurora at sea"


def test_front_matter_states_and_is_no_text() -> None:
    source = (
        '---\ntitle: "Пором: рейс"\ndate: 2024-03-05T10:00:00\nlang: uk\n'
        f"canonical: https://example.org/a\n---\n{UKRAINIAN[0]}\n"
    )
    parsed = markdown.parse(source.encode("cp1251"))
    assert (parsed.text, parsed.encoding) == (UKRAINIAN[0], "cp1251")
    stated = parsed.stated
    assert (stated.title, stated.language) == ("Пором: рейс", "uk")
    assert (stated.published, stated.address) == (date(2024, 3, 5), "https://example.org/a")


@given(st.lists(st.text("abc déж\u0627\u0644", min_size=1).filter(str.strip), min_size=1))
def test_plain_paragraphs_come_through_markdown_as_they_are(paragraphs: list[str]) -> None:
    told = [" ".join(one.split()) for one in paragraphs]
    assert markdown.parse("\n\n".join(told).encode()).text.splitlines() == told


# --- Word -------------------------------------------------------------------------------------


def test_a_document_is_read_with_its_lists_and_tables() -> None:
    rows = [("Ship", "Port"), ("Aurora", "Riga")]
    parsed = docx.parse(docx_file(*ARTICLE, *ARABIC, items=["one", "two"], rows=rows))
    assert parsed.text.splitlines() == [
        *ARTICLE, *ARABIC, "- one", "- two", "Ship | Port", "Aurora | Riga",
    ]  # fmt: skip


def test_what_a_document_states() -> None:
    told = {"title": "At sea", "created": datetime(2024, 3, 5), "modified": datetime(2024, 4, 1)}
    made = docx_file(properties=told | {"language": "fr-FR", "comments": ""})
    stated = docx.parse(made).stated
    assert (stated.title, stated.language) == ("At sea", "fr")
    assert (stated.published, stated.date_basis) == (date(2024, 3, 5), DateBasis.PROPERTIES)
    reworked = docx_file(properties=told | {"modified": datetime(2025, 6, 1), "comments": ""})
    assert docx.parse(reworked).stated.published is None
    assert docx.parse(docx_file()).stated.published is None


def test_inserted_words_are_read_and_deleted_ones_are_not() -> None:
    body = "word/document.xml"
    made = docx_file("Before", "After")
    added = (
        b"<w:p><w:ins><w:r><w:t>put in</w:t></w:r></w:ins>"
        b"<w:del><w:r><w:t>cut out</w:t></w:r></w:del></w:p>"
    )
    with zipfile.ZipFile(BytesIO(made)) as archive:
        xml = archive.read(body)
    at = xml.index(b"</w:p>") + len(b"</w:p>")
    told = docx.parse(rezipped(made, {body: xml[:at] + added + xml[at:]}))
    assert told.text.splitlines() == ["Before", "put in", "After"]


# --- PDF --------------------------------------------------------------------------------------


def test_the_lines_of_a_page_become_its_paragraphs_and_rows() -> None:
    parsed = pdf.parse(
        pdf_file(
            [
                *pdf_lines(ARTICLE[0]),
                *pdf_lines(ARTICLE[1], top=700),
                (72, 600, "Ship"), (200, 600, "Port"), (72, 580, "Aurora"), (200, 580, "Riga"),
            ],
            pdf_lines(UKRAINIAN[0]),
        )
    )  # fmt: skip
    lines = parsed.text.splitlines()
    assert lines == [ARTICLE[0], ARTICLE[1], "Ship | Port", "Aurora | Riga", UKRAINIAN[0]]
    assert parsed.stated.pages == (0, parsed.text.index(UKRAINIAN[0]))


def test_arabic_is_read_in_the_order_of_its_words() -> None:
    """A PDF holds its letters from left to right as they are seen."""
    words = "غادرت العبارة ميناء ريغا"
    assert pdf.parse(pdf_file([(72, 700, words[::-1])])).text == words


def test_a_paragraph_goes_on_over_the_page() -> None:
    start, end = "The ferry left the port of Riga and", "sailed north until the evening came."
    parsed = pdf.parse(pdf_file([(72, 100, start)], [(72, 780, end)]))
    assert parsed.text == f"{start} {end}"
    assert parsed.stated.pages == (0, len(start) + 1)


def line(text: str, bottom: float = 100, right: float = 500, *, cut: bool = False) -> Line:
    return Line(text, 72, right, bottom, 12, cut)


def test_a_word_cut_at_the_line_end_is_whole_again() -> None:
    text, _ = put_together([[line("The passen", 100, cut=True), line("gers left.", 86)]])
    assert text == "The passengers left."
    text, starts = put_together([[line("The passen", cut=True)], [line("gers left.")]])
    assert (text, starts) == ("The passengers left.", (0, len("The passen")))
    page = [line("A sub-sea cable.", 300), line("Another sub", 100, cut=True), line("sea one.", 86)]
    assert put_together([page])[0].endswith("Another sub-sea one.")


def test_a_line_with_room_for_the_next_word_ends_its_paragraph() -> None:
    page = [line("All of the ships left the port on that day", 128), line("They left.", 114, 140)]
    page += [line("Then others came into the harbour of Riga.", 100)]
    assert len(put_together([page])[0].splitlines()) == 2


def test_headers_and_page_numbers_are_left_out() -> None:
    pages = [
        [line("Port News"), line(f"Text {'abc'[at]}."), line(f"{at + 1}/3")] for at in range(3)
    ]
    assert [[one.text for one in page] for page in without_repeated(pages)] == [
        ["Text a."], ["Text b."], ["Text c."],
    ]  # fmt: skip


def test_what_is_no_pdf_is_damaged() -> None:
    for content in (b"%PDF-1.7", b"text", pdf_file(pdf_lines("Some words."))[:300]):
        with pytest.raises(Refused) as refused:
            pdf.parse(content)
        assert refused.value.reason == Reason.DAMAGED


# --- What is stated ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "address"),
    [("https://example.org/a", "https://example.org/a"), ("javascript:alert(1)", ""), ("/a", ""),
     ('https://example.org/"><script>', ""), (None, ""), ("https://e.org/" + "a" * 3000, "")],
)  # fmt: skip
def test_an_address_is_one_of_the_web(told: str | None, address: str) -> None:
    assert as_address(told) == address


@given(st.text())
def test_whatever_is_stated_is_a_day_and_a_language_or_nothing(told: str) -> None:
    day = as_day(told)
    assert day is None or date(1900, 1, 1) <= day
    assert len(as_language(told)) in (0, 2)
