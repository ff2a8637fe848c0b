"""Rows are found by their keys, and read from wherever they lie."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from fakes import count_words, document, token_rows, told_apart
from hypothesis import given
from hypothesis import strategies as st
from test_versions import found_in

from archive.documents import Document, Passage
from archive.languages import unit_rows
from archive.spans import Rows, read_spans
from indexer import stored
from indexer.articles import Articles
from indexer.calibrate import SAMPLE, language_offsets
from indexer.chunking import Chunk, chunk
from indexer.chunks import Chunks
from indexer.late_interaction import PassageTokens
from indexer.stored import (
    Joined,
    JoinedTokens,
    KeyRows,
    blocks,
    empty_store,
    packed,
    read_keys,
)

# Few different bytes, zero among them, so that keys begin and end alike.
KEYS = st.lists(
    st.lists(st.sampled_from([0, 0, 1, 0x80, 0xFF]), min_size=16, max_size=16).map(bytes),
    max_size=30,
)


@given(KEYS)
def test_keys_are_packed_byte_for_byte_and_read_again(
    tmp_path_factory: pytest.TempPathFactory, keys: list[bytes]
) -> None:
    file = tmp_path_factory.mktemp("keys") / "keys.npy"
    np.save(file, packed(keys))
    for told in (packed(keys), read_keys(file)):
        assert told.shape == (len(keys),)
        assert told.tobytes() == b"".join(keys)


@given(KEYS, KEYS, st.booleans())
def test_the_row_of_a_key_is_the_first_where_it_stands(
    keys: list[bytes], others: list[bytes], named: bool
) -> None:
    rows = np.arange(len(keys))[::-1] * 3 if named else None
    found = KeyRows(packed(keys), rows)(packed(keys + others))
    places = list(range(len(keys))) if rows is None else rows.tolist()
    assert found.tolist() == [
        places[keys.index(key)] if key in keys else -1 for key in keys + others
    ]


@given(st.integers(0, 12), st.integers(1, 12), st.lists(st.integers(-12, 11), max_size=30))
def test_joined_rows_are_those_of_either_matrix(first: int, second: int, chosen: list[int]) -> None:
    rows = np.array([row for row in chosen if -second <= row < first], dtype=np.int64)
    one = np.arange(first * 3, dtype=np.float32).reshape(-1, 3)
    other = -np.arange(1, second * 3 + 1, dtype=np.float32).reshape(-1, 3)
    joined = Joined(one, other, rows)
    expected = np.array(
        [one[row] if row >= 0 else other[~row] for row in rows], dtype=np.float32
    ).reshape(-1, 3)
    assert joined.shape == expected.shape
    assert np.array_equal(joined[np.arange(len(rows))], expected)
    backwards = np.arange(len(rows))[::-1]
    assert np.array_equal(joined[backwards], expected[::-1])


@given(
    st.lists(st.integers(0, 4), min_size=1), st.lists(st.integers(0, 4), min_size=1),
    st.lists(st.integers(-12, 11), max_size=30), st.integers(1, 4),
)  # fmt: skip
def test_joined_tokens_are_those_of_either_store(
    first: list[int], second: list[int], chosen: list[int], size: int
) -> None:
    random = np.random.default_rng(0)
    one, other = (
        [
            PassageTokens(
                random.integers(0, 256, (count, 2), dtype=np.uint8),
                random.integers(0, 9, count, dtype=np.int32),
                random.integers(0, 99, count, dtype=np.int32),
            )
            for count in counts
        ]
        for counts in (first, second)
    )
    rows = np.array([at for at in chosen if -len(other) <= at < len(one)], dtype=np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "TOKENS_BLOCK", size)
        read = told_apart(JoinedTokens(token_rows(one), token_rows(other), rows))
    assert len(read) == len(rows)
    for told, row in zip(read, rows.tolist(), strict=True):
        expected = one[row] if row >= 0 else other[~row]
        assert np.array_equal(told.codes, expected.codes)
        assert np.array_equal(told.words, expected.words)
        assert np.array_equal(told.ends, expected.ends)


@given(
    st.lists(st.integers(0, 4), min_size=1), st.lists(st.integers(0, 4), min_size=1),
    st.lists(st.integers(-12, 11), max_size=30), st.integers(1, 4),
)  # fmt: skip
def test_how_many_passages_hold_a_word_follows_from_how_many_did(
    first: list[int], second: list[int], chosen: list[int], size: int
) -> None:
    random = np.random.default_rng(1)
    one, other = (
        [
            PassageTokens(
                np.zeros((count, 1), dtype=np.uint8),
                random.integers(0, 6, count, dtype=np.int32),
                np.zeros(count, dtype=np.int32),
            )
            for count in counts
        ]
        for counts in (first, second)
    )
    rows = np.array([at for at in chosen if -len(other) <= at < len(one)], dtype=np.int64)

    def held(passages: list[PassageTokens]) -> list[int]:
        return [sum(word in told.words for told in passages) for word in range(6)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "TOKENS_BLOCK", size)
        joined = JoinedTokens(token_rows(one), token_rows(other), rows)
        found = joined.held(np.array(held(one)))
    expected = held([one[at] if at >= 0 else other[~at] for at in rows.tolist()])
    assert found.tolist() == np.trim_zeros(expected, "b")


@given(st.integers(0, 20), st.integers(1, 9))
def test_blocks_are_all_rows_in_order(count: int, size: int) -> None:
    matrix = np.arange(2 * count).reshape(-1, 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "BLOCK", size)
        read = list(blocks(matrix))
    assert all(0 < len(block) <= size for block in read)
    assert np.array_equal(np.concatenate([matrix[:0], *read]), matrix)


def test_an_empty_store_holds_no_key() -> None:
    store = empty_store(5)
    keys = packed([bytes(16), b"k" * 16])
    assert store.passages(keys).tolist() == store.sentences(keys).tolist() == [-1, -1]
    assert store.vectors.shape == store.parts.shape == (0, 5)


# --- What reads matrices -------------------------------------------------------------------------


class Watched:
    """A matrix that remembers which rows were asked for."""

    def __init__(self, matrix: npt.NDArray[Any]) -> None:
        self.matrix = matrix
        self.asked: list[Rows] = []

    @property
    def shape(self) -> tuple[int, ...]:
        return self.matrix.shape

    def __getitem__(self, rows: Rows, /) -> npt.NDArray[Any]:
        self.asked.append(rows)
        return self.matrix[rows]


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_offsets_read_their_sample_and_nothing_else(dtype: type) -> None:
    random, count = np.random.default_rng(0), 2 * SAMPLE + 100
    vectors: npt.NDArray[Any] = unit_rows(random.normal(size=(count, 8))).astype(dtype)
    languages = ["fr", *["en"] * (count - 51), *["uk"] * 50]
    watched = Watched(vectors)
    offsets = language_offsets(watched, languages)
    assert sorted(len(rows) for rows in watched.asked) == [1, 50, SAMPLE]
    expected = language_offsets(vectors.astype(np.float32), languages)
    assert set(offsets) == {"en", "fr", "uk"}
    assert all(np.array_equal(offsets[one], expected[one]) for one in offsets)


def test_versions_read_passages_in_blocks_and_sentences_by_article() -> None:
    # Twelve releases of six sentences, each in two languages, told by the same vectors.
    random = np.random.default_rng(0)
    releases = random.normal(size=(12, 6, 16))
    documents, chunks, passages, sentences = [], [], [], []
    for language in ("en", "fr"):
        for number, vectors in enumerate(releases):
            text = " ".join(f"The {word} sentence goes here." for word in "abcdef")
            one = document(text, f"{language}/{number:02}.txt", language)
            documents.append(one)
            starts = [at for at in range(len(text)) if text.startswith("The", at)]
            spans = list(pairwise([*starts, len(text)]))
            for half in (slice(0, 3), slice(3, 6)):
                (start, _), (_, end) = spans[half][0], spans[half][-1]
                passage = Passage(one.path, start, end, text[start:end])
                chunks.append(Chunk(passage, tuple(spans[half])))
                passages.append(vectors[half].mean(axis=0))
                sentences += list(vectors[half])
    whole, parts = Watched(unit_rows(np.array(passages))), Watched(unit_rows(np.array(sentences)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "BLOCK", 5)
        found, _ = found_in(documents, chunks, whole, parts)
    assert found == [(f"en/{number:02}.txt", f"fr/{number:02}.txt") for number in range(12)]
    assert found == found_in(documents, chunks, whole.matrix, parts.matrix)[0]
    assert np.concatenate(whole.asked).tolist() == list(range(48))
    assert max(map(len, whole.asked)) == 5
    assert {len(rows) for rows in parts.asked} == {6}


# --- Chunks --------------------------------------------------------------------------------------


def chunked() -> list[tuple[Document, list[Chunk]]]:
    articles = [
        document(" ".join(f"Ship {at} left {name} at dawn." for at in range(count)), name, of)
        for name, of, count in (("a.txt", "en", 9), ("b.txt", "fr", 1), ("c.txt", "en", 5))
    ]
    return [(one, chunk(one, count_words, 14)) for one in articles]


Told = list[tuple[str, str, list[str]]]  # of each passage its article, its text, its sentences


def as_read(chunks: Chunks, articles: Articles, folder: Path) -> Told:
    """What the files of the chunks tell."""
    folder.mkdir()
    chunks.write(folder / "p.npy", folder / "s.npy")
    passages, sentences = read_spans(folder / "p.npy"), read_spans(folder / "s.npy")
    found = []
    for row, number in enumerate(passages.of.tolist()):
        article = articles[number]
        spans = sentences.spans(sentences.parts(row))
        text = article.text[slice(*passages.span(row))]
        assert chunks.passages[row] == text
        assert chunks.passages.article(row) is article
        found.append((article.path, text, [article.text[slice(*span)] for span in spans]))
    texts = [chunks.sentences[row] for row in range(len(chunks.sentences))]
    assert texts == [one for _, _, told in found for one in told]
    return found


def test_chunks_held_as_offsets_are_the_chunks(tmp_path: Path) -> None:
    told = chunked()
    articles = Articles([article for article, _ in told])
    chunks = Chunks(articles)
    for number, (_, of) in enumerate(told):
        chunks.add(number, of)
    expected = [
        (article.path, one.passage.text, [article.text[slice(*span)] for span in one.sentences])
        for article, of in told
        for one in of
    ]
    assert len(expected) > 5
    assert as_read(chunks, articles, tmp_path / "read") == expected
    languages = [article.language for article, of in told for one in of for _ in one.sentences]
    assert chunks.sentences.languages() == languages
    assert set(chunks.passages.earlier.tolist()) == {-1}


@given(st.lists(st.sampled_from([0, 1, 2, None]), min_size=1, max_size=5))
def test_chunks_of_articles_that_stayed_are_those_they_had(
    tmp_path_factory: pytest.TempPathFactory, order: list[int | None]
) -> None:
    folder, told = tmp_path_factory.mktemp("c"), chunked()
    before = Chunks(Articles([article for article, _ in told]))
    for number, (_, of) in enumerate(told):
        before.add(number, of)
    before.write(folder / "p.npy", folder / "s.npy")
    passages, sentences = read_spans(folder / "p.npy"), read_spans(folder / "s.npy")
    new = document("A new one comes. It says little.", "new.txt", "en")
    articles = Articles([new if one is None else told[one][0] for one in order])
    stayed, anew = Chunks(articles), Chunks(articles)
    for number, one in enumerate(order):
        of = chunk(new, count_words, 14) if one is None else told[one][1]
        anew.add(number, of)
        if one is None:
            stayed.add(number, of)
        elif number == 0 or order[number - 1] != one - 1:  # what follows it stayed beside it
            run = next(
                length
                for length in range(1, 4)
                if order[number + length : number + length + 1] != [one + length]
            )
            stayed.keep(number, range(one, one + run), passages, sentences)
    assert as_read(stayed, articles, folder / "1") == as_read(anew, articles, folder / "2")
    for now, then in ((stayed.passages, before.passages), (stayed.sentences, before.sentences)):
        texts = [then[row] if row >= 0 else "" for row in now.earlier.tolist()]
        kept = [now.article(row) is not new for row in range(len(now))]
        assert texts == [now[row] if kept[row] else "" for row in range(len(now))]
