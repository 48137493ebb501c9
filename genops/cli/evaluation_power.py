"""``genops eval power``: how many cases a wished-for difference needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from genops.cli.options import AsJson
from genops.cli.output import listing, say, say_json
from genops.cli.project import opened_store, settings_here
from genops.errors import UsageError

if TYPE_CHECKING:
    from genops.evals.power import PowerPlan, Spread


def power(
    difference: Annotated[float, typer.Option(help="To be told from none, or from a gate's margin.")],
    sd: Annotated[
        float | None, typer.Option(min=0, help="Standard deviation of the paired differences, of scores from 0 to 1.")
    ] = None,
    evaluation: Annotated[
        str | None, typer.Option(metavar="EVALUATION", help="Take the deviation of its first two variants.")
    ] = None,
    metric: Annotated[str | None, typer.Option(metavar="NAME", help="Whose deviation; default the first.")] = None,
    wanted: Annotated[float, typer.Option("--power", help="How often the difference is to be found.")] = 0.8,
    alpha: Annotated[float, typer.Option(help="How often a verdict may be wrong.")] = 0.05,
    cases: Annotated[
        int | None, typer.Option(min=2, help="Claim about a dataset of so many cases, instead of the population.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell how many cases a wished-for difference needs.

    Of a test that looks once at a fixed number, and of the gate, which stops as soon as it is certain (simulated).
    """
    from genops.evals.power import plan_cases

    if (sd is None) == (evaluation is None):
        raise UsageError("say --sd, or --evaluation to measure it", hint="--sd 0.5 is much, --sd 0.2 little")
    if metric is not None and evaluation is None:
        raise UsageError("--metric goes with --evaluation")
    plan = plan_cases(difference, _spread(sd, evaluation, metric), power=wanted, alpha=alpha, cases=cases)
    if as_json:
        say_json(plan.to_json())
    else:
        _say(plan)


def _spread(sd: float | None, evaluation: str | None, metric: str | None) -> Spread:
    from genops.evals.power import given_spread, measured_spread
    from genops.evals.results import Results

    if evaluation is None:
        return given_spread(sd or 0.0)
    with opened_store() as store:
        results = Results(store, settings_here())
        return measured_spread(results.tally(results.find(evaluation)), metric)


def _say(plan: PowerPlan) -> None:
    spread, fixed, gate = plan.spread, plan.fixed, plan.sequential
    n = f", n {spread.n:,}" if spread.n else ""
    say(f"difference {plan.difference:g}, standard deviation {spread.deviation:.3g} ({spread.source}{n})")
    rows = [
        {"test": f"looks once: {fixed.method}", "cases": f"{fixed.n:,}", "finds it": f"{fixed.power:.0%}"},
        {"test": "gate, half of the runs", "cases": f"{gate.median:,.0f}", "finds it": f"{gate.right:.0%}"},
        {"test": "gate, nine of ten runs", "cases": f"{gate.most:,.0f}", "finds it": f"{gate.right:.0%}"},
        {"test": "gate, on average", "cases": f"{gate.mean:,.0f}", "finds it": f"{gate.right:.0%}"},
    ]
    listing(("test", "cases", "finds it"), rows, as_json=False, right=("cases", "finds it"))
    about = "the population" if plan.cases is None else f"a dataset of {plan.cases:,} cases"
    undecided = f"{gate.undecided:.0%} undecided by then"
    say(f"alpha {fixed.alpha:g}; claims about {about}")
    say(f"gate: {gate.runs:,} simulated runs of up to {gate.budget:,} cases, {undecided}")
