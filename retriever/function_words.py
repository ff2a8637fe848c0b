"""Words that say how a question is put and not what it is about, by language.

Articles, pronouns, prepositions, conjunctions, auxiliaries and interrogatives: words that either
stand in nearly every passage, or in hardly any because articles do not ask. Lists are short on
purpose: longer ones left out words that tell (docs/evaluation.md).
"""

from functools import lru_cache

from archive.text import words

_FUNCTION_WORDS = {
    "ar": """
        من في على إلى الى عن مع بعد قبل بين عند منذ حتى خلال ضد حول أن ان إن أو او ثم لكن بل إذا كما
        و ف ب ل ك لم لن لا ما ماذا متى كم كيف أين اين لماذا هل أي اي أية هو هي هم هن هذا هذه ذلك تلك
        هؤلاء الذي التي الذين اللذين كان كانت يكون تكون كانوا ليس ليست قد لقد كل بعض غير عليه عليها
        فيه فيها به بها له لها منه منها لهم بهم
    """,
    "cs": """
        a i ale nebo ani že aby když kde kdy kdo co jak jaký jaká jaké jakou proč kolik který která
        které kteří je jsou byl byla bylo byli být bude budou má mají měl v ve na do z ze s se si k
        ke o od po pro při za u před mezi pod nad bez ten ta to ti ty tento tato toto jeho její
        jejich už také jen
    """,
    "da": """
        og eller men at der som den det de en et er var være været har havde vil ville blev bliver
        kan kunne skal i på af til fra for med om ved over under efter før mellem hvem hvad hvor
        hvornår hvorfor hvordan hvilken hvilket hvilke mange meget han hun han sin sit sine deres
        hans hendes ikke også
    """,
    "de": """
        der die das des dem den ein eine einer eines einem einen und oder aber nicht kein keine ist
        sind war waren sein wird werden wurde wurden worden hat haben hatte hatten kann können
        konnte soll sollen muss ich du er sie es wir ihr ihre ihrer ihren ihrem seine seiner seinen
        seinem mein dein sich in im ins an am auf aus bei beim mit nach seit von vom zu zum zur
        durch für gegen ohne um über unter vor zwischen als wie wer wen wem wessen was wann wo woher
        wohin warum wieso welche welcher welches welchem welchen viele viel so auch noch nur dass
        wenn ob dies diese dieser dieses diesem diesen
    """,
    "el": """
        ο η το οι τα του της των τον την τους τις ένας μια ένα και ή αλλά ότι που πως να θα δεν δε
        μη με σε στο στη στην στον στους στις στα από για προς κατά μετά πριν είναι ήταν έχει έχουν
        είχε ποιος ποια ποιο ποιοι ποιες ποιον τι πότε πού πώς γιατί πόσο πόσα πόσοι πόσες αυτό αυτή
        αυτός αυτά
    """,
    "en": """
        a an the and or but nor if of at by for with about against between into through during
        before after to from up in out on off over under again then once as than that this these
        those i me my we us our you your he him his she her it its they them their is are was were
        be been being am have has had having do does did doing done can could will would shall
        should must what which who whom whose when where why how many much not no so
        there here all any both each some such own too very just also s t
    """,
    "es": """
        el la los las lo un una unos unas y e o u pero ni si no de del a al en con por para sin
        sobre entre desde hasta tras durante según que qué quien quién quienes quiénes cual cuál
        cuales cuáles cuando cuándo cuanto cuánto cuanta cuánta cuantos cuántos cuantas cuántas como
        cómo donde dónde porque se su sus le les me mi te tu yo él ella ellos ellas ello nos este
        esta esto estos estas ese esa eso es son fue fueron era eran ser sido está están estaba ha
        han había hay más muy también ya
    """,
    "fr": """
        le la les l un une des du de d au aux et ou où mais ni si ne n pas plus à en dans sur sous
        par pour avec sans entre vers chez depuis pendant ce c cet cette ces ceux celui celle celles
        ça cela il ils elle elles on je j tu nous vous me m te t se s y lui leur leurs son sa ses
        mon ma mes ton ta tes notre nos votre vos qui que qu quoi dont quel quelle quels quelles
        lequel laquelle lesquels lesquelles quand combien comment pourquoi est sont était étaient
        être fut furent sera a ont avait avaient avoir eu même aussi
    """,
    "hi": """
        का की के को में से पर ने और या कि है हैं था थी थे हो होता होती हुआ हुई हुए कर करने किया क्या
        कौन कब कहाँ कहां क्यों कैसे कितना कितनी कितने किस किसने किसे कौनसा कौनसी जो वह यह ये वे इस उस
        इन उन एक भी ही तो लिए साथ द्वारा
    """,
    "it": """
        il lo la i gli le l un uno una un e ed o ma né se non di del dello della dei degli delle a
        ad al allo alla ai agli alle da dal dallo dalla dai dagli dalle in nel nello nella nei negli
        nelle con su sul sullo sulla sui sugli sulle per tra fra che chi cui quale quali quando
        quanto quanta quanti quante come dove perché cosa cos è sono era erano fu furono essere
        ha hanno aveva avevano avere si ci ne suo sua suoi sue loro io tu
        egli lui lei noi voi questo questa questi queste quello quella più anche
    """,
    "nl": """
        de het een en of maar niet geen is zijn was waren wordt worden werd werden geweest heeft
        hebben had hadden kan kunnen zal zullen ik je jij u hij zij ze wij we het hun haar zijn mijn
        in op aan van voor met door bij naar uit tot over onder tussen tegen om te na sinds tijdens
        als dan dat die dit deze wie wat waar wanneer waarom hoe hoeveel welke welk er ook nog
    """,
    "no": """
        og eller men at som den det de en et ei er var være vært har hadde vil ville ble blir kan
        kunne skal i på av til fra for med om ved over under etter før mellom hvem hva hvor når
        hvorfor hvordan hvilken hvilket hvilke mange mye han hun sin sitt sine deres hans hennes
        ikke også
    """,
    "pl": """
        i a oraz lub albo ale nie czy że żeby jest są był była było były być będzie będą ma mają
        miał w we na do z ze o od po pod nad przed przez przy dla za u bez między się to ten ta te
        ci tego tej tym tych jego jej ich on ona ono oni one kto kogo komu kim co czego czym kiedy
        gdzie jak jaki jaka jakie jakiego jakiej jakich jakim dlaczego ile ilu który która które
        którzy którego której których którym jako też także już
    """,
    "pt": """
        o a os as um uma uns umas e ou mas nem se não de do da dos das em no na nos nas a ao à aos
        às por pelo pela pelos pelas para com sem sobre entre desde até durante que quem qual quais
        quando quanto quanta quantos quantas como onde porque porquê é foi foram era eram ser
        sido está estão estava há tem têm tinha seu sua seus suas lhe eu tu ele ela eles elas nós
        este esta isto estes estas esse essa isso mais também já
    """,
    "ro": """
        și sau dar nici nu de la din în într pe cu prin pentru despre fără sub între după până spre
        a al ai ale un o unei unui unor cel cea cei cele este sunt era erau fost fi va vor are au
        avea am să se își lui ei lor el ea ele care ce cine cui când unde cum câți câte cât câtă
        acest această acești aceste acel acea mai și
    """,
    "ru": """
        и а но или да ни не в во на с со к ко о об от до из у за по под над при про для без между
        через после перед как что чтобы если то же ли бы он она оно они я ты мы вы его ее её их им
        ему ей этот эта это эти этого этой этих тот та те того кто кого кому кем чем чего чему
        который которая которое которые которого которой которых какой какая какое какие какого
        какую каким какому каком каких когда где куда откуда почему зачем сколько скольких чей был
        была было были быть есть является являются так также еще ещё уже
    """,
    "sv": """
        och eller men att som den det de en ett är var vara varit har hade vill ville blev blir kan
        kunde ska skall i på av till från för med om vid över under efter före mellan vem vad var
        när varför hur vilken vilket vilka många mycket han hon sin sitt sina deras hans hennes inte
        också
    """,
    "tr": """
        ve veya ya da de ile için gibi kadar ama ancak bir bu şu o bunlar onlar ne neden nasıl
        nerede nereye nereden kim kime kimin kimi hangi hangisi kaç mi mı mu mü ise olan olarak oldu
        olduğu idi vardı var daha en çok her
    """,
    "uk": """
        і й та а але або чи не ні в у во на з із зі до від по за під над при про для без між через
        після перед як що щоб якщо то ж же би б він вона воно вони я ти ми ви його її їх їм йому їй
        цей ця це ці цього цієї цих той та те ті того хто кого кому ким чим чого чому який яка яке
        які якого якої яких яким якому якій яку коли де куди звідки навіщо скільки скількох чий був
        була було були бути є так також ще вже
    """,
}


@lru_cache(maxsize=64)
def function_words(language: str) -> frozenset[str]:
    """The function words of a language, case folded as `words` gives them; none of an unknown."""
    return frozenset(words(_FUNCTION_WORDS.get(language, "")))
