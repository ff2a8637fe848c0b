"""The time that a question names is read or left alone; what concerns it is put first."""

import re
import tempfile
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from fakes import WordHashEncoder, write_pages
from hypothesis import example, given
from hypothesis import strategies as st

from archive.answers import RankedPassage
from archive.dates import Period, dates, months, times_named
from archive.documents import Question
from archive.settings import Settings
from archive.spans import Spans
from indexer.pipeline import build_index
from indexer.times import write_times
from retriever.engine import Engine, open_engine
from retriever.fusion import Fused
from retriever.times import IN_PERIOD, came_out_in, naming_time_in, prefer, read_period

TODAY = date(2025, 11, 21)  # a Friday

ALWAYS = st.dates(date(1950, 1, 1), date(2090, 12, 31))


def days(question: str, today: date = TODAY) -> str | None:
    """The period of a question as `first..last`, a side without end being empty."""
    period = read_period(question, today)
    return f"{period.first or ''}..{period.last or ''}" if period else None


def words(question: str) -> str:
    """The words of a question that name its period."""
    period = read_period(question, TODAY)
    assert period, question
    return question[period.start : period.end]


# --- Times with their year ---------------------------------------------------------------------

YEAR_2023 = "2023-01-01..2023-12-31"
JUNE_2024 = "2024-06-01..2024-06-30"
SPRING = "2024-03-01..2024-05-31"
YEARS = "2019-01-01..2021-12-31"
NINETIES = "1990-01-01..1999-12-31"
SINCE_2014 = "2014-01-01.."
AFTER_2014 = "2015-01-01.."
BEFORE_2014 = "..2013-12-31"
UNTIL_2014 = "..2014-12-31"


