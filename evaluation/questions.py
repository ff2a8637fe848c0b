"""Put an archive's own questions to it: is the right article quoted, and is silence kept?

    python -m evaluation.questions data/questions.jsonl

Each line of the file is a question: `question`, its `language`, the `path` of the article that
answers it and the `answer` in its words, both null where the archive does not answer; `also`
lists other articles that do, as [path, answer].
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from archive.answers import Answer, AnswerKind
from archive.documents import Question
from archive.encoder import open_encoder
from archive.settings import Settings
from retriever.engine import Engine, open_engine


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question of the file, the (path, answer) pairs that are right, and what came back."""

    text: str
    language: str
    right: tuple[tuple[str, str], ...]
    answer: Answer

    @property
    def answered(self) -> bool:
        """Whether a cited sentence of a right article holds its answer."""
        return any(
            citation.path == path and words in citation.quote
            for citation in self.answer.citations
            for path, words in self.right
        )

    @property
    def refused(self) -> bool:
        return self.answer.kind == AnswerKind.NONE


def ask_all(engine: Engine, file: Path) -> list[AskedQuestion]:
    """Every question of a file with its answer, in order."""
    asked = []
    for line in file.read_text(encoding="utf-8").splitlines():
        told = json.loads(line)
        path = told.get("path", told.get("file"))
        right = [(path, told["answer"])] if path else []
        right += [(other, words) for other, words in told.get("also", [])]
        answer = engine.ask(Question(told["question"]))
        asked.append(AskedQuestion(told["question"], told["language"], tuple(right), answer))
    return asked


@dataclass(frozen=True, slots=True)
class Tally:
    """How many questions there are of a kind, and how many came out right."""

    questions: int
    right: int


def tally(engine: Engine, asked: list[AskedQuestion]) -> dict[str, Tally]:
    """By kind: answerable ones, those whose answer stands in other languages only, and refusals."""
    answerable = [one for one in asked if one.right]
    across = [
        one
        for one in answerable
        if all(engine.document(path).language != one.language for path, _ in one.right)
    ]
    unanswerable = [one for one in asked if not one.right]
    return {
        "answered": Tally(len(answerable), sum(one.answered for one in answerable)),
        "answered across languages": Tally(len(across), sum(one.answered for one in across)),
        "refused": Tally(len(unanswerable), sum(one.refused for one in unanswerable)),
    }


def main() -> None:
    settings = Settings.from_environment()
    engine = open_engine(settings, open_encoder(settings))
    asked = ask_all(engine, Path(sys.argv[1]))
    for one in asked:
        right = one.answered if one.right else one.refused
        quoted = " | ".join(citation.quote for citation in one.answer.citations)
        print(f"{'right' if right else 'WRONG'} {one.answer.confidence:.2f} {one.text} -> {quoted}")
    for kind, count in tally(engine, asked).items():
        print(f"{kind}: {count.right} of {count.questions}")


if __name__ == "__main__":
    main()
