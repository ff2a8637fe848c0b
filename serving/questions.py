"""A question of a page put to the engine: counted, timed and noted."""

from archive.answers import Answer, AnswerKind
from archive.documents import UNDETERMINED, Question
from archive.errors import TooManyQuestions
from archive.settings import Settings
from retriever.engine import Engine
from serving.logs import log
from serving.metrics import QUESTIONS, SECONDS

_OUTCOMES = {AnswerKind.EXTRACT: "answered", AnswerKind.NONE: "refused"}


def ask(archive: Engine, question: Question, settings: Settings) -> Answer:
    """What the engine answers. Raises whatever it raises.

    The question's words are noted only where the settings want it.
    """
    language = archive.language(question) or UNDETERMINED
    try:
        answer = archive.ask(question)
    except Exception as error:
        outcome = "busy" if isinstance(error, TooManyQuestions) else "failed"
        QUESTIONS.labels(language, outcome).inc()
        raise
    outcome = _OUTCOMES[answer.kind]
    QUESTIONS.labels(language, outcome).inc()
    SECONDS.labels("answer").observe(answer.seconds)
    for stage, seconds in answer.stages.items():
        SECONDS.labels(stage).observe(seconds)
    log.info(
        "question",
        language=language,
        outcome=outcome,
        confidence=round(answer.confidence, 3),
        seconds=round(answer.seconds, 4),
        stages={stage: round(seconds, 4) for stage, seconds in answer.stages.items()},
        snapshot=archive.snapshot.name,
        **({"question": question.text} if settings.log_questions else {}),
    )
    return answer
