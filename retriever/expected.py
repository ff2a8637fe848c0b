"""What kind of answer a question expects, and whether a sentence holds one of that kind.

Told from interrogatives in the languages listed here, with no model; a question in another language
expects nothing in particular. A sentence holds a figure when it has digits, or a number word, that
the question does not have.
"""

import re
from collections.abc import Iterable
from enum import StrEnum

from archive.text import words


class Expected(StrEnum):
    """What an answer has to hold. A date is a figure as well."""

    FIGURE = "figure"
    ANYTHING = "anything"


_ASKS_FOR_A_FIGURE = re.compile(
    r"""\b(?:
    quand|combien|quelle\s+(?:année|date)|quel\s+(?:jour|mois|nombre|montant)|
    quel\s+est\s+le\s+(?:budget|coût|prix)|
    when|how\s+(?:many|much|old|long|far|often)|(?:what|which)\s+(?:year|date|day|month|number)|
    since\s+when|death\s+toll|number\s+of|what\s+is\s+the\s+(?:annual\s+)?(?:budget|cost|price)|
    wann|wie\s*viele?|wie\s+lange|seit\s+wann|welche[ms]?\s+(?:jahr|datum|tag|monat)|
    cuándo|cuánt[oa]s?|qué\s+(?:año|fecha|día)|número\s+de|
    quando|quant[oiae]|in\s+che\s+anno|que\s+ano|
    коли|скільки|якого\s+(?:року|числа)|якому\s+році|когда|сколько|каком\s+году|
    kiedy|ile|ilu|wanneer|hoeveel|när|hvornår|când|câți|câte|kdy|kolik
    )\b|متى|كم\s""",
    re.IGNORECASE | re.VERBOSE,
)

_NUMBER_WORDS = frozenset(
    """
    deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingt
    trente quarante cinquante soixante cent cents mille million millions milliard milliards
    two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty hundred thousand million billion
    zwei drei vier fünf sechs sieben acht neun zehn elf zwölf zwanzig dreißig hundert tausend
    dos tres cuatro cinco seis siete ocho nueve diez once doce trece quince veinte treinta cien mil
    due tre quattro cinque sei sette otto nove dieci dodici venti trenta cento mila
    дві двоє три чотири п шість сім вісім дев десять дванадцять двадцять тридцять сто тисяча
    тисяч мільйон мільйонів мільярд
    два две три четыре пять шесть семь восемь девять десять двенадцать двадцать тысяча тысяч
    اثنتي اثنان ثلاثة ثلاث أربعة أربع خمسة خمس ستة ست سبعة سبع ثمانية تسعة عشرة عشر مئة ألف مليون
    """.split()
)


def expected(question: str) -> Expected:
    """What a question expects."""
    return Expected.FIGURE if _ASKS_FOR_A_FIGURE.search(question) else Expected.ANYTHING


def holds(kind: Expected, told: Iterable[str], question: str) -> bool:
    """Whether a sentence holds what is expected and the question does not say itself.

    told: the words of the sentence.
    """
    if kind == Expected.ANYTHING:
        return False
    own = set(told) - set(words(question))
    return any(word[0].isdigit() for word in own) or not own.isdisjoint(_NUMBER_WORDS)
