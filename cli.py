"""The command line: parse, call one function of the engine, print. Nothing else."""

import argparse
import contextlib
import getpass
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.table import Table

from archive.answers import (
    Answer,
    AnswerKind,
    RankedPassage,
    Version,
    answer_facts,
    passage_facts,
)
from archive.audit import Audit, read_audit, recorded, system_user
from archive.backup import read_backup, write_backup
from archive.catalogue import Catalogue
from archive.dates import Period
from archive.documents import Filters, Question
from archive.encoder import open_encoder
from archive.errors import ArchiveError, AuditDamaged, DateInvalid, ImportEmpty, IndexDamaged
from archive.passwords import hash_password
from archive.settings import Settings
from archive.snapshot import (
    CATALOGUE,
    Kept,
    Snapshot,
    kept_snapshots,
    open_kept,
    open_snapshot,
    roll_back,
)
from evaluation.feedback import export_set
from indexer.intake import KEPT, Fate, counted, import_path, left_out_by_ending
from indexer.jobs import Job, JobState, cancel_job, read_job, read_log, reindex, run_job
from indexer.pipeline import BuildReport, Progress, silent
from indexer.watching import PAUSE, settled_changes
from retriever.comparison import Changed, compare_answers, compare_articles, read_questions
from retriever.engine import Engine, open_engine
from retriever.reranking import open_reranker
from retriever.verification import disagreements

MOST_SHOWN = 100

