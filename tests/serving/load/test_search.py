"""The highest load that is shown to do: found near the truth, in as many looks as were foreseen."""

import pytest

from genops.serving.load.figures import figures_of
from genops.serving.load.objective import Objective, rule_on
from genops.serving.load.search import Probe, highest, looks_of, requests_for
from tests.serving.load.timed import measured, timing

FIRST = Objective("ttft", 0.95, 0.5)


def prober(capacity, levels, loop="closed"):
    """A server that keeps the objective up to a load, and breaks it above that."""

    async def probe(level, alpha):
        levels.append((level, alpha))
        ttft = 0.1 if level <= capacity else 0.9
        n = requests_for([FIRST], alpha)
        load = measured([timing(due=place, ttft=ttft) for place in range(n)], level, loop)
        return Probe(figures_of(load), (rule_on(FIRST, load, alpha),))

    return probe


@pytest.mark.parametrize("capacity", [1, 2, 3, 7, 11, 16, 100, 255])
async def test_it_is_found_among_whole_numbers(capacity):
    levels = []
    found = await highest("closed", 1, 256, 0.95, prober(capacity, levels))
    assert found.level <= capacity < found.next
    assert found.next / found.level <= 1.1 or found.next - found.level == 1
    assert len(levels) <= looks_of(1, 256)
    assert all(alpha == pytest.approx(0.05 / looks_of(1, 256)) for _, alpha in levels)
    assert all(level == int(level) for level, _ in levels)


@pytest.mark.parametrize("capacity", [0.7, 3.3, 40.0])
async def test_it_is_found_among_rates(capacity):
    levels = []
    found = await highest("open", 0.5, 64, 0.95, prober(capacity, levels, "open"))
    assert found.level <= capacity < found.next <= found.level * 1.1 + 1e-9
    assert len(levels) <= looks_of(0.5, 64)


async def test_the_highest_that_is_allowed_may_do():
    found = await highest("closed", 1, 100, 0.95, prober(1000, []))
    assert (found.level, found.next) == (100, None)


async def test_the_least_may_not_do():
    found = await highest("closed", 4, 64, 0.95, prober(2, []))
    assert (found.level, found.next) == (None, 4)
    assert len(found.probes) == 1
