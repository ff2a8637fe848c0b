"""What stands around an open article: what a quotation leans on, and other articles like it."""

import html
import re
from pathlib import Path

import pytest
from app_support import Archive, address_of, calm, indexed_archive, marked, markup, open_app
from app_support import quotations as quoted
from fakes import write_pages
from streamlit.testing.v1 import AppTest

from archive.encoder import Encoder
from indexer.pipeline import build_index
from retriever.engine import Engine, open_engine
from ui.article import SIMILAR
from ui.rendering import safe_text
from ui.wording import ENGLISH, FRENCH, Wording

TREATY = "nato-press/001_washington-treaty-and-article-5.txt"
# Answered by "It came into force on ...", which leans on the sentence that names the treaty.
RATIFIED = "It came into force on 24 August, once the signatories had ratified it?"


@pytest.fixture
def archive() -> Archive:
    return indexed_archive()


@pytest.fixture(scope="module")
def engine(encoder: Encoder) -> Engine:
    return open_engine(indexed_archive().settings(), encoder)


def lit(app: AppTest, opening: str) -> list[str]:
    """The words in every element of the page that opens so."""
    return [html.unescape(one) for one in re.findall(rf"<{opening}[^>]*>(.*?)</", markup(app))]


def others(app: AppTest) -> list[str]:
    """The labels of the other articles below the one that is open, in order."""
    return [one.label for one in app.button if str(one.key).startswith("similar_")]


# --- Context -------------------------------------------------------------------------------------


def test_the_sentence_before_stands_by_the_quotation_and_faintly_in_the_article(
    monkeypatch: pytest.MonkeyPatch, archive: Archive, engine: Engine
) -> None:
    app = open_app(monkeypatch, archive, {"q": RATIFIED, "src": "nato-press", "lang": "en"})
    n, quote = next(
        (n, one) for n, one in enumerate(quoted(app), start=1) if one.startswith("It came into")
    )
    [before] = lit(app, 'p class="context"')
    assert before.startswith("The North Atlantic Treaty was signed in Washington")
    assert before not in quoted(app)
    assert ENGLISH.context in html.unescape(markup(app))
    assert f"{before} {quote}" in engine.document(TREATY).text
    calm(app.button(key=f"citation_{n}").click().run())
    assert lit(app, 'span class="faint"') == [before]
    assert marked(app) == quote


# --- Other articles ------------------------------------------------------------------------------


@pytest.mark.parametrize("wording", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_the_nearest_other_articles_stand_below_an_open_one(
    monkeypatch: pytest.MonkeyPatch, archive: Archive, engine: Engine, wording: Wording
) -> None:
    app = open_app(monkeypatch, archive, {"doc": TREATY, "ui": wording.language})
    expected = [one.document for one in engine.similar(TREATY, SIMILAR)]
    assert others(app) == [safe_text(one.title) for one in expected]
    assert len(expected) == SIMILAR
    assert wording.similar in [one.value for one in app.subheader]
    for document in expected:
        day = document.published
        told = wording.day(day) if day else wording.date_unknown
        assert f"<bdi>{wording.name_of(document.language)}</bdi> · <bdi>{told}" in markup(app)


def test_another_article_opens_by_the_address_and_the_question_stays(
    monkeypatch: pytest.MonkeyPatch, archive: Archive, engine: Engine
) -> None:
    app = open_app(monkeypatch, archive, {"q": "Who signed?", "doc": TREATY, "at": "0-10"})
    [first, *_] = engine.similar(TREATY, SIMILAR)
    calm(app.button(key="similar_1").click().run())
    assert address_of(app) == {"q": ["Who signed?"], "doc": [first.document.path]}
    assert marked(app) == ""
    assert html.escape(first.document.title) in markup(app)
    assert others(app) == [
        safe_text(one.document.title) for one in engine.similar(first.document.path, SIMILAR)
    ]
    calm(app.button(key="close_article").click().run())
    assert others(app) == []


def test_an_article_alone_in_its_archive_has_no_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, encoder: Encoder
) -> None:
    alone = Archive(tmp_path / "articles", tmp_path / "index")
    write_pages(alone.articles, {"cork/ferry.txt": "A ferry ran aground off the rocks of Cork.\n"})
    build_index(alone.settings(), encoder)
    app = open_app(monkeypatch, alone, {"doc": "cork/ferry.txt", "ui": "en"})
    assert marked(app) == ""
    assert others(app) == []
    assert ENGLISH.similar not in [one.value for one in app.subheader]
