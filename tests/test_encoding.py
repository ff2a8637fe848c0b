"""From texts to vectors: each encoded once, what is there reused, all under one calibration."""

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import WordHashEncoder, token_rows, told_apart, vectors_of
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from archive.calibration import Calibration
from archive.languages import Vectors
from archive.snapshot import PASSAGES, SENTENCES
from indexer.calibrate import learn_calibration
from indexer.encoding import ASKED, OUTGROWN, Encodings, as_questions, encode
from indexer.late_interaction import PassageTokens
from indexer.reuse import Earlier, vector_key
from indexer.stored import KeyRows, Matrix, Store, packed

WORDS = ("cable", "ship", "radar", "port", "ice", "snow", "Riga", "crew")
TEXTS = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join), min_size=1, max_size=40
)
MOST_LEARNED_FROM = 256


class Remembered(Earlier):
    """An earlier run that is still in memory."""

    def __init__(self, before: Encodings | None = None) -> None:
        self.calibration = before.calibration if before else None
        self.store = stored(before) if before else None


def stored(before: Encodings) -> Store:
    return Store(
        KeyRows(before.passage_keys), whole(before.passages), token_rows(told_apart(before.tokens)),
        KeyRows(before.sentence_keys), whole(before.sentences),
    )  # fmt: skip


def whole(matrix: Matrix) -> Vectors:
    """All rows of a matrix at once."""
    found: Vectors = matrix[np.arange(matrix.shape[0])]
    assert found.shape == matrix.shape
    return found


def encodings(
    passages: Sequence[str],
    sentences: Sequence[str],
    encoder: WordHashEncoder,
    earlier: Earlier | None = None,
    languages: Sequence[str] | None = None,
    folder: Path | None = None,
) -> Encodings:
    """What a run makes of the texts; the encoder holds what it encoded for it.

    folder: of the index; without one the journal begins empty.
    """
    encoder.encoded.clear()
    steps: list[tuple[int, int]] = []
    with tempfile.TemporaryDirectory() as empty:
        # What is mapped can be read after its file is gone.
        found = encode(
            passages, languages or ["en"] * len(passages), sentences, encoder,
            earlier or Remembered(), folder or Path(empty), lambda *step: steps.append(step),
        )  # fmt: skip
    assert steps[0] == (0, found.encoded)
    assert steps[-1] == (found.encoded, found.encoded)
    assert steps == sorted(set(steps))
    assert found.encoded == len(encoder.encoded)
    return found


def check(found: Encodings, passages: Sequence[str], sentences: Sequence[str]) -> None:
    """What is found is what encoding everything under its calibration gives, text by text."""
    encoder, calibration = WordHashEncoder(), found.calibration
    for kind, texts, keys in (
        (PASSAGES, passages, found.passage_keys),
        (SENTENCES, sentences, found.sentence_keys),
    ):
        told_by = (vector_key(encoder.model, calibration, kind, text) for text in texts)
        assert np.array_equal(keys, packed(told_by))
    for texts, vectors in ((passages, found.passages), (sentences, found.sentences)):
        expected = calibration.vectors(vectors_of(encoder, texts))
        assert np.allclose(whole(vectors), expected, atol=1e-6)
        assert whole(vectors).dtype == np.float32
    for held, one in zip(told_apart(found.tokens), encoder.encode_passages(passages), strict=True):
        told = PassageTokens.of(one, calibration)
        assert np.array_equal(held.codes, told.codes)
        assert np.array_equal(held.words, told.words)
        assert np.array_equal(held.ends, told.ends)


def same(one: Encodings, other: Encodings) -> bool:
    """Whether two runs give the same, bit by bit."""
    return (
        one.calibration.digest == other.calibration.digest
        and one.calibration.learned_from == other.calibration.learned_from
        and np.array_equal(one.passage_keys, other.passage_keys)
        and np.array_equal(one.sentence_keys, other.sentence_keys)
        and whole(one.passages).tobytes() == whole(other.passages).tobytes()
        and whole(one.sentences).tobytes() == whole(other.sentences).tobytes()
        and all(
            np.array_equal(a.codes, b.codes)
            and np.array_equal(a.words, b.words)
            and np.array_equal(a.ends, b.ends)
            for a, b in zip(one.tokens, other.tokens, strict=True)
        )
    )


def texts(count: int, first: int = 0) -> list[str]:
    return [f"Crew {number} left port {number * 7} with cargo{number % 9}" + " again" * (number % 3)
            for number in range(first, first + count)]  # fmt: skip


# --- Once ----------------------------------------------------------------------------------------


@given(TEXTS, TEXTS)
def test_every_text_is_encoded_once_and_stands_where_it_stood(
    passages: list[str], sentences: list[str]
) -> None:
    encoder = WordHashEncoder()
    found = encodings(passages, sentences, encoder)
    # What is a passage and a sentence too is stored as both.
    assert Counter(encoder.encoded) == Counter(set(passages)) + Counter(set(sentences))
    assert not np.isin(found.passage_keys, found.sentence_keys).any()
    check(found, passages, sentences)


def test_more_texts_than_are_encoded_at_once_stand_where_they_stood() -> None:
    passages, sentences = texts(300), texts(150, first=1000)
    encoder = WordHashEncoder()
    found = encodings(passages, sentences, encoder)
    assert Counter(encoder.encoded) == Counter(passages + sentences)
    check(found, passages, sentences)


# --- Again ---------------------------------------------------------------------------------------


