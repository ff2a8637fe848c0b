"""What a site repeats goes out, and nothing else, on archives made by a generator."""

import random
from dataclasses import dataclass

import pytest
from fakes import furniture_of
from hypothesis import given
from hypothesis import strategies as st

from archive.documents import FurnitureLine
from indexer.furniture import Furniture, page_of

WORDS = (
    "ice cable drone north winter radar port crew signal harbour grid cloud repair watch".split()
)


@dataclass(frozen=True)
class Page:
    """A page as its lines: the furniture above and below, and the body between."""

    above: list[str]
    body: list[str]
    below: list[str]

    @property
    def text(self) -> str:
        return "\n".join([*self.above, *self.body, *self.below]) + "\n"


def make_site(rng: random.Random, name: str, pages: int, above: int, below: int) -> list[Page]:
    """A site whose bodies share no line: each has the site's and its own name in it."""
    top = [f"{name} header {number} {sentence(rng)}" for number in range(above)]
    bottom = [f"{name} footer {number} {sentence(rng)}" for number in range(below)]
    return [
        Page(
            top[:1] + top,
            [f"{name}-{page}-{at} {sentence(rng)}" for at in range(rng.randint(1, 12))],
            bottom,
        )
        for page in range(pages)
    ]


def sentence(rng: random.Random) -> str:
    return " ".join(rng.choices(WORDS, k=rng.choice([2, 8, 20, 60]))) + "."


def kept(pages: dict[str, str]) -> dict[str, str]:
    furniture = furniture_of(pages)
    return {
        path: "".join(text[start:end] for start, end in furniture.without(path, text))
        for path, text in pages.items()
    }


def assert_only_bodies_stay(pages: dict[str, Page]) -> None:
    left = kept({path: page.text for path, page in pages.items()})
    assert {path: text.splitlines() for path, text in left.items()} == {
        path: page.body for path, page in pages.items()
    }


@given(
    seed=st.integers(0, 10**6),
    sizes=st.lists(st.integers(5, 30), min_size=1, max_size=3),
    above=st.integers(1, 9),
    below=st.integers(0, 3),
    mixed=st.booleans(),
)
def test_of_a_few_sites_every_furniture_line_goes_and_every_body_line_stays(
    seed: int, sizes: list[int], above: int, below: int, mixed: bool
) -> None:
    rng = random.Random(seed)
    pages = {}
    for number, size in enumerate(sizes):
        for at, page in enumerate(make_site(rng, f"site{number}", size, above, below)):
            pages[f"{'all' if mixed else number}/{number}-{at:03}.txt"] = page
    assert_only_bodies_stay(pages)


@pytest.mark.parametrize(
    ("sizes", "folder"),
    [
        ((5, 300), "{site}/"), ((5, 300), "all/"), ((5, 40, 300), ""), ((300, 300), "all/"),
        ((5000, 5), "all/"),
    ],
)  # fmt: skip
def test_neither_a_large_site_nor_a_small_one_beside_it_loses_a_line(
    sizes: tuple[int, ...], folder: str
) -> None:
    rng = random.Random(7)
    assert_only_bodies_stay(
        {
            f"{folder.format(site=site)}{site}-{at:05}.txt": page
            for site, size in enumerate(sizes)
            for at, page in enumerate(make_site(rng, f"site{site}", size, 6, 1))
        }
    )


