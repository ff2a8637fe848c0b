"""Whatever is asked, with whatever filters, at whatever address: an answer that is quoted rightly,
or a refusal, and never an error."""

from datetime import date

import pytest
from fakes import WordHashEncoder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_engine import ABOUT, PAGES, TANTIVY, Archive, pages

from archive.documents import Filters, Question
from retriever.engine import CLOSEST, Engine
from ui.state import Parameter, link_to, read_exploring, read_view

WHOLE, SAMPLE = 10_000, 150
COUNTS = [SAMPLE, pytest.param(WHOLE, marks=pytest.mark.torture)]

PIECES = [
    *ABOUT[:60], *TANTIVY.split(" "), TANTIVY, "\x00", "\ud800", "\udfff", "\u202e",
    "\u200d", "\ufeff", "👩‍👩‍👧‍👦", "🇺🇦", "กองทัพ", "北约何时成立", "ï̴̛̲", "a" * 4000,
    "９９", "٣", "²", "½", "%s %n", "{0}", "${x}", "'; DROP TABLE documents; --",
    "<script>", "../../etc/passwd", ":material/home:", "$x^2$", "[]()", "31 février 2025",
    "0 mai 0000", "99.99.9999", "since 99999", "between 2025 and 1", "en 2024",
    "il y a 999999999 ans", "the last 0 days", "31.12.9999", "1 January 1", "“", "«", "»",
    '"', "„", "\n", "1e999", "-1", "9" * 400, "3,5", "NaN", "٢٠٢٥-٠٦-٢٤", "q1 q2 q3",
    "from June to", "bis 1. Januar",
]  # fmt: skip
ANYTHING = st.text(max_size=200) | st.text(st.characters(), max_size=50)
ASKED = st.lists(st.sampled_from(PIECES) | ANYTHING, max_size=12).flatmap(
    lambda parts: st.sampled_from(["", " ", "\t"]).map(lambda between: between.join(parts))
)
NAMES = st.frozensets(
    st.sampled_from(["en", "fr", "uk", "xx", "", "nord", "sud", "est", "../nord", "\ud800"])
    | ANYTHING,
    max_size=4,
)
DAYS = st.none() | st.dates() | st.sampled_from([date.min, date.max, date(2024, 6, 12)])
QUESTIONS = st.builds(
    Question, ASKED, st.builds(Filters, NAMES, NAMES, DAYS, DAYS), st.booleans(), st.booleans()
)
ADDRESSES = st.dictionaries(
    st.sampled_from(list(Parameter)) | ANYTHING, st.lists(ASKED, max_size=3), max_size=8
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Archive(tmp_path_factory.mktemp("hostile"), WordHashEncoder()).built(pages())


@pytest.mark.parametrize("count", COUNTS)
def test_any_question_is_answered_in_quotations_or_refused(engine: Engine, count: int) -> None:
    @settings(max_examples=count, suppress_health_check=list(HealthCheck))
    @given(QUESTIONS)
    def check(question: Question) -> None:
        answer = engine.ask(question)
        filters = question.filters
        assert [one.quote for one in answer.citations] == [one.text for one in answer.sentences]
        for one in answer.citations:
            assert engine.document(one.path).text[one.start : one.end] == one.quote
        assert len(answer.closest) <= CLOSEST
        for found in answer.closest:
            article = found.document
            day = article.published
            assert not filters.languages or article.language in filters.languages
            assert not filters.sources or article.source in filters.sources
            assert filters.since is None or (day is not None and day >= filters.since)
            assert filters.until is None or (day is not None and day <= filters.until)
        assert engine.search(question, 3) == engine.search(question, 6)[:3]

    check()


@pytest.mark.parametrize("count", COUNTS)
def test_any_address_is_read_as_a_view_that_has_an_address(engine: Engine, count: int) -> None:
    def length_of(path: str) -> int | None:
        try:
            return len(engine.document(path).text)
        except KeyError:
            return None

    known = ["en", "fr", "uk", "de"], ["nord", "sud", "est", ""], length_of

    @settings(max_examples=count, suppress_health_check=list(HealthCheck))
    @given(ADDRESSES)
    def check(address: dict[str, list[str]]) -> None:
        view, ignored = read_view(address, *known)
        assert set(ignored) <= set(Parameter)
        assert view.article is None or view.article in PAGES
        link_to(view, "").encode()
        engine.search(view.asked, 1)
        read_exploring(address, *known)

    check()
