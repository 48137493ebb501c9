"""Observations to windows: each state of them read by its expression, once through the source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from genops.chains import evaluate, reads_of
from genops.drift.windows.observation import UNITS, Observation
from genops.drift.windows.window import Kind, Window
from genops.errors import DefinitionError, InputError, nearest
from genops.evals.scorer import as_text

LONGEST = 100_000
"""Characters of a text that are looked at: its beginning."""
_TEXT_NAMES = ("text", "input", "question", "prompt", "output", "answer")
_FARTHEST = 1e15
"""Beyond that the square of a difference is no float32."""
_ONE = "embed all with one embedder"
_NOTHING = "nothing there"
_NONE = "no value"


@dataclass(frozen=True, slots=True)
class StateSpec:
    """What of an observation is compared, and what else is read of it.

    Attributes:
        name: What people know the state by.
        of: Expression, compiled; None for the inputs, or the text of a line.
        kind: What its values are; None for what they turn out to be.
        group: Expression for the group, compiled; None for the source's own.
        context: Expression for the known context, compiled; None for none.
        segments: Expressions for labels of the rows, compiled, by name.
    """

    name: str
    of: Any = None
    kind: Kind | None = None
    group: Any = None
    context: Any = None
    segments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """What ``of`` says, where that is a path such as ``run.seconds`` and no more; empty where it is None."""
        return "" if self.of is None else str(self.of.source).removeprefix("{{").removesuffix("}}").strip()

    def reads(self, root: str) -> bool:
        """Whether one of its expressions reads a variable."""
        given = (self.of, self.group, self.context, *self.segments.values())
        return any(read.root == root for value in given if value is not None for read in reads_of(value))


@dataclass(slots=True)
class _Rows:
    """The rows of one state, as they are gathered."""

    values: list[Any] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    contexts: list[str] = field(default_factory=list)
    segments: list[dict[str, str]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    first_fault: InputError | None = None
    unread: dict[str, InputError] = field(default_factory=dict)


def read_windows(observations: Iterable[Observation], states: Sequence[StateSpec], name: str) -> dict[str, Window]:
    """A window for each state, by its name.

    A list gives a row for each of its members, all of the group of its observation; a mapping with a ``text`` is that
    text, another one the texts in it. What is None, is not there in this observation, or is no finite number where
    numbers are compared, gives no row and is counted.

    Args:
        observations: Of the source.
        states: What is compared.
        name: What people know the source by.

    Raises:
        DefinitionError: The values of a state are of several kinds, or not of the kind that it says.
        InputError: The state's expression fails for every observation that should have it. One of a label that fails
            for every row is told by :attr:`~genops.drift.windows.window.Window.unread`.
    """
    gathered = {state.name: _Rows() for state in states}
    for observation in observations:
        for state in states:
            _read(observation, state, gathered[state.name])
    for rows in gathered.values():
        if not rows.values and rows.first_fault is not None and not rows.left_out[_NONE]:
            fault = rows.first_fault
            raise InputError(f"nothing of {name} can be read: {fault.message}", at=fault.at, hint=fault.hint)
    return {state.name: _window(gathered[state.name], state, name) for state in states}


def _read(observation: Observation, state: StateSpec, rows: _Rows) -> None:
    try:
        value = _default(observation) if state.of is None else evaluate(state.of, observation.variables)
    except InputError as error:
        if not observation.missing:
            rows.first_fault = rows.first_fault or _hinted(error, state.of, observation)
        rows.left_out[observation.missing or _NOTHING] += 1
        return
    items = list(_items(value, state.kind))
    if not items:
        rows.left_out[observation.missing or _NONE] += 1
        return
    group = _label("group", state.group, observation, rows) or observation.group
    context = _label("context", state.context, observation, rows)
    own = {key: _label(f"segments: {key}", one, observation, rows) for key, one in state.segments.items()}
    for item in items:
        rows.values.append(item)
        rows.observations.append(observation)
        rows.groups.append(group or f"row {observation.id}")
        rows.contexts.append(context)
        rows.segments.append({**observation.segments, **own})


def _hinted(error: InputError, expression: Any, observation: Observation) -> InputError:
    """The error with what is nearest to what an expression reads, of what there is."""
    if expression is None:
        return error
    roots = {name: value for name, value in observation.variables.items() if isinstance(value, Mapping)}
    known = {*observation.variables, *(f"{root}.{key}" for root, value in roots.items() for key in value)}
    asked = {read.root if read.name is None else f"{read.root}.{read.name}" for read in reads_of(expression)} - known
    hints = [f"{one}: {nearest(one, known)}" for one in sorted(asked)]
    return InputError(error.message, at=error.at, hint="; ".join(hints) or error.hint)


def _label(name: str, expression: Any, observation: Observation, rows: _Rows) -> str:
    """A label of the rows of an observation; empty where there is none. One that is never read is remembered."""
    if expression is None:
        return ""
    try:
        value = evaluate(expression, observation.variables)
    except InputError as error:
        if not rows.values:
            rows.unread.setdefault(name, _hinted(error, expression, observation))
        return ""
    rows.unread.pop(name, None)
    return "" if value is None else as_text(value)


def _default(observation: Observation) -> Any:
    """The inputs of a chain, or the text of a line."""
    variables = observation.variables
    if "inputs" in variables:
        return variables["inputs"]
    named = next((name for name in ("vector", *_TEXT_NAMES, "value") if name in variables), None)
    if named is not None:
        return variables[named]
    texts = [value for value in variables.values() if isinstance(value, str)]
    if len(texts) == 1:
        return texts[0]
    shown = ", ".join(variables)
    raise InputError(f"which of {shown} is to be compared, nothing says", hint="say it with `of`: --of NAME")


def _items(value: Any, kind: Kind | None) -> Iterator[Any]:
    """The rows of a value."""
    if value is None:
        return
    if isinstance(value, (list, tuple)):
        if kind == "vector" or (kind is None and len(value) > 1 and all(map(_is_number, value))):
            yield np.asarray(value, dtype=np.float32)
            return
        for item in value:
            yield from _items(item, kind)
        return
    if isinstance(value, np.ndarray):
        yield value
        return
    if isinstance(value, Mapping):
        if isinstance(value.get("text"), str):
            yield _cut(value["text"])
            return
        texts = [item for _, item in sorted(value.items()) if isinstance(item, str)]
        yield _cut("\n".join(texts) if texts else as_text(dict(value)))
        return
    if kind == "number" and isinstance(value, str):
        yield _read_number(value)
        return
    if kind in ("text", "category") or isinstance(value, str):
        yield _cut(value if isinstance(value, str) else as_text(value))
        return
    yield value


def _read_number(text: str) -> float | str:
    """A number of a table, whose fields are text."""
    try:
        return float(text)
    except ValueError:
        return text


def _cut(text: str) -> str:
    return text[:LONGEST]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _window(rows: _Rows, state: StateSpec, name: str) -> Window:
    kind = state.kind or _kind_of(rows.values, state, name)
    keep = list(range(len(rows.values)))
    values: Any
    match kind:
        case "number":
            values, keep = _numbers(rows, state, name)
        case "vector":
            values, keep = _vectors(rows, state, name)
        case _:
            if any(isinstance(value, np.ndarray) for value in rows.values):
                raise _mistyped(state, "texts" if kind == "text" else "names of categories", rows, name)
            values = tuple(value if isinstance(value, str) else as_text(value) for value in rows.values)
    kept = [rows.observations[row] for row in keep]
    times = [observation.time for observation in kept]
    labels = [rows.segments[row] for row in keep]
    known = sorted({key for each in labels for key in each})
    return Window(
        name,
        kind,
        values,
        tuple(observation.id for observation in kept),
        tuple(rows.groups[row] for row in keep),
        np.array(times, dtype=np.int64) if kept and all(time is not None for time in times) else None,
        tuple(observation.run for observation in kept),
        tuple(observation.lock for observation in kept),
        {key: tuple(each.get(key, "") for each in labels) for key in known},
        tuple(rows.contexts[row] for row in keep) if state.context is not None else None,
        dict(rows.left_out),
        len(kept),
        _embedder(kept, state, name) if kind == "vector" else "",
        rows.unread,
        UNITS.get(state.path, "") if kind == "number" else "",
    )


def _embedder(kept: Sequence[Observation], state: StateSpec, name: str) -> str:
    """The one embedder of all vectors."""
    names = sorted({observation.embedder for observation in kept})
    if len(names) > 1:
        shown = " and ".join(one or "one that is not named" for one in names[:3])
        raise DefinitionError(f"{state.name}: its vectors in {name} are by several embedders: {shown}", hint=_ONE)
    return names[0] if names else ""


def _kind_of(values: Sequence[Any], state: StateSpec, name: str) -> Kind:
    kinds: set[Kind] = {_kind(value) for value in values}
    if len(kinds) > 1:
        shown = " and ".join(sorted(kinds))
        raise DefinitionError(
            f"{state.name}: its values in {name} are {shown}", hint="say what they are with `as`: --as text"
        )
    return kinds.pop() if kinds else "text"


def _kind(value: Any) -> Kind:
    if isinstance(value, bool):
        return "category"
    if isinstance(value, np.ndarray):
        return "vector"
    return "number" if isinstance(value, (int, float)) else "text"


def _numbers(rows: _Rows, state: StateSpec, name: str) -> tuple[Any, list[int]]:
    typed = [row for row, value in enumerate(rows.values) if _is_number(value) or isinstance(value, bool)]
    if rows.values and not typed:
        raise _mistyped(state, "numbers", rows, name)
    numbers = np.array([float(rows.values[row]) for row in typed])
    keep = np.array(typed, dtype=np.intp)[np.isfinite(numbers)].tolist()
    if len(keep) < len(rows.values):
        rows.left_out["no finite number"] += len(rows.values) - len(keep)
    return numbers[np.isfinite(numbers)], keep


def _vectors(rows: _Rows, state: StateSpec, name: str) -> tuple[Any, list[int]]:
    if not all(isinstance(value, np.ndarray) and value.ndim == 1 for value in rows.values):
        raise _mistyped(state, "vectors, that is, lists of numbers", rows, name)
    sizes = sorted({len(value) for value in rows.values})
    if len(sizes) > 1:
        shown = " and ".join(map(str, sizes[:3]))
        raise DefinitionError(f"{state.name}: its vectors in {name} are of {shown} dimensions", hint=_ONE)
    vectors = np.array(rows.values, dtype=np.float32).reshape(len(rows.values), sizes[0] if sizes else 0)
    finite = np.all(np.abs(vectors) < _FARTHEST, axis=1)  # False of NaN
    if not finite.all():
        rows.left_out["a vector that is not finite"] += int((~finite).sum())
    return vectors[finite], np.flatnonzero(finite).tolist()


def _mistyped(state: StateSpec, wanted: str, rows: _Rows, name: str) -> DefinitionError:
    types = {"vectors" if isinstance(value, np.ndarray) else type(value).__name__ for value in rows.values}
    kinds = " and ".join(sorted(types))
    return DefinitionError(f"{state.name}: its values in {name} should be {wanted}, and are {kinds}")
