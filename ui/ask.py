"""The page that answers: a question, quotations, and each one's article beside it."""

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from archive.answers import Answer, AnswerKind, Citation, RankedPassage
from archive.dates import Period
from archive.documents import Filters, Question
from archive.errors import ArchiveError
from archive.settings import Settings
from retriever.engine import Engine, Holdings
from ui.article import (
    known_date,
    open_article,
    show_article,
    show_note,
    show_similar,
)
from ui.rendering import (
    context_html,
    found_html,
    heading_html,
    note_html,
    quotation_html,
    safe_text,
)
from ui.session import address, change_address, engine, local, show_problem, words
from ui.state import (
    ANY_TIME,
    EARLIEST,
    LATEST,
    LONGEST_QUESTION,
    OWN_LANGUAGE,
    Parameter,
    View,
    read_view,
)
from ui.wording import LIKELY, VERY_LIKELY, Wording

EXAMPLES = 6
LONGEST_EXAMPLE = 110  # characters


def page(settings: Settings, wording: Wording) -> None:
    try:
        with st.spinner(wording.opening):
            archive = engine(settings)
            holdings = archive.holdings()
    except ArchiveError as error:
        show_problem(error, wording)
        return
    view, ignored = read_view(
        address(), list(holdings.languages), list(holdings.sources), lambda p: _length(archive, p)
    )
    _choose_filters(view, holdings, wording)
    head = st.container()  # always there, so that the box below keeps its place when it empties
    if not view.question and view.article is None:
        head.title("Communiqué", anchor=False)
        head.html(note_html(wording.tagline))
    _question_box(view, wording)
    with st.container():
        _say_what_was_ignored(ignored, wording)
    beside = None
    if view.article:
        before, beside = st.columns([11, 10], gap="medium")
    else:
        before = st.container(width=820)
    citations: tuple[Citation, ...] = ()
    with before:
        try:
            if view.question:
                citations = _show_answer(archive, view, wording)
            else:
                _show_examples(archive, wording)
        except ArchiveError as error:
            show_problem(error, wording)
    if beside and view.article:
        with beside:
            show_article(archive.document(view.article), view.place, citations, wording)
            show_similar(archive, view.article, wording)


def _length(archive: Engine, path: str) -> int | None:
    try:
        return len(archive.document(path).text)
    except KeyError:
        return None


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


def ask_anew(question: str) -> None:
    """Put another question; the article that was open closes, and its time is heeded."""
    change_address(q=question.strip(), doc=None, at=None, time=None)


def _choose_filters(view: View, holdings: Holdings, wording: Wording) -> None:
    filters = view.filters
    st.session_state["own_language_first"] = view.own_language_first
    st.session_state["languages"] = sorted(filters.languages)
    st.session_state["sources"] = sorted(filters.sources)
    st.session_state["since"] = filters.since
    st.session_state["until"] = filters.until
    with st.sidebar:
        st.subheader(wording.filters, anchor=False)
        st.multiselect(
            wording.filter_languages,
            list(holdings.languages),
            key="languages",
            placeholder=wording.every_language,
            format_func=lambda one: f"{wording.name_of(one)} ({holdings.languages.get(one, 0)})",
            on_change=lambda: change_address(lang=st.session_state["languages"]),
        )
        st.multiselect(
            wording.filter_sources,
            list(holdings.sources),
            key="sources",
            placeholder=wording.every_source,
            format_func=lambda one: f"{one or wording.no_folder} ({holdings.sources.get(one, 0)})",
            on_change=lambda: change_address(src=st.session_state["sources"]),
        )
        for key, label, name in (
            ("since", wording.filter_since, Parameter.SINCE),
            ("until", wording.filter_until, Parameter.UNTIL),
        ):
            st.date_input(
                label,
                value=None,
                key=key,
                min_value=EARLIEST,
                max_value=LATEST,
                format=wording.date_widget,
                on_change=_change_day,
                args=(key, name),
            )
        if filters != Filters():
            st.button(wording.clear_filters, key="clear_filters", on_click=clear_filters)
        st.toggle(
            wording.own_language_first,
            key="own_language_first",
            help=wording.own_language_first_help,
            on_change=_change_first,
        )


def _change_day(key: str, name: Parameter) -> None:
    day = st.session_state[key]
    change_address(**{name: day.isoformat() if day else None})


def _change_first() -> None:
    change_address(first=OWN_LANGUAGE if st.session_state["own_language_first"] else None)


def clear_filters() -> None:
    change_address(**dict.fromkeys(_FILTERS))


_FILTERS = (Parameter.LANGUAGE, Parameter.SOURCE, Parameter.SINCE, Parameter.UNTIL)


def _told(filters: Filters, wording: Wording) -> str:
    """The filters in one line, empty where there are none."""
    parts = [wording.name_of(language) for language in sorted(filters.languages)]
    parts += [source or wording.no_folder for source in sorted(filters.sources)]
    if filters.since:
        parts.append(wording.since_day.format(wording.day(filters.since)))
    if filters.until:
        parts.append(wording.until_day.format(wording.day(filters.until)))
    return ", ".join(parts)


