"""How many tokens a second the packaged model does, in float32 and as it runs.

    python -m benchmarks.encoder

Encodes the sample archive's paragraphs, several times in turn, and prints medians and the least
cosine between the two ways.
"""

import statistics
import time
from pathlib import Path

import numpy as np
import torch

from archive.encoder import BATCH, SentenceTransformerEncoder, open_encoder
from archive.packaged_model import PACKAGED_MODEL, prepare_packaged_model
from archive.settings import Settings

ROUNDS = 5


def main() -> None:
    settings = Settings.from_environment(model=PACKAGED_MODEL)
    encoder = open_encoder(settings)
    folder = prepare_packaged_model(settings.models)
    library = SentenceTransformerEncoder(PACKAGED_MODEL, str(folder)).loaded
    files = sorted(Path(settings.articles).rglob("*.txt"))
    texts = [" ".join(file.read_text(encoding="utf-8").splitlines()[8:]) for file in files]
    tokens = sum(encoder.count_tokens(texts))
    plain: list[float] = []
    used: list[float] = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        with torch.autocast("cpu", enabled=False):
            exact = library.encode_document(texts, batch_size=BATCH)
        plain.append(tokens / (time.perf_counter() - begun))
        begun = time.perf_counter()
        encoded = encoder.encode_passages(texts)
        used.append(tokens / (time.perf_counter() - begun))
    cosines = np.sum(exact * np.stack([one.vector for one in encoded]), axis=1)
    print(f"{len(texts)} texts, {tokens} tokens, medians of {ROUNDS} rounds")
    print(f"float32 {statistics.median(plain):.0f} tokens a second")
    print(f"as it runs {statistics.median(used):.0f} tokens a second")
    print(f"least cosine between the two {cosines.min():.5f}")


if __name__ == "__main__":
    main()