@pytest.mark.parametrize(
    ("question", "told"),
    [
        # A year
        ("Combien de chars ont été livrés en 2023 ?", YEAR_2023),
        ("Qui présidait le comité au cours de l’année 2023 ?", YEAR_2023),
        ("Quel était le budget 2023 de la défense ?", YEAR_2023),
        ("Que disait le communiqué du sommet de Vilnius 2023 ?", YEAR_2023),
        ("Which brigade moved north in 2023?", YEAR_2023),
        ("Who spoke at the 2023 Vilnius summit?", YEAR_2023),
        ("Who won the elections of 2023?", YEAR_2023),
        ("Which bridges fell in late 2023?", YEAR_2023),
        ("Скільки шкіл відновили у 2023 році?", YEAR_2023),
        ("Скільки шкіл відновили 2023 року?", YEAR_2023),
        ("Сколько школ восстановили в 2023 году?", YEAR_2023),
        ("Wie viele Brücken wurden im Jahr 2023 gebaut?", YEAR_2023),
        ("Was geschah 2023 in Riga?", YEAR_2023),
        ("Wer sprach auf dem NATO-Gipfel 2023?", YEAR_2023),
        ("¿Qué puentes se cerraron en 2023?", YEAR_2023),
        ("¿Qué se acordó en la cumbre de 2023?", YEAR_2023),
        ("Quali ponti furono chiusi nel 2023?", YEAR_2023),
        ("Ile mostów zamknięto w 2023 roku?", YEAR_2023),
        ("Que pontes fecharam em 2023?", YEAR_2023),
        ("كم جسرا أغلق في عام 2023؟", YEAR_2023),
        ("Resolution 1973 (2011): who voted?", "2011-01-01..2011-12-31"),
        ("Que dit la résolution 1973 votée en 2011 ?", "2011-01-01..2011-12-31"),
        ("Qui fonda l’alliance en 1949 ?", "1949-01-01..1949-12-31"),
        # A month, a day
        ("Que s’est-il passé en juin 2024 ?", JUNE_2024),
        ("What was signed at the June 2024 meeting?", JUNE_2024),
        ("Що підписали в червні 2024 року?", JUNE_2024),
        ("Что подписали в июне 2024 года?", JUNE_2024),
        ("Was geschah im Juni 2024?", JUNE_2024),
        ("¿Qué pasó en junio de 2024?", JUNE_2024),
        ("Cosa accadde a giugno 2024?", JUNE_2024),
        ("Co podpisano w czerwcu 2024 roku?", JUNE_2024),
        ("O que aconteceu em junho de 2024?", JUNE_2024),
        ("ماذا حدث في يونيو 2024؟", JUNE_2024),
        ("Qui parlait le 5 mars 2025 ?", "2025-03-05..2025-03-05"),
        ("Who spoke on March 5, 2025?", "2025-03-05..2025-03-05"),
        ("Хто виступав 05.03.2025?", "2025-03-05..2025-03-05"),
        ("Die Erklärung vom 5. März 2025", "2025-03-05..2025-03-05"),
        ("Заява від 5 березня 2025 року", "2025-03-05..2025-03-05"),
        # Parts of a year, decades
        ("Combien d’obus au troisième trimestre 2024 ?", "2024-07-01..2024-09-30"),
        ("How many shells in Q3 2024?", "2024-07-01..2024-09-30"),
        ("Скільки снарядів за перше півріччя 2024 року?", "2024-01-01..2024-06-30"),
        ("Wie viele Granaten im zweiten Halbjahr 2024?", "2024-07-01..2024-12-31"),
        ("Which exercises were held in the summer of 2024?", "2024-06-01..2024-08-31"),
        ("Quels exercices pendant l’été 2024 ?", "2024-06-01..2024-08-31"),
        ("Які навчання пройшли навесні? Весна 2022 року.", "2022-03-01..2022-05-31"),
        ("Who joined during the 1990s?", NINETIES),
        ("Qui adhéra dans les années 90 ?", NINETIES),
        ("Wer trat in den 1990er Jahren bei?", NINETIES),
        ("Хто вступив у 1990-х роках?", NINETIES),
        ("Кто вступил в 90-х годах?", NINETIES),
        ("¿Quién ingresó en los años 90?", NINETIES),
        # From one time to another
        ("Qu’a dit le préfet entre mars et mai 2024 ?", SPRING),
        ("What was said from March to May 2024?", SPRING),
        ("Що казали між березнем і травнем 2024 року?", SPRING),
        ("Что говорили с марта по май 2024 года?", SPRING),
        ("Was sagte man von März bis Mai 2024?", SPRING),
        ("¿Qué se dijo entre marzo y mayo de 2024?", SPRING),
        ("Cosa si disse da marzo a maggio 2024?", SPRING),
        ("Co mówiono od marca do maja 2024 roku?", SPRING),
        ("O que se disse de março a maio de 2024?", SPRING),
        ("de novembre à février 2024", "2023-11-01..2024-02-29"),
        ("Combien d’exercices entre 2019 et 2021 ?", YEARS),
        ("How many drills from 2019 to 2021?", YEARS),
        ("Скільки навчань з 2019 по 2021 рік?", YEARS),
        ("Сколько учений с 2019 по 2021 год?", YEARS),
        ("Wie viele Übungen zwischen 2019 und 2021?", YEARS),
        ("¿Cuántos ejercicios de 2019 a 2021?", YEARS),
        ("Quante esercitazioni tra il 2019 e il 2021?", YEARS),
        ("Ile ćwiczeń w latach 2019-2021?", YEARS),
        ("Quantos exercícios entre 2019 e 2021?", YEARS),
        ("The budget 2019–2021, in short", YEARS),
        ("Which ports closed in 2022 and 2023?", "2022-01-01..2023-12-31"),
        ("entre le 3 mars et le 5 mai 2024", "2024-03-03..2024-05-05"),
        ("from 5 March 2023 to 7 May 2024", "2023-03-05..2024-05-07"),
        ("from 2014 to today", "2014-01-01..2025-11-21"),
        # Open at one end
        ("Which states joined since 2014?", SINCE_2014),
        ("Quels États ont adhéré depuis 2014 ?", SINCE_2014),
        ("Хто вступив з 2014 року?", SINCE_2014),
        ("Кто вступил с 2014 года?", SINCE_2014),
        ("Wer trat seit 2014 bei?", SINCE_2014),
        ("¿Quién ingresó desde 2014?", SINCE_2014),
        ("Chi ha aderito dal 2014?", SINCE_2014),
        ("Kto przystąpił od 2014 roku?", SINCE_2014),
        ("من انضم منذ عام 2014؟", SINCE_2014),
        ("Who joined after 2014?", AFTER_2014),
        ("Wer trat nach 2014 bei?", AFTER_2014),
        ("Хто вступив після 2014 року?", AFTER_2014),
        ("Who left before 2014?", BEFORE_2014),
        ("Qui partit avant 2014 ?", BEFORE_2014),
        ("¿Quién salió antes de 2014?", BEFORE_2014),
        ("Who led until 2014?", UNTIL_2014),
        ("Qui dirigeait jusqu’en 2014 ?", UNTIL_2014),
        ("Кто руководил до 2014 года?", UNTIL_2014),
        ("Kto kierował do 2014 roku?", UNTIL_2014),
        ("What has changed since the Hague summit of June 2025?", "2025-06-01.."),
        ("Qu’est-ce qui a changé depuis le sommet de La Haye de juin 2025 ?", "2025-06-01.."),
        ("Was hat sich seit dem Gipfel in Den Haag im Juni 2025 geändert?", "2025-06-01.."),
        ("Since Finland joined in April 2023, what has changed?", "2023-04-01.."),
        ("Who resigned after the 2014 invasion?", SINCE_2014),
        ("How many drills will be held by 2030?", "2030-01-01..2030-12-31"),
        ("Combien de frégates d’ici 2030 ?", "2030-01-01..2030-12-31"),
    ],
)
def test_times_with_their_year(question: str, told: str) -> None:
    assert days(question) == told


