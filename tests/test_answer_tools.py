"""What can be done with an answer: take it along, link to it, star it, judge it, find it again."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

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
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

import cli
from archive.documents import Filters, Question
from archive.feedback import FEEDBACK, LONGEST_WORDS, Reason, Verdict, read_judgements
from archive.snapshot import current_name
from evaluation.run import read_set
from ui.downloads import ANSWER_FORMS, CITATION_FORMS
from ui.history import LONGEST, History
from ui.state import EARLIEST, LATEST, View, link_to, read_view
from ui.wording import ENGLISH, FRENCH, Wording

Open = Callable[..., AppTest]
ANSWERS = [f"take_{form.suffix}" for form in ANSWER_FORMS]
CITATIONS = [f"take_{form.suffix}" for form in CITATION_FORMS]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """A copy, since what is judged is kept in it."""
    return indexed_archive().copied_to(tmp_path)


@pytest.fixture
def open_at(monkeypatch: pytest.MonkeyPatch, archive: Archive) -> Open:
    def opened(
        address: Mapping[str, str | Sequence[str]] | None = None, locale: str = "en-GB"
    ) -> AppTest:
        return open_app(monkeypatch, archive, address, locale=locale)

    return opened


def open_tools(app: AppTest) -> AppTest:
    """The page once a reader opens what an answer can be taken along with."""
    app.session_state["take_along"] = True
    return calm(app.run())


def keys(app: AppTest) -> list[str]:
    """The buttons by their keys, as they stand on the page."""
    return [str(button.key) for button in app.button]


# --- Take it along -----------------------------------------------------------------------------


@pytest.mark.parametrize("wording", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_an_answer_can_be_taken_along_in_every_form(open_at: Open, wording: Wording) -> None:
    app = open_at({"q": FINLAND, "ui": wording.language})
    assert not app.download_button  # nothing is made ready before it is wanted
    open_tools(app)
    assert [one.key for one in app.download_button] == ANSWERS + CITATIONS
    for button in app.download_button:
        assert button.label
        assert button.help.startswith(wording.download_as.format("communique-when-did-finland"))
        assert button.proto.deferred_file_id  # made when it is asked for
        assert button.proto.ignore_rerun
    text, link = (one.value for one in app.code)
    lines = text.splitlines()
    for n, quote in enumerate(quotations(app), start=1):
        assert f"{quote} [{n}]" in lines
    assert link in lines
    assert wording.permanent_link in markup(app)


def test_a_refusal_is_taken_along_without_citations(open_at: Open) -> None:
    app = open_tools(open_at({"q": APPLE_PIE}))
    assert [one.key for one in app.download_button] == ANSWERS
    assert ENGLISH.refused in app.code[0].value


def test_a_page_without_a_question_has_nothing_to_take(open_at: Open) -> None:
    app = open_at()
    assert (len(app.download_button), len(app.feedback), len(app.code)) == (0, 0, 0)
    assert "star" not in keys(app)


# --- Links -------------------------------------------------------------------------------------


def followed(link: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(link).query, keep_blank_values=True)


def test_a_link_reopens_question_filters_article_and_sentence(
    open_at: Open, archive: Archive
) -> None:
    app = open_at({"q": FINLAND, "lang": "en", "ui": "fr"})
    calm(app.button(key="citation_2").click().run())
    link = open_tools(app).code[1].value
    assert followed(link)["snap"] == [current_name(archive.index)]
    assert "snap" not in address_of(app)
    again = open_at(followed(link))
    assert marked(again) == marked(app) == quotations(app)[1]
    assert again.text_input(key="question").value == FINLAND
    assert again.multiselect(key="languages").value == ["en"]
    assert list(again.info) == []
    assert again.button(key="ask").label == ENGLISH.ask  # in the language of who opens it


@pytest.mark.parametrize("wording", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_a_link_from_another_state_of_the_archive_says_so(open_at: Open, wording: Wording) -> None:
    address = {"q": FINLAND, "snap": "snapshot-0ld_one", "ui": wording.language}
    app = open_at(address)
    assert [one.value[:30] for one in app.info] == [wording.archive_changed[:30]]
    assert quotations(app)
    calm(app.text_input(key="question").set_value(APPLE_PIE).run())
    assert list(app.info) == []
    assert "snap" not in address_of(app)


@pytest.mark.parametrize("told", ["latest", "snapshot-", "snapshot-../x", "snapshot-" + "x" * 65])
def test_a_state_of_the_archive_that_is_none_is_ignored(open_at: Open, told: str) -> None:
    app = open_at({"q": FINLAND, "snap": told})
    assert [one.value for one in app.info] == [ENGLISH.ignored.format(ENGLISH.ignored_snapshot)]


paths = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@settings(max_examples=1000)
@given(
    question=st.text(max_size=500).map(lambda text: " ".join(text.split())),
    languages=st.frozensets(st.sampled_from(["fr", "en", "ar"])),
    sources=st.frozensets(st.sampled_from(["", "nato-press", "été & hiver"])),
    since=st.none() | st.dates(EARLIEST, LATEST),
    until=st.none() | st.dates(EARLIEST, LATEST),
    article=st.none() | paths,
    place=st.none() | st.tuples(st.integers(0, 8), st.integers(1, 9)).filter(lambda p: p[0] < p[1]),
    snapshot=st.just("") | st.from_regex(r"snapshot-[a-z0-9_]{8}", fullmatch=True),
    chosen=st.tuples(st.booleans(), st.booleans()),
    page=st.sampled_from(["", "http://127.0.0.1:8501", "https://example.org/a/"]),
)
def test_every_link_reopens_its_view(
    question: str,
    languages: frozenset[str],
    sources: frozenset[str],
    since: date | None,
    until: date | None,
    article: str | None,
    place: tuple[int, int] | None,
    snapshot: str,
    chosen: tuple[bool, bool],
    page: str,
) -> None:
    filters = Filters(languages, sources, since, until)
    view = View(question, filters, article, place if article else None, *chosen, snapshot)
    link = link_to(view, page)
    assert link.isascii()
    assert link.startswith(f"{page.rstrip('/')}/?")
    held = ["fr", "en", "ar"], ["", "nato-press", "été & hiver"]
    assert read_view(followed(link), *held, lambda _: 9) == (view, ())


def test_a_link_begins_with_the_address_of_the_page(
    monkeypatch: pytest.MonkeyPatch, archive: Archive
) -> None:
    app = open_app(monkeypatch, archive, {"q": FINLAND})
    app.context = {**app.context, "url": "https://archive.example.org/communique"}
    calm(app.run())
    assert (
        open_tools(app)
        .code[1]
        .value.startswith("https://archive.example.org/communique/?q=When%20did")
    )


# --- Judging -----------------------------------------------------------------------------------


def kept(archive: Archive) -> list[Any]:
    judgements, foreign = read_judgements(archive.index)
    assert foreign == 0
    return judgements


@pytest.mark.parametrize("wording", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_a_thumb_up_is_kept_with_question_answer_and_model(
    open_at: Open, archive: Archive, wording: Wording
) -> None:
    app = open_at({"q": FINLAND, "lang": "en", "ui": wording.language})
    assert wording.was_it_right in markup(app)
    calm(app.feedback[0].set_value(1).run())
    [told] = kept(archive)
    assert (told.question, told.filters.languages) == (FINLAND, {"en"})
    assert (told.verdict, told.reason, told.kind) == (Verdict.UP, None, "extract")
    assert [one.quote for one in told.citations] == quotations(app)
    assert told.snapshot == current_name(archive.index)
    assert told.model == archive.settings().model
    assert wording.verdict_kept in markup(app)
    assert list(app.text_area) == []


@pytest.mark.parametrize("wording", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_a_thumb_down_asks_what_is_wrong(open_at: Open, archive: Archive, wording: Wording) -> None:
    app = open_at({"q": FINLAND, "ui": wording.language})
    calm(app.feedback[0].set_value(0).run())
    assert [one.verdict for one in kept(archive)] == [Verdict.DOWN]
    pills = app.pills[0]
    assert pills.label == wording.reason
    assert pills.options == [
        wording.reasons[code]
        for code in (
            "wrong_passage", "outdated", "wrong_language", "missing_document",
            "should_have_refused",
        )
    ]  # fmt: skip
    pills.set_value("outdated")
    app.text_area[0].set_value("x" * 600)
    send = next(one for one in app.button if str(one.key).startswith("send_"))
    assert send.label == wording.send_reason
    calm(send.click().run())
    [told] = kept(archive)
    assert (told.verdict, told.reason) == (Verdict.DOWN, Reason.OUTDATED)
    assert told.words == "x" * LONGEST_WORDS
    assert list(app.text_area) == []
    assert wording.reason_kept in markup(app)


def test_a_refusal_can_be_judged_too(open_at: Open, archive: Archive) -> None:
    app = open_at({"q": APPLE_PIE})
    calm(app.feedback[0].set_value(0).run())
    assert ENGLISH.reasons["should_have_answered"] in app.pills[0].options
    assert ENGLISH.reasons["should_have_refused"] not in app.pills[0].options
    [told] = kept(archive)
    assert (told.kind, told.citations) == ("none", ())


def test_a_verdict_stands_until_it_is_taken_back(open_at: Open, archive: Archive) -> None:
    app = open_at({"q": FINLAND})
    calm(app.feedback[0].set_value(1).run())
    calm(app.text_input(key="question").set_value(APPLE_PIE).run())
    assert app.feedback[0].value is None
    calm(app.text_input(key="question").set_value(FINLAND).run())
    assert app.feedback[0].value == 1
    calm(app.feedback[0].set_value(None).run())
    assert [one.verdict for one in kept(archive)] == [Verdict.WITHDRAWN]
    assert ENGLISH.verdict_kept not in markup(app)
    assert len((archive.index / FEEDBACK).read_text().splitlines()) == 2


def test_a_verdict_that_cannot_be_kept_is_told_and_does_not_stand(
    open_at: Open, archive: Archive
) -> None:
    app = open_at({"q": FINLAND})
    (archive.index / FEEDBACK).mkdir()
    calm(app.feedback[0].set_value(1).run())
    assert [one.title for one in app.warning] == [ENGLISH.verdict_lost]
    assert app.feedback[0].value is None
    (archive.index / FEEDBACK).rmdir()
    calm(app.feedback[0].set_value(1).run())
    assert list(app.warning) == []
    assert [one.verdict for one in kept(archive)] == [Verdict.UP]


def test_two_readers_are_two_judgements(open_at: Open, archive: Archive) -> None:
    for thumb in (1, 0):
        calm(open_at({"q": FINLAND}).feedback[0].set_value(thumb).run())
    assert [one.verdict for one in kept(archive)] == [Verdict.UP, Verdict.DOWN]


def test_what_was_judged_in_the_app_becomes_an_evaluation_set(
    open_at: Open, archive: Archive, tmp_path: Path
) -> None:
    app = open_at({"q": FINLAND})
    calm(app.feedback[0].set_value(1).run())
    calm(app.text_input(key="question").set_value(APPLE_PIE).run())
    calm(app.feedback[0].set_value(1).run())
    assert cli.main(["feedback", str(tmp_path / "ours"), "--index", str(archive.index)]) == 0
    chosen = read_set(tmp_path / "ours")
    assert [(one.text, one.answerable) for one in chosen.queries] == [
        (FINLAND, True), (APPLE_PIE, False),
    ]  # fmt: skip
    assert chosen.qrels.keys() == {chosen.queries[0].id}
    assert len(chosen.queries[0].answers) == len(read_judgements(archive.index)[0][0].citations)


# --- History and stars -------------------------------------------------------------------------


def past(app: AppTest) -> list[tuple[str, str]]:
    """The questions of the history as they stand, each with its icon."""
    told = [one for one in app.sidebar.button if str(one.key).startswith("history_")]
    return [(one.label.strip("\u2068\u2069"), one.proto.icon.split("/")[1][:-1]) for one in told]


def ask(app: AppTest, question: str) -> None:
    calm(app.text_input(key="question").set_value(question).run())


@pytest.mark.parametrize("wording", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_the_questions_of_a_session_are_listed_the_last_first(
    open_at: Open, wording: Wording
) -> None:
    app = open_at({"ui": wording.language})
    assert past(app) == []
    ask(app, "Gotland")
    ask(app, "Riga")
    assert past(app) == [("Riga", "history"), ("Gotland", "history")]
    assert wording.history_note in markup(app)
    calm(app.button(key="clear_history").click().run())
    assert past(app) == [("Riga", "history")]  # still on the page
    assert past(open_at()) == []  # another session


def test_a_question_of_the_history_reopens_with_its_filters(open_at: Open) -> None:
    first = {"q": "Gotland", "lang": ["en"], "src": ["nato-press"], "from": ["2020-01-01"]}
    app = open_at({**first, "doc": "nato-press/002_finland-joins-as-31st-member.txt", "ui": "en"})
    calm(app.button(key="clear_filters").click().run())
    ask(app, "Riga")
    calm(app.multiselect(key="languages").select("fr").run())
    assert past(app) == [("Riga", "history"), ("Gotland", "history")]
    app = open_at(first)
    calm(app.button(key="star").click().run())
    calm(app.button(key="clear_filters").click().run())
    ask(app, "Riga")
    calm(app.button(key="history_0").click().run())
    assert address_of(app) == {"q": ["Gotland"], **{k: first[k] for k in ("lang", "src", "from")}}
    assert "English, nato\\-press, since 1 January 2020" in str(app.button(key="history_0").help)


@pytest.mark.parametrize("wording", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_starred_questions_stand_first(open_at: Open, wording: Wording) -> None:
    app = open_at({"ui": wording.language, "q": "Gotland"})
    assert app.button(key="star").label == wording.star
    calm(app.button(key="star").click().run())
    assert app.button(key="star").label == wording.unstar
    ask(app, "Riga")
    assert past(app) == [("Gotland", "star"), ("Riga", "history")]
    assert str(app.button(key="history_0").help).startswith(wording.starred)
    ask(app, "Gotland")
    calm(app.button(key="star").click().run())
    assert past(app) == [("Gotland", "history"), ("Riga", "history")]


def test_the_first_questions_of_the_history_are_listed_and_the_others_on_demand(
    open_at: Open,
) -> None:
    app = open_at({"ui": "en"})
    asked = [f"Gotland {number}" for number in range(8)]
    for question in asked:
        ask(app, question)
    assert [told for told, _ in past(app)] == asked[:1:-1]
    assert "2 more questions" in [one.label for one in app.sidebar.expander]
    app.session_state["further"] = True
    calm(app.run())
    assert [told for told, _ in past(app)] == asked[::-1]
    calm(app.button(key="history_7").click().run())
    assert address_of(app)["q"] == ["Gotland 0"]


def test_no_question_of_the_history_is_markup_or_nameless(open_at: Open) -> None:
    app = open_at({"q": HOSTILE_TITLE[:400]})
    ask(app, "\u200b")
    labels = [one.label for one in app.sidebar.button if str(one.key).startswith("history_")]
    assert labels[0] == ENGLISH.without_words
    assert HOSTILE_TITLE[:20] not in labels[1]
    assert "\\*\\*bold" in labels[1]


questions = st.builds(
    Question,
    st.sampled_from([f"q{n}" for n in range(30)]),
    st.builds(Filters, st.frozensets(st.sampled_from(["fr", "en"]))),
)
turns = st.lists(st.tuples(questions, st.booleans()), max_size=60)


@given(turns)
def test_laws_of_a_history(told: list[tuple[Question, bool]]) -> None:
    history = History()
    for question, star in told:
        before = history
        history = before.after(question)
        assert history.asked[0] == question
        assert history.starred == before.starred or len(before.asked) == LONGEST
        assert history.after(question) == history
        if star:
            history = history.turned(question)
            assert history.turned(question).turned(question) == history
        assert len(history.asked) == len(set(history.asked)) <= LONGEST
        assert history.starred <= set(history.asked)
        lost = set(before.asked) - set(history.asked)
        assert len(lost) <= 1
        if any(one not in before.starred for one in before.asked[1:]):
            assert not lost & before.starred
        listed = history.in_order()
        assert sorted(listed, key=history.asked.index) == list(history.asked)
        split = len(history.starred)
        assert set(listed[:split]) == history.starred
        for part in (listed[:split], listed[split:]):
            assert part == sorted(part, key=history.asked.index)
