"""The packaged model for OpenVINO: exported once, then run without sentence-transformers or torch.

OpenVINO (Intel, Apache-2.0) computes in bfloat16 where the processor can, in float32 elsewhere. A
test holds its vectors to those of sentence-transformers.

The sentences of a text are not encoded by themselves. The lower layers read the whole text once;
the last ANEW of them run twice over what these give: for the text, and for each of its sentences
alone, with the tokens that the model and the prompt add. The mean of the sentence's own tokens is
its vector. That costs 18 layers a token instead of
some 26, and keeps what sentences are good for, which the means of the text's own tokens do not
("late chunking": Günther et al., 2024; docs/evaluation.md).
"""

import json
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from archive.encoder import Encoded, Numbers
from archive.languages import Vectors, unit_rows
from archive.storage import new_folder
from archive.text import Span

if TYPE_CHECKING:
    from openvino import CompiledModel, Core, InferRequest, Model
    from tokenizers import Encoding

# Its package would report every import to its makers; without it OpenVINO runs the same.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]

_NETWORK = "openvino.xml"
# A batch of so few tokens stays in a core's cache, and is through sooner (docs/performance.md).
_TOKENS_AT_ONCE = 512
# Lengths are multiples of so many tokens, as many as one product of tiles takes: for every new
# shape OpenVINO makes code of its own.
_TILE = 16
# A question of no more tokens goes through a network of this one length, for which nothing is left
# to be worked out while it runs.
_SHORT = 32
# So many of the last layers see each sentence by itself.
ANEW = 6
_OF_TEXTS, _OF_SENTENCES = ("input_ids", "attention_mask"), ("places", "sentences")
_UNSEEN = -1e4  # of what is not seen this is added to how much it is heeded
_CORES = os.cpu_count() or 1
_OPENING = threading.Lock()


