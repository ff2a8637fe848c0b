"""An answer on the page: quotations with their citations, what else was found, refusals."""

from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Literal

import streamlit as st

from archive.answers import Answer, AnswerKind, Citation, RankedPassage
from archive.documents import Document, Filters
from retriever.engine import Engine
from ui.answer_tools import show_tools
from ui.article import known_date, open_article, show_note, show_versions
from ui.filters import heed
from ui.rendering import (
    card_html,
    context_html,
    found_html,
    heading_html,
    mix_html,
    note_html,
    preview_html,
    preview_text,
    quotation_html,
    safe_text,
)
from ui.session import ask_anew, local
from ui.state import LONGEST_QUESTION, View
from ui.wording import Wording

MORE = 20  # passages that are shown at most
_RELATED = 3


def show_answer(archive: Engine, answer: Answer, view: View, wording: Wording) -> None:
    """The quotations, or why there are none; below them the passages that were found."""
    refused = answer.kind == AnswerKind.NONE
    if refused:
        _refuse(archive, answer, view, wording)
    else:
        _quote(archive, answer, wording)
    show_tools(archive, view, answer, wording)
    hits = _found(archive, answer, view)
    if not hits:
        st.html(note_html(wording.nothing_passes))
    else:
        st.subheader(wording.closest if refused else wording.found, anchor=False)
        spoken = Counter(hit.document.language for hit in hits)
        named = [(wording.name_of(one), count) for one, count in spoken.most_common()]
        st.html(mix_html(named, wording.language_mix))
        cited = {one.path for one in answer.citations}
        for hit in hits:
            _show_passage(hit, hit.document.path in cited, wording)
        if hits is answer.closest:
            st.button(
                wording.more_passages,
                key="more_passages",
                type="tertiary",
                icon=":material/expand_more:",
                on_click=_find_more,
                args=(archive, view),
            )
    facts = archive.snapshot.facts
    st.html(
        note_html(
            wording.duration(answer.seconds),
            wording.count(facts.documents, wording.articles),
            wording.count(facts.passages, wording.passages),
            wording.indexed_on.format(wording.moment(local(facts.created))),
        )
    )


def _found(archive: Engine, answer: Answer, view: View) -> Sequence[RankedPassage]:
    """The passages beside the answer: the closest, or those found since for the same question."""
    asked, found = st.session_state.get("more", (None, ()))
    return found if asked == (archive.snapshot.name, view.asked) else answer.closest


def _find_more(archive: Engine, view: View) -> None:
    asked = archive.snapshot.name, view.asked
    st.session_state["more"] = asked, archive.search(view.asked, MORE)


# --- Quotations -------------------------------------------------------------------------------


def _quote(archive: Engine, answer: Answer, wording: Wording) -> None:
    for citation in answer.citations:
        with st.container(gap=None, key=f"quoted_{citation.n}"):
            before = citation.context
            context = (
                context_html(before.text, citation.language, wording.context) if before else ""
            )
            st.html(context + quotation_html(citation.quote, citation.language))
            _cite(archive.document(citation.path), citation, wording)
    word = wording.how_sure(answer.confidence)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(wording.confidence.format(word), color=_color(word, wording))
        st.html(note_html(_span_of_sources(answer.citations, wording)), width="content")


def _cite(document: Document, citation: Citation, wording: Wording) -> None:
    """Where a quotation stands: a look at it, and the way into its article."""
    day = wording.day(citation.published) if citation.published else wording.date_unknown
    language = wording.name_of(citation.language)
    span = citation.start, citation.end
    told = [
        f"**{safe_text(citation.title)}**",
        safe_text(f"{day} · {language}"),
        preview_text(document.text, span),
        wording.open_citation,
    ]
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.button(
            f"[{citation.n}] {safe_text(citation.title)}",
            key=f"citation_{citation.n}",
            type="tertiary",
            help="\n\n".join(told),
            wrap=False,
            on_click=open_article,
            args=(citation.path, citation.start, citation.end),
        )
        with st.popover(
            wording.preview,
            type="tertiary",
            icon=":material/visibility:",
            help=wording.preview_help,
            key=f"preview_{citation.n}",
        ):
            st.html(
                card_html(
                    heading_html(citation.title, citation.language, level=3),
                    note_html(day, language, document.source or wording.no_folder),
                    preview_html(document.text, span, document.language),
                )
            )
    show_note(
        language, day, versions=citation.versions, key=f"citation_{citation.n}", wording=wording
    )


