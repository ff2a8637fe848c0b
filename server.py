"""Communiqué as it is served: the pages, a guard before them, health and metrics beside them.

streamlit run server.py
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware

from archive.errors import ArchiveError
from archive.settings import Settings
from serving.guard import Guard, content_policy
from serving.health import Health
from serving.logs import open_log
from ui.session import engine, show_bug


@asynccontextmanager
async def _watching(_: st.App) -> AsyncIterator[None]:
    """The archive looked after, from the start on: the model and the index are loaded by it too."""
    watch = asyncio.create_task(health.watch())
    yield
    watch.cancel()


try:
    settings = Settings.from_environment()
except ArchiveError as error:
    sys.exit(str(error))
open_log()
health = Health(settings, engine)
app = st.App(
    "app.py",
    lifespan=_watching,
    routes=health.routes,
    middleware=[Middleware(Guard, hosts=settings.names, policy=content_policy())],
    on_script_error=show_bug,
)
