"""Search and answers over small archives, against brute force and against the files themselves."""

import math
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from fakes import WordHashEncoder, document, vectors_of, write_pages
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from archive.answers import Answer, AnswerKind, RankedPassage
from archive.calibration import Calibration, read_calibration, read_offsets
from archive.documents import Document, Filters, Question
from archive.encoder import Encoded, Encoder
from archive.languages import Vectors
from archive.passage_ids import read_passage_ids
from archive.settings import Settings
from archive.snapshot import CALIBRATION, LEXICAL, OFFSETS, PASSAGE_IDS, PASSAGE_SPANS
from archive.spans import read_spans
from archive.text import sentences, stems, words
from indexer.pipeline import build_index
from retriever.confidence import THRESHOLD
from retriever.engine import CLOSEST, Engine, _in_text, open_engine
from retriever.lexical import LexicalIndex
from retriever.ranking import CANDIDATES

# Each page as its newsroom wrote it, and how its file is encoded.
PAGES = {
    "nord/cable.txt": (
        "Cable near Helsinki cut\r\nOn 5 March 2025, an undersea cable near Helsinki was cut by the"
        " anchor of a tanker. Divers found the two ends at a depth of ninety metres.\r\n\r\n"
        "The repair ship needed eleven days to join them again. Nobody was without power.\r\n",
        "utf-8",
    ),
    "nord/riga.txt": (
        "On 12 June 2024, defence ministers gathered in Riga. They promised more money for air "
        "defence, and a new radar station on the island. “Nothing flies past us unseen,” said the "
        "host. The next meeting will be held in autumn.\n",
        "utf-16",
    ),
    "nord/hospital.txt": (
        "A hospital in Tallinn lost its power for seven hours. Its generators started within a "
        "minute, and no patient came to harm. The cause was ice on an overhead line of the city.\n",
        "utf-8-sig",
    ),
    "sud/cables.txt": (
        "Le 5 mars 2025, un câble électrique a été coupé près d’Helsinki.\r\nLes réparations ont "
        "duré onze jours\xa0: «\xa0la mer était très agitée\xa0», a déclaré le capitaine. "
        "L’enquête sur le pétrolier se poursuit à présent.\r\n",
        "cp1252",
    ),
    "sud/glaciers.txt": (
        unicodedata.normalize(
            "NFD",
            "Une équipe de chercheurs étudie la fonte des glaciers du Groenland. Les relevés de "
            "l’été dernier montrent un recul de trente mètres. Élise Lefèvre dirige la mission "
            "depuis le début de l’année.\n",
        ),
        "utf-8",
    ),
    "est/rada.txt": (
        "12 червня 2024 року міністри оборони зібралися в Ризі. Вони пообіцяли більше грошей на "
        "протиповітряну оборону. Наступна зустріч відбудеться восени.\n",
        "utf-16-le",
    ),
    "lose.txt": (
        "Die Fregatte verließ am Morgen den Hafen von Danzig. An Bord waren sechzig junge "
        "Matrosen und zwei Hunde. Für fünf Monate fährt das Schiff durch die Ostsee.\n",
        "utf-8",
    ),
}
ABOUT = sorted({word for text, _ in PAGES.values() for word in words(text)})
TANTIVY = "AND OR NOT ( \"' ~2 * ^3 row:1 language:en [a TO b] \\ stems:*"

# Without quotation marks: what is in them is required of every result.
UNQUOTED = st.characters(exclude_categories=["Cs"], exclude_characters='"«»“”„')
ASKED = st.text(UNQUOTED, max_size=30) | st.lists(
    st.sampled_from(ABOUT), min_size=1, max_size=9
).map(" ".join)
FILTERS = st.builds(
    Filters,
    languages=st.frozensets(st.sampled_from(["en", "fr", "uk", "de", "xx"]), max_size=3),
    sources=st.frozensets(st.sampled_from(["nord", "sud", "est", "", "none"]), max_size=3),
    since=st.none() | st.sampled_from([date(2024, 6, 12), date(2024, 6, 13), date(2025, 3, 6)]),
    until=st.none() | st.sampled_from([date(2024, 6, 11), date(2024, 6, 12), date(2025, 3, 5)]),
)
EVERYTHING = 1000


def encoded(text: str, encoding: str) -> bytes:
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    return (mark + text).encode(encoding)


