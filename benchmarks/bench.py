"""The whole of it beside other libraries: encoding, indexing, questions, start, memory.

    python -m benchmarks.bench [PEERS_PYTHON]

PEERS_PYTHON is the interpreter of an environment with requirements-peers.txt; without it only our
own figures are printed. All run the packaged model on the same generated archive, each measurement
in a process of its own, ROUNDS times in turn. Prints a Markdown table of medians, and after each
round that of the rounds so far, so that a run that is stopped was not in vain; the last column
is how many times better ours is than the best of the others.

The work is not the same: ours cuts passages of up to 320 tokens, theirs of up to 200; ours encodes
every sentence beside the passages, keeps each token, and builds lexical indexes and a catalogue.
Rates of indexing count the articles' own tokens once. Where peers answer from vectors alone, ours
searches by words and tokens too, through a filter by date, and then quotes an answer.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archive.encoder import Encoded, Encoder
    from archive.languages import Vectors
    from archive.settings import Settings

ROUNDS = 5
INDEXED = 60  # articles of the archive that is indexed in every round: about 25,000 tokens
LARGE = 2_740  # articles of the archive that questions are put to
PASSAGES = 5_000  # passages of it that the others hold
QUESTIONS = 50
WARM_UP = 5  # questions that are not measured
SINCE = date(2015, 1, 1)  # lets about half of the articles through

OURS, LIBRARY = "ours", "sentence-transformers"
PEERS = ("txtai", "llamaindex", "lancedb", "chroma")


# --- Ours, in a process of its own ------------------------------------------------------------


class Recording:
    """An encoder that keeps the vector of every passage it encodes, by its text."""

    def __init__(self, encoder: "Encoder") -> None:
        self.model = encoder.model
        self.encode_question = encoder.encode_question
        self.count_tokens = encoder.count_tokens
        self.vectors: dict[str, Vectors] = {}
        self._encoder = encoder

    def encode_passages(self, texts: Sequence[str]) -> "list[Encoded]":
        encoded = self._encoder.encode_passages(texts)
        self.vectors.update((text, one.vector) for text, one in zip(texts, encoded, strict=True))
        return encoded


def settings_for(**chosen: Any) -> "Settings":
    from archive.packaged_model import PACKAGED_MODEL
    from archive.settings import Settings

    return Settings.from_environment(model=PACKAGED_MODEL, reranker="", **chosen)


def passages_of(settings: "Settings") -> list[str]:
    """The passages of the current snapshot, in order."""
    from archive.snapshot import open_snapshot
    from retriever.indexes import Indexes

    snapshot = open_snapshot(settings.index, settings.model)
    indexes = Indexes(snapshot.folder)
    return indexes.texts(range(snapshot.facts.passages))


def prepare(work: str) -> dict[str, Any]:
    """Write both archives, the index of the large one, its passages, vectors and questions."""
    import numpy as np

    from archive.encoder import open_encoder
    from archive.packaged_model import prepare_packaged_model
    from benchmarks.generated import questions, write_archive
    from indexer.pipeline import build_index

    folder = Path(work)
    write_archive(folder / "small", INDEXED, seed=1)
    write_archive(folder / "large", LARGE, seed=2)
    settings = settings_for(articles=folder / "large", index=folder / "ours-large")
    encoder = Recording(open_encoder(settings))
    report = build_index(settings, encoder)
    passages = passages_of(settings)[:PASSAGES]
    asked = questions(settings.articles, QUESTIONS + WARM_UP, seed=3)
    (folder / "passages.json").write_text(json.dumps(passages), encoding="utf-8")
    (folder / "questions.json").write_text(json.dumps(asked), encoding="utf-8")
    np.save(folder / "vectors.npy", np.stack([encoder.vectors[text] for text in passages]))
    (folder / "texts").mkdir()
    (folder / "texts" / "passages.json").write_text(
        json.dumps(passages[: 2 * INDEXED]), encoding="utf-8"
    )
    return {
        "model": str(prepare_packaged_model(settings.models).resolve()),
        "passages": report.passages,
        "left out": report.found - report.indexed,
        "index": report.seconds,
    }


def encode(texts: str) -> dict[str, Any]:
    """Encode the passages in a folder."""
    begun = time.perf_counter()
    from archive.encoder import open_encoder

    passages = json.loads((Path(texts) / "passages.json").read_text(encoding="utf-8"))
    encoder = open_encoder(settings_for())
    encoder.encode_passages(passages[:WARM_UP])
    ready = time.perf_counter()
    encoder.encode_passages(passages)
    done = time.perf_counter()
    tokens = sum(encoder.count_tokens(passages))
    return {"load": ready - begun, "encode": done - ready, "tokens": tokens, "memory": memory()}


def index(articles: str, folder: str) -> dict[str, Any]:
    """Index a folder of articles, then once more with nothing changed."""
    begun = time.perf_counter()
    from archive.encoder import open_encoder
    from indexer.pipeline import build_index

    settings = settings_for(articles=Path(articles), index=Path(folder))
    encoder = open_encoder(settings)
    encoder.encode_passages(["."])
    ready = time.perf_counter()
    report = build_index(settings, encoder)
    done = time.perf_counter()
    most = memory()
    again = build_index(settings, encoder)
    if again.built or report.indexed < report.found:
        raise RuntimeError(f"An article was left out, or indexed twice: {report}, {again}.")
    return {
        "load": ready - begun,
        "index": done - ready,
        "again": again.seconds,
        "memory": most,
        "passages": report.passages,
        "tokens": sum(encoder.count_tokens(passages_of(settings))),
    }


def ask(folder: str, questions: str, begun: str) -> dict[str, Any]:
    """Answer a first question, then search and answer them all."""
    from archive.documents import Filters, Question
    from archive.encoder import open_encoder
    from retriever.engine import open_engine

    asked = json.loads(Path(questions).read_text(encoding="utf-8"))
    settings = settings_for(index=Path(folder))
    encoder = open_encoder(settings)
    engine = open_engine(settings, encoder)
    engine.ask(Question(asked[0]))
    first = time.time() - float(begun)
    later = Filters(since=SINCE)
    searching = seconds(lambda text: engine.search(Question(text, later)), asked)
    anew = open_engine(settings, encoder)  # remembers no question
    answers = [anew.ask(Question(text)) for text in asked][WARM_UP:]
    return {
        "first": first,
        "search": searching,
        "ask": [answer.seconds for answer in answers],
        "stages": {
            stage: statistics.median(answer.stages.get(stage, 0.0) for answer in answers)
            for stage in answers[0].stages
        },
        "memory": memory(),
    }


def seconds(answer: Callable[[str], object], asked: Sequence[str]) -> list[float]:
    """How long the answer to each question takes, but for the first WARM_UP of them."""
    taken = []
    for text in asked:
        begun = time.perf_counter()
        answer(text)
        taken.append(time.perf_counter() - begun)
    return taken[WARM_UP:]


def memory() -> float:
    """The most memory that was resident in this process, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux counts in KiB


