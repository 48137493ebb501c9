"""The head of a ``.prompt`` file: YAML between two lines of ``---``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genops.artifacts import canonical_bytes
from genops.errors import DefinitionError, nearest
from genops.parameters import refused_parameter
from genops.prompts.examples import Selection, parse_selection
from genops.prompts.inputs import InputSpec
from genops.prompts.output import OutputSpec
from genops.prompts.template import Source
from genops.syntax import YamlFile, read_yaml

KEYS = ("description", "model", "parameters", "inputs", "output", "examples", "tools")
_FENCE = "---"
_CONSTANTS_AND_OPERATORS = frozenset(
    ["true", "false", "none", "True", "False", "None", "and", "or", "not", "in", "is", "if", "else"]
)
_GIVEN_BY_JINJA = frozenset(["loop", "self", "super", "caller", "varargs", "kwargs"])
_GIVEN_WITH_EXAMPLES = frozenset(["examples", "output"])


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What the head of a template says.

    Attributes:
        description: For people.
        model: Alias, or None for the project's default.
        parameters: Over the alias's.
        inputs: What it takes.
        output: None for text.
        examples: File name and selection, or None.
        tools: Names.
        file: For lines.
    """

    description: str
    model: str | None
    parameters: dict[str, Any]
    inputs: InputSpec
    output: OutputSpec | None
    examples: tuple[str, Selection] | None
    tools: list[str]
    file: YamlFile


def split(text: str, path: Path | str) -> tuple[YamlFile, Source]:
    """The front matter and the body of a ``.prompt`` file. A file that does not begin with ``---`` is all body.

    Raises:
        DefinitionError: The front matter has no end, or is not a YAML mapping.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[0].rstrip() != _FENCE:
        return YamlFile({}, path), Source("\n".join(lines), path)
    end = next((index for index, line in enumerate(lines[1:], start=1) if line.rstrip() == _FENCE), None)
    if end is None:
        raise DefinitionError(
            "the front matter has no end", at=YamlFile({}, path, {("",): 1}).at(""), hint="close it with a line of ---"
        )
    file = read_yaml("\n".join(lines[1:end]), path, first_line=2)
    if file.data is None:
        file = YamlFile({}, path)
    if not isinstance(file.data, dict):
        raise DefinitionError("the front matter is a YAML mapping", at=file.at(), hint=f"its keys: {', '.join(KEYS)}")
    return file, Source("\n".join(lines[end + 1 :]), path, end + 2)


def parse(file: YamlFile) -> FrontMatter:
    """Reads the front matter.

    Raises:
        DefinitionError: A key is unknown or holds what it cannot; with the line.
    """
    data: dict[str, Any] = file.data
    for key in data:
        if key not in KEYS:
            raise DefinitionError(f"unknown key {key!r} in the front matter", at=file.at(key), hint=nearest(key, KEYS))
    for key in ("description", "model"):
        if data.get(key) is not None and not isinstance(data[key], str):
            raise DefinitionError(f"`{key}` is text, not {data[key]!r}", at=file.at(key))
    inputs = InputSpec.parse(data.get("inputs"), file, "inputs")
    examples = data.get("examples")
    for name in inputs.names():
        if name in _CONSTANTS_AND_OPERATORS | _GIVEN_BY_JINJA | (_GIVEN_WITH_EXAMPLES if examples else set()):
            raise DefinitionError(f"an input cannot be called {name!r}", at=file.at("inputs", name), hint="rename it")
    return FrontMatter(
        description=data.get("description") or "",
        model=data.get("model"),
        parameters=_parameters(data.get("parameters"), file),
        inputs=inputs,
        output=OutputSpec.read(data.get("output"), file, "output"),
        examples=parse_selection(examples, inputs, file, "examples") if examples is not None else None,
        tools=_tools(data.get("tools"), file),
        file=file,
    )


def _parameters(raw: Any, file: YamlFile) -> dict[str, Any]:
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise DefinitionError(
            "`parameters` is a mapping", at=file.at("parameters"), hint="parameters: {temperature: 0}"
        )
    try:
        canonical_bytes(raw)
    except DefinitionError as error:
        raise DefinitionError(error.message, at=file.at("parameters"), hint=error.hint) from None
    refused = refused_parameter(raw)
    if refused is not None:
        raise DefinitionError(refused[1], at=file.at("parameters", refused[0]), hint="take it out")
    return raw


def _tools(raw: Any, file: YamlFile) -> list[str]:
    if raw is None:
        return []
    if not isinstance(raw, list) or not all(isinstance(name, str) for name in raw) or len(set(raw)) != len(raw):
        raise DefinitionError("`tools` is a list of names, each once", at=file.at("tools"))
    return raw
