"""Fit the confidence of answers, and draw how far it can be trusted.

    python -m evaluation.fit_confidence piaf squad2 xquad

The arguments are the folders of those three sets. What every question gave is kept in
`evaluation/confidence.csv`; without arguments the fit is made from that file. Prints the constants
of `retriever/confidence.py`, and draws docs/reliability.png and docs/risk_coverage.png.

A question is right where one of the sentences chosen for it holds a gold answer. Sets:

    piaf, squad2    as they are, with their questions that have no answer
    xquad           without every other article, so that half of its questions have no answer
    xquad-across    the same, put to the articles in other languages only

A logistic regression on the five signs weighs the sets equally, so that they hold across languages;
its slope and intercept are then fitted on piaf and squad2 alone (Platt, 1999), whose questions
without an answer were written, or left, by people.
"""

import csv
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from archive.documents import Filters, Question
from archive.encoder import Encoder, open_encoder
from archive.settings import Settings
from evaluation.metrics import calibration_error, reliability
from evaluation.run import EvaluationSet, Query, gathered, read_set
from indexer.pipeline import write_snapshot
from indexer.reuse import Earlier
from retriever.confidence import THRESHOLD, Signs
from retriever.engine import open_engine
from retriever.extraction import ScoredSentence

Curve = npt.NDArray[np.float64]

KEPT = Path(__file__).with_name("confidence.csv")
DOCS = Path(__file__).parent.parent / "docs"
CALIBRATED_ON = ("piaf", "squad2")
_FIELDS = ("set", "sentence", "late", "words", "across", "lacking", "right")


@dataclass(frozen=True, slots=True)
class Told:
    """What one question gave: the signs of its sentences, and whether they were right."""

    set: str
    signs: Signs
    right: bool

    @property
    def row(self) -> tuple[float, ...]:
        of = self.signs
        return of.sentence, of.late, of.words, float(of.across), float(of.lacking)


@dataclass(frozen=True, slots=True)
class Fit:
    """A logistic model of being right: the intercept, and a weight for each sign in order."""

    intercept: float
    weights: tuple[float, ...]

    def confidence(self, told: Told) -> float:
        logit = self.intercept + float(np.dot(self.weights, told.row))
        return float(1 / (1 + np.exp(-logit)))


def halved(chosen: EvaluationSet) -> EvaluationSet:
    """The set without every other article, in whatever languages it is told.

    The questions on those articles have no answer any more; the others have that of the question
    in any language.
    """
    articles = list(dict.fromkeys(_article(row["_id"]) for row in chosen.rows))
    left = set(articles[::2])
    answers: dict[str, set[str]] = defaultdict(set)
    for query in chosen.queries:
        answers[_article(query.id)].update(query.answers)
    queries = []
    for query in chosen.queries:
        there = any(_article(document) in left for document in chosen.qrels[query.id])
        told = tuple(sorted(answers[_article(query.id)])) if there else ()
        queries.append(replace(query, answerable=there, answers=told))
    rows = [row for row in chosen.rows if _article(row["_id"]) in left]
    return replace(chosen, rows=rows, queries=queries)


def _article(name: str) -> str:
    """The name of an article or a question without its language: p001-en is p001."""
    return name.rpartition("-")[0]


def ask(chosen: EvaluationSet, encoder: Encoder, settings: Settings, *, across: bool) -> list[Told]:
    """Put the questions whose answer is known to the set's own articles.

    across: only to those in other languages than the question's.
    """
    name = f"{chosen.name}-across" if across else chosen.name
    languages = frozenset(chosen.languages.values())
    found = []
    with tempfile.TemporaryDirectory() as temporary:
        there = settings.model_copy(update={"index": Path(temporary)})
        write_snapshot(gathered(chosen), there, encoder, Earlier(there))
        engine = open_engine(there, encoder)
        for query in chosen.queries:
            if query.answers or not query.answerable:
                filters = Filters(languages=languages - {query.language} if across else frozenset())
                draft = engine.draft(Question(query.text, filters))
                if draft.signs:
                    found.append(Told(name, draft.signs, _right(query, draft.chosen)))
    return found


def _right(query: Query, chosen: Sequence[ScoredSentence]) -> bool:
    return any(answer in one.text for one in chosen for answer in query.answers)


