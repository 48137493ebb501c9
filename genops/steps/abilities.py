"""What an agent can use: a tool, a search or a chain, offered and called alike."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from genops.artifacts import Value
from genops.chains import ChainDefinition, StepContext, Tool
from genops.errors import DefinitionError, GenopsError, ReplayDiffers
from genops.models import ToolSpec
from genops.prompts import Prompt
from genops.steps.prompt import parsed_arguments

if TYPE_CHECKING:
    from genops.steps.agent import AgentTool

_QUERY: dict[str, Any] = {
    "type": "object",
    "properties": {"query": {"type": "string", "description": "what to search for"}},
    "required": ["query"],
}


@dataclass(frozen=True, slots=True)
class Ability:
    """One entry of an agent's tools.

    Attributes:
        name: What the model calls it.
        description: What the model is told.
        parameters: JSON Schema of the arguments.
        kind: What is behind it.
        target: Its name or reference.
        k: Hits, when it is a search.
    """

    name: str
    description: str
    parameters: dict[str, Any]
    kind: Literal["tool", "index", "chain"]
    target: str
    k: int = 5

    def spec(self) -> ToolSpec:
        """The ability as offered to a model."""
        function = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return {"type": "function", "function": function}

    async def use(self, context: StepContext, arguments: str, label: str) -> str:
        """Calls it with the arguments as the model wrote them; a failure is told in the result."""
        values = parsed_arguments(arguments)
        if not isinstance(values, dict):
            return f"Error: the arguments of {self.name} are not a JSON object"
        try:
            return as_text(await self._call(context, values, label))
        except ReplayDiffers:
            raise
        except GenopsError as error:
            return f"Error: {error.message}"

    async def _call(self, context: StepContext, values: dict[str, Value], label: str) -> Value:
        if self.kind == "tool":
            return await context.call_tool(self.target, values, label)
        if self.kind == "chain":
            return await context.run_chain(self.target, values, label)
        return list(await context.retrieve(self.target, str(values.get("query", "")), self.k, label))


class Parts(Protocol):
    """What abilities are made of: a step's context, or a resolved chain."""

    def tool(self, name: str) -> Tool:
        """A tool by its name."""
        ...

    def chain(self, reference: str) -> ChainDefinition:
        """A chain by its reference."""
        ...


def abilities(context: Parts, prompt: Prompt, entries: Iterable[AgentTool]) -> dict[str, Ability]:
    """Everything that an agent may use, by the name that the model calls it.

    Raises:
        DefinitionError: Two have one name.
    """
    found: dict[str, Ability] = {}
    for ability in [*(_tool(context, name) for name in prompt.tools), *(_ability(context, entry) for entry in entries)]:
        if ability.name in found and found[ability.name] != ability:
            raise DefinitionError(f"two of the agent's tools are called {ability.name!r}", hint="give one a `name:`")
        found[ability.name] = ability
    return found


def _tool(context: Parts, name: str) -> Ability:
    function = context.tool(name).spec()["function"]
    return Ability(name, function["description"], function["parameters"], "tool", name)


def _ability(context: Parts, entry: AgentTool) -> Ability:
    if entry.tool:
        made = _tool(context, entry.tool)
        return Ability(
            entry.name or made.name, entry.description or made.description, made.parameters, "tool", entry.tool
        )
    if entry.index:
        about = entry.description or f"Searches {entry.index} and gives the passages nearest in meaning."
        return Ability(entry.name or f"search_{_word(entry.index)}", about, _QUERY, "index", entry.index, entry.k)
    chain = context.chain(entry.chain or "")
    about = entry.description or chain.description
    return Ability(entry.name or _word(chain.name), about, chain.inputs.json_schema(), "chain", entry.chain or "")


def _word(reference: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in reference.partition("@")[0])


def as_text(value: Value) -> str:
    """A value as a model reads it: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=repr)
