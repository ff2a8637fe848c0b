"""Who may do what: every role on every page and for every action, however a reader is known."""

import atexit
import html
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from app_support import FINLAND, Archive, calm, indexed_archive, markup, open_app, quotations
from fakes import write_pages
from hypothesis import given
from hypothesis import strategies as st
from streamlit import config
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest
from test_app import plain, wait_for

from archive.audit import AUDIT, Entry, read_audit
from archive.encoder import open_encoder
from archive.errors import (
    ArchiveError,
    PasswordMissing,
    RolesInvalid,
    RolesMissing,
    ServerUnsafe,
)
from archive.passwords import hash_password
from archive.settings import Settings, SignIn
from archive.snapshot import current_name
from indexer.jobs import JobState, read_job, read_log
from indexer.pipeline import build_index
from ui.access import Role, Roles, check_server, is_loopback, read_roles
from ui.audit import table_file
from ui.wording import ENGLISH, FRENCH, Wording

PASSWORD = "a quay, a crane, a gull"
HASHED = hash_password(PASSWORD)
ROLES = """
default = "reader"

[people]
"Analyst@example.org" = "analyst"
"admin@example.org" = "admin"

[groups]
"press office" = "analyst"
"archivists" = "admin"
"""
PAGES = {"ui/ask.py": Role.READER, "ui/explore.py": Role.ANALYST, "ui/archive_page.py": Role.READER}
HEADERS = {"X-Forwarded-Email": "email", "X-Forwarded-Groups": "groups"}

Open = Callable[..., AppTest]


@pytest.fixture
def roles(tmp_path: Path) -> Path:
    file = tmp_path / "roles.toml"
    file.write_text(ROLES)
    return file


@pytest.fixture
def options() -> Iterator[Callable[[str, Any], None]]:
    """Sets an option of the server, until the test is over."""
    before: dict[str, Any] = {}

    def choose(name: str, value: Any) -> None:
        before.setdefault(name, config.get_option(name))
        config.set_option(name, value)

    yield choose
    for name, value in before.items():
        config.set_option(name, value)


