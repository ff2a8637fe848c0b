"""Another model takes over only where it answers as well, and nothing is lost where it does not."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from fakes import WordHashEncoder, write_pages

from archive.encoder import Encoded, Encoder
from archive.errors import (
    IndexBusy,
    IndexFromOtherModel,
    ModelUnchanged,
    ModelWorse,
    QuestionsInvalid,
)
from archive.settings import Settings
from archive.snapshot import CURRENT, kept_snapshots, model_of, open_snapshot, roll_back, writing
from evaluation.model_change import BESIDE, change_model
from indexer.pipeline import build_index

SHIPS = ("Aurora", "Borealis", "Cormorant", "Dunlin", "Eider", "Fulmar")


class BlindEncoder(WordHashEncoder):
    """To whom a question is near what it has nothing to do with."""

    def encode_passages(self, texts: Sequence[str]) -> list[Encoded]:
        return [self._by_chance(text) for text in texts]

    def encode_question(self, text: str) -> Encoded:
        return self._by_chance(f"?{text}")

    def _by_chance(self, text: str) -> Encoded:
        vector = np.zeros(self.dimension, dtype=np.float32)
        vector[int(hashlib.md5(text.encode()).hexdigest(), 16) % self.dimension] = 1
        none, no_tokens = np.zeros(0, dtype=np.int32), np.zeros((0, self.dimension), np.float32)
        return Encoded(vector, no_tokens, none, none, no_tokens)


def opened(settings: Settings) -> Encoder:
    kind = BlindEncoder if "blind" in settings.model else WordHashEncoder
    return kind(settings.model)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    chosen = Settings.from_environment(
        articles=tmp_path / "articles", index=tmp_path / "index", model="word-hash"
    )
    pages = {
        f"{ship}.txt": f"The ship {ship} carries {number}00 tons of grain from Riga every week. "
        f"Her captain has sailed for {number} years."
        for number, ship in enumerate(SHIPS, start=2)
    }
    write_pages(chosen.articles, pages)
    build_index(chosen, WordHashEncoder())
    return chosen


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    file = tmp_path / "questions.jsonl"
    lines = [
        {"question": f"The ship {ship} carries {number}00 tons of grain from Riga every week.",
         "language": "en", "path": f"{ship}.txt", "answer": f"{number}00 tons"}
        for number, ship in enumerate(SHIPS, start=2)
    ]  # fmt: skip
    file.write_text("\n".join(map(json.dumps, lines)))
    return file


def test_a_model_as_good_takes_over_and_the_one_before_is_kept(
    settings: Settings, questions: Path
) -> None:
    before = open_snapshot(settings.index, "word-hash")
    changed = change_model(settings, "other-hash", questions, opened=opened)
    assert (changed.old, changed.new) == ("word-hash", "other-hash")
    assert changed.before == changed.after == {"answered": 1.0}
    now = open_snapshot(settings.index, "other-hash", deep=True)
    assert now.name == changed.snapshot != before.name
    kept = kept_snapshots(settings.index, deep=True)
    assert [(one.name, one.problem) for one in kept] == [(now.name, None), (before.name, None)]
    assert not (settings.index / BESIDE).exists()
    assert roll_back(settings.index, "word-hash", before.name).name == before.name


def test_a_model_that_is_worse_changes_nothing_unless_it_is_forced(
    settings: Settings, questions: Path
) -> None:
    pointer = (settings.index / CURRENT).read_bytes()
    with pytest.raises(ModelWorse, match=r"blind .*answered 1\.00 to 0\.\d\d.*--force"):
        change_model(settings, "blind", questions, opened=opened)
    assert (settings.index / CURRENT).read_bytes() == pointer
    assert not (settings.index / BESIDE).exists()
    changed = change_model(settings, "blind", questions, opened=opened, force=True)
    assert changed.after["answered"] < changed.before["answered"]
    assert model_of(settings.index) == "blind"


def test_where_no_model_is_named_it_is_that_of_the_index(
    settings: Settings, questions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def followed() -> str:
        return Settings.from_environment(index=settings.index).model

    assert followed() == "word-hash"
    change_model(settings, "other-hash", questions, opened=opened)
    assert followed() == "other-hash"
    monkeypatch.setenv("COMMUNIQUE_MODEL", "word-hash")
    assert followed() == "word-hash"
    with pytest.raises(IndexFromOtherModel, match="other-hash"):
        open_snapshot(settings.index, followed())


def test_a_change_that_stopped_half_way_leaves_what_was_and_goes_on(
    settings: Settings, questions: Path
) -> None:
    class Stopping(WordHashEncoder):
        def encode_passages(self, texts: Sequence[str]) -> list[Encoded]:
            raise KeyboardInterrupt

    pointer = (settings.index / CURRENT).read_bytes()
    with pytest.raises(KeyboardInterrupt):
        change_model(
            settings, "other-hash", questions,
            opened=lambda chosen: (
                Stopping("other-hash") if chosen.model == "other-hash" else opened(chosen)
            ),
        )  # fmt: skip
    assert (settings.index / CURRENT).read_bytes() == pointer
    build_index(settings, WordHashEncoder())
    assert open_snapshot(settings.index, "word-hash")
    assert change_model(settings, "other-hash", questions, opened=opened).snapshot
    assert open_snapshot(settings.index, "other-hash", deep=True)


def test_what_is_asked_wrongly_is_told(settings: Settings, questions: Path) -> None:
    with pytest.raises(ModelUnchanged, match="--fresh"):
        change_model(settings, "word-hash", questions, opened=opened)
    for words in ("", "no json", "[]", '{"question": "Who?"}'):
        questions.write_text(words)
        with pytest.raises(QuestionsInvalid):
            change_model(settings, "other-hash", questions, opened=opened)
    with pytest.raises(QuestionsInvalid):
        change_model(settings, "other-hash", questions.parent / "nowhere", opened=opened)
    with writing(settings.index), pytest.raises(IndexBusy):
        change_model(settings, "other-hash", questions, opened=opened)
    assert model_of(settings.index) == "word-hash"
