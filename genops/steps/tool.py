"""``tool``: calls a registered Python function."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from genops.artifacts import Value
from genops.chains import Expr, Need, Step, StepContext, mapping_of, step_kind


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
        return await context.call_tool(self.tool, mapping_of(context.inputs["with_"], "with"))
