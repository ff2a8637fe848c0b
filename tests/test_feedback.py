"""What readers judged is kept whole, and becomes an evaluation set that can be measured."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from fakes import WordHashEncoder, write_pages
from hypothesis import given
from hypothesis import strategies as st

import cli
from archive.answers import Answer, AnswerKind, Citation, Sentence
from archive.documents import Filters, Question
from archive.errors import FeedbackMissing, FeedbackUnwritable, FolderTaken
from archive.feedback import (
    FEEDBACK,
    LONGEST_WORDS,
    REASONS,
    Judgement,
    Quoted,
    Reason,
    Verdict,
    judge,
    keep,
    read_judgements,
)
from archive.settings import Settings
from archive.snapshot import Snapshot, open_snapshot
from archive.storage import append_line
from evaluation.run import evaluate, read_set
from indexer.pipeline import build_index

CABLE = "The undersea cable near Helsinki was cut by the anchor of a tanker."
RIGA = "Ministers gathered in Riga and promised more money for air defence."
LYON = "La ministre française a visité le centre de secours de Lyon hier soir."
PAGES = {"nord/cable.txt": f"{CABLE}\n", "nord/riga.txt": f"{RIGA}\n", "sud/lyon.txt": f"{LYON}\n"}


def judgement(id: str, question: str = "What cut the cable?", **chosen: Any) -> Judgement:
    known: dict[str, Any] = {
        "time": datetime(2025, 11, 21, 10, 0, tzinfo=UTC),
        "filters": Filters(),
        "kind": AnswerKind.EXTRACT,
        "confidence": 0.7,
        "citations": (Quoted(path="nord/cable.txt", start=0, end=len(CABLE), quote=CABLE),),
        "snapshot": "snapshot-abc",
        "model": "word-hash",
        "verdict": Verdict.UP,
    }
    return Judgement(id=id, question=question, **{**known, **chosen})


# --- The file ------------------------------------------------------------------------------------


def test_lines_of_many_threads_all_stand_whole(tmp_path: Path) -> None:
    file = tmp_path / "lines"
    lines = [[f"{thread} {number} ".encode() * 200 for number in range(50)] for thread in range(8)]
    together = threading.Barrier(8)

    def append(mine: list[bytes]) -> None:
        together.wait()
        for line in mine:
            append_line(file, line)

    threads = [threading.Thread(target=append, args=(mine,)) for mine in lines]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    written = file.read_bytes().removesuffix(b"\n").split(b"\n")
    assert sorted(written) == sorted(line for mine in lines for line in mine)
    for mine in lines:
        assert [line for line in written if line in mine] == mine


def test_a_line_begins_after_half_a_line(tmp_path: Path) -> None:
    file = tmp_path / "lines"
    file.write_bytes(b'{"half": ')
    append_line(file, b"whole")
    append_line(file, b"more")
    assert file.read_bytes() == b'{"half": \nwhole\nmore\n'


judgements = st.builds(
    judgement,
    st.uuids().map(str),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
    filters=st.builds(
        Filters,
        st.frozensets(st.sampled_from(["fr", "en"])),
        st.frozensets(st.sampled_from(["", "nord"])),
        st.none() | st.dates(),
        st.none() | st.dates(),
    ),
    kind=st.sampled_from(AnswerKind),
    verdict=st.sampled_from(Verdict),
    reason=st.none() | st.sampled_from(Reason),
    words=st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
)


@given(st.lists(judgements, max_size=4, unique_by=lambda one: one.id))
def test_what_is_kept_is_read_again(told: list[Judgement]) -> None:
    lines = b"".join(one.model_dump_json().encode() + b"\n" for one in told)
    assert lines.count(b"\n") == len(told)
    assert [Judgement.model_validate_json(line) for line in lines.split(b"\n")[:-1]] == told


def test_the_last_word_of_a_judgement_counts(tmp_path: Path) -> None:
    keep(tmp_path, judgement("a", verdict=Verdict.UP))
    keep(tmp_path, judgement("b"))
    last = judgement("a", verdict=Verdict.DOWN, reason=Reason.OUTDATED, words="of last year")
    keep(tmp_path, last)
    assert read_judgements(tmp_path) == ([last, judgement("b")], 0)


@pytest.mark.parametrize(
    "foreign",
    [
        b"{",
        b"[]",
        b"null",
        b"{}",
        b"\xff\xfe\x00",
        b'{"id": "x"}',
        judgement("x").model_dump_json().encode()[:-9],
        judgement("x").model_dump_json().replace('"up"', '"sideways"').encode(),
        judgement("x").model_dump_json().replace('"words":""', f'"words":"{"w" * 501}"').encode(),
    ],
)
def test_a_line_that_is_no_judgement_is_counted(tmp_path: Path, foreign: bytes) -> None:
    keep(tmp_path, judgement("a"))
    with (tmp_path / FEEDBACK).open("ab") as file:
        file.write(foreign)
    assert read_judgements(tmp_path) == ([judgement("a")], 1)
    keep(tmp_path, judgement("b"))
    assert read_judgements(tmp_path) == ([judgement("a"), judgement("b")], 1)


def test_where_nothing_was_judged_there_is_nothing(tmp_path: Path) -> None:
    assert read_judgements(tmp_path) == ([], 0)


def test_what_cannot_be_kept_is_told(tmp_path: Path) -> None:
    with pytest.raises(FeedbackUnwritable, match="no such file"):
        keep(tmp_path / "gone", judgement("a"))


def test_every_reason_fits_an_answer_or_a_refusal() -> None:
    assert {one for reasons in REASONS.values() for one in reasons} == set(Reason)
    assert Reason.SHOULD_HAVE_REFUSED not in REASONS[AnswerKind.NONE]
    assert Reason.SHOULD_HAVE_ANSWERED not in REASONS[AnswerKind.EXTRACT]


# --- The archive ---------------------------------------------------------------------------------


class Small:
    """Three articles, indexed, and what is said of their answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = Settings.from_environment(
            articles=folder / "articles", index=folder / "index", model="word-hash"
        )
        write_pages(self.settings.articles, PAGES)
        self.build()

    def build(self) -> None:
        build_index(self.settings, WordHashEncoder())

    @property
    def snapshot(self) -> Snapshot:
        return open_snapshot(self.settings.index, "word-hash")

    def keep(self, *told: Judgement) -> None:
        for one in told:
            keep(self.settings.index, one)


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return Small(tmp_path)


Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(small: Small, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`communique feedback`, and what it prints as JSON."""
    monkeypatch.setenv("COMMUNIQUE_MODEL", "word-hash")
    monkeypatch.setenv("COMMUNIQUE_INDEX", str(small.settings.index))

    def command(folder: Path) -> dict[str, Any]:
        assert cli.main(["feedback", str(folder), "--json"]) == 0
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        return told

    return command


def test_a_judgement_says_what_was_asked_and_answered(small: Small) -> None:
    cited = Citation(
        1, "nord/cable.txt", "The cable", "en", None, 4, 12, 5, 13, "undersea", (), None
    )
    answer = Answer(AnswerKind.EXTRACT, "What?", 0.7, (Sentence("undersea", 1),), (cited,), (), 0.1)
    question = Question("What?", Filters(since=date(2025, 1, 1)))
    before = datetime.now(UTC)
    told = judge(
        "a", small.snapshot, question, answer, Verdict.DOWN, Reason.OUTDATED, "  w\ud800" * 400
    )
    assert before <= told.time <= datetime.now(UTC)
    assert (told.question, told.filters) == ("What?", question.filters)
    assert (told.kind, told.confidence) == (AnswerKind.EXTRACT, 0.7)
    assert told.citations == (Quoted(path="nord/cable.txt", start=4, end=12, quote="undersea"),)
    assert (told.snapshot, told.model) == (small.snapshot.name, "word-hash")
    assert (told.verdict, told.reason, len(told.words)) == (
        Verdict.DOWN, Reason.OUTDATED, LONGEST_WORDS,
    )  # fmt: skip
    small.keep(told)
    assert read_judgements(small.settings.index) == ([told], 0)


def test_indexing_again_leaves_the_judgements_alone(small: Small) -> None:
    small.keep(judgement("a"))
    names = {small.snapshot.name}
    for number in range(3):
        write_pages(small.settings.articles, {f"sud/{number}.txt": f"Wind {number} from Corsica."})
        small.build()
        names.add(small.snapshot.name)
    assert len(names) == 4
    assert not (small.settings.index / min(names - {small.snapshot.name}) / FEEDBACK).exists()
    assert read_judgements(small.settings.index) == ([judgement("a")], 0)


# --- The evaluation set --------------------------------------------------------------------------


def quoted(path: str, words: str, start: int = 0) -> Quoted:
    return Quoted(path=path, start=start, end=start + len(words), quote=words)


def test_what_readers_judged_is_an_evaluation_set(small: Small, run: Run) -> None:
    both = (quoted("nord/cable.txt", CABLE), quoted("nord/riga.txt", "in Riga", 19))
    refused: dict[str, Any] = {"kind": AnswerKind.NONE, "citations": ()}
    small.keep(
        judgement("a", "What cut the cable near Helsinki?", citations=both),
        judgement("b", "Quelle est la recette de la tarte ?", **refused),
        judgement(
            "c", "Who won the match?", verdict=Verdict.DOWN, reason=Reason.SHOULD_HAVE_REFUSED
        ),
        judgement("d", "What was cut?", verdict=Verdict.DOWN, reason=Reason.WRONG_PASSAGE),
        judgement("e", "What was promised?", verdict=Verdict.WITHDRAWN),
    )
    folder = small.folder / "sets" / "ours"
    assert run(folder) == {
        "judgements": 5,
        "answered": 1,
        "unanswerable": 2,
        "left_out": {"faulted": 1, "withdrawn": 1},
        "foreign": 0,
        "questions": 3,
        "documents": 3,
    }
    chosen = read_set(folder)
    assert {row["_id"]: (row["text"].strip(), row["lang"]) for row in chosen.rows} == {
        "nord/cable.txt": (CABLE, "en"),
        "nord/riga.txt": (RIGA, "en"),
        "sud/lyon.txt": (LYON, "fr"),
    }
    asked = {query.text: query for query in chosen.queries}
    answered = asked["What cut the cable near Helsinki?"]
    assert (answered.answerable, answered.answers) == (True, (CABLE, "in Riga"))
    assert chosen.qrels == {answered.id: {"nord/cable.txt": 1, "nord/riga.txt": 1}}
    assert {text: one.answerable for text, one in asked.items() if one is not answered} == {
        "Quelle est la recette de la tarte ?": False,
        "Who won the match?": False,
    }
    assert asked["Quelle est la recette de la tarte ?"].language == "fr"
    answers = (folder / "answers.jsonl").read_text().splitlines()
    assert [json.loads(line)["start"] for line in answers] == [0, 19]


def test_the_set_can_be_measured(small: Small, run: Run) -> None:
    small.keep(
        judgement("a", CABLE),
        judgement("b", "Zyxqv wvutsrq ponmlk?", kind=AnswerKind.NONE, citations=()),
    )
    folder = small.folder / "ours"
    run(folder)
    figures = evaluate(folder, small.settings, WordHashEncoder())
    assert (figures["questions"], figures["documents"]) == (2, 3)
    assert (figures["hit@1"], figures["answer_hit@1"], figures["refused_unanswerable"]) == (1, 1, 1)


def test_what_was_judged_under_filters(small: Small, run: Run) -> None:
    within = Filters(languages=frozenset({"fr"}))
    small.keep(
        judgement("a", "What cut it?", filters=within),
        judgement("b", "Who was in Riga?", filters=within, kind=AnswerKind.NONE, citations=()),
    )
    told = run(small.folder / "ours")
    assert (told["answered"], told["unanswerable"], told["left_out"]) == (1, 0, {"filtered": 1})


def test_readers_who_disagree_are_both_left_out(small: Small, run: Run) -> None:
    no = {"verdict": Verdict.DOWN, "reason": Reason.SHOULD_HAVE_REFUSED}
    small.keep(
        judgement("a", "Asked twice?"),
        judgement("b", "Asked twice?", **no),
        judgement("c", "Asked twice?"),
        judgement("d", "Asked once?"),
    )
    told = run(small.folder / "ours")
    assert (told["answered"], told["left_out"], told["questions"]) == (1, {"disputed": 3}, 1)


def test_what_the_archive_no_longer_holds_is_left_out(small: Small, run: Run) -> None:
    small.keep(
        judgement("a", "Gone?", citations=(quoted("gone.txt", CABLE),)),
        judgement("b", "Changed?", citations=(quoted("nord/riga.txt", CABLE),)),
        judgement("c", "Moved?", citations=(quoted("nord/cable.txt", "cable", 40),)),
        judgement("d", "Gone?", citations=(quoted("nord/cable.txt", "cable", 40),)),
    )
    folder = small.folder / "ours"
    told = run(folder)
    assert (told["answered"], told["left_out"], told["questions"]) == (2, {"gone": 2}, 2)
    answers = (folder / "answers.jsonl").read_text().splitlines()
    assert [json.loads(line)["start"] for line in answers] == [CABLE.index("cable")] * 2


def test_lines_that_are_no_judgement_are_told(small: Small, run: Run) -> None:
    small.keep(judgement("a"))
    with (small.settings.index / FEEDBACK).open("a") as file:
        file.write('{"half')
    assert run(small.folder / "ours")["foreign"] == 1


def test_an_odd_path_is_one_cell(small: Small, run: Run) -> None:
    odd = "sud/a\tb\u2028100%.txt"
    write_pages(small.settings.articles, {odd: "A lighthouse keeper waved.\n"})
    small.build()
    small.keep(judgement("a", citations=(quoted(odd, "keeper", 13),)))
    folder = small.folder / "ours"
    run(folder)
    chosen = read_set(folder)
    [(relevant, _)] = chosen.qrels["q1"].items()
    assert relevant in chosen.languages


@pytest.mark.usefixtures("run")
def test_a_folder_that_holds_something_is_left_alone(
    small: Small, capsys: pytest.CaptureFixture[str]
) -> None:
    small.keep(judgement("a"))
    folder = small.folder / "mine"
    write_pages(folder, {"notes.txt": "mine"})
    for taken in (folder, folder / "notes.txt"):
        assert cli.main(["feedback", str(taken)]) == 1
        assert str(FolderTaken(taken)) in capsys.readouterr().err
    assert [one.name for one in folder.iterdir()] == ["notes.txt"]


@pytest.mark.usefixtures("run")
def test_without_judgements_there_is_no_set(
    small: Small, capsys: pytest.CaptureFixture[str]
) -> None:
    small.keep(judgement("a", verdict=Verdict.WITHDRAWN))
    assert cli.main(["feedback", str(small.folder / "ours")]) == 1
    assert str(FeedbackMissing(small.settings.index)) in capsys.readouterr().err
    assert not (small.folder / "ours").exists()


@pytest.mark.usefixtures("run")
def test_the_command_says_what_became_of_each(
    small: Small, capsys: pytest.CaptureFixture[str]
) -> None:
    small.keep(judgement("a"), judgement("b", verdict=Verdict.WITHDRAWN))
    with (small.settings.index / FEEDBACK).open("a") as file:
        file.write("{")
    assert cli.main(["feedback", str(small.folder / "ours")]) == 0
    told = capsys.readouterr().out
    assert "1 questions over 3 articles" in told
    assert "2 judgements: 1 answered, 0 unanswerable" in told
    assert "left out, withdrawn: 1" in told
    assert "lines that could not be read: 1" in told
