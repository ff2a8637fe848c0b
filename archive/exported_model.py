"""The packaged model for OpenVINO: exported once, then run without sentence-transformers or torch.

OpenVINO (Intel, Apache-2.0) computes in bfloat16 where the processor can, in float32 elsewhere. A
test holds its vectors to those of sentence-transformers.
"""

import json
import os
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer

from archive.encoder import Encoded
from archive.languages import Vectors, unit_rows
from archive.storage import new_folder

if TYPE_CHECKING:
    from openvino import CompiledModel, Core, InferRequest
    from tokenizers import Encoding

# Its package would report every import to its makers; without it OpenVINO runs the same.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]

_NETWORK = "openvino.xml"
_TOKENS_AT_ONCE = 4096


def export_model(folder: Path) -> Path:
    """Export the model of a sentence-transformers folder beside it, unless that is done.

    Returns the new folder: the network, its weights with 16 bits, which halves what a process has
    to load; the tokenizer, and what is put before each kind of text.
    """
    from openvino import __version__ as version

    name = f"{folder.name}-openvino-{version.partition('-')[0]}-fp16"
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

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            told = self.model(input_ids=input_ids, attention_mask=attention_mask)
            last: torch.Tensor = told.last_hidden_state
            return last

    example = torch.ones((2, 8), dtype=torch.long)
    network = openvino.convert_model(
        Tokens(),
        example_input={"input_ids": example, "attention_mask": example},
        input=[(name, [-1, -1], openvino.Type.i64) for name in ("input_ids", "attention_mask")],
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


@cache
def _core() -> "Core":
    import openvino

    return openvino.Core()


class ExportedEncoder:
    """An exported model whose vectors are the means of their tokens', loaded at first use.

    It gives what sentence-transformers gives for the same model, several times faster.
    """

    def __init__(self, model: str, folder: Path) -> None:
        self.model = model
        self._folder = folder
        self._local = threading.local()

    def encode_passages(self, texts: Sequence[str]) -> list[Encoded]:
        return self._encoded(texts, self._prompts["document"])

    def encode_question(self, text: str) -> Encoded:
        return self._encoded([text], self._prompts["query"])[0]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        found = self._counter.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(one) for one in found]

    def _encoded(self, texts: Sequence[str], prompt: str) -> list[Encoded]:
        if "_compiled" not in self.__dict__:
            self._load()
        read = self._tokenizer.encode_batch([prompt + text for text in texts])
        longest_first = sorted(range(len(read)), key=lambda at: (-len(read[at]), at))
        found: dict[int, Encoded] = {}
        while longest_first:
            length = len(read[longest_first[0]])
            count = max(1, _TOKENS_AT_ONCE // length)
            batch, longest_first = longest_first[:count], longest_first[count:]
            hidden = self._hidden([read[at] for at in batch], length)
            for row, at in enumerate(batch):
                found[at] = _one(hidden[row, : len(read[at])], read[at], len(prompt))
        return [found[at] for at in range(len(read))]

    def _load(self) -> None:
        """Load the network beside the tokenizer, which takes longer."""
        with ThreadPoolExecutor(1) as beside:
            network = beside.submit(lambda: self._compiled)
            _ = self._tokenizer
            network.result()

    def _hidden(self, batch: Sequence["Encoding"], length: int) -> Vectors:
        """The last layer of a batch, (len(batch), length, d)."""
        pieces = np.zeros((len(batch), length), dtype=np.int64)
        mask = np.zeros_like(pieces)
        for row, one in enumerate(batch):
            pieces[row, : len(one)] = one.ids
            mask[row, : len(one)] = 1
        hidden: Vectors = self._request.infer([pieces, mask])[0]
        return hidden

    @property
    def _request(self) -> "InferRequest":
        """One a thread: a request holds its results."""
        if not hasattr(self._local, "request"):
            self._local.request = self._compiled.create_infer_request()
        request: InferRequest = self._local.request
        return request

    @cached_property
    def _compiled(self) -> "CompiledModel":

        return _core().compile_model(
            self._folder / _NETWORK,
            "CPU",
            {
                "PERFORMANCE_HINT": "LATENCY",
                "INFERENCE_PRECISION_HINT": "bf16" if "BF16" in capabilities() else "f32",
                "CACHE_DIR": str(self._folder / "compiled"),
            },
        )

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        told = json.loads((self._folder / "sentence_bert_config.json").read_text())
        tokenizer.enable_truncation(told["max_seq_length"])
        return tokenizer

    @cached_property
    def _counter(self) -> Tokenizer:
        return Tokenizer.from_file(str(self._folder / "tokenizer.json"))

    @cached_property
    def _prompts(self) -> dict[str, str]:
        told = json.loads((self._folder / "config_sentence_transformers.json").read_text())
        prompts: dict[str, str] = told["prompts"]
        return prompts


def _one(hidden: Vectors, read: "Encoding", prompt: int) -> Encoded:
    spans = np.array(read.offsets, dtype=np.int32) - prompt
    in_text = (spans[:, 1] > spans[:, 0]) & (spans[:, 1] > 0)
    return Encoded(
        unit_rows(hidden.mean(axis=0, keepdims=True))[0],
        hidden[in_text],
        np.array(read.ids, dtype=np.int32)[in_text],
        spans[in_text, 1],
    )
