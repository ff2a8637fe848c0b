"""Who may speak to the server, and how much: what is decided before Streamlit sees a request.

Streamlit asks the outside for its own address when it meets an origin it does not know, and serves
nobody meanwhile. Here such a request is refused at once, without looking anything up.
"""

import base64
import hashlib
import ipaddress
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib import resources

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.logs import log, new_reference
from serving.metrics import READERS, REFUSED_REQUESTS

MOST_READERS = 200  # open connections of readers
LONGEST_QUERY = 1 << 14  # bytes of an address behind its question mark
LARGEST_BODY = 1 << 20  # bytes; of an upload Streamlit itself takes server.maxUploadSize

_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]+))(?::\d{1,5})?")
_UPLOAD = re.compile(r"/_stcore/upload_file/")
# What programs ask for that look after the server: its own figures, and the interface for programs.
_PRIVATE = re.compile(r"^/metrics/?$|/_stcore/(?:metrics|agent|script-health-check)(?:/|$)")
_FORWARDED = frozenset({b"forwarded", b"x-forwarded-for", b"x-real-ip"})
_POLICY = 1008  # the code of a websocket that is closed for what was asked of it (RFC 6455)
_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused: a code for the log, HTTP's status, a sentence that ends with the
    cure."""

    code: str
    status: int
    sentence: str


FOREIGN_HOST = Refusal(
    "host", 403, "This server does not answer to that name. Name it in COMMUNIQUE_HOSTS."
)
FOREIGN_ORIGIN = Refusal(
    "origin", 403, "A page of another site may not speak to this server. Open the server's own."
)
PRIVATE = Refusal("private", 403, "This is told on the server's own machine only. Ask it there.")
LONG_QUERY = Refusal("query", 414, "The address is too long. Shorten it.")
UNMEASURED_BODY = Refusal("unmeasured", 411, "The request must say how long it is. State it.")
LARGE_BODY = Refusal("body", 413, "The request is too large. Send less.")
FULL = Refusal(
    "full", 503, "Too many pages are open on this server just now. Try again in a minute."
)


class Guard:
    """ASGI middleware that refuses what is foreign or too large, and adds headers to all else.

    hosts: the names, beside those of the machine itself, that the server answers to. An origin,
    where one is told, must be the very host that is asked for. policy: of the pages' content.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str], policy: str) -> None:
        self._app = app
        self._hosts = frozenset(_name(told.lower()) or told.lower() for told in hosts)
        self._headers = [
            (name.encode(), value.encode())
            for name, value in {**HEADERS, "content-security-policy": policy}.items()
        ]
        self._readers = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
        elif refusal := self._refusal(scope):
            await self._refuse(refusal, scope, receive, send)
        elif scope["type"] == "http":
            await self._app(scope, receive, self._with_headers(send))
        elif self._readers >= MOST_READERS:
            await self._refuse(FULL, scope, receive, send)
        else:
            await self._serve_reader(scope, receive, send)

    def _refusal(self, scope: Scope) -> Refusal | None:
        """Why a request is refused, None where it may pass. Looks nothing up, waits for nothing."""
        host, origin = _values(scope, b"host"), _values(scope, b"origin")
        name = _name(host[0].lower()) if len(host) == 1 else None
        if name is None or not (_is_loopback(name) or name in self._hosts):
            return FOREIGN_HOST
        if origin and origin not in ([f"{scheme}://{host[0]}"] for scheme in ("http", "https")):
            return FOREIGN_ORIGIN
        if _PRIVATE.search(scope["path"]) and not _is_local(scope, name):
            return PRIVATE
        if len(scope["query_string"]) > LONGEST_QUERY:
            return LONG_QUERY
        if scope["type"] == "http" and scope["method"] not in _BODILESS:
            return _refusal_of_body(scope)
        return None

    async def _refuse(self, refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the refusal; a websocket is closed before it is accepted, which is a 403."""
        reference = new_reference()
        REFUSED_REQUESTS.labels(refusal.code).inc()
        log.warning(
            "request refused",
            reference=reference,
            reason=refusal.code,
            client=scope["client"][0] if scope.get("client") else None,
            host=[one[:100] for one in _values(scope, b"host")],
            origin=[one[:100] for one in _values(scope, b"origin")],
            path=scope["path"][:100],
        )
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY, "reason": refusal.sentence})
            return
        answer = PlainTextResponse(
            f"{refusal.sentence} ({reference})\n", refusal.status, {"connection": "close"}
        )
        await answer(scope, receive, self._with_headers(send))

    async def _serve_reader(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._readers += 1
        READERS.set(self._readers)
        try:
            await self._app(scope, receive, send)
        finally:
            self._readers -= 1
            READERS.set(self._readers)

    def _with_headers(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self._headers]
            await send(message)

        return sending


# --- Requests ---------------------------------------------------------------------------------


def _values(scope: Scope, name: bytes) -> list[str]:
    """Every value of a header, letter by letter: Streamlit takes an origin in other letters than
    the host for a foreign one, and looks it up."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def _name(host: str) -> str | None:
    """The name or number of a host in lower case without its port, None for what is no host."""
    found = _HOST.fullmatch(host)
    return (found[1] or found[2]) if found else None


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _is_local(scope: Scope, name: str) -> bool:
    """Whether a request was made on this machine, to this machine, and through no proxy."""
    client = scope.get("client")
    forwarded = any(key in _FORWARDED for key, _ in scope["headers"])
    if client is None or forwarded:
        return False
    return _is_loopback(client[0]) and _is_loopback(name)


def _refusal_of_body(scope: Scope) -> Refusal | None:
    length = _values(scope, b"content-length")
    if _values(scope, b"transfer-encoding") or any(not one.isdecimal() for one in length):
        return UNMEASURED_BODY
    if _UPLOAD.search(scope["path"]):
        return None
    return LARGE_BODY if any(int(one) > LARGEST_BODY for one in length) else None


# --- What browsers are told -------------------------------------------------------------------

HEADERS: Mapping[str, str] = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": ", ".join(
        f"{feature}=()"
        for feature in (
            "accelerometer", "autoplay", "camera", "display-capture", "geolocation", "gyroscope",
            "magnetometer", "microphone", "midi", "payment", "usb",
        )
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}  # fmt: skip


def content_policy() -> str:
    """What the pages may load and run: what the server sends, and nothing of anyone else.

    Streamlit's page has a script of its own, allowed by its SHA-256; the scripts of components
    come as `blob:`, and what reads messages tries WebAssembly first. Styles stand in the page:
    Streamlit writes them there as it draws. Its icon and a font are `data:`.
    """
    page = resources.files("streamlit").joinpath("static", "index.html").read_text("utf-8")
    own = " ".join(f"'{_digest(one)}'" for one in re.findall(r"<script>(.*?)</script>", page, re.S))
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' blob: 'wasm-unsafe-eval' {own}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _digest(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