def fit(told: Sequence[Told]) -> Fit:
    """The model that the kept outcomes give; it does not depend on their order."""
    signs = np.array([one.row for one in told])
    right = np.array([one.right for one in told])
    sets = [one.set for one in told]
    weights = np.array([1 / sets.count(one) for one in sets])
    middle, spread = signs.mean(axis=0), signs.std(axis=0)
    model = LogisticRegression(max_iter=1000, tol=1e-8)
    model.fit((signs - middle) / spread, right, sample_weight=weights * len(told) / weights.sum())
    slopes = model.coef_[0] / spread
    logits = signs @ slopes
    judged = np.array([one in CALIBRATED_ON for one in sets])
    platt = LogisticRegression(C=1e6, max_iter=1000, tol=1e-8)
    platt.fit(logits[judged, np.newaxis], right[judged])
    return Fit(
        round(float(platt.intercept_[0]), 2),
        tuple(round(float(one), 2) for one in platt.coef_[0, 0] * slopes),
    )


def read_told() -> list[Told]:
    """The outcomes kept."""
    with KEPT.open(encoding="utf-8", newline="") as lines:
        return [
            Told(
                row["set"],
                Signs(
                    float(row["sentence"]), float(row["late"]), float(row["words"]),
                    bool(int(row["across"])), bool(int(row["lacking"])),
                ),
                bool(int(row["right"])),
            )
            for row in csv.DictReader(lines)
        ]  # fmt: skip


def write_told(told: Sequence[Told]) -> None:
    with KEPT.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(_FIELDS)
        for one in told:
            of = one.signs
            numbers = (f"{value:.4f}" for value in (of.sentence, of.late, of.words))
            kinds = (int(of.across), int(of.lacking))
            writer.writerow([one.set, *numbers, *kinds, int(one.right)])


def risk_coverage(confidences: Sequence[float], right: Sequence[bool]) -> tuple[Curve, Curve]:
    """How many answers are wrong where only the surest are shown (El-Yaniv and Wiener, 2010).

    Returns the shares shown, from the surest alone to all, and the share of wrong ones in each.
    """
    surest = np.argsort(-np.array(confidences), kind="stable")
    wrong = np.cumsum(~np.array(right, dtype=bool)[surest])
    counts = np.arange(1, len(right) + 1)
    return counts / len(right), wrong / counts


def draw(told: Sequence[Told], model: Fit) -> None:
    """Draw the two curves of the sets the confidence is calibrated on."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    sets = {name: [one for one in told if one.set == name] for name in CALIBRATED_ON}
    sets["both"] = [one for name in CALIBRATED_ON for one in sets[name]]
    for file, across, up in (
        ("reliability", "confidence", "share right"),
        ("risk_coverage", "share of questions answered", "share of answers wrong"),
    ):
        figure, axes = pyplot.subplots(figsize=(6, 4), dpi=100, layout="constrained")
        for name, members in sets.items():
            sure = [model.confidence(one) for one in members]
            right = [one.right for one in members]
            if file == "reliability":
                bins = reliability(sure, right)
                axes.plot([b.confidence for b in bins], [b.right for b in bins], "o-", label=name)
            else:
                axes.plot(*risk_coverage(sure, right), label=name)
        if file == "reliability":
            axes.plot([0, 1], [0, 1], "--", color="grey", label="as it should be")
            axes.axvline(THRESHOLD, color="grey", linewidth=0.5, label="shown from here on")
        axes.set(xlabel=across, ylabel=up, xlim=(0, 1), ylim=(0, 1))
        axes.legend()
        figure.savefig(DOCS / f"{file}.png", metadata={"Software": None})
        pyplot.close(figure)


def main() -> None:
    if len(sys.argv) > 1:
        settings = Settings.from_environment()
        encoder = open_encoder(settings)
        piaf, squad2, xquad = (read_set(Path(folder)) for folder in sys.argv[1:])
        half = halved(xquad)
        told = [
            *ask(piaf, encoder, settings, across=False),
            *ask(squad2, encoder, settings, across=False),
            *ask(half, encoder, settings, across=False),
            *ask(half, encoder, settings, across=True),
        ]
        write_told(told)
    told = read_told()
    model = fit(told)
    print(f"_INTERCEPT = {model.intercept}")
    print(f"_SENTENCE, _LATE, _WORDS, _ACROSS, _LACKING = {', '.join(map(str, model.weights))}")
    for name in (*dict.fromkeys(one.set for one in told), "piaf and squad2"):
        members = [one for one in told if one.set in name.split(" and ")]
        sure, right = [model.confidence(one) for one in members], [one.right for one in members]
        error = calibration_error(sure, right)
        shown = sum(one >= THRESHOLD for one in sure) / len(sure)
        print(f"{name}: {len(members)} questions, {shown:.0%} shown, calibration error {error:.3f}")
    draw(told, model)


if __name__ == "__main__":
    main()
