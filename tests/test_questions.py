"""The gate: what the sample archive's own questions must reach with the real model."""

import json
from pathlib import Path

import pytest
from app_support import indexed_archive

from archive.documents import Question
from archive.encoder import Encoder
from archive.text import normalised
from evaluation.metrics import ranking_figures
from evaluation.questions import AskedQuestion, Tally, ask_all, tally
from indexer.reading import SourceFile, read_files
from retriever.engine import Engine, open_engine

# At least so many of so many, by kind of question: one fewer than now, since another processor's
# rounding may turn one.
FLOORS = {
    "answered": Tally(60, 45),
    "answered across languages": Tally(27, 19),
    "refused": Tally(20, 12),
}

# Where the right articles rank, and how much lower they may.
NDCG, DROP = 0.939, 0.01


@pytest.fixture(scope="module")
def engine(encoder: Encoder) -> Engine:
    return open_engine(indexed_archive().settings(), encoder)


@pytest.fixture(scope="module")
def asked(engine: Engine, repository: Path) -> list[AskedQuestion]:
    return ask_all(engine, repository / "data" / "questions.jsonl")


def test_the_questions_reach_their_floors(engine: Engine, asked: list[AskedQuestion]) -> None:
    found = tally(engine, asked)
    assert {kind: count.questions for kind, count in found.items()} == {
        kind: floor.questions for kind, floor in FLOORS.items()
    }
    short = {kind: count for kind, count in found.items() if count.right < FLOORS[kind].right}
    assert short == {}


def test_the_right_articles_rank_no_lower(engine: Engine, asked: list[AskedQuestion]) -> None:
    answerable = [one for one in asked if one.right]
    rankings = {one.text: engine.rank_articles(Question(one.text)) for one in answerable}
    right = {one.text: {path: 1 for path, _ in one.right} for one in answerable}
    assert ranking_figures(rankings, right)["ndcg@10"] >= NDCG - DROP


def test_every_question_of_the_file_is_asked_in_order(
    asked: list[AskedQuestion], repository: Path
) -> None:
    lines = (repository / "data" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    told = [json.loads(line) for line in lines]
    assert [one.text for one in asked] == [one["question"] for one in told]
    assert [one.answer.question for one in asked] == [one.text for one in asked]
    assert [bool(one.right) for one in asked] == [one["path"] is not None for one in told]


def test_every_citation_is_verbatim_in_its_article_and_in_its_file(
    engine: Engine, asked: list[AskedQuestion]
) -> None:
    read = read_files(indexed_archive().articles)
    files = {file.path: file.text for file in read if isinstance(file, SourceFile)}
    citations = [citation for one in asked for citation in one.answer.citations]
    assert len(citations) >= FLOORS["answered"].right
    for citation in citations:
        article = engine.document(citation.path)
        assert article.text[citation.start : citation.end] == citation.quote
        words = files[citation.path][citation.file_start : citation.file_end]
        assert normalised(words, [(0, len(words))])[0] == citation.quote


def test_the_tally_counts_what_the_answers_say(engine: Engine, asked: list[AskedQuestion]) -> None:
    found = tally(engine, asked)
    answered = 0
    for one in asked:
        quoted = {(citation.path, citation.quote) for citation in one.answer.citations}
        answered += any(
            words in quote and path == at for at, quote in quoted for path, words in one.right
        )
    assert found["answered"].right == answered
    silent = [one for one in asked if not one.right and not one.answer.sentences]
    assert found["refused"].right == len(silent)
    here = {path: engine.document(path).language for one in asked for path, _ in one.right}
    across = [
        one
        for one in asked
        if one.right and one.language not in {here[path] for path, _ in one.right}
    ]
    assert found["answered across languages"].questions == len(across)
