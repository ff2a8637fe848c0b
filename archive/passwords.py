"""The one password of a small place: its hash, and guessing made slow."""

import threading
import time
import unicodedata
from collections.abc import Callable
from math import ceil

from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from archive.errors import GuessedTooSoon, PasswordTooShort, PasswordWrong
from archive.text import well_formed

SHORTEST = 15  # characters: NIST SP 800-63B-4, for a password alone
LONGEST = 1000
LONGEST_WAIT = 60  # seconds

# Argon2id with 64 MiB and three passes, the second recommendation of RFC 9106.
_HASHER = PasswordHasher()


def hash_password(password: str) -> str:
    """What the settings keep of a password; another text each time. Raises PasswordTooShort."""
    normal = _normal(password)
    if len(normal) < SHORTEST:
        raise PasswordTooShort(SHORTEST)
    return _HASHER.hash(normal)


def is_hash(text: str) -> bool:
    """Whether a text is what `hash_password` gives."""
    try:
        return extract_parameters(text).type is Type.ID
    except InvalidHashError:
        return False


class Guesses:
    """Passwords that are tried, one at a time, whoever tries them.

    After the n-th wrong one in a row 2 ** (n - 1) seconds must pass before the next is looked at,
    LONGEST_WAIT at most; a right one begins anew. clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._wrong = 0
        self._next = float("-inf")

    def check(self, hashed: str, password: str) -> None:
        """Raises PasswordWrong, or GuessedTooSoon for one that was not looked at."""
        with self._lock:
            wait = self._next - self._clock()
            if wait > 0:
                raise GuessedTooSoon(ceil(wait))
            if not _matches(hashed, password):
                self._next = self._clock() + min(2**self._wrong, LONGEST_WAIT)
                self._wrong += 1
                raise PasswordWrong
            self._wrong = 0


def _matches(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, _normal(password))
    except (VerificationError, InvalidHashError):
        return False


def _normal(password: str) -> str:
    """The same characters however a keyboard composes them, of the first LONGEST."""
    return unicodedata.normalize("NFKC", well_formed(password[:LONGEST])).strip()