@dataclass(frozen=True)
class Archive:
    """A folder of articles, and how to index it and open it."""

    folder: Path
    encoder: Encoder

    @property
    def settings(self) -> Settings:
        return Settings.from_environment(
            articles=self.folder / "articles", index=self.folder / "index",
            model=self.encoder.model, passage_tokens=32,
        )  # fmt: skip

    def built(self, pages: dict[str, bytes]) -> Engine:
        write_pages(self.settings.articles, pages)
        build_index(self.settings, self.encoder)
        return self.opened()

    def opened(self) -> Engine:
        return open_engine(self.settings, self.encoder)


def pages() -> dict[str, bytes]:
    return {path: encoded(text, encoding) for path, (text, encoding) in PAGES.items()}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return Archive(tmp_path_factory.mktemp("engine"), WordHashEncoder())


@pytest.fixture(scope="module")
def engine(archive: Archive) -> Engine:
    return archive.built(pages())


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Engine:
    """The same articles under the packaged model."""
    return Archive(tmp_path_factory.mktemp("real"), encoder).built(pages())


def timeless(answer: Answer) -> Answer:
    return replace(answer, seconds=0.0)


def quotable(document: Document) -> list[str]:
    """The sentences of an article that are long enough to be quoted."""
    spans = sentences(document.text, document.language)
    return [document.text[a:b] for a, b in spans if len(words(document.text[a:b])) >= 5]


def documents(engine: Engine) -> list[Document]:
    return [engine.document(path) for path in PAGES]


def every_passage(engine: Engine, question: Question) -> list[RankedPassage]:
    """All passages that pass the filters, also several of an article, best first."""
    return engine._passages(
        question, engine._ranker.rank(question, engine._ranker.asked(question), EVERYTHING)
    )


def encoded_passages(engine: Engine, encoder: Encoder) -> list[Encoded]:
    """Every passage of the snapshot as the encoder gives it, row by row."""
    documents = engine.catalogue.documents()
    spans = read_spans(engine.snapshot.folder / PASSAGE_SPANS)
    return encoder.encode_passages(
        [documents[number].text[slice(*spans.span(row))] for row, number in enumerate(spans.of)]
    )


def max_sim(
    question: Encoded, passage: Encoded, passages: list[Encoded], calibration: Calibration
) -> float:
    """How well the tokens of a question are met by the signs of a passage's, the rare ones more."""
    total, weights = 0.0, 0.0
    held = [set(one.words.tolist()) for one in passages]
    signs = np.where(calibration.tokens(passage.tokens) > 0, 1, -1)
    for word, token in zip(
        question.words.tolist(), calibration.tokens(question.tokens), strict=True
    ):
        holding = sum(word in one for one in held)
        weight = math.log(1 + (len(passages) - holding + 0.5) / (holding + 0.5))
        total += weight * max(signs @ token) / math.sqrt(len(token))
        weights += weight
    return total / weights


