"""The app as shipped, served on a free port, and Chromium to read it with."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from app_support import REPOSITORY, Archive
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium")
ALONE = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic",
    "--no-first-run", "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENCE = 60_000  # milliseconds; the model loads within it


@contextmanager
def served(
    archive: Archive,
    *options: str,
    entry: str = "server.py",
    log: Path | None = None,
    environment: dict[str, str] | None = None,
) -> Iterator[str]:
    """The address of `streamlit run server.py` over an archive, on a free port.

    log: where its standard error goes, if not to that of the tests.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "streamlit", "run", entry, "--server.port", str(port), *options,
    ]  # fmt: skip
    chosen = os.environ | archive.environment() | (environment or {})
    address = f"http://127.0.0.1:{port}/"
    with (
        nullcontext() if log is None else log.open("wb") as errors,
        subprocess.Popen(command, cwd=REPOSITORY, env=chosen, stderr=errors) as process,
    ):
        try:
            _wait_until_healthy(f"{address}_stcore/health")
            yield address
        finally:
            process.terminate()


def _wait_until_healthy(address: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(address) as answer:
                assert answer.status == 200
                return
        except urllib.error.URLError:
            time.sleep(0.1)
    raise TimeoutError(address)


@contextmanager
def launched() -> Iterator[Browser]:
    """Chromium, with a fresh profile."""
    with sync_playwright() as playwright:
        assert CHROMIUM, "The browser test needs Chromium: make test installs it or says what to."
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ALONE)
        yield chromium
        chromium.close()


_TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (one) =>
  console.error(`policy: ${one.effectiveDirective} ${one.blockedURI} ${one.sourceFile}`))
"""


@contextmanager
def opened(browser: Browser, server: str, **chosen: object) -> Iterator[Page]:
    """A page of a reader; whatever it does, it may speak to the server alone, and never does what
    the content security policy forbids."""
    context = browser.new_context(**chosen)  # type: ignore[arg-type]
    context.add_init_script(_TELL_VIOLATIONS)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    elsewhere: list[str] = []
    forbidden: list[str] = []
    page.on(
        "console",
        lambda one: forbidden.append(one.text) if one.text.startswith("policy: ") else None,
    )
    own = (server, server.replace("http", "ws"), "data:", "blob:")
    page.on("request", lambda one: None if one.url.startswith(own) else elsewhere.append(one.url))
    page.on("websocket", lambda one: None if one.url.startswith(own) else elsewhere.append(one.url))
    yield page
    context.close()
    assert elsewhere == []
    assert forbidden == []
