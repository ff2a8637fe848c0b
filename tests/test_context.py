"""A leaning sentence brings the one before it along: when, which one, and where it stands."""

from collections.abc import Sequence

import pytest
from fakes import WordHashEncoder, document, write_pages
from hypothesis import given
from hypothesis import strategies as st

from archive.answers import Citation, Context
from archive.documents import UNDETERMINED, Document, Question
from archive.settings import Settings
from archive.text import Span, sentences
from indexer.pipeline import build_index
from retriever.context import LONGEST, context_of, leans
from retriever.engine import Engine, open_engine

LEANING = {
    "fr": [
        "Il a ajouté que le quai serait prêt en mars.",
        "Cette initiative réunit onze ports.",
        "C’est le plus long pont du pays.",
        "« Ces navires sont trop vieux », dit-elle.",
        "En outre, le port a acheté deux grues.",
        "Ce jour-là, la mer était calme.",
        "Lors de cette visite, un accord a été signé.",
        "Le 3 mai 2024, elle a inauguré la digue.",
        "Il est arrivé à quai dans la nuit.",
    ],
    "en": [
        "He added that the quay would be ready in March.",
        "This programme brings eleven harbours together.",
        "However, two cranes are out of order.",
        "Its crew was taken ashore.",
        "“They are too old,” the captain said.",
        "After that meeting the ships left.",
        "On 3 May 2024, it opened the new pier.",
        "In addition, divers looked at the hull.",
        "Those of the north are smaller.",
    ],
    "uk": [
        "Це найдовший міст країни.",
        "Він додав, що причал буде готовий у березні.",
        "Однак два крани не працюють.",
        "Після цієї зустрічі кораблі вийшли в море.",
        "У 2024 році вони відкрили новий мол.",
    ],
    "ru": [
        "Это самый длинный мост страны.",
        "Она добавила, что причал будет готов в марте.",
        "Кроме того, порт купил два крана.",
        "На этой встрече говорили о судах.",
        "В 2024 году они открыли новый мол.",
    ],
    "de": [
        "Dies ist die längste Brücke des Landes.",
        "Er sagte, der Kai werde im März fertig.",
        "Außerdem kaufte der Hafen zwei Kräne.",
        "Nach diesem Treffen liefen die Schiffe aus.",
        "Das war die dritte Havarie des Jahres.",
    ],
    "es": [
        "Él dijo que el muelle estaría listo en marzo.",
        "Esta iniciativa reúne once puertos.",
        "Sin embargo, dos grúas no funcionan.",
        "Tras esa visita se firmó un acuerdo.",
        "En 2024, estos abrieron el nuevo dique.",
    ],
    "it": [
        "Questa iniziativa riunisce undici porti.",
        "Il suo equipaggio è stato portato a terra.",
        "Tuttavia due gru non funzionano.",
        "Quell’anno il mare gelò.",
        "Durante questa visita è stato firmato un accordo.",
    ],
    "pl": [
        "To najdłuższy most w kraju.",
        "Ona dodała, że nabrzeże będzie gotowe w marcu.",
        "Jednak dwa dźwigi nie działają.",
        "Podczas tego spotkania mówiono o statkach.",
    ],
    "pt": [
        "Ele disse que o cais ficaria pronto em março.",
        "Esta iniciativa reúne onze portos.",
        "No entanto, dois guindastes estão avariados.",
        "Nesse encontro falou-se de navios.",
        "Além disso, o porto comprou dois rebocadores.",
    ],
    "ar": [
        "وأضاف أن الرصيف سيكون جاهزا في آذار.",
        "هذا أطول جسر في البلاد.",
        "لكن رافعتين لا تعملان.",
        "وبعد هذا اللقاء غادرت السفن.",
        "في عام 2024، هي افتتحت الرصيف.",
    ],
}

