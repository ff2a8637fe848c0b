"""From passages and sentences to their vectors, each text encoded once and no more than needed."""

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
from archive.snapshot import PASSAGES, SENTENCES
from archive.spans import Rows
from indexer.calibrate import learn_calibration
from indexer.journal import Journal, open_journal, start_journal
from indexer.late_interaction import PassageTokens
from indexer.reuse import Earlier, vector_key
from indexer.stored import (
    KEY,
    Joined,
    JoinedTokens,
    KeyRows,
    Keys,
    empty_store,
    packed,
)

# Told how much is done and how much there is.
Counted = Callable[[int, int], None]

_AT_ONCE, _SENTENCES_AT_ONCE = 128, 512
_WINDOW = 4096  # texts, in their order, of which those of one length are encoded together
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
    sentences: Texts,
    encoder: Encoder,
    earlier: Earlier,
    index_dir: Path,
    progress: Counted,
    stayed: tuple[Rows, Rows] | None = None,
) -> Encodings:
    """Encode the texts that neither the earlier snapshot holds nor the journal of the index.

    languages: of each passage. stayed: the row in the earlier snapshot of each passage (n,) and of
    each sentence (m,) that is as it was there, -1 for the others; these texts are not asked for,
    unless the calibration is another one. Every batch goes into the journal as soon as it is
    encoded.
    The calibration of the earlier snapshot is kept, so that its vectors still compare; without one
    that of the journal. Where there is none, or it comes from a few passages and there are OUTGROWN
    times as many now, it is learned from a sample of the passages, and everything is encoded.
    Raises IndexUnwritable.
    """
    calibration, journal, sampled = _begin(passages, languages, encoder, earlier, index_dir)
    before = earlier.store or empty_store(len(calibration.centre))
    if stayed is None or calibration is not earlier.calibration:
        stayed = np.full(len(passages), -1), np.full(len(sentences), -1)
    of_passages = partial(vector_key, encoder.model, calibration, PASSAGES)
    of_sentences = partial(vector_key, encoder.model, calibration, SENTENCES)
    passage_keys = _keys(of_passages, passages, stayed[0], before.passages.keys)
    sentence_keys = _keys(of_sentences, sentences, stayed[1], before.sentences.keys)
    held = journal.store
    whole = _Missing(passages, passage_keys, stayed[0], before.passages, held.passages)
    parts = _Missing(sentences, sentence_keys, stayed[1], before.sentences, held.sentences)
    count = sampled + whole.count + parts.count
    progress(0, count)
    done = sampled
    if sampled:
        progress(done, count)
    for keys, texts in whole.batches(_AT_ONCE):
        vectors, tokens = _calibrated(encoder.encode_passages(texts), calibration)
        journal.add_passages(keys, vectors, tokens)
        done += len(texts)
        progress(done, count)
    for keys, texts in parts.batches(_SENTENCES_AT_ONCE):
        raw = np.stack([one.vector for one in encoder.encode_passages(texts)])
        journal.add_sentences(keys, calibration.vectors(raw))
        done += len(texts)
        progress(done, count)
    after = _opened(index_dir, encoder.model).store
    rows = _where(passage_keys, stayed[0], before.passages, after.passages, index_dir)
    part_rows = _where(sentence_keys, stayed[1], before.sentences, after.sentences, index_dir)
    return Encodings(
        calibration,
        Joined(before.vectors, after.vectors, rows),
        JoinedTokens(before.tokens, after.tokens, rows),
        Joined(before.parts, after.parts, part_rows),
        passage_keys,
        sentence_keys,
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
    passages: Texts, languages: Sequence[str], encoder: Encoder, earlier: Earlier, index_dir: Path
) -> tuple[Calibration, Journal, int]:
    """The calibration, a journal under it, and how many passages were encoded to learn it."""
    held = open_journal(index_dir, encoder.model)
    known = [one for one in (earlier.calibration, held.calibration if held else None) if one]
    chosen, distinct = list[int](), _SAMPLE
    if not known or OUTGROWN * known[0].learned_from <= _SAMPLE:  # else it is not outgrown
        chosen, distinct = _sample(passages)
    for kept in known:
        if OUTGROWN * kept.learned_from > min(distinct, _SAMPLE):
            if held is not None and held.calibration.digest == kept.digest:
                return kept, held, 0
            none = np.empty((0, len(kept.centre)), dtype=np.float32)
            start_journal(index_dir, encoder.model, kept, packed([]), none, [])
            return kept, _opened(index_dir, encoder.model), 0
    texts = [passages[row] for row in chosen]
    encoded: list[Encoded] = []
    for at in range(0, len(texts), _AT_ONCE):
        encoded += encoder.encode_passages(texts[at : at + _AT_ONCE])
    calibration = learn_calibration(encoder.model, encoded, [languages[row] for row in chosen])
    told = [
        _calibrated(encoded[at : at + _AT_ONCE], calibration)
        for at in range(0, len(texts), _AT_ONCE)
    ]
    start_journal(
        index_dir,
        encoder.model,
        calibration,
        packed(vector_key(encoder.model, calibration, PASSAGES, text) for text in texts),
        np.concatenate([vectors for vectors, _ in told]),
        [one for _, tokens in told for one in tokens],
    )
    return calibration, _opened(index_dir, encoder.model), len(texts)


