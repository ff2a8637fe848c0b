"""What the pages share: the language, the engine, the address, and two things a browser must do."""

import contextlib
import math
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from archive.encoder import Encoder, open_encoder
from archive.errors import ArchiveError, TooManyQuestions
from archive.settings import Settings
from archive.snapshot import current_name
from retriever.engine import Engine, open_engine
from serving.logs import log, new_reference, note_error
from serving.metrics import ERRORS
from serving.turns import TakingTurns
from ui.problems import sentence_of
from ui.rendering import safe_text
from ui.state import Parameter
from ui.wording import WORDINGS, Wording, preferred

_LANGUAGE = "interface_language"
_PROBLEM = "problem"
_SETTINGS = "settings"
_OPENED = "opened"  # the snapshot that this session read last

# --- Language ---------------------------------------------------------------------------------


def words() -> Wording:
    """The interface in the reader's language.

    The address decides, then the session's last choice, then the browser's locale.
    """
    asked = st.query_params.get(Parameter.INTERFACE)
    if asked in WORDINGS:
        st.session_state[_LANGUAGE] = asked
    return WORDINGS[st.session_state.get(_LANGUAGE) or preferred(st.context.locale)]


def choose_language(wording: Wording) -> None:
    """The control that changes the language of the interface."""
    key = "language_choice"
    st.session_state[key] = wording.language
    st.radio(
        wording.interface_language,
        list(WORDINGS),
        horizontal=True,
        format_func=lambda language: WORDINGS[language].own_name,
        key=key,
        on_change=lambda: change_address(ui=st.session_state[key]),
    )


