"""Texts to vectors: the one place that loads a sentence-transformers model."""

import contextlib
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from archive.errors import ModelUnavailable
from archive.languages import Vectors, packaged_directions, unit_rows, without_directions
from archive.packaged_model import PACKAGED_MODEL, prepare_packaged_model
from archive.settings import Settings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH = 16


class Encoder(Protocol):
    """Texts to unit vectors. Passages and questions may be encoded differently."""

    @property
    def model(self) -> str:
        """The name of the model; vectors of different models do not compare."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """(n, d) float32, a row of unit length for each text, in order."""

    def encode_question(self, text: str) -> Vectors:
        """(d,) float32 of unit length."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many of the model's tokens each text has, without those the model adds."""


class SentenceTransformerEncoder:
    """A sentence-transformers model on the processor, loaded at first use and never downloaded.

    directions: (k, d), taken out of every vector so that it does not tell its language; None
    leaves the vectors as the model gives them.
    """

    def __init__(self, model: str, source: str, directions: Vectors | None = None) -> None:
        self._model = model
        self._source = source
        self._directions = directions

    @property
    def model(self) -> str:
        return self._model

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        with self._arithmetic(threads=os.cpu_count() or 1):
            return self._finished(self.loaded.encode_document(list(texts), batch_size=BATCH))

    def encode_question(self, text: str) -> Vectors:
        with self._arithmetic(threads=1):
            vector: Vectors = self._finished(self.loaded.encode_query([text]))[0]
        return vector

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        if not texts:
            return []
        found = self.loaded.tokenizer(
            list(texts), add_special_tokens=False, truncation=False, verbose=False
        )
        return [len(tokens) for tokens in found["input_ids"]]

    def _finished(self, vectors: Vectors) -> Vectors:
        vectors = vectors.reshape(-1, vectors.shape[-1]).astype(np.float32)
        if self._directions is None:
            return unit_rows(vectors)
        return without_directions(vectors, self._directions)

    @cached_property
    def loaded(self) -> "SentenceTransformer":
        """The library's own model. Raises ModelUnavailable."""
        os.environ["HF_HUB_OFFLINE"] = "1"  # before the libraries read it: nothing is fetched
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            return SentenceTransformer(self._source, device="cpu", trust_remote_code=False)
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


def open_encoder(settings: Settings) -> SentenceTransformerEncoder:
    """The encoder that the settings name; the packaged model is prepared if it is not yet."""
    if settings.model == PACKAGED_MODEL:
        folder = prepare_packaged_model(settings.models)
        return SentenceTransformerEncoder(PACKAGED_MODEL, str(folder), packaged_directions())
    return SentenceTransformerEncoder(settings.model, settings.model)
