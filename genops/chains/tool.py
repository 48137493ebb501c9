"""Tools: Python functions that chains and agents may call, typed by their signature."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, get_type_hints, overload

from pydantic import BaseModel, Field, ValidationError, create_model
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticSchemaGenerationError

from genops.artifacts import Component, Value, normalise, ordered_schema, plain_schema, source_digest
from genops.chains.cancellation import is_cancelled
from genops.chains.own_thread import in_own_thread
from genops.chains.step import Effect
from genops.errors import ArgumentsInvalid, DefinitionError, ToolError, nearest
from genops.models.types import ToolSpec
from genops.plugins import registry

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that chains and models can call by name.

    Attributes:
        name: By which they do.
        component: Name, description, parameters, effect and the digest of the source that it comes from.
        function: Sync (run in a thread) or async; None when only the record of the tool is at hand.
        arguments: The parameters as a pydantic model.
    """

    name: str
    component: Component = field(repr=False)
    function: Callable[..., Any] | None = None
    arguments: type[BaseModel] | None = None

    @property
    def description(self) -> str:
        """What models are told: the function's docstring."""
        return str(self.component.body["description"])

    @property
    def parameters(self) -> dict[str, Any]:
        """JSON Schema of the arguments."""
        schema: dict[str, Any] = plain_schema(self.component.body["parameters"])
        return schema

    @property
    def effect(self) -> Effect:
        """What it does to the world; results of a ``write`` are never reused."""
        effect: Effect = self.component.body["effect"]
        return effect

    def spec(self) -> ToolSpec:
        """The tool as offered to a model."""
        function = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return {"type": "function", "function": function}

    async def call(self, arguments: Mapping[str, Value]) -> Value:
        """Validates the arguments, calls the function and gives its result as a plain value.

        Raises:
            ArgumentsInvalid: The arguments do not fit; the function was not called.
            ToolError: The function raised, or its result cannot be recorded.
        """
        if self.function is None or self.arguments is None:
            raise ToolError(
                f"the code of tool {self.name!r} is not the code that was recorded, so it is not called",
                hint=f"to call today's code, swap it in: --swap tool:{self.name}",
            )
        fields = {str(field.alias): name for name, field in self.arguments.model_fields.items()}
        unknown = [name for name in arguments if name not in fields]
        if unknown:
            raise ArgumentsInvalid(
                f"tool {self.name!r} has no argument {unknown[0]!r}", hint=nearest(unknown[0], fields)
            )
        try:
            parsed = self.arguments.model_validate(dict(arguments))
        except ValidationError as error:
            problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'arguments'}: {e['msg']}" for e in error.errors())
            raise ArgumentsInvalid(f"tool {self.name!r} was called wrongly: {problems}") from None
        values = {alias: getattr(parsed, name) for alias, name in fields.items()}
        try:
            result = await _call(self.function, values)
        except (Exception, SystemExit, KeyboardInterrupt, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and is_cancelled():
                raise
            raise ToolError(f"tool {self.name!r} raised {type(error).__name__}: {error}") from error
        try:
            return normalise(result)
        except TypeError as error:
            raise ToolError(f"tool {self.name!r}: its result cannot be recorded: {error}") from None


async def _call(function: Callable[..., Any], values: dict[str, Any]) -> Any:
    if inspect.iscoroutinefunction(function):
        return await function(**values)
    result = await in_own_thread(function, **values)
    return await result if isinstance(result, Awaitable) else result


@overload
def tool(function: F) -> F: ...
@overload
def tool(*, name: str | None = None, effect: Effect = "read") -> Callable[[F], F]: ...
def tool(function: F | None = None, *, name: str | None = None, effect: Effect = "read") -> F | Callable[[F], F]:
    """Registers a function as a tool: ``@genops.tool`` or ``@genops.tool(name="search", effect="write")``.

    Its parameters must be annotated; the docstring tells models what it does.

    Raises:
        DefinitionError: A parameter has no annotation, or the name is taken.
    """

    def register(target: F) -> F:
        made = make_tool(target, name=name, effect=effect)
        registry.add("tool", made.name, made)
        return target

    return register(function) if function is not None else register


def make_tool(function: Callable[..., Any], *, name: str | None = None, effect: Effect = "read") -> Tool:
    """The :class:`Tool` of a function, without registering it.

    Raises:
        DefinitionError: A parameter has no annotation or cannot be given by name.
    """
    label = name or function.__name__
    arguments = _arguments(label, function)
    body = {
        "name": label,
        "description": inspect.cleandoc(function.__doc__ or ""),
        "parameters": ordered_schema({**arguments.model_json_schema(), "additionalProperties": False}),
        "effect": effect,
        "function": f"{function.__module__}:{function.__qualname__}",
        "source": source_digest(function),
    }
    return Tool(label, Component("tool", label, body), function, arguments)


def stored_tool(component: Component) -> Tool:
    """The tool of a stored component: today's function where its code is the same, else a record that is not called."""
    if component.name in registry.names("tool"):
        now: Tool = registry.get("tool", component.name)
        if now.component.digest == component.digest:
            return now
    return Tool(component.name, component)


def _arguments(label: str, function: Callable[..., Any]) -> type[BaseModel]:
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError as error:
        raise DefinitionError(f"tool {label!r}: the type {error.name!r} of a parameter is not defined") from None
    fields: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise DefinitionError(f"tool {label!r}: parameter {parameter.name!r} must be an ordinary, named one")
        if parameter.name not in hints:
            raise DefinitionError(f"tool {label!r}: parameter {parameter.name!r} has no type annotation")
        default = ... if parameter.default is parameter.empty else parameter.default
        field_name = f"parameter_{len(fields)}"  # a parameter may be called what a field may not: copy, schema, _x
        fields[field_name] = (hints[parameter.name], Field(default, alias=parameter.name))
    try:
        model: type[BaseModel] = create_model(label, **fields)
        model.model_json_schema()
    except (PydanticSchemaGenerationError, PydanticInvalidForJsonSchema) as error:
        problem = str(error).partition("\n")[0].partition(". Set")[0]
        raise DefinitionError(
            f"tool {label!r}: {problem}", hint="use JSON types, dataclasses, enums or pydantic models"
        ) from None
    return model
