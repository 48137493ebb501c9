"""``tool``: calls a registered Python function."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from genops.artifacts import Value
from genops.chains import Expr, Need, Step, StepContext, step_kind
from genops.errors import InputError


@step_kind("tool")
class ToolStep(Step):
    """Calls a function registered with ``@genops.tool``.

    Attributes:
        tool: Its name.
        with_: Its arguments.
    """

    default_effect = "read"

    tool: str
    with_: Expr = Field(default_factory=dict, alias="with")

    def needs(self) -> Iterator[Need]:
        """The tool."""
        yield Need("tool", self.tool)

    async def run(self, context: StepContext) -> Value:
        """One call."""
        arguments = context.inputs["with_"]
        if not isinstance(arguments, dict):
            raise InputError(f"`with` is {type(arguments).__name__}, not a mapping of arguments")
        return await context.call_tool(self.tool, arguments)
