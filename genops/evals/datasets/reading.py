"""How a row becomes a case."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from genops.artifacts import Value, json_form, normalise, short
from genops.artifacts.payload import needs_escapes
from genops.errors import InputError, Location, nearest
from genops.evals.case import LARGEST_WEIGHT, LEAST_WEIGHT, Case, asked
from genops.evals.datasets.filling import Parts, fill
from genops.evals.datasets.sources.row import Row
from genops.evals.planting import read_plants
from genops.prompts import InputSpec

RESERVED = (
    "id",
    "inputs",
    "expected",
    "tags",
    "weight",
    "cluster",
    "split",
    "critical",
    "metadata",
    "scorers",
    "plants",
    "may_decline",
)
"""Columns that are fields of a case."""

_UNREVIEWED = "accept it with `genops dataset review FILE`, or say `unreviewed: true` of the dataset"
_SPREAD = ("inputs.", "metadata.")
_YES = frozenset({"true", "yes", "1"})
_NO = frozenset({"false", "no", "0"})


class _Fields(BaseModel):
    """The fields of a case that every row spells alike.

    Lists and mappings are made anew for each: a default would be copied with care, which takes as long as all the rest.
    """

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    id: str | int = ""
    tags: list[str] | str = Field(default_factory=list)
    weight: float = Field(default=1.0, ge=LEAST_WEIGHT, le=LARGEST_WEIGHT)
    cluster: str | int | None = None
    split: str = ""
    critical: bool = False
    metadata: dict[str, Any] = Field(default_factory=dict)
    scorers: list[Any] = Field(default_factory=list)
    plants: list[Any] = Field(default_factory=list)
    may_decline: bool = False


_NOTHING_GIVEN = _Fields()


class CaseReader:
    """Makes cases of rows.

    A row with ``inputs`` names the fields of a case. A row without is flat: columns that are inputs of the chain are
    its inputs, the fields of a case are themselves, and everything else is metadata (or an input, where no chain is
    known). A column ``inputs.NAME`` or ``metadata.NAME`` is that wherever it stands.

    Args:
        inputs: What the chain takes; None to take everything.
        columns: Names of columns by what they are: a field of a case, an input, ``inputs.NAME`` or ``metadata.NAME``.
        defaults: Columns for rows that lack what these stand for.
        unreviewed: Whether generated cases are taken that no person has accepted yet.

    Raises:
        InputError: A column is named for something that a case of the chain does not have.
    """

    def __init__(
        self,
        inputs: InputSpec | None = None,
        columns: Mapping[str, str] | None = None,
        *,
        defaults: Mapping[str, Any] | None = None,
        unreviewed: bool = False,
    ) -> None:
        self._inputs = inputs
        self._defaults = defaults or {}
        self._unreviewed = unreviewed
        self._meaning: dict[str, list[str]] = {}
        for meaning, column in (columns or {}).items():
            self._refuse_unknown(meaning)
            self._meaning.setdefault(column, []).append(meaning)
        self._seen: set[str] = set()
        self._known: dict[str, None] = {}
        self._places: dict[tuple[str, bool], list[tuple[str, str, str]]] = {}
        self._fillings: dict[bool, Parts] = {}
        self._ids = _Ids()

    def _refuse_unknown(self, meaning: str) -> None:
        known = None if self._inputs is None else (*RESERVED, *self._inputs.declared)
        if known is not None and meaning not in known and not meaning.startswith(_SPREAD):
            message = f"`columns`: {meaning!r} is no field of a case, and no input"
            raise InputError(message, hint=f"{nearest(meaning, known)}; metadata.{meaning} for anything else")

    def case(self, row: Row) -> Case:
        """The case of a row.

        One without an id gets one of its content; one that is there twice is told apart by a number behind it.

        Raises:
            InputError: A field or an input is missing, unknown or not of its type, or an earlier row has the same id;
                with the line.
        """
        fields, given, metadata = self._sorted(row)
        expected = _plain(fields.pop("expected", None), "expected", row)
        try:
            parsed = _Fields.model_validate(fields) if fields else _NOTHING_GIVEN
        except ValidationError as error:
            raise _wrong(error, row) from None
        metadata = {**parsed.metadata, **metadata}
        if metadata.get("reviewed") is False and not self._unreviewed:
            raise row.error("a generated case that no person has reviewed", hint=_UNREVIEWED)
        tags = [parsed.tags] if isinstance(parsed.tags, str) else parsed.tags
        inputs = _plain(self._checked(given, row), "inputs", row)
        plants = self._plants(parsed.plants, row) if parsed.plants else ()
        return Case(
            id=self._ids.given(str(parsed.id).strip(), asked(inputs, plants), expected, row),
            inputs=inputs,
            expected=expected,
            tags=tuple(dict.fromkeys(tags)),
            weight=parsed.weight,
            cluster=None if parsed.cluster is None else str(parsed.cluster),
            split=parsed.split,
            critical=parsed.critical,
            metadata=_plain(metadata, "metadata", row) if metadata else {},
            scorers=tuple(_plain(parsed.scorers, "scorers", row)) if parsed.scorers else (),
            plants=plants,
            may_decline=parsed.may_decline,
        )

    @property
    def derived(self) -> int:
        """How many cases were given an id, as their rows have none."""
        return self._ids.derived

    def _plants(self, given: list[Any], row: Row) -> tuple[Any, ...]:
        """What is put into the chain, checked."""
        plain = tuple(_plain(given, "plants", row))
        try:
            read_plants(plain, self._inputs)
        except InputError as error:
            raise row.error(f"`plants`: {error.message}", hint=error.hint) from None
        return plain

    def finish(self, at: Location) -> None:
        """To be called after the last row.

        Raises:
            InputError: A column that was named stands in no row.
        """
        for column, meanings in self._meaning.items():
            if column not in self._seen:
                raise InputError(f"no column {column!r} for {meanings[0]}", at=at, hint=nearest(column, self._known))

    def _sorted(self, row: Row) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """The row's values as fields of a case, inputs and metadata."""
        structured = self._is_structured(row.values)
        parts = self._parts(row, structured)
        if self._defaults:
            fill(parts, self._filling(structured, row), row)
        fields, inputs = parts[""], parts["inputs"]
        if "inputs" in fields:
            given = fields.pop("inputs")
            if not isinstance(given, Mapping):
                raise row.error("`inputs` is a mapping of the chain's inputs", hint="{question: …}")
            inputs = {**given, **inputs}
        fields = {name: item for name, item in fields.items() if item is not None or name == "expected"}
        return fields, inputs, parts["metadata"]

    def _is_structured(self, values: Mapping[str, Any]) -> bool:
        return "inputs" in values or "inputs" in self._meaning.get("inputs", ())

    def _parts(self, row: Row, structured: bool) -> Parts:
        """The row's values by what they are, before ``inputs`` and ``metadata`` are taken apart."""
        parts: Parts = {"": {}, "inputs": {}, "metadata": {}}
        for column, value in row.values.items():
            self._known.setdefault(column)
            if row.table and (value is None or (row.text and value == "" and not self._is_text(column))):
                self._seen.add(column)
                continue
            for place, name, meaning in self._places.get((column, structured)) or self._placed(column, structured, row):
                parts[place][name] = self._read(meaning, value, row) if row.text and isinstance(value, str) else value
        return parts

    def _filling(self, structured: bool, row: Row) -> Parts:
        """The defaults by what they are beside such a row. Text is read like the row's; what is typed stays so."""
        if structured not in self._fillings:
            defaults = replace(row, values=self._defaults, table=False)
            self._fillings[structured] = self._parts(defaults, structured or self._is_structured(self._defaults))
        return self._fillings[structured]

    def _placed(self, column: str, structured: bool, row: Row) -> list[tuple[str, str, str]]:
        """Where a column's values go: the part of the case, the name there, and what that is called in full."""
        found = []
        for meaning in self._meanings(column, structured, row):
            head, dot, name = meaning.partition(".")
            found.append((head, name, meaning) if dot else ("", meaning, meaning))
        self._places[column, structured] = found
        return found

    def _meanings(self, column: str, structured: bool, row: Row) -> list[str]:
        """What a column is: ``expected``, ``inputs.question``, ``metadata.source``."""
        if column in self._meaning:
            self._seen.add(column)
            return [self._qualified(meaning) for meaning in self._meaning[column]]
        if not isinstance(column, str):
            raise row.error(f"a column's name is text, not {column!r}")
        if column in RESERVED or column.startswith(_SPREAD):
            return [column]
        if structured:
            raise row.error(
                f"unknown column {column!r}", hint=f"{nearest(column, RESERVED)} Anything else goes below `metadata`."
            )
        return [self._qualified(column)]

    def _qualified(self, meaning: str) -> str:
        if meaning in RESERVED or meaning.startswith(_SPREAD):
            return meaning
        known = self._inputs is None or meaning in self._inputs.declared
        return f"inputs.{meaning}" if known else f"metadata.{meaning}"

    def _is_text(self, column: str) -> bool:
        """Whether an empty cell is a value: the empty text, for an input that must be there."""
        meanings = [self._qualified(meaning) for meaning in self._meaning.get(column, [column])]
        names = [meaning.removeprefix("inputs.") for meaning in meanings if meaning.startswith("inputs.")]
        declared = self._inputs.declared if self._inputs is not None else {}
        return any(name in declared and declared[name].type == "str" and not declared[name].optional for name in names)

    def _read(self, meaning: str, text: str, row: Row) -> Any:
        """The value that a cell of text stands for."""
        name = meaning.removeprefix("inputs.")
        try:
            if name != meaning and self._inputs is not None and name in self._inputs.declared:
                return self._inputs.coerce_text(name, text)
            return _CELLS[meaning](text) if meaning in _CELLS else text
        except InputError as error:
            raise row.error(error.message, hint=error.hint) from None
        except ValueError as error:
            raise row.error(f"column {meaning!r}: {error}") from None

    def _checked(self, given: dict[str, Any], row: Row) -> dict[str, Any]:
        """The inputs, of their types. Defaults are the chain's to fill in: they are no part of the dataset."""
        if self._inputs is None:
            if not given:
                raise row.error("the case has no inputs", hint='{"question": "…", "expected": "…"}')
            return given
        try:
            checked = self._inputs.validate(given)
        except InputError as error:
            needed = [name for name, declared in self._inputs.declared.items() if not declared.optional]
            hidden = [name for name in needed if name in RESERVED and name not in given]
            hint = f"a column for the input {hidden[0]!r} is called 'inputs.{hidden[0]}'" if hidden else error.hint
            raise row.error(error.message, hint=hint) from None
        return {name: checked[name] for name in given}


