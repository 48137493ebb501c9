"""A load test in words."""

from __future__ import annotations

from collections.abc import Iterator

from genops.serving.load.bench import BenchResult
from genops.serving.load.figures import LoadFigures
from genops.serving.load.objective import Ruling
from genops.serving.wording import estimate
from genops.tracing.quantities import counted, dollars

COLUMNS = {
    "ttft_p50": "first token p50",
    "ttft_p95": "first token p95",
    "per_token_p50": "a token p50",
    "per_token_p95": "a token p95",
    "inter_token_p95": "gap p95",
    "end_to_end_p95": "end to end p95",
    "requests": "requests",
    "output_tokens": "output",
}
"""Figures that are shown of each load; the others are in the JSON report."""

METHOD = (
    "Latencies count from the moment a request was due; `a token` is a request's mean time between its tokens, `gap`"
    " every pause between two pieces of its text. Intervals are 95% ones: of quantiles by order statistics or by blocks"
    " of requests that follow one another, whichever is wider; of rates by batch means. The warm-up and requests that"
    " failed are in no latency"
)


def about(result: BenchResult) -> str:
    """What was done to which model."""
    loop = "closed loop" if result.plan.loop == "closed" else "open loop, Poisson arrivals"
    return f"{result.model}, {loop}, {result.asked}, seed {result.plan.seed}"


def size(figures: LoadFigures) -> str:
    """How much a load rests on: ``n 100 after 16``."""
    return f"n {figures.answered:,} after {figures.load.warmup:,}"


def failures(figures: LoadFigures) -> str:
    """How many requests failed, and of what; empty for none."""
    if not figures.errors:
        return ""
    kinds = ", ".join(f"{count:,} {name}" for name, count in figures.errors.items())
    return f"{kinds} ({estimate(figures.figures['failed_share'])}): {' '.join(figures.example.split())[:160]}"


def ruled(ruling: Ruling) -> str:
    """Whether a load keeps an objective, and what that rests on."""
    interval = f"[{ruling.low:.1%}, {ruling.high:.1%}]"
    return (
        f"{ruling.objective}: {ruling.verdict}; {ruling.broken:,} of {ruling.n:,} requests break it, {ruling.share:.1%}"
        f" {interval} at {ruling.confidence:.2%} an end"
    )


def found(result: BenchResult) -> str:
    """The highest load that keeps the objectives; empty where it was not searched."""
    highest = result.highest
    if highest is None:
        return ""
    unit = "requests at once" if result.plan.loop == "closed" else "requests/s"
    confidence = f"with confidence {highest.confidence:.0%} over all {len(highest.probes)} looks"
    kept = " and ".join(map(str, result.plan.objectives))
    if highest.level is None:
        return f"no load that was tried is shown to keep {kept}, {confidence}"
    above = f"; {highest.next:g} is not shown to" if highest.next is not None else "; it is the highest allowed"
    return f"{highest.level:g} {unit} keep {kept}, {confidence}{above}"


def costs(result: BenchResult) -> Iterator[str]:
    """What tokens cost, and how that was found; nothing where it is not known."""
    cost, hardware = result.cost, result.plan.hardware
    if cost is None or hardware is None:
        return
    paid = f"{dollars(hardware.gpu_hour)} for a GPU hour, {counted(hardware.gpus, 'GPU')}"
    used = "" if hardware.utilisation == 1 else f", at work {hardware.utilisation:.0%} of the time"
    yield f"input {estimate(cost.input)}, output {estimate(cost.output)}, in this mix {estimate(cost.blended)}"
    yield f"at {result.priced}: {paid}{used}; {cost.split}"
