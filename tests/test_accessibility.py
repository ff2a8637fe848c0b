"""No page has a serious accessibility problem that axe-core finds, in Chromium."""

import pytest
from app_support import APPLE_PIE, FINLAND
from axe_playwright_python.sync_playwright import Axe
from browser_support import PATIENCE, opened
from playwright.sync_api import Browser, Page, expect

OPENED = f"?q={FINLAND}&doc=otan-presse/001_traite-washington-75-ans.txt&at=1000-1060"
PAGES = {
    "empty": "",
    "answered": f"?q={FINLAND}",
    "filtered": f"?q={FINLAND}&lang=fr&from=2023-01-01&ui=fr",
    "opened": OPENED,
    "refused": f"?q={APPLE_PIE}&lang=fr",
    "browsed": "explore?doc=otan-presse/001_traite-washington-75-ans.txt",
    "compared": "explore?part=compare&doc=otan-presse/004_sommet-la-haye-cinq-pour-cent.txt"
    "&with=nato-press/102_hague-summit.txt",
    "timeline": "explore?part=timeline",
    "batch": "explore?part=batch",
    "archive": "archive",
}


def problems(page: Page) -> list[str]:
    """What axe-core finds wrong with a page and calls serious or critical."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary')}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", PAGES.values(), ids=PAGES)
def test_axe_finds_nothing_serious(
    browser: Browser, server: str, address: str, scheme: str
) -> None:
    width = 390 if scheme == "dark" else 1280
    wide = {"width": width, "height": 900}
    with opened(browser, server, locale="en-GB", viewport=wide, color_scheme=scheme) as page:
        page.goto(server + address)
        page.locator("footer, .note").first.wait_for()
        expect(page.get_by_test_id("stSpinner")).to_have_count(0, timeout=PATIENCE)
        page.wait_for_timeout(500)  # what is drawn last, the arrows of the sidebar, moves in
        assert problems(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_control_is_as_legible_while_it_is_used(
    browser: Browser, server: str, scheme: str
) -> None:
    with opened(browser, server, locale="en-GB", color_scheme=scheme) as page:
        page.goto(f"{server}?q={FINLAND}")
        page.get_by_role("button", name="Take along").click()
        page.get_by_role("button", name="BibTeX").wait_for()
        page.get_by_role("button", name="[1]").first.hover()
        page.wait_for_timeout(500)
        assert problems(page) == []


def test_axe_does_find_what_is_wrong(browser: Browser, server: str) -> None:
    with opened(browser, server, locale="en-GB") as page:
        page.goto(f"{server}?q={FINLAND}")
        page.locator("blockquote.quotation").first.wait_for()
        page.evaluate("document.querySelector('blockquote').style.color = '#eeeeee'")
        assert any("color-contrast" in one for one in problems(page))
