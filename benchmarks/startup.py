"""How long ``genops --help`` takes, beside what its libraries alone take to import."""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks.installed import compile_modules
from benchmarks.report import Row, table

SIDES = {
    "genops": [sys.executable, "-m", "genops", "--help"],
    "libraries": [sys.executable, "-c", "import typer, pydantic"],
}


def run(repeats: int = 10) -> list[Row]:
    """The best of some repeats of each, in turns."""
    compile_modules()
    taken: dict[str, list[float]] = {side: [] for side in SIDES}
    for _ in range(repeats):
        for side, command in SIDES.items():
            start = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            taken[side].append(time.perf_counter() - start)
    best = {side: min(times) for side, times in taken.items()}
    return [
        Row(
            "genops --help",
            f"{best['genops'] * 1e3:.0f} ms",
            f"python -c 'import typer, pydantic' {best['libraries'] * 1e3:.0f} ms",
            best["genops"] / best["libraries"],
            3.0,
        )
    ]


if __name__ == "__main__":
    sys.stdout.write(table(run()))
