"""What a step may do: the protocol between step kinds and whoever runs them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Protocol

from genops.artifacts import Value

if TYPE_CHECKING:
    from genops.chains.block import Block
    from genops.chains.definition import ChainDefinition
    from genops.chains.tool import Tool
    from genops.models import Model, ModelRequest, ModelResponse
    from genops.prompts import Prompt
    from genops.settings import Settings


class StepSkipped(Exception):
    """Raised by a step that finds it has nothing to do: its output is undefined, as if its ``when`` had been false."""


class StepContext(Protocol):
    """A step's view of the run. Everything that it does through this is traced, and every effect is replayable.

    Attributes:
        inputs: The step's expression fields, evaluated, by field name.
        path: Its position in the run.
    """

    inputs: dict[str, Any]
    path: str

    @property
    def settings(self) -> Settings:
        """The project's."""
        ...

    def evaluate(self, value: Any, extra: Mapping[str, Any] | None = None) -> Any:
        """A lazy expression's value, with ``extra`` variables over the step's own."""
        ...

    def prompt(self, reference: str) -> Prompt:
        """A template of the chain's closure."""
        ...

    def model(self, alias: str | None) -> Model:
        """A model of the closure: ``alias``, or the project's default; the fallback's model where one is in force."""
        ...

    def tool(self, name: str) -> Tool:
        """A tool of the closure."""
        ...

    def chain(self, reference: str) -> ChainDefinition:
        """A chain of the closure."""
        ...

    def embed(self, texts: list[str]) -> Any:
        """Vectors of texts by the project's embedder, for nearest examples: float32, n x dimension, normalised."""
        ...

    async def call_model(
        self, model: Model, request: ModelRequest, label: str = "model", turn: int = 0
    ) -> ModelResponse:
        """Calls a model: an effect at ``path/label``."""
        ...

    async def call_tool(self, name: str, arguments: Mapping[str, Value], label: str | None = None) -> Value:
        """Calls a tool: an effect at ``path/label`` (default: the tool's name).

        Raises:
            ToolError: It raised, or its arguments or result do not fit.
        """
        ...

    async def retrieve(
        self,
        index: str,
        query: str | list[str],
        k: int,
        label: str = "search",
        *,
        where: Mapping[str, Value] | None = None,
        search: Mapping[str, Value] | None = None,
    ) -> list[dict[str, Value]]:
        """Searches an index: an effect. Hits, best first, as plain mappings (see ``docs/retrieval.md``).

        ``where`` filters documents, and ``search`` changes the index's search settings.
        """
        ...

    async def effect(self, label: str, request: Value, perform: Callable[[dict[str, str]], Awaitable[Value]]) -> Value:
        """Any other effect (HTTP). ``perform`` is given the headers that carry the trace on."""
        ...

    async def score(self, judge: str, value: Value, model: str | None = None, label: str = "judge") -> float:
        """A judge's score of a value, 0 to 1: asks a model, an effect at ``path/label``.

        Args:
            judge: Reference of a template of the closure with the input ``value`` and the output ``{score: float}``.
            value: What is judged.
            model: Alias in place of the template's own.
            label: Of the effect.

        Raises:
            OutputInvalid: It gives no such score.
        """
        ...

    def note(self, attributes: Mapping[str, Any]) -> None:
        """Adds attributes to the step's span: words of the definition and numbers, as they are not redacted."""
        ...

    async def run_chain(self, reference: str, inputs: Mapping[str, Value], label: str = "") -> Value:
        """Runs a chain of the closure as a part of this run."""
        ...

    async def run_block(self, block: Block, segment: str, variables: Mapping[str, Any]) -> Value:
        """Runs a nested block in a scope of its own, at ``path`` + ``segment`` (``[3]``)."""
        ...

    def scope(self, segment: str, state: Mapping[str, Value]) -> AbstractAsyncContextManager[Scope]:
        """Opens a scope (an agent's turn) whose intermediate state is recorded."""
        ...


class Scope(StepContext, Protocol):
    """A part of a step with a state of its own."""

    def change(self, operations: list[dict[str, Any]]) -> None:
        """Records a change to the enclosing state, as JSON Patch operations."""
        ...

    def finish(self, output: Value) -> None:
        """Sets what the scope gave."""
        ...
