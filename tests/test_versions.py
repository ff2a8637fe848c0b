"""One release in several languages is found, shown once, and quoted in the reader's language."""

import itertools
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from app_support import Archive as IndexedArchive
from app_support import address_of, calm, indexed_archive, marked, markup, open_app, quotations
from fakes import WordHashEncoder, document, vectors_of, write_pages
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import cli
from archive.alignment import SAME, STRETCH, Sentences, aligned, counterpart, figures
from archive.answers import AnswerKind, RankedPassage
from archive.catalogue import Catalogue
from archive.documents import DateBasis, Document, Filters, Question
from archive.encoder import Encoded, Encoder
from archive.languages import Vectors, packaged_directions, unit_rows, without_directions
from archive.settings import Settings
from archive.snapshot import CATALOGUE, open_snapshot
from archive.spans import Spans
from indexer import stored
from indexer.chunking import Chunk, chunk
from indexer.dense import nearest
from indexer.pipeline import build_index
from indexer.stored import Matrix
from indexer.versions import (
    APART,
    NEIGHBOURS,
    SENTENCES,
    TOLD_IN_BOTH,
    Before,
    Compared,
    Heading,
    Parts,
    candidates,
    find_versions,
    groups,
    in_steps,
    neighbours,
    read_compared,
    told_in_both,
    write_compared,
)
from retriever.engine import CLOSEST, Engine, open_engine
from retriever.extraction import ScoredSentence
from ui.wording import ENGLISH, FRENCH

# One release in three languages, sentence by sentence; then another in two.
BRIDGE = [
    (
        "Engineers span the Drava in six days",
        "Le génie franchit la Drave en six jours",
        "Сапери перекинули міст через Драву за шість днів",
    ),
    (
        "Engineers from four Allied nations opened a temporary bridge over the Drava on "
        "14 May 2024.",
        "Des sapeurs de quatre pays alliés ont ouvert le 14 mai 2024 un pont provisoire sur la "
        "Drave.",
        "Інженери з чотирьох союзних країн відкрили 14 травня 2024 року тимчасовий міст через "
        "Драву.",
    ),
    (
        "It carries lorries of up to 60 tonnes and replaces a crossing that floods swept away in "
        "March.",
        "Il supporte des camions de 60 tonnes au plus et remplace un ouvrage emporté par les crues "
        "en mars.",
        "Він витримує вантажівки вагою до 60 тонн і замінює переправу, яку в березні змила повінь.",
    ),
    (
        "Some 230 soldiers worked in three shifts, by day and by night.",
        "Quelque 230 soldats y ont travaillé en trois équipes, de jour comme de nuit.",
        "Близько 230 солдатів працювали в три зміни, вдень і вночі.",
    ),
    (
        "The river gave us no second chance, said Captain Lena Horvat, who led the work.",
        "Le fleuve ne nous laissait pas de seconde chance, a déclaré la capitaine Lena Horvat, "
        "qui dirigeait les travaux.",
        "Річка не давала нам другого шансу, сказала капітанка Лена Горват, яка керувала роботами.",
    ),
    (
        "Two villages had been cut off from their school and their hospital for seven weeks.",
        "Deux villages étaient coupés de leur école et de leur hôpital depuis sept semaines.",
        "Два села сім тижнів були відрізані від своєї школи та лікарні.",
    ),
    (
        "The steel parts came by rail from a depot near Munich.",
        "Les éléments en acier sont venus par le rail d’un dépôt proche de Munich.",
        "Сталеві деталі прибули залізницею зі складу поблизу Мюнхена.",
    ),
    (
        "The bridge will stay until a permanent one is finished in 2026.",
        "Le pont restera en place jusqu’à l’achèvement d’un ouvrage permanent en 2026.",
        "Міст стоятиме, доки у 2026 році не завершать постійний.",
    ),
]
DIVERS = [
    (
        "Divers from Estonia recover a sea mine of the last war",
        "Des plongeurs estoniens remontent une mine de la dernière guerre",
    ),
    (
        "Navy divers brought a mine weighing 900 kilograms to the surface off Hiiumaa.",
        "Des plongeurs de la marine ont remonté au large de Hiiumaa une mine de 900 kilogrammes.",
    ),
    (
        "A fisherman had found it in his nets and called the coast guard at once.",
        "Un pêcheur l’avait trouvée dans ses filets et avait aussitôt appelé les garde-côtes.",
    ),
    (
        "Ships kept a distance of 1,500 metres while it was blown up.",
        "Les navires se sont tenus à 1 500 mètres pendant qu’on la faisait exploser.",
    ),
    (
        "Nobody was hurt, and the ferry sailed again in the evening.",
        "Personne n’a été blessé, et le ferry a repris la mer dans la soirée.",
    ),
]
# The same matter with the same form, another event: no version of anything.
TWIN = (
    "Pioniere überbrücken die Theiß in neun Tagen\n"
    "Pioniere aus drei verbündeten Staaten haben am 3. September 2025 eine Behelfsbrücke über die "
    "Theiß eröffnet. Sie trägt Lastwagen von bis zu 40 Tonnen und ersetzt einen Übergang, den im "
    "Juli ein Hochwasser mitgerissen hat. Rund 150 Soldaten arbeiteten in zwei Schichten, bei Tag "
    "und bei Nacht. Ein Dorf war fünf Wochen lang von seiner Apotheke abgeschnitten. Die Brücke "
    "bleibt stehen, bis 2028 eine dauerhafte fertig ist.\n"
)
EN, FR, UK = "nord/bridge.txt", "sud/pont.txt", "est/mist.txt"
BRIDGES = (UK, EN, FR)
MINES = ("nord/mine.txt", "sud/mine.txt")


