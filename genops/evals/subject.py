"""What a scorer looks at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from genops.artifacts import Value
from genops.chains import evaluate, reads_of
from genops.chains.block import GLOBALS
from genops.errors import DefinitionError, Location, nearest
from genops.evals.case import Case
from genops.evals.sample import Sample, ScoringContext
from genops.store.records.runs import RunRecord
from genops.syntax import compile_value
from genops.tracing.trace import Trace

_VARIABLES = frozenset({*Sample(Case("", {}), "", 0, None, RunRecord("", "", "", 0)).variables(), "steps"})


def compile_subject(raw: Any, at: Location) -> Any:
    """Compiles an ``of``.

    Args:
        raw: As it is written.
        at: Where.

    Raises:
        DefinitionError: It is no value that can be compiled, or reads a variable that no sample has.
    """
    of = compile_value(raw, at)
    for read in reads_of(of):
        if read.root not in _VARIABLES | GLOBALS:
            raise DefinitionError(f"there is no variable {read.root!r}", at=at, hint=nearest(read.root, _VARIABLES))
    return of


async def subject_of(of: Any, variables: Mapping[str, Any], context: ScoringContext) -> Value:
    """The value of ``of`` over a sample and, where it reads them, over the steps of its run (``steps.answer.output``).

    Args:
        of: Compiled.
        variables: Of the sample.
        context: Gives the run's trace.

    Raises:
        InputError: It reads what is not there.
        Unscored: It reads a step, and the trace is incomplete.
    """
    if any(read.root == "steps" for read in reads_of(of)):
        variables = {**variables, "steps": step_outputs(await context.trace())}
    value: Value = evaluate(of, variables)
    return value


def step_outputs(trace: Trace) -> dict[str, dict[str, Value]]:
    """The outputs of the steps of a chain's own block that were done."""
    done = [span for span in trace.spans if span.kind in ("step", "agent") and "/" not in span.path]
    return {span.path: {"output": trace.value(span.output)} for span in done if span.output is not None}
