"""The encoder: whole texts and their tokens, whatever the order, with no network; another model by
one setting."""

import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from fakes import WordHashEncoder, vectors_of
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openvino import Model, Type, compile_model
from openvino import opset13 as made
from tokenizers import Tokenizer

from archive import exported_model
from archive.documents import Document
from archive.encoder import WORDS, Encoded, Encoder, SentenceTransformerEncoder, open_encoder
from archive.errors import ModelUnavailable
from archive.languages import Vectors, packaged_directions, unit_rows, without_directions
from archive.packaged_model import PACKAGED_MODEL
from archive.settings import Settings
from archive.text import word_spans

TEXTS = [
    "Les câbles sous-marins de la Baltique ont été endommagés.",
    "Undersea cables in the Baltic Sea were damaged.",
    "Підводні кабелі в Балтійському морі пошкоджено.",
    "The museum of modern art opens at nine.",
    "Ja.",
    "Allies met in Riga. " * 9,
]
# The pieces that the model reads at once; before a passage are a mark and the pieces of "passage:",
# and a mark is behind it.
LONGEST, BEFORE, BEHIND = 512, 3, 1


ALONE = """
import sys
from pathlib import Path
from archive.encoder import open_encoder
from archive.settings import Settings
from archive.text import word_spans
encoder = open_encoder(Settings.from_environment(models=Path(sys.argv[1])))
print(*encoder.encode_question(sys.argv[2]).vector)
print(*{"torch", "sentence_transformers", "transformers"} & {*sys.modules})
"""


ASKED = "Who commands the fleet?"


def alone(encoder: Encoder, models: Path, **environment: str) -> tuple[Vectors, str]:
    """The vector that a process of its own gives a question, and what it loaded of libraries that
    are not needed for it. encoder: has exported the model."""
    encoder.encode_question("Exported by now.")
    told = subprocess.run(
        [sys.executable, "-c", ALONE, str(models), ASKED],
        check=True, capture_output=True, text=True, env={**os.environ, **environment},
    )  # fmt: skip
    vector, libraries = told.stdout.split("\n", 1)
    return np.array(vector.split(), dtype=np.float32), libraries.strip()


@pytest.fixture(scope="module", params=["passage", "question"])
def encode(request: pytest.FixtureRequest, encoder: Encoder) -> Callable[[str], Encoded]:
    """One of the two ways of encoding a text."""
    if request.param == "passage":
        return lambda text: encoder.encode_passages([text])[0]
    return encoder.encode_question


@pytest.fixture(scope="module")
def library(model_folder: Path) -> SentenceTransformerEncoder:
    """The packaged model as sentence-transformers runs it."""
    return SentenceTransformerEncoder(PACKAGED_MODEL, str(model_folder))


@pytest.fixture(scope="module")
def tokenizer(model_folder: Path) -> Tokenizer:
    """The packaged model's tokenizer by itself."""
    return Tokenizer.from_file(str(model_folder / "tokenizer.json"))


def told(encoded: Encoded, text: str) -> list[str]:
    """The words of a text that stand behind each token."""
    begins = [0, *encoded.ends.tolist()]
    return [text[a:b] for a, b in zip(begins, encoded.ends.tolist(), strict=False)]


# --- Whole texts ---------------------------------------------------------------------------------


def test_every_vector_is_a_unit_vector(encoder: Encoder) -> None:
    for one in [*encoder.encode_passages(TEXTS), encoder.encode_question(TEXTS[0])]:
        assert one.vector.shape == (384,)
        assert one.vector.dtype == np.float32
        assert np.linalg.norm(one.vector) == pytest.approx(1, abs=1e-5)


def test_what_is_encoded_depends_neither_on_its_place_nor_on_its_neighbours(
    encoder: Encoder,
) -> None:
    together = encoder.encode_passages(TEXTS)
    backwards = encoder.encode_passages(TEXTS[::-1])[::-1]
    alone = [encoder.encode_passages([text])[0] for text in TEXTS]
    for one, *others in zip(together, backwards, alone, strict=True):
        for other in others:
            assert one.vector @ other.vector > 0.999
            assert np.array_equal(one.words, other.words)
            assert np.array_equal(one.ends, other.ends)
            assert (unit_rows(one.tokens) * unit_rows(other.tokens)).sum(axis=1).min() > 0.99