def release(told: Sequence[Sequence[str]], language: int) -> str:
    title, *body = (sentence[language] for sentence in told)
    return f"{title}\n{' '.join(body)}\n"


PAGES = {
    EN: release(BRIDGE, 0),
    FR: release(BRIDGE, 1),
    UK: release(BRIDGE, 2),
    MINES[0]: release(DIVERS, 0),
    MINES[1]: release(DIVERS, 1),
    "lose.txt": TWIN,
    "nord/radar.txt": (
        "A radar station on the island watches every ship that passes by. Its crew of nine has "
        "seen more fog than sun this winter, and more seals than ships.\n"
    ),
}
ENGLISH_FOR = {
    sentence: told[0] for release in (BRIDGE, DIVERS) for told in release for sentence in told
}


class ParallelEncoder(WordHashEncoder):
    """Reads what stands above in English, whatever language it is in."""

    def encode_passages(self, texts: Sequence[str]) -> list[Encoded]:
        return super().encode_passages([in_english(text) for text in texts])

    def encode_question(self, text: str) -> Encoded:
        return super().encode_question(in_english(text))


def in_english(text: str) -> str:
    for sentence, english in ENGLISH_FOR.items():
        text = text.replace(sentence, english)
    return text


# --- Figures and sentences ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("", set()),
        ("Two of 12 ships", set()),
        ("14 May 2024", {14, 2024}),
        ("20,000 or 20.000 or 20 000 or 20\u202f000 or 20’000", {20000}),
        ("1,234,567 and 1.5 and 13.75", {1234567, 13, 75}),
        ("in 2024 500 ships", {2024, 500}),
        ("٢٠٢٤ and ２０２５", {2024, 2025}),
        ("F-16, 95%, 2%", {16, 95}),
    ],
)
def test_the_figures_of_a_text_by_hand(text: str, held: set[int]) -> None:
    assert figures(text) == held


def test_a_very_long_number_is_no_trouble() -> None:
    assert figures("9" * 10_000)


def lines(*texts: str, vectors: object) -> Sentences:
    """An article of one sentence a line. vectors: one for each, of any length."""
    text, spans = "\n".join(texts), []
    at = 0
    for one in texts:
        spans.append((at, at + len(one)))
        at += len(one) + 1
    return Sentences(text, spans, unit_rows(np.array(vectors, dtype=np.float32)))


def angle(cosine: float) -> tuple[float, float]:
    return cosine, float(np.sqrt(1 - cosine**2))


def test_sentences_that_say_the_same_by_hand() -> None:
    three = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    one = lines("aaaa", "bbbb", "cccc", vectors=three)
    assert aligned(one, one) == [(0, 0), (1, 1), (2, 2)]
    turned = lines("cccc", "aaaa", "bbbb", vectors=[three[2], three[0], three[1]])
    assert aligned(one, turned) == [(0, 1), (1, 2), (2, 0)]


def test_each_condition_is_needed_by_hand() -> None:
    axes = [[1, 0], [0, 1]]
    one = lines("aaaa", "bbbb", vectors=axes)
    assert aligned(one, lines("aaaa", "bbbb", vectors=axes)) == [(0, 0), (1, 1)]
    for cosine in (SAME - 0.01, SAME + 0.01):
        other = lines("aaaa", "bbbb", vectors=[angle(cosine), [0, 1]])
        assert ((0, 0) in aligned(one, other)) == (cosine > SAME)
    assert aligned(one, lines("aaaa 99", "bbbb 13", vectors=axes)) == []
    assert aligned(lines("aaaa 99", "bbbb 13", vectors=axes), one) == []
    figured = lines("a 2024", "13 bbb", vectors=axes)
    assert aligned(figured, lines("2024 x", "yy 13.", vectors=axes)) == [(0, 0), (1, 1)]
    # Of ten characters 5 and 5 here, 8 and 2 there: 1.6 times, and 2.5 times.
    assert STRETCH < 1.6
    assert aligned(one, lines("aaaaaaaa", "bb", vectors=axes)) == []
    # Two near ones: only the nearest is the same, and only if nothing else is nearer to it.
    double = lines("aaaa", "bbbb", vectors=[[1, 0], angle(0.99)])
    assert aligned(double, lines("aaaa", vectors=[[1, 0]])) == []  # a half against a whole
    assert aligned(double, lines("aaaa", "cccc", vectors=[[1, 0], [-1, 0]])) == [(0, 0)]


@st.composite
def articles(draw: st.DrawFn) -> Sentences:
    """Up to eight sentences of a few lengths, near one of four meanings."""
    count = draw(st.integers(1, 8))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    meanings = np.eye(6)[draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))]
    texts = draw(st.lists(st.sampled_from(["x" * 9, "y" * 12, "z 44 zzz"]), min_size=count,
                          max_size=count))  # fmt: skip
    return lines(*texts, vectors=meanings + rng.normal(0, 0.1, meanings.shape))


@given(articles(), articles())
def test_no_sentence_is_in_two_pairs_and_both_sides_agree(one: Sentences, other: Sentences) -> None:
    stretches = one.shares[:, np.newaxis] / other.shares
    assume(
        not np.isclose(stretches, STRETCH).any() and not np.isclose(1 / stretches, STRETCH).any()
    )
    pairs = aligned(one, other)
    assert len({at for at, _ in pairs}) == len({to for _, to in pairs}) == len(pairs)
    assert sorted((to, at) for at, to in pairs) == aligned(other, one)
    of = dict(pairs)
    assert [counterpart(one, at, other) for at in range(len(one.spans))] == [
        of.get(at) for at in range(len(one.spans))
    ]
    assert told_in_both(one, other) == pytest.approx(told_in_both(other, one), abs=1e-4)


