"""Signing in as people do it: the app as shipped, Chromium, and a provider of OpenID Connect."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from app_support import indexed_archive
from browser_support import PATIENCE, served
from joserfc import jwk, jwt
from playwright.sync_api import Browser, Page, expect

from archive.audit import read_audit
from archive.passwords import hash_password
from ui.wording import ENGLISH

PASSWORD = "a quay, a crane, a gull"
ROLES = """
[people]
"amina@example.org" = "admin"
"bela@example.org" = "reader"
"""


class Provider(ThreadingHTTPServer):
    """A provider that signs in whoever it is told to, without asking."""

    key = jwk.RSAKey.generate_key(2048, {"alg": "RS256", "use": "sig", "kid": "one"})

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.email = ""
        self.nonces: dict[str, str] = {}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answers(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        at, asked = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        if at == "/authorize":
            code = f"code{len(self.server.nonces)}"
            self.server.nonces[code] = asked["nonce"][0]
            told = urlencode({"code": code, "state": asked["state"][0]})
            self.send_response(302)
            self.send_header("Location", f"{asked['redirect_uri'][0]}?{told}")
            self.end_headers()
        elif at == "/keys":
            self._tell({"keys": [self.server.key.as_dict(private=False)]})
        else:
            address = self.server.address
            self._tell(
                {
                    "issuer": address,
                    "authorization_endpoint": f"{address}/authorize",
                    "token_endpoint": f"{address}/token",
                    "jwks_uri": f"{address}/keys",
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                }
            )

    def do_POST(self) -> None:
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        now = int(time.time())
        claims = {
            "iss": self.server.address, "aud": "communique", "sub": self.server.email,
            "email": self.server.email, "nonce": self.server.nonces[sent["code"][0]],
            "iat": now, "exp": now + 600,
        }  # fmt: skip
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.server.key)
        self._tell({"access_token": "x", "token_type": "Bearer", "id_token": token})

    def _tell(self, told: object) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(told).encode())

    def log_message(self, *_: object) -> None:
        """Nothing: a test's output is its own."""


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def archive_page(browser: Browser, server: str) -> Page:
    page = browser.new_context(locale="en-GB").new_page()
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page.goto(f"{server}archive")
    return page


def test_a_provider_says_who_one_is_and_the_file_of_roles_what_one_may_do(
    browser: Browser, provider: Provider, tmp_path: Path
) -> None:
    secrets, roles = tmp_path / "secrets.toml", tmp_path / "roles.toml"
    roles.write_text(ROLES)
    secrets.write_text(
        f"""
[auth]
redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
cookie_secret = "{"0123456789abcdef" * 4}"
client_id = "communique"
client_secret = "secret"
server_metadata_url = "{provider.address}/.well-known/openid-configuration"
"""
    )
    archive = indexed_archive().copied_to(tmp_path)
    with served(
        archive, "--secrets.files", str(secrets),
        COMMUNIQUE_SIGN_IN="oidc", COMMUNIQUE_ROLES=str(roles),
    ) as server:  # fmt: skip
        for email, reads, administers in (
            ("amina@example.org", True, True),
            ("bela@example.org", True, False),
            ("mallory@example.org", False, False),
        ):
            provider.email = email
            page = archive_page(browser, server)
            expect(page.get_by_text("asks for the role")).to_be_visible()
            page.get_by_role("button", name=ENGLISH.sign_in).click()
            expect(page.get_by_text(email)).to_be_visible()
            page.goto(f"{server}archive")
            expect(page.get_by_text(email)).to_be_visible()
            if reads:
                expect(page.get_by_text(ENGLISH.by_language)).to_be_visible()
            else:
                expect(page.get_by_text("asks for the role")).to_be_visible()
            again = page.get_by_role("button", name=ENGLISH.reindex)
            expect(again).to_have_count(int(administers))
            explore = page.get_by_role("link", name=ENGLISH.page_explore)
            expect(explore).to_have_count(int(administers))
            if administers:
                again.click()
                expect(page.get_by_text("done with refusals").first).to_be_attached()
            page.context.close()
    who = [(one.who, one.action) for one in read_audit(archive.index).entries]
    assert who[:2] == [("oidc: amina@example.org", "start")] * 2


def test_the_password_counts_in_the_tab_where_it_was_given(
    browser: Browser, tmp_path: Path
) -> None:
    archive = indexed_archive().copied_to(tmp_path)
    with served(
        archive, COMMUNIQUE_SIGN_IN="password", COMMUNIQUE_ADMIN_PASSWORD=hash_password(PASSWORD)
    ) as server:
        page = archive_page(browser, server)
        expect(page.get_by_text(ENGLISH.by_language)).to_be_visible()
        again = page.get_by_role("button", name=ENGLISH.reindex)
        assert again.count() == 0
        page.get_by_label(ENGLISH.as_admin).fill(PASSWORD)
        page.get_by_label(ENGLISH.as_admin).press("Enter")
        expect(again).to_be_visible()
        other = page.context.new_page()
        other.goto(f"{server}archive")
        expect(other.get_by_text(ENGLISH.by_language)).to_be_visible()
        assert other.get_by_role("button", name=ENGLISH.reindex).count() == 0
        page.get_by_role("button", name=ENGLISH.sign_out).click()
        expect(again).to_have_count(0)
        page.context.close()


def test_bound_to_every_address_the_app_answers_nobody(browser: Browser) -> None:
    with served(indexed_archive(), "--server.address", "0.0.0.0") as server:
        page = archive_page(browser, server)
        expect(page.get_by_text("answers nobody")).to_be_visible()
        assert page.get_by_text(ENGLISH.by_language).count() == 0
        page.context.close()
