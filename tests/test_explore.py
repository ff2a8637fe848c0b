"""The Explore page as an analyst uses it, part by part, without a browser."""

import csv
import html
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from app_support import (
    APPLE_PIE,
    FINLAND,
    HOSTILE,
    HOSTILE_TITLE,
    Archive,
    address_of,
    calm,
    marked,
    markup,
    open_app,
)
from fakes import write_pages
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest
from test_versions import EN, FR, PAGES

from archive.documents import Filters, Question
from archive.encoder import Encoder
from indexer.pipeline import build_index
from retriever.engine import Engine, open_engine
from retriever.listing import Column
from ui.batch import (
    LARGEST_TABLE,
    MOST_QUESTIONS,
    Batch,
    Gathered,
    gather,
    json_file,
    read_column,
    table_file,
)
from ui.downloads import disarmed
from ui.rendering import numbered_html, safe_text
from ui.state import (
    EARLIEST,
    LATEST,
    LONGEST_QUESTION,
    Exploring,
    Parameter,
    Part,
    order_parameter,
    place_parameter,
    read_exploring,
)
from ui.wording import ENGLISH, FRENCH, Wording

Open = Callable[..., AppTest]
AR = "janub/jisr.txt"
PIRATE = "pirate/hostile.txt"
FORMULA = "pirate/formula.txt"
HARBOUR = "zanzibar/harbour.txt"
MORE = {
    AR: "المهندسون يمدون جسرا فوق نهر درافا في ستة أيام\n"
    "افتتح مهندسون من أربع دول حليفة جسرا مؤقتا فوق نهر درافا في 14 مايو 2024. "
    "عمل نحو 230 جنديا في ثلاث ورديات ليلا ونهارا.\n",
    PIRATE: HOSTILE,
    HARBOUR: "The harbour\nThe harbour of Zanzibar was opened again on Tuesday.\n",
    FORMULA: "=HYPERLINK of Tuvalu\nThe sum of Tuvalu was =2+2 on Tuesday.\n",
} | {
    f"log/{day:02}.txt": f"Log of day {day}\nThe ship of day {day} sailed on {day} January 2020.\n"
    for day in range(1, 23)
}  # fmt: skip


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Archive:
    """Releases in several languages, hostile articles, and enough others for two pages."""
    folder = tmp_path_factory.mktemp("explore")
    told = Archive(folder / "articles", folder / "index")
    write_pages(told.articles, PAGES | MORE)
    build_index(told.settings(), encoder)
    return told


@pytest.fixture(scope="module")
def engine(archive: Archive, encoder: Encoder) -> Engine:
    return open_engine(archive.settings(), encoder)


@pytest.fixture
def explore(monkeypatch: pytest.MonkeyPatch, archive: Archive) -> Open:
    """The Explore page at an address."""

    def opened(address: Mapping[str, str | Sequence[str]] | None = None) -> AppTest:
        app = open_app(monkeypatch, archive)
        calm(app.switch_page("ui/explore.py").run())
        for name, told in (address or {}).items():
            app.query_params[name] = told if isinstance(told, str) else list(told)
        return calm(app.run())

    return opened


def listed(app: AppTest) -> list[str]:
    """The titles in the list, in its order."""
    return [str(title) for title in app.dataframe[0].value[Column.TITLE.value]]


def choose(app: AppTest, key: str, **chosen: list[Any]) -> None:
    """Choose rows or columns of a table, which AppTest has no method for, as a browser tells it."""
    table = next(one for one in app.dataframe if one.key == key)
    states = app._tree.get_widget_states()
    selection = {"rows": [], "columns": [], "cells": []} | chosen
    states.widgets.add(id=table.proto.id, string_value=json.dumps({"selection": selection}))
    calm(app._run(states))


def inert(app: AppTest) -> None:
    """Nothing that an article wrote is markup, in any element of the page."""
    shown = markup(app)
    assert not re.search(r"<(?:script|img|b)\b", shown)
    labels = [one.label for one in app.button]
    written = [one.value for kind in (app.subheader, app.markdown, app.caption) for one in kind]
    for title in (HOSTILE_TITLE[:60], "=HYPERLINK of"):
        assert not any(title in str(one) for one in labels + written)


