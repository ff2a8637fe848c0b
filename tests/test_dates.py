"""Dates as the languages of the archive write them; what is no date is none."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

import archive.dates
from archive.dates import dates, first_date, months

DAY = date(2025, 11, 12)
MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "en": "January February March April May June July August September October November December",
    "uk": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
}
FORMS = {
    "fr": "Le {day} {month} {year}, à Bruxelles",
    "en": "On {day} {month} {year}, in Brussels",
    "uk": "У Брюсселі {day} {month} {year} року відбулася",
    "de": "Am {day}. {month} {year} in Brüssel",
    "es": "El {day} de {month} de {year}, en Bruselas",
    "ru": "В Брюсселе {day} {month} {year} года состоялась",
    "ar": "في {day} {month} {year} في بروكسل",
}


@given(st.sampled_from(sorted(FORMS)), st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_every_day_of_every_month_is_read_in_every_language(language: str, day: date) -> None:
    month = MONTHS[language].split()[day.month - 1]
    text = FORMS[language].format(day=day.day, month=month, year=day.year)
    [mention] = dates(text)
    assert mention.first == mention.last == day
    assert str(day.year) in text[mention.start : mention.end]
    assert month in text[mention.start : mention.end]


@pytest.mark.parametrize(
    "text",
    [
        "le 12 novembre 2025",
        "mercredi 12 nov. 2025",
        "Du 10 au 12 novembre 2025",
        "du 30 octobre au 12 novembre 2025",
        "les 11 et 12 novembre 2025",
        "12 November 2025",
        "12th November, 2025",
        "November 12, 2025",
        "Nov. 12th, 2025",
        "November 10–12, 2025",
        "from 10 to 12 November 2025",
        "10-12 November 2025",
        "12 листопада 2025 року",
        "з 10 до 12 листопада 2025 року",
        "10–12 листопада 2025",
        "am 12. November 2025",
        "vom 10. bis 12. November 2025",
        "el 12 de noviembre de 2025",
        "del 10 al 12 de noviembre de 2025",
        "12 de noviembre del 2025",
        "12 نوفمبر 2025",
        "12 تشرين الثاني 2025",
        "من 10 إلى 12 نوفمبر 2025",
        "12 ноября 2025 г.",
        "2025-11-12",
        "12.11.2025",
        "12. 11. 2025",
        "12\u00a0novembre\u00a02025",
        "12\u202fnovembre 2025",
        "12 NOVEMBRE 2025",
    ],
)
def test_one_day_in_many_forms_and_the_last_day_of_a_range(text: str) -> None:
    assert [mention.last for mention in dates(text)] == [DAY]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("le 1er avril 2024", date(2024, 4, 1)),
        ("1st April 2024", date(2024, 4, 1)),
        ("1.º de abril de 2024", date(2024, 4, 1)),
        ("3 жовт. 2025", date(2025, 10, 3)),
        ("3. Jänner 2024", date(2024, 1, 3)),
        ("29 février 2024", date(2024, 2, 29)),
        ("3 sept. 2024", date(2024, 9, 3)),
    ],
)
def test_special_forms_by_hand(text: str, day: date) -> None:
    assert first_date(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "le 31 février 2024",
        "29 February 2023",
        "2025-02-30",
        "31.11.2025",
        "45 mars 2025",
        "Ce mercredi (13 novembre)",
        "On Wednesday 5 March",
        "en novembre 2025",
        "March 2025",
        "10/11/2025",
        "12 novembre 20255",
        "112 November 2025",
        "version 2025-11",
        "12 pays, 2025",
        "entre 2024 et 2025",
        "may 2 more join",
    ],
)
def test_what_is_no_full_date_is_none(text: str) -> None:
    assert dates(text) == []


def test_dates_come_in_the_order_of_their_places_and_do_not_overlap() -> None:
    found = dates("2025-11-12, then 3 May 2024, then Am 4. Juni 2023, then November 5, 2022.")
    assert [one.last.isoformat() for one in found] == [
        "2025-11-12", "2024-05-03", "2023-06-04", "2022-11-05",
    ]  # fmt: skip


@given(st.text(max_size=80))
def test_no_text_at_all_breaks_the_reading_of_dates(text: str) -> None:
    ends = [0, *(one.end for one in dates(text))]
    starts = [one.start for one in dates(text)]
    assert all(end <= start for end, start in zip(ends, starts, strict=False))


def test_months_with_their_year_by_hand() -> None:
    text = "En mars 2024, puis in May 2025, luego en junio de 2026; rien en avril."
    told = [(one.first, one.last) for one in months(text)]
    assert told == [
        (date(2024, 3, 1), date(2024, 3, 31)),
        (date(2025, 5, 1), date(2025, 5, 31)),
        (date(2026, 6, 1), date(2026, 6, 30)),
    ]
    assert months("in December 9999")[0].last == date.max


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("du 10 au 12 novembre 2025", date(2025, 11, 10)),
        ("du 30 octobre au 12 novembre 2025", date(2025, 10, 30)),
        ("entre le 3 octobre et le 12 novembre 2025", date(2025, 10, 3)),
        ("November 10–12, 2025", date(2025, 11, 10)),
        ("between October 3 and November 12, 2025", date(2025, 10, 3)),
        ("between 3 October and 12 November 2025", date(2025, 10, 3)),
        ("entre el 3 y el 12 de noviembre de 2025", date(2025, 11, 3)),
        ("od 30 października do 12 listopada 2025", date(2025, 10, 30)),
        ("entre 3 e 12 de novembro de 2025", date(2025, 11, 3)),
        ("з 30 грудня до 12 листопада 2025", date(2024, 12, 30)),
        ("le 31 février au 12 novembre 2025", DAY),
        ("12 ноября 2025 г.", DAY),
    ],
)
def test_a_range_begins_where_it_says(text: str, first: date) -> None:
    assert [(one.first, one.last) for one in dates(text)] == [(first, DAY)]


@pytest.mark.parametrize("name", ["auguſt", "juİn", "Marzec"])
def test_a_letter_that_only_looks_alike_breaks_nothing(name: str) -> None:
    assert len(dates(f"3 {name} 2025")) == 1


PIECES = st.sampled_from(
    ["3", "5.", "31", "2024", "12345", "mars", "March", "Sept.", "травня", "كانون الثاني", "de",
     "bis", "–", " ", "  ", "\n", ",", "x", "May2", "03.05.2024", "2024-05-03", "١٢", "_", "and"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=24), st.sampled_from(["", " "]))
def test_dates_are_looked_for_beside_numbers_only_and_nothing_is_missed(
    pieces: list[str], between: str
) -> None:
    """As where every place of the text is tried."""
    text = between.join(pieces)
    with pytest.MonkeyPatch.context() as patch:
        near = dates(text), months(text)
        patch.setattr(archive.dates, "_matches", lambda pattern, told, _: pattern.finditer(told))
        assert near == (dates(text), months(text))