def check(engine: Engine, answer: Answer) -> None:
    """What holds for every answer: it quotes what stands there, or it quotes nothing."""
    assert (answer.kind == AnswerKind.NONE) == (answer.confidence < THRESHOLD)
    assert (answer.kind == AnswerKind.EXTRACT) == bool(answer.sentences)
    assert 0 <= answer.confidence <= 1
    assert len(answer.closest) <= CLOSEST
    assert len(answer.sentences) <= 3
    assert [one.n for one in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert [one.citation for one in answer.sentences] == [one.n for one in answer.citations]
    shown = {hit.passage.path for hit in answer.closest}
    for sentence, citation in zip(answer.sentences, answer.citations, strict=True):
        article = engine.document(citation.path)
        assert citation.path in shown
        assert (citation.title, citation.language) == (article.title, article.language)
        assert citation.published == article.published
        assert article.text[citation.start : citation.end] == citation.quote == sentence.text
        if citation.path in PAGES:
            written = PAGES[citation.path][0][citation.file_start : citation.file_end]
            assert unicodedata.normalize("NFC", written) == citation.quote


# --- The articles themselves ---------------------------------------------------------------------


def test_every_article_of_the_archive_is_read_as_it_was_written(engine: Engine) -> None:
    told = {one.path: (one.language, one.published, one.source) for one in documents(engine)}
    assert told == {
        "nord/cable.txt": ("en", date(2025, 3, 5), "nord"),
        "nord/riga.txt": ("en", date(2024, 6, 12), "nord"),
        "nord/hospital.txt": ("en", None, "nord"),
        "sud/cables.txt": ("fr", date(2025, 3, 5), "sud"),
        "sud/glaciers.txt": ("fr", None, "sud"),
        "est/rada.txt": ("uk", date(2024, 6, 12), "est"),
        "lose.txt": ("de", None, ""),
    }
    for one in documents(engine):
        written = unicodedata.normalize("NFC", PAGES[one.path][0]).replace("\r\n", "\n")
        assert [line for line in one.text.splitlines() if line] == [
            line for line in written.splitlines() if line
        ]


def test_the_holdings_count_the_articles(engine: Engine) -> None:
    held = engine.holdings()
    assert held.languages == {"en": 3, "fr": 2, "uk": 1, "de": 1}
    assert held.sources == {"nord": 3, "sud": 2, "est": 1, "": 1}
    assert held.years == {None: 3, 2025: 2, 2024: 2}
    with pytest.raises(KeyError):
        engine.document("nord/absent.txt")


# --- Search --------------------------------------------------------------------------------------


@given(ASKED, FILTERS, st.integers(1, 12))
@hypothesis_settings(max_examples=60)
def test_fewer_hits_are_the_first_of_more(
    engine: Engine, asked: str, filters: Filters, count: int
) -> None:
    question = Question(asked, filters)
    more = engine.search(question, EVERYTHING)
    assert engine.search(question, count) == more[:count]
    assert [one.rank for one in more] == list(range(1, len(more) + 1))


@given(ASKED.filter(str.strip), FILTERS)
@hypothesis_settings(max_examples=60)
def test_filtering_finds_what_looking_at_every_passage_finds(
    engine: Engine, asked: str, filters: Filters
) -> None:
    def through(one: RankedPassage) -> bool:
        article = one.document
        day = article.published
        return (
            (not filters.languages or article.language in filters.languages)
            and (not filters.sources or article.path.rpartition("/")[0] in filters.sources)
            and (filters.since is None or (day is not None and day >= filters.since))
            and (filters.until is None or (day is not None and day <= filters.until))
        )

    everything = every_passage(engine, Question(asked))
    assert len(everything) == engine.snapshot.facts.passages
    found = every_passage(engine, Question(asked, filters))
    assert {one.row for one in found} == {one.row for one in everything if through(one)}
    articles = list(dict.fromkeys(one.document.path for one in found))
    assert engine.rank_articles(Question(asked, filters)) == articles


@given(ASKED.filter(str.strip), FILTERS)
@hypothesis_settings(max_examples=40)
def test_scores_and_standings_are_those_worked_out_from_every_passage(
    engine: Engine, archive: Archive, asked: str, filters: Filters
) -> None:
    found = every_passage(engine, Question(asked, filters, times=False))
    calibration = read_calibration(engine.snapshot.folder / CALIBRATION)
    offsets = read_offsets(engine.snapshot.folder / OFFSETS)
    question = archive.encoder.encode_question(asked)
    vector = calibration.vectors(question.vector[np.newaxis])[0]
    passages = encoded_passages(engine, archive.encoder)

    def near(texts: list[str], off: Vectors) -> float:
        vectors = calibration.vectors(vectors_of(archive.encoder, texts))
        return float(max(vectors @ vector) - off @ vector)

    lexical = opened_lexical(engine)
    by_words = {
        row: score
        for language in lexical.languages
        for row, score in lexical.search(asked, language, 100, filters)
    }
    nearness, late = {}, {}
    for one in found:
        spans = sentences(one.passage.text, one.document.language)
        parts = [one.passage.text[a:b] for a, b in spans]
        of_passages, of_sentences = offsets[one.document.language]
        nearness[one.row] = (near([one.passage.text], of_passages) + near(parts, of_sentences)) / 2
        late[one.row] = max_sim(question, passages[one.row], passages, calibration)
    most = max((by_words.get(one.row, 0) for one in found), default=0) or 1
    for language in {one.document.language for one in found}:
        members = [one for one in found if one.document.language == language]
        own = sorted((nearness[one.row] for one in members), reverse=True)
        assert [one.score for one in members] == pytest.approx(own, abs=2e-3)
        lates = np.array([late[one.row] for one in members])
        met = np.array([nearness[one.row] for one in members])
        if np.ptp(lates) > 1e-4:
            met = (met + met.mean() + (lates - lates.mean()) * met.std() / lates.std()) / 2
        width = float(np.ptp(met))
        if len(members) > 1 and (width < 0.05 or np.ptp(lates) < 1e-4):
            continue  # what is stored in 16 bits is too coarse to be scaled
        for one, at in zip(members, met, strict=True):
            place = float(at - met.min()) / width if width else 0.0
            expected = 0.7 * place + 0.3 * by_words.get(one.row, 0) / most
            assert one.standing == pytest.approx(expected, abs=0.05)
    scores = [one.score for one in found]
    assert scores == sorted(scores, reverse=True)


def opened_lexical(engine: Engine) -> LexicalIndex:
    folder = engine.snapshot.folder
    return LexicalIndex(folder / LEXICAL, read_passage_ids(folder / PASSAGE_IDS))


PARTS = st.lists(st.sampled_from(["Rutte", "mers", "le", "24", "juin", "2025", "24 juin 2025"]))


@given(PARTS.map(" ".join), PARTS.map(" ".join))
@example("Rutte", "Rutte en mer")
@example("Rutte en mer", "le nom de Rutte")
@example("24 juin", "2025 fut froid")
def test_what_only_the_title_tells_no_passage_holds(title: str, text: str) -> None:
    found_by = text if title in text else f"{title}\n{text}"  # in the lexical index
    article = replace(document("...", language="fr"), title=title)
    asked = {"rutt", "mer", "le", "2025", "2025-06", "2025-06-24"}
    held = asked.intersection(stems(found_by, "fr"))
    assert _in_text(held, article, text) == asked.intersection(stems(text, "fr"))


@given(ASKED.filter(str.strip))
@hypothesis_settings(max_examples=60)
def test_why_a_passage_was_found_is_true(engine: Engine, archive: Archive, asked: str) -> None:
    found = every_passage(engine, Question(asked))
    lexical = opened_lexical(engine)
    for one in found:
        language = one.document.language
        members = [
            set(stems(f"{hit.document.title} {hit.passage.text}", language))
            for hit in found
            if hit.document.language == language
        ]
        held = set(stems(one.passage.text, language))
        terms = lexical.terms(asked, language)
        shared = [word for word, forms in terms.items() if held.intersection(forms)]
        assert [word for word in shared if word in one.why.words] == list(one.why.words)
        for word in set(shared) - set(one.why.words):  # it tells nothing: many passages hold it
            holding = sum(not each.isdisjoint(terms[word]) for each in members)
            assert holding >= 0.3 * len(members)
        known = {stem for forms in terms.values() for stem in forms}
        assert bool(one.why.lexical_rank) == bool(
            known & (held | set(stems(one.document.title, language)))
        )
    calibration = read_calibration(engine.snapshot.folder / CALIBRATION)
    vector = calibration.vectors(archive.encoder.encode_question(asked).vector[np.newaxis])[0]
    ranked = sorted(found, key=lambda one: one.why.dense_rank or 0)
    assert [one.why.dense_rank for one in ranked] == list(range(1, len(found) + 1))
    texts = [one.passage.text for one in ranked]
    cosines = calibration.vectors(vectors_of(archive.encoder, texts)) @ vector
    assert np.all(np.diff(cosines) <= 1e-5)
    ranks = sorted(one.why.lexical_rank for one in found if one.why.lexical_rank)
    assert ranks == list(range(1, len(ranks) + 1))


def test_a_passage_is_the_words_of_its_place(engine: Engine) -> None:
    for one in every_passage(engine, Question("cable")):
        span = slice(one.passage.start, one.passage.end)
        assert engine.document(one.passage.path).text[span] == one.passage.text
        assert one.document == engine.document(one.passage.path)


def test_more_than_a_hundred_passages_are_ranked_to_the_last(tmp_path: Path) -> None:
    many = {
        f"site/{number}.txt": f"Crew {number} left port {number * 7} on day{number} for ship"
        f"{number % 9} and came back with cargo{number * 3} in week{number % 13}.".encode()
        for number in range(130)
    }
    built = Archive(tmp_path, WordHashEncoder()).built(many)
    question = Question("Which crew left port 21 for ship3 in week3?")
    everything = built.search(question, EVERYTHING)
    assert {one.document.path for one in everything} == set(many)
    assert built.rank_articles(question) == [one.document.path for one in everything]
    rows = [one.row for one in everything]
    for count in (1, 10, 100, 101, 129):
        assert [one.row for one in built.search(question, count)] == rows[:count]


# --- Answers -------------------------------------------------------------------------------------


def test_every_sentence_of_every_file_is_quoted_word_for_word(engine: Engine) -> None:
    for article in documents(engine):
        for sentence in quotable(article):
            answer = engine.ask(Question(sentence))
            check(engine, answer)
            assert (article.path, sentence) in {(one.path, one.quote) for one in answer.citations}


@given(ASKED, FILTERS)
@example("", Filters())
@example(TANTIVY, Filters())
@example("\0", Filters(sources=frozenset({"\0"})))
def test_an_answer_quotes_what_stands_there_and_passes_the_filters(
    engine: Engine, asked: str, filters: Filters
) -> None:
    answer = engine.ask(Question(asked, filters))
    check(engine, answer)
    assert answer.question == asked
    assert list(answer.closest) == engine.search(Question(asked, filters), CLOSEST)
    for one in answer.citations:
        assert not filters.languages or one.language in filters.languages


def test_an_answer_is_refused_just_where_it_is_less_sure_than_the_threshold(
    engine: Engine,
) -> None:
    answers = []
    for article in documents(engine):
        for sentence in quotable(article):
            said = sentence.split()
            answers += [engine.ask(Question(" ".join(said[:end]))) for end in range(len(said))]
    refused = [one.confidence for one in answers if one.kind == AnswerKind.NONE]
    quoted = [one.confidence for one in answers if one.kind == AnswerKind.EXTRACT]
    assert max(refused) < THRESHOLD <= min(quoted)
    assert max(refused) > 0.8 * THRESHOLD  # some come near it on either side
    assert min(quoted) < 1.2 * THRESHOLD


@given(ASKED)
def test_the_draft_behind_an_answer_is_the_same_whether_it_is_shown_or_not(
    engine: Engine, asked: str
) -> None:
    draft, answer = engine.draft(Question(asked)), engine.ask(Question(asked))
    assert draft.confidence == answer.confidence
    quoted = {(one.document.path, one.start, one.end) for one in draft.chosen}
    shown = {(one.path, one.start, one.end) for one in answer.citations}
    assert shown == (quoted if draft.confidence >= THRESHOLD else set())


def test_the_same_question_gets_the_same_answer(
    engine: Engine, archive: Archive, tmp_path: Path
) -> None:
    anew = Archive(tmp_path, WordHashEncoder()).built(pages())
    for asked in ("the cable near Helsinki", "міністри в Ризі", "zebra", "Le câble coupé"):
        question = Question(asked)
        told, found = timeless(engine.ask(question)), engine.search(question)
        for other in (engine, archive.opened(), anew):
            assert timeless(other.ask(question)) == told
            assert other.search(question) == found


@pytest.mark.parametrize("asked", ["", " ", "\n\t\r", "\u00a0\u2003"])
def test_a_blank_question_is_a_refusal_without_passages(engine: Engine, asked: str) -> None:
    answer = engine.ask(Question(asked))
    assert (answer.kind, answer.closest, answer.confidence) == (AnswerKind.NONE, (), 0.0)
    assert engine.search(Question(asked)) == []


@pytest.mark.parametrize(
    "filters",
    [
        Filters(languages=frozenset({"xx"})),
        Filters(sources=frozenset({"nowhere"})),
        Filters(since=date(2030, 1, 1)),
        Filters(until=date(1990, 1, 1)),
        Filters(since=date(2025, 1, 2), until=date(2025, 1, 1)),
        Filters(languages=frozenset({"uk"}), sources=frozenset({"nord"})),
        Filters(since=date.min, until=date.min),
        Filters(since=date.max),
    ],
)
def test_filters_that_let_nothing_through_give_a_refusal_without_passages(
    engine: Engine, filters: Filters
) -> None:
    question = Question(quotable(engine.document("nord/cable.txt"))[0], filters)
    answer = engine.ask(question)
    assert (answer.kind, answer.closest, answer.confidence) == (AnswerKind.NONE, (), 0.0)
    assert engine.search(question) == []
    assert engine.rank_articles(question) == []


def test_an_archive_of_one_passage_answers_and_refuses(tmp_path: Path) -> None:
    sentence = "The undersea cable near Helsinki was cut by the anchor of a tanker."
    built = Archive(tmp_path, WordHashEncoder()).built({"one.txt": sentence.encode()})
    answer = built.ask(Question(sentence))
    assert [one.text for one in answer.sentences] == [sentence]
    assert [one.rank for one in answer.closest] == [1]
    refusal = built.ask(Question("zebra"))
    assert refusal.kind == AnswerKind.NONE
    assert len(refusal.closest) == 1
    assert built.rank_articles(Question("zebra")) == ["one.txt"]


def test_an_article_without_a_whole_sentence_is_found_and_never_quoted(tmp_path: Path) -> None:
    built = Archive(tmp_path, WordHashEncoder()).built({"note.txt": b"Cable cut again."})
    answer = built.ask(Question("Cable cut again."))
    assert (answer.kind, len(answer.closest)) == (AnswerKind.NONE, 1)


def in_threads(ask: Callable[[str], Answer], asked: list[str], threads: int) -> list[Answer]:
    with ThreadPoolExecutor(threads) as pool:
        return [timeless(answer) for answer in pool.map(ask, asked)]


def test_eight_threads_get_the_answers_that_one_gets(archive: Archive, engine: Engine) -> None:
    asked = [sentence for one in documents(engine) for sentence in quotable(one)]
    asked = (asked * 10)[: 8 * 20]
    alone = [timeless(engine.ask(Question(one))) for one in asked]
    opened = archive.opened()
    assert in_threads(lambda one: opened.ask(Question(one)), asked, 8) == alone


# --- The packaged model --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "path", "word"),
    [
        ("Who cut the undersea cable near Helsinki?", "nord/cable.txt", "anchor"),
        ("Combien de temps ont duré les réparations du câble ?", "sud/cables.txt", "onze jours"),
        ("Wie viele Matrosen waren an Bord der Fregatte?", "lose.txt", "sechzig"),
    ],
)
def test_the_packaged_model_answers_from_the_right_article(
    real: Engine, asked: str, path: str, word: str
) -> None:
    answer = real.ask(Question(asked))
    check(real, answer)
    assert any(one.path == path and word in one.quote for one in answer.citations)


