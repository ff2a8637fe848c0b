"""What the server counts while it runs, in the words of Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

QUESTIONS = Counter(
    "communique_questions",
    "Questions put in the pages, by what became of them.",
    ["language", "outcome"],
    registry=REGISTRY,
)
SECONDS = Histogram(
    "communique_question_seconds",
    "How long each stage of a question took; the stage answer is all of it.",
    ["stage"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
WAITING = Gauge(
    "communique_encodes_waiting", "Questions that wait to be encoded.", registry=REGISTRY
)
READERS = Gauge("communique_readers", "Pages that are open.", registry=REGISTRY)
FEEDBACK = Counter(
    "communique_feedback", "What readers said of answers.", ["verdict"], registry=REGISTRY
)
REFUSED_REQUESTS = Counter(
    "communique_refused_requests", "Requests refused by the guard.", ["reason"], registry=REGISTRY
)
ERRORS = Counter(
    "communique_errors", "Errors shown to readers, by their kind.", ["kind"], registry=REGISTRY
)
