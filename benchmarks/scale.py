"""What the whole of it costs by the size of the archive, up to a million passages.

    python -m benchmarks.scale [--passages N ...] [--real N] [--folder DIR]
    python -m benchmarks.scale --table FILE

Archives are generated (`benchmarks/generated.py`): each is the beginning of the next larger one.
The real pipeline indexes them, with passages of PASSAGE_TOKENS tokens instead of 320, so that a
million of them fit on a disk; the real engine answers from what it wrote. Only the encoding of
passages and sentences is not done a million times: the model encodes those of the first `--real`
passages, once, and `benchmarks/stand_in.py` makes the others up from these. So every figure of
indexing is without the model; what the model takes follows from the last table.

Each measurement is made in a process of its own and is appended to the results as one line of
JSON as soon as it is there. One that the results hold and whose index still stands in `--folder` is
not made again. Memory: VmHWM counts the pages of mapped files that are in memory; RssAnon, seen
every INTERVAL seconds, only what the process itself holds. Pages of files may be in the cache.
"""

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archive.documents import Filters
    from archive.settings import Settings

SIZES = (1_000, 10_000, 100_000, 1_000_000)
REAL = 100_000
PASSAGE_TOKENS = 96
OF_AN_ARTICLE = 7  # passages, about
VOCABULARY = 50_000  # made-up words a language
SEED = 1
QUESTIONS, WARM_UP = 200, 5
COMPARED = 100  # questions whose exact nearest passages are looked for
ENCODED = 200  # passages, for the speed of the encoder
SHOWN = 10  # of the nearest passages, for recall
INTERVAL = 0.2  # seconds
ALL, HALF, HUNDREDTH = "all", "half", "1%"

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "scale.jsonl"
ENCODINGS = ROOT / "data" / "encodings"

Result = dict[str, Any]


# --- What a process takes -------------------------------------------------------------------------


class Watch:
    """The most memory that the process itself held, and the most disk below a folder, in bytes,
    while a block ran."""

    def __init__(self, folder: Path) -> None:
        self.anonymous, self.disk = 0, 0
        self._folder, self._over = folder, threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self.look()

    def _watch(self) -> None:
        while not self._over.wait(INTERVAL):
            self.look()

    def look(self) -> None:
        """Note what is taken now."""
        self.anonymous = max(self.anonymous, memory("status")["RssAnon"])
        self.disk = max(self.disk, sum(size for _, size, _ in files(self._folder)))

    @property
    def told(self) -> Result:
        """With the most memory that was resident in the process since it began."""
        resident = memory("status")["VmHWM"]
        return {"resident": resident, "anonymous": self.anonymous, "peak_disk": self.disk}


def memory(file: str) -> dict[str, int]:
    """The fields of a file of /proc about this process that count in KiB, in bytes."""
    lines = Path("/proc/self", file).read_text(encoding="utf-8").splitlines()
    fields = (line.split() for line in lines if line.endswith(" kB"))
    return {name.removesuffix(":"): 1024 * int(size) for name, size, _ in fields}


def files(folder: Path) -> Iterator[tuple[str, int, float]]:
    """(path, bytes, when it was last written) of every file below a folder; some may go
    meanwhile."""
    for at, _, names in os.walk(folder):
        for place in (Path(at, name) for name in names):
            with contextlib.suppress(FileNotFoundError):
                told = place.stat()
                yield place.relative_to(folder).as_posix(), told.st_size, told.st_mtime


