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

_VARIABLES = frozenset(Sample(Case("", {}), "", 0, None, RunRecord("", "", "", 0)).variables())


def compile_subject(raw: Any, at: Location) -> Any:
    """Compiles an ``of``, which reads the variables of a sample, and the steps of its run.

    Args:
        raw: As it is written.
        at: Where.

    Raises:
        DefinitionError: It is no value that can be compiled, or reads a variable that no sample has.
    """
    return _compiled(raw, at, _VARIABLES | {"steps"})


def compile_over_sample(raw: Any, at: Location) -> Any:
    """Compiles what reads the variables of a sample alone: a setting of a scorer, or its condition.

    Raises:
        DefinitionError: As :func:`compile_subject`.
    """
    return _compiled(raw, at, _VARIABLES)


def _compiled(raw: Any, at: Location, variables: frozenset[str]) -> Any:
    value = compile_value(raw, at)
    for read in reads_of(value):
        if read.root not in variables | GLOBALS:
            raise DefinitionError(f"there is no variable {read.root!r}", at=at, hint=nearest(read.root, variables))
    return value


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
