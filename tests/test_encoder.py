"""The encoder: unit vectors, whatever the order, with no network; another model by one setting."""

import os
from pathlib import Path

import numpy as np
import pytest
from fakes import WordHashEncoder

from archive.encoder import Encoder, SentenceTransformerEncoder, open_encoder
from archive.errors import ModelUnavailable
from archive.languages import packaged_directions
from archive.packaged_model import PACKAGED_MODEL
from archive.settings import Settings

TEXTS = [
    "Les câbles sous-marins de la Baltique ont été endommagés.",
    "Undersea cables in the Baltic Sea were damaged.",
    "Підводні кабелі в Балтійському морі пошкоджено.",
    "The museum of modern art opens at nine.",
    "Ja.",
    "Allies met in Riga. " * 9,
]


def test_every_vector_is_a_unit_vector_without_language(
    encoder: SentenceTransformerEncoder,
) -> None:
    vectors = encoder.encode_passages(TEXTS)
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(vectors @ packaged_directions().T, 0, atol=1e-4)
    question = encoder.encode_question(TEXTS[0])
    assert question.shape == (384,)
    assert question.dtype == np.float32
    assert np.linalg.norm(question) == pytest.approx(1, abs=1e-5)


def test_a_vector_depends_neither_on_its_place_nor_on_its_neighbours(
    encoder: SentenceTransformerEncoder,
) -> None:
    together = encoder.encode_passages(TEXTS)
    backwards = encoder.encode_passages(TEXTS[::-1])[::-1]
    alone = np.concatenate([encoder.encode_passages([text]) for text in TEXTS])
    assert (together * backwards).sum(axis=1).min() > 0.999
    assert (together * alone).sum(axis=1).min() > 0.999


def test_questions_and_passages_are_encoded_with_their_own_prefix(
    encoder: SentenceTransformerEncoder,
) -> None:
    vectors = encoder.encode_passages(TEXTS[:4])
    for text, vector in zip(TEXTS, vectors, strict=False):
        assert float(encoder.encode_question(text) @ vector) < 0.995


def test_a_translation_is_nearer_than_another_subject(encoder: SentenceTransformerEncoder) -> None:
    french, english, ukrainian, museum = encoder.encode_passages(TEXTS[:4])
    assert min(french @ english, french @ ukrainian, english @ ukrainian) > max(
        french @ museum, english @ museum, ukrainian @ museum
    )


def test_a_text_longer_than_the_model_reads_still_has_a_vector(
    encoder: SentenceTransformerEncoder,
) -> None:
    assert np.linalg.norm(encoder.encode_passages(["word " * 600])[0]) == pytest.approx(1, abs=1e-5)


def test_tokens_are_counted_without_those_the_model_adds(
    encoder: SentenceTransformerEncoder,
) -> None:
    assert encoder.count_tokens([]) == []
    one, many = encoder.count_tokens(["cable", ("cable " * 700).strip()])
    assert one == 1
    assert many == 700


def test_the_settings_name_the_model(repository: Path) -> None:
    packaged = open_encoder(Settings.from_environment(models=repository / "data" / "models"))
    assert packaged.model == PACKAGED_MODEL
    assert open_encoder(Settings.from_environment(model="some/other")).model == "some/other"


@pytest.mark.parametrize("model", ["nowhere/at-all", "/no/such/folder"])
def test_a_model_that_is_not_there_is_not_fetched(model: str) -> None:
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    with pytest.raises(ModelUnavailable, match="Unset COMMUNIQUE_MODEL"):
        open_encoder(Settings.from_environment(model=model)).encode_question("Anything?")


def test_a_folder_that_holds_no_model_says_so(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelUnavailable):
        open_encoder(Settings.from_environment(model=str(tmp_path))).count_tokens(["Anything?"])


def test_the_small_encoder_of_the_tests_keeps_the_same_promises() -> None:
    small: Encoder = WordHashEncoder()
    vectors = small.encode_passages(TEXTS)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert np.array_equal(vectors[2], small.encode_question(TEXTS[2]))
    assert small.count_tokens(["a b", ""]) == [2, 0]