class Steps:
    """A `Progress` that notes when each step is told of first and last."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[float, float]] = {}

    def __call__(self, step: str, done: int, total: int) -> None:
        now = time.time()
        first, _ = self._told.get(step, (now, now))
        self._told[step] = first, now

    def begun(self, step: str) -> float:
        """When a step was told of first."""
        return self._told[step][0]

    def seconds(self, started: float, ended: float) -> dict[str, float]:
        """How long each step was told of, and how long nothing was said after each ("after ..."):
        after reading furniture is learned, after preparing duplicates are looked for."""
        found: dict[str, float] = {}
        at, before = started, "start"
        for step, (first, last) in self._told.items():
            found |= {f"after {before}": first - at, step: last - first}
            before, at = step, last
        return found | {f"after {before}": ended - at}


class OnScreen:
    """A `Progress` that says each hundredth of the encoding on the screen."""

    def __init__(self) -> None:
        self._hundredths = 0

    def __call__(self, step: str, done: int, total: int) -> None:
        from benchmarks.bench import note
        from indexer.pipeline import ENCODING

        if step == ENCODING and done * 100 // max(total, 1) > self._hundredths:
            self._hundredths = done * 100 // total
            note(f"encoding with the model: {done:,} of {total:,} texts")


# --- The measurements -----------------------------------------------------------------------------


def settings_of(folder: Path) -> "Settings":
    from benchmarks.bench import settings_for

    return settings_for(
        articles=folder / "articles", index=folder / "index", passage_tokens=PASSAGE_TOKENS
    )


def write(folder: Path, passages: int) -> Result:
    """Write an archive of about so many passages."""
    from benchmarks.generated import questions, write_archive

    begun = time.perf_counter()
    articles = max(1, passages // OF_AN_ARTICLE)
    write_archive(folder / "articles", articles, SEED, VOCABULARY)
    written = time.perf_counter() - begun
    # Each way of asking has questions of its own: the encodings of those asked are remembered.
    asked = questions(folder / "articles", 4 * QUESTIONS + WARM_UP, SEED)
    (folder / "questions.json").write_text(json.dumps(asked), encoding="utf-8")
    sizes = [size for _, size, _ in files(folder / "articles")]
    return {"articles": len(sizes), "bytes": sum(sizes), "seconds": written}


def keep(folder: Path, encodings: Path, passages: int) -> Result:
    """Encode the passages of an archive, and their sentences, with the model, and keep them."""
    from archive.encoder import open_encoder
    from benchmarks.generated import write_archive
    from benchmarks.stand_in import Keeping, Kept
    from indexer.pipeline import build_index

    settings = settings_of(folder)
    write_archive(settings.articles, max(1, passages // OF_AN_ARTICLE), SEED, VOCABULARY)
    encoder = Keeping(open_encoder(settings), Kept(encodings))
    report = build_index(settings, encoder, OnScreen(), fresh=True)
    return {"texts": len(Kept(encodings)), "passages": report.passages, "seconds": report.seconds}


def index(folder: Path, encodings: Path) -> Result:
    """Index an archive anew."""
    from archive.encoder import open_encoder
    from archive.snapshot import open_snapshot
    from benchmarks.stand_in import Kept, StandIn
    from indexer.pipeline import WRITING, build_index

    settings = settings_of(folder)
    encoder, steps = StandIn(open_encoder(settings), Kept(encodings)), Steps()
    encoder.count_tokens(["."])
    with Watch(settings.index) as watch:
        begun = time.time()
        report = build_index(settings, encoder, steps)
        ended = time.time()
    took = steps.seconds(begun, ended)
    took["encoding"] -= encoder.seconds
    snapshot = open_snapshot(settings.index, settings.model).folder
    sizes, written = by_file(snapshot, steps.begun(WRITING))
    return watch.told | {
        "files": report.found,
        "articles": report.indexed,
        "duplicates": report.duplicates,
        "passages": report.passages,
        "texts": encoder.texts,
        "made_up": encoder.made_up,
        "stand_in": encoder.seconds,
        "seconds": ended - begun - encoder.seconds,
        "steps": took,
        "written": written,
        "disk": sizes,
    }


def by_file(snapshot: Path, begun: float) -> tuple[dict[str, int], dict[str, float]]:
    """The bytes of each file and folder of a snapshot, and the seconds until it was written, from
    when the one before was. What has to be worked out for a file counts to it."""
    sizes: dict[str, int] = defaultdict(int)
    last: dict[str, float] = defaultdict(float)
    for path, size, at in files(snapshot):
        name = path.partition("/")[0]
        sizes[name] += size
        last[name] = max(last[name], at)
    in_turn = sorted(last, key=last.__getitem__)
    ends = [begun, *(last[name] for name in in_turn)]
    seconds = [after - before for before, after in pairwise(ends)]
    return dict(sizes), dict(zip(in_turn, seconds, strict=True))


def again(folder: Path, encodings: Path) -> Result:
    """Index an archive in which nothing has changed."""
    return _rerun(folder, encodings)


def changed(folder: Path, encodings: Path) -> Result:
    """Index an archive in which one article has a sentence more."""
    articles = settings_of(folder).articles
    first = next(place for place in sorted(articles.rglob("*.txt")))
    with open(first, "a", encoding="utf-8") as handle:
        handle.write("Another sentence was added to what has been told here.\n")
    return _rerun(folder, encodings)


def _rerun(folder: Path, encodings: Path) -> Result:
    from archive.encoder import open_encoder
    from benchmarks.stand_in import Kept, StandIn
    from indexer.pipeline import build_index

    settings, steps = settings_of(folder), Steps()
    encoder = StandIn(open_encoder(settings), Kept(encodings))
    encoder.count_tokens(["."])
    with Watch(settings.index) as watch:
        begun = time.time()
        report = build_index(settings, encoder, steps)
        ended = time.time()
    return watch.told | {
        "built": report.built,
        "changed": report.changed,
        "encoded": report.encoded,
        "seconds": ended - begun,
        "steps": steps.seconds(begun, ended),
    }


def filters() -> "dict[str, Filters]":
    """Filters by about which share of an archive they let through."""
    from archive.documents import Filters
    from benchmarks.generated import DAYS, FIRST_DAY

    middle = FIRST_DAY + timedelta(days=DAYS // 2)
    return {
        ALL: Filters(),
        HALF: Filters(since=middle),
        HUNDREDTH: Filters(since=middle, until=middle + timedelta(days=DAYS // 100 - 1)),
    }


def ask(folder: Path, begun: float) -> Result:
    """Answer a first question, then search with each filter, then answer. begun: the process."""
    from archive.documents import Question
    from archive.encoder import open_encoder
    from retriever.engine import open_engine

    asked: list[str] = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
    settings = settings_of(folder)
    with Watch(settings.index) as watch:
        loading = time.time()
        encoder = open_encoder(settings)
        engine = open_engine(settings, encoder)
        opened = time.time()
        engine.ask(Question(asked[0]))
        first = time.time() - begun
        for text in asked[:WARM_UP]:
            engine.ask(Question(text))
        rest = iter(asked[WARM_UP:])
        taken = {
            name: [
                seconds(partial(engine.search, Question(text, chosen)))
                for text in islice(rest, QUESTIONS)
            ]
            for name, chosen in filters().items()
        }
        answers = [engine.ask(Question(text)) for text in rest]
    stages = dict.fromkeys(stage for answer in answers for stage in answer.stages)
    return watch.told | {
        "proportional": memory("smaps_rollup")["Pss"],
        "first": first,
        "open": opened - loading,
        "search": {name: spread(each) for name, each in taken.items()},
        "ask": spread([answer.seconds for answer in answers]),
        "stages": {
            stage: statistics.median(answer.stages.get(stage, 0.0) for answer in answers)
            for stage in stages
        },
    }


def seconds(work: Callable[[], object]) -> float:
    """How long a piece of work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def spread(taken: Sequence[float]) -> dict[str, float]:
    """The median and the 95th percentile."""
    return {"median": statistics.median(taken), "p95": statistics.quantiles(taken, n=20)[-1]}


