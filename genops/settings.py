"""A project's settings: ``[tool.genops]`` in ``pyproject.toml`` or a ``genops.toml``; the environment (``GENOPS_*``) wins."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from genops.errors import DefinitionError, Location, ReferenceNotFound, nearest


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Price(_Strict):
    """What a model costs, in US dollars per million tokens."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cached_input: float | None = Field(default=None, ge=0)


class ModelLimits(_Strict):
    """How an alias may be used.

    Attributes:
        concurrency: Calls under way at once.
        requests_per_minute: None for no limit.
        tokens_per_minute: Input and output tokens together; None for no limit.
        timeout: Seconds for one attempt, from the request to the last byte.
        retries: Further attempts after a failure that may heal (429, 5xx, timeouts, broken streams).
    """

    concurrency: int = Field(default=100, ge=1)
    requests_per_minute: int | None = Field(default=None, ge=1)
    tokens_per_minute: int | None = Field(default=None, ge=1)
    timeout: float = Field(default=120.0, gt=0)
    retries: int = Field(default=3, ge=0)


class ModelAlias(_Strict):
    """What an alias stands for.

    Attributes:
        model: Provider and model in litellm's notation (``openai/gpt-4o-mini``, ``offline/extractive``).
        revision: The provider's or hub's revision, when the model id alone does not pin it.
        parameters: Defaults for every call (temperature, max_tokens, seed, …).
        adapter: LoRA adapter served under the model, by name.
        base_url: Where an OpenAI-compatible server listens, with its ``/v1``.
        api_key_env: *Name* of the environment variable that holds the key.
        price: Overrides the price table.
        context_length: In tokens.
        limits: See :class:`ModelLimits`.
        facts: Free facts that a team compares models by (licence, data region).
        file: For ``recorded/…`` and ``scripted/…``: the file of calls or rules, relative to the project.
    """

    model: str
    revision: str | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    adapter: str | None = None
    base_url: str | None = None
    api_key_env: str | None = None
    price: Price | None = None
    context_length: int | None = Field(default=None, ge=1)
    limits: ModelLimits = Field(default_factory=ModelLimits)
    facts: dict[str, str | int | float | bool] = Field(default_factory=dict)
    file: str | None = None


class IndexSettings(_Strict):
    """What an index is built from.

    Attributes:
        sources: Globs relative to the project, text and Markdown files.
        embedder: A registered embedder (``minilm``) .
        chunk_tokens: Size of a chunk in tokens of the embedder.
        overlap_tokens: Shared by neighbouring chunks.
    """

    sources: list[str] = Field(min_length=1)
    embedder: str = "minilm"
    chunk_tokens: int = Field(default=200, ge=16)
    overlap_tokens: int = Field(default=40, ge=0)


class Redaction(_Strict):
    """What is replaced before anything is stored or exported. Keys and tokens always are.

    Attributes:
        patterns: User patterns: placeholder name (``EMPLOYEE``) to regular expression.
    """

    email: bool = False
    phone: bool = False
    card: bool = False
    iban: bool = False
    patterns: dict[str, str] = Field(default_factory=dict)


class Paths(_Strict):
    """Folders of the project, relative to its root."""

    prompts: Path = Path("prompts")
    chains: Path = Path("chains")
    evals: Path = Path("evals")
    data: Path = Path(".genops")


class Limits(_Strict):
    """Bounds that hold for every run."""

    payload_bytes: int = Field(default=32 * 1024 * 1024, ge=1024)
    chain_depth: int = Field(default=32, ge=1)
    map_items: int = Field(default=100_000, ge=1)


class Http(_Strict):
    """What ``http`` steps may reach: host names, with ``*.`` for any subdomain."""

    allowed_hosts: list[str] = Field(default_factory=list)


class Settings(BaseSettings):
    """The settings of one project. Load them with :func:`load_settings`.

    Attributes:
        root: The project's folder.
        source: The file that they were read from, if any.
        store: Database URL; empty for SQLite under ``paths.data``.
        default_model: The alias that a template without ``model:`` uses.
        capture_content: Whether prompts, outputs and other payloads go into exported spans.
    """

    model_config = SettingsConfigDict(
        env_prefix="GENOPS_", env_nested_delimiter="__", extra="forbid", frozen=True, nested_model_default_partial_update=True
    )

    root: Path = Path(".")
    source: Path | None = None
    store: str = ""
    default_model: str = "offline"
    models: dict[str, ModelAlias] = Field(default_factory=dict)
    indexes: dict[str, IndexSettings] = Field(default_factory=dict)
    plugins: list[str] = Field(default_factory=list)
    paths: Paths = Field(default_factory=Paths)
    redaction: Redaction = Field(default_factory=Redaction)
    limits: Limits = Field(default_factory=Limits)
    http: Http = Field(default_factory=Http)
    capture_content: bool = True

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment before the file (which comes in as init values)."""
        return env_settings, init_settings

    @property
    def data_dir(self) -> Path:
        """Where the store, the indexes and the caches live."""
        return self.root / self.paths.data

    @property
    def store_url(self) -> str:
        """The database URL in force."""
        return self.store or f"sqlite:///{self.data_dir / 'genops.db'}"

    def alias(self, name: str) -> ModelAlias:
        """The model alias of a name. ``offline`` exists in every project.

        Raises:
            ReferenceNotFound: There is none; the message lists the nearest.
        """
        if name in self.models:
            return self.models[name]
        if name == "offline":
            return OFFLINE
        raise ReferenceNotFound(
            f"no model alias is called {name!r}",
            at=Location(self.source) if self.source else None,
            hint=nearest(name, [*self.models, "offline"]) + " (define it under [tool.genops.models])",
        )


OFFLINE = ModelAlias(model="offline/extractive", price=Price(input=0.0, output=0.0))


def find_root(start: Path | None = None) -> tuple[Path, Path | None]:
    """The nearest folder upwards with ``genops.toml`` or ``[tool.genops]``, and that file; else ``start`` and None."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "genops.toml").is_file():
            return folder, folder / "genops.toml"
        project = folder / "pyproject.toml"
        if project.is_file() and "genops" in _read_toml(project).get("tool", {}):
            return folder, project
    return here, None


def load_settings(start: Path | None = None) -> Settings:
    """Reads the settings of the project that ``start`` (default: the working folder) is in.

    Raises:
        DefinitionError: The file is not TOML, or a setting is unknown or has the wrong type.
    """
    override = os.environ.get("GENOPS_ROOT")
    root, source = find_root(Path(override) if override else start)
    values: dict[str, Any] = {}
    if source is not None:
        values = _read_toml(source)
        if source.name == "pyproject.toml":
            values = values["tool"]["genops"]
    try:
        return Settings(**{**values, "root": root, "source": source})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DefinitionError(
            f"setting {where!r}: {first['msg']}",
            at=Location(source) if source else None,
            hint="a variable GENOPS_* in the environment wins over the file; see docs/settings.md",
        ) from None


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise DefinitionError(f"not readable as TOML: {error}", at=Location(path)) from None
