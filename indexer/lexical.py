"""Write the lexical index: the stems of every passage, one index a language."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import tantivy

from archive.lexical_schema import create_lexical
from archive.text import stems

_WRITER_BYTES = 64_000_000


def write_lexical(folder: Path, passages: Iterable[tuple[str, str, str, int]]) -> None:
    """Write the passages in order; the position of each is its row.

    passages: (text, language, source, day) each, the day as `filter_day` gives it. Each language
    has its own index in a folder of its name, so that BM25 counts within it alone.
    """
    by_language: dict[str, list[tuple[int, str, str, int]]] = defaultdict(list)
    for row, (text, language, source, day) in enumerate(passages):
        by_language[language].append((row, text, source, day))
    for language, members in by_language.items():
        index = create_lexical(folder / language)
        writer = index.writer(heap_size=_WRITER_BYTES, num_threads=1)
        for row, text, source, day in members:
            document = tantivy.Document()
            document.add_text("stems", " ".join(stems(text, language)))
            document.add_text("source", source)
            document.add_unsigned("row", row)
            document.add_unsigned("day", day)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