def test_more_texts_than_are_encoded_at_once_stay_in_their_order(encoder: Encoder) -> None:
    many = [
        f"Ship {number} left the port of Riga." + " Snow." * (number % 5) for number in range(40)
    ]
    found = encoder.encode_passages(many)
    for text, one in list(zip(many, found, strict=True))[::13]:
        assert one.vector @ encoder.encode_passages([text])[0].vector > 0.999
        assert "".join(told(one, text)) == text.rstrip(".")


def test_questions_and_passages_are_encoded_with_their_own_prefix(encoder: Encoder) -> None:
    for text, passage in zip(TEXTS[:4], encoder.encode_passages(TEXTS[:4]), strict=True):
        assert float(encoder.encode_question(text).vector @ passage.vector) < 0.995


def test_a_translation_is_nearer_than_another_subject(encoder: Encoder) -> None:
    french, english, ukrainian, museum = without_directions(
        vectors_of(encoder, TEXTS[:4]), packaged_directions()
    )
    assert min(french @ english, french @ ukrainian, english @ ukrainian) > max(
        french @ museum, english @ museum, ukrainian @ museum
    )


# --- Tokens --------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", TEXTS)
def test_tokens_are_the_words_of_the_text_one_after_the_other(
    encode: Callable[[str], Encoded], text: str
) -> None:
    one, spans = encode(text), word_spans(text)
    assert one.tokens.shape == (len(one.words), 384)
    assert one.tokens.dtype == np.float32
    assert one.words.dtype == one.ends.dtype == np.int32
    assert one.ends.tolist() == [end for _, end in spans]
    written = [text[start:end].casefold() for start, end in spans]
    assert len(set(zip(written, one.words.tolist(), strict=True))) == len(set(written))
    assert len({*one.words.tolist()}) == len(set(written))


ODD = st.text(max_size=20) | st.text(alphabet=" a\n\t\u00a0\u200b\u0301´½日é.,'1", max_size=20)


@given(ODD)
@example("")
@example("  two   blanks ")
@example("ﬁn ½ Ⅳ ﷺ")
@example("日本語のテキスト")
@example("?!")
@hypothesis_settings(max_examples=40)
def test_every_word_of_any_text_has_a_place_in_it(encoder: Encoder, text: str) -> None:
    one = encoder.encode_question(text)
    assert len(one.tokens) == len(one.words) == len(one.ends) <= len(word_spans(text))
    assert np.all(np.diff(one.ends) > 0)
    assert len(one.ends) == 0 or 0 < one.ends[0] <= one.ends[-1] <= len(text)
    assert np.all((one.words >= 0) & (one.words < WORDS))


@given(ODD, st.lists(st.booleans(), min_size=20, max_size=20), st.integers(0, 9))
def test_a_word_is_the_mean_of_the_pieces_that_stand_in_it_and_a_mark_stands_in_none(
    text: str, cut: list[bool], seed: int
) -> None:
    at = [0, *(place for place in range(1, len(text)) if cut[place]), len(text)]
    spans = [(a, b) for a, b in pairwise(at) if b > a]
    pieces = np.random.default_rng(seed).normal(size=(len(spans), 5)).astype(np.float32)
    parts: dict[tuple[int, int], list[int]] = {}
    marks: list[int] = []
    for number, (start, end) in enumerate(spans):
        # A piece of several words is taken for one of the last of them.
        over = [word for word in word_spans(text) if word[0] < end and start < word[1]]
        if over:
            parts.setdefault(over[-1], []).append(number)
        elif not text[start:end].isspace():
            marks.append(number)
    found = Encoded.of(text, pieces[0] if spans else np.zeros(5, dtype=np.float32), pieces,
                       np.array(spans, dtype=np.int32).reshape(-1, 2))  # fmt: skip
    assert len(found.tokens) == len(parts)
    for token, members in zip(found.tokens, parts.values(), strict=True):
        assert np.allclose(token, pieces[members].mean(axis=0), atol=1e-5)
    assert found.ends.tolist() == [spans[members[-1]][1] for members in parts.values()]
    assert np.array_equal(found.marks, pieces[marks])


