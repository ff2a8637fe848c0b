"""The command line: exit codes, the shapes of its JSON, and errors of one line."""

import json
import os
import pty
import signal
import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from app_support import MODELS, Archive
from fakes import write_pages

import cli
from archive.audit import AUDIT, system_user
from archive.errors import PasswordTooShort
from archive.packaged_model import PACKAGED_MODEL
from archive.passwords import Guesses

PYTHON = [sys.executable, str(Path(cli.__file__).resolve())]
COMMANDS = (
    "index", "import", "watch", "cancel", "search", "ask", "similar", "status", "verify",
    "snapshots", "diff", "rollback", "backup", "restore", "audit", "password", "furniture",
    "evaluate", "change-model",
)  # fmt: skip
ROW = {
    "rank", "path", "title", "language", "published", "start", "end", "text", "score", "why",
    "versions",
}  # fmt: skip
WHY = {"dense_rank", "lexical_rank", "words", "in_period"}
CITATION = {
    "n", "path", "title", "language", "published", "start", "end", "file_start", "file_end",
    "quote", "versions", "context", "page",
}  # fmt: skip
ANSWER = {
    "kind", "question", "period", "unheld", "confidence", "sentences", "citations", "closest",
    "seconds", "stages",
}  # fmt: skip
REPORT = {
    "found", "indexed", "duplicates", "refused", "new", "changed", "unchanged", "removed",
    "passages", "encoded", "seconds", "snapshot", "built",
}  # fmt: skip
STATUS = {
    "snapshot", "damage", "created", "model", "fingerprint", "dimension", "found", "documents",
    "duplicates", "refused", "passages", "sentences", "refusals", "copies", "job", "log",
}  # fmt: skip
FIGURES = {
    "set", "documents", "passages", "questions", "ndcg@10", "map", "recall@10", "hit@1",
    "same_language@10", "by_language", "answer_hit@1", "answer_hit@3", "refused_unanswerable",
    "refused_answerable", "answerability_auroc", "seconds",
}  # fmt: skip

MENU = "Sign in to the media library"
CABLE = (
    "On 5 March 2025, an undersea cable near Helsinki was cut by the anchor of a tanker. "
    "The repair took eleven days."
)
BODIES = {
    "nord/cable.txt": CABLE,
    "nord/copy.txt": CABLE,
    "nord/hospital.txt": "A hospital in Tallinn lost its power for seven hours last winter.",
    "nord/riga.txt": "Defence ministers gathered in Riga and promised money for a radar station.",
    "nord/island.txt": "Scientists drilled through the ice of Svalbard to measure its age.",
}
PAGES: dict[str, str | bytes] = {path: f"{MENU}\n{body}\n" for path, body in BODIES.items()}
PAGES["sud/glaciers.txt"] = "Une équipe de chercheurs étudie la fonte des glaciers du Groenland.\n"
PAGES["sud/empty.txt"] = ""
QUESTION = "Who cut the undersea cable near Helsinki?"
ACROSS = "Qu’est-ce qui a coupé le câble sous-marin près d’Helsinki ?"
OFF_TOPIC = "Quelle est la recette de la tarte aux pommes ?"


def ran(
    arguments: Sequence[str | bytes], archive: Archive, **chosen: str
) -> subprocess.CompletedProcess[str]:
    """`python cli.py` in a process of its own."""
    return subprocess.run(
        [*PYTHON, *arguments], env=os.environ | archive.environment() | chosen,
        capture_output=True, encoding="utf-8", timeout=120,
    )  # fmt: skip


class Shell:
    """Commands in this process: exit code, and what was printed."""

    def __init__(self, archive: Archive, captured: pytest.CaptureFixture[str]) -> None:
        self.archive = archive
        self._captured = captured
        self.out = self.err = ""

    def __call__(self, *arguments: str) -> int:
        try:
            code = cli.main(arguments)
        except SystemExit as stop:
            code = int(stop.code or 0)
        self.out, self.err = self._captured.readouterr()
        return code

    def told(self, *arguments: str) -> Any:
        """The JSON that a command prints, and nothing beside it."""
        assert self(*arguments, "--json") == 0, self.err
        assert self.err == ""
        return json.loads(self.out)

    def cured(self, *arguments: str) -> str:
        """The error of a command that a user can cure."""
        assert self(*arguments) == 1
        assert self.out == ""
        return one_line(self.err)