def export_model(folder: Path) -> Path:
    """Export the model of a sentence-transformers folder beside it, unless that is done.

    Returns the new folder: the network, its weights with 16 bits, which halves what a process has
    to load; the tokenizer, and what is put before each kind of text.
    """
    from openvino import __version__ as version

    name = f"{folder.name}-openvino-{version.partition('-')[0]}-fp16-{ANEW}"
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

    class Layers(torch.nn.Module):
        """Of texts their last layer, and that of their sentences, each by itself.

        places: the tokens of the sentences, numbered through the texts as they are padded.
        sentences: the number of each one's sentence in its row, 0 for none.
        """

        def __init__(self) -> None:
            super().__init__()
            self.embeddings = model.embeddings
            self.lower = model.encoder.layer[:-ANEW]
            self.upper = model.encoder.layer[-ANEW:]

        def forward(
            self,
            input_ids: torch.Tensor,
            attention_mask: torch.Tensor,
            places: torch.Tensor,
            sentences: torch.Tensor,
        ) -> tuple[torch.Tensor, torch.Tensor]:
            there = _seen(attention_mask.ne(0)[:, None, None])
            same = _seen(sentences[:, None, :, None].eq(sentences[:, None, None]))
            hidden = _through(self.lower, self.embeddings(input_ids=input_ids), there)
            apart = hidden.reshape(-1, hidden.shape[-1])[places]
            return _through(self.upper, hidden, there), _through(self.upper, apart, same)

    def _seen(those: torch.Tensor) -> torch.Tensor:
        return torch.where(those, 0.0, _UNSEEN)

    def _through(layers: Any, hidden: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        for layer in layers:
            hidden = layer(hidden, seen)
        return hidden

    example = torch.ones((2, 8), dtype=torch.long)
    network = openvino.convert_model(
        Layers(),
        example_input=dict.fromkeys((*_OF_TEXTS, *_OF_SENTENCES), example),
        input=[(name, [-1, -1], openvino.Type.i64) for name in (*_OF_TEXTS, *_OF_SENTENCES)],
    )
    openvino.save_model(network, building / _NETWORK, compress_to_fp16=True)
    for name in (
        "tokenizer.json",
        "config_sentence_transformers.json",
        "sentence_bert_config.json",
    ):
        (building / name).write_bytes((folder / name).read_bytes())


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

    def encode_passages(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]] = ()
    ) -> list[Encoded]:
        """Each text encoded, in order: on every core a batch, of texts about as long."""
        prompt = len(self._prompts["document"])
        read = self._read([self._prompts["document"] + text for text in texts])
        parts = [
            _parts(one, spans, prompt)
            for one, spans in zip(read, sentences or [()] * len(read), strict=True)
        ]
        batches = list(_batches([len(one) for one in read]))
        encoded = self._cores.map(
            lambda batch: self._of_many([read[at] for at in batch], [parts[at] for at in batch]),
            batches,
        )
        found = {
            at: _one(tokens, read[at], prompt, own)
            for batch, every in zip(batches, encoded, strict=True)
            for at, (tokens, own) in zip(batch, every, strict=True)
        }
        return [found[at] for at in range(len(read))]

    def encode_question(self, text: str) -> Encoded:
        prompt = self._prompts["query"]
        if "_for_one" not in self.__dict__:
            self._load()
        (read,) = self._read([prompt + text])
        if len(read) <= _SHORT:
            told = [_padded(rows, _SHORT) for rows in ([read.ids], [read.attention_mask])]
            (tokens,) = self._request(self._for_one).infer(told)[0]
        else:
            ((tokens, _),) = self._of_many([read], [[]])
        return _one(tokens, read, len(prompt), np.empty((0, tokens.shape[1]), tokens.dtype))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        found = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(one) for one in found]

    def _load(self) -> None:
        """Load the network beside the tokenizer, which takes longer."""
        with ThreadPoolExecutor(1) as beside:
            network = beside.submit(lambda: self._for_one)
            _ = self._tokenizer
            network.result()

    def _read(self, texts: Sequence[str]) -> "list[Encoding]":
        """The texts as the model reads them: as much as it reads at once, between its marks."""
        marks = self._tokenizer.num_special_tokens_to_add(is_pair=False)
        found = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        for one in found:
            one.truncate(self._longest - marks)
        return [self._tokenizer.post_process(one) for one in found]

    def _of_many(
        self, batch: "Sequence[Encoding]", parts: "Sequence[Sequence[_Part]]"
    ) -> list[tuple[Vectors, Vectors]]:
        """Of each text of a batch its last layer, (at least its length, d), and the vectors of its
        sentences, (s, d). parts: of each text, those of its sentences."""
        length = _tiled(max(map(len, batch)))
        joined = [[place for part in own for place in part.places] for own in parts]
        numbers = [[n for n, part in enumerate(own, start=1) for _ in part.places] for own in parts]
        width = _tiled(max(map(len, joined)))
        places = _padded(joined, width) + length * np.arange(len(batch))[:, np.newaxis]
        told = [
            _padded([one.ids for one in batch], length),
            _padded([one.attention_mask for one in batch], length),
            places,
            _padded(numbers, width),
        ]
        found = self._request(self._for_many).infer(told)
        return [
            (tokens, _means(apart, own))
            for tokens, apart, own in zip(found[0], found[1], parts, strict=True)
        ]

    def _request(self, network: "CompiledModel") -> "InferRequest":
        """One a thread and a network: a request holds its results."""
        requests: dict[int, InferRequest] = getattr(self._local, "requests", {})
        if id(network) not in requests:
            requests[id(network)] = network.create_infer_request()
            self._local.requests = requests
        return requests[id(network)]

    @cached_property
    def _for_one(self) -> "CompiledModel":
        """The network for one text of at most _SHORT tokens at a time, on all cores."""
        from openvino import Model

        whole = _core().read_model(self._folder / _NETWORK)
        network = Model([whole.output(0)], [whole.input(name).node for name in _OF_TEXTS])
        network.reshape({name: [1, _SHORT] for name in _OF_TEXTS})
        return self._compiled(network, PERFORMANCE_HINT="LATENCY")

    @cached_property
    def _for_many(self) -> "CompiledModel":
        """The network for as many batches at once as there are cores, each on one."""
        return self._compiled(
            self._folder / _NETWORK,
            PERFORMANCE_HINT="THROUGHPUT", NUM_STREAMS=_CORES, INFERENCE_NUM_THREADS=_CORES,
        )  # fmt: skip

    def _compiled(self, network: "Model | Path", **how: str | int) -> "CompiledModel":
        precision = "bf16" if "BF16" in capabilities() else "f32"
        cache = str(self._folder / "compiled")
        told = {"INFERENCE_PRECISION_HINT": precision, "CACHE_DIR": cache, **how}
        return _core().compile_model(network, "CPU", told)

    @cached_property
    def _cores(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_CORES)

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