def test_how_a_word_is_written_tells_its_number() -> None:
    text = "Riga, riga! l'Alliance L'OTAN"
    spans = np.array([(0, 2), (2, 4), (5, 10), (12, 13), (14, 22), (23, 24), (25, 29)])
    found = Encoded.of(text, np.ones(2, dtype=np.float32), np.ones((7, 2), dtype=np.float32), spans)
    riga, again, article, alliance, other, otan = found.words.tolist()
    assert riga == again == zlib.crc32(b"riga") % WORDS
    assert article == other
    assert len({riga, article, alliance, otan}) == 4
    assert found.ends.tolist() == [4, 10, 13, 22, 24, 29]


@pytest.mark.parametrize(
    ("text", "marks"), [("What is it?", 1), ("« Où ? », dit-il.", 6), ("no mark", 0), ("  ?! ", 1)]
)
def test_the_signs_of_a_text_are_marks(
    encode: Callable[[str], Encoded], text: str, marks: int
) -> None:
    one = encode(text)
    assert one.marks.shape == (marks, 384)
    assert one.marks.dtype == np.float32


@pytest.mark.parametrize("text", TEXTS)
def test_the_tokens_are_the_models_own_without_those_it_adds(
    encoder: Encoder, library: SentenceTransformerEncoder, tokenizer: Tokenizer, text: str
) -> None:
    (one,) = encoder.encode_passages([text])
    tokens = library.loaded.encode_document(text, output_value="token_embeddings")
    assert isinstance(tokens, torch.Tensor)
    expected = tokens.float().numpy()[BEFORE:-BEHIND]
    assert len(expected) == encoder.count_tokens([text])[0]
    spans = np.array(tokenizer.encode(text, add_special_tokens=False).offsets, dtype=np.int32)
    words = Encoded.of(text, one.vector, expected, spans)
    assert len(one.tokens) == len(words.tokens)
    assert (unit_rows(one.tokens) * unit_rows(words.tokens)).sum(axis=1).min() > 0.99


def test_the_vector_of_a_long_text_is_about_the_mean_of_its_tokens(encoder: Encoder) -> None:
    (one,) = encoder.encode_passages([" ".join(TEXTS[:4])])
    assert unit_rows(one.tokens.mean(axis=0, keepdims=True))[0] @ one.vector > 0.98


def test_a_text_longer_than_the_model_reads_is_cut(encode: Callable[[str], Encoded]) -> None:
    text = "word " * 600
    one = encode(text)
    assert np.linalg.norm(one.vector) == pytest.approx(1, abs=1e-5)
    assert LONGEST - 6 < len(one.tokens) < LONGEST - 2
    assert one.ends[-1] == 5 * len(one.tokens) - 1
    assert told(one, text)[:3] == ["word", " word", " word"]


def test_a_model_that_does_not_take_the_mean_gives_no_tokens(
    tmp_path: Path, model_folder: Path, encoder: Encoder
) -> None:
    for file in model_folder.rglob("*"):
        place = tmp_path / file.relative_to(model_folder)
        if file.is_dir():
            place.mkdir()
        elif file.parent.name != "1_Pooling":
            place.symlink_to(file)
    first_token = {"word_embedding_dimension": 384, "pooling_mode_cls_token": True}
    (tmp_path / "1_Pooling/config.json").write_text(json.dumps(first_token))
    other = open_encoder(Settings.from_environment(model=str(tmp_path)))
    for text, one in zip(TEXTS, other.encode_passages(TEXTS), strict=True):
        assert np.linalg.norm(one.vector) == pytest.approx(1, abs=1e-5)
        assert one.vector @ encoder.encode_passages([text])[0].vector < 0.999
        assert one.tokens.shape == (0, 384)
        assert len(one.words) == len(one.ends) == 0
    assert other.encode_question(TEXTS[0]).tokens.shape == (0, 384)


def test_tokens_are_counted_without_those_the_model_adds(encoder: Encoder) -> None:
    assert encoder.count_tokens([]) == []
    one, many = encoder.count_tokens(["cable", ("cable " * 700).strip()])
    assert one == 1
    assert many == 700


