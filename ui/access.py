"""Who may do what: how a session's reader is known, and the check that every action makes."""

import ipaddress
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

import streamlit as st
from streamlit.errors import StreamlitAuthError

from archive.audit import Outcome, append, recorded
from archive.errors import (
    AccessDenied,
    ArchiveError,
    AuditUnwritable,
    PasswordMissing,
    PasswordWrong,
    RolesInvalid,
    RolesMissing,
    ServerUnsafe,
    SignInUnavailable,
)
from archive.passwords import LONGEST, Guesses, is_hash
from archive.settings import Settings, SignIn
from ui.rendering import note_html, safe_text
from ui.session import show_problem, telling_problems
from ui.wording import Wording

_GRANT, _PASSWORD = "grant", "password"
_ADMIN = "admin"  # what the one who has the password is called
SIGN_IN = "sign-in"  # as the audit log has it
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")
_GUESSES = Guesses()  # of all sessions together


class Role(IntEnum):
    """What one may do; each also what those before it may."""

    READER = 1  # ask, open articles, judge answers and take them along
    ANALYST = 2  # explore, and ask in batches
    ADMIN = 3  # change the archive, and see who did


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads in this session.

    known: how that is known. called: the e-mail address or name, "" for one who has not signed in.
    role: None for no access.
    """

    known: SignIn
    called: str
    role: Role | None

    @property
    def name(self) -> str:
        """As the audit log has it: no name of one way of signing in passes for one of another."""
        return f"{self.known}: {self.called}"

    def may(self, role: Role) -> bool:
        return self.role is not None and self.role >= role


def require(settings: Settings, role: Role) -> None:
    """For the beginning of every action, and of every page that is not for all.

    Raises AccessDenied unless this session's reader has the role or one above it, and whatever
    `reader` does.
    """
    if not reader(settings).may(role):
        raise AccessDenied(role.name.lower())


def record(
    settings: Settings, action: str, about: str = "", outcome: Outcome = Outcome.BEGUN
) -> None:
    """Add what this session's reader does to the audit log. Raises AuditUnwritable: then it may
    not be done."""
    append(settings.index, reader(settings).name, action, outcome, about)


@contextmanager
def acting(settings: Settings, role: Role, action: str, about: str = "") -> Iterator[None]:
    """Require the role for the block, and record who begins it and how it ends.

    One who may not is recorded too. Raises AccessDenied or AuditUnwritable before the block.
    """
    try:
        require(settings, role)
    except AccessDenied:
        with suppress(AuditUnwritable):
            record(settings, action, about, Outcome.DENIED)
        raise
    with recorded(settings.index, reader(settings).name, action, about):
        yield


# --- Who it is --------------------------------------------------------------------------------


def reader(settings: Settings) -> Reader:
    """Who reads in this session, as the settings say that readers are known.

    The file of roles is read each time, so that what is changed there holds at once. Raises
    ServerUnsafe, PasswordMissing, RolesMissing, RolesInvalid or SignInUnavailable where that cannot
    be told: then nobody is let in.
    """
    check_server(settings, st.get_option("server.address"))
    known = settings.sign_in
    if known == SignIn.NONE:
        _refuse_from_elsewhere()
        return Reader(known, "localhost", Role.ADMIN)
    if known == SignIn.PASSWORD:
        if st.session_state.get(_GRANT) == _Grant(settings.admin_password):
            return Reader(known, _ADMIN, Role.ADMIN)
        return Reader(known, "", read_roles(settings).default if settings.roles else Role.READER)
    called = _called(known)
    role = read_roles(settings).of(called, _groups()) if called else None
    return Reader(known, called, role)


@dataclass(frozen=True, slots=True)
class _Grant:
    """That the password with this hash was given; of a type that no browser can send."""

    hashed: str


def _called(known: SignIn) -> str:
    """The reader's e-mail address, or the name that the proxy tells; "" for one not signed in."""
    if known == SignIn.OIDC:
        if "is_logged_in" not in st.user:
            raise SignInUnavailable("[auth]")
        # Where a provider has not verified an address, anyone may have claimed it.
        if not st.user["is_logged_in"] or str(st.user.get("email_verified")).lower() == "false":
            return ""
    return _folded(str(st.user.get("email") or ""))


def _groups() -> frozenset[str]:
    """The groups that are told of the reader: a list, or in a header names between commas."""
    told: object = st.user.get("groups")
    if isinstance(told, str):
        told = told.split(",")
    names = told if isinstance(told, list | tuple) else []
    return frozenset(_folded(name) for name in names if isinstance(name, str)) - {""}


def _folded(name: str) -> str:
    return name.strip().casefold()


# --- Roles ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Roles:
    """Who has which role. default: of those who are not named; None for no access."""

    default: Role | None = None
    people: Mapping[str, Role] = field(default_factory=dict)
    groups: Mapping[str, Role] = field(default_factory=dict)

    def of(self, name: str, groups: frozenset[str]) -> Role | None:
        """The person's own role; else the highest of the groups'; else the default."""
        if name in self.people:
            return self.people[name]
        return max((self.groups[one] for one in groups & self.groups.keys()), default=self.default)


