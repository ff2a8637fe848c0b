"""The questions of this session, and those with a star; kept nowhere else."""

from dataclasses import dataclass, replace

import streamlit as st

from archive.documents import Question
from ui.rendering import note_html, safe_text
from ui.session import change_address
from ui.state import View, parameters_of
from ui.wording import Wording

LONGEST = 20  # questions
_AT_ONCE = 6  # questions that are listed without asking for more
_HISTORY = "history"


@dataclass(frozen=True, slots=True)
class History:
    """Questions asked, the most recent first, each with its filters; at most LONGEST."""

    asked: tuple[Question, ...] = ()
    starred: frozenset[Question] = frozenset()

    def after(self, question: Question) -> "History":
        """The history once a question is asked (again).

        To filter the last one anew, unless it has a star, is not to ask another. Where there are
        too many, the oldest one without a star goes.
        """
        before = [one for one in self.asked if one != question]
        if before and before[0].text == question.text and before[0] not in self.starred:
            del before[0]
        if len(before) >= LONGEST:
            plain = [one for one in before if one not in self.starred]
            before.remove((plain or before)[-1])
        asked = (question, *before)
        return replace(self, asked=asked, starred=self.starred & set(asked))

    def turned(self, question: Question) -> "History":
        """The history once the star of a question is set, or taken off where it had one."""
        return replace(self, starred=self.starred ^ {question})

    def in_order(self) -> list[Question]:
        """The starred ones first, in each part the most recent first."""
        return sorted(self.asked, key=lambda one: one not in self.starred)


def show_history(view: View, wording: Wording) -> None:
    """Keep the question that the page shows; list all in the sidebar, the last ones on demand."""
    if view.question:
        st.session_state[_HISTORY] = _history().after(view.asked)
    history = _history()
    if not history.asked:
        return
    with st.sidebar, st.container(key="history", gap="xsmall"):
        st.subheader(wording.history, anchor=False)
        listed = list(enumerate(history.in_order()))
        for number, question in listed[:_AT_ONCE]:
            _list(number, question, history, wording)
        if further := listed[_AT_ONCE:]:
            told = wording.count(len(further), wording.further_questions)
            shown = st.expander(told, key="further", type="compact", on_change="rerun")
            with shown, st.container(gap="xsmall"):
                for number, question in further if shown.open else ():
                    _list(number, question, history, wording)
        st.html(note_html(wording.history_note))
        st.button(
            wording.clear_history,
            key="clear_history",
            icon=":material/delete:",
            on_click=_clear,
        )


def _list(number: int, question: Question, history: History, wording: Wording) -> None:
    """One question of the list, which reopens it."""
    starred = question in history.starred
    st.button(
        _label(question, wording),
        key=f"history_{number}",
        icon=":material/star:" if starred else ":material/history:",
        help=_told(question, starred=starred, wording=wording),
        type="tertiary",
        wrap=False,
        on_click=_reopen,
        args=(question,),
    )


def show_star(question: Question, wording: Wording) -> None:
    starred = question in _history().starred
    st.button(
        wording.unstar if starred else wording.star,
        key="star",
        icon=":material/star:" if starred else ":material/star_border:",
        type="tertiary",
        on_click=_turn,
        args=(question,),
    )


def _history() -> History:
    history: History = st.session_state.get(_HISTORY, History())
    return history


def _label(question: Question, wording: Wording) -> str:
    """The words of a question; of one that shows none, that it does not."""
    told = safe_text(question.text)
    return told if told != safe_text("") else wording.without_words


def _told(question: Question, *, starred: bool, wording: Wording) -> str:
    parts = [wording.starred if starred else "", wording.reopen]
    if filters := wording.filters_told(question.filters):
        parts.append(safe_text(f"{wording.filtered} {filters}"))
    return " · ".join(filter(None, parts))


def _reopen(question: Question) -> None:
    view = View(
        question.text,
        question.filters,
        times=question.times,
        own_language_first=question.own_language_first,
    )
    change_address(**parameters_of(view))


def _turn(question: Question) -> None:
    st.session_state[_HISTORY] = _history().turned(question)


def _clear() -> None:
    st.session_state[_HISTORY] = History()
