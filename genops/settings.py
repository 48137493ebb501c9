"""A project's settings: ``[tool.genops]`` in ``pyproject.toml``, or a ``genops.toml``.

A variable ``GENOPS_*`` in the environment wins over the file.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from genops.errors import DefinitionError, Location, ReferenceNotFound, nearest
from genops.index_settings import EmbedderSettings, IndexSettings


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
    api_key_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    price: Price | None = None
    context_length: int | None = Field(default=None, ge=1)
    limits: ModelLimits = Field(default_factory=ModelLimits)
    facts: dict[str, str | int | float | bool] = Field(default_factory=dict)
    file: str | None = None


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

    @field_validator("patterns")
    @classmethod
    def _patterns_compile(cls, patterns: dict[str, str]) -> dict[str, str]:
        for name, pattern in patterns.items():
            if not re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
                raise ValueError(f"{name!r} is no placeholder name: use capitals, digits and _")
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{name} is not a regular expression: {error}") from None
        return patterns


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
        env_prefix="GENOPS_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    root: Path = Path()
    source: Path | None = None
    store: str = ""
    default_model: str = "offline"
    models: dict[str, ModelAlias] = Field(default_factory=dict)
    embedders: dict[str, EmbedderSettings] = Field(default_factory=dict)
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
            hint=nearest(name, [*self.models, "offline"]) + " (define it under [tool.genops.models])",
        )


OFFLINE = ModelAlias(model="offline/extractive", price=Price(input=0.0, output=0.0))


def find_root(start: Path | None = None) -> tuple[Path, Path | None]:
    """The nearest folder upwards with ``genops.toml`` or ``[tool.genops]``, and that file; else ``start`` and None.

    Raises:
        DefinitionError: A ``pyproject.toml`` on the way is not TOML.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "genops.toml").is_file():
            return folder, folder / "genops.toml"
        project = folder / "pyproject.toml"
        if project.is_file() and _tool_table(project) is not None:
            return folder, project
    return here, None


def load_settings(start: Path | None = None) -> Settings:
    """Reads the settings of the project that ``start`` (default: ``GENOPS_ROOT``, then the working folder) is in.

    Raises:
        DefinitionError: The file is not TOML, or a setting is unknown or has the wrong type.
    """
    root, source = find_root(start or Path(os.environ.get("GENOPS_ROOT", ".")))
    values = _file_values(source) if source else {}
    try:
        settings = Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        keys = [str(part) for part in first["loc"]]
        raise DefinitionError(
            f"setting {'.'.join(keys)!r}: {first['msg']}", at=_origin(keys, source), hint="see docs/settings.md"
        ) from None
    except SettingsError as error:
        raise DefinitionError(
            f"{error}: {error.__cause__}", hint="a list or table in a variable GENOPS_* is written as JSON"
        ) from None
    return settings.model_copy(update={"root": root, "source": source})


def _file_values(source: Path) -> dict[str, Any]:
    values = _read_toml(source) if source.name == "genops.toml" else _tool_table(source)
    if not isinstance(values, dict):
        raise DefinitionError("tool.genops is not a table", at=Location(source), hint="write [tool.genops]")
    for name in ("root", "source"):
        if name in values:
            raise DefinitionError(
                f"setting {name!r}: it follows from where the file is", at=_origin([name], source), hint="remove it"
            )
    return values


def _tool_table(project: Path) -> Any:
    """What ``[tool.genops]`` holds in a ``pyproject.toml``, or None where there is none."""
    tool = _read_toml(project).get("tool")
    return tool.get("genops") if isinstance(tool, dict) else None


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        at = Location(path, int(line[1])) if line else Location(path)
        raise DefinitionError(f"not readable as TOML: {error}", at=at, hint="see docs/settings.md") from None
    except (UnicodeDecodeError, OSError) as error:
        raise DefinitionError(f"not readable as TOML: {error}", at=Location(path)) from None


def _origin(keys: list[str], source: Path | None) -> Location | None:
    """Where a setting was given: the environment variable that wins, else the line of the file that names it best."""
    for depth in range(len(keys), 0, -1):
        variable = "GENOPS_" + "__".join(keys[:depth]).upper()
        for name in os.environ:
            if name.upper() == variable:
                return Location(f"environment variable {name}")
    return Location(source, _line_of(keys, source)) if source else None


def _line_of(keys: list[str], source: Path) -> int | None:
    """The line whose table and key share the longest beginning with ``keys``; TOML readers keep no positions."""
    path = [] if source.name == "genops.toml" else ["tool", "genops"]
    wanted, table = [*path, *keys], list[str]()
    best, found = len(path), None
    for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), start=1):
        if header := re.match(r"\s*\[+([^]]+)]", line):
            table = here = _dotted(header[1])
        elif key := re.match(r"\s*([\w.\"' -]+?)\s*=", line):
            here = [*table, *_dotted(key[1])]
        else:
            continue
        if len(here) > best and here == wanted[: len(here)]:
            best, found = len(here), number
    return found


def _dotted(key: str) -> list[str]:
    return [part.strip().strip("\"'") for part in key.split(".")]