@given(articles(), articles())
def test_the_share_told_in_both_is_that_of_the_best_of_all_runs(
    one: Sentences, other: Sentences
) -> None:
    pairs = aligned(one, other)
    mine, theirs = one.shares, other.shares
    best = 0.0
    if len(pairs) >= SENTENCES:
        for size in range(len(pairs) + 1):
            for run in itertools.combinations(pairs, size):
                if all(a[1] < b[1] for a, b in itertools.pairwise(run)):
                    best = max(best, sum((mine[at] + theirs[to]) / 2 for at, to in run))
    assert told_in_both(one, other) == pytest.approx(best, abs=1e-4)
    assert 0 <= told_in_both(one, other) <= 1


def test_an_article_tells_all_of_itself() -> None:
    one = lines("aaaa", "bbbb", "cccc", vectors=np.eye(3))
    back = lines("cccc", "bbbb", "aaaa", vectors=np.eye(3)[::-1])
    assert told_in_both(one, one) == 1
    assert told_in_both(one, back) == pytest.approx(1 / 3, abs=1e-4)


# --- Candidates -----------------------------------------------------------------------------------


@given(st.data(), st.integers(1, 12), st.integers(1, 12), st.integers(1, 6))
def test_the_nearest_are_those_of_all_products_and_of_equal_ones_the_first(
    data: st.DataObject, asked: int, among: int, count: int
) -> None:
    number = st.integers(-2, 2)  # so few that many are equally near
    rows = st.lists(st.lists(number, min_size=2, max_size=2), min_size=12, max_size=12)
    vectors = np.array(data.draw(rows), dtype=np.int16)
    queries, there = np.arange(asked), np.arange(12 - among, 12)
    products, places = nearest(vectors, queries, there, count)
    every = (vectors[queries].astype(int) @ vectors[there].astype(int).T).tolist()
    expected = [sorted(range(among), key=lambda at: (-told[at], at))[:count] for told in every]
    assert places.tolist() == expected
    assert products.tolist() == [
        [told[at] for at in first] for told, first in zip(every, expected, strict=True)
    ]


@given(st.integers(0, 10**6), st.integers(1, 700), st.integers(1, 6), st.integers(1, 4000))
@hypothesis_settings(max_examples=40)
def test_the_nearest_of_many_are_the_same_however_many_are_compared_at_once(
    seed: int, among: int, count: int, at_once: int
) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.integers(-2, 3, (among, 3), dtype=np.int16)
    there = rng.permutation(among)
    every = vectors.astype(int) @ vectors[there].astype(int).T
    expected = np.argsort(-every, axis=1, kind="stable")[:, :count]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("indexer.dense._PRODUCTS", at_once)
        products, places = nearest(vectors, np.arange(among), there, count)
    assert np.array_equal(places, expected)
    assert np.array_equal(products, np.take_along_axis(every, expected, axis=1))


@given(st.integers(0, 10**6), st.sampled_from([2, 3, 384, 1024]))
def test_products_are_whole_numbers_whatever_the_order_of_their_sums(seed: int, width: int) -> None:
    vectors = in_steps(unit_rows(np.random.default_rng(seed).normal(size=(40, width))))
    exact = vectors.astype(int) @ vectors.astype(int).T
    assert np.diagonal(exact).max() < 2**24
    single = vectors.astype(np.float32)
    assert np.array_equal(single @ single.T, exact)
    assert np.array_equal(single[:, ::-1] @ single[:, ::-1].T, exact)
    for queries in (np.arange(40), np.array([7])):
        products, places = nearest(vectors, queries, np.arange(40), 3)
        assert np.array_equal(products, exact[queries[:, np.newaxis], places])


@given(st.integers(0, 10**6), st.lists(st.sampled_from("abc"), min_size=1, max_size=24))
@hypothesis_settings(max_examples=60)
def test_candidates_are_those_that_comparing_all_pairs_finds(
    seed: int, languages: list[str]
) -> None:
    rng = np.random.default_rng(seed)
    meanings = rng.normal(size=(6, 12))
    vectors = in_steps(unit_rows(
        meanings[rng.integers(0, 6, len(languages))] + rng.normal(0, 0.5, (len(languages), 12)) + 1
    ))  # fmt: skip
    rows = {one: [at for at, two in enumerate(languages) if one == two] for one in set(languages)}
    products: list[list[int]] = (vectors.astype(int) @ vectors.astype(int).T).tolist()

    def near(a: int, language: str) -> list[int]:
        others = (b for b in rows[language] if b != a)
        return sorted(others, key=lambda b: (-products[a][b], b))[:NEIGHBOURS]

    def mean(a: int, language: str) -> float:
        told = [products[a][b] for b in near(a, language)]
        return sum(told) / len(told)

    def best(a: int, language: str) -> int:
        mine = languages[a]
        return max(
            near(a, language),
            key=lambda b: (
                round(2 * products[a][b] / max(mean(a, language) + mean(b, mine), 2), 5), -b,
            ),
        )  # fmt: skip

    tables = neighbours(languages, vectors)
    for language, (numbers, cosines) in tables.items():
        for a, told in enumerate(numbers.tolist()):
            first = near(a, language)
            assert told == [*first, *[-1] * (NEIGHBOURS - len(first))]
            assert cosines[a, : len(first)].tolist() == [products[a][b] for b in first]
    assert candidates(languages, tables) == [
        (a, b)
        for a, b in itertools.combinations(range(len(languages)), 2)
        if best(a, languages[b]) == b and best(b, languages[a]) == a
    ]


