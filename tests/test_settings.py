"""The settings: read once, checked, frozen, and named in the fingerprint where they shape."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from archive.errors import SettingInvalid
from archive.settings import Settings


def test_the_environment_names_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMUNIQUE_ARTICLES", "/somewhere")
    monkeypatch.setenv("COMMUNIQUE_PASSAGE_TOKENS", "100")
    settings = Settings.from_environment()
    assert (settings.articles, settings.passage_tokens) == (Path("/somewhere"), 100)
    assert settings.index == Path("data/index")


def test_what_is_chosen_at_the_door_goes_before_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COMMUNIQUE_INDEX", "/from-environment")
    assert Settings.from_environment(index=Path("/chosen")).index == Path("/chosen")
    assert Settings.from_environment(index=None).index == Path("/from-environment")


@pytest.mark.parametrize(
    ("name", "value"),
    [("PASSAGE_TOKENS", "many"), ("PASSAGE_TOKENS", "31"), ("PASSAGE_TOKENS", "481"),
     ("MODEL", ""), ("HOSTS", "one two"), ("HOSTS", "https://one"), ("LOG_QUESTIONS", "some")],
)  # fmt: skip
def test_a_value_that_cannot_be_used_is_named_with_its_cure(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"COMMUNIQUE_{name}", value)
    with pytest.raises(SettingInvalid, match=rf"^COMMUNIQUE_{name} .*Correct it or unset it\.$"):
        Settings.from_environment()


@pytest.mark.parametrize(
    ("hosts", "names"),
    [("", ()), ("one", ("one",)), ("a.org , b.org:80,::1", ("a.org", "b.org:80", "::1"))],
)
def test_hosts_are_parted_by_commas(hosts: str, names: tuple[str, ...]) -> None:
    assert Settings.from_environment(hosts=hosts).names == names


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Settings.from_environment().model = "other"


@pytest.mark.parametrize("change", [{"model": "other"}, {"passage_tokens": 100}])
def test_a_setting_that_shapes_the_index_changes_its_fingerprint(change: dict[str, Any]) -> None:
    assert (
        Settings.from_environment(**change).fingerprint != Settings.from_environment().fingerprint
    )


@pytest.mark.parametrize("field", ["articles", "index", "models"])
def test_where_things_lie_does_not_change_the_fingerprint(field: str) -> None:
    usual = Settings.from_environment().fingerprint
    assert Settings.from_environment(**{field: Path("/elsewhere")}).fingerprint == usual
    assert len(usual) == 12
