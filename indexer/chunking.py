"""From articles to passages: whole sentences, as many as fit, with exact offsets."""

from collections.abc import Callable, Iterator, Sequence

from langchain_text_splitters import RecursiveCharacterTextSplitter

from archive.documents import Document, Passage
from archive.text import Span, sentences

CountTokens = Callable[[Sequence[str]], list[int]]

# Where a sentence that is too long for a passage is cut, the best place first.
_SEPARATORS = ["\n", "; ", " : ", ", ", "،", "、", " ", ""]


def chunk(document: Document, count_tokens: CountTokens, longest: int) -> list[Passage]:
    """The passages of a document, in order: runs of whole sentences of at most `longest` tokens.

    `passage.text == document.text[passage.start:passage.end]`, passages do not overlap, and every
    character that is not a blank lies in one. Only a sentence that is too long for a passage by
    itself is cut. Neighbouring passages are of about the same length.
    """
    units = _units(document.text, document.language, count_tokens, longest)
    lengths = _lengths(document.text, units, count_tokens)
    return [
        Passage(document.path, start, end, document.text[start:end])
        for start, end in _runs(units, lengths, longest)
    ]


def _units(text: str, language: str, count_tokens: CountTokens, longest: int) -> list[Span]:
    """Sentences, and the parts of those that are too long."""
    spans = sentences(text, language)
    units: list[Span] = []
    counts = count_tokens([text[start:end] for start, end in spans])
    for (start, end), tokens in zip(spans, counts, strict=True):
        if tokens <= longest:
            units.append((start, end))
        else:
            units.extend(_parts(text, start, end, count_tokens, longest))
    return units


def _parts(
    text: str, start: int, end: int, count_tokens: CountTokens, longest: int
) -> Iterator[Span]:
    """Cut one long sentence. The splitter keeps every character, so lengths give the offsets."""
    splitter = RecursiveCharacterTextSplitter(
        separators=_SEPARATORS,
        keep_separator="end",
        chunk_size=longest,
        chunk_overlap=0,
        length_function=lambda part: count_tokens([part])[0],
        strip_whitespace=False,
    )
    parts = splitter.split_text(text[start:end])
    if "".join(parts) != text[start:end]:
        raise RuntimeError(f"The splitter changed the sentence at {start}..{end}.")
    for part in parts:
        inner = part.strip()
        if inner:
            at = start + part.index(inner)
            yield at, at + len(inner)
        start += len(part)


def _lengths(text: str, units: Sequence[Span], count_tokens: CountTokens) -> list[int]:
    """How many tokens each unit has together with the blanks before it."""
    begins = [0, *(end for _, end in units)]
    return count_tokens([text[begin:end] for begin, (_, end) in zip(begins, units, strict=False)])


def _runs(units: Sequence[Span], lengths: Sequence[int], longest: int) -> Iterator[Span]:
    """Merge neighbouring units into runs of at most `longest` tokens, evenly filled."""
    at, left = 0, sum(lengths)
    while at < len(units):
        even = left / -(-left // longest) if left > longest else left
        until, filled = at + 1, lengths[at]
        while until < len(units) and filled + lengths[until] <= longest and filled < even:
            filled += lengths[until]
            until += 1
        yield units[at][0], units[until - 1][1]
        at, left = until, left - filled
