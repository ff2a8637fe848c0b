"""An answer to take along, and the articles it cites, each in the forms that other programs read.

Everything but JSON keeps the words that can be read: controls, characters that no encoding can
write and those that turn the direction of writing are left out, and every blank is one space. What
a form would take for markup, a command or a formula is written so that it stays words.
"""

import csv
import hashlib
import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from io import BytesIO, StringIO
from typing import Any

from anyascii import anyascii

from archive.answers import Answer, AnswerKind, Citation, answer_facts
from archive.documents import UNDETERMINED, source_of
from archive.text import well_formed
from ui.rendering import RIGHT_TO_LEFT
from ui.state import View, link_to
from ui.wording import Wording

FORMAT = 1  # of the JSON; raised whenever a name in it changes its meaning
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Taken:
    """An answer with what a reader elsewhere needs to find it again.

    view: what the page shows, the snapshot that answered named in it. page: the address of the
    page without parameters. created: when the snapshot was, on the reader's clock. moment: now.
    """

    answer: Answer
    view: View
    page: str
    created: datetime
    model: str
    moment: datetime
    wording: Wording

    @property
    def link(self) -> str:
        """What reopens the answer, and the article beside it."""
        return link_to(self.view, self.page)

    def link_of(self, citation: Citation) -> str:
        """What reopens the answer with the cited article at the quoted sentence."""
        place = citation.start, citation.end
        return link_to(replace(self.view, article=citation.path, place=place), self.page)

    @property
    def refused(self) -> bool:
        return self.answer.kind == AnswerKind.NONE

    def footer(self) -> list[str]:
        """Lines that say where all this is from."""
        told = self.wording
        lines = []
        if filters := told.filters_told(self.view.filters):
            lines.append(f"{told.filtered} {filters}")
        created = told.moment(self.created)
        lines.append(told.answered_from.format(self.view.snapshot, created, self.model))
        lines.append(told.taken_on.format(told.day(self.moment)))
        return lines

    def source(self, citation: Citation) -> str:
        """Language, day, source and place in the file of a citation, in words."""
        told = self.wording
        parts = (
            told.name_of(citation.language),
            told.day(citation.published) if citation.published else told.date_unknown,
            source_of(citation.path) or told.no_folder,
            told.file.format(citation.path),
            told.characters.format(citation.file_start, citation.file_end),
        )
        return ", ".join(parts)


# --- Words ------------------------------------------------------------------------------------