# --- Groups ---------------------------------------------------------------------------------------


@st.composite
def pairs_found(draw: st.DrawFn) -> tuple[list[str], dict[tuple[int, int], float]]:
    languages = draw(st.lists(st.sampled_from("abcd"), min_size=2, max_size=12))
    every = list(itertools.combinations(range(len(languages)), 2))
    shares = st.sampled_from([0.7, 0.8, 0.9])
    return languages, draw(st.dictionaries(st.sampled_from(every), shares, max_size=20))


@given(pairs_found(), st.randoms(use_true_random=False))
def test_groups_part_the_documents_and_join_no_two_of_a_language_that_are_no_pair(
    told: tuple[list[str], dict[tuple[int, int], float]], rng: random.Random
) -> None:
    languages, found = told
    grouped = groups(languages, found)
    members = [number for group in grouped for number in group]
    assert len(members) == len(set(members))
    assert all(len(group) > 1 and group == sorted(group) for group in grouped)
    assert grouped == sorted(grouped)
    for group in grouped:
        for pair in itertools.combinations(group, 2):
            assert languages[pair[0]] != languages[pair[1]] or pair in found
        reached = {group[0]}
        for _ in group:
            reached |= {b for a, b in [*found, *((b, a) for a, b in found)] if a in reached}
        assert reached >= set(group)
    joined = {number: group for group in grouped for number in group}
    if found:
        closest = min(found, key=lambda pair: (-found[pair], pair))
        assert joined[closest[0]] is joined[closest[1]]
    shuffled = list(found.items())
    rng.shuffle(shuffled)
    assert groups(languages, dict(shuffled)) == grouped


def test_a_chain_does_not_bring_two_of_a_language_together_by_hand() -> None:
    languages = ["en", "en", "fr", "uk"]
    chain = {(0, 2): 0.9, (2, 3): 0.8, (1, 3): 0.7}
    assert groups(languages, chain) == [[0, 2, 3]]
    assert groups(languages, chain | {(0, 1): 0.7}) == [[0, 1, 2, 3]]
    assert groups(languages, {}) == []


# --- Whole archives -------------------------------------------------------------------------------


Found = tuple[list[tuple[str, ...]], Compared]


def found_in(
    documents: Sequence[Document], chunks: Sequence[Chunk], passages: Matrix, sentences: Matrix
) -> Found:
    """The versions among documents, cut and encoded; chunks in their order, as the rows are."""
    numbers = {one.path: number for number, one in enumerate(documents)}
    return find_versions(
        [Heading(one.path, one.language, one.published) for one in documents],
        lambda number: documents[number].text,
        Parts(standing((numbers[one.passage.path], one.passage.start, one.passage.end)
                       for one in chunks), passages),
        Parts(standing((row, *span) for row, one in enumerate(chunks) for span in one.sentences),
              sentences),
    )  # fmt: skip


def standing(told: Iterable[tuple[int, int, int]]) -> Spans:
    """Where parts stand: of each the number of its whole, its start and its end."""
    return Spans(np.array([*told], dtype=np.int32).T)


def read(pages: Sequence[Document], encoder: Encoder, directions: Vectors, longest: int) -> Found:
    """The versions among documents that are cut and encoded as an archive's are."""
    chunks = [one for page in pages for one in chunk(page, encoder.count_tokens, longest)]
    texts = {page.path: page.text for page in pages}
    spans = [(one.passage.path, span) for one in chunks for span in one.sentences]
    return found_in(
        pages,
        chunks,
        without_directions(vectors_of(encoder, [one.passage.text for one in chunks]), directions),
        without_directions(
            vectors_of(encoder, [texts[path][slice(*span)] for path, span in spans]), directions
        ),
    )


def pages(**changed: str) -> list[Document]:
    languages = {EN: "en", FR: "fr", UK: "uk", MINES[0]: "en", MINES[1]: "fr", "lose.txt": "de"}
    return [
        document(text, path, languages.get(path, "en")) for path, text in (PAGES | changed).items()
    ]


def versions(pages: Sequence[Document]) -> list[tuple[str, ...]]:
    in_order = sorted(pages, key=lambda page: page.path)
    return read(in_order, ParallelEncoder(), np.empty((0, 64), np.float32), 32)[0]


def dated(page: Document, day: date) -> Document:
    return replace(page, published=day, date_basis=DateBasis.STATED)


def test_the_versions_of_a_release_are_found() -> None:
    assert versions(pages()) == [BRIDGES, MINES]


def test_the_order_of_the_documents_makes_no_difference() -> None:
    for seed in range(5):
        shuffled = pages()
        random.Random(seed).shuffle(shuffled)
        found, _ = read(shuffled, ParallelEncoder(), np.empty((0, 64), np.float32), 32)
        assert sorted(tuple(sorted(group)) for group in found) == [BRIDGES, MINES]


def test_versions_are_published_within_a_month_of_each_other() -> None:
    day = date(2024, 5, 14)
    for apart, together in ((APART, True), (APART + timedelta(days=1), False)):
        told = [
            dated(page, day + apart) if page.path == FR else dated(page, day) for page in pages()
        ]
        assert (BRIDGES in versions(told)) == together
        assert ((UK, EN) in versions(told)) == (not together)


