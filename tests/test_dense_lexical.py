"""Both searches against brute force: numpy for the vectors, BM25 written out for the words."""

import math
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.documents import Filters
from archive.languages import Vectors, unit_rows
from archive.lexical_schema import filter_day
from archive.passage_ids import PassageIds
from archive.text import stems, unaccented, words
from indexer.dense import write_passages, write_sentences
from indexer.lexical import write_lexical
from retriever.dense import DenseIndex, StoredVectors
from retriever.lexical import LexicalIndex, quoted

K1, B = 1.2, 0.75

# (text, language, source, day) of each.
Passages = Sequence[tuple[str, str, str, date | None]]


def dense_index(folder: Path, vectors: Vectors) -> DenseIndex:
    write_passages(folder / "vectors", vectors)
    return DenseIndex(folder / "vectors")


@given(
    seed=st.integers(0, 10**6),
    rows=st.integers(1, 60),
    count=st.integers(0, 70),
    share=st.sampled_from([None, 0.0, 0.3, 1.0]),
    tied=st.booleans(),
)
def test_dense_search_finds_what_comparing_with_every_vector_finds(
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    rows: int,
    count: int,
    share: float | None,
    tied: bool,
) -> None:
    rng = np.random.default_rng(seed)
    # Vectors along the axes make ties, and their products are exact.
    vectors = np.eye(4, dtype=np.float32)[rng.integers(0, 4, rows)]
    question = np.eye(4, dtype=np.float32)[0]
    if not tied:
        vectors = unit_rows(rng.normal(size=(rows, 8)))
        question = unit_rows(rng.normal(size=(1, 8)))[0]
    allowed = None if share is None else rng.random(rows) < share
    reachable = [row for row in range(rows) if allowed is None or allowed[row]]
    cosines = vectors @ question
    expected = sorted(reachable, key=lambda row: (-cosines[row], row))[:count]
    found = dense_index(tmp_path_factory.mktemp("d"), vectors).search(question, count, allowed)
    assert [row for row, _ in found] == expected
    assert [score for _, score in found] == pytest.approx(cosines[expected].tolist(), abs=1e-6)


def test_the_cosines_of_rows_come_in_the_order_asked_for(tmp_path: Path) -> None:
    index = dense_index(tmp_path, np.array([[1, 0], [0.6, 0.8], [0, 1]], dtype=np.float32))
    question = np.array([1, 0], dtype=np.float32)
    assert len(index) == 3
    assert index.cosines(question, [2, 0, 1]).tolist() == pytest.approx([0, 1, 0.6])
    assert index.cosines(question, []).tolist() == []


def test_sentence_vectors_keep_three_decimals_of_every_cosine(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    vectors, question = unit_rows(rng.normal(size=(200, 64))), unit_rows(rng.normal(size=(1, 64)))
    write_sentences(tmp_path / "vectors.npy", vectors)
    index = StoredVectors(tmp_path / "vectors.npy")
    assert len(index) == 200
    assert index.cosines(question[0], []).tolist() == []
    assert index.cosines(question[0], list(range(200))) == pytest.approx(
        vectors @ question[0], abs=5e-4
    )
    assert np.allclose(index.vectors([7, 3]), vectors[[7, 3]], atol=1e-3)


PASSAGES = [
    ("A cable was cut in the Baltic Sea.", "en", "one", date(2025, 3, 5)),
    ("Radar and radar again, and one more radar, on a ship that guards the cable.", "en", "one",
     date(2025, 1, 1)),
    ("Ministers met in Riga.", "en", "two", None),
    ("The ship left the port.", "en", "two", date(2024, 6, 1)),
    ("Cables, cables.", "en", "three", date(2025, 3, 6)),
]  # fmt: skip
FRENCH = [("Le radar veille.", "fr", "one", date(2025, 3, 5)), ("Rien.", "fr", "two", None)]


def lexical_index(folder: Path, passages: Passages) -> LexicalIndex:
    rows = [(text, source, filter_day(day)) for text, _, source, day in passages]
    languages = [language for _, language, _, _ in passages]
    ids = PassageIds.first(len(rows))
    write_lexical(folder / "lexical", languages, ids.by_row, rows.__getitem__)
    return LexicalIndex(folder / "lexical", ids)


def bm25(wanted: set[str], language: str, texts: list[str]) -> dict[int, float]:
    """Robertson et al. (1994), with the idf that is never negative."""
    told = [stems(text, language) for text in texts]
    average = sum(map(len, told)) / len(told)
    scores: dict[int, float] = {}
    for stem in wanted:
        holding = sum(stem in one for one in told)
        idf = math.log(1 + (len(told) - holding + 0.5) / (holding + 0.5))
        for row, one in enumerate(told):
            times = Counter(one)[stem]
            if times:
                norm = K1 * (1 - B + B * len(one) / average)
                scores[row] = scores.get(row, 0) + idf * times * (K1 + 1) / (times + norm)
    return scores


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("cable", {"cabl"}),
        ("cables", {"cabl"}),
        ("radar ship", {"radar", "ship"}),
        ("Which ship cut the cable?", {"ship", "cut", "cabl"}),
        ("the", {"the"}),
    ],
)
def test_lexical_scores_are_bm25_over_stems(
    tmp_path: Path, question: str, wanted: set[str]
) -> None:
    found = lexical_index(tmp_path, PASSAGES).search(question, "en", 10, Filters())
    expected = bm25(wanted, "en", [text for text, _, _, _ in PASSAGES])
    assert [row for row, _ in found] == sorted(expected, key=lambda row: (-expected[row], row))
    assert dict(found) == pytest.approx(expected, rel=1e-4)


