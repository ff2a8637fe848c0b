"""Small real stand-ins, and archives made for one test."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from archive.documents import DateBasis, Document
from archive.languages import Vectors, unit_rows
from archive.text import normalised


def count_words(texts: Sequence[str]) -> list[int]:
    """A tokenizer whose tokens are the words between blanks."""
    return [len(text.split()) for text in texts]


class WordHashEncoder:
    """A real, deterministic encoder: texts that share words are near.

    encoded: every passage it was ever given, in order.
    """

    dimension = 64

    def __init__(self, model: str = "word-hash") -> None:
        self.model = model
        self.encoded: list[str] = []

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.encoded += texts
        vectors: Vectors = np.stack([self.encode_question(text) for text in texts])
        return vectors

    def encode_question(self, text: str) -> Vectors:
        vector = np.zeros((1, self.dimension), dtype=np.float32)
        for word in text.casefold().split():
            vector[0, int(hashlib.md5(word.encode()).hexdigest(), 16) % self.dimension] += 1
        row: Vectors = unit_rows(vector)[0]
        return row

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return count_words(texts)


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
