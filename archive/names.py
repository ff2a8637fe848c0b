"""Names that change script: Рютте, Rutte and روته are one name, by how they sound.

A word is romanised letter by letter and reduced to its sounds: a capital letter for each group of
consonants that languages write for one another (k, c and q; s, z, sh and ts), and one of a, i, u
for vowels. Two words may be one name when they have the same consonants, with vowels in the same
places, and are spelled alike. The idea is that of Soundex (Russell, 1918), across scripts.
"""

import re
from functools import lru_cache
from itertools import islice, product

from anyascii import anyascii

# Chosen on parallel articles in Latin and Cyrillic script, and on Arabic names: docs/evaluation.md.
_LEAST_ALIKE = 0.65
_LEAST_ALIKE_IN_SOUND = 0.75

_FEWEST_CONSONANTS = 2
_MOST_READINGS = 16

# What is written for each sound, the longest first. Where languages read a spelling in several
# ways, every reading is given, the likeliest first; the empty one is silence.
_SPELLINGS = (
    ("tzsch|tsch|dsch|shch|sch|tch|tsh|dsh|dzh|dj|zh|sh|cz|sz|ts|tz|dz|ds", "S"),
    ("ch", "S|G|K"), ("kh|gh", "G"), ("ph", "F"), ("th", "T"), ("ck|qu|q", "K"),
    ("c(?=[eiy])", "S"), ("c", "K"), ("x", "KS|S"), ("[sz]", "S"), ("j", "S|i"),
    ("g(?=[eiy])", "G|S"), ("h(?![aeiouy])", "G|"), ("[gh]", "G"), ("k", "K"), ("[fv]", "F"),
    ("w", "F|u"), ("[bp]", "B"), ("d", "D"), ("t", "T"), ("l", "L"), ("m", "M"), ("n", "N"),
    ("r", "R"), ("[eiy]", "i"), ("[ou]", "u"), ("a", "a"),
)  # fmt: skip
_SPELLING = re.compile("|".join(f"({spelling})" for spelling, _ in _SPELLINGS))
_READINGS = [readings.split("|") for _, readings in _SPELLINGS]

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
    told = (_consonants(sound) for sound in sounds(word))
    return frozenset(key for key in told if len(key) >= _FEWEST_CONSONANTS)


@lru_cache(maxsize=100_000)
def likeness(one: str, other: str) -> float:
    """How alike two words are as spellings of one name: 0 to 1, 0 where they are not.

    The ratio of Ratcliff and Obershelp (1988) over their romanised letters, or over their sounds
    where the short vowels of one are not written.
    """
    if _lacks_vowels(one) or _lacks_vowels(other):
        least = _LEAST_ALIKE_IN_SOUND
        alike = [
            _ratio(mine, theirs)
            for mine in sounds(one)
            for theirs in sounds(other)
            if _consonants(mine) == _consonants(theirs)
        ]
        ratio = max(alike, default=0.0)
    elif _frames(one).isdisjoint(_frames(other)):
        return 0.0
    else:
        ratio, least = _ratio(_romanised(one), _romanised(other)), _LEAST_ALIKE
    return ratio if ratio >= least else 0.0


@lru_cache(maxsize=200_000)
def sounds(word: str) -> frozenset[str]:
    """What a word may sound like, by the readings of its letters; final vowels are left out."""
    choices = [
        _READINGS[match.lastindex - 1]
        for match in _SPELLING.finditer(_romanised(word))
        if match.lastindex
    ]
    return frozenset(_reduced("".join(one)) for one in islice(product(*choices), _MOST_READINGS))


def _reduced(sound: str) -> str:
    """A letter that is said twice is said once, and what ends in a vowel drops it, as the cases of
    a name differ there."""
    sound = _TWICE.sub(r"\1", sound)
    return sound.rstrip("aiu") or sound


_TWICE = re.compile(r"(.)\1+")


def _consonants(sound: str) -> str:
    return sound.translate(_WITHOUT_VOWELS)


_WITHOUT_VOWELS = str.maketrans("", "", "aiu")


@lru_cache(maxsize=20_000)
def _frames(word: str) -> frozenset[str]:
    """The consonants of what a word may sound like, and between which of them vowels are."""
    return frozenset(re.sub("[aiu]+", "a", sound) for sound in sounds(word))


def _lacks_vowels(word: str) -> bool:
    return bool(_SHORT_VOWELS_UNWRITTEN.search(word))


@lru_cache(maxsize=20_000)
def _romanised(word: str) -> str:
    return re.sub("[^a-z]", "", anyascii(word.translate(_ARABIC)).lower())


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
    begin = length = 0
    for at in range(len(first)):
        while at + length < len(first) and first[at : at + length + 1] in second:
            begin, length = at, length + 1
    if not length:
        return 0
    to = second.find(first[begin : begin + length])
    before = _common(first[:begin], second[:to])
    return before + length + _common(first[begin + length :], second[to + length :])
