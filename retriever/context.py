"""What a quoted sentence leans on: the sentence before it, where its own subject stands there.

Told from how a sentence begins, in the languages listed here, with no model; a sentence in another
language leans on nothing.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from archive.documents import Document
from archive.text import Span, sentences, words

LONGEST = 600  # characters; what is longer is a table or a list, not what one sentence leans on

# A paragraph that does not end so is a heading, and a lone question may be one.
_ENDS_A_SENTENCE = re.compile(r"[.!?…؟][\"'”’»›)\]]*$")
_ASKS = re.compile(r"[!?؟]$")
# Dates before a subject, 0 for a number and w for a word: "On 4 April 2023, they signed".
_DATES = ("0", "0w", "0w0", "0w0w", "0www0", "w0", "w0w", "w00")

_Phrases = frozenset[tuple[str, ...]]


def _phrases(*lists: str) -> _Phrases:
    """Phrases between commas, as the words that `words` makes of them; 0 stands for a number."""
    return frozenset(tuple(words(one)) for one in ",".join(lists).split(","))


def _each(firsts: str, seconds: str) -> str:
    """Every first with every second, between commas."""
    return ", ".join(f"{one} {other}" for one in firsts.split(",") for other in seconds.split(","))


@dataclass(frozen=True, slots=True)
class _Beginnings:
    """How sentences begin in one language.

    pronouns, demonstratives: what has been named before. links: connectives. prepositions: what a
    demonstrative or a date may follow ("after this meeting", "on 3 May"). alone: what begins like
    one of these and needs nothing before it ("it is clear", "this week", "in addition to").
    """

    pronouns: _Phrases
    demonstratives: _Phrases
    alone: _Phrases
    links: _Phrases
    prepositions: _Phrases

    def lean(self, said: list[str], *kinds: _Phrases) -> bool:
        """Whether the words begin with a phrase of these kinds and with no longer one alone."""
        return max(_begun(said, kind) for kind in kinds) > _begun(said, self.alone)


_BEGINNINGS = {
    "ar": _Beginnings(
        pronouns=_phrases(
            "هو, هي, هم, هما, وهو, وهي, وهم, وهما, فهو, فهي, لكنه, لكنها, ولكنه, ولكنها",
        ),
        demonstratives=_phrases(
            "هذا, هذه, هؤلاء, ذلك, تلك, أولئك, وهذا, وهذه, وهؤلاء, وذلك, وتلك, فهذا, فهذه",
        ),
        alone=_phrases(
            "هذا العام, هذه السنة, هذا الأسبوع, هذا الشهر, هذا اليوم, هذه الأيام, هذا الصباح",
            "هذا المساء, هذا الصيف, هذا الشتاء, هذا المقال, هذه الصفحة, هذا الموقع, أولئك الذين",
            "هؤلاء الذين, ذلك أن, هو الآخر",
        ),
        links=_phrases(
            "لكن, ولكن, كذلك, وكذلك, لذلك, ولذلك, لهذا, ولهذا, بذلك, وبذلك, بالتالي, وبالتالي, ثم",
            "غير أن, إلا أن, من ثم, ومن ثم, من جانبه, ومن جانبه, من جانبها, ومن جانبها, في المقابل",
            "وفي المقابل, من جهة أخرى, ومن جهة أخرى, على سبيل المثال, في الوقت نفسه",
            "وفي الوقت نفسه, أضاف, وأضاف, أضافت, وأضافت, وتابع, وتابعت",
        ),
        prepositions=_phrases(
            "في, وفي, على, وعلى, من, ومن, مع, ومع, بعد, وبعد, قبل, وقبل, خلال, وخلال, منذ, ومنذ",
            "إلى, وإلى, عن, حول, رغم, بسبب, نتيجة, ونتيجة, علاوة على, إضافة إلى, بالإضافة إلى",
            "في إطار, وفي إطار, في ضوء, على الرغم من",
        ),
    ),
    "de": _Beginnings(
        pronouns=_phrases("er, sie, es handelt sich, sein, seine, letztere, letzterer, letzteres"),
        demonstratives=_phrases(
            "dies, diese, dieser, dieses, diesem, diesen, jene, jener, jenes, jenem, jenen, solche",
            "das ist, das sind, das war, das waren, das wird, das wurde, das hat, das heißt",
            "das bedeutet, das gilt, das soll, das entspricht",
        ),
        alone=_phrases(
            "diese Woche, dieser Woche, dieses Jahr, diesem Jahr, diesen Monat, diesem Monat",
            "diesen Sommer, diesem Sommer, diesen Herbst, diesem Herbst, diesen Winter",
            "diesem Winter, diesem Frühjahr, dieser Tage, diesen Tagen, diesen Montag",
            "diesen Dienstag, diesen Mittwoch, diesen Donnerstag, diesen Freitag, diesen Samstag",
            "diesen Sonntag, diesem Montag, diesem Dienstag, diesem Mittwoch, diesem Donnerstag",
            "diesem Freitag, diesem Samstag, diesem Sonntag, dieser Artikel, diese Seite",
            "seine Majestät, seine Exzellenz, seine Heiligkeit",
            _each("damit", "der, die, das, ein, eine, er, es, sie, wir, auch"),
        ),
        links=_phrases(
            "jedoch, allerdings, dennoch, trotzdem, deshalb, daher, darum, deswegen, außerdem",
            "zudem, ferner, gleichzeitig, danach, daraufhin, anschließend, dann, dabei, damit",
            "dazu, dafür, dagegen, dadurch, darin, darüber hinaus, daran, davon, daraus, dort",
            "hierbei, hierzu, hierfür, hiermit, somit, folglich, insbesondere, zum Beispiel, aber",
            "und, doch, sondern, seither, seitdem",
        ),
        prepositions=_phrases(
            "in, an, auf, aus, bei, nach, vor, für, mit, zu, unter, durch, seit, von, während",
            "wegen, trotz, gemäß, aufgrund, am, im",
        ),
    ),
    "en": _Beginnings(
        pronouns=_phrases(
            "he, she, it, they, his, her, its, their, the latter, one of them, some of them",
            "many of them, most of them, all of them, each of them, none of them, among them",
        ),
        demonstratives=_phrases("this, that, these, those, such, that year, that day"),
        alone=_phrases(
            "this week, this month, this year, this morning, this afternoon, this evening",
            "this weekend, this spring, this summer, this autumn, this fall, this winter, this day",
            "this Monday, this Tuesday, this Wednesday, this Thursday, this Friday, this Saturday",
            "this Sunday, these days, this article, this page, this site, this website, he who",
            "those who, those that, those whose, such as, his Majesty, her Majesty",
            "his Royal Highness, her Royal Highness, their Royal Highnesses, their Majesties",
            "his Excellency, her Excellency, his Holiness, it takes, it seems that",
            "it appears that",
            _each(
                "it is, it was, it remains",
                "important, clear, likely, essential, necessary, vital, crucial, critical, time,"
                "possible, impossible, difficult, easy, hard, true, imperative, urgent, that,"
                "expected that, believed that, hoped that, estimated that, said that, thought that",
            ),
            "in addition to, in contrast to, instead of, so that, so far, so as, but for",
        ),
        links=_phrases(
            "however, therefore, thus, hence, moreover, furthermore, nevertheless, nonetheless",
            "meanwhile, instead, otherwise, consequently, accordingly, similarly, likewise, indeed",
            "conversely, afterwards, afterward, subsequently, then, and, but, yet, so, also",
            "in addition, in contrast, by contrast, in turn, in particular, in fact, as a result",
            "for example, for instance, in other words, on the other hand, since then, until then",
            "at the same time, even so",
        ),
        prepositions=_phrases(
            "in, on, at, during, after, before, for, with, to, under, by, through, of, since, from",
            "as, following, within, over, because of, despite, alongside, beyond, given",
        ),
    ),
    "es": _Beginnings(
        pronouns=_phrases(
            "él, ella, ellos, ellas, su, sus, uno de ellos, una de ellas, entre ellos, entre ellas",
        ),
        demonstratives=_phrases(
            "este, esta, esto, estos, estas, ese, esa, eso, esos, esas, aquel, aquella, aquello",
            "aquellos, aquellas, dicho, dicha, dichos, dichas, tal, tales",
        ),
        alone=_phrases(
            "esta semana, este mes, este año, esta mañana, esta tarde, esta noche, este verano",
            "este otoño, este invierno, esta primavera, este fin de semana, este lunes",
            "este martes, este miércoles, este jueves, este viernes, este sábado, este domingo",
            "este 0, este de, este del, este artículo, esta página, este sitio, tal como",
            "tal y como, tal vez, tales como, aquel que, aquella que, aquellos que, aquellas que",
            "su Majestad, sus Majestades, su Excelencia, su Santidad, su Alteza, además de",
            "además del, después de, después del, luego de, así como, así que",
        ),
        links=_phrases(
            "sin embargo, no obstante, además, por lo tanto, por tanto, por consiguiente, por ello",
            "en consecuencia, asimismo, por otra parte, por otro lado, a su vez, de hecho, así",
            "entonces, luego, después, posteriormente, mientras tanto, en cambio, por el contrario",
            "pero, es decir, por ejemplo, al mismo tiempo, desde entonces, aun así, ahí, allí",
            "añadió, agregó",
        ),
        prepositions=_phrases(
            "en, a, de, con, por, para, sobre, tras, durante, desde, según, bajo, ante, hasta",
            "a lo largo de, en el marco de, a través de, además de, después de, antes de",
            "gracias a, el",
        ),
    ),
    "fr": _Beginnings(
        pronouns=_phrases(
            "il, elle, ils, elles, lui, eux, son, sa, ses, leur, leurs, l'un d'eux, l'une d'elles",
            "parmi eux, parmi elles, d'entre eux",
        ),
        demonstratives=_phrases(
            "ce, cet, cette, ces, c', ceci, cela, ça, celui, celle, ceux, celles, ce jour-là",
            "cette année-là, cette semaine-là, ce matin-là, ce soir-là, cette nuit-là, ce mois-là",
            "ce moment-là",
        ),
        alone=_phrases(
            "ce matin, ce soir, cet après-midi, cette nuit, cette semaine, ce mois, cette année",
            "ce printemps, cet été, cet automne, cet hiver, ce week-end, ce jour, ce moment, ce 0",
            "ce lundi, ce mardi, ce mercredi, ce jeudi, ce vendredi, ce samedi, ce dimanche",
            "cet article, cette page, ce site, ce qui, ce que, ce qu', ce dont, ce à quoi",
            _each("celui, celle, ceux, celles", "qui, que, qu', dont"),
            "celles et ceux, ceux et celles, il y a, il y avait, il y aura, il y eut, il y a eu",
            "il faut, il fallait, il fallut, il faudra, il manque, il manquait, il convient",
            "il existe, il semble, il importe, il suffit, il va de soi",
            _each(
                "il est, il était, il sera, il serait",
                "important, essentiel, nécessaire, indispensable, possible, impossible, difficile,"
                "probable, clair, évident, vrai, urgent, crucial, vital, interdit, temps",
            ),
            "son Excellence, leurs Excellences, sa Majesté, leurs Majestés, sa Sainteté",
            "son Altesse, ainsi que, de plus en plus, de plus de, de même que",
        ),
        links=_phrases(
            "cependant, toutefois, néanmoins, pourtant, en outre, de plus, par ailleurs, en effet",
            "ainsi, par conséquent, en conséquence, donc, puis, ensuite, enfin, également, de même",
            "en revanche, au contraire, pour sa part, pour leur part, de son côté, de leur côté",
            "dès lors, depuis lors, mais, or, et, car, par exemple, en particulier, notamment",
            "autrement dit, en même temps",
        ),
        prepositions=_phrases(
            "dans, à, lors de, pour, avec, par, sur, en, après, avant, durant, pendant, depuis",
            "selon, sous, de, malgré, outre, au cours de, au sein de, en vertu de, à l'issue de",
            "grâce à, face à, à travers, à la suite de, le",
        ),
    ),
    "it": _Beginnings(
        pronouns=_phrases(
            "egli, lui, lei, esso, essa, essi, esse, loro, il suo, la sua, i suoi, le sue, il loro",
            "la loro, i loro, le loro, uno di loro, una di loro, tra loro, tra essi",
        ),
        demonstratives=_phrases(
            "questo, questa, questi, queste, quest', quello, quella, quelli, quelle, quell', ciò",
            "tale, tali, quell'anno, quel giorno",
        ),
        alone=_phrases(
            "questa settimana, questo mese, quest'anno, questa mattina, questo pomeriggio",
            "questa sera, quest'estate, quest'autunno, quest'inverno, questa primavera",
            "questo lunedì, questo martedì, questo mercoledì, questo giovedì, questo venerdì",
            "questo sabato, questa domenica, questo articolo, questa pagina, questo sito, ciò che",
            "quello che, quella che, quelli che, quelle che, loro che, invece di, così come",
            "così che",
        ),
        links=_phrases(
            "tuttavia, però, inoltre, pertanto, quindi, dunque, perciò, di conseguenza, infatti",
            "d'altra parte, allo stesso tempo, invece, al contrario, nel frattempo, poi, così",
            "successivamente, per esempio, ad esempio, ma, a sua volta, da allora, cioè, eppure",
            "intanto, ha aggiunto, aggiunge",
        ),
        prepositions=_phrases(
            "in, a, di, con, per, su, da, dopo, prima di, durante, secondo, tra, fra, sotto",
            "nel corso di, nell'ambito di, in base a, grazie a, oltre a, alla luce di, nel, il",
        ),
    ),
    "pl": _Beginnings(
        pronouns=_phrases(
            "on, ona, ono, oni, one, jego, jej, ich, jeden z nich, jedna z nich, wśród nich",
        ),
        demonstratives=_phrases(
            "to, ten, ta, te, ci, tego, tej, temu, tym, tą, tych, tymi, tę, taki, taka, takie",
            "tacy",
        ),
        alone=_phrases(
            "ten rok, tego roku, tym roku, ten tydzień, tym tygodniu, ten miesiąc, tym miesiącu",
            "tego lata, tej jesieni, tej zimy, tej wiosny, ten artykuł, ta strona, ten kto",
            "ci którzy, to co, to że, te które, jego Wysokość, jego Świątobliwość",
            "jego Ekscelencja, jej Wysokość, taki sam, taka sama, takie same",
        ),
        links=_phrases(
            "jednak, jednakże, natomiast, ponadto, dlatego, zatem, więc, co więcej, w rezultacie",
            "w konsekwencji, tymczasem, następnie, potem, później, wówczas, wtedy, z kolei, ale",
            "na przykład, lecz, tam, stamtąd, jednocześnie, innymi słowy, dodał, dodała",
        ),
        prepositions=_phrases(
            "w, we, na, po, pod, przed, do, dla, z, ze, za, przez, od, o, przy, podczas, poza",
            "oprócz, mimo, dzięki, wobec, w ramach, w trakcie, zgodnie z, w związku z, w świetle",
        ),
    ),
    "pt": _Beginnings(
        pronouns=_phrases(
            "ele, ela, eles, elas, seu, sua, seus, suas, o seu, a sua, os seus, as suas, um deles",
            "uma delas, entre eles, entre elas",
        ),
        demonstratives=_phrases(
            "este, esta, isto, estes, estas, esse, essa, isso, esses, essas, aquele, aquela",
            "aquilo, aqueles, aquelas, tal, tais, neste, nesta, nestes, nestas, nesse, nessa",
            "nesses, nessas, nisso, disso, deste, desta, destes, destas, desse, dessa, desses",
            "dessas, naquele, naquela, nisto, disto",
        ),
        alone=_phrases(
            _each(
                "este, neste",
                "mês, ano, verão, outono, inverno, sábado, domingo, fim de semana, artigo, site, 0",
            ),
            _each(
                "esta, nesta",
                "semana, manhã, tarde, noite, primavera, segunda, terça, quarta, quinta, sexta,"
                "página",
            ),
            "tal como, tal qual, tais como, aquele que, aquela que, aqueles que, aquelas que",
            "sua Majestade, sua Santidade, sua Excelência, sua Alteza, suas Majestades",
            _each("depois", "de, do, da, dos, das, que"),
            "assim como, assim que",
        ),
        links=_phrases(
            "no entanto, porém, contudo, todavia, portanto, assim, por conseguinte",
            "consequentemente, por outro lado, ao mesmo tempo, entretanto, enquanto isso, depois",
            "em seguida, posteriormente, então, mas, por exemplo, ou seja, desde então",
            "por sua vez, de facto, de fato, pelo contrário, acrescentou",
        ),
        prepositions=_phrases(
            "em, a, de, com, por, para, sobre, após, durante, desde, segundo, sob, até, além, no",
            "além de, depois de, antes de, graças a, apesar",
        ),
    ),
    "ru": _Beginnings(
        pronouns=_phrases(
            "он, она, оно, они, его, её, ее, их, один из них, одна из них, среди них",
        ),
        demonstratives=_phrases(
            "это, этот, эта, эти, этого, этой, этому, этом, этим, этими, этих, эту, тот, такой",
            "такая, такое, такие",
        ),
        alone=_phrases(
            "этого года, этом году, эта неделя, этой неделе, этом месяце, этим летом, этой осенью",
            "этой зимой, этой весной, этим утром, этот понедельник, этот вторник, эту среду",
            "этот четверг, эту пятницу, эту субботу, это воскресенье, эти дни, тот кто, такой же",
            "эта статья, эта страница, этот сайт, его Величество, её Величество, ее Величество",
            "его Святейшество, их Величества",
        ),
        links=_phrases(
            "однако, тем не менее, поэтому, также, кроме того, более того, таким образом",
            "к тому же, в то же время, вместе с тем, между тем, тем временем, тогда, затем, потом",
            "впоследствии, следовательно, в частности, например, в свою очередь, со своей стороны",
            "зато, но, там, оттуда, с тех пор, добавил, добавила",
        ),
        prepositions=_phrases(
            "в, во, на, под, после, перед, до, для, с, со, из, за, через, от, о, об, при, по",
            "благодаря, помимо, кроме, вопреки, вследствие, согласно, ввиду, во время, в рамках",
            "в ходе, в соответствии с, в связи с, к, между",
        ),
    ),
    "uk": _Beginnings(
        pronouns=_phrases(
            "він, вона, воно, вони, його, її, їх, їхній, їхня, їхнє, їхні, один з них",
        ),
        demonstratives=_phrases(
            "це, цей, ця, ці, цього, цієї, цьому, цій, цим, цією, цих, цими, цю, той, такий, така",
            "таке, такі",
        ),
        alone=_phrases(
            "цього року, цьому році, цього тижня, цьому тижні, цього місяця, цьому місяці",
            "цього літа, цієї осені, цієї зими, цієї весни, цього ранку, цього понеділка",
            "цього вівторка, цієї середи, цього четверга, цієї п'ятниці, цієї суботи, цієї неділі",
            "цими днями, ця стаття, ця сторінка, цей сайт, той хто, такий самий, така сама",
            "такі самі, його Величність, її Величність, його Святість, їхні Величності",
        ),
        links=_phrases(
            "однак, проте, втім, водночас, також, тому, отже, відтак, крім того, окрім того",
            "до того ж, таким чином, натомість, тоді, потім, згодом, зокрема, наприклад",
            "разом з тим, у свою чергу, зі свого боку, але, зате, там, звідти, після того, відтоді",
            "як наслідок, додав, додала",
        ),
        prepositions=_phrases(
            "у, в, на, під, після, перед, до, для, з, із, зі, за, через, від, про, при, завдяки",
            "внаслідок, протягом, попри, щодо, крім, окрім, під час, в рамках, у рамках, у межах",
            "згідно з, відповідно до, у зв'язку з",
        ),
    ),
}  # fmt: skip


def leans(sentence: str, language: str) -> bool:
    """Whether a sentence is hard to understand without the one before it.

    It is where it begins with a pronoun, a demonstrative or a connective ("He added",
    "This programme", "However"), also after a preposition ("After this meeting") or after a date
    ("In 2023, it"). language: ISO 639-1; in one that is not listed here nothing leans.
    """
    known = _BEGINNINGS.get(language)
    if known is None:
        return False
    said = _words(sentence)
    if known.lean(said, known.pronouns, known.demonstratives, known.links):
        return True
    after = _begun(said, known.prepositions)
    if after and known.lean(said[after:], known.demonstratives):
        return True
    told = said[after:] if after or said[:1] == ["0"] else []
    shape = "".join("0" if word == "0" else "w" for word in told)
    return any(
        shape.startswith(date)
        and known.lean(told[len(date) :], known.pronouns, known.demonstratives)
        for date in _DATES
    )


def _words(text: str) -> list[str]:
    return ["0" if word.isdecimal() else word for word in words(text)]


def _begun(said: list[str], phrases: _Phrases) -> int:
    """How many words the longest of the phrases has that the words begin with, 0 for none."""
    return max((len(one) for one in phrases if tuple(said[: len(one)]) == one), default=0)


def context_of(document: Document, sentence: Span, quoted: Collection[Span] = ()) -> Span | None:
    """Where the sentence stands that a leaning one leans on; None where it does not lean.

    It is the one just before, of the same paragraph or the paragraph before; never a heading, a
    sentence of more than LONGEST characters, or one of those `quoted` beside it.
    sentence, quoted: half-open spans of `document.text`, as the result is.
    """
    start, end = sentence
    if not leans(document.text[start:end], document.language):
        return None
    before = _before(document, start)
    if before is None or before[1] - before[0] > LONGEST:
        return None
    return None if any(a < before[1] and before[0] < b for a, b in quoted) else before


def _before(document: Document, start: int) -> Span | None:
    """The sentence before the one that begins at `start`; None where none begins there."""
    text = document.text
    line, line_end = text.rfind("\n", 0, start) + 1, text.find("\n", start)
    own = _sentences(document, line, line_end if line_end >= 0 else len(text))
    at = next((at for at, one in enumerate(own) if one[0] == start), None)
    if at is None or at > 0:
        return own[at - 1] if at else None
    until = len(text[:line].rstrip())
    earlier = _sentences(document, text.rfind("\n", 0, until) + 1, until)
    if not earlier or not _ENDS_A_SENTENCE.search(text[slice(*own[-1])]):
        return None
    said = text[slice(*earlier[-1])]
    asked = len(earlier) == 1 and _ASKS.search(said)
    return None if asked or not _ENDS_A_SENTENCE.search(said) else earlier[-1]


def _sentences(document: Document, start: int, end: int) -> list[Span]:
    found = sentences(document.text[start:end], document.language)
    return [(start + a, start + b) for a, b in found]
