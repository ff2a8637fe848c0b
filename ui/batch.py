"""Many questions at once, answered one by one, and their answers as a table to take along."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from archive.answers import Answer, Citation
from archive.documents import Question
from archive.errors import ArchiveError
from archive.settings import Settings
from indexer.formats.plain import decode
from retriever.engine import Engine
from serving.questions import ask
from ui.downloads import disarmed
from ui.rendering import note_html, quotation_html, safe_text
from ui.state import LONGEST_QUESTION, Parameter
from ui.wording import Wording

MOST_QUESTIONS = 200
LARGEST_TABLE = 1 << 20  # bytes
LONGEST_LIST = MOST_QUESTIONS * (LONGEST_QUESTION + 1)  # characters
_BATCH, _LIST, _FILE, _TABLE = "batch", "batch_list", "batch_file", "batch_table"


@dataclass(slots=True)
class Batch:
    """Questions of a session and as many of their answers as there are yet, in one order."""

    questions: tuple[str, ...]
    answers: list[Answer] = field(default_factory=list)
    running: bool = True


@dataclass(frozen=True, slots=True)
class Gathered:
    """The questions of a list and a file, each once, in order.

    cut: how many were longer than LONGEST_QUESTION. left: how many came after MOST_QUESTIONS.
    readable: whether the file is a table of text.
    """

    questions: tuple[str, ...]
    cut: int = 0
    left: int = 0
    readable: bool = True


def gather(pasted: str, file: bytes | None) -> Gathered:
    """The questions of a list, one a line, and of a CSV file, blank ones left out."""
    column = read_column(file) if file else []
    told = [*pasted.splitlines(), *(column or [])]
    every = list(dict.fromkeys(filter(None, (" ".join(one.split()) for one in told))))
    kept = every[:MOST_QUESTIONS]
    return Gathered(
        tuple(dict.fromkeys(one[:LONGEST_QUESTION].rstrip() for one in kept)),
        sum(len(one) > LONGEST_QUESTION for one in kept),
        len(every) - len(kept),
        column is not None,
    )


def read_column(file: bytes) -> list[str] | None:
    """The cells of a CSV file's column named question, or of its first; None where it is no text.

    Commas, semicolons and tabs part cells. Where no first line names a column they do so only if
    every line has as many cells, and more than one: else a line is a question. A file of more than
    LARGEST_TABLE bytes is none.
    """
    decoded = decode(file) if len(file) <= LARGEST_TABLE else None
    if decoded is None:
        return None
    try:
        tables = {mark: _rows(decoded[0], mark) for mark in ",;\t"}
    except csv.Error:
        return None
    for rows in tables.values():
        names = [cell.strip().casefold() for cell in rows[0]] if rows else []
        named = [at for at, name in enumerate(names) if name in ("question", "questions")]
        if named:
            return [row[named[0]] for row in rows[1:] if len(row) > named[0]]
    for rows in tables.values():
        widths = {len(row) for row in rows}
        if len(widths) == 1 and widths != {1}:
            return [row[0] for row in rows]
    return [row[0] for row in _rows(decoded[0], "\x1f")]


def _rows(text: str, mark: str) -> list[list[str]]:
    return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark) if row]


# --- What is shown ----------------------------------------------------------------------------


def show_batch(archive: Engine, settings: Settings, wording: Wording) -> None:
    """Questions to put, those that are being answered, and the table of answers."""
    batch: Batch | None = st.session_state.get(_BATCH)
    if batch and batch.running:
        _answer(archive, batch, settings, wording)
        return
    if batch and batch.answers:
        _show_answers(archive, batch, wording)
        st.subheader(wording.batch_another, anchor=False)
    _choose_questions(wording)


def _choose_questions(wording: Wording) -> None:
    with st.container(width=820):
        st.html(note_html(wording.batch_help))
        pasted = st.text_area(
            wording.batch_list,
            key=_LIST,
            height=160,
            max_chars=LONGEST_LIST,
            placeholder=wording.batch_hint,
            persist_state="session",
        )
        file = st.file_uploader(
            wording.batch_file, type="csv", key=_FILE, max_upload_size=LARGEST_TABLE >> 20
        )
        gathered = gather(pasted or "", file.getvalue() if file else None)
        told = [wording.count(len(gathered.questions), wording.questions)]
        if gathered.cut:
            told.append(wording.count(gathered.cut, wording.batch_cut))
        if gathered.left:
            told.append(wording.count(gathered.left, wording.batch_left))
        if not gathered.readable:
            told.append(wording.batch_unreadable)
        st.html(note_html(*told))
        st.button(
            wording.batch_start,
            key="batch_start",
            type="primary",
            icon=":material/play_arrow:",
            disabled=not gathered.questions,
            on_click=_start,
            args=(gathered.questions,),
        )


def _start(questions: tuple[str, ...]) -> None:
    st.session_state[_BATCH] = Batch(questions)
    st.session_state.pop(_TABLE, None)


def _answer(archive: Engine, batch: Batch, settings: Settings, wording: Wording) -> None:
    """Answer what is not answered yet. Each answer is kept at once: whatever ends this run, be it
    the button or another page, the next one goes on from there, or stops."""
    total = len(batch.questions)
    bar = st.progress(0.0)
    st.button(
        wording.batch_stop,
        key="batch_stop",
        icon=":material/stop:",
        on_click=_stop,
        args=(batch,),
    )
    table = st.empty()
    while len(batch.answers) < total:
        done = len(batch.answers)
        told = wording.batch_progress.format(wording.number(done), wording.number(total))
        bar.progress(done / total, told)
        if done:
            table.dataframe(
                _columns(batch.answers, wording),
                hide_index=True,
                alt=wording.batch_alt,
                column_config=_widths(wording),
            )
        try:
            answer = ask(archive, Question(batch.questions[done]), settings)
        except ArchiveError:
            _stop(batch)
            raise
        batch.answers.append(replace(answer, closest=()))
    _stop(batch)
    st.rerun()


def _stop(batch: Batch) -> None:
    batch.running = False


def _show_answers(archive: Engine, batch: Batch, wording: Wording) -> None:
    done, total = len(batch.answers), len(batch.questions)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        told = wording.batch_progress.format(wording.number(done), wording.number(total))
        st.html(note_html(told), width="content")
        if done < total:
            st.button(
                wording.batch_resume,
                key="batch_resume",
                icon=":material/play_arrow:",
                type="tertiary",
                on_click=_resume,
                args=(batch,),
            )
        for kind, content in (
            ("csv", table_file(batch.answers, wording)),
            ("json", json_file(batch.answers, archive.snapshot.name)),
        ):
            st.download_button(
                wording.batch_download.format(kind.upper()),
                content,
                f"communique.{kind}",
                {"csv": "text/csv", "json": "application/json"}[kind],
                key=f"batch_{kind}",
                icon=":material/download:",
                on_click="ignore",
            )
    chosen = st.dataframe(
        _columns(batch.answers, wording),
        hide_index=True,
        key=_TABLE,
        on_select="rerun",
        selection_mode="single-row",
        alt=wording.batch_alt,
        column_config=_widths(wording),
    )
    st.html(note_html(wording.batch_row_help))
    for row in chosen["selection"]["rows"][:1]:
        if row < done:
            _show_one(batch.answers[row], wording)


def _widths(wording: Wording) -> dict[str, Any]:
    """Of the columns of the table, in pixels, so that it fits beside the sidebar."""
    widths = {
        wording.column_question: 210,
        wording.column_answer: 300,
        wording.column_confidence: 95,
        wording.column_citations: 180,
    }
    return {name: st.column_config.TextColumn(width=width) for name, width in widths.items()}


def _resume(batch: Batch) -> None:
    batch.running = True


def _show_one(answer: Answer, wording: Wording) -> None:
    with st.container(width=820):
        st.subheader(safe_text(answer.question), anchor=False)
        for sentence, citation in zip(answer.sentences, answer.citations, strict=True):
            st.html(quotation_html(sentence.text, citation.language))
            st.html(note_html(_told(citation, wording)))
        if not answer.sentences:
            st.html(note_html(wording.refused))
        st.page_link(
            "ui/ask.py",
            label=wording.batch_open,
            icon=":material/search:",
            query_params={Parameter.QUESTION.value: answer.question},
        )


# --- What is taken along ----------------------------------------------------------------------


def _columns(answers: Sequence[Answer], wording: Wording) -> dict[str, list[str]]:
    """The table of answers: quotations with the numbers of their citations."""
    return {
        wording.column_question: [one.question for one in answers],
        wording.column_answer: [_quoted(one) or wording.refused for one in answers],
        wording.column_confidence: [
            wording.how_sure(one.confidence) if one.sentences else "" for one in answers
        ],
        wording.column_citations: [
            "\n".join(_told(citation, wording) for citation in one.citations) for one in answers
        ],
    }


def _quoted(answer: Answer) -> str:
    return " ".join(f"{one.text} [{one.citation}]" for one in answer.sentences)


def _told(citation: Citation, wording: Wording) -> str:
    day = wording.day(citation.published) if citation.published else wording.date_unknown
    language = wording.name_of(citation.language)
    return f"[{citation.n}] {citation.title} ({language}, {day}, {citation.path})"


def table_file(answers: Sequence[Answer], wording: Wording) -> bytes:
    """The table as CSV (RFC 4180), UTF-8 with a byte order mark, so that spreadsheets see it.

    No cell is taken for a formula.
    """
    columns = _columns(answers, wording)
    written = io.StringIO(newline="")
    rows = csv.writer(written)
    rows.writerow(columns)
    rows.writerows([disarmed(cell) for cell in row] for row in zip(*columns.values(), strict=True))
    return written.getvalue().encode("utf-8-sig")


def json_file(answers: Sequence[Answer], snapshot: str) -> bytes:
    """The answers as JSON in UTF-8, with the snapshot of the index that they come from.

    Offsets count characters of the article's text.
    """
    told = [
        {
            "question": one.question,
            "kind": one.kind.value,
            "confidence": one.confidence,
            "citations": [
                {
                    "n": citation.n,
                    "quote": citation.quote,
                    "title": citation.title,
                    "language": citation.language,
                    "published": citation.published.isoformat() if citation.published else None,
                    "path": citation.path,
                    "start": citation.start,
                    "end": citation.end,
                }
                for citation in one.citations
            ],
        }
        for one in answers
    ]
    content = {"index": snapshot, "answers": told}
    return json.dumps(content, ensure_ascii=False, indent=2).encode()
