"""Laws of escaping: nothing that others wrote becomes markup, and not a word is lost."""

import re
from html.parser import HTMLParser

import pytest
from app_support import HOSTILE, HOSTILE_TITLE
from hypothesis import given
from hypothesis import strategies as st

from archive.documents import UNDETERMINED
from archive.text import Span
from ui.rendering import (
    article_html,
    context_html,
    found_html,
    heading_html,
    log_html,
    note_html,
    pane_html,
    quotation_html,
    safe_text,
)

PAYLOADS = [
    HOSTILE,
    HOSTILE_TITLE,
    "<script>alert(1)</script>",
    "<mark>already</mark>",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "&lt;b&gt; &amp;amp; &#60;",
    "<!-- --><![CDATA[ ]]><?php ?>",
    "</p></div></blockquote><style>*{display:none}</style>",
    "javascript:alert(1) data:text/html,x",
    "\\[x\\] \\<b\\>",
    "a\u202egnp.exe\u200b\ufeff",
]
texts = st.one_of(
    st.sampled_from(PAYLOADS),
    st.text(),
    st.text(alphabet="ab <>&\"'`/=\\*_[]()!#:$|~{}\n\u0627\u05d0\u202e"),
)
languages = st.sampled_from(["fr", "en", "ar", "he", "zh", UNDETERMINED, '"><script>'])


class Reader(HTMLParser):
    """What a browser makes of markup: its tags, its text, and the text inside <mark>."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.marked = ""
        self.faint = ""
        self._open: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if "mark" in self._open:
            self.marked += data
        if "span" in self._open:
            self.faint += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"A comment: {data!r}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"A declaration: {decl!r}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"An instruction: {data!r}")


@st.composite
def articles_with_spans(draw: st.DrawFn) -> tuple[str, list[Span]]:
    text = draw(texts.filter(bool))
    ends = st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))
    return text, [(min(pair), max(pair)) for pair in draw(st.lists(ends, max_size=4))]


@given(articles_with_spans(), languages)
def test_an_article_keeps_every_word_and_gains_only_paragraphs_and_marks(
    article: tuple[str, list[Span]], language: str
) -> None:
    text, spans = article
    read = Reader(article_html(text, spans, language))
    assert set(read.tags) <= {"p", "mark"}
    assert {name for name, _ in read.attributes} <= {"lang", "dir", "id"}
    assert read.text == text.replace("\n", "")


@given(articles_with_spans(), languages)
def test_marks_cover_exactly_the_spans(article: tuple[str, list[Span]], language: str) -> None:
    text, spans = article
    lit = {at for start, end in spans for at in range(start, end)}
    read = Reader(article_html(text, spans, language))
    assert read.marked == "".join(text[at] for at in sorted(lit) if text[at] != "\n")
    assert [value for name, value in read.attributes if name == "id"] == (
        ["cited"] if read.marked else []
    )


@given(articles_with_spans(), st.integers(0, 40), st.integers(1, 40), languages)
def test_what_is_faint_is_lit_faintly_where_it_is_not_lit_up(
    article: tuple[str, list[Span]], start: int, length: int, language: str
) -> None:
    text, spans = article
    lit = {at for start, end in spans for at in range(start, end)}
    faint = [at for at in range(start, min(start + length, len(text))) if at not in lit]
    read = Reader(article_html(text, spans, language, (start, start + length)))
    assert set(read.tags) <= {"p", "mark", "span"}
    assert read.text == text.replace("\n", "")
    assert read.faint == "".join(text[at] for at in faint if text[at] != "\n")
    assert read.marked == Reader(article_html(text, spans, language)).marked


@given(st.lists(texts.filter(lambda line: "\n" not in line)), texts)
def test_a_log_keeps_every_character_and_is_reached_by_key(lines: list[str], label: str) -> None:
    read = Reader(log_html(lines, label))
    assert (read.tags, read.text) == (["pre"], "\n".join(lines))
    assert dict(read.attributes) == {
        "class": "log", "tabindex": "0", "role": "region", "aria-label": label,
    }  # fmt: skip


def test_a_span_over_two_paragraphs_by_hand() -> None:
    assert article_html("one two\nthree", [(4, 11)], "en") == (
        '<p lang="en" dir="ltr">one <mark id="cited">two</mark></p>'
        '<p lang="en" dir="ltr"><mark>thr</mark>ee</p>'
    )


@given(texts, languages)
def test_every_other_piece_of_markup_is_inert(text: str, language: str) -> None:
    for markup in (
        quotation_html(text, language),
        context_html(text, language, text),
        found_html(text, language),
        heading_html(text, language, level=2),
        note_html(text, text),
        pane_html("", text, text),
    ):
        read = Reader(markup)
        assert set(read.tags) <= {"blockquote", "div", "p", "bdi"}
        assert not any(name.startswith("on") for name, _ in read.attributes)
    assert Reader(quotation_html(text, language)).text == text
    assert Reader(context_html(text, language, "Before")).text == text


@pytest.mark.parametrize(
    ("language", "attributes"),
    [
        ("fr", 'lang="fr" dir="ltr"'),
        ("ar", 'lang="ar" dir="rtl"'),
        ("he", 'lang="he" dir="rtl"'),
        (UNDETERMINED, 'dir="auto"'),
    ],
)
def test_a_quotation_says_its_language_and_direction(language: str, attributes: str) -> None:
    assert (
        quotation_html("x", language)
        == f'<blockquote class="quotation" {attributes}>x</blockquote>'
    )


# What the browser's markdown makes something of: punctuation while it reads the source, and
# icons, emoji and addresses in the text it has read.
SOURCE_MARKUP = re.compile(r"(?<!\\)(?:\\\\)*[`*_{}\[\]()#!|<>~$&]")
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
FOUND_IN_TEXT = re.compile(r":[\w+-]+:|:material|https?://|www\.|@[\w.]", re.IGNORECASE)


@given(texts)
def test_safe_text_is_one_line_without_markup(text: str) -> None:
    safe = safe_text(text)
    shown = ESCAPED.sub(r"\1", safe)
    assert not SOURCE_MARKUP.search(safe)
    assert not FOUND_IN_TEXT.search(shown)
    assert "\n" not in safe
    assert not set(shown) & set("\u200b\u200e\u200f\u202a\u202e\ufeff")


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_safe_text_shows_every_word(text: str) -> None:
    shown = ESCAPED.sub(r"\1", safe_text(text))
    kept = re.sub("[\u2060\u2068\u2069]", "", shown)
    assert kept == " ".join(text.split())
