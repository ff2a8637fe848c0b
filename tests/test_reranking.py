"""A cross-encoder orders the first passages across languages, and nothing else changes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from fakes import LengthReranker, WordHashEncoder, write_pages
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    BertTokenizer,
    PreTrainedModel,
)

from archive.documents import Question
from archive.errors import RerankerUnavailable
from archive.settings import Settings
from archive.snapshot import open_snapshot
from indexer.pipeline import build_index
from retriever.engine import Engine, open_engine
from retriever.fusion import Fused
from retriever.reranking import (
    RERANKED,
    CrossEncoderReranker,
    Reranker,
    open_reranker,
    rerank,
)

EVERYTHING = 1000

# --- The order -----------------------------------------------------------------------------------

nearnesses = st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=30)
judged = st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), max_size=30)


def ranking(scores: list[float]) -> list[Fused]:
    in_order = enumerate(sorted(scores, reverse=True))
    return [Fused(100 - at, score, at / 100) for at, score in in_order]


@given(nearnesses, judged)
def test_the_judged_come_first_by_their_scores_and_nearnesses_are_handed_out_anew(
    scores: list[float], judged: list[float]
) -> None:
    fused = ranking(scores)
    judged = judged[: len(fused)]
    found = rerank(fused, judged)
    order = sorted(range(len(judged)), key=lambda at: (-judged[at], at))
    assert [one.row for one in found] == [
        *(fused[at].row for at in order),
        *(one.row for one in fused[len(judged) :]),
    ]
    assert [one.score for one in found] == [one.score for one in fused]
    standings = {one.row: one.standing for one in fused}
    assert {one.row: one.standing for one in found} == standings


def test_an_order_by_hand() -> None:
    fused = [Fused(7, 0.9, 1.0), Fused(3, 0.8, 0.4), Fused(5, 0.8, 0.0), Fused(1, 0.2, 0.7)]
    assert rerank(fused, [0.1, 0.6, 0.1]) == [
        Fused(3, 0.9, 0.4), Fused(7, 0.8, 1.0), Fused(5, 0.8, 0.0), Fused(1, 0.2, 0.7),
    ]  # fmt: skip
    assert rerank(fused, [0.5] * 4) == fused
    assert rerank([], []) == []


# --- The engine ----------------------------------------------------------------------------------

TOLD = {
    "en": "Crew {} of the {} ship left the harbour of {} with {} tons of grain{}.",
    "fr": "L’équipage {} du navire {} a quitté le port de {} avec {} tonnes de blé{}.",
    "de": "Die Mannschaft {} des {} Schiffes verließ den Hafen von {} mit {} Tonnen Weizen{}.",
}
PORTS = "Cork Brest Kiel Vigo Bari Riga Oran Acre Hull Nice Ghent Porto Split Varna".split()


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An archive of sixty short articles of different lengths in three languages, indexed."""
    folder = tmp_path_factory.mktemp("reranking")
    write_pages(
        folder / "articles",
        {
            f"{language}/{number}.txt": told.format(
                number, number * 31 % 97, PORTS[number % len(PORTS)], number * number,
                " and" * (number * 7 % 20),
            )
            for language, told in TOLD.items()
            for number in range(20)
        },
    )  # fmt: skip
    encoder = WordHashEncoder()
    chosen = Settings.from_environment(
        articles=folder / "articles", index=folder / "index", model=encoder.model
    )
    build_index(chosen, encoder)
    return chosen


def opened(settings: Settings, reranker: Reranker | None) -> Engine:
    encoder = WordHashEncoder()
    return Engine(open_snapshot(settings.index, encoder.model), encoder, reranker)


@pytest.fixture(scope="module")
def plain(settings: Settings) -> Engine:
    return opened(settings, None)


@pytest.fixture(scope="module")
def judging(settings: Settings) -> Engine:
    return opened(settings, LengthReranker())


ABOUT = sorted({word for told in TOLD.values() for word in told.split()} | set(PORTS))
QUESTIONS = st.lists(st.sampled_from(ABOUT), min_size=1, max_size=8).map(" ".join)


@given(QUESTIONS)
@hypothesis_settings(max_examples=30)
def test_the_first_passages_of_all_languages_stand_in_the_order_of_the_reranker(
    plain: Engine, judging: Engine, asked: str
) -> None:
    before = plain.search(Question(asked), EVERYTHING)
    after = judging.search(Question(asked), EVERYTHING)
    expected = sorted(before[:RERANKED], key=lambda one: -min(len(one.passage.text) // 10, 99))
    assert [one.row for one in after] == [one.row for one in expected + before[RERANKED:]]
    assert [one.score for one in after] == [one.score for one in before]
    why = {one.row: (one.why, one.standing) for one in before}
    assert {one.row: (one.why, one.standing) for one in after} == why
    for count in (1, 5, RERANKED, RERANKED + 1):
        assert judging.search(Question(asked), count) == after[:count]
    assert list(judging.ask(Question(asked)).closest) == after[:5]


def test_a_passage_passes_those_of_another_language(plain: Engine, judging: Engine) -> None:
    question = Question("Crew of the ship left the harbour of Cork")
    before, after = (one.search(question, RERANKED) for one in (plain, judging))
    assert before[0].document.language == "en"
    assert after[0].document.language != "en"
    assert len({one.document.language for one in before}) > 1


# --- The model -----------------------------------------------------------------------------------

WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] cable ferry cut the was crew left harbour ##s".split()


def written(folder: Path, make: Callable[[BertConfig], PreTrainedModel], labels: int = 1) -> str:
    """A random model of one layer that reads 64 tokens, as transformers writes it."""
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    tokenizer = BertTokenizer(vocab_file=str(folder / "vocab.txt"), model_max_length=64)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=64, initializer_range=0.3,
    )  # fmt: skip
    config.num_labels = labels
    make(config).save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("model") / "tiny", BertForSequenceClassification)


