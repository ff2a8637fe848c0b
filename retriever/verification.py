"""Whether the files of a snapshot agree with one another, and its articles with their checksums."""

from collections.abc import Iterator
from datetime import date

import numpy as np

from archive.errors import IndexDamaged
from archive.snapshot import (
    CATALOGUE,
    PASSAGE_IDS,
    PASSAGE_KEYS,
    PASSAGE_SPANS,
    SENTENCE_KEYS,
    SENTENCE_SPANS,
    TIMES,
    Snapshot,
)
from archive.spans import Numbers, Spans
from retriever.indexes import Indexes


def disagreements(snapshot: Snapshot) -> list[str]:
    """What does not agree in a snapshot, each as a sentence's half; nothing where it is sound.

    Every article is read. Its files are taken for those that were sealed: whether they are is what
    `open_kept` checks.
    """
    try:
        return list(_disagreements(snapshot))
    except IndexDamaged as error:
        return [error.problem]
    except Exception as error:
        return [f"it cannot be read ({type(error).__name__})"]


def _disagreements(snapshot: Snapshot) -> Iterator[str]:
    facts, folder = snapshot.facts, snapshot.folder
    indexes = Indexes(folder)
    documents = indexes.catalogue.documents()
    counts = {
        CATALOGUE: (len(documents), facts.documents),
        PASSAGE_SPANS: (len(indexes.spans), facts.passages),
        PASSAGE_IDS: (len(indexes.ids), facts.passages),
        SENTENCE_SPANS: (len(indexes.sentence_spans), facts.sentences),
        "the vectors of passages": (len(indexes.passages), facts.passages),
        "the vectors of sentences": (len(indexes.sentences), facts.sentences),
        "the tokens": (len(indexes.tokens), facts.passages),
        "the words": (len(indexes.lexical), facts.passages),
    }
    for name, wanted in ((PASSAGE_KEYS, facts.passages), (SENTENCE_KEYS, facts.sentences)):
        counts[name] = len(np.load(folder / name, mmap_mode="r", allow_pickle=False)), wanted
    for name, (held, wanted) in counts.items():
        if held != wanted:
            yield f"{name}: {held} instead of {wanted}"
    if len(np.unique(indexes.ids.by_row)) < len(indexes.ids):
        yield f"{PASSAGE_IDS}: two passages have one id"
    if [one.path for one in documents] != indexes.columns.paths:
        yield f"{CATALOGUE}: the articles are not in the order of their numbers"
    ends = np.array([len(one.text) for one in documents], dtype=np.int32)
    articles = np.stack([np.zeros_like(ends), ends])
    if not _lie_in(indexes.spans, articles):
        yield f"{PASSAGE_SPANS}: a passage lies outside its article"
    if not _lie_in(indexes.sentence_spans, indexes.spans.offsets):
        yield f"{SENTENCE_SPANS}: a sentence lies outside its passage"
    every_day = np.repeat([[date.min.toordinal()], [date.max.toordinal()]], facts.passages, axis=1)
    if not _lie_in(indexes.times, every_day.astype(np.int32)):
        yield f"{TIMES}: a time of no passage, or no time"


def _lie_in(parts: Spans, wholes: Numbers) -> bool:
    """Whether every part, in the order of the wholes, lies in its whole. wholes: (2, n), where
    each starts and ends."""
    of, (starts, ends) = parts.of, parts.offsets
    if np.any(of < 0) or np.any(of >= wholes.shape[1]) or np.any(np.diff(of) < 0):
        return False
    first, last = wholes[:, of]
    return bool(np.all((first <= starts) & (starts < ends) & (ends <= last)))
