"""Late interaction against signs compared one by one, and models that have no tokens."""

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from fakes import WordHashEncoder, stored_tokens, write_pages
from hypothesis import example, given
from hypothesis import strategies as st

from archive.answers import AnswerKind
from archive.calibration import Calibration
from archive.documents import Question
from archive.encoder import Encoded, Numbers
from archive.languages import Vectors, learn_directions, unit_rows
from archive.settings import Settings
from archive.snapshot import TOKENS
from archive.text import Span
from indexer.late_interaction import PassageTokens, write_tokens
from indexer.pipeline import build_index
from retriever.engine import Engine, open_engine
from retriever.late_interaction import TokenIndex

VOCABULARY = 12
COUNTS = st.lists(st.integers(0, 6), min_size=1, max_size=8)
SEEDS, WIDTHS = st.integers(0, 10**6), st.sampled_from([2, 3, 8, 13, 64])


class Tokens:
    """Passages of so many tokens each, at random, written and opened."""

    def __init__(self, folder: Path, seed: int, counts: Sequence[int], width: int) -> None:
        self.random = np.random.default_rng(seed)
        self.width = width
        self.calibration = Calibration(
            learn_directions(self.vectors(3), 1), self.vectors(1)[0] / 4, len(counts)
        )
        self.encoded = [
            Encoded(
                self.vectors(1)[0],
                self.vectors(count),
                self.words(count),
                np.cumsum(self.random.integers(1, 5, count), dtype=np.int32),
                self.vectors(0),
            )
            for count in counts
        ]
        self.passages = [PassageTokens.of(one, self.calibration) for one in self.encoded]
        write_tokens(folder / "tokens", self.passages)
        self.index = TokenIndex(folder / "tokens")
        self.rows = list(range(len(counts)))

    def vectors(self, count: int) -> Vectors:
        return unit_rows(self.random.normal(size=(count, self.width)))

    def words(self, count: int) -> Numbers:
        return self.random.integers(0, VOCABULARY, count, dtype=np.int32)

    def question(self, count: int) -> tuple[Vectors, Vectors]:
        """Tokens of a question, and how much each counts."""
        weights = self.random.random(count) + 0.01
        return self.vectors(count), (weights / weights.sum()).astype(np.float32)

    def met(self, question: Vectors, weights: Vectors, row: int, span: Span | None = None) -> float:
        """What is expected: each token of the question beside each one of the passage, or of a
        span of it."""
        vectors, ends = self.calibration.tokens(self.encoded[row].tokens), self.encoded[row].ends
        total = 0.0
        for token, weight in zip(question.tolist(), weights.tolist(), strict=True):
            cosines = [
                sum(a if b > 0 else -a for a, b in zip(token, vector, strict=True))
                / math.sqrt(self.width)
                for vector, end in zip(vectors.tolist(), ends.tolist(), strict=True)
                if span is None or span[0] < end <= span[1]
            ]
            total += weight * max(cosines, default=0.0)
        return total

    def whole(self, row: int) -> Span:
        """The span of a passage, which ends with a blank after its last token."""
        return 0, 1 + int(self.encoded[row].ends.max(initial=0))


# --- Passages ------------------------------------------------------------------------------------


@given(SEEDS, COUNTS, WIDTHS, st.integers(0, 5))
def test_passages_score_what_comparing_every_pair_of_tokens_gives(
    tmp_path_factory: pytest.TempPathFactory, seed: int, counts: list[int], width: int, asked: int
) -> None:
    tokens = Tokens(tmp_path_factory.mktemp("t"), seed, counts, width)
    question, weights = tokens.question(asked)
    rows = tokens.random.permutation(tokens.rows)[: max(1, len(counts) - 1)].tolist()
    found = tokens.index.passages(question, weights, rows)
    assert found.tolist() == pytest.approx(
        [tokens.met(question, weights, row) for row in rows], abs=1e-5
    )
    assert np.all(np.abs(found) <= 1 + 1e-5)
    assert tokens.index.passages(question, weights, []).shape == (0,)


def test_many_passages_score_what_each_does_alone_whoever_asks_besides(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path, 1, [40] * 120, 64)
    question, weights = tokens.question(5)
    alone = [tokens.index.passages(question, weights, [row])[0] for row in tokens.rows]
    with ThreadPoolExecutor(4) as readers:
        for found in readers.map(
            lambda _: tokens.index.passages(question, weights, tokens.rows), range(20)
        ):
            assert found == pytest.approx(alone, abs=1e-6)


