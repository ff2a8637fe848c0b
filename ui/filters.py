"""Which articles are asked: the choices in the sidebar, and what of them is heeded as pills."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from archive.documents import Filters
from retriever.engine import Engine
from retriever.filters import Holdings
from ui.rendering import histogram_html, note_html, safe_text
from ui.session import change_address
from ui.state import EARLIEST, LATEST, OWN_LANGUAGE, Parameter, View
from ui.wording import Wording

_FILTERS = (Parameter.LANGUAGE, Parameter.SOURCE, Parameter.SINCE, Parameter.UNTIL)


def choose_filters(view: View, archive: Engine, wording: Wording) -> None:
    """The controls in the sidebar, each choice with the number of articles it would leave."""
    filters, passing = view.filters, archive.holdings(view.filters)
    st.session_state["own_language_first"] = view.own_language_first
    st.session_state["languages"] = sorted(filters.languages)
    st.session_state["sources"] = sorted(filters.sources)
    with st.sidebar:
        st.subheader(wording.filters, anchor=False)
        choose_languages(
            st.sidebar,
            "languages",
            passing,
            wording,
            lambda: change_address(lang=st.session_state["languages"]),
        )
        choose_sources(
            st.sidebar,
            "sources",
            passing,
            wording,
            lambda: change_address(src=st.session_state["sources"]),
        )
        _choose_time(filters, passing, wording)
        if filters != Filters():
            st.button(wording.clear_filters, key="clear_filters", on_click=clear_filters)
        st.toggle(
            wording.own_language_first,
            key="own_language_first",
            help=wording.own_language_first_help,
            on_change=_change_first,
        )


def choose_languages(
    place: DeltaGenerator,
    key: str,
    passing: Holdings,
    wording: Wording,
    on_change: Callable[[], None],
) -> None:
    """The choice of languages, each with how many articles it would leave."""
    place.multiselect(
        wording.filter_languages,
        list(passing.languages),
        key=key,
        placeholder=wording.every_language,
        format_func=lambda one: f"{wording.name_of(one)} ({passing.languages.get(one, 0)})",
        on_change=on_change,
    )


def choose_sources(
    place: DeltaGenerator,
    key: str,
    passing: Holdings,
    wording: Wording,
    on_change: Callable[[], None],
) -> None:
    """The choice of sources, each with how many articles it would leave."""
    place.multiselect(
        wording.filter_sources,
        list(passing.sources),
        key=key,
        placeholder=wording.every_source,
        format_func=lambda one: f"{one or wording.no_folder} ({passing.sources.get(one, 0)})",
        on_change=on_change,
    )


def _choose_time(filters: Filters, passing: Holdings, wording: Wording) -> None:
    """A histogram of the years with a brush below it, and the days themselves."""
    counts = {year: count for year, count in passing.years.items() if year is not None}
    if len(counts) > 1:
        first, last = min(counts), max(counts)
        chosen = (
            min(max(filters.since.year if filters.since else first, first), last),
            min(max(filters.until.year if filters.until else last, first), last),
        )
        st.session_state["years"] = min(chosen), max(chosen)
        bars = [(year, counts.get(year, 0)) for year in range(first, last + 1)]
        told = wording.count(sum(counts.values()), wording.dated_articles)
        st.html(histogram_html(bars, st.session_state["years"], told))
        st.slider(
            wording.filter_years,
            first,
            last,
            key="years",
            on_change=_change_years,
            args=(first, last),
        )
    for key, label, name, day in (
        ("since", wording.filter_since, Parameter.SINCE, filters.since),
        ("until", wording.filter_until, Parameter.UNTIL, filters.until),
    ):
        st.session_state[key] = day
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
    if undated := passing.years.get(None, 0):
        counted = wording.undated_out if filters.since or filters.until else wording.undated
        st.html(note_html(wording.count(undated, counted)))


def show_filters(filters: Filters, archive: Engine, wording: Wording) -> None:
    """Each filter that is heeded as a pill that takes it off; what passes if nothing else does."""
    if filters == Filters():
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="pills"):
        st.html(note_html(wording.filtered), width="content")
        for language in sorted(filters.languages):
            rest = filters.languages - {language}
            _pill(wording.name_of(language), replace(filters, languages=rest), archive, wording)
        for source in sorted(filters.sources):
            rest = filters.sources - {source}
            without = replace(filters, sources=rest)
            _pill(source or wording.no_folder, without, archive, wording, kind="source_")
        if filters.since:
            told = wording.since_day.format(wording.day(filters.since))
            _pill(told, replace(filters, since=None), archive, wording)
        if filters.until:
            told = wording.until_day.format(wording.day(filters.until))
            _pill(told, replace(filters, until=None), archive, wording)


def _pill(told: str, without: Filters, archive: Engine, wording: Wording, kind: str = "") -> None:
    """A filter that is heeded, and the way to the filters without it.

    kind: what tells a source from a language of the same name.
    """
    left = sum(archive.holdings(without).languages[one] for one in _languages(archive, without))
    st.button(
        safe_text(told),
        key=f"drop_{kind}{told}",
        icon=":material/close:",
        icon_position="right",
        help=wording.count(left, wording.without_filter),
        on_click=heed,
        args=(without,),
    )


def _languages(archive: Engine, filters: Filters) -> frozenset[str]:
    return filters.languages or frozenset(archive.holdings().languages)


def heed(filters: Filters) -> None:
    """Make these the filters of the page."""
    change_address(
        **{
            Parameter.LANGUAGE: sorted(filters.languages),
            Parameter.SOURCE: sorted(filters.sources),
            Parameter.SINCE: _told(filters.since),
            Parameter.UNTIL: _told(filters.until),
        }
    )


def clear_filters() -> None:
    change_address(**dict.fromkeys(_FILTERS))


def _told(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _change_day(key: str, name: Parameter) -> None:
    change_address(**{name: _told(st.session_state[key])})


def _change_years(first: int, last: int) -> None:
    """The years of the brush as days; at either end of it there is none, and the undated pass."""
    since, until = st.session_state["years"]
    change_address(
        **{
            Parameter.SINCE: _told(date(since, 1, 1)) if since > first else None,
            Parameter.UNTIL: _told(date(until, 12, 31)) if until < last else None,
        }
    )


def _change_first() -> None:
    change_address(first=OWN_LANGUAGE if st.session_state["own_language_first"] else None)