def outgrown(before: Sequence[str], after: Sequence[str]) -> bool:
    learned_from = min(len(set(before)), MOST_LEARNED_FROM)
    return min(len(set(after)), MOST_LEARNED_FROM) >= OUTGROWN * learned_from


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_an_archive_that_grows_is_encoded_as_if_at_once(
    passages: list[str], sentences: list[str], later: list[str], parts: list[str]
) -> None:
    encoder = WordHashEncoder()
    before = encodings(passages, sentences, encoder)
    after = encodings(later, parts, encoder, Remembered(before))
    check(after, later, parts)
    if outgrown(passages, later):
        anew = learn_calibration(
            encoder.model, WordHashEncoder().encode_passages(sorted(set(later))),
            ["en"] * len(set(later)),
        )  # fmt: skip
        assert np.allclose(after.calibration.centre, anew.centre, atol=1e-6)
        assert after.calibration.learned_from == len(set(later))
    else:
        assert after.calibration is before.calibration
        assert Counter(encoder.encoded) == (
            Counter(set(later) - set(passages)) + Counter(set(parts) - set(sentences))
        )


def test_what_is_reused_is_what_was_there() -> None:
    encoder = WordHashEncoder()
    before = encodings(texts(20), texts(9), encoder)
    marked, held = Remembered(before), stored(before)
    tokens = replace(held.tokens, codes=~held.tokens.codes)
    marked.store = replace(
        held, vectors=-whole(held.vectors), parts=-whole(held.parts), tokens=tokens
    )
    after = encodings([*texts(20), "A new one."], texts(9)[::-1], encoder, marked)
    assert encoder.encoded == ["A new one."]
    assert np.array_equal(whole(after.passages)[:-1], -whole(before.passages))
    assert np.array_equal(whole(after.sentences), -whole(before.sentences)[::-1])
    of_before = told_apart(before.tokens)
    for told, was in zip(told_apart(after.tokens), of_before, strict=False):
        assert np.array_equal(told.codes, ~was.codes)


@pytest.mark.parametrize(
    ("before", "after", "anew"),
    [
        (10, 39, False),
        (10, 40, True),
        (1, 4, True),
        (64, 255, False),
        (64, 256, True),
        (65, 600, False),
        (256, 2000, False),
        (300, 2000, False),
        (40, 10, False),
    ],
)
def test_a_calibration_is_learned_anew_where_an_archive_has_outgrown_it(
    before: int, after: int, anew: bool
) -> None:
    assert OUTGROWN == 4
    encoder = WordHashEncoder()
    small = encodings(texts(before), texts(1), encoder)
    assert small.calibration.learned_from == min(before, MOST_LEARNED_FROM)
    large = encodings(texts(after), texts(1), encoder, Remembered(small))
    if anew:
        assert large.calibration.digest != small.calibration.digest
        assert large.calibration.learned_from == min(after, MOST_LEARNED_FROM)
        assert large.encoded == after + 1
    else:
        assert large.calibration is small.calibration
        assert large.encoded == max(0, after - before)


# --- The calibration -----------------------------------------------------------------------------


@given(st.permutations(range(300)))
@hypothesis_settings(max_examples=5)
def test_what_a_calibration_is_learned_from_does_not_depend_on_the_order(order: list[int]) -> None:
    passages = texts(300)
    one = encodings(passages, ["Once."], WordHashEncoder())
    other = encodings([passages[at] for at in order], ["Once."], WordHashEncoder())
    assert one.calibration.digest == other.calibration.digest
    assert one.calibration.learned_from == MOST_LEARNED_FROM


def test_a_model_of_ones_own_learns_the_languages_of_the_passages() -> None:
    spoken = {"fr": "le navire quitte", "en": "the ship leaves", "de": "das Schiff verlässt"}
    told = [
        (f"{words} {number}" + f" {words}" * (number % 4), of)
        for of, words in spoken.items()
        for number in range(30)
    ]
    passages, languages = zip(*told, strict=True)
    found = encodings(passages, passages, WordHashEncoder(), languages=languages)
    assert len(found.calibration.directions) == 2
    check(found, passages, passages)
    anew = learn_calibration("word-hash", WordHashEncoder().encode_passages(passages), languages)
    # Both span the same.
    together = found.calibration.directions @ anew.directions.T
    assert np.allclose(np.linalg.svd(together)[1], 1, atol=1e-4)
    means = [found.passages[np.arange(at, at + 30)].mean(axis=0) for at in (0, 30, 60)]
    raw = vectors_of(WordHashEncoder(), passages)
    before = [raw[at : at + 30].mean(axis=0) for at in (0, 30, 60)]
    assert np.linalg.norm(means[0] - means[1]) < 0.3 * np.linalg.norm(before[0] - before[1])
    assert len(encodings(passages, ["Once."], WordHashEncoder()).calibration.directions) == 0


def test_a_key_is_of_everything_that_a_vector_depends_on() -> None:
    one, other = (
        Calibration(np.empty((0, 2), np.float32), np.full(2, value, np.float32), 1)
        for value in (0.1, 0.2)
    )
    keys = {
        vector_key(model, calibration, kind, text)
        for model in ("a", "b")
        for calibration in (one, other)
        for kind in (PASSAGES, SENTENCES)
        for text in ("cable", "ship")
    }
    assert len(keys) == 16
    assert {len(key) for key in keys} == {16}


def test_every_other_word_of_sentences_spread_evenly_is_asked() -> None:
    sentences = [f"crew ship day{number} port" for number in range(2 * ASKED - 1)]
    encoder = WordHashEncoder()
    calibration = encodings(["cable"], ["Once."], encoder).calibration
    expected = vectors_of(encoder, [f"crew day{2 * number}" for number in range(ASKED)])
    asked = as_questions(sentences, encoder, calibration)
    assert np.allclose(asked, calibration.vectors(expected), atol=1e-6)
