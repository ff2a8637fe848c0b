"""The server as shipped, in a process of its own: whom it refuses, what it tells, how it fails."""

import asyncio
import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from app_support import APPLE_PIE, FINLAND, REPOSITORY, Archive, indexed_archive
from browser_support import PATIENCE, opened, served
from fakes import WordHashEncoder
from hypothesis import example, given
from hypothesis import strategies as st
from playwright.sync_api import Browser, expect
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send
from streamlit.testing.v1 import AppTest

from archive.encoder import Encoded
from archive.errors import TooManyQuestions
from archive.snapshot import CATALOGUE, CURRENT, current_name
from benchmarks.readers import Reader
from serving.guard import HEADERS, LARGEST_BODY, LONGEST_QUERY, MOST_READERS, Guard
from serving.turns import AT_ONCE, TakingTurns
from ui.wording import ENGLISH, FRENCH, Wording

NAME = "archive.example.org"
# What a firewall that drops packets makes of a connection: nothing comes back, for a long time.
SWALLOWED = """
import ipaddress, socket, time

def is_here(host):
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in (None, "", "localhost")

looking_up, connecting = socket.getaddrinfo, socket.socket.connect

def getaddrinfo(host, *rest, **named):
    if not is_here(host.decode() if isinstance(host, bytes) else host):
        time.sleep(30)
    return looking_up(host, *rest, **named)

def connect(self, address):
    if isinstance(address, tuple) and not is_here(address[0]):
        time.sleep(30)
    return connecting(self, address)

socket.getaddrinfo, socket.socket.connect = getaddrinfo, connect
"""


