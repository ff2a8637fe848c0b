"""The language of a text, and vectors that do not tell it."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from py3langid.langid import MODEL_FILE

from archive import languages
from archive.documents import Document
from archive.encoder import open_encoder
from archive.languages import (
    Vectors,
    detect_language,
    learn_directions,
    packaged_directions,
    unit_rows,
    unpack_detection,
    without_directions,
)
from archive.settings import Settings


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Les ministres de la Défense se sont réunis hier à Bruxelles."),
        ("en", "The ministers of defence met yesterday in Brussels."),
        ("uk", "Міністри оборони зустрілися вчора у Брюсселі й обговорили їхні плани."),
        ("ru", "Министры обороны встретились вчера в Брюсселе и обсудили эти планы."),
        ("de", "Die Verteidigungsminister trafen sich gestern in Brüssel."),
        ("es", "Los ministros de Defensa se reunieron ayer en Bruselas."),
        ("ar", "اجتمع وزراء الدفاع أمس في بروكسل لبحث أمن الكابلات."),
        ("el", "Οι υπουργοί συναντήθηκαν"),
        ("ko", "국방장관 회의"),
        ("ja", "日本の防衛大臣が会談した"),
        ("zh", "北约国防部长会议"),
        ("he", "שרי הביטחון נפגשו"),
        ("th", "รัฐมนตรีกลาโหม"),
        ("und", "2025 — 12,5 % !"),
        ("und", ""),
    ],
)
def test_languages_by_hand(language: str, text: str) -> None:
    assert detect_language(text) == language


def test_every_article_of_the_sample_is_in_one_of_its_six_languages(
    sample: dict[str, Document],
) -> None:
    for path, document in sample.items():
        expected = {"otan-presse": {"fr"}, "nato-press": {"en", "uk", "de", "es", "ar"}}
        assert document.language in expected[document.source], path


@given(st.text(max_size=50))
def test_any_text_has_a_language_code(text: str) -> None:
    assert 2 <= len(detect_language(text)) <= 3


# --- What tells languages apart, unpacked -------------------------------------------------------


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> languages._Detection:
    """What was unpacked into a folder, read there."""
    folder = tmp_path_factory.mktemp("unpacked")
    languages._Detection().write(folder)
    return languages._Detection(folder)


@given(st.text(max_size=80) | st.sampled_from(["Où est la base ?", "Wo liegt der Stützpunkt?"]))
def test_what_was_unpacked_judges_as_its_package_does(
    unpacked: languages._Detection, text: str
) -> None:
    packed = languages._DETECTION.identifier()
    assert unpacked.identifier().rank(text) == packed.rank(text)


def test_opening_an_encoder_unpacks_once_and_reads_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in (MODEL_FILE, "gone"):
        monkeypatch.setattr(languages, "MODEL_FILE", package)
        monkeypatch.setattr(languages, "_DETECTION", languages._Detection())
        open_encoder(Settings.from_environment(models=tmp_path, model="another"))
        (folder,) = tmp_path.iterdir()
        assert languages._DETECTION.unpacked == folder
        assert detect_language("Wo liegt der Stützpunkt des Bündnisses?") == "de"


def test_where_nothing_can_be_written_the_package_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(languages, "_DETECTION", languages._Detection())
    (tmp_path / "models").touch()
    unpack_detection(tmp_path / "models")
    assert languages._DETECTION.unpacked is None
    assert detect_language("Wo liegt der Stützpunkt des Bündnisses?") == "de"


# --- Vectors that do not tell -------------------------------------------------------------------


def random_vectors(seed: int, rows: int, width: int = 12) -> Vectors:
    vectors: Vectors = np.random.default_rng(seed).normal(size=(rows, width)).astype(np.float32)
    return vectors


@given(st.integers(0, 10**6), st.integers(2, 9), st.integers(1, 5))
def test_without_directions_rows_are_unit_orthogonal_to_them_and_stay_as_they_are(
    seed: int, languages: int, count: int
) -> None:
    directions = learn_directions(random_vectors(seed, languages), min(count, languages - 1))
    rows = without_directions(random_vectors(seed + 1, 7), directions)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert np.allclose(rows @ directions.T, 0, atol=1e-5)
    assert np.allclose(without_directions(rows, directions), rows, atol=1e-5)


@given(st.integers(0, 10**6), st.integers(2, 9))
def test_learned_directions_are_orthonormal_and_span_what_tells_the_languages_apart(
    seed: int, languages: int
) -> None:
    means = random_vectors(seed, languages)
    directions = learn_directions(means, languages - 1)
    assert np.allclose(directions @ directions.T, np.eye(languages - 1), atol=1e-5)
    apart = means - means[0]
    assert np.allclose(apart - apart @ directions.T @ directions, 0, atol=1e-4)


def test_the_strongest_direction_comes_first_by_hand() -> None:
    means = np.array([[0, 5, 1], [0, -5, 1], [2, 0, 1], [-2, 0, 1]], dtype=np.float32)
    assert np.allclose(np.abs(learn_directions(means, 2)), [[0, 1, 0], [1, 0, 0]], atol=1e-6)


def test_the_shipped_directions_are_orthonormal() -> None:
    directions = packaged_directions()
    assert directions.dtype == np.float32
    assert directions.shape[1] == 384
    assert 20 <= len(directions) <= 40
    assert np.allclose(directions @ directions.T, np.eye(len(directions)), atol=1e-5)


def test_unit_rows_by_hand() -> None:
    assert unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist() == [
        [pytest.approx(0.6), pytest.approx(0.8)], [0, 0],
    ]  # fmt: skip