@pytest.mark.parametrize(("pages", "sharing"), [(5, 2), (5, 3), (30, 2), (30, 12)])
def test_a_quotation_that_articles_share_is_not_furniture(pages: int, sharing: int) -> None:
    site = make_site(random.Random(3), "site", pages, 5, 0)
    quotation = "“We stand together, today and tomorrow,” the Secretary General said."
    for page in site[:sharing]:
        page.body.insert(len(page.body) // 2 + 1, quotation)
    assert_only_bodies_stay({f"site/{at}.txt": page for at, page in enumerate(site)})


def test_a_sentence_deep_in_every_body_is_not_furniture() -> None:
    rng = random.Random(5)
    long = " ".join(rng.choices(WORDS, k=50))
    bodies = [[f"{at} {long}", "Allies remain united.", f"{at} again {long}"] for at in range(9)]
    pages = {f"s/{at}.txt": Page(["Menu", "Search"], body, []) for at, body in enumerate(bodies)}
    assert_only_bodies_stay(pages)


def test_a_line_with_a_full_date_stays() -> None:
    site = make_site(random.Random(4), "site", 8, 4, 0)
    for page in site:
        page.body.insert(0, "Updated: 17 April 2023")
    assert_only_bodies_stay({f"site/{at}.txt": page for at, page in enumerate(site)})


class Unreadable(dict[str, str]):
    """Pages whose texts nobody may ask for."""

    def __missing__(self, path: str) -> str:
        raise AssertionError(path)


@pytest.mark.parametrize("seed", range(8))
def test_families_whose_pages_are_the_same_are_known_without_their_texts(seed: int) -> None:
    rng = random.Random(seed)
    sites = {name: make_site(rng, name, rng.randint(3, 9), 3, 1) for name in ("one", "two")}
    pages = {
        f"{name}/{at}.txt": page.text
        for name, site in sites.items()
        for at, page in enumerate(site)
    }
    taken = {path: page_of(text) for path, text in pages.items()}
    learned = Furniture(taken, pages)
    known = Furniture(taken, Unreadable(), learned.families)
    assert known.found == learned.found
    assert known.families == learned.families
    for path, text in pages.items():
        assert known.out(path) == learned.out(path)
        assert known.without(path, text) == learned.without(path, text)
    # One page more, which changes how many of its site's pages each line stands on.
    extra = "\n".join([*sites["one"][0].above[:2], "Another body."])
    more = pages | {"one/x.txt": extra}
    told = {path: page_of(text) for path, text in more.items()}
    again, anew = Furniture(told, more, learned.families), Furniture(told, more)
    assert (again.found, again.families) == (anew.found, anew.families)


def test_a_site_with_three_pages_is_left_whole() -> None:
    pages = {
        f"s/{at}.txt": page.text
        for at, page in enumerate(make_site(random.Random(1), "s", 3, 4, 1))
    }
    assert kept(pages) == pages
    assert furniture_of(pages).found == []


def test_copies_of_one_page_do_not_make_its_body_furniture() -> None:
    site = make_site(random.Random(2), "site", 6, 3, 1)
    pages = {f"site/{at}.txt": page for at, page in enumerate(site)}
    pages |= {f"site/copy-{at}.txt": site[0] for at in range(20)}
    assert_only_bodies_stay(pages)


def test_pages_of_the_real_shape_keep_their_bodies_word_for_word() -> None:
    above = [
        "Toutes les images et tous les textes du service, pour les rédactions accréditées.",
        "Toutes les images et tous les textes du service, pour les rédactions accréditées.",
        "Saisissez votre adresse\u00a0: un code vous parviendra.",
        "Pas de code\u202f? En demander un autre",
    ]
    bodies = [
        ["Du 3 au 5 juin 2025, une délégation s’est rendue à Riga.", "Elle y a vu des câbles."],
        ["Updated: 17 April 2023", "Ce mercredi (13 novembre), le Conseil s’est réuni."],
        ["Un titre court", "Le jeudi 6 mars, les Alliés ont signé un accord.", "Fin."],
        ["«\u00a0Nous restons unis\u00a0», a dit le ministre."],
        ["On 5 March 2025, the ministers met.", "", "They will meet again."],
    ]
    left = kept(
        {f"{at}.txt": "\r\n".join([*above, *body]) for at, body in enumerate(bodies)}
    )  # fmt: skip
    for at, body in enumerate(bodies):
        assert left[f"{at}.txt"].replace("\r\n", "\n").split("\n") == [
            line for line in body if line
        ]


def test_what_was_left_out_is_told_with_how_often_and_of_how_many() -> None:
    pages = {f"s/{at}.txt": f"Menu\nSearch\nStory number {at}.\n" for at in range(5)}
    pages["s/5.txt"] = "Menu\nStory number 5.\n"
    assert furniture_of(pages).found == [
        FurnitureLine("s", "Menu", 6, 6), FurnitureLine("s", "Search", 5, 6),
    ]  # fmt: skip


def test_a_heading_that_bodies_of_two_sites_share_hides_no_furniture() -> None:
    rng = random.Random(6)
    sites = make_site(rng, "one", 20, 4, 0), make_site(rng, "two", 6, 4, 0)
    for page in [*sites[0][:7], sites[1][0]]:
        page.body.insert(len(page.body) // 2 + 1, "Background")
    assert_only_bodies_stay(
        {f"all/{n}-{at}.txt": page for n, site in enumerate(sites) for at, page in enumerate(site)}
    )


def test_near_copies_of_one_release_do_not_make_its_body_furniture() -> None:
    site = make_site(random.Random(8), "site", 9, 3, 0)
    release = [f"{at} {sentence(random.Random(at))}" for at in range(30)]
    for at in range(4):
        site[at].body[:] = [*release[:20], f"Version {at}.", *release[20:]]
    assert_only_bodies_stay({f"site/{at}.txt": page for at, page in enumerate(site)})


def test_a_page_that_is_all_furniture_keeps_nothing() -> None:
    pages = {f"s/{at}.txt": f"Menu\nSearch\nStory number {at}.\n" for at in range(9)}
    pages["s/9.txt"] = "Menu\nSearch\n"
    assert kept(pages)["s/9.txt"] == ""
