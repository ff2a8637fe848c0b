"""The pages of Communiqué, in the browser. `server.py` serves them behind a guard."""

import streamlit as st

from archive.settings import Settings
from ui.access import Reader, Role, reader, require, show_reader, showing_problems
from ui.rendering import STYLE
from ui.session import (
    choose_language,
    read_settings,
    show_told_problem,
    tell_language,
    warm_encoder,
    words,
)

st.set_page_config("Communiqué", page_icon="📰", layout="wide")
st.html(STYLE)
wording = words()
settings: Settings | None = None
who: Reader | None = None
with showing_problems(wording):
    settings = read_settings()
    who = reader(settings)
page = st.navigation(
    [
        st.Page("ui/ask.py", title=wording.page_ask, icon=":material/search:", default=True),
        st.Page(
            "ui/explore.py",
            title=wording.page_explore,
            icon=":material/explore:",
            url_path="explore",
            visibility="visible" if who and who.may(Role.ANALYST) else "hidden",
        ),
        st.Page(
            "ui/archive_page.py",
            title=wording.page_archive,
            icon=":material/inventory_2:",
            url_path="archive",
        ),
    ]
)
if settings and who:
    show_told_problem(wording)
    with showing_problems(wording):
        require(settings, Role.READER)
        page.run()
with st.sidebar:
    choose_language(wording)
    if settings and who:
        show_reader(settings, who, wording)
tell_language(wording)
if settings and who and who.role:
    warm_encoder(settings)
