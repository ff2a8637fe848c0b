"""Another model: its index is built beside the current one, which gives way only to one as good."""

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from archive.encoder import Encoder, open_encoder
from archive.errors import ModelUnchanged, ModelWorse, QuestionsInvalid
from archive.settings import Settings
from archive.snapshot import Snapshot, make_current, open_snapshot, unwritable, writing
from archive.storage import flush
from evaluation.questions import ask_all, tally
from indexer.pipeline import Progress, rebuild, silent
from retriever.engine import open_engine

# By how much a share of right answers or refusals may drop; a judgement.
MOST_DROP = 0.01

BESIDE = "beside"  # in the folder of the index


@dataclass(frozen=True, slots=True)
class ModelChange:
    """A change of model. before, after: the share that came out right of each kind of question,
    0..1, with the old model and with the new one. snapshot: the one that is current now."""

    old: str
    new: str
    before: Mapping[str, float]
    after: Mapping[str, float]
    snapshot: str


def change_model(
    settings: Settings,
    name: str,
    questions: Path,
    progress: Progress = silent,
    *,
    force: bool = False,
    opened: Callable[[Settings], Encoder] = open_encoder,
) -> ModelChange:
    """Index the articles with the model `name`, put the questions to both, and switch.

    The index that is current answers until then, and is kept as the one before. Where a figure
    drops by more than MOST_DROP nothing changes, unless `force`, and what was built is dropped. A
    change that is killed goes on from there the next time. Raises ModelUnchanged, ModelUnavailable,
    ModelWorse, QuestionsInvalid, and what opening an index and building one raise.
    """
    there = settings.model_copy(update={"model": name, "index": settings.index / BESIDE})
    with writing(settings.index):
        old = open_snapshot(settings.index, settings.model).facts.model
        if name == old:
            raise ModelUnchanged(name)
        before = _figures(settings, opened(settings), questions)
        encoder = opened(there)
        with writing(there.index):
            rebuild(there, encoder, progress, force=True)
        after = _figures(there, encoder, questions)
        worse = {kind for kind in before if before[kind] - after[kind] > MOST_DROP}
        if worse and not force:
            shutil.rmtree(there.index)
            told = ", ".join(
                f"{one} {before[one]:.2f} to {after[one]:.2f}" for one in sorted(worse)
            )
            raise ModelWorse(old, name, told)
        snapshot = _moved(open_snapshot(there.index, name, deep=True), settings.index)
        shutil.rmtree(there.index)
    return ModelChange(old, name, before, after, snapshot.name)


def _moved(snapshot: Snapshot, index_dir: Path) -> Snapshot:
    """Move a sealed snapshot into the folder of the index, and make it current."""
    try:
        os.rename(snapshot.folder, index_dir / snapshot.name)  # noqa: PTH104 (as replace is)
        flush(index_dir)
        return make_current(index_dir / snapshot.name, snapshot.facts)
    except OSError as error:
        raise unwritable(index_dir, error) from None


def _figures(settings: Settings, encoder: Encoder, questions: Path) -> dict[str, float]:
    """The share of the questions that came out right, by kind."""
    engine = open_engine(settings, encoder)
    try:
        found = tally(engine, ask_all(engine, questions))
    except OSError as error:
        raise QuestionsInvalid(questions, (error.strerror or str(error)).lower()) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise QuestionsInvalid(questions, f"{type(error).__name__}: {error}") from None
    told = {kind: one.right / one.questions for kind, one in found.items() if one.questions}
    if not told:
        raise QuestionsInvalid(questions, "it holds no question")
    return told
