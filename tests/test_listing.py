"""The articles of an archive as a list: filtered, sorted, counted by time; and what two share."""

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest
from app_support import Archive, indexed_archive
from fakes import write_pages
from hypothesis import given
from hypothesis import strategies as st
from test_versions import BRIDGE, BRIDGES, PAGES

from archive.alignment import Sentences, aligned
from archive.documents import DateBasis, Filters, source_of
from archive.encoder import Encoder
from archive.errors import ArticleUnknown
from archive.snapshot import PASSAGE_SPANS, SENTENCE_SPANS, SENTENCES
from archive.spans import read_spans
from indexer.pipeline import build_index
from retriever.engine import Engine, open_engine
from retriever.filters import Columns, passes
from retriever.listing import MONTHS, Column, Coverage, Entry, Listing

HAGUE = "otan-presse/004_sommet-la-haye-cinq-pour-cent.txt"


@pytest.fixture(scope="module")
def engine(encoder: Encoder) -> Engine:
    return open_engine(indexed_archive().settings(), encoder)


@pytest.fixture(scope="module")
def releases(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """An archive of a release in three languages, one in two, and an article apart."""
    folder = tmp_path_factory.mktemp("releases")
    archive = Archive(folder / "articles", folder / "index")
    write_pages(archive.articles, PAGES)
    build_index(archive.settings(), encoder)
    return open_engine(archive.settings(), encoder)


Row = tuple[str, str, date | None]  # title, language, published
rows = st.lists(
    st.tuples(
        st.sampled_from(["Été à Évian", "été", "Zoo", "Le zoo d’été", "<b>Zoo</b>", "Σ ΖΩΟ"]),
        st.sampled_from(["fr", "en", "ar"]),
        st.none() | st.dates(date(2019, 11, 1), date(2023, 2, 28)),
    ),
    max_size=12,
)


def listing(told: list[Row]) -> Listing:
    """A list of articles, each in a source of its language."""
    columns = Columns(
        [f"{language}/{at:03}.txt" for at, (_, language, _) in enumerate(told)],
        [language for _, language, _ in told],
        [day for *_, day in told],
        np.arange(len(told), dtype=np.int32),
    )
    bases = [DateBasis.STATED if day else DateBasis.UNKNOWN for *_, day in told]
    sizes = np.array([1 + at % 3 for at in range(len(told))], dtype=np.int32)
    return Listing(columns, [title for title, *_ in told], bases, sizes)


# --- Picking and sorting --------------------------------------------------------------------------


@given(
    told=rows,
    filters=st.builds(
        Filters,
        languages=st.frozensets(st.sampled_from(["fr", "en"])),
        sources=st.frozensets(st.sampled_from(["ar", "fr"])),
        since=st.none() | st.dates(date(2019, 1, 1), date(2024, 1, 1)),
    ),
    words=st.sampled_from(["", "ZOO", "ete", "Été zoo", "  évian  ", "tarte"]),
)
def test_what_is_picked_passes_and_holds_the_words(
    told: list[Row], filters: Filters, words: str
) -> None:
    sought = {"": [], "ZOO": ["zoo"], "ete": ["ete"], "Été zoo": ["ete", "zoo"]} | {
        "  évian  ": ["evian"], "tarte": ["tarte"],
    }  # fmt: skip
    plain = {"Été à Évian": "ete a evian", "Le zoo d’été": "le zoo d’ete", "été": "ete"}
    expected = [
        at
        for at, (title, language, day) in enumerate(told)
        if passes(filters, language, language, day)
        and all(word in plain.get(title, title.casefold()) for word in sought[words])
    ]
    assert listing(told).pick(filters, words).tolist() == expected


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("column", Column)
@given(told=rows)
def test_sorting_keeps_every_article_and_orders_it(
    column: Column, descending: bool, told: list[Row]
) -> None:
    names = {"ar": "Zzz", "en": "anglais", "fr": "Français"}
    one = listing(told)
    every = one.pick(Filters())
    order = one.ordered(every, column, descending, names.__getitem__)
    assert sorted(order.tolist()) == every.tolist()
    entries = one.entries(order)
    keys_of: dict[Column, Callable[[Entry], Any]] = {
        Column.LANGUAGE: lambda entry: names[entry.language].casefold().replace("ç", "c"),
        Column.SOURCE: lambda entry: entry.source,
        Column.BASIS: lambda entry: entry.date_basis != DateBasis.STATED,
        Column.VERSIONS: lambda entry: entry.versions,
        Column.PUBLISHED: lambda entry: entry.published,
        Column.TITLE: lambda entry: entry.title.casefold().replace("é", "e").replace("à", "a"),
    }
    if column == Column.PUBLISHED:
        dated = [entry for entry in entries if entry.published]
        assert all(entry.published is None for entry in entries[len(dated) :])
        entries = dated
    keys = [keys_of[column](entry) for entry in entries]
    assert keys == sorted(keys, reverse=descending)
    for at in range(1, len(entries)):  # equal ones stay in the order of the paths
        if keys[at] == keys[at - 1]:
            assert entries[at - 1].path[-7:] < entries[at].path[-7:]


def test_the_sample_archive_is_listed_whole(engine: Engine) -> None:
    every = engine.listing.pick(Filters())
    documents = engine.catalogue.documents()
    assert [
        (one.path, one.title, one.language, one.source, one.published, one.date_basis)
        for one in engine.listing.entries(every)
    ] == [
        (one.path, one.title, one.language, source_of(one.path), one.published, one.date_basis)
        for one in documents
    ]


def test_an_article_tells_how_many_versions_there_are(releases: Engine) -> None:
    told = {
        one.path: one.versions for one in releases.listing.entries(releases.listing.pick(Filters()))
    }
    assert told == {path: 1 + len(releases.versions(path)) for path in PAGES}
    assert set(told.values()) == {1, 2, 3}
    for path in BRIDGES:
        assert {one.path for one in releases.versions(path)} == set(BRIDGES) - {path}


# --- Coverage -------------------------------------------------------------------------------------


def test_months_counted_by_hand() -> None:
    told = [
        ("a", "fr", date(2024, 1, 31)), ("b", "fr", date(2024, 2, 1)), ("c", "en", None),
        ("d", "en", date(2024, 2, 29)), ("e", "fr", date(2024, 4, 1)),
        ("f", "fr", date(2024, 2, 2)),
    ]  # fmt: skip
    one = listing(told)
    assert one.coverage(one.pick(Filters())) == Coverage(
        periods=(
            (date(2024, 1, 1), date(2024, 1, 31)), (date(2024, 2, 1), date(2024, 2, 29)),
            (date(2024, 3, 1), date(2024, 3, 31)), (date(2024, 4, 1), date(2024, 4, 30)),
        ),
        counts={(0, "fr"): 1, (1, "fr"): 2, (1, "en"): 1, (3, "fr"): 1},
        undated=1,
    )  # fmt: skip
    assert one.coverage(one.pick(Filters(languages=frozenset({"en"})))) == Coverage(
        (((date(2024, 2, 1), date(2024, 2, 29))),), {(0, "en"): 1}, 1
    )
    assert one.coverage(one.pick(Filters(), "nothing")) == Coverage((), {}, 0)


def test_a_long_time_is_counted_by_year() -> None:
    last_month = date(2024, 1, 1).replace(year=2024 + (MONTHS - 1) // 12, month=12)
    months = listing([("a", "fr", date(2024, 1, 1)), ("b", "fr", last_month)])
    assert len(months.coverage(months.pick(Filters())).periods) == MONTHS
    years = listing([("a", "fr", date(1949, 4, 4)), ("b", "fr", date(2024, 5, 5))])
    told = years.coverage(years.pick(Filters()))
    assert told.periods == tuple((date(y, 1, 1), date(y, 12, 31)) for y in range(1949, 2025))
    assert told.counts == {(0, "fr"): 1, (75, "fr"): 1}


@given(rows)
def test_every_article_counts_once(told: list[Row]) -> None:
    one = listing(told)
    coverage = one.coverage(one.pick(Filters()))
    assert sum(coverage.counts.values()) + coverage.undated == len(told)
    for (place, language), count in coverage.counts.items():
        first, last = coverage.periods[place]
        assert count == sum(
            tongue == language and day is not None and first <= day <= last
            for _, tongue, day in told
        )
    for (_, last), (first, _) in zip(coverage.periods, coverage.periods[1:], strict=False):
        assert (first - last).days == 1


# --- What two articles share ----------------------------------------------------------------------


def sentences_of(engine: Engine, path: str) -> Sentences:
    """The sentences of an article out of the snapshot's files, one by one."""
    folder = engine.snapshot.folder
    number = [one for one, *_ in engine.catalogue.headings()].index(path)
    passages, sentences = read_spans(folder / PASSAGE_SPANS), read_spans(folder / SENTENCE_SPANS)
    rows = [row for row in range(len(sentences)) if passages.of[sentences.of[row]] == number]
    vectors = np.load(folder / SENTENCES)[rows].astype(np.float32)
    return Sentences(engine.document(path).text, [sentences.span(row) for row in rows], vectors)


def test_what_two_articles_share_is_what_their_sentences_align(engine: Engine) -> None:
    paths = [HAGUE, *[path for path, *_ in engine.catalogue.headings()][::5]]
    for one in paths:
        for other in paths:
            own, theirs = sentences_of(engine, one), sentences_of(engine, other)
            expected = [(own.spans[at], theirs.spans[to]) for at, to in aligned(own, theirs)]
            assert engine.shared(one, other) == expected


def test_an_article_shares_all_of_itself(engine: Engine) -> None:
    spans = sentences_of(engine, HAGUE).spans
    assert engine.shared(HAGUE, HAGUE) == [(span, span) for span in spans]


def test_two_languages_share_the_sentences_of_one_release(releases: Engine) -> None:
    english, french = (next(p for p in BRIDGES if p.startswith(s)) for s in ("nord", "sud"))
    texts = [releases.document(path).text for path in (english, french)]
    told = {
        tuple(text[slice(*span)] for text, span in zip(texts, pair, strict=True))
        for pair in releases.shared(english, french)
    }
    assert told <= {(one, other) for one, other, _ in BRIDGE}
    assert len(told) >= 6
    back = releases.shared(french, english)
    assert {(b, a) for a, b in back} == set(releases.shared(english, french))


def test_an_article_that_is_not_there(engine: Engine) -> None:
    for ask in (engine.versions, lambda path: engine.shared(HAGUE, path)):
        with pytest.raises(ArticleUnknown, match=r"nowhere\.txt"):
            ask("nowhere.txt")
