"""Laws of what is taken along: every form can be read back, and hostile words stay words."""

import csv
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO, StringIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import docx
import pytest
from app_support import HOSTILE_TITLE
from docx.oxml.ns import qn
from fakes import document
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from archive.answers import (
    Answer,
    AnswerKind,
    Citation,
    Context,
    RankedPassage,
    Sentence,
    Why,
)
from archive.documents import UNDETERMINED, Filters, Passage
from ui.downloads import (
    ANSWER_FORMS,
    CITATION_FORMS,
    Taken,
    as_csv,
    as_json,
    bibtex,
    csl_json,
    file_name,
    is_right_to_left,
    markdown,
    plain_text,
    references,
    ris,
    word,
    words,
)
from ui.state import View
from ui.wording import ENGLISH, FRENCH, Wording

PAGE = "https://archive.example.org/communique"
HOSTILE = [
    HOSTILE_TITLE,
    '=HYPERLINK("https://example.org","x")',
    "+1-2@SUM(A1)",
    'a,"=1+1 b;"=1+1',
    "a;\t=cmd|' /C calc'!A0",
    "# title\n\n- item\n\n---\n<b>bold</b> [x](y) ![z](w) `code` ~~no~~ $x^2$ a_b_c **b**",
    "1. one\n2) two",
    "Setext\n===",
    "\\input{/etc/passwd} \\} } { % comment \\\\ \\%",
    '@misc{x, title={y}} # & _ ^ ~ ` " | < >',
    "one\r\nER  - \r\nTY  - BOOK\r\n",
    "<i>not italic</i> <span style='x'>y</span>",
    "a\u202egnp.exe\u202c \u2066x\u2069 \ufeff\u200b",
    "\x00\x01\x0b\x1b[31m\x85\ud800\ufffe\uffff end",
    "]]> <![CDATA[ <?xml ?> &amp; &#0;",
    "قال الأمين العام = 5%",
]
texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(min_size=1),
    st.text(st.characters(), min_size=1),
    st.text(alphabet="ab1 .,;:=+-@|\"'`<>&#$%^_~*!?()[]{}/\\\t\n\r\u0627\u202e", min_size=1),
)
languages = st.sampled_from(["fr", "en", "ar", "zh", UNDETERMINED])


def citation(n: int, quote: str, **chosen: Any) -> Citation:
    known: dict[str, Any] = {
        "path": "nord/cable.txt",
        "title": "The cable",
        "language": "en",
        "published": date(2025, 3, 5),
        "start": 10 * n,
        "end": 10 * n + 5,
        "file_start": 10 * n + 100,
        "file_end": 10 * n + 105,
    }
    return Citation(n, **{**known, **chosen}, quote=quote)


def answer(*citations: Citation, question: str = "Who cut it?") -> Answer:
    sentences = tuple(Sentence(one.quote, one.n) for one in citations)
    kind = AnswerKind.EXTRACT if citations else AnswerKind.NONE
    return Answer(kind, question, 0.7, sentences, citations, (), 0.25)


def refusal(question: str, title: str, text: str) -> Answer:
    article = replace(document(text or "x", path="sud/mer.txt"), title=title)
    passage = Passage(article.path, 0, len(article.text), article.text)
    why = Why(1, None, ())
    hit = RankedPassage(1, 0, passage, article, 0.5, 0.5, why)
    return Answer(AnswerKind.NONE, question, 0.2, (), (), (hit,), 0.25)


def taken(told: Answer, wording: Wording = ENGLISH, **chosen: Any) -> Taken:
    filters = Filters(frozenset({"fr", "en"}), frozenset(), date(2025, 1, 1), None)
    view = View(told.question, filters, snapshot="snapshot-abc")
    known: dict[str, Any] = {
        "view": view,
        "page": PAGE,
        "created": datetime(2025, 11, 20, 9, 5, tzinfo=UTC),
        "model": "word-hash",
        "moment": datetime(2025, 11, 21, 10, 0, tzinfo=UTC),
    }
    return Taken(told, **{**known, **chosen}, wording=wording)


