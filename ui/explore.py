"""The page to explore the archive with: its parts, and the list of all articles."""

from collections.abc import Sequence

import streamlit as st

from archive.documents import DateBasis, Filters
from archive.errors import ArchiveError
from archive.settings import Settings
from archive.spans import Rows
from retriever.engine import Engine
from retriever.filters import Holdings
from retriever.listing import Column, Entry
from ui.access import Role, require
from ui.article import show_article, show_similar
from ui.batch import show_batch
from ui.comparison import ask_with, show_comparison, show_matter
from ui.filters import choose_languages, choose_sources
from ui.rendering import note_html
from ui.session import (
    address,
    change_address,
    current_settings,
    length_of,
    open_archive,
    say_what_was_ignored,
    show_problem,
    words,
)
from ui.state import (
    LONGEST_TITLE,
    Exploring,
    Parameter,
    Part,
    order_parameter,
    read_exploring,
)
from ui.timeline import show_timeline
from ui.wording import Wording

ROWS = 20  # articles on a page of the list
_WIDTHS = {  # pixels, of a table that fits beside the sidebar; beside an article titles have less
    Column.TITLE: 270,
    Column.PUBLISHED: 135,
    Column.LANGUAGE: 95,
    Column.SOURCE: 110,
    Column.BASIS: 95,
    Column.VERSIONS: 80,
}
_NARROW = 240


def page(settings: Settings, wording: Wording) -> None:
    require(settings, Role.ANALYST)
    st.title(wording.page_explore, anchor=False)
    archive = open_archive(settings, wording)
    if archive is None:
        return
    holdings = archive.holdings()
    view, ignored = read_exploring(
        address(), list(holdings.languages), list(holdings.sources), lambda p: length_of(archive, p)
    )
    _choose_part(view.part, wording)
    say_what_was_ignored(ignored, wording)
    try:
        if view.part == Part.BROWSE:
            _browse(settings, archive, view, _pick(archive, view, holdings, wording), wording)
        elif view.part == Part.TIMELINE:
            show_timeline(archive, _pick(archive, view, holdings, wording), wording)
        elif view.part == Part.MATTER:
            show_matter(archive, view, wording)
        elif view.part == Part.COMPARE:
            show_comparison(archive, view, wording)
        else:
            show_batch(archive, settings, wording)
    except ArchiveError as error:
        show_problem(error, wording)


def _choose_part(part: Part, wording: Wording) -> None:
    names = {
        Part.BROWSE: wording.part_browse,
        Part.TIMELINE: wording.part_timeline,
        Part.MATTER: wording.part_matter,
        Part.COMPARE: wording.part_compare,
        Part.BATCH: wording.part_batch,
    }
    st.session_state["part"] = part.value
    st.segmented_control(
        wording.parts,
        [one.value for one in Part],
        key="part",
        required=True,
        format_func=lambda one: names[Part(one)],
        label_visibility="collapsed",
        wrap=True,
        on_change=lambda: change_address(part=st.session_state["part"]),
    )


# --- Filters ----------------------------------------------------------------------------------


def _pick(archive: Engine, view: Exploring, holdings: Holdings, wording: Wording) -> Rows:
    """The articles that pass what is chosen here: words of the title, languages, sources."""
    filters = view.filters
    st.session_state["explore_title"] = view.title
    st.session_state["explore_languages"] = sorted(filters.languages)
    st.session_state["explore_sources"] = sorted(filters.sources)
    title, languages, sources, order = st.columns([4, 4, 4, 3])
    title.text_input(
        wording.title_words,
        key="explore_title",
        type="search",
        max_chars=LONGEST_TITLE,
        placeholder=wording.ask,
        icon=":material/search:",
        on_change=lambda: _narrow(title=st.session_state["explore_title"].strip()),
    )
    choose_languages(
        languages,
        "explore_languages",
        holdings,
        wording,
        lambda: _narrow(lang=st.session_state["explore_languages"]),
    )
    choose_sources(
        sources,
        "explore_sources",
        holdings,
        wording,
        lambda: _narrow(src=st.session_state["explore_sources"]),
    )
    if view.part == Part.BROWSE:
        with order:
            _choose_order(view, wording)
    picked = archive.listing.pick(filters, view.title)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        told = [wording.count(len(picked), wording.articles)]
        if view.part == Part.BROWSE and len(picked):
            told.append(wording.list_help)
        st.html(note_html(*told), width="content")
        if filters.since or filters.until:
            st.button(
                wording.only_of_time.format(wording.period(filters.since, filters.until)),
                key="explore_every_day",
                icon=":material/close:",
                icon_position="right",
                help=wording.every_day_help,
                on_click=_narrow,
                kwargs=dict.fromkeys((Parameter.SINCE, Parameter.UNTIL)),
            )
        if view.title or filters != Filters():
            st.button(
                wording.clear_filters,
                key="explore_clear",
                type="tertiary",
                on_click=_narrow,
                kwargs=dict.fromkeys(_NARROWING),
            )
    return picked


_NARROWING = (
    Parameter.TITLE, Parameter.LANGUAGE, Parameter.SOURCE, Parameter.SINCE, Parameter.UNTIL,
)  # fmt: skip


