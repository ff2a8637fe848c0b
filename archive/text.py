"""Text as both sides see it: a normal form with a way back to the file, sentences and stems."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import Stemmer
from sentencex import get_sentence_boundaries

from archive.dates import around_years, dates, months

Span = tuple[int, int]


# --- Normal form ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Piece:
    """One run of a text and the run of the file it was made from, both as half-open offsets.

    same: whether the two are the same words, character by character; else they are a line end or
    a few characters that normalisation composed or put in order, and correspond as a whole.
    """

    start: int
    end: int
    file_start: int
    file_end: int
    same: bool


def normalised(raw: str, kept: Iterable[Span]) -> tuple[str, tuple[Piece, ...]]:
    """The kept spans of a decoded file as one NFC text with "\\n" line ends, and the way back.

    kept: half-open spans of `raw`, in order, not overlapping.
    Returns the text and its pieces, which cover it from 0 to its length without a gap.
    """
    parts: list[str] = []
    pieces: list[Piece] = []
    length = 0
    for start, end in kept:
        for part, at, until in _normalised_parts(raw, start, end):
            piece = Piece(length, length + len(part), at, until, same=part == raw[at:until])
            parts.append(part)
            length += len(part)
            if pieces and _continues(pieces[-1], piece):
                last = pieces.pop()
                piece = Piece(last.start, piece.end, last.file_start, piece.file_end, same=True)
            pieces.append(piece)
    return "".join(parts), tuple(pieces)


def _continues(first: Piece, second: Piece) -> bool:
    return first.same and second.same and first.file_end == second.file_start


def _normalised_parts(raw: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """Pieces of one span: (normal form, start in the file, end in the file)."""
    for line in re.finditer(r"[^\r\n]+|\r\n|\r|\n", raw[start:end]):
        words, at = line.group(), start + line.start()
        if words[0] in "\r\n":
            yield "\n", at, at + len(words)
        elif unicodedata.is_normalized("NFC", words):
            yield words, at, at + len(words)
        else:
            for cluster in _clusters(words):
                yield unicodedata.normalize("NFC", cluster), at, at + len(cluster)
                at += len(cluster)


def _clusters(text: str) -> Iterator[str]:
    """Cut a text where normalising the two sides apart gives what normalising the whole gives."""
    cluster = ""
    for character in text:
        first = unicodedata.normalize("NFD", character)[0]
        if cluster and unicodedata.combining(first) == 0:
            apart = unicodedata.normalize("NFC", cluster) + unicodedata.normalize("NFC", character)
            if unicodedata.normalize("NFC", cluster + character) == apart:
                yield cluster
                cluster = ""
        cluster += character
    yield cluster


def file_span(pieces: tuple[Piece, ...], start: int, end: int) -> Span:
    """Where the characters start..end of a normalised text stand in its decoded file.

    0 <= start < end <= length of the text. A span that begins or ends inside a run that
    corresponds only as a whole takes in the whole run.
    """
    first = next(piece for piece in pieces if piece.end > start)
    last = next(piece for piece in reversed(pieces) if piece.start < end)
    return _in_file(first, start, first.file_start), _in_file(last, end, last.file_end)


def _in_file(piece: Piece, offset: int, whole: int) -> int:
    return piece.file_start + offset - piece.start if piece.same else whole


def well_formed(text: str) -> str:
    """The text with every lone surrogate, which no encoding can write, replaced by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


# --- Sentences --------------------------------------------------------------------------------

# What stands before a full stop that does not end a sentence, where sentencex cuts all the same:
# a single letter ("M. Häkkänen"), or a short word before a figure ("жовт. 2025").
_INITIAL = re.compile(r"(?:^|[\s(«„“\"'’])[^\W\d_]\.\s*$")
_SHORT_WORD = re.compile(r"(?:^|\s)[^\W\d_]{1,4}\.\s*$")


def sentences(text: str, language: str) -> list[Span]:
    """The sentences of a text as half-open spans without surrounding blanks, in order.

    Every character that is not a blank lies in exactly one sentence. A line end always ends a
    sentence: a line is a paragraph.
    language: ISO 639-1 code; one that is not known to the splitter gets general rules.
    """
    spans: list[Span] = []
    for line in re.finditer(r"[^\n]+", text):
        words = line.group()
        begun = None
        for boundary in get_sentence_boundaries(language, words):
            start, end = boundary["start_index"], boundary["end_index"]
            begun = start if begun is None else begun
            if not _unfinished(words[begun:end], words[end:]):
                spans.extend(_trimmed(words, begun, end, line.start()))
                begun = None
        if begun is not None:
            spans.extend(_trimmed(words, begun, len(words), line.start()))
    return spans


