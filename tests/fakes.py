"""Small real stand-ins, and archives made for one test."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from archive.documents import DateBasis, Document
from archive.encoder import Encoded, Encoder
from archive.languages import Vectors, unit_rows
from archive.text import normalised
from indexer.furniture import Furniture, page_of
from indexer.late_interaction import PassageTokens, TokenBlock, TokenRows, read_tokens


def count_words(texts: Sequence[str]) -> list[int]:
    """A tokenizer whose tokens are the words between blanks."""
    return [len(text.split()) for text in texts]


def furniture_of(pages: Mapping[str, str]) -> Furniture:
    """The furniture of pages, each by its path as its decoded text."""
    return Furniture({path: page_of(text) for path, text in pages.items()}, pages)


def token_rows(passages: Sequence[PassageTokens]) -> TokenRows:
    """The tokens of passages as they are stored, in memory; one passage at least."""
    counts = np.array([len(one.words) for one in passages])
    return TokenRows(
        np.cumsum(counts) - counts,
        counts,
        np.concatenate([one.codes for one in passages]),
        np.concatenate([one.words for one in passages]),
        np.concatenate([one.ends for one in passages]),
    )


def told_apart(blocks: Iterable[TokenBlock]) -> list[PassageTokens]:
    """The tokens of each passage of some blocks."""
    return [
        PassageTokens(block.codes[of], block.words[of], block.ends[of])
        for block in blocks
        for n, end in zip(block.counts.tolist(), np.cumsum(block.counts).tolist(), strict=True)
        for of in [slice(end - n, end)]
    ]


def stored_tokens(folder: Path) -> list[PassageTokens]:
    """The tokens of each passage of a snapshot, from their folder."""
    tokens = read_tokens(folder)
    return told_apart([tokens.of(np.arange(len(tokens)))])


class WordHashEncoder:
    """A real, deterministic encoder: texts that share words are near. Its tokens are words.

    encoded: every passage it was ever given, in order.
    """

    dimension = 64

    def __init__(self, model: str = "word-hash") -> None:
        self.model = model
        self.encoded: list[str] = []

    def encode_passages(self, texts: Sequence[str]) -> list[Encoded]:
        self.encoded += texts
        return [self.encode_question(text) for text in texts]

    def encode_question(self, text: str) -> Encoded:
        found = list(re.finditer(r"\S+", text.casefold()))
        places = [int(hashlib.md5(one[0].encode()).hexdigest(), 16) for one in found]
        tokens = np.zeros((len(found), self.dimension), dtype=np.float32)
        tokens[np.arange(len(found)), [place % self.dimension for place in places]] = 1
        return Encoded(
            unit_rows(tokens.sum(axis=0, keepdims=True))[0],
            tokens,
            np.array([place % 1000 for place in places], dtype=np.int32),
            np.array([one.end() for one in found], dtype=np.int32),
            tokens[:0],
        )

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return count_words(texts)


class LengthReranker:
    """A real, deterministic reranker: the longer a passage, in tens of characters, the better."""

    def scores(self, question: str, passages: Sequence[str]) -> Vectors:
        return np.array([min(len(one) // 10, 99) / 100 for one in passages], dtype=np.float32)


def vectors_of(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    """The vectors (n, d) of texts as the model gives them."""
    vectors: Vectors = np.stack([one.vector for one in encoder.encode_passages(texts)])
    return vectors


def write_pages(folder: Path, pages: Mapping[str, str | bytes]) -> None:
    """Write files by their paths below `folder`, text as UTF-8."""
    for path, content in pages.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())


def document(text: str, path: str = "site/page.txt", language: str = "en") -> Document:
    """An undated article whose file holds just its text."""
    words, pieces = normalised(text, [(0, len(text))])
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Document(
        path, "Title", language, None, DateBasis.UNKNOWN, words, pieces, "utf-8", digest
    )