@pytest.mark.parametrize(
    "asked",
    [
        "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "word " * 1000, "x" * 5000,
        "?" * 5000, "\0", "cable\0cut", "\ud800", "Who cut the \udcff cable?", TANTIVY, "'; --",
        "\u202egnihtyna", "\u0301" * 50, "e\u0301\u0301\u0301",
    ],
    ids=lambda asked: ascii(asked[:12]),
)  # fmt: skip
def test_whatever_is_typed_gets_an_answer(real: Engine, asked: str) -> None:
    answer = real.ask(Question(asked))
    check(real, answer)
    expected = "".join("\ufffd" if "\ud800" <= one <= "\udfff" else one for one in asked)
    assert answer.question == expected
    assert len(real.search(Question(asked), 3)) <= 3
    assert len(real.rank_articles(Question(asked))) <= len(PAGES)


@pytest.mark.parametrize("strange", ["a\ud800b", "\0", ""], ids=ascii)
def test_whatever_the_filters_say_gets_an_answer(real: Engine, strange: str) -> None:
    for filters in (
        Filters(sources=frozenset({strange})), Filters(languages=frozenset({strange})),
    ):  # fmt: skip
        check(real, real.ask(Question("Who cut the cable?", filters)))


def test_threads_share_the_packaged_model(real: Engine) -> None:
    asked = [quotable(one)[0] for one in documents(real)] * 3
    alone = [timeless(real.ask(Question(one))) for one in asked]
    assert in_threads(lambda one: real.ask(Question(one)), asked, 8) == alone