def dense(folder: Path) -> Result:
    """The nearest vectors as the engine looks for them, beside those that are the nearest."""
    import faiss
    import numpy as np

    from archive.documents import Question
    from archive.encoder import open_encoder
    from archive.snapshot import COARSE, PASSAGES, open_snapshot
    from retriever.dense import DenseIndex
    from retriever.indexes import Indexes
    from retriever.ranking import CANDIDATES, Ranker

    settings = settings_of(folder)
    encoder = open_encoder(settings)
    snapshot = open_snapshot(settings.index, settings.model)
    indexes, exact = Indexes(snapshot.folder), DenseIndex(snapshot.folder / PASSAGES)
    asked = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
    ranker = Ranker(indexes, encoder, None)
    vectors = [ranker.asked(Question(text)).vector for text in asked[: WARM_UP + COMPARED]]
    found: Result = {"vectors": len(exact), "read": 4 * len(exact) * len(vectors[0])}
    coarse = snapshot.folder / COARSE
    if coarse.exists():
        whole = faiss.read_index(str(coarse), faiss.IO_FLAG_MMAP_IFC)
        opened: Any = faiss.extract_index_ivf(whole)  # a part of it
        share = opened.nprobe / opened.nlist
        centres = 4 * opened.nlist * opened.d
        found |= {"lists": share, "read": int(centres + share * opened.ntotal * opened.code_size)}
    for name, chosen in filters().items():
        allowed = indexes.columns.allowed(chosen)
        taken, recalls, recalls_of_all = [], [], []
        for number, vector in enumerate(vectors):
            begun = time.perf_counter()
            near = indexes.passages.search(vector, CANDIDATES, allowed)
            if number >= WARM_UP:
                taken.append(time.perf_counter() - begun)
                rows = [row for row, _ in near]
                true = [row for row, _ in exact.search(vector, CANDIDATES, allowed)]
                recalls.append(len(set(rows[:SHOWN]) & set(true[:SHOWN])) / len(true[:SHOWN]))
                recalls_of_all.append(len(set(rows) & set(true)) / len(true))
        found[name] = {
            "share": 1.0 if allowed is None else float(np.mean(allowed)),
            "seconds": spread(taken),
            "recall@10": statistics.mean(recalls),
            "recall": statistics.mean(recalls_of_all),
        }
    return found | {"candidates": CANDIDATES}


