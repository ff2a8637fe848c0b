"""What an article's text says of itself: its title, and when it was published."""

import re
from datetime import date, timedelta

from archive.dates import dates, first_date, months
from archive.documents import DateBasis
from archive.text import sentences

LONGEST_TITLE = 110
LONGEST_HEADLINE = 160
_LINES_READ = 6
_NEXT_TOLD = timedelta(days=366)

# What stands around the date in a line that states when a page was published or changed.
_LABEL = re.compile(
    r"(?:last\s+)?(?:updated|published|posted|released|date|"
    r"(?:dernière\s+)?mise?\s+à\s+jour|mis\s+en\s+ligne|publié(?:e)?|"
    r"оновлено|опубліковано|дата|обновлено|опубликовано|"
    r"(?:zuletzt\s+)?aktualisiert|veröffentlicht|stand|datum|"
    r"(?:última\s+)?actualiza(?:do|ción)|publicado|fecha|"
    r"آخر\s+تحديث|تاريخ\s+النشر|نُ?شر)"
    r"\s*(?:on|at|le|am|el|du|vom|:|：|-|–)*\s*",
    re.IGNORECASE,
)
_AFTER = re.compile(r"[\s.,|–-]*(?:(?:at|à|um|a las|о)?\s*\d{1,2}[:.h]\d{2}.*|року|р\.|г\.)?[\s.]*")
_HEADLINE_END = re.compile(r"[^.!?…:;,。！？؟؛،]$")


def title_of(text: str, language: str) -> str:
    """The headline that an article begins with, else its first sentence, cut at a word.

    A headline is a short first line that does not end as a sentence does and is followed by
    another line. Lines that state a date are no titles.
    """
    headline = _headline(text)
    if headline:
        return headline
    first = _told(text)[0]
    start, end = sentences(first, language)[0]
    sentence = first[start:end]
    if len(sentence) <= LONGEST_TITLE:
        return sentence
    cut = sentence[:LONGEST_TITLE].rsplit(None, 1)[0].rstrip(" ,;:–—-«(\u00a0\u202f")
    return f"{cut}…"


def published_on(text: str, language: str) -> tuple[date | None, DateBasis]:
    """When an article was published, and how that is known.

    Stated: one of its first or last lines says so ("Updated: 17 April 2023"), or is a date alone.
    Inferred: its first sentence holds a full date; of a range, the last day. It is not taken when
    the text goes on to name a day more than a year later: then the article looks back.
    Unknown otherwise: a day without its year is not completed.
    """
    page = _lines(text)
    for line in page[:_LINES_READ] + page[: -_LINES_READ - 1 : -1]:
        day = _stated(line)
        if day:
            return day, DateBasis.STATED
    headline = _headline(text)
    prose = [line for line in page if line != headline]
    start, end = sentences(prose[0], language)[0]
    day = first_date(prose[0][start:end])
    if day and not any(later > day + _NEXT_TOLD for later in _named_days(text)):
        return day, DateBasis.INFERRED
    return None, DateBasis.UNKNOWN


def _headline(text: str) -> str | None:
    """A short first line that does not end as a sentence does, with more to follow it."""
    told = _told(text)
    first = told[0]
    short = len(told) > 1 and len(first) <= LONGEST_HEADLINE
    return first if short and _HEADLINE_END.search(first) else None


def _told(text: str) -> list[str]:
    """The lines that do more than state a date, or all of them where none does."""
    page = _lines(text)
    return [line for line in page if _stated(line) is None] or page


def _stated(line: str) -> date | None:
    """The date of a line that holds nothing but a date and what it is the date of."""
    mentions = dates(line) if len(line) <= LONGEST_HEADLINE else []
    if len(mentions) != 1:
        return None
    before, after = line[: mentions[0].start], line[mentions[0].end :]
    labelled = not before.strip() or _LABEL.fullmatch(before.strip() + " ")
    return mentions[0].last if labelled and _AFTER.fullmatch(after) else None


def _named_days(text: str) -> list[date]:
    return [one.last for one in dates(text)] + [one.first for one in months(text)]


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]
