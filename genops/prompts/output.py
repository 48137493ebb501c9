"""Declared output: a JSON Schema that is sent, checked and, a bounded number of times, asked for again."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from genops.artifacts import Value, ordered_schema, plain_schema
from genops.errors import DefinitionError
from genops.models.types import Message
from genops.prompts.declaration import Declaration, checked_schema, path_text, problem_text, validator
from genops.syntax import YamlFile

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

MAX_REASKS = 2
MOST_REASKS = 10
_FENCE = re.compile(r"```(?:json|JSON)?[ \t]*\n(?P<body>.*)\n[ \t]*```", re.DOTALL)
_REASK = """Your answer does not fit the required JSON schema:
{error}

Answer again with the corrected JSON alone, without any other text."""


@dataclass(frozen=True)
class OutputSpec:
    """A structured output.

    Attributes:
        schema: Its JSON Schema (draft 2020-12); the property order is the author's, because it steers generation.
        max_reasks: Further questions after an answer that does not fit.
    """

    schema: dict[str, Any]
    max_reasks: int = MAX_REASKS

    @classmethod
    def read(cls, raw: Any, file: YamlFile, *keys: str | int) -> OutputSpec | None:
        """Reads ``output:``: ``text`` (None is given), a type in the notation of inputs, or ``{schema: …}``.

        Raises:
            DefinitionError: It is none of these; with the line.
        """
        if raw is None or raw in ("text", {"type": "text"}):
            return None
        if not isinstance(raw, dict):
            raise DefinitionError(
                f"`output` is text or a mapping, not {raw!r}",
                at=file.at(*keys),
                hint="output: {type: object, properties: …}",
            )
        declared = {key: value for key, value in raw.items() if key != "max_reasks"}
        for key in ("optional", "default"):
            if key in declared:
                raise DefinitionError(f"an output has no `{key}`", at=file.at(*keys, key))
        schema = Declaration.parse(declared, file, *keys).json_schema(closed=True)
        return cls(checked_schema(schema, file.at(*keys)), _reasks(raw, file, keys))

    @classmethod
    def from_body(cls, body: Any) -> OutputSpec | None:
        """The output that :meth:`body` was made of."""
        return cls(plain_schema(body["schema"]), body["max_reasks"]) if body else None

    def body(self) -> Any:
        """The output as a part of a component's body, property order kept."""
        return {"schema": ordered_schema(self.schema), "max_reasks": self.max_reasks}

    def response_format(self) -> dict[str, Any]:
        """The request's ``response_format``, in the chat-completions shape; strict where the schema allows it."""
        return {
            "type": "json_schema",
            "json_schema": {"name": "output", "schema": self.schema, "strict": _strict(self.schema, root=True)},
        }

    def parse(self, text: str) -> Value:
        """The value of an answer: strict JSON, alone or in one Markdown fence, that fits the schema.

        Raises:
            ValueError: It is not; the text is good enough to be sent back to the model.
        """
        body = text.strip()
        fenced = _FENCE.fullmatch(body)
        try:
            value: Value = json.loads(fenced["body"] if fenced else body, parse_constant=_no_constant)
        except json.JSONDecodeError as error:
            raise ValueError(f"not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
        except RecursionError:
            raise ValueError("not valid JSON: it nests too deep") from None
        self.check(value)
        return value

    def check(self, value: Value) -> None:
        """Checks a value against the schema.

        Raises:
            ValueError: It does not fit; at most five problems, one a line.
        """
        problems = sorted(self._validator.iter_errors(value), key=lambda error: list(map(str, error.absolute_path)))
        if problems:
            raise ValueError("\n".join(f"${path_text(e.absolute_path)}: {problem_text(e)}" for e in problems[:5]))

    def reask_messages(self, messages: list[Message], answer: str, error: str) -> list[Message]:
        """The conversation that asks again: what was asked, the answer, and what is wrong with it."""
        return [
            *messages,
            {"role": "assistant", "content": answer},
            {"role": "user", "content": _REASK.format(error=error)},
        ]

    @cached_property
    def _validator(self) -> Draft202012Validator:
        return validator(self.schema)


def _reasks(raw: dict[str, Any], file: YamlFile, keys: tuple[str | int, ...]) -> int:
    count = raw.get("max_reasks", MAX_REASKS)
    if type(count) is not int or not 0 <= count <= MOST_REASKS:
        raise DefinitionError(
            f"`max_reasks` is a number from 0 to {MOST_REASKS}, not {count!r}", at=file.at(*keys, "max_reasks")
        )
    return count


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"not valid JSON: {name} is not a JSON value")


def _strict(schema: Any, *, root: bool = False) -> bool:
    """Whether every object in the schema names all of its properties as required and allows no other."""
    if isinstance(schema, list):
        return all(_strict(item) for item in schema)
    if not isinstance(schema, dict):
        return True
    if root and schema.get("type") != "object":
        return False
    if schema.get("type") == "object" and (
        schema.get("additionalProperties") is not False
        or set(schema.get("required", ())) != set(schema.get("properties", {}))
    ):
        return False
    return all(_strict(item) for item in schema.values())