class Server:
    """A server that runs: its address, its archive, its log."""

    def __init__(self, address: str, archive: Archive, log: Path) -> None:
        self.address, self.archive, self._log = address, archive, log
        self.host = urlsplit(address).netloc

    def ask(
        self,
        path: str,
        *headers: tuple[str, str],
        method: str = "GET",
        host: str | None = None,
        body: bytes | None = None,
    ) -> tuple[int, Mapping[str, str], str]:
        """Status, headers and text of an answer; the headers are sent as they are, in order."""
        connection = http.client.HTTPConnection(self.host, timeout=20)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in [("Host", host or self.host), *headers]:
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        if answer.status == 101:  # it goes on, and is not waited for
            connection.close()
            return 101, {}, ""
        told = {name.lower(): value for name, value in answer.getheaders()}
        text = answer.read().decode()
        connection.close()
        return answer.status, told, text

    def shake_hands(self, *headers: tuple[str, str], host: str | None = None) -> int:
        """The status of the answer to the opening of a reader's websocket."""
        return self.ask(
            "/_stcore/stream",
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            *headers,
            host=host,
        )[0]

    def ready(self) -> tuple[int, dict[str, Any]]:
        status, _, text = self.ask("/api/ready")
        return status, json.loads(text)

    def wait_until(self, status: int) -> dict[str, Any]:
        """What is told once the server is ready (200), or no more (503)."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            found, told = self.ready()
            if found == status:
                return told
            time.sleep(0.1)
        raise TimeoutError(f"{status} was not answered")

    def metric(self, name: str) -> float:
        """The value of a line of /metrics, 0 where there is none yet."""
        _, _, text = self.ask("/metrics")
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def events(self, event: str) -> list[dict[str, Any]]:
        told = [json.loads(one) for one in self.log().splitlines() if one.startswith("{")]
        return [one for one in told if one["event"] == event]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server on a machine whose network swallows whatever leaves it."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "sitecustomize.py").write_text(SWALLOWED)
    archive = indexed_archive().copied_to(folder)
    environment = {
        "PYTHONPATH": f"{folder}:{REPOSITORY}",
        "COMMUNIQUE_HOSTS": f"{NAME}, fd00::1",
    }
    with served(
        archive, "--server.enableAgentApi=true", log=folder / "log", **environment
    ) as address:
        running = Server(address, archive, folder / "log")
        running.wait_until(200)
        yield running


# --- Foreign hosts and origins ----------------------------------------------------------------


def own(server: Server) -> tuple[str, str]:
    return "Origin", f"http://{server.host}"


FORGED = {
    "an origin of another site": (None, [("Origin", "https://evil.example")]),
    "an origin of another port": (None, [("Origin", "http://127.0.0.1:1")]),
    "an origin of nobody": (None, [("Origin", "null")]),
    "its own name in other letters": (NAME, [("Origin", f"https://{NAME.upper()}")]),
    "an origin in other letters than its host": (NAME.upper(), [("Origin", f"https://{NAME}")]),
    "two origins": (None, [own, ("Origin", "https://evil.example")]),
    "a name that was made to lead here": ("evil.example", []),
    "its own name as origin of another": ("evil.example", [("Origin", "http://evil.example")]),
    "two hosts": (None, [("Host", "evil.example")]),
    "a host within a host": (f"{NAME}@evil.example", []),
    "a host before another": (f"{NAME}.evil.example", []),
    "a host that is none": ("[::1", []),
    "an address of the network": ("203.0.113.7", []),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_what_is_forged_is_refused_at_once_where_the_network_swallows_packets(
    server: Server, forged: tuple[str | None, list[Any]]
) -> None:
    host, told = forged
    headers = [one(server) if callable(one) else one for one in told]
    seconds = []
    for _ in range(5):
        begun = time.perf_counter()
        assert server.shake_hands(*headers, host=host) in (400, 403)
        assert server.ask("/", *headers, host=host)[0] in (400, 403)
        assert server.ask("/_stcore/health", *headers, host=host)[0] in (400, 403)
        seconds.append((time.perf_counter() - begun) / 3)
    # The one clock in the tests: the machine may be busy, not five times in a row.
    assert min(seconds) < 0.05
    assert server.ready()[0] == 200


@pytest.mark.parametrize(
    "host", [None, "localhost:8501", "[::1]:80", "127.0.0.2", NAME, "[fd00::1]"]
)
def test_readers_are_let_in_by_every_name_of_the_server(server: Server, host: str | None) -> None:
    asked = host or server.host
    assert server.shake_hands(host=asked) == 101
    for scheme in ("http", "https"):
        assert server.shake_hands(("Origin", f"{scheme}://{asked}"), host=asked) == 101
        assert server.ask("/", ("Origin", f"{scheme}://{asked}"), host=asked)[0] == 200


NAMES = st.text("abcxyz.-:@/[]0123456789 ", max_size=20) | st.sampled_from(
    [NAME, "localhost", "127.0.0.1", "[::1]", NAME.upper(), f"{NAME}.", f"x{NAME}", "0.0.0.0", ""]
)


@given(host=st.lists(NAMES, max_size=2), origin=st.lists(NAMES, max_size=2))
@example(host=[f"x{NAME}"], origin=[])
@example(host=[f"{NAME}.x"], origin=[])
@example(host=[f"x.{NAME}"], origin=[f"x.{NAME}"])
@example(host=[f"x@{NAME}"], origin=[])
@example(host=[NAME, "x"], origin=[])
@example(host=[NAME], origin=["x"])
@example(host=[NAME], origin=[NAME, "x"])
def test_only_a_name_of_the_server_is_ever_let_in(host: list[str], origin: list[str]) -> None:
    told = [("host", one) for one in host] + [("origin", f"https://{one}") for one in origin]
    passed = answered(told)[0] == 200
    names = {NAME, "localhost", "127.0.0.1", "[::1]"}
    named = [re.sub(r":\d{1,5}$", "", one.lower()) for one in host]
    is_own = len(named) == 1 and (named[0] in names or re.fullmatch(r"127(\.\d+){3}", named[0]))
    if passed:
        assert is_own
        assert len(origin) <= 1
        assert all(one == host[0] for one in origin)
    elif len(host) == 1 and host[0].lower() in names and origin in ([], host):
        pytest.fail("refused its own name")


def answered(
    headers: Sequence[tuple[str, str]],
    path: str = "/",
    *,
    method: str = "GET",
    query: str = "",
    client: str = "127.0.0.1",
) -> tuple[int, dict[str, str]]:
    """Status and headers that the guard gives, before an app that answers everything."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("let in")(scope, receive, send)

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "client": (client, 1),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
    }
    asyncio.run(Guard(app, [NAME], "default-src 'none'")(scope, receive, send))
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], told