# --- Words -------------------------------------------------------------------------------------


@given(texts)
def test_words_keep_every_letter_and_nothing_that_is_not_one_line(text: str) -> None:
    told = words(text)
    letters = [one for one in text if unicodedata.category(one)[0] in "LNPS"]
    assert [one for one in told if unicodedata.category(one)[0] in "LNPS"] == letters
    assert words(told) == told
    assert len(told.splitlines()) <= 1
    assert not set(told) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert all(unicodedata.category(one) not in ("Cc", "Cs") for one in told)


def test_words_keep_the_blanks_that_hold_a_line_together() -> None:
    assert words(" «\u00a0un  \n mot\u202f»\t") == "«\u00a0un mot\u202f»"
    assert words("a\x00b\x1b\u2028c\u200dd") == "ab c\u200dd"


# --- Markdown ----------------------------------------------------------------------------------

COMMON = MarkdownIt("commonmark").enable(["table", "strikethrough"])
MEANT = {
    "heading_open", "heading_close", "paragraph_open", "paragraph_close", "blockquote_open",
    "blockquote_close", "bullet_list_open", "bullet_list_close", "list_item_open",
    "list_item_close", "inline", "hr", "text", "text_special", "hardbreak", "link_open",
    "link_close",
}  # fmt: skip


def rendered(text: str) -> tuple[list[str], list[str]]:
    """The types of all tokens, and the text of each block, without the isolates."""
    types, blocks = [], []
    for token in COMMON.parse(text):
        types.append(token.type)
        if token.type == "inline":
            children = token.children or []
            types += [one.type for one in children]
            told = "".join("\n" if one.type == "hardbreak" else one.content for one in children)
            blocks.append(re.sub("[\u2068\u2069]", "", told))
    return types, blocks


@given(texts, texts, texts)
@example("Who moved to C #", "0 ##", "# # #")
def test_markdown_shows_just_the_words(question: str, title: str, quote: str) -> None:
    leaning = Context(0, 5, quote)
    told = answer(
        citation(1, quote, title=title, context=leaning), citation(2, title), question=question
    )
    types, blocks = rendered(markdown(taken(told)))
    assert set(types) <= MEANT
    assert types.count("link_open") == 1
    assert types.count("hr") == 1
    assert blocks[0] == (words(question) or ENGLISH.without_words)
    assert blocks[1] == f"({words(quote)})"
    assert blocks[2] == f"{words(quote)} [1]".lstrip()
    assert blocks[3] == f"{words(title)} [2]".lstrip()
    assert any(block.startswith(f"[1] {words(title)}".rstrip()) for block in blocks[4:])


@given(texts, texts)
def test_a_refusal_in_markdown_shows_the_closest_as_words(question: str, title: str) -> None:
    types, blocks = rendered(markdown(taken(refusal(question, title, "text"))))
    assert set(types) <= MEANT
    assert ENGLISH.refused in blocks
    assert f"{words(title)}\nsud/mer.txt".lstrip() in [block.lstrip() for block in blocks]


# --- Plain text and JSON -----------------------------------------------------------------------


def test_the_text_to_copy_has_the_numbers_of_the_citations() -> None:
    told = plain_text(taken(answer(citation(1, "An anchor."), citation(3, "At night."))))
    assert told.startswith("Who cut it?\n\nAn anchor. [1]\nAt night. [3]\n")
    assert (
        "[3] The cable (English, 5 March 2025, nord, file nord/cable.txt, characters 130 to 135)"
        in told
    )
    assert "Filters: English, French, since 1 January 2025" in told
    assert "Archive: snapshot-abc, indexed 20 November 2025, 09:05, model word-hash" in told
    assert told.endswith(f"{taken(answer()).link}\n")


