"""What is in quotation marks: required in the languages that hold it, told where none does."""

from pathlib import Path

import pytest
from fakes import WordHashEncoder, write_pages

from archive.documents import Filters, Question
from archive.settings import Settings
from indexer.pipeline import build_index
from retriever.engine import Engine, open_engine

PAGES: dict[str, str | bytes] = {
    "nord/harbour.txt": (
        "The harbour master kept a quiet watch over the northern fleet all winter. He counted "
        "forty ships, and wrote their names down every evening.\n"
    ),
    "nord/watch.txt": (
        "A watch that is quiet is a good watch, the old captain of the fleet told his crew. The "
        "northern harbour was asleep when his ship came in.\n"
    ),
    "sud/port.txt": (
        "Le capitaine a parlé d’une « quiet watch » en anglais, puis il a salué la flotte du nord "
        "dans le port endormi. Personne ne lui a répondu.\n"
    ),
    "sud/glacier.txt": (
        "La mission étudie la fonte des glaciers depuis dix ans. Elle publie ses relevés chaque "
        "automne, et les élus les lisent avec attention.\n"
    ),
}
QUIET = "Who kept a {} over the northern fleet in the harbour?"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder: Path = tmp_path_factory.mktemp("phrases")
    encoder = WordHashEncoder()
    settings = Settings.from_environment(
        articles=folder / "articles", index=folder / "index", model=encoder.model
    )
    write_pages(settings.articles, PAGES)
    build_index(settings, encoder)
    return open_engine(settings, encoder)


def found(engine: Engine, text: str, filters: Filters | None = None) -> list[str]:
    hits = engine.search(Question(text, filters or Filters()), 100)
    return [one.document.path for one in hits]


def test_without_quotation_marks_every_passage_is_ranked(engine: Engine) -> None:
    assert set(found(engine, QUIET.format("quiet watch"))) == set(PAGES)
    assert engine.unheld(Question(QUIET.format("quiet watch"))) == ()


@pytest.mark.parametrize("quoted", ['"quiet watch"', "«\xa0Quiet Watch\xa0»", "„quiet watch“"])
def test_every_result_in_any_language_holds_what_is_quoted(engine: Engine, quoted: str) -> None:
    question = Question(QUIET.format(quoted))
    assert set(found(engine, question.text)) == {"nord/harbour.txt", "sud/port.txt"}
    assert set(engine.rank_articles(question)) == {"nord/harbour.txt", "sud/port.txt"}
    answer = engine.ask(question)
    assert {one.document.path for one in answer.closest} == {"nord/harbour.txt", "sud/port.txt"}
    assert {one.path for one in answer.citations} <= {"nord/harbour.txt", "sud/port.txt"}
    assert engine.unheld(question) == answer.unheld == ()


def test_all_that_is_quoted_is_required_together_in_the_language_that_holds_it(
    engine: Engine,
) -> None:
    paths = found(engine, '"quiet watch" and "forty ships"')
    assert set(paths) == {"nord/harbour.txt", "sud/port.txt", "sud/glacier.txt"}


def test_a_title_holds_a_phrase_for_its_article(engine: Engine) -> None:
    title = engine.document("sud/glacier.txt").title.removesuffix("…")
    paths = found(engine, f'"{title}"')
    assert set(paths) == {"sud/glacier.txt", "nord/harbour.txt", "nord/watch.txt"}


@pytest.mark.parametrize(
    ("text", "unheld"),
    [
        ('"watch quiet"', ("watch quiet",)),
        ('"quiet watches"', ("quiet watches",)),
        ('"quiet watch" and "dix ans"', ("quiet watch", "dix ans")),
    ],
)
def test_what_no_passage_holds_is_looked_for_as_words_and_told(
    engine: Engine, text: str, unheld: tuple[str, ...]
) -> None:
    plain = text.replace('"', "")
    assert set(found(engine, text)) == set(found(engine, plain)) == set(PAGES)
    assert engine.unheld(Question(text)) == engine.ask(Question(text)).unheld == unheld


def test_what_is_held_only_by_articles_that_are_filtered_out_is_not_held(engine: Engine) -> None:
    south = Filters(sources=frozenset({"sud"}))
    assert engine.unheld(Question('"forty ships"', south)) == ("forty ships",)
    assert set(found(engine, '"forty ships"', south)) == {"sud/port.txt", "sud/glacier.txt"}
    assert found(engine, '"quiet watch"', south) == ["sud/port.txt"]
    french = Filters(languages=frozenset({"fr"}))
    assert found(engine, '"quiet watch"', french) == ["sud/port.txt"]
    assert engine.unheld(Question('"forty ships"', french)) == ("forty ships",)
