"""What a site repeats on every page, learned from the archive.

The method. Pages of one source that begin or end with the same commonest line, within EDGE lines,
are a family: they come out of one layout. A line is furniture where it stands at the edge of at
least MIN_PAGES pages of the family and of at least MIN_SHARE of them. The edge of a page is its
first lines and its last lines as far as they are repeated ones; up to MAX_GAP short lines of the
page's own (a headline, a trail of links) may stand between them and are kept. A line that states a
full date is never furniture. Pages that are copies or near copies of one another count once.

The limits. A site with fewer than MIN_PAGES pages in the archive keeps its furniture, and so does
furniture whose wording changes from page to page; nothing of a body is lost in either case. A
closing paragraph that most pages of a site share is furniture by this definition.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from archive.dates import first_date
from archive.documents import FurnitureLine, source_of
from archive.text import Span
from indexer.duplicates import Shingles, jaccard, shingles_of

MIN_PAGES = 4
MIN_SHARE = 0.6
MAX_GAP = 3
MAX_GAP_LINE = 160
EDGE = MAX_GAP + 1

# Pages that are as alike as this are near copies. Only in a family this small can their number
# reach MIN_SHARE of it.
_NEAR_COPIES = 0.9
_SMALL_FAMILY = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page that is not blank: its words, and its span without the line end."""

    words: str
    start: int
    end: int


def lines(text: str) -> list[Line]:
    """The lines of a page that are not blank, white space folded, in order."""
    found, at = [], 0
    for whole in text.splitlines(keepends=True):
        words = " ".join(whole.split())
        if words:
            found.append(Line(words, at, at + len(whole)))
        at += len(whole)
    return found


class Furniture:
    """The furniture of every family of pages, learned once from all the pages."""

    def __init__(self, pages: Mapping[str, str]) -> None:
        """pages: the decoded text of each file by its path."""
        taken = {path: [line.words for line in lines(text)] for path, text in pages.items()}
        families = _families(taken)
        self._of: dict[str, frozenset[str]] = {}
        self.found: list[FurnitureLine] = []
        for (source, _), members in sorted(families.items()):
            counts, size = _edge_counts([taken[path] for path in members])
            least = max(MIN_PAGES, MIN_SHARE * size)
            repeated = {words: pages for words, pages in counts.items() if pages >= least}
            self._of.update(dict.fromkeys(members, frozenset(repeated)))
            self.found += [
                FurnitureLine(source, words, count, size)
                for words, count in sorted(repeated.items(), key=lambda item: (-item[1], item[0]))
            ]

    def without(self, path: str, text: str) -> list[Span]:
        """The spans of a page that are not furniture: half-open, in order, with their line ends."""
        furniture = self._of.get(path, frozenset())
        page = lines(text)
        out = _edges([line.words for line in page], furniture)
        kept: list[Span] = []
        for number, line in enumerate(page):
            if number not in out:
                if kept and kept[-1][1] == line.start:
                    kept[-1] = (kept[-1][0], line.end)
                else:
                    kept.append((line.start, line.end))
        return kept


def _families(pages: Mapping[str, Sequence[str]]) -> dict[tuple[str, str], list[str]]:
    """The paths of each family, by source and by the commonest line that its pages share."""
    on_pages: dict[str, Counter[str]] = defaultdict(Counter)
    for path, page in pages.items():
        on_pages[source_of(path)].update({*page[:EDGE], *page[-EDGE:]})
    families: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path, page in pages.items():
        counts = on_pages[source_of(path)]
        for edge in (page[:EDGE], page[: -EDGE - 1 : -1]):
            commonest = max(edge, key=counts.__getitem__, default="")  # the outermost of equals
            if counts[commonest] >= MIN_PAGES:
                families[source_of(path), commonest].append(path)
                break
    return families


def _edge_counts(members: Sequence[Sequence[str]]) -> tuple[Counter[str], int]:
    """On how many different pages each line stands at the edge, and how many pages there are."""
    different = _different(members)
    everywhere = Counter(words for page in different for words in set(page))
    least = max(MIN_PAGES, MIN_SHARE * len(different))
    repeated = frozenset(
        words for words, pages in everywhere.items() if pages >= least and first_date(words) is None
    )
    counts: Counter[str] = Counter()
    for page in different:
        counts.update({page[number] for number in _edges(page, repeated)})
    return counts, len(different)


def _different(members: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """The pages without copies and, in a small family, without near copies."""
    pages = sorted({tuple(page) for page in members})
    if len(pages) > _SMALL_FAMILY:
        return pages
    different: list[tuple[str, ...]] = []
    shingles: list[Shingles] = []
    for page in pages:
        own = shingles_of("\n".join(page))
        if all(jaccard(own, others) < _NEAR_COPIES for others in shingles):
            different.append(page)
            shingles.append(own)
    return different


def _edges(page: Sequence[str], repeated: frozenset[str]) -> set[int]:
    """The numbers of the repeated lines at the top and at the bottom of a page."""
    last = len(page) - 1
    top = _edge(page, repeated, range(len(page)))
    return top | _edge(page, repeated, range(last, -1, -1))


def _edge(page: Sequence[str], repeated: frozenset[str], numbers: Iterable[int]) -> set[int]:
    found, gap = set(), 0
    for number in numbers:
        words = page[number]
        if words in repeated:
            found.add(number)
            gap = 0
        else:
            gap += 1
            if gap > MAX_GAP or len(words) > MAX_GAP_LINE:
                break
    return found
