"""A suite of 2,000 cases with one ``contains``, 100 at a time, against a server that answers in 50 ms.

genops traces every run, keeps every sample, and its time ends when all of that is durable; beside it a bare aiohttp
loop that checks the same text.
"""

from __future__ import annotations

import time

from benchmarks.beside_aiohttp import compare, main_of
from benchmarks.report import Row

MODULE, WHAT = "benchmarks.evaluation", "cases"


def evaluated(url: str, count: int, at_once: int) -> float:
    """Seconds of a whole evaluation: plan, samples, scores, every record durable."""
    from genops.evals import define_suite, evaluate
    from genops.executor import Project
    from genops.settings import load_settings

    project = Project(load_settings())
    project.store.clear_cache("memo")
    suite = define_suite(
        "pong",
        chain="ask",
        dataset=[{"question": f"Question {row}?", "expected": "pong"} for row in range(count)],
        scorers=["contains"],
    )
    start = time.perf_counter()
    done = evaluate(suite, project, concurrency=at_once)
    assert project.store.writer.flush(30.0)
    seconds = time.perf_counter() - start
    assert sum(sample.scores["contains"]["passed"] for sample in project.store.samples(done.record.id)) == count
    project.close()
    return seconds


def run(count: int = 2_000, at_once: int = 100, repeats: int = 3) -> list[Row]:
    """Both sides, and their ratios."""
    return compare(MODULE, WHAT, count, at_once, repeats)


if __name__ == "__main__":
    main_of(MODULE, WHAT, evaluated)