def local(moment: str) -> datetime:
    """A moment in UTC (ISO 8601), on the reader's clock where the browser tells it."""
    told = datetime.fromisoformat(moment).astimezone(UTC)
    try:
        return told.astimezone(ZoneInfo(st.context.timezone or "UTC"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return told


# --- Engine -----------------------------------------------------------------------------------


def read_settings() -> Settings:
    """The settings, read once a run; `current_settings` gives them then. Raises SettingInvalid."""
    told = st.session_state[_SETTINGS] = Settings.from_environment()
    return told


def current_settings() -> Settings:
    """The settings that this run has read."""
    told: Settings = st.session_state[_SETTINGS]
    return told


def engine(settings: Settings) -> Engine:
    """The engine over the current snapshot; a new snapshot is picked up at the next run.

    One whose files have changed since it was opened is opened again within a second, and thus
    checked: where it is damaged the snapshot before it answers. Raises ArchiveError where no index
    can be used.
    """
    return _engine_over(settings, current_name(settings.index))


def _engine_over(settings: Settings, snapshot: str | None) -> Engine:
    """The engine over a snapshot, which is the current one."""
    index = str(settings.index.absolute())
    return _engine(settings, index, snapshot, settings.model, settings.reranker)


def open_archive(settings: Settings, wording: Wording) -> Engine | None:
    """The engine for a page, which says why there is none, or that an earlier snapshot answers."""
    try:
        snapshot = current_name(settings.index)
        held = st.session_state.get(_OPENED) == snapshot  # a spinner costs a thread
        with contextlib.nullcontext() if held else st.spinner(wording.opening):
            archive = _engine_over(settings, snapshot)
        st.session_state[_OPENED] = snapshot
    except ArchiveError as error:
        show_problem(error, wording)
        return None
    if archive.snapshot.damage:
        when = wording.moment(local(archive.snapshot.facts.created))
        st.info(wording.damaged.format(when), icon=":material/history:")
    return archive


def length_of(archive: Engine, path: str) -> int | None:
    """How many characters an article has, None for a path that is not in the archive."""
    try:
        return len(archive.document(path).text)
    except KeyError:
        return None


def warm_encoder(settings: Settings) -> None:
    """Load the model while the reader still types; the first question tells if it cannot be."""
    with contextlib.suppress(ArchiveError):
        _warm_encoder(settings, settings.model, str(settings.models))


def _is_sound(archive: Engine) -> bool:
    """Whether an engine is sound, of its files as seen within the last _SOUND_FOR seconds.

    To look asks the system for every file, while all other sessions wait for the engine.
    """
    now = time.monotonic()
    if now - _SEEN_SOUND.get(archive, -math.inf) < _SOUND_FOR:
        return not archive.catalogue.damaged
    sound = archive.is_sound
    if sound:
        _SEEN_SOUND[archive] = now
    return sound


_SOUND_FOR = 1.0  # seconds
_SEEN_SOUND: WeakKeyDictionary[Engine, float] = WeakKeyDictionary()


@st.cache_resource(max_entries=2, show_spinner=False, validate=_is_sound)
def _engine(
    _settings: Settings, index: str, snapshot: str | None, model: str, reranker: str
) -> Engine:
    return open_engine(_settings, _encoder(_settings, model, str(_settings.models)))


@st.cache_resource(max_entries=1, show_spinner=False)
def _warm_encoder(_settings: Settings, model: str, models: str) -> bool:
    _encoder(_settings, model, models).encode_question("")
    return True


@st.cache_resource(max_entries=1, show_spinner=False)
def _encoder(_settings: Settings, model: str, models: str) -> Encoder:
    return TakingTurns(open_encoder(_settings))


# --- Errors -----------------------------------------------------------------------------------


def show_problem(error: ArchiveError, wording: Wording, title: str | None = None) -> None:
    """An error the user can cure, calmly; its sentence ends with the cure."""
    reference, kind = new_reference(), type(error).__name__
    ERRORS.labels(kind).inc()
    log.warning("problem", reference=reference, kind=kind, sentence=str(error))
    told = safe_text(wording.reference.format(reference))
    if isinstance(error, TooManyQuestions):
        st.info(f"{wording.busy} {told}", icon=":material/hourglass_top:")
    else:
        sentence = safe_text(sentence_of(error, wording.language))
        st.warning(
            f"{sentence}\n\n{told}",
            title=title or wording.cannot_open,
            icon=":material/inventory_2:",
        )


def show_bug(error: Exception) -> bool:
    """An error that nobody foresaw, without its words; they are for the log."""
    ERRORS.labels(type(error).__name__).inc()
    wording, reference = words(), note_error(error)
    st.error(
        f"{wording.bug} {safe_text(wording.reference.format(reference))}",
        title=wording.bug_title,
        icon=":material/error:",
    )
    return True


@contextlib.contextmanager
def telling_problems() -> Iterator[None]:
    """For what a click does: an error the user can cure is kept for the page to tell."""
    try:
        yield
    except ArchiveError as error:
        st.session_state[_PROBLEM] = error


def show_told_problem(wording: Wording) -> None:
    """What kept the last click from being done, once."""
    if problem := st.session_state.pop(_PROBLEM, None):
        show_problem(problem, wording, wording.not_done)


# --- Address ----------------------------------------------------------------------------------


def address() -> dict[str, list[str]]:
    """Every value of each parameter of the page's address."""
    return {name: st.query_params.get_all(name) for name in st.query_params}


def change_address(**changes: str | Sequence[str] | None) -> None:
    """Set parameters of the page's address, the others staying; None or empty takes one out.

    All of them in one step, which is one step back in the browser's history too.
    """
    told: dict[str, str | Sequence[str] | None] = {**address(), **changes}
    st.query_params.from_dict({name: value for name, value in told.items() if value})


def say_what_was_ignored(ignored: Sequence[Parameter], wording: Wording) -> None:
    """Which parts of the address were not heeded, in one line."""
    named = {
        Parameter.QUESTION: wording.ignored_question,
        Parameter.LANGUAGE: wording.ignored_language,
        Parameter.SOURCE: wording.ignored_source,
        Parameter.SINCE: wording.ignored_date,
        Parameter.UNTIL: wording.ignored_date,
        Parameter.TIME: wording.ignored_time,
        Parameter.FIRST: wording.ignored_first,
        Parameter.ARTICLE: wording.ignored_article,
        Parameter.PLACE: wording.ignored_place,
        Parameter.SNAPSHOT: wording.ignored_snapshot,
        Parameter.INTERFACE: wording.ignored_interface,
        Parameter.PART: wording.ignored_part,
        Parameter.TITLE: wording.ignored_title,
        Parameter.ORDER: wording.ignored_order,
        Parameter.PAGE: wording.ignored_page,
        Parameter.OTHER: wording.ignored_article,
    }
    told = dict.fromkeys(named[parameter] for parameter in ignored)
    if told:
        st.info(wording.ignored.format("; ".join(told)), icon=":material/link_off:")


def ask_anew(question: str) -> None:
    """Put another question; the article that was open closes, and its time is heeded."""
    change_address(q=question.strip(), doc=None, at=None, time=None, snap=None)


# --- Browser ----------------------------------------------------------------------------------

# Streamlit has no command for either: both are trusted code of a few lines and draw nothing.
_tell_language = st.components.v2.component(
    "communique_tell_language",
    js="""
export default function ({ data }) {
  document.documentElement.lang = data.language
}
""",
)

_bring_into_view = st.components.v2.component(
    "communique_bring_into_view",
    js="""
const shown = new WeakMap()

export default function ({ data, parentElement }) {
  const request = `${data.place} ${data.turn}`
  if (shown.get(parentElement) === request) return
  shown.set(parentElement, request)

  const seek = (patience) => {
    const panes = document.querySelectorAll(".article[data-place]")
    const pane = Array.from(panes).find((one) => one.dataset.place === data.place)
    const mark = pane?.querySelector("mark")
    if (mark) {
      const { top, height } = mark.getBoundingClientRect()
      const middle = pane.getBoundingClientRect().top + pane.clientHeight / 2
      pane.scrollBy({ top: top + Math.min(height, pane.clientHeight) / 2 - middle })
    }
    if (pane) {
      for (const one of [pane.closest(".st-key-article"), pane]) {
        one.scrollIntoView({ block: "nearest" })
      }
    } else if (patience > 0) {
      setTimeout(() => seek(patience - 1), 50)
    }
  }
  requestAnimationFrame(() => seek(60))
}
""",
)


def tell_language(wording: Wording) -> None:
    """Name the page's language to screen readers; Streamlit always says English."""
    _tell_language(data={"language": wording.language}, key="tell_language")


def bring_into_view(place: str, turn: int) -> None:
    """Scroll the pane of `place` to its mark if it has one, and the page to the pane.

    Once for each `turn`. A place has no blanks around it: the browser would not keep them.
    """
    _bring_into_view(data={"place": place, "turn": turn}, key="bring_into_view")
