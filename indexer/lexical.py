"""Write the lexical indexes: each language's passages, and how else its words may be spelled."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import tantivy

from archive.lexical_schema import create_passages, create_spellings
from archive.names import keys, may_be_name
from archive.text import stem, stems, unaccented, words, written_words

_WRITER_BYTES = 64_000_000

# (row, text, source, day) of a passage.
_Member = tuple[int, str, str, int]


def write_lexical(folder: Path, passages: Iterable[tuple[str, str, str, int]]) -> None:
    """Write the passages in order; the position of each is its row.

    passages: (text, language, source, day) each, the day as `filter_day` gives it. Each language
    has its own indexes in a folder of its name, so that BM25 counts within it alone.
    """
    by_language: dict[str, list[_Member]] = defaultdict(list)
    for row, (text, language, source, day) in enumerate(passages):
        by_language[language].append((row, text, source, day))
    for language, members in by_language.items():
        _write(create_passages(folder / language), _passages(members, language))
        _write(create_spellings(folder / language), _spellings(members, language))


def _write(index: tantivy.Index, documents: Iterable[tantivy.Document]) -> None:
    writer = index.writer(heap_size=_WRITER_BYTES, num_threads=1)
    for document in documents:
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()


def _passages(members: Iterable[_Member], language: str) -> Iterator[tantivy.Document]:
    for row, text, source, day in members:
        document = tantivy.Document()
        document.add_text("stems", " ".join(stems(text, language)))
        for paragraph in text.splitlines():
            document.add_text("words", " ".join(map(unaccented, words(paragraph))))
        document.add_text("source", source)
        document.add_unsigned("row", row)
        document.add_unsigned("day", day)
        yield document


def _spellings(members: Iterable[_Member], language: str) -> Iterator[tantivy.Document]:
    """What else a word of the passages may be found by, the commonest words first.

    A name, which is a word that is written as one more often than not, is found by its sounds, as
    it stands and by its stem; a word whose accents change its stem is found without them.
    """
    count, as_name = Counter[str](), Counter[str]()
    for _, text, _, _ in members:
        for written in written_words(text):
            word = written.casefold()
            count[word] += 1
            as_name[word] += may_be_name(written)
    for word, times in sorted(count.items(), key=lambda one: (-one[1], one[0])):
        of, bare = stem(word, language), unaccented(word)
        if 2 * as_name[word] > times:
            for spelling in dict.fromkeys((word, of)):
                if found_by := sorted(keys(spelling)):
                    yield _spelling(found_by, spelling, of)
        if bare.isascii() and stem(bare, language) != of:
            yield _spelling([bare], bare, of)


def _spelling(found_by: Iterable[str], spelling: str, of: str) -> tantivy.Document:
    document = tantivy.Document()
    for key in found_by:
        document.add_text("key", key)
    document.add_text("spelling", spelling)
    document.add_text("stem", of)
    return document