def test_a_document_whose_language_nobody_knows_is_left_alone() -> None:
    told = [replace(page, language="und") if page.path == FR else page for page in pages()]
    assert versions(told) == [(UK, EN), MINES]


def test_another_figure_is_another_sentence_and_half_a_release_is_no_version() -> None:
    changed = release(BRIDGE, 1)
    for figure, other in (("14 mai 2024", "15 mai 2024"), ("60", "70"), ("230", "320")):
        changed = changed.replace(figure, other)
    assert versions(pages(**{FR: changed})) == [(UK, EN), MINES]
    half = release(BRIDGE[:4], 1)
    assert versions(pages(**{FR: half})) == [(UK, EN), MINES]


def test_a_near_copy_in_the_same_language_is_a_version_and_what_shares_meaning_alone_is_not() -> (
    None
):
    updated = release([*BRIDGE, *DIVERS[3:4]], 0)
    assert versions([*pages(), document(updated, "nord/later.txt")]) == [
        (UK, EN, "nord/later.txt", FR), MINES,
    ]  # fmt: skip
    translated = document(release(BRIDGE, 1), "nord/later.txt")  # the same in quite other words
    assert versions([*pages(), translated]) == [BRIDGES, MINES]


def test_one_document_alone_and_one_a_language() -> None:
    assert versions(pages()[:1]) == []
    assert versions(pages()[:2]) == [(EN, FR)]


def test_the_packaged_model_finds_versions_and_no_twin(encoder: Encoder) -> None:
    in_order = sorted(pages(), key=lambda page: page.path)
    found, _ = read(in_order, encoder, packaged_directions(), 320)
    assert found == [BRIDGES, MINES]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("otan-presse/004_sommet-la-haye-cinq-pour-cent", "nato-press/120_cumbre-la-haya"),
        ("nato-press/110_baltic-sentry", "otan-presse/003_baltic-sentry-cables-sous-marins"),
        ("nato-press/006_first-nato-ukraine-council-vilnius", "nato-press/103_vilnius-council"),
        (
            "nato-press/006_first-nato-ukraine-council-vilnius",
            "otan-presse/006_vilnius-conseil-otan-ukraine",
        ),
    ],
)
def test_two_reports_of_one_event_are_no_versions(one: str, other: str) -> None:
    archive = indexed_archive()
    snapshot = open_snapshot(archive.index, archive.settings().model)
    catalogue = Catalogue(snapshot.folder / CATALOGUE)
    paths = [path for path, *_ in catalogue.headings()]
    pair = {paths.index(f"{one}.txt"), paths.index(f"{other}.txt")}
    assert not any(pair <= set(group) for group in catalogue.versions())


# --- What changed since ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Article:
    """An article by what it tells: three sentences of a matter, in a version of its wording, and in
    one passage or in two. Those of version 0 have the same vectors in all languages."""

    language: str
    matter: int
    version: int
    day: date | None
    passages: int

    @property
    def text(self) -> str:
        told = (f"The {word} word on matter {self.matter} here." for word in ("first", "last"))
        return " ".join([*told, f"A word more in {self.version} of them."])

    def vectors(self) -> Vectors:
        """Those of its sentences, (3, 8)."""
        matter, version = (np.random.default_rng(seed) for seed in (self.matter, self.version + 9))
        noise = version.normal(size=(3, 8)) * (0.1 * (self.version > 0))
        return unit_rows(matter.normal(size=(3, 8)) + noise)


Articles = Mapping[str, Article]
DAYS = [None, date(2024, 5, 14), date(2024, 5, 14) + 2 * APART]
ARTICLES = st.builds(
    Article,
    st.sampled_from(["en", "en", "fr", "fr", "uk", "und"]),
    st.integers(0, 4),
    st.integers(0, 3),
    st.sampled_from(DAYS),
    st.integers(1, 2),
)
PATHS = st.sampled_from([f"{number:02}.txt" for number in range(24)])
CHANGES = st.dictionaries(PATHS, st.none() | ARTICLES, max_size=5)


@dataclass
class Told:
    """The texts of articles, and of which numbers they were asked for."""

    articles: Sequence[Article]
    asked: list[int] = field(default_factory=list)

    def __call__(self, number: int) -> str:
        self.asked.append(number)
        return self.articles[number].text


def compare(
    articles: Articles, before: tuple[Articles, Compared] | None = None
) -> tuple[Found, Told]:
    """The versions among articles, and which texts were asked for."""
    paths = sorted(articles)
    in_order = [articles[path] for path in paths]
    passages: list[tuple[int, int, int]] = []
    sentences: list[tuple[int, int, int]] = []
    vectors: list[Vectors] = []
    parts: list[Vectors] = []
    for number, one in enumerate(in_order):
        told = one.vectors()
        ends = [index + 1 for index, letter in enumerate(one.text) if letter == "."]
        spans = list(itertools.pairwise([0, *ends]))
        for rows in ([0, 1, 2],) if one.passages == 1 else ([0], [1, 2]):
            sentences += [(len(passages), *spans[row]) for row in rows]
            passages.append((number, spans[rows[0]][0], spans[rows[-1]][1]))
            vectors.append(told[rows].mean(axis=0))
        parts += list(told)
    told_before = None
    if before:
        was, compared = before
        numbers = {path: number for number, path in enumerate(sorted(was))}
        told_before = Before(
            compared,
            np.array([numbers[path] if was.get(path) == one else -1
                      for path, one in zip(paths, in_order, strict=True)]),
        )  # fmt: skip
    texts = Told(in_order)
    found = find_versions(
        [Heading(path, articles[path].language, articles[path].day) for path in paths],
        texts,
        Parts(standing(passages), unit_rows(np.array(vectors))),
        Parts(standing(sentences), np.array(parts)),
        told_before,
    )
    return found, texts


