"""Copies are found and listed once; what only shares a paragraph is not a copy."""

import random
from collections.abc import Sequence

from fakes import document
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from archive.documents import Document, Duplicate
from archive.text import words
from indexer.articles import Articles
from indexer.duplicates import (
    SAME,
    SHINGLE,
    find_duplicates,
    jaccard,
    shingles_of,
    signatures_of,
)

VOCABULARY = [f"word{number}" for number in range(400)]


def prose(seed: int, length: int = 200) -> list[str]:
    return random.Random(seed).choices(VOCABULARY, k=length)


def article(path: str, told: list[str], language: str = "en") -> Document:
    return document(" ".join(told), path, language)


def without_duplicates(documents: Sequence[Document]) -> tuple[list[Document], list[Duplicate]]:
    """The articles that are no copies, and the copies."""
    articles = Articles(documents)
    copies = find_duplicates(articles, signatures_of([one.text for one in documents]))
    return list(articles.without(copies)), list(copies.values())


def test_an_exact_copy_is_listed_with_what_it_copies() -> None:
    one, other = article("a.txt", prose(1)), article("b.txt", prose(1))
    assert without_duplicates([one, other]) == ([one], [Duplicate("b.txt", "a.txt", 1.0)])


def test_a_copy_with_one_word_of_two_hundred_changed_by_hand() -> None:
    told = [f"w{number}" for number in range(200)]
    changed = [*told[:100], "other", *told[101:]]
    kept, copies = without_duplicates([article("a.txt", told), article("b.txt", changed)])
    # 197 runs of four words in each, the four with the changed word differ: 193 of 201.
    assert copies == [Duplicate("b.txt", "a.txt", round(193 / 201, 3))]
    assert [one.path for one in kept] == ["a.txt"]


def test_case_blanks_and_punctuation_make_no_difference() -> None:
    one = document("The Allies met in Riga, and they spoke of cables.", "a.txt")
    other = document("the allies MET\nin Riga and they spoke of cables!", "b.txt")
    assert without_duplicates([one, other])[1] == [Duplicate("b.txt", "a.txt", 1.0)]


def test_a_translation_is_no_copy() -> None:
    told = prose(1)
    both = [article("a.txt", told, "en"), article("b.txt", told, "fr")]
    assert without_duplicates(both) == (both, [])


def test_two_releases_that_share_a_paragraph_are_no_copies() -> None:
    shared = prose(9, 80)
    both = [article("a.txt", prose(1, 120) + shared), article("b.txt", prose(2, 120) + shared)]
    assert without_duplicates(both) == (both, [])


def similarity(one: Document, other: Document) -> float:
    runs = [
        {tuple(told[at : at + SHINGLE]) for at in range(len(told) - SHINGLE + 1)}
        for told in (words(one.text), words(other.text))
    ]
    return len(runs[0] & runs[1]) / len(runs[0] | runs[1])


@given(st.integers(0, 10**6))
@examples(max_examples=15)
def test_copies_are_those_that_comparing_all_pairs_finds(seed: int) -> None:
    rng = random.Random(seed)
    articles: list[Document] = []
    for number in range(16):
        told = prose(rng.randrange(5), rng.choice([150, 200]))
        for _ in range(rng.choice([0, 1, 2, 60])):
            told[rng.randrange(len(told))] = f"new{rng.random()}"
        articles.append(article(f"{number:02}.txt", told, rng.choice(["en", "fr"])))
    kept: list[Document] = []
    copies: list[Duplicate] = []
    for one in articles:
        alike = [(similarity(one, of), of.path) for of in kept if of.language == one.language]
        best = max((share for share, _ in alike), default=0.0)
        if best >= SAME:
            of = min(path for share, path in alike if share == best)
            copies.append(Duplicate(one.path, of, round(best, 3)))
        else:
            kept.append(one)
    assert without_duplicates(articles) == (kept, copies)


def test_a_copy_just_above_the_threshold_is_found() -> None:
    found = 0
    for seed in range(40):
        told = [f"{seed}x{number}" for number in range(203)]
        changed = list(told)
        for at in range(10, 200, 30):  # 7 changed words, 28 of 200 runs: 172 of 228
            changed[at] = f"new{at}"
        pair = [article("a.txt", told), article("b.txt", changed)]
        assert SAME <= similarity(*pair) < SAME + 0.01
        found += len(without_duplicates(pair)[1])
    assert found == 40


def test_the_order_of_the_articles_is_kept_and_none_is_lost() -> None:
    articles = [article(f"{at}.txt", prose(at % 3)) for at in (7, 1, 4, 2, 0, 5)]
    kept, copies = without_duplicates(articles)
    assert [one.path for one in kept] == ["7.txt", "2.txt", "0.txt"]
    assert [one.path for one in copies] == ["1.txt", "4.txt", "5.txt"]


def test_what_drifts_away_is_held_against_those_that_are_kept_alone() -> None:
    told = [f"w{number}" for number in range(203)]
    steps = [told]
    for step in range(3):  # each changes 5 words more, 20 of 200 runs
        changed = list(steps[-1])
        for at in range(4 * step + 4, 104, 20):
            changed[at] = f"new{at}"
        steps.append(changed)
    articles = [article(f"{at}.txt", told) for at, told in enumerate([*steps, steps[2], steps[1]])]
    # One step is 180 of 220 runs, two are 160 of 240: the second is kept, as the first is left out.
    kept, copies = without_duplicates(articles)
    assert [one.path for one in kept] == ["0.txt", "2.txt"]
    assert copies == [
        Duplicate("1.txt", "0.txt", 0.818), Duplicate("3.txt", "2.txt", 0.818),
        Duplicate("4.txt", "2.txt", 1.0), Duplicate("5.txt", "0.txt", 0.818),
    ]  # fmt: skip


def test_of_many_copies_of_many_articles_each_names_the_first() -> None:
    articles = [article(f"{at:03}.txt", prose(at % 7)) for at in range(300)]
    kept, copies = without_duplicates(articles)
    assert kept == articles[:7]
    assert copies == [Duplicate(f"{at:03}.txt", f"{at % 7:03}.txt", 1.0) for at in range(7, 300)]


def test_the_similarity_of_two_articles_by_hand() -> None:
    # "a b c d" and "b c d e" of the one; "b c d e" and "c d e f" of the other.
    assert jaccard(shingles_of("a b c d e"), shingles_of("B, c. d e f")) == 1 / 3
    assert jaccard(shingles_of("a b"), shingles_of("a b")) == 1
    assert jaccard(shingles_of("a b"), shingles_of("a b c")) == 0