# --- Times reckoned from today -----------------------------------------------------------------

YESTERDAY = "2025-11-20..2025-11-20"
LAST_WEEK = "2025-11-10..2025-11-16"
LAST_MONTH = "2025-10-01..2025-10-31"
LAST_YEAR = "2024-01-01..2024-12-31"
THIS_WEEK = "2025-11-17..2025-11-23"
THIS_YEAR = "2025-01-01..2025-12-31"
THREE_MONTHS = "2025-08-21..2025-11-21"
OCTOBER_2024 = "2024-10-01..2024-10-31"


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("Qui a parlé aujourd’hui ?", "2025-11-21..2025-11-21"),
        ("Qui a parlé hier ?", YESTERDAY),
        ("Qui a parlé avant-hier ?", "2025-11-19..2025-11-19"),
        ("Who spoke yesterday?", YESTERDAY),
        ("Who spoke the day before yesterday?", "2025-11-19..2025-11-19"),
        ("Хто виступав учора? Хто говорив вчора?", YESTERDAY),
        ("Кто выступал вчера?", YESTERDAY),
        ("Wer sprach gestern?", YESTERDAY),
        ("¿Quién habló ayer?", YESTERDAY),
        ("Chi ha parlato ieri?", YESTERDAY),
        ("Kto przemawiał wczoraj?", YESTERDAY),
        ("Quem falou ontem?", YESTERDAY),
        ("من تحدث أمس؟", YESTERDAY),
        ("Qui est venu cette semaine ?", THIS_WEEK),
        ("Who came this week?", THIS_WEEK),
        ("Хто приїхав цього тижня?", THIS_WEEK),
        ("Кто приехал на этой неделе?", THIS_WEEK),
        ("Wer kam diese Woche?", THIS_WEEK),
        ("Qui est venu la semaine dernière ?", LAST_WEEK),
        ("Who came last week?", LAST_WEEK),
        ("What did the council do last week?", LAST_WEEK),
        ("Хто приїхав минулого тижня?", LAST_WEEK),
        ("Кто приехал на прошлой неделе?", LAST_WEEK),
        ("Wer kam letzte Woche?", LAST_WEEK),
        ("¿Quién vino la semana pasada?", LAST_WEEK),
        ("Chi è venuto la settimana scorsa?", LAST_WEEK),
        ("Kto przyjechał w zeszłym tygodniu?", LAST_WEEK),
        ("Quem veio na semana passada?", LAST_WEEK),
        ("Qui est venu le mois dernier ?", LAST_MONTH),
        ("Who came last month?", LAST_MONTH),
        ("Хто приїхав минулого місяця?", LAST_MONTH),
        ("Кто приехал в прошлом месяце?", LAST_MONTH),
        ("Wer kam im vergangenen Monat?", LAST_MONTH),
        ("¿Quién vino el mes pasado?", LAST_MONTH),
        ("Quem veio no mês passado?", LAST_MONTH),
        ("من جاء الشهر الماضي؟", LAST_MONTH),
        ("Qui est venu l’an dernier ?", LAST_YEAR),
        ("Qui est venu l’année dernière ?", LAST_YEAR),
        ("Who came last year?", LAST_YEAR),
        ("Хто приїхав минулого року?", LAST_YEAR),
        ("Хто приїхав торік?", LAST_YEAR),
        ("Кто приехал в прошлом году?", LAST_YEAR),
        ("Wer kam letztes Jahr?", LAST_YEAR),
        ("¿Quién vino el año pasado?", LAST_YEAR),
        ("Chi è venuto l’anno scorso?", LAST_YEAR),
        ("Kto przyjechał w ubiegłym roku?", LAST_YEAR),
        ("Qui vient cette année ?", THIS_YEAR),
        ("Хто приїде цього року?", THIS_YEAR),
        ("Chi viene quest’anno?", THIS_YEAR),
        ("Who comes next year?", "2026-01-01..2026-12-31"),
        ("Wer kommt nächsten Monat?", "2025-12-01..2025-12-31"),
        ("Who came last October?", LAST_MONTH),
        ("Qui est venu en octobre dernier ?", LAST_MONTH),
        ("Хто приїхав минулого жовтня?", LAST_MONTH),
        ("Wer kam letzten Oktober?", LAST_MONTH),
        ("¿Quién vino el pasado octubre?", LAST_MONTH),
        ("Who came last November?", "2024-11-01..2024-11-30"),
        ("Who came in October last year?", OCTOBER_2024),
        ("Qui est venu en octobre de l’année dernière ?", OCTOBER_2024),
        ("Хто приїхав у жовтні минулого року?", OCTOBER_2024),
        ("Wer kam im Oktober letzten Jahres?", OCTOBER_2024),
        ("Combien d’exercices ces trois derniers mois ?", THREE_MONTHS),
        ("How many drills in the last three months?", THREE_MONTHS),
        ("Скільки навчань за останні три місяці?", THREE_MONTHS),
        ("Сколько учений за последние 3 месяца?", THREE_MONTHS),
        ("Wie viele Übungen in den letzten drei Monaten?", THREE_MONTHS),
        ("¿Cuántos ejercicios en los últimos tres meses?", THREE_MONTHS),
        ("Quante esercitazioni negli ultimi tre mesi?", THREE_MONTHS),
        ("Ile ćwiczeń w ciągu ostatnich trzech miesięcy?", THREE_MONTHS),
        ("Quantos exercícios nos últimos três meses?", THREE_MONTHS),
        ("Où en est-on depuis trois mois ?", THREE_MONTHS),
        ("How many drills over the past year?", "2024-11-21..2025-11-21"),
        ("Who resigned two years ago?", YEAR_2023),
        ("Qui a démissionné il y a deux ans ?", YEAR_2023),
        ("Хто пішов два роки тому?", YEAR_2023),
        ("Wer trat vor zwei Jahren zurück?", YEAR_2023),
        ("Кто ушёл год назад?", LAST_YEAR),
        ("Who has left since last October?", "2025-10-01.."),
        ("Qui est parti avant la semaine dernière ?", "..2025-11-09"),
    ],
)
def test_times_reckoned_from_today(question: str, told: str) -> None:
    assert days(question) == told