def test_what_the_server_runs_with_by_default_is_closed() -> None:
    told = tomllib.loads((REPOSITORY / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert told["server"]["address"] == "127.0.0.1"
    assert told["server"]["enableCORS"] is told["server"]["enableXsrfProtection"] is True
    assert told["server"]["enableStaticServing"] is told["browser"]["gatherUsageStats"] is False
    assert told["client"]["showErrorDetails"] == "none"
    assert told["client"]["allowedOrigins"] == []
    assert told["logger"]["enableRich"] is False


# --- What is for the machine alone ------------------------------------------------------------

PRIVATE = ("/metrics", "/_stcore/metrics", "/_stcore/agent/interact", "/_stcore/agent/openapi.json",
           "/_stcore/agent/mcp", "/_stcore/script-health-check")  # fmt: skip


@pytest.mark.parametrize("path", PRIVATE)
def test_figures_and_the_interface_for_programs_are_for_the_machine_alone(
    server: Server, path: str
) -> None:
    assert server.ask(path)[0] != 403
    assert server.ask(path, host=NAME)[0] == 403
    for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded"):
        assert server.ask(path, (header, "127.0.0.1"))[0] == 403
    assert answered([("host", "127.0.0.1")], path)[0] == 200
    assert answered([("host", "127.0.0.1")], path, client="203.0.113.7")[0] == 403


def test_what_is_counted_is_told_as_prometheus_reads_it(server: Server) -> None:
    _, headers, text = server.ask("/metrics")
    assert headers["content-type"].startswith("text/plain")
    assert server.metric("communique_ready") == server.metric("communique_index_whole") == 1
    assert server.metric('communique_articles{language="fr"}') > 1
    assert server.metric('communique_last_run{state="not started"}') == 1
    assert server.metric("communique_refused_files") == 2
    assert 0 < server.metric("communique_index_age_seconds") < 86_400
    assert server.metric('communique_refused_requests_total{reason="host"}') > 0
    assert server.metric("process_resident_memory_bytes") > 0
    assert "communique_encodes_waiting 0.0" in text


# --- Limits -----------------------------------------------------------------------------------


def test_what_is_too_large_is_refused(server: Server) -> None:
    assert server.ask("/?q=" + "a" * (LONGEST_QUERY - 2))[0] == 200
    assert server.ask("/?q=" + "a" * (LONGEST_QUERY - 1))[0] == 414
    path, length = "/_stcore/agent/interact", ("Content-Length", str(LARGEST_BODY + 1))
    assert server.ask(path, length, method="POST")[0] == 413
    chunked = ("Transfer-Encoding", "chunked")
    assert server.ask(path, chunked, method="POST", body=b"2\r\n{}\r\n0\r\n\r\n")[0] == 411


def test_readers_beyond_the_most_are_asked_to_come_back() -> None:
    asyncio.run(_open_one_too_many())


async def _open_one_too_many() -> None:
    closing = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await closing.wait()

    guard, told = Guard(app, [], ""), []

    async def send(message: Message) -> None:
        told.append(message)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    scope = {
        "type": "websocket",
        "path": "/_stcore/stream",
        "query_string": b"",
        "client": ("127.0.0.1", 1),
        "headers": [(b"host", b"localhost")],
    }
    reading = [asyncio.create_task(guard(scope, receive, send)) for _ in range(MOST_READERS)]
    await asyncio.sleep(0)
    await guard(scope, receive, send)
    assert [one["type"] for one in told] == ["websocket.close"]
    assert "Try again" in told[0]["reason"]
    told.clear()
    closing.set()
    await asyncio.gather(*reading)
    await guard(scope, receive, send)
    assert told == []


class SlowEncoder(WordHashEncoder):
    """It encodes once it is let. begun: released each time that it is asked to."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.let = threading.Semaphore(0), threading.Event()

    def encode_question(self, text: str) -> Encoded:
        self.begun.release()
        assert self.let.wait(PATIENCE / 1000)
        return super().encode_question(text)

    def begins(self, seconds: float) -> bool:
        """Whether one more question is begun within so many seconds."""
        return self.begun.acquire(timeout=seconds)


def test_two_questions_are_encoded_at_once_and_no_more() -> None:
    slow = SlowEncoder()
    encoder = TakingTurns(slow)
    questions = [f"question {number}" for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(encoder.encode_question, question) for question in questions]
        begun = [slow.begins(10) for _ in range(AT_ONCE)], slow.begins(0.2)
        slow.let.set()
        told = [one.result().vector.tolist() for one in asked]
    assert begun == ([True, True], False)
    assert told == [slow.encode_question(one).vector.tolist() for one in questions]


def test_a_question_whose_turn_does_not_come_is_told_so_and_the_next_is_answered() -> None:
    slow = SlowEncoder()
    encoder = TakingTurns(slow, patience=0.01)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        asked = [threads.submit(encoder.encode_question, "one") for _ in range(AT_ONCE)]
        assert all(slow.begins(10) for _ in asked)
        with pytest.raises(TooManyQuestions, match="Ask again in a moment"):
            encoder.encode_question("another")
        slow.let.set()
        assert all(one.result().tokens.shape == (1, 64) for one in asked)
    assert encoder.encode_question("another").tokens.shape == (1, 64)


@pytest.mark.parametrize("wording", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_a_reader_who_has_to_wait_is_told_politely(wording: Wording) -> None:
    def page(language: str) -> None:
        from archive.errors import TooManyQuestions
        from ui.session import show_problem
        from ui.wording import WORDINGS

        show_problem(TooManyQuestions(), WORDINGS[language])

    app = AppTest.from_function(page, args=(wording.language,)).run()
    assert wording.busy in app.info[0].value
    assert not app.warning


# --- Headers and what the pages may do --------------------------------------------------------


def test_every_answer_has_the_headers(server: Server) -> None:
    for path, host in (("/", None), ("/explore", None), ("/api/live", None), ("/", "evil.example")):
        _, headers, _ = server.ask(path, host=host)
        assert HEADERS.items() <= headers.items(), path
        assert headers["content-security-policy"].startswith("default-src 'none'; "), path
    script = re.findall(r'src="\.(/static/js/[^"]+)"', server.ask("/")[2])[0]
    assert "content-security-policy" in server.ask(script)[1]


def test_the_policy_lets_no_script_in_that_is_not_the_servers(server: Server) -> None:
    policy = server.ask("/")[1]["content-security-policy"]
    told = {name: sources for name, *sources in (one.split() for one in policy.split("; "))}
    assert told["default-src"] == told["base-uri"] == told["frame-ancestors"] == ["'none'"]
    assert "'unsafe-inline'" not in told["script-src"]
    assert "'unsafe-eval'" not in told["script-src"]
    sources = [one for every in told.values() for one in every]
    assert not [one for one in sources if "*" in one or one.startswith(("http", "//", "ws"))]


ARTICLE = "otan-presse/004_sommet-la-haye-cinq-pour-cent.txt"
OTHER = "nato-press/102_hague-summit.txt"
PAGES = {
    "asked": (f"?q={quote(FINLAND)}&doc={ARTICLE}&at=300-360", "blockquote.quotation"),
    "browsed": (f"explore?doc={ARTICLE}", ".article"),
    "timeline": ("explore?part=timeline", "svg.marks"),
    "compared": (f"explore?part=compare&doc={ARTICLE}&with={OTHER}", "mark"),
    "batch": ("explore?part=batch", "textarea"),
    "archive": ("archive", "canvas"),
}  # fmt: skip


@pytest.mark.parametrize(("address", "shown"), PAGES.values(), ids=PAGES)
def test_the_pages_do_nothing_that_the_policy_forbids(
    browser: Browser, server: Server, address: str, shown: str
) -> None:
    with opened(browser, server.address, locale="fr-FR") as page:
        page.goto(server.address + address)
        expect(page.locator(shown).first).to_be_visible(timeout=PATIENCE)
        expect(page.locator("[data-testid=stApp]")).to_have_attribute(
            "data-test-script-state", "notRunning", timeout=PATIENCE
        )
        # The script of a component, which comes as a blob, has run.
        expect(page.locator("html")).to_have_attribute("lang", "fr", timeout=PATIENCE)


# --- Health -----------------------------------------------------------------------------------


def test_the_server_tells_that_it_lives_and_is_ready(server: Server) -> None:
    assert server.ask("/api/live")[0] == 200
    told = server.wait_until(200)
    assert told == {
        "ready": True, "snapshot": current_name(server.archive.index), "problem": None,
    }  # fmt: skip


@pytest.mark.parametrize("what", ["damaged", "missing"])
def test_a_server_without_a_whole_index_is_not_ready_and_says_why(
    server: Server, what: str
) -> None:
    name = current_name(server.archive.index)
    assert name
    harmed = server.archive.index / (CURRENT if what == "missing" else f"{name}/{CATALOGUE}")
    content = harmed.read_bytes()
    if what == "missing":
        harmed.unlink()
    else:
        harmed.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    told = server.wait_until(503)
    assert re.search("There is no index" if what == "missing" else "is damaged", told["problem"])
    assert "communique index" in told["problem"]
    assert server.ask("/api/live")[0] == 200
    assert server.metric("communique_ready") == server.metric("communique_index_whole") == 0
    harmed.write_bytes(content)
    server.wait_until(200)


def test_a_setting_that_cannot_be_used_ends_the_server_with_its_cure() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "streamlit", "run", "server.py", "--server.port", "0"],
        cwd=REPOSITORY, env=os.environ | {"COMMUNIQUE_HOSTS": "one two"}, timeout=60,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert re.fullmatch(r"COMMUNIQUE_HOSTS .*Correct it or unset it\.\n", ended.stderr)


# --- Questions, errors and the log ------------------------------------------------------------


def test_questions_are_counted_and_noted_without_their_words(server: Server) -> None:
    answered_, refused = (
        f'communique_questions_total{{language="{language}",outcome="{outcome}"}}'
        for language, outcome in (("en", "answered"), ("fr", "refused"))
    )
    before = server.metric(answered_), server.metric(refused)
    stage = 'communique_question_seconds_count{stage="encoding"}'
    timed = server.metric(stage)
    reader = Reader(server.address)
    assert len(reader.ask(FINLAND)) > 1
    assert reader.ask(APPLE_PIE) == (APPLE_PIE,)
    assert (server.metric(answered_), server.metric(refused)) == (before[0] + 1, before[1] + 1)
    assert server.metric(stage) == timed + 2
    told = server.events("question")[-2:]
    assert [one["outcome"] for one in told] == ["answered", "refused"]
    assert set(told[0]) == {
        "event", "level", "time", "language", "outcome", "confidence", "seconds", "stages",
        "snapshot",
    }  # fmt: skip
    for word in ("Finland", "tarte", "pommes"):
        assert word not in server.log()


def test_readers_who_ask_at_once_get_their_own_answers(server: Server) -> None:
    questions = [FINLAND, APPLE_PIE, "Who is the Secretary General of NATO?"]
    alone = Reader(server.address)
    expected = [alone.ask(question) for question in questions]

    def read(number: int) -> bool:
        reader, order = Reader(server.address), [(number + at) % 3 for at in range(3)]
        return [reader.ask(questions[at]) for at in order] == [expected[at] for at in order]

    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(read, number) for number in range(6)]
        while not all(one.done() for one in asked):
            assert server.ask("/api/live")[0] == 200
            time.sleep(0.05)
        assert all(one.result() for one in asked)


FAILING = '''
"""A page that fails, served as the pages are."""
import streamlit as st
from serving.logs import open_log
from ui.session import show_bug
open_log()
app = st.App({script!r}, on_script_error=show_bug)
'''


def test_an_error_is_shown_and_noted_with_one_reference_and_without_its_words(
    tmp_path: Path,
) -> None:
    script = tmp_path / "failing.py"
    script.write_text('import streamlit as st\nst.title("A page")\nraise KeyError("my question")\n')
    (tmp_path / "failing_server.py").write_text(FAILING.format(script=str(script)))
    log = tmp_path / "log"
    with served(
        indexed_archive(),
        "--server.enableAgentApi=true",
        entry=str(tmp_path / "failing_server.py"),
        log=log,
        PYTHONPATH=str(REPOSITORY),
    ) as address:
        request = urllib.request.Request(
            f"{address}_stcore/agent/interact", b"{}", {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                shown = answer.read().decode()
        except urllib.error.HTTPError as error:
            shown = error.read().decode()
    noted = [json.loads(one) for one in log.read_text().splitlines() if one.startswith("{")]
    assert [one["kind"] for one in noted] == ["KeyError"]
    assert "failing.py:3 <module>" in noted[0]["calls"]
    assert noted[0]["reference"] in shown
    assert "my question" not in shown + log.read_text()


@pytest.mark.parametrize("told", ["0", "1"])
def test_the_log_tells_questions_only_where_a_setting_wants_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, told: str
) -> None:
    from archive.documents import Question
    from archive.encoder import open_encoder
    from retriever.engine import open_engine
    from serving.questions import ask

    settings = indexed_archive().settings().model_copy(update={"log_questions": told == "1"})
    caplog.set_level("INFO", logger="communique")
    ask(open_engine(settings, open_encoder(settings)), Question(FINLAND), settings)
    assert ("Finland" in caplog.text) == (told == "1")
