"""The shape of the lexical indexes, which one side writes and the other reads."""

import json
from datetime import date
from pathlib import Path

import tantivy

UNDATED = 0
PASSAGES, SPELLINGS = "passages", "spellings"
WORDS = "words.json"  # how often the passages hold each word
_APART_BY_BLANKS = "blanks"


def filter_day(published: date | None) -> int:
    """A publication day as a number that sorts by time; UNDATED where there is none."""
    return published.toordinal() if published else UNDATED


def create_passages(folder: Path) -> tantivy.Index:
    """Create an empty index of one language's passages in its folder.

    stems: what is counted. words: what phrases are looked for in, case folded and without accents,
    one value a paragraph. source, day: the filters. passage: its id, which it is deleted by.
    """
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("stems", tokenizer_name=_APART_BY_BLANKS, index_option="freq")
    builder.add_text_field("words", tokenizer_name=_APART_BY_BLANKS, index_option="position")
    builder.add_text_field("source", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("passage", fast=True, indexed=True)
    builder.add_unsigned_field("day", fast=True, indexed=True)
    return _create(folder / PASSAGES, builder)


def create_spellings(folder: Path) -> tantivy.Index:
    """Create an empty index of how else one language's words may be spelled, in its folder.

    key: what a spelling is found by. spelling, stem: the word's and the stem it has in passages.
    times: how often they hold the word. word: itself, which it is deleted by.
    """
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("key", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("spelling", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("stem", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("word", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("times", fast=True)
    return _create(folder / SPELLINGS, builder)


def _create(folder: Path, builder: tantivy.SchemaBuilder) -> tantivy.Index:
    folder.mkdir(parents=True)
    tantivy.Index(builder.build(), path=str(folder))
    return open_lexical(folder)


def open_lexical(folder: Path) -> tantivy.Index:
    """Open the index in a folder. Stems and words are apart by blanks, and are cut nowhere else."""
    index = tantivy.Index.open(str(folder))
    blanks = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer(_APART_BY_BLANKS, blanks)
    return index


def documents_held(folder: Path) -> int:
    """How many documents the index in a folder holds, with those that were deleted and stand there
    until tantivy merges them away. BM25 counts them all."""
    told = json.loads((folder / "meta.json").read_bytes())
    return sum(segment["max_doc"] for segment in told["segments"])
