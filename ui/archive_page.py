"""The page of the archive: what is indexed, what was left out and why; adding files, indexing."""

import time
from collections.abc import Mapping

import streamlit as st

from archive.settings import Settings
from archive.snapshot import current_name
from indexer.jobs import Job, JobState, read_job, start_reindex
from indexer.pipeline import BuildReport
from retriever.engine import Engine
from ui.rendering import note_html, safe_text
from ui.session import local, open_archive, words
from ui.uploads import add_files
from ui.wording import Wording

_ASKED = "reindex_asked"  # (when, the start of the run before) until the new run is seen
_PATIENCE = 60  # seconds to wait for the first sign of a run


def page(settings: Settings, wording: Wording) -> None:
    st.title(wording.page_archive, anchor=False)
    _reindexing(settings, current_name(settings.index), wording)
    add_files(settings, wording, lambda: _ask_for_a_run(settings, read_job(settings.index)))
    archive = open_archive(settings, wording)
    if archive is None:
        return
    _holdings(archive, wording)
    _left_out(archive, wording)


# --- What is indexed --------------------------------------------------------------------------


def _holdings(archive: Engine, wording: Wording) -> None:
    facts, holdings = archive.snapshot.facts, archive.holdings()
    st.header(wording.indexed.format(wording.moment(local(facts.created))), anchor=False)
    counts = (
        (facts.documents, wording.articles),
        (facts.passages, wording.passages),
        (facts.duplicates, wording.duplicates),
        (facts.refused, wording.refused_files),
    )
    st.markdown(" · ".join(wording.count(number, counted) for number, counted in counts))
    st.html(note_html(wording.model.format(facts.model)))
    languages, years = st.columns(2, gap="medium")
    with languages:
        told = {wording.name_of(code): count for code, count in holdings.languages.items()}
        _bars(wording.by_language, wording.column_language, told, wording)
    with years:
        dated = sorted((year for year in holdings.years if year is not None), reverse=True)
        told = {str(year): holdings.years[year] for year in dated}
        if None in holdings.years:
            told[wording.date_unknown] = holdings.years[None]
        _bars(wording.by_year, wording.column_year, told, wording)


def _bars(title: str, heading: str, counts: Mapping[str, int], wording: Wording) -> None:
    st.markdown(f"**{title}**")
    st.dataframe(
        {heading: list(counts), wording.column_articles: list(counts.values())},
        hide_index=True,
        alt=title,
        column_config={
            wording.column_articles: st.column_config.ProgressColumn(
                format="%d", min_value=0, max_value=max(counts.values(), default=1)
            )
        },
    )


def _left_out(archive: Engine, wording: Wording) -> None:
    refused, duplicates = archive.catalogue.refused(), archive.catalogue.duplicates()
    st.header(wording.count(len(refused), wording.refused_files), anchor=False)
    if refused:
        st.dataframe(
            {
                wording.column_file: [one.path for one in refused],
                wording.column_reason: [
                    wording.refused_because.get(one.reason, one.sentence) for one in refused
                ],
            },
            hide_index=True,
            alt=wording.column_reason,
        )
    else:
        st.html(note_html(wording.none_refused))
    st.header(wording.count(len(duplicates), wording.duplicates), anchor=False)
    if duplicates:
        st.dataframe(
            {
                wording.column_file: [one.path for one in duplicates],
                wording.column_same_as: [one.of for one in duplicates],
                wording.column_similarity: [one.similarity for one in duplicates],
            },
            hide_index=True,
            alt=wording.column_same_as,
            column_config={
                wording.column_similarity: st.column_config.NumberColumn(format="percent")
            },
        )
    else:
        st.html(note_html(wording.none_duplicate))


# --- Indexing again ---------------------------------------------------------------------------


@st.fragment(run_every="1s")
def _reindexing(settings: Settings, shown: str | None, wording: Wording) -> None:
    """The last run, watched; once it has made a new snapshot the whole page follows.

    shown: the snapshot that the rest of the page tells of.
    """
    job = read_job(settings.index)
    starting = _is_starting(job)
    running = job.state == JobState.RUNNING
    with st.container(border=True):
        st.header(wording.reindexing, anchor=False)
        if starting:
            st.progress(0.0, wording.starting)
        elif job.state == JobState.NOT_STARTED:
            st.html(note_html(wording.never_run))
        else:
            _show_job(job, wording)
        if starting or running:
            st.html(note_html(wording.still_answering))
        st.button(
            wording.reindex,
            key="reindex",
            icon=":material/sync:",
            help=wording.reindex_help,
            disabled=starting or running,
            on_click=_ask_for_a_run,
            args=(settings, job),
        )
    if current_name(settings.index) != shown:
        st.rerun()


def _ask_for_a_run(settings: Settings, before: Job) -> None:
    st.session_state[_ASKED] = time.monotonic(), before.started
    start_reindex(settings)


def _is_starting(job: Job) -> bool:
    if _ASKED not in st.session_state:
        return False
    asked, before = st.session_state[_ASKED]
    seen = job.started != before
    if seen or time.monotonic() - asked > _PATIENCE:
        del st.session_state[_ASKED]
        return False
    return True


def _show_job(job: Job, wording: Wording) -> None:
    if job.state == JobState.RUNNING:
        share = min(job.done / job.total, 1.0) if job.total else 0.0
        st.progress(share, wording.running.format(wording.steps.get(job.step, job.step)))
    elif job.state == JobState.FAILED:
        st.error(safe_text(job.problem or ""), title=wording.failed)
    elif job.state == JobState.INTERRUPTED:
        st.warning(wording.interrupted)
    elif job.state == JobState.CANCELLED:
        st.info(wording.cancelled)
    else:
        when = wording.moment(local(job.finished or job.started))
        built = job.report is None or job.report.built
        st.success((wording.done if built else wording.done_unchanged).format(when))
        if job.report:
            st.html(note_html(_report(job.report, wording)))


def _report(report: BuildReport, wording: Wording) -> str:
    counts = (
        (report.new, wording.new_files),
        (report.changed, wording.changed_files),
        (report.removed, wording.removed_files),
        (report.duplicates, wording.duplicates),
        (report.refused, wording.refused_files),
        (report.encoded, wording.encoded_texts),
    )
    told = ", ".join(wording.count(number, counted) for number, counted in counts)
    return wording.report.format(wording.duration(report.seconds), told)


page(Settings.from_environment(), words())