def _unfinished(sentence: str, following: str) -> bool:
    if not following.strip():
        return False
    if following[0].islower() or _INITIAL.search(sentence):
        return True
    return following[0].isdigit() and bool(_SHORT_WORD.search(sentence))


def _trimmed(words: str, start: int, end: int, offset: int) -> list[Span]:
    inner = words[start:end].strip()
    if not inner:
        return []
    start = words.index(inner, start)
    return [(offset + start, offset + start + len(inner))]


# --- Words and stems --------------------------------------------------------------------------

_SNOWBALL = {
    "ca": "catalan", "cs": "czech", "da": "danish", "de": "german",
    "el": "greek", "en": "english", "es": "spanish", "et": "estonian", "eu": "basque",
    "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi",
    "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian",
    "lt": "lithuanian", "ne": "nepali", "nl": "dutch", "no": "norwegian", "pl": "polish",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish",
    "ta": "tamil", "tr": "turkish", "uk": "russian",
}  # fmt: skip
# Ukrainian has no Snowball stemmer. The Russian one cuts its endings once the letters that only
# Ukrainian has are written as their Russian neighbours.
_AS_RUSSIAN = str.maketrans("іїєґ", "ииег")

# Scripts written without blanks between words are cut into pairs of characters.
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_MARKS = "".join(c for c in map(chr, range(0x300, 0x2000)) if unicodedata.category(c)[0] == "M")
_LETTERS = rf"[^\W_{_UNSPACED}]+"
# A number in groups of three digits ("1 000", "1.000", "1,000"), with or without decimals, or an
# ungrouped one with decimals ("3,5", "3.5"); dates and lists of numbers are neither.
_NUMBER = (
    r"(?=\d)(?<![\w.,])(?<![^\W\d_]-)"
    r"(?:\d{1,3}(?P<apart>[ .,'’٬])\d{3}(?:(?P=apart)\d{3})*(?:(?!(?P=apart))[.,٫]\d+)?"
    r"|\d+[.,٫]\d+)(?![.,]?\d)"
)
_GROUPED = re.compile(r"(?<=\d)[ .,'’٬](?=\d{3}(?!\d))")
# An apostrophe between Cyrillic letters is a sign of the word: п'ять; between others it parts two.
_WORD = re.compile(
    rf"(?P<number>{_NUMBER})|(?P<unspaced>[{_UNSPACED}]+)"
    rf"|{_LETTERS}(?:[{_MARKS}]+|{_LETTERS}|(?<=[\u0400-\u04ff])['’](?=[\u0400-\u04ff]))*"
)
# Where none of these is in a text its words are what stands between blanks and signs, and found in
# half the time.
_PLAIN = re.compile(r"[^\W_]+")
_NOT_PLAIN = re.compile(rf"[\d{_UNSPACED}{_MARKS}]|[\u0400-\u04ff]['’]")
_APOSTROPHES = str.maketrans("", "", "'’")
_DIGITS = str.maketrans(
    {chr(c): str(unicodedata.decimal(chr(c))) for c in range(0x600, 0x2000) if chr(c).isdecimal()}
    | {"٫": ".", "٬": ","}
)


def written_words(text: str) -> list[str]:
    """The words of a text in order, as it writes them but for their compatible forms.

    l'OTAN is two words and п'ять one, unspaced scripts give pairs; 1 000, 1.000 and 1,000 are
    1000, and 3,5 is 3.5.
    """
    told = unicodedata.normalize("NFKC", text).replace("\u02bc", "’")  # a letter and no sign
    return _any_words(told) if _NOT_PLAIN.search(told) else _PLAIN.findall(told)


def _any_words(told: str) -> list[str]:
    """The words of a text in compatible forms, whatever stands in it."""
    found: list[str] = []
    for match in _WORD.finditer(told):
        word, kind = match[0], match.lastgroup
        if not word.isascii() and word[-1].isdecimal():
            word = word.translate(_DIGITS)
        if kind is None:
            found.append(word if word.isalnum() else word.translate(_APOSTROPHES))
        elif kind == "number":
            found.append(_GROUPED.sub("", word).replace(",", "."))
        else:
            found.extend(word[at : at + 2] for at in range(max(1, len(word) - 1)))
    return found


