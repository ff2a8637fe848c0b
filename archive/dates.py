"""Dates as press articles write them, in several languages; a day without its year is none."""

import calendar
import re
from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

# Month names in the forms that stand in a date; each line is one month, January first.
_MONTHS = (
    "january jan janvier janv januar jänner enero ene січня січні січень січнем січ января "
    "январе январь январём январем gennaio janeiro stycznia styczniu styczeń styczniem "
    "يناير كانون-الثاني",
    "february feb février févr fevrier februar febrero лютого лютому лютий лютим лют февраля "
    "феврале февраль февралём февралем febbraio fevereiro lutego lutym luty فبراير شباط",
    "march mar mars märz maerz marzo березня березні березень березнем бер марта марте март "
    "мартом março marca marcu marzec marcem مارس آذار",
    "april apr avril avr abril abr квітня квітні квітень квітнем квіт апреля апреле апрель "
    "апрелем aprile kwietnia kwietniu kwiecień kwietniem أبريل إبريل نيسان",
    "may mai mayo травня травні травень травнем трав мая мае май маем maggio maio maja maju maj "
    "majem مايو أيار",
    "june jun juin juni junio червня червні червень червнем черв июня июне июнь июнем giugno "
    "junho czerwca czerwcu czerwiec czerwcem يونيو يونيه حزيران",
    "july jul juillet juil juli julio липня липні липень липнем лип июля июле июль июлем luglio "
    "julho lipca lipcu lipiec lipcem يوليو يوليه تموز",
    "august aug août aout agosto ago серпня серпні серпень серпнем серп августа августе август "
    "августом sierpnia sierpniu sierpień sierpniem أغسطس آب",
    "september sep sept septembre septiembre setiembre вересня вересні вересень вереснем вер "
    "сентября сентябре сентябрь сентябрём сентябрем settembre setembro września wrześniu "
    "wrzesień wrześniem سبتمبر أيلول",
    "october oct octobre oktober okt octubre жовтня жовтні жовтень жовтнем жовт октября октябре "
    "октябрь октябрём октябрем ottobre outubro października październiku październik "
    "październikiem أكتوبر تشرين-الأول",
    "november nov novembre noviembre листопада листопад листопаді листопадом лист ноября ноябре "
    "ноябрь ноябрём ноябрем novembro listopada listopadzie listopad listopadem "
    "نوفمبر تشرين-الثاني",
    "december dec décembre déc decembre dezember dez diciembre dic грудня грудні грудень груднем "
    "груд декабря декабре декабрь декабрём декабрем dicembre dezembro grudnia grudniu grudzień "
    "grudniem ديسمبر كانون-الأول",
)


def any_of(names: Iterable[str]) -> str:
    """A pattern that matches the longest of the names; common beginnings make it fast."""
    endings: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        endings[name[:1]].append(name[1:])
    longer = [re.escape(letter) + any_of(rest) for letter, rest in endings.items() if letter]
    if not longer:
        return ""
    return f"(?:{'|'.join(longer)}){'?' if '' in endings else ''}"


_NAMES = [[name.replace("-", " ") for name in names.split()] for names in _MONTHS]
_MONTH_PATTERNS = [re.compile(any_of(names), re.IGNORECASE) for names in _NAMES]
MONTH = any_of(name for names in _NAMES for name in names)
_DAY = r"\d{1,2}(?:er|st|nd|rd|th|\.?[ºª]|\.)?"
_TO = (
    r"\s*(?:[-–—]|(?:au|et|and|to|bis|und|al|y|a|e|ao|do|i|до|по|та|і|и|й|إلى|و)\b"
    r"(?:\s+(?:le|the|el|il|o|den|dem)\b)?)\s*"
)
OF = r"(?:\s+(?:de|del|of|do))?\s+"
_WRITTEN = re.compile(
    rf"(?<!\d)(?:(?P<day1>{_DAY})(?:{OF}(?P<month1>{MONTH})\.?)?{_TO})?(?P<day>{_DAY}){OF}"
    rf"(?P<month>{MONTH})\b\.?,?(?:\s+(?:de|del|do))?\s+(?P<year>\d{{4}})(?!\d)",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"\b(?:(?P<month1>{MONTH})\b\.?\s+(?P<day1>{_DAY}){_TO}(?:(?P<month2>{MONTH})\b\.?\s+)?"
    rf"|(?P<month>{MONTH})\b\.?\s+)(?P<day>{_DAY}),?\s+(?P<year>\d{{4}})(?!\d)",
    re.IGNORECASE,
)
_ISO = re.compile(r"(?<!\d)(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?!\d)")
_DOTTED = re.compile(r"(?<!\d)(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4})(?!\d)")
_MONTH_AND_YEAR = re.compile(
    rf"\b(?P<month>{MONTH})\b\.?,?{OF}(?P<year>\d{{4}})(?!\d)", re.IGNORECASE
)
_NUMBER = re.compile(r"\d+")
# It begins with a one or a two, in Arabic, Persian or Indian digits, too: of these a text has few.
_YEAR = re.compile(r"[12١٢۱۲१२]\d{3}(?!\d)(?<!\d{5})")
_ANY_YEAR = re.compile(r"[12]\d{3}(?!\w|[.,]\d)(?<![\w.,]\d{4})")
_WORD_START = re.compile(r"\b[^\W\d]")
_AROUND = 48  # characters from its year in which the rest of a date stands
_FEW = 6  # months, for whose names it is worth looking first
_NEAR = 40  # characters from where a month's name begins to where the number after it does, at most


