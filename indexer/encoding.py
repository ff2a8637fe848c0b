"""From passages to their vectors and those of their sentences, none encoded twice without need."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from archive.calibration import Calibration
from archive.encoder import Encoded, Encoder
from archive.errors import IndexUnwritable
from archive.languages import Vectors
from archive.spans import Rows, Spans
from indexer.calibrate import learn_calibration
from indexer.journal import Journal, open_journal, start_journal
from indexer.late_interaction import PassageTokens
from indexer.reuse import Earlier, sentence_key, vector_key
from indexer.stored import (
    KEY,
    Joined,
    JoinedTokens,
    KeyRows,
    Keys,
    Store,
    empty_store,
    packed,
)

# Told how much is done and how much there is.
Counted = Callable[[int, int], None]

_AT_ONCE = 128  # passages
_WINDOW = 4096  # of them, in their order, of which those of one length are encoded together
OUTGROWN = 4
ASKED = 128
_SAMPLE = 256  # passages that a calibration is learned from; their tokens are held in memory


class Texts(Protocol):
    """Texts by their rows, perhaps cut out only when they are asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, row: int, /) -> str: ...


@dataclass(frozen=True, slots=True)
class Encodings:
    """Everything encoded, calibrated, in the order of the texts; read from disk when asked for.

    passages: (n, d), sentences: (m, d), float32. tokens: of each passage.
    passage_keys (n,), sentence_keys (m,): what each is reused by.
    encoded: how many passages and sentences this run encoded.
    """

    calibration: Calibration
    passages: Joined
    tokens: JoinedTokens
    sentences: Joined
    passage_keys: Keys
    sentence_keys: Keys
    encoded: int


def encode(
    passages: Texts,
    languages: Sequence[str],
    sentences: Spans,
    encoder: Encoder,
    earlier: Earlier,
    index_dir: Path,
    progress: Counted,
    stayed: tuple[Rows, Rows] | None = None,
) -> Encodings:
    """Encode the passages, with their sentences, that neither the earlier snapshot holds nor the
    journal of the index.

    languages: of each passage. sentences: by their passages, and where they stand in these.
    stayed: the row in the earlier snapshot of each passage (n,) and of each sentence (m,) that is
    as it was there, -1 for the others; these texts are not asked for, unless the calibration is
    another one. Every batch goes into the journal as soon as it is encoded.
    The calibration of the earlier snapshot is kept, so that its vectors still compare; without one
    that of the journal. Where there is none, or it comes from a few passages and there are OUTGROWN
    times as many now, it is learned from a sample of the passages, and everything is encoded.
    Raises IndexUnwritable.
    """
    calibration, journal, sampled = _begin(
        passages, languages, sentences, encoder, earlier, index_dir
    )
    before = earlier.store or empty_store(len(calibration.centre))
    if stayed is None or calibration is not earlier.calibration:
        stayed = np.full(len(passages), -1), np.full(len(sentences), -1)
    key_of = partial(vector_key, encoder.model, calibration)
    keys = _keys(key_of, passages, sentences, stayed, before)
    missing = _Missing(passages, sentences, keys, stayed, before, journal.store)
    count = sampled + missing.count
    progress(0, count)
    done = sampled
    if sampled:
        progress(done, count)
    for rows, texts in missing.batches():
        spans = [sentences.spans(sentences.parts(row)) for row in rows]
        made = _Made.of(encoder.encode_passages(texts, spans), calibration)
        journal.add_passages(keys[0][rows], made.vectors, made.tokens)
        journal.add_sentences(keys[1][sentences.parts_of(rows)], made.sentences)
        done += len(texts) + len(made.sentences)
        progress(done, count)
    after = _opened(index_dir, encoder.model).store
    found = _where(keys[0], stayed[0], before.passages, after.passages, index_dir)
    found_parts = _where(keys[1], stayed[1], before.sentences, after.sentences, index_dir)
    return Encodings(
        calibration,
        Joined(before.vectors, after.vectors, found),
        JoinedTokens(before.tokens, after.tokens, found),
        Joined(before.parts, after.parts, found_parts),
        *keys,
        count,
    )