QUESTION = "the cable was cut"
PASSAGES = ["the ferry left", "cables", "", "the crew cut the cable", "the ferry " * 200]


def test_scores_are_the_sigmoid_of_what_the_model_gives_a_pair(model: str) -> None:
    tokenizer = AutoTokenizer.from_pretrained(model)
    judge = AutoModelForSequenceClassification.from_pretrained(model).eval()
    expected = []
    for passage in PASSAGES:
        pair = tokenizer([QUESTION], [passage], truncation=True, return_tensors="pt")
        with torch.inference_mode():
            expected.append(1 / (1 + np.exp(-judge(**pair).logits.item())))
    scores = CrossEncoderReranker(model).scores(QUESTION, PASSAGES)
    assert scores.dtype == np.float32
    assert scores.shape == (len(PASSAGES),)
    assert scores == pytest.approx(expected, abs=1e-5)
    assert np.ptp(scores) > 0.01


@given(st.lists(st.sampled_from(WORDS[5:]).map(lambda word: f"the {word} left"), max_size=25))
@hypothesis_settings(max_examples=15)
def test_a_score_is_between_0_and_1_and_depends_on_no_other_passage(
    model: str, passages: list[str]
) -> None:
    reranker = CrossEncoderReranker(model)
    together = reranker.scores(QUESTION, passages)
    assert together.shape == (len(passages),)
    assert ((together >= 0) & (together <= 1)).all()
    for passage, score in zip(passages, together, strict=True):
        assert reranker.scores(QUESTION, [passage]) == pytest.approx([score], abs=1e-5)


def test_threads_get_the_scores_that_one_gets(model: str) -> None:
    reranker = CrossEncoderReranker(model)
    expected = reranker.scores(QUESTION, PASSAGES)
    with ThreadPoolExecutor(8) as pool:
        for scores in pool.map(lambda _: reranker.scores(QUESTION, PASSAGES), range(32)):
            assert np.array_equal(scores, expected)


def broken(folder: Path) -> str:
    written(folder, BertForSequenceClassification)
    (folder / "model.safetensors").write_bytes(b"these are no weights")
    return str(folder)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda folder: "nowhere/at-all", "cached files"),
        (lambda folder: str(folder), "not found"),
        (lambda folder: str(folder.parent), "model_type"),
        (lambda folder: written(folder, BertForSequenceClassification, 3), "3 scores"),
        (lambda folder: written(folder, BertModel), "never taught to score"),
        (broken, "header"),
    ],
    ids=["hub", "no folder", "empty folder", "three labels", "encoder", "broken"],
)
def test_what_is_no_cross_encoder_on_this_machine_is_an_error_with_a_cure(
    tmp_path: Path, make: Callable[[Path], str], problem: str
) -> None:
    name = make(tmp_path / "made")
    with pytest.raises(RerankerUnavailable, match=problem) as raised:
        CrossEncoderReranker(name).scores(QUESTION, PASSAGES)
    assert name in str(raised.value)
    assert "Unset COMMUNIQUE_RERANKER" in str(raised.value)


# --- The setting ---------------------------------------------------------------------------------


def test_without_the_setting_there_is_none() -> None:
    assert open_reranker(Settings.from_environment()) is None


def test_the_setting_names_it_and_it_is_loaded_at_the_first_question(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, plain: Engine, model: str
) -> None:
    monkeypatch.setenv("COMMUNIQUE_RERANKER", model)
    chosen = Settings.from_environment(
        articles=settings.articles, index=settings.index, model=settings.model
    )
    question = Question("crew of the ship left the harbour")
    before = plain.search(question, RERANKED)
    after = open_engine(chosen, WordHashEncoder()).search(question, RERANKED)
    scores = CrossEncoderReranker(model).scores(question.text, [one.passage.text for one in before])
    order = sorted(range(len(before)), key=lambda at: (-scores[at], at))
    assert [one.row for one in after] == [before[at].row for at in order]
    assert order != sorted(order)

    missing = chosen.model_copy(update={"reranker": "/no/such/folder"})
    engine = open_engine(missing, WordHashEncoder())
    assert engine.similar(after[0].document.path)
    with pytest.raises(RerankerUnavailable):
        engine.search(question)


def test_the_setting_does_not_change_the_fingerprint(settings: Settings) -> None:
    other = Settings.from_environment(reranker="some/other")
    assert other.fingerprint == Settings.from_environment().fingerprint
