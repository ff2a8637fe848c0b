"""Lexical indexes that are carried over from snapshot to snapshot find what new ones do."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from test_dense_lexical import K1, B

from archive.documents import Filters
from archive.lexical_schema import PASSAGES, WORDS, documents_held, filter_day
from archive.passage_ids import PassageIds
from indexer.lexical import LexicalBefore, write_lexical
from retriever.lexical import LexicalIndex


class Told(NamedTuple):
    text: str
    language: str = "en"
    source: str = "one"
    day: date | None = None


def found_by(told: Told) -> tuple[str, str, int]:
    return told.text, told.source, filter_day(told.day)


@dataclass
class Written:
    """The words of a snapshot, on disk."""

    folder: Path
    passages: list[Told]
    ids: PassageIds

    @classmethod
    def anew(cls, folder: Path, passages: list[Told]) -> "Written":
        written = cls(folder, passages, PassageIds.first(len(passages)))
        write_lexical(folder, written.languages, written.ids.by_row, written.passage)
        return written

    def next(self, folder: Path, rows: Sequence[int | Told]) -> "Written":
        """The snapshot after this one: the passages of some rows here, and new ones."""
        passages = [self.passages[one] if isinstance(one, int) else one for one in rows]
        kept = [one if isinstance(one, int) else -1 for one in rows]
        ids = self.ids.following(np.array(kept, dtype=np.int64))
        if ids is None:
            return Written.anew(folder, passages)
        written = Written(folder, passages, ids)
        before = LexicalBefore(self.folder, self.languages, self.ids.by_row, self.passage)
        write_lexical(folder, written.languages, ids.by_row, written.passage, before)
        return written

    @property
    def languages(self) -> list[str]:
        return [told.language for told in self.passages]

    def passage(self, row: int) -> tuple[str, str, int]:
        return found_by(self.passages[row])

    def index(self) -> LexicalIndex:
        return LexicalIndex(self.folder, self.ids)

    def files(self, language: str) -> dict[str, bytes]:
        place = self.folder / language
        return {
            file.relative_to(place).as_posix(): file.read_bytes()
            for file in place.rglob("*")
            if file.is_file()
        }


# Of one stem each, so that all passages are of one length and the mean length is always the same.
WORDS_TOLD = ["Rutte", "Рютте", "rutte", "NATO", "НАТО", "élection", "election", "sécurité", "Kiev",
              "Минис", "radar", "Ostsee", "ostsee", "radarstation"]  # fmt: skip
TOLD = st.builds(
    Told,
    text=st.lists(st.sampled_from(WORDS_TOLD), min_size=4, max_size=4).map(" ".join),
    language=st.sampled_from(["fr", "de"]),
    source=st.sampled_from(["one", "two"]),
    day=st.sampled_from([None, date(2025, 3, 5), date(2024, 1, 1)]),
)
CHANGES = st.lists(
    st.tuples(
        st.sets(st.integers(0, 30), max_size=3),
        st.lists(st.tuples(st.integers(0, 30), TOLD), max_size=3),
    ),
    min_size=1,
    max_size=4,
)
FILTERS = [Filters(), Filters(sources=frozenset({"one"})), Filters(since=date(2025, 1, 1))]


@given(st.lists(TOLD, min_size=8, max_size=14), CHANGES)
@hypothesis_settings(max_examples=15)
def test_what_is_carried_over_finds_what_is_written_anew(
    tmp_path_factory: pytest.TempPathFactory,
    passages: list[Told],
    changes: list[tuple[set[int], list[tuple[int, Told]]]],
) -> None:
    folder = tmp_path_factory.mktemp("words")
    written = Written.anew(folder / "0", passages)
    for number, (gone, coming) in enumerate(changes, start=1):
        rows: list[int | Told] = [row for row in range(len(written.passages)) if row not in gone]
        for place, told in coming:
            rows.insert(place, told)
        written = written.next(folder / str(number), rows)
    carried, anew = written.index(), Written.anew(folder / "anew", written.passages).index()
    assert carried.languages == anew.languages == sorted(set(written.languages))
    assert len(carried) == len(anew) == len(written.passages)
    asked = [*WORDS_TOLD, "Rutte élection", "NATO radarstation Kiev", "securite ostsee"]
    for language in anew.languages:
        for question in asked:
            assert carried.terms(question, language) == anew.terms(question, language)
            assert carried.rarity(question, language) == anew.rarity(question, language)
            there = [row for row, one in enumerate(written.languages) if one == language]
            stems = anew.rarity(question, language)
            assert carried.held_by(there, stems, language) == anew.held_by(there, stems, language)
            for filters in FILTERS:
                phrase = [" ".join(question.split()[:2])]
                assert carried.holding(phrase, language, filters) == (
                    anew.holding(phrase, language, filters)
                )
                one = dict(carried.search(question, language, 99, filters))
                other = dict(anew.search(question, language, 99, filters))
                assert one == pytest.approx(other, rel=1e-4)


FIRST = [
    Told("Ice and snow on the roads."), Told("A cable was cut."), Told("The ship guards cables."),
    Told("Rutte went to Kiev."), Told("Radar saw a ship."), Told("The port is shut."),
    Told("Der Hafen ist zu.", "de"), Told("Die Ostsee ist kalt.", "de"),
    Told("La mer est calme.", "fr"), Told("Rien de neuf.", "it"),
]  # fmt: skip


def carried_over(folder: Path) -> tuple[Written, Written]:
    """A snapshot, and the one after it. English loses a passage and gets two, the French are all
    gone, Spanish is new."""
    before = Written.anew(folder / "before", FIRST)
    met, ship = Told("Zelensky met Rutte in Oslo."), Told("El barco zarpó.", "es")
    rows: list[int | Told] = [Told("Snow again."), 0, 1, 2, 4, 5, met, 6, 7, 9, ship]
    return before, before.next(folder / "after", rows)


def test_a_language_in_which_nothing_changed_is_copied(tmp_path: Path) -> None:
    before, after = carried_over(tmp_path)
    for language in ("de", "it"):
        assert after.files(language) == before.files(language)
    for file in (before.folder / "de").rglob("*.*"):
        copy = after.folder / file.relative_to(before.folder)
        assert copy.stat().st_ino != file.stat().st_ino  # damage to one is none to the other
    assert after.index().holding(["ostsee"], "de", Filters()) == [8]
    assert before.index().holding(["ostsee"], "de", Filters()) == [7]


def test_a_language_that_changed_keeps_the_files_of_its_passages(tmp_path: Path) -> None:
    before, after = carried_over(tmp_path)
    segments = {name: held for name, held in before.files("en").items() if name.endswith(".store")}
    assert segments
    assert segments.items() <= after.files("en").items()
    assert documents_held(after.folder / "en" / PASSAGES) == 8  # with the one that is gone
    assert len(after.index()) == 11


def test_languages_go_and_come(tmp_path: Path) -> None:
    _, after = carried_over(tmp_path)
    assert after.index().languages == ["de", "en", "es", "it"]
    assert not (after.folder / "fr").exists()
    assert after.index().holding(["barco"], "es", Filters()) == [10]


def test_the_snapshot_before_stays_as_it_was(tmp_path: Path) -> None:
    before = Written.anew(tmp_path / "before", FIRST)
    files = {language: before.files(language) for language in set(before.languages)}
    before.next(tmp_path / "after", [0, 1, 2, 4, 5, 6, 7, 8, 9, Told("New.")])
    assert {language: before.files(language) for language in files} == files


def test_how_often_each_word_is_told_by_hand(tmp_path: Path) -> None:
    _, after = carried_over(tmp_path)
    times, as_name = json.loads((after.folder / "en" / WORDS).read_bytes())
    assert times["snow"] == 2
    assert times["rutte"] == as_name["rutte"] == 1
    assert times["the"] == 3
    assert not {"kiev", "went"} & (set(times) | set(as_name))
    assert "cable" not in as_name


def test_names_that_went_are_no_longer_found_by_their_sounds(tmp_path: Path) -> None:
    before, after = carried_over(tmp_path)
    assert before.index().terms("Київ", "en") == {"київ": ("kiev",)}
    assert after.index().terms("Київ", "en") == {"київ": ("киів",)}
    assert after.index().terms("Зеленський", "en") == {"зеленський": ("zelenski",)}


def test_scores_by_hand_where_a_passage_is_gone(tmp_path: Path) -> None:
    passages = ["ice ice", "ice snow wind rain", "fog", "fog fog", "ice wind sun"]
    before = Written.anew(tmp_path / "before", [Told(text) for text in passages])
    after = before.next(tmp_path / "after", [0, 1, 2, 3, Told("rain")])
    found = dict(after.index().search("ice", "en", 9, Filters()))
    idf = math.log(1 + (5 - 2 + 0.5) / (2 + 0.5))  # two of the five that are there hold it
    average = (2 + 4 + 1 + 2 + 3 + 1) / 6  # with the one that is gone
    assert found == pytest.approx(
        {
            row: idf * times * (K1 + 1) / (times + K1 * (1 - B + B * length / average))
            for row, times, length in ((0, 2, 2), (1, 1, 4))
        },
        rel=1e-4,
    )
    assert after.index().rarity("ice", "en") == pytest.approx({"ice": idf})


def test_a_language_most_of_which_went_is_written_anew(tmp_path: Path) -> None:
    before = Written.anew(tmp_path / "before", FIRST + [Told("Neve.", "it")] * 8)
    after = before.next(tmp_path / "after", [0, 4, 5, *range(6, 18)])  # three of six, of 18
    assert documents_held(after.folder / "en" / PASSAGES) == 3
    assert after.ids.issued == 18
    assert after.index().holding(["port"], "en", Filters()) == [2]
