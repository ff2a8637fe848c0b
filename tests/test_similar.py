"""What else the archive holds on the matter of an article, on the sample archive."""

from collections import defaultdict

import faiss
import numpy as np
import pytest
from app_support import indexed_archive

from archive.encoder import Encoder
from archive.errors import ArticleUnknown
from archive.snapshot import PASSAGE_SPANS, PASSAGES
from archive.spans import read_spans
from retriever.engine import Engine, open_engine

EVENTS = [
    ("otan-presse/004_sommet-la-haye-cinq-pour-cent", "nato-press/102_hague-summit"),
    ("otan-presse/004_sommet-la-haye-cinq-pour-cent", "nato-press/120_cumbre-la-haya"),
    ("nato-press/101_baltic-sentry", "otan-presse/003_baltic-sentry-cables-sous-marins"),
    ("nato-press/111_eastern-sentry", "otan-presse/005_eastern-sentry-drones-pologne"),
    ("nato-press/132_eadrcc-earthquake", "otan-presse/008_seisme-turquie-eadrcc"),
    ("nato-press/103_vilnius-council", "nato-press/006_first-nato-ukraine-council-vilnius"),
]


@pytest.fixture(scope="module")
def engine(encoder: Encoder) -> Engine:
    return open_engine(indexed_archive().settings(), encoder)


@pytest.mark.parametrize(("article", "other"), EVENTS)
def test_an_event_is_found_in_another_language(engine: Engine, article: str, other: str) -> None:
    found = [one.document.path for one in engine.similar(f"{article}.txt", 4)]
    assert f"{other}.txt" in found


def test_the_article_itself_stays_out_and_others_come_once(engine: Engine) -> None:
    every = {path for path, *_ in engine.catalogue.headings()}
    for path in every:
        found = [one.document.path for one in engine.similar(path, len(every))]
        assert set(found) == every - {path}
        assert len(found) == len(set(found))
        assert [one.score for one in engine.similar(path, 5)] == sorted(
            (one.score for one in engine.similar(path, 5)), reverse=True
        )


def test_the_order_is_that_of_all_cosines(engine: Engine) -> None:
    index = faiss.read_index(str(engine.snapshot.folder / PASSAGES))
    vectors = index.reconstruct_n(0, index.ntotal)
    rows: dict[int, list[int]] = defaultdict(list)
    for row, number in enumerate(read_spans(engine.snapshot.folder / PASSAGE_SPANS).of.tolist()):
        rows[number].append(row)
    paths = [path for path, *_ in engine.catalogue.headings()]
    mean = vectors[rows[0]].mean(axis=0)
    best = {
        paths[number]: float(np.max(vectors[own] @ mean)) / float(np.linalg.norm(mean))
        for number, own in rows.items()
        if number
    }
    found = engine.similar(paths[0], len(paths))
    assert [one.document.path for one in found] == sorted(best, key=lambda path: -best[path])
    assert [one.score for one in found] == pytest.approx(sorted(best.values(), reverse=True))


def test_an_unknown_article_is_an_error_with_a_cure(engine: Engine) -> None:
    with pytest.raises(ArticleUnknown, match=r"nowhere\.txt.*communique search"):
        engine.similar("nowhere.txt")
