"""What the reader thinks of an answer: a thumb, and on a thumb down what is wrong."""

import uuid
from dataclasses import dataclass, replace

import streamlit as st

from archive.answers import Answer
from archive.documents import Question
from archive.errors import FeedbackUnwritable
from archive.feedback import LONGEST_WORDS, REASONS, Reason, Verdict, judge, keep
from archive.snapshot import Snapshot
from serving.metrics import FEEDBACK
from ui.rendering import note_html
from ui.session import show_problem
from ui.wording import Wording

_JUDGED = "judged"  # by snapshot and question
_THUMBS = {Verdict.DOWN: 0, Verdict.UP: 1}


@dataclass(frozen=True, slots=True)
class Judged:
    """What this session last said of an answer.

    id: of the judgement that is kept. lost: why it could not be kept.
    """

    id: str
    verdict: Verdict | None = None
    reason: Reason | None = None
    words: str = ""
    explained: bool = False
    lost: FeedbackUnwritable | None = None


def show_thumbs(snapshot: Snapshot, question: Question, answer: Answer, wording: Wording) -> None:
    """Thumb up and down; what this session said of the answer before still stands."""
    judged = _judged(snapshot, question)
    key = f"thumbs_{judged.id}"
    st.session_state[key] = _THUMBS.get(judged.verdict) if judged.verdict else None
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content"):
        st.html(note_html(wording.was_it_right), width="content")
        st.feedback("thumbs", key=key, on_change=_judge, args=(key, snapshot, question, answer))


def show_reasons(snapshot: Snapshot, question: Question, answer: Answer, wording: Wording) -> None:
    """What became of the verdict, and after a thumb down what the reader may add."""
    judged = _judged(snapshot, question)
    if judged.lost:
        show_problem(judged.lost, wording, wording.verdict_lost)
    elif judged.verdict in _THUMBS:
        st.html(note_html(wording.reason_kept if judged.explained else wording.verdict_kept))
    if judged.verdict != Verdict.DOWN or judged.explained:
        return
    reason, words = f"reason_{judged.id}", f"words_{judged.id}"
    with st.form(f"reasons_{judged.id}"):
        st.pills(
            wording.reason,
            [one.value for one in REASONS[answer.kind]],
            key=reason,
            format_func=lambda code: wording.reasons[code],
        )
        st.text_area(wording.reason_words, key=words, max_chars=LONGEST_WORDS, height=80)
        st.form_submit_button(
            wording.send_reason,
            key=f"send_{judged.id}",
            on_click=_explain,
            args=(reason, words, snapshot, question, answer),
        )


def _judged(snapshot: Snapshot, question: Question) -> Judged:
    every: dict[tuple[str, Question], Judged] = st.session_state.setdefault(_JUDGED, {})
    return every.setdefault((snapshot.name, question), Judged(uuid.uuid4().hex))


def _judge(key: str, snapshot: Snapshot, question: Question, answer: Answer) -> None:
    thumb = st.session_state[key]
    verdict = next((one for one, told in _THUMBS.items() if told == thumb), Verdict.WITHDRAWN)
    _keep(Judged(_judged(snapshot, question).id, verdict), snapshot, question, answer)


def _explain(
    reason: str, words: str, snapshot: Snapshot, question: Question, answer: Answer
) -> None:
    code = st.session_state.get(reason)
    known = next((one for one in REASONS[answer.kind] if one == code), None)
    told = replace(
        _judged(snapshot, question),
        reason=known,
        words=st.session_state.get(words) or "",
        explained=True,
    )
    _keep(told, snapshot, question, answer)


def _keep(told: Judged, snapshot: Snapshot, question: Question, answer: Answer) -> None:
    """Keep a verdict beside the snapshots; where it cannot be kept it does not stand."""
    judgement = judge(
        told.id, snapshot, question, answer, told.verdict or Verdict.WITHDRAWN, told.reason,
        told.words,
    )  # fmt: skip
    try:
        keep(snapshot.folder.parent, judgement)
    except FeedbackUnwritable as error:
        told = replace(_judged(snapshot, question), lost=error)
    else:
        FEEDBACK.labels(judgement.verdict).inc()
    st.session_state[_JUDGED][snapshot.name, question] = told
