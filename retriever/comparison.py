"""What differs between two snapshots: articles, and the answers to questions."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from archive.answers import Answer
from archive.catalogue import Catalogue
from archive.documents import Question
from archive.errors import QuestionsInvalid
from retriever.engine import Engine

# A citation as it is compared: the article and the words, wherever they stand in it.
Quoted = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Articles:
    """The paths of articles that one snapshot holds and an earlier one does not, and so on.

    changed: those whose files differ. Each in the order of the paths.
    """

    added: list[str]
    changed: list[str]
    removed: list[str]


@dataclass(frozen=True, slots=True)
class Changed:
    """A question that is answered by other citations than before; none is a refusal."""

    question: str
    before: list[Quoted]
    after: list[Quoted]


def compare_articles(old: Catalogue, new: Catalogue) -> Articles:
    """What the new snapshot adds, changes and removes."""
    before, after = old.articles(), new.articles()
    return Articles(
        added=sorted(after.keys() - before.keys()),
        changed=sorted(path for path in before.keys() & after if before[path] != after[path]),
        removed=sorted(before.keys() - after.keys()),
    )


def compare_answers(old: Engine, new: Engine, questions: Iterable[str]) -> list[Changed]:
    """The questions that the two answer by different citations, in their order."""
    found = []
    for text in questions:
        question = Question(text)
        before, after = _quoted(old.ask(question)), _quoted(new.ask(question))
        if before != after:
            found.append(Changed(text, before, after))
    return found


def _quoted(answer: Answer) -> list[Quoted]:
    return [(one.path, one.quote) for one in answer.citations]


def read_questions(file: Path) -> Sequence[str]:
    """The questions of a JSON-lines file, each object's "question". Raises QuestionsInvalid."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        problem = error.strerror or "unknown reason" if isinstance(error, OSError) else "not UTF-8"
        raise QuestionsInvalid(file, problem.lower()) from None
    questions = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            question = json.loads(line)["question"]
        except (ValueError, KeyError, TypeError, RecursionError):
            question = None
        if not isinstance(question, str):
            raise QuestionsInvalid(file, f"line {number}")
        questions.append(question)
    return questions
