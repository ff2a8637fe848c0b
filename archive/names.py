"""Names that change script: Рютте, Rutte and روته are one name, by how they sound.

A word is romanised letter by letter and reduced to its sounds: a capital letter for each group of
consonants that languages write for one another (k, c and q; s, z, sh and ts), and one of a, i, u
for vowels. Two words may be one name when they have the same consonants, with vowels in the same
places, and are spelled alike. The idea is that of Soundex (Russell, 1918), across scripts.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import islice, product
from operator import itemgetter

from anyascii import anyascii

# Chosen on parallel articles in Latin and Cyrillic script, and on Arabic names: docs/evaluation.md.
_LEAST_ALIKE = 0.65
_LEAST_ALIKE_IN_SOUND = 0.75

_FEWEST_CONSONANTS = 2
_MOST_READINGS = 16

# What is written for each sound. Where languages read a spelling in several ways, every reading is
# given, the likeliest first; the empty one is silence. Of spellings that begin alike the longest
# one is read.
_SPELLINGS = (
    ("tzsch tsch dsch shch sch tch tsh dsh dzh dj zh sh cz sz ts tz dz ds s z", "S"),
    ("ch", "S|G|K"), ("kh gh g h", "G"), ("ph f v", "F"), ("th t", "T"), ("ck qu q c k", "K"),
    ("x", "KS|S"), ("j", "S|i"), ("w", "F|u"), ("b p", "B"), ("d", "D"), ("l", "L"), ("m", "M"),
    ("n", "N"), ("r", "R"), ("e i y", "i"), ("o u", "u"), ("a", "a"),
)  # fmt: skip
# Letters that are read otherwise by what follows them.
_BY_WHAT_FOLLOWS = {
    "soft_c": ("c(?=[eiy])", "S"),
    "soft_g": ("g(?=[eiy])", "G|S"),
    "mute_h": ("h(?![aeiouy])", "G|"),
}
_READINGS = {
    spelling: readings.split("|")
    for spellings, readings in _SPELLINGS
    for spelling in spellings.split()
}
_SPELLING = re.compile(
    "|".join(
        [
            *sorted((one for one in _READINGS if len(one) > 1), key=len, reverse=True),
            *(f"(?P<{name}>{pattern})" for name, (pattern, _) in _BY_WHAT_FOLLOWS.items()),
            "[a-z]",
        ]
    )
)
_READINGS |= {name: readings.split("|") for name, (_, readings) in _BY_WHAT_FOLLOWS.items()}

# Arabic long vowels and the letters that carry one; short ones are not written.
_ARABIC = str.maketrans("اأإآٱىةعئؤ", "aaaaaaaaiu", "ءـ")
_SHORT_VOWELS_UNWRITTEN = re.compile(r"[\u0590-\u06ff]")


def may_be_name(word: str) -> bool:
    """Whether a word as it is written may be a name: one with a capital, or, in a script without
    capitals, any of three letters or more."""
    if word[0].lower() == word[0].upper():
        return word.isalpha() and len(word) >= 3
    return word[0].isupper()


@lru_cache(maxsize=4096)
def keys(word: str) -> frozenset[str]:
    """The consonants of a word's sounds, in order: what two spellings of one name share.

    None for a word of fewer than two consonants, which would sound like too many others.
    """
    told = _by_consonants(sounds(word))
    return frozenset(key for key in told if len(key) >= _FEWEST_CONSONANTS)


@lru_cache(maxsize=100_000)
def likeness(one: str, other: str) -> float:
    """How alike two words are as spellings of one name: 0 to 1, 0 where they are not.

    The ratio of Ratcliff and Obershelp (1988) over their romanised letters, or over their sounds
    where the short vowels of one are not written.
    """
    if _SHORT_VOWELS_UNWRITTEN.search(one + other):
        ratio = _ratio_in_sound(sounds(one), sounds(other))
        return ratio if ratio >= _LEAST_ALIKE_IN_SOUND else 0.0
    ratio = _ratio(_romanised(one), _romanised(other))
    # Few words are spelled so much alike; to tell what they sound like takes longer.
    if ratio < _LEAST_ALIKE or _frames(one).isdisjoint(_frames(other)):
        return 0.0
    return ratio


@lru_cache(maxsize=200_000)
def sounds(word: str) -> frozenset[str]:
    """What a word may sound like, by the readings of its letters; final vowels are left out."""
    choices = [
        _READINGS[match.lastgroup or match[0]] for match in _SPELLING.finditer(_romanised(word))
    ]
    return frozenset(_reduced("".join(one)) for one in islice(product(*choices), _MOST_READINGS))


def _reduced(sound: str) -> str:
    """A letter that is said twice is said once, and what ends in a vowel drops it, as the cases of
    a name differ there."""
    sound = _TWICE.sub(itemgetter(1), sound)  # a callable is called sooner than a template is read
    return sound.rstrip("aiu") or sound


_TWICE = re.compile(r"(.)\1+")


@lru_cache(maxsize=100_000)
def _ratio_in_sound(mine: frozenset[str], theirs: frozenset[str]) -> float:
    """The ratio of those two sounds with the same consonants that are most alike; 0 for none."""
    own = _by_consonants(mine)
    alike = (_ratio(one, sound) for sound in theirs for one in own.get(_consonants(sound), ()))
    return max(alike, default=0.0)


@lru_cache(maxsize=4096)
def _by_consonants(heard: frozenset[str]) -> Mapping[str, list[str]]:
    """Sounds by their consonants."""
    found: dict[str, list[str]] = {}
    for sound in heard:
        found.setdefault(_consonants(sound), []).append(sound)
    return found


def _consonants(sound: str) -> str:
    return sound.translate(_WITHOUT_VOWELS)


_VOWELS = re.compile("[aiu]+")
_WITHOUT_VOWELS = str.maketrans("", "", "aiu")


@lru_cache(maxsize=20_000)
def _frames(word: str) -> frozenset[str]:
    """The consonants of what a word may sound like, and between which of them vowels are."""
    return frozenset(_VOWELS.sub("a", sound) for sound in sounds(word))


def _romanised(word: str) -> str:
    """The letters a to z that are written for a word."""
    return word.translate(_ROMAN)


class _Roman(dict[int, str]):
    """What is written for each character, by its code, as far as it was asked for."""

    def __missing__(self, code: int) -> str:
        written = anyascii(chr(code).translate(_ARABIC)).lower()
        return self.setdefault(code, re.sub("[^a-z]", "", written))


_ROMAN = _Roman()


def _ratio(one: str, other: str) -> float:
    """Twice the letters that two words have in common, among all of theirs."""
    # The ratio depends on which comes first.
    first, second = sorted((one, other))
    letters = len(first) + len(second)
    return 2 * _common(first, second) / letters if letters else 1.0


def _common(first: str, second: str) -> int:
    """How many letters are in the longest run that both have, and likewise in what stands before
    it and behind it in either. Of the longest it is the earliest in the first word, and there the
    earliest in the second."""
    if first in second:
        return len(first)
    begin = length = at = 0
    while at + length < len(first):
        if first[at : at + length + 1] in second:
            begin, length = at, length + 1
        else:
            at += 1
    if not length:
        return 0
    to = second.find(first[begin : begin + length])
    before = _common(first[:begin], second[:to])
    return before + length + _common(first[begin + length :], second[to + length :])
