"""From files to articles: furniture out, copies out; what stayed as it was is only named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from archive.documents import DateBasis, Document, Duplicate, FurnitureLine, Refusal
from archive.languages import detect_language
from archive.text import normalised
from indexer.articles import Articles, Kept
from indexer.duplicates import HASHES, Signatures, find_duplicates, signatures_of
from indexer.encoding import Counted
from indexer.file_records import FileRecord
from indexer.formats.parsed import Parsed
from indexer.furniture import Furniture, Repeated, page_of
from indexer.metadata import published_on, title_of
from indexer.parsing import written
from indexer.reading import SourceFile, Texts, Unread, read_again
from indexer.refusals import Reason, refusal
from indexer.reuse import Earlier

_TELLS_ITS_LANGUAGE = 200  # characters


@dataclass(frozen=True, slots=True)
class Gathered:
    """The articles to index, and what was left out on the way to them.

    files: the digest of every file that was decoded, by its path. records, parsed: what is known
    now of those that are not as they were, and what was parsed of those that are not plain text.
    families: the furniture of each, to be known the next time.
    """

    articles: Articles
    refused: list[Refusal]
    duplicates: list[Duplicate]
    furniture: list[FurnitureLine]
    found: int
    files: dict[str, str] = field(default_factory=dict)
    records: dict[str, FileRecord] = field(default_factory=dict)
    parsed: dict[str, bytes] = field(default_factory=dict)
    families: dict[str, Sequence[Repeated]] = field(default_factory=dict)


def digests_of(files: Mapping[str, SourceFile | Unread], earlier: Earlier) -> dict[str, str]:
    """The digest of each file, by its path. files: as `read_files` gives them."""
    return {
        path: one.digest if isinstance(one, SourceFile) else earlier.records[path].digest
        for path, one in files.items()
    }


def gather(
    files: dict[str, SourceFile | Unread],
    refused: list[Refusal],
    folder: Path,
    earlier: Earlier,
    progress: Counted,
) -> Gathered:
    """The articles in the files, which are taken out of their dictionary: no text is held twice.

    files, refused: what `read_files` found in the folder, in the order of the paths. An article
    stays as it was where its file and what of it is furniture did.
    """

    def read(path: str) -> SourceFile | Refusal:
        return read_again(folder, path, earlier)

    pages = {
        path: page_of(one.text) if isinstance(one, SourceFile) else earlier.records[path].lines
        for path, one in files.items()
    }
    digests = digests_of(files, earlier)
    furniture = Furniture(pages, Texts(files, read), earlier.families)
    told: list[Document | Kept] = []
    records: dict[str, FileRecord] = {}
    parsed: dict[str, bytes] = {}
    count = len(files)
    for number, path in enumerate(list(files), start=1):
        file, out, known = files.pop(path), furniture.out(path), earlier.records.get(path)
        same = known and (known.digest, known.furniture) == (digests[path], out)
        kept = earlier.kept(path) if same else None
        source = read(path) if isinstance(file, Unread) and not kept else file
        if isinstance(source, Refusal):  # meanwhile
            refused.append(source)
            del digests[path]
        elif isinstance(source, SourceFile):
            digests[path] = source.digest
            lines = pages[path] if source is file else page_of(source.text)
            records[path] = FileRecord(source.digest, source.stamp, lines, out, None)
            if source.parsed:
                parsed[path] = written(Parsed(source.text, source.encoding, source.stated))
        if kept:
            told.append(kept)
        elif isinstance(source, SourceFile):
            document = document_of(source, furniture, earlier.document(path))
            if document is None:
                refused.append(refusal(path, Reason.ONLY_FURNITURE))
            else:
                told.append(document)
        progress(number, count)
    articles = Articles(told, earlier.document)
    signatures = _signatures(articles, earlier)
    for path, signature in zip(articles.paths, signatures, strict=True):
        if path in records:
            records[path] = records[path]._replace(signature=signature)
    duplicates = find_duplicates(articles, signatures)
    return Gathered(
        articles.without(duplicates),
        sorted(refused, key=lambda one: one.path),
        list(duplicates.values()),
        furniture.found,
        families=furniture.families,
        found=len(told) + len(refused),
        files=digests,
        records=records,
        parsed=parsed,
    )


def _signatures(articles: Articles, earlier: Earlier) -> Signatures:
    """What each article is held against others by, as `find_duplicates` takes it."""
    new = articles.new()
    told = np.empty((len(articles), HASHES), dtype=np.uint32)
    told[list(new)] = signatures_of([one.text for one in new.values()])
    for number in np.flatnonzero(articles.kept >= 0).tolist():
        signature = earlier.records[articles.paths[number]].signature
        assert signature is not None  # of what became an article
        told[number] = signature
    return told


def document_of(
    file: SourceFile, furniture: Furniture, before: Document | None = None
) -> Document | None:
    """The article in a file, None where nothing is left once the furniture is out.

    before: what the same file was before; where its text is the same so are title, language and
    date, which take longest to find. What a file that was parsed states of itself goes first, but
    for two matters: the words of a text of some length tell their language more surely than its
    markup, and the text the day it came out than the properties of the file.
    """
    text, pieces = normalised(file.text, furniture.without(file.path, file.text))
    if not any(character.isalnum() for character in text):
        return None
    same = before is not None and before.text == text
    if before is not None and same and (before.digest == file.digest or not file.parsed):
        title, language = before.title, before.language
        published, basis = before.published, before.date_basis
    else:
        stated = file.stated
        language = detect_language(text)
        if stated.language and len(text) < _TELLS_ITS_LANGUAGE:
            language = stated.language
        title = stated.title or title_of(text, language)
        published, basis = stated.published, stated.date_basis
        if basis not in (DateBasis.STATED, DateBasis.INFERRED):
            shown, how = published_on(text, language)
            published, basis = (shown, how) if shown else (published, basis)
    return Document(
        file.path, title, language, published, basis, text, pieces, file.encoding, file.digest,
        file.stated.address, file.stated.pages,
    )  # fmt: skip
