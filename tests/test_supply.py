"""What comes with the product: nothing that runs by being read; all pinned, hashed and named."""

import ast
import importlib.metadata
import json
import os
import pickle
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from fakes import WordHashEncoder, write_pages
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from test_architecture import SOURCES
from transformers import BertConfig, BertForSequenceClassification, BertModel, BertTokenizer

from archive.documents import Question
from archive.encoder import SentenceTransformerEncoder
from archive.errors import ModelUnavailable, RerankerUnavailable
from archive.settings import Settings
from archive.snapshot import kept_snapshots
from indexer.pipeline import build_index
from retriever.engine import open_engine
from retriever.reranking import CrossEncoderReranker

ROOT = Path(__file__).resolve().parent.parent

# --- Nothing is run by being read ----------------------------------------------------------------

UNPICKLING = {
    "pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve",
    "jsonpickle", "pickletools",
}  # fmt: skip
RUNNING = {"eval", "exec", "compile", "__import__"}
LOADING = {
    "torch.load", "pd.read_pickle", "pandas.read_pickle", "yaml.load", "yaml.unsafe_load",
    "yaml.full_load",
}  # fmt: skip
ALLOWED = {"allow_pickle": False, "trust_remote_code": False, "weights_only": True}


def unsafe(code: str) -> list[str]:
    """What in a source could run what a file or a model says, line by line."""
    found = []
    for node in ast.walk(ast.parse(code)):
        line = getattr(node, "lineno", 0)
        named: list[str] = []
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            named = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        if UNPICKLING & {part for name in named for part in name.split(".")}:
            found.append(f"{line}: imports {named}")
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in RUNNING | LOADING:
                found.append(f"{line}: {called}")
            for one in node.keywords:
                told = one.value.value if isinstance(one.value, ast.Constant) else "?"
                if one.arg in ALLOWED and told is not ALLOWED[one.arg]:
                    found.append(f"{line}: {one.arg}={told!r}")
    return found


@pytest.mark.parametrize("source", SOURCES)
def test_no_source_runs_what_a_file_says(source: str) -> None:
    assert unsafe((ROOT / source).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "code",
    [
        "import pickle", "from joblib import load", "import six.moves.cPickle", "import dill as d",
        "np.load(file, allow_pickle=True)", "np.load(file, allow_pickle=chosen)", "torch.load(f)",
        "AutoModel.from_pretrained(name, trust_remote_code=True)", "eval(words)", "exec(words)",
        "torch.load(f, weights_only=False)", "pd.read_pickle(f)", "yaml.load(f)",
        "def f():\n    from sklearn.externals import joblib", "__import__(name)",
    ],
)  # fmt: skip
def test_each_way_to_run_what_a_file_says_is_found(code: str) -> None:
    assert unsafe(code)