@given(texts)
def test_words_that_run_backwards_do_not_turn_the_line(quote: str) -> None:
    for line in plain_text(taken(answer(citation(1, quote)))).splitlines():
        assert line.count("\u2068") == line.count("\u2069")
        outside = re.sub("\u2068[^\u2068\u2069]*\u2069", "", line)
        assert not any(unicodedata.bidirectional(one) in ("R", "AL") for one in outside)


def test_the_words_of_a_refusal() -> None:
    told = plain_text(taken(refusal("Which pie?", "The sea", "Waves.")))
    assert ENGLISH.refused in told
    assert "- The sea (sud/mer.txt)" in told


@given(texts.map(lambda text: text.encode("utf-8", "replace").decode()))
def test_json_is_to_the_letter(quote: str) -> None:
    told = json.loads(as_json(taken(answer(citation(1, quote, title=quote)))))
    assert told["sentences"] == [{"text": quote, "citation": 1}]
    assert told["citations"][0]["title"] == quote
    assert told["citations"][0]["published"] == "2025-03-05"
    assert told["filters"]["languages"] == ["en", "fr"]
    assert (told["snapshot"], told["model"], told["kind"]) == (
        "snapshot-abc", "word-hash", "extract",
    )  # fmt: skip


# --- CSV ---------------------------------------------------------------------------------------

FORMULA = tuple("=+-@＝＋－＠")


def table(content: bytes, separator: str) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), delimiter=separator))


@given(texts, texts)
@example('a;"=1+1', 'a,"=1+1')
def test_csv_has_a_line_a_sentence_and_no_formula(quote: str, title: str) -> None:
    told = answer(citation(1, quote, title=title, path=title), citation(2, title), question=quote)
    head, *rows = table(as_csv(taken(told)), ",")
    assert [dict(zip(head, row, strict=True))["n"] for row in rows] == ["1", "2"]
    first = dict(zip(head, rows[0], strict=True))
    assert first["quote"].replace("'", "") == words(quote).replace("'", "")
    assert first["title"].replace("'", "") == words(title).replace("'", "")
    assert (first["start"], first["file_end"], first["published"]) == ("10", "115", "2025-03-05")
    for separator in ",;\t":  # whatever the reader's spreadsheet cuts by
        both = [as_csv(taken(told, wording)) for wording in (ENGLISH, FRENCH)]
        cells = [one for content in both for row in table(content, separator) for one in row]
        assert not [one for one in cells if one.lstrip().startswith(FORMULA)]


def test_csv_is_cut_as_the_spreadsheets_of_the_reader_cut() -> None:
    told = answer(citation(1, "L’ancre, la nuit."))
    assert len(table(as_csv(taken(told, FRENCH)), ";")[1]) == 17
    assert len(table(as_csv(taken(told, ENGLISH)), ",")[1]) == 17
    assert len(table(as_csv(taken(answer())), ",")) == 1


# --- Word --------------------------------------------------------------------------------------


def read_word(content: bytes) -> Any:
    return docx.Document(BytesIO(content))


@given(texts, languages)
def test_word_holds_the_words_with_language_and_direction(quote: str, language: str) -> None:
    told = answer(citation(1, quote, title=quote, language=language), question=quote)
    document = read_word(word(taken(told)))
    [quotation] = [one for one in document.paragraphs if one.style.name == "Quote"]
    assert quotation.text == f"{words(quote)} [1]"
    run = quotation.runs[0]
    backwards = is_right_to_left(words(quote), language)
    assert bool(run.font.rtl) == backwards
    assert (quotation._p.pPr.find(qn("w:bidi")) is not None) == backwards
    named = run._r.find(f".//{qn('w:lang')}")
    assert (named is None) == (language == UNDETERMINED)
    if named is not None:
        assert list(named.attrib.values()) == [language]


