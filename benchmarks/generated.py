"""An archive as large as one likes, made from the sentences of the sample archive.

    python -c "from benchmarks.generated import *; write_archive(Path('generated'), 100, seed=1)"

Every article is in one language and takes its sentences from the sample articles in that language
in turn, so that neighbours tell of different matters. Names, numbers and dates are exchanged, and
what has been told word for word before begins with a day of its own: no line stands twice in the
archive, so nothing is taken for furniture or a duplicate and every sentence has to be encoded.
The same folder, number and seed give the same files; fewer articles are the first of more.

The sample has about a thousand different words a language. Large archives are written with a
vocabulary of made-up ones beside them, drawn by Zipf's law: else each word would stand in every
hundredth passage, and articles of one language would be half copies of one another.
"""

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from math import log
from pathlib import Path

import numpy as np

from archive.dates import dates
from archive.languages import detect_language
from archive.text import sentences, written_words
from indexer.furniture import Furniture, page_of
from indexer.gathering import document_of
from indexer.reading import SourceFile, read_files
from retriever.function_words import function_words

SAMPLE = Path(__file__).resolve().parent.parent / "data" / "articles"
SOURCES = ("agency", "bureau", "desk")
FIRST_DAY, DAYS = date(2004, 1, 1), 8000
SENTENCES = (6, 20)
PARAGRAPH = (2, 4)  # sentences
SHORTEST = 40  # characters of a sentence that is taken
HEADLINE = (25, 100)  # characters
CONTENT_WORDS = 8
IN_FOLDER = 1000  # files
EXCHANGED = 0.5  # of the content words, for made-up ones
FIRST_RANK = 50  # of a made-up word; more frequent are those that only hold a sentence together

# The months in the form that stands in a date, a full date, and what stands before the day on
# which an article came out.
_MONTHS = {
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "en": "January February March April May June July August September October November December",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "uk": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
}
_DATE = {"de": "{0}. {1} {2}", "es": "{0} de {1} de {2}"}
_PUBLISHED = {
    "ar": "تاريخ النشر:", "de": "Veröffentlicht am", "en": "Published on",
    "es": "Publicado el", "fr": "Publié le", "uk": "Опубліковано:",
}  # fmt: skip

# A word within a sentence, a name where it begins with a capital; a number of two digits or more.
_NAME = re.compile(r"(?<=\w )[^\W\d_]{4,}")
_NUMBER = re.compile(r"(?<![\w.,-])\d{2,}(?![\w-])")
_WORD = re.compile(r"[^\W\d_]{4,}")
_CLAUSE_END = re.compile(r"\s*[,;:،؛–—(]")


@dataclass(frozen=True, slots=True)
class Material:
    """What the sample archive holds in one language: the sentences of each article, the names.

    words: made-up ones, the most frequent first.
    """

    articles: list[list[str]]
    names: list[str]
    words: list[str]


def write_archive(folder: Path, articles: int, seed: int, vocabulary: int = 0) -> None:
    """Write so many articles, one a file, below the folders of SOURCES in `folder`.

    Each has a headline, the day it came out, and 6 to 20 sentences in paragraphs, a line each.
    vocabulary: how many made-up words a language has beside those of the sample.
    """
    material = sample()
    for language, one in material.items():
        one.words.extend(_made_up(one, language, vocabulary))
    writer = _Writer(material, seed)
    for number in range(articles):
        source, within = SOURCES[number % len(SOURCES)], number // len(SOURCES)
        place = folder / source / f"{within // IN_FOLDER:03}" / f"{number:06}.txt"
        if within % IN_FOLDER == 0:
            place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(writer.article(), encoding="utf-8")