def word_spans(text: str) -> list[Span]:
    """Where the words of a text stand, in order; of unspaced scripts each character is one."""
    if not _NOT_PLAIN.search(text):
        return [match.span() for match in _PLAIN.finditer(text)]
    spans: list[Span] = []
    for match in _WORD.finditer(text):
        start, end = match.span()
        if match["unspaced"]:
            spans.extend((at, at + 1) for at in range(start, end))
        else:
            spans.append((start, end))
    return spans


def words(text: str) -> list[str]:
    """The words of a text in order, case folded."""
    return [word.casefold() for word in written_words(text)]


def stems(text: str, language: str) -> list[str]:
    """The words of a text without their endings and accents, in order, then its days and months.

    Stems by Snowball (Porter, 2001) where the language has one, of Arabic words by light stemming
    (Larkey et al., 2007); other words stay as they are. A date adds 2025-06-24 and 2025-06, a month
    with its year 2025-06, however the text writes it.
    """
    return [stem(word, language) for word in words(text)] + days(text)


def held_stems(
    text: str, language: str, sought: Iterable[str], told: Sequence[str] | None = None
) -> set[str]:
    """The stems of a text, but of its days and months only those that are sought: to find all of
    them takes longest.

    told: the words of the text, where they are known already.
    """
    held = {stem(word, language) for word in (words(text) if told is None else told)}
    for one in sought:
        if asked := _DAY_OR_MONTH.fullmatch(one):
            # A range of days over the end of a year names only that in which it ends.
            year, month = int(asked[1]), int(asked[2])
            parts = around_years(text, {year, year + 1}, {month})
            if any(one in days(part) for part in parts):
                held.add(one)
    return held


def days(text: str) -> list[str]:
    """The days that a text names as 2025-06-24, then the months as 2025-06, each once."""
    if not _FOUR_DIGITS.search(text):
        return []
    named = [day for mention in dates(text) for day in (mention.first, mention.last)]
    told = [day.isoformat() for day in named]
    told += [f"{day:%Y-%m}" for day in (*named, *(one.first for one in months(text)))]
    return list(dict.fromkeys(told))


_FOUR_DIGITS = re.compile(r"\d{4}")
_DAY_OR_MONTH = re.compile(r"(\d{4})-(\d{2})(?:-\d{2})?")


@lru_cache(maxsize=200_000)
def stem(word: str, language: str) -> str:
    """One case-folded word without its ending and accents."""
    if language == "uk":
        word = word.translate(_AS_RUSSIAN)
    if language == "ar":
        word = _light_stem(word)
    elif stemmer := _stemmer(language):
        word = stemmer.stemWord(word)
    return unaccented(word)


def unaccented(word: str) -> str:
    """A word without its accents and other marks; one of nothing else stays as it is."""
    if word.isascii():
        return word
    decomposed = unicodedata.normalize("NFD", word)
    return "".join(c for c in decomposed if not unicodedata.combining(c)) or word


# Arabic: letters that writers use for one another, and what is written onto a word: "and", a
# preposition and the article before it, the commonest endings after it.
_ONE_LETTER = str.maketrans({"ٱ": "ا", "ى": "ي", "ة": "ه", "ـ": ""})
_BEFORE_HAMZA = re.compile(r"^[وف]?[بلك](?=[أإآ]\w{3})")
_ARTICLE = re.compile(r"^[وف]?(?:[بكل]?ال|لل)(?=\w{2})")
_AND = re.compile(r"^و(?=\w{3})")
_ENDINGS = ("ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي")


def _light_stem(word: str) -> str:
    word = unaccented(_BEFORE_HAMZA.sub("", word)).translate(_ONE_LETTER)
    word = _AND.sub("", _ARTICLE.sub("", word))
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) >= len(ending) + 2:
            word = word.removesuffix(ending)
    return word


@lru_cache(maxsize=64)
def _stemmer(language: str) -> Stemmer.Stemmer | None:
    name = _SNOWBALL.get(language)
    return Stemmer.Stemmer(name) if name else None