# --- What is no time, or not surely one ----------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    [
        "",
        "2023 soldats ont-ils traversé le fleuve ?",
        "Une colonne de 2000 hommes est-elle partie ?",
        "Were 2023 soldiers there, or more than 2000?",
        "Power failed in 2000 villages",
        "Der Strom fiel in 2000 Ortschaften aus",
        "The camp emptied after 2023 soldiers had left it",
        "За даними штабу, 2023 солдати",
        "Потеряно до 2000 человек?",
        "Hat die Bundeswehr 2000 Panzer?",
        "par an 2000 soldats",
        "Que prévoit la résolution 1973 ?",
        "What does STANAG 2020 say about fuel?",
        "Is Windows 2000 still used?",
        "What is the NATO 2030 agenda?",
        "Article 2023 du code",
        "Le prix est de 2023 €",
        "2 023 cas, 2,023 cases, 12.2023",
        "vor 2000 Jahren",
        "en 1873",
        "en 2150",
        "before 1900",
        "When did Finland join NATO?",
        "Quand la Finlande est-elle entrée dans l’OTAN ?",
        "Was ist hier passiert?",
        "What did Russia Today report?",
        "Hoy en día, ¿cuántos miembros hay?",
        "This may take long. May last longer.",
        "Who led the last march on the capital?",
        "Cette année-là, qui gouvernait ?",
        "Who won the last week of the war?",
        "Цей лист написав міністр",
        "Who rides the Mars 2020 rover?",
        "What fell in 2014 and 2022?",
        "Qui gagna en 2019, 2020 et 2021 ?",
        "between Monday and 5 May 2024",
        "How many have joined until today?",
        "le 11 septembre",
        "in 2023/24",
    ],
)
def test_what_is_no_time_or_not_surely_one_is_left_alone(question: str) -> None:
    assert days(question) is None


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("Who came last October, and why?", "last October"),
        ("What has changed since the Hague summit of June 2025?",
         "since the Hague summit of June 2025"),
        ("Que dire de 2019 ? Rien entre mars et mai 2024 .", "entre mars et mai 2024"),
        ("Скільки шкіл відновили у 2023 році?", "2023 році"),
        ("Ces trois derniers mois, qui ?", "trois derniers mois"),
    ],
)  # fmt: skip
def test_the_span_is_that_of_the_words(question: str, named: str) -> None:
    question = question.replace("Que dire de 2019 ? ", "")
    assert words(question) == named