# --- Browse ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("wording", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_the_list_is_sent_a_page_at_a_time(explore: Open, engine: Engine, wording: Wording) -> None:
    app = explore({"ui": wording.language})
    every = engine.listing.pick(Filters())
    expected = engine.listing.entries(engine.listing.ordered(every, Column.PUBLISHED, True))
    assert listed(app) == [one.title for one in expected[:20]]
    assert wording.count(len(expected), wording.articles) in markup(app)
    table = app.dataframe[0].value
    first = expected[0]
    assert first.published
    assert list(table.iloc[0]) == [
        first.title, wording.day(first.published), wording.name_of(first.language),
        first.source or wording.no_folder, wording.basis_inferred, first.versions,
    ]  # fmt: skip
    calm(app.pagination(key="explore_page").set_value(2).run())
    assert address_of(app)["page"] == ["2"]
    assert listed(app) == [one.title for one in expected[20:]][:20]
    inert(app)


def test_the_list_is_narrowed_by_title_language_and_source(explore: Open) -> None:
    app = explore({"page": "2"})
    calm(app.text_input(key="explore_title").set_value("DAY log").run())
    assert len(listed(app)) == 20
    assert all(one.startswith("Log of day") for one in listed(app))
    assert address_of(app) == {"title": ["DAY log"]}
    calm(app.button(key="explore_clear").click().run())
    calm(app.multiselect(key="explore_languages").select("fr").run())
    assert set(app.dataframe[0].value[Column.LANGUAGE.value]) == {"French"}
    calm(app.multiselect(key="explore_sources").select("log").run())
    assert ENGLISH.nothing_passes in markup(app)
    calm(app.button(key="explore_clear").click().run())
    assert address_of(app) == {}


def test_a_heading_sorts_and_turns_round(explore: Open) -> None:
    app = explore()
    choose(app, "list_-date", columns=["title"])
    assert address_of(app)["sort"] == ["title"]
    titles = listed(app)
    assert titles[0].startswith("=HYPERLINK")
    choose(app, "list_title", columns=["title"])
    assert address_of(app)["sort"] == ["-title"]
    assert listed(app) != titles
    calm(app.selectbox(key="order").set_value("-versions").run())
    versions = list(app.dataframe[0].value[Column.VERSIONS.value])
    assert versions == sorted(versions, reverse=True)
    assert versions[0] > 1


def test_a_row_opens_its_article_and_a_link_reopens_it(explore: Open, engine: Engine) -> None:
    app = explore({"title": "drava"})
    [title] = listed(app)
    choose(app, "list_-date", rows=[0])
    assert address_of(app)["doc"] == [EN]
    assert marked(app) == ""
    assert title in markup(app)
    assert any(str(one.key).startswith("similar_") for one in app.button)
    again = explore(address_of(app))
    assert marked(again) == ""
    assert again.dataframe[0].key == "list_-date"
    calm(again.button(key="close_article").click().run())
    assert marked(again) is None


# --- Timeline -------------------------------------------------------------------------------------


