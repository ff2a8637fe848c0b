"""Files added to the archive from the browser, and what became of each."""

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from archive.errors import ArchiveError
from archive.settings import Settings
from indexer.intake import KEPT, LARGEST_UPLOAD, UPLOADS, Arrival, Fate, counted, take_uploads
from ui.access import Role, acting
from ui.rendering import note_html
from ui.session import show_problem
from ui.wording import Wording

UPLOAD = "upload"  # as the audit log has it

_FILES, _FOLDER, _REPLACE = "upload_files", "upload_folder", "upload_replace"
_TAKEN = "uploaded"  # what became of the last files, until others come
_MEGABYTE = 1024 * 1024


def add_files(settings: Settings, wording: Wording, index: Callable[[], None]) -> None:
    """The form that takes files in, and under it what became of the last ones.

    index: begins a run, which is offered once there is something new.
    """
    with st.container(border=True):
        st.header(wording.adding, anchor=False)
        with st.form("upload", clear_on_submit=True, border=False):
            files = st.file_uploader(
                wording.add_files,
                accept_multiple_files=True,
                key=_FILES,
                help=wording.add_files_help,
                max_upload_size=LARGEST_UPLOAD // _MEGABYTE,
            )
            folder = st.text_input(
                wording.add_folder, UPLOADS, 100, key=_FOLDER, help=wording.add_folder_help
            )
            replace = st.checkbox(wording.add_replacing, key=_REPLACE)
            if st.form_submit_button(wording.add, icon=":material/upload_file:") and files:
                try:
                    st.session_state[_TAKEN] = take(settings, files, folder, replace=replace)
                except ArchiveError as error:
                    st.session_state.pop(_TAKEN, None)
                    show_problem(error, wording, wording.not_done)
        if told := st.session_state.get(_TAKEN):
            _tell(told, wording)
            if any(one.fate in KEPT for one in told):
                st.button(
                    wording.reindex,
                    key="index_uploads",
                    icon=":material/sync:",
                    help=wording.reindex_help,
                    on_click=index,
                )


def take(
    settings: Settings, files: Sequence[UploadedFile], folder: str, *, replace: bool
) -> list[Arrival]:
    """Put uploaded files into a folder of the archive; for admins. Raises ArchiveError."""
    named = [(file.name, file.getvalue()) for file in files]
    with acting(settings, Role.ADMIN, UPLOAD, f"{folder}: {', '.join(name for name, _ in named)}"):
        return take_uploads(settings.articles, named, folder, replace=replace)


def _tell(told: Sequence[Arrival], wording: Wording) -> None:
    fates = {fate: number for fate, number in counted(told).items() if number}
    parts = [f"{wording.fates[fate]} {wording.number(number)}" for fate, number in fates.items()]
    st.html(note_html(wording.count(len(told), wording.files_found), *parts))
    st.dataframe(
        {
            wording.column_file: [one.name for one in told],
            wording.column_fate: [wording.fates[one.fate] for one in told],
            wording.column_place: [one.path for one in told],
            wording.column_reason: [
                wording.refused_because.get(one.reason, one.sentence) for one in told
            ],
        },
        hide_index=True,
        alt=wording.column_fate,
    )
    if any(one.fate == Fate.RENAMED for one in told):
        st.html(note_html(wording.renamed_note))
