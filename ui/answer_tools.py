"""The row under an answer: take it along, star it, judge it; and what is said of a link."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from archive.answers import Answer
from retriever.engine import Engine
from ui.downloads import ANSWER_FORMS, CITATION_FORMS, Form, Taken, file_name, plain_text
from ui.feedback import show_reasons, show_thumbs
from ui.history import show_star
from ui.rendering import note_html
from ui.session import local
from ui.state import View
from ui.wording import Wording


def show_tools(archive: Engine, view: View, answer: Answer, wording: Wording) -> None:
    """What can be done with an answer, or with a refusal."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        take_along = st.popover(
            wording.take_along,
            key="take_along",
            icon=":material/ios_share:",
            type="tertiary",
            on_change="rerun",
        )
        if take_along.open:
            with take_along:
                _take_along(_taken(archive, view, answer, wording))
        show_star(view.asked, wording)
        st.space("stretch")
        show_thumbs(archive.snapshot, view.asked, answer, wording)
    show_reasons(archive.snapshot, view.asked, answer, wording)


def say_what_changed(archive: Engine, view: View, wording: Wording) -> None:
    """Tell who opens a link that the archive is no longer the one it was made with."""
    if view.snapshot and view.snapshot != archive.snapshot.name:
        created = wording.moment(local(archive.snapshot.facts.created))
        st.info(wording.archive_changed.format(created), icon=":material/history:")


def _taken(archive: Engine, view: View, answer: Answer, wording: Wording) -> Taken:
    facts = archive.snapshot.facts
    return Taken(
        answer,
        replace(view, snapshot=archive.snapshot.name),
        st.context.url or "",
        local(facts.created),
        facts.model,
        local(datetime.now(UTC).isoformat(timespec="seconds")),
        wording,
    )


def _take_along(taken: Taken) -> None:
    """Files are made when they are asked for."""
    wording = taken.wording
    _buttons(wording.take_answer, ANSWER_FORMS, taken)
    if taken.answer.citations:
        _buttons(wording.take_citations, CITATION_FORMS, taken)
    st.html(note_html(wording.copy_text))
    st.code(plain_text(taken), language=None, wrap_lines=True)
    st.html(note_html(wording.permanent_link, wording.permanent_link_help))
    st.code(taken.link, language=None, wrap_lines=True)


def _buttons(label: str, forms: tuple[Form, ...], taken: Taken) -> None:
    st.html(note_html(label))
    with st.container(horizontal=True, gap="xsmall"):
        for form in forms:
            st.download_button(
                form.name,
                partial(form.write, taken),
                file_name(taken, form),
                form.mime,
                key=f"take_{form.suffix}",
                help=taken.wording.download_as.format(file_name(taken, form)),
                on_click="ignore",
                icon=":material/download:",
            )
