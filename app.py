"""The pages of Communiqué, in the browser. `server.py` serves them behind a guard."""

import streamlit as st

from archive.errors import ArchiveError
from archive.settings import Settings
from ui.rendering import STYLE
from ui.session import choose_language, show_problem, tell_language, warm_encoder, words

st.set_page_config("Communiqué", page_icon="📰", layout="wide")
st.html(STYLE)
wording = words()
page = st.navigation(
    [
        st.Page("ui/ask.py", title=wording.page_ask, icon=":material/search:", default=True),
        st.Page(
            "ui/explore.py",
            title=wording.page_explore,
            icon=":material/explore:",
            url_path="explore",
        ),
        st.Page(
            "ui/archive_page.py",
            title=wording.page_archive,
            icon=":material/inventory_2:",
            url_path="archive",
        ),
    ]
)
settings: Settings | None = None
try:
    settings = Settings.from_environment()
    page.run()
except ArchiveError as error:
    show_problem(error, wording)
with st.sidebar:
    choose_language(wording)
tell_language(wording)
if settings:
    warm_encoder(settings)
