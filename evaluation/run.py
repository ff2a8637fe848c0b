"""Put an evaluation set to our own indexer and retriever, and count.

A set is a folder in BEIR layout (Thakur et al., 2021): corpus.jsonl, queries.jsonl, qrels.tsv, and
answers.jsonl where there are gold answers. `docs/evaluation.md` defines every figure.
"""

import json
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from archive.documents import Document, Question
from archive.encoder import Encoder
from archive.errors import EvaluationSetInvalid
from archive.languages import detect_language
from archive.settings import Settings
from archive.text import normalised
from evaluation.metrics import auroc, calibration_error, ranking_figures, refused_at, share
from indexer.articles import Articles
from indexer.gathering import Gathered
from indexer.metadata import published_on, title_of
from indexer.pipeline import Progress, silent, write_snapshot
from indexer.reuse import Earlier
from retriever.confidence import THRESHOLD
from retriever.engine import Engine, open_engine

# Figures name the share of answerable questions refused at which refusals are compared.
AT_REFUSED = 0.1

EXPECTED = Path(__file__).with_name("expected.json")


@dataclass(frozen=True, slots=True)
class Query:
    """A question of a set. answers: gold answers, any of which is right; none where not known."""

    id: str
    text: str
    language: str
    answerable: bool
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """A set, read. languages: the language of each document. qrels: the relevant documents."""

    name: str
    rows: list[dict[str, str]]
    queries: list[Query]
    qrels: dict[str, dict[str, int]]

    @property
    def has_answers(self) -> bool:
        return any(query.answers or not query.answerable for query in self.queries)

    @property
    def languages(self) -> dict[str, str]:
        return {row["_id"]: row["lang"] for row in self.rows}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one question gave: the ranking, how sure the answer was, and what it quoted.

    quotes: the chosen sentences, best first, whether or not they were sure enough to be shown.
    """

    query: Query
    ranking: list[str]
    confidence: float
    quotes: list[str]
    seconds: float

    def hit(self, first: int) -> bool:
        """Whether one of the `first` best sentences holds a gold answer."""
        return any(
            answer in quote for quote in self.quotes[:first] for answer in self.query.answers
        )


def read_set(folder: Path) -> EvaluationSet:
    """Read a set from a folder in BEIR layout. Raises EvaluationSetInvalid."""
    try:
        rows = [
            {name: _string(row.get(name) or "") for name in ("_id", "title", "text", "lang")}
            for row in _lines(folder / "corpus.jsonl")
        ]
        rows = [row for row in rows if row["text"].strip()]
        answers: dict[str, list[str]] = defaultdict(list)
        if (folder / "answers.jsonl").exists():
            for row in _lines(folder / "answers.jsonl"):
                answers[_string(row["query_id"])].append(_normal(_string(row["answer"])))
        queries = [
            Query(
                _string(row["_id"]), _string(row["text"]), _string(row["lang"]),
                bool(row.get("answerable", True)), tuple(answers[_string(row["_id"])]),
            )
            for row in _lines(folder / "queries.jsonl")
        ]  # fmt: skip
        qrels: dict[str, dict[str, int]] = defaultdict(dict)
        for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
            query, document, score = line.split("\t")
            if int(score) > 0:
                qrels[query][document] = int(score)
    except OSError as error:
        problem = f"{Path(error.filename or folder).name}: {error.strerror}"
        raise EvaluationSetInvalid(folder, problem) from None
    except (ValueError, KeyError) as error:
        raise EvaluationSetInvalid(folder, str(error)) from None
    if not rows or not queries:
        raise EvaluationSetInvalid(folder, "it has no documents or no questions")
    if not all(row["_id"] and row["lang"] for row in rows):
        raise EvaluationSetInvalid(folder, "a document has no _id or no lang")
    return EvaluationSet(folder.name, rows, queries, dict(qrels))


def _lines(file: Path) -> Iterator[dict[str, object]]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError(f"a line of {file.name} is not an object")
            yield row


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not text")
    return value


def _normal(text: str) -> str:
    return normalised(text, [(0, len(text))])[0]


def expected_figures() -> dict[str, dict[str, float]]:
    """The figures kept from an earlier run, by set and name, to hold new ones against."""
    told: dict[str, dict[str, float]] = json.loads(EXPECTED.read_text(encoding="utf-8"))
    return told


def evaluate(
    folder: Path, settings: Settings, encoder: Encoder, progress: Progress = silent
) -> dict[str, object]:
    """The figures of one set, by the names of the contract; None where the set gives no such one.

    Each row of the corpus is one document of our own indexer, in a temporary place, with furniture
    and duplicate removal off so that nothing judged is dropped.
    """
    chosen = read_set(folder)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        there = settings.model_copy(update={"index": Path(temporary)})
        write_snapshot(gathered(chosen), there, encoder, Earlier(there), progress)
        engine = open_engine(there, encoder)
        index_seconds = time.perf_counter() - started
        outcomes = []
        for number, query in enumerate(chosen.queries, start=1):
            outcomes.append(_outcome(engine, query, answering=chosen.has_answers))
            progress("asking", number, len(chosen.queries))
        passages = engine.snapshot.facts.passages
    return {
        "set": chosen.name,
        "documents": len(chosen.rows),
        "passages": passages,
        "questions": len(chosen.queries),
        **_ranking(chosen, outcomes),
        "by_language": {
            language: _ranking(chosen, [one for one in outcomes if one.query.language == language])
            for language in sorted({query.language for query in chosen.queries})
        },
        **_answering(chosen, outcomes),
        "seconds": {
            "index": index_seconds,
            "question_p50": float(np.quantile([one.seconds for one in outcomes], 0.5)),
            "question_p95": float(np.quantile([one.seconds for one in outcomes], 0.95)),
        },
    }


def gathered(chosen: EvaluationSet) -> Gathered:
    """The documents of a set as the indexer gathers them, none of them left out."""
    documents = [_document(row) for row in chosen.rows]
    in_order = sorted(documents, key=lambda document: document.path)
    return Gathered(Articles(in_order), [], [], [], found=len(documents))


def _document(row: dict[str, str]) -> Document:
    text, pieces = normalised(row["text"], [(0, len(row["text"]))])
    language = detect_language(text)
    published, basis = published_on(text, language)
    title = row.get("title") or title_of(text, language)
    return Document(row["_id"], title, language, published, basis, text, pieces, "utf-8", "")


def _outcome(engine: Engine, query: Query, *, answering: bool) -> Outcome:
    question = Question(query.text)
    started = time.perf_counter()
    if answering:
        draft = engine.draft(question)
        quotes, confidence = [one.text for one in draft.chosen], draft.confidence
    else:
        engine.search(question)
        quotes, confidence = [], 0.0
    seconds = time.perf_counter() - started
    return Outcome(query, engine.rank_articles(question), confidence, quotes, seconds)


def _ranking(chosen: EvaluationSet, outcomes: list[Outcome]) -> dict[str, float | None]:
    judged = [one for one in outcomes if one.query.id in chosen.qrels]
    if not judged:
        return dict.fromkeys(("ndcg@10", "map", "recall@10", "hit@1", "same_language@10"))
    of = chosen.languages
    same = [
        share(of[document] == one.query.language for document in one.ranking[:10]) for one in judged
    ]
    return {
        **ranking_figures(
            {one.query.id: one.ranking for one in judged},
            {one.query.id: chosen.qrels[one.query.id] for one in judged},
        ),
        "same_language@10": statistics.mean(value or 0.0 for value in same),
    }


def _answering(chosen: EvaluationSet, outcomes: list[Outcome]) -> dict[str, float | None]:
    with_answer = [one for one in outcomes if one.query.answers]
    answerable = [one.confidence for one in outcomes if one.query.answerable]
    unanswerable = [one.confidence for one in outcomes if not one.query.answerable]
    asked = chosen.has_answers
    told = [one for one in outcomes if one.query.answers or not one.query.answerable]
    return {
        "answer_hit@1": share(one.hit(1) for one in with_answer),
        "answer_hit@3": share(one.hit(3) for one in with_answer),
        "shown_hit@3": share(one.hit(3) and one.confidence >= THRESHOLD for one in with_answer),
        "refused_unanswerable": share(one < THRESHOLD for one in unanswerable),
        "refused_answerable": share(one < THRESHOLD for one in answerable) if asked else None,
        "answerability_auroc": auroc(answerable, unanswerable),
        "refused_unanswerable_at_10": refused_at(answerable, unanswerable, AT_REFUSED),
        "calibration_error": calibration_error(
            [one.confidence for one in told], [one.hit(3) for one in told]
        ),
    }