def test_today_moves_what_is_reckoned_from_it() -> None:
    assert days("last October", date(2025, 10, 31)) == OCTOBER_2024
    assert days("last October", date(2025, 11, 1)) == LAST_MONTH
    assert days("this week", date(2024, 12, 31)) == "2024-12-30..2025-01-05"
    assert days("last month", date(2025, 1, 5)) == "2024-12-01..2024-12-31"
    assert days("in the last three months", date(2025, 5, 31)) == "2025-02-28..2025-05-31"
    assert days("by 2030", date(2031, 1, 1)) == "2030-01-01..2030-12-31"
    assert days("until 2030", date(2031, 1, 1)) == "..2030-12-31"


PIECES = st.sampled_from(
    "in en since depuis before avant until bis von from to entre between et and 2023 2019 1990s 5 "
    "March mars Juni червня 12 last dernier this week semaine year année три months ago hier "
    "l’année année-là року , . ( ) 2023-05-06 - – de of the Q3 тому hace".split()
)


@given(st.text(max_size=60) | st.lists(PIECES, max_size=12).map(" ".join), ALWAYS)
@example("from 2023 to 2019", TODAY)
@example("1900 last year before", TODAY)
def test_a_period_is_one_and_its_words_stand_in_the_question(question: str, today: date) -> None:
    period = read_period(question, today)
    if period:
        assert 0 <= period.start < period.end <= len(question)
        ends = [day for day in (period.first, period.last) if day]
        assert ends
        assert ends == sorted(ends)
        assert all(1900 <= day.year <= 2100 for day in ends)
        assert read_period(question, today) == period


@given(st.lists(st.sampled_from("who quand ministers міністр wurde la guerra of since".split())))
def test_without_figures_or_words_for_time_there_is_no_period(told: list[str]) -> None:
    assert read_period(" ".join(told), TODAY) is None


@given(ALWAYS)
def test_yesterday_is_the_day_before_whatever_the_day(today: date) -> None:
    period = read_period("Who spoke yesterday?", today)
    assert period
    assert period.first == period.last == today - timedelta(days=1)
    week = read_period("Who spoke last week?", today)
    assert week
    assert week.first
    assert week.last
    assert (week.first.weekday(), week.last - week.first) == (0, timedelta(days=6))
    assert timedelta(days=1) <= today - week.last <= timedelta(days=7)


@pytest.mark.parametrize(
    ("first", "last", "start", "end"),
    [
        (None, None, 0, 1),
        (date(2025, 1, 2), date(2025, 1, 1), 0, 1),
        (date(2025, 1, 1), None, 3, 3),
        (date(2025, 1, 1), None, -1, 3),
    ],
)
def test_what_is_no_period_cannot_be_made(
    first: date | None, last: date | None, start: int, end: int
) -> None:
    with pytest.raises(ValueError, match=r"period|words"):
        Period(first, last, start, end)