def test_bm25_of_one_word_by_hand(tmp_path: Path) -> None:
    passages = [(text, "en", "", None) for text in ("ice ice", "ice snow wind rain", "fog")]
    found = dict(lexical_index(tmp_path, passages).search("ice", "en", 9, Filters()))
    idf = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    average = 7 / 3
    assert found[0] == pytest.approx(idf * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 2 / average)), 1e-4)
    assert found[1] == pytest.approx(idf * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 4 / average)), 1e-4)
    assert set(found) == {0, 1}


def test_a_language_is_searched_by_itself(tmp_path: Path) -> None:
    both = lexical_index(tmp_path, PASSAGES + FRENCH)
    assert {row for row, _ in both.search("radar", "en", 9, Filters())} == {1}
    assert {row for row, _ in both.search("radar", "fr", 9, Filters())} == {5}


def test_passages_of_another_language_do_not_change_the_order(tmp_path: Path) -> None:
    (tmp_path / "alone").mkdir()
    alone = lexical_index(tmp_path / "alone", PASSAGES)
    beside = lexical_index(tmp_path, PASSAGES + FRENCH * 40)
    for question in ("cable", "ship cable", "radar cable sea"):
        assert [row for row, _ in beside.search(question, "en", 9, Filters())] == [
            row for row, _ in alone.search(question, "en", 9, Filters())
        ]


@pytest.mark.parametrize(
    "filters",
    [
        Filters(sources=frozenset({"one"})),
        Filters(sources=frozenset({"two", "three"})),
        Filters(sources=frozenset({"nowhere"})),
        Filters(since=date(2025, 3, 5)),
        Filters(until=date(2025, 3, 5)),
        Filters(since=date(2025, 1, 1), until=date(2025, 3, 5), sources=frozenset({"one"})),
        Filters(since=date(2030, 1, 1)),
    ],
)
def test_filters_let_rows_through_and_change_no_score(tmp_path: Path, filters: Filters) -> None:
    index = lexical_index(tmp_path, PASSAGES)
    question = "ministers by the cable or the ship"
    everything = index.search(question, "en", 10, Filters())
    assert {row for row, _ in everything} == {0, 1, 2, 3, 4}
    expected = {
        row: score
        for row, score in everything
        for _, _, source, day in [PASSAGES[row]]
        if not filters.sources or source in filters.sources
        if not filters.since or (day and day >= filters.since)
        if not filters.until or (day and day <= filters.until)
    }
    found = index.search(question, "en", 10, filters)
    assert [row for row, _ in found] == list(expected)
    assert dict(found) == pytest.approx(expected)


