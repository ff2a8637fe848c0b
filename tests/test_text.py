"""The normal form and its way back, sentences, words and stems."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archive.text import (
    Piece,
    Span,
    file_span,
    held_stems,
    normalised,
    sentences,
    stems,
    words,
    written_words,
)

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
        ("l\u02bcété 2025", ["l", "été", "2025"]),
        ("п'ять об’єднань з\u02bcїзд", ["пять", "обєднань", "зїзд"]),
        ("O’Brien", ["o", "brien"]),
        ("قدّم", ["قد\u0651م"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
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
    ("text", "found"),
    [
        ("1 000, 1\u00a0000, 1\u202f000, 1.000, 1,000, 1'000, 1’000, 1000", ["1000"] * 8),
        ("12 345 678 et 12.345.678", ["12345678", "et", "12345678"]),
        ("3,5 % ou 3.5", ["3.5", "ou", "3.5"]),
        ("1.234,56 et 1,234.56", ["1234.56", "et", "1234.56"]),
        ("$1,500-strong.", ["1500", "strong"]),
        ("١٬٠٠٠ و ٣٫٥ و ٢٠٢٥", ["1000", "و", "3.5", "و", "2025"]),
        ("24.06.2025", ["24", "06", "2025"]),
        ("1,2,3", ["1", "2", "3"]),
        ("en 2023 100 chars", ["en", "2023", "100", "chars"]),
        ("T-72 100", ["t", "72", "100"]),
        ("v1.2.3", ["v1", "2", "3"]),
        ("Il en vint 15. 300 autres", ["il", "en", "vint", "15", "300", "autres"]),
    ],
)
def test_numbers_are_one_word_however_they_are_written(text: str, found: list[str]) -> None:
    assert words(text) == found


@given(st.integers(0, 10**12), st.sampled_from(" .,'’\u00a0\u202f"))
def test_a_grouped_number_is_the_word_of_the_ungrouped_one(number: int, sign: str) -> None:
    assert words(f"{number:,}".replace(",", sign)) == [str(number)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Le 24 juin 2025", ["2025-06-24", "2025-06"]),
        ("June 24, 2025", ["2025-06-24", "2025-06"]),
        ("24.06.2025", ["2025-06-24", "2025-06"]),
        ("24 червня 2025 року", ["2025-06-24", "2025-06"]),
        ("٢٤ يونيو ٢٠٢٥", ["2025-06-24", "2025-06"]),
        ("from 24 to 26 June 2025", ["2025-06-24", "2025-06-26", "2025-06"]),
        ("June 2025", ["2025-06"]),
        ("24 juin", []),
        ("2025", []),
    ],
)
def test_the_days_and_months_of_a_text_follow_its_words(text: str, told: list[str]) -> None:
    assert stems(text, "xx")[len(words(text)) :] == told


# A noun by itself, and with what Arabic writes onto it.
@pytest.mark.parametrize(
    "told",
    [
        "ناتو الناتو والناتو بالناتو للناتو وللناتو وبالناتو فالناتو كالناتو",
        "وزير الوزير والوزير للوزير",
        "وزراء الوزراء والوزراء بالوزراء",
        "مدرسة المدرسة ومدرسة",
        "انتخابات الانتخابات والانتخابات وانتخابات",
        "كتاب كتابه والكتاب وكتابها",
        "إيران ايران لإيران وإيران بإيران",
        "أوكرانيا اوكرانيا لأوكرانيا بأوكرانيا وأوكرانيا وبأوكرانيا",
        "عسكري عسكرية العسكرية",
    ],
)
def test_what_arabic_writes_onto_a_word_is_taken_off(told: str) -> None:
    alone, *others = told.split()
    assert {*stems(alone, "ar")} == {*stems(" ".join(others), "ar")}


@pytest.mark.parametrize("told", ["وزير ناتو", "كتاب مكتب", "روسيا أوكرانيا", "لبنان لندن"])
def test_other_arabic_words_stay_apart(told: str) -> None:
    assert len(set(stems(told, "ar"))) == 2


@pytest.mark.parametrize("word", ["و", "ال", "وال", "لل", "ولد", "بأس", "لأن", "كأس", "ها"])
def test_a_short_arabic_word_keeps_what_only_looks_written_onto_it(word: str) -> None:
    assert len(stems(word, "ar")[0]) == len(word)


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
        ("uk", "об’єднання", "об'єднанням"),
        ("hi", "लड़का", "लड़के"),
    ],
)
def test_forms_of_one_word_share_their_stem(language: str, one: str, other: str) -> None:
    assert stems(one, language) == stems(other, language)


@given(TEXTS, LANGUAGES)
def test_every_word_has_a_stem_without_blanks(text: str, language: str) -> None:
    found = stems(text, language)
    assert len(found) >= len(words(text))
    assert all(stem and stem.split() == [stem] for stem in found)


@given(TEXTS)
def test_the_words_do_not_depend_on_how_accents_are_stored(text: str) -> None:
    assert words(unicodedata.normalize("NFD", text)) == words(unicodedata.normalize("NFC", text))


# Days and months as they are written, between words, signs, other years and other digits.
DATED = st.lists(
    st.sampled_from(
        [
            "24 juin 2025", "du 24 au 26 juin 2025", "June 24-26, 2025", "24.06.2025", "2025-06-24",
            "30 December 2024 – 2 January 2025", "30 грудня – 2 січня 2025", "٢٤ يونيو ٢٠٢٥",
            "Juni 2025", "SEPT. 2024", "24 juin", "2025", "12025", "2024.5", "v2025", "mars",
        ]
    )
    | st.text(max_size=20)
    | st.text(" ,.x", min_size=40, max_size=60),
    max_size=8,
).map(" ".join)  # fmt: skip
SOUGHT = ["2025-06", "2025-06-24", "2025-06-26", "2024-12-30", "2025-01", "2025-01-02", "2024-09"]


@given(DATED, st.sampled_from(["fr", "en", "ar", "und"]))
def test_held_stems_are_the_stems_but_for_days_that_nobody_seeks(text: str, language: str) -> None:
    every, days = set(stems(text, language)), re.compile(r"\d{4}-\d{2}(-\d{2})?")
    of_words = {one for one in every if not days.fullmatch(one)}
    assert held_stems(text, language, ["otan", "2025"]) == of_words
    assert held_stems(text, language, ["otan", *SOUGHT]) == of_words | every.intersection(SOUGHT)


def test_a_day_is_held_where_one_is_sought() -> None:
    text = "Le sommet du 24 juin 2025 s’est tenu à La Haye."
    assert "2025-06-24" in held_stems(text, "fr", ["2025-06-24"])
    assert "2025-06-24" not in held_stems(text, "fr", ["somm"])


NUMBERS_AND_MARKS = ["1 000", "п'ять", "3,5", "١٢٫٥", "漢字", "a’b", "\u0301", "12.", ",5", "-3.5"]


@given(st.lists(st.text() | st.sampled_from(NUMBERS_AND_MARKS)))
def test_the_words_of_a_text_are_those_of_its_lines(parts: list[str]) -> None:
    for end in ("\n", "\r\n", "\x1c", "\u2028"):
        text = end.join(parts)
        assert written_words(text) == [
            word for line in text.splitlines() for word in written_words(line)
        ]


@given(TEXTS | st.text())
def test_the_words_before_a_number_are_those_of_a_text_without_one(text: str) -> None:
    assert written_words(f"{text} 7") == [*written_words(text), "7"]
