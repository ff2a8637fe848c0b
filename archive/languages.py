"""Which language a text is in, and vectors that do not say which."""

import contextlib
import re
import threading
import unicodedata
from collections import Counter
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from py3langid import __version__ as detection_version
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from archive.documents import UNDETERMINED
from archive.storage import new_folder

Vectors = npt.NDArray[np.float32]

# A script that one language alone is written in tells the language by itself.
_SCRIPT_LANGUAGES = {
    "HANGUL": "ko", "HIRAGANA": "ja", "KATAKANA": "ja", "CJK": "zh", "THAI": "th",
    "GREEK": "el", "ARMENIAN": "hy", "GEORGIAN": "ka", "HEBREW": "he", "TAMIL": "ta",
    "TELUGU": "te", "KANNADA": "kn", "MALAYALAM": "ml", "GUJARATI": "gu", "GURMUKHI": "pa",
    "SINHALA": "si", "KHMER": "km", "LAO": "lo", "MYANMAR": "my", "ORIYA": "or",
}  # fmt: skip
_LETTERS_READ = 4000
_LETTER = re.compile(r"[^\W\d_]")


def detect_language(text: str) -> str:
    """The language of a text as ISO 639-1, "und" for a text without letters.

    The script decides where only one language uses it; py3langid (after Lui and Baldwin, 2012,
    "langid.py") tells the others apart. Text of fewer than about five words is often misjudged:
    nothing is ever filtered by the language of a question.
    """
    read = text[:_LETTERS_READ]
    scripts = Counter[str]()
    for letter in _LETTER.findall("".join(set(read))):
        scripts[unicodedata.name(letter, "?").partition(" ")[0]] += read.count(letter)
    if not scripts:
        return UNDETERMINED
    commonest = max(sorted(scripts), key=scripts.__getitem__)
    if commonest == "CJK" and {"HIRAGANA", "KATAKANA"} & scripts.keys():
        return "ja"
    if commonest in _SCRIPT_LANGUAGES:
        return _SCRIPT_LANGUAGES[commonest]
    language, _ = _DETECTION.identifier().classify(" ".join(read.split()))
    return str(language)


def unpack_detection(models: Path) -> None:
    """Unpack what tells languages apart below `models`, unless it is there, and read it there.

    Its package would have every process unpack it, for half a second. Where the folder cannot be
    written it does.
    """
    unpacked = models / f"py3langid-{detection_version}"
    with contextlib.suppress(OSError):
        if not unpacked.exists():
            with new_folder(unpacked) as building:
                _Detection().write(building)
        _DETECTION.unpacked = unpacked


class _Detection:
    """What py3langid has learned, loaded at first use by one thread, for which others wait.

    unpacked: the folder that holds it, read where it lies; None for that of its package.
    """

    _PARTS = "nb_ptc", "nb_pc", "nb_classes", "tk_nextmove", "tk_output", "tk_row"

    def __init__(self, unpacked: Path | None = None) -> None:
        self.unpacked = unpacked
        self._loaded: LanguageIdentifier | None = None
        self._loading = threading.Lock()

    def identifier(self) -> LanguageIdentifier:
        """What tells a text's language."""
        with self._loading:
            if self._loaded is None:
                self._loaded = (
                    self._mapped(self.unpacked)
                    if self.unpacked
                    else LanguageIdentifier.from_model_file(MODEL_FILE)
                )
            return self._loaded

    def write(self, folder: Path) -> None:
        """Write each part into a folder."""
        for part in self._PARTS:
            np.save(folder / f"{part}.npy", np.asarray(getattr(self.identifier(), part)))

    def _mapped(self, folder: Path) -> LanguageIdentifier:
        counts, priors, classes, moves, output, rows = (
            np.load(folder / f"{part}.npy", mmap_mode="r", allow_pickle=False)
            for part in self._PARTS
        )
        return LanguageIdentifier(
            np.asarray(counts), np.asarray(priors), classes.tolist(),
            memoryview(moves), output.tolist(), tk_row=rows.tolist(),
        )  # fmt: skip


_DETECTION = _Detection()


DIRECTIONS = Path(__file__).with_name("language_directions.npy")
TOKEN_CENTRE = Path(__file__).with_name("token_centre.npy")


@lru_cache(maxsize=1)
def packaged_directions() -> Vectors:
    """The directions along which the packaged model's vectors tell languages apart.

    (k, d) float32, orthonormal rows, the strongest first; learned by
    `python -m evaluation.learn_directions` from one text in many languages.
    """
    directions: Vectors = np.load(DIRECTIONS, allow_pickle=False)
    return directions


@lru_cache(maxsize=1)
def packaged_token_centre() -> Vectors:
    """The mean of the packaged model's token vectors without those directions, (d,) float32.

    Learned by the same command from the same text, each language counting alike.
    """
    centre: Vectors = np.load(TOKEN_CENTRE, allow_pickle=False)
    return centre


def learn_directions(means: Vectors, count: int) -> Vectors:
    """The `count` leading directions in which the mean vectors of languages differ.

    means: (languages, d), the mean vector of one same text in each language.
    Returns (count, d), orthonormal rows: the right singular vectors of the centred means (the
    removal of a language's subspace follows Yang et al., 2021, "A Simple and Effective Method To
    Eliminate the Self Language Bias in Multilingual Representations").
    """
    centred = means - means.mean(axis=0)
    _, _, rows = np.linalg.svd(centred, full_matrices=False)
    directions: Vectors = rows[:count].astype(np.float32)
    return directions


def without_directions(vectors: Vectors, directions: Vectors) -> Vectors:
    """The vectors (n, d) with their parts along the directions (k, d) taken out, of unit length."""
    return unit_rows(vectors - (vectors @ directions.T) @ directions)


def unit_rows(vectors: npt.NDArray[np.floating]) -> Vectors:
    """The vectors (n, d) scaled to unit length; a zero vector stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)
    return scaled