@dataclass(frozen=True, slots=True)
class Mention:
    """Days that a text names with their year, from the first to the last, and where it does."""

    first: date
    last: date
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Period:
    """The time that a question is about, and the span of the words that say so.

    first, last: both inclusive; None for a time without beginning or without end, never both.
    """

    first: date | None
    last: date | None
    start: int
    end: int

    def __post_init__(self) -> None:
        if self.first is None and self.last is None:
            raise ValueError("A period begins or ends somewhere.")
        if self.first and self.last and self.first > self.last:
            raise ValueError(f"A period cannot begin on {self.first} and end on {self.last}.")
        if not 0 <= self.start < self.end:
            raise ValueError(f"No words stand at {self.start}..{self.end}.")


def dates(text: str) -> list[Mention]:
    """The full dates of a text (day, month and year), in order of place; ranges of days as one.

    Written with the month's name in French, English, Ukrainian, German, Spanish, Russian,
    Italian, Portuguese, Polish or Arabic, or as 2025-03-05 or 05.03.2025. Days and months apart
    by slashes are left alone: nobody can tell which is which.
    """
    found: list[Mention] = []
    numbers = [match.start() for match in _NUMBER.finditer(text)]
    names = _before(numbers, text)
    for pattern, starts in (
        (_WRITTEN, numbers), (_MONTH_FIRST, names), (_ISO, numbers), (_DOTTED, numbers),
    ):  # fmt: skip
        for match in _matches(pattern, text, starts):
            told = match.groupdict()
            month = told["month"] or told["month2"] or told["month1"]
            last = _as_date(told["year"], month, told["day"])
            if last and not any(m.start < match.end() and match.start() < m.end for m in found):
                first = _first_day(last, told.get("day1"), told.get("month1") or month)
                found.append(Mention(first, last, match.start(), match.end()))
    return sorted(found, key=lambda mention: mention.start)


def _before(numbers: Iterable[int], text: str) -> list[int]:
    """Where a name may begin that a number soon follows, in order."""
    found: list[int] = []
    last = 0
    for number in numbers:
        near = _WORD_START.finditer(text, max(last, number - _NEAR), number)
        found += [match.start() for match in near]
        last = number
    return found


def _matches(pattern: re.Pattern[str], text: str, starts: Iterable[int]) -> Iterator[re.Match[str]]:
    """What `finditer` finds of a pattern that begins at these places or nowhere, only faster."""
    end = 0
    for start in starts:
        if start >= end and (match := pattern.match(text, start)):
            end = match.end()
            yield match


def _first_day(last: date, day: str | None, month: str) -> date:
    """The first day of a range whose last one is known; one that is no date is not heeded."""
    for year in (last.year, last.year - 1):
        first = _as_date(str(year), month, day or "")
        if first and first <= last:
            return first
    return last


def first_date(text: str) -> date | None:
    """The first full date of a text: the last day, if it names a range of days."""
    mentions = dates(text)
    return mentions[0].last if mentions else None


def months(text: str) -> list[Mention]:
    """The months that a text names with their year, in order of place."""
    found = []
    years = [match.start() for match in _NUMBER.finditer(text) if len(match[0]) == 4]
    for match in _matches(_MONTH_AND_YEAR, text, _before(years, text)):
        first = _as_date(match["year"], match["month"], "1")
        if first:
            found.append(Mention(first, month_end(first), match.start(), match.end()))
    return found


def times_named(text: str) -> list[tuple[date, date]]:
    """The times that a text names, in order, each once: the first and the last day of a full date
    or range of days, of a month with its year, and of whatever may be a year by itself."""
    if not _YEAR.search(text):
        return []
    years = {int(one[0]) for one in _ANY_YEAR.finditer(text)}
    named = {(date(year, 1, 1), date(year, 12, 31)) for year in years}
    named.update((one.first, one.last) for one in (*dates(text), *months(text)))
    return sorted(named)


def around_years(text: str, years: Container[int], within: Collection[int]) -> Iterator[str]:
    """The parts of a text in which a full date, or a month with its year, may stand whose year is
    one of these, from 1000 on, and that begins or ends in one of some months (1 to 12); to look for
    dates takes far longer. In order of place.
    """
    for year in _YEAR.finditer(text):
        if int(year[0]) not in years:
            continue
        part = text[max(year.start() - _AROUND, 0) : year.end() + _AROUND]
        if (
            len(within) > _FEW
            or any(_MONTH_PATTERNS[month - 1].search(part) for month in within)
            or _ISO.search(part)
            or _DOTTED.search(part)
        ):
            yield part


@lru_cache(maxsize=1000)
def month_number(name: str) -> int:
    """Which month a name that MONTH matches is: 1 to 12."""
    return next(n for n, names in enumerate(_MONTH_PATTERNS, 1) if names.fullmatch(name))


def month_end(first: date) -> date:
    """The last day of the month that begins on `first`."""
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def _as_date(year: str, month: str, day: str) -> date | None:
    number = int(month) if month.isdigit() else month_number(month)
    digits = re.match(r"\d+", day)
    try:
        return date(int(year), number, int(digits.group())) if digits else None
    except ValueError:
        return None
