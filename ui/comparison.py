"""An article held against others: what else there is on its matter, and two side by side."""

from collections import defaultdict

import streamlit as st

from archive.answers import RankedPassage
from archive.documents import Document, Filters
from archive.text import Span
from retriever.engine import Engine
from retriever.listing import Column
from ui.article import known_date
from ui.rendering import found_html, heading_html, note_html, numbered_html, pane_html, safe_text
from ui.session import change_address
from ui.state import (
    LONGEST_QUESTION,
    LONGEST_TITLE,
    Exploring,
    Parameter,
    Part,
    place_parameter,
)
from ui.wording import Wording

NEAREST = 60  # articles that are looked at for those on a matter
OF_A_LANGUAGE = 4  # of them shown
OFFERED = 6  # articles to choose from at a time


# --- On a matter ------------------------------------------------------------------------------


def show_matter(archive: Engine, view: Exploring, wording: Wording) -> None:
    """What else the archive holds on the matter of an article, by language."""
    with st.container(width=820):
        if view.article is None:
            _find(archive, Parameter.ARTICLE, wording.find_article, wording)
            return
        document = archive.document(view.article)
        _show_chosen(document, Parameter.ARTICLE, wording)
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            _read(document.path, None, "matter_read", wording)
            ask_with(document, wording)
        releases = {one.path for one in archive.versions(document.path)}
        groups: dict[str, list[RankedPassage]] = defaultdict(list)
        for hit in _similar(archive, document.path):
            groups[hit.document.language].append(hit)
        for language, hits in groups.items():
            st.subheader(wording.name_of(language), anchor=False)
            for hit in hits[:OF_A_LANGUAGE]:
                _show_hit(hit, hit.document.path in releases, wording)


def _similar(archive: Engine, path: str) -> list[RankedPassage]:
    """The nearest others, kept so that what else changes on the page does not search again."""
    asked = (archive.snapshot.name, path)
    held = st.session_state.get("matter")
    if held is None or held[0] != asked:
        held = asked, archive.similar(path, NEAREST)
        st.session_state["matter"] = held
    found: list[RankedPassage] = held[1]
    return found


def _show_hit(hit: RankedPassage, version: bool, wording: Wording) -> None:
    document, passage = hit.document, hit.passage
    with st.container(border=True, gap="xsmall"):
        st.html(heading_html(document.title, document.language, level=3))
        note = [known_date(document, wording), document.source or wording.no_folder]
        st.html(note_html(*note, *([wording.same_release] if version else [])))
        st.html(found_html(passage.text, document.language))
        with st.container(horizontal=True, gap="xsmall"):
            _read(document.path, (passage.start, passage.end), f"matter_{hit.rank}", wording)
            st.button(
                wording.compare_both,
                key=f"matter_{hit.rank}_compare",
                icon=":material/compare:",
                type="tertiary",
                on_click=change_address,
                kwargs={Parameter.PART: Part.COMPARE, Parameter.OTHER: document.path},
            )
            st.button(
                wording.from_here,
                key=f"matter_{hit.rank}_from",
                icon=":material/hub:",
                type="tertiary",
                on_click=change_address,
                kwargs={Parameter.ARTICLE: document.path, Parameter.PLACE: None},
            )


def _read(path: str, place: Span | None, key: str, wording: Wording) -> None:
    st.button(
        wording.read_article,
        key=key,
        icon=":material/article:",
        type="tertiary",
        on_click=change_address,
        kwargs={
            Parameter.PART: Part.BROWSE,
            Parameter.ARTICLE: path,
            Parameter.PLACE: place_parameter(*place) if place else None,
        },
    )


def ask_with(document: Document, wording: Wording) -> None:
    """The way to the Ask page with an article's title as the question."""
    st.page_link(
        "ui/ask.py",
        label=wording.ask_with,
        icon=":material/search:",
        query_params={Parameter.QUESTION.value: document.title[:LONGEST_QUESTION]},
    )


# --- Two side by side -------------------------------------------------------------------------


