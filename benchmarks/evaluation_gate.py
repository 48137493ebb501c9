"""What a gate takes of the suite of 2,000 cases: the CPU of its thread while it looks, by that of the whole evaluation.

Nine cases in ten pass and as many are wanted, at a tiny alpha, so that nothing is certain to the end and every unit is
looked at.
The evaluation's CPU is that of all threads until every record is durable; modules are loaded before.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from benchmarks.beside_aiohttp import projects, timed
from benchmarks.report import Row, table

_AT_ONCE = 100
_RULES = {
    "one rule": ["contains >= 0.9"],
    "three rules": ["contains >= 0.9", "latency <= 60 for 99.9%", "passed >= 0.9"],
}


def shares(count: int, rounds: int) -> dict[str, list[list[float]]]:
    """Seconds of CPU of the gate and of the evaluation, for each set of rules in turns."""
    from genops.executor import Project
    from genops.settings import load_settings

    project = Project(load_settings())
    found: dict[str, list[list[float]]] = {name: [] for name in _RULES}
    for name in _RULES:
        _evaluated(project, min(count, 50), _RULES[name])
    for _ in range(rounds):
        for name, rules in _RULES.items():
            found[name].append(_evaluated(project, count, rules))
    project.close()
    return found


def _evaluated(project: Any, count: int, rules: list[str]) -> list[float]:
    from genops.evals import define_suite, evaluate
    from genops.evals.suite_gate import SuiteGate

    project.store.clear_cache("memo")
    suite = define_suite(
        "gated",
        chain="ask",
        dataset=[{"question": f"Question {row}?", "expected": "pong" if row % 10 else "ping"} for row in range(count)],
        scorers=["contains", "latency"],
        gate={"rules": rules, "about": "population", "alpha": 1e-9},
    )
    taken = 0.0

    def timed(work: Callable[..., Any]) -> Callable[..., Any]:
        def measured(*given: Any) -> Any:
            nonlocal taken
            start = time.thread_time()
            try:
                return work(*given)
            finally:
                taken += time.thread_time() - start

        return measured

    with patch.multiple(SuiteGate, add_samples=timed(SuiteGate.add_samples), verdict=timed(SuiteGate.verdict)):
        start = time.process_time()
        done = evaluate(suite, project, gate=True, fresh=True, concurrency=_AT_ONCE)
        assert project.store.writer.flush(30.0)
        whole = time.process_time() - start
    assert done.gate is not None
    assert done.gate.seen == count
    return [taken, whole]


def run(count: int = 2_000, rounds: int = 5) -> list[Row]:
    """The median share of some rounds, for one rule and for three."""
    with projects(_AT_ONCE) as (_, made):
        found = _measured(count, rounds, made())
    return [
        Row(
            f"CPU of a gate of {name}, {count:,} cases of a suite",
            f"{1000 * median(gate for gate, _ in taken):.0f} ms",
            f"1% of the evaluation's {median(whole for _, whole in taken):.2f} s",
            100 * median(gate / whole for gate, whole in taken),
            1 if name == "one rule" else None,
        )
        for name, taken in found.items()
    ]


def _measured(count: int, rounds: int, root: Path) -> dict[str, list[list[float]]]:
    command = [sys.executable, "-m", "benchmarks.evaluation_gate", "--side", "--count", str(count)]
    said, _ = timed([*command, "--rounds", str(rounds)], root)
    taken: dict[str, list[list[float]]] = json.loads(said.splitlines()[-1])
    return taken


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", action="store_true")
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if options.side:
        sys.stdout.write(json.dumps(shares(options.count, options.rounds)) + "\n")
    else:
        sys.stdout.write(table(run(options.count, options.rounds)))
