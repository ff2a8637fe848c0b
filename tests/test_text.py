"""The normal form and its way back, sentences, words and stems."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archive.text import Piece, Span, file_span, normalised, sentences, stems, words

# Marks that compose, marks that only change places, Hangul letters, characters that normalisation
# replaces or takes apart, and every kind of line end.
TRICKY = (
    "eao\u0301\u0323\u0327\u0344\u0f73ᄒ\u1161\u11ab각\u212bÅ\u0651\u064eب\u0958ﬁ\r\n\u2028\x85 ."
)
TEXTS = st.text(st.sampled_from(TRICKY) | st.characters(exclude_categories=["Cs"]), max_size=60)
LANGUAGES = st.sampled_from(["fr", "en", "uk", "de", "es", "ar", "ru", "zh", "ja", "hi", "xx"])


def as_text(raw: str) -> str:
    return unicodedata.normalize("NFC", re.sub(r"\r\n|\r", "\n", raw))


def linear(piece: Piece) -> bool:
    return piece.same


@st.composite
def kept_lines(draw: st.DrawFn) -> tuple[str, list[Span]]:
    """A file and some of its lines, as the furniture step leaves them."""
    raw = draw(TEXTS)
    kept, at = [], 0
    for line in raw.splitlines(keepends=True):
        if draw(st.booleans()):
            kept.append((at, at + len(line)))
        at += len(line)
    return raw, kept


@given(kept_lines())
def test_the_kept_spans_become_one_normal_text_whose_pieces_leave_no_gap(
    case: tuple[str, list[Span]],
) -> None:
    raw, kept = case
    text, pieces = normalised(raw, kept)
    assert text == "".join(as_text(raw[start:end]) for start, end in kept)
    assert [0, *(piece.end for piece in pieces)] == [*(piece.start for piece in pieces), len(text)]
    for piece in pieces:
        assert text[piece.start : piece.end] == as_text(raw[piece.file_start : piece.file_end])


@example("ب\u0651\u064e", 1, 2)
@example("x\u0301\u0323 y", 0, 2)
@given(TEXTS, st.integers(0, 60), st.integers(1, 60))
def test_any_span_of_the_text_leads_to_the_same_words_in_the_file(
    raw: str, start: int, length: int
) -> None:
    text, pieces = normalised(raw, [(0, len(raw))])
    if start >= len(text):
        return
    end = min(start + length, len(text))
    at, until = file_span(pieces, start, end)
    first = next(piece for piece in pieces if piece.start <= start < piece.end)
    last = next(piece for piece in pieces if piece.start < end <= piece.end)
    start = start if linear(first) else first.start
    end = end if linear(last) else last.end
    assert as_text(raw[at:until]) == text[start:end]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("cafe\u0301", "café"),
        ("un\r\ndeux\rtrois\n", "un\ndeux\ntrois\n"),
        ("\u1112\u1161\u11ab", "한"),
        ("\u212bngstro\u0308m", "Ångström"),
        ("e\u0301\u0302\u0303\u0323", "ẹ\u0301\u0302\u0303"),
        ("e\u0f73\u0301", "é\u0f71\u0f72"),
        ("", ""),
    ],
)
def test_normal_forms_by_hand(raw: str, text: str) -> None:
    assert normalised(raw, [(0, len(raw))])[0] == text


def test_offsets_after_a_composed_letter_and_a_line_end_by_hand() -> None:
    raw = "cafe\u0301\r\nnoir"
    text, pieces = normalised(raw, [(0, len(raw))])
    assert text == "café\nnoir"
    assert file_span(pieces, 5, 9) == (7, 11)
    assert file_span(pieces, 3, 4) == (3, 5)
    assert file_span(pieces, 0, 5) == (0, 7)


def test_offsets_across_a_dropped_line_by_hand() -> None:
    raw = "one\nmenu\ntwo\n"
    text, pieces = normalised(raw, [(0, 4), (9, 13)])
    assert text == "one\ntwo\n"
    assert file_span(pieces, 4, 7) == (9, 12)


@given(TEXTS, LANGUAGES)
def test_every_character_that_is_no_blank_lies_in_exactly_one_sentence(
    raw: str, language: str
) -> None:
    text = as_text(raw)
    spans = sentences(text, language)
    ends = [0, *(end for _, end in spans)]
    assert all(before <= start < end for before, (start, end) in zip(ends, spans, strict=False))
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)
    inside = {at for start, end in spans for at in range(start, end)}
    assert inside >= {at for at, character in enumerate(text) if not character.isspace()}
    assert not any("\n" in text[start:end] for start, end in spans)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("fr", ["M. Häkkänen est venu.", "Il a parlé."]),
        ("fr", ["« Il faut agir. »", "Puis il partit."]),
        ("fr", ["L’accord date du 3 mai 2024.", "Qui l’a signé\u202f?", "Deux pays."]),
        ("en", ["Dr. Smith met Mr. Jones in Washington.", "They talked."]),
        ("en", ["It cost $3.5 million.", "“Too much,” he said.", "Nobody agreed!"]),
        ("uk", ["У жовт. 2025 року було тихо.", "Потім почалися навчання."]),
        ("de", ["Am 3. Mai 2024 begann die Übung.", "Sie dauerte z. B. in Polen länger."]),
        ("es", ["¿Quién vino?", "El Sr. García llegó tarde."]),
        ("ar", ["ما هذا؟", "هذا كتاب."]),
        ("xx", ["One.", "Two."]),
    ],
)
def test_sentences_by_hand(language: str, told: list[str]) -> None:
    text = " ".join(told)
    assert [text[start:end] for start, end in sentences(text, language)] == told


def test_chinese_sentences_need_no_blank_between_them() -> None:
    text = "你好。再见！谁来了？"
    assert [text[start:end] for start, end in sentences(text, "zh")] == [
        "你好。", "再见！", "谁来了？",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("l'OTAN", ["l", "otan"]),
        ("d’Ukraine", ["d", "ukraine"]),
        ("l\u02bcété 2025", ["l\u02bcété", "2025"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("ﬁn", ["fin"]),
        ("北大西洋", ["北大", "大西", "西洋"]),
        ("北", ["北"]),
        ("NATOと日本", ["nato", "と日", "日本"]),
        ("—", []),
    ],
)
def test_words_by_hand(text: str, found: list[str]) -> None:
    assert words(text) == found


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("fr", "médias", "medias"),
        ("fr", "les câbles", "les câble"),
        ("en", "exercises", "exercise"),
        ("uk", "кабелі", "кабелів"),
        ("uk", "Україна", "України"),
        ("de", "Übungen", "Übung"),
        ("es", "ejercicios", "ejercicio"),
        ("xx", "Ärzte", "arzte"),
    ],
)
def test_forms_of_one_word_share_their_stem(language: str, one: str, other: str) -> None:
    assert stems(one, language) == stems(other, language)


@given(TEXTS, LANGUAGES)
def test_every_word_has_a_stem_without_blanks(text: str, language: str) -> None:
    found = stems(text, language)
    assert len(found) == len(words(text))
    assert all(stem and stem.split() == [stem] for stem in found)


@given(TEXTS)
def test_the_words_do_not_depend_on_how_accents_are_stored(text: str) -> None:
    assert words(unicodedata.normalize("NFD", text)) == words(unicodedata.normalize("NFC", text))
