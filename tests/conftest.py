"""What several tests need: the packaged model, and the sample archive read once."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from app_support import indexed_archive
from browser_support import launched, served
from fakes import furniture_of
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser

from archive.documents import Document
from archive.encoder import Encoder, open_encoder
from archive.packaged_model import prepare_packaged_model
from archive.settings import PREFIX, Settings
from indexer.gathering import document_of
from indexer.reading import SourceFile, read_files

os.environ["HF_HUB_OFFLINE"] = "1"
for chosen in [name for name in os.environ if name.startswith(PREFIX)]:
    del os.environ[chosen]  # the tests choose for themselves

hypothesis_settings.register_profile("archive", deadline=None, max_examples=100)
hypothesis_settings.load_profile("archive")


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def model_folder(repository: Path) -> Path:
    """The packaged model, prepared once for all runs."""
    return prepare_packaged_model(repository / "data" / "models")


@pytest.fixture(scope="session")
def encoder(model_folder: Path) -> Encoder:
    """The packaged model as the product uses it, loaded once."""
    return open_encoder(Settings.from_environment(models=model_folder.parent))


@pytest.fixture(scope="session")
def sample(repository: Path) -> dict[str, Document]:
    """The articles of the sample archive by path, furniture out."""
    read = list(read_files(repository / "data" / "articles"))
    files = [one for one in read if isinstance(one, SourceFile)]
    assert len(files) == len(read)
    furniture = furniture_of({file.path: file.text for file in files})
    documents = {file.path: document_of(file, furniture) for file in files}
    return {path: document for path, document in documents.items() if document is not None}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of the app over the archive of the browser side's tests."""
    with served(indexed_archive()) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as chromium:
        yield chromium