def test_word_says_what_its_own_words_are_in() -> None:
    document = read_word(word(taken(answer(citation(1, "An anchor.")), FRENCH)))
    named = next(document.styles.element.iter(qn("w:lang")))
    assert named.get(qn("w:val")) == document.core_properties.language == "fr"
    told = [one.text for one in document.paragraphs]
    assert told[0] == "Who cut it?"
    assert FRENCH.cited_articles in told
    assert any(taken(answer()).link in one for one in told)


@given(texts, texts)
def test_word_of_a_refusal(title: str, text: str) -> None:
    closest = refusal("Which pie?", title, text.encode("utf-8", "replace").decode().strip() or "x")
    told = [one.text for one in read_word(word(taken(closest))).paragraphs]
    assert ENGLISH.refused in told
    assert words(title) in told
    assert words(closest.closest[0].passage.text) in told


@pytest.mark.parametrize(
    ("text", "language", "backwards"),
    [
        ("مرحبا", "ar", True),
        ("NATO", "ar", True),
        ("שלום", "en", False),
        ("123 שלום abc", UNDETERMINED, True),
        ("123 abc שלום", UNDETERMINED, False),
        ("123", UNDETERMINED, False),
    ],
)
def test_how_a_quotation_runs(text: str, language: str, *, backwards: bool) -> None:
    assert is_right_to_left(text, language) == backwards


# --- Citations ---------------------------------------------------------------------------------

LATEX = {
    r"\textbackslash{}": "\\", r"\textbraceleft{}": "{", r"\textbraceright{}": "}",
    r"\textasciitilde{}": "~", r"\textasciicircum{}": "^", r"\textasciigrave{}": "`",
    r"\textless{}": "<", r"\textgreater{}": ">", r"\textbar{}": "|", r"{\char34}": '"',
    r"\$": "$", r"\&": "&", r"\#": "#", r"\_": "_", r"\%": "%",
}  # fmt: skip
COMMAND = re.compile("|".join(map(re.escape, LATEX)))


def set_by_latex(text: str) -> str:
    """What LaTeX prints of words; anything else it would act on fails."""
    assert not re.search(r"[\\{}$&#^_~%]", COMMAND.sub("", text)), text
    return COMMAND.sub(lambda found: LATEX[found[0]], text)


