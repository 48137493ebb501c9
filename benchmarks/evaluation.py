"""A suite of 2,000 cases with one ``contains``, 100 at a time, against a server that answers in 50 ms.

genops traces every run, keeps every sample, and its time ends when all of that is durable; beside it a bare aiohttp
loop that checks the same text. Once genops is called from Python, and once it is ``genops eval run``, with its report.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from benchmarks.beside_aiohttp import Seconds, Side, beside_bare, best_of, main_of, measure, rows_of, store_url, timed
from benchmarks.report import Row

_MODULE = "benchmarks.evaluation"
_SUITE = "kind: suite\nchain: ask\ndataset: pong.jsonl\nscorers: [contains]\n"


def cases(count: int) -> list[dict[str, str]]:
    """The dataset."""
    return [{"question": f"Question {row}?", "expected": "pong"} for row in range(count)]


def evaluated(url: str, count: int, at_once: int) -> float:
    """Seconds of a whole evaluation: plan, samples, scores, every record durable."""
    from genops.evals import define_suite, evaluate
    from genops.executor import Project
    from genops.settings import load_settings

    project = Project(load_settings())
    _ = project.store  # open: what is inside begins where everything is loaded
    suite = define_suite("pong", chain="ask", dataset=cases(count), scorers=["contains"])
    start = time.perf_counter()
    evaluate(suite, project, concurrency=at_once)
    assert project.store.writer.flush(30.0)
    seconds = time.perf_counter() - start
    project.close()
    return seconds


def check(root: Path, count: int) -> None:
    """Makes sure that the evaluation is stored: a run and a sample that passes for every case."""
    from genops.store import Store

    with Store.open(store_url(root)) as store:
        done = store.evaluations(limit=1)[0]
        passed = sum(sample.scores["contains"]["passed"] for sample in store.samples(done.id))
        runs = store.counts().runs
    assert (runs, passed) == (count, count), f"{runs} runs and {passed} samples that pass, of {count}"


def sides(count: int, at_once: int) -> dict[str, Side]:
    """What is measured."""

    def from_python(url: str, root: Path) -> Seconds:
        seconds = measure(_MODULE, "genops", url, count, at_once, root)
        check(root, count)
        return seconds

    def by_command(url: str, root: Path) -> Seconds:
        suites = root / "evals"
        suites.mkdir()
        (suites / "pong.yaml").write_text(_SUITE)
        (suites / "pong.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases(count)))
        command = [sys.executable, "-m", "genops", "eval", "run", "pong", "--concurrency", str(at_once)]
        said, whole = timed(command, root)
        assert f"{count:,} cases" in said, said
        check(root, count)
        return {"whole": whole}

    return {
        "bare": lambda url, root: measure(_MODULE, "bare", url, count, at_once, root),
        "genops": from_python,
        "command": by_command,
    }


def run(count: int = 2_000, at_once: int = 100, repeats: int = 5) -> list[Row]:
    """All sides, and their ratios."""
    best, processor = best_of(sides(count, at_once), at_once, repeats)
    what = f"{count:,} cases, {at_once} at a time, 50 ms server"
    command = beside_bare(f"{what}: whole, by `genops eval run`", best["command"]["whole"], best["bare"]["whole"], 2.0)
    return [*rows_of(what, best), command, processor]


if __name__ == "__main__":
    main_of(run, evaluated)
