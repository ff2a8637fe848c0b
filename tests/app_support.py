"""What the tests of the browser side share: one archive, indexed once, and the app over it."""

import atexit
import html
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from archive.encoder import open_encoder
from archive.settings import Settings
from indexer.pipeline import build_index

REPOSITORY = Path(__file__).resolve().parent.parent
MODELS = REPOSITORY / "data" / "models"

FINLAND = "When did Finland become a member of NATO?"
APPLE_PIE = "Quelle est la recette de la tarte aux pommes ?"

HOSTILE_TITLE = (
    "Zanzibar :material/home: :material_home: :streamlit: :smile: :red[loud] **bold** "
    "[link](https://example.org) ![image](https://example.org/x.png) $x^2$ www.example.org "
    "<img src=x onerror=alert(1)>"
)
HOSTILE = (
    f"{HOSTILE_TITLE}\n"
    "The harbour of Zanzibar was closed on Monday </p><script>alert(1)</script>.\n"
)


@dataclass(frozen=True, slots=True)
class Archive:
    """A folder of articles and the index built from it."""

    articles: Path
    index: Path

    def settings(self) -> Settings:
        return Settings.from_environment(articles=self.articles, index=self.index, models=MODELS)

    def environment(self) -> dict[str, str]:
        return {
            "COMMUNIQUE_ARTICLES": str(self.articles),
            "COMMUNIQUE_INDEX": str(self.index),
            "COMMUNIQUE_MODELS": str(MODELS),
        }

    def copied_to(self, folder: Path) -> "Archive":
        shutil.copytree(self.articles, folder / "articles")
        shutil.copytree(self.index, folder / "index")
        return Archive(folder / "articles", folder / "index")


@lru_cache(maxsize=1)
def indexed_archive() -> Archive:
    """The sample articles, a hostile one, a copy of one, and two files that are refused."""
    folder = Path(tempfile.mkdtemp(prefix="communique-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    articles = folder / "articles"
    shutil.copytree(REPOSITORY / "data" / "articles", articles)
    (articles / "pirate").mkdir()
    (articles / "pirate" / "hostile.txt").write_text(HOSTILE, encoding="utf-8")
    (articles / "pirate" / "empty.txt").write_text("", encoding="utf-8")
    (articles / "pirate" / "picture.png").write_bytes(b"\x89PNG")
    finland = articles / "nato-press" / "002_finland-joins-as-31st-member.txt"
    shutil.copy(finland, finland.with_name("900_copy.txt"))
    archive = Archive(articles, folder / "index")
    build_index(archive.settings(), open_encoder(archive.settings()))
    return archive


def open_app(
    monkeypatch: pytest.MonkeyPatch,
    archive: Archive,
    address: Mapping[str, str | Sequence[str]] | None = None,
    *,
    locale: str = "en-GB",
    user: Mapping[str, object] | None = None,
) -> AppTest:
    """The app over an archive, opened at an address by a browser of that locale.

    user: what `st.user` tells, where someone has signed in.
    """
    for name, value in archive.environment().items():
        monkeypatch.setenv(name, value)
    app = AppTest.from_file(str(REPOSITORY / "app.py"), default_timeout=60)
    app.user = dict(user or {})
    app.context = {"locale": locale, "timezone": "Europe/Paris"}
    for name, told in (address or {}).items():
        app.query_params[name] = told if isinstance(told, str) else list(told)
    return calm(app.run())


def calm(app: AppTest) -> AppTest:
    """The app, once it is sure that its last run raised nothing."""
    assert not app.exception, app.exception
    return app


def address_of(app: AppTest) -> dict[str, list[str]]:
    """Every value of each parameter in the address."""
    told = {name: app.query_params[name] for name in app.query_params}
    return {name: [one] if isinstance(one, str) else list(one) for name, one in told.items()}


def markup(app: AppTest) -> str:
    """All the HTML that a page shows."""
    return "\n".join(str(element.value) for element in app.html)


def marked(app: AppTest) -> str | None:
    """The words lit up in the open article, None where no article is open."""
    panes = [str(one.value) for one in app.html if 'class="article"' in str(one.value)]
    if not panes:
        return None
    return html.unescape("".join(re.findall(r"<mark[^>]*>(.*?)</mark>", panes[0])))


def quotations(app: AppTest) -> list[str]:
    found = re.findall(r"<blockquote[^>]*>(.*?)</blockquote>", markup(app))
    return [html.unescape(one) for one in found]
