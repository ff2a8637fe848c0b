"""Everything that can be chosen, read once at the door and passed down."""

import hashlib
import json
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from archive.errors import SettingInvalid
from archive.packaged_model import PACKAGED_MODEL

PREFIX = "COMMUNIQUE_"


class Settings(BaseSettings):
    """The settings, from environment variables named COMMUNIQUE_ and the field's name."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    articles: Path = Field(Path("data/articles"), description="the folder of articles")
    index: Path = Field(Path("data/index"), description="the folder of the index")
    models: Path = Field(Path("data/models"), description="where the packaged model is prepared")
    model: str = Field(
        PACKAGED_MODEL,
        min_length=1,
        description="the packaged model, or the folder or hub name of a sentence-transformers one",
    )
    reranker: str = Field(
        "",
        description="the folder or hub name of a sentence-transformers cross-encoder, if any",
    )
    passage_tokens: int = Field(
        320, ge=32, le=480, description="the longest passage, in tokens of the model"
    )
    hosts: str = Field(
        "",
        pattern=r"^[\w.:-]*(\s*,\s*[\w.:-]+)*$",
        description="the names that the server answers to beside this machine's own, by commas",
    )
    log_questions: bool = Field(False, description="whether the server's log tells the questions")

    # The settings that shape the index: changing one builds it anew.
    SHAPING: ClassVar[tuple[str, ...]] = ("model", "passage_tokens")

    @classmethod
    def from_environment(cls, **chosen: Any) -> "Settings":
        """The settings of the environment; what is chosen here, and not None, goes before it.

        Raises SettingInvalid for a value that cannot be used.
        """
        given = {name: value for name, value in chosen.items() if value is not None}
        try:
            return cls(**given)
        except ValidationError as error:
            first = error.errors()[0]
            name = PREFIX + str(first["loc"][0]).removeprefix(PREFIX.lower()).upper()
            raise SettingInvalid(name, first["msg"].lower()) from None

    @property
    def names(self) -> tuple[str, ...]:
        """The names in `hosts`."""
        return tuple(name for told in self.hosts.split(",") if (name := told.strip()))

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that change when a shaping setting does."""
        shaping = {name: getattr(self, name) for name in self.SHAPING}
        return hashlib.sha256(json.dumps(shaping, sort_keys=True).encode()).hexdigest()[:12]
