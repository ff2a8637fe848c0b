"""Many readers at once, and one in a browser: how long the app as served takes.

    python -m benchmarks.readers [READERS]

Serves the app over the sample archive and, over websockets as browsers do, lets READERS sessions
put QUESTIONS questions each, all at once. Every page is compared with what the same question gave
when it was asked alone: nobody may see another's question or quotations. Then reruns without a
new question, and in Chromium the time from a click on "Ask" to the new answer on screen. Prints
a Markdown table; a page that differs or an error ends it.
"""

import json
import re
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.TextInput_pb2 import TextInput
from websockets import Subprotocol
from websockets.sync.client import connect

from archive.encoder import open_encoder
from archive.settings import Settings
from indexer.pipeline import build_index

REPOSITORY = Path(__file__).resolve().parent.parent
READERS, QUESTIONS, RERUNS, CLICKS = 50, 20, 50, 30
PATIENCE = 120  # seconds


class Reader:
    """One session of the app, as a browser holds it but for the drawing."""

    def __init__(self, address: str) -> None:
        place = f"{address.replace('http', 'ws', 1)}_stcore/stream"
        self._socket = connect(place, subprotocols=[Subprotocol("streamlit")], max_size=None)
        self._query = ""
        self._elements: dict[tuple[int, ...], Element] = {}
        self.rerun()

    def ask(self, question: str) -> tuple[str, ...]:
        """What stands in the question's box, and the quotations."""
        box = next(one for one in self._boxes() if one.id.endswith("-question"))
        self.rerun({box.id: question})
        found = [one.value for one in self._boxes() if one.id.endswith("-question")]
        for element in self._elements.values():
            if element.WhichOneof("type") == "html":
                found += re.findall(r"<blockquote.*?</blockquote>", element.html.body)
        return tuple(found)

    def rerun(self, typed: Mapping[str, str] | None = None) -> None:
        """Have the page run, and wait for the whole of it. Raises RuntimeError where it fails.

        typed: what was typed into boxes, by their ids.
        """
        told = BackMsg()
        told.rerun_script.query_string = self._query
        told.rerun_script.context_info.locale = "en-GB"
        for number, words in (typed or {}).items():
            told.rerun_script.widget_states.widgets.add(id=number, string_value=words)
        self._socket.send(told.SerializeToString())
        while not self._is_finished(ForwardMsg.FromString(self._receive())):
            pass

    def _receive(self) -> bytes:
        told = self._socket.recv(PATIENCE)
        return told if isinstance(told, bytes) else told.encode()

    def _is_finished(self, message: ForwardMsg) -> bool:
        """Take in a message of the server, and say whether it is the last of a run."""
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._elements = {}
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.WhichOneof("type") == "exception":
                raise RuntimeError(element.exception.message)
            self._elements[tuple(message.metadata.delta_path)] = element
        finished = kind == "script_finished"
        if finished and message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            raise RuntimeError("The page does not compile.")
        return finished and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN

    def _boxes(self) -> list[TextInput]:
        return [
            element.text_input
            for element in self._elements.values()
            if element.WhichOneof("type") == "text_input"
        ]


@contextmanager
def served() -> Iterator[str]:
    """The address of the app over the sample archive."""
    settings = Settings.from_environment()
    build_index(settings, open_encoder(settings))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "server.py", "--server.port", str(port)]
    address = f"http://127.0.0.1:{port}/"
    quiet = subprocess.DEVNULL  # the pages tell of errors, too
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=quiet, stderr=quiet) as process:
        try:
            for _ in range(10 * PATIENCE):
                try:
                    urllib.request.urlopen(f"{address}_stcore/health")
                    break
                except urllib.error.URLError:
                    time.sleep(0.1)
            yield address
        finally:
            process.terminate()


def at_once(address: str, readers: int, questions: Sequence[str]) -> list[float]:
    """The seconds that each page took. Raises RuntimeError where one is not its reader's."""
    alone = Reader(address)
    expected = {question: alone.ask(question) for question in questions}
    seconds: list[float] = []
    problems: list[str] = []

    def read(number: int) -> None:
        try:
            reader = Reader(address)
            for turn in range(QUESTIONS):
                question = questions[(7 * number + turn) % len(questions)]
                begun = time.perf_counter()
                found = reader.ask(question)
                seconds.append(time.perf_counter() - begun)
                if found != expected[question]:
                    problems.append(f"{question}: {found}, alone: {expected[question]}")
        except (RuntimeError, OSError) as error:
            problems.append(str(error))

    threads = [threading.Thread(target=read, args=(number,)) for number in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise RuntimeError(f"{len(problems)} pages went wrong; the first: {problems[0]}")
    return seconds


def reruns(address: str, question: str) -> list[float]:
    reader = Reader(address)
    reader.ask(question)
    seconds = []
    for _ in range(RERUNS):
        begun = time.perf_counter()
        reader.rerun()
        seconds.append(time.perf_counter() - begun)
    return seconds


def clicks(address: str, questions: Sequence[str]) -> list[float]:
    """From the click to the page telling the new question's time, which is drawn last."""
    seconds = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        # The waiting below is a script of ours, which the content security policy would not let in.
        page = browser.new_context(locale="en-GB", bypass_csp=True).new_page()
        page.set_default_timeout(1000 * PATIENCE)
        page.goto(address)
        for question in questions[: CLICKS + 1]:
            box = page.get_by_label("Your question")
            box.fill(question)
            begun = time.perf_counter()
            page.get_by_role("button", name="Search").click()
            page.wait_for_function(
                """asked => {
                  const busy = document.querySelector("[data-testid=stApp]").dataset.testScriptState
                  const at = new URL(location).searchParams.get("q")
                  const notes = [...document.querySelectorAll(".note")]
                  return at === asked && busy === "notRunning" &&
                    notes.some(one => one.textContent.includes("indexed"))
                }""",
                arg=question,
                polling=5,
            )
            seconds.append(time.perf_counter() - begun)
        browser.close()
    return seconds[1:]


def main() -> None:
    readers = int(sys.argv[1]) if len(sys.argv) > 1 else READERS
    told = (REPOSITORY / "data" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in told]
    with served() as address:
        measured = {
            f"{readers} readers at once, {QUESTIONS} questions each": at_once(
                address, readers, questions
            ),
            "one page again, no new question": reruns(address, questions[0]),
            "a click on Ask to the answer on screen": clicks(address, questions),
        }
    print("| seconds | pages | median | 95th percentile | longest |\n|---|---:|---:|---:|---:|")
    for name, seconds in measured.items():
        percentile = statistics.quantiles(seconds, n=20)[-1]
        cells = (statistics.median(seconds), percentile, max(seconds))
        print(f"| {name} | {len(seconds):,} | {' | '.join(f'{one:.3f}' for one in cells)} |")


if __name__ == "__main__":
    main()
