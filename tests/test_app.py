"""The pages as a reader uses them, over a real index, without a browser."""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest
from app_support import (
    APPLE_PIE,
    FINLAND,
    HOSTILE_TITLE,
    Archive,
    address_of,
    calm,
    indexed_archive,
    marked,
    markup,
    open_app,
    quotations,
)
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from archive.catalogue import Catalogue
from archive.documents import Filters
from archive.encoder import open_encoder
from archive.snapshot import CATALOGUE, current_name
from indexer.jobs import JobState, read_job
from indexer.pipeline import build_index
from retriever.engine import open_engine
from ui import session
from ui.state import ANY_TIME, EARLIEST, LATEST, Parameter, View, place_parameter, read_view
from ui.wording import ENGLISH, FRENCH, Wording

Open = Callable[..., AppTest]
FINLAND_PATH = "nato-press/002_finland-joins-as-31st-member.txt"


@pytest.fixture
def archive() -> Archive:
    return indexed_archive()


@pytest.fixture
def open_at(monkeypatch: pytest.MonkeyPatch, archive: Archive) -> Open:
    def opened(
        address: Mapping[str, str | Sequence[str]] | None = None, locale: str = "en-GB"
    ) -> AppTest:
        return open_app(monkeypatch, archive, address, locale=locale)

    return opened


# --- Asking -----------------------------------------------------------------------------------


def test_an_empty_page_offers_titles_of_the_archive(open_at: Open) -> None:
    app = open_at()
    assert app.title[0].value == "Communiqué"
    assert app.text_input(key="question").value == ""
    examples = [button for button in app.button if str(button.key).startswith("example_")]
    assert len(examples) >= 3
    calm(examples[0].click().run())
    assert app.text_input(key="question").value
    assert address_of(app)["q"] == [app.text_input(key="question").value]


def test_an_answer_is_quotations_each_with_its_citation(open_at: Open, archive: Archive) -> None:
    app = open_at()
    calm(app.text_input(key="question").set_value(f"  {FINLAND} ").run())
    assert address_of(app)["q"] == [FINLAND]
    quoted = quotations(app)
    assert quoted
    assert any("4 April 2023" in quote or "4 avril 2023" in quote for quote in quoted)
    labels = [app.button(key=f"citation_{n}").label for n in range(1, len(quoted) + 1)]
    assert [label[:3] for label in labels] == [f"[{n}]" for n in range(1, len(quoted) + 1)]
    assert ENGLISH.found in [one.value for one in app.subheader]
    assert "by meaning (rank 1)" in markup(app)


def test_a_citation_opens_its_article_with_the_sentence_lit_up(open_at: Open) -> None:
    app = open_at({"q": FINLAND})
    assert marked(app) is None
    for n, quote in enumerate(quotations(app), start=1):
        calm(app.button(key=f"citation_{n}").click().run())
        assert marked(app) == quote.replace("\n", "")
    calm(app.button(key="close_article").click().run())
    assert marked(app) is None
    assert not {"doc", "at"} & set(address_of(app))


def test_the_next_and_the_previous_citation(open_at: Open) -> None:
    app = open_at({"q": FINLAND, "lang": "en"})
    quoted = quotations(app)
    calm(app.button(key="citation_1").click().run())
    assert app.button(key="previous_citation").disabled
    for quote in quoted[1:]:
        calm(app.button(key="next_citation").click().run())
        assert marked(app) == quote.replace("\n", "")
    assert app.button(key="next_citation").disabled


def test_a_passage_opens_in_its_place(open_at: Open, archive: Archive) -> None:
    app = open_at({"q": FINLAND})
    calm(app.button(key="passage_1").click().run())
    [path] = address_of(app)["doc"]
    start, end = map(int, address_of(app)["at"][0].split("-"))
    name = current_name(archive.index)
    assert name
    article = Catalogue(archive.index / name / CATALOGUE).document(path).text
    assert marked(app) == article[start:end].replace("\n", "")


def test_a_new_question_closes_the_article(open_at: Open) -> None:
    app = open_at({"q": FINLAND, "doc": FINLAND_PATH, "at": "0-10"})
    assert marked(app) is not None
    calm(app.text_input(key="question").set_value("Where is Gotland?").run())
    assert marked(app) is None


