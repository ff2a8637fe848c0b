"""What readers judged, as an evaluation set of their own archive."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

from archive.answers import AnswerKind
from archive.catalogue import Catalogue
from archive.documents import Document, Filters
from archive.errors import FeedbackMissing, FolderTaken
from archive.feedback import Judgement, Reason, Verdict, read_judgements
from archive.languages import detect_language
from archive.storage import new_folder
from archive.text import Span


class Use(StrEnum):
    """What a judgement says of its question, or why it says nothing."""

    ANSWERED = "answered"  # the cited articles answer it
    UNANSWERABLE = "unanswerable"  # no article does
    WITHDRAWN = "withdrawn"
    FILTERED = "filtered"  # nothing answers within filters, which a set does not know
    FAULTED = "faulted"  # it says that the answer is wrong, not which one is right
    GONE = "gone"  # no cited article holds the quoted words any more
    DISPUTED = "disputed"  # another reader judged the opposite


@dataclass(frozen=True, slots=True)
class Exported:
    """What became of the judgements of an index.

    judgements = answered + unanswerable + those left out, by why. questions: of the set.
    foreign: lines of the file that are no judgement.
    """

    judgements: int
    answered: int
    unanswerable: int
    left_out: dict[str, int]
    foreign: int
    questions: int
    documents: int


def export_set(index_dir: Path, catalogue: Catalogue, folder: Path) -> Exported:
    """Write what readers judged as a set in BEIR layout, over all articles of the catalogue.

    A question whose answer was approved has the cited articles as relevant and the quoted
    sentences as gold answers; one whose refusal was approved, or whose answer should have been a
    refusal, is unanswerable. `folder` appears whole or not at all.

    Raises FolderTaken where the folder holds something, FeedbackMissing where no judgement makes
    a question.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise FolderTaken(folder)
    documents = {document.path: document for document in catalogue.documents()}
    judgements, foreign = read_judgements(index_dir)
    golds: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    uses: dict[str, list[Use]] = defaultdict(list)
    for one in judgements:
        use, gold = _use(one), {}
        if use == Use.ANSWERED:
            gold = _gold(one, documents)
            use = use if gold else Use.GONE
        golds[one.question] |= gold
        uses[one.question].append(use)
    for question, told in uses.items():
        if {Use.ANSWERED, Use.UNANSWERABLE} <= set(told):
            meant = (Use.ANSWERED, Use.UNANSWERABLE)
            uses[question] = [Use.DISPUTED if use in meant else use for use in told]
    counted = Counter(use for told in uses.values() for use in told)
    asked = {
        question: Use.ANSWERED if Use.ANSWERED in told else Use.UNANSWERABLE
        for question, told in uses.items()
        if {Use.ANSWERED, Use.UNANSWERABLE} & set(told)
    }
    if not asked:
        raise FeedbackMissing(index_dir)
    with new_folder(folder) as building:
        _write(building, documents.values(), asked, golds)
    return Exported(
        judgements=len(judgements),
        answered=counted.pop(Use.ANSWERED, 0),
        unanswerable=counted.pop(Use.UNANSWERABLE, 0),
        left_out={use.value: number for use, number in sorted(counted.items())},
        foreign=foreign,
        questions=len(asked),
        documents=len(documents),
    )


def _use(judgement: Judgement) -> Use:
    approved, refused = judgement.verdict == Verdict.UP, judgement.kind == AnswerKind.NONE
    if judgement.verdict == Verdict.WITHDRAWN:
        return Use.WITHDRAWN
    if approved and not refused:
        return Use.ANSWERED
    if (approved and refused) or judgement.reason == Reason.SHOULD_HAVE_REFUSED:
        return Use.UNANSWERABLE if judgement.filters == Filters() else Use.FILTERED
    return Use.FAULTED


def _gold(judgement: Judgement, documents: Mapping[str, Document]) -> dict[tuple[str, str], int]:
    """Where each quotation stands today, by article and words; those that are gone left out."""
    found = {}
    for one in judgement.citations:
        document = documents.get(one.path)
        start = _place(document.text, one.quote, (one.start, one.end)) if document else -1
        if start >= 0:
            found[one.path, one.quote] = start
    return found


def _place(text: str, words: str, span: Span) -> int:
    """Where the words begin: where they stood if they still do, else the first place; or -1."""
    start, end = span
    return start if text[start:end] == words else text.find(words)


def _write(
    folder: Path,
    documents: Iterable[Document],
    asked: Mapping[str, Use],
    golds: Mapping[str, Mapping[tuple[str, str], int]],
) -> None:
    ids = {question: f"q{number}" for number, question in enumerate(asked, start=1)}
    gold = [
        (ids[question], path, words, start)
        for question, use in asked.items()
        if use == Use.ANSWERED
        for (path, words), start in golds[question].items()
    ]
    _write_lines(
        folder / "corpus.jsonl",
        (
            {"_id": _id(one.path), "title": one.title, "text": one.text, "lang": one.language}
            for one in documents
        ),
    )
    _write_lines(
        folder / "queries.jsonl",
        (
            {
                "_id": ids[question],
                "text": question,
                "lang": detect_language(question),
                "answerable": use == Use.ANSWERED,
            }
            for question, use in asked.items()
        ),
    )
    _write_lines(
        folder / "answers.jsonl",
        (
            {"query_id": query, "corpus_id": _id(path), "answer": words, "start": start}
            for query, path, words, start in gold
        ),
    )
    pairs = dict.fromkeys(f"{query}\t{_id(path)}\t1\n" for query, path, _, _ in gold)
    head = "query-id\tcorpus-id\tscore\n"
    (folder / "qrels.tsv").write_text(head + "".join(pairs), encoding="utf-8", newline="\n")


def _write_lines(file: Path, rows: Iterable[Mapping[str, object]]) -> None:
    with file.open("w", encoding="utf-8", newline="\n") as lines:
        lines.writelines(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def _id(path: str) -> str:
    """The path, with what would end a cell or a line of qrels.tsv written as in an address."""
    return re.sub(r"[%\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]", lambda found: quote(found[0]), path)
