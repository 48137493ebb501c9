"""``dataset:`` of a suite: where the cases come from and which of them are meant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, PrivateAttr, ValidationError, field_validator, model_validator

from genops.errors import DefinitionError, InputError, Location, nearest
from genops.evals.datasets.dataset import Dataset
from genops.evals.datasets.reading import CaseReader
from genops.evals.datasets.selection import Selection
from genops.evals.datasets.sources.row import Row
from genops.evals.datasets.sources.text_lines import UTF8
from genops.evals.datasets.sources.traces import TraceQuery
from genops.evals.planting import SCHEMA
from genops.plugins import registry
from genops.prompts import InputSpec
from genops.settings import Settings
from genops.syntax import YamlFile

Format = Literal["jsonl", "csv", "parquet", "yaml", "json"]
_SUFFIXES: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".json": "json",
}
_SOURCES = ("file", "rows", "call", "traces")


class DatasetSpec(Selection):
    """A dataset as a suite names it: one of ``file``, ``rows``, ``call`` and ``traces``, and a selection.

    Attributes:
        file: A file of rows, relative to the suite's folder: JSON Lines, CSV, Parquet, YAML or JSON.
        rows: The rows themselves.
        call: A registered function that gives the rows.
        arguments: What the function is called with; the key is ``with``.
        traces: Recorded runs.
        format: Of the file; default by its name.
        sep: What separates the fields of a CSV file; default what fits its header.
        encoding: Of a text file.
        columns: Names of columns by what they are: ``{expected: answer, question: q}``.
        defaults: Columns of rows that lack them: ``{tags: [easy], passages: 3}``.
        unreviewed: Whether generated cases may be used that no person has accepted yet.
    """

    model_config = ConfigDict(populate_by_name=True)

    file: str | None = None
    rows: list[dict[str, Any]] | None = None
    call: str | None = None
    arguments: dict[str, Any] = Field(default_factory=dict, alias="with")
    traces: TraceQuery | None = None
    format: Format | None = None
    sep: str | None = Field(default=None, min_length=1, max_length=1)
    encoding: str = UTF8
    columns: dict[str, str] = Field(default_factory=dict)
    defaults: dict[str, Any] = Field(default_factory=dict)
    unreviewed: bool = False
    _written: tuple[YamlFile, tuple[str | int, ...]] | None = PrivateAttr(default=None)

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, data: Any) -> Any:
        """A text is a file, a list is rows."""
        if isinstance(data, str):
            return {"file": data}
        return {"rows": data} if isinstance(data, list) else data

    @field_validator("encoding")
    @classmethod
    def _encoding_exists(cls, encoding: str) -> str:
        try:
            "".encode(encoding)
        except LookupError:
            raise ValueError(f"there is no encoding of text called {encoding!r}") from None
        return encoding

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [name for name in _SOURCES if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give one of {', '.join(_SOURCES)}" + (f", not {' and '.join(given)}" if given else ""))
        if self.arguments and self.call is None:
            raise ValueError("`with` goes with `call`")
        return self

    @classmethod
    def parse(cls, raw: Any, file: YamlFile, *keys: str | int) -> Self:
        """Reads what stands at ``dataset:``; ``keys`` is where that is in the file.

        Raises:
            DefinitionError: It is no such thing; with the line.
        """
        try:
            spec = cls.model_validate(raw)
        except ValidationError as error:
            raise _wrong(error, cls, file, keys) from None
        spec._written = (file, (*keys, "rows") if isinstance(raw, dict) else keys)
        return spec

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """The JSON Schema of what may stand at ``dataset:``."""
        whole = cls.model_json_schema(by_alias=True)
        definitions = whole.pop("$defs", {})
        fields = {"plants": SCHEMA, "may_decline": {"type": "boolean"}}
        row = {"type": "array", "items": {"type": "object", "properties": fields}}
        return {"anyOf": [{"type": "string"}, row, whole], "$defs": definitions}

    def open(self, settings: Settings, base: Path, inputs: InputSpec | None = None) -> Dataset:
        """Reads the source and keeps its cases; :meth:`numbers` says which of them are meant.

        Args:
            settings: The project's.
            base: The folder that a file is relative to.
            inputs: What the chain takes, to check the cases against.

        Raises:
            InputError: A row is no case, the source cannot be read, or generated cases were not reviewed.
            ReferenceNotFound: No function is registered under the name in ``call``.
        """
        reader = CaseReader(inputs, self.columns, defaults=self.defaults, unreviewed=self.unreviewed)
        return Dataset.materialise(self._rows(settings, base), reader, settings.data_dir, self.name)

    @property
    def name(self) -> str:
        """What people know the source by."""
        if self.traces is not None:
            return f"traces of {self.traces.chain}"
        return self.file or self.call or (str(self._written[0].path) if self._written else "rows")

    def _rows(self, settings: Settings, base: Path) -> Iterator[Row]:
        if self.file is not None:
            return self._file_rows(_existing(base / self.file), settings.limits.payload_bytes)
        if self.rows is not None:
            from genops.evals.datasets.sources.document import listed_rows

            file, keys = self._written or (YamlFile(self.rows, "rows"), ())
            return listed_rows(self.rows, file, *keys)
        if self.call is not None:
            from genops.evals.datasets.sources.function import function_rows

            return function_rows(registry.get("dataset", self.call), self.call, self.arguments)
        assert self.traces is not None
        return _stored_rows(settings, self.traces)

    def _file_rows(self, path: Path, limit: int) -> Iterator[Row]:
        match self.format or _format_of(path):
            case "jsonl":
                from genops.evals.datasets.sources.jsonl import jsonl_rows

                return jsonl_rows(path, self.encoding, limit)
            case "csv":
                from genops.evals.datasets.sources.csv import csv_rows

                return csv_rows(path, self.sep, self.encoding, limit)
            case "parquet":
                from genops.evals.datasets.sources.parquet import parquet_rows

                return parquet_rows(path)
            case "yaml" | "json" as kind:
                from genops.evals.datasets.sources.document import document_rows

                return document_rows(path, kind, limit)


def _stored_rows(settings: Settings, query: TraceQuery) -> Iterator[Row]:
    from genops.evals.datasets.sources.traces import Skipped, trace_rows
    from genops.store import Store

    with Store.open(settings.store_url) as store:
        with_output = query.expected == "output"
        yield from trace_rows(store, query.filter(), Skipped(), with_output=with_output, limit=query.limit)


def is_dataset_file(path: Path) -> bool:
    """Whether a name is that of a file of cases, rather than of a suite."""
    kind = _SUFFIXES.get(path.suffix.lower())
    if kind != "yaml":
        return kind is not None
    lines = path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
    return bool(lines) and not any(line.startswith("kind:") for line in lines)


def _existing(path: Path) -> Path:
    if path.is_file():
        return path
    if path.is_dir():
        raise InputError("a folder, not a file of cases", at=Location(path))
    beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
    near = [name for name in beside if Path(name).suffix.lower() in _SUFFIXES]
    raise InputError("there is no such file", at=Location(path), hint=nearest(path.name, near) if near else None)


def _format_of(path: Path) -> Format:
    found = _SUFFIXES.get(path.suffix.lower())
    if found is None:
        raise InputError(
            f"what {path.suffix or 'this'} is, its name does not say",
            at=Location(path),
            hint="say `format`: jsonl, csv, parquet, yaml or json",
        )
    return found


def _wrong(
    error: ValidationError, cls: type[DatasetSpec], file: YamlFile, keys: tuple[str | int, ...]
) -> DefinitionError:
    first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
    path = tuple(key for key in first["loc"] if isinstance(key, (str, int)) and not str(key).startswith("function"))
    message, hint = first["msg"].removeprefix("Value error, "), None
    if first["type"] == "extra_forbidden":
        table = TraceQuery if path[:1] == ("traces",) else cls
        known = [field.alias or name for name, field in table.model_fields.items()]
        message, hint = f"unknown key {path[-1]!r}", nearest(str(path[-1]), known)
    elif path:
        message = f"`{path[0]}`: {message}"
    return DefinitionError(f"dataset: {message}", at=file.at(*keys, *path), hint=hint)