def test_a_passage_by_hand(tmp_path: Path) -> None:
    # Two components: the signs are (+, +), (-, +) and, of zeros, (-, -), each by 1 / sqrt(2).
    vectors = np.array([[0.8, 0.6], [-0.8, 0.6], [0, 0]], dtype=np.float32)
    encoded = Encoded(
        vectors[0], vectors, np.array([7, 8, 7], np.int32), np.array([3, 6, 9], np.int32),
        vectors[:0],
    )  # fmt: skip
    plain = Calibration(np.empty((0, 2), np.float32), np.zeros(2, np.float32), 1)
    passage = PassageTokens.of(encoded, plain)
    assert passage.codes.tolist() == [[0b11000000], [0b01000000], [0]]
    write_tokens(tmp_path / "tokens", [passage])
    index = TokenIndex(tmp_path / "tokens")
    question = np.array([[1, 0], [-0.6, -0.8]], dtype=np.float32)
    weights = np.array([0.75, 0.25], dtype=np.float32)
    best = [1 / math.sqrt(2), 1.4 / math.sqrt(2)]  # by the first, by the third
    assert index.passages(question, weights, [0]).tolist() == [
        pytest.approx(0.75 * best[0] + 0.25 * best[1])
    ]
    first, second, third, none = index.sentences(
        question, weights, 0, [(0, 3), (3, 6), (6, 12), (9, 12)]
    )
    assert first == pytest.approx(0.75 * best[0] - 0.25 * best[1])
    assert second == pytest.approx(-0.75 * best[0] - 0.25 * 0.2 / math.sqrt(2))
    assert third == pytest.approx(-0.75 * best[0] + 0.25 * best[1])
    assert none == 0


# --- Sentences -----------------------------------------------------------------------------------


@given(SEEDS, COUNTS, WIDTHS, st.integers(0, 5), st.lists(st.integers(0, 30), max_size=4))
def test_sentences_score_by_their_own_tokens_and_never_more_than_their_passage(
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    counts: list[int],
    width: int,
    asked: int,
    cuts: list[int],
) -> None:
    tokens = Tokens(tmp_path_factory.mktemp("t"), seed, counts, width)
    question, weights = tokens.question(asked)
    passages = tokens.index.passages(question, weights, tokens.rows)
    for row, passage in zip(tokens.rows, passages.tolist(), strict=True):
        whole = tokens.whole(row)
        at = sorted({0, whole[1], *(cut for cut in cuts if cut < whole[1])})
        spans = list(pairwise(at))
        found = tokens.index.sentences(question, weights, row, [whole, *spans])
        assert found[0] == pytest.approx(passage, abs=1e-5)
        assert found[1:] == pytest.approx(
            [tokens.met(question, weights, row, span) for span in spans], abs=1e-5
        )
        ends = tokens.encoded[row].ends
        for (start, end), one in zip(spans, found[1:], strict=True):
            if np.any((ends > start) & (ends <= end)):
                assert one <= passage + 1e-5
            else:
                assert one == 0  # nothing stands there
        if asked == 1 and len(ends):
            held = [
                one
                for (start, end), one in zip(spans, found[1:], strict=True)
                if np.any((ends > start) & (ends <= end))
            ]
            assert max(held) == pytest.approx(passage, abs=1e-5)


# --- Weights -------------------------------------------------------------------------------------


@given(SEEDS, COUNTS, st.integers(0, 8), st.integers(1, 3))
def test_marks_follow_and_weigh_half_of_what_a_word_does_that_no_passage_holds(
    tmp_path_factory: pytest.TempPathFactory, seed: int, counts: list[int], asked: int, marks: int
) -> None:
    tokens = Tokens(tmp_path_factory.mktemp("t"), seed, counts, 8)
    words = tokens.random.integers(0, VOCABULARY, asked, dtype=np.int32)
    unseen = np.full(marks, VOCABULARY, dtype=np.int32)
    expected = tokens.index.weights(np.concatenate([words, unseen]))
    expected[asked:] /= 2
    found = tokens.index.weights(words, marks)
    assert found == pytest.approx(expected / expected.sum(), abs=1e-6)