class _Ids:
    """Gives every case its id, while the rows go by."""

    def __init__(self) -> None:
        self._places: dict[str, int | str] = {}
        self._copies: dict[str, int] = {}
        self.derived = 0

    def given(self, own: str, inputs: Mapping[str, Value], expected: Value, row: Row) -> str:
        """The id of a case: its own, or one of its content.

        Raises:
            InputError: Another case has it.
        """
        found = own
        if not found:
            self.derived += 1
            found = derived_id(inputs, expected)
            copy = self._copies[found] = self._copies.get(found, 0) + 1
            if copy > 1:
                found = f"{found}-{copy}"
        if found in self._places:
            place = self._places[found]
            first = f"line {place}" if isinstance(place, int) else place
            raise row.error(f"the id {found!r} is that of {first} too", hint="every case has an id of its own")
        self._places[found] = row.at.line or str(row.at)
        return found


def derived_id(inputs: Mapping[str, Value], expected: Value) -> str:
    """The id of a case that was given none: of what is asked and what is expected, whatever the order of columns.

    So runs of an edited file are paired by the cases that have stayed the same.

    Args:
        inputs: :attr:`Case.asked`.
        expected: What scorers compare with.
    """
    content = json_form({"inputs": dict(inputs), "expected": expected})
    return short(hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest())