def one_line(err: str) -> str:
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert err.endswith("\n")
    assert "Traceback" not in err
    return err.removeprefix("error: ").rstrip("\n")


@pytest.fixture(scope="module")
def first_run(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path
) -> tuple[Archive, subprocess.CompletedProcess[str]]:
    """A small archive, indexed once from outside with the packaged model."""
    assert model_folder.is_dir()
    folder = tmp_path_factory.mktemp("cli")
    archive = Archive(folder / "articles", folder / "index")
    write_pages(archive.articles, PAGES)
    return archive, ran(["index"], archive)


@pytest.fixture
def shell(
    first_run: tuple[Archive, object],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Shell:
    archive = first_run[0]
    for name, value in archive.environment().items():
        monkeypatch.setenv(name, value)
    capsys.readouterr()
    return Shell(archive, capsys)


@pytest.fixture
def nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    """A shell where nothing is indexed and there are no articles."""
    archive = Archive(tmp_path / "articles", tmp_path / "index")
    for name, value in archive.environment().items():
        monkeypatch.setenv(name, value)
    return Shell(archive, capsys)


# --- Usage ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_helps_with_an_example(nowhere: Shell, command: str) -> None:
    assert nowhere(command, "--help") == 0
    assert f"example: communique {command}" in nowhere.out
    for option in ("--json", "--articles DIR", "--index DIR"):
        assert option in nowhere.out


def test_help_lists_every_command(nowhere: Shell) -> None:
    assert nowhere("--help") == 0
    listed = [line.split()[0] for line in nowhere.out.splitlines() if line.strip()]
    assert [one for one in listed if one in COMMANDS] == list(COMMANDS)


@pytest.mark.parametrize(
    "arguments",
    [
        (), ("nonsense",), ("ask",), ("search",), ("evaluate",), ("ask", "one", "two"),
        ("search", "x", "--count", "0"), ("search", "x", "--count", "-3"),
        ("search", "x", "--count", "many"), ("status", "--count", "3"),
        ("ask", "x", "--count", "3"), ("status", "more"), ("index", "--fresh=yes"),
        ("search", "x", "--since"),
    ],
)  # fmt: skip
def test_wrong_usage_is_two(nowhere: Shell, arguments: tuple[str, ...]) -> None:
    assert nowhere(*arguments) == 2
    assert nowhere.out == ""
    assert nowhere.err.startswith("usage: communique")
    assert "Traceback" not in nowhere.err


def test_exit_codes_reach_the_shell(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "articles", tmp_path / "index")
    assert ran(["--help"], archive).returncode == 0
    usage = ran(["search"], archive)
    assert (usage.returncode, usage.stdout) == (2, "")
    missing = ran(["status"], archive)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert one_line(missing.stderr).endswith("communique index")


# --- Errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments", [("status",), ("furniture",), ("ask", "Who?"), ("search", "cable", "--json")]
)
def test_without_an_index_the_cure_is_to_build_one(
    nowhere: Shell, arguments: tuple[str, ...]
) -> None:
    told = nowhere.cured(*arguments)
    assert told == f"There is no index in {nowhere.archive.index}. Build one: communique index"


def test_without_articles_the_cure_is_to_name_them(nowhere: Shell) -> None:
    assert nowhere.cured("index").endswith("Name one: communique index --articles DIR")
    assert nowhere.cured("index", "--json").startswith("There is no folder of articles at")
    assert nowhere.cured("status").endswith("Build one: communique index")


def test_articles_of_which_none_can_be_read_are_told(nowhere: Shell) -> None:
    write_pages(nowhere.archive.articles, {"empty.txt": "", "picture.png": b"\x89PNG"})
    assert nowhere("index") == 1
    assert one_line(nowhere.err).endswith("then run: communique index")


