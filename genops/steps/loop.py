"""``loop``: runs a block again until an expression holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from genops.artifacts import Value
from genops.chains import Block, Expr, LazyExpr, NestedBlock, Step, StepContext, is_true, step_kind
from genops.errors import BudgetExceeded


@step_kind("loop")
class LoopStep(Step):
    """Runs a block in rounds. The block reads ``loop.round`` (from 0) and ``loop.previous``, the last round's output.

    ``until`` is evaluated after each round with ``loop.output``, that round's output.

    Attributes:
        loop: The block.
        start: ``loop.previous`` in the first round.
        until: Ends the loop when true.
        max_rounds: The bound.
        at_bound: What happens there: the step fails, or gives the last output.
    """

    loop: NestedBlock
    start: Expr = None
    until: LazyExpr
    max_rounds: int = Field(default=10, ge=1, le=100_000)
    at_bound: Literal["fail", "last"] = "fail"

    def blocks(self) -> Iterator[tuple[str, Block]]:
        """The block of a round."""
        yield "", self.loop

    def locals(self) -> frozenset[str]:
        """The loop's state."""
        return frozenset({"loop"})

    async def run(self, context: StepContext) -> Value:
        """Runs rounds until the expression holds or the bound is reached."""
        previous: Value = context.inputs["start"]
        for number in range(self.max_rounds):
            state: dict[str, Value] = {"round": number, "previous": previous}
            previous = await context.run_block(self.loop, f"[{number}]", {"loop": state})
            if is_true(context.evaluate(self.until, {"loop": {**state, "output": previous}})):
                return previous
        if self.at_bound == "last":
            return previous
        raise BudgetExceeded(
            f"the loop was not done after {self.max_rounds} rounds",
            hint="raise max_rounds, or set at_bound: last to take the last output",
        )