def _plain(value: Any, name: str, row: Row) -> Any:
    """The value as it can be recorded; what is no number is refused."""
    try:
        normal = normalise(value)
        unusual = needs_escapes(normal)
    except TypeError as error:
        raise row.error(f"`{name}`: {error}") from None
    if unusual and (found := _not_finite(normal)) is not None:
        raise row.error(f"`{name}` holds {found}, which is no number", hint="leave the value out, or write null")
    return normal


def _not_finite(value: Value) -> float | None:
    if isinstance(value, float):
        return None if math.isfinite(value) else value
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for item in items if (found := _not_finite(item)) is not None), None)


def _wrong(error: ValidationError, row: Row) -> InputError:
    first = error.errors()[0]
    name = str(first["loc"][0])
    return row.error(f"`{name}`: {first['msg'].lower()}, got {str(first['input'])[:60]!r}")


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no number") from None


def _flag(text: str) -> bool:
    if text.strip().lower() in _YES | _NO:
        return text.strip().lower() in _YES
    raise ValueError(f"{text!r} is neither true nor false")


def _tags(text: str) -> list[str]:
    return [tag.strip() for tag in text.split(";") if tag.strip()]


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg}") from None


_CELLS: dict[str, Callable[[str], Any]] = {
    "weight": _weight,
    "critical": _flag,
    "may_decline": _flag,
    "tags": _tags,
    "inputs": _json,
    "metadata": _json,
    "scorers": _json,
    "plants": _json,
}
