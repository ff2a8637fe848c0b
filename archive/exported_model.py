"""The packaged model for OpenVINO: exported once, then run without sentence-transformers or torch.

OpenVINO (Intel, Apache-2.0) computes in bfloat16 where the processor can, in float32 elsewhere. A
test holds its vectors to those of sentence-transformers.
"""

import json
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from archive.encoder import Encoded
from archive.languages import Vectors, unit_rows
from archive.storage import new_folder

if TYPE_CHECKING:
    from openvino import CompiledModel, Core, InferRequest, Model
    from tokenizers import Encoding

# Its package would report every import to its makers; without it OpenVINO runs the same.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]

_NETWORK, _OF_QUESTIONS, _PIECES = "openvino.xml", "questions.xml", "pieces.npy"
# Weights that share a scale in the packaged file (archive/packaged_model.py).
_BLOCK = 32
# A batch of so few tokens stays in a core's cache, and is through sooner (docs/performance.md).
_TOKENS_AT_ONCE = 512
# Lengths are multiples of so many tokens, as many as one product of tiles takes: for every new
# shape OpenVINO makes code of its own.
_TILE = 16
# A question of no more tokens goes through a network of one of these lengths, for which nothing is
# left to be worked out while it runs.
_SHORT = (24, 32)
_CORES = os.cpu_count() or 1
_OPENING = threading.Lock()


def export_model(folder: Path) -> Path:
    """Export the model of a sentence-transformers folder beside it, unless that is done.

    Returns the new folder: the network for many texts, its weights with 16 bits, and that for a
    question, with the 4 bits of the package; the vectors of the pieces of words, of which only
    those are read that a text has; the tokenizer, and what is put before each kind of text.
    """
    from openvino import __version__ as version

    name = f"{folder.name}-openvino-{version.partition('-')[0]}-4bits"
    exported = folder.with_name(name)
    if not exported.exists():
        with new_folder(exported) as building:
            _export(folder, building)
    return exported