def _made_up(material: Material, language: str, count: int) -> list[str]:
    """So many words that begin as one of the sample's content words and end as another, with two
    letters of a third between."""
    rng = np.random.default_rng(count)
    told = "\n".join(sentence for article in material.articles for sentence in article)
    idle = function_words(language)
    own = sorted({word for word in _WORD.findall(told) if _is_content(word, idle)})
    made: dict[str, None] = {}
    while len(made) < count:
        for drawn in rng.integers(len(own), size=(count, 3)).tolist():
            one, between, other = (own[at] for at in drawn)
            made[one[: len(one) // 2] + between[1:3] + other[len(other) // 2 :]] = None
    return list(made)[:count]


def _is_content(word: str, idle: Collection[str]) -> bool:
    """Whether a word tells something and is not written as a name."""
    return word == word.lower() and word not in idle


def questions(folder: Path, count: int, seed: int) -> list[str]:
    """Questions that a generated archive can answer, as a reader types them.

    Each is the headline of an article, or the content words of one of its sentences.
    """
    rng = np.random.default_rng(seed)
    files = sorted(folder.rglob("*.txt"))
    asked = []
    for number in rng.integers(len(files), size=count):
        headline, _, *body = files[number].read_text(encoding="utf-8").splitlines()
        if rng.random() < 0.5:
            asked.append(headline)
        else:
            text = " ".join(body)
            language = detect_language(text)
            spans = sentences(text, language)
            start, end = spans[rng.integers(len(spans))]
            asked.append(" ".join(_content_words(text[start:end], language)))
    return asked


def _content_words(sentence: str, language: str) -> list[str]:
    idle = function_words(language)
    telling = [word for word in written_words(sentence) if word.casefold() not in idle]
    return telling[:CONTENT_WORDS]


def sample() -> dict[str, Material]:
    """The sample archive's sentences, without its headlines, date lines and furniture."""
    files = [file for file in read_files(SAMPLE) if isinstance(file, SourceFile)]
    pages = {file.path: file.text for file in files}
    furniture = Furniture({path: page_of(text) for path, text in pages.items()}, pages)
    found: dict[str, Material] = {}
    for document in (document_of(file, furniture) for file in files):
        if document is not None:
            spans = sentences(document.text, document.language)
            told = [document.text[start:end] for start, end in spans]
            told = [one for one in told if len(one) >= SHORTEST and one[-1] in ".!?»”؟"]
            material = found.setdefault(document.language, Material([], [], []))
            material.articles.append(told)
            material.names.extend(
                word for one in told for word in _NAME.findall(one) if word.istitle()
            )
    return found


class _Writer:
    """Writes one article after the other, and remembers what it has told."""

    def __init__(self, material: dict[str, Material], seed: int) -> None:
        self._material = material
        self._rng = np.random.default_rng(seed)
        self._told: set[bytes] = set()  # by their hash
        # A language comes as often as it does in the sample.
        self._languages = [name for name in sorted(material) for _ in material[name].articles]

    def article(self) -> str:
        language = self._languages[self._rng.integers(len(self._languages))]
        headline, *body = self._drawn(
            language, 1 + int(self._rng.integers(*SENTENCES, endpoint=True))
        )
        told = [self._new(self._changed(one, language), language) for one in body]
        lines = [
            self._new(_headline(self._changed(headline, language)), language),
            f"{_PUBLISHED[language]} {self._day(language)}",
        ]
        while told:
            count = int(self._rng.integers(*PARAGRAPH, endpoint=True))
            lines.append(" ".join(told[:count]))
            told = told[count:]
        return "\n".join(lines) + "\n"

    def _drawn(self, language: str, count: int) -> list[str]:
        """So many sentences, none twice, from the articles of the language in turn."""
        articles = [
            [told[at] for at in self._rng.permutation(len(told))]
            for told in self._material[language].articles
        ]
        in_turn = [articles[at] for at in self._rng.permutation(len(articles))]
        longest = max(map(len, in_turn))
        drawn = [told[turn] for turn in range(longest) for told in in_turn if turn < len(told)]
        return drawn[:count]

    def _new(self, text: str, language: str) -> str:
        """The text, after a day of its own where it has been told before."""
        new = text
        while (told := hashlib.blake2b(new.encode(), digest_size=8).digest()) in self._told:
            new = f"{self._day(language)}: {text}"
        self._told.add(told)
        return new

    def _changed(self, sentence: str, language: str) -> str:
        """A sentence with other dates and numbers, and for half of its names and words others."""
        parts, at = [], 0
        for start, end in _dates(sentence):
            parts += [
                self._without_own(sentence[at:start], language),
                self._day(language),
            ]
            at = end
        return "".join([*parts, self._without_own(sentence[at:], language)])

    def _without_own(self, text: str, language: str) -> str:
        names, words = self._material[language].names, self._material[language].words
        if words:
            idle = function_words(language)
            text = _WORD.sub(lambda match: self._word(match.group(), words, idle), text)
        text = _NUMBER.sub(lambda match: self._number(match.group()), text)
        return _NAME.sub(lambda match: self._name(match.group(), names), text)

    def _word(self, own: str, words: list[str], idle: Collection[str]) -> str:
        """Another content word in some of the cases: that of rank r (from FIRST_RANK) comes as
        often as 1 / r (Zipf, 1949)."""
        if not _is_content(own, idle) or self._rng.random() >= EXCHANGED:
            return own
        rarest = log(1 + len(words) / FIRST_RANK)
        return words[int(FIRST_RANK * np.expm1(self._rng.random() * rarest))]

    def _number(self, own: str) -> str:
        if len(own) == 4 and own[:2] in ("19", "20"):
            return str(self._rng.integers(1945, 2026))
        return str(self._rng.integers(10 ** (len(own) - 1), 10 ** len(own)))

    def _name(self, own: str, names: list[str]) -> str:
        """Another name of the language in half of the cases, every fourth of them made of two."""
        if not own.istitle() or self._rng.random() < 0.5:
            return own
        one, other = (str(names[at]) for at in self._rng.integers(len(names), size=2))
        made = self._rng.random() < 0.25
        return one[: (len(one) + 1) // 2] + other[len(other) // 2 :] if made else one

    def _day(self, language: str) -> str:
        day = FIRST_DAY + timedelta(days=int(self._rng.integers(DAYS)))
        month = _MONTHS[language].split()[day.month - 1]
        return _DATE.get(language, "{0} {1} {2}").format(day.day, month, day.year)


@cache
def _dates(sentence: str) -> list[tuple[int, int]]:
    """Where the dates in a sentence of the sample stand."""
    return [(one.start, one.end) for one in dates(sentence)]


def _headline(sentence: str) -> str:
    """The beginning of a sentence: its first clause if that is long enough, else whole words."""
    shortest, longest = HEADLINE
    ends = [match.start() for match in _CLAUSE_END.finditer(sentence, shortest, longest)]
    cut = sentence[: ends[0]] if ends else sentence[:longest].rsplit(None, 1)[0]
    return cut.rstrip(" .,;:!?…«»“”\"'()–—-؟،؛")
