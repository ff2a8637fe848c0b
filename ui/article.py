"""The pane an article opens in, with the cited span lit up and in view."""

import hashlib
from collections.abc import Sequence

import streamlit as st

from archive.answers import Citation, RankedPassage, Version
from archive.documents import DateBasis, Document
from archive.settings import Settings
from archive.text import Span
from retriever.engine import Engine
from ui.rendering import article_html, heading_html, note_html, pane_html, safe_text
from ui.session import bring_into_view, change_address
from ui.state import place_parameter
from ui.wording import Wording

SIMILAR = 5
# What a file is sent as; a web page as what no browser shows, since its scripts would run as ours.
MEDIA_TYPES = {
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
OTHER_MEDIA_TYPE = "application/octet-stream"
_TURN = "article_turn"


def open_article(path: str, start: int, end: int) -> None:
    """Open an article at a span; opening the same one again scrolls back to it."""
    _open(path, (start, end))


def show_note(*parts: str, versions: Sequence[Version], key: str, wording: Wording) -> None:
    """A line in small type, and after it the other languages that the release can be read in."""
    if not versions:
        st.html(note_html(*parts))
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.html(note_html(*parts), width="content")
        show_versions(versions, key, wording)


def show_versions(versions: Sequence[Version], key: str, wording: Wording) -> None:
    """The other languages that a release can be read in, one after the other.

    key: what tells their buttons, which open them, from others on the page.
    """
    if versions:
        st.html(note_html(wording.also_in), width="content")
    for number, one in enumerate(versions):
        st.button(
            wording.name_of(one.language),
            key=f"{key}_version_{number}",
            type="tertiary",
            help=safe_text(one.title),
            on_click=_open,
            args=(one.path, one.place),
        )


def _open(path: str, place: Span | None) -> None:
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
    change_address(doc=path, at=place_parameter(*place) if place else None)


def close_article() -> None:
    change_address(doc=None, at=None)


def show_article(
    settings: Settings,
    document: Document,
    place: Span | None,
    citations: Sequence[Citation],
    wording: Wording,
) -> None:
    """An article with one span lit up, the way to the answer's other citations, and its file."""
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
        _offer_file(settings, document, wording)
        name = f"{document.path} {place_parameter(*place) if place else ''}".strip()
        spans = [place] if place else []
        faint = _context(document.path, place, citations)
        article = article_html(document.text, spans, document.language, faint)
        st.html(pane_html(article, wording.article_text, name))
        turn = st.session_state.get(_TURN, 0)
        if place or turn:
            bring_into_view(name, turn)


def _offer_file(settings: Settings, document: Document, wording: Wording) -> None:
    """The article's file as it is on disk, and whether it is still the one that was indexed.

    A link that by now leads out of the folder of articles is no file of it.
    """
    file = settings.articles / document.path
    try:
        inside = file.resolve().is_relative_to(settings.articles.resolve())
        digest = _digest(str(file), file.stat().st_mtime_ns) if inside else None
    except OSError:
        digest = None
    if digest is None:
        st.html(note_html(wording.file_gone))
        return
    st.download_button(
        wording.download_file,
        lambda: file.read_bytes(),
        file.name,
        MEDIA_TYPES.get(file.suffix.lower(), OTHER_MEDIA_TYPE),
        key="download_file",
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
    )
    if digest != document.digest:
        st.html(note_html(wording.file_changed))


@st.cache_data(max_entries=256, show_spinner=False)
def _digest(file: str, written: int) -> str:
    with open(file, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def show_similar(archive: Engine, path: str, wording: Wording) -> None:
    """What else the archive holds on the matter of an article, and the way to it."""
    others = _similar(archive, path)
    if not others:
        return
    with st.container(key="similar", gap="xsmall"):
        st.subheader(wording.similar, anchor=False)
        for other in others:
            document = other.document
            with st.container(gap=None):
                st.button(
                    safe_text(document.title),
                    key=f"similar_{other.rank}",
                    type="tertiary",
                    help=wording.open_similar,
                    wrap=False,
                    on_click=_open,
                    args=(document.path, None),
                )
                language = wording.name_of(document.language)
                st.html(note_html(language, known_date(document, wording)))


def _similar(archive: Engine, path: str) -> list[RankedPassage]:
    """The others, kept so that what else changes on the page does not search again."""
    asked = (archive.snapshot.name, path)
    held = st.session_state.get("similar")
    if held is None or held[0] != asked:
        held = asked, archive.similar(path, SIMILAR)
        st.session_state["similar"] = held
    others: list[RankedPassage] = held[1]
    return others


def _context(path: str, place: Span | None, citations: Sequence[Citation]) -> Span | None:
    """What the citation that is open leans on."""
    for one in citations:
        if one.context and (one.path, (one.start, one.end)) == (path, place):
            return one.context.start, one.context.end
    return None


def _controls(
    document: Document, place: Span | None, citations: Sequence[Citation], wording: Wording
) -> None:
    places = [(one.path, (one.start, one.end)) for one in citations]
    opened = (document.path, place)
    here = next((at for at, one in enumerate(places) if one == opened), -1)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        for key, label, told, way, shortcut, to in (
            ("previous", wording.previous, wording.previous_help, "back", "P", here - 1),
            ("next", wording.next, wording.next_help, "forward", "N", here + 1),
        ):
            target = citations[to] if 0 <= to < len(citations) else None
            st.button(
                label,
                key=f"{key}_citation",
                icon=f":material/arrow_{way}:",
                type="tertiary",
                help=told,
                shortcut=shortcut,
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
            shortcut="Esc",
            on_click=close_article,
        )


def known_date(document: Document, wording: Wording) -> str:
    """The date of an article, and how it is known."""
    if document.published is None:
        return wording.date_unknown
    how = {
        DateBasis.STATED: wording.date_stated,
        DateBasis.INFERRED: wording.date_inferred,
        DateBasis.PROPERTIES: wording.date_of_file,
    }
    return how[document.date_basis].format(wording.day(document.published))