out = Console(highlight=False, soft_wrap=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. 0: done; 1: an error the user can cure; 2: wrong usage."""
    arguments = _parser().parse_args(argv)
    try:
        settings = Settings.from_environment(articles=arguments.articles, index=arguments.index)
        arguments.run(arguments, settings)
    except ArchiveError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the index that was current still is", file=sys.stderr)
        return 130
    return 0


def index(arguments: argparse.Namespace, settings: Settings) -> None:
    """Index the articles: only what is new or changed is worked on.

    example: communique index --articles releases/
    """
    with _shown(quiet=arguments.json) as show:
        report = run_job(settings, show, fresh=arguments.fresh, force=arguments.force)
    _print(arguments, asdict(report), lambda: _report_table(report))


def import_(arguments: argparse.Namespace, settings: Settings) -> None:
    """Take articles from a folder, a .zip, a feed or a file into the folder of articles.

    example: communique import saved/example.org.zip
    """
    with recorded(settings.index, system_user(), "import", str(arguments.path)):
        arrivals = import_path(settings.articles, arguments.path, replace=arguments.replace)
    counts, left_out = counted(arrivals), left_out_by_ending(arrivals)
    told: dict[str, object] = {
        "found": len(arrivals),
        **{fate.value: number for fate, number in counts.items()},
        "left_out_by_ending": left_out,
        "files": [asdict(one) for one in arrivals],
    }

    def show() -> None:
        out.print(f"{len(arrivals)} files found")
        for fate, number in counts.items():
            out.print(f"  {fate.replace('_', ' ')}: {number}")
        for ending, number in left_out.items():
            out.print(f"  left out, {escape(ending) or 'without an ending'}: {number}")
        for one in arrivals:
            if one.fate in (Fate.RENAMED, Fate.REPLACED):
                out.print(f"  {one.fate} {escape(one.name)}: {escape(one.path)}")
            elif one.fate == Fate.REFUSED:
                out.print(f"  refused {escape(one.name)}: {escape(one.sentence)}")
        out.print("To search in them: communique index")

    _print(arguments, told, show)
    if not any(one.fate in KEPT for one in arrivals):
        raise ImportEmpty(arguments.path)


def watch(arguments: argparse.Namespace, settings: Settings) -> None:
    """Index each time the files of the articles folder have changed and settled, until Ctrl+C.

    example: communique watch --articles incoming/
    """
    for _ in settled_changes(settings.articles):
        while (job := reindex(settings)) is None:
            time.sleep(PAUSE)  # another run holds the index
        if arguments.json:
            print(json.dumps(asdict(job), ensure_ascii=False), flush=True)
        else:
            _show_job(job)


def cancel(arguments: argparse.Namespace, settings: Settings) -> None:
    """Call off the run that is indexing; the next one goes on from where it was.

    example: communique cancel
    """
    with _recorded(settings, "cancel"):
        job = cancel_job(settings.index)
    _print(arguments, {"job": asdict(job)}, lambda: _show_job(job))


def search(arguments: argparse.Namespace, settings: Settings) -> None:
    """Find the passages that best match a question.

    example: communique search "câbles sous-marins" --language uk --since 2025-01-01
    """
    started = time.perf_counter()
    engine = open_engine(settings, open_encoder(settings))
    question = _question(arguments)
    found = engine.search(question, min(arguments.count, MOST_SHOWN))
    period = engine.period(question)
    told = {
        "period": asdict(period) if period else None,
        "unheld": engine.unheld(question),
        "passages": [passage_facts(one) for one in found],
        "seconds": time.perf_counter() - started,
    }

    def show() -> None:
        _show_period(question.text, period)
        _show_unheld(engine.unheld(question))
        _show_passages(found)

    _print(arguments, told, show)


def ask(arguments: argparse.Namespace, settings: Settings) -> None:
    """Answer a question in sentences quoted from the articles, or say that they do not answer it.

    example: communique ask "When did Finland join NATO?"
    """
    engine = open_engine(settings, open_encoder(settings))
    answer = engine.ask(_question(arguments))
    _print(arguments, answer_facts(answer), lambda: _show_answer(answer))


def similar(arguments: argparse.Namespace, settings: Settings) -> None:
    """Find what else the archive holds on the matter of an article, in any language.

    example: communique similar otan-presse/004_sommet-la-haye-cinq-pour-cent.txt
    """
    started = time.perf_counter()
    engine = open_engine(settings, open_encoder(settings))
    found = engine.similar(arguments.path, min(arguments.count, MOST_SHOWN))
    told = {
        "passages": [passage_facts(one) for one in found],
        "seconds": time.perf_counter() - started,
    }
    _print(arguments, told, lambda: _show_passages(found))


def status(arguments: argparse.Namespace, settings: Settings) -> None:
    """Say what is indexed, when, with which model, what was refused, and how the last run went.

    example: communique status --json
    """
    snapshot = open_snapshot(settings.index, settings.model)
    catalogue = Catalogue(snapshot.folder / CATALOGUE)
    refused, duplicates = catalogue.refused(), catalogue.duplicates()
    job, log = read_job(settings.index), read_log(settings.index)
    told = {
        "snapshot": snapshot.name,
        "damage": snapshot.damage,
        **asdict(snapshot.facts),
        "refusals": [asdict(one) for one in refused],
        "copies": [asdict(one) for one in duplicates],
        "job": asdict(job),
        "log": log,
    }

    def show() -> None:
        facts = snapshot.facts
        if snapshot.damage:
            out.print(
                f"The current snapshot is damaged ({escape(snapshot.damage)}); the one before it "
                "answers. Build it again: communique index"
            )
        out.print(
            f"{snapshot.name}: {facts.documents} articles in {facts.passages} passages, "
            f"indexed {facts.created} with {facts.model}; "
            f"{facts.duplicates} duplicates, {facts.refused} refused"
        )
        for one in refused:
            out.print(f"  refused {escape(one.path)}: {one.sentence}")
        for copy in duplicates:
            out.print(f"  {escape(copy.path)} repeats {escape(copy.of)} ({copy.similarity:.0%})")
        _show_job(job)
        for line in log:
            out.print(f"  {escape(line)}")

    _print(arguments, told, show)


def verify(arguments: argparse.Namespace, settings: Settings) -> None:
    """Check the kept snapshots as opening does, and the audit log; --deep reads every byte.

    example: communique verify --deep
    """
    kept = kept_snapshots(settings.index, deep=arguments.deep)
    problems = {one.name: _problems(settings, one, deep=arguments.deep) for one in kept}
    told = [_kept(one, kept) | {"problems": problems[one.name]} for one in kept]
    log = read_audit(settings.index)

    def show() -> None:
        for one in kept:
            out.print(f"{one.name}: {escape('; '.join(problems[one.name]) or 'whole')}")
        out.print(f"audit log: {_audit_state(log)}")

    checked = {"lines": len(log.entries), "line": log.line, "problem": log.problem}
    _print(arguments, {"snapshots": told, "audit": checked}, show)
    found = [problem for one in kept for problem in problems[one.name]]
    if found:
        raise IndexDamaged(settings.index, found[0])
    _refuse_damaged(log, settings)


def snapshots(arguments: argparse.Namespace, settings: Settings) -> None:
    """List the snapshots that are kept, the current one first, and whether each is whole.

    example: communique snapshots
    """
    kept = kept_snapshots(settings.index)
    told = [_kept(one, kept) for one in kept]

    def show() -> None:
        table = Table()
        for name in told[0]:
            table.add_column(name)
        for one in told:
            table.add_row(*(_cell(value) for value in one.values()))
        out.print(table)

    _print(arguments, {"snapshots": told}, show)


def diff(arguments: argparse.Namespace, settings: Settings) -> None:
    """Tell which articles two kept snapshots differ in, and which questions they answer otherwise.

    example: communique diff --questions questions.jsonl
    """
    old = open_kept(settings.index, settings.model, arguments.old, before=True)
    new = open_kept(settings.index, settings.model, arguments.new)
    articles = compare_articles(*(Catalogue(one.folder / CATALOGUE) for one in (old, new)))
    changed: list[Changed] = []
    if arguments.questions:
        questions = read_questions(arguments.questions)
        encoder, reranker = open_encoder(settings), open_reranker(settings)
        before, after = (Engine(one, encoder, reranker) for one in (old, new))
        changed = compare_answers(before, after, questions)
    told = {
        "old": old.name,
        "new": new.name,
        **asdict(articles),
        "answers": [asdict(one) for one in changed],
    }

    def show() -> None:
        for name, paths in asdict(articles).items():
            out.print(f"{len(paths)} {name}")
            for path in paths:
                out.print(f"  {escape(path)}")
        if arguments.questions:
            out.print(f"{len(changed)} questions answered otherwise")
        for one in changed:
            out.print(f"  {escape(one.question)}")
            for when, quoted in (("before", one.before), ("now", one.after)):
                for path, quote in quoted or [("", "refused")]:
                    out.print(f"    {when}: {escape(' '.join(f'{path} {quote}'.split()))}")

    _print(arguments, told, show)


def rollback(arguments: argparse.Namespace, settings: Settings) -> None:
    """Make an earlier kept snapshot current again, once every byte of it is checked.

    example: communique rollback
    """
    with _recorded(settings, "rollback", arguments.name or ""):
        snapshot = roll_back(settings.index, settings.model, arguments.name)
    _tell_current(arguments, snapshot)


def backup(arguments: argparse.Namespace, settings: Settings) -> None:
    """Write the current snapshot into one file, compressed where its name ends with .gz or .tgz.

    example: communique backup index.tar.gz
    """
    snapshot = write_backup(settings.index, settings.model, arguments.file)
    told = {"file": str(arguments.file), "snapshot": snapshot.name, **asdict(snapshot.facts)}
    _print(arguments, told, lambda: out.print(f"{snapshot.name} is in {arguments.file}"))


def restore(arguments: argparse.Namespace, settings: Settings) -> None:
    """Make the snapshot in a backup current, once every byte of it is checked.

    example: communique restore index.tar.gz
    """
    with recorded(settings.index, system_user(), "restore", str(arguments.file)):
        snapshot = read_backup(settings.index, settings.model, arguments.file)
    _tell_current(arguments, snapshot)


def audit(arguments: argparse.Namespace, settings: Settings) -> None:
    """List who did what to the archive, in the order it was done, and say whether a line changed.

    example: communique audit
    """
    log = read_audit(settings.index)
    told = {
        "entries": [one.model_dump(mode="json") for one in log.entries],
        "line": log.line,
        "problem": log.problem,
    }

    def show() -> None:
        table = Table("time (UTC)", "who", "action", "outcome", "about", "snapshot")
        for one in log.entries:
            when = f"{one.time:%Y-%m-%d %H:%M:%S}"
            said = (when, one.who, one.action, one.outcome, one.about, one.snapshot or "-")
            table.add_row(*map(escape, said))
        out.print(table)
        out.print(_audit_state(log))

    _print(arguments, told, show)
    _refuse_damaged(log, settings)


def password(arguments: argparse.Namespace, settings: Settings) -> None:
    """Ask for the admin's password, or read it from a pipe, and print the hash for the settings.

    example: communique password
    """
    del settings
    asked = sys.stdin.isatty()
    hashed = hash_password(getpass.getpass() if asked else sys.stdin.readline())
    _print(arguments, {"hash": hashed}, lambda: print(hashed))


def furniture(arguments: argparse.Namespace, settings: Settings) -> None:
    """Show the lines that were left out of the articles, how often they stand there, and why.

    example: communique furniture
    """
    snapshot = open_snapshot(settings.index, settings.model)
    found = Catalogue(snapshot.folder / CATALOGUE).furniture()
    told = {"furniture": [asdict(one) | {"why": one.why} for one in found]}

    def show() -> None:
        table = Table("source", "pages", "line", "why left out")
        for one in found:
            table.add_row(escape(one.source), str(one.pages), escape(one.line), one.why)
        out.print(table)

    _print(arguments, told, show)


def evaluate(arguments: argparse.Namespace, settings: Settings) -> None:
    """Measure search, answers and refusals on evaluation sets in BEIR layout.

    example: communique evaluate sets/piaf sets/xquad --json
    """
    from evaluation.run import evaluate as evaluate_set
    from evaluation.run import expected_figures

    encoder = open_encoder(settings)
    with _shown(quiet=arguments.json) as show:
        told = [evaluate_set(folder, settings, encoder, show) for folder in arguments.folders]
    _print(arguments, told, lambda: _show_figures(told, expected_figures()))


def change_model(arguments: argparse.Namespace, settings: Settings) -> None:
    """Build the index with another model beside the current one, and switch if it is no worse.

    example: communique change-model /srv/models/e5-base --questions data/questions.jsonl
    """
    from evaluation.model_change import change_model as change

    with _recorded(settings, "change-model", arguments.name), _shown(quiet=arguments.json) as show:
        changed = change(settings, arguments.name, arguments.questions, show, force=arguments.force)

    def tell() -> None:
        table = Table("right", changed.old, changed.new)
        for kind, share in changed.before.items():
            table.add_row(kind, _figure(share), _figure(changed.after[kind]))
        out.print(table)
        out.print(
            f"{changed.snapshot} is current, built with {escape(changed.new)}. "
            "Where COMMUNIQUE_MODEL is set, unset it or name this model."
        )

    _print(arguments, asdict(changed), tell)


def feedback(arguments: argparse.Namespace, settings: Settings) -> None:
    """Write what readers judged in the app as an evaluation set, into a new folder.

    example: communique feedback sets/ours
    """
    snapshot = open_snapshot(settings.index, settings.model)
    catalogue = Catalogue(snapshot.folder / CATALOGUE)
    exported = export_set(settings.index, catalogue, arguments.folder)

    def show() -> None:
        out.print(
            f"{exported.questions} questions over {exported.documents} articles in "
            f"{escape(str(arguments.folder))}, of {exported.judgements} judgements: "
            f"{exported.answered} answered, {exported.unanswerable} unanswerable"
        )
        for why, number in exported.left_out.items():
            out.print(f"  left out, {why}: {number}")
        if exported.foreign:
            out.print(f"  lines that could not be read: {exported.foreign}")

    _print(arguments, asdict(exported), show)


# --- Arguments ---------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="communique",
        description="Ask a press archive in any language; every answer is quoted from an article.",
        epilog="Settings come from COMMUNIQUE_... variables; the README lists them.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(run: Callable[[argparse.Namespace, Settings], None]) -> argparse.ArgumentParser:
        summary, _, rest = (run.__doc__ or "").partition("\n")
        one = commands.add_parser(
            run.__name__.strip("_").replace("_", "-"),
            help=summary,
            description=summary,
            epilog=rest.strip(),
        )
        one.add_argument("--json", action="store_true", help="print JSON")
        one.add_argument("--articles", type=Path, metavar="DIR", help="the folder of articles")
        one.add_argument("--index", type=Path, metavar="DIR", help="the folder of the index")
        one.set_defaults(run=run)
        return one

    fresh = "build everything again, also what has not changed"
    one = command(index)
    one.add_argument("--fresh", action="store_true", help=fresh)
    force = "also drop more than a fifth of the articles that are indexed"
    one.add_argument("--force", action="store_true", help=force)
    one = command(import_)
    one.add_argument(
        "path", type=Path, metavar="PATH", help="a folder, a .zip, a feed or an article"
    )
    replace = "let what is found take the place of other files of its name"
    one.add_argument("--replace", action="store_true", help=replace)
    command(watch)
    command(cancel)
    for run in (search, ask):
        one = command(run)
        one.add_argument("question", help="in any language")
        one.add_argument(
            "--language", action="append", default=[], metavar="CODE",
            help="only articles in this language (fr, en, uk, ...); may be repeated",
        )  # fmt: skip
        one.add_argument(
            "--source", action="append", default=[], metavar="FOLDER",
            help="only articles of this top folder; may be repeated",
        )  # fmt: skip
        one.add_argument("--since", metavar="DATE", help="published on YYYY-MM-DD or later")
        one.add_argument("--until", metavar="DATE", help="published on YYYY-MM-DD or earlier")
        one.add_argument(
            "--any-time", action="store_true",
            help="do not prefer what concerns the time that the question names",
        )  # fmt: skip
        one.add_argument(
            "--own-language-first", action="store_true",
            help="put what is in the question's language before all else",
        )  # fmt: skip
        if run is search:
            one.add_argument(
                "--count", type=_positive, default=10, metavar="N",
                help=f"how many passages, at most {MOST_SHOWN} (10)",
            )  # fmt: skip
    alike = command(similar)
    alike.add_argument("path", help="of the article, relative to the articles folder")
    alike.add_argument(
        "--count", type=_positive, default=10, metavar="N",
        help=f"how many articles, at most {MOST_SHOWN} (10)",
    )  # fmt: skip
    command(status)
    deep = "read every byte of every snapshot, and every article"
    command(verify).add_argument("--deep", action="store_true", help=deep)
    command(snapshots)
    one = command(diff)
    one.add_argument("old", nargs="?", help="a kept snapshot (the one before the current)")
    one.add_argument("new", nargs="?", help="another (the current)")
    one.add_argument(
        "--questions", type=Path, metavar="FILE",
        help='ask both these questions: JSON lines, each with a "question"',
    )  # fmt: skip
    command(rollback).add_argument("name", nargs="?", help="a kept snapshot (the one before)")
    for run in (backup, restore):
        command(run).add_argument("file", type=Path, metavar="FILE", help="the backup")
    command(audit)
    command(password)
    command(furniture)
    command(evaluate).add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    one = command(change_model)
    one.add_argument("name", metavar="NAME", help="the folder or hub name of the other model")
    one.add_argument(
        "--questions", type=Path, required=True, metavar="FILE",
        help="what both are asked: JSON lines as in data/questions.jsonl",
    )  # fmt: skip
    one.add_argument("--force", action="store_true", help="switch also where it is worse")
    command(feedback).add_argument("folder", type=Path, metavar="FOLDER", help="a new one")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not at least 1")
    return number


def _question(arguments: argparse.Namespace) -> Question:
    filters = Filters(
        languages=frozenset(arguments.language),
        sources=frozenset(arguments.source),
        since=_day(arguments.since),
        until=_day(arguments.until),
    )
    return Question(
        arguments.question,
        filters,
        times=not arguments.any_time,
        own_language_first=arguments.own_language_first,
    )


def _day(value: str | None) -> date | None:
    try:
        return datetime.strptime(value, "%Y-%m-%d").date() if value else None
    except ValueError:
        raise DateInvalid(value or "") from None


# --- Snapshots ---------------------------------------------------------------------------------


def _kept(one: Kept, kept: Sequence[Kept]) -> dict[str, object]:
    facts = one.facts
    return {
        "name": one.name,
        "created": facts.created if facts else None,
        "articles": facts.documents if facts else None,
        "passages": facts.passages if facts else None,
        "current": one == kept[0],
        "state": f"damaged ({one.problem})" if one.problem else "whole",
    }


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return "-" if value is None else escape(str(value))


def _problems(settings: Settings, one: Kept, *, deep: bool) -> list[str]:
    """What is wrong with a kept snapshot; what its articles say is asked only of a whole one."""
    if one.problem:
        return [one.problem]
    if deep and one.facts:
        return disagreements(Snapshot(settings.index / one.name, one.facts))
    return []


@contextlib.contextmanager
def _recorded(settings: Settings, action: str, about: str = "") -> Iterator[None]:
    """Record what is done to an index; where there is no folder of one, the block says so."""
    if not settings.index.is_dir():
        yield
        return
    with recorded(settings.index, system_user(), action, about):
        yield


def _audit_state(log: Audit) -> str:
    if log.line:
        return f"line {log.line} {log.problem}"
    return f"{len(log.entries)} lines, each as it was written"


def _refuse_damaged(log: Audit, settings: Settings) -> None:
    if log.line and log.problem:
        raise AuditDamaged(settings.index, log.line, log.problem)


def _tell_current(arguments: argparse.Namespace, snapshot: Snapshot) -> None:
    told = {"snapshot": snapshot.name, **asdict(snapshot.facts)}
    facts = snapshot.facts
    words = f"{snapshot.name} is current: {facts.documents} articles, indexed {facts.created}"
    _print(arguments, told, lambda: out.print(words))


def _show_job(job: Job) -> None:
    """The last run in a line."""
    if job.state == JobState.NOT_STARTED:
        out.print("no run yet")
        return
    told = f"last run: {job.state}, begun {job.started}"
    if job.finished:
        told += f", ended {job.finished}"
    if job.state == JobState.RUNNING:
        told += f", {job.step} {job.done} of {job.total or '?'}"
    out.print(told + (f": {escape(job.problem)}" if job.problem else ""))


# --- JSON --------------------------------------------------------------------------------------


def _print(arguments: argparse.Namespace, told: object, show: Callable[[], None]) -> None:
    if arguments.json:
        print(json.dumps(told, ensure_ascii=False, indent=2, default=str))
    else:
        show()


# --- Text --------------------------------------------------------------------------------------


def _show_period(question: str, period: Period | None) -> None:
    """The time that is preferred, in the question's words and as days."""
    if period is None:
        return
    if period.first and period.last:
        days = str(period.first)
        days += f" to {period.last}" if period.last > period.first else ""
    else:
        days = f"since {period.first}" if period.first else f"until {period.last}"
    named = " ".join(question[period.start : period.end].split())
    out.print(f"Preferring what concerns “{escape(named)}” ({days}); --any-time turns this off.\n")


def _show_unheld(phrases: Sequence[str]) -> None:
    if phrases:
        told = ", ".join(f"“{escape(phrase)}”" for phrase in phrases)
        out.print(f"No passage holds {told} word for word; the words were looked for apart.\n")


def _show_answer(answer: Answer) -> None:
    _show_period(answer.question, answer.period)
    _show_unheld(answer.unheld)
    if answer.kind == AnswerKind.NONE:
        out.print("Nothing in the archive answers this question. The closest passages:\n")
        _show_passages(answer.closest)
        return
    contexts = {one.n: one.context for one in answer.citations}
    for sentence in answer.sentences:
        context = contexts[sentence.citation]
        before = f"[dim]({escape(context.text)})[/] " if context else ""
        out.print(f"{before}{escape(sentence.text)} [bold]\\[{sentence.citation}][/]")
    out.print()
    for one in answer.citations:
        page = f"page {one.page}, " if one.page else ""
        where = f"{one.path}, {page}characters {one.file_start} to {one.file_end}"
        out.print(f"[bold]\\[{one.n}][/] {escape(one.title)}")
        out.print(f"    {one.language}, {one.published or 'undated'}: {escape(where)}")
        _show_versions("    ", one.versions)
    out.print(f"\nconfidence {answer.confidence:.0%}, {answer.seconds:.2f} s")


def _show_passages(passages: Sequence[RankedPassage]) -> None:
    for one in passages:
        document, why = one.document, one.why
        out.print(f"[bold]{one.rank}. {escape(document.title)}[/]")
        out.print(
            f"   {document.language}, {document.published or 'undated'}, {escape(document.path)}; "
            f"by meaning {why.dense_rank or '-'}, by words {why.lexical_rank or '-'}"
            f"{escape(' (' + ', '.join(why.words) + ')') if why.words else ''}"
            f"{', of that time' if why.in_period else ''}"
        )
        _show_versions("   ", one.versions)
        out.print(f"   {escape(' '.join(one.passage.text.split()))}\n")


def _show_versions(indent: str, versions: Sequence[Version]) -> None:
    for one in versions:
        out.print(f"{indent}also in {one.language}: {escape(one.path)}")


def _report_table(report: BuildReport) -> None:
    table = Table(title="indexed" if report.built else "nothing has changed")
    names = ("found", "new", "changed", "unchanged", "removed", "duplicates", "refused")
    for name in names:
        table.add_column(name, justify="right")
    table.add_row(*(str(getattr(report, name)) for name in names))
    out.print(table)
    out.print(
        f"{report.indexed} articles in {report.passages} passages, {report.encoded} of them "
        f"encoded, in {report.seconds:.1f} s"
    )


def _show_figures(
    told: Sequence[Mapping[str, object]], expected: Mapping[str, Mapping[str, float]]
) -> None:
    """A column a set; beside a figure, in brackets, what evaluation/expected.json keeps of it."""
    table = Table()
    table.add_column("figure")
    for figures in told:
        table.add_column(str(figures["set"]), justify="right")
    for name in told[0]:
        if name not in ("set", "by_language", "seconds"):
            kept = [expected.get(str(figures["set"]), {}).get(name) for figures in told]
            table.add_row(
                name,
                *(
                    _figure(figures[name]) + (f" ({_figure(value)})" if value is not None else "")
                    for figures, value in zip(told, kept, strict=True)
                ),
            )
    for name in ("index", "question_p50", "question_p95"):
        seconds = [figures["seconds"] for figures in told]
        table.add_row(
            f"seconds {name}",
            *(_figure(one[name]) for one in seconds if isinstance(one, dict)),
        )
    out.print(table)


def _figure(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


@contextlib.contextmanager
def _shown(*, quiet: bool) -> Iterator[Progress]:
    """Progress as a live bar on a terminal, as plain lines elsewhere, as nothing when quiet."""
    if quiet or not out.is_terminal:
        yield silent if quiet else _Lines()
        return
    with Bars(
        TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"), TimeRemainingColumn(), console=out,
    ) as bars:  # fmt: skip
        yield _Bar(bars)


class _Bar:
    """One bar a step, with how many a second."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._step = ""

    def __call__(self, step: str, done: int, total: int) -> None:
        if step != self._step:
            self._step = step
            self._task = self._bars.add_task(step, total=total or None, rate="")
        speed = self._bars.tasks[-1].speed
        rate = f"{speed:.0f} a second" if speed else ""
        self._bars.update(self._task, completed=done, total=total or None, rate=rate)


class _Lines:
    """A line when a step begins, and one when it is done."""

    def __init__(self) -> None:
        self._step, self._begun = "", 0.0

    def __call__(self, step: str, done: int, total: int) -> None:
        if step != self._step:
            self._step, self._begun = step, time.perf_counter()
            out.print(f"{step} ...")
        if total and done == total:
            out.print(f"{step}: {done} in {time.perf_counter() - self._begun:.1f} s")


if __name__ == "__main__":
    sys.exit(main())
