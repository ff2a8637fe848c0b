"""The shape of the lexical indexes, which one side writes and the other reads."""

from datetime import date
from pathlib import Path

import tantivy

UNDATED = 0
_ANALYSER = "stems"


def filter_day(published: date | None) -> int:
    """A publication day as a number that sorts by time; UNDATED where there is none."""
    return published.toordinal() if published else UNDATED


def create_lexical(folder: Path) -> tantivy.Index:
    """Create an empty index in a new folder: stems, the filters' fields, and the passage's row."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("stems", tokenizer_name=_ANALYSER)
    builder.add_text_field("source", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("row", fast=True)
    builder.add_unsigned_field("day", fast=True, indexed=True)
    folder.mkdir(parents=True)
    tantivy.Index(builder.build(), path=str(folder))
    return open_lexical(folder)


def open_lexical(folder: Path) -> tantivy.Index:
    """Open the index in a folder. Its text is stems apart by blanks, and is cut nowhere else."""
    index = tantivy.Index.open(str(folder))
    stems = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer(_ANALYSER, stems)
    return index
