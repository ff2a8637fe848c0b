"""What a question looks for in one language: which words tell, and which stems stand for each."""

import re
from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.text import stem, words
from retriever.function_words import function_words
from retriever.terms import terms

LISTED = "ar cs da de el en es fr hi it nl no pl pt ro ru sv tr uk".split()


def asked(
    question: str,
    language: str,
    held: Mapping[str, int] | None = None,
    spelled: Mapping[str, list[tuple[str, str]]] | None = None,
) -> dict[str, tuple[str, ...]]:
    """The terms in an archive that holds each stem so often, and spells words so."""
    counts, spellings = held or {}, spelled or {}
    return terms(
        question, language, lambda one: counts.get(one, 0), lambda key: spellings.get(key, [])
    )


# --- Words that tell -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "language", "telling"),
    [
        ("Quand le sommet de La Haye a-t-il eu lieu ?", "fr", "sommet haye lieu"),
        ("Quand le sommet de La Haye a-t-il eu lieu ?", "en", "sommet haye lieu"),
        ("How many ships are there in the harbour?", "en", "ships harbour"),
        ("How many ships are there in the harbour?", "de", "ships harbour"),
        ("Wie viele Schiffe liegen im Hafen von Danzig?", "de", "schiffe liegen hafen danzig"),
        ("Скільки кораблів стоїть у порту?", "uk", "кораблів стоїть порту"),
        ("كم سفينة في الميناء؟", "ar", "سفينة الميناء"),
        ("What did the WHO say?", "en", "who say"),
        ("what did the who say?", "en", "say"),
        ("QUE DIT L'OMS", "fr", "dit oms"),
        ("Who is it?", "en", "who is it"),
        ("the", "en", "the"),
        ("?!", "en", ""),
        ("", "en", ""),
    ],
)
def test_words_that_only_put_the_question_are_left_out(
    question: str, language: str, telling: str
) -> None:
    assert " ".join(asked(question, language)) == telling


def test_war_tells_in_an_english_question_and_not_among_german_passages() -> None:
    question = "When did the war in Georgia begin?"
    assert "war" in asked(question, "en")
    assert "war" not in asked(question, "de")


@pytest.mark.parametrize("language", LISTED)
def test_a_list_is_of_short_single_words_and_asks(language: str) -> None:
    listed = function_words(language)
    assert 40 <= len(listed) <= 200
    assert all(words(word) == [word] and len(word) <= 10 for word in listed)


def test_a_language_without_a_list_has_no_function_words() -> None:
    assert function_words("xx") == frozenset()


@given(st.text(max_size=40), st.sampled_from([*LISTED, "zh", "xx"]))
def test_every_word_has_stems_and_no_question_of_words_is_left_without(
    question: str, language: str
) -> None:
    found = asked(question, language)
    told = words(question)
    assert bool(found) == bool(told)
    assert all(found.values())
    assert [word for word in dict.fromkeys(told) if word in found] == [
        word for word in found if word in told
    ]
    assert all(found[word] == (stem(word, language),) for word in found if word in told)


# --- Stems that stand for a word -----------------------------------------------------------------

RUTTE = {"RT": [("рютте", "рютт"), ("рютт", "рютт"), ("рита", "рит")]}


def test_a_name_takes_the_stem_of_the_likest_spelling() -> None:
    assert asked("Rutte", "uk", {"рютт": 3, "рит": 9}, RUTTE) == {"rutte": ("рютт",)}


def test_a_name_that_is_held_as_it_stands_keeps_its_stem_beside_those_of_other_scripts() -> None:
    spelled = {"RT": [*RUTTE["RT"], ("rutta", "rutt")]}
    found = asked("Rutte", "uk", {"рютт": 3, "rutte": 1, "rutt": 5}, spelled)
    assert found == {"rutte": ("rutte", "рютт")}


def test_a_name_that_is_not_held_takes_another_spelling_of_its_script() -> None:
    spelled = {"SLNSK": [("zelenskyy", "zelenskyy"), ("solensk", "solensk")]}
    found = asked("Selenskyj", "en", {"zelenskyy": 2, "solensk": 7}, spelled)
    assert found == {"selenskyj": ("zelenskyy",)}