def _sample(texts: Texts) -> tuple[list[int], int]:
    """The rows of some of the texts, chosen by their words alone, wherever they stand, the longest
    first; and how many different texts there are."""
    digests = packed(hashlib.blake2b(text.encode()).digest()[:KEY] for text in _every(texts))
    _, last = np.unique(digests[::-1], return_index=True)
    chosen = (len(digests) - 1 - last[:_SAMPLE]).tolist()
    return sorted(chosen, key=lambda row: (-len(texts[row]), texts[row])), len(last)


def _calibrated(
    encoded: Sequence[Encoded], calibration: Calibration
) -> tuple[Vectors, list[PassageTokens]]:
    vectors = calibration.vectors(np.stack([one.vector for one in encoded]))
    return vectors, [PassageTokens.of(one, calibration) for one in encoded]


# --- What is missing --------------------------------------------------------------------------


class _Missing:
    """The texts that no earlier snapshot holds, each once, and which of them the journal lacks.

    The windows are of what no earlier snapshot holds, and the journal holds whole batches: a run
    that goes on encodes the same texts together as one that was never stopped.
    """

    def __init__(
        self, texts: Texts, keys: Keys, stayed: Rows, before: KeyRows, journal: KeyRows
    ) -> None:
        self._texts, self._keys = texts, keys
        others = np.flatnonzero(stayed < 0)
        _, firsts = np.unique(keys[others], return_index=True)
        firsts = others[firsts]
        self._rows = np.sort(firsts[before(keys[firsts]) < 0])
        self._lacking = journal(keys[self._rows]) < 0
        self.count = int(self._lacking.sum())

    def batches(self, most: int) -> Iterator[tuple[Keys, list[str]]]:
        """What is to be encoded together, at most so many texts: keys (n,) and texts."""
        for start in range(0, len(self._rows), _WINDOW):
            window = slice(start, start + _WINDOW)
            rows = self._rows[window][self._lacking[window]]
            texts = [self._texts[row] for row in rows.tolist()]
            order = sorted(range(len(texts)), key=lambda at: (-len(texts[at]), texts[at]))
            for at in range(0, len(order), most):
                batch = order[at : at + most]
                yield self._keys[rows[batch]], [texts[one] for one in batch]


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


def _keys(key_of: Callable[[str], bytes], texts: Texts, stayed: Rows, before: Keys) -> Keys:
    """The key of each text, (n,); of those that stayed that which they had."""
    keys = np.empty(len(texts), dtype=before.dtype)
    others = np.flatnonzero(stayed < 0)
    keys[stayed >= 0] = before[stayed[stayed >= 0]]
    keys[others] = packed(key_of(texts[row]) for row in others.tolist())
    return keys


def _every(texts: Texts) -> Iterator[str]:
    return (texts[row] for row in range(len(texts)))