@pytest.mark.parametrize("wording", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_the_timeline_tells_the_numbers_and_the_undated(
    explore: Open, engine: Engine, wording: Wording
) -> None:
    app = explore({"part": "timeline", "ui": wording.language})
    coverage = engine.listing.coverage(engine.listing.pick(Filters()))
    assert coverage.undated
    assert wording.count(coverage.undated, wording.undated_in_no_bar) in markup(app)
    [table] = [one.value for one in app.dataframe]
    assert sum(table[wording.column_articles]) == sum(coverage.counts.values())
    assert list(table[wording.column_time]) == ["2020", "2024", "2025"]
    assert list(table[wording.name_of("en")]) == [22, 1, 0]
    assert list(table[wording.name_of("uk")]) == [0, 1, 0]


def test_a_month_of_the_timeline_narrows_the_list(explore: Open) -> None:
    app = explore({"part": "timeline", "title": "log"})
    assert list(app.dataframe[0].value[ENGLISH.column_time]) == ["January 2020"]
    choose(app, "timeline_table", rows=[0])
    assert address_of(app) == {
        "part": ["browse"], "title": ["log"], "from": ["2020-01-01"], "to": ["2020-01-31"],
    }  # fmt: skip
    assert len(listed(app)) == 20
    undo = app.button(key="explore_every_day")
    assert undo.label == ENGLISH.only_of_time.format("January 2020")
    calm(undo.click().run())
    assert not {"from", "to"} & set(address_of(app))


def test_a_timeline_of_nothing_dated(explore: Open) -> None:
    app = explore({"part": "timeline", "src": "pirate"})
    assert ENGLISH.count(2, ENGLISH.undated_in_no_bar) in markup(app)
    assert not app.dataframe
    assert ENGLISH.nothing_passes in markup(explore({"part": "timeline", "title": "nowhere"}))


# --- On a matter ----------------------------------------------------------------------------------


def test_what_else_there_is_on_a_matter(explore: Open, engine: Engine) -> None:
    app = explore({"part": "matter", "doc": EN})
    headings = [one.value for one in app.subheader]
    assert {"French", "Ukrainian"} <= set(headings)
    nearest = {hit.document.language: hit for hit in reversed(engine.similar(EN, 60))}
    for hit in nearest.values():
        first, *_ = hit.passage.text.split("\n")
        assert html.escape(first) in markup(app)
    assert ENGLISH.same_release in markup(app)
    inert(app)
    rank = next(one.rank for one in engine.similar(EN, 60) if one.document.path == FR)
    passage = engine.similar(EN, 60)[rank - 1].passage
    calm(app.button(key=f"matter_{rank}").click().run())
    assert address_of(app)["at"] == [place_parameter(passage.start, passage.end)]
    assert marked(app) == passage.text.replace("\n", "")


def test_an_article_is_found_by_its_title(explore: Open) -> None:
    app = explore({"part": "matter"})
    calm(app.text_input(key="find_doc").set_value("DRAVE").run())
    calm(app.button(key="find_doc_choice_0").click().run())
    assert address_of(app)["doc"] == [FR]
    calm(app.button(key="another_doc").click().run())
    assert "doc" not in address_of(app)
    calm(app.text_input(key="find_doc").set_value("nowhere at all").run())
    assert ENGLISH.no_such_title in markup(app)


def test_a_hostile_article_stays_words_on_every_part(explore: Open) -> None:
    for address in (
        {"title": "Zanzibar", "doc": PIRATE},
        {"part": "matter", "doc": PIRATE},
        {"part": "matter", "doc": HARBOUR},
        {"part": "compare", "doc": PIRATE},
        {"part": "compare", "doc": PIRATE, "with": FORMULA},
        {"part": "compare", "doc": PIRATE, "with": PIRATE},
    ):
        app = explore(address)
        inert(app)
        assert "Zanzibar :material/home:" in markup(app)
    app = explore({"part": "compare"})
    calm(app.text_input(key="find_doc").set_value("Zanzibar").run())
    title = app.button(key="find_doc_choice_0").label
    assert title.startswith(safe_text("Zanzibar :material/home:")[:12])
    inert(app)


# --- Two side by side -----------------------------------------------------------------------------


def test_versions_are_offered_first_and_what_they_share_is_numbered(
    explore: Open, engine: Engine
) -> None:
    app = explore({"part": "compare", "doc": EN})
    assert app.subheader[0].value == ENGLISH.versions_of
    offered = [one.path for one in engine.versions(EN)]
    assert FR in offered
    calm(app.button(key=f"version_choice_{offered.index(FR)}").click().run())
    assert address_of(app)["with"] == [FR]
    pairs = engine.shared(EN, FR)
    assert ENGLISH.count(len(pairs), ENGLISH.shared_sentences) in markup(app)
    panes = [str(one.value) for one in app.html if 'class="article"' in str(one.value)]
    for path, pane, side in zip((EN, FR), panes, (0, 1), strict=True):
        text = engine.document(path).text
        told = dict(re.findall(r"<mark><sup>(\d+)</sup>(.*?)</mark>", pane))
        assert {int(n): html.unescape(one) for n, one in told.items()} == {
            n: text[slice(*pair[side])] for n, pair in enumerate(pairs, start=1)
        }
    assert markup(explore(address_of(app))) == markup(app)


def test_a_script_from_right_to_left_is_laid_out_so(explore: Open) -> None:
    app = explore({"part": "compare", "doc": EN, "with": AR})
    panes = [str(one.value) for one in app.html if 'class="article"' in str(one.value)]
    assert '<p lang="en" dir="ltr">' in panes[0]
    assert '<p lang="ar" dir="rtl">' in panes[1]


def test_articles_that_share_nothing_say_so(explore: Open) -> None:
    app = explore({"part": "compare", "doc": EN, "with": FORMULA})
    assert ENGLISH.none_shared in markup(app)


@given(
    text=st.text(alphabet="a <&\n", min_size=8, max_size=16),
    cuts=st.lists(st.integers(0, 16), max_size=8, unique=True).map(sorted),
)
def test_numbered_marks_hold_the_words_of_their_spans(text: str, cuts: list[int]) -> None:
    kept = [cut for cut in cuts if cut <= len(text)]
    pairs = zip(kept[::2], kept[1::2], strict=False)
    spans = [span for span in pairs if text[slice(*span)].strip("\n")]
    numbers = {span: at for at, span in enumerate(spans, start=1)}
    shown = numbered_html(text, numbers, "en")
    assert html.unescape(re.sub(r"<sup>\d+</sup>|<[^>]*>", "", shown)) == text.replace("\n", "")
    lit = "".join(re.findall(r"<mark>(.*?)</mark>", shown))
    assert html.unescape(re.sub(r"<sup>\d+</sup>", "", lit)) == "".join(
        text[slice(*span)].replace("\n", "") for span in spans
    )


# --- Many questions -------------------------------------------------------------------------------

HOSTILE_QUESTION = "=cmd What was closed in Zanzibar?"
ASKED = (FINLAND, APPLE_PIE, HOSTILE_QUESTION, "Who carries lorries over the Drava?")


@pytest.mark.parametrize("wording", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_a_batch_is_answered_and_taken_along(
    explore: Open, engine: Engine, wording: Wording
) -> None:
    app = explore({"part": "batch", "ui": wording.language})
    assert app.button(key="batch_start").disabled
    calm(app.text_area(key="batch_list").set_value("\n\n".join(ASKED)).run())
    calm(app.button(key="batch_start").click().run())
    expected = [engine.ask(Question(one)) for one in ASKED]
    batch: Batch = app.session_state["batch"]
    assert [one.citations for one in batch.answers] == [one.citations for one in expected]
    assert not any(one.closest for one in batch.answers)
    [table] = [one.value for one in app.dataframe]
    assert list(table[wording.column_question]) == list(ASKED)
    for answer, told, word in zip(
        expected, table[wording.column_answer], table[wording.column_confidence], strict=True
    ):
        if answer.sentences:
            assert told == " ".join(f"{one.text} [{one.citation}]" for one in answer.sentences)
            assert word == wording.how_sure(answer.confidence)
        else:
            assert told == wording.refused
    inert(app)

    [head, *rows] = csv.reader(io.StringIO(table_file(batch.answers, wording).decode("utf-8-sig")))
    assert head == list(table.columns)
    assert rows[2][0] == f"'{HOSTILE_QUESTION}"
    assert [row[1:] for row in rows] == [[disarmed(c) for c in row[1:]] for row in table.values]
    content = json.loads(json_file(batch.answers, engine.snapshot.name))
    assert content["index"] == engine.snapshot.name
    for answer, one in zip(expected, content["answers"], strict=True):
        assert one["question"] == answer.question
        for cited in one["citations"]:
            text = engine.document(cited["path"]).text
            assert text[cited["start"] : cited["end"]] == cited["quote"]

    choose(app, "batch_table", rows=[2])
    assert safe_text(HOSTILE_QUESTION) in [one.value for one in app.subheader]
    inert(app)


def test_a_batch_that_was_left_goes_on_and_one_that_was_stopped_waits(explore: Open) -> None:
    app = explore({"part": "batch"})
    app.session_state["batch"] = Batch(ASKED, running=False)
    calm(app.run())
    assert app.session_state["batch"].answers == []
    calm(app.segmented_control(key="part").set_value("browse").run())
    assert app.session_state["batch"].answers == []
    app.session_state["batch"] = Batch(ASKED)
    calm(app.segmented_control(key="part").set_value("batch").run())
    batch: Batch = app.session_state["batch"]
    assert [one.question for one in batch.answers] == list(ASKED)
    assert not batch.running
    del batch.answers[2:]
    calm(app.run())
    assert ENGLISH.batch_progress.format(2, 4) in markup(app)
    calm(app.button(key="batch_resume").click().run())
    assert [one.question for one in app.session_state["batch"].answers] == list(ASKED)


@pytest.mark.parametrize(
    ("file", "read"),
    [
        (b"question\nWho, when?\n", ["Who"]),
        (
            "id;Question\r\n1;Où, quand ?\r\n\r\n2;Qui ?\r\n".encode("cp1252"),
            ["Où, quand ?", "Qui ?"],
        ),
        ("\ufeffquestion,why\n\"Who, when?\",x\n".encode(), ["Who, when?"]),
        (b"Who?,x\nWhen?,y\n", ["Who?", "When?"]),
        (b"Who, when?\nWhere?\n", ["Who, when?", "Where?"]),
        (b'"Who, ""he""?"\n"Where?"\n', ['Who, "he"?', "Where?"]),
        (b"", []),
        (b"\x89PNG\x00\x01\x02\x00", None),
        (b'"' + b"x" * 200_000, None),
    ],
    ids=str,
)  # fmt: skip
def test_the_column_of_a_file_by_hand(file: bytes, read: list[str] | None) -> None:
    assert read_column(file) == read


def test_a_file_that_is_too_large_is_no_table() -> None:
    lines = b"Who?\n" * (LARGEST_TABLE // 5)
    assert read_column(lines)
    assert read_column(lines + b"Who?\n") is None


def test_what_is_gathered_by_hand() -> None:
    assert gather(" Who?  \n\nWho?\nWhen  was it?", b"question\nWhere?\nWho?\n") == Gathered(
        ("Who?", "When was it?", "Where?")
    )
    many = gather("\n".join(f"Question {at}?" for at in range(MOST_QUESTIONS + 3)), None)
    assert (len(many.questions), many.left) == (MOST_QUESTIONS, 3)
    long = gather("x" * (LONGEST_QUESTION + 1), None)
    assert (long.questions, long.cut) == (("x" * LONGEST_QUESTION,), 1)
    assert gather("Who?", b"\x89PNG\x00\x01\x02\x00") == Gathered(("Who?",), readable=False)


@given(st.text(max_size=200), st.binary(max_size=200))
def test_whatever_is_gathered_can_be_asked(pasted: str, file: bytes) -> None:
    gathered = gather(pasted, file)
    assert len(gathered.questions) <= MOST_QUESTIONS
    assert all(0 < len(one) <= LONGEST_QUESTION for one in gathered.questions)
    assert len(set(gathered.questions)) == len(gathered.questions)


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", " =1", "＝1"])
def test_a_formula_is_disarmed(cell: str) -> None:
    told = disarmed(cell)
    assert told.lstrip().startswith("'")
    assert told.replace("'", "") == cell
    assert disarmed(f"x{cell.strip()}") == f"x{cell.strip()}"


# --- The address ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ({"part": "klingon"}, ENGLISH.ignored_part),
        ({"snap": "latest"}, ENGLISH.ignored_snapshot),
        ({"title": "word " * 30}, ENGLISH.ignored_title),
        ({"sort": "--date"}, ENGLISH.ignored_order),
        ({"sort": "text"}, ENGLISH.ignored_order),
        ({"page": "0"}, ENGLISH.ignored_page),
        ({"page": "９"}, ENGLISH.ignored_page),
        ({"page": "<b>"}, ENGLISH.ignored_page),
        ({"with": "../../etc/passwd", "part": "compare"}, ENGLISH.ignored_article),
        ({"doc": "nowhere.txt", "part": "matter"}, ENGLISH.ignored_article),
        ({"lang": "tlh", "part": "timeline"}, ENGLISH.ignored_language),
    ],
    ids=str,
)
def test_what_an_address_gets_wrong_is_ignored_and_said(
    explore: Open, address: Mapping[str, str], told: str
) -> None:
    app = explore(address)
    assert [one.value for one in app.info] == [ENGLISH.ignored.format(told)]


def test_a_page_that_is_no_more_shows_the_last(explore: Open) -> None:
    app = explore({"page": "99"})
    assert app.pagination(key="explore_page").value == 2
    assert not app.info


LENGTHS = {"a.txt": 9, "b.txt": 5}
names = st.sampled_from([*map(str, Parameter), "other"])


@given(st.dictionaries(names, st.lists(st.text(max_size=12), max_size=3)))
def test_no_address_raises(address: dict[str, list[str]]) -> None:
    view, _ = read_exploring(address, ["fr"], ["otan-presse"], LENGTHS.get)
    assert view.page >= 1


@given(
    part=st.sampled_from(Part),
    languages=st.frozensets(st.sampled_from(["fr", "en"])),
    since=st.none() | st.dates(EARLIEST, LATEST),
    title=st.text(max_size=100).map(lambda text: " ".join(text.split())),
    column=st.sampled_from(Column),
    descending=st.booleans(),
    page=st.integers(1, 9_999_999),
    article=st.none() | st.just("a.txt"),
    other=st.none() | st.just("b.txt"),
)
def test_every_state_has_an_address(
    part: Part,
    languages: frozenset[str],
    since: date | None,
    title: str,
    column: Column,
    descending: bool,
    page: int,
    article: str | None,
    other: str | None,
) -> None:
    filters = Filters(languages, since=since)
    view = Exploring(part, filters, title, column, descending, page, article, None, other)
    address: dict[str, list[str]] = {
        "part": [part],
        "lang": list(languages),
        "from": [since.isoformat()] if since else [],
        "title": [title],
        "sort": [order_parameter(column, descending)],
        "page": [str(page)],
        "doc": [article] if article else [],
        "with": [other] if other else [],
    }
    assert read_exploring(address, ["fr", "en"], [""], LENGTHS.get) == (view, ())
