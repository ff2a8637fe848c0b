"""Every error that can be cured is told in every language of the interface, with the same cure."""

import inspect
import re
from pathlib import Path

import pytest

from archive import errors
from archive.errors import ArchiveError
from ui.problems import sentence_of
from ui.wording import WORDINGS

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, ArchiveError) and kind is not ArchiveError
]
COMMANDS = re.compile(r"communique [a-z-]+(?: --?[a-z]+)?|make [a-z]+|COMMUNIQUE_[A-Z_]+(?==)")
VALUES: dict[object, object] = {
    Path: Path("some/place"), str: "a-word", int: 17, str | None: "a-word",
}  # fmt: skip


def made(kind: type[ArchiveError]) -> ArchiveError:
    told = list(inspect.signature(kind.__init__, eval_str=True).parameters.values())[1:]
    return kind(*(VALUES[one.annotation] for one in told))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_says_the_same_cure_in_every_language(kind: type[ArchiveError]) -> None:
    error = made(kind)
    told = {language: sentence_of(error, language) for language in WORDINGS}
    assert told["en"] == str(error)
    assert len(set(told.values())) == len(WORDINGS)
    for language, sentence in told.items():
        assert "{" not in sentence
        assert set(COMMANDS.findall(sentence)) >= set(COMMANDS.findall(str(error))), language
        assert not re.search(r"(?<=[^\u00a0]) [:;?!»]|« ", sentence) or language == "en"


def test_what_an_error_tells_stands_in_its_sentence() -> None:
    error = errors.TooManyDropped(7, 20, "a/b.txt")
    assert sentence_of(error, "fr").startswith(
        "L’exécution retirerait 7 des 20 articles indexés, dont a/b.txt."
    )
    assert sentence_of(errors.IndexMissing(Path("x")), "fr") == (
        "Il n’y a pas d’index dans x. Construisez-le\u00a0: communique index"
    )


def test_an_error_without_a_sentence_of_its_own_is_noticed() -> None:
    class Unheard(ArchiveError):
        pass

    with pytest.raises(KeyError):
        sentence_of(Unheard("Something."), "fr")