def check_same(found: Found, other: Found) -> None:
    """All that was found and kept is the same to the last digit."""
    (releases, one), (others, two) = found, other
    assert releases == others
    assert list(one.near) == list(two.near)
    assert all(np.array_equal(one.near[name], two.near[name]) for name in one.near)
    assert one.pairs.tolist() == two.pairs.tolist()
    assert one.shares.tolist() == two.shares.tolist()


@given(
    st.dictionaries(PATHS, ARTICLES, min_size=1),
    st.lists(CHANGES, max_size=4),
    st.integers(1, 9),
)
@hypothesis_settings(max_examples=80)
def test_what_is_kept_changes_nothing_but_what_has_to_be_read(
    tmp_path_factory: pytest.TempPathFactory,
    articles: dict[str, Article],
    changes: list[dict[str, Article | None]],
    block: int,
) -> None:
    file = tmp_path_factory.mktemp("kept") / "versions.npz"
    (_, kept), _ = compare(articles)
    for change in changes:
        was = articles
        articles = {path: one for path, one in (was | change).items() if one}
        assume(articles)
        write_compared(file, kept)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(stored, "BLOCK", block)
            found, texts = compare(articles, (was, read_compared(file)))
        check_same(found, compare(articles)[0])
        examined = {tuple(sorted(was)[at] for at in pair) for pair in kept.pairs.tolist()}
        needed = set()
        for pair in found[1].pairs.tolist():
            paths = tuple(sorted(articles)[at] for at in pair)
            if paths not in examined or any(was.get(path) != articles[path] for path in paths):
                needed |= {*pair}
        assert {*texts.asked} <= needed
        kept = found[1]


RELEASES = {
    f"{language}/{matter:02}.txt": Article(language, matter, 0, None, 1)
    for language in ("en", "fr")
    for matter in range(12)
}


def test_nothing_changed_and_no_text_is_read() -> None:
    first, _ = compare(RELEASES)
    assert first[0] == [(f"en/{matter:02}.txt", f"fr/{matter:02}.txt") for matter in range(12)]
    assert min(first[1].shares[first[1].shares > 0]) >= TOLD_IN_BOTH
    again, texts = compare(RELEASES, (RELEASES, first[1]))
    check_same(again, first)
    assert texts.asked == []


def test_one_article_changed_and_its_release_alone_is_read() -> None:
    (_, kept), _ = compare(RELEASES)
    changed = RELEASES | {"fr/03.txt": replace(RELEASES["fr/03.txt"], passages=2)}
    found, texts = compare(changed, (RELEASES, kept))
    check_same(found, compare(changed)[0])
    asked = {sorted(changed)[number] for number in texts.asked}
    assert asked >= {"en/03.txt", "fr/03.txt"}
    assert len(asked) < len(changed) / 2
    without = {path: one for path, one in RELEASES.items() if path != "fr/03.txt"}
    found, _ = compare(without, (RELEASES, kept))
    check_same(found, compare(without)[0])
    assert not any("en/03.txt" in group for group in found[0])


# --- Search and answers ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("versions")
    write_pages(folder / "articles", PAGES)
    chosen = Settings.from_environment(
        articles=folder / "articles", index=folder / "index", model="word-hash", passage_tokens=32
    )
    report = build_index(chosen, ParallelEncoder())
    assert (report.found, report.indexed, report.duplicates) == (len(PAGES), len(PAGES), 0)
    return chosen


@pytest.fixture(scope="module")
def engine(settings: Settings) -> Engine:
    return open_engine(settings, ParallelEncoder())


WORDS = sorted({word for text in PAGES.values() for word in text.split()})
SENTENCES_OF = [sentence for told in (BRIDGE, DIVERS) for one in told for sentence in one]
ASKED = st.sampled_from(SENTENCES_OF) | st.lists(
    st.sampled_from(WORDS), min_size=1, max_size=7
).map(" ".join)
FILTERS = st.builds(
    Filters,
    languages=st.frozensets(st.sampled_from(["en", "fr", "uk", "de"]), max_size=2),
    sources=st.frozensets(st.sampled_from(["nord", "sud", "est", ""]), max_size=2),
)
EVERYTHING = 1000


def told_by(path: str) -> frozenset[str]:
    """The paths of all articles that tell the same release."""
    return frozenset(next((group for group in (BRIDGES, MINES) if path in group), (path,)))


def passing(path: str, engine: Engine, filters: Filters) -> bool:
    article = engine.document(path)
    return (not filters.languages or article.language in filters.languages) and (
        not filters.sources or article.source in filters.sources
    )


def every_passage(engine: Engine, question: Question) -> list[RankedPassage]:
    return engine._passages(
        question, engine._ranker.rank(question, engine._ranker.asked(question), EVERYTHING)
    )


@given(ASKED, FILTERS, st.integers(1, 9), st.booleans())
@hypothesis_settings(max_examples=60)
def test_a_release_is_one_result_by_its_best_passage(
    engine: Engine, asked: str, filters: Filters, count: int, own_first: bool
) -> None:
    question = Question(asked, filters, own_language_first=own_first)
    best: dict[frozenset[str], RankedPassage] = {}
    for one in every_passage(engine, question):
        best.setdefault(told_by(one.document.path), one)
    found = engine.search(question, count)
    assert [one.row for one in found] == [one.row for one in best.values()][:count]
    assert [one.rank for one in found] == list(range(1, len(found) + 1))
    for one in found:
        others = sorted(told_by(one.document.path) - {one.document.path})
        assert [version.path for version in one.versions] == [
            path for path in others if passing(path, engine, filters)
        ]
        for version in one.versions:
            article = engine.document(version.path)
            assert (version.title, version.language) == (article.title, article.language)
            assert (version.published, version.place) == (article.published, None)
    assert list(engine.ask(question).closest) == engine.search(question, CLOSEST)


