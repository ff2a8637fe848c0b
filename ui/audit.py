"""The audit log as admins see it: who did what, the last first, and all of it to take along."""

import csv
import io
from collections.abc import Sequence

import streamlit as st

from archive.audit import Entry, read_audit
from archive.errors import ArchiveError
from archive.settings import Settings
from ui.downloads import cell
from ui.rendering import note_html
from ui.session import local, show_problem
from ui.wording import Wording

LINES = 200  # that are shown


def show_audit(settings: Settings, wording: Wording) -> None:
    """The last LINES of the log, whether all of it is as it was written, and all of it as CSV."""
    st.header(wording.audit, anchor=False)
    if not st.toggle(wording.show_audit, key="show_audit"):
        return
    try:
        audit = read_audit(settings.index)
    except ArchiveError as error:
        show_problem(error, wording)
        return
    if audit.line:
        st.error(wording.audit_damaged.format(wording.number(audit.line)))
    else:
        st.html(note_html(wording.count(len(audit.entries), wording.audit_whole)))
    if not audit.entries:
        return
    st.dataframe(
        _columns(audit.entries[: -LINES - 1 : -1], wording),
        hide_index=True,
        alt=wording.audit,
    )
    st.download_button(
        wording.audit_download,
        table_file(audit.entries),
        file_name="audit.csv",
        mime="text/csv",
        key="audit_download",
        icon=":material/download:",
        on_click="ignore",
    )


def _columns(entries: Sequence[Entry], wording: Wording) -> dict[str, list[str]]:
    return {
        wording.column_time: [wording.moment(local(one.time.isoformat())) for one in entries],
        wording.column_who: [one.who for one in entries],
        wording.column_action: [wording.actions.get(one.action, one.action) for one in entries],
        wording.column_outcome: [wording.outcomes[one.outcome] for one in entries],
        wording.column_about: [one.about for one in entries],
        wording.column_snapshot: [one.snapshot or "" for one in entries],
    }


def table_file(entries: Sequence[Entry]) -> bytes:
    """The lines as CSV in their order, in UTF-8 with the mark that spreadsheets tell it by; no
    cell is a formula."""
    table = io.StringIO(newline="")
    writer = csv.writer(table, quoting=csv.QUOTE_ALL)
    writer.writerow(Entry.model_fields)
    for one in entries:
        writer.writerow(cell(str(value or "")) for value in one.model_dump(mode="json").values())
    return table.getvalue().encode("utf-8-sig")
