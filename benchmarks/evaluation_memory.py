"""Whether memory stays flat over a large evaluation: the resident size of its process, sample by sample."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.memory import growth, resident
from benchmarks.report import Row, table

_CHAIN = "inputs: {n: int}\nsteps: {double: {tool: double, with: {n: '{{ inputs.n }}'}}}\n"


def run(count: int = 100_000) -> list[Row]:
    """Resident size after three tenths of the cases and after all of them."""
    import genops
    from genops.evals import Suite, evaluate
    from genops.executor import Project
    from genops.plugins import registry
    from genops.settings import load_settings

    def double(n: int) -> int:
        return 2 * n

    def cases() -> Iterator[dict[str, Any]]:
        for n in range(count):
            yield {"id": str(n), "n": n, "expected": 2 * n}

    genops.tool(double)
    registry.add("dataset", "numbers", cases)
    sizes: dict[int, int] = {}
    early = 3 * count // 10
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "chains").mkdir()
        (root / "genops.toml").write_text("")
        (root / "chains" / "double.yaml").write_text(_CHAIN)
        project = Project(load_settings(root))
        data = {"chain": "double", "dataset": {"call": "numbers"}, "scorers": ["equals"]}

        def note(progress: Any) -> None:
            if progress.finished in (early, count):
                sizes[progress.finished] = resident()

        done = evaluate(Suite.from_data(data, "numbers", root), project, on_progress=note)
        kept = sum(1 for _ in project.store.samples(done.record.id))
        project.close()
    assert kept == count, f"{kept} of {count} samples are on record"
    return [growth("cases", count, sizes[count], early, sizes[early])]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    sys.stdout.write(table(run(parser.parse_args().count)))
