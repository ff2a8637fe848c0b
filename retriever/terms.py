"""What a question looks for among the passages of one language, word by word."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from math import prod

from archive.dates import dates, months
from archive.names import keys, likeness, may_be_name
from archive.text import stem, written_words
from retriever.function_words import function_words
from retriever.versions import question_language

# How many passages of the language hold a stem.
Held = Callable[[str], int]
# What a key finds among the spellings of the language: (spelling, stem) each.
Spelled = Callable[[str], list[tuple[str, str]]]

# Languages that write compounds as one word. What joins the parts, their stemmers take off.
_COMPOUNDING = frozenset({"da", "de", "nl", "no", "sv"})
_SHORTEST_PART = 4
_MOST_PARTS = 3

# Arabic prepositions of one letter, and the shortest stem that they are looked for on.
_PREPOSITIONS = "بلك"
_SHORTEST_AFTER = 4

_REMEMBERED = 64  # questions; each is asked for in every language


def terms(question: str, language: str, held: Held, spelled: Spelled) -> dict[str, tuple[str, ...]]:
    """The stems that stand for each word of a question in a language, by the word, in order.

    Words that only put the question are left out, unless there are no others. A word has its own
    stem, and the stems that passages of this language have for it spelled with the accents it
    lacks, as a name in their script or, in Arabic, with a preposition written onto it; one that no
    passage holds in any way keeps its own. Parts of a compound and full dates follow as words of
    their own.
    """
    own_language = question_language(question)
    found: dict[str, tuple[str, ...]] = {}
    for word, named in _telling_words(question, {language, own_language or language}).items():
        own = stem(word, language)
        told = [own, *(of for _, of in spelled(word) if held(of) > held(own))]
        if named:
            forms = {word, stem(word, own_language or language)}
            told += _as_names(forms, spelled, held(own) > 0)
        if language == "ar":
            told += [other for one in told for other in _with_preposition(one)]
        found[word] = tuple(dict.fromkeys(one for one in told if held(one))) or (own,)
        for part in _parts(word, language, held):
            found.setdefault(part, (stem(part, language),))
    return found | _days(question)


def _telling_words(question: str, languages: Iterable[str]) -> Mapping[str, bool]:
    """The words that a question is about, case folded, and whether each may be a name.

    In a question that is written without capitals any word may. An acronym always tells: WHO is
    not "who".
    """
    every, acronyms = _every_word(question)
    silent = [function_words(language) for language in languages]
    return {
        word: named
        for word, named in every.items()
        if word in acronyms or not any(word in idle for idle in silent)
    } or every


@lru_cache(maxsize=_REMEMBERED)
def _every_word(question: str) -> tuple[Mapping[str, bool], frozenset[str]]:
    """The words of a question, case folded, each with whether it may be a name; its acronyms."""
    written = written_words(question)
    capitals = any(word[0].isupper() for word in written)
    every = {word.casefold(): may_be_name(word) or not capitals for word in written}
    if question.isupper():
        return every, frozenset()
    return every, frozenset(word.casefold() for word in written if len(word) > 1 and word.isupper())


def _as_names(forms: Iterable[str], spelled: Spelled, known: bool) -> list[str]:
    """The stems of the names that are spelled most like a word, given in its possible forms.

    known: whether passages hold the word itself; then only names in other scripts count.
    """
    alike: dict[str, float] = {}
    for form in forms:
        script = _script(form)
        for spelling, of in {one for key in keys(form) for one in spelled(key)}:
            if not known or _script(spelling) != script:
                alike[of] = max(likeness(form, spelling), alike.get(of, 0.0))
    most = max(alike.values(), default=0.0)
    return sorted(of for of, one in alike.items() if one == most > 0)


def _script(word: str) -> str:
    return unicodedata.name(word[0], "").partition(" ")[0]


def _with_preposition(one: str) -> list[str]:
    """An Arabic stem with each preposition written onto it, and without the one it begins with."""
    told = []
    if len(one) >= _SHORTEST_AFTER:
        told += [preposition + one for preposition in _PREPOSITIONS]
    if one[0] in _PREPOSITIONS and len(one) > _SHORTEST_AFTER:
        told.append(one[1:])
    return told


def _parts(word: str, language: str, held: Held) -> tuple[str, ...]:
    """The parts of a compound that passages hold, none where they hold the whole as often.

    Of all splits the one whose parts are held most, by their geometric mean (Koehn and Knight,
    2003).
    """
    if language not in _COMPOUNDING or not word.isalpha():
        return ()
    count: dict[str, int] = {}

    def often(part: str) -> int:
        if part not in count:
            count[part] = held(stem(part, language))
        return count[part]

    best: tuple[str, ...] = ()
    most = float(often(word))
    for parts in _splits(word, often, _MOST_PARTS):
        mean = prod(map(often, parts)) ** (1 / len(parts))
        if len(parts) > 1 and mean > most:
            best, most = parts, mean
    return best


def _splits(word: str, often: Held, most: int) -> Iterator[tuple[str, ...]]:
    """The ways to cut a word into at most so many parts that are all held but, maybe, the last."""
    yield (word,)
    if most > 1:
        for at in range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1):
            if often(word[:at]):
                for rest in _splits(word[at:], often, most - 1):
                    yield (word[:at], *rest)


@lru_cache(maxsize=_REMEMBERED)
def _days(question: str) -> dict[str, tuple[str, ...]]:
    """The full dates and the months of a question, as `stems` gives them, by their words."""
    told = dates(question)
    found = {
        question[one.start : one.end]: tuple(
            dict.fromkeys((one.first.isoformat(), one.last.isoformat()))
        )
        for one in told
    }
    for one in months(question):
        if not any(day.start < one.end and one.start < day.end for day in told):
            found[question[one.start : one.end]] = (f"{one.first:%Y-%m}",)
    return found