class Marking:
    """What leaves a mark when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self._mark),)


def planted(folder: Path, mark: Path) -> None:
    """Put files into a folder that leave a mark when they are unpickled or imported."""
    evil = pickle.dumps(Marking(mark))
    code = f"import os\nos.mkdir({str(mark)!r})\nclass Evil: pass\n"
    for name in (
        "pytorch_model.bin",
        "index.pkl",
        "model.pkl",
        "optimizer.pt",
        "training_args.bin",
    ):
        (folder / name).write_bytes(evil)
    for name in ("modeling_x.py", "configuration_x.py", "custom_generate.py", "__init__.py"):
        (folder / name).write_text(code)


def test_what_is_planted_leaves_its_mark_when_it_is_run(tmp_path: Path) -> None:
    planted(tmp_path, tmp_path / "mark")
    pickle.loads((tmp_path / "index.pkl").read_bytes())
    assert (tmp_path / "mark").is_dir()


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    return tmp_path / "mark"


@pytest.fixture
def model(tmp_path: Path, mark: Path) -> Path:
    """A small model of random weights in safetensors, with planted files beside them."""
    folder = tmp_path / "model"
    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "ferry", "tug"]
    (folder / "vocab.txt").write_text("\n".join(words))
    shape = BertConfig(  # type: ignore[call-arg]
        vocab_size=len(words), hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=32, num_labels=1,
    )  # fmt: skip
    BertModel(shape).save_pretrained(folder)
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    planted(folder, mark)
    return folder


def encoded(model: Path) -> None:
    SentenceTransformerEncoder("mine", str(model)).encode_question("ferry")


def changed(file: Path, **facts: object) -> None:
    told = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps({**told, **facts}))


def test_a_model_is_read_past_what_is_planted_beside_it(model: Path, mark: Path) -> None:
    encoded(model)
    assert not mark.exists()


@pytest.mark.parametrize("kind", ["auto_map", "unknown", "modules", "pickled", "pickled part"])
def test_a_model_that_asks_for_code_or_pickles_is_refused(
    model: Path, mark: Path, kind: str
) -> None:
    config = model / "config.json"
    if kind == "auto_map":
        told = {"AutoConfig": "configuration_x.Evil", "AutoModel": "modeling_x.Evil"}
        changed(config, auto_map=told, model_type="evil")
    elif kind == "unknown":
        changed(config, model_type="modeling_x", architectures=["Evil"])
    elif kind == "modules":
        modules = [{"idx": 0, "name": "0", "path": "", "type": "modeling_x.Evil"}]
        (model / "modules.json").write_text(json.dumps(modules))
    elif kind == "pickled":
        (model / "model.safetensors").unlink()
    else:
        (model / "2_Dense").mkdir()
        (model / "2_Dense" / "pytorch_model.bin").write_bytes(pickle.dumps(Marking(mark)))
    with pytest.raises(ModelUnavailable):
        encoded(model)
    assert not mark.exists()


def test_a_cross_encoder_is_held_to_the_same(model: Path, mark: Path) -> None:
    BertForSequenceClassification.from_pretrained(model).save_pretrained(model)
    CrossEncoderReranker(str(model)).scores("ferry", ["tug"])
    assert not mark.exists()
    other = model.parent / "other"
    model.rename(other)
    (other / "model.safetensors").unlink()
    with pytest.raises(RerankerUnavailable):
        CrossEncoderReranker(str(other)).scores("ferry", ["tug"])
    assert not mark.exists()


def test_nothing_planted_in_the_index_is_run(tmp_path: Path, mark: Path) -> None:
    chosen = Settings.from_environment(
        articles=tmp_path / "articles", index=tmp_path / "index", model="word-hash"
    )
    write_pages(chosen.articles, {"a.txt": "The ferry left the port of Riga."})
    build_index(chosen, WordHashEncoder())
    for folder in (chosen.index, *chosen.index.glob("snapshot-*"), chosen.articles):
        planted(folder, mark)
    assert open_engine(chosen, WordHashEncoder()).search(Question("ferry"), 1)
    assert [one.problem for one in kept_snapshots(chosen.index, deep=True)] == [None]
    build_index(chosen, WordHashEncoder())
    assert not mark.exists()


# --- Everything is pinned, hashed and named -------------------------------------------------------


@cache
def pinned(name: str) -> dict[str, str]:
    """The versions that a list of requirements pins, by canonical name."""
    found = re.findall(r"^([\w.-]+)==([^\s\\;]+)", (ROOT / name).read_text(), flags=re.MULTILINE)
    return {canonicalize_name(package): version for package, version in found}


@cache
def closure(*names: str) -> dict[str, str]:
    """What is installed of some lists and of what that needs, by canonical name: its version."""
    waiting = [Requirement(f"{one}=={version}") for name in names
               for one, version in pinned(name).items()]  # fmt: skip
    found: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        wanted = waiting.pop()
        key = canonicalize_name(wanted.name), frozenset(wanted.extras)
        if key in seen:
            continue
        seen.add(key)
        one = importlib.metadata.distribution(wanted.name)
        found[key[0]] = one.version.partition("+")[0]
        for told in map(Requirement, one.requires or []):
            extras = wanted.extras or {""}
            if not told.marker or any(told.marker.evaluate({"extra": one}) for one in extras):
                waiting.append(told)
    return found


RUNS, TESTS = "requirements.txt", "requirements-test.txt"


def test_everything_that_is_installed_is_pinned() -> None:
    assert closure(RUNS, TESTS).items() <= pinned("constraints.txt").items()
    assert closure(RUNS, TESTS).keys() == pinned("constraints.txt").keys()


@pytest.mark.parametrize(
    ("lock", "names"), [("requirements.lock", RUNS), ("requirements-test.lock", TESTS)]
)
def test_every_pinned_package_but_torch_has_its_hashes(lock: str, names: str) -> None:
    locked = pinned(lock)
    assert locked.keys() >= closure(names).keys() - {"torch"}
    assert locked.items() <= pinned("constraints.txt").items()
    assert "torch" not in locked
    blocks = re.split(r"\n(?=\w)", (ROOT / lock).read_text().strip())
    hashed = [one for one in blocks if re.match(r"[\w.-]+==", one)]
    assert len(hashed) == len(locked)
    for block in hashed:
        assert re.fullmatch(
            r"[\w.-]+==\S+( ; [^\\]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+(\n# .*)*",
            block.strip(),
        ), block[:200]


def test_installing_compares_the_hashes() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for lock in ("requirements.lock", "requirements-test.lock"):
        assert f"--require-hashes --no-deps -r {lock}" in makefile


def test_the_bill_of_materials_names_all_that_is_installed(tmp_path: Path) -> None:
    told = re.search(
        r"cyclonedx-py (environment [^\n]*\\\n[^\n]*?) -o", (ROOT / "Makefile").read_text()
    )
    assert told
    options = told[1].replace("\\\n", " ").split()
    subprocess.run(
        [sys.executable, "-m", "cyclonedx_py", *options, "--no-validate",
         "-o", tmp_path / "bom.json", sys.executable],
        cwd=ROOT, check=True, timeout=280, capture_output=True,
    )  # fmt: skip
    bill = json.loads((tmp_path / "bom.json").read_text())
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "communique"
    named = {
        canonicalize_name(one["name"]): one["version"].partition("+")[0]
        for one in bill["components"]
    }
    assert closure(RUNS).items() <= named.items()
    told_by_licence = [one for one in bill["components"] if one.get("licenses")]
    assert len(told_by_licence) > 0.9 * len(bill["components"])


# --- Licences ---------------------------------------------------------------------------------


@cache
def licences() -> str:
    return (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")


def test_the_licence_of_every_package_is_noted() -> None:
    rows = re.findall(r"^\| ([\w.-]+) \| .+ \| \S.* \|$", licences(), flags=re.MULTILINE)
    of_its_own = {canonicalize_name(name) for name in rows} - {"package"}
    assert of_its_own == pinned(RUNS).keys()
    rest = re.findall(r"^\| [^|]+ \| ([^|]+) \|$", licences(), flags=re.MULTILINE)
    together = {canonicalize_name(name) for row in rest for name in row.split(", ")}
    assert together - {"packages"} == closure(RUNS).keys() - of_its_own


@pytest.mark.parametrize("package", sorted(closure(RUNS)))
def test_no_licence_binds_the_code_that_uses_a_package(package: str) -> None:
    facts = importlib.metadata.metadata(package).json
    told, classified = str(facts.get("license_expression", "")), str(facts.get("classifier", ""))
    assert "AGPL" not in told
    if "GPL" in told:
        assert " OR " in told
    if "General Public License" in classified:
        assert "Mozilla Public License" in classified
