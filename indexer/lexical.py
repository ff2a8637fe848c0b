"""Write the lexical indexes: each language's passages, and how else its words may be spelled."""

import errno
import json
import shutil
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import tantivy

from archive.lexical_schema import (
    PASSAGES,
    SPELLINGS,
    WORDS,
    create_passages,
    create_spellings,
    documents_held,
    open_lexical,
)
from archive.names import keys, may_be_name
from archive.passage_ids import too_many_gone
from archive.spans import Rows
from archive.text import days, stem, unaccented, written_words

_WRITER_BYTES = 64_000_000

# (text, source, day) of the passage in a row, the day as `filter_day` gives it.
PassageAt = Callable[[int], tuple[str, str, int]]


@dataclass(frozen=True, slots=True)
class LexicalBefore:
    """The lexical indexes of an earlier snapshot.

    folder: where they are. languages, ids (n,): of each of its rows. passage: of its rows, too.
    """

    folder: Path
    languages: Sequence[str]
    ids: Rows
    passage: PassageAt


def write_lexical(
    folder: Path,
    languages: Sequence[str],
    ids: Rows,
    passage: PassageAt,
    before: LexicalBefore | None = None,
) -> None:
    """Write the passages of all rows under their ids, those of each language in their order.

    languages: of each row. ids: (n,), of each row. passage: asked once for each row that is
    written, so that no text need be held. Each language has its own indexes in a folder of its
    name, so that BM25 counts within it alone. Raises OSError where the disk does not take them.

    before: an id that stands there and here stands for one passage, with the same text, source, day
    and language. A language is then copied from there, and only what went or came is changed in
    it; where tantivy would hold too many that are gone it is written anew. What is found is the
    same either way, and so are the spellings; how scores differ is told in `retriever/lexical.py`.
    """
    now = _by_language(languages)
    earlier = _by_language(before.languages) if before else {}
    for language, rows in now.items():
        place = folder / language
        if before and language in earlier:
            there = earlier[language]
            new = rows[~np.isin(ids[rows], before.ids[there])]
            gone = there[~np.isin(before.ids[there], ids[rows])]
            ever = documents_held(before.folder / language / PASSAGES) + len(new)
            if not too_many_gone(len(rows), ever):
                shutil.copytree(before.folder / language, place, copy_function=shutil.copyfile)
                if len(new) or len(gone):
                    told = Counter[str]()
                    told.subtract(_words_of(gone, before.passage))
                    documents = _passages(new, ids, passage, language, told)
                    _change(place, language, before.ids[gone], documents, told)
                continue
        told = Counter[str]()
        with _to_disk():
            create_passages(place)
            create_spellings(place)
        (place / WORDS).write_text("[{}, {}]", encoding="utf-8")
        _change(place, language, ids[:0], _passages(rows, ids, passage, language, told), told)


def _by_language(languages: Sequence[str]) -> dict[str, Rows]:
    """The rows of each language, ascending."""
    rows: dict[str, array[int]] = defaultdict(lambda: array("q"))
    for row, language in enumerate(languages):
        rows[language].append(row)
    return {language: np.array(members, dtype=np.int64) for language, members in rows.items()}


def _words_of(rows: Rows, passage: PassageAt) -> Counter[str]:
    """How often passages tell each word as it is written."""
    told = Counter[str]()
    for row in rows.tolist():
        for paragraph in passage(row)[0].splitlines():
            told.update(written_words(paragraph))
    return told


def _change(
    place: Path,
    language: str,
    gone: Rows,
    documents: Iterable[tantivy.Document],
    told: Counter[str],
) -> None:
    """Take passages out of the indexes of a language, by their ids, and put others in.

    told: how much more often each word, as it is written, is told once the documents are made.
    """
    _write(place / PASSAGES, "passage", gone.tolist(), documents)
    words = _Words(place / WORDS)
    changed = words.change(told)
    _write(place / SPELLINGS, "word", changed, words.spellings(changed, language))
    words.write()


def _write(
    folder: Path, of: str, gone: Sequence[int | str], documents: Iterable[tantivy.Document]
) -> None:
    """Delete the documents that have one of some values in a field, and add others."""
    with _to_disk():
        index = open_lexical(folder)
        writer = index.writer(heap_size=_WRITER_BYTES, num_threads=1)
        if gone and index.searcher().num_docs:
            query = tantivy.Query.term_set_query(index.schema, of, gone)
            writer.delete_documents_by_query(query)
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
    rows: Rows, ids: Rows, passage: PassageAt, language: str, told: Counter[str]
) -> Iterator[tantivy.Document]:
    """The passages of a language; how often they tell each word as it is written goes into told."""
    for row in rows.tolist():
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
        document.add_unsigned("passage", int(ids[row]))
        document.add_unsigned("day", day)
        yield document


@lru_cache(maxsize=200_000)
def _forms(written: str, language: str) -> tuple[str, str]:
    """What a word is found by: its stem, and itself case folded without its accents."""
    word = written.casefold()
    return stem(word, language), unaccented(word)


class _Words:
    """How often the passages of a language hold each word, case folded, and how often written as a
    name may be; kept beside their index, so that what goes can be taken off."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._times, self._as_name = map(Counter[str], json.loads(file.read_bytes()))

    def write(self) -> None:
        told = json.dumps([self._times, self._as_name], ensure_ascii=False)
        self._file.write_text(told, encoding="utf-8")

    def change(self, told: Counter[str]) -> list[str]:
        """Count words as they are written, so many times more or fewer; which those are, sorted."""
        changed = set()
        for written, times in told.items():
            if times:
                word = written.casefold()
                changed.add(word)
                self._times[word] += times
                self._as_name[word] += times * may_be_name(written)
        for counted in (self._times, self._as_name):
            for word in changed:
                if not counted[word]:
                    del counted[word]
        return sorted(changed)

    def spellings(self, words: Iterable[str], language: str) -> Iterator[tantivy.Document]:
        """What else some words may be found by, as far as the passages hold them.

        A name, which is a word that is written as one more often than not, is found by its sounds,
        as it stands and by its stem; a word whose accents change its stem is found without them.
        """
        for word in words:
            times = self._times[word]
            of, bare = stem(word, language), unaccented(word)
            if 2 * self._as_name[word] > times:
                for spelling in dict.fromkeys((word, of)):
                    if found_by := sorted(keys(spelling)):
                        yield _spelling(found_by, spelling, of, word, times)
            if times and bare.isascii() and stem(bare, language) != of:
                yield _spelling([bare], bare, of, word, times)


def _spelling(
    found_by: Iterable[str], spelling: str, of: str, word: str, times: int
) -> tantivy.Document:
    document = tantivy.Document()
    for key in found_by:
        document.add_text("key", key)
    document.add_text("spelling", spelling)
    document.add_text("stem", of)
    document.add_text("word", word)
    document.add_unsigned("times", times)
    return document