@given(ASKED, FILTERS)
@hypothesis_settings(max_examples=40)
def test_the_ranking_of_articles_is_not_grouped(
    engine: Engine, asked: str, filters: Filters
) -> None:
    ranked = engine.rank_articles(Question(asked, filters))
    assert sorted(ranked) == sorted(path for path in PAGES if passing(path, engine, filters))


def test_as_many_releases_come_as_are_asked_for(tmp_path: Path) -> None:
    crews = [f"Crew {number} left the port with cargo {number * 7}." for number in range(800)]
    write_pages(tmp_path / "articles", {"long.txt": " ".join(crews), **PAGES})
    chosen = Settings.from_environment(
        articles=tmp_path / "articles", index=tmp_path / "index", model="word-hash",
        passage_tokens=32,
    )  # fmt: skip
    build_index(chosen, ParallelEncoder())
    found = open_engine(chosen, ParallelEncoder()).search(Question("Which crew left the port?"), 5)
    assert len({told_by(one.document.path) for one in found}) == len(found) == 5
    assert found[0].document.path == "long.txt"


@given(st.sampled_from(SENTENCES_OF), FILTERS)
@hypothesis_settings(max_examples=60)
def test_an_answer_is_quoted_in_the_language_of_the_question_where_it_says_the_same(
    engine: Engine, asked: str, filters: Filters
) -> None:
    language = next(
        at for told in (BRIDGE, DIVERS) for one in told for at, said in enumerate(one)
        if said == asked
    )  # fmt: skip
    own = ("en", "fr", "uk")[language]
    answer = engine.ask(Question(asked, filters))
    places = [(one.path, one.start) for one in answer.citations]
    assert len(places) == len(set(places))
    for citation in answer.citations:
        assert passing(citation.path, engine, filters)
        release = told_by(citation.path)
        if own in {engine.document(path).language for path in release if
                   passing(path, engine, filters)}:  # fmt: skip
            assert citation.language == own
        others = [path for path in sorted(release) if passing(path, engine, filters)]
        assert [one.path for one in citation.versions] == [
            path for path in others if path != citation.path
        ]
        for version in citation.versions:
            assert version.place is not None
            said = engine.document(version.path).text[slice(*version.place)]
            assert ENGLISH_FOR[said] == ENGLISH_FOR[citation.quote]


def scored(engine: Engine, path: str, sentence: str) -> ScoredSentence:
    article = engine.document(path)
    start = article.text.index(sentence)
    return ScoredSentence(
        article, start, start + len(sentence),
        cosine=0.9, late=0.8, words=0.7, passage=0.6, standing=0.5,
    )  # fmt: skip


def test_a_sentence_is_said_in_another_language_by_hand(engine: Engine) -> None:
    english, french, ukrainian = BRIDGE[3]
    said_in = engine._indexes.releases.said_in
    one, any_filter = scored(engine, EN, english), Filters()
    [said] = said_in("fr", [one], any_filter)
    assert (said.document.path, said.text, said.score) == (FR, french, one.score)
    assert said_in("en", [one], any_filter) == said_in("de", [one], any_filter) == [one]
    assert said_in("fr", [one], Filters(languages=frozenset({"en", "uk"}))) == [one]
    twice = [one, scored(engine, UK, ukrainian), scored(engine, EN, BRIDGE[4][0])]
    assert [each.text for each in said_in("fr", twice, any_filter)] == [french, BRIDGE[4][1]]
    alone = scored(engine, "nord/radar.txt", "A radar station on the island watches every ship")
    assert said_in("fr", [alone], any_filter) == [alone]


def test_a_part_of_a_sentence_says_nothing_elsewhere(engine: Engine) -> None:
    part = scored(engine, EN, BRIDGE[3][0][5:])
    assert engine._indexes.releases.said_in("fr", [part], Filters()) == [part]
    assert [one.place for one in engine._indexes.releases.saying(part, Filters())] == [None, None]


@given(ASKED, FILTERS)
@hypothesis_settings(max_examples=60)
def test_the_same_language_first_moves_it_before_all_others_and_changes_nothing_else(
    engine: Engine, asked: str, filters: Filters
) -> None:
    plain = [one.row for one in every_passage(engine, Question(asked, filters))]
    first = every_passage(engine, Question(asked, filters, own_language_first=True))
    own = engine.language(Question(asked))
    order = sorted(first, key=lambda one: plain.index(one.row))
    if own is not None:
        order.sort(key=lambda one: one.document.language != own)
    assert [one.row for one in first] == [one.row for one in order]
    assert sorted(plain) == sorted(one.row for one in first)


def test_two_words_do_not_tell_a_language(engine: Engine) -> None:
    assert engine.language(Question("Drava Drava bridge")) is None
    assert engine.language(Question("Quelque 230 soldats y ont travaillé")) == "fr"
    short = Question("soldiers worked")
    draft = engine.draft(short)
    assert draft.ranked[0].document.path in BRIDGES
    shown = {one.document.path for one in draft.ranked}
    assert {one.document.path for one in draft.chosen} <= shown  # nothing quoted from a version
    first = replace(short, own_language_first=True)
    assert every_passage(engine, first) == every_passage(engine, short)