def _tiled(length: int) -> int:
    """The length that so many tokens are padded to."""
    return -(-length // _TILE) * _TILE


def _padded(rows: Sequence[Sequence[int]], length: int) -> npt.NDArray[np.int64]:
    """The rows one below the other, (len(rows), length), filled up with zeros."""
    padded = np.zeros((len(rows), length), dtype=np.int64)
    for row, told in zip(padded, rows, strict=True):
        row[: len(told)] = told
    return padded


class _Part(NamedTuple):
    """The tokens that a sentence is read by: its own, between those that the model and the prompt
    add. places: (t,), where they stand in its text. counted: (t,), which of them its vector is the
    mean of: its own, or all where it has none, as what the model does not read any more."""

    places: list[int]
    counted: list[bool]


def _parts(read: "Encoding", sentences: Sequence[Span], prompt: int) -> list[_Part]:
    """Those of a text's sentences."""
    if not sentences:
        return []
    ends, in_text = _ends(read, prompt)
    own = np.flatnonzero(in_text)
    first, last = (int(own[0]), int(own[-1]) + 1) if len(own) else (len(ends) - 1, len(ends) - 1)
    before, behind = range(first), range(last, len(ends))
    told = np.searchsorted(ends[first:last], [end for _, end in sentences], side="right")
    return [
        _Part(places, [begin <= place < end or begin == end for place in places])
        for begin, end in pairwise([first, *(first + told).tolist()])
        for places in [[*before, *range(begin, end), *behind]]
    ]


def _means(tokens: Vectors, parts: Sequence[_Part]) -> Vectors:
    """The vectors of sentences, (s, d). tokens: those of one part after the other, padded."""
    if not parts:
        return np.empty((0, tokens.shape[1]), dtype=tokens.dtype)
    counted = np.concatenate([part.counted for part in parts])
    starts = np.cumsum([0, *(len(part.places) for part in parts[:-1])])
    told = tokens[: len(counted)] * counted[:, np.newaxis]
    return unit_rows(np.add.reduceat(told, starts, axis=0))


def _ends(read: "Encoding", prompt: int) -> tuple[Numbers, npt.NDArray[np.bool_]]:
    """Where each token ends in the text, (t,), and whether it is one of the text's own."""
    spans = np.array(read.offsets, dtype=np.int32) - prompt
    return spans[:, 1], (spans[:, 1] > spans[:, 0]) & (spans[:, 1] > 0)


def _one(tokens: Vectors, read: "Encoding", prompt: int, sentences: Vectors) -> Encoded:
    """tokens: the last layer, padded or not."""
    ends, in_text = _ends(read, prompt)
    hidden = tokens[: len(read)]
    return Encoded(
        unit_rows(hidden.mean(axis=0, keepdims=True))[0],
        hidden[in_text],
        np.array(read.ids, dtype=np.int32)[in_text],
        ends[in_text],
        sentences,
    )
