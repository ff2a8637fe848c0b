"""The shape of the lexical index, which one side writes and the other reads."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import tantivy

FILTER_FIELDS = ("language", "source")
UNDATED = 0
_ANALYSER = "stems"


def stem_field(language: str) -> str:
    """The field for the stems of one language: BM25 counts within it alone."""
    return f"stems_{language}"


def filter_day(published: date | None) -> int:
    """A publication day as a number that sorts by time; UNDATED where there is none."""
    return published.toordinal() if published else UNDATED


def lexical_schema(languages: Iterable[str]) -> tantivy.Schema:
    """Fields for the stems of each language, for the filters, and for the passage's row."""
    builder = tantivy.SchemaBuilder()
    for language in sorted(set(languages)):
        builder.add_text_field(stem_field(language), tokenizer_name=_ANALYSER)
    for field in FILTER_FIELDS:
        builder.add_text_field(field, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("row", fast=True)
    builder.add_unsigned_field("day", fast=True, indexed=True)
    return builder.build()


def open_lexical(folder: Path) -> tantivy.Index:
    """Open the index in a folder. Its text is stems apart by blanks, and is cut nowhere else."""
    index = tantivy.Index.open(str(folder))
    stems = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer(_ANALYSER, stems)
    return index
