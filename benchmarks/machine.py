"""What the machine can at best, and so what an encoder and a search can at best on it."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from archive.exported_model import capabilities

THREADS = 2
_ROUNDS = 20
_SIDE = 2048
_COPIED = 10**9  # bytes


def operations_a_token(layers: int, width: int, inner: int, length: float) -> float:
    """The floating-point operations that a transformer spends on a token of a text.

    width: of a token's vector, inner: of the layer between, length: of the text in tokens. Each of
    a layer's weights, 4 width² of attention and 2 width inner after it, is multiplied and added
    once a token; and so is each component with each other token's, for the scores and again for
    the sum by them. What is not a product of matrices is not counted.
    """
    weights = 4 * width**2 + 2 * width * inner
    return layers * (2 * weights + 4 * width * length)


def shape_of(model: Path) -> tuple[int, int, int]:
    """Layers, width and inner width of the model in a folder."""
    told = json.loads((model / "config.json").read_text(encoding="utf-8"))
    return told["num_hidden_layers"], told["hidden_size"], told["intermediate_size"]


def limits() -> dict[str, Any]:
    """What is measured: products of matrices by their precision, operations a second; copying,
    bytes a second, each counted as read and as written; and what OpenVINO says the processor can.

    bfloat16 is measured where OpenVINO reports it. The best of several rounds, THREADS threads.
    """
    able = capabilities()
    one = np.random.default_rng(1).random((_SIDE, _SIDE), dtype=np.float32)
    out, copied = np.empty_like(one), np.ones(_COPIED // 8)
    into = np.ones_like(copied)
    with threadpool_limits(THREADS, user_api="blas"):
        found: dict[str, Any] = {
            "capabilities": able,
            "float32": 2 * _SIDE**3 / best(lambda: np.matmul(one, one, out=out)),
            "memory": 2 * _COPIED / best(lambda: np.copyto(into, copied)),
        }
    if "BF16" in able:
        torch.set_num_threads(THREADS)
        half = torch.from_numpy(one).bfloat16()
        found["bfloat16"] = 2 * _SIDE**3 / best(lambda: half @ half)
    return found


def best(work: Callable[[], object], rounds: int = _ROUNDS) -> float:
    """The least seconds that the work took in so many rounds."""
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return min(taken)
