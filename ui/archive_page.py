"""The page of the archive: what is indexed, what was left out and why; for admins, what they do."""

import time
from collections.abc import Mapping

import streamlit as st

from archive.errors import ArchiveError
from archive.settings import Settings
from archive.snapshot import Kept, current_name, kept_snapshots, roll_back
from indexer.jobs import Job, JobState, cancel_job, read_job, read_log, start_reindex
from indexer.pipeline import BuildReport
from retriever.engine import Engine
from ui.access import Role, acting, reader
from ui.audit import show_audit
from ui.rendering import log_html, note_html, safe_text
from ui.session import (
    current_settings,
    local,
    open_archive,
    show_told_problem,
    telling_problems,
    words,
)
from ui.uploads import add_files
from ui.wording import Wording

START, CANCEL, ROLL_BACK = "start", "cancel", "rollback"  # as the audit log has them

_ASKED = "reindex_asked"  # (when, the start of the run before) until the new run is seen
_PATIENCE = 60  # seconds to wait for the first sign of a run
_BACK = "roll_back_to"  # the snapshot that the first of the two clicks named
_LINES = 200  # of the log of a run, the last ones, that are shown


def page(settings: Settings, wording: Wording) -> None:
    st.title(wording.page_archive, anchor=False)
    _reindexing(settings, current_name(settings.index), wording)
    admin = reader(settings).may(Role.ADMIN)
    if admin:
        add_files(settings, wording, lambda: _ask_for_a_run(settings, read_job(settings.index)))
    archive = open_archive(settings, wording)
    if archive:
        _holdings(archive, wording)
        _left_out(archive, wording)
    if admin:
        _snapshots(settings, wording)
        show_audit(settings, wording)


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
    admin = reader(settings).may(Role.ADMIN)
    show_told_problem(wording)
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
        if admin:
            _run_buttons(settings, job, wording, busy=starting or running)
            _log(settings, wording)
    if current_name(settings.index) != shown:
        st.rerun()


def _run_buttons(settings: Settings, job: Job, wording: Wording, *, busy: bool) -> None:
    with st.container(horizontal=True):
        st.button(
            wording.reindex,
            key="reindex",
            icon=":material/sync:",
            help=wording.reindex_help,
            disabled=busy,
            on_click=_ask_for_a_run,
            args=(settings, job),
        )
        if job.state == JobState.RUNNING:
            st.button(
                wording.cancel_run,
                key="cancel_run",
                icon=":material/cancel:",
                help=wording.cancel_run_help,
                on_click=_call_off,
                args=(settings,),
            )


def _log(settings: Settings, wording: Wording) -> None:
    if lines := read_log(settings.index):
        with st.expander(wording.run_log):
            st.html(log_html(lines[-_LINES:], wording.run_log))


def _ask_for_a_run(settings: Settings, before: Job) -> None:
    with telling_problems(), acting(settings, Role.ADMIN, START):
        start_reindex(settings)
        st.session_state[_ASKED] = time.monotonic(), before.started


def _call_off(settings: Settings) -> None:
    with telling_problems(), acting(settings, Role.ADMIN, CANCEL):
        cancel_job(settings.index)


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


# --- Snapshots --------------------------------------------------------------------------------


def _snapshots(settings: Settings, wording: Wording) -> None:
    """The snapshots that are kept, and the way back to an earlier one, in two clicks."""
    try:
        kept = _kept(str(settings.index.resolve()), current_name(settings.index), settings)
    except ArchiveError:
        return  # the page has said what is wrong with the index
    if len(kept) < 2:
        return
    st.header(wording.snapshots, anchor=False)
    st.dataframe(
        {
            wording.column_snapshot: [one.name for one in kept],
            wording.column_created: [_created(one, wording) for one in kept],
            wording.column_articles: [one.facts.documents if one.facts else None for one in kept],
            wording.column_state: [
                wording.damaged_snapshot if one.problem else wording.whole_snapshot for one in kept
            ],
        },
        hide_index=True,
        alt=wording.snapshots,
    )
    for one in kept[1:]:
        _way_back(settings, one, wording)


@st.cache_resource(ttl=60, max_entries=1, show_spinner=False)
def _kept(index: str, current: str | None, _settings: Settings) -> list[Kept]:
    return kept_snapshots(_settings.index)


def _created(one: Kept, wording: Wording) -> str:
    return wording.moment(local(one.facts.created)) if one.facts else ""


def _way_back(settings: Settings, one: Kept, wording: Wording) -> None:
    when = _created(one, wording)
    if st.session_state.get(_BACK) != one.name:
        st.button(
            wording.roll_back.format(when),
            key=f"roll_back_{one.name}",
            icon=":material/history:",
            disabled=one.problem is not None,
            on_click=_ask_for_way_back,
            args=(one.name,),
        )
        return
    st.warning(wording.roll_back_means.format(when), icon=":material/history:")
    with st.container(horizontal=True):
        st.button(
            wording.roll_back_now,
            key="roll_back_now",
            type="primary",
            on_click=_roll_back,
            args=(settings, one.name),
        )
        st.button(wording.keep_current, key="keep_current", on_click=_forget_way_back)


def _ask_for_way_back(name: str) -> None:
    st.session_state[_BACK] = name


def _roll_back(settings: Settings, name: str) -> None:
    _forget_way_back()
    with telling_problems(), acting(settings, Role.ADMIN, ROLL_BACK, name):
        roll_back(settings.index, settings.model, name)


def _forget_way_back() -> None:
    st.session_state.pop(_BACK, None)


page(current_settings(), words())
