"""``map``: runs a block for every item of a list, several at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Literal

from pydantic import Field, field_validator

from genops.artifacts import Value
from genops.chains import Block, Expr, NestedBlock, Step, StepContext, step_kind
from genops.errors import GenopsError, InputError

_TAKEN = frozenset({"inputs", "steps", "index", "loop", "now"})


@step_kind("map")
class MapStep(Step):
    """Runs a block for every item; gives the list of outputs in the order of the items.

    Attributes:
        map: The list.
        as_: Name of the item in the block, beside ``index`` (from 0).
        concurrency: Items under way at once.
        on_error: ``fail`` ends the step with the first failure; ``null`` puts null in the failed item's place;
            ``skip`` leaves it out; ``report`` puts ``{"error": {"type", "message"}}`` there.
        do: The block.
    """

    map: Expr
    as_: str = Field(default="item", alias="as", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    concurrency: int = Field(default=8, ge=1, le=10_000)
    on_error: Literal["fail", "null", "skip", "report"] = "fail"
    do: NestedBlock

    @field_validator("as_")
    @classmethod
    def _name_is_free(cls, name: str) -> str:
        if name in _TAKEN:
            raise ValueError(f"{name!r} means something else in expressions; give the item another name")
        return name

    def blocks(self) -> Iterator[tuple[str, Block]]:
        """The block that runs for each item."""
        yield "", self.do

    def locals(self) -> frozenset[str]:
        """The item and its index."""
        return frozenset({self.as_, "index"})

    async def run(self, context: StepContext) -> Value:
        """Runs the items through a pool of ``concurrency`` workers."""
        items = context.inputs["map"]
        if not isinstance(items, list):
            raise InputError(f"`map` needs a list, not {type(items).__name__}")
        bound = context.settings.limits.map_items
        if len(items) > bound:
            raise InputError(f"`map` over {len(items):,} items, more than limits.map_items = {bound:,}")
        outputs: list[Value] = [None] * len(items)
        failed: set[int] = set()
        queue = iter(enumerate(items))

        async def work() -> None:
            for index, item in queue:
                try:
                    variables = {self.as_: item, "index": index}
                    outputs[index] = await context.run_block(self.do, f"[{index}]", variables)
                except GenopsError as error:
                    if self.on_error == "fail":
                        raise
                    failed.add(index)
                    if self.on_error == "report":
                        outputs[index] = {"error": {"type": type(error).__name__, "message": error.message}}

        await _all(work, min(self.concurrency, len(items)))
        if self.on_error == "skip":
            return [output for index, output in enumerate(outputs) if index not in failed]
        return outputs


async def _all(work: Callable[[], Coroutine[None, None, None]], count: int) -> None:
    """Runs ``count`` workers; the first failure ends the others and is raised as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(work())
    except* GenopsError as errors:
        raise errors.exceptions[0] from None
