"""``branch``: runs the first block whose condition holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from genops.artifacts import Value
from genops.chains import Block, Step, StepContext, StepSkipped, is_true, parsing_of, reads_of, step_kind
from genops.errors import DefinitionError
from genops.syntax import Reads, compile_value


@dataclass(frozen=True, slots=True)
class Case:
    """One block and its condition; None stands for "otherwise"."""

    when: Any
    block: Block


def _parse_cases(raw: Any, info: ValidationInfo) -> tuple[Case, ...]:
    parsing = parsing_of(info).below("branch")
    if not isinstance(raw, list) or not raw or not all(isinstance(case, dict) for case in raw):
        raise DefinitionError("`branch` is a list of blocks, each with `when:`", at=parsing.at())
    cases = []
    for index, case in enumerate(raw):
        if "when" not in case and index < len(raw) - 1:
            raise DefinitionError("only the last block of a branch may have no `when:`", at=parsing.at(index))
        if "when" in case and case["when"] is None:
            raise DefinitionError("`when:` is empty", at=parsing.at(index, "when"), hint="the last block needs none")
        when = compile_value(case["when"], parsing.at(index, "when")) if "when" in case else None
        inside = {key: value for key, value in case.items() if key != "when"}
        cases.append(Case(when, Block.parse(inside, parsing.below(index))))
    return tuple(cases)


_CASES_SCHEMA = WithJsonSchema({"type": "array", "minItems": 1, "items": {"$comment": "#/$defs/Case"}})


@step_kind("branch")
class BranchStep(Step):
    """Runs one of several blocks: the first whose ``when`` is true, or the last when it has none.

    With no block to run the step is skipped: its output is undefined.

    Attributes:
        branch: ``[{when, steps, output}, …, {steps, output}]``.
    """

    branch: Annotated[Any, PlainValidator(_parse_cases), _CASES_SCHEMA]

    def blocks(self) -> Iterator[tuple[str, Block]]:
        """The block of each case."""
        for index, case in enumerate(self.branch):
            yield f"[{index}]", case.block

    def reads(self) -> Iterator[Reads]:
        """The conditions' references, besides those of every step."""
        yield from super().reads()
        for case in self.branch:
            yield from reads_of(case.when)

    async def run(self, context: StepContext) -> Value:
        """Evaluates the conditions in order and runs one block."""
        for index, case in enumerate(self.branch):
            if case.when is None or is_true(context.evaluate(case.when)):
                return await context.run_block(case.block, f"[{index}]", {})
        raise StepSkipped
