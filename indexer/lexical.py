"""Write the lexical index: the stems of every passage, one field a language."""

from collections.abc import Iterable
from pathlib import Path

import tantivy

from archive.lexical_schema import FILTER_FIELDS, lexical_schema, open_lexical, stem_field
from archive.text import stems

_WRITER_BYTES = 64_000_000


def write_lexical(
    folder: Path, passages: Iterable[tuple[str, str, str, int]], languages: Iterable[str]
) -> None:
    """Write the passages in order; the position of each is its row.

    passages: (text, language, source, day) each, the day as `filter_day` gives it.
    languages: every language that occurs.
    """
    folder.mkdir()
    schema = lexical_schema(languages)
    tantivy.Index(schema, path=str(folder))
    index = open_lexical(folder)
    writer = index.writer(heap_size=_WRITER_BYTES, num_threads=1)
    for row, (text, language, source, day) in enumerate(passages):
        document = tantivy.Document()
        document.add_text(stem_field(language), " ".join(stems(text, language)))
        for field, value in zip(FILTER_FIELDS, (language, source), strict=True):
            document.add_text(field, value)
        document.add_unsigned("row", row)
        document.add_unsigned("day", day)
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
