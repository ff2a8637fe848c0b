"""An evaluation set of fifteen documents, whose figures are worked out by hand."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from fakes import WordHashEncoder, write_pages

from archive.errors import EvaluationSetInvalid
from archive.settings import Settings
from evaluation.run import evaluate
from indexer.pipeline import build_index

MEANT = {
    "set", "documents", "passages", "questions", "ndcg@10", "map", "recall@10", "hit@1",
    "same_language@10", "by_language", "answer_hit@1", "answer_hit@3", "refused_unanswerable",
    "refused_answerable", "answerability_auroc", "seconds",
}  # fmt: skip
RANKING = {"ndcg@10", "map", "recall@10", "hit@1", "same_language@10"}
ANSWERING = {
    "answer_hit@1", "answer_hit@3", "refused_unanswerable", "refused_answerable",
    "answerability_auroc",
}  # fmt: skip

ENGLISH = [
    "The undersea cable near Helsinki was cut by the anchor of a tanker.",
    "Ministers gathered in Riga and promised more money for air defence.",
    "A hospital in Tallinn lost its power for seven hours last winter.",
    "The frigate left the harbour of Gdansk with sixty young sailors aboard.",
    "Scientists drilled through the thick ice of Svalbard to measure its age.",
    "Twelve countries signed the treaty in Washington many years ago.",
    "The exercise in Norway gathered thousands of soldiers and their dogs.",
    "A radar station on the island watches every ship that passes by.",
]
FRENCH = [
    "Le câble électrique entre les deux rives a été réparé en onze jours.",
    "La ministre française a visité le centre de secours de Lyon hier soir.",
    "Les pompiers de Marseille ont éteint un incendie sur un pétrolier.",
    "Une équipe de chercheurs étudie la fonte des glaciers du Groenland.",
    "Le sommet de Madrid a réuni les chefs de trente gouvernements.",
    "Des avions de chasse belges surveillent le ciel des pays voisins.",
    "Le brouillage des signaux perturbe les vols vers la ville de Tartu.",
]
NONSENSE = "Zyxqv wvutsrq ponmlk jihgfe dcbazz yyxxww?"
QUESTIONS = [  # (text, language, answerable, relevant document, gold answer)
    (ENGLISH[0], "en", True, "en0", "anchor of a tanker"),
    (ENGLISH[1], "en", True, "en1", "Riga"),
    (ENGLISH[2], "en", True, "gone", "nine hours"),  # judged wrongly on purpose
    (FRENCH[0], "fr", True, "fr0", "en onze jours"),
    (FRENCH[1], "fr", True, "fr1", "de Lyon"),
    (FRENCH[2], "fr", True, "fr2", "un pétrolier"),
    (NONSENSE, "en", True, None, "an answer that no document holds"),
    (NONSENSE, "fr", False, None, None),
]  # fmt: skip


def write_lines(file: Path, rows: Iterable[Mapping[str, object]]) -> None:
    told = (json.dumps(row, ensure_ascii=False) for row in rows)
    file.write_text("".join(f"{line}\n" for line in told), encoding="utf-8")


def write_set(
    folder: Path,
    rows: Iterable[tuple[str, str, str]],
    questions: Iterable[tuple[str, str, bool, str | None, str | None]],
    *,
    answers: bool = True,
) -> Path:
    """A set in BEIR layout. rows: (id, language, text) of each document."""
    folder.mkdir(parents=True)
    asked = list(questions)
    write_lines(
        folder / "corpus.jsonl",
        [{"_id": one, "title": "", "text": text, "lang": language} for one, language, text in rows],
    )
    write_lines(
        folder / "queries.jsonl",
        [
            {"_id": f"q{number}", "text": text, "lang": language}
            | ({"answerable": answerable} if answers else {})
            for number, (text, language, answerable, _, _) in enumerate(asked)
        ],
    )
    judged = [f"q{number}\t{one[3]}\t1\n" for number, one in enumerate(asked) if one[3]]
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(judged))
    if answers:
        write_lines(
            folder / "answers.jsonl",
            [
                {"query_id": f"q{number}", "corpus_id": one[3], "answer": one[4], "start": 0}
                for number, one in enumerate(asked)
                if one[4]
            ],
        )
    return folder


def corpus() -> list[tuple[str, str, str]]:
    return [(f"en{number}", "en", text) for number, text in enumerate(ENGLISH)] + [
        (f"fr{number}", "fr", text) for number, text in enumerate(FRENCH)
    ]


def measured(folder: Path, index: Path = Path("never-made")) -> dict[str, object]:
    settings = Settings.from_environment(index=index, model="word-hash")
    return evaluate(folder, settings, WordHashEncoder())


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    return measured(write_set(tmp_path_factory.mktemp("sets") / "small", corpus(), QUESTIONS))


# --- The figures ---------------------------------------------------------------------------------


def test_every_figure_of_the_contract_is_there(figures: dict[str, object]) -> None:
    assert set(figures) >= MEANT
    seconds, by_language = figures["seconds"], figures["by_language"]
    assert isinstance(seconds, dict)
    assert isinstance(by_language, dict)
    assert set(seconds) == {"index", "question_p50", "question_p95"}
    assert set(by_language) == {"en", "fr"}
    assert all(set(one) == RANKING for one in by_language.values())
    assert json.loads(json.dumps(figures)) == figures


def test_the_set_is_counted(figures: dict[str, object]) -> None:
    assert {name: figures[name] for name in ("set", "documents", "passages", "questions")} == {
        "set": "small", "documents": 15, "passages": 15, "questions": 8,
    }  # fmt: skip


def test_ranking_figures_by_hand(figures: dict[str, object]) -> None:
    # Six questions are judged. Five put the document that repeats them first, and the sixth asks
    # for one that is not there.
    for name in ("ndcg@10", "map", "recall@10", "hit@1"):
        assert figures[name] == pytest.approx(5 / 6), name
    by_language = figures["by_language"]
    assert isinstance(by_language, dict)
    assert by_language["fr"]["map"] == pytest.approx(1)
    assert by_language["en"]["map"] == pytest.approx(2 / 3)


def test_answering_figures_by_hand(figures: dict[str, object]) -> None:
    # Seven have a gold answer. Five find it; one has a wrong one, and one is asked in nonsense, as
    # the only unanswerable one is, so that the two tie and the other six are above.
    assert figures["answer_hit@1"] == pytest.approx(5 / 7)
    assert figures["answer_hit@3"] == pytest.approx(5 / 7)
    assert figures["refused_unanswerable"] == 1.0
    assert figures["refused_answerable"] == pytest.approx(1 / 7)
    assert figures["answerability_auroc"] == pytest.approx(6.5 / 7)


def test_the_seconds_are_in_order(figures: dict[str, object]) -> None:
    seconds = figures["seconds"]
    assert isinstance(seconds, dict)
    assert 0 < seconds["question_p50"] <= seconds["question_p95"]
    assert seconds["index"] > 0


def test_the_language_share_of_the_first_ten_by_hand(tmp_path: Path) -> None:
    # Of ten documents, all are among the first ten: six are English, four are French.
    rows = [row for row in corpus() if row[0] in {f"en{n}" for n in range(6)}]
    rows += [row for row in corpus() if row[0] in {f"fr{n}" for n in range(4)}]
    asked = [QUESTIONS[0], QUESTIONS[3], QUESTIONS[4], QUESTIONS[5]]
    found = measured(write_set(tmp_path / "ten", rows, asked))
    assert found["same_language@10"] == pytest.approx((0.6 + 3 * 0.4) / 4)
    by_language = found["by_language"]
    assert isinstance(by_language, dict)
    assert by_language["en"]["same_language@10"] == pytest.approx(0.6)
    assert by_language["fr"]["same_language@10"] == pytest.approx(0.4)


def test_the_same_set_gives_the_same_figures(figures: dict[str, object], tmp_path: Path) -> None:
    again = measured(write_set(tmp_path / "small", corpus(), QUESTIONS))
    assert {**again, "seconds": None} == {**figures, "seconds": None}


# --- What is kept --------------------------------------------------------------------------------


def test_copies_are_all_kept_and_all_ranked(tmp_path: Path) -> None:
    rows = corpus() + [(f"copy{number}", "en", ENGLISH[0]) for number in range(3)]
    folder = write_set(tmp_path / "copies", rows, QUESTIONS[:2])
    with (folder / "qrels.tsv").open("a") as qrels:
        qrels.writelines(f"q0\tcopy{number}\t1\n" for number in range(3))
    found = measured(folder)
    assert (found["documents"], found["passages"]) == (18, 18)
    assert found["recall@10"] == found["map"] == found["ndcg@10"] == pytest.approx(1)


def test_lines_that_every_document_repeats_are_kept(tmp_path: Path) -> None:
    menu = "Sign in to the media library and save what you read there."
    rows = [(one, language, f"{menu}\n{text}\n{menu}") for one, language, text in corpus()]
    asked = [(menu, "en", True, "en0", "media library"), (NONSENSE, "en", False, None, None)]
    found = measured(write_set(tmp_path / "menus", rows, asked))
    assert found["documents"] == 15
    assert found["answer_hit@1"] == 1.0


def test_a_document_ranks_at_its_best_passage(tmp_path: Path) -> None:
    long = "\n".join(f"{text} {text.upper()}" for text in FRENCH * 8) + f"\n{ENGLISH[0]}"
    rows = [("long", "fr", long), *[row for row in corpus() if row[0] not in ("en0", "fr3")]]
    asked = [(ENGLISH[0], "en", True, "long", "anchor"), (FRENCH[3], "fr", True, "long", "la")]
    found = measured(write_set(tmp_path / "long", rows, asked))
    passages = found["passages"]
    assert isinstance(passages, int)
    assert passages > 16
    assert found["map"] == pytest.approx(1)


# --- What a set cannot give ----------------------------------------------------------------------


def test_a_set_without_answers_gives_null_there(tmp_path: Path) -> None:
    found = measured(write_set(tmp_path / "silent", corpus(), QUESTIONS, answers=False))
    assert {name for name, value in found.items() if value is None} >= ANSWERING
    assert found["hit@1"] == pytest.approx(5 / 6)


def test_a_set_without_judgements_gives_null_there(tmp_path: Path) -> None:
    asked = [(text, language, True, None, "x") for text, language, *_ in QUESTIONS]
    found = measured(write_set(tmp_path / "unjudged", corpus(), asked))
    assert {name for name, value in found.items() if value is None} >= RANKING
    assert found["answer_hit@1"] is not None
    assert found["answerability_auroc"] is None  # nothing is unanswerable


def test_one_question_is_enough_for_every_figure(tmp_path: Path) -> None:
    found = measured(write_set(tmp_path / "one", corpus(), QUESTIONS[:1]))
    assert found["hit@1"] == found["answer_hit@1"] == 1.0
    seconds = found["seconds"]
    assert isinstance(seconds, dict)
    assert seconds["question_p50"] == pytest.approx(seconds["question_p95"])


# --- Broken sets ---------------------------------------------------------------------------------


def cure(error: EvaluationSetInvalid) -> bool:
    told = str(error)
    return "\n" not in told and told.endswith("corpus.jsonl, queries.jsonl, qrels.tsv.")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(EvaluationSetInvalid) as caught:
        measured(tmp_path / "nowhere")
    assert cure(caught.value)
    assert str(tmp_path / "nowhere") in str(caught.value)


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl", "qrels.tsv"])
def test_a_file_that_is_missing_is_told_by_its_name(tmp_path: Path, name: str) -> None:
    folder = write_set(tmp_path / "broken", corpus(), QUESTIONS)
    (folder / name).unlink()
    with pytest.raises(EvaluationSetInvalid, match=name) as caught:
        measured(folder)
    assert cure(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("corpus.jsonl", b""),
        ("corpus.jsonl", b"{not json}\n"),
        ("corpus.jsonl", b'{"_id": "a", "lang": "en"}\n'),
        ("corpus.jsonl", b'{"_id": "a", "text": null, "lang": "en"}\n'),
        ("corpus.jsonl", b'{"_id": "a", "text": "No language is given here."}\n'),
        ("corpus.jsonl", b'{"_id": "a", "text": "   ", "lang": "en"}\n'),
        ("corpus.jsonl", b'["a list"]\n'),
        ("corpus.jsonl", b'"a string"\n'),
        ("corpus.jsonl", b"\xff\xfe\xfa\n"),
        ("queries.jsonl", b""),
        ("queries.jsonl", b'{"_id": "q0", "text": "Who?"}\n'),
        ("queries.jsonl", b"[1]\n"),
        ("qrels.tsv", b"query-id\tcorpus-id\tscore\nq0\ten0\n"),
        ("qrels.tsv", b"query-id\tcorpus-id\tscore\nq0\ten0\tmuch\n"),
        ("answers.jsonl", b'{"query_id": "q0"}\n'),
        ("answers.jsonl", b'{"query_id": "q0", "answer": 7}\n'),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_an_error_with_a_cure(
    tmp_path: Path, name: str, content: bytes
) -> None:
    folder = write_set(tmp_path / "broken", corpus(), QUESTIONS)
    (folder / name).write_bytes(content)
    with pytest.raises(EvaluationSetInvalid) as caught:
        measured(folder)
    assert cure(caught.value)


# --- The archive's own index ---------------------------------------------------------------------


def digests(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_measuring_leaves_the_index_alone(tmp_path: Path) -> None:
    write_pages(tmp_path / "articles", {"site/a.txt": ENGLISH[0], "site/b.txt": FRENCH[0]})
    settings = Settings.from_environment(
        articles=tmp_path / "articles", index=tmp_path / "index", model="word-hash"
    )
    build_index(settings, WordHashEncoder())
    before = digests(tmp_path)
    write_set(tmp_path.parent / f"{tmp_path.name}-set", corpus(), QUESTIONS[:2])
    measured(tmp_path.parent / f"{tmp_path.name}-set", settings.index)
    assert digests(tmp_path) == before


def test_measuring_makes_no_index_where_there_is_none(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set", corpus(), QUESTIONS[:2])
    before = digests(tmp_path)
    measured(folder, tmp_path / "index")
    assert digests(tmp_path) == before
    assert not (tmp_path / "index").exists()
