"""How often the encoder finds a sentence's translation, before language directions are out.

    python -m evaluation.bitext FOLDER [LANGUAGE ...]

FOLDER is in BEIR layout; a corpus row names its `pair`, which is the language of its questions.
The accuracy is that of the nearest sentence within the pair (Artetxe and Schwenk, 2019, Tatoeba);
both sides are encoded as questions, as the model's authors do for such pairs.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from archive.encoder import BATCH, SentenceTransformerEncoder
from archive.languages import Vectors, unit_rows
from archive.packaged_model import PACKAGED_MODEL, prepare_packaged_model
from archive.settings import Settings


def accuracy(sources: Vectors, targets: Vectors, right: list[int]) -> float:
    """The share of source rows (n, d) whose nearest target row (m, d) is the right one."""
    nearest = (sources @ targets.T).argmax(axis=1)
    return float(np.mean(nearest == np.array(right)))


def _lines(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    folder, wanted = Path(sys.argv[1]), sys.argv[2:]
    model = prepare_packaged_model(Settings.from_environment().models)
    encoder = SentenceTransformerEncoder(PACKAGED_MODEL, str(model))
    relevant = dict(
        line.split("\t")[:2]
        for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]
    )
    corpus, queries = defaultdict(list), defaultdict(list)
    for row in _lines(folder / "corpus.jsonl"):
        corpus[row["pair"]].append(row)
    for row in _lines(folder / "queries.jsonl"):
        queries[row["lang"]].append(row)

    def encode(rows: list[dict[str, str]]) -> Vectors:
        texts = [row["text"] for row in rows]
        return unit_rows(encoder.loaded.encode_query(texts, batch_size=BATCH))

    for language in wanted or sorted(queries):
        places = {row["_id"]: number for number, row in enumerate(corpus[language])}
        right = [places[relevant[row["_id"]]] for row in queries[language]]
        found = accuracy(encode(queries[language]), encode(corpus[language]), right)
        print(f"{language} {found:.1%} of {len(right)}", flush=True)


if __name__ == "__main__":
    main()
