"""``chain``: runs another chain as a step."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from genops.artifacts import Value
from genops.chains import Expr, Need, Step, StepContext, step_kind
from genops.errors import InputError


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
        inputs = context.inputs["with_"]
        if not isinstance(inputs, dict):
            raise InputError(f"`with` is {type(inputs).__name__}, not a mapping of inputs")
        return await context.run_chain(self.chain, inputs)