STANDING_ALONE = {
    "fr": [
        "Le port de Brest a acheté deux grues.",
        "Cette semaine, le port de Brest reste fermé.",
        "Ce lundi, le port de Brest a fermé.",
        "Ce 3 mai, le port de Brest a fermé.",
        "Il y a onze ports sur cette côte.",
        "Il est important que le port de Brest rouvre.",
        "Ceux qui arrivent par la mer passent la douane.",
        "Sa Majesté le roi a visité le port de Brest.",
        "Ainsi que le port l’annonce, la digue rouvre.",
        "De plus en plus de navires passent par Brest.",
        "Le maire, il y a trois ans, a fermé le port de Brest.",
        "Dans le port de Brest, cette grue est la plus haute.",
        "Cettefois est un nom de bateau.",
    ],
    "en": [
        "The harbour of Cork bought two cranes.",
        "This week the harbour of Cork stays closed.",
        "These days the harbour of Cork is quiet.",
        "It is clear that the harbour of Cork needs a crane.",
        "Those who come by sea pass the customs.",
        "Her Majesty the Queen opened the pier of Cork.",
        "In addition to the pier, Cork opened a lock.",
        "So far the harbour of Cork has two cranes.",
        "When the pier opened, it was raining.",
        "In 2024, Cork bought two cranes.",
        "Thistle Bay is a harbour.",
        "Quay 7 they call the long one.",
    ],
    "uk": ["Порт Одеси купив два крани.", "Цього року порт Одеси закрито."],
    "ru": ["Порт Одессы купил два крана.", "В этом году порт Одессы закрыт."],
    "de": [
        "Der Hafen von Kiel kaufte zwei Kräne.",
        "In diesem Jahr bleibt der Hafen von Kiel zu.",
        "Das Bündnis kaufte zwei Kräne.",
        "Damit der Hafen von Kiel öffnen kann, fehlt ein Kran.",
    ],
    "es": [
        "El puerto de Vigo compró dos grúas.",
        "Este año el puerto de Vigo sigue cerrado.",
        "Además de la grúa, el puerto de Vigo compró un barco.",
        "Este de Europa: así llaman a la región.",
    ],
    "it": ["Il porto di Bari ha comprato due gru.", "Quest’anno il porto di Bari resta chiuso."],
    "pl": ["Port w Gdyni kupił dwa dźwigi.", "W tym roku port w Gdyni jest zamknięty."],
    "pt": ["O porto do Faro comprou dois barcos.", "Neste ano o porto do Faro está fechado."],
    "ar": ["اشترى ميناء صور رافعتين.", "هذا العام ميناء صور مغلق."],
}


def pairs(by_language: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(language, one) for language, told in by_language.items() for one in told]


@pytest.mark.parametrize(("language", "sentence"), pairs(LEANING))
def test_a_sentence_leans_by_how_it_begins(language: str, sentence: str) -> None:
    assert leans(sentence, language)


@pytest.mark.parametrize(("language", "sentence"), pairs(STANDING_ALONE))
def test_a_sentence_that_names_its_subject_stands_alone(language: str, sentence: str) -> None:
    assert not leans(sentence, language)


@given(st.sampled_from(pairs(LEANING)))
def test_case_and_what_opens_a_quotation_do_not_matter(pair: tuple[str, str]) -> None:
    language, sentence = pair
    assert leans(f"— «\u202f{sentence.upper()}", language)


@pytest.mark.parametrize("language", [UNDETERMINED, "zh", "xx", ""])
def test_in_a_language_that_is_not_listed_nothing_leans(language: str) -> None:
    assert not any(leans(sentence, language) for _, sentence in pairs(LEANING))


@given(st.text(), st.sampled_from([*LEANING, "zh"]))
def test_whatever_is_written_leans_or_does_not(text: str, language: str) -> None:
    assert leans(text, language) in (True, False)


# --- Which sentence comes along ------------------------------------------------------------------


def asked(article: Document, sentence: str, quoted: Sequence[str] = ()) -> str | None:
    """The context of a sentence, by its words; `quoted`: those beside it."""
    found = context_of(article, place(article, sentence), [place(article, one) for one in quoted])
    return article.text[slice(*found)] if found else None


def place(article: Document, words: str) -> Span:
    start = article.text.index(words)
    return start, start + len(words)


def test_the_sentence_before_it_in_its_paragraph_comes_along() -> None:
    article = document("The ferry ran aground. Divers came. It was towed to Cork.")
    assert asked(article, "It was towed to Cork.") == "Divers came."
    assert asked(article, "Divers came.") is None


def test_the_last_sentence_of_the_paragraph_before_comes_along() -> None:
    article = document(
        "Ferry aground\n\nA ferry ran aground. Divers came.\n \nThey found a hole.\n"
    )
    assert asked(article, "They found a hole.") == "Divers came."


@pytest.mark.parametrize(
    "before",
    [
        "Ferry aground off Cork",
        "What the divers found:",
        "Who are they?",
        "Help needed!",
        "– the hull;",
        "5 March 2025",
    ],
)
def test_a_heading_is_never_context(before: str) -> None:
    article = document(f"Divers came to the ferry.\n{before}\nThey found a hole.")
    assert asked(article, "They found a hole.") is None


def test_a_question_within_a_paragraph_is_context() -> None:
    for gap in (" ", "\n"):
        article = document(f"The ferry leaks. Who came?{gap}They came from Cork.")
        assert asked(article, "They came from Cork.") == "Who came?"


def test_a_heading_that_leans_brings_nothing_along() -> None:
    article = document("Divers came to the ferry.\nThis is how they work\nOne looks at the hull.")
    assert asked(article, "This is how they work") is None


def test_the_first_sentence_has_nothing_before_it() -> None:
    assert asked(document("It was towed to Cork."), "It was towed to Cork.") is None
    assert asked(document("\n \nIt was towed to Cork."), "It was towed to Cork.") is None


