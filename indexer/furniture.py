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

import hashlib
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np

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


Page: TypeAlias = "array[int]"  # its lines in order, each as its number, 8 bytes a line


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


def page_of(text: str) -> Page:
    """A page as the numbers of its lines: equal lines have the same one, in every run."""
    return _page(lines(text))


class Repeated(NamedTuple):
    """A line that is furniture, as its number and in words; on how many of how many pages."""

    line: int
    words: str
    pages: int
    family: int


class Furniture:
    """The furniture of every family of pages, learned once from all the pages."""

    def __init__(
        self,
        taken: Mapping[str, Page],
        pages: Mapping[str, str],
        known: Mapping[str, Sequence[Repeated]] | None = None,
    ) -> None:
        """taken: each page as `page_of` gives it, by its path. pages: the decoded text of each, by
        its path; few of them are asked for, and none of families that are `known` (`families` of
        an earlier one)."""
        self._taken = taken
        self._of: dict[str, frozenset[int]] = {}
        self.found: list[FurnitureLine] = []
        self.families: dict[str, Sequence[Repeated]] = {}  # by what tells the family's pages
        in_order = sorted((source, members) for (source, _), members in _families(taken).items())
        for source, members in in_order:
            key = _key(taken[path] for path in members)
            told = (known or {}).get(key)
            if told is None:
                told = _repeated(members, taken, pages)
            self.families[key] = told
            self._of.update(dict.fromkeys(members, frozenset(one.line for one in told)))
            self.found += [FurnitureLine(source, one.words, one.pages, one.family) for one in told]

    def out(self, path: str) -> tuple[int, ...]:
        """Which lines of a page are furniture, ascending, counted as `page_of` has them."""
        return tuple(sorted(_edges(self._taken[path], self._of.get(path, frozenset()))))

    def without(self, path: str, text: str) -> list[Span]:
        """The spans of a page that are not furniture: half-open, in order, with their line ends."""
        page = lines(text)
        out = _edges(_page(page), self._of.get(path, frozenset()))
        kept: list[Span] = []
        for number, line in enumerate(page):
            if number not in out:
                if kept and kept[-1][1] == line.start:
                    kept[-1] = (kept[-1][0], line.end)
                else:
                    kept.append((line.start, line.end))
        return kept


def _page(page: Iterable[Line]) -> Page:
    return array("q", [_number(line.words) for line in page])


def _number(words: str) -> int:
    """A line as 8 bytes that no other line has; odd for one that is too long for a gap."""
    digest = hashlib.blake2b(words.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True) & ~1 | (len(words) > MAX_GAP_LINE)


def _words(wanted: Iterable[int], pages: Iterable[str]) -> dict[int, str]:
    """The words of lines that stand on some of the pages, by their numbers; without those that
    stand on none, since the pages have changed meanwhile."""
    missing, found = set(wanted), dict[int, str]()
    for text in pages:
        if not missing:
            break
        told = {_number(line.words): line.words for line in lines(text)}
        found |= {number: told[number] for number in missing & told.keys()}
        missing -= told.keys()
    return found


def _key(pages: Iterable[Page]) -> str:
    """What tells which different pages a family has."""
    digest = hashlib.blake2b(digest_size=16)
    for page in sorted({page.tobytes() for page in pages}):
        digest.update(len(page).to_bytes(8, "little") + page)
    return digest.hexdigest()


def _repeated(
    members: Sequence[str], taken: Mapping[str, Page], pages: Mapping[str, str]
) -> list[Repeated]:
    """The furniture of a family, the commonest lines first."""
    different = _different(members, taken, pages)
    counts = _edge_counts(different, taken, pages)
    least = max(MIN_PAGES, MIN_SHARE * len(different))
    often = [line for line, count in counts.items() if count >= least]
    told = _words(often, map(pages.__getitem__, different))
    found = [Repeated(line, words, counts[line], len(different)) for line, words in told.items()]
    return sorted(found, key=lambda one: (-one.pages, one.words))


def _families(pages: Mapping[str, Page]) -> dict[tuple[str, int], list[str]]:
    """The paths of each family, by source and by the commonest line that its pages share."""
    at_edges: dict[str, Page] = defaultdict(lambda: array("q"))
    for path, page in pages.items():
        at_edges[source_of(path)].extend({*page[:EDGE], *page[-EDGE:]})
    on_pages = {source: _frequent(told, MIN_PAGES) for source, told in at_edges.items()}
    families: dict[tuple[str, int], list[str]] = defaultdict(list)
    for path, page in pages.items():
        counts = on_pages[source_of(path)]
        for edge in (page[:EDGE], page[: -EDGE - 1 : -1]):
            shared = [line for line in edge if line in counts]
            if shared:
                commonest = max(shared, key=counts.__getitem__)  # the outermost of equals
                families[source_of(path), commonest].append(path)
                break
    return families


def _frequent(told: Page, least: float) -> dict[int, int]:
    """How often each line is told that is told so often at least."""
    found, counts = np.unique(np.array(told), return_counts=True)
    often = counts >= least
    return dict(zip(found[often].tolist(), counts[often].tolist(), strict=True))


def _edge_counts(
    different: Sequence[str], taken: Mapping[str, Page], pages: Mapping[str, str]
) -> Counter[int]:
    """On how many of the pages each line that many of them hold stands at the edge."""
    everywhere: Page = array("q")
    for path in different:
        everywhere.extend(set(taken[path]))
    many = _frequent(everywhere, max(MIN_PAGES, MIN_SHARE * len(different)))
    told = _words(many, map(pages.__getitem__, different))
    repeated = frozenset(line for line, words in told.items() if first_date(words) is None)
    counts = Counter[int]()
    for path in different:
        page = taken[path]
        counts.update({page[number] for number in _edges(page, repeated)})
    return counts


def _different(
    members: Sequence[str], taken: Mapping[str, Page], pages: Mapping[str, str]
) -> list[str]:
    """The paths of the pages without copies and, in a small family, without near copies."""
    paths = list({taken[path].tobytes(): path for path in members}.values())
    if len(paths) > _SMALL_FAMILY:
        return paths
    told = {path: [line.words for line in lines(pages[path])] for path in paths}
    different: list[str] = []
    shingles: list[Shingles] = []
    for path in sorted(paths, key=told.__getitem__):
        own = shingles_of("\n".join(told[path]))
        if all(jaccard(own, others) < _NEAR_COPIES for others in shingles):
            different.append(path)
            shingles.append(own)
    return different


def _edges(page: Page, repeated: frozenset[int]) -> set[int]:
    """The numbers of the repeated lines at the top and at the bottom of a page."""
    last = len(page) - 1
    top = _edge(page, repeated, range(len(page)))
    return top | _edge(page, repeated, range(last, -1, -1))


def _edge(page: Page, repeated: frozenset[int], numbers: Iterable[int]) -> set[int]:
    found, gap = set(), 0
    for number in numbers:
        line = page[number]
        if line in repeated:
            found.add(number)
            gap = 0
        else:
            gap += 1
            if gap > MAX_GAP or line & 1:
                break
    return found