MEASURES: dict[str, Callable[..., dict[str, Any]]] = {
    "prepare": prepare,
    "encode": encode,
    "index": index,
    "ask": ask,
}


# --- The table --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what is measured, how it is written, what is better."""

    name: str
    form: str
    more_is_better: bool = False


ENCODE = Row("encode, tokens a second", "{:,.0f}", more_is_better=True)
PASSAGE_RATE = Row("index, passages a second", "{:,.1f}", more_is_better=True)
TOKEN_RATE = Row("index, tokens a second", "{:,.0f}", more_is_better=True)
AGAIN = Row("index again, nothing changed, s", "{:.2f}")
SEARCH = Row(f"search in {PASSAGES:,} passages, ms", "{:.0f}")
ASK = Row(f"question to {PASSAGES:,} passages, ms", "{:.0f}")
LOAD = Row("imports and model, s", "{:.1f}")
FIRST = Row("start to first answer, s", "{:.1f}")
INDEX_MEMORY = Row("peak memory, indexing, MiB", "{:,.0f}")
ASK_MEMORY = Row("peak memory, asking, MiB", "{:,.0f}")
ROWS = (
    ENCODE, PASSAGE_RATE, TOKEN_RATE, AGAIN, SEARCH, ASK, LOAD, FIRST, INDEX_MEMORY, ASK_MEMORY,
)  # fmt: skip


