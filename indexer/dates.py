"""Dates as press articles write them, in several languages; only full ones are dates."""

import re
from dataclasses import dataclass
from datetime import date

# Month names in the forms that stand in a date; each line is one month, January first.
_MONTHS = (
    "january jan janvier janv januar jänner enero ene січня січні січень січ января "
    "январе gennaio janeiro stycznia يناير كانون-الثاني",
    "february feb février févr fevrier februar febrero лютого лютому лютий лют февраля "
    "феврале febbraio fevereiro lutego فبراير شباط",
    "march mar mars märz maerz marzo березня березні березень бер марта марте março marca "
    "مارس آذار",
    "april apr avril avr abril abr квітня квітні квітень квіт апреля апреле aprile "
    "kwietnia أبريل إبريل نيسان",
    "may mai mayo травня травні травень трав мая мае maggio maio maja مايو أيار",
    "june jun juin juni junio червня червні червень черв июня июне giugno junho czerwca "
    "يونيو يونيه حزيران",
    "july jul juillet juil juli julio липня липні липень лип июля июле luglio julho lipca "
    "يوليو يوليه تموز",
    "august aug août aout agosto ago серпня серпні серпень серп августа августе sierpnia أغسطس آب",
    "september sep sept septembre septiembre setiembre вересня вересні вересень вер "
    "сентября сентябре settembre setembro września سبتمبر أيلول",
    "october oct octobre oktober okt octubre жовтня жовтні жовтень жовт октября октябре "
    "ottobre outubro października أكتوبر تشرين-الأول",
    "november nov novembre noviembre листопада листопад листопаді лист ноября ноябре "
    "novembro listopada نوفمبر تشرين-الثاني",
    "december dec décembre déc decembre dezember dez diciembre dic грудня грудні грудень "
    "груд декабря декабре dicembre dezembro grudnia ديسمبر كانون-الأول",
)
_NUMBER = {
    name.replace("-", " "): number
    for number, names in enumerate(_MONTHS, start=1)
    for name in names.split()
}
_MONTH = "|".join(sorted(map(re.escape, _NUMBER), key=len, reverse=True))
_DAY = r"\d{1,2}(?:er|st|nd|rd|th|\.?[ºª]|\.)?"
_TO = r"\s*(?:[-–—]|au|et|and|to|bis|und|al|y|до|по|та|і|й|إلى|و)\s*"
_OF = r"(?:\s+(?:de|del|of|do))?\s+"
_WRITTEN = re.compile(
    rf"(?<!\d)(?:{_DAY}(?:{_OF}(?:{_MONTH})\.?)?{_TO})?(?P<day>{_DAY}){_OF}"
    rf"(?P<month>{_MONTH})\b\.?,?(?:\s+(?:de|del|do))?\s+(?P<year>\d{{4}})(?!\d)",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"\b(?P<month>{_MONTH})\b\.?\s+(?:{_DAY}{_TO})?(?P<day>{_DAY}),?\s+(?P<year>\d{{4}})(?!\d)",
    re.IGNORECASE,
)
_ISO = re.compile(r"(?<!\d)(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?!\d)")
_DOTTED = re.compile(r"(?<!\d)(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4})(?!\d)")
_MONTH_AND_YEAR = re.compile(
    rf"\b(?P<month>{_MONTH})\b\.?{_OF}(?P<year>\d{{4}})(?!\d)|"
    rf"\b(?P<month2>{_MONTH})\b\.?\s+(?P<year2>\d{{4}})(?!\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A full date that a text names, and where: the last day, if it names a range of days."""

    day: date
    start: int
    end: int


def dates(text: str) -> list[Mention]:
    """The full dates of a text (day, month and year), in order of place.

    Written with the month's name in French, English, Ukrainian, German, Spanish, Russian,
    Italian, Portuguese, Polish or Arabic, or as 2025-03-05 or 05.03.2025. Days and months apart
    by slashes are left alone: nobody can tell which is which.
    """
    found: list[Mention] = []
    for pattern in (_WRITTEN, _MONTH_FIRST, _ISO, _DOTTED):
        for match in pattern.finditer(text):
            day = _as_date(match["year"], match["month"], match["day"])
            if day and not any(m.start < match.end() and match.start() < m.end for m in found):
                found.append(Mention(day, match.start(), match.end()))
    return sorted(found, key=lambda mention: mention.start)


def first_date(text: str) -> date | None:
    """The first full date of a text."""
    mentions = dates(text)
    return mentions[0].day if mentions else None


def months(text: str) -> list[date]:
    """The first days of the months that a text names with their year, in order of place."""
    found = []
    for match in _MONTH_AND_YEAR.finditer(text):
        month, year = match["month"] or match["month2"], match["year"] or match["year2"]
        day = _as_date(year, month, "1")
        if day:
            found.append(day)
    return found


def _as_date(year: str, month: str, day: str) -> date | None:
    number = int(month) if month.isdigit() else _NUMBER[" ".join(month.lower().split())]
    digits = re.match(r"\d+", day)
    try:
        return date(int(year), number, int(digits.group())) if digits else None
    except ValueError:
        return None
