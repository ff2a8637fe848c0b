"""Titles and publication dates; a date is told or inferred, never invented."""

from datetime import date

import pytest

from archive.documents import DateBasis
from indexer.metadata import published_on, title_of

PROSE = "The ministers met in Riga and spoke of cables. They will meet again."


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "Updated: 17 April 2023"),
        ("en", "Last updated: 17 April 2023 14:05"),
        ("en", "Published on April 17, 2023"),
        ("en", "17 April 2023"),
        ("fr", "Mis à jour le 17 avril 2023"),
        ("fr", "Dernière mise à jour : 17 avril 2023"),
        ("fr", "Publié le 17 avril 2023"),
        ("uk", "Оновлено: 17 квітня 2023 року"),
        ("uk", "Опубліковано 17 квітня 2023"),
        ("de", "Aktualisiert am 17. April 2023"),
        ("de", "Stand: 17.04.2023"),
        ("es", "Actualizado el 17 de abril de 2023"),
        ("es", "Publicado: 17 de abril de 2023"),
        ("en", "2023-04-17"),
    ],
)
@pytest.mark.parametrize(
    "page", ["{line}\n{prose}", "A headline\n{line}\n{prose}", "{prose}\n{line}"]
)
def test_a_line_that_states_a_date_dates_the_article(language: str, line: str, page: str) -> None:
    text = page.format(line=line, prose=PROSE)
    assert published_on(text, language) == (date(2023, 4, 17), DateBasis.STATED)


def test_what_is_stated_goes_before_what_is_inferred() -> None:
    text = f"Updated: 17 April 2023\nOn 5 March 2023, the Allies signed. {PROSE}"
    assert published_on(text, "en") == (date(2023, 4, 17), DateBasis.STATED)


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("fr", "Du 10 au 12 novembre 2025, une délégation était à Riga.", date(2025, 11, 12)),
        ("en", "On 5 March 2025, the ministers met.", date(2025, 3, 5)),
        ("en", "A headline\nOn 5 March 2025, the ministers met.", date(2025, 3, 5)),
        ("uk", "5 березня 2025 року міністри зустрілися в Ризі.", date(2025, 3, 5)),
        ("de", "Am 5. März 2025 trafen sich die Minister.", date(2025, 3, 5)),
        ("es", "El 5 de marzo de 2025 se reunieron los ministros.", date(2025, 3, 5)),
    ],
)
def test_an_opening_with_a_full_date_infers_it(language: str, text: str, day: date) -> None:
    assert published_on(f"{text}\n{PROSE}", language) == (day, DateBasis.INFERRED)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Ce mercredi (13 novembre), le Conseil s’est réuni."),
        ("fr", "Le jeudi 6 mars, les Alliés ont signé un accord."),
        ("en", "On Wednesday 5 March, the ministers met."),
        ("en", "The ministers met. They had met on 5 March 2025."),
        ("en", "The treaty was signed on 4 April 1949. In July 2024 leaders marked its 75 years."),
        ("uk", "Альянс засновано 4 квітня 1949 року. У липні 2024 року він відзначив річницю."),
        ("en", "On 31 February 2025, nothing happened."),
        ("en", PROSE),
    ],
)
def test_no_date_is_invented(language: str, text: str) -> None:
    assert published_on(text, language) == (None, DateBasis.UNKNOWN)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("A headline\nAnd the story.", "A headline"),
        ("Updated: 17 April 2023\nA headline\nAnd the story.", "A headline"),
        ("A first sentence. A second one.\nMore.", "A first sentence."),
        ("Only line", "Only line"),
        ("17 April 2023", "17 April 2023"),
    ],
)
def test_titles_by_hand(text: str, title: str) -> None:
    assert title_of(text, "en") == title


def test_a_long_first_sentence_is_cut_at_a_word() -> None:
    sentence = "Une délégation de plusieurs pays " * 9 + "est venue."
    title = title_of(sentence, "fr")
    assert title.endswith("…")
    assert len(title) <= 111
    assert sentence.startswith(title[:-1] + " ")