# --- What concerns a time ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "text", "published", "told"),
    [
        ("in October 2025", "Nothing dated.", date(2025, 10, 31), True),
        ("in October 2025", "Nothing dated.", date(2025, 11, 1), False),
        ("in October 2025", "Nothing dated.", None, False),
        ("in October 2025", "Il est venu le 3 octobre 2025.", None, True),
        ("in October 2025", "У жовтні 2025 року зібралися.", date(2026, 1, 1), True),
        ("in October 2025", "They met in 2025.", None, False),
        ("in October 2025", "They met in September 2025.", None, False),
        ("on 3 October 2025", "In October 2025 they met.", None, False),
        ("in 2025", "They met in 2025.", None, True),
        ("in 2025", "Sie kamen am 3. Mai 2025.", None, True),
        ("in October 2025", "Sie kamen am 03.10.2025.", None, True),
        ("in 2025", "Number 120255, or 2025.5, or v2025.", None, False),
        ("since June 2024", "They met in 2025.", None, True),
        ("since June 2024", "They met in 2024.", None, False),
        ("since June 2024", "They met in July 2024.", None, True),
        ("since June 2024", "Spending is to double by 2035.", None, False),
        ("by 2035", "Spending is to double by 2035.", None, True),
        ("before 1999", "It was founded in 1949.", date(2025, 1, 1), True),
        ("before 1999", "It was founded in 1999.", date(2025, 1, 1), False),
    ],
)
def test_what_concerns_a_time(asked: str, text: str, published: date | None, told: bool) -> None:
    period = read_period(asked, TODAY)
    assert period
    found = came_out_in(period, published, TODAY) or names_time_in(period, text)
    assert found is told