@lru_cache(maxsize=1)
def two_snapshots() -> Archive:
    """An archive that was indexed, and indexed again with an article more."""
    folder = Path(tempfile.mkdtemp(prefix="communique-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    archive = indexed_archive().copied_to(folder)
    write_pages(archive.articles, {"pirate/new.txt": "Ottar keeps the lighthouse of Vadsø.\n"})
    build_index(archive.settings(), open_encoder(archive.settings()))
    return archive


@pytest.fixture
def mine(tmp_path: Path) -> Archive:
    """An archive of the test's own, with two snapshots."""
    return two_snapshots().copied_to(tmp_path)


@pytest.fixture
def open_as(
    monkeypatch: pytest.MonkeyPatch, roles: Path, options: Callable[[str, Any], None]
) -> Open:
    """Opens the app for someone who is known in one of the ways, by the e-mail address."""

    def opened(
        archive: Archive,
        email: str | None,
        known: SignIn = SignIn.OIDC,
        address: Mapping[str, str] | None = None,
        **claims: object,
    ) -> AppTest:
        monkeypatch.setenv("COMMUNIQUE_SIGN_IN", known)
        monkeypatch.setenv("COMMUNIQUE_ROLES", str(roles))
        user: dict[str, object] = {"email": email, **claims}
        if known == SignIn.OIDC:
            user["is_logged_in"] = email is not None
        if known == SignIn.PROXY:
            options("server.trustedUserHeaders", HEADERS)
        return open_app(monkeypatch, archive, address, user=user)

    return opened


def said(app: AppTest) -> list[str]:
    return [plain(str(one.value)) for one in (*app.info, *app.warning)]


def refusal(role: Role, wording: Wording = ENGLISH) -> str:
    return wording.only_for.format(wording.roles[role.name.lower()])


def keys(app: AppTest) -> set[str]:
    return {str(one.key) for one in (*app.button, *app.toggle)}


def told_of(archive: Archive) -> list[tuple[str, str, str]]:
    return [(one.who, one.action, one.outcome) for one in entries_of(archive)]


def entries_of(archive: Archive) -> tuple[Entry, ...]:
    audit = read_audit(archive.index)
    assert audit.line is None
    return audit.entries


# --- Every role, every page, every action --------------------------------------------------------

WHO = {
    "signed out": (None, None),
    "reader": ("someone@example.org", Role.READER),
    "analyst": ("analyst@EXAMPLE.org ", Role.ANALYST),
    "admin": ("admin@example.org", Role.ADMIN),
}


@pytest.mark.parametrize("known", [SignIn.OIDC, SignIn.PROXY])
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("who", WHO)
def test_every_role_on_every_page(open_as: Open, who: str, page: str, known: SignIn) -> None:
    email, role = WHO[who]
    app = open_as(indexed_archive(), email, known)
    if page != "ui/ask.py":
        calm(app.switch_page(page).run())
    if role is None:
        assert said(app) == [refusal(Role.READER)]
        assert {"question", "part"}.isdisjoint(str(one.key) for one in app.text_input)
        assert not app.dataframe
        assert not app.header
        return
    if role < PAGES[page]:
        assert said(app) == [refusal(PAGES[page])]
        assert not app.dataframe
        assert not app.title
    else:
        assert said(app) == []
        assert app.title
    admins = {"reindex", "show_audit"} | {key for key in keys(app) if key.startswith("roll_back")}
    if page == "ui/archive_page.py":
        assert ENGLISH.by_language in markup(app) + "".join(one.value for one in app.markdown)
        assert (admins <= keys(app)) == (role == Role.ADMIN)
    if role < Role.ADMIN:
        assert admins.isdisjoint(keys(app))


def test_a_reader_asks_and_gets_answers(open_as: Open) -> None:
    app = open_as(indexed_archive(), "someone@example.org", address={"q": FINLAND})
    assert quotations(app)


def press(app: AppTest, action: str, archive: Archive) -> AppTest:
    """Do one of the admin's actions as far as the page lets one."""
    if action == "start":
        return app.button(key="reindex").click().run()
    before = next(key for key in keys(app) if key.startswith("roll_back_snapshot"))
    app.button(key=before).click().run()
    return app.button(key="roll_back_now").click().run()


@pytest.mark.parametrize("action", ["start", "rollback"])
def test_what_an_admin_does_is_done_and_recorded(open_as: Open, mine: Archive, action: str) -> None:
    before = current_name(mine.index)
    app = open_as(mine, "admin@example.org")
    calm(app.switch_page("ui/archive_page.py").run())
    calm(press(app, action, mine))
    assert said(app) == []
    who = "oidc: admin@example.org"
    assert told_of(mine)[:2] == [(who, action, "begun"), (who, action, "done")]
    if action == "rollback":
        assert current_name(mine.index) not in (None, before)
        first, second = entries_of(mine)
        assert (first.about, first.snapshot) == (current_name(mine.index), before)
        assert second.snapshot == first.about
    else:
        wait_for(lambda: read_job(mine.index).state == JobState.DONE_WITH_REFUSALS)
        wait_for(lambda: [one[1] for one in told_of(mine)[2:]] == ["index", "index"])
        calm(app.run())
        assert "done with refusals" in markup(app)


@pytest.mark.parametrize("action", ["start", "rollback"])
def test_a_click_of_one_who_is_no_admin_any_more_does_nothing(
    open_as: Open, mine: Archive, roles: Path, action: str
) -> None:
    before = current_name(mine.index)
    app = open_as(mine, "admin@example.org")
    calm(app.switch_page("ui/archive_page.py").run())
    if action == "rollback":
        key = next(key for key in keys(app) if key.startswith("roll_back_snapshot"))
        calm(app.button(key=key).click().run())
    roles.write_text(ROLES.replace('"admin@example.org" = "admin"', ""))
    key = "reindex" if action == "start" else "roll_back_now"
    calm(app.button(key=key).click().run())
    assert any("role admin" in one for one in said(app))
    assert key not in keys(app)
    assert told_of(mine) == [("oidc: admin@example.org", action, "denied")]
    assert current_name(mine.index) == before
    assert read_job(mine.index).state == JobState.NOT_STARTED


def upload(app: AppTest) -> AppTest:
    """Add a file on the Archive page."""
    [uploader] = app.file_uploader
    uploader.set_value([("buoy.txt", b"A buoy broke loose.", "text/plain")])
    [add] = [one for one in app.button if one.label == ENGLISH.add]
    return calm(add.click().run())


def test_only_admins_add_files_and_that_is_recorded(
    open_as: Open, mine: Archive, roles: Path
) -> None:
    app = open_as(mine, "admin@example.org")
    calm(app.switch_page("ui/archive_page.py").run())
    upload(app)
    taken = mine.articles / "uploads" / "buoy.txt"
    assert taken.exists()
    who = "oidc: admin@example.org"
    assert told_of(mine) == [(who, "upload", "begun"), (who, "upload", "done")]
    assert entries_of(mine)[0].about == "uploads: buoy.txt"
    taken.unlink()
    roles.write_text(ROLES.replace('"admin@example.org" = "admin"', ""))
    upload(app)
    assert not taken.exists()
    assert not app.file_uploader
    analyst = open_as(mine, "analyst@example.org")
    assert not calm(analyst.switch_page("ui/archive_page.py").run()).file_uploader


def forged(app: AppTest, *states: WidgetState) -> AppTest:
    """The app after a browser has sent these states beside those of its own widgets."""
    assert app._tree is not None
    sent = app._tree.get_widget_states()
    sent.widgets.extend(states)
    return app._run(sent)


def test_forged_states_of_controls_have_no_effect(open_as: Open, mine: Archive) -> None:
    """What an admin's browser sends for a click, sent by a reader's."""
    before = current_name(mine.index)
    admin = open_as(mine, "admin@example.org")
    calm(admin.switch_page("ui/archive_page.py").run())
    pressed = [
        WidgetState(id=one.proto.id, trigger_value=True)
        for one in admin.button
        if str(one.key).startswith(("reindex", "roll_back"))
    ]
    assert len(pressed) == 2
    shown = WidgetState(id=admin.toggle(key="show_audit").proto.id, bool_value=True)
    reader = open_as(mine, "someone@example.org")
    calm(reader.switch_page("ui/archive_page.py").run())
    for state in (*pressed, shown):
        calm(forged(reader, state))
        assert "show_audit" not in keys(reader)
    assert current_name(mine.index) == before
    assert read_job(mine.index).state == JobState.NOT_STARTED
    assert told_of(mine) == []
    calm(forged(admin, pressed[0]))  # from an admin's browser the same has one
    assert told_of(mine)[0] == ("oidc: admin@example.org", "start", "begun")
    wait_for(lambda: [one[1] for one in told_of(mine)[2:]] == ["index", "index"])


def test_forged_grants_do_not_replace_the_password(
    monkeypatch: pytest.MonkeyPatch, mine: Archive
) -> None:
    app = with_password(monkeypatch, mine)
    for state in (
        WidgetState(id="grant", string_value=HASHED),
        WidgetState(id="grant", json_value='{"hashed": "x"}'),
        WidgetState(id="grant", trigger_value=True),
    ):
        forged(app, state)  # Streamlit may answer with an error, to the one who sent it
        assert {"sign_out", "reindex"}.isdisjoint(keys(app))
        app = with_password(monkeypatch, mine)


def test_a_run_is_called_off_in_the_browser(open_as: Open, mine: Archive) -> None:
    write_pages(
        mine.articles,
        {f"many/{at}.txt": f"Ship {at} left the harbour of Turku.\n" * 40 for at in range(400)},
    )
    app = open_as(mine, "admin@example.org")
    calm(app.switch_page("ui/archive_page.py").run())
    calm(app.button(key="reindex").click().run())
    wait_for(lambda: read_job(mine.index).state == JobState.RUNNING)
    calm(app.run())
    calm(app.button(key="cancel_run").click().run())
    job = read_job(mine.index)
    assert (job.state, job.problem) == (JobState.CANCELLED, None), read_log(mine.index)
    who = "oidc: admin@example.org"
    assert {(who, "cancel", "begun"), (who, "cancel", "done")} <= set(told_of(mine))
    assert "cancelled" in markup(app)


def test_an_admin_action_that_cannot_be_recorded_is_refused(open_as: Open, mine: Archive) -> None:
    (mine.index / AUDIT).mkdir()
    app = open_as(mine, "admin@example.org", address={"q": FINLAND})
    assert quotations(app)
    calm(app.switch_page("ui/archive_page.py").run())
    calm(app.button(key="reindex").click().run())
    assert [one.title for one in app.warning] == [ENGLISH.not_done]
    assert "cannot be recorded" in said(app)[0]
    assert read_job(mine.index).state == JobState.NOT_STARTED


@pytest.mark.parametrize("wording", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_the_audit_log_is_shown_to_admins_and_names_a_changed_line(
    open_as: Open, mine: Archive, wording: Wording
) -> None:
    app = open_as(mine, "admin@example.org", address={"ui": wording.language})
    calm(app.switch_page("ui/archive_page.py").run())
    calm(press(app, "rollback", mine))
    calm(app.toggle(key="show_audit").set_value(True).run())
    table = next(one.value for one in app.dataframe if wording.column_who in one.value)
    assert list(table[wording.column_outcome]) == [
        wording.outcomes["done"], wording.outcomes["begun"],
    ]  # fmt: skip
    assert set(table[wording.column_action]) == {wording.actions["rollback"]}
    assert html.unescape(markup(app)).count(wording.count(2, wording.audit_whole)) == 1
    log = mine.index / AUDIT
    log.write_bytes(log.read_bytes().replace(b"admin@", b"other@", 1))
    calm(app.run())
    assert [one.value for one in app.error] == [wording.audit_damaged.format(1)]


def test_the_log_as_csv_holds_no_formula() -> None:
    made = {"time": "2026-11-21T22:00:00Z", "outcome": "done", "snapshot": None, "before": "0" * 64}
    entry = Entry.model_validate(made | {"who": "proxy: =1+1", "action": "+x", "about": '=A1,"b"'})
    head, line = table_file([entry]).decode("utf-8-sig").splitlines()
    assert head == '"time","who","action","outcome","about","snapshot","before"'
    assert ',"\'+x","done","\'=A1,""b""","",' in line


# --- How readers are known -----------------------------------------------------------------------


def with_password(monkeypatch: pytest.MonkeyPatch, archive: Archive) -> AppTest:
    monkeypatch.setenv("COMMUNIQUE_SIGN_IN", "password")
    monkeypatch.setenv("COMMUNIQUE_ADMIN_PASSWORD", HASHED)
    app = open_app(monkeypatch, archive)
    return calm(app.switch_page("ui/archive_page.py").run())


def test_the_password_makes_an_admin_of_a_reader(
    monkeypatch: pytest.MonkeyPatch, mine: Archive, options: Callable[[str, Any], None]
) -> None:
    options("server.address", "0.0.0.0")
    app = with_password(monkeypatch, mine)
    assert "reindex" not in keys(app)
    calm(app.text_input(key="password").set_value("not the password at all").run())
    assert "The password is wrong" in said(app)[0]
    assert app.text_input(key="password").value == ""
    calm(app.text_input(key="password").set_value(PASSWORD).run())
    assert "again in 1 s." in said(app)[0]
    assert "reindex" not in keys(app)

    given = WidgetState(id=app.text_input(key="password").proto.id, string_value=PASSWORD)

    def signed_in() -> bool:
        calm(forged(app, given))
        return "sign_out" in keys(app)

    wait_for(signed_in)
    assert "reindex" in keys(app)
    calm(forged(app, given))  # as a browser does that tells of Enter and of leaving the box
    assert PASSWORD not in str(dict(app.session_state.items()))
    assert told_of(mine) == [
        ("password: ", "sign-in", "denied"), ("password: admin", "sign-in", "done"),
    ]  # fmt: skip
    calm(app.button(key="sign_out").click().run())
    assert "reindex" not in keys(app)
    other = with_password(monkeypatch, mine)
    assert "reindex" not in keys(other)


def test_another_password_ends_what_the_old_one_granted(
    monkeypatch: pytest.MonkeyPatch, mine: Archive
) -> None:
    app = with_password(monkeypatch, mine)

    def signed_in() -> bool:
        calm(app.text_input(key="password").set_value(PASSWORD).run())
        return "sign_out" in keys(app)

    wait_for(signed_in)
    monkeypatch.setenv("COMMUNIQUE_ADMIN_PASSWORD", hash_password("another password"))
    calm(app.run())
    assert "reindex" not in keys(app)


@pytest.mark.parametrize(("default", "role"), [("analyst", Role.ANALYST), (None, None)])
def test_without_the_password_one_is_what_the_file_says(
    monkeypatch: pytest.MonkeyPatch, roles: Path, default: str | None, role: Role | None
) -> None:
    roles.write_text(f'default = "{default}"' if default else "")
    monkeypatch.setenv("COMMUNIQUE_ROLES", str(roles))
    app = with_password(monkeypatch, indexed_archive())
    if role:
        calm(app.switch_page("ui/explore.py").run())
        assert said(app) == []
    else:
        assert said(app) == [refusal(Role.READER)]
        assert app.text_input(key="password")


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"groups": ["archivists"]}, Role.ADMIN),
        ({"groups": ["Press Office", "unheard of"]}, Role.ANALYST),
        ({"groups": "press office, archivists"}, Role.ADMIN),
        ({"groups": {"archivists": True}}, Role.READER),
        ({"groups": [{"archivists": True}, None, 7]}, Role.READER),
        ({}, Role.READER),
        ({"groups": ["archivists"], "email_verified": False}, None),
        ({"groups": ["archivists"], "email_verified": "false"}, None),
        ({"groups": ["archivists"], "email_verified": True}, Role.ADMIN),
    ],
)
def test_groups_give_roles_and_an_unverified_address_none(
    open_as: Open, claims: dict[str, object], role: Role | None
) -> None:
    app = open_as(indexed_archive(), "someone@example.org", **claims)
    told = [ENGLISH.roles[role.name.lower()] if role else ENGLISH.no_role]
    assert any(told[0] in html.unescape(str(one.value)) for one in app.sidebar.html)