def test_the_best_come_first_and_ties_keep_the_smaller_row(tmp_path: Path) -> None:
    index = lexical_index(tmp_path, [("The same cable.", "en", "", None)] * 30)
    assert [row for row, _ in index.search("cable", "en", 7, Filters())] == list(range(7))


@pytest.mark.parametrize("question", ["", "?!", "zebra", "AND OR ( \"' ~ * row:1 language:en"])
def test_a_question_without_known_words_finds_nothing(tmp_path: Path, question: str) -> None:
    passages = [("Ships met.", "en", "", None)]
    assert lexical_index(tmp_path, passages).search(question, "en", 5, Filters()) == []


# --- Spelled otherwise ---------------------------------------------------------------------------

ABROAD = [
    ("Генсек НАТО Рютте відвідав Київ і зустрів Зеленського.", "uk", "", None),
    ("Погода в горах була мінливою.", "uk", "", None),
    ("L'OTAN a salué l'élection ; la sécurité d'Ukraine reste entière. Rutte l'a redit.", "fr",
     "", None),
    ("Le communiqué est bref.", "fr", "", None),
    ("Der Verteidigungsminister reiste an die Ostsee.", "de", "", None),
    ("Ein Minister sprach über Verteidigung.", "de", "", None),
    ("وصل روته إلى كييف والتقى زيلينسكي.", "ar", "", None),
    ("تحدث الوزير في باريس عن لبولندا.", "ar", "", None),
    ("Am 24.06.2025 kamen 1.000 Gäste.", "de", "", None),
    ("Ein Minister bat um Verteidigung.", "de", "", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "language", "rows"),
    [
        ("Rutte", "uk", [0]),
        ("What did Zelensky say?", "uk", [0]),
        ("kiev", "uk", [0]),
        ("Rutte", "ar", [6]),
        ("Selenskyj", "ar", [6]),
        ("Рютте", "fr", [2]),
        ("روته", "fr", [2]),
        ("زيلينسكي", "uk", [0]),
        ("Oslo", "uk", []),
        ("OTAN", "fr", [2]),
        ("Ukraine", "fr", [2]),
        ("elections", "fr", [2]),
        ("securite", "fr", [2]),
        ("SECURITE", "fr", [2]),
        ("Verteidigungsminister", "de", [4, 5, 9]),
        ("Verteidigung", "de", [5, 9]),
        ("بولندا", "ar", [7]),
        ("24 juin 2025", "de", [8]),
        ("June 2025", "de", [8]),
        ("25 June 2025", "de", [8]),  # by the year
        ("1000", "de", [8]),
        ("1 000", "de", [8]),
    ],
)
def test_a_word_is_found_as_the_passages_spell_it(
    tmp_path: Path, question: str, language: str, rows: list[int]
) -> None:
    found = lexical_index(tmp_path, ABROAD).search(question, language, 9, Filters())
    assert sorted(row for row, _ in found) == rows


def test_rarity_is_the_idf_of_every_stem_that_is_looked_for(tmp_path: Path) -> None:
    index = lexical_index(tmp_path, ABROAD)
    assert index.terms("Rutte in Oslo", "uk") == {
        "rutte": ("рютт",),
        "in": ("in",),
        "oslo": ("oslo",),
    }
    one, none = math.log(1 + (2 - 1 + 0.5) / 1.5), math.log(1 + 2.5 / 0.5)
    assert index.rarity("Rutte in Oslo", "uk") == pytest.approx(
        {"рютт": one, "in": none, "oslo": none}
    )


TOLD = [
    "Rutte",
    "rütte",
    "mer",
    "mers",
    "1 000",
    "1000.",
    "24 juin 2025,",
    "juin 2025",
    "\n",
    "l'eau",
]
LISTED = ["rutt", "rutte", "mer", "1000", "2025", "2025-06", "2025-06-24", "eau", "oslo"]


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(TOLD), max_size=8).map(" ".join), st.sampled_from(["fr", "de"])
        ),
        min_size=1,
        max_size=12,
    ),
    st.sets(st.sampled_from(LISTED)),
    st.randoms(use_true_random=False),
)
def test_the_stems_that_passages_hold_are_those_of_their_texts(
    tmp_path_factory: pytest.TempPathFactory,
    told: list[tuple[str, str]],
    wanted: set[str],
    random: Random,
) -> None:
    passages = [(text, language, "", None) for text, language in told]
    index = lexical_index(tmp_path_factory.mktemp("s"), passages)
    for language in index.languages:
        rows = [row for row, (_, of) in enumerate(told) if of == language]
        rows = random.sample(rows, random.randint(1, len(rows)))
        assert index.held_by(rows, sorted(wanted), language) == {
            row: wanted.intersection(stems(told[row][0], language)) for row in rows
        }