def test_only_words_with_a_capital_are_names_where_the_question_has_any() -> None:
    held = {"рютт": 3}
    assert asked("Did rutte meet Biden", "uk", held, RUTTE)["rutte"] == ("rutte",)
    assert asked("did rutte meet biden", "uk", held, RUTTE)["rutte"] == ("рютт",)


def test_an_inflected_name_is_looked_for_by_its_stem() -> None:
    spelled = {"SLS": [("scholz", "scholz")], "BRLN": [("berlin", "berlin")]}
    held = {"scholz": 2, "berlin": 1}
    found = asked("Коли канцлер зустрівся з Шольцом у Берліном?", "en", held, spelled)
    assert found["шольцом"] == ("scholz",)
    assert found["берліном"] == ("berlin",)


def test_accents_that_are_left_out_are_put_back_where_passages_hold_them_more() -> None:
    spelled = {"securite": [("securite", "secur")], "marche": [("marche", "marcher")]}
    held = {"secur": 8, "securit": 1, "march": 5, "marcher": 4}
    assert asked("securite", "fr", held, spelled) == {"securite": ("securit", "secur")}
    assert asked("marche", "fr", held, spelled) == {"marche": ("march",)}


@pytest.mark.parametrize(
    ("word", "held", "parts"),
    [
        ("ostseehafen", {"ostse": 4, "haf": 9}, ["ostsee", "hafen"]),
        ("ostseehafen", {"ostse": 4, "haf": 9, "ostseehaf": 5}, ["ostsee", "hafen"]),
        ("ostseehafen", {"ostse": 4, "haf": 9, "ostseehaf": 6}, []),  # 6 * 6 == 4 * 9
        ("ostseehafen", {"haf": 9}, []),
        ("friedensvertrag", {"fried": 2, "vertrag": 8}, ["friedens", "vertrag"]),
        ("friedensvertragstext", {"fried": 2, "vertrag": 8, "text": 4},
         ["friedens", "vertrags", "text"]),
        ("hafen", {"haf": 9}, []),
        ("ostseehafen2", {"ostse": 4, "hafen2": 9}, []),
    ],
)  # fmt: skip
def test_a_compound_is_cut_where_its_parts_are_held_more_than_the_whole(
    word: str, held: dict[str, int], parts: list[str]
) -> None:
    found = asked(word, "de", held)
    assert [*found] == [word, *parts]
    assert all(found[part] == (stem(part, "de"),) for part in parts)


def test_a_compound_of_a_language_that_writes_none_stays_whole() -> None:
    assert list(asked("basketball", "en", {"basket": 4, "ball": 4})) == ["basketball"]


@pytest.mark.parametrize(
    ("word", "held", "stems"),
    [
        ("بولندا", {"بولندا": 3, "لبولندا": 1}, ("بولندا", "لبولندا")),
        ("لبولندا", {"بولندا": 3}, ("بولندا",)),
        ("بولندا", {"ولندا": 1}, ("ولندا",)),
        ("بحر", {"حر": 5}, ("بحر",)),
    ],
)
def test_an_arabic_stem_is_looked_for_with_and_without_a_preposition(
    word: str, held: dict[str, int], stems: tuple[str, ...]
) -> None:
    assert asked(word, "ar", held) == {word: stems}


@pytest.mark.parametrize(
    ("question", "days"),
    [
        ("Was geschah am 24. Juni 2025?", {"24. Juni 2025": ("2025-06-24",)}),
        ("between 24 and 26 June 2025", {"24 and 26 June 2025": ("2025-06-24", "2025-06-26")}),
        ("en juin 2025", {"juin 2025": ("2025-06",)}),
        ("juin 2025, 3 mai 2024", {"3 mai 2024": ("2024-05-03",), "juin 2025": ("2025-06",)}),
        ("24 juin", {}),
    ],
)
def test_full_dates_and_months_are_looked_for_as_one(
    question: str, days: dict[str, tuple[str, ...]]
) -> None:
    found = asked(question, "xx")
    assert {word: told for word, told in found.items() if re.match(r"\d{4}-", told[0])} == days
    assert [*found][-len(days) :] == [*days] or not days


def test_pairs_of_an_unspaced_script_are_words() -> None:
    name = "北大西洋"
    assert list(asked(name, "zh")) == ["".join(pair) for pair in pairwise(name)]
