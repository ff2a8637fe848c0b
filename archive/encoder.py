"""Texts to vectors: the one place that loads a sentence-transformers model."""

import contextlib
import os
import zlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from archive.errors import ModelUnavailable
from archive.languages import Vectors, unit_rows, unpack_detection
from archive.packaged_model import PACKAGED_MODEL, prepare_packaged_model
from archive.settings import Settings
from archive.text import word_spans

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH = 16
WORDS = 1 << 18

Numbers = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text as the model reads it, whole and word by word.

    vector: (d,) of unit length. tokens: (t, d), the vector of each word where it stands. words:
    (t,), a number below WORDS for how each is written. ends: (t,), where each ends in the text.
    marks: (m, d), the vectors of the signs that stand in no word, in order. A model whose vectors
    are not means of its tokens' gives neither: t and m are 0.
    """

    vector: Vectors
    tokens: Vectors
    words: Numbers
    ends: Numbers
    marks: Vectors

    @classmethod
    def of(cls, text: str, vector: Vectors, pieces: Vectors, spans: Numbers) -> "Encoded":
        """A text of which the model read pieces of words: their vectors (p, d), and where each
        stands in the text, (p, 2), in order.

        A word's vector is the mean of its pieces'. After Clavié, Chaffin and Adams (2024),
        "Reducing the Footprint of Multi-Vector Retrieval with Minimal Performance Impact via Token
        Pooling", who join tokens that lie near instead. Of scripts without blanks each piece is a
        word.
        """
        starts, stops = np.array(word_spans(text), dtype=np.int32).reshape(-1, 2).T
        # The last word that begins before the piece ends.
        word = np.searchsorted(starts, spans[:, 1]) - 1
        within = (word >= 0) & (spans[:, 0] < np.append(stops, 0)[word])
        inside, outside = np.flatnonzero(within), np.flatnonzero(~within).tolist()
        marks = pieces[[at for at in outside if text[slice(*spans[at])].strip()]]
        firsts = np.flatnonzero(np.diff(word[inside], prepend=-1))
        if not len(firsts):
            none = np.empty(0, dtype=np.int32)
            return cls(vector, pieces[:0], none, none, marks)
        counts = np.diff(firsts, append=len(inside))
        tokens = pieces[inside[firsts]]
        for more in range(1, counts.max()):
            longer = np.flatnonzero(counts > more)
            tokens[longer] += pieces[inside[firsts[longer] + more]]
        tokens /= counts[:, np.newaxis]
        begins, ends = spans[inside[firsts], 0], spans[inside[firsts + counts - 1], 1]
        written = [text[a:b].strip() for a, b in zip(begins.tolist(), ends.tolist(), strict=True)]
        numbers = [zlib.crc32(one.casefold().encode()) % WORDS for one in written]
        return cls(vector, tokens, np.array(numbers, dtype=np.int32), ends, marks)


class Encoder(Protocol):
    """Texts to vectors. Passages and questions may be encoded differently."""

    @property
    def model(self) -> str:
        """The name of the model; vectors of different models do not compare."""

    def encode_passages(self, texts: Sequence[str]) -> list[Encoded]:
        """Each text encoded, in order."""

    def encode_question(self, text: str) -> Encoded:
        """The question encoded."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many of the model's tokens each text has, without those the model adds."""


class SentenceTransformerEncoder:
    """A sentence-transformers model on the processor, loaded at first use and never downloaded."""

    def __init__(self, model: str, source: str) -> None:
        self._model = model
        self._source = source

    @property
    def model(self) -> str:
        return self._model

    def encode_passages(self, texts: Sequence[str]) -> list[Encoded]:
        with self._arithmetic(threads=os.cpu_count() or 1):
            return self._encoded(texts, "document")

    def encode_question(self, text: str) -> Encoded:
        with self._arithmetic(threads=1):
            return self._encoded([text], "query")[0]

    def _encoded(self, texts: Sequence[str], kind: str) -> list[Encoded]:
        model = self.loaded
        prompt = model.prompts.get(kind) or ""
        encode = model.encode_document if kind == "document" else model.encode_query
        found = encode(list(texts), batch_size=BATCH, output_value=None)
        told = model.tokenizer(
            [prompt + text for text in texts],
            truncation=True, max_length=model.max_seq_length, return_offsets_mapping=True,
        )  # fmt: skip
        encoded = []
        for text, one, offsets in zip(texts, found, told["offset_mapping"], strict=True):
            spans = np.maximum(np.array(offsets, dtype=np.int32).reshape(-1, 2) - len(prompt), 0)
            in_text = (spans[:, 1] > spans[:, 0]) & self._takes_the_mean
            tokens = one["token_embeddings"].float().numpy()[: len(spans)][in_text]
            vector = one["sentence_embedding"].float().numpy()[np.newaxis]
            encoded.append(Encoded.of(text, unit_rows(vector)[0], tokens, spans[in_text]))
        return encoded

    @cached_property
    def _takes_the_mean(self) -> bool:
        """Whether the vector of a text is the mean of its tokens', up to its length."""
        from sentence_transformers.sentence_transformer.modules import (
            Normalize,
            Pooling,
            Transformer,
        )

        first, *others = self.loaded
        return isinstance(first, Transformer) and all(
            isinstance(one, Normalize) or (isinstance(one, Pooling) and one.pooling_mode == "mean")
            for one in others
        )

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        if not texts:
            return []
        found = self.loaded.tokenizer(
            list(texts), add_special_tokens=False, truncation=False, verbose=False
        )
        return [len(tokens) for tokens in found["input_ids"]]

    @cached_property
    def loaded(self) -> "SentenceTransformer":
        """The library's own model. Raises ModelUnavailable."""
        os.environ["HF_HUB_OFFLINE"] = "1"  # before the libraries read it: nothing is fetched
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            refuse_pickled_weights(Path(self._source))
            return SentenceTransformer(
                self._source,
                device="cpu",
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except (OSError, ValueError, KeyError) as error:
            problem = str(error).splitlines()[0].rstrip(".")
            raise ModelUnavailable(self._model, problem) from None

    @staticmethod
    def _arithmetic(*, threads: int) -> AbstractContextManager[object]:
        """bfloat16 products where the processor has them (half the time, cosine .9999 apart).

        One thread is as fast for a question, and goes on being so while the machine is busy: two
        that wait for one another on taken processors need seconds.
        """
        import torch

        torch.set_num_threads(threads)
        if torch.cpu._is_avx512_bf16_supported():
            return torch.autocast("cpu", dtype=torch.bfloat16)
        return contextlib.nullcontext()


def refuse_pickled_weights(folder: Path) -> None:
    """Raise ValueError where a model's folder has weights that only unpickling reads.

    The libraries take safetensors where both are there, and pickled weights of some of a model's
    parts where they are not; unpickling runs what a file says.
    """
    for pickled in folder.rglob("pytorch_model*.bin"):
        if not any(pickled.parent.glob("*.safetensors")):
            raise ValueError(f"{pickled.relative_to(folder)} is not in the form of safetensors")


def open_encoder(settings: Settings) -> Encoder:
    """The encoder that the settings name; the packaged model is prepared if it is not yet, and so
    is what tells languages apart."""
    unpack_detection(settings.models)
    if settings.model == PACKAGED_MODEL:
        from archive.exported_model import ExportedEncoder, export_model

        folder = prepare_packaged_model(settings.models)
        return ExportedEncoder(PACKAGED_MODEL, export_model(folder))
    return SentenceTransformerEncoder(settings.model, settings.model)
