"""A second look at the first passages: a cross-encoder, where the settings name one."""

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol

import numpy as np

from archive.encoder import refuse_pickled_weights
from archive.errors import RerankerUnavailable
from archive.languages import Vectors
from archive.settings import Settings
from retriever.fusion import Fused

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

RERANKED = 20  # passages
BATCH = 10

_TURN = Lock()  # one question at a time: it takes all processors


class Reranker(Protocol):
    """How well passages answer a question, each read together with it."""

    def scores(self, question: str, passages: Sequence[str]) -> Vectors:
        """(n,) float32 in 0..1, one for each passage, in order; the better, the higher."""


class CrossEncoderReranker:
    """A sentence-transformers cross-encoder on the processor, loaded at first use and never
    downloaded.

    model: a folder, or the hub name of a model that is on the machine.
    """

    def __init__(self, model: str) -> None:
        self._model = model

    def scores(self, question: str, passages: Sequence[str]) -> Vectors:
        """As promised; raises RerankerUnavailable."""
        import torch

        with _TURN:
            torch.set_num_threads(os.cpu_count() or 1)
            found = _loaded(self._model).predict(
                [(question, passage) for passage in passages],
                batch_size=BATCH,
                activation_fn=torch.nn.Sigmoid(),
                show_progress_bar=False,
            )
        return np.asarray(found, dtype=np.float32).reshape(len(passages))


@lru_cache(maxsize=1)
def _loaded(name: str) -> "CrossEncoder":
    """The library's own model, once for all engines. Raises RerankerUnavailable."""
    from safetensors import SafetensorError
    from sentence_transformers import CrossEncoder
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        refuse_pickled_weights(Path(name))
        model: CrossEncoder = CrossEncoder(
            name,
            device="cpu",
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"use_safetensors": True},
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise RerankerUnavailable(name, str(error).splitlines()[0].rstrip(".")) from None
    if model.num_labels != 1:
        raise RerankerUnavailable(name, f"it gives {model.num_labels} scores a passage, not one")
    if not _was_trained_to_score(model):
        raise RerankerUnavailable(name, "it encodes texts one by one and was never taught to score")
    return model


def _was_trained_to_score(model: "CrossEncoder") -> bool:
    """Whether what gives the score is in the model's files; the library makes up what is not."""
    if len(model) > 1:
        return True  # it comes with modules of its own for that
    named = getattr(model.config, "architectures", None) or [""]
    return str(named[0]).endswith("ForSequenceClassification")


def open_reranker(settings: Settings) -> Reranker | None:
    """The cross-encoder that the settings name, None where they name none."""
    return CrossEncoderReranker(settings.reranker) if settings.reranker else None


def rerank(fused: Sequence[Fused], scores: Sequence[float] | Vectors) -> list[Fused]:
    """The first len(scores) passages in the order of their scores, the others as they were.

    fused: best first. Equal scores keep the order. A cross-encoder reads the question and the
    passage together, whatever their languages, so that its order holds across them. The
    nearnesses are handed out anew in that order: they keep the scale that confidence is worked
    out on.
    """
    first = fused[: len(scores)]
    order = sorted(range(len(first)), key=lambda at: -scores[at])
    reordered = [
        replace(first[at], score=place.score) for at, place in zip(order, first, strict=True)
    ]
    return [*reordered, *fused[len(first) :]]
