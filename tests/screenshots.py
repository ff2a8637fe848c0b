"""Draw the pictures of docs/using.md and the README from the app as it is: make screenshots."""

from collections.abc import Callable
from dataclasses import dataclass

from app_support import REPOSITORY, Archive
from browser_support import launched, opened, served
from playwright.sync_api import Page

from archive.encoder import open_encoder
from archive.settings import Settings
from indexer.pipeline import build_index

DOCS = REPOSITORY / "docs"
ENGLISH = "?q=When+did+Finland+become+a+member+of+NATO%3F"
FRENCH = "?q=Quand+la+Finlande+est-elle+devenue+membre+de+l%E2%80%99OTAN+%3F"
HAGUE = "otan-presse/004_sommet-la-haye-cinq-pour-cent.txt"
QUESTIONS = "When did Finland join NATO?\nQui est le secrétaire général ?\nWho won the cup?"


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: where the app is opened, how wide, in which theme, after what is done there."""

    name: str
    address: str
    locale: str = "en-GB"
    width: int = 1280
    height: int = 860
    scheme: str = "light"
    act: Callable[[Page], object] = lambda page: None


def open_first(page: Page) -> None:
    page.get_by_role("button", name="[1]").first.click()
    page.locator("mark#cited").wait_for()


def run_batch(page: Page) -> None:
    page.get_by_label("Questions, one a line").fill(QUESTIONS)
    page.get_by_label("Questions, one a line").press("Control+Enter")
    page.get_by_role("button", name="Answer them all").click()
    page.get_by_text("Another batch").wait_for()


PICTURES = (
    Picture("answer.png", ENGLISH, act=open_first),
    Picture("using/empty.png", ""),
    Picture("using/answer_fr_dark.png", f"{FRENCH}&lang=fr", "fr-FR", scheme="dark"),
    Picture("using/refused.png", "?q=Who+won+the+football+cup%3F&lang=en&from=2023-01-01"),
    Picture("using/phone.png", ENGLISH, width=390, height=844, act=open_first),
    Picture(
        "using/take_along.png", ENGLISH,
        act=lambda page: page.get_by_role("button", name="Take along").click(),
    ),
    Picture("using/browse.png", f"explore?doc={HAGUE}"),
    Picture("using/timeline.png", "explore?part=timeline"),
    Picture(
        "using/compare.png",
        f"explore?part=compare&doc={HAGUE}&with=nato-press/102_hague-summit.txt",
    ),
    Picture("using/batch.png", "explore?part=batch", act=run_batch),
    Picture("using/archive.png", "archive"),
)  # fmt: skip


def draw(picture: Picture, page: Page, server: str) -> None:
    page.goto(server + picture.address)
    page.locator(".note").first.wait_for()
    page.wait_for_timeout(2500)
    picture.act(page)
    page.wait_for_timeout(2000)
    file = DOCS / picture.name
    file.parent.mkdir(exist_ok=True)
    page.mouse.move(0, 0)
    page.screenshot(path=file)


def main() -> None:
    settings = Settings.from_environment()
    build_index(settings, open_encoder(settings))
    with served(Archive(settings.articles, settings.index)) as server, launched() as browser:
        for picture in PICTURES:
            size = {"width": picture.width, "height": picture.height}
            with opened(
                browser, server, locale=picture.locale, viewport=size, color_scheme=picture.scheme
            ) as page:
                draw(picture, page, server)


if __name__ == "__main__":
    main()