def test_a_provider_that_is_not_set_up_lets_nobody_in(
    monkeypatch: pytest.MonkeyPatch, roles: Path
) -> None:
    monkeypatch.setenv("COMMUNIQUE_SIGN_IN", "oidc")
    monkeypatch.setenv("COMMUNIQUE_ROLES", str(roles))
    app = open_app(monkeypatch, indexed_archive(), user={"email": "admin@example.org"})
    assert "secrets.toml" in said(app)[0]
    assert not app.text_input


def test_signing_in_that_fails_is_told(open_as: Open) -> None:
    app = open_as(indexed_archive(), None)
    calm(app.button(key="sign_in").click().run())
    assert any("secrets.toml" in one for one in said(app))


def test_signing_out_ends_the_role(open_as: Open) -> None:
    app = open_as(indexed_archive(), "admin@example.org")
    calm(app.button(key="sign_out").click().run())
    assert refusal(Role.READER) in said(app)
    assert "sign_in" in keys(app)


def test_where_nobody_is_known_the_page_says_so_and_everyone_is_an_admin(
    monkeypatch: pytest.MonkeyPatch, mine: Archive
) -> None:
    app = open_app(monkeypatch, mine)
    assert ENGLISH.open_to_this_machine in html.unescape(markup(app))
    calm(app.switch_page("ui/archive_page.py").run())
    calm(press(app, "rollback", mine))
    assert {one[0] for one in told_of(mine)} == {"none: localhost"}