def _narrow(**changes: str | Sequence[str] | None) -> None:
    """Change what articles are listed, from the first of them on."""
    change_address(**changes, page=None)


# --- Browsing ---------------------------------------------------------------------------------


def _browse(
    settings: Settings, archive: Engine, view: Exploring, picked: Rows, wording: Wording
) -> None:
    before, beside = st.columns([11, 10], gap="medium") if view.article else (st.container(), None)
    with before:
        if len(picked):
            _list(archive, view, picked, wording)
        else:
            st.html(note_html(wording.nothing_passes))
    if beside and view.article:
        with beside:
            _ways(archive, view.article, wording)
            document = archive.document(view.article)
            show_article(settings, document, view.place, (), wording)
            show_similar(archive, view.article, wording)


def _list(archive: Engine, view: Exploring, picked: Rows, wording: Wording) -> None:
    """A page of the articles; only its rows are sent to the browser, so the server sorts."""
    pages = -(-len(picked) // ROWS)
    shown = min(view.page, pages)
    ordered = archive.listing.ordered(picked, view.column, view.descending, wording.name_of)
    entries = archive.listing.entries(ordered[(shown - 1) * ROWS : shown * ROWS])
    paths = [entry.path for entry in entries]
    opened = [at for at, path in enumerate(paths) if path == view.article]
    # A heading that is chosen stays so in the browser: another order is another table.
    key = f"list_{order_parameter(view.column, view.descending)}"
    st.session_state[key] = {"selection": {"rows": opened, "columns": [], "cells": []}}
    st.dataframe(
        {column.value: [_cell(entry, column, wording) for entry in entries] for column in Column},
        hide_index=True,
        height="content",
        key=key,
        on_select=lambda: _choose_in_table(key, paths, view),
        selection_mode=["single-row", "single-column"],
        alt=wording.list_alt,
        column_order=[Column.TITLE.value, Column.PUBLISHED.value] if view.article else None,
        column_config={
            column.value: st.column_config.Column(
                _label(column, view, wording),
                width=_NARROW if view.article and column == Column.TITLE else _WIDTHS[column],
            )
            for column in Column
        },
    )
    if pages > 1:
        st.session_state["explore_page"] = shown
        st.pagination(
            pages,
            key="explore_page",
            on_change=lambda: change_address(page=str(st.session_state["explore_page"])),
        )


def _choose_order(view: Exploring, wording: Wording) -> None:
    st.session_state["order"] = order_parameter(view.column, view.descending)
    st.selectbox(
        wording.order,
        [order_parameter(column, way) for column in Column for way in (False, True)],
        key="order",
        format_func=lambda one: _ordered_by(
            Column(one.removeprefix("-")), one.startswith("-"), wording
        ),
        on_change=lambda: _narrow(sort=st.session_state["order"]),
    )


def _choose_in_table(key: str, paths: Sequence[str], view: Exploring) -> None:
    """A row opens its article; a column's heading sorts by it, and turns that round if it does."""
    chosen = st.session_state[key]["selection"]
    if chosen["columns"]:
        column = Column(chosen["columns"][0])
        _narrow(sort=order_parameter(column, column == view.column and not view.descending))
    else:
        change_address(doc=paths[chosen["rows"][0]] if chosen["rows"] else None, at=None)


def _cell(entry: Entry, column: Column, wording: Wording) -> str | int:
    if column == Column.PUBLISHED:
        return wording.day(entry.published) if entry.published else ""
    if column == Column.BASIS:
        return {
            DateBasis.STATED: wording.basis_stated,
            DateBasis.INFERRED: wording.basis_inferred,
            DateBasis.PROPERTIES: wording.basis_of_file,
            DateBasis.UNKNOWN: wording.basis_unknown,
        }[entry.date_basis]
    if column == Column.LANGUAGE:
        return wording.name_of(entry.language)
    if column == Column.SOURCE:
        return entry.source or wording.no_folder
    return entry.versions if column == Column.VERSIONS else entry.title


def _label(column: Column, view: Exploring, wording: Wording) -> str:
    if column == view.column:
        return _ordered_by(column, view.descending, wording)
    return _name(column, wording)


def _ordered_by(column: Column, descending: bool, wording: Wording) -> str:
    return f"{_name(column, wording)} {'↓' if descending else '↑'}"


def _name(column: Column, wording: Wording) -> str:
    return {
        Column.TITLE: wording.column_title,
        Column.PUBLISHED: wording.column_date,
        Column.LANGUAGE: wording.column_language,
        Column.SOURCE: wording.column_source,
        Column.BASIS: wording.column_basis,
        Column.VERSIONS: wording.column_versions,
    }[column]


def _ways(archive: Engine, path: str, wording: Wording) -> None:
    """What else can be done with the article that is open."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        for part, label, icon in (
            (Part.MATTER, wording.part_matter, "hub"),
            (Part.COMPARE, wording.part_compare, "compare"),
        ):
            st.button(
                label,
                key=f"to_{part}",
                icon=f":material/{icon}:",
                type="tertiary",
                on_click=change_address,
                kwargs={Parameter.PART: part, Parameter.OTHER: None},
            )
        ask_with(archive.document(path), wording)


page(current_settings(), words())
