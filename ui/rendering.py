"""Markup for words that others wrote: escaping, quotations and articles with a span lit up."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import chain, repeat

from archive.documents import UNDETERMINED
from archive.text import Span

AROUND = 240
CITED = "cited"  # the id of the first mark of an article
_FAINT = '<span class="faint">'

RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})

STYLE = """<style>
.quotation, .article p, .found p { font-family: "Source Serif", Georgia, serif; margin: 0; }
.quotation { font-size: 1.2rem; line-height: 1.5; padding-inline-start: 0.9rem;
  border-inline-start: 3px solid color-mix(in srgb, currentColor 30%, transparent); }
.context { font-family: "Source Serif", Georgia, serif; line-height: 1.5; opacity: 0.7;
  margin: 0 0 0.35rem; padding-inline-start: calc(0.9rem + 3px); }
.heading { font-family: "Source Serif", Georgia, serif; font-weight: 600; line-height: 1.3; }
.heading.large { font-size: 1.3rem; }
.note { font-size: 0.875rem; opacity: 0.82; overflow-wrap: anywhere; }
[class*="_version_"] button p { text-decoration: underline; text-underline-offset: 0.2em; }
.card > * + * { margin-top: 0.25rem; }
.found p { line-height: 1.5; }
.found { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 6;
  overflow: hidden; }
.article { max-height: max(16rem, calc(100vh - 24rem)); overflow-y: auto;
  padding: 0.25rem 1rem 0.25rem 0; line-height: 1.6; font-size: 1.05rem; }
