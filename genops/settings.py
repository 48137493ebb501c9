"""A project's settings: ``[tool.genops]`` in ``pyproject.toml``, or a ``genops.toml``.

A variable ``GENOPS_*`` in the environment wins over the file.
"""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from genops.errors import DefinitionError, ReferenceNotFound, nearest
from genops.index_settings import EmbedderSettings, IndexSettings
from genops.parameters import refused_parameter
from genops.settings_environment import with_environment
from genops.settings_file import FOLLOWING, PREFIX, find_root, origin, read_table
from genops.vllm_settings import VllmSettings

_UNKNOWN = "extra_forbidden"


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
        vllm: How genops serves it; see :class:`~genops.vllm_settings.VllmSettings`.
        served_by: Another alias whose server answers for this one: for an adapter beside its base model.
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
    vllm: VllmSettings | None = None
    served_by: str | None = None
    base_url: str | None = None
    api_key_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    price: Price | None = None
    context_length: int | None = Field(default=None, ge=1)
    limits: ModelLimits = Field(default_factory=ModelLimits)
    facts: dict[str, str | int | float | bool] = Field(default_factory=dict)
    file: str | None = None

    @field_validator("parameters")
    @classmethod
    def _parameters_are_the_users(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        refused = refused_parameter(parameters)
        if refused is not None:
            raise ValueError(refused[1])
        return parameters


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


class Peers(_Strict):
    """Other tools that fuzzing borrows from, each in an environment of its own, which runs as a child process.

    Attributes:
        garak: The Python of the environment that has garak.
        pyrit: The Python of the environment that has PyRIT.
        timeout: Seconds for one answer of a child.
    """

    garak: Path = Path(".venv-garak/bin/python")
    pyrit: Path = Path(".venv-pyrit/bin/python")
    timeout: float = Field(default=120.0, gt=0)


class Settings(_Strict):
    """The settings of one project. Load them with :func:`load_settings`.

    Attributes:
        root: The project's folder.
        source: The file that they were read from, if any.
        store: Database URL; empty for SQLite under ``paths.data``.
        default_model: The alias that a template without ``model:`` uses.
        capture_content: Whether prompts, outputs and other payloads go into exported spans.
    """

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
    peers: Peers = Field(default_factory=Peers)
    capture_content: bool = True

    @property
    def data_dir(self) -> Path:
        """Where the store, the indexes and the caches live."""
        return self.root / self.paths.data

    @property
    def store_url(self) -> str:
        """The database URL in force."""
        return self.store or f"sqlite:///{self.data_dir / 'genops.db'}"

    @property
    def key_variables(self) -> set[str]:
        """Names of the environment variables that hold keys of models and embedders."""
        models, embedders = self.models.values(), self.embedders.values()
        names = (*(alias.api_key_env for alias in models), *(embedder.api_key_env for embedder in embedders))
        return {name for name in names if name}

    def alias(self, name: str) -> ModelAlias:
        """The model alias of a name. ``offline`` exists in every project.

        Raises:
            ReferenceNotFound: There is none; the message lists the nearest.
        """
        if name in self.models:
            return self.models[name]
        if name == "offline":
            return OFFLINE
        default = name == self.default_model
        raise ReferenceNotFound(
            f"{'default_model: ' if default else ''}no model alias is called {name!r}",
            at=origin(["default_model"], self.source) if default else None,
            hint=nearest(name, [*self.models, "offline"]) + " (define it under [tool.genops.models])",
        )


OFFLINE = ModelAlias(model="offline/extractive", price=Price(input=0.0, output=0.0))


def load_settings(start: Path | None = None) -> Settings:
    """Reads the settings of the project that ``start`` (default: ``GENOPS_ROOT``, then the working folder) is in.

    Raises:
        DefinitionError: The file is not TOML, or a setting is unknown or has the wrong type.
    """
    root, source = find_root(start or Path(os.environ.get("GENOPS_ROOT", ".")))
    return make_settings((source and read_table(source)) or {}, root, source)


def make_settings(values: dict[str, Any], root: Path, source: Path | None) -> Settings:
    """The settings of a file's values, with those of the environment over them.

    Args:
        values: What ``[tool.genops]`` holds.
        root: The project's folder.
        source: The file.

    Raises:
        DefinitionError: A setting is unknown or has the wrong type.
    """
    try:
        settings = with_environment(Settings, values)
    except ValidationError as error:
        raise _wrong(error, source) from None
    return settings.model_copy(update={"root": root, "source": source})


def _wrong(error: ValidationError, source: Path | None) -> DefinitionError:
    """The first error, where one about an unknown setting comes first: others follow from it."""
    first = min(error.errors(), key=lambda found: found["type"] != _UNKNOWN)
    keys, problem, hint = [str(part) for part in first["loc"]], f": {first['msg']}", "see docs/settings.md"
    if first["type"] == _UNKNOWN:
        problem, hint = " does not exist", _nearest_setting(keys)
    return DefinitionError(f"setting {'.'.join(keys)!r}{problem}", at=origin(keys, source), hint=hint)


def _nearest_setting(keys: list[str]) -> str:
    if len(keys) > 1 and keys[-1] in _names():
        return f"{keys[-1]} is no part of a table: write it before the first [table], or under [tool.genops]"
    return nearest(keys[-1], _names(*keys[:-1])) + " (see docs/settings.md)"


def _names(*keys: str) -> list[str]:
    """The settings that a table may hold, by the keys that lead to it.

    A key that is no setting is a name that the user gave, a position in a list, or which of several types was tried.
    """
    tables: list[type[BaseModel]] = [Settings]
    for key in keys:
        inner = [table.model_fields[key].annotation for table in tables if key in table.model_fields]
        tried = [table for table in tables if table.__name__ == key]
        tables = [table for kind in inner for table in _tables(kind)] if inner else tried or tables
    return [name for table in tables for name in table.model_fields if name not in FOLLOWING]


def _tables(kind: Any) -> list[type[BaseModel]]:
    """The tables in a setting's type, below lists, optional values and unions too."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [kind]
    return [table for inner in get_args(kind) for table in _tables(inner)]


def unknown_variables(settings: Settings) -> dict[str, str]:
    """Variables ``GENOPS_*`` of the environment that mean nothing to genops, each with the nearest that does, or "".

    What the settings themselves name (``api_key_env``) may be called as it likes.
    """
    known, named, found = ["root", *_names()], settings.model_dump_json(), dict[str, str]()
    for name in sorted(os.environ):
        head = name.lower().removeprefix(PREFIX.lower()).partition("__")[0]
        if name.upper().startswith(PREFIX) and head not in known and f'"{name}"' not in named:
            close = get_close_matches(head, known, n=1)
            found[name] = f"{PREFIX}{close[0].upper()}" if close else ""
    return found
