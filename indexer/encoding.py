"""From passages and sentences to their vectors, each text encoded once and no more than needed."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from archive.calibration import Calibration
from archive.encoder import Encoded, Encoder
from archive.languages import Vectors
from archive.snapshot import PASSAGES, SENTENCES
from indexer.calibrate import learn_calibration
from indexer.late_interaction import PassageTokens
from indexer.reuse import Earlier, vector_key

# Told how much is done and how much there is.
Counted = Callable[[int, int], None]

_AT_ONCE = 64
OUTGROWN = 4
_SAMPLE = 256  # passages that a calibration is learned from; their tokens are held in memory


@dataclass(frozen=True, slots=True)
class Encodings:
    """Everything encoded, calibrated, in the order of the texts.

    passages: (n, d). tokens: of each passage. sentences: (m, d). Keys: what each is reused by.
    encoded: how many passages and sentences no earlier snapshot held.
    """

    calibration: Calibration
    passages: Vectors
    tokens: list[PassageTokens]
    sentences: Vectors
    passage_keys: list[bytes]
    sentence_keys: list[bytes]
    encoded: int


def encode(
    passages: Sequence[str],
    languages: Sequence[str],
    sentences: Sequence[str],
    encoder: Encoder,
    earlier: Earlier,
    progress: Counted,
) -> Encodings:
    """Encode the texts; languages: of each passage.

    The calibration of an earlier snapshot is kept, so that its vectors still compare. Without one,
    or where it comes from a few passages and there are OUTGROWN times as many now, it is learned
    from a sample of the passages, and everything is encoded.
    """
    calibration, sample = earlier.calibration, {}
    of = dict(zip(passages, languages, strict=True))
    if calibration is None or OUTGROWN * calibration.learned_from <= min(len(of), _SAMPLE):
        sample = _sample(of, encoder)
        calibration = learn_calibration(
            encoder.model, list(sample.values()), [of[text] for text in sample]
        )
    passage_keys = [vector_key(encoder.model, calibration, PASSAGES, one) for one in passages]
    sentence_keys = [vector_key(encoder.model, calibration, SENTENCES, one) for one in sentences]
    whole = {key: earlier.passage(key) for key in dict.fromkeys(passage_keys)}
    parts = {key: earlier.sentence(key) for key in dict.fromkeys(sentence_keys)}
    missing = _longest_first(whole, dict(zip(passage_keys, passages, strict=True)))
    short = _longest_first(parts, dict(zip(sentence_keys, sentences, strict=True)))
    count = len(missing) + len(short)
    progress(0, count)
    done = 0
    for batch in _batches(missing):
        texts = [text for _, text in batch if text not in sample]
        new = sample | dict(
            zip(texts, encoder.encode_passages(texts) if texts else [], strict=True)
        )
        vectors = calibration.vectors(np.stack([new[text].vector for _, text in batch]))
        for (key, text), vector in zip(batch, vectors, strict=True):
            whole[key] = vector, PassageTokens.of(new[text], calibration)
        done += len(batch)
        progress(done, count)
    for batch in _batches(short):
        encoded = encoder.encode_passages([text for _, text in batch])
        vectors = calibration.vectors(np.stack([one.vector for one in encoded]))
        parts.update(zip((key for key, _ in batch), vectors, strict=True))
        done += len(batch)
        progress(done, count)
    told = [one for key in passage_keys if (one := whole[key]) is not None]
    return Encodings(
        calibration,
        np.stack([vector for vector, _ in told]),
        [tokens for _, tokens in told],
        np.stack([part for key in sentence_keys if (part := parts[key]) is not None]),
        passage_keys,
        sentence_keys,
        count,
    )


def _sample(texts: Mapping[str, str], encoder: Encoder) -> dict[str, Encoded]:
    """Some of the texts, encoded, chosen by their words alone, wherever they stand."""
    chosen = sorted(texts, key=lambda text: hashlib.blake2b(text.encode()).digest())[:_SAMPLE]
    chosen.sort(key=lambda text: (-len(text), text))
    found: dict[str, Encoded] = {}
    for at in range(0, len(chosen), _AT_ONCE):
        batch = chosen[at : at + _AT_ONCE]
        found.update(zip(batch, encoder.encode_passages(batch), strict=True))
    return found


def _longest_first(
    found: Mapping[bytes, object], texts: Mapping[bytes, str]
) -> list[tuple[bytes, str]]:
    """What was not found, so ordered that texts encoded together are of about one length."""
    missing = [(key, texts[key]) for key, one in found.items() if one is None]
    return sorted(missing, key=lambda one: (-len(one[1]), one[1]))


def _batches(texts: Sequence[tuple[bytes, str]]) -> list[Sequence[tuple[bytes, str]]]:
    return [texts[at : at + _AT_ONCE] for at in range(0, len(texts), _AT_ONCE)]
