"""What the model calls of a trace used, those of reused steps included."""

from __future__ import annotations

from dataclasses import dataclass

from genops.tracing import telemetry
from genops.tracing.trace import Trace


@dataclass(frozen=True, slots=True)
class ModelUse:
    """Sums over the answered model calls.

    Attributes:
        cost: US dollars.
        input_tokens: As the providers counted them.
        output_tokens: As the providers counted them.
        unpriced: Aliases with a call of unknown price.
        uncounted: Aliases with a call of unknown tokens.
    """

    cost: float
    input_tokens: int
    output_tokens: int
    unpriced: tuple[str, ...]
    uncounted: tuple[str, ...]


def model_use(trace: Trace) -> ModelUse:
    """The sums of a trace."""
    calls = [span for span in trace.spans if span.kind == "model" and span.status == "ok"]
    costs = [(span.name, span.attributes.get(telemetry.COST_USD)) for span in calls]
    given, made = ([(span.name, span.attributes.get(name)) for span in calls] for name in telemetry.USAGE)
    return ModelUse(
        sum(cost for _, cost in costs if cost is not None),
        sum(count for _, count in given if count is not None),
        sum(count for _, count in made if count is not None),
        _unknown(costs),
        _unknown([*given, *made]),
    )


def _unknown(values: list[tuple[str, float | int | None]]) -> tuple[str, ...]:
    return tuple(sorted({name for name, value in values if value is None}))