@pytest.mark.parametrize("day", ["yesterday", "2025-13-01", "2025-02-30", "05/03/2025", "2025"])
@pytest.mark.parametrize("option", ["--since", "--until"])
def test_a_date_that_is_none_is_told(shell: Shell, option: str, day: str) -> None:
    for command in ("ask", "search"):
        told = shell.cured(command, "cable", option, day)
        assert told == f"{day!r} is not a date. Write it as YYYY-MM-DD."


def test_a_setting_that_cannot_be_used_is_told(
    nowhere: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMUNIQUE_PASSAGE_TOKENS", "many")
    told = nowhere.cured("status")
    assert told.startswith("COMMUNIQUE_PASSAGE_TOKENS cannot be used")
    assert told.endswith("Correct it or unset it.")


def test_an_index_of_another_model_is_told(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMUNIQUE_MODEL", "another-model")
    for arguments in (("status",), ("furniture",)):
        told = shell.cured(*arguments)
        assert f"built with the model {PACKAGED_MODEL}, not with another-model" in told
        assert told.endswith("build the index again: communique index")


def test_a_folder_that_is_no_evaluation_set_is_told(nowhere: Shell, tmp_path: Path) -> None:
    told = nowhere.cured("evaluate", str(tmp_path))
    assert told.startswith(f"{tmp_path} is not an evaluation set")
    assert told.endswith("corpus.jsonl, queries.jsonl, qrels.tsv.")


@pytest.mark.parametrize("arguments", [("status",), ("ask", "Who?"), ("index",)])
def test_an_index_that_is_a_file_is_told(
    shell: Shell, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    told = shell.cured(*arguments, "--index", str(file))
    assert str(file) in told
    assert file.read_text() == "not a folder"


@pytest.mark.parametrize(
    "arguments",
    [(b"ask", b"caf\xe9 cable", b"--json"), (b"search", b"cable", b"--source", b"\xe9t\xe9")],
)
def test_what_is_not_unicode_is_no_traceback(
    first_run: tuple[Archive, object], arguments: tuple[bytes, ...]
) -> None:
    process = ran(arguments, first_run[0])
    assert "Traceback" not in process.stderr
    assert process.returncode in (0, 1)


# --- Indexing ------------------------------------------------------------------------------------


def test_importing_tells_what_became_of_every_file(nowhere: Shell, tmp_path: Path) -> None:
    site: dict[str, str | bytes] = {
        "a.txt": "words",
        "b.css": "p {}",
        "c.css": "",
        "[red]d.txt": "",
    }
    write_pages(tmp_path / "port", {**site, "\x1b[31m.txt": "other words"})
    told = nowhere.told("import", str(tmp_path / "port"))
    assert {name: told[name] for name in ("found", "taken", "left_out", "refused", "same")} == {
        "found": 5, "taken": 2, "left_out": 2, "refused": 1, "same": 0,
    }  # fmt: skip
    assert told["left_out_by_ending"] == {".css": 2}
    assert {one["path"] for one in told["files"]} == {"", "port/a.txt", "port/[31m.txt"}
    (tmp_path / "port" / "a.txt").write_text("new words")
    assert nowhere("import", str(tmp_path / "port"), "--replace") == 0
    lines = nowhere.out.splitlines()
    assert lines[0] == "5 files found"
    for line in ("same: 1", "left out, .css: 2", "replaced a.txt: port/a.txt"):
        assert f"  {line}" in lines
    assert "  refused [red]d.txt: The file holds no text." in lines
    assert "\x1b" not in nowhere.out
    assert lines[-1].endswith("communique index")


def test_an_import_that_brings_nothing_is_told(nowhere: Shell, tmp_path: Path) -> None:
    write_pages(tmp_path / "styles", {"b.css": "p {}"})
    assert nowhere("import", str(tmp_path / "styles")) == 1
    assert one_line(nowhere.err).endswith("communique import PATH")
    assert nowhere.cured("import", str(tmp_path / "none")).endswith("communique import PATH")


def test_indexing_tells_plain_lines_and_ends_with_a_table(
    first_run: tuple[Archive, subprocess.CompletedProcess[str]],
) -> None:
    process = first_run[1]
    assert (process.returncode, process.stderr) == (0, "")
    assert "\x1b" not in process.stdout
    assert "\r" not in process.stdout
    lines = process.stdout.splitlines()
    steps = [line.removesuffix(" ...") for line in lines if line.endswith(" ...")]
    assert steps == ["reading", "preparing", "chunking", "encoding", "writing"]
    for step in steps[1:]:
        assert sum(line.startswith(f"{step}: ") for line in lines) == 1
    title, header, numbers, summary = lines[-7], lines[-5], lines[-3], lines[-1]
    assert title.strip() == "indexed"
    columns = [one.strip() for one in header.strip("┃").split("┃")]
    told = dict(zip(columns, map(int, numbers.replace("│", " ").split()), strict=True))
    assert told == {
        "found": 7, "new": 6, "changed": 0, "unchanged": 0, "removed": 0, "duplicates": 1,
        "refused": 1,
    }  # fmt: skip
    assert summary.startswith("5 articles in 5 passages, ")


def test_a_second_run_says_that_nothing_has_changed(shell: Shell) -> None:
    assert shell("index") == 0
    assert "nothing has changed" in shell.out
    assert "encoding" not in shell.out
    report = shell.told("index")
    assert set(report) == REPORT
    assert (report["built"], report["encoded"]) == (False, 0)
    assert (report["found"], report["indexed"], report["duplicates"], report["refused"]) == (
        7, 5, 1, 1,
    )  # fmt: skip
    assert (report["new"], report["changed"], report["unchanged"], report["removed"]) == (
        0, 0, 6, 0,
    )  # fmt: skip
    assert report["snapshot"] == shell.told("status")["snapshot"]


def test_on_a_terminal_a_bar_is_drawn(first_run: tuple[Archive, object]) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*PYTHON, "index"], stdout=theirs, stderr=theirs,
        env=os.environ | first_run[0].environment() | {"TERM": "xterm-256color", "COLUMNS": "100"},
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the terminal is gone with the process
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert process.wait(timeout=60) == 0
    told = shown.decode()
    assert "\x1b[" in told
    assert "reading" in told
    assert "reading ..." not in told
    assert "nothing has changed" in told


# --- JSON ----------------------------------------------------------------------------------------


def check_rows(rows: list[dict[str, Any]]) -> None:
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    for row in rows:
        assert set(row) == ROW
        assert set(row["why"]) == WHY
        assert row["path"] in PAGES
        assert row["end"] - row["start"] == len(row["text"])
        assert row["published"] is None or row["published"] == "2025-03-05"


def test_an_answer_has_the_shape_of_the_contract(shell: Shell) -> None:
    told = shell.told("ask", QUESTION)
    assert set(told) == ANSWER
    assert (told["kind"], told["question"]) == ("extract", QUESTION)
    assert 0 <= told["confidence"] <= 1
    assert told["seconds"] > 0
    assert told["sentences"]
    check_rows(told["closest"])
    quotes = {}
    for citation in told["citations"]:
        assert set(citation) == CITATION
        assert citation["end"] - citation["start"] == len(citation["quote"])
        text = (shell.archive.articles / citation["path"]).read_text(encoding="utf-8")
        written = text[citation["file_start"] : citation["file_end"]]
        assert unicodedata.normalize("NFC", written) == citation["quote"]
        quotes[citation["n"]] = citation["quote"]
    for sentence in told["sentences"]:
        assert set(sentence) == {"text", "citation"}
        assert quotes[sentence["citation"]] == sentence["text"]
    best = next(one for one in told["citations"] if "anchor" in one["quote"])
    assert (best["path"], best["published"]) == ("nord/cable.txt", "2025-03-05")
    assert best["file_start"] == best["start"] + len(MENU) + 1


def test_a_refusal_has_the_shape_of_the_contract(shell: Shell) -> None:
    told = shell.told("ask", OFF_TOPIC)
    assert set(told) == ANSWER
    assert (told["kind"], told["sentences"], told["citations"]) == ("none", [], [])
    assert told["closest"]
    check_rows(told["closest"])


def test_a_search_has_the_shape_of_the_contract(shell: Shell) -> None:
    told = shell.told("search", ACROSS, "--count", "3")
    assert set(told) == {"period", "unheld", "passages", "seconds"}
    assert told["seconds"] > 0
    assert len(told["passages"]) == 3
    check_rows(told["passages"])
    assert told["passages"][0]["path"] == "nord/cable.txt"
    assert "é" not in json.dumps(told["passages"][0]["text"])


def test_filters_are_passed_on(shell: Shell) -> None:
    chosen = (
        "--language",
        "en",
        "--source",
        "nord",
        "--since",
        "2025-03-05",
        "--until",
        "2025-03-05",
    )
    found = shell.told("search", QUESTION, *chosen)["passages"]
    assert [row["path"] for row in found] == ["nord/cable.txt"]
    more = shell.told("search", QUESTION, "--language", "fr", "--language", "en")["passages"]
    assert {row["language"] for row in more} == {"fr", "en"}
    assert len(more) == 5
    none = shell.told("ask", QUESTION, "--until", "1990-01-01")
    assert (none["kind"], none["closest"]) == ("none", [])


def test_a_phrase_that_no_passage_holds_is_told(shell: Shell) -> None:
    held, unheld = '"lost its power"', '"power its lost"'
    for command, row in (("search", "passages"), ("ask", "closest")):
        told = shell.told(command, held)
        assert told["unheld"] == []
        english = [one["path"] for one in told[row] if one["language"] == "en"]
        assert english == ["nord/hospital.txt"]
        told = shell.told(command, unheld)
        assert told["unheld"] == ["power its lost"]
        assert len(told[row]) == 5
        assert shell(command, unheld) == 0
        assert "No passage holds “power its lost” word for word" in shell.out
        assert shell(command, held) == 0
        assert "word for word" not in shell.out


def test_status_tells_what_is_indexed(shell: Shell) -> None:
    told = shell.told("status")
    assert set(told) == STATUS
    assert (told["documents"], told["passages"], told["model"]) == (5, 5, PACKAGED_MODEL)
    assert [(one["path"], one["reason"]) for one in told["refusals"]] == [
        ("sud/empty.txt", "empty")
    ]
    assert [(one["path"], one["of"]) for one in told["copies"]] == [
        ("nord/copy.txt", "nord/cable.txt")
    ]
    assert told["job"]["state"] == "done with refusals"
    assert told["damage"] is None
    assert [line.split(" ", 1)[1] for line in told["log"]][-1] == "done with refusals"
    assert shell("status") == 0
    assert "5 articles in 5 passages" in shell.out
    assert "last run: done with refusals, begun" in shell.out
    assert "damaged" not in shell.out
    assert "refused sud/empty.txt: The file holds no text." in shell.out
    assert "nord/copy.txt repeats nord/cable.txt (100%)" in shell.out


def test_furniture_tells_what_was_left_out(shell: Shell) -> None:
    told = shell.told("furniture")
    assert set(told) == {"furniture"}
    (line,) = told["furniture"]
    assert set(line) == {"source", "line", "pages", "family", "why"}
    assert (line["source"], line["line"]) == ("nord", MENU)
    assert line["pages"] <= line["family"]
    assert shell("furniture") == 0
    assert all(part in shell.out for part in ("nord", "Sign in", "media library"))


def test_evaluating_gives_one_object_a_set(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "two"
    folder.mkdir()
    rows = [(path, body) for path, body in BODIES.items() if path != "nord/copy.txt"]
    files: dict[str, list[dict[str, object]]] = {
        "corpus.jsonl": [
            {"_id": one, "title": "", "text": text, "lang": "en"} for one, text in rows
        ],
        "queries.jsonl": [
            {"_id": "q1", "text": QUESTION, "lang": "en", "answerable": True},
            {"_id": "q2", "text": OFF_TOPIC, "lang": "fr", "answerable": False},
        ],
        "answers.jsonl": [{"query_id": "q1", "corpus_id": "nord/cable.txt", "answer": "anchor"}],
    }
    for name, lines in files.items():
        (folder / name).write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tnord/cable.txt\t1\n")
    (told,) = shell.told("evaluate", str(folder))
    assert set(told) >= FIGURES
    assert (told["set"], told["documents"], told["questions"]) == ("two", 4, 2)
    assert (told["hit@1"], told["answer_hit@3"], told["answerability_auroc"]) == (1.0, 1.0, 1.0)
    assert set(told["by_language"]) == {"en", "fr"}
    assert set(told["by_language"]["fr"].values()) == {None}


def test_the_time_that_a_question_names_is_told_and_can_be_ignored(shell: Shell) -> None:
    asked = "What happened near Helsinki in March 2025?"
    march = {"first": "2025-03-01", "last": "2025-03-31", "start": 31, "end": 41}
    for command, row in (("ask", "closest"), ("search", "passages")):
        told = shell.told(command, asked)
        assert told["period"] == march
        assert [one["path"] for one in told[row] if one["why"]["in_period"]] == ["nord/cable.txt"]
        told = shell.told(command, asked, "--any-time")
        assert told["period"] is None
        assert not any(one["why"]["in_period"] for one in told[row])
        assert shell(command, asked) == 0
        preferring = "Preferring what concerns “March 2025” (2025-03-01 to 2025-03-31); --any-time"
        assert shell.out.startswith(preferring)
        assert shell.out.count(", of that time") == (command == "search")
        assert shell(command, asked, "--any-time") == 0
        assert "Preferring" not in shell.out
    assert shell("search", "What happened near Helsinki since 2025?") == 0
    assert "“since 2025” (since 2025-01-01)" in shell.out
    assert shell("search", "What happened near Helsinki on 5 March 2025?") == 0
    assert "“5 March 2025” (2025-03-05)" in shell.out


# --- Snapshots -----------------------------------------------------------------------------------

KEPT = {"name", "created", "articles", "passages", "current", "state"}


@pytest.fixture
def twice(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell over a copy where a second snapshot has an article more and one less."""
    shell.archive = shell.archive.copied_to(tmp_path / "copy")
    for name, value in shell.archive.environment().items():
        monkeypatch.setenv(name, value)
    (shell.archive.articles / "nord/island.txt").unlink()
    new = "The lighthouse of Bornholm was painted green by four sailors."
    write_pages(shell.archive.articles, {"nord/new.txt": new})
    assert shell("index") == 0
    return shell


def damage(shell: Shell) -> str:
    """Change a byte of the current snapshot; its name."""
    name = str(shell.told("status")["snapshot"])
    file = shell.archive.index / name / "sentences.npy"
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    return name


def test_the_kept_snapshots_are_listed_compared_and_gone_back_to(twice: Shell) -> None:
    first, second = twice.told("snapshots")["snapshots"]
    assert set(first) == set(second) == KEPT
    assert (first["current"], second["current"]) == (True, False)
    assert {first["state"], second["state"]} == {"whole"}
    assert twice("snapshots") == 0
    assert first["name"] in twice.out
    told = twice.told("diff")
    assert (told["old"], told["new"]) == (second["name"], first["name"])
    assert (told["added"], told["changed"], told["removed"]) == (
        ["nord/new.txt"], [], ["nord/island.txt"],
    )  # fmt: skip
    back = twice.told("diff", first["name"], second["name"])
    assert (back["added"], back["removed"]) == (told["removed"], told["added"])
    assert twice.told("rollback")["snapshot"] == second["name"]
    assert twice.told("status")["snapshot"] == second["name"]
    assert twice("rollback", first["name"]) == 0
    assert twice.out.startswith(f"{first['name']} is current: 5 articles")
    assert twice.cured("rollback", "snapshot-x").endswith("communique snapshots")


def test_questions_that_are_answered_otherwise_are_told(twice: Shell, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    asked = [QUESTION, "Who painted the lighthouse of Bornholm?"]
    file.write_text("".join(json.dumps({"question": one}) + "\n" for one in asked))
    (changed,) = twice.told("diff", "--questions", str(file))["answers"]
    assert set(changed) == {"question", "before", "after"}
    assert changed["question"] == asked[1]
    assert changed["after"][0][0] == "nord/new.txt"
    assert twice("diff", "--questions", str(file)) == 0
    assert "1 questions answered otherwise" in twice.out
    assert twice.cured("diff", "--questions", "nowhere").endswith('as "question".')


def test_verifying_ends_with_one_where_anything_is_wrong(twice: Shell) -> None:
    for options in ((), ("--deep",)):
        told = twice.told("verify", *options)["snapshots"]
        assert [one["problems"] for one in told] == [[], []]
        assert twice("verify", *options) == 0
        assert twice.out.count(": whole\n") == 2
    name = damage(twice)
    assert twice("verify") == 1
    assert f"{name}: sentences.npy has changed\n" in twice.out
    assert one_line(twice.err).endswith("communique index --fresh")
    assert twice("verify", "--json") == 1
    assert json.loads(twice.out)["snapshots"][0]["problems"] == ["sentences.npy has changed"]


def test_a_damaged_snapshot_gives_way_to_the_one_before_until_the_next_run(twice: Shell) -> None:
    name = damage(twice)
    told = twice.told("status")
    assert told["snapshot"] != name
    assert told["damage"] == "sentences.npy has changed"
    assert twice("status") == 0
    assert twice.out.startswith("The current snapshot is damaged (sentences.npy has changed)")
    assert twice.told("ask", QUESTION)["kind"] == "extract"
    state = {one["name"]: one["state"] for one in twice.told("snapshots")["snapshots"]}
    assert state[name] == "damaged (sentences.npy has changed)"
    assert twice.told("index")["built"]
    assert twice.told("status")["damage"] is None
    assert twice.told("status")["documents"] == 5


def test_a_backup_is_restored_elsewhere(twice: Shell, tmp_path: Path) -> None:
    file, elsewhere = str(tmp_path / "index.tar.gz"), ("--index", str(tmp_path / "elsewhere"))
    told = twice.told("backup", file)
    assert told["snapshot"] == twice.told("status")["snapshot"]
    assert twice("restore", file, *elsewhere) == 0
    assert " is current: 5 articles" in twice.out
    assert twice.told("ask", QUESTION, *elsewhere)["kind"] == "extract"
    Path(file).write_bytes(b"nothing")
    assert twice.cured("restore", file, *elsewhere).endswith("communique restore FILE")
    assert twice.cured("backup", str(tmp_path / "no/such")).endswith("communique backup FILE")


def test_many_articles_are_dropped_only_by_force(twice: Shell) -> None:
    for path in ("nord/new.txt", "nord/riga.txt"):
        (twice.archive.articles / path).unlink()
    assert twice("index", "--json") == 1
    told = one_line(twice.err)
    assert told.startswith("The run would drop 2 of the 5 articles")
    assert told.endswith("communique index --force")
    assert twice.told("status")["job"]["problem"] == told
    assert twice("status") == 0
    assert "last run: failed, begun" in twice.out
    assert twice.told("index", "--force")["removed"] == 2


def test_where_nothing_runs_nothing_is_called_off(shell: Shell) -> None:
    assert shell.cured("cancel").endswith("Start one: communique index")


def test_watching_indexes_at_once_and_again_when_files_have_settled(
    twice: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = subprocess.Popen(
        [*PYTHON, "watch", "--json"], env=os.environ | twice.archive.environment(),
        stdout=subprocess.PIPE, encoding="utf-8",
        # Heeded as in a terminal, also where the tests themselves were started to ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    assert (first["state"], first["report"]["built"]) == ("done with refusals", False)
    (twice.archive.articles / "sud/empty.txt").unlink()
    second = json.loads(process.stdout.readline())
    assert (second["state"], second["report"]["built"]) == ("done", True)
    process.send_signal(signal.SIGINT)
    process.stdout.close()
    assert process.wait(timeout=60) == 130


# --- Who did what --------------------------------------------------------------------------------


def test_what_changes_the_archive_is_recorded_and_listed(twice: Shell, tmp_path: Path) -> None:
    before = len(twice.told("audit")["entries"])
    file = str(tmp_path / "index.tar")
    assert twice("backup", file) == 0
    assert twice("rollback") == 0
    assert twice("restore", file) == 0
    assert twice("rollback", "snapshot-x") == 1
    assert twice("cancel") == 1
    assert twice("status") == 0
    told = twice.told("audit")
    assert (told["line"], told["problem"]) == (None, None)
    new = told["entries"][before:]
    assert [(one["action"], one["outcome"], one["about"]) for one in new] == [
        ("rollback", "begun", ""), ("rollback", "done", ""),
        ("restore", "begun", file), ("restore", "done", file),
        ("rollback", "begun", "snapshot-x"), ("rollback", "failed", "snapshot-x"),
        ("cancel", "begun", ""), ("cancel", "failed", ""),
    ]  # fmt: skip
    assert {one["who"] for one in new} == {system_user()}
    assert [one["action"] for one in told["entries"][:2]] == ["index", "index"]
    assert twice("audit") == 0
    assert f"{before + 8} lines, each as it was written" in twice.out


def test_a_changed_line_of_the_audit_log_is_named(twice: Shell) -> None:
    number = len(twice.told("audit")["entries"])
    assert twice("verify") == 0
    assert f"audit log: {number} lines, each as it was written\n" in twice.out
    assert twice.told("verify")["audit"] == {"lines": number, "line": None, "problem": None}
    log = twice.archive.index / AUDIT
    first, second, *rest = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([first, second.replace(b"done", b"failed"), *rest]))
    for command in ("verify", "audit"):
        assert twice(command) == 1
        assert one_line(twice.err).startswith("Line 2 of the audit log")
        assert one_line(twice.err).endswith("a new log begins.")
        assert twice(command, "--json") == 1
        told = json.loads(twice.out)
        assert (told if command == "audit" else told["audit"])["line"] == 2


@pytest.mark.parametrize("command", ["cancel", "rollback"])
def test_where_there_is_no_index_nothing_is_made_to_record_it(nowhere: Shell, command: str) -> None:
    assert nowhere.cured(command)
    assert nowhere.told("audit")["entries"] == []
    assert not (nowhere.archive.index / AUDIT).exists()


def test_the_hash_of_a_password_from_a_pipe(nowhere: Shell) -> None:
    def piped(words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PYTHON, "password"], input=words, capture_output=True, encoding="utf-8", timeout=120
        )

    done = piped("a quay, a crane, a gull\n")
    assert (done.returncode, done.stderr) == (0, "")
    Guesses().check(done.stdout.rstrip("\n"), "a quay, a crane, a gull")
    refused = piped("short\n")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == f"error: {PasswordTooShort(15)}\n"


# --- For people ----------------------------------------------------------------------------------


def test_an_answer_is_told_in_sentences_with_their_places(shell: Shell) -> None:
    assert shell("ask", QUESTION) == 0
    assert shell.err == ""
    assert "was cut by the anchor of a tanker. [1]" in shell.out
    start = len(MENU) + 1
    end = start + CABLE.index(" The repair")
    assert f"en, 2025-03-05: nord/cable.txt, characters {start} to {end}" in shell.out
    assert MENU not in shell.out


def test_a_refusal_is_told_with_the_closest_passages(shell: Shell) -> None:
    assert shell("ask", OFF_TOPIC) == 0
    assert shell.out.startswith("Nothing in the archive answers this question.")
    assert "1. " in shell.out


def test_markup_in_an_article_is_only_text(nowhere: Shell) -> None:
    body = "The [bold]signal[/bold] of [red]harbour[/] seven was seen by [link=x]nobody[/link]."
    write_pages(nowhere.archive.articles, {"[site]/page.txt": body})
    assert nowhere("index") == 0
    assert nowhere("search", "signal of [harbour] seven") == 0
    assert body in nowhere.out
    assert "[site]/page.txt" in nowhere.out
    assert nowhere("status") == 0


def test_the_models_folder_is_the_repositorys(shell: Shell) -> None:
    assert os.environ["COMMUNIQUE_MODELS"] == str(MODELS)