def _export(folder: Path, building: Path) -> None:
    os.environ["HF_HUB_OFFLINE"] = "1"
    import openvino
    import torch
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()

    class Tokens(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, pieces: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            told = self.model(inputs_embeds=pieces, attention_mask=mask)
            last: torch.Tensor = told.last_hidden_state
            return last

    vectors = model.get_input_embeddings().weight.detach().numpy()
    width = vectors.shape[1]
    network = openvino.convert_model(
        Tokens(),
        example_input=(torch.zeros((2, 8, width)), torch.ones((2, 8), dtype=torch.long)),
        input=[([-1, -1, width], openvino.Type.f32), ([-1, -1], openvino.Type.i64)],
    )
    np.save(building / _PIECES, vectors.astype(np.float16))
    openvino.save_model(network, building / _NETWORK, compress_to_fp16=True)
    _pack(network)
    openvino.save_model(network, building / _OF_QUESTIONS, compress_to_fp16=False)
    for name in (
        "tokenizer.json",
        "config_sentence_transformers.json",
        "sentence_bert_config.json",
    ):
        (building / name).write_bytes((folder / name).read_bytes())


def _pack(network: "Model") -> None:
    """Store the matrices of a network with 4 bits a weight and a scale for each block of them.

    That is how the package has them, so nothing is lost. The greatest of a block is -8 times its
    scale.
    """
    from openvino import Type
    from openvino import opset13 as made

    for product in network.get_ordered_ops():
        if product.get_type_name() != "MatMul":
            continue
        held = product.input_value(1).get_node()
        if held.get_type_name() != "Constant":
            continue
        blocks = held.data.reshape(len(held.data), -1, _BLOCK)
        at = np.abs(blocks).argmax(axis=2, keepdims=True)
        scales = np.take_along_axis(blocks, at, axis=2) / -8
        codes = np.rint(np.divide(blocks, scales, out=np.zeros_like(blocks), where=scales != 0))
        kept = scales.astype(np.float16)
        if not np.array_equal(codes * kept.astype(np.float32), blocks):
            raise ValueError(f"{product.get_friendly_name()} has weights of more than 4 bits")
        packed = made.convert(made.constant(codes.astype(np.int8), dtype=Type.i4), "f32")
        scaled = made.multiply(packed, made.convert(made.constant(kept), "f32"))
        shape = made.constant(np.array(held.data.shape))
        product.input(1).replace_source_output(made.reshape(scaled, shape, False).output(0))
    network.validate_nodes_and_infer_types()


def capabilities() -> list[str]:
    """The kinds of numbers that OpenVINO multiplies fast on this processor: "FP32", "BF16", ..."""
    return list(_core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"))


def _core() -> "Core":
    with _OPENING:
        return _opened()


@cache
def _opened() -> "Core":
    import openvino

    # The first array that OpenVINO is given makes it look for numpy; two threads that both give it
    # their first would wait for one another for ever.
    _ = openvino.Tensor(np.zeros(1)).data
    return openvino.Core()


class ExportedEncoder:
    """An exported model whose vectors are the means of their tokens', loaded at first use.

    It gives what sentence-transformers gives for the same model, several times faster.
    """

    def __init__(self, model: str, folder: Path) -> None:
        self.model = model
        self._folder = folder
        self._local = threading.local()
        self._for_one: dict[int, CompiledModel] = {}  # by the number of tokens it takes
        self._loading = threading.Lock()

    def encode_passages(self, texts: Sequence[str]) -> list[Encoded]:
        """Each text encoded, in order: on every core a batch, of texts about as long."""
        prompt = self._prompts["document"]
        read = self._read([prompt + text for text in texts])
        batches = list(_batches([len(one) for one in read]))
        hidden = self._cores.map(lambda batch: self._of_many([read[at] for at in batch]), batches)
        found = {
            at: _one(texts[at], tokens[: len(read[at])], read[at], len(prompt))
            for batch, every in zip(batches, hidden, strict=True)
            for at, tokens in zip(batch, every, strict=True)
        }
        return [found[at] for at in range(len(read))]

    def encode_question(self, text: str) -> Encoded:
        prompt = self._prompts["query"]
        if not self._for_one:
            self._load()
        (read,) = self._read([prompt + text])
        length = next((length for length in _SHORT if len(read) <= length), None)
        if length:
            (hidden,) = self._hidden(self._of_length(length), [read], length)
        else:
            (hidden,) = self._of_many([read])
        return _one(text, hidden[: len(read)], read, len(prompt))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        found = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(one) for one in found]

    def _load(self) -> None:
        """Load the network of most questions beside the tokenizer, which takes longer.

        While that loads no other thread of Python runs: what the network takes of it comes first.
        """
        length = _SHORT[0]
        network = self._read_network(_OF_QUESTIONS, length)
        with ThreadPoolExecutor(1) as beside:
            compiled = beside.submit(self._for_questions, network, length)
            _ = self._tokenizer
            self._for_one[length] = compiled.result()

    def _read(self, texts: Sequence[str]) -> "list[Encoding]":
        """The texts as the model reads them: as much as it reads at once, between its marks."""
        marks = self._tokenizer.num_special_tokens_to_add(is_pair=False)
        found = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        for one in found:
            one.truncate(self._longest - marks)
        return [self._tokenizer.post_process(one) for one in found]

    def _of_many(self, batch: "Sequence[Encoding]") -> Vectors:
        """The last layer of a batch, (len(batch), at least the length of the longest, d)."""
        tiles = -(-max(map(len, batch)) // _TILE)
        return self._hidden(self._for_many, batch, _TILE * tiles)

    def _hidden(
        self, network: "CompiledModel", batch: "Sequence[Encoding]", length: int
    ) -> Vectors:
        """The last layer of a batch of texts of at most so many tokens, (len(batch), length, d)."""
        pieces = np.zeros((len(batch), length), dtype=np.int64)
        mask = np.zeros_like(pieces)
        for row, one in enumerate(batch):
            pieces[row, : len(one)] = one.ids
            mask[row, : len(one)] = 1
        vectors = self._pieces[pieces].astype(np.float32)
        hidden: Vectors = self._request(network).infer([vectors, mask])[0]
        return hidden

    def _request(self, network: "CompiledModel") -> "InferRequest":
        """One a thread and a network: a request holds its results."""
        requests: dict[int, InferRequest] = getattr(self._local, "requests", {})
        if id(network) not in requests:
            requests[id(network)] = network.create_infer_request()
            self._local.requests = requests
        return requests[id(network)]

    def _of_length(self, length: int) -> "CompiledModel":
        """The network for one question at a time, of at most so many tokens."""
        with self._loading:
            if length not in self._for_one:
                network = self._read_network(_OF_QUESTIONS, length)
                self._for_one[length] = self._for_questions(network, length)
            return self._for_one[length]

    def _read_network(self, name: str, length: int) -> "Model":
        network = _core().read_model(self._folder / name)
        network.reshape({0: [1, length, self._pieces.shape[1]], 1: [1, length]})
        return network

    def _for_questions(self, packed: "Model", length: int) -> "CompiledModel":
        """The network of 4 bits a weight on all cores.

        Where the processor multiplies bytes it does: each block of a token's numbers is rounded to
        256 steps as it is met, which leaves a cosine of .9999. One for which OpenVINO cannot
        multiply such weights has those of 16 bits.
        """
        how: dict[str, str | int] = {"PERFORMANCE_HINT": "LATENCY"}
        try:
            return self._compiled(packed, "f32", DYNAMIC_QUANTIZATION_GROUP_SIZE=_BLOCK, **how)
        except RuntimeError:
            return self._compiled(self._read_network(_NETWORK, length), "f32", **how)

    @cached_property
    def _for_many(self) -> "CompiledModel":
        """The network for as many batches at once as there are cores, each on one."""
        return self._compiled(
            self._folder / _NETWORK, "bf16" if "BF16" in capabilities() else "f32",
            PERFORMANCE_HINT="THROUGHPUT", NUM_STREAMS=_CORES, INFERENCE_NUM_THREADS=_CORES,
        )  # fmt: skip

    def _compiled(
        self, network: "Model | Path", precision: str, **how: str | int
    ) -> "CompiledModel":
        cache = str(self._folder / "compiled")
        told = {"INFERENCE_PRECISION_HINT": precision, "CACHE_DIR": cache, **how}
        return _core().compile_model(network, "CPU", told)

    @cached_property
    def _cores(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_CORES)

    @cached_property
    def _pieces(self) -> npt.NDArray[np.float16]:
        """The vectors of all pieces of words, read where they lie."""
        return np.asarray(np.load(self._folder / _PIECES, mmap_mode="r"))

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return Tokenizer.from_file(str(self._folder / "tokenizer.json"))

    @cached_property
    def _longest(self) -> int:
        told = json.loads((self._folder / "sentence_bert_config.json").read_text())
        longest: int = told["max_seq_length"]
        return longest

    @cached_property
    def _prompts(self) -> dict[str, str]:
        told = json.loads((self._folder / "config_sentence_transformers.json").read_text())
        prompts: dict[str, str] = told["prompts"]
        return prompts


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """The texts in batches, the longest first: of so many that _TOKENS_AT_ONCE are not exceeded
    unless one text alone does."""
    order = sorted(range(len(lengths)), key=lambda at: (-lengths[at], at))
    while order:
        count = max(1, _TOKENS_AT_ONCE // lengths[order[0]])
        yield order[:count]
        order = order[count:]


def _one(text: str, hidden: Vectors, read: "Encoding", prompt: int) -> Encoded:
    spans = np.maximum(np.array(read.offsets, dtype=np.int32) - prompt, 0)
    in_text = spans[:, 1] > spans[:, 0]
    vector = unit_rows(hidden.mean(axis=0, keepdims=True))[0]
    return Encoded.of(text, vector, hidden[in_text], spans[in_text])
