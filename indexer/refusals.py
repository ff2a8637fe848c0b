"""Why files are refused: codes that stay the same, and sentences for people."""

from enum import StrEnum

from archive.documents import Refusal


class Reason(StrEnum):
    """Why a file is refused. The codes are stable; the sentences are for people."""

    EMPTY = "empty"
    ONLY_FURNITURE = "only_furniture"
    BINARY = "binary"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    OUTSIDE = "outside_folder"
    FORMAT = "unsupported_format"
    NAME = "unusable_name"
    DAMAGED = "damaged"
    ENCRYPTED = "encrypted"
    BOMB = "bomb"
    NESTED = "nested_archive"
    ENTITIES = "declares_entities"
    TOO_LONG = "too_long"
    TOO_SLOW = "too_slow"
    TOO_MUCH_MEMORY = "too_much_memory"
    CRASHED = "crashed"
    ABSENT = "absent_page"


SENTENCES = {
    Reason.EMPTY: "The file holds no text.",
    Reason.ONLY_FURNITURE: "Nothing is left of the file once the site's furniture is out.",
    Reason.BINARY: "The file is not text.",
    Reason.UNREADABLE: "The file cannot be read: {detail}.",
    Reason.TOO_LARGE: "The file has {detail} bytes; the largest that is read has 20 MB, "
    "the largest .zip that is uploaded 100 MB.",
    Reason.OUTSIDE: "The link leads out of the articles folder.",
    Reason.FORMAT: "Only .txt, .md, .html, .pdf and .docx files are read.",
    Reason.NAME: "The file's name is not valid Unicode, or leaves nothing to call it by.",
    Reason.DAMAGED: "The file is damaged, or not of the format that its name tells.",
    Reason.ENCRYPTED: "The file is encrypted.",
    Reason.BOMB: "The file unpacks to more than can be right: {detail}.",
    Reason.NESTED: "The file holds another archive.",
    Reason.ENTITIES: "The file declares entities, which no document needs.",
    Reason.TOO_LONG: "The file holds more than 2,000 pages or 5 million characters.",
    Reason.TOO_SLOW: "Reading the file takes longer than it may.",
    Reason.TOO_MUCH_MEMORY: "Reading the file takes more than 1 GB of memory.",
    Reason.CRASHED: "The file makes its parser crash.",
    Reason.ABSENT: "The sitemap names this page, and no file is it: save the page and import it.",
}


def refusal(path: str, reason: Reason, detail: object = "") -> Refusal:
    """The refusal of a file for one of the reasons."""
    return Refusal(path, reason.value, SENTENCES[reason].format(detail=detail))


class Refused(Exception):
    """Raised where a file cannot be read as its format."""

    def __init__(self, reason: Reason, detail: object = "") -> None:
        super().__init__(reason.value)
        self.reason, self.detail = reason, str(detail)