def test_a_word_counts_once_by_its_best_stem(tmp_path: Path) -> None:
    passages = [
        ("НАТО і NATO", "uk", "", None), ("НАТО і люди", "uk", "", None),
        ("Люди і гори", "uk", "", None),
    ]  # fmt: skip
    index = lexical_index(tmp_path, passages)
    assert set(index.terms("NATO", "uk")["nato"]) == {"nato", "нат"}
    both = dict(index.search("NATO", "uk", 9, Filters()))
    rarer = bm25({"nato"}, "uk", [text for text, _, _, _ in passages])
    assert both[0] == pytest.approx(rarer[0], rel=1e-4)
    assert set(both) == {0, 1}


# --- Phrases -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "phrases"),
    [
        ('Who said "nothing flies past us"?', ("nothing flies past us",)),
        ("Qui a dit « la mer était agitée » ?", ("la mer était agitée",)),
        ("Wer sagte „nichts Neues“?", ("nichts Neues",)),
        ("Who said “nothing new”, and «rien»?", ("nothing new", "rien")),
        ('"one" "one"', ("one",)),
        ('5" and 6', ()),
        ('"" « » "?!"', ()),
        ("l'OTAN d'hier", ()),
        ("", ()),
    ],
)
def test_what_is_quoted_by_hand(question: str, phrases: tuple[str, ...]) -> None:
    assert quoted(question) == phrases


def side_by_side(phrase: str, text: str) -> bool:
    told = list(map(unaccented, words(phrase)))
    return any(
        held[at : at + len(told)] == told
        for paragraph in text.splitlines()
        for held in [list(map(unaccented, words(paragraph)))]
        for at in range(len(held))
    )


LETTERS = st.lists(st.sampled_from(["a", "b", "É", "e", "c-d", "\n", "1 000"]), max_size=12)


@given(
    st.lists(LETTERS.map(" ".join), min_size=1, max_size=6),
    st.lists(LETTERS.map(" ".join).filter(words), min_size=1, max_size=2),
)
def test_a_passage_holds_the_phrases_whose_words_stand_side_by_side_in_a_paragraph(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], phrases: list[str]
) -> None:
    index = lexical_index(tmp_path_factory.mktemp("p"), [(text, "en", "", None) for text in texts])
    expected = [
        row for row, text in enumerate(texts) if all(side_by_side(one, text) for one in phrases)
    ]
    assert index.holding(phrases, "en", Filters()) == expected
    found = index.search("a b e", "en", 9, Filters(), phrases)
    anything = {row for row, _ in index.search("a b e", "en", 9, Filters())}
    assert {row for row, _ in found} == anything & set(expected)


def test_a_phrase_is_its_very_words_whatever_their_case_and_accents(tmp_path: Path) -> None:
    passages = [
        ("Les élections libres ont eu lieu.", "fr", "one", date(2025, 3, 5)),
        ("Une élection libre a eu lieu.", "fr", "two", None),
    ]
    index = lexical_index(tmp_path, passages)
    assert index.holding(["ELECTIONS LIBRES"], "fr", Filters()) == [0]
    assert index.holding(["élection libre"], "fr", Filters()) == [1]
    assert index.holding(["libres élections"], "fr", Filters()) == []
    assert index.holding(["eu lieu"], "fr", Filters()) == [0, 1]
    assert index.holding(["eu lieu"], "fr", Filters(sources=frozenset({"two"}))) == [1]
    assert index.holding(["eu lieu"], "fr", Filters(since=date(2025, 1, 1))) == [0]
    scores = dict(index.search("lieu", "fr", 9, Filters()))
    assert dict(index.search("lieu", "fr", 9, Filters(), ["libres"])) == {0: scores[0]}
