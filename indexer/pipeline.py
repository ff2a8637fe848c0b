"""The indexer's one entry: from a folder of articles to the current snapshot."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from archive.calibration import write_calibration, write_offsets
from archive.catalogue import write_catalogue
from archive.documents import DateBasis, Document, Duplicate, FurnitureLine, Refusal
from archive.encoder import Encoder
from archive.errors import NothingToIndex, TooManyDropped
from archive.languages import detect_language
from archive.lexical_schema import filter_day
from archive.passage_ids import PassageIds, write_passage_ids
from archive.settings import Settings
from archive.snapshot import (
    CALIBRATION,
    CATALOGUE,
    COARSE,
    LEXICAL,
    OFFSETS,
    PASSAGE_IDS,
    PASSAGE_KEYS,
    PASSAGE_SPANS,
    PASSAGES,
    SENTENCE_KEYS,
    SENTENCE_SPANS,
    SENTENCES,
    TOKENS,
    Facts,
    Snapshot,
    new_snapshot,
    seal,
    unwritable,
    writing,
)
from archive.text import normalised
from indexer.calibrate import language_offsets
from indexer.chunking import chunk
from indexer.chunks import Chunks, Cuts
from indexer.coarse import write_coarse
from indexer.dense import PassageVectors, read_sentences, write_passages, write_sentences
from indexer.duplicates import without_duplicates
from indexer.encoding import as_questions, encode
from indexer.formats.parsed import Parsed
from indexer.furniture import Furniture
from indexer.journal import drop_journal
from indexer.late_interaction import write_tokens
from indexer.lexical import write_lexical
from indexer.metadata import published_on, title_of
from indexer.parsing import written
from indexer.reading import SourceFile, read_files
from indexer.refusals import Reason, refusal
from indexer.reuse import Earlier
from indexer.versions import find_versions

# Told the step, how much of it is done, and how much there is (0 where nobody knows yet).
Progress = Callable[[str, int, int], None]
_TELLS_ITS_LANGUAGE = 200  # characters
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


@dataclass(frozen=True, slots=True)
class Gathered:
    """The articles to index, and what was left out on the way to them.

    files: the digest of every file that was decoded, by its path. parsed: what was parsed of those
    that are not plain text, as it is kept.
    """

    documents: list[Document]
    refused: list[Refusal]
    duplicates: list[Duplicate]
    furniture: list[FurnitureLine]
    files: dict[str, str]
    found: int
    parsed: dict[str, bytes] = field(default_factory=dict)


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
        earlier = Earlier(settings, fresh=fresh)
        files, refused = _read(settings, earlier, progress)
        digests = {file.path: file.digest for file in files}
        standing = earlier.unchanged(digests, refused)
        if standing:
            drop_journal(settings.index)  # of a run that ended between sealing and dropping it
            snapshot, encoded = standing, 0
        else:
            gathered = _gather(files, refused, earlier, progress)
            if not gathered.documents:
                raise NothingToIndex(settings.articles)
            if not force:
                _refuse_to_drop_many(gathered, earlier)
            try:
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


def _gather(
    files: list[SourceFile], refused: Sequence[Refusal], earlier: Earlier, progress: Progress
) -> Gathered:
    """Prepare the files, which are taken out of the list: no text is held twice."""
    digests = {file.path: file.digest for file in files}
    parsed = {
        file.path: written(Parsed(file.text, file.encoding, file.stated))
        for file in files
        if file.parsed
    }
    furniture = Furniture({file.path: file.text for file in files})
    articles, empty = _documents(files, furniture, earlier, progress)
    documents, duplicates = without_duplicates(articles)
    return Gathered(
        documents,
        sorted([*refused, *empty], key=lambda one: one.path),
        duplicates,
        furniture.found,
        digests,
        found=len(digests) + len(refused),
        parsed=parsed,
    )


def _refuse_to_drop_many(gathered: Gathered, earlier: Earlier) -> None:
    """Raise TooManyDropped where more than MOST_DROPPED of the articles would be gone.

    One whose file has moved, or now repeats another, is not gone.
    """
    paths = {one.path for one in gathered.documents} | {one.path for one in gathered.duplicates}
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
    """Index the documents and make the snapshot current.

    Its files of vectors are written a block at a time, from the journal and the earlier snapshot,
    and read where they lie from then on. Returns it, and how many passages and sentences this run
    encoded.
    """
    earlier.load()
    documents = gathered.documents
    chunks = _chunks(documents, settings, encoder, earlier, progress)
    languages = chunks.passages.languages()
    encodings = encode(
        chunks.passages,
        languages,
        chunks.sentences,
        encoder,
        earlier,
        settings.index,
        partial(progress, ENCODING),
    )
    facts = Facts(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        model=settings.model,
        fingerprint=settings.fingerprint,
        dimension=encodings.passages.shape[1],
        found=gathered.found,
        documents=len(documents),
        duplicates=len(gathered.duplicates),
        refused=len(gathered.refused),
        passages=len(chunks.passages),
        sentences=len(chunks.sentences),
    )
    if facts.found != facts.documents + facts.duplicates + facts.refused:
        raise RuntimeError(f"A file was lost on the way: {facts}.")
    progress(WRITING, 0, 1)
    with new_snapshot(settings.index) as folder:
        write_passages(folder / PASSAGES, encodings.passages)
        write_sentences(folder / SENTENCES, encodings.sentences)
        write_tokens(folder / TOKENS, encodings.tokens)
        ids = PassageIds.first(len(chunks.passages))
        write_passage_ids(folder / PASSAGE_IDS, ids)
        write_coarse(
            folder / COARSE,
            folder / PASSAGES,
            ids,
            partial(as_questions, chunks.sentences, encoder, encodings.calibration),
        )
        vectors = PassageVectors(folder / PASSAGES)
        chunks.write(folder / PASSAGE_SPANS, folder / SENTENCE_SPANS)
        np.save(folder / PASSAGE_KEYS, encodings.passage_keys)
        np.save(folder / SENTENCE_KEYS, encodings.sentence_keys)
        write_catalogue(
            folder / CATALOGUE,
            documents,
            gathered.refused,
            gathered.duplicates,
            gathered.furniture,
            ((path, digest, gathered.parsed.get(path)) for path, digest in gathered.files.items()),
            find_versions(documents, chunks, vectors, read_sentences(folder / SENTENCES)),
        )
        write_calibration(folder / CALIBRATION, encodings.calibration)
        write_offsets(
            folder / OFFSETS,
            language_offsets(vectors, languages),
            language_offsets(encodings.sentences, chunks.sentences.languages()),
        )
        write_lexical(folder / LEXICAL, languages, ids.by_row, partial(_found_by, chunks.passages))
        snapshot = seal(folder, facts)
    drop_journal(settings.index)
    progress(WRITING, 1, 1)
    return snapshot, encodings.encoded


def _found_by(passages: Cuts, row: int) -> tuple[str, str, int]:
    """What a passage is found by in the lexical index: its text, under its article's title, its
    source and its day."""
    document, text = passages.document(row), passages[row]
    title = document.title.removesuffix("…")
    told = text if title in text else f"{title}\n{text}"
    return told, document.source, filter_day(document.published)


def _read(
    settings: Settings, earlier: Earlier, progress: Progress
) -> tuple[list[SourceFile], list[Refusal]]:
    files: list[SourceFile] = []
    refused: list[Refusal] = []
    for one in read_files(settings.articles, earlier.parsed):
        if isinstance(one, SourceFile):
            files.append(one)
        else:
            refused.append(one)
        progress(READING, len(files) + len(refused), 0)
    return files, refused


def _documents(
    files: list[SourceFile], furniture: Furniture, earlier: Earlier, progress: Progress
) -> tuple[list[Document], list[Refusal]]:
    documents: list[Document] = []
    empty: list[Refusal] = []
    count = len(files)
    files.reverse()
    for number in range(1, count + 1):
        file = files.pop()
        document = document_of(file, furniture, earlier.document(file.path))
        if document is None:
            empty.append(refusal(file.path, Reason.ONLY_FURNITURE))
        else:
            documents.append(document)
        progress(PREPARING, number, count)
    return documents, empty


def document_of(
    file: SourceFile, furniture: Furniture, before: Document | None = None
) -> Document | None:
    """The article in a file, None where nothing is left once the furniture is out.

    before: what the same file was before; where its text is the same so are title, language and
    date, which take longest to find. What a file that was parsed states of itself goes first, but
    for two matters: the words of a text of some length tell their language more surely than its
    markup, and the text the day it came out than the properties of the file.
    """
    text, pieces = normalised(file.text, furniture.without(file.path, file.text))
    if not any(character.isalnum() for character in text):
        return None
    same = before is not None and before.text == text
    if before is not None and same and (before.digest == file.digest or not file.parsed):
        title, language = before.title, before.language
        published, basis = before.published, before.date_basis
    else:
        stated = file.stated
        language = detect_language(text)
        if stated.language and len(text) < _TELLS_ITS_LANGUAGE:
            language = stated.language
        title = stated.title or title_of(text, language)
        published, basis = stated.published, stated.date_basis
        if basis not in (DateBasis.STATED, DateBasis.INFERRED):
            shown, how = published_on(text, language)
            published, basis = (shown, how) if shown else (published, basis)
    return Document(
        file.path, title, language, published, basis, text, pieces, file.encoding, file.digest,
        file.stated.address, file.stated.pages,
    )  # fmt: skip


def _chunks(
    documents: Sequence[Document],
    settings: Settings,
    encoder: Encoder,
    earlier: Earlier,
    progress: Progress,
) -> Chunks:
    chunks = Chunks()
    for number, document in enumerate(documents, start=1):
        known = earlier.chunks(document)
        if known is None:
            known = chunk(document, encoder.count_tokens, settings.passage_tokens)
        chunks.add(document, known)
        progress(CHUNKING, number, len(documents))
    return chunks
