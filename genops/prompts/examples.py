"""Few-shot examples: rows of a JSONL file, checked against inputs and output, and the choice among them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson

from genops.artifacts import Component, Value, canonical_bytes
from genops.errors import DefinitionError, InputError, Location, nearest
from genops.prompts.inputs import InputSpec
from genops.prompts.output import OutputSpec
from genops.syntax import YamlFile

Select = Literal["all", "first", "random", "nearest"]
Embed = Callable[[list[str]], Any]
Row = dict[str, Value]

SELECTS: tuple[Select, ...] = ("all", "first", "random", "nearest")
_KEYS = ("file", "select", "k", "seed", "by")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows a rendering shows.

    Attributes:
        select: ``all``; the ``first`` k; k at ``random``, the same ones every time; the k ``nearest`` to the input
            ``by`` in embedding space, the nearest last.
        k: How many.
        seed: Of the random choice.
        by: The input that nearness is measured on.
    """

    select: Select = "all"
    k: int = 0
    seed: int = 0
    by: str = ""

    def body(self) -> dict[str, Any]:
        """The selection as a part of a component's body."""
        return {"select": self.select, "k": self.k, "seed": self.seed, "by": self.by}

    def choose(self, rows: list[Row], inputs: Mapping[str, Value], embed: Embed | None) -> list[Row]:
        """The rows to show.

        Args:
            rows: All of them.
            inputs: The rendering's inputs.
            embed: Gives an n x d array for n texts. It is called once with the input's text and every row's.

        Raises:
            InputError: Nearest rows are wanted and there is no ``embed``, or the input to compare is None.
        """
        match self.select:
            case "all":
                return rows
            case "first":
                return rows[: self.k]
            case "random":
                return [rows[index] for index in _drawn(rows, self.k, self.seed)]
            case "nearest":
                return [rows[index] for index in self._nearest(rows, inputs, embed)]

    def _nearest(self, rows: list[Row], inputs: Mapping[str, Value], embed: Embed | None) -> list[int]:
        if embed is None:
            raise InputError(
                "the template selects its nearest examples and no embedder was given",
                hint="give render one after the inputs: a function from a list of texts to an array of vectors",
            )
        values = [inputs[self.by], *(row[self.by] for row in rows)]
        texts = [value for value in values if isinstance(value, str)]
        if len(texts) < len(values):
            raise InputError(f"the nearest examples need a text in input {self.by!r}, in the call and in every row")
        import numpy as np

        vectors = np.asarray(embed(texts), dtype=np.float64)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors = vectors / np.where(norms == 0, 1, norms)
        order = np.argsort(-(vectors[1:] @ vectors[0]), kind="stable")[: self.k]
        return [int(index) for index in order[::-1]]


def _drawn(rows: list[Row], k: int, seed: int) -> list[int]:
    """k indices in file order. A row's luck depends on the seed and the row alone, so adding rows moves few others."""
    ranks = [hashlib.sha256(f"{seed}:".encode() + canonical_bytes(row)).digest() for row in rows]
    return sorted(sorted(range(len(rows)), key=lambda index: (ranks[index], index))[:k])


def parse_selection(raw: Any, inputs: InputSpec, file: YamlFile, *keys: str) -> tuple[str, Selection]:
    """Reads ``examples:``: a file name, or ``{file, select, k, seed, by}``; ``select: first 3`` says k too.

    Returns:
        The file's name and the selection.

    Raises:
        DefinitionError: It is neither; with the line.
    """
    if isinstance(raw, str):
        raw = {"file": raw}
    if not isinstance(raw, dict) or not isinstance(raw.get("file"), str):
        raise DefinitionError("`examples` needs a file", at=file.at(*keys), hint="examples: NAME.examples.jsonl")
    for key in raw:
        if key not in _KEYS:
            raise DefinitionError(f"examples: unknown key {key!r}", at=file.at(*keys, key), hint=nearest(key, _KEYS))
    word, _, count = str(raw.get("select", "all")).partition(" ")
    select = next((name for name in SELECTS if name == word), None)
    if select is None:
        raise DefinitionError(
            f"examples: there is no selection {word!r}",
            at=file.at(*keys, "select"),
            hint=f"one of {', '.join(SELECTS)}",
        )
    k: Any = int(count) if count.isdigit() else raw.get("k", 0)
    if type(k) is not int or (select != "all" and k < 1) or (select == "all" and (k or count)):
        problem = "takes no k" if select == "all" else f"needs k, as in `select: {select} 3`"
        raise DefinitionError(f"examples: `{select}` {problem}", at=file.at(*keys, "select"))
    seed = raw.get("seed", 0)
    if type(seed) is not int:
        raise DefinitionError("examples: `seed` is an integer", at=file.at(*keys, "seed"))
    by = _compared(raw, inputs, file.at(*keys, "by")) if select == "nearest" else ""
    return raw["file"], Selection(select, k, seed, by)


def _compared(raw: dict[str, Any], inputs: InputSpec, at: Location) -> str:
    texts = [name for name, declared in inputs.declared.items() if declared.type == "str"]
    by = raw.get("by", texts[0] if len(texts) == 1 else None)
    if by not in texts:
        problem = "`by` must say which input is compared" if by is None else f"`by` names no str input: {by!r}"
        raise DefinitionError(f"examples: {problem}", at=at, hint=nearest(str(by or ""), texts))
    return str(by)


def parse_rows(text: str, path: Path | str, name: str, inputs: InputSpec, output: OutputSpec | None) -> Component:
    """Reads a JSONL file of rows: each holds the template's inputs and the ``output`` that they should give.

    Returns:
        A component of kind ``examples`` with the rows as declared, defaults filled in.

    Raises:
        DefinitionError: A line is no row, or there is none; with the line.
    """
    rows: list[Row] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            rows.append(_row(line, Location(path, number), inputs, output))
    if not rows:
        raise DefinitionError("there are no examples in the file", at=Location(path))
    return Component("examples", name, {"rows": rows})


def _row(line: str, at: Location, inputs: InputSpec, output: OutputSpec | None) -> Row:
    try:
        raw = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise DefinitionError(f"not valid JSON: {error}", at=at) from None
    if not isinstance(raw, dict) or "output" not in raw:
        raise DefinitionError('an example is an object with the inputs and "output"', at=at)
    wanted = raw.pop("output")
    try:
        row = inputs.validate(raw)
        if output is None:
            if not isinstance(wanted, str):
                raise InputError(f"output: expected text, got {wanted!r}")
        else:
            output.check(wanted)
        row["output"] = wanted
        canonical_bytes(row)
    except (InputError, DefinitionError) as error:
        raise DefinitionError(f"example: {error.message}", at=at, hint=error.hint) from None
    except ValueError as error:
        raise DefinitionError(f"example: output does not fit the schema: {error}", at=at) from None
    return row
