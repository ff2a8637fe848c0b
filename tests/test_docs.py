"""The documentation names what there is, and all of it."""

import argparse
import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest

import cli
from archive.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parent.parent
PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*(?:\.(?:py|md|npy|jsonl|toml|txt|png)|/)")
# In code, as a word of a command: `make x`, or an indented line that begins with it.
IN_CODE = r"(?:`|^ {4})%s ([a-z-]+)"
# Folders of one machine, and addresses that packages come from.
MACHINE = re.compile(r"(?<![\w./~-])/(?:work|home|root|Users|mnt|opt|tmp)/\w")
REGISTRY = re.compile(
    r"[-_](?:index|host)[-_]?(?:url|name)|(?:extra|trusted)-(?:index|host)|find[-]links"
    r"|pythonhosted\.org|/[s]imple\b|registry\.(?:npmjs|yarnpkg)"
    r"|(?<![\d.])(?:10\.\d+|192\.168)\.\d+\.\d+(?![\d.])"
)


@cache
def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def tracked() -> list[str]:
    """Every file that git keeps or would keep."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    return sorted(name for name in set(listed.stdout.split("\0")) if (ROOT / name).is_file())


def written() -> list[str]:
    return [name for name in tracked() if name.endswith(".md")]


@cache
def commands() -> dict[str, argparse.ArgumentParser]:
    """The parser of each command by its name."""
    for action in cli._parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def sources() -> list[str]:
    """The Python files that are packaged, as pyproject.toml lists them."""
    packaged = tomllib.loads(text("pyproject.toml"))["tool"]["setuptools"]
    found = [f"{module}.py" for module in packaged["py-modules"]]
    for package in packaged["packages"]:
        found += [file.relative_to(ROOT).as_posix() for file in (ROOT / package).rglob("*.py")]
    return sorted(name for name in found if not name.endswith("__init__.py"))


def paths(name: str) -> set[str]:
    """The code spans of a page that are the path of a file, or of a folder by its slash."""
    spans = re.findall(r"`([^`\n]+)`", text(name))
    return {span for span in spans if PATH.fullmatch(span)}


def anchors(name: str) -> set[str]:
    """The headings of a page as GitHub links to them."""
    headings = re.findall(r"^#+ (.+)$", text(name), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


# --- Commands ------------------------------------------------------------------------------------


def test_there_are_the_commands_of_the_contract() -> None:
    assert set(commands()) == {
        "index", "import", "watch", "cancel", "search", "ask", "similar", "status", "verify",
        "snapshots", "diff", "rollback", "backup", "restore", "furniture", "evaluate",
        "change-model", "feedback", "audit", "password",
    }  # fmt: skip


@pytest.mark.parametrize("command", commands())
def test_every_command_is_in_the_readme(command: str) -> None:
    assert re.search(rf"`communique {command}\b", text("README.md"))


@pytest.mark.parametrize("name", [*written(), "archive/errors.py"])
def test_every_command_that_is_named_exists(name: str) -> None:
    named = re.findall(r"\bcommunique ([a-z]+(?:-[a-z]+)*)\b", text(name))
    assert set(named) <= set(commands())


@pytest.mark.parametrize("name", written())
def test_every_option_of_a_command_that_is_named_exists(name: str) -> None:
    for command, rest in re.findall(r"`communique ([a-z]+(?:-[a-z]+)*)([^`\n]*)`", text(name)):
        for option in re.findall(r"(?<!\S)--[a-z-]+", rest):
            assert option in commands()[command].format_help(), (command, option)


# --- Make ----------------------------------------------------------------------------------------


def helped() -> set[str]:
    """The targets that `make help` lists, as it lists them."""
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, check=True, text=True)
    return set(re.findall(r"^make ([a-z-]+) ", told.stdout, flags=re.MULTILINE))


def test_the_readme_and_make_help_list_the_same_targets() -> None:
    named = re.findall(IN_CODE % "make", text("README.md"), flags=re.MULTILINE)
    assert set(named) == helped()


@pytest.mark.parametrize("name", [*written(), "archive/errors.py", "evaluation/run.py"])
def test_every_target_that_is_named_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), flags=re.MULTILINE))
    assert helped() <= targets
    assert set(re.findall(IN_CODE % "make", text(name), flags=re.MULTILINE)) <= targets


# --- Settings ------------------------------------------------------------------------------------


def test_the_readme_lists_every_setting_with_its_default_and_no_other() -> None:
    rows = re.findall(rf"^\| `{PREFIX}(\w+)` \|.*\| `([^`]+)` \|$", text("README.md"), re.MULTILINE)
    assert {name.lower(): default for name, default in rows} == {
        name: str(field.default) or "none" for name, field in Settings.model_fields.items()
    }


@pytest.mark.parametrize("name", [*written(), "archive/errors.py"])
def test_every_setting_that_is_named_exists(name: str) -> None:
    named = re.findall(rf"\b{PREFIX}([A-Z]+(?:_[A-Z]+)*)", text(name))
    assert {one.lower() for one in named} <= set(Settings.model_fields)


# --- Files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", sources())
def test_every_source_file_is_named_in_the_architecture(source: str) -> None:
    assert source in paths("docs/architecture.md")


@pytest.mark.parametrize("name", [name for name in written() if name != "CHANGELOG.md"])
def test_every_file_that_is_named_exists(name: str) -> None:
    kept = tracked()
    for path in paths(name):
        if path.endswith("/"):
            assert any(one.startswith(path) for one in kept), path
        elif "/" in path:
            assert path in kept, path


def test_the_pages_of_the_project_are_written() -> None:
    assert {
        "README.md", "CHANGELOG.md", "docs/architecture.md", "docs/evaluation.md",
    } <= set(written())  # fmt: skip


@pytest.mark.parametrize("name", written())
def test_every_link_leads_somewhere(name: str) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", text(name)):
        if re.match(r"https?://|mailto:", link):
            continue
        path, _, anchor = link.partition("#")
        there = ((ROOT / name).parent / path).resolve() if path else ROOT / name
        assert there.is_relative_to(ROOT), link
        assert there.exists(), link
        if anchor:
            assert anchor in anchors(there.relative_to(ROOT).as_posix()), link


@pytest.mark.parametrize("name", written())
def test_no_page_is_left_unfinished(name: str) -> None:
    unfinished = r"\b(?:TODO|FIXME|TBD)\b|^[A-Z]{5,}$|: [A-Z]{5,}$"
    assert not re.search(unfinished, text(name), flags=re.MULTILINE)


def test_no_file_names_a_place_of_one_machine_or_of_one_registry() -> None:
    found = []
    for name in tracked():
        try:
            lines = text(name).splitlines()
        except UnicodeDecodeError:
            continue  # not text
        found += [
            f"{name}: {line}" for line in lines if MACHINE.search(line) or REGISTRY.search(line)
        ]
    assert found == []