@dataclass(slots=True)
class Bench:
    """Runs the measurements and keeps what they give, by row and by who.

    work: a folder for everything that is written. peers: the others' interpreter, "" for none.
    """

    work: Path
    peers: str
    model: str = ""
    found: dict[Row, dict[str, list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    stages: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def run(self) -> None:
        note("preparing: two archives, and our index of the large one")
        prepared = self.measure(OURS, "prepare", self.work)
        note(f"{prepared['passages']} passages in {prepared['index']:.0f} s")
        self.model = prepared["model"]
        peers = PEERS if self.peers else ()
        for who in peers:
            self.measure(who, "fill", self.work, self.work / f"{who}-large")
        for number in range(1, ROUNDS + 1):
            note(f"round {number} of {ROUNDS}")
            for who in (OURS, LIBRARY) if self.peers else (OURS,):
                self.encode(who)
            for who in (OURS, *peers):
                self.index(who, self.work / f"{who}-{number}")
            for who in (OURS, *peers):
                self.ask(who)
            print(self.table(number), file=sys.stderr, flush=True)

    def encode(self, who: str) -> None:
        told = self.measure(who, "encode", self.work / "texts")
        self.add(who, {ENCODE: told["tokens"] / told["encode"]})

    def index(self, who: str, folder: Path) -> None:
        told = self.measure(who, "index", self.work / "small", folder)
        self.add(
            who,
            {
                PASSAGE_RATE: told["passages"] / told["index"],
                TOKEN_RATE: told["tokens"] / told["index"],
                LOAD: told["load"],
                INDEX_MEMORY: told["memory"],
            },
        )
        if who == OURS:
            self.add(who, {AGAIN: told["again"]})

    def ask(self, who: str) -> None:
        asked = self.work / "questions.json"
        told = self.measure(who, "ask", self.work / f"{who}-large", asked, time.time())
        self.add(who, {FIRST: told["first"], ASK_MEMORY: told["memory"]})
        for row, name in ((SEARCH, "search"), (ASK, "ask")):
            taken = told[name if who == OURS else "questions"]
            self.add(who, {row: 1000 * statistics.median(taken)})
        for stage, taken in told.get("stages", {}).items():
            self.stages[stage].append(1000 * taken)

    def measure(self, who: str, mode: str, *rest: object) -> dict[str, Any]:
        """What a fresh process says it measured."""
        if who == OURS:
            command = [sys.executable, "-m", "benchmarks.bench", OURS, mode]
        else:
            place = str(Path(__file__).with_name("peers.py"))
            command = [self.peers, place, who, mode, self.model]
        done = subprocess.run(
            [*command, *map(str, rest)], stdout=subprocess.PIPE, text=True, check=True
        )
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return told

    def add(self, who: str, figures: dict[Row, float]) -> None:
        for row, figure in figures.items():
            self.found[row][who].append(figure)

    def table(self, rounds: int = ROUNDS) -> str:
        """What so many rounds gave."""
        everyone = (OURS, *PEERS, LIBRARY) if self.peers else (OURS,)
        lines = [
            f"| medians of {rounds} | {' | '.join(everyone)} | against the best |",
            f"|---{'|---:' * (len(everyone) + 1)}|",
        ]
        for row in ROWS:
            medians = {who: statistics.median(told) for who, told in self.found[row].items()}
            cells = [row.form.format(medians[who]) if who in medians else "" for who in everyone]
            lines.append(f"| {row.name} | {' | '.join(cells)} | {against(row, medians)} |")
        lines += ["", "| stage of our question | ms |", "|---|---:|"]
        lines += [
            f"| {name} | {statistics.median(each):.1f} |" for name, each in self.stages.items()
        ]
        return "\n".join(lines)


def against(row: Row, medians: dict[str, float]) -> str:
    """How many times better ours is than the best of the others, "" where there is none."""
    others = [figure for who, figure in medians.items() if who != OURS]
    if not others:
        return ""
    ours = medians[OURS]
    return f"{ours / max(others) if row.more_is_better else min(others) / ours:.2f}"


def note(what: str) -> None:
    print(f"-> {what}", file=sys.stderr, flush=True)


def main() -> None:
    if sys.argv[1:2] == [OURS]:
        _, _, mode, *rest = sys.argv
        print(json.dumps(MEASURES[mode](*rest)))
        return
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(Path(work), "".join(sys.argv[1:2]))
        bench.run()
        print(bench.table())


if __name__ == "__main__":
    main()
