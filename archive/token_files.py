"""The files of a snapshot's tokens, which one side writes and the other reads.

All tokens stand one after the other, passage by passage, in the order of the rows.

starts: (passages + 1,) int64, where each passage's begin. codes: (tokens, ceil(d / 8)) uint8.
words, ends: (tokens,) int32. held: (at most WORDS,) int32, how many passages hold each word.
"""

STARTS, CODES, WORDS, ENDS, HELD = (
    f"{name}.npy" for name in ("starts", "codes", "words", "ends", "held")
)