# --- Which model ---------------------------------------------------------------------------------


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
    for text, one in zip(TEXTS, small.encode_passages(TEXTS), strict=True):
        again = small.encode_question(text)
        assert np.linalg.norm(one.vector) == pytest.approx(1)
        assert np.array_equal(one.vector, again.vector)
        assert len(one.tokens) == len(one.words) == len(one.ends) == small.count_tokens([text])[0]
        assert unit_rows(one.tokens.mean(axis=0, keepdims=True))[0] == pytest.approx(one.vector)
        assert "".join(told(one, text)) == text.rstrip()
    assert small.count_tokens(["a b", ""]) == [2, 0]


def test_the_exported_model_is_the_one_that_sentence_transformers_runs(
    encoder: Encoder, library: SentenceTransformerEncoder, sample: dict[str, Document]
) -> None:
    texts = [*TEXTS, "", "word " * 600, *(one.text[:600] for one in sample.values())]
    for one, other in zip(
        encoder.encode_passages(texts), library.encode_passages(texts), strict=True
    ):
        assert one.vector @ other.vector > 0.997
        assert np.array_equal(one.words, other.words)
        assert np.array_equal(one.ends, other.ends)
        assert np.allclose(unit_rows(one.tokens), unit_rows(other.tokens), atol=0.1)
    # Of every length: up to 32 tokens, as most questions have, and longer ones.
    words = " ".join(TEXTS).split()
    for count in (*range(40), 500):
        text = " ".join((words * 40)[:count])
        asked, answered = encoder.encode_question(text), library.encode_question(text)
        assert asked.vector @ answered.vector > 0.997
        assert np.array_equal(asked.ends, answered.ends)
        assert np.allclose(unit_rows(asked.tokens), unit_rows(answered.tokens), atol=0.1)


def test_questions_need_neither_torch_nor_sentence_transformers(
    encoder: Encoder, model_folder: Path
) -> None:
    vector, libraries = alone(encoder, model_folder.parent)
    assert vector.shape == (384,)
    assert not libraries


def test_a_processor_that_cannot_multiply_the_packed_weights_has_the_others(
    encoder: Encoder, model_folder: Path, tmp_path: Path
) -> None:
    for folder in model_folder.parent.iterdir():
        copy = tmp_path / folder.name
        copy.mkdir()
        for file in folder.iterdir():
            if file.name != "compiled":  # for this processor as it is
                (copy / file.name).symlink_to(file)
    vector, _ = alone(encoder, tmp_path, ONEDNN_MAX_CPU_ISA="AVX2")
    assert vector @ encoder.encode_question(ASKED).vector > 0.999


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 4))
@hypothesis_settings(max_examples=20)
def test_weights_of_four_bits_are_kept_exactly_and_others_refused(
    seed: int, rows: int, blocks: int
) -> None:
    random = np.random.default_rng(seed)
    scales = random.normal(size=(rows, blocks, 1)).astype(np.float16).astype(np.float32)
    scales[random.random(scales.shape) < 0.2] = 0
    codes = random.integers(-8, 8, (rows, blocks, 32)).astype(np.float32)
    codes[..., 0] = -8  # the greatest of a block, as the package rounds
    weights = (codes * scales).reshape(rows, -1)
    network = product_with(weights)
    exported_model._pack(network)
    assert [one.get_element_type() for one in network.get_ops()].count(Type.i4) == 1
    asked = random.normal(size=(3, weights.shape[1])).astype(np.float32)
    exact = {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0}
    found = compile_model(network, "CPU", exact)(asked)[0]
    assert np.allclose(found, asked @ weights.T, atol=1e-4 * max(1, np.abs(found).max()))

    weights[0, :32] = 1
    weights[0, 1] = 1 / 3
    with pytest.raises(ValueError, match="more than 4 bits"):
        exported_model._pack(product_with(weights))


def product_with(weights: Vectors) -> Model:
    """A network that multiplies (-1, k) by weights (n, k)."""
    taken = made.parameter([-1, weights.shape[1]], np.float32)
    product = made.matmul(taken, made.constant(weights), False, True)
    return Model([product], [taken])