def as_questions(texts: Texts, encoder: Encoder, calibration: Calibration) -> Vectors:
    """Every other word of some of the texts, evenly spread, encoded as questions are: (n, d), n at
    most ASKED.

    A question lies farther from what answers it than a sentence from its passage, and has only some
    of its words (docs/performance.md).
    """
    rows = np.linspace(0, len(texts) - 1, min(len(texts), ASKED)).astype(np.int64).tolist()
    asked = [" ".join(texts[row].split()[::2]) for row in rows]
    return calibration.vectors(np.stack([encoder.encode_question(one).vector for one in asked]))


# --- The calibration --------------------------------------------------------------------------


def _begin(
    passages: Texts,
    languages: Sequence[str],
    sentences: Spans,
    encoder: Encoder,
    earlier: Earlier,
    index_dir: Path,
) -> tuple[Calibration, Journal, int]:
    """The calibration, a journal under it, and how many texts were encoded to learn it."""
    held = open_journal(index_dir, encoder.model)
    known = [one for one in (earlier.calibration, held.calibration if held else None) if one]
    chosen, distinct = list[int](), _SAMPLE
    if not known or OUTGROWN * known[0].learned_from <= _SAMPLE:  # else it is not outgrown
        chosen, distinct = _sample(passages)
    for kept in known:
        if OUTGROWN * kept.learned_from > min(distinct, _SAMPLE):
            if held is not None and held.calibration.digest == kept.digest:
                return kept, held, 0
            start_journal(index_dir, encoder.model, kept)
            return kept, _opened(index_dir, encoder.model), 0
    texts = [passages[row] for row in chosen]
    spans = [sentences.spans(sentences.parts(row)) for row in chosen]
    encoded: list[Encoded] = []
    for at in range(0, len(texts), _AT_ONCE):
        part = slice(at, at + _AT_ONCE)
        encoded += encoder.encode_passages(texts[part], spans[part])
    calibration = learn_calibration(encoder.model, encoded, [languages[row] for row in chosen])
    made = _Made.of(encoded, calibration)
    keys = [vector_key(encoder.model, calibration, text) for text in texts]
    parts = [sentence_key(key, span) for key, of in zip(keys, spans, strict=True) for span in of]
    start_journal(
        index_dir,
        encoder.model,
        calibration,
        (packed(keys), made.vectors, made.tokens),
        (packed(parts), made.sentences),
    )
    return calibration, _opened(index_dir, encoder.model), len(texts) + len(parts)


def _sample(texts: Texts) -> tuple[list[int], int]:
    """The rows of some of the texts, chosen by their words alone, wherever they stand, the longest
    first; and how many different texts there are."""
    digests = packed(hashlib.blake2b(text.encode()).digest()[:KEY] for text in _every(texts))
    _, last = np.unique(digests[::-1], return_index=True)
    chosen = (len(digests) - 1 - last[:_SAMPLE]).tolist()
    return sorted(chosen, key=lambda row: (-len(texts[row]), texts[row])), len(last)


@dataclass(frozen=True, slots=True)
class _Made:
    """Some passages encoded and calibrated. vectors: (n, d). tokens: of each. sentences: (m, d),
    of one passage after the other."""

    vectors: Vectors
    tokens: list[PassageTokens]
    sentences: Vectors

    @classmethod
    def of(cls, encoded: Sequence[Encoded], calibration: Calibration) -> "_Made":
        """encoded: one at least."""
        return cls(
            calibration.vectors(np.stack([one.vector for one in encoded])),
            [PassageTokens.of(one, calibration) for one in encoded],
            calibration.vectors(np.concatenate([one.sentences for one in encoded])),
        )


# --- What is missing --------------------------------------------------------------------------


