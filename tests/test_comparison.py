"""What differs between two snapshots is told, and nothing else."""

from pathlib import Path

import pytest
from fakes import WordHashEncoder, document, write_pages
from fault_support import settings_in
from hypothesis import given
from hypothesis import strategies as st

from archive.answers import Answer
from archive.catalogue import Catalogue, write_catalogue
from archive.documents import Question
from archive.errors import QuestionsInvalid
from archive.snapshot import open_kept
from indexer.pipeline import build_index
from retriever.comparison import Articles, compare_answers, compare_articles, read_questions
from retriever.engine import Engine


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["x", "y"])),
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["x", "y"])),
)
def test_every_path_is_added_changed_removed_or_the_same(
    tmp_path_factory: pytest.TempPathFactory, before: dict[str, str], after: dict[str, str]
) -> None:
    folder = tmp_path_factory.mktemp("c")
    catalogues = []
    for name, texts in (("old", before), ("new", after)):
        documents = [document(texts[path], path) for path in sorted(texts)]
        write_catalogue(folder / name, documents, [], [], [], [])
        catalogues.append(Catalogue(folder / name))
    told = compare_articles(*catalogues)
    assert told == Articles(
        [path for path in sorted(after) if path not in before],
        [path for path in sorted(after) if path in before and after[path] != before[path]],
        [path for path in sorted(before) if path not in after],
    )


CABLE = "The cable near Helsinki was cut on 5 March 2025 by the anchor of a tanker."
RIGA = "Ministers gathered in Riga on 7 May 2025 and promised a radar station."
ASKED = ["When was the cable near Helsinki cut?", "Who gathered in Riga?"]


def test_only_questions_with_other_citations_are_told(tmp_path: Path) -> None:
    settings, encoder = settings_in(tmp_path), WordHashEncoder()
    write_pages(settings.articles, {"cable.txt": CABLE, "riga.txt": RIGA})
    build_index(settings, encoder)
    # The same words at another place of the article, and other words in the other one.
    write_pages(
        settings.articles,
        {"cable.txt": f"Shipping. {CABLE}", "riga.txt": RIGA.replace("7 May", "9 June")},
    )
    build_index(settings, encoder)
    old, new = (
        Engine(open_kept(settings.index, encoder.model, before=before), encoder)
        for before in (True, False)
    )

    def cited(engine: Engine, question: str) -> list[tuple[str, str]]:
        answer: Answer = engine.ask(Question(question))
        return [(one.path, one.quote) for one in answer.citations]

    told = compare_answers(old, new, ASKED)
    wanted = [one for one in ASKED if cited(old, one) != cited(new, one)]
    assert [one.question for one in told] == wanted
    assert [(one.before, one.after) for one in told] == [
        (cited(old, one), cited(new, one)) for one in wanted
    ]
    assert compare_answers(new, new, ASKED) == []


def test_questions_are_read_line_by_line(tmp_path: Path, repository: Path) -> None:
    file = tmp_path / "q.jsonl"
    file.write_text('{"question": "Où ?"}\n\n{"id": 3, "question": "Who?"}\n', encoding="utf-8")
    assert read_questions(file) == ["Où ?", "Who?"]
    assert len(read_questions(repository / "data" / "questions.jsonl")) == 80


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "line 1"), (b'{"question": "a"}\n[]', "line 2"), (b'{"text": "a"}', "line 1"),
        (b'{"question": 3}', "line 1"), (b"[" * 100_000, "line 1"), (b"\xff", "not utf-8"),
        (None, "no such file"),
    ],
)  # fmt: skip
def test_what_is_no_list_of_questions_is_told(
    tmp_path: Path, content: bytes | None, told: str
) -> None:
    if content is not None:
        (tmp_path / "q").write_bytes(content)
    with pytest.raises(QuestionsInvalid, match=told):
        read_questions(tmp_path / "q")
