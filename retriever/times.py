"""The time that a question names, read without a model, and the passages that concern it.

Read in French, English, Ukrainian, Russian, German, Spanish, Italian, Polish, Portuguese and, for
dates, years and the commonest phrases, Arabic. A time that can be read in two ways is not read: a
number is a year only where its neighbours make it one, and a question that names two times which
do not make one period names none.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta

import numpy as np

from archive.dates import (
    MONTH,
    OF,
    Mention,
    Period,
    any_of,
    dates,
    month_end,
    month_number,
    months,
)
from archive.languages import detect_language
from archive.spans import Spans
from retriever.fusion import Fused

# How much nearer a passage that concerns the period counts, as a cosine.
IN_PERIOD = 0.025

_DAY = timedelta(days=1)

_LOOK_BACK = 200  # characters before a time in which the words that open it may begin

# --- Words -------------------------------------------------------------------------------------

_YEAR = r"(?:19\d\d|20\d\d|2100)"
_NUMBER_OF_A_YEAR = re.compile(
    rf"(?:(?<=\bmid-)|(?<=\bmi-)|(?<![\w.,/$€£№#–—-]))(?P<year>{_YEAR})"
    r"(?![^\W年년]|[.,/:]\d|\s?[%‰€$£]|[-–—])"
)

# What stands before a year. After the second kind a number is a year only where no noun follows.
_BEFORE_A_YEAR = re.compile(
    r"""(?:\b(?:
    in|during|since|before|after|until|till|by|from|between|throughout|early|late|years?|
    en|depuis|dès|avant|après|entre|début|fin|courant|jusqu['’]en|d['’]ici|années?|an|
    seit|vor|nach|bis|ab|zwischen|anfang|mitte|ende|jahre?[ns]?|
    desde|hasta|para|años?|nel|dal|al|del|il|entro|tra|fra|anno|anni|em|no|até|anos?|
    у|в|во|на|з|із|с|со|від|до|після|после|перед|між|между|
    w|od|do|po|przed|między|roku|latach|
    في|منذ|قبل|بعد|حتى|بين|عام|عامي|سنة
    )\s+|\b(?:mid|mi)-)$""",
    re.IGNORECASE | re.VERBOSE,
)
_BEFORE_A_YEAR_OR_A_COUNT = re.compile(
    r"""(?<!\bplus\s)(?<!\bmoins\s)(?<!\bprès\s)(?<!\bmás\s)(?<!\bmenos\s)(?<!\bcerca\s)\b(?:
    of|de|di|von|war|waren|wurden?|hat|haben|hatten?|ist|sind|geschah|passierte|beschloss|fand|trat
    )\s+$""",
    re.IGNORECASE | re.VERBOSE,
)
_EVENT_BEFORE_A_YEAR = re.compile(
    r"""\b(?:sommet|summit|[\w-]*gipfel(?:treffen)?|cumbre|vertice|cimeira|szczyt\w*|саміт\w*|
    саммит\w*|élections?|elections?|[\w-]*wahl(?:en)?|elecciones|elezioni|eleições|budget|haushalt|
    presupuesto|édition|edition)
    (?:\s+(?:(?:de|du|of|in|di|del|von|à)\s+(?:l['’]|la\s)?|d['’])?
    (?-i:[A-ZÀ-ÞА-ЯЄІЇҐ])[\w-]+(?:\s(?-i:[A-ZÀ-ÞА-ЯЄІЇҐ])[\w-]+)?)?\s+$""",
    re.IGNORECASE | re.VERBOSE,
)
_EVENT_AFTER_A_YEAR = re.compile(
    r"\s+(?:[A-Z][\w-]*\s+){0,3}(?:summit|meeting|conference|budget|campaign|exercise|report|"
    r"declaration|election|elections|invasion|annexation|war|agreement|treaty|crisis|coup|attack|"
    r"Olympics)\b"
)
_DETERMINED = re.compile(r"(?:\bthe|['’]s)\s+$", re.IGNORECASE)
_AFTER_A_YEAR = re.compile(
    r"\s*[年년]|\s+(?:року|році|рік|роком|роках|роки|рр?\.|года|году|год|годом|годах|годы|гг?\.|"
    r"roku|rokiem|rok|r\.|latach)(?!\w)",
    re.IGNORECASE,
)
_NEXT_WORD = re.compile(r"\s+(?P<word>\w+)")
_MORE_YEARS = re.compile(rf"\s*,\s*{_YEAR}")

# Words that may follow a year and never a count.
_PLAIN = frozenset(
    """
    a about above after again against all already also although and any are as at be because been
    before but by can could did do does for from had has have he her his how however if in into is
    it its itself may might more must no nor not of on or our out over per shall she should since so
    than that the their them then there these they this those through to under until up was we were
    what when where whether which while who whom whose why will with within without would you
    à afin ai ainsi alors apr après as au aucun aussi autour aux avait avant avec avoir c car ce
    celle celui ces cet cette ceux chez comme comment contre d dans de déjà depuis des dont du elle
    elles en entre est et été étaient était eu eut fait fut furent ici il ils j je jusqu l la
    laquelle le lequel les leur leurs lors lorsque lui mais même ne ni nos notre nous on ont ou où
    par parmi pas pendant plus pour pourquoi puis qu quand que quel quelle quelles quels qui quoi s
    sa sans selon sera ses si son sont sous suite sur t tandis très tu un une vers vos votre vous y
    als am an auch auf aus bei beim bis da damit dann das dass dem den der des dessen die dies diese
    dieser doch durch ein eine einem einen einer er es für gegen gegenüber haben hat hatte hatten
    ihr ihre im in ist kam mit nach nicht noch nur ob oder ohne seit sich sie sind statt über um und
    unter vom von vor war waren warum was weil wenn wer werden wie wird wo wofür worden wurde
    wurden zu zum zur zwischen
    al ante así aunque como con contra cuál cuáles cuándo cuánto cuántos del desde donde dónde el
    ella ellos eran era es esa ese esta este está están fue fueron ha había habían han hasta la las
    le les lo los más mientras muy o para pero por porque pues qué quién quiénes se según ser si
    sobre su sus también tras u un una y ya
    agli ai alla alle allo anche che chi ci col come cosa da dai dal dalla dei del della delle dello
    di dopo dove durante è e ed erano era fino fra gli ha hanno i il in io la le lo ma mentre nei
    nel nella non o per perché più poi prima quale quali quando quanti quanto se senza si su sua
    sugli sui sul sulla suo tra un una uno
    ao aos às até com da das do dos e em entre era foi foram há já mas mais na nas no nos não o os
    para pela pelas pelo pelos por que quem são se sem ser seu sob sobre sua também um uma
    без би був була були було в від він вона вони до ж за з зі із й і його її їх коли під по після
    про при та так також те то у хто це цей чи чому через що щоб як яка яке який які
    а без бы был была были было в во вы где для до его ее её если же за и из или их к как какая
    какие какой когда кто ли между на не но о об она они оно от по под после при с со так также то
    у что чтобы это
    a aby ale bez będzie był była było były czy dla do dlaczego gdzie go i ich ile jak jaka jaki
    jakie jako jest kiedy kto która które który lub ma między na nad nie o od oraz po pod podczas
    ponieważ przed przez przy są się to u w wobec z za ze że
    في من إلى على عن مع هل ما ماذا متى كيف أين التي الذي بين بعد قبل
    """.split()
)
# What a number may count, in the form that follows it.
_COUNTED = frozenset(
    """
    soldats militaires hommes femmes personnes civils réfugiés enfants morts blessés victimes
    prisonniers combattants membres pays villages maisons cas places tonnes kilomètres km mètres
    euros dollars jours heures semaines mois ans fois véhicules chars avions drones missiles obus
    navires pages articles mots unités
    soldiers troops men women people persons civilians refugees children dead casualties prisoners
    fighters members countries villages houses homes cases places tons kilometres kilometers metres
    meters miles euros days hours weeks months years times vehicles tanks aircraft planes shells
    rounds ships words units percent
    soldaten männer frauen menschen leute personen zivilisten flüchtlinge kinder tote toten
    verletzte gefangene mitglieder länder dörfer häuser fälle fällen tonnen kilometer kilometern
    meter metern euro dollar tage tagen stunden wochen monate monaten jahre jahren mal panzer
    flugzeuge drohnen raketen schiffe seiten prozent
    soldados hombres mujeres personas civiles refugiados niños muertos heridos víctimas países
    casos casas hogares toneladas kilómetros metros dólares días horas semanas meses años veces
    soldati uomini donne persone civili profughi bambini morti feriti casi case tonnellate
    chilometri metri dollari giorni ore settimane mesi anni volte
    homens mulheres pessoas crianças mortos feridos quilómetros quilômetros dias anos vezes
    солдатів військових людей осіб дітей тонн кілометрів км метрів євро доларів днів годин тижнів
    місяців років разів танків ракет дронів
    солдат военных человек детей километров метров евро долларов дней часов недель месяцев лет раз
    танков дронов беженцев
    żołnierzy ludzi osób dzieci ton kilometrów metrów dolarów dni godzin tygodni miesięcy lat razy
    """.split()
)

_LINK = r"(?:\s+(?:the|year|of|in|de|du|l['’]année|des|jahres|del|año|dell['’]anno|di|do|ano))*\s+"
_ARTICLE = r"(?:(?:le|la|the|el|il|los|o|den|dem|der)\s+|l['’])?"
_TO = (
    rf"\s*(?:[-–—]|\b(?:à|au|aux|to|until|till|through|bis(?:\s+(?:zum|in))?|a|al|hasta|"
    rf"fino\s+al?|ao|até|do|до|по|إلى|حتى)\b|\bjusqu['’](?:à|en|au))\s*{_ARTICLE}"
)
_AND = (
    rf"\s*(?:\b(?:et|and|or|ou|und|oder|y|o|e|ed|i|oraz|lub|та|і|й|или|и|або)\b|و)\s*"
    rf"(?:(?:en|in|im|nel|em|w|у|в)\s+)?{_ARTICLE}"
)
_BETWEEN = (
    r"(?:\b(?:entre|between|zwischen|tra|fra|między|між|между)|بين)\s+"
    rf"(?:(?:the\s+)?years?\s+|(?:les\s+)?années?\s+|(?:den\s+)?jahren\s+|عامي\s+)?{_ARTICLE}"
)

_SEASONS = (  # by their first month; winter lies in two years and is left alone
    (3, r"spring|printemps|frühling|frühjahr|primavera|весн[аиіоюые]\w?|wiosn[aąy]"),
    (
        6,
        r"summer|(?<=l['’])été|(?<=cet\s)été|sommer|verano|estate|verão|літ[аіо]м?|лет[аоу]м?|"
        r"lat(?:o|a|em)",
    ),
    (
        9,
        r"autumn|fall|automne|herbst|otoño|autunno|outono|осен[ьиію]ю?|осінь|восени|осені|"
        r"jesie(?:ń|ni|nią)",
    ),
)
_ORDINALS = (
    r"first|1st|premier|1er|erste[sn]?|primer|primo|primeiro|перш\w{1,3}|перв\w{2,3}|pierwsz\w+|"
    r"1-?й|1\.|i",
    r"second|2nd|deuxième|2e|2ème|zweite[sn]?|segundo|secondo|друг\w{1,3}|втор\w{2,3}|drugi\w*|"
    r"2-?й|2\.|ii",
    r"third|3rd|troisième|3e|3ème|dritte[sn]?|tercer|terzo|terceiro|трет\w{1,4}|trzeci\w*|"
    r"3-?й|3\.|iii",
    r"fourth|4th|quatrième|4e|4ème|vierte[sn]?|cuarto|quarto|четверт\w{1,3}|четвёрт\w{2,3}|"
    r"czwart\w+|4-?й|4\.|iv",
)
_ORDINAL = "|".join(f"(?P<n{n}>{names})" for n, names in enumerate(_ORDINALS, 1))
_QUARTER = r"quarter|trimestre|quartals?|квартал\w?|kwarta\w+"
_HALF = r"half|semestre|halbjahre?s?|півріччя|півріччі|полугоди[ияе]|półrocz[eau]"
_PART_OF_A_YEAR = re.compile(
    rf"\b(?:(?:{_ORDINAL})\s+(?:(?P<quarter>{_QUARTER})|(?P<half>{_HALF}))|[qt](?P<q>[1-4])|"
    + "|".join(f"(?P<s{month}>{names})" for month, names in _SEASONS)
    + rf"){_LINK}(?P<year>{_YEAR})(?!\w|[.,]\d)",
    re.IGNORECASE,
)
_DECADE = re.compile(
    r"(?<![\w.,])(?P<year>(?:19[1-9]|20\d)0)(?:s|er)\b|"
    r"(?<![\w.,])(?P<slavic>(?:(?:19)?[5-9]|20\d)0)-(?:х|ті|тих|их|е|ые|ых)\b|"
    r"\b(?:années|años|anni|anos|lat(?:a|ach)|década\s+de|décennie)\s+['’]?"
    r"(?P<romance>(?:19[1-9]|[5-9]|20\d)0)\b",
    re.IGNORECASE,
)
_TWO_YEARS = re.compile(
    rf"(?<![\w.,/$€£№#-])(?P<first>{_YEAR})\s*"
    r"(?:року|рік|года|год|roku|r\.|г\.|р\.)?"
    rf"(?:(?P<dash>(?<=\d)[-–—]|(?<=\s)[–—]\s)|(?P<to>{_TO})|(?P<and>{_AND}))(?P<last>{_YEAR})"
    r"(?![^\W年년]|[.,/:-]\d|\s?[%‰€$£])",
    re.IGNORECASE,
)
_TWO_MONTHS = re.compile(
    rf"\b(?P<first>{MONTH})\b\.?(?:{_TO}|{_AND})(?P<last>{MONTH})\b\.?,?{OF}(?P<year>{_YEAR})"
    r"(?!\w|[.,]\d)",
    re.IGNORECASE,
)

_THIS = (
    r"ce(?:t|tte)?|this|цього|цьому|цей|этого|этом|эту|этой|diese[rsmn]?|[nd]?est[ae]|quest[oa]|"
    r"tym|tego|هذا|هذه"
)
_LAST = (
    r"last|минул(?:ого|ому|ий|им)|прошл(?:ого|ом|ой|ый|ую)|letzte[rsnm]?|vergangene[rsnm]?|"
    r"vorige[rsnm]?|scors[oa]|zeszł(?:ym|ego|y)|ubiegł(?:ym|ego|y)|minion(?:ym|ego|y)|pas+ad[oa]"
)
_NEXT = (
    r"next|nächste[rsnm]?|kommende[rsnm]?|наступн(?:ого|ому|ий)|следующ(?:его|ем|ей|ий)|"
    r"prossim[oa]|przyszł(?:ym|ego|y)|pr[óo]xim[oa]"
)
_LAST_AFTER = r"derni[eè]re?|passée?|pas+ad[oa]|scors[oa]|الماضية?"
_NEXT_AFTER = r"prochaine?|pr[óo]xim[oa]|prossim[oa]|القادمة?|المقبلة?"
_ONE = (
    r"(?:(?P<week>semaine|week|тижн[яі]|тиждень|недел[еюяи]|woche|semana|settimana|tygodni[ua]|"
    r"(?:ال)?أسبوع)|"
    r"(?P<month>mois|month|місяц[яі]|місяць|месяц[ае]?|monate?s?|mese?|miesiąc[ua]?|mês|(?:ال)?شهر)|"
    r"(?P<year>an|année|year|року|році|рік|год[ау]?|jahre?s?|año|anno|roku|ano|"
    r"(?:ال)?عام|(?:ال)?سنة))"
)
_NEVER_AFTER = r"(?![\w]|-l[àa]\b|\s+(?:of|des|von)\b)"
_THIS_ONE = re.compile(
    rf"\b(?:(?:(?P<this>{_THIS})|(?P<last>{_LAST})|(?P<next>{_NEXT}))\s+|(?P<questo>quest['’])|"
    rf"(?P<torik>торік\b))(?:(?<=торік)|{_ONE}){_NEVER_AFTER}",
    re.IGNORECASE,
)
_ONE_LAST = re.compile(
    rf"\b{_ONE}\s+(?:(?P<last>{_LAST_AFTER})|(?P<next>{_NEXT_AFTER})){_NEVER_AFTER}", re.IGNORECASE
)
_LAST_MONTH = re.compile(
    rf"\b(?:(?P<this>{_THIS})|(?P<last>{_LAST})|(?P<next>{_NEXT}))\s+(?P<name>{MONTH})\b(?!\s+\d)",
    re.IGNORECASE,
)
_MONTH_LAST = re.compile(
    rf"\b(?P<name>{MONTH})\s+(?:(?P<last>{_LAST_AFTER})|(?P<next>{_NEXT_AFTER})){_NEVER_AFTER}",
    re.IGNORECASE,
)
_MONTH_BEFORE = re.compile(
    rf"\b(?P<name>{MONTH})(?:\s+(?:of|de|del|do|d)|\s+de\s+l['’]|\s+dell['’])?\s*$", re.IGNORECASE
)
_ENGLISH = ("this", "last", "next")
_ENGLISH_MONTHS = frozenset(
    "january february March april May june july august september october november december "
    "January February April June July August September October November December".split()
)
_NO_MONTH_ALONE = frozenset({"лист", "sept", "mar", "ago", "dez", "вер", "бер"})

_COUNTS = (  # of one, of two, ...
    "un une a an one один одну одного ein eine einem einer uno una um uma",
    "deux two два дві двох две двух zwei dos due dwa dwie dwóch dois duas",
    "trois three три трьох трех трёх drei tres tre trzy trzech três",
    "quatre four чотири чотирьох четыре четырех четырёх vier cuatro quattro cztery czterech quatro",
    "cinq five п'ять п’ять п'яти п’яти пять пяти fünf cinco cinque pięć pięciu",
    "six шість шести шесть sechs seis sei sześć sześciu",
    "sept seven сім семи семь sieben siete sette siedem siedmiu sete",
    "huit eight вісім восьми восемь acht ocho otto osiem ośmiu oito",
    "neuf nine дев'ять дев’ять девять девяти neun nueve nove dziewięć dziewięciu",
    "dix ten десять десяти zehn diez dieci dziesięć dziesięciu dez",
    "onze eleven одинадцять одиннадцать elf once undici jedenaście",
    "douze twelve дванадцять дванадцяти двенадцать двенадцати zwölf doce dodici dwanaście doze",
)
_COUNT_OF = {name: count for count, names in enumerate(_COUNTS, 1) for name in names.split()}
_COUNT = rf"(?:\d{{1,3}}|{any_of(_COUNT_OF)})"
_MANY = (
    r"(?:(?P<day>jours?|days?|днів|дні|дня|день|дней|tage?n?|días?|giorn[oi]|dni|dias?)|"
    r"(?P<week>semaines?|weeks?|тижнів|тижні|тижня|тиждень|недел[ьиюя]|wochen?|semanas?|"
    r"settiman[ae]|tygodni[eau]?|tydzień)|"
    r"(?P<month>mois|months?|місяців|місяц[ія]|місяць|месяц(?:ев|а|ы)?|monate?n?|meses|mes[ei]?|"
    r"miesięcy|miesiąc[eau]?|mês)|"
    r"(?P<year>ans?|années?|years?|років|року|роки|рік|год[аыу]?|лет|jahre?n?|años?|ann[oi]|"
    r"lata?|latach|roku?|anos?))"
)
_NO_PART = (
    r"(?!\w|-l[àa]\b|\s+(?:d|qu|dell)['’]|\s+(?:of|de|du|des|von|del|di|della|da|do|que|before|"
    r"avant|vor|antes|prima|перед|przed)\b)"
)
_LAST_MANY = re.compile(
    r"\b(?:(?:last|past|depuis|seit|derniers|dernières|letzten|vergangenen|últim[oa]s|ultimi|ultime|"
    rf"останніх|останні|последних|последние|ostatnich|ostatnie)\s+(?P<count>{_COUNT})|"
    rf"(?P<first>{_COUNT})\s+(?:derniers|dernières|últim[oa]s|ultimi|ultime)|"
    r"(?:(?:the|this)\s+)?past|the\s+last|(?:la|cette)\s+derni[eè]re|le\s+dernier|últim[oa]|"
    r"ultim[oa]|за\s+останн(?:ій|ю)|за\s+последн(?:ий|юю)|w\s+ostatnim)\s+"
    rf"{_MANY}{_NO_PART}",
    re.IGNORECASE,
)
_PAST = re.compile(rf"\b(?:l['’]|la\s|le\s){_ONE}\s+écoulée?{_NO_PART}", re.IGNORECASE)
_AGO = (
    re.compile(
        rf"\b(?:il\s+y\s+a|hace|há|vor)\s+(?P<count>{_COUNT})\s+{_MANY}{_NO_PART}", re.IGNORECASE
    ),
    re.compile(
        rf"\b(?P<count>{_COUNT})\s+{_MANY}\s+(?:ago|тому|назад|fa|temu|atrás){_NO_PART}",
        re.IGNORECASE,
    ),
    re.compile(rf"\b{_MANY}\s+(?:тому|назад|temu){_NO_PART}", re.IGNORECASE),
)
_DAYS_AGO = (
    r"aujourd['’]hui|today|сьогодні|сегодня|heute|hoy(?!\s+en\s+día)|oggi|dzisiaj|dziś|hoje",
    r"hier|yesterday|вчора|вчера|gestern|ayer|ieri|wczoraj|ontem|أمس",
    r"avant-hier|the\s+day\s+before\s+yesterday|позавчора|позавчера|vorgestern|anteayer|"
    r"antes\s+de\s+ayer|l['’]altro\s+ieri|przedwczoraj|anteontem",
)
_DAY_AGO = re.compile(
    rf"(?<![\w-])(?:(?P<two>{_DAYS_AGO[2]})|(?P<one>{_DAYS_AGO[1]})|(?P<none>{_DAYS_AGO[0]}))"
    r"(?![\w-])",
    re.IGNORECASE,
)

# What opens a time at one end, and the words that may stand between it and the time.
_FILLER = (
    r"(?:\s*(?:\b(?:le|la|les|the|el|il|o|in|en|of|de|du|dem|der|den|im|year|année|an|jahre?|año|"
    r"anno|ano|early|late|start|beginning|end|début|fin|anfang|mitte|ende|początku|końca|початку|"
    r"кінця|начала|конца|عام|سنة)\b|l['’]|d['’]))*\s*"
)
_SINCE = (
    r"since|(?P<from>від)|as\s+of|starting\s+(?:in|from)|depuis|à\s+partir\s+(?:de|du|d['’])|seit|ab|desde|"
    r"a\s+partir\s+d[eo]l?|dal(?:lo|la|l['’])?|a\s+partire\s+da(?:l|ll['’])?|починаючи\s+з|з|із|"
    r"начиная\s+с|с|со|od|منذ"
)
_AFTER = r"after|après|nach|después\s+de|tras|dopo|depois\s+de|após|після|после|po|بعد"
_BEFORE = r"before|avant|vor|antes\s+de|antes\s+do|prima\s+de|prima\s+di|перед|przed|قبل"
_UNTIL = (
    r"until|till|up\s+to|jusqu['’](?:en|à|au)|bis(?:\s+zum)?|hasta|fino\s+al?|até|до|حتى|"
    r"(?P<do>do)"
)
_OPENS = re.compile(
    rf"\b(?:(?P<since>{_SINCE})|(?P<after>{_AFTER})|(?P<before>{_BEFORE})|(?P<until>{_UNTIL}))"
    rf"(?:\b|(?<=['’])){_FILLER}$",
    re.IGNORECASE,
)
# An event stands in between: "since the Hague summit of June 2025".
_NO_EVENT = (
    r"(?!(?:and|et|und|y|e|i|та|і|и|or|ou|oder|when|quand|wann|cuándo|quando|коли|когда|kiedy|"
    r"what|who|which|how|qui|quoi|quel\w*|wer|wie|welche\w*|quién|qué|cómo|chi|хто|що|кто|что)\b)"
)
_EVENT = rf"(?:\s+{_NO_EVENT}[\w'’.-]+){{1,9}}"
_OPENS_BY_AN_EVENT = re.compile(
    rf"\b(?:(?P<since>since|depuis|seit|desde\s+(?:que|el|la|los|las)|з\s+часу|з\s+моменту|"
    rf"відколи|со\s+времени|с\s+момента|od\s+czasu|od\s+momentu){_EVENT}|"
    rf"(?:(?P<after>after|après|después|dopo|depois)|(?P<before>before|avant|antes|prima))"
    rf"{_EVENT}\s+(?:of|de|du|del|di|do))\s+$",
    re.IGNORECASE,
)
_HALF_OF_A_RANGE = re.compile(rf"{_BETWEEN}.*{_AND}$", re.IGNORECASE)
_RANGE = re.compile(rf"(?P<to>{_TO})|(?P<and>{_AND})", re.IGNORECASE)
_BETWEEN_BEFORE = re.compile(rf"{_BETWEEN}$", re.IGNORECASE)


class _Range(Mention):
    """A time told by where it begins and where it ends; "since" before it only opens the range."""


# --- Reading -----------------------------------------------------------------------------------


def read_period(question: str, today: date) -> Period | None:
    """The time a question is about, None where it names none or none that is sure.

    Absolute ("en 2023", "im Juni 2024", "the 1990s"), reckoned from `today` ("last October", "ces
    trois derniers mois"; weeks begin on Monday), from one time to another, or open at one end
    ("since June 2025"). Years are 1900 to 2100. A time that is to be before a time still to come
    is that time itself: "by 2030" prefers what names 2030.
    """
    named = _joined(question, _named(question, today))
    if len(named) != 1 or _before(_HALF_OF_A_RANGE, question, named[0].start):
        return None
    period = _opened(question, named[0], today)
    days = [day for day in (period.first, period.last) if day] if period else []
    return period if all(1900 <= day.year <= 2100 for day in days) else None


def _named(text: str, today: date) -> list[Mention]:
    """The times a text names, in order of place; of two that overlap the more telling one."""
    found: list[Mention] = []
    written = _WRITTEN if re.search(r"\d\d", text) else ()
    for read in (*written, *_RECKONED):
        for one in read(text, today):
            if all(one.end <= other.start or other.end <= one.start for other in found):
                found.append(one)
    return sorted(found, key=lambda one: one.start)


def _full_dates(text: str, _: date) -> Iterator[Mention]:
    for one in dates(text):
        if one.first.year >= 1900 and one.last.year <= 2100:
            kind = Mention if one.first == one.last else _Range
            yield kind(one.first, one.last, one.start, one.end)


def _named_months(text: str, _: date) -> Iterator[Mention]:
    for one in months(text):
        planet = text.startswith("Mars", one.start)
        if 1900 <= one.first.year <= 2100 and not planet:
            yield one


def _parts_of_years(text: str, _: date) -> Iterator[Mention]:
    for match in _PART_OF_A_YEAR.finditer(text):
        year = int(match["year"])
        n = next((n for n in range(1, 5) if match[f"n{n}"]), int(match["q"] or 0))
        if match["half"] and n > 2:
            continue
        length = 6 if match["half"] else 3
        season = next((month for month, _ in _SEASONS if match[f"s{month}"]), 0)
        first = season or 1 + (n - 1) * length
        yield _of_months(date(year, first, 1), length, *match.span())


def _two_months(text: str, _: date) -> Iterator[Mention]:
    for match in _TWO_MONTHS.finditer(text):
        last = date(int(match["year"]), month_number(match["last"]), 1)
        month = month_number(match["first"])
        first = last.replace(year=last.year - (month > last.month), month=month)
        between = _before(_BETWEEN_BEFORE, text, match.start())
        start = (between or match).start()
        yield _Range(first, month_end(last), start, match.end())


def _decades(text: str, _: date) -> Iterator[Mention]:
    for match in _DECADE.finditer(text):
        told = int(match["year"] or match["slavic"] or match["romance"])
        first = told if told > 100 else 1900 + told
        yield Mention(date(first, 1, 1), date(first + 9, 12, 31), *match.span())


def _two_years(text: str, _: date) -> Iterator[Mention]:
    for match in _TWO_YEARS.finditer(text):
        first, last = int(match["first"]), int(match["last"])
        start, end = match.span()
        between = _before(_BETWEEN_BEFORE, text, start)
        cued = between or match["dash"] or _cued(text, start) or _AFTER_A_YEAR.match(text, end)
        if not cued or first >= last or _counts(text, end, last):
            continue
        if match["and"] and not between and last - first > 1:
            yield _year(first, start, match.end("first"))
            yield _year(last, match.start("last"), end)
        else:
            start = (between or match).start()
            yield _Range(date(first, 1, 1), date(last, 12, 31), start, end)


def _years(text: str, _: date) -> Iterator[Mention]:
    for match in _NUMBER_OF_A_YEAR.finditer(text):
        start, end = match.span()
        year = int(match["year"])
        after = _AFTER_A_YEAR.match(text, end)
        if after:
            yield _year(year, start, after.end())
        elif _reads_as_a_year(text, year, start, end):
            yield _year(year, start, end)


def _reads_as_a_year(text: str, year: int, start: int, end: int) -> bool:
    if _MORE_YEARS.match(text, end):
        return False
    if text[start - 1 : start] == "(" and text[end : end + 1] == ")":
        return True
    if _before(_DETERMINED, text, start) and _EVENT_AFTER_A_YEAR.match(text, end):
        return True
    if _before(_BEFORE_A_YEAR, text, start) or _before(_EVENT_BEFORE_A_YEAR, text, start):
        return not _counts(text, end, year)
    if _before(_BEFORE_A_YEAR_OR_A_COUNT, text, start):
        return _stands_alone(text, end) and year % 100 != 0
    return False


def _before(pattern: re.Pattern[str], text: str, end: int) -> re.Match[str] | None:
    """What a pattern that ends in $ finds just before `end`."""
    return pattern.search(text, max(end - _LOOK_BACK, 0), end)


def _cued(text: str, start: int) -> bool:
    cues = (_BEFORE_A_YEAR, _BEFORE_A_YEAR_OR_A_COUNT, _EVENT_BEFORE_A_YEAR)
    return any(_before(cue, text, start) for cue in cues)


def _counts(text: str, end: int, year: int) -> bool:
    """Whether a number may count what follows it. A round one counts whatever noun does."""
    word = _NEXT_WORD.match(text, end)
    if word is None or _stands_alone(text, end):
        return False
    return year % 100 == 0 or word["word"].casefold() in _COUNTED or word["word"][0].isdigit()


def _stands_alone(text: str, end: int) -> bool:
    word = _NEXT_WORD.match(text, end)
    return word is None or word["word"].casefold() in _PLAIN


def _days_ago(text: str, today: date) -> Iterator[Mention]:
    for match in _DAY_AGO.finditer(text):
        word = match.group()
        if word.casefold() == "hier" and detect_language(text) != "fr":
            continue  # "here" in German and Dutch
        if word.istitle() and match.start():
            continue  # a name: "Russia Today"
        ago = 2 if match["two"] else 1 if match["one"] else 0
        day = today - ago * _DAY
        yield Mention(day, day, *match.span())


def _last_many(text: str, today: date) -> Iterator[Mention]:
    for pattern in (_LAST_MANY, _PAST):
        for match in pattern.finditer(text):
            told = match.groupdict()
            count = told.get("count") or told.get("first")
            first = _back(today, _unit(told), _count(count))
            if first and (count or _unit(told) != "day"):
                yield Mention(first, today, *match.span())


def _ago(text: str, today: date) -> Iterator[Mention]:
    for pattern in _AGO:
        for match in pattern.finditer(text):
            told = match.groupdict()
            day = _back(today, _unit(told), _count(told.get("count")))
            if day:
                yield _around(day, _unit(told), *match.span())


def _this_one(text: str, today: date) -> Iterator[Mention]:
    for pattern in (_THIS_ONE, _ONE_LAST):
        for match in pattern.finditer(text):
            told = match.groupdict()
            unit = _unit(told)
            found = _around(today, unit, *match.span())
            if told["last"] or told.get("torik"):
                found = _around(found.first - _DAY, unit, *match.span())
            elif told["next"]:
                found = _around(found.last + _DAY, unit, *match.span())
            month = _before(_MONTH_BEFORE, text, found.start) if unit == "year" else None
            if month:
                first = found.first.replace(month=month_number(month["name"]))
                yield Mention(first, month_end(first), month.start(), found.end)
            else:
                yield found


def _last_month(text: str, today: date) -> Iterator[Mention]:
    for pattern in (_LAST_MONTH, _MONTH_LAST):
        for match in pattern.finditer(text):
            told, name = match.groupdict(), match["name"]
            english = match.group().casefold().startswith(_ENGLISH)
            if name.casefold() in _NO_MONTH_ALONE or (english and name not in _ENGLISH_MONTHS):
                continue
            month = month_number(name)
            year = today.year
            if told["last"]:
                year -= month >= today.month
            elif told["next"]:
                year += month <= today.month
            yield _of_months(date(year, month, 1), 1, *match.span())


_Reader = Callable[[str, date], Iterator[Mention]]
_WRITTEN: tuple[_Reader, ...] = (  # in figures
    _full_dates, _parts_of_years, _two_months, _named_months, _two_years, _decades, _years,
)  # fmt: skip
_RECKONED: tuple[_Reader, ...] = (_last_many, _ago, _this_one, _last_month, _days_ago)  # from today


def _joined(text: str, named: Sequence[Mention]) -> list[Mention]:
    """The times, two that make one period ("from ... to", "between ... and") as that one."""
    joined: list[Mention] = []
    for one in named:
        if joined and joined[-1].first <= one.first and joined[-1].last <= one.last:
            before = joined[-1]
            link = _RANGE.fullmatch(text, before.end, one.start)
            touching = one.first - before.last == _DAY
            between = _before(_BETWEEN_BEFORE, text, before.start)
            if link and (link["to"] or touching or between):
                start = between.start() if between else before.start
                joined[-1] = _Range(before.first, one.last, start, one.end)
                continue
        joined.append(one)
    return joined


def _opened(text: str, one: Mention, today: date) -> Period | None:
    """A time with what stands before it: since, after, before or until."""
    plain = Period(one.first, one.last, one.start, one.end)
    word = _before(_OPENS, text, one.start)
    match = word or _before(_OPENS_BY_AN_EVENT, text, one.start)
    if match is None:
        return plain
    told = match.groupdict()
    # "After the 2014 war" is not "after 2014": what is named lies within the time.
    within = word is None or re.search(r"\bthe\s+\d{4}$", text[: one.end]) is not None
    if (
        word
        and (
            isinstance(one, _Range)
            or (told["from"] and one.first == one.last)  # a document's date: "лист від 5 травня"
            or (told["do"] and "rok" not in text[one.start : one.end])  # Polish alone
        )
    ):
        return plain
    if told["since"]:
        return Period(one.first, None, match.start(), one.end)
    if told["after"]:
        return Period(one.first if within else one.last + _DAY, None, match.start(), one.end)
    last = one.last if within or told.get("until") else one.first - _DAY
    if last < today:
        return Period(None, last, match.start(), one.end)
    return plain if one.first > today else None


# --- Reckoning ---------------------------------------------------------------------------------


def _year(year: int, start: int, end: int) -> Mention:
    return Mention(date(year, 1, 1), date(year, 12, 31), start, end)


def _of_months(first: date, count: int, start: int, end: int) -> Mention:
    """`count` whole months of one year, the first of them given by its first day."""
    return Mention(first, month_end(first.replace(month=first.month + count - 1)), start, end)


def _unit(told: Mapping[str, str | None]) -> str:
    return next((one for one in ("day", "week", "month") if told.get(one)), "year")


def _count(told: str | None) -> int:
    if told is None:
        return 1
    return int(told) if told.isdigit() else _COUNT_OF[told.casefold()]


def _back(today: date, unit: str, count: int) -> date | None:
    """The day `count` units before; None before 1900 or for no units."""
    if unit in ("day", "week"):
        day = today - count * (7 if unit == "week" else 1) * _DAY
    else:
        months_before = today.year * 12 + today.month - 1 - count * (12 if unit == "year" else 1)
        first = date(max(months_before // 12, 1), months_before % 12 + 1, 1)
        day = first.replace(day=min(today.day, month_end(first).day))
    return day if count and day.year >= 1900 else None


def _around(day: date, unit: str, start: int, end: int) -> Mention:
    """The day, week from Monday, month or year that a day lies in."""
    if unit == "day":
        return Mention(day, day, start, end)
    if unit == "week":
        monday = day - day.weekday() * _DAY
        return Mention(monday, monday + 6 * _DAY, start, end)
    if unit == "month":
        return _of_months(day.replace(day=1), 1, start, end)
    return _year(day.year, start, end)


# --- Preferring --------------------------------------------------------------------------------


def came_out_in(period: Period, published: date | None, today: date) -> bool:
    """Whether what was published on a day, None for an unknown one, came out in a period."""
    first, last = _ends(period, today)
    return published is not None and first <= published <= last


def naming_time_in(period: Period, rows: Sequence[int], times: Spans, today: date) -> set[int]:
    """Which of the passages name a time that lies in a period.

    times: those that passages name, as spans of days. Of a period without end, times after the
    present year do not count: goals are not news.
    """
    first, last = (day.toordinal() for day in _ends(period, today))
    named, counts = times.parts_of(rows)
    begins, ends = times.offsets[:, named]
    inside = (first <= begins) & (ends <= last + 1)
    return {*np.repeat(np.asarray(rows, dtype=np.int64), counts)[inside].tolist()}


def _ends(period: Period, today: date) -> tuple[date, date]:
    first = period.first or date.min
    return first, period.last or date(max(today, first).year, 12, 31)


def prefer(fused: Sequence[Fused], within: Collection[int]) -> list[Fused]:
    """The passages with those of the rows `within` counted IN_PERIOD nearer, best first.

    Nothing is left out. The nearnesses themselves are handed out anew in the new order, so that
    they keep the scale that confidence is worked out on. Equal ones keep the smaller row first.
    """
    order = sorted(fused, key=lambda one: (-one.score - IN_PERIOD * (one.row in within), one.row))
    scores = sorted((one.score for one in fused), reverse=True)
    return [Fused(one.row, score, one.standing) for one, score in zip(order, scores, strict=True)]