def test_the_same_language_first_answers_in_it_alone_where_it_can(engine: Engine) -> None:
    asked = "A radar station on the island watches every ship that passes by."
    question = Question(asked, own_language_first=True)
    found = engine.search(question, EVERYTHING)
    languages = [one.document.language for one in found]
    assert languages == sorted(languages, key=lambda one: one != "en")
    assert set(languages) > {"en"}
    answer = engine.ask(question)
    assert answer.kind == AnswerKind.EXTRACT
    assert answer.citations[0].quote == asked


# --- In the terminal and in the browser -----------------------------------------------------------


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> IndexedArchive:
    folder = tmp_path_factory.mktemp("shown")
    archive = IndexedArchive(folder / "articles", folder / "index")
    write_pages(archive.articles, PAGES)
    build_index(archive.settings(), encoder)
    return archive


SOLDIERS = "How many soldiers worked on the bridge over the Drava?"


def test_the_command_line_names_the_versions(
    monkeypatch: pytest.MonkeyPatch, shown: IndexedArchive, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in shown.environment().items():
        monkeypatch.setenv(name, value)

    def told(*arguments: str) -> str:
        assert cli.main(arguments) == 0
        return capsys.readouterr().out

    answer = json.loads(told("ask", SOLDIERS, "--json"))
    [cited] = [one for one in answer["citations"] if one["quote"] == BRIDGE[3][0]]
    articles = {path: (shown.articles / path).read_text(encoding="utf-8") for path in BRIDGES}
    assert {
        one["path"]: articles[one["path"]][slice(*one["place"])] for one in cited["versions"]
    } == {UK: BRIDGE[3][2], FR: BRIDGE[3][1]}
    found = json.loads(told("search", SOLDIERS, "--json"))["passages"]
    assert {found[0]["path"], *(one["path"] for one in found[0]["versions"])} == set(BRIDGES)
    assert told("ask", SOLDIERS).count(f"also in fr: {FR}") >= 2  # quoted, and nowhere else
    first = json.loads(told("search", SOLDIERS, "--own-language-first", "--json"))["passages"]
    languages = [one["language"] for one in first]
    assert languages == sorted(languages, key=lambda one: one != "en")
    assert languages != [one["language"] for one in found]


def buttons(app: object, key: str) -> dict[str, str]:
    return {str(one.key): one.label for one in app.button if str(one.key).startswith(key)}  # type: ignore[attr-defined]


def test_a_citation_opens_the_same_sentence_in_another_language(
    monkeypatch: pytest.MonkeyPatch, shown: IndexedArchive
) -> None:
    app = open_app(monkeypatch, shown, {"q": SOLDIERS})
    quoted = quotations(app)
    at = 1 + quoted.index(BRIDGE[3][0])
    assert ENGLISH.also_in in markup(app)
    others = buttons(app, f"citation_{at}_version_")
    assert list(others.values()) == ["Ukrainian", "French"]
    calm(app.button(key=f"citation_{at}_version_1").click().run())
    assert address_of(app)["doc"] == [FR]
    assert marked(app) == BRIDGE[3][1]
    assert quotations(app) == quoted


def test_a_result_opens_another_language_at_its_beginning(
    monkeypatch: pytest.MonkeyPatch, shown: IndexedArchive
) -> None:
    app = open_app(monkeypatch, shown, {"q": SOLDIERS, "ui": "fr"})
    assert FRENCH.also_in.replace("\u00a0", "\u00a0") in markup(app)
    assert len(buttons(app, "passage_1_version_")) == 2
    calm(app.button(key="passage_1_version_0").click().run())
    assert address_of(app)["doc"] == [UK]
    assert "at" not in address_of(app)
    assert marked(app) == ""


def test_versions_that_the_filters_keep_out_are_not_offered(
    monkeypatch: pytest.MonkeyPatch, shown: IndexedArchive
) -> None:
    app = open_app(monkeypatch, shown, {"q": SOLDIERS, "lang": ["en", "uk"]})
    assert list(buttons(app, "passage_1_version_").values()) in (["Ukrainian"], ["English"])
    app = open_app(monkeypatch, shown, {"q": SOLDIERS, "lang": "en"})
    assert ENGLISH.also_in not in markup(app)


def test_the_same_language_first_is_chosen_seen_and_kept_in_the_address(
    monkeypatch: pytest.MonkeyPatch, shown: IndexedArchive
) -> None:
    app = open_app(monkeypatch, shown, {"q": SOLDIERS})
    assert not app.toggle(key="own_language_first").value
    assert "first" not in address_of(app)
    calm(app.toggle(key="own_language_first").set_value(True).run())
    assert address_of(app)["first"] == ["own"]
    assert ENGLISH.first_in_language.format("English") in markup(app)
    again = open_app(monkeypatch, shown, address_of(app))
    assert again.toggle(key="own_language_first").value
    calm(again.text_input(key="question").set_value("Drava bridge").run())
    assert ENGLISH.first_in_no_language in markup(again)
    calm(again.toggle(key="own_language_first").set_value(False).run())
    assert "first" not in address_of(again)


def test_an_order_of_languages_that_there_is_not_is_ignored_and_said(
    monkeypatch: pytest.MonkeyPatch, shown: IndexedArchive
) -> None:
    app = open_app(monkeypatch, shown, {"first": "klingon"})
    assert [one.value for one in app.info] == [ENGLISH.ignored.format(ENGLISH.ignored_first)]
    assert not app.toggle(key="own_language_first").value
