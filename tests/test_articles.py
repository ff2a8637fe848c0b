"""Articles that stayed side by side are told of together, and none is lost or told of twice."""

from itertools import pairwise

from fakes import document
from hypothesis import example, given
from hypothesis import strategies as st

from archive.documents import Document
from indexer.articles import Articles, Kept


def _articles(numbers: list[int]) -> Articles:
    """One for each number in the earlier snapshot; negative: read now."""
    told: list[Document | Kept] = []
    for at, number in enumerate(numbers):
        path = f"{at:02}.txt"
        one = document("Text.", path)
        told.append(one if number < 0 else Kept(number, path, one.language, one.published))
    return Articles(told)


@given(st.lists(st.integers(-1, 9), max_size=12))
@example([-1, 0, 1, 3, -1, -1, 4, 5])
def test_the_runs_are_every_article_once_in_order(numbers: list[int]) -> None:
    told = [
        (first + place, number)
        for first, stayed in _articles(numbers).runs()
        for place, number in enumerate(stayed or [-1])
    ]
    assert told == list(enumerate(numbers))


@given(st.lists(st.integers(-1, 9), max_size=12))
def test_runs_are_as_long_as_they_can_be(numbers: list[int]) -> None:
    runs = [stayed for _, stayed in _articles(numbers).runs()]
    for one, following in pairwise(runs):
        assert not (one and following and one.stop == following.start)