def _say_what_was_ignored(ignored: Sequence[Parameter], wording: Wording) -> None:
    named = {
        Parameter.QUESTION: wording.ignored_question,
        Parameter.LANGUAGE: wording.ignored_language,
        Parameter.SOURCE: wording.ignored_source,
        Parameter.SINCE: wording.ignored_date,
        Parameter.UNTIL: wording.ignored_date,
        Parameter.TIME: wording.ignored_time,
        Parameter.FIRST: wording.ignored_first,
        Parameter.ARTICLE: wording.ignored_article,
        Parameter.PLACE: wording.ignored_place,
        Parameter.INTERFACE: wording.ignored_interface,
    }
    told = dict.fromkeys(named[parameter] for parameter in ignored)
    if told:
        st.info(wording.ignored.format("; ".join(told)), icon=":material/link_off:")


# --- Answer -----------------------------------------------------------------------------------


def _show_examples(archive: Engine, wording: Wording) -> None:
    """Titles to begin with: of the reader's language first, then of each other language."""
    st.html(note_html(wording.examples))
    titles: dict[str, str] = {}
    for _, title, language, _ in archive.catalogue.headings():
        if len(title) <= LONGEST_EXAMPLE and not title.endswith("…"):
            titles.setdefault(language, title)
    order = sorted(titles, key=lambda language: language != wording.language)
    for language in order[:EXAMPLES]:
        st.button(
            safe_text(titles[language]),
            key=f"example_{language}",
            help=wording.name_of(language),
            on_click=ask_anew,
            args=(titles[language][:LONGEST_QUESTION],),
        )


def _show_answer(archive: Engine, view: View, wording: Wording) -> tuple[Citation, ...]:
    with st.spinner(wording.searching):
        answer = _answer(
            archive,
            Question(view.question, view.filters, view.times, view.own_language_first),
        )
    if period := archive.period(Question(view.question)):
        _show_period(period, view, wording)
    if answer.unheld:
        st.html(note_html(wording.unheld))
    if told := _told(view.filters, wording):
        st.html(note_html(wording.filtered.format(told)))
    if view.own_language_first:
        own = archive.language(Question(view.question))
        first = wording.first_in_language.format(wording.name_of(own)) if own else None
        st.html(note_html(first or wording.first_in_no_language))
    if answer.kind == AnswerKind.NONE:
        st.subheader(wording.refused, anchor=False)
    else:
        _quote(answer, wording)
    if answer.closest:
        refused = answer.kind == AnswerKind.NONE
        st.subheader(wording.closest if refused else wording.found, anchor=False)
        for hit in answer.closest:
            _show_passage(hit, wording)
    else:
        st.html(note_html(wording.nothing_passes))
    facts = archive.snapshot.facts
    st.html(
        note_html(
            wording.duration(answer.seconds),
            wording.count(facts.documents, wording.articles),
            wording.count(facts.passages, wording.passages),
            wording.indexed_on.format(wording.moment(local(facts.created))),
        )
    )
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


def _answer(archive: Engine, question: Question) -> Answer:
    """The answer to a question, kept so that opening an article does not search again."""
    asked = (archive.snapshot.name, question)
    held = st.session_state.get("answer")
    if held is None or held[0] != asked:
        held = asked, archive.ask(question)
        st.session_state["answer"] = held
    answer: Answer = held[1]
    return answer


def _quote(answer: Answer, wording: Wording) -> None:
    for sentence in answer.sentences:
        citation = next(one for one in answer.citations if one.n == sentence.citation)
        with st.container(gap=None):
            before = citation.context
            context = (
                context_html(before.text, citation.language, wording.context) if before else ""
            )
            st.html(context + quotation_html(sentence.text, citation.language))
            st.button(
                f"[{citation.n}] {safe_text(citation.title)}",
                key=f"citation_{citation.n}",
                type="tertiary",
                help=wording.open_citation,
                wrap=False,
                on_click=open_article,
                args=(citation.path, citation.start, citation.end),
            )
            day = wording.day(citation.published) if citation.published else wording.date_unknown
            show_note(
                wording.name_of(citation.language),
                day,
                versions=citation.versions,
                key=f"citation_{citation.n}",
                wording=wording,
            )
    told = wording.confidence.format(wording.likelihood(answer.confidence))
    st.badge(told, color=_color(answer.confidence))


def _color(confidence: float) -> Literal["green", "blue", "orange"]:
    if confidence >= VERY_LIKELY:
        return "green"
    return "blue" if confidence >= LIKELY else "orange"


def _show_passage(hit: RankedPassage, wording: Wording) -> None:
    document = hit.document
    with st.container(border=True, gap="xsmall"):
        st.html(heading_html(document.title, document.language, level=3))
        show_note(
            wording.name_of(document.language),
            known_date(document, wording),
            versions=hit.versions,
            key=f"passage_{hit.rank}",
            wording=wording,
        )
        st.html(found_html(hit.passage.text, document.language))
        st.html(note_html(*_why(hit, wording)))
        st.button(
            wording.open_in_place,
            key=f"passage_{hit.rank}",
            icon=":material/article:",
            type="tertiary",
            on_click=open_article,
            args=(hit.passage.path, hit.passage.start, hit.passage.end),
        )


def _why(hit: RankedPassage, wording: Wording) -> list[str]:
    """Why a passage was found, in words."""
    why = []
    if hit.why.dense_rank:
        why.append(wording.by_meaning.format(hit.why.dense_rank))
    if hit.why.lexical_rank:
        why.append(wording.by_words.format(hit.why.lexical_rank))
    if hit.why.words:
        why.append(wording.shared_words.format(", ".join(hit.why.words)))
    if hit.why.in_period:
        why.append(wording.in_period)
    return why


page(Settings.from_environment(), words())