@pytest.mark.parametrize("wording", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_a_question_that_nothing_answers_is_refused(open_at: Open, wording: Wording) -> None:
    app = open_at({"q": APPLE_PIE, "ui": wording.language})
    headings = [one.value for one in app.subheader]
    assert wording.refused in headings
    assert wording.closest in headings
    assert quotations(app) == []
    calm(app.button(key="passage_1").click().run())
    assert marked(app)


def test_a_hostile_title_shows_as_words(open_at: Open) -> None:
    app = open_at({"doc": "pirate/hostile.txt"})
    assert "&lt;img src=x" in markup(app)
    assert "<img" not in markup(app)
    assert "<script" not in markup(app)
    app = open_at({"q": "Zanzibar harbour closed", "src": "pirate"})
    assert "<script" not in markup(app)
    assert HOSTILE_TITLE not in [button.label for button in app.button]


# --- Filters and the address ------------------------------------------------------------------


def test_filters_narrow_the_answer_and_stand_in_the_address(open_at: Open) -> None:
    app = open_at({"q": FINLAND})
    calm(app.multiselect(key="languages").select("uk").run())
    assert address_of(app)["lang"] == ["uk"]
    assert 'class="found"><p lang="uk"' in markup(app)
    assert 'class="found"><p lang="en"' not in markup(app)
    calm(app.date_input(key="since").set_value(date(2024, 1, 1)).run())
    assert address_of(app)["from"] == ["2024-01-01"]
    pill = next(one for one in app.button if "since 1 January 2024" in plain(one.label))
    assert str(pill.key).startswith("drop_")
    calm(app.button(key="clear_filters").click().run())
    assert set(address_of(app)) == {"q"}


@pytest.mark.parametrize(
    ("wording", "asked", "told"),
    [
        (FRENCH, "Qu’a décidé l’OTAN en juin 2025 ?", "juin 2025"),
        (ENGLISH, "What was decided in June 2025?", "June 2025"),
    ],
    ids=["fr", "en"],
)
def test_the_time_of_a_question_is_preferred_visibly_and_undoably(
    open_at: Open, wording: Wording, asked: str, told: str
) -> None:
    app = open_at({"q": asked, "ui": wording.language})
    assert app.button(key="undo_time").label == wording.preferred_time.format(told)
    assert wording.in_period in markup(app)

    calm(app.button(key="undo_time").click().run())
    assert address_of(app)["time"] == [ANY_TIME]
    assert wording.in_period not in markup(app)
    assert "undo_time" not in keys(app)
    again = open_at(address_of(app))
    assert again.button(key="prefer_time").label == wording.prefer_time.format(told)
    calm(again.button(key="prefer_time").click().run())
    assert "time" not in address_of(again)
    assert wording.in_period in markup(again)


def test_the_time_of_a_question_can_be_the_only_one(open_at: Open) -> None:
    app = open_at({"q": "What was decided in June 2025?"})
    calm(app.button(key="only_time").click().run())
    assert (address_of(app)["from"], address_of(app)["to"]) == (["2025-06-01"], ["2025-06-30"])
    assert app.date_input(key="since").value == date(2025, 6, 1)
    assert app.button(key="undo_time").label == ENGLISH.only_of_time.format("June 2025")
    calm(app.button(key="undo_time").click().run())
    assert not {"from", "to"} & set(address_of(app))
    assert "only_time" in keys(app)


def test_another_question_has_a_time_of_its_own(open_at: Open) -> None:
    app = open_at({"q": "What was decided since June 2025?", "time": ANY_TIME})
    calm(app.text_input(key="question").set_value("What was decided before 2023?").run())
    assert "time" not in address_of(app)
    told = ENGLISH.preferred_time.format("the time until 31 December 2022")
    assert app.button(key="undo_time").label == told
    calm(app.text_input(key="question").set_value(FINLAND).run())
    assert not {"undo_time", "only_time", "prefer_time"} & keys(app)


def keys(app: AppTest) -> set[str]:
    return {str(button.key) for button in app.button}


def test_filters_that_no_article_passes(open_at: Open) -> None:
    app = open_at({"q": FINLAND, "from": "2099-01-01"})
    assert ENGLISH.nothing_passes in markup(app)
    assert quotations(app) == []


def test_a_phrase_that_no_passage_holds_is_told(open_at: Open) -> None:
    assert ENGLISH.unheld in markup(open_at({"q": '"NATO of member 31st"'}))
    assert ENGLISH.unheld not in markup(open_at({"q": FINLAND}))


def test_filters_tell_how_many_articles_there_are(open_at: Open) -> None:
    app = open_at()
    assert "French (18)" in app.multiselect(key="languages").options
    assert "otan-presse (18)" in app.multiselect(key="sources").options


def test_an_address_shows_the_same_state_to_everyone(open_at: Open) -> None:
    first = open_at({"q": FINLAND, "ui": "fr"})
    calm(first.multiselect(key="languages").select("en").run())
    calm(first.multiselect(key="sources").select("nato-press").run())
    calm(first.button(key="citation_1").click().run())
    second = open_at(address_of(first))
    assert address_of(second) == address_of(first)
    assert marked(second) == marked(first) == quotations(first)[0]
    assert second.multiselect(key="languages").value == ["en"]
    assert second.multiselect(key="sources").value == ["nato-press"]
    assert second.text_input(key="question").value == FINLAND
    assert second.button(key="ask").label == FRENCH.ask


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ({"lang": "tlh"}, ENGLISH.ignored_language),
        ({"src": "../../etc"}, ENGLISH.ignored_source),
        ({"from": "yesterday"}, ENGLISH.ignored_date),
        ({"to": "9999-12-31"}, ENGLISH.ignored_date),
        ({"time": "noon"}, ENGLISH.ignored_time),
        ({"doc": "../../etc/passwd"}, ENGLISH.ignored_article),
        ({"doc": FINLAND_PATH, "at": "5-2"}, ENGLISH.ignored_place),
        ({"doc": FINLAND_PATH, "at": "0-99999999999999999999"}, ENGLISH.ignored_place),
        ({"doc": FINLAND_PATH, "at": "<b>"}, ENGLISH.ignored_place),
        ({"snap": "yesterday"}, ENGLISH.ignored_snapshot),
        ({"ui": "tlh"}, ENGLISH.ignored_interface),
        ({"q": "word " * 200}, ENGLISH.ignored_question),
    ],
    ids=str,
)
def test_what_an_address_gets_wrong_is_ignored_and_said(
    open_at: Open, address: Mapping[str, str], told: str
) -> None:
    app = open_at(address)
    assert [one.value for one in app.info] == [ENGLISH.ignored.format(told)]


