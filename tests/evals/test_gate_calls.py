"""How many calls a gate saves: samples that are made, with what was under way when the verdict was certain."""

import asyncio
import random
from statistics import median

import numpy as np
import pytest

import genops
from genops.evals import Sample, scorer
from tests.stats.test_sequential import SCENARIOS

RUNS = 60
POWER = 0.996  # that the gate has at least in each scenario, as tests/stats/test_sequential.py shows
CASES = 2_000
CHAIN = """
    inputs: {text: str}
    steps:
      wait: {tool: nap, with: {text: "{{ inputs.text }}"}}
    output: "{{ steps.wait.output }}"
    """


class Scenario:
    """Evaluations whose scores are draws of a scenario.

    Attributes:
        name: Its name.
        fixed: Samples that the fixed test of the same power needs.
    """

    def __init__(self, lab, name):
        _, bound, (worst, _), self.draw, fixed = SCENARIOS[name]
        self.lab, self.name, self.values = lab, name, []
        paired = worst < 0
        self.fixed = fixed(POWER) * (2 if paired else 1)

        @scorer(f"right of {name}")
        def right(output: str, sample: Sample) -> float:
            value = self.values[int(output)]
            if paired:  # of a difference of -1 the new one loses, of one of 1 the old one
                return float(value >= 0 if sample.variant == "new" else value <= 0)
            return float(value)

        rows = [{"text": str(number)} for number in range(CASES)]
        rule = f"right not worse than old by {-bound}" if paired else f"right >= {bound}"
        arms = {"variants": [{"name": "old"}, {"name": "new"}]} if paired else {}
        uses = [{f"right of {name}": None, "name": "right"}]
        self.suite = lab.suite(rows, uses, chain="nap", gate=rule, **arms)

    def share(self, run):
        """The samples of a run, by those that the fixed test needs."""
        self.values = self.draw(np.random.default_rng([*map(ord, self.name), run]), CASES)
        return len(self.lab.run(self.suite, gate=True, fresh=True, memo=False, seed=run).samples) / self.fixed


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_median_over_runs_of_all_scenarios_is_at_most_40_percent_of_the_calls_of_the_fixed_test(lab):
    """Five clear differences with as many runs each, at the suite's own concurrency; a case takes 1 to 9 ms.

    All samples that were made count. The median is over the runs of all scenarios together: of one alone it may be
    above 40%, as the verdict by itself takes up to that. What it is of each stands in the docs.
    """

    @genops.tool
    async def nap(text: str) -> str:
        await asyncio.sleep(random.uniform(0.001, 0.009))
        return text

    lab.site.write("chains/nap.yaml", CHAIN)
    scenarios = {name: Scenario(lab, name) for name in SCENARIOS}
    shares = {name: [one.share(run) for run in range(RUNS)] for name, one in scenarios.items()}
    told = {name: round(median(found), 3) for name, found in shares.items()}
    assert median(share for found in shares.values() for share in found) <= 0.4, told