def machine(folder: Path) -> Result:
    """What the machine can at best, and how much of it the encoder reaches."""
    from archive.encoder import open_encoder
    from archive.packaged_model import prepare_packaged_model
    from benchmarks.bench import passages_of
    from benchmarks.machine import best, limits, operations_a_token, shape_of

    settings = settings_of(folder)
    texts = passages_of(settings)[:ENCODED]
    encoder = open_encoder(settings)
    encoder.encode_passages(texts[:WARM_UP])
    tokens = sum(encoder.count_tokens(texts))
    length = tokens / len(texts)
    layers, width, inner = shape_of(prepare_packaged_model(settings.models))
    rate = tokens / best(lambda: encoder.encode_passages(texts), rounds=2)
    return limits() | {
        "length": length,
        "operations": operations_a_token(layers, width, inner, length),
        "tokens": rate,
    }


# --- One after the other --------------------------------------------------------------------------


MEASURES: dict[str, Callable[..., Result]] = {
    "write": lambda folder, passages: write(Path(folder), int(passages)),
    "keep": lambda folder, kept, passages: keep(Path(folder), Path(kept), int(passages)),
    "index": lambda folder, kept: index(Path(folder), Path(kept)),
    "again": lambda folder, kept: again(Path(folder), Path(kept)),
    "changed": lambda folder, kept: changed(Path(folder), Path(kept)),
    "ask": lambda folder, begun: ask(Path(folder), float(begun)),
    "dense": lambda folder: dense(Path(folder)),
    "machine": lambda folder: machine(Path(folder)),
}


def run(sizes: Sequence[int], real: int, folder: Path, kept: Path, results: Path) -> None:
    """Make every measurement for archives of about so many passages."""
    from benchmarks.bench import note

    of_model = folder / f"model-{PASSAGE_TOKENS}-{real}"
    encodings = kept / f"{PASSAGE_TOKENS}-{real}"
    if not (encodings / "done").exists():
        note(f"encoding {real:,} passages with the model, which are kept")
        measure("keep", of_model, encodings, real)
        (encodings / "done").touch()
        shutil.rmtree(of_model)
    for size in sizes:
        place = folder / str(size)
        for name, *rest in (
            ("write", size), ("index", encodings), ("again", encodings), ("ask",), ("dense",),
            ("changed", encodings), ("machine",),
        ):  # fmt: skip
            stands = place / ("articles" if name == "write" else "index/CURRENT")
            if name in told(results).get(size, {}) and stands.exists():
                continue
            if name == "index" and place.exists():
                shutil.rmtree(place / "index", ignore_errors=True)
            note(f"{size:,} passages: {name}")
            found = measure(name, place, *rest, *([time.time()] if name == "ask" else []))
            with open(results, "a", encoding="utf-8") as handle:
                handle.write(json.dumps({"measure": name, "size": size, "real": real} | found))
                handle.write("\n")


