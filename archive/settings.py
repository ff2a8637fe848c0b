"""Everything that can be chosen, read once at the door and passed down."""

import hashlib
import json
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from archive.errors import SettingInvalid
from archive.packaged_model import PACKAGED_MODEL
from archive.snapshot import model_of

PREFIX = "COMMUNIQUE_"


class SignIn(StrEnum):
    """How the app knows its readers."""

    NONE = "none"  # it does not: it answers this machine only, and everyone there is an admin
    PASSWORD = "password"  # one password, the admin's  # noqa: S105 (a name)
    OIDC = "oidc"  # OpenID Connect, by Streamlit
    PROXY = "proxy"  # a server in front of it tells, in a header


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
    sign_in: SignIn = Field(SignIn.NONE, description="how the app knows its readers")
    admin_password: str = Field(
        "", repr=False, description="what `communique password` printed, for that way of signing in"
    )
    roles: str = Field("", description="the file that says who may do what, in TOML")
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

        Where neither names a model it is that of the index, if there is one. Raises SettingInvalid
        for a value that cannot be used.
        """
        given = {name: value for name, value in chosen.items() if value is not None}
        try:
            settings = cls(**given)
        except ValidationError as error:
            first = error.errors()[0]
            name = PREFIX + str(first["loc"][0]).removeprefix(PREFIX.lower()).upper()
            raise SettingInvalid(name, first["msg"].lower()) from None
        model = None if "model" in settings.model_fields_set else model_of(settings.index)
        return settings.model_copy(update={"model": model}) if model else settings

    @property
    def names(self) -> tuple[str, ...]:
        """The names in `hosts`."""
        return tuple(name for told in self.hosts.split(",") if (name := told.strip()))

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that change when a shaping setting does."""
        shaping = {name: getattr(self, name) for name in self.SHAPING}
        return hashlib.sha256(json.dumps(shaping, sort_keys=True).encode()).hexdigest()[:12]