names = st.sampled_from([*map(str, Parameter), "other"])
addresses = st.dictionaries(names, st.lists(st.text(max_size=12), max_size=3))


@given(addresses)
def test_no_address_raises(address: dict[str, list[str]]) -> None:
    view, _ = read_view(address, ["fr"], ["otan-presse"], {"a.txt": 9}.get)
    assert view.place is None or view.article == "a.txt"


@given(
    question=st.text(max_size=500).map(lambda text: " ".join(text.split())),
    languages=st.frozensets(st.sampled_from(["fr", "en"])),
    sources=st.frozensets(st.sampled_from(["", "nato-press"])),
    since=st.none() | st.dates(EARLIEST, LATEST),
    until=st.none() | st.dates(EARLIEST, LATEST),
    place=st.none() | st.tuples(st.integers(0, 8), st.integers(1, 9)).filter(lambda p: p[0] < p[1]),
    times=st.booleans(),
)
def test_every_view_has_an_address(
    question: str,
    languages: frozenset[str],
    sources: frozenset[str],
    since: date | None,
    until: date | None,
    place: tuple[int, int] | None,
    times: bool,
) -> None:
    view = View(question, Filters(languages, sources, since, until), "a.txt", place, times)
    address = {
        "q": [question],
        "lang": list(languages),
        "src": list(sources),
        "from": [since.isoformat()] if since else [],
        "to": [until.isoformat()] if until else [],
        "doc": ["a.txt"],
        "at": [place_parameter(*place)] if place else [],
        "time": [] if times else [ANY_TIME],
    }
    assert read_view(address, ["fr", "en"], ["", "nato-press"], {"a.txt": 9}.get) == (view, ())


# --- Languages of the interface ---------------------------------------------------------------


def test_the_interface_follows_the_locale_the_address_and_the_choice(open_at: Open) -> None:
    assert open_at(locale="fr-BE").button(key="ask").label == FRENCH.ask
    assert open_at(locale="de-DE").button(key="ask").label == ENGLISH.ask
    app = open_at({"ui": "en"}, locale="fr-BE")
    assert app.button(key="ask").label == ENGLISH.ask
    calm(app.radio(key="language_choice").set_value("fr").run())
    assert app.button(key="ask").label == FRENCH.ask
    assert address_of(app)["ui"] == ["fr"]


# --- Without a good index ---------------------------------------------------------------------


def test_without_an_index_the_page_says_how_to_build_one(
    monkeypatch: pytest.MonkeyPatch, archive: Archive, tmp_path: Path
) -> None:
    app = open_app(monkeypatch, Archive(archive.articles, tmp_path / "none"), {"q": FINLAND})
    assert [one.title for one in app.warning] == [ENGLISH.cannot_open]
    assert "communique index" in plain(app.warning[0].value)
    calm(app.switch_page("ui/archive_page.py").run())
    assert not app.button(key="reindex").disabled


def test_a_damaged_index_is_not_searched(
    monkeypatch: pytest.MonkeyPatch, archive: Archive, tmp_path: Path
) -> None:
    damaged = archive.copied_to(tmp_path)
    name = current_name(damaged.index)
    assert name
    file = damaged.index / name / CATALOGUE
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    app = open_app(monkeypatch, damaged, {"q": FINLAND})
    assert "communique index --fresh" in plain(app.warning[0].value)
    assert quotations(app) == []