def test_a_sentence_that_is_quoted_itself_is_not_shown_twice() -> None:
    article = document("Divers came. They found a hole. It was mended.")
    assert asked(article, "They found a hole.", ["It was mended."]) == "Divers came."
    assert asked(article, "They found a hole.", ["Divers came."]) is None
    assert asked(article, "It was mended.", ["Divers came. They found a hole."]) is None


def test_a_part_of_a_sentence_brings_nothing_along() -> None:
    article = document("Divers came from Cork.\nThe ferry sank, it is said, at noon.")
    start = article.text.index("it is said")
    assert context_of(article, (start, len(article.text))) is None


@pytest.mark.parametrize(("length", "comes"), [(LONGEST, True), (LONGEST + 1, False)])
def test_what_is_longer_than_a_sentence_is_no_context(length: int, comes: bool) -> None:
    before = "Nets" + " nets" * (length // 5)
    before = before[: length - 1].strip() + "." * (length - len(before[: length - 1].strip()))
    article = document(f"{before} It was towed to Cork.")
    assert asked(article, "It was towed to Cork.") == (before if comes else None)


TOLD = [
    "The ferry ran aground.", "It was towed to Cork.", "However, divers came.", "Ferry aground",
    "Who are they?", "This week it rained.", "“He left.”", "M. Roy came.", "No",
]  # fmt: skip


@given(
    st.lists(st.tuples(st.sampled_from(TOLD), st.sampled_from([" ", "\n", "\n \n"]))),
    st.sampled_from(["en", "fr", UNDETERMINED]),
    st.data(),
)
def test_context_is_the_sentence_just_before_word_for_word(
    told: list[tuple[str, str]], language: str, data: st.DataObject
) -> None:
    article = document("".join(map("".join, told)) + "The end.", language=language)
    spans = sentences(article.text, language)
    at = data.draw(st.integers(0, len(spans) - 1))
    quoted = data.draw(st.lists(st.sampled_from(spans)))
    found = context_of(article, spans[at], quoted)
    if found is None:
        return
    assert at > 0
    assert found == spans[at - 1]
    assert found not in quoted
    assert leans(article.text[slice(*spans[at])], language)
    line = next(one for one in article.text.split("\n") if article.text[slice(*found)] in one)
    assert line.strip()[-1] in ".?!”" or article.text[found[1] : spans[at][0]].count("\n") == 0


# --- Beside a quotation --------------------------------------------------------------------------


@given(st.text(min_size=1).filter(str.strip), st.tuples(*[st.integers(-3, 40)] * 4))
def test_a_citation_holds_the_words_of_its_context_or_is_not_made(
    text: str, ends: tuple[int, int, int, int]
) -> None:
    article = document(text)
    first, last, start, end = ends
    if 0 <= first < last <= start < end <= len(article.text):
        citation = Citation.of(1, article, start, end, context=(first, last))
        assert citation.context == Context(first, last, article.text[first:last])
        assert citation.quote == article.text[start:end]
    else:
        with pytest.raises(ValueError, match=r"no (quotation|context)"):
            Citation.of(1, article, start, end, context=(first, last))


FERRY = (
    "A ferry ran aground off the rocks of Cork at noon. It was towed to the harbour by two strong "
    "tugs.\n\nThis accident was the third in the bay within a single year. Nobody was hurt.\n"
)

BARGE = (
    "The red barge sank at dawn without a sound in the middle of the lake. It sank at dawn without "
    "a sound in the middle of a strong spring storm.\n"
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("context")
    write_pages(folder / "articles", {"cork/ferry.txt": FERRY, "cork/barge.txt": BARGE})
    encoder = WordHashEncoder()
    settings = Settings.from_environment(
        articles=folder / "articles", index=folder / "index", model=encoder.model
    )
    build_index(settings, encoder)
    return open_engine(settings, encoder)


@pytest.mark.parametrize(
    ("leaning", "before"),
    [
        ("It was towed to the harbour by two strong tugs.", "A ferry ran"),
        ("This accident was the third in the bay within a single year.", "It was towed"),
    ],
)
def test_an_answer_brings_the_context_along_and_does_not_count_it(
    engine: Engine, leaning: str, before: str
) -> None:
    answer = engine.ask(Question(leaning))
    [citation] = [one for one in answer.citations if one.quote == leaning]
    assert citation.context is not None
    article = engine.document(citation.path).text
    assert citation.context.text == article[citation.context.start : citation.context.end]
    assert citation.context.text.startswith(before)
    assert citation.context.text not in [one.text for one in answer.sentences]


def test_sentences_quoted_one_after_the_other_need_no_context(engine: Engine) -> None:
    answer = engine.ask(Question("sank at dawn without a sound in the middle of the"))
    assert [one.quote[:7] for one in answer.citations] == ["The red", "It sank"]
    assert [one.context for one in answer.citations] == [None, None]
