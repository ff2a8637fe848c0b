"""Filters, previews, refusals and the article's file, as a reader uses them, without a browser."""

import html
import re
from collections import Counter
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
    markup,
    open_app,
    quotations,
)
from hypothesis import example, given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from archive.catalogue import Catalogue
from archive.documents import source_of
from archive.encoder import Encoder
from archive.snapshot import CATALOGUE, current_name
from indexer.pipeline import build_index
from ui.rendering import (
    AROUND,
    histogram_html,
    mix_html,
    preview_html,
    preview_text,
    safe_text,
)
from ui.wording import ENGLISH, FRENCH

Open = Callable[..., AppTest]


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


@pytest.fixture
def catalogue(archive: Archive) -> Catalogue:
    name = current_name(archive.index)
    assert name
    return Catalogue(archive.index / name / CATALOGUE)


def keys(app: AppTest, beginning: str) -> list[str]:
    return [str(one.key) for one in app.button if str(one.key).startswith(beginning)]


# --- Filters ----------------------------------------------------------------------------------


def test_the_counts_of_a_filter_follow_the_others(open_at: Open, catalogue: Catalogue) -> None:
    app = open_at({"src": "otan-presse", "from": "2024-01-01"})
    since = [one for one in catalogue.headings() if one[3] and one[3] >= date(2024, 1, 1)]
    by_language = Counter(language for path, _, language, _ in since if "otan" in path)
    by_source = Counter(source_of(path) for path, *_ in since)
    assert f"French ({by_language['fr']})" in app.multiselect(key="languages").options
    assert f"English ({by_language['en']})" in app.multiselect(key="languages").options
    for source, count in by_source.items():
        assert f"{source} ({count})" in app.multiselect(key="sources").options


def test_each_filter_is_a_pill_that_tells_what_passes_without_it(
    open_at: Open, catalogue: Catalogue
) -> None:
    app = open_at({"q": FINLAND, "lang": ["en", "fr"], "from": "2024-01-01"})
    pills = {key: app.button(key=key) for key in keys(app, "drop_")}
    assert list(pills) == ["drop_English", "drop_French", "drop_since 1 January 2024"]
    undone = pills["drop_since 1 January 2024"]
    spoken = Counter(language for _, _, language, _ in catalogue.headings())
    assert undone.help == ENGLISH.count(spoken["en"] + spoken["fr"], ENGLISH.without_filter)
    calm(undone.click().run())
    assert "from" not in address_of(app)
    assert sorted(address_of(app)["lang"]) == ["en", "fr"]
    calm(app.button(key="drop_English").click().run())
    assert address_of(app)["lang"] == ["fr"]
    calm(app.button(key="drop_French").click().run())
    assert keys(app, "drop_") == []


def test_the_brush_sets_days_and_at_its_ends_lets_the_undated_pass(
    open_at: Open, catalogue: Catalogue
) -> None:
    app = open_at({"q": FINLAND})
    days = [day for *_, day in catalogue.headings()]
    years = sorted({day.year for day in days if day})
    assert app.slider(key="years").value == (years[0], years[-1])
    undated = days.count(None)
    assert ENGLISH.count(undated, ENGLISH.undated) in markup(app)
    calm(app.slider(key="years").set_range(years[0] + 1, years[-1]).run())
    assert address_of(app)["from"] == [f"{years[0] + 1}-01-01"]
    assert "to" not in address_of(app)
    assert ENGLISH.count(undated, ENGLISH.undated_out) in markup(app)
    calm(app.slider(key="years").set_range(years[0], years[-1]).run())
    assert not {"from", "to"} & set(address_of(app))


def test_a_source_may_be_named_like_a_language(
    monkeypatch: pytest.MonkeyPatch, archive: Archive, tmp_path: Path, encoder: Encoder
) -> None:
    copy = archive.copied_to(tmp_path)
    (copy.articles / "pirate").rename(copy.articles / "English")
    build_index(copy.settings(), encoder)
    app = open_app(monkeypatch, copy, {"q": FINLAND, "lang": "en", "src": "English"})
    assert keys(app, "drop_") == ["drop_English", "drop_source_English"]
    calm(app.button(key="drop_source_English").click().run())
    assert "src" not in address_of(app)
    assert address_of(app)["lang"] == ["en"]


@pytest.mark.parametrize("day", ["1950-01-01", "2090-01-01"])
def test_a_day_outside_the_years_of_the_archive_moves_the_brush_to_its_end(
    open_at: Open, day: str
) -> None:
    app = open_at({"q": FINLAND, "from": day, "to": day})
    low, high = app.slider(key="years").value
    assert app.slider(key="years").min <= low == high <= app.slider(key="years").max
    assert ENGLISH.nothing_passes in markup(app)