def read_roles(settings: Settings) -> Roles:
    """The file of roles. Raises RolesInvalid, also for a word that means nothing there."""
    file = Path(settings.roles)
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
        people, groups = (_named(told.pop(part, {})) for part in ("people", "groups"))
        default = told.pop("default", None)
        roles = Roles(None if default is None else _role(default), people, groups)
    except OSError as error:
        raise RolesInvalid(file, (error.strerror or "").lower()) from None
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise RolesInvalid(file, str(error)) from None
    if told:
        raise RolesInvalid(file, ", ".join(told))
    return roles


def _named(part: Mapping[str, str]) -> dict[str, Role]:
    return {_folded(name): _role(role) for name, role in part.items()}


def _role(name: str) -> Role:
    return {role.name.lower(): role for role in Role}[name]


# --- The server -------------------------------------------------------------------------------


def check_server(settings: Settings, address: str | None) -> None:
    """Refuse to serve where readers could not be told apart, or could pass for others.

    address: what the server is bound to, None for every address of the machine. Raises
    ServerUnsafe, PasswordMissing, RolesMissing or RolesInvalid.
    """
    trusted = st.get_option("server.trustedUserHeaders") or {}
    local = is_loopback(address)
    if settings.sign_in == SignIn.NONE and not local:
        raise ServerUnsafe.open_to_all(address)
    if settings.sign_in == SignIn.PROXY and not local:
        raise ServerUnsafe.header_from_anyone(address)
    if settings.sign_in == SignIn.PROXY and "email" not in trusted.values():
        raise ServerUnsafe.no_header()
    if settings.sign_in != SignIn.PROXY and trusted:
        raise ServerUnsafe.header_for_nothing(settings.sign_in)
    if settings.sign_in == SignIn.PASSWORD and not is_hash(settings.admin_password):
        raise PasswordMissing
    if settings.sign_in in (SignIn.OIDC, SignIn.PROXY) and not settings.roles:
        raise RolesMissing(settings.sign_in)
    if settings.roles:
        read_roles(settings)


def is_loopback(address: str | None) -> bool:
    """Whether only this machine reaches a server that is bound to an address."""
    if address is None:
        return False
    if address == "localhost" or address.startswith("unix://"):
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def _refuse_from_elsewhere() -> None:
    """Where nobody is known, what comes through a proxy, or from another machine, is not
    answered: the server may be bound otherwise than it says."""
    told = next((name for name in _FORWARDED if name in st.context.headers), None)
    peer = st.context.ip_address
    if told or (isinstance(peer, str) and not is_loopback(peer)):
        raise ServerUnsafe.from_elsewhere(told or str(peer))


# --- Signing in and out -----------------------------------------------------------------------


def show_reader(settings: Settings, who: Reader, wording: Wording) -> None:
    """Who reads, and the way to sign in or out."""
    if settings.sign_in == SignIn.NONE:
        st.html(note_html(wording.open_to_this_machine))
        return
    role = wording.roles[who.role.name.lower()] if who.role else wording.no_role
    st.html(note_html(*([who.called] if who.called not in ("", _ADMIN) else []), role))
    if settings.sign_in == SignIn.PASSWORD and not who.called:
        st.text_input(
            wording.as_admin,
            key=_PASSWORD,
            type="password",
            max_chars=LONGEST,
            on_change=_give_password,
            args=(settings,),
        )
    elif settings.sign_in == SignIn.PASSWORD:
        st.button(wording.sign_out, key="sign_out", on_click=_forget_password)
    elif settings.sign_in == SignIn.OIDC and st.user["is_logged_in"]:
        st.button(wording.sign_out, key="sign_out", on_click=st.logout)
    elif settings.sign_in == SignIn.OIDC:
        st.button(wording.sign_in, key="sign_in", type="primary", on_click=_log_in)


@contextmanager
def showing_problems(wording: Wording) -> Iterator[None]:
    """Show what keeps the block from going on, where that is an error the user can cure."""
    try:
        yield
    except AccessDenied as error:
        needed = wording.roles[error.needed]
        st.info(safe_text(wording.only_for.format(needed)), icon=":material/lock:")
    except ArchiveError as error:
        show_problem(error, wording)


def _forget_password() -> None:
    st.session_state.pop(_GRANT, None)


def _give_password(settings: Settings) -> None:
    given = st.session_state[_PASSWORD]
    st.session_state[_PASSWORD] = ""
    if not given or reader(settings).may(Role.ADMIN):  # a browser may send it twice
        return
    with telling_problems():
        try:
            _GUESSES.check(settings.admin_password, given)
        except PasswordWrong:
            with suppress(AuditUnwritable):
                record(settings, SIGN_IN, outcome=Outcome.DENIED)
            raise
        admin = Reader(settings.sign_in, _ADMIN, Role.ADMIN)
        append(settings.index, admin.name, SIGN_IN, Outcome.DONE)
        st.session_state[_GRANT] = _Grant(settings.admin_password)


def _log_in() -> None:
    with telling_problems():
        try:
            st.login()
        except StreamlitAuthError as error:
            raise SignInUnavailable(str(error)) from None
