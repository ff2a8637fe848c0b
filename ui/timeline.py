"""When the articles of the archive came out, by language."""

from collections import Counter

import altair as alt
import streamlit as st

from archive.spans import Rows
from retriever.engine import Engine
from retriever.listing import Coverage, Days
from ui.rendering import note_html
from ui.session import change_address
from ui.state import Parameter, Part
from ui.wording import Wording

LANGUAGES = 7  # that have a colour each; what is in others shares one
_CHART, _TABLE = "timeline_chart", "timeline_table"


def show_timeline(archive: Engine, picked: Rows, wording: Wording) -> None:
    """The articles by month or year; choosing a bar or a row lists those of its time."""
    coverage = archive.listing.coverage(picked)
    if coverage.periods:
        told = _told(coverage, wording)
        _chart(coverage, told, wording)
        _table(coverage, told, wording)
    elif not coverage.undated:
        st.html(note_html(wording.nothing_passes))
    if coverage.undated:
        st.html(note_html(wording.count(coverage.undated, wording.undated_in_no_bar)))


def _told(coverage: Coverage, wording: Wording) -> dict[str, Counter[int]]:
    """The number of articles by the name of the language, the commonest first, and the period."""
    totals: Counter[str] = Counter()
    for (_, language), count in coverage.counts.items():
        totals[language] += count
    common = [language for language, _ in totals.most_common()]
    if len(common) > LANGUAGES + 1:
        common = common[:LANGUAGES]
    told: dict[str, Counter[int]] = {wording.name_of(one): Counter() for one in common}
    for (place, language), count in coverage.counts.items():
        name = wording.name_of(language) if language in common else wording.other_languages
        told.setdefault(name, Counter())[place] += count
    return told


def _chart(coverage: Coverage, told: dict[str, Counter[int]], wording: Wording) -> None:
    labels = [wording.period(*days) for days in coverage.periods]
    names = list(told)
    rows = [
        {"period": labels[place], "language": name, "articles": count, "rank": names.index(name)}
        for name, counts in told.items()
        for place, count in counts.items()
    ]
    chart = (
        alt.Chart({"values": rows})
        .mark_bar()
        .encode(
            x=alt.X("period:N", title=None)
            .scale(domain=labels)
            .axis(labelAngle=0, labelOverlap="greedy"),
            y=alt.Y("articles:Q", title=wording.column_articles).axis(tickMinStep=1, format="d"),
            color=alt.Color("language:N", title=None)
            .scale(domain=names)
            .legend(orient="top", columns=4),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("period:N", title=wording.column_time),
                alt.Tooltip("language:N", title=wording.column_language),
                alt.Tooltip("articles:Q", title=wording.column_articles),
            ],
        )
        .add_params(alt.selection_point(name="time", fields=["period"]))
    )
    first, last = coverage.periods[0][0], coverage.periods[-1][1]
    st.html(note_html(wording.timeline_help))
    st.altair_chart(
        chart,
        height=360,
        key=_CHART,
        on_select=lambda: _choose_bar(coverage.periods, labels),
        alt=wording.timeline_alt.format(wording.day(first), wording.day(last)),
    )


def _choose_bar(periods: tuple[Days, ...], labels: list[str]) -> None:
    chosen = st.session_state[_CHART]["selection"]["time"]
    if chosen:
        _browse(periods[labels.index(chosen[0]["period"])])


def _table(coverage: Coverage, told: dict[str, Counter[int]], wording: Wording) -> None:
    """The numbers of the chart, for those who read them or choose by the keyboard."""
    totals = sum(told.values(), Counter[int]())
    kept = [place for place in range(len(coverage.periods)) if totals[place]]
    with st.expander(wording.timeline_numbers):
        st.dataframe(
            {wording.column_time: [wording.period(*coverage.periods[place]) for place in kept]}
            | {wording.column_articles: [totals[place] for place in kept]}
            | {name: [counts[place] for place in kept] for name, counts in told.items()},
            hide_index=True,
            key=_TABLE,
            on_select=lambda: _choose_row([coverage.periods[place] for place in kept]),
            selection_mode="single-row",
            alt=wording.timeline_numbers,
        )


def _choose_row(periods: list[Days]) -> None:
    chosen = st.session_state[_TABLE]["selection"]["rows"]
    if chosen:
        _browse(periods[chosen[0]])


def _browse(days: Days) -> None:
    first, last = (day.isoformat() for day in days)
    change_address(
        **{
            Parameter.PART: Part.BROWSE,
            Parameter.SINCE: first,
            Parameter.UNTIL: last,
            Parameter.PAGE: None,
        }
    )
