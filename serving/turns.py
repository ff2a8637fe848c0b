"""At most two questions are encoded at once; the others wait their turn, but not for ever."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from archive.encoder import Encoded, Encoder
from archive.errors import TooManyQuestions
from serving.metrics import WAITING

AT_ONCE = 2
PATIENCE = 5.0  # seconds


class TakingTurns:
    """An encoder that encodes AT_ONCE questions at once; others wait, at most `patience` seconds.

    Passages are encoded as they come.
    """

    def __init__(self, encoder: Encoder, patience: float = PATIENCE) -> None:
        self._encoder = encoder
        self._patience = patience
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    @property
    def model(self) -> str:
        return self._encoder.model

    def encode_passages(self, texts: Sequence[str]) -> list[Encoded]:
        return self._encoder.encode_passages(texts)

    def encode_question(self, text: str) -> Encoded:
        """The question encoded. Raises TooManyQuestions where its turn does not come."""
        with self._turn():
            return self._encoder.encode_question(text)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._encoder.count_tokens(texts)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with WAITING.track_inprogress():
            came = self._turns.acquire(timeout=self._patience)
        if not came:
            raise TooManyQuestions
        try:
            yield
        finally:
            self._turns.release()