def show_comparison(archive: Engine, view: Exploring, wording: Wording) -> None:
    """Two articles, the sentences that say the same numbered in both."""
    if view.article is None:
        with st.container(width=820):
            _find(archive, Parameter.ARTICLE, wording.find_first, wording)
        return
    one = archive.document(view.article)
    if view.other is None:
        with st.container(width=820):
            _show_chosen(one, Parameter.ARTICLE, wording)
            _offer(archive, one.path, wording)
        return
    other = archive.document(view.other)
    pairs = archive.shared(one.path, other.path)
    told = wording.count(len(pairs), wording.shared_sentences) if pairs else wording.none_shared
    st.html(note_html(told))
    numbered = list(enumerate(pairs, start=1))
    sides = (
        (Parameter.ARTICLE, one, {own: number for number, (own, _) in numbered}),
        (Parameter.OTHER, other, {theirs: number for number, (_, theirs) in numbered}),
    )
    for column, (parameter, document, numbers) in zip(
        st.columns(2, gap="medium"), sides, strict=True
    ):
        with column, st.container(border=True, gap="xsmall"):
            _show_chosen(document, parameter, wording)
            article = numbered_html(document.text, numbers, document.language)
            label = f"{wording.article_text}\u00a0: {document.title}"
            st.html(pane_html(article, label, f"{parameter} {document.path}"))


def _offer(archive: Engine, path: str, wording: Wording) -> None:
    """What to compare an article with: its versions, then what is on its matter, then any."""
    versions = [archive.document(one.path) for one in archive.versions(path)]
    if versions:
        st.subheader(wording.versions_of, anchor=False)
        _choices(versions, Parameter.OTHER, "version", wording)
    told = {path, *(one.path for one in versions)}
    similar = [hit.document for hit in _similar(archive, path) if hit.document.path not in told]
    if similar:
        st.subheader(wording.similar, anchor=False)
        _choices(similar[:OFFERED], Parameter.OTHER, "near", wording)
    _find(archive, Parameter.OTHER, wording.find_other, wording)


# --- Choosing an article ----------------------------------------------------------------------


def _find(archive: Engine, parameter: Parameter, label: str, wording: Wording) -> None:
    """Articles by words of their title, the newest first."""
    words = st.text_input(
        label,
        key=f"find_{parameter}",
        type="search",
        max_chars=LONGEST_TITLE,
        placeholder=wording.title_words,
        icon=":material/search:",
    )
    listing = archive.listing
    picked = listing.pick(Filters(), words)
    newest = listing.ordered(picked, Column.PUBLISHED, True)[:OFFERED]
    found = [archive.document(entry.path) for entry in listing.entries(newest)]
    if words and found:
        st.html(note_html(wording.count(len(picked), wording.articles)))
    elif words:
        st.html(note_html(wording.no_such_title))
    elif found:
        st.html(note_html(wording.newest))
    _choices(found, parameter, f"find_{parameter}", wording)


def _choices(documents: list[Document], parameter: Parameter, key: str, wording: Wording) -> None:
    for number, document in enumerate(documents):
        with st.container(gap=None):
            st.button(
                safe_text(document.title),
                key=f"{key}_choice_{number}",
                type="tertiary",
                wrap=False,
                on_click=change_address,
                kwargs=_chosen(parameter, document.path),
            )
            st.html(_note(document, wording))


def _show_chosen(document: Document, parameter: Parameter, wording: Wording) -> None:
    st.html(heading_html(document.title, document.language, level=2, large=True))
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.html(_note(document, wording), width="content")
        st.button(
            wording.another_article,
            key=f"another_{parameter}",
            icon=":material/swap_horiz:",
            type="tertiary",
            on_click=change_address,
            kwargs=_chosen(parameter, None),
        )


def _chosen(parameter: Parameter, path: str | None) -> dict[str, str | None]:
    """What the address changes to: an article, which takes the place open in another along."""
    changes: dict[str, str | None] = {parameter: path}
    return changes | {Parameter.PLACE: None} if parameter == Parameter.ARTICLE else changes


def _note(document: Document, wording: Wording) -> str:
    return note_html(
        wording.name_of(document.language),
        known_date(document, wording),
        document.source or wording.no_folder,
    )