# --- Answers ----------------------------------------------------------------------------------


def test_a_preview_shows_the_sentence_in_its_paragraph(open_at: Open) -> None:
    app = open_at({"q": FINLAND})
    shown = re.findall(r'<div class="preview">(.*?)</div>', markup(app), re.DOTALL)
    lit = [html.unescape("".join(re.findall(r"<mark[^>]*>(.*?)</mark>", one))) for one in shown]
    assert lit == quotations(app) != []


def test_a_citation_tells_its_article_and_the_sentence_in_its_paragraph(open_at: Open) -> None:
    app = open_at({"q": FINLAND})
    for n, quote in enumerate(quotations(app), start=1):
        button = app.button(key=f"citation_{n}")
        title, _, paragraph, _ = button.help.split("\n\n")
        assert title.strip("*") == button.label.removeprefix(f"[{n}] ")
        assert f"**{safe_text(quote)}**" in paragraph


@given(st.text("ab\n", min_size=1, max_size=900), st.integers(0, 899), st.integers(1, 30))
@example("a" * 300 + "b" + "a" * 300, 300, 1)
def test_a_sentence_stands_between_the_nearest_words_of_its_paragraph(
    text: str, start: int, length: int
) -> None:
    end = min(start + length, len(text))
    if start >= end:
        return
    before, sentence, after = (
        re.sub(r"[^ab]", "", one)
        for one in re.split(r"\*\*", preview_text(text, (start, end)), maxsplit=2)
    )
    assert sentence == text[start:end].replace("\n", "")
    assert before == text[:start].split("\n")[-1][-AROUND:]
    assert after == text[end:].split("\n")[0][:AROUND]


@given(st.text("ab\n", min_size=1, max_size=30), st.integers(0, 29), st.integers(1, 30))
def test_a_preview_is_the_paragraphs_of_its_span(text: str, start: int, length: int) -> None:
    end = min(start + length, len(text))
    if start >= end:
        return
    shown = preview_html(text, (start, end), "en")
    words = "".join(re.findall(r"[ab]", re.sub(r"<[^>]*>", "", shown)))
    before = text[:start].split("\n")[-1]
    after = text[end:].split("\n")[0]
    assert words == (before + text[start:end] + after).replace("\n", "")


def test_the_answer_tells_the_days_of_its_sources(open_at: Open) -> None:
    app = open_at({"q": FINLAND, "lang": "en"})
    told = re.findall(r"<bdi>(\d articles? cited.*?)</bdi>", markup(app))
    assert len(told) == 1
    assert re.search(r"cited, (of|from) \d+ \w+ \d{4}", told[0])


def test_more_passages_are_shown_where_they_are_asked_for(open_at: Open) -> None:
    app = open_at({"q": FINLAND})
    first = keys(app, "passage_")
    calm(app.button(key="more_passages").click().run())
    more = [key for key in keys(app, "passage_") if "version" not in key]
    assert len(more) == 20 > len(first)
    calm(app.text_input(key="question").set_value("Where is Gotland?").run())
    assert "more_passages" in keys(app, "more_")


@pytest.mark.parametrize("wording", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_a_refusal_says_why_and_leads_on(open_at: Open, wording: object) -> None:
    told = FRENCH if wording is FRENCH else ENGLISH
    app = open_at({"q": APPLE_PIE, "ui": told.language, "lang": "fr", "from": "2022-01-01"})
    assert told.refused_unsure in markup(app)
    labels = [app.button(key=key).label for key in keys(app, "wider_")]
    assert labels == [told.any_date, told.any_language, told.clear_filters]
    assert keys(app, "related_")
    calm(app.button(key="wider_0").click().run())
    assert "from" not in address_of(app)
    assert address_of(app)["lang"] == ["fr"]
    assert [app.button(key=key).label for key in keys(app, "wider_")] == [told.any_language]
    title = app.button(key="related_0").label
    calm(app.button(key="related_0").click().run())
    asked = app.text_input(key="question").value
    assert asked
    assert asked in html.unescape(title).replace("\\", "")


def test_a_question_without_filters_is_refused_without_wider_ones(open_at: Open) -> None:
    assert keys(open_at({"q": APPLE_PIE}), "wider_") == []


# --- Under stress -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    [
        "w" * 500,
        "Who? " * 100,
        "\N{SLICE OF PIZZA}\N{THINKING FACE}",
        "\N{REGIONAL INDICATOR SYMBOL LETTER F}\N{REGIONAL INDICATOR SYMBOL LETTER I} NATO?",
        "ฟินแลนด์เข้าร่วมนาโตเมื่อใด",
        "\u202eOTAN\u202c\u200b\u2066?",
        "$x^2$ :material/home: <script>alert(1)</script> [a](https://example.org)",
        "' OR 1=1; DROP TABLE documents --",
        '«»“”""',
    ],
    ids=["long", "repeated", "emoji", "flag", "thai", "overrides", "markup", "sql", "quotes"],
)
def test_whatever_is_asked_is_answered_or_refused_in_words(open_at: Open, question: str) -> None:
    app = open_at({"q": question})
    headings = [one.value for one in app.subheader]
    assert (ENGLISH.refused in headings) != bool(quotations(app))
    assert "<script" not in markup(app)