# --- The file of roles ---------------------------------------------------------------------------


def roles_from(folder: Path, text: str) -> Roles:
    file = folder / "roles.toml"
    file.write_text(text)
    return read_roles(Settings.from_environment(roles=str(file)))


def test_the_file_of_roles(tmp_path: Path) -> None:
    roles = roles_from(tmp_path, ROLES)
    none: frozenset[str] = frozenset()
    assert roles.of("someone", none) == Role.READER
    assert roles.of("analyst@example.org", none) == Role.ANALYST
    assert roles.of("analyst@example.org", frozenset({"archivists"})) == Role.ANALYST
    assert roles.of("someone", frozenset({"archivists", "press office"})) == Role.ADMIN
    assert roles_from(tmp_path, "").of("someone", none) is None


@pytest.mark.parametrize(
    "text",
    ['default = "boss"', "default = 3", "default = [1]", 'people = "x"', "[people]\na = 1",
     'defaults = "reader"', "[groups", '[people]\n"a" = ["admin"]', '[people]\n"a" = "Admin"'],
)  # fmt: skip
def test_a_file_that_says_something_else_lets_nobody_in(tmp_path: Path, text: str) -> None:
    with pytest.raises(RolesInvalid, match="nobody may do anything"):
        roles_from(tmp_path, text)