def read_bibtex(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Entries as BibTeX reads them: it counts every brace, also one after a backslash."""
    while text.strip():
        head = re.match(r"\s*@misc\{([a-z0-9-]+),\n", text)
        assert head, text
        fields: dict[str, str] = {}
        text = text[head.end() :]
        while not text.startswith("}"):
            name = re.match(r"  ([a-z]+) = \{", text)
            assert name, text
            depth, at = 1, name.end()
            while depth:
                depth += {"{": 1, "}": -1}.get(text[at], 0)
                at += 1
            fields[name[1]] = text[name.end() : at - 1]
            assert text[at : at + 2] == ",\n"
            text = text[at + 2 :]
        text = text[1:]
        yield head[1], fields


def read_ris(text: str) -> Iterator[dict[str, str]]:
    assert text.endswith("\r\n")
    fields: dict[str, str] = {}
    for line in text.removesuffix("\r\n").split("\r\n"):
        if not line:
            continue
        told = re.fullmatch(r"([A-Z][A-Z0-9])  - (.*)", line)
        assert told, line
        assert told[1] not in fields
        fields[told[1]] = told[2]
        if told[1] == "ER":
            yield fields
            fields = {}
    assert fields == {}


CITED = answer(
    citation(1, "An anchor."),
    citation(2, "Une ancre.", path="sud/été.txt", title="L’été", language="fr", published=None),
    citation(3, "At night."),
)


def test_an_article_is_one_entry_with_the_numbers_of_its_citations() -> None:
    told = taken(CITED)
    first, second = references(told)
    assert (first.note, second.note) == ("[1], [3]", "[2]")
    assert first.id.startswith("nord-cable-")
    assert second.id.startswith("sud-ete-")
    assert [key for key, _ in read_bibtex(bibtex(told))] == [first.id, second.id]
    assert [one["ID"] for one in read_ris(ris(told))] == [first.id, second.id]
    assert [one["id"] for one in json.loads(csl_json(told))] == [first.id, second.id]
    place = parse_qs(urlsplit(second.link).query)
    assert (place["doc"], place["at"], place["snap"]) == (
        ["sud/été.txt"], ["20-25"], ["snapshot-abc"],
    )  # fmt: skip


def test_entries_say_day_language_source_file_and_link() -> None:
    told = taken(CITED)
    _, entry = next(read_bibtex(bibtex(told)))
    assert entry == {
        "title": "{The cable}",
        "year": "2025",
        "month": "3",
        "day": "5",
        "organization": "nord",
        "howpublished": "nord/cable.txt",
        "language": "en",
        "note": "[1], [3]",
        "url": references(told)[0].link,
        "urldate": "2025-11-21",
    }
    record = next(read_ris(ris(told)))
    assert (record["TY"], record["TI"], record["T2"], record["PY"], record["DA"]) == (
        "NEWS", "The cable", "nord", "2025", "2025/03/05",
    )  # fmt: skip
    assert (record["LA"], record["AN"], record["UR"]) == (
        "en", "nord/cable.txt", entry["url"],
    )  # fmt: skip
    first, second = json.loads(csl_json(told))
    assert first["issued"] == {"date-parts": [[2025, 3, 5]]}
    assert (first["container-title"], first["archive_location"]) == ("nord", "nord/cable.txt")
    assert "issued" not in second
    assert "year" not in dict(read_bibtex(bibtex(told)))[second["id"]]


@given(texts, texts)
def test_hostile_words_stay_words_in_every_citation(title: str, path: str) -> None:
    told = taken(answer(citation(1, "x", title=title, path=path), citation(2, "y")))
    (key, entry), *_ = read_bibtex(bibtex(told))
    assert re.fullmatch(r"[a-z0-9-]+", key)
    assert set_by_latex(entry.get("title", "{}")[1:-1]) == words(title)
    assert set_by_latex(entry.get("howpublished", "")) == words(path)
    [record, *_] = read_ris(ris(told))
    assert record.get("TI", "") == words(title)
    [item, *_] = json.loads(csl_json(told))
    assert item.get("title", "").replace("\u2060", "") == words(title).replace("\u2060", "")
    assert not re.search(r"</?[a-z]", item.get("title", ""), re.IGNORECASE)


@given(texts, texts)
def test_two_files_never_share_a_name(one: str, other: str) -> None:
    told = references(taken(answer(citation(1, "x", path=one), citation(2, "y", path=other))))
    assert len({reference.id for reference in told}) == len({one, other})


# --- Files -------------------------------------------------------------------------------------


@given(texts)
def test_every_file_has_a_name_that_any_disk_takes(question: str) -> None:
    told = taken(answer(question=question))
    names = [file_name(told, form) for form in (*ANSWER_FORMS, *CITATION_FORMS)]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"communique[a-z0-9-]*\.[a-z.]+", name) for name in names)


def test_a_name_tells_the_question() -> None:
    told = taken(answer(question="Когда Финляндия вступила в НАТО?"))
    assert file_name(told, CITATION_FORMS[0]) == "communique-kogda-finlyandiya-vstupila-v-nato.bib"


def test_every_form_can_be_written_of_an_answer_and_of_a_refusal() -> None:
    for told in (CITED, answer(), refusal("Which pie?", HOSTILE_TITLE, "Waves.")):
        for wording in (ENGLISH, FRENCH):
            made: Mapping[str, str | bytes] = {
                form.name: form.write(taken(told, wording)) for form in ANSWER_FORMS
            }
            assert all(made.values())
    assert all(form.write(taken(CITED)) for form in CITATION_FORMS)
