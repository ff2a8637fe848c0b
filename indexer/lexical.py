"""Write the lexical indexes: each language's passages, and how else its words may be spelled."""

import errno
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path

import tantivy

from archive.lexical_schema import create_passages, create_spellings
from archive.names import keys, may_be_name
from archive.text import days, stem, unaccented, written_words

_WRITER_BYTES = 64_000_000

# (text, source, day) of the passage in a row, the day as `filter_day` gives it.
PassageAt = Callable[[int], tuple[str, str, int]]


def write_lexical(folder: Path, languages: Sequence[str], passage: PassageAt) -> None:
    """Write the passages of all rows, those of each language in their order.

    languages: of each row. passage: asked once for each row, so that no text need be held. Each
    language has its own indexes in a folder of its name, so that BM25 counts within it alone.
    Raises OSError where the disk does not take them.
    """
    rows: dict[str, array[int]] = defaultdict(lambda: array("q"))
    for row, language in enumerate(languages):
        rows[language].append(row)
    for language, members in rows.items():
        told = Counter[str]()
        passages = _passages(members, passage, language, told)
        _write(partial(create_passages, folder / language), passages)
        _write(partial(create_spellings, folder / language), _spellings(told, language))


def _write(create: Callable[[], tantivy.Index], documents: Iterable[tantivy.Document]) -> None:
    with _to_disk():
        writer = create().writer(heap_size=_WRITER_BYTES, num_threads=1)
    for document in documents:
        with _to_disk():
            writer.add_document(document)
    with _to_disk():
        writer.commit()
        writer.wait_merging_threads()


@contextmanager
def _to_disk() -> Iterator[None]:
    """What tantivy says of a disk, as the OSError that it is."""
    try:
        yield
    except ValueError as error:
        raise OSError(errno.EIO, str(error)) from None


def _passages(
    rows: Iterable[int], passage: PassageAt, language: str, told: Counter[str]
) -> Iterator[tantivy.Document]:
    """The passages of a language; how often they tell each word as it is written goes into told."""
    for row in rows:
        text, source, day = passage(row)
        document = tantivy.Document()
        stems: list[str] = []
        for paragraph in text.splitlines():
            written = written_words(paragraph)
            told.update(written)
            forms = [_forms(word, language) for word in written]
            stems += [of for of, _ in forms]
            document.add_text("words", " ".join([bare for _, bare in forms]))
        document.add_text("stems", " ".join(stems + days(text)))
        document.add_text("source", source)
        document.add_unsigned("row", row)
        document.add_unsigned("day", day)
        yield document


@lru_cache(maxsize=200_000)
def _forms(written: str, language: str) -> tuple[str, str]:
    """What a word is found by: its stem, and itself case folded without its accents."""
    word = written.casefold()
    return stem(word, language), unaccented(word)


def _spellings(told: Mapping[str, int], language: str) -> Iterator[tantivy.Document]:
    """What else a word of the passages may be found by, the commonest words first.

    told: how often each word stands in them as it is written. A name, which is a word that is
    written as one more often than not, is found by its sounds, as it stands and by its stem; a word
    whose accents change its stem is found without them.
    """
    count, as_name = Counter[str](), Counter[str]()
    for written, times in told.items():
        word = written.casefold()
        count[word] += times
        as_name[word] += times * may_be_name(written)
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