@given(st.binary(max_size=60))
def test_no_file_of_roles_raises_anything_else(tmp_path_factory: Any, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_bytes(content)
    try:
        roles = read_roles(Settings.from_environment(roles=str(file)))
    except RolesInvalid:
        return
    assert roles.default in (None, *Role)


def test_a_file_of_roles_that_goes_missing_lets_nobody_in(open_as: Open, roles: Path) -> None:
    app = open_as(indexed_archive(), "admin@example.org")
    roles.unlink()
    calm(app.run())
    assert "nobody may do anything" in said(app)[0]
    assert not app.text_input


# --- Where the app does not answer ---------------------------------------------------------------

LOCAL = ("127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost", "unix:///run/communique.sock")
OPEN = (None, "", "0.0.0.0", "::", "192.0.2.7", "example.org", "127.0.0.1.example.org", "unix")


def test_what_is_bound_to_this_machine_alone() -> None:
    assert [one for one in LOCAL if not is_loopback(one)] == []
    assert [one for one in OPEN if is_loopback(one)] == []


CURES = (
    ".", "--server.address 127.0.0.1", "communique password",
)  # fmt: skip


def refused(sign_in: str, address: str | None, **chosen: str) -> type[ArchiveError] | None:
    """The error that keeps the app from serving, whose sentence ends with the cure."""
    try:
        check_server(Settings.from_environment(sign_in=sign_in, **chosen), address)
    except ArchiveError as error:
        return type(error) if str(error).endswith(CURES) else None
    return None


@pytest.mark.parametrize("local", [True, False])
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("sign_in", SignIn)
def test_the_app_serves_only_where_readers_can_be_told_apart(
    options: Callable[[str, Any], None], roles: Path, sign_in: SignIn, header: bool, local: bool
) -> None:
    options("server.trustedUserHeaders", HEADERS if header else {})
    chosen = {"roles": str(roles), "admin_password": HASHED}
    may = {
        SignIn.NONE: local and not header,
        SignIn.PASSWORD: not header,
        SignIn.OIDC: not header,
        SignIn.PROXY: local and header,
    }[sign_in]
    for address in LOCAL if local else OPEN:
        assert refused(sign_in, address, **chosen) == (None if may else ServerUnsafe)


def test_what_a_way_of_signing_in_needs_is_asked_for(
    options: Callable[[str, Any], None], roles: Path
) -> None:
    assert refused("password", "127.0.0.1") == PasswordMissing
    assert refused("password", "127.0.0.1", admin_password=PASSWORD) == PasswordMissing
    assert refused("oidc", "127.0.0.1") == RolesMissing
    assert refused("oidc", "127.0.0.1", roles=str(roles.with_name("none"))) == RolesInvalid
    options("server.trustedUserHeaders", {"X-Name": "name"})
    assert refused("proxy", "127.0.0.1", roles=str(roles)) == ServerUnsafe
    options("server.trustedUserHeaders", HEADERS)
    assert refused("proxy", "127.0.0.1") == RolesMissing


@pytest.mark.parametrize("sign_in", ["none", "proxy"])
@pytest.mark.parametrize("page", PAGES)
def test_bound_to_every_address_no_page_answers(
    monkeypatch: pytest.MonkeyPatch, options: Callable[[str, Any], None], roles: Path,
    sign_in: str, page: str,
) -> None:  # fmt: skip
    options("server.address", "0.0.0.0")
    if sign_in == "proxy":
        options("server.trustedUserHeaders", HEADERS)
    monkeypatch.setenv("COMMUNIQUE_SIGN_IN", sign_in)
    monkeypatch.setenv("COMMUNIQUE_ROLES", str(roles))
    app = open_app(
        monkeypatch, indexed_archive(), {"q": FINLAND}, user={"email": "admin@example.org"}
    )
    if page != "ui/ask.py":
        calm(app.switch_page(page).run())
    (told,) = said(app)
    assert "bound to 0.0.0.0" in told
    assert not app.text_input
    assert not app.dataframe
    assert not app.button


class Distant:
    """What a session knows of a browser that is not on this machine."""

    def __init__(self, headers: list[tuple[str, str]], remote_ip: str | None) -> None:
        self.headers, self.remote_ip = headers, remote_ip
        self.cookies: dict[str, str] = {}


@pytest.mark.parametrize(
    ("headers", "peer", "told"),
    [
        ([("X-Forwarded-For", "192.0.2.7")], "127.0.0.1", "X-Forwarded-For"),
        ([("forwarded", "for=192.0.2.7")], "127.0.0.1", "Forwarded"),
        ([("via", "1.1 proxy")], None, "Via"),
        ([], "192.0.2.7", "192.0.2.7"),
        ([], "127.0.0.1", None),
        ([], "::1", None),
        ([("Host", "localhost:8501")], None, None),
    ],
)
def test_where_nobody_is_known_what_comes_from_elsewhere_is_not_answered(
    monkeypatch: pytest.MonkeyPatch,
    headers: list[tuple[str, str]],
    peer: str | None,
    told: str | None,
) -> None:
    from streamlit.runtime import context

    monkeypatch.setattr(context, "_get_client_context", lambda: Distant(headers, peer))
    app = open_app(monkeypatch, indexed_archive())
    if told:
        assert told in said(app)[0]
        assert not app.text_input
    else:
        assert said(app) == []
        assert app.text_input(key="question")