class _Missing:
    """The passages of which no earlier snapshot holds all, that is, their sentences too; those of
    the same words once. And which of them the journal lacks.

    The windows are of what no earlier snapshot holds, and the journal holds whole batches: a run
    that goes on encodes the same texts together as one that was never stopped.

    count: how many passages and sentences the journal lacks.
    """

    def __init__(
        self,
        passages: Texts,
        sentences: Spans,
        keys: tuple[Keys, Keys],
        stayed: tuple[Rows, Rows],
        before: Store,
        journal: Store,
    ) -> None:
        self._passages = passages
        whole = _lacked(keys[0], np.flatnonzero(stayed[0] < 0), before.passages)
        parts = _lacked(keys[1], np.flatnonzero(stayed[1] < 0), before.sentences)
        self._rows = np.union1d(whole, sentences.of[parts]).astype(np.int64)
        parts = np.flatnonzero(np.isin(sentences.of, self._rows))
        parts = parts[journal.sentences(keys[1][parts]) < 0]
        self._lacking = journal.passages(keys[0][self._rows]) < 0
        self._lacking |= np.isin(self._rows, sentences.of[parts])
        lacking = self._rows[self._lacking]
        self.count = len(lacking) + int(np.isin(sentences.of, lacking).sum())

    def batches(self) -> Iterator[tuple[list[int], list[str]]]:
        """What is to be encoded together, at most _AT_ONCE passages: their rows and texts."""
        for start in range(0, len(self._rows), _WINDOW):
            window = slice(start, start + _WINDOW)
            rows = self._rows[window][self._lacking[window]]
            texts = {row: self._passages[row] for row in rows.tolist()}
            order = sorted(texts, key=lambda row: (-len(texts[row]), texts[row]))
            for at in range(0, len(order), _AT_ONCE):
                batch = order[at : at + _AT_ONCE]
                yield batch, [texts[row] for row in batch]


def _lacked(keys: Keys, rows: Rows, held: KeyRows) -> Rows:
    """Those of the rows whose keys are not held, of several with one key the first: ascending."""
    _, firsts = np.unique(keys[rows], return_index=True)
    firsts = np.sort(rows[firsts])
    return firsts[held(keys[firsts]) < 0]


def _where(keys: Keys, stayed: Rows, before: KeyRows, after: KeyRows, index_dir: Path) -> Rows:
    """Where each text's encoding is, as `Joined` takes it. Raises IndexUnwritable."""
    rows = stayed.copy()
    others = np.flatnonzero(rows < 0)
    rows[others] = before(keys[others])
    missing = np.flatnonzero(rows < 0)
    found = after(keys[missing])
    if (found < 0).any():
        raise IndexUnwritable(index_dir, "what was written there cannot be read again")
    rows[missing] = ~found
    return rows


def _opened(index_dir: Path, model: str) -> Journal:
    """The journal that stands there. Raises IndexUnwritable."""
    journal = open_journal(index_dir, model)
    if journal is None:
        raise IndexUnwritable(index_dir, "what was written there cannot be read again")
    return journal


def _keys(
    key_of: Callable[[str], bytes],
    passages: Texts,
    sentences: Spans,
    stayed: tuple[Rows, Rows],
    before: Store,
) -> tuple[Keys, Keys]:
    """The keys of the passages (n,) and of the sentences (m,); of those that stayed those that they
    had."""
    held = before.passages.keys, before.sentences.keys
    keys = tuple(np.empty(len(rows), dtype=f"S{KEY}") for rows in stayed)
    for mine, rows, theirs in zip(keys, stayed, held, strict=True):
        mine[rows >= 0] = theirs[rows[rows >= 0]]
    for row in np.flatnonzero(stayed[0] < 0).tolist():
        key, parts = key_of(passages[row]), sentences.parts(row)
        keys[0][row] = key
        keys[1][parts] = [sentence_key(key, span) for span in sentences.spans(parts)]
    return keys[0], keys[1]


def _every(texts: Texts) -> Iterator[str]:
    return (texts[row] for row in range(len(texts)))
