"""The admin's password: kept as a hash, and slow to guess."""

import pytest

from archive.errors import GuessedTooSoon, PasswordTooShort, PasswordWrong
from archive.passwords import LONGEST, LONGEST_WAIT, SHORTEST, Guesses, hash_password, is_hash

PASSWORD = "a quay, a crane, a gull"
HASHED = hash_password(PASSWORD)


class Clock:
    """Seconds that pass only when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_hash_is_argon2id_as_rfc_9106_recommends_it() -> None:
    assert HASHED.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert PASSWORD not in HASHED
    assert is_hash(HASHED)
    assert hash_password(PASSWORD) != HASHED


@pytest.mark.parametrize(
    "text",
    ["", PASSWORD, "$argon2id$", HASHED.replace("argon2id", "argon2i"), HASHED[:40]],
    ids=["nothing", "a password", "a name", "another kind", "half a hash"],
)
def test_nothing_else_passes_for_a_hash(text: str) -> None:
    assert not is_hash(text)
    with pytest.raises(PasswordWrong):
        Guesses(Clock()).check("", text)


def test_a_short_password_is_refused_with_the_cure() -> None:
    for short in ("", " " * 40, "x" * (SHORTEST - 1), "x" * (SHORTEST - 1) + "\n"):
        with pytest.raises(PasswordTooShort, match="sentence of your own"):
            hash_password(short)
    assert is_hash(hash_password("x" * SHORTEST))


@pytest.mark.parametrize(
    "text",
    ["", PASSWORD[:-1], PASSWORD.upper(), PASSWORD + "s", HASHED],
    ids=["nothing", "a letter less", "capitals", "a letter more", "the hash"],
)
def test_only_the_password_passes(text: str) -> None:
    Guesses(Clock()).check(HASHED, PASSWORD)
    with pytest.raises(PasswordWrong):
        Guesses(Clock()).check(HASHED, text)


@pytest.mark.parametrize(
    ("kept", "given_now"),
    [
        ("l’été à la plage", "l’e\u0301te\u0301 a\u0300 la plage"),
        ("quinze lettres!", "quinze lettres!\n"),
        ("x" * LONGEST, "x" * LONGEST + "more"),
        ("a lone \ud800 surrogate", "a lone \ud800 surrogate"),
    ],
)
def test_however_a_keyboard_composes_it(kept: str, given_now: str) -> None:
    Guesses(Clock()).check(hash_password(kept), given_now)


def test_after_each_wrong_one_the_next_waits_twice_as_long() -> None:
    clock = Clock()
    guesses = Guesses(clock)
    for wait in (1, 2, 4, 8, 16, 32, LONGEST_WAIT, LONGEST_WAIT):
        with pytest.raises(PasswordWrong):
            guesses.check(HASHED, "wrong")
        for tried in ("wrong", PASSWORD):
            with pytest.raises(GuessedTooSoon) as caught:
                guesses.check(HASHED, tried)
            assert caught.value.seconds == wait
        clock.now += wait - 0.5
        with pytest.raises(GuessedTooSoon, match="in 1 s"):
            guesses.check(HASHED, PASSWORD)
        clock.now += 0.5
    guesses.check(HASHED, PASSWORD)
    guesses.check(HASHED, PASSWORD)
    with pytest.raises(PasswordWrong):
        guesses.check(HASHED, "wrong")
    with pytest.raises(GuessedTooSoon, match="in 1 s"):
        guesses.check(HASHED, PASSWORD)