def test_an_index_that_is_replaced_while_one_reads(
    monkeypatch: pytest.MonkeyPatch, archive: Archive, tmp_path: Path, encoder: Encoder
) -> None:
    copy = archive.copied_to(tmp_path)
    app = open_app(monkeypatch, copy, {"q": FINLAND, "doc": "pirate/hostile.txt"})
    assert "download_file" in [one.key for one in app.download_button]
    before = quotations(app)
    (copy.articles / "pirate" / "hostile.txt").unlink()
    build_index(copy.settings(), encoder)
    calm(app.run())
    assert [one.value for one in app.info] == [ENGLISH.ignored.format(ENGLISH.ignored_article)]
    assert quotations(app) == before


# --- The article's file -----------------------------------------------------------------------


def test_the_file_of_an_article_is_offered_as_long_as_it_is_the_same(
    monkeypatch: pytest.MonkeyPatch, archive: Archive, tmp_path: Path
) -> None:
    copy = archive.copied_to(tmp_path)
    path = "pirate/hostile.txt"
    app = open_app(monkeypatch, copy, {"doc": path})
    assert ENGLISH.download_file in [one.label for one in app.download_button]
    assert ENGLISH.file_changed not in markup(app)
    (copy.articles / path).write_text(HOSTILE_TITLE, encoding="utf-8")
    assert ENGLISH.file_changed in markup(calm(app.run()))
    (copy.articles / path).unlink()
    app = calm(app.run())
    assert ENGLISH.file_gone in markup(app)
    assert ENGLISH.download_file not in [one.label for one in app.download_button]


def test_a_link_that_leads_out_of_the_folder_is_no_file_of_an_article(
    monkeypatch: pytest.MonkeyPatch, archive: Archive, tmp_path: Path
) -> None:
    copy = archive.copied_to(tmp_path)
    secret = tmp_path / "secret.txt"
    secret.write_text("not for readers", encoding="utf-8")
    file = copy.articles / "pirate" / "hostile.txt"
    file.unlink()
    file.symlink_to(secret)
    app = open_app(monkeypatch, copy, {"doc": "pirate/hostile.txt"})
    assert ENGLISH.file_gone in markup(app)
    assert ENGLISH.download_file not in [one.label for one in app.download_button]


# --- Markup -----------------------------------------------------------------------------------

COUNTS = st.lists(st.integers(0, 1000), min_size=1, max_size=30)


@given(COUNTS, st.integers(0, 30), st.integers(0, 30))
def test_the_highest_bar_fills_the_histogram_and_every_count_is_told(
    counts: list[int], one: int, other: int
) -> None:
    bars = [(2000 + at, count) for at, count in enumerate(counts)]
    chosen = (2000 + min(one, other), 2000 + max(one, other))
    shown = histogram_html(bars, chosen, "<b>")
    heights = [int(height) for height in re.findall(r"height:(\d+)%", shown)]
    assert len(heights) == len(counts)
    assert max(heights) == (100 if max(counts) else 0)
    assert all((height > 0) == (count > 0) for height, count in zip(heights, counts, strict=True))
    outside = sum(not chosen[0] <= year <= chosen[1] for year, _ in bars)
    assert shown.count('class="bar out"') == outside
    assert all(f"{year}: {count}" in shown for year, count in bars)
    assert "<b>" not in shown


def test_the_language_mix_tells_each_share_in_words() -> None:
    shown = mix_html([("français", 3), ("<script>", 1)], "Languages:")
    assert re.findall(r"flex:(\d+)", shown) == ["3", "1"]
    assert "<script>" not in shown
    assert "français</bdi>\u00a03" in shown