def test_of_all_languages_together_as_many_are_taken_by_their_words_as_of_one(
    tmp_path: Path,
) -> None:
    told = {
        "en": "The harbour of the town was closed by ice in the night, and the ships were waiting",
        "de": "Der Hafen der Stadt wurde in der Nacht durch das Eis gesperrt, und Schiffe warteten",
    }
    pages = {
        f"{language}/{n}.txt": f"{words} for Tallinn.{f' {language}{n}' * 40}"
        for language, words in told.items()
        for n in range(CANDIDATES)
    }
    write_pages(tmp_path / "articles", pages)
    settings = Settings.from_environment(
        articles=tmp_path / "articles", index=tmp_path / "index", model="word-hash"
    )
    build_index(settings, WordHashEncoder())
    engine = open_engine(settings, WordHashEncoder())
    lexical = opened_lexical(engine)
    held = {
        row: score
        for language in lexical.languages
        for row, score in lexical.search("Tallinn", language, 1000, Filters())
    }
    assert lexical.languages == ["de", "en"]
    assert len(held) == 2 * CANDIDATES
    found = engine.search(Question("Tallinn"), len(held))
    ranks = {one.row: one.why.lexical_rank for one in found if one.why.lexical_rank}
    best = sorted(held, key=lambda row: (-held[row], row))[:CANDIDATES]
    assert {row: rank for rank, row in enumerate(best, start=1)} == ranks
