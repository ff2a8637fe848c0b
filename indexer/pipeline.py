"""The indexer's one entry: from a folder of articles to the current snapshot."""

import gc
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from archive.calibration import write_calibration, write_offsets
from archive.catalogue import write_catalogue
from archive.documents import Document, Refusal
from archive.encoder import Encoder
from archive.errors import NothingToIndex, TooManyDropped
from archive.lexical_schema import filter_day
from archive.passage_ids import PassageIds, write_passage_ids
from archive.settings import Settings
from archive.snapshot import (
    CALIBRATION,
    CATALOGUE,
    COARSE,
    FILES,
    LEXICAL,
    OFFSETS,
    PASSAGE_IDS,
    PASSAGE_KEYS,
    PASSAGE_SPANS,
    PASSAGES,
    SENTENCE_KEYS,
    SENTENCE_SPANS,
    SENTENCES,
    TIMES,
    TOKENS,
    VERSIONS,
    Facts,
    Snapshot,
    Written,
    new_snapshot,
    seal,
    unwritable,
    writing,
)
from archive.spans import read_spans
from archive.token_files import HELD
from indexer.articles import Articles
from indexer.calibrate import language_offsets
from indexer.chunking import chunk
from indexer.chunks import Chunks
from indexer.coarse import CoarseBefore, write_coarse
from indexer.dense import PassageVectors, read_sentences, write_passages, write_sentences
from indexer.encoding import Encodings, as_questions, encode
from indexer.file_records import write_records
from indexer.gathering import Gathered, digests_of, gather
from indexer.journal import drop_journal
from indexer.late_interaction import write_tokens
from indexer.lexical import LexicalBefore, write_lexical
from indexer.reading import SourceFile, Unread, read_files
from indexer.reuse import Earlier
from indexer.times import write_times
from indexer.versions import (
    Before,
    Heading,
    Parts,
    find_versions,
    read_compared,
    write_compared,
)

# Told the step, how much of it is done, and how much there is (0 where nobody knows yet).
Progress = Callable[[str, int, int], None]
READING, PREPARING, CHUNKING = "reading", "preparing", "chunking"
ENCODING, WRITING = "encoding", "writing"

# More of the articles that are indexed are not dropped unless it is said; a judgement.
MOST_DROPPED = 0.2


