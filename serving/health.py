"""Whether the server lives and can answer, and what it counts; looked into in a thread."""

import asyncio
import gc
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from archive.documents import Question
from archive.errors import ArchiveError
from archive.settings import Settings
from indexer.jobs import JobState, read_job
from retriever.engine import Engine
from serving.logs import log, note_error
from serving.metrics import REGISTRY

PAUSE = 3.0  # seconds between two looks
STALE = 30.0  # seconds after which what was seen counts no more


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of the archive at a moment of the monotonic clock.

    engine: None where the archive cannot be asked. problem: a sentence for people, None where there
    is nothing to say; there are both where an earlier snapshot answers for a damaged one.
    """

    at: float
    engine: Engine | None = None
    problem: str | None = None


class Health(Collector):
    """Looks every PAUSE seconds, in a thread, whether the archive opens and answers a question.

    open_archive: gives the engine that the pages ask, or raises ArchiveError.
    """

    def __init__(self, settings: Settings, open_archive: Callable[[Settings], Engine]) -> None:
        self._settings = settings
        self._open = open_archive
        self._last = Look(-STALE, problem="The archive is being opened. Ask again in a moment.")
        self._canary: tuple[str, Question] | None = None

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/api/live", self._live),
            Route("/api/ready", self._ready),
            Route("/metrics", self._metrics),
        ]

    # --- Looking ------------------------------------------------------------------------------

    async def watch(self) -> None:
        """Look again and again, until the task is cancelled.

        What is loaded once the archive answers stays, so garbage is looked for among the rest only.
        """
        while True:
            seen = await asyncio.to_thread(self._look)
            before, self._last = self._last, seen
            if (seen.engine is None, seen.problem) != (before.engine is None, before.problem):
                log.info("archive", ready=seen.engine is not None, problem=seen.problem)
                if seen.engine is not None:
                    gc.collect()
                    gc.freeze()
            await asyncio.sleep(PAUSE)

    def _look(self) -> Look:
        try:
            engine = self._open(self._settings)
            answered = bool(engine.search(self._question(engine), 1))
        except ArchiveError as error:
            return Look(time.monotonic(), problem=str(error))
        except Exception as error:
            problem = f"The archive cannot be asked ({type(error).__name__}). See the server's log."
            if problem != self._last.problem:
                note_error(error)
            return Look(time.monotonic(), problem=problem)
        if not answered:
            return Look(time.monotonic(), problem="The archive finds none of its own articles.")
        damage = engine.snapshot.damage
        return Look(time.monotonic(), engine, _DAMAGED.format(damage) if damage else None)

    def _question(self, engine: Engine) -> Question:
        """A title of the archive, which it has to find something for."""
        name = engine.snapshot.name
        if self._canary is None or self._canary[0] != name:
            titles = (title for _, title, _, _ in engine.catalogue.headings())
            self._canary = name, Question(next(filter(str.strip, titles), ""))
        return self._canary[1]

    # --- Telling ------------------------------------------------------------------------------

    async def _live(self, request: Request) -> Response:
        return JSONResponse({"live": True})

    async def _ready(self, request: Request) -> Response:
        """200 where questions are answered, 503 and why where they are not. Never waits."""
        seen = self._last
        ready = seen.engine is not None and not _is_stale(seen)
        problem = _SLOW if seen.engine and not ready else seen.problem
        name = seen.engine.snapshot.name if seen.engine else None
        told = {"ready": ready, "snapshot": name, "problem": problem}
        return JSONResponse(told, 200 if ready else 503, {"cache-control": "no-store"})

    def _metrics(self, request: Request) -> Response:
        return Response(generate_latest(self), media_type=CONTENT_TYPE_LATEST)

    def collect(self) -> Iterator[Metric]:
        """What is counted while the server runs, then what was last seen of the archive."""
        yield from REGISTRY.collect()
        seen = self._last
        ready = seen.engine is not None and not _is_stale(seen)
        yield _gauge("ready", "Whether questions are answered.", ready)
        yield _gauge("index_whole", "Whether the current snapshot is.", ready and not seen.problem)
        runs = GaugeMetricFamily(
            "communique_last_run", "How the last run of the indexer stands.", labels=["state"]
        )
        state = read_job(self._settings.index).state
        for one in JobState:
            runs.add_metric([one], one == state)
        yield runs
        if seen.engine is None:
            return
        facts, holdings = seen.engine.snapshot.facts, seen.engine.holdings()
        age = datetime.now(UTC) - datetime.fromisoformat(facts.created).astimezone(UTC)
        yield _gauge("index_age_seconds", "Since the index was built.", age.total_seconds())
        yield _gauge("refused_files", "Files that could not be indexed.", facts.refused)
        articles = GaugeMetricFamily(
            "communique_articles", "Articles in the index.", labels=["language"]
        )
        for language, count in holdings.languages.items():
            articles.add_metric([language], count)
        yield articles


_SLOW = "The archive has not been seen to answer for a while. See the server's log."
_DAMAGED = (
    "The current snapshot is damaged ({}); the one before it answers. "
    "Build it again: communique index --fresh"
)


def _is_stale(seen: Look) -> bool:
    return time.monotonic() - seen.at > STALE


def _gauge(name: str, told: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"communique_{name}", told, value=value)