@given(SEEDS, COUNTS, st.integers(1, 8))
@example(0, [0, 0], 3)
def test_weights_sum_to_one_and_a_rarer_word_weighs_more(
    tmp_path_factory: pytest.TempPathFactory, seed: int, counts: list[int], asked: int
) -> None:
    tokens = Tokens(tmp_path_factory.mktemp("t"), seed, counts, 8)
    words = tokens.random.integers(0, 2 * VOCABULARY, asked, dtype=np.int32)
    weights = tokens.index.weights(words)
    assert weights.shape == (asked,)
    assert weights.sum() == pytest.approx(1, abs=1e-5)
    assert np.all(weights > 0)
    held = [sum(word in one.words for one in tokens.encoded) for word in words]
    for one, weight in zip(held, weights, strict=True):
        for other, less in zip(held, weights, strict=True):
            assert (one < other) == (weight > less * (1 + 1e-6))


def test_weights_by_hand(tmp_path: Path) -> None:
    # Of four passages three hold word 1, which counts once a passage; one holds word 5.
    told = [[1, 1, 2], [1], [1, 5], []]
    passages = [
        PassageTokens(
            np.zeros((len(one), 1), np.uint8),
            np.array(one, np.int32),
            np.arange(len(one), dtype=np.int32),
        )
        for one in told
    ]
    write_tokens(tmp_path / "tokens", passages)
    weights = TokenIndex(tmp_path / "tokens").weights(np.array([1, 5, 99], np.int32))
    rarity = [math.log(1 + 1.5 / 3.5), math.log(1 + 3.5 / 1.5), math.log(1 + 4.5 / 0.5)]
    assert weights.tolist() == pytest.approx([one / sum(rarity) for one in rarity], abs=1e-6)


def test_no_word_has_no_weight(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path, 0, [3, 2], 8)
    assert tokens.index.weights(np.empty(0, dtype=np.int32)).shape == (0,)


# --- Files ---------------------------------------------------------------------------------------


@given(SEEDS, COUNTS, WIDTHS)
@example(0, [0, 0], 13)
def test_tokens_that_are_written_are_read_again(
    tmp_path_factory: pytest.TempPathFactory, seed: int, counts: list[int], width: int
) -> None:
    folder = tmp_path_factory.mktemp("t")
    tokens = Tokens(folder, seed, counts, width)
    again = stored_tokens(folder / "tokens")
    assert [len(one.words) for one in again] == counts
    for one, other in zip(tokens.passages, again, strict=True):
        assert one.codes.shape == other.codes.shape == (len(one.words), math.ceil(width / 8))
        assert np.array_equal(one.codes, other.codes)
        assert np.array_equal(one.words, other.words)
        assert np.array_equal(one.ends, other.ends)


def test_what_is_read_can_be_written_anew_in_another_order(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path, 3, [4, 0, 2, 5], 13)
    again = stored_tokens(tmp_path / "tokens")
    write_tokens(tmp_path / "anew", again[::-1])
    question, weights = tokens.question(3)
    anew = TokenIndex(tmp_path / "anew").passages(question, weights, tokens.rows[::-1])
    assert anew.tolist() == pytest.approx(
        tokens.index.passages(question, weights, tokens.rows).tolist()
    )


# --- The whole way -------------------------------------------------------------------------------


class WholeTextEncoder(WordHashEncoder):
    """A model whose vectors are no means: it tells nothing of its tokens."""

    def encode_passages(self, texts: Sequence[str]) -> list[Encoded]:
        return [self.without_tokens(one) for one in super().encode_passages(texts)]

    def encode_question(self, text: str) -> Encoded:
        return self.without_tokens(super().encode_question(text))

    def without_tokens(self, one: Encoded) -> Encoded:
        none, no_tokens = np.empty(0, dtype=np.int32), one.tokens[:0]
        return Encoded(one.vector, no_tokens, none, none, no_tokens)


STORY = "A ship left the port of Riga before the ice came."
CUT = "The undersea cable near Helsinki was cut by the anchor of a tanker."
PAGES = {
    "cable.txt": f"{STORY} {CUT}",
    "snow.txt": "Snow fell on the harbour all night long. Nobody could see the lights of the town.",
    "radar.txt": "The new radar on the island watches the sea. It was paid for by all the allies.",
}
ASKED = "Was the undersea cable near Helsinki cut by the anchor of a tanker?"