def measure(name: str, *rest: object) -> Result:
    """What a fresh process says it measured."""
    command = [sys.executable, "-m", "benchmarks.scale", name, *map(str, rest)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    found: Result = json.loads(done.stdout.splitlines()[-1])
    return found


def told(results: Path) -> dict[int, dict[str, Result]]:
    """What a file of results holds by size and measurement, the last of several."""
    found: dict[int, dict[str, Result]] = defaultdict(dict)
    if results.exists():
        for line in results.read_text(encoding="utf-8").splitlines():
            one = json.loads(line)
            found[one["size"]][one["measure"]] = one
    return dict(sorted(found.items()))


# --- The table ------------------------------------------------------------------------------------

MIB, MS = 2**20, 1000


def table(results: Path) -> str:
    """The results as Markdown, a column for each size."""
    sizes = told(results)
    every = list(sizes.values())
    rows: list[tuple[str, list[str]]] = []

    def row(name: str, form: str, *path: str, times: float = 1.0) -> None:
        figures = [at(one, path) for one in every]
        if any(figure is not None for figure in figures):
            cells = ["" if one is None else form.format(one * times) for one in figures]
            rows.append((name, cells))

    def names(*path: str) -> list[str]:
        return list(dict.fromkeys(name for one in every for name in at(one, path) or ()))

    row("articles", "{:,.0f}", "index", "files")
    row("passages", "{:,.0f}", "index", "passages")
    row("passages and sentences", "{:,.0f}", "index", "texts")
    row("of them made up", "{:,.0f}", "index", "made_up")
    row("**indexing without encoding, s**", "{:,.1f}", "index", "seconds")
    for step in names("index", "steps"):
        row(f"{step}, s", "{:,.1f}", "index", "steps", step)
    for name in names("index", "written"):
        row(f"writing {name}, s", "{:,.1f}", "index", "written", name)
    row("(stand-in for the encoder, s)", "{:,.1f}", "index", "stand_in")
    row("nothing changed, s", "{:,.1f}", "again", "seconds")
    row("one article changed, s", "{:,.1f}", "changed", "seconds")
    for measured, what in (
        ("index", "indexing"), ("again", "nothing changed"), ("changed", "one changed"),
        ("ask", "asking"),
    ):  # fmt: skip
        row(f"VmHWM, {what}, MiB", "{:,.0f}", measured, "resident", times=1 / MIB)
        row(f"RssAnon, {what}, MiB", "{:,.0f}", measured, "anonymous", times=1 / MIB)
    row("Pss, asking, MiB", "{:,.0f}", "ask", "proportional", times=1 / MIB)
    row("articles on disk, MiB", "{:,.1f}", "write", "bytes", times=1 / MIB)
    for name in names("index", "disk"):
        row(f"{name}, MiB", "{:,.1f}", "index", "disk", name, times=1 / MIB)
    row("most on disk while indexing, MiB", "{:,.0f}", "index", "peak_disk", times=1 / MIB)
    row("start to first answer, s", "{:.1f}", "ask", "first")
    for name in (ALL, HALF, HUNDREDTH):
        for key in ("median", "p95"):
            path = "ask", "search", name, key
            row(f"search, filter keeps {name}, {key}, ms", "{:.0f}", *path, times=MS)
    for key in ("median", "p95"):
        row(f"ask, {key}, ms", "{:.0f}", "ask", "ask", key, times=MS)
    for stage in names("ask", "stages"):
        row(f"{stage}, ms", "{:.1f}", "ask", "stages", stage, times=MS)
    row("share of the lists looked into", "{:.3f}", "dense", "lists")
    for name in (ALL, HALF, HUNDREDTH):
        row(f"dense, filter keeps {name}: recall@10", "{:.3f}", "dense", name, "recall@10")
        row(f"dense, filter keeps {name}: recall@50", "{:.3f}", "dense", name, "recall")
        path = "dense", name, "seconds", "median"
        row(f"dense, filter keeps {name}: median, ms", "{:.1f}", *path, times=MS)
    rows.append(("dense, least by memory bandwidth, ms", [_floor(one) for one in every]))
    head = ["| about so many passages |" + "".join(f" {size:,} |" for size in sizes)]
    head.append("|---" + "|---:" * len(sizes) + "|")
    body = [f"| {name} | {' | '.join(cells)} |" for name, cells in rows]
    real = ", ".join(f"{one:,}" for one in sorted({o["real"] for e in every for o in e.values()}))
    note = (
        f"Passages of at most {PASSAGE_TOKENS} tokens. The model encoded {real} passages; the"
        " encodings of the others are made up from these, and no figure of indexing is with it."
    )
    return "\n".join([note, "", *head, *body, "", *limits_table(every)])


def at(one: Mapping[str, Any], path: Sequence[str]) -> Any:
    """The figure at the end of a path through a result, None where there is none."""
    found: Any = one
    for name in path:
        found = found.get(name) if found else None
    return found


def _floor(one: Mapping[str, Result]) -> str:
    if "dense" not in one or "machine" not in one:
        return ""
    return f"{MS * one['dense']['read'] / (one['machine']['memory'] / 2):.2f}"  # it is only read


def limits_table(every: Sequence[Mapping[str, Result]]) -> list[str]:
    """What the machine can: the best of all that was measured."""
    measured = [one["machine"] for one in every if "machine" in one]
    if not measured:
        return []
    best = max(measured, key=lambda one: one["tokens"])
    lines = ["| the machine's limit | |", "|---|---:|"]
    lines.append(f"| OpenVINO reports | {', '.join(best['capabilities'])} |")
    for kind in ("float32", "bfloat16"):
        if kind in best:
            peak = max(one[kind] for one in measured)
            most = peak / best["operations"]
            lines += [
                f"| products of {kind} matrices, GFLOP/s | {peak / 1e9:,.0f} |",
                f"| so at best tokens a second | {most:,.0f} |",
                f"| of which the encoder reaches | {best['tokens'] / most:.0%} |",
            ]
    return [
        *lines,
        f"| MFLOP a token, in texts of {best['length']:.0f} | {best['operations'] / 1e6:.1f} |",
        f"| encode, tokens a second | {best['tokens']:,.0f} |",
        f"| memory, GB/s copied (read and written) | "
        f"{max(one['memory'] for one in measured) / 1e9:.1f} |",
    ]


def main() -> None:
    if sys.argv[1:2] and sys.argv[1] in MEASURES:
        print(json.dumps(MEASURES[sys.argv[1]](*sys.argv[2:])))
        return
    parser = argparse.ArgumentParser(description="What it costs by the size of the archive.")
    parser.add_argument("--passages", type=int, nargs="+", default=SIZES, metavar="N")
    parser.add_argument("--real", type=int, default=REAL, help="passages that the model encodes")
    parser.add_argument("--folder", type=Path, help="for archives and indexes; else they go")
    parser.add_argument("--encodings", type=Path, default=ENCODINGS, help="of the model, kept")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--table", type=Path, metavar="FILE", help="print these results and end")
    chosen = parser.parse_args()
    if chosen.table is None:
        sizes = sorted(chosen.passages)
        real = min(chosen.real, sizes[-1])
        with tempfile.TemporaryDirectory() as work:
            folder = (chosen.folder or Path(work)).resolve()
            run(sizes, real, folder, chosen.encodings.resolve(), chosen.results.resolve())
    print(table(chosen.table or chosen.results))


if __name__ == "__main__":
    main()