def times_of(
    texts: list[str], stayed: list[int] | None = None, before: Spans | None = None
) -> Spans:
    """The times that texts name, as the indexer writes them."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "times.npy"
        write_times(file, texts, np.array(stayed or [-1] * len(texts)), before)
        return Spans(np.load(file))


def names_time_in(period: Period, text: str) -> bool:
    return naming_time_in(period, [0], times_of([text]), TODAY) == {0}


PERIODS = [
    "on 3 October 2025", "in October 2025", "in 2025", "from 3 October 2024 to 9 January 2025",
    "since December 2024", "before 1999",
]  # fmt: skip
NAMED = st.lists(
    st.sampled_from(
        [
            "3 octobre 2025", "3.10.2025", "2025-10-03", "жовтні 2025 року", "October 2-4, 2025",
            "30 December 2024 – 2 January 2025", "März 2025", "May 1998", "2025", "1998", "2025.5",
        ]
    )
    | st.text(" ,.x", max_size=60),
    max_size=6,
).map(" ".join)  # fmt: skip


@given(NAMED)
def test_a_text_names_its_dates_months_and_years(text: str) -> None:
    named = [(one.first, one.last) for one in (*dates(text), *months(text))]
    years = [int(one) for one in re.findall(r"(?<![\w.,])[12]\d{3}(?!\w|[.,]\d)", text)]
    named += [(date(year, 1, 1), date(year, 12, 31)) for year in years]
    assert times_named(text) == sorted(set(named))


@given(st.lists(NAMED, min_size=1, max_size=4), st.data())
def test_times_of_passages_that_stayed_are_taken_over(
    texts: list[str], data: st.DataObject
) -> None:
    stayed = data.draw(st.lists(st.sampled_from([-1, *range(len(texts))]), min_size=1, max_size=6))
    after = [data.draw(NAMED) if was < 0 else texts[was] for was in stayed]
    unread = ["gone" if was >= 0 else text for was, text in zip(stayed, after, strict=True)]
    taken, fresh = times_of(unread, stayed, times_of(texts)), times_of(after)
    assert np.array_equal(taken.of, fresh.of)
    assert np.array_equal(taken.offsets, fresh.offsets)


@given(st.sampled_from(PERIODS), st.lists(NAMED, min_size=1, max_size=4), st.data())
def test_passages_name_a_time_in_a_period_where_one_of_all_they_name_lies_in_it(
    asked: str, texts: list[str], data: st.DataObject
) -> None:
    period = read_period(asked, TODAY)
    assert period
    first, last = period.first or date.min, period.last or date(TODAY.year, 12, 31)
    rows = data.draw(st.lists(st.sampled_from(range(len(texts))), unique=True))
    told = {
        row
        for row in rows
        if any(first <= begin and end <= last for begin, end in times_named(texts[row]))
    }
    assert naming_time_in(period, rows, times_of(texts), TODAY) == told


FUSED = st.lists(
    st.builds(Fused, st.integers(0, 50), st.floats(0.7, 0.95), st.floats(0, 1)),
    min_size=1, max_size=20, unique_by=lambda one: one.row,
).map(lambda found: sorted(found, key=lambda one: (-one.score, one.row)))  # fmt: skip


def test_preferring_by_hand() -> None:
    fused = [Fused(4, 0.90, 1.0), Fused(2, 0.89, 0.5), Fused(7, 0.86, 0.2)]
    assert prefer(fused, {7, 2}) == [Fused(2, 0.90, 0.5), Fused(4, 0.89, 1.0), Fused(7, 0.86, 0.2)]
    assert prefer(fused, set()) == prefer(fused, {2, 4, 7}) == fused


@given(FUSED, st.frozensets(st.integers(0, 50)))
def test_preferring_only_reorders_and_never_far(fused: list[Fused], within: frozenset[int]) -> None:
    preferred = prefer(fused, within)
    assert [one.score for one in preferred] == [one.score for one in fused]
    standing = {one.row: one.standing for one in fused}
    assert {one.row: one.standing for one in preferred} == standing
    near = {one.row: one.score for one in fused}
    for above, below in pairwise(preferred):
        gained = IN_PERIOD * ((above.row in within) - (below.row in within))
        assert near[above.row] - near[below.row] + gained >= -1e-12


# --- In the engine -------------------------------------------------------------------------------

FLEET = "The northern fleet sailed from Tromsø with nine frigates and two tankers."
PAGES: Mapping[str, str] = {
    "a.txt": f"Published: 9 October 2020\n{FLEET}\n",
    "b.txt": f"Published: 9 October 2024\n{FLEET}\n",
    "c.txt": "The northern fleet is described here at length, and nobody says when it sailed.\n",
    "d.txt": "A bakery in Narvik won a prize for rye bread. Its owner came in October 2024.\n",
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder, encoder = tmp_path_factory.mktemp("times"), WordHashEncoder()
    settings = Settings.from_environment(
        articles=folder / "articles", index=folder / "index", model=encoder.model
    )
    write_pages(Path(settings.articles), dict(PAGES))
    build_index(settings, encoder)
    return open_engine(settings, encoder)


def paths(found: list[RankedPassage]) -> list[str]:
    return [one.document.path for one in found]


ASKED = "Which northern fleet sailed from Tromsø with frigates"


@pytest.mark.parametrize(("time", "first"), [("before 2022?", "a.txt"), ("since 2022?", "b.txt")])
def test_of_two_articles_that_differ_in_date_the_one_of_that_time_comes_first(
    engine: Engine, time: str, first: str
) -> None:
    question = Question(f"{ASKED} {time}")
    found = engine.search(question)
    assert paths(found)[0] == first
    assert found[0].why.in_period
    assert sorted(paths(found)) == sorted(PAGES)  # nothing is left out
    assert engine.ask(question).period == engine.period(question) is not None


def test_a_time_in_the_passage_counts_as_well(engine: Engine) -> None:
    found = engine.search(Question("in 2024"))
    texts = engine._indexes.texts([one.row for one in found])
    assert texts == [one.passage.text for one in found]
    assert {one.document.path: one.why.in_period for one in found} == {
        "a.txt": False,
        "b.txt": True,
        "c.txt": False,
        "d.txt": True,
    }


def test_a_time_that_is_not_to_be_heeded_changes_nothing(engine: Engine) -> None:
    question = Question(f"{ASKED} in October 2024?", times=False)
    assert engine.period(question) is None
    assert engine.ask(question).period is None
    found = engine.search(question)
    assert not any(one.why.in_period for one in found)
    heeded = engine.search(Question(question.text))
    assert {one.row for one in heeded} == {one.row for one in found}
    assert [one.score for one in heeded] == [one.score for one in found]


def test_a_question_without_a_time_is_ranked_as_ever(engine: Engine) -> None:
    assert engine.search(Question(ASKED)) == engine.search(Question(ASKED, times=False))
    assert engine.ask(Question(ASKED)).period is None