def built(
    folder: Path, encoder: WordHashEncoder, pages: Mapping[str, str | bytes] = PAGES
) -> Engine:
    settings = Settings.from_environment(
        articles=folder / "articles", index=folder / "index", model=encoder.model,
        passage_tokens=32,
    )  # fmt: skip
    write_pages(settings.articles, pages)
    build_index(settings, encoder)
    return open_engine(settings, encoder)


def test_a_model_without_tokens_indexes_ranks_and_answers(tmp_path: Path) -> None:
    engine = built(tmp_path, WholeTextEncoder())
    assert all(len(one.words) == 0 for one in stored_tokens(engine.snapshot.folder / TOKENS))
    found = engine.search(Question(ASKED))
    assert found[0].document.path == "cable.txt"
    assert len(found) == len(PAGES)
    best = engine.draft(Question(ASKED)).chosen[0]
    assert (best.text, best.late) == (CUT, 0)
    assert engine.ask(Question("zebra")).kind == AnswerKind.NONE


def test_a_model_without_tokens_reuses_what_is_there(tmp_path: Path) -> None:
    encoder = WholeTextEncoder()
    engine = built(tmp_path, encoder)
    encoder.encoded.clear()
    write_pages(tmp_path / "articles", {"snow.txt": f"{PAGES['snow.txt']} Then it melted away."})
    settings = Settings.from_environment(
        articles=tmp_path / "articles", index=tmp_path / "index", model=encoder.model,
        passage_tokens=32,
    )  # fmt: skip
    assert build_index(settings, encoder).encoded == len(encoder.encoded) == 2
    again = open_engine(settings, encoder)
    before, after = (one.search(Question(ASKED))[0] for one in (engine, again))
    assert before.passage == after.passage
    assert before.score == pytest.approx(after.score)


def test_the_sentence_whose_tokens_meet_the_question_stands_out(tmp_path: Path) -> None:
    before = "The crew of the first ship slept in the harbour of Tartu for two nights. " * 2
    pages = PAGES | {"cable.txt": f"{before}\n{STORY} {CUT} {STORY}"}
    engine = built(tmp_path, WordHashEncoder(), pages)
    assert engine.draft(Question(ASKED)).chosen[0].text == CUT
    asked = engine._ranker.asked(Question(ASKED))
    told = [engine._told(asked, one) for one in engine.search(Question(ASKED))]
    best = max(told, key=lambda one: max(one.late))
    assert best.hit.passage.start > 0
    article = best.hit.document.text
    met = [(late, article[a:b]) for late, (a, b) in zip(best.late, best.sentences, strict=True)]
    assert max(met)[1] == CUT
    passage = engine._indexes.tokens.passages(asked.tokens, asked.weights, [best.hit.row])[0]
    assert max(met)[0] == pytest.approx(passage, abs=0.05)
    assert max(met)[0] <= passage + 1e-6


class MarkingEncoder(WordHashEncoder):
    """Whose question ends with a mark that means one word: "rains"."""

    def encode_question(self, text: str) -> Encoded:
        return replace(super().encode_question(text), marks=super().encode_question("rains").tokens)


def test_the_marks_of_a_question_choose_among_sentences_and_not_among_passages(
    tmp_path: Path,
) -> None:
    pages = PAGES | {
        "weather.txt": "It snows in Riga today. It rains in Riga today.",
        "warm.txt": "Few people in Riga think today that it was as warm long ago as it is now.",
    }
    asked, late = Question("Riga today"), []
    engines = [built(tmp_path, encoder, pages) for encoder in (WordHashEncoder(), MarkingEncoder())]
    plain, marking = (engine.search(asked) for engine in engines)
    assert [(one.passage, one.score) for one in marking] == [
        (one.passage, one.score) for one in plain
    ]
    weather = next(one for one in plain if one.document.path == "weather.txt")
    for engine in engines:
        late.append(engine._told(engine._ranker.asked(asked), weather).late)
    (snows, rains), (snows_marked, rains_marked) = late
    assert snows == pytest.approx(rains, abs=0.01)
    assert rains_marked > snows_marked + 0.05