def test_a_setting_that_cannot_be_used_is_told(
    monkeypatch: pytest.MonkeyPatch, archive: Archive
) -> None:
    monkeypatch.setenv("COMMUNIQUE_PASSAGE_TOKENS", "many")
    app = open_app(monkeypatch, archive)
    assert "COMMUNIQUE_PASSAGE_TOKENS" in plain(app.warning[0].value)


def plain(markdown: str) -> str:
    """The words of escaped markdown."""
    return "".join(one for one in markdown if one not in "\\\u2060\u2068\u2069")


# --- The Archive page -------------------------------------------------------------------------


@pytest.mark.parametrize("wording", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_the_archive_page_tells_what_is_there_and_what_is_not(
    open_at: Open, wording: Wording
) -> None:
    app = open_at({"ui": wording.language})
    calm(app.switch_page("ui/archive_page.py").run())
    languages, years, refused, duplicates = (table.value for table in app.dataframe)
    told = dict(zip(languages.iloc[:, 0], languages.iloc[:, 1], strict=True))
    assert told[wording.name_of("fr")] == 18
    assert wording.date_unknown in set(years.iloc[:, 0])
    reasons = dict(zip(refused.iloc[:, 0], refused.iloc[:, 1], strict=True))
    assert reasons.keys() == {"pirate/empty.txt", "pirate/picture.png"}
    if wording is FRENCH:
        assert reasons["pirate/empty.txt"] == FRENCH.refused_because["empty"]
    assert list(duplicates.iloc[0, :2]) == ["nato-press/900_copy.txt", FINLAND_PATH]


def test_reindexing_is_picked_up_without_a_restart(
    monkeypatch: pytest.MonkeyPatch, archive: Archive, tmp_path: Path
) -> None:
    mine = archive.copied_to(tmp_path)
    before = current_name(mine.index)
    reader = open_app(monkeypatch, mine)
    admin = open_app(monkeypatch, mine)
    calm(admin.switch_page("ui/archive_page.py").run())
    new = mine.articles / "nato-press" / "999_lighthouse.txt"
    new.write_text("A lighthouse for Vadsø\nThe lighthouse keeper of Vadsø is called Ottar.\n")
    shutil.rmtree(mine.articles / "pirate")

    calm(admin.button(key="reindex").click().run())
    assert admin.button(key="reindex").disabled
    assert ENGLISH.still_answering in markup(admin)
    calm(reader.text_input(key="question").set_value(FINLAND).run())
    assert quotations(reader)

    wait_for(lambda: current_name(mine.index) != before)
    wait_for(lambda: read_job(mine.index).state == JobState.DONE)
    calm(admin.run())
    assert "1 new file" in markup(admin)
    assert len(admin.success) == 1
    calm(reader.text_input(key="question").set_value("Who keeps the lighthouse of Vadsø?").run())
    assert any("Ottar" in quote for quote in quotations(reader))
    assert all("pirate" not in one for one in reader.multiselect(key="sources").options)


@pytest.mark.parametrize("wording", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_an_index_that_is_damaged_while_it_is_open_gives_way_to_the_one_before(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wording: Wording
) -> None:
    mine = archive.copied_to(tmp_path)
    before = current_name(mine.index)
    (mine.articles / "pirate" / "new.txt").write_text("Ottar keeps the lighthouse of Vadsø.\n")
    build_index(mine.settings(), open_encoder(mine.settings()))
    app = open_app(monkeypatch, mine, {"q": FINLAND, "ui": wording.language})
    told = quotations(app)
    assert told
    assert not app.info
    name = current_name(mine.index)
    assert name not in (None, before)
    file = mine.index / str(name) / CATALOGUE
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    calm(app.run())
    (banner,) = app.info
    assert banner.value.split("{")[0].startswith(wording.damaged.partition("{")[0])
    assert quotations(app) == told
    calm(app.switch_page("ui/archive_page.py").run())
    assert [one.value for one in app.info] == [banner.value]


def test_files_are_not_looked_at_again_at_once_but_then_they_are(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = archive.copied_to(tmp_path).settings()
    opened = open_engine(settings, open_encoder(settings))
    monkeypatch.setattr(session, "_SOUND_FOR", 3600.0)
    assert session._is_sound(opened)
    (opened.snapshot.folder / CATALOGUE).touch()
    assert session._is_sound(opened)
    monkeypatch.setattr(session, "_SOUND_FOR", 0.0)
    assert not session._is_sound(opened)
    monkeypatch.setattr(session, "_SOUND_FOR", 3600.0)
    opened.catalogue.damaged = True
    assert not session._is_sound(opened)


def wait_for(happened: Callable[[], bool], seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, f"Not within {seconds} seconds."
        time.sleep(0.1)
