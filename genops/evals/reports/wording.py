"""Numbers of a summary as people read them: each with its unit and its interval."""

from __future__ import annotations

from collections.abc import Sequence

from genops.evals.gate import Verdict
from genops.evals.rule_test import RuleVerdict
from genops.evals.summary import CostPerPass, Counts, Difference, Failure, Measure, PairSummary, Summary
from genops.tracing.quantities import counted, dollars, seconds

NONE = "-"
_NAMED = 6
KINDS: dict[Failure, str] = {"infrastructure": "infrastructure failed", "bad": "bad output", "unscored": "unscored"}
OUTCOMES = {"pass": "passed", "fail": "failed", "undecided": "undecided"}


def number(value: float, unit: str, *, signed: bool = False) -> str:
    """A number with its unit; ``signed`` for differences."""
    sign = "−" if value < 0 else "+" if signed and value > 0 else ""
    size = abs(value)
    match unit:
        case "share":
            text = f"{size * 100:.1f}{' points' if signed else '%'}"
        case "s":
            text = seconds(size) if size else "0 s"
        case "USD":
            text = dollars(size)
        case "tokens":
            text = f"{size:,.0f}"
        case _:
            text = f"{size:.3f}" if size < 100 else f"{size:,.1f}"
    return sign + text


def measured(measure: Measure, *, signed: bool = False) -> str:
    """An estimate with its interval: ``0.912 [0.874, 0.941]``; without one, ``0.912 [no interval]``."""
    if measure.value is None:
        return NONE
    value = number(measure.value, measure.unit, signed=signed)
    return f"{value} {interval(measure, signed=signed)}"


def per_pass(found: CostPerPass) -> str:
    """What a passing sample costs, or why that is not known, and how many samples are left out."""
    measure = found.measure
    text = measure.missing if measure.value is None else measured(measure)
    return text + (f" ({found.unknown:,} unknown)" if found.unknown else "")


def corrected(measure: Measure) -> str:
    """A mean that human labels correct; empty where they do not."""
    why = f" ({measure.missing})" if measure.missing else ""
    return "" if measure.value is None else f"corrected by {counted(measure.n, 'label')} {measured(measure)}{why}"


def uncorrected(summary: Summary) -> list[str]:
    """Why scores are not corrected although there are labels, each reason once."""
    reasons: dict[str, list[str]] = {}
    for variant in summary.variants:
        for name, metric in variant.metrics.items():
            if metric.corrected is not None and metric.corrected.value is None:
                reasons.setdefault(metric.corrected.missing, []).append(f"{variant.name} {name}")
    return [f"not corrected by labels: {some(which)}: {why}" for why, which in reasons.items()]


def some(names: Sequence[str]) -> str:
    """Names in a sentence, a few of many."""
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else "")


def interval(measure: Measure, *, signed: bool = False) -> str:
    """The interval of an estimate."""
    if measure.low is None or measure.high is None:
        return "[no interval]"
    ends = (number(end, measure.unit, signed=signed) for end in (measure.low, measure.high))
    return f"[{', '.join(ends)}]"


def probability(p: float | None) -> str:
    """A p-value."""
    return NONE if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def moves(difference: Difference) -> str:
    """Cases won, tied and lost: ``12/80/8``."""
    return f"{difference.wins:,}/{difference.ties:,}/{difference.losses:,}"


def failures(counts: Counts) -> str:
    """The three kinds of failure, always all of them."""
    return f"{counts.infrastructure:,} infrastructure failed, {counts.unscored:,} unscored, {counts.bad:,} bad"


def more_failures(summary: Summary, shown: int) -> str:
    """How many failures are not among those shown, and where they are; empty where all are."""
    counts = [variant.counts for variant in summary.variants]
    left = sum(count.infrastructure + count.bad + count.unscored for count in counts) - shown
    return f"… and {left:,} more: genops eval show {summary.evaluation[:12]} --failed" if left else ""


def size(summary: Summary) -> str:
    """How large an evaluation is: ``200 cases x 2 variants x 3 repeats``."""
    parts = [counted(summary.cases, "case"), counted(len(summary.variants), "variant")]
    if summary.repeat > 1:
        parts.append(f"{summary.repeat} repeats")
    if summary.clusters is not None:
        parts[0] += f" in {counted(summary.clusters, 'cluster')}"
    return " x ".join(parts)


def verdict(found: Verdict) -> str:
    """Where a gate stands, in one line."""
    seen = f"{found.used:,} of {found.samples:,} samples"
    early = found.outcome != "undecided" and found.seen < found.units
    certain = f"; certain at n {found.seen:,}, and nothing later counts" if early else ""
    return f"gate {OUTCOMES[found.outcome]} after {seen} (alpha {found.alpha:g}, about the {found.about}){certain}"


def critical(found: Verdict) -> list[tuple[str, tuple[str, ...]]]:
    """The cases that must pass and did not, or of which that is not known: what is wrong with them, and their ids."""
    kinds = (("must pass and did not", found.critical), ("must pass and have no score", found.critical_missing))
    return [(what, cases) for what, cases in kinds if cases]


def rule(found: RuleVerdict) -> str:
    """Where a rule stands, in one line."""
    estimate = NONE if found.estimate is None else f"{found.estimate:z.3f}"
    ends = "" if found.low is None or found.high is None else f" [{found.low:z.3f}, {found.high:z.3f}] at all times"
    missing = f", {found.missing:,} missing" if found.missing else ""
    return f"{OUTCOMES[found.outcome]}: {found.rule} ({found.variant}): {estimate}{ends}, n {found.n:,}{missing}"


def pairs(found: PairSummary) -> str:
    """What ratings and win rates rest on."""
    return (
        f"{found.verdicts:,} verdicts, {found.unscored:,} unscored; both orders agree in "
        f"{measured(found.orders_agree)}; ratings are log-odds against the average (Bradley and Terry), "
        "ties half a win each"
    )


def tests(summary: Summary) -> str:
    """How p-values were corrected, and for what; empty where nothing was tested."""
    if summary.correction is None or not summary.correction.tests:
        return ""
    names = summary.correction.tests
    shown = ", ".join(names[:8]) + (f", and {len(names) - 8:,} more" if len(names) > 8 else "")
    what = "p, the inverse of an e-value," if summary.correction.name == "e-bh" else "p"
    return f"{what} corrected by {summary.correction.method}, over {counted(len(names), 'test')}: {shown}"


def trace_command(run: str) -> str:
    """The command that shows a run; empty where there was none."""
    return f"genops trace show {run[:12]}" if run else ""


def short(text: str, length: int = 160) -> str:
    """The text on one line, cut to a length."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"
