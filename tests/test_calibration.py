"""What is taken out of a model's vectors, and how an archive tells what that is."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.calibration import (
    Calibration,
    read_calibration,
    read_offsets,
    write_calibration,
    write_offsets,
)
from archive.encoder import Encoded
from archive.languages import (
    Vectors,
    learn_directions,
    packaged_directions,
    packaged_token_centre,
    unit_rows,
)
from archive.packaged_model import PACKAGED_MODEL
from indexer.calibrate import (
    CENTRE_PRIOR,
    LANGUAGES,
    MOST,
    PASSAGES,
    PRIOR,
    SAMPLE,
    language_offsets,
    learn_calibration,
)

SEEDS = st.integers(0, 10**6)
WIDTH = 24
NO_DIRECTIONS = np.empty((0, WIDTH), dtype=np.float32)


def random_vectors(seed: int, rows: int, width: int = WIDTH) -> Vectors:
    return unit_rows(np.random.default_rng(seed).normal(size=(rows, width)))


def random_calibration(seed: int, directions: int) -> Calibration:
    return Calibration(
        learn_directions(random_vectors(seed, 9), directions), random_vectors(seed + 1, 1)[0] / 3, 7
    )


def encoded(vectors: Vectors, tokens: Sequence[Vectors] | None = None) -> list[Encoded]:
    """Texts of these vectors; without tokens, of models that have none."""
    none = np.empty((0, vectors.shape[1]), dtype=np.float32)
    return [
        Encoded(vector, of, places, places, none)
        for vector, of in zip(vectors, tokens or [none] * len(vectors), strict=True)
        for places in [np.arange(len(of), dtype=np.int32)]
    ]


# --- What is taken out ---------------------------------------------------------------------------


@given(SEEDS, st.integers(0, 8), st.floats(0.1, 10))
def test_calibrated_vectors_are_of_unit_length_and_without_the_directions(
    seed: int, count: int, length: float
) -> None:
    calibration, raw = random_calibration(seed, count), random_vectors(seed + 2, 6)
    vectors = calibration.vectors(np.float32(length) * raw)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(vectors @ calibration.directions.T, 0, atol=1e-5)
    assert np.allclose(vectors, calibration.vectors(raw), atol=1e-5)
    assert np.allclose(calibration.vectors(vectors), vectors, atol=1e-5)
    tokens = calibration.tokens(raw)
    assert np.allclose(np.linalg.norm(tokens, axis=1), 1, atol=1e-5)
    # From the centre a token points to where its vector is.
    away = vectors - calibration.centre
    assert np.allclose((tokens * unit_rows(away)).sum(axis=1), 1, atol=1e-5)


def test_calibrated_vectors_by_hand() -> None:
    first = np.array([[1, 0, 0]], dtype=np.float32)
    calibration = Calibration(first, np.array([0, 1, 0], dtype=np.float32), 1)
    raw = np.array([[5, 3, 4], [1, 0, 0], [9, 0, -2]], dtype=np.float32)
    vectors = np.array([[0, 0.6, 0.8], [0, 0, 0], [0, 0, -1]])
    assert calibration.vectors(raw) == pytest.approx(vectors, abs=1e-6)
    fifth, half = 0.2**0.5, 0.5**0.5
    tokens = np.array([[0, -fifth, 2 * fifth], [0, -1, 0], [0, -half, -half]])
    assert calibration.tokens(raw) == pytest.approx(tokens, abs=1e-6)


def test_of_no_text_there_is_no_vector() -> None:
    none = np.empty((0, WIDTH), dtype=np.float32)
    for calibration in (random_calibration(0, 0), random_calibration(0, 3)):
        assert calibration.vectors(none).shape == calibration.tokens(none).shape == (0, WIDTH)


# --- Kept and told apart -------------------------------------------------------------------------


@given(SEEDS, st.integers(0, 8))
def test_a_calibration_that_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, seed: int, count: int
) -> None:
    file = tmp_path_factory.mktemp("c") / "calibration.npz"
    calibration = random_calibration(seed, count)
    write_calibration(file, calibration)
    again = read_calibration(file)
    assert np.array_equal(again.directions, calibration.directions)
    assert again.directions.shape == (count, WIDTH)
    assert np.array_equal(again.centre, calibration.centre)
    assert (again.learned_from, again.digest) == (7, calibration.digest)


@given(SEEDS, st.integers(1, 8), st.integers(0, WIDTH - 1))
def test_the_digest_differs_where_any_number_differs(seed: int, count: int, at: int) -> None:
    calibration = random_calibration(seed, count)
    directions, centre = calibration.directions.copy(), calibration.centre.copy()
    directions[-1, at] = np.nextafter(directions[-1, at], np.float32(9))
    centre[at] = np.nextafter(centre[at], np.float32(9))
    others = [
        Calibration(directions, calibration.centre, 7),
        Calibration(calibration.directions, centre, 7),
        Calibration(calibration.directions[:-1], calibration.centre, 7),
        Calibration(calibration.directions[::-1], calibration.centre, 7),
    ]
    if count == 1:
        others.pop()  # read backwards, one direction is the same
    assert len({calibration.digest, *(other.digest for other in others)}) == len(others) + 1
    same = Calibration(calibration.directions.copy(), calibration.centre.copy(), 99)
    assert same.digest == calibration.digest  # by how many it is told changes no vector


def test_offsets_that_are_written_are_read_again(tmp_path: Path) -> None:
    passages = dict(zip(("en", "fr", "und"), random_vectors(1, 3), strict=True))
    sentences = dict(zip(("und", "fr", "en"), random_vectors(2, 3), strict=True))
    write_offsets(tmp_path / "offsets.npz", passages, sentences)
    again = read_offsets(tmp_path / "offsets.npz")
    assert set(again) == {"en", "fr", "und"}
    for language, (of_passages, of_sentences) in again.items():
        assert np.array_equal(of_passages, passages[language])
        assert np.array_equal(of_sentences, sentences[language])


# --- Directions and centre -----------------------------------------------------------------------


def spoken(seed: int, counts: Sequence[int], off: float = 0.7) -> tuple[Vectors, list[str]]:
    """Vectors of so many texts in each of several languages, which lie off each their own way."""
    random = np.random.default_rng(seed)
    ways = unit_rows(random.normal(size=(len(counts), WIDTH)))
    languages = [number for number, count in enumerate(counts) for _ in range(count)]
    matters = random.normal(size=(len(languages), WIDTH)) / 20
    return unit_rows(matters + off * ways[languages]), [f"l{one}" for one in languages]


def apart(vectors: npt.NDArray[np.floating], languages: Sequence[str]) -> float:
    """How far the means of the languages lie from one another at most."""
    told = np.array(languages)
    means = [vectors[told == one].mean(axis=0) for one in sorted(set(languages))]
    return max(float(np.linalg.norm(one - other)) for one in means for other in means)


@given(SEEDS, st.integers(LANGUAGES, 6))
def test_planted_languages_are_taken_out_of_a_model_of_ones_own(seed: int, count: int) -> None:
    vectors, languages = spoken(seed, [PASSAGES] * count)
    calibration = learn_calibration("some/model", encoded(vectors), languages)
    assert calibration.directions.shape == (count - 1, WIDTH)
    assert calibration.learned_from == len(vectors)
    assert apart(vectors, languages) > 0.3
    centred = calibration.vectors(vectors)
    # The directions are those of the means; scaling to unit length afterwards moves them little.
    within = vectors - vectors @ calibration.directions.T @ calibration.directions
    assert apart(within, languages) < 1e-4
    assert np.allclose(centred @ calibration.directions.T, 0, atol=1e-5)


@pytest.mark.parametrize(
    ("counts", "learned"),
    [
        ([200], 0),
        ([200, 200], 0),
        ([30, 30, 29], 0),
        ([29, 29, 29, 29], 0),
        ([30, 30, 30], 2),
        ([30, 30, 30, 29], 2),
        ([30, 100, 30, 30], 3),
    ],
)
def test_directions_need_three_languages_of_thirty_passages(
    counts: list[int], learned: int
) -> None:
    assert (PASSAGES, LANGUAGES) == (30, 3)
    vectors, languages = spoken(1, counts)
    calibration = learn_calibration("some/model", encoded(vectors), languages)
    assert calibration.directions.shape == (learned, WIDTH)
    assert calibration.directions.dtype == np.float32


def test_the_order_of_the_passages_does_not_matter() -> None:
    vectors, languages = spoken(2, [30, 40, 50])
    mixed = np.random.default_rng(0).permutation(len(vectors))
    one = learn_calibration("some/model", encoded(vectors), languages)
    other = learn_calibration(
        "some/model", encoded(vectors[mixed]), [languages[at] for at in mixed]
    )
    span = one.directions @ other.directions.T
    assert np.allclose(np.linalg.svd(span)[1], 1, atol=1e-4)  # they span the same


def test_at_most_so_many_directions_are_learned() -> None:
    random = np.random.default_rng(5)
    languages = [f"l{one}" for one in range(MOST + 8) for _ in range(PASSAGES)]
    vectors = unit_rows(random.normal(size=(len(languages), 2 * MOST)))
    directions = learn_calibration("some/model", encoded(vectors), languages).directions
    assert directions.shape == (MOST, 2 * MOST)


@pytest.mark.parametrize("languages", [["fr"], ["fr", "en", "uk"] * 30])
def test_the_packaged_models_directions_come_with_it(languages: list[str]) -> None:
    vectors = random_vectors(3, len(languages), width=384)
    calibration = learn_calibration(PACKAGED_MODEL, encoded(vectors), languages)
    assert np.array_equal(calibration.directions, packaged_directions())


@given(SEEDS, st.lists(st.integers(0, 5), min_size=1, max_size=6))
def test_the_centre_is_the_mean_of_all_tokens(seed: int, counts: list[int]) -> None:
    tokens = [3 * random_vectors(seed + at, count) for at, count in enumerate(counts)]
    texts = encoded(random_vectors(seed, len(counts)), tokens)
    calibration = learn_calibration("some/model", texts, ["fr"] * len(counts))
    every = calibration.vectors(np.concatenate(tokens))
    expected = every.mean(axis=0) if len(every) else np.zeros(WIDTH)
    assert np.allclose(calibration.centre, expected, atol=1e-5)
    assert calibration.centre.dtype == np.float32
    if len(every):  # seen from there, they lie on no side
        assert np.allclose((every - calibration.centre).mean(axis=0), 0, atol=1e-5)


@pytest.mark.parametrize("passages", [1, CENTRE_PRIOR, 3 * CENTRE_PRIOR, 1000])
def test_the_packaged_centre_counts_as_so_many_passages(passages: int) -> None:
    packaged = packaged_token_centre()
    tokens = [3 * random_vectors(at, 4, len(packaged)) for at in range(passages)]
    texts = encoded(random_vectors(9, passages, len(packaged)), tokens)
    calibration = learn_calibration(PACKAGED_MODEL, texts, ["fr"] * passages)
    mean = calibration.vectors(np.concatenate(tokens)).mean(axis=0)
    share = CENTRE_PRIOR / (CENTRE_PRIOR + passages)
    expected = share * packaged + (1 - share) * mean
    assert np.allclose(calibration.centre, expected, atol=1e-5)
    assert calibration.centre.dtype == np.float32


def test_the_packaged_centre_is_of_vectors_without_the_directions() -> None:
    packaged = packaged_token_centre()
    assert packaged.shape == (packaged_directions().shape[1],)
    assert np.allclose(packaged_directions() @ packaged, 0, atol=1e-5)
    assert 0.3 < np.linalg.norm(packaged) < 1


# --- Offsets -------------------------------------------------------------------------------------


def test_offsets_by_hand() -> None:
    # Three matters along the first axes; "a" lies .5 up the last one, "b" .5 down, "c" on none.
    matters, up = np.eye(4, dtype=np.float32)[:3], np.eye(4, dtype=np.float32)[3] / 2
    vectors = np.concatenate([matters + up, (matters - up)[::-1], matters])
    offsets = language_offsets(vectors, ["a"] * 3 + ["b"] * 3 + ["c"] * 3)
    shrunk = 3 / (3 + 50)
    assert PRIOR == 50
    # (2 up from "b" and up from "c", and none from itself) / 3
    assert offsets["a"] == pytest.approx(up * shrunk)
    assert offsets["b"] == pytest.approx(-up * shrunk)
    assert offsets["c"] == pytest.approx(0 * up)
    two = language_offsets(vectors[:6], ["a"] * 3 + ["b"] * 3)
    assert two["a"] == pytest.approx(up * shrunk)
    assert two["b"] == pytest.approx(-up * shrunk)


def test_a_text_that_is_not_the_others_nearest_tells_nothing() -> None:
    # "a" has two texts on the one matter of "b"; only the nearer one is told with it.
    vectors = np.array([[1, 0, 0.5], [0.5, 0, 2], [1, 0, 0]], dtype=np.float32)
    offsets = language_offsets(vectors, ["a", "a", "b"])
    assert offsets["a"] == pytest.approx(np.array([0, 0, 0.25], np.float32) / 51)


def test_a_text_counts_once_with_how_many_languages_soever_it_is_paired() -> None:
    # One text of "a" is told with "b", another with "c", a third with both.
    matters, up = np.eye(4, dtype=np.float32)[:3], np.eye(4, dtype=np.float32)[3]
    vectors = np.concatenate([matters + up, matters[[0, 2]], matters[[1, 2]]])
    offsets = language_offsets(vectors, ["a"] * 3 + ["b"] * 2 + ["c"] * 2)
    assert offsets["a"] == pytest.approx((up + up) / 3 * 3 / (3 + PRIOR))


def test_one_language_is_off_by_nothing() -> None:
    vectors = random_vectors(4, 40)
    offsets = language_offsets(vectors, ["fr"] * 40)
    assert set(offsets) == {"fr"}
    assert offsets["fr"].shape == (WIDTH,)
    assert not offsets["fr"].any()


def about(
    seed: int, pairs: int, further: int, languages: int
) -> tuple[Vectors, list[str], list[Vectors]]:
    """Texts on the same `pairs` of matters in each language, each language lying off its own way,
    and `further` ones on a matter that one language alone keeps writing about.

    Returns the vectors, their languages, and by how much each language is off.
    """
    random = np.random.default_rng(seed)
    shared = unit_rows(random.normal(size=(pairs, WIDTH)))
    off = 0.2 * unit_rows(random.normal(size=(languages, WIDTH)))
    vectors, spoken = [], []
    for number in range(languages):
        own = unit_rows(random.normal(size=(1, WIDTH))) + random.normal(size=(further, WIDTH)) / 30
        matters = np.concatenate([shared + random.normal(size=shared.shape) / 100, unit_rows(own)])
        vectors.append(matters[random.permutation(len(matters))] + off[number])
        spoken += [f"l{number}"] * len(matters)
    return np.concatenate(vectors).astype(np.float32), spoken, list(off)


@given(SEEDS, st.integers(2, 4), st.integers(0, 300))
def test_planted_offsets_are_found_whatever_a_language_writes_more_about(
    seed: int, languages: int, further: int
) -> None:
    pairs = 100
    vectors, spoken, planted = about(seed, pairs, further, languages)
    offsets = language_offsets(vectors, spoken)
    middle = np.mean(planted, axis=0)
    for number, off in enumerate(planted):
        expected = (off - middle) * pairs / (pairs + PRIOR)
        assert np.linalg.norm(offsets[f"l{number}"] - expected) < 0.2 * np.linalg.norm(expected)
    total = np.sum(list(offsets.values()), axis=0)
    assert np.linalg.norm(total) < 0.02


def test_means_would_take_a_matter_for_a_language() -> None:
    vectors, spoken, planted = about(1, 100, 300, 2)
    told = np.array(spoken)
    means = [vectors[told == one].mean(axis=0) for one in ("l0", "l1")]
    wrong = (means[0] - means[1]) - (planted[0] - planted[1])
    assert np.linalg.norm(wrong) > 3 * np.linalg.norm(planted[0] - planted[1])


def test_few_pairs_tell_little() -> None:
    lengths = []
    for pairs in (1, 5, 25, 125):
        vectors, spoken, planted = about(2, pairs, 0, 2)
        found = float(np.linalg.norm(language_offsets(vectors, spoken)["l0"]))
        whole = float(np.linalg.norm(planted[0] - planted[1])) / 2
        assert found == pytest.approx(whole * pairs / (pairs + PRIOR), rel=0.25)
        lengths.append(found)
    assert lengths == sorted(lengths)
    assert lengths[0] < 0.01


@given(SEEDS, st.integers(1, 30), st.integers(1, 30))
def test_two_languages_are_off_by_as_much_in_opposite_ways(
    seed: int, mine: int, theirs: int
) -> None:
    vectors = random_vectors(seed, mine + theirs)
    offsets = language_offsets(vectors, ["a"] * mine + ["b"] * theirs)
    assert offsets["a"] == pytest.approx(-offsets["b"], abs=1e-6)
    assert np.all(np.isfinite(offsets["a"]))
    assert offsets["a"].dtype == np.float32


@given(SEEDS, st.integers(1, 20), st.integers(1, 20), st.integers(1, 20))
def test_offsets_do_not_depend_on_the_order_of_the_texts(
    seed: int, one: int, two: int, three: int
) -> None:
    vectors = random_vectors(seed, one + two + three)
    languages = ["a"] * one + ["b"] * two + ["c"] * three
    mixed = np.random.default_rng(seed).permutation(len(vectors))
    offsets = language_offsets(vectors, languages)
    again = language_offsets(vectors[mixed], [languages[at] for at in mixed])
    for language, offset in offsets.items():
        assert again[language] == pytest.approx(offset, abs=1e-5)


def test_offsets_are_learned_from_so_many_texts_of_a_language_at_most() -> None:
    count = 2 * SAMPLE + 1
    turn = np.linspace(0, np.pi, count)
    matters = np.stack([np.cos(turn), np.sin(turn), 0 * turn], axis=1).astype(np.float32)
    up = np.array([0, 0, 0.5], dtype=np.float32)
    vectors = np.concatenate([matters + up, matters - up])
    offsets = language_offsets(vectors, ["a"] * count + ["b"] * count)
    assert offsets["a"] == pytest.approx(up * SAMPLE / (SAMPLE + PRIOR), abs=1e-4)
