"""How many tokens a second the packaged model does, by sentence-transformers and as it runs.

    python -m benchmarks.encoder

Encodes the passages of the index (`make index`), several times in turn, and prints medians, how
near the vectors of the two are, and how much of the machine's fastest products of matrices it is.
"""

import statistics
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch

from archive.encoder import BATCH, SentenceTransformerEncoder, open_encoder
from archive.packaged_model import PACKAGED_MODEL, prepare_packaged_model
from archive.settings import Settings
from benchmarks.bench import passages_of
from benchmarks.machine import limits, operations_a_token, shape_of

ROUNDS = 7

T = TypeVar("T")


def main() -> None:
    settings = Settings.from_environment(model=PACKAGED_MODEL)
    encoder = open_encoder(settings)
    folder = prepare_packaged_model(settings.models)
    library = SentenceTransformerEncoder(PACKAGED_MODEL, str(folder)).loaded
    texts = passages_of(settings)
    tokens = sum(encoder.count_tokens(texts))
    plain: list[float] = []
    used: list[float] = []
    for _ in range(ROUNDS):
        with torch.autocast("cpu", enabled=False):
            taken, exact = timed(lambda: library.encode_document(texts, batch_size=BATCH))
        plain.append(tokens / taken)
        taken, encoded = timed(lambda: encoder.encode_passages(texts))
        used.append(tokens / taken)
    cosines = np.sum(exact * np.stack([one.vector for one in encoded]), axis=1)
    told = limits()
    layers, width, inner = shape_of(folder)
    operations = operations_a_token(layers, width, inner, tokens / len(texts))
    peak = max(told["float32"], told.get("bfloat16", 0.0))
    faster = statistics.median(a / b for a, b in zip(used, plain, strict=True))
    print(f"{len(texts)} passages, {tokens} tokens, {ROUNDS} rounds in turn")
    for name, rates in (("sentence-transformers", plain), ("as it runs", used)):
        print(f"{name}: {statistics.median(rates):,.0f} tokens a second, at best {max(rates):,.0f}")
    print(f"as it runs / sentence-transformers, median of the rounds: {faster:.2f}")
    print(f"cosine between the two: mean {cosines.mean():.5f}, least {cosines.min():.5f}")
    print(f"products of matrices at best: {peak / 1e9:,.0f} GFLOP/s, {told['capabilities']}")
    print(f"of which as it runs, at best: {max(used) * operations / peak:.0%}")


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """The seconds that a piece of work took, and what it gave."""
    begun = time.perf_counter()
    found = work()
    return time.perf_counter() - begun, found


if __name__ == "__main__":
    main()