_BLANK = re.compile(r"[^\S\u00a0\u2007\u202f]+")  # but for those that hold a line together
_LINE_ENDS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_UNREADABLE = re.compile(r"[\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"


def words(text: str) -> str:
    """One line with the words of a text, fit for XML 1.0."""
    visible = _UNREADABLE.sub("", text)
    spaced = _LINE_ENDS.sub(lambda found: " " if found[0].isspace() else "", visible)
    return _BLANK.sub(" ", spaced).strip()


def _runs_backwards(text: str) -> bool:
    return any(unicodedata.bidirectional(one) in ("R", "AL") for one in text)


def _isolated(text: str) -> str:
    """Words that run from the right kept from turning what stands beside them on the line."""
    return f"{_ISOLATE}{text}{_POP_ISOLATE}" if _runs_backwards(text) else text


def is_right_to_left(text: str, language: str) -> bool:
    """How a quotation runs: by its language, and by its first letter where that is not known."""
    if language != UNDETERMINED:
        return language in RIGHT_TO_LEFT
    first = (unicodedata.bidirectional(one) for one in text)
    return next((one for one in first if one in ("L", "R", "AL")), "L") != "L"


def _pairs(taken: Taken) -> list[tuple[Citation, str]]:
    """The quoted sentences in the order of the answer, each with its citation."""
    cited = {one.n: one for one in taken.answer.citations}
    return [(cited[one.citation], one.text) for one in taken.answer.sentences]


# --- The answer -------------------------------------------------------------------------------


def plain_text(taken: Taken) -> str:
    """The answer with numbered citations, to be pasted anywhere."""
    told, answer = taken.wording, taken.answer
    lines = [words(answer.question), ""]
    if taken.refused:
        lines += [told.refused, "", *([told.closest] if answer.closest else [])]
        for hit in answer.closest:
            title = _isolated(words(hit.document.title))
            lines.append(f"- {title} ({_isolated(words(hit.document.path))})")
    else:
        for citation, quote in _pairs(taken):
            before = f"({words(citation.context.text)}) " if citation.context else ""
            lines.append(f"{_isolated(before + words(quote))} [{citation.n}]")
        lines += ["", told.confidence.format(told.how_sure(answer.confidence)), ""]
        for one in answer.citations:
            source = _isolated(words(taken.source(one)))
            lines.append(f"[{one.n}] {_isolated(words(one.title))} ({source})")
    lines += ["", *(words(line) for line in taken.footer()), taken.link]
    return "\n".join(lines) + "\n"


# Of signs that close a heading, at its end, the first.
_MARKDOWN = re.compile(
    r"[\\`*_\[\]<>&~$|^{}@]|:(?=[^\s\d])|(?<=www)\.|(?<=\s)#(?=#*$)", re.IGNORECASE
)
_MARKDOWN_START = re.compile(r"^(?:(\w{1,9})([.)])(?=\s|$)|([#+\-=:%]|\((?=\w{1,9}\))))")


def markdown_words(text: str) -> str:
    """Words that any dialect of Markdown shows as they are, also at the beginning of a line.

    By CommonMark 0.31 (MacFarlane, 2024) a backslash before ASCII punctuation makes it literal.
    """
    escaped = _MARKDOWN.sub(r"\\\g<0>", words(text))
    return _MARKDOWN_START.sub(
        lambda found: f"{found[1]}\\{found[2]}" if found[1] else f"\\{found[3]}", escaped
    )


def markdown(taken: Taken) -> str:
    told, answer = taken.wording, taken.answer
    blocks = [f"# {markdown_words(answer.question) or markdown_words(told.without_words)}"]
    if taken.refused:
        blocks.append(markdown_words(told.refused))
        if answer.closest:
            blocks.append(f"## {markdown_words(told.closest)}")
            blocks += [
                f"- {_isolated(markdown_words(hit.document.title))}  \n"
                f"  {_isolated(markdown_words(hit.document.path))}"
                for hit in answer.closest
            ]
    else:
        for citation, quote in _pairs(taken):
            quoted = f"{_isolated(markdown_words(quote))} \\[{citation.n}\\]"
            before = citation.context
            leaning = f"> ({_isolated(markdown_words(before.text))})\n>\n" if before else ""
            blocks.append(f"{leaning}> {quoted}")
        sure = told.confidence.format(told.how_sure(answer.confidence))
        blocks += [markdown_words(sure), f"## {markdown_words(told.cited_articles)}"]
        blocks += [
            f"- \\[{one.n}\\] {_isolated(markdown_words(one.title))}  \n"
            f"  {_isolated(markdown_words(taken.source(one)))}"
            for one in answer.citations
        ]
    blocks += ["---", *(markdown_words(line) for line in taken.footer())]
    blocks.append(f"[{markdown_words(told.permanent_link)}](<{taken.link}>)")
    return "\n\n".join(blocks) + "\n"


def as_json(taken: Taken) -> str:
    """Everything, to the letter: what `ask --json` tells, and where it is from."""
    told = {
        "format": FORMAT,
        **answer_facts(taken.answer),
        "filters": asdict(taken.view.filters),
        "times": taken.view.times,
        "own_language_first": taken.view.own_language_first,
        "link": taken.link,
        "snapshot": taken.view.snapshot,
        "created": taken.created.isoformat(),
        "model": taken.model,
        "taken": taken.moment.isoformat(),
    }
    return well_formed(json.dumps(told, ensure_ascii=False, indent=2, default=_plain)) + "\n"


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else str(value)


_COLUMNS = (
    "n", "quote", "title", "language", "published", "source", "path", "start", "end",
    "file_start", "file_end", "question", "confidence", "link", "snapshot", "created", "model",
)  # fmt: skip
# Also inside a cell: a spreadsheet that cuts cells elsewhere would begin one there.
_FORMULA = re.compile(r"(^|[,;\t|])([\s\"]*)(?=[=+\-@＝＋－＠])")


def disarmed(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe goes before it."""
    return _FORMULA.sub(r"\1\2'", text)


def cell(text: str) -> str:
    """The words of a cell on one line, and no formula."""
    return disarmed(words(text))


def as_csv(taken: Taken) -> bytes:
    """A line a quoted sentence, in UTF-8 with the mark that spreadsheets tell it by.

    Cells are cut where the reader's spreadsheet cuts them: by semicolons where the decimal mark is
    a comma. Offsets count characters.
    """
    table = StringIO(newline="")
    separator = ";" if taken.wording.decimal_mark == "," else ","
    writer = csv.writer(table, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerow(_COLUMNS)
    for citation, quote in _pairs(taken):
        place = (citation.start, citation.end, citation.file_start, citation.file_end)
        writer.writerow(
            (
                citation.n,
                cell(quote),
                cell(citation.title),
                citation.language,
                citation.published or "",
                cell(source_of(citation.path)),
                cell(citation.path),
                *place,
                cell(taken.answer.question),
                f"{taken.answer.confidence:.4f}",
                cell(taken.link_of(citation)),
                taken.view.snapshot,
                taken.created.isoformat(),
                cell(taken.model),
            )
        )
    return table.getvalue().encode("utf-8-sig")


def word(taken: Taken) -> bytes:
    """A Word document; every quotation, title and passage says its language and direction."""
    from docx import Document

    told, answer = taken.wording, taken.answer
    document: Any = Document()
    _name_language(document, told.language)
    document.core_properties.title = words(answer.question)[:255]
    document.core_properties.author = "Communiqué"
    document.core_properties.comments = ""
    document.core_properties.language = told.language
    moment = taken.moment.astimezone(UTC).replace(tzinfo=None)
    document.core_properties.created = document.core_properties.modified = moment
    asked = document.add_heading(level=1)
    _write(asked, answer.question or told.without_words, UNDETERMINED)
    if taken.refused:
        document.add_paragraph(told.refused)
        if answer.closest:
            document.add_heading(told.closest, level=2)
        for hit in answer.closest:
            _write(document.add_heading(level=3), hit.document.title, hit.document.language)
            _write(document.add_paragraph(style="Quote"), hit.passage.text, hit.document.language)
            document.add_paragraph(words(hit.document.path))
    else:
        for citation, quote in _pairs(taken):
            if citation.context:
                before = document.add_paragraph()
                _write(before, f"({citation.context.text})", citation.language)
            paragraph = document.add_paragraph(style="Quote")
            _write(paragraph, quote, citation.language)
            paragraph.add_run(f" [{citation.n}]")
        document.add_paragraph(told.confidence.format(told.how_sure(answer.confidence)))
        document.add_heading(told.cited_articles, level=2)
        for one in answer.citations:
            paragraph = document.add_paragraph(f"[{one.n}] ")
            _write(paragraph, one.title, one.language, turn=False)
            document.add_paragraph(words(taken.source(one)))
    for line in (*taken.footer(), f"{told.permanent_link}: {taken.link}"):
        document.add_paragraph(words(line))
    written = BytesIO()
    document.save(written)
    return written.getvalue()


def _name_language(document: Any, language: str) -> None:
    """What the words of the document are in where nothing else is said."""
    from docx.oxml.ns import qn

    for named in document.styles.element.iter(qn("w:lang")):
        named.set(qn("w:val"), language)


def _write(paragraph: Any, text: str, language: str, *, turn: bool = True) -> None:
    """Add words to a paragraph with their language and direction.

    turn: the paragraph begins on the right where the words run from there.
    """
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    told = words(text)
    run = paragraph.add_run(told)
    backwards = is_right_to_left(told, language)
    if backwards:
        run.font.rtl = True
        if turn:
            paragraph._p.get_or_add_pPr().append(OxmlElement("w:bidi"))
    if language != UNDETERMINED:
        named = OxmlElement("w:lang")
        east = language in ("ja", "ko", "zh")
        script = "w:bidi" if backwards else "w:eastAsia" if east else "w:val"
        named.set(qn(script), words(language))
        run._r.get_or_add_rPr().append(named)


# --- The cited articles -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reference:
    """A cited article. id: the same for the same file, whatever the answer.

    numbers: of its citations in the answer. first: the first of them.
    """

    id: str
    numbers: tuple[int, ...]
    first: Citation
    link: str

    @property
    def note(self) -> str:
        """[1], [3]"""
        return ", ".join(f"[{n}]" for n in self.numbers)


def references(taken: Taken) -> list[Reference]:
    """The cited articles, each once, in the order of the answer."""
    numbers: dict[str, list[Citation]] = {}
    for one in taken.answer.citations:
        numbers.setdefault(one.path, []).append(one)
    return [
        Reference(_name(path), tuple(one.n for one in cited), cited[0], taken.link_of(cited[0]))
        for path, cited in numbers.items()
    ]


def _name(path: str) -> str:
    """A name in ASCII letters, digits and hyphens, unlike that of any other path."""
    digest = hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{_slug(path.removesuffix('.txt'))}-{digest}".lstrip("-")


def _slug(text: str) -> str:
    told = re.sub("[^a-z0-9]+", "-", anyascii(words(text)).lower())[:_LONGEST_NAME]
    return told.strip("-")


_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "`": r"\textasciigrave{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"{\char34}",
    **{one: f"\\{one}" for one in "$&#_%"},
}  # fmt: skip


def latex_words(text: str) -> str:
    """Words that LaTeX sets as they are; braces pair, as BibTeX counts them before LaTeX does."""
    return "".join(_LATEX.get(one, one) for one in words(text))


def bibtex(taken: Taken) -> str:
    """The cited articles as BibTeX (Patashnik, 1988), in UTF-8; what biblatex adds is harmless."""
    return "\n".join(_bibtex(one, taken) for one in references(taken))


def _bibtex(reference: Reference, taken: Taken) -> str:
    cited = reference.first
    day = cited.published
    fields = {
        "title": f"{{{latex_words(cited.title)}}}",
        "year": str(day.year) if day else "",
        "month": str(day.month) if day else "",
        "day": str(day.day) if day else "",
        "organization": latex_words(source_of(cited.path)),
        "howpublished": latex_words(cited.path),
        "language": latex_words(cited.language) if cited.language != UNDETERMINED else "",
        "note": reference.note,
        "url": _verbatim(reference.link),
        "urldate": taken.moment.date().isoformat(),
    }
    told = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@misc{{{reference.id},\n{told}}}\n"


def _verbatim(link: str) -> str:
    """An address without what BibTeX counts; it means the same."""
    return link.replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C")


def ris(taken: Taken) -> str:
    """The cited articles as RIS, a field a line, lines ended as the format wants."""
    lines: list[str] = []
    for one in references(taken):
        cited = one.first
        day = cited.published
        fields = (
            ("TY", "NEWS"),
            ("ID", one.id),
            ("TI", words(cited.title)),
            ("T2", words(source_of(cited.path))),
            ("PY", str(day.year) if day else ""),
            ("DA", _slashed(day) if day else ""),
            ("LA", words(cited.language) if cited.language != UNDETERMINED else ""),
            ("AN", words(cited.path)),
            ("N1", one.note),
            ("UR", one.link),
            ("Y2", _slashed(taken.moment)),
        )
        lines += [f"{tag}  - {value}" for tag, value in fields if value]
        lines += ["ER  - ", ""]
    return "".join(f"{line}\r\n" for line in lines)


def _slashed(day: date) -> str:
    return f"{day.year:04}/{day.month:02}/{day.day:02}"


# Citation processors read <i>, <b>, <span> in a title; an invisible character keeps them words.
_TAG = re.compile(r"<(?=[a-z/])", re.IGNORECASE)


def csl_json(taken: Taken) -> str:
    """The cited articles as CSL-JSON (citationstyles.org, schema 1.0.2)."""
    told = []
    for one in references(taken):
        cited = one.first
        fields: dict[str, object] = {
            "id": one.id,
            "type": "article-newspaper",
            "title": _rich(cited.title),
            "container-title": _rich(source_of(cited.path)),
            "language": words(cited.language) if cited.language != UNDETERMINED else "",
            "issued": _date_parts(cited.published) if cited.published else "",
            "archive": "Communiqué",
            "archive_location": _rich(cited.path),
            "note": one.note,
            "URL": one.link,
            "accessed": _date_parts(taken.moment),
        }
        told.append({name: value for name, value in fields.items() if value})
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def _rich(text: str) -> str:
    return _TAG.sub("<\u2060", words(text))


def _date_parts(day: date) -> dict[str, list[list[int]]]:
    return {"date-parts": [[day.year, day.month, day.day]]}


# --- Files ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Form:
    """One form an answer can be taken along in."""

    name: str
    suffix: str
    mime: str
    write: Callable[[Taken], str | bytes]


_WORD_MIME = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

ANSWER_FORMS: tuple[Form, ...] = (
    Form("Word", "docx", _WORD_MIME, word),
    Form("Markdown", "md", "text/markdown", markdown),
    Form("CSV", "csv", "text/csv", as_csv),
    Form("JSON", "json", "application/json", as_json),
)
CITATION_FORMS: tuple[Form, ...] = (
    Form("BibTeX", "bib", "application/x-bibtex", bibtex),
    Form("RIS", "ris", "application/x-research-info-systems", ris),
    Form("CSL-JSON", "csl.json", "application/vnd.citationstyles.csl+json", csl_json),
)


def file_name(taken: Taken, form: Form) -> str:
    """communique-when-did-finland-join-nato.md"""
    return f"{'-'.join(filter(None, ('communique', _slug(taken.answer.question))))}.{form.suffix}"