def silent(step: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a run found and did.

    found = indexed + duplicates + refused. New, changed, unchanged and removed compare the files
    with those of the snapshot before. `encoded` counts the passages and sentences that this run had
    to encode; `built` is false where nothing had changed and the snapshot stayed as it was.
    """

    found: int
    indexed: int
    duplicates: int
    refused: int
    new: int
    changed: int
    unchanged: int
    removed: int
    passages: int
    encoded: int
    seconds: float
    snapshot: str
    built: bool


def build_index(
    settings: Settings,
    encoder: Encoder,
    progress: Progress = silent,
    *,
    fresh: bool = False,
    force: bool = False,
) -> BuildReport:
    """Hold the index for writing, and `rebuild` it. Raises IndexBusy besides."""
    with writing(settings.index):
        return rebuild(settings, encoder, progress, fresh=fresh, force=force)


def rebuild(
    settings: Settings,
    encoder: Encoder,
    progress: Progress = silent,
    *,
    fresh: bool = False,
    force: bool = False,
) -> BuildReport:
    """Read every article, index it, and make the new snapshot current.

    For one who holds the index for writing. Where no file and no setting has changed the snapshot
    stays. `fresh` builds it anyway, and takes nothing from the one before. A run that was killed is
    gone on with, unless `fresh`: what it encoded is in the journal. A run that would drop more than
    MOST_DROPPED of the articles is refused, unless `force`. Products of matrices keep to one
    thread: they are small, and two would wait for one another. Raises ArticlesMissing,
    NothingToIndex, TooManyDropped, IndexDamaged, IndexUnwritable.
    """
    started = time.perf_counter()
    with threadpool_limits(limits=1, user_api="blas"):
        if fresh:
            drop_journal(settings.index)
        with _nothing_collected():
            earlier = Earlier(settings, fresh=fresh)
        files, refused = _read(settings, earlier, progress)
        digests = digests_of(files, earlier)
        standing = earlier.unchanged(digests, refused)
        if standing:
            drop_journal(settings.index)  # of a run that ended between sealing and dropping it
            snapshot, encoded = standing, 0
        else:
            try:
                if not earlier.load() and any(isinstance(one, Unread) for one in files.values()):
                    files, refused = _read(settings, earlier, progress)
                gathered = gather(
                    files, refused, settings.articles, earlier, partial(progress, PREPARING)
                )
                digests = gathered.files
                if not gathered.articles:
                    raise NothingToIndex(settings.articles)
                if not force:
                    _refuse_to_drop_many(gathered, earlier)
                snapshot, encoded = write_snapshot(gathered, settings, encoder, earlier, progress)
            except OSError as error:
                raise unwritable(settings.index, error) from None
    before, facts = earlier.files, snapshot.facts
    both = digests.keys() & before.keys()
    return BuildReport(
        found=facts.found,
        indexed=facts.documents,
        duplicates=facts.duplicates,
        refused=facts.refused,
        new=len(digests.keys() - both),
        changed=sum(before[path] != digests[path] for path in both),
        unchanged=sum(before[path] == digests[path] for path in both),
        removed=len(before.keys() - both),
        passages=facts.passages,
        encoded=encoded,
        seconds=time.perf_counter() - started,
        snapshot=snapshot.name,
        built=standing is None,
    )


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Leave out the garbage collections that Python makes the more objects there are: what is
    read here stays."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _refuse_to_drop_many(gathered: Gathered, earlier: Earlier) -> None:
    """Raise TooManyDropped where more than MOST_DROPPED of the articles would be gone.

    One whose file has moved, or now repeats another, is not gone.
    """
    paths = {*gathered.articles.paths, *(one.path for one in gathered.duplicates)}
    digests = {gathered.files[path] for path in paths}
    dropped = [
        path
        for path, digest in earlier.articles.items()
        if path not in paths and digest not in digests
    ]
    if len(dropped) > MOST_DROPPED * len(earlier.articles):
        raise TooManyDropped(len(dropped), len(earlier.articles), dropped[0])


def write_snapshot(
    gathered: Gathered,
    settings: Settings,
    encoder: Encoder,
    earlier: Earlier,
    progress: Progress = silent,
) -> tuple[Snapshot, int]:
    """Index the articles and make the snapshot current.

    Its files of vectors are written a block at a time, from the journal and the earlier snapshot,
    and read where they lie from then on. Returns it, and how many passages and sentences this run
    encoded.
    """
    articles = gathered.articles
    chunks = _chunks(articles, settings, encoder, earlier, progress)
    languages = chunks.passages.languages()
    stayed = chunks.passages.earlier, chunks.sentences.earlier
    encodings = encode(
        chunks.passages,
        languages,
        chunks.sentences,
        encoder,
        earlier,
        settings.index,
        partial(progress, ENCODING),
        stayed,
    )
    facts = Facts(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        model=settings.model,
        fingerprint=settings.fingerprint,
        dimension=encodings.passages.shape[1],
        found=gathered.found,
        documents=len(articles),
        duplicates=len(gathered.duplicates),
        refused=len(gathered.refused),
        passages=len(chunks.passages),
        sentences=len(chunks.sentences),
    )
    if facts.found != facts.documents + facts.duplicates + facts.refused:
        raise RuntimeError(f"A file was lost on the way: {facts}.")
    ids, carried = _ids(chunks, encodings, earlier)
    found_by = partial(_found_by, chunks.passages.article, chunks.passages.__getitem__)
    progress(WRITING, 0, 1)
    with new_snapshot(settings.index) as folder, ThreadPoolExecutor(1) as thread:
        ended = Written(folder, thread)
        write_tokens(folder / TOKENS, encodings.tokens, _held(encodings, carried))
        ended.add(TOKENS)
        write_passages(folder / PASSAGES, encodings.passages)
        ended.add(PASSAGES)
        write_sentences(folder / SENTENCES, encodings.sentences)
        ended.add(SENTENCES)
        write_passage_ids(folder / PASSAGE_IDS, ids)
        write_coarse(
            folder / COARSE,
            folder / PASSAGES,
            ids,
            partial(as_questions, chunks.sentences, encoder, encodings.calibration),
            CoarseBefore(carried / COARSE, earlier.ids.issued) if carried else None,
        )
        vectors = PassageVectors(folder / PASSAGES)
        chunks.write(folder / PASSAGE_SPANS, folder / SENTENCE_SPANS)
        write_times(folder / TIMES, chunks.passages, chunks.passages.earlier, earlier.times)
        np.save(folder / PASSAGE_KEYS, encodings.passage_keys)
        np.save(folder / SENTENCE_KEYS, encodings.sentence_keys)
        releases, compared = find_versions(
            list(map(Heading, articles.paths, articles.languages, articles.published)),
            lambda number: articles[number].text,
            Parts(read_spans(folder / PASSAGE_SPANS), vectors),
            Parts(read_spans(folder / SENTENCE_SPANS), read_sentences(folder / SENTENCES)),
            Before(read_compared(carried / VERSIONS), articles.kept) if carried else None,
        )
        write_compared(folder / VERSIONS, compared)
        write_catalogue(
            folder / CATALOGUE,
            articles.new().values() if carried else articles,
            gathered.refused,
            gathered.duplicates,
            gathered.furniture,
            releases,
            (carried / CATALOGUE, articles.gone(earlier.articles)) if carried else None,
        )
        same = gathered.files.keys() - gathered.records.keys()
        write_records(
            folder / FILES,
            gathered.records,
            gathered.parsed,
            gathered.families,
            (earlier.folder / FILES, earlier.records.keys() - same) if earlier.folder else None,
        )
        write_calibration(folder / CALIBRATION, encodings.calibration)
        write_offsets(
            folder / OFFSETS,
            language_offsets(vectors, languages),
            language_offsets(encodings.sentences, chunks.sentences.languages()),
        )
        write_lexical(
            folder / LEXICAL, languages, ids.by_row, found_by, _words_before(earlier, carried)
        )
        snapshot = seal(folder, facts, ended)
    drop_journal(settings.index)
    progress(WRITING, 1, 1)
    return snapshot, encodings.encoded


def _ids(chunks: Chunks, encodings: Encodings, earlier: Earlier) -> tuple[PassageIds, Path | None]:
    """The ids of the passages; and the folder of the snapshot whose files that go by them, and by
    articles, are carried over, None where they are written anew."""
    if earlier.folder and encodings.calibration is earlier.calibration:
        ids = earlier.ids.following(chunks.passages.earlier)
        if ids is not None:
            return ids, earlier.folder
    return PassageIds.first(len(chunks.passages)), None


def _held(encodings: Encodings, carried: Path | None) -> npt.NDArray[np.int64] | None:
    """How many passages hold each word, where the earlier snapshot tells it of most of them."""
    if carried is None:
        return None
    return encodings.tokens.held(np.load(carried / TOKENS / HELD).astype(np.int64))


def _words_before(earlier: Earlier, carried: Path | None) -> LexicalBefore | None:
    if carried is None:
        return None
    found_by = partial(_found_by, earlier.article, earlier.passage)
    return LexicalBefore(carried / LEXICAL, earlier.languages, earlier.ids.by_row, found_by)


def _found_by(
    article_of: Callable[[int], Document], text_of: Callable[[int], str], row: int
) -> tuple[str, str, int]:
    """What a passage is found by in the lexical index: its text, under its article's title, its
    source and its day."""
    article, text = article_of(row), text_of(row)
    title = article.title_beside(text)
    return f"{title}\n{text}" if title else text, article.source, filter_day(article.published)


def _read(
    settings: Settings, earlier: Earlier, progress: Progress
) -> tuple[dict[str, SourceFile | Unread], list[Refusal]]:
    """What was read, or need not be, by its path; and what was refused."""
    files: dict[str, SourceFile | Unread] = {}
    refused: list[Refusal] = []
    for one in read_files(settings.articles, earlier):
        if isinstance(one, Refusal):
            refused.append(one)
        else:
            files[one.path] = one
        progress(READING, len(files) + len(refused), 0)
    return files, refused


def _chunks(
    articles: Articles, settings: Settings, encoder: Encoder, earlier: Earlier, progress: Progress
) -> Chunks:
    chunks = Chunks(articles)
    for number, stayed in articles.runs():
        if stayed:
            chunks.keep(number, stayed, earlier.passages, earlier.sentences)
        else:
            told = chunk(articles[number], encoder.count_tokens, settings.passage_tokens)
            chunks.add(number, told)
        progress(CHUNKING, number + max(len(stayed), 1), len(articles))
    return chunks