.article p + p { margin-top: 0.9rem; }
mark { background: color-mix(in srgb, #f5b800 38%, transparent); color: inherit;
  padding: 0.1em 0; box-decoration-break: clone; }
mark sup { font-weight: 600; font-size: 0.7em; line-height: 0; margin-inline-end: 0.2em; }
.faint { background: color-mix(in srgb, #f5b800 13%, transparent); padding: 0.1em 0;
  box-decoration-break: clone; }
.st-key-article, .article { scroll-margin-top: 4rem; }
.stColumn:has(.st-key-article) { position: sticky; top: 4rem; align-self: flex-start; }
@media (min-width: 640px) {
  .stColumn:has(.st-key-article) { max-height: calc(100vh - 5rem); overflow-y: auto; }
}
.preview { max-width: 34rem; max-height: 16rem; overflow-y: auto; line-height: 1.5; }
.preview p { font-family: "Source Serif", Georgia, serif; margin: 0; }
.log { max-height: 15rem; overflow: auto; font-size: 0.8rem; }
.histogram { display: flex; align-items: flex-end; gap: 2px; height: 3rem; padding: 0 0.5rem; }
.histogram .bar { flex: 1; background: #5f87b0; border-radius: 1px 1px 0 0; }
.histogram .bar.out { opacity: 0.3; }
[data-testid="stSliderThumbValue"], [data-testid="stSliderThumbValue"] p,
button[data-selected="true"], button[data-selected="true"] * { color: inherit !important; }
button[kind^="tertiary"]:enabled:is(:hover, :focus-visible, :active, [aria-expanded="true"]) {
  color: inherit; }
button[kind^="tertiary"]:enabled:is(:hover, :focus-visible, :active, [aria-expanded="true"]) p {
  text-decoration: underline; text-underline-offset: 0.2em; }
button:enabled kbd { color: inherit !important; opacity: 0.85 !important; }
.mix-bar { display: flex; gap: 2px; height: 0.35rem; margin-bottom: 0.25rem; }
.mix-bar span { background: #5f87b0; border-radius: 1px; }
.mix-bar span:nth-child(2) { opacity: 0.75; }
.mix-bar span:nth-child(3) { opacity: 0.55; }
.mix-bar span:nth-child(n + 4) { opacity: 0.35; }
</style>"""

# Streamlit's markdown looks for icons, emoji and addresses in text that is already unescaped; an
# invisible character that forbids a line break keeps it from finding any.
_JOINER = "\u2060"
_FOUND_AFTER_ESCAPING = re.compile(r"[:@](?=\S)|\bwww(?=\.)", re.IGNORECASE)
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&])")
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"


def safe_text(text: str) -> str:
    """Text of unknown origin as one line of Streamlit markdown that shows just its words.

    No markup, image, link, formula, icon, emoji or colour comes of it, and its direction stays
    its own. Characters that do not show (controls, zero-width, bidi marks) are dropped.
    """
    visible = "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
    )
    joined = _FOUND_AFTER_ESCAPING.sub(rf"\g<0>{_JOINER}", " ".join(visible.split()))
    return _FIRST_STRONG_ISOLATE + _MARKUP.sub(r"\\\1", joined) + _POP_ISOLATE


def article_html(text: str, spans: Sequence[Span], language: str, faint: Span | None = None) -> str:
    """An article as paragraphs, one a line, with the spans in <mark>, the first named CITED.

    spans: half-open, by characters of `text`; they may cross paragraphs and overlap.
    faint: what is lit faintly as far as it is not lit up.
    """
    marks = chain([f'<mark id="{CITED}">'], repeat("<mark>"))
    merged = _merged(spans)
    lit = sorted(
        [(start, end, True) for start, end in merged]
        + [(start, end, False) for start, end in (_outside(faint, merged) if faint else [])]
    )
    return _paragraphs(text, language, lambda line, at: _pieces(line, at, lit, marks))


def numbered_html(text: str, numbers: Mapping[Span, int], language: str) -> str:
    """An article as paragraphs, one a line, with spans in <mark>, their numbers before them.

    numbers: of each span, half-open, by characters of `text`; no two overlap.
    """

    def inside(line: str, at: int) -> Iterator[str]:
        done = 0
        for (begins, ends), number in sorted(numbers.items()):
            start, end = max(begins - at, 0), min(ends - at, len(line))
            if start < end:
                told = f"<sup>{number}</sup>" if begins >= at else ""
                yield f"{escape(line[done:start])}<mark>{told}{escape(line[start:end])}</mark>"
                done = end
        yield escape(line[done:])

    return _paragraphs(text, language, inside)


def _paragraphs(text: str, language: str, inside: Callable[[str, int], Iterable[str]]) -> str:
    """A paragraph for each line; inside: the markup of a line that begins at a place."""
    paragraphs = []
    at = 0
    for line in text.split("\n"):
        if line:
            paragraphs.append(f"<p{_tongue(language)}>{''.join(inside(line, at))}</p>")
        at += len(line) + 1
    return "".join(paragraphs)


def _merged(spans: Sequence[Span]) -> list[Span]:
    """The same characters as spans in order that neither overlap nor touch."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((start, end))
    return merged


def _outside(span: Span, merged: Sequence[Span]) -> Iterator[Span]:
    """The parts of a span that lie in none of the others, which are in order."""
    start, end = span
    for other, until in merged:
        if start < min(other, end):
            yield start, min(other, end)
        start = max(start, until)
    if start < end:
        yield start, end


def _pieces(
    line: str, at: int, lit: Sequence[tuple[int, int, bool]], marks: Iterator[str]
) -> Iterator[str]:
    """A line that begins at `at` in its article, in turn outside and inside the lit spans.

    lit: (start, end, brightly or faintly), in order, not overlapping.
    """
    done = 0
    for start, end, bright in lit:
        start, end = max(start - at, 0), min(end - at, len(line))
        if start < end:
            yield escape(line[done:start])
            inside = escape(line[start:end])
            yield f"{next(marks)}{inside}</mark>" if bright else f"{_FAINT}{inside}</span>"
            done = end
    yield escape(line[done:])


def pane_html(article: str, label: str, place: str) -> str:
    """A pane that an article is read and scrolled in, with the keyboard too.

    article: what `article_html` made. place: what tells this pane from the one before.
    """
    return (
        f'<div class="article" tabindex="0" role="region" aria-label="{escape(label)}" '
        f'data-place="{escape(place)}">{article}</div>'
    )


def log_html(lines: Iterable[str], label: str) -> str:
    """Lines of a log as they are, in a region that scrolls, by key too."""
    told = escape("\n".join(lines))
    return f'<pre class="log" tabindex="0" role="region" aria-label="{escape(label)}">{told}</pre>'


def context_html(text: str, language: str, label: str) -> str:
    """The sentence that a quotation leans on, in grey before it; the label says that it is."""
    return (
        f'<p class="context" role="note" title="{escape(label)}"{_tongue(language)}>'
        f"{escape(text)}</p>"
    )


def quotation_html(text: str, language: str) -> str:
    return f'<blockquote class="quotation"{_tongue(language)}>{escape(text)}</blockquote>'


def found_html(text: str, language: str) -> str:
    """The beginning of a passage."""
    return f'<div class="found">{article_html(text, (), language)}</div>'


def heading_html(title: str, language: str, *, level: int, large: bool = False) -> str:
    look = "heading large" if large else "heading"
    return (
        f'<div role="heading" aria-level="{level}" class="{look}"{_tongue(language)}>'
        f"{escape(title)}</div>"
    )


def card_html(*parts: str) -> str:
    """Pieces of markup one below the other, as one element of the page."""
    return f'<div class="card">{"".join(parts)}</div>'


def note_html(*parts: str) -> str:
    """A line in small type, each part kept to its own direction."""
    inside = " · ".join(f"<bdi>{escape(part)}</bdi>" for part in parts)
    return f'<div class="note">{inside}</div>'


def preview_html(text: str, span: Span, language: str) -> str:
    """The paragraphs that a span of an article stands in, with it lit up."""
    start, end = _paragraphs_of(text, span)
    lit = (span[0] - start, span[1] - start)
    return f'<div class="preview">{article_html(text[start:end], [lit], language)}</div>'


def preview_text(text: str, span: Span) -> str:
    """The same as one line of Streamlit markdown: the span in bold, and beside it on either side
    the AROUND nearest characters of its paragraphs."""
    start, end = _paragraphs_of(text, span)
    first, last = max(start, span[0] - AROUND), min(end, span[1] + AROUND)
    before = ("…" if first > start else "") + text[first : span[0]]
    after = text[span[1] : last] + ("…" if last < end else "")
    parts = [safe_text(before), f"**{safe_text(text[slice(*span)])}**", safe_text(after)]
    return " ".join(part for part in parts if part != safe_text(""))


def _paragraphs_of(text: str, span: Span) -> Span:
    """The paragraphs that a span stands in."""
    end = text.find("\n", span[1])
    return text.rfind("\n", 0, span[0]) + 1, end if end >= 0 else len(text)


def histogram_html(bars: Sequence[tuple[int, int]], chosen: Span, label: str) -> str:
    """How many of something there are in each year, as bars.

    bars: (year, count), one at least. chosen: the first and the last year that count now.
    """
    highest = max(count for _, count in bars) or 1
    drawn = "".join(
        f'<span class="bar{"" if chosen[0] <= year <= chosen[1] else " out"}" '
        f'style="height:{max(100 * count / highest, 4 if count else 0):.0f}%" '
        f'title="{year}: {count}"></span>'
        for year, count in bars
    )
    told = ", ".join(f"{year}: {count}" for year, count in bars)
    name = escape(f"{label}; {told}")
    return f'<div class="histogram" role="img" aria-label="{name}">{drawn}</div>'


def mix_html(counts: Sequence[tuple[str, int]], label: str) -> str:
    """The shares of languages in what was found, as one bar and in words.

    counts: (name of the language, how many), the most first.
    """
    told = " · ".join(f"<bdi>{escape(name)}</bdi>\u00a0{count}" for name, count in counts)
    parts = "".join(f'<span style="flex:{count}"></span>' for _, count in counts)
    return (
        f'<div class="mix"><div class="mix-bar" aria-hidden="true">{parts}</div>'
        f'<div class="note">{escape(label)} {told}</div></div>'
    )


def _tongue(language: str) -> str:
    if language == UNDETERMINED:
        return ' dir="auto"'
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    return f' lang="{escape(language)}" dir="{direction}"'
