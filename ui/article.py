"""The pane an article opens in, with the cited span lit up and in view."""

from collections.abc import Sequence

import streamlit as st

from archive.answers import Citation
from archive.documents import DateBasis, Document
from archive.text import Span
from ui.rendering import article_html, heading_html, note_html, pane_html
from ui.session import bring_into_view, change_address
from ui.state import place_parameter
from ui.wording import Wording

_TURN = "article_turn"


def open_article(path: str, start: int, end: int) -> None:
    """Open an article at a span; opening the same one again scrolls back to it."""
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
    change_address(doc=path, at=place_parameter(start, end))


def close_article() -> None:
    change_address(doc=None, at=None)


def show_article(
    document: Document, place: Span | None, citations: Sequence[Citation], wording: Wording
) -> None:
    """An article with one span lit up, and the way to the answer's other citations."""
    with st.container(key="article", border=True, gap="xsmall"):
        _controls(document, place, citations, wording)
        st.html(heading_html(document.title, document.language, level=2, large=True))
        st.html(
            note_html(
                wording.name_of(document.language),
                known_date(document, wording),
                document.source or wording.no_folder,
                wording.file.format(document.path.removeprefix(f"{document.source}/")),
            )
        )
        name = f"{document.path} {place_parameter(*place) if place else ''}"
        spans = [place] if place else []
        article = article_html(document.text, spans, document.language)
        st.html(pane_html(article, wording.article_text, name))
        if place:
            bring_into_view(name, st.session_state.get(_TURN, 0))


def _controls(
    document: Document, place: Span | None, citations: Sequence[Citation], wording: Wording
) -> None:
    places = [(one.path, (one.start, one.end)) for one in citations]
    opened = (document.path, place)
    here = next((at for at, one in enumerate(places) if one == opened), -1)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        for key, label, told, way, to in (
            ("previous", wording.previous, wording.previous_help, "back", here - 1),
            ("next", wording.next, wording.next_help, "forward", here + 1),
        ):
            target = citations[to] if 0 <= to < len(citations) else None
            st.button(
                label,
                key=f"{key}_citation",
                icon=f":material/arrow_{way}:",
                type="tertiary",
                help=told,
                disabled=target is None,
                on_click=open_article,
                args=(target.path, target.start, target.end) if target else None,
            )
        st.space("stretch")
        st.button(
            wording.close,
            key="close_article",
            icon=":material/close:",
            type="tertiary",
            on_click=close_article,
        )


def known_date(document: Document, wording: Wording) -> str:
    """The date of an article, and how it is known."""
    if document.published is None:
        return wording.date_unknown
    how = {DateBasis.STATED: wording.date_stated, DateBasis.INFERRED: wording.date_inferred}
    return how[document.date_basis].format(wording.day(document.published))
