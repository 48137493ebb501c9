"""``chain``: runs another chain as a step."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from genops.artifacts import Value
from genops.chains import Expr, Need, Step, StepContext, mapping_of, step_kind


@step_kind("chain")
class ChainStep(Step):
    """Runs a chain inside of this one; its steps stand under this step in the trace.

    Attributes:
        chain: Its reference.
        with_: Its inputs.
    """

    default_effect = "read"

    chain: str
    with_: Expr = Field(default_factory=dict, alias="with")

    def needs(self) -> Iterator[Need]:
        """The chain."""
        yield Need("chain", self.chain)

    async def run(self, context: StepContext) -> Value:
        """One run of the chain."""
        return await context.run_chain(self.chain, mapping_of(context.inputs["with_"], "with"))