def _span_of_sources(citations: Sequence[Citation], wording: Wording) -> str:
    """From when to when the sources of an answer are, and how many have no date."""
    articles = {one.path: one.published for one in citations}
    days = sorted(day for day in articles.values() if day)
    told = wording.count(len(articles), wording.sources)
    if days and days[0] == days[-1]:
        told = wording.sources_of.format(told, wording.day(days[0]))
    elif days:
        told = wording.sources_from.format(told, wording.day(days[0]), wording.day(days[-1]))
    if undated := len(articles) - len(days):
        told = f"{told}, {wording.count(undated, wording.without_date)}"
    return told


def _color(word: str, wording: Wording) -> Literal["green", "blue", "orange"]:
    if word == wording.very_likely:
        return "green"
    return "blue" if word == wording.likely else "orange"


# --- Refusals ---------------------------------------------------------------------------------


def _refuse(archive: Engine, answer: Answer, view: View, wording: Wording) -> None:
    """Why nothing is quoted, and three ways on: wider filters, related questions, the closest."""
    st.subheader(wording.refused, anchor=False)
    st.html(note_html(wording.refused_unsure if answer.closest else wording.refused_empty))
    filters = view.filters
    wider = [
        (wording.any_date, replace(filters, since=None, until=None)),
        (wording.any_language, replace(filters, languages=frozenset())),
        (wording.any_source, replace(filters, sources=frozenset())),
        (wording.clear_filters, Filters()),
    ]
    offered = [(label, to) for label, to in wider if to != filters]
    if len(offered) == 2:  # one filter: to lift it is to lift them all
        offered.pop()
    if offered:
        with st.container(horizontal=True, gap="xsmall", key="wider"):
            for number, (label, to) in enumerate(offered):
                st.button(
                    label,
                    key=f"wider_{number}",
                    icon=":material/filter_alt_off:",
                    on_click=heed,
                    args=(to,),
                )
    titles = {hit.document.title: hit.document.language for hit in answer.closest}
    related = [one for one in titles if not one.endswith("…") and len(one) <= LONGEST_QUESTION]
    if related:
        st.html(note_html(wording.related))
        for number, title in enumerate(related[:_RELATED]):
            st.button(
                safe_text(title),
                key=f"related_{number}",
                type="tertiary",
                help=wording.name_of(titles[title]),
                icon=":material/search:",
                on_click=ask_anew,
                args=(title,),
            )


# --- Passages ---------------------------------------------------------------------------------


def _show_passage(hit: RankedPassage, cited: bool, wording: Wording) -> None:
    document = hit.document
    with st.container(border=True, gap="xsmall"):
        note = [wording.name_of(document.language), known_date(document, wording)]
        st.html(
            card_html(
                heading_html(document.title, document.language, level=3),
                note_html(*note, *([wording.cited_above] if cited else [])),
                found_html(hit.passage.text, document.language),
                note_html(*_why(hit, wording)),
            )
        )
        row: AbstractContextManager[object] = nullcontext()
        if hit.versions:
            row = st.container(horizontal=True, vertical_alignment="center", gap="xsmall")
        with row:
            st.button(
                wording.open_in_place,
                key=f"passage_{hit.rank}",
                icon=":material/article:",
                type="tertiary",
                on_click=open_article,
                args=(hit.passage.path, hit.passage.start, hit.passage.end),
            )
            show_versions(hit.versions, f"passage_{hit.rank}", wording)


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
