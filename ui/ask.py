"""The page that answers: a question, quotations, and each one's article beside it."""

from itertools import islice

import streamlit as st

from archive.answers import Answer, Citation
from archive.dates import Period
from archive.documents import Question
from archive.errors import ArchiveError
from archive.settings import Settings
from retriever.engine import Engine
from serving.questions import ask
from ui.answer import show_answer
from ui.answer_tools import say_what_changed
from ui.article import show_article, show_similar
from ui.filters import choose_filters, show_filters
from ui.history import show_history
from ui.rendering import note_html, safe_text
from ui.session import (
    address,
    ask_anew,
    change_address,
    current_settings,
    length_of,
    open_archive,
    say_what_was_ignored,
    show_problem,
    words,
)
from ui.state import ANY_TIME, LONGEST_QUESTION, Parameter, View, read_view
from ui.wording import Wording

EXAMPLES = 6
LONGEST_EXAMPLE = 110  # characters


def page(settings: Settings, wording: Wording) -> None:
    archive = open_archive(settings, wording)
    if archive is None:
        return
    holdings = archive.holdings()
    view, ignored = read_view(
        address(), list(holdings.languages), list(holdings.sources), lambda p: length_of(archive, p)
    )
    choose_filters(view, archive, wording)
    show_history(view, wording)
    head = st.container()  # always there, so that the box below keeps its place when it empties
    if not view.question and view.article is None:
        head.title("Communiqué", anchor=False)
        head.html(note_html(wording.tagline))
    _question_box(view, wording)
    with st.container():
        say_what_was_ignored(ignored, wording)
        say_what_changed(archive, view, wording)
    beside = None
    if view.article:
        before, beside = st.columns([11, 10], gap="medium")
    else:
        before = st.container(width=820)
    citations: tuple[Citation, ...] = ()
    with before:
        try:
            if view.question:
                citations = _show_answer(archive, view, settings, wording)
            else:
                _show_examples(archive, wording)
        except ArchiveError as error:
            show_problem(error, wording)
    if beside and view.article:
        with beside:
            show_article(settings, archive.document(view.article), view.place, citations, wording)
            show_similar(archive, view.article, wording)


# --- Question and filters ---------------------------------------------------------------------


def _question_box(view: View, wording: Wording) -> None:
    st.session_state["question"] = view.question
    with st.container(horizontal=True, vertical_alignment="bottom", width=820):
        st.text_input(
            wording.question,
            key="question",
            type="search",
            max_chars=LONGEST_QUESTION,
            placeholder=wording.question_hint,
            icon=":material/search:",
            on_change=lambda: ask_anew(st.session_state["question"]),
        )
        st.button(wording.ask, key="ask", type="primary")


# --- Answer -----------------------------------------------------------------------------------


def _show_examples(archive: Engine, wording: Wording) -> None:
    """Titles to begin with: of the reader's language first, then of those that most articles are
    in."""
    st.html(note_html(wording.examples))
    order = sorted(archive.holdings().languages, key=lambda one: one != wording.language)
    first = ((one, archive.catalogue.first_title(one, LONGEST_EXAMPLE)) for one in order)
    for language, title in islice(((one, title) for one, title in first if title), EXAMPLES):
        st.button(
            safe_text(title),
            key=f"example_{language}",
            help=wording.name_of(language),
            on_click=ask_anew,
            args=(title,),
        )


def _show_answer(
    archive: Engine, view: View, settings: Settings, wording: Wording
) -> tuple[Citation, ...]:
    answer = _answer(archive, view.asked, settings, wording)
    if period := archive.period(Question(view.question)):
        _show_period(period, view, wording)
    if answer.unheld:
        st.html(note_html(wording.unheld))
    show_filters(view.filters, archive, wording)
    if view.own_language_first:
        own = archive.language(Question(view.question))
        first = wording.first_in_language.format(wording.name_of(own)) if own else None
        st.html(note_html(first or wording.first_in_no_language))
    show_answer(archive, answer, view, wording)
    return answer.citations


def _show_period(period: Period, view: View, wording: Wording) -> None:
    """The time that the question names: preferred, the only one, or not heeded; each undoable."""
    told = wording.period(period.first, period.last)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        if (view.filters.since, view.filters.until) == (period.first, period.last):
            _pill(wording.only_of_time.format(told), wording.every_time_help, **_EVERY_DAY)
        elif view.times:
            _pill(wording.preferred_time.format(told), wording.any_time_help, time=ANY_TIME)
            st.button(
                wording.only_time,
                key="only_time",
                type="tertiary",
                help=wording.only_time_help,
                on_click=_only_in,
                args=(period,),
            )
        else:
            st.button(
                wording.prefer_time.format(told),
                key="prefer_time",
                icon=":material/event:",
                type="tertiary",
                on_click=lambda: change_address(time=None),
            )


def _pill(label: str, told: str, **undone: str | None) -> None:
    """What is heeded of the question's time; pressing it makes it undone."""
    st.button(
        label,
        key="undo_time",
        icon=":material/close:",
        icon_position="right",
        help=told,
        on_click=lambda: change_address(**undone),
    )


_EVERY_DAY = dict.fromkeys((Parameter.SINCE, Parameter.UNTIL))


def _only_in(period: Period) -> None:
    days = {Parameter.SINCE: period.first, Parameter.UNTIL: period.last}
    change_address(**{name: day.isoformat() if day else None for name, day in days.items()})


def _answer(archive: Engine, question: Question, settings: Settings, wording: Wording) -> Answer:
    """The answer to a question, kept so that opening an article does not search again."""
    asked = (archive.snapshot.name, question)
    held = st.session_state.get("answer")
    if held is None or held[0] != asked:
        with st.skeleton(180), st.spinner(wording.searching):
            held = asked, ask(archive, question, settings)
        st.session_state["answer"] = held
    else:
        st.empty()  # in the skeleton's place, so that what follows keeps its own
    answer: Answer = held[1]
    return answer


page(current_settings(), words())
