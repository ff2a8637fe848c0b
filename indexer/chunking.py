"""From articles to passages and their sentences, with exact offsets."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from archive.documents import Document, Passage
from archive.text import Span, sentences

CountTokens = Callable[[Sequence[str]], list[int]]

# Where a sentence that is too long for a passage is cut, the best place first.
_SEPARATORS = ["\n", "; ", " : ", ", ", "،", "、", " ", ""]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage and the spans of its sentences, by offsets into the article's text, in order.

    A sentence that is too long for a passage counts as the parts it is cut into.
    """

    passage: Passage
    sentences: tuple[Span, ...]


def chunk(document: Document, count_tokens: CountTokens, longest: int) -> list[Chunk]:
    """The passages of a document, in order: runs of whole sentences of at most `longest` tokens.

    `passage.text == document.text[passage.start:passage.end]`, passages do not overlap, and every
    character that is not a blank lies in one. Only a sentence that is too long for a passage by
    itself is cut. Neighbouring passages are of about the same length.
    """
    units = sentences(document.text, document.language)
    lengths = _lengths(document.text, units, count_tokens)
    if max(lengths, default=0) >= longest:
        units = list(_cut(document.text, units, lengths, count_tokens, longest))
        lengths = _lengths(document.text, units, count_tokens)
    chunks = []
    for first, last in _runs(lengths, longest):
        start, end = units[first][0], units[last - 1][1]
        passage = Passage(document.path, start, end, document.text[start:end])
        chunks.append(Chunk(passage, tuple(units[first:last])))
    return chunks


def _cut(
    text: str,
    units: Sequence[Span],
    lengths: Sequence[int],
    count_tokens: CountTokens,
    longest: int,
) -> Iterator[Span]:
    """Sentences, and the parts of those that are too long. lengths: as `_lengths` gives them."""
    for (start, end), tokens in zip(units, lengths, strict=True):
        if tokens < longest or count_tokens([text[start:end]])[0] <= longest:
            yield start, end
        else:
            yield from _parts(text, start, end, count_tokens, longest)


def _parts(
    text: str, start: int, end: int, count_tokens: CountTokens, longest: int
) -> Iterator[Span]:
    """Cut one long sentence. The splitter keeps every character, so lengths give the offsets."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(
        separators=_SEPARATORS,
        keep_separator="end",
        chunk_size=longest,
        chunk_overlap=0,
        length_function=lru_cache(lambda part: max(1, count_tokens([part])[0])),
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


def _runs(lengths: Sequence[int], longest: int) -> Iterator[tuple[int, int]]:
    """Merge neighbouring units into runs of at most `longest` tokens, evenly filled.

    lengths: the tokens of each unit. Gives half-open ranges of units that cover them all.
    """
    at, left = 0, sum(lengths)
    while at < len(lengths):
        even = left / -(-left // longest) if left > longest else left
        until, filled = at + 1, lengths[at]
        while until < len(lengths) and filled + lengths[until] <= longest and filled < even:
            filled += lengths[until]
            until += 1
        yield at, until
        at, left = until, left - filled
