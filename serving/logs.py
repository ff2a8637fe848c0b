"""What the server notes: a line of JSON an event, without what anybody asked.

An error is noted by its kind and the calls that led to it. Its own words are left out: they may
quote a question.
"""

import logging
import secrets
import sys
import traceback
from pathlib import Path

import structlog

_LOGGER = logging.getLogger("communique")

log: structlog.stdlib.BoundLogger = structlog.wrap_logger(
    _LOGGER,
    processors=[
        structlog.stdlib.filter_by_level,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ],
    wrapper_class=structlog.stdlib.BoundLogger,
)


def open_log() -> None:
    """Write the events to standard error from now on, and keep Streamlit from writing errors of
    the pages there itself, words and all."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    _LOGGER.addHandler(handler)
    _LOGGER.setLevel(logging.INFO)
    _LOGGER.propagate = False
    logging.getLogger("streamlit.error_util").disabled = True


def new_reference() -> str:
    """Six hexadecimal digits that an error is shown and noted with."""
    return secrets.token_hex(3).upper()


def note_error(error: BaseException) -> str:
    """Note an error that nobody foresaw; the reference it can be found by."""
    reference = new_reference()
    log.error("error", reference=reference, kind=type(error).__name__, calls=_calls(error))
    return reference


def _calls(error: BaseException) -> list[str]:
    """The calls that led to an error, the outermost first: file, line and function."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in frames]
