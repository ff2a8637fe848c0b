"""The journey of a reader in a real browser, against the real server."""

import re
from collections.abc import Iterator

import pytest
from app_support import FINLAND, HOSTILE_TITLE
from browser_support import PATIENCE, opened
from playwright.sync_api import Browser, Page, expect

from ui.wording import ENGLISH, FRENCH, Wording


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    """A page of a French reader."""
    wide = {"width": 1280, "height": 800}
    with opened(browser, server, locale="fr-FR", viewport=wide) as page:
        yield page


def test_from_a_question_to_the_sentence_in_its_place(page: Page, server: str) -> None:
    page.goto(server)
    box = page.get_by_label("Votre question")
    box.fill(FINLAND)
    box.press("Enter")
    quotation = page.locator("blockquote.quotation").first
    expect(quotation).to_be_visible(timeout=PATIENCE)
    citation = page.get_by_role("button", name="[1]")
    citation.focus()
    page.keyboard.press("Enter")

    mark = page.locator("mark#cited")
    expect(mark).to_be_in_viewport(timeout=PATIENCE)
    assert mark.inner_text() == quotation.inner_text()
    assert _inside_its_pane(page)
    assert page.evaluate("document.documentElement.lang") == "fr"
    assert "doc=" in page.url

    page.get_by_role("button", name="Fermer").click()
    expect(mark).to_have_count(0, timeout=PATIENCE)
    page.go_back()
    expect(mark).to_be_in_viewport(timeout=PATIENCE)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_sentence_far_down_scrolls_into_view(page: Page, server: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    article = "otan-presse/001_traite-washington-75-ans.txt"
    page.goto(f"{server}?doc={article}&at=1000-1060")
    expect(page.locator("mark#cited")).to_be_in_viewport(timeout=PATIENCE)
    assert page.locator(".article").evaluate("pane => pane.scrollTop") > 0
    assert _inside_its_pane(page)


@pytest.mark.parametrize("width", [1280, 390])
def test_another_article_on_the_matter_opens_where_it_begins(
    page: Page, server: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{server}?doc=otan-presse/001_traite-washington-75-ans.txt&at=1000-1060")
    others = page.locator(".st-key-similar button:visible")
    expect(others).to_have_count(5, timeout=PATIENCE)
    expect(page.locator("mark#cited")).to_be_in_viewport(timeout=PATIENCE)
    title = others.first.inner_text().strip("\u2068\u2069")  # the isolates around it
    others.first.click()
    heading = page.locator(".st-key-article .heading")
    expect(heading).to_have_text(title, timeout=PATIENCE)
    expect(heading).to_be_in_viewport(timeout=PATIENCE)
    assert page.locator(".article").evaluate("pane => pane.scrollTop") == 0
    assert "at=" not in page.url


@pytest.mark.parametrize(
    ("locale", "wording"), [("fr-FR", FRENCH), ("en-GB", ENGLISH)], ids=["fr", "en"]
)
def test_a_reader_on_a_phone_asks_narrows_and_reads(
    browser: Browser, server: str, locale: str, wording: Wording
) -> None:
    small = {"width": 390, "height": 844}
    with opened(browser, server, locale=locale, viewport=small, has_touch=True) as page:
        page.goto(f"{server}?lang=en&from=2023-01-01")
        page.get_by_label(wording.question).fill(FINLAND)
        page.get_by_role("button", name=wording.ask).tap()
        quotation = page.locator("blockquote.quotation").first
        expect(quotation).to_be_visible(timeout=PATIENCE)
        page.locator(".st-key-pills button:visible").first.tap()
        expect(page).not_to_have_url(re.compile("lang="), timeout=PATIENCE)
        expect(quotation).to_be_visible(timeout=PATIENCE)
        page.get_by_role("button", name="[1]").tap()
        mark = page.locator("mark#cited")
        expect(mark).to_be_in_viewport(timeout=PATIENCE)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_keys_lead_through_the_citations(page: Page, server: str) -> None:
    page.goto(f"{server}?q={FINLAND}")
    quotations = page.locator("blockquote.quotation")
    expect(quotations.nth(1)).to_be_visible(timeout=PATIENCE)
    told = quotations.all_inner_texts()
    page.get_by_role("button", name="[1]").click()
    mark = page.locator("mark#cited")
    expect(mark).to_have_text(told[0], timeout=PATIENCE)
    expect(page.get_by_role("button", name="Suivante")).to_be_enabled(timeout=PATIENCE)
    page.keyboard.press("n")
    expect(mark).to_have_text(told[1], timeout=PATIENCE)
    expect(page.get_by_role("button", name="Précédente")).to_be_enabled(timeout=PATIENCE)
    page.keyboard.press("p")
    expect(mark).to_have_text(told[0], timeout=PATIENCE)
    page.keyboard.press("Escape")
    expect(mark).to_have_count(0, timeout=PATIENCE)


def test_a_hostile_title_is_words_in_the_browser_too(page: Page, server: str) -> None:
    page.goto(f"{server}?q=Zanzibar+harbour+closed&src=pirate&ui=en")
    citation = page.get_by_role("button", name="[1]")
    expect(citation).to_be_visible(timeout=PATIENCE)
    assert (
        citation.locator("a, img, em, strong, code, .katex, [role=img], [style*=color]").count()
        == 0
    )
    shown = citation.inner_text().replace("\u2060", "")
    assert HOSTILE_TITLE[:60] in shown
    assert page.locator(".stMain img, .stMain script").count() == 0


def test_a_heading_of_the_list_sorts_it_and_a_row_opens_its_article(
    page: Page, server: str
) -> None:
    page.goto(f"{server}explore")
    table = page.get_by_test_id("stDataFrame")
    expect(table.locator("canvas").first).to_be_visible(timeout=PATIENCE)
    for order in ("title", "-title"):
        table.click(position={"x": 100, "y": 16})
        page.wait_for_url(f"**/explore?sort={order}", timeout=PATIENCE)
        expect(page.get_by_role("combobox", name="Tri")).to_be_visible(timeout=PATIENCE)
        page.wait_for_timeout(500)  # the table of the other order is drawn
        expect(table).to_have_count(1, timeout=PATIENCE)
    table.click(position={"x": 15, "y": 16 + 35})
    expect(page.locator(".st-key-article .heading")).to_be_visible(timeout=PATIENCE)
    assert "doc=" in page.url


def test_a_bar_of_the_timeline_lists_its_articles(page: Page, server: str) -> None:
    page.goto(f"{server}explore?part=timeline")
    page.locator(".mark-rect path").first.click(timeout=PATIENCE)
    page.wait_for_url("**part=browse**from=**", timeout=PATIENCE)
    listed = page.locator("[data-testid=stDataFrame]:visible")  # that of the chart is folded away
    expect(listed.first).to_be_visible(timeout=PATIENCE)


def _inside_its_pane(page: Page) -> bool:
    inside: bool = page.evaluate(
        """() => {
            const pane = document.querySelector(".article").getBoundingClientRect()
            const mark = document.querySelector("#cited").getBoundingClientRect()
            return pane.top <= mark.top && mark.bottom <= pane.bottom
        }"""
    )
    return inside
