"""The suite of ``benchmarks.evaluation`` by other harnesses, where they are installed: their whole time and ours.

``--promptfoo COMMAND`` and ``--pydantic-evals PYTHON`` say where they are. Each asks the same 2,000 questions of the
same server, 100 at a time, and checks each answer for one word.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.beside_aiohttp import measure, projects
from benchmarks.report import Row, table

_PYDANTIC_EVALS = """
import asyncio, sys
from openai import AsyncOpenAI
from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import Contains

url, count, at_once = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
client = AsyncOpenAI(base_url=url, api_key="none")

async def ask(question: str) -> str:
    made = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    return made.choices[0].message.content

dataset = Dataset(
    name="pong",
    cases=[Case(name=str(row), inputs=f"Question {row}?") for row in range(count)],
    evaluators=[Contains(value="pong")],
)
report = asyncio.run(dataset.evaluate(ask, max_concurrency=at_once, progress=False))
assert len(report.cases) == count, (len(report.cases), len(report.failures))
"""


def promptfoo(command: str, url: str, count: int, at_once: int, folder: Path) -> list[str]:
    """Writes promptfoo's configuration; the command that runs it."""
    config = {
        "prompts": ["{{question}}"],
        "providers": [{"id": "openai:chat:m", "config": {"apiBaseUrl": url, "apiKey": "none"}}],
        "tests": [
            {"vars": {"question": f"Question {row}?"}, "assert": [{"type": "contains", "value": "pong"}]}
            for row in range(count)
        ],
    }
    path = folder / "promptfooconfig.json"
    path.write_text(json.dumps(config))
    options = ["--no-cache", "--no-table", "--no-progress-bar", "--max-concurrency", str(at_once)]
    return [*command.split(), "eval", "-c", str(path), *options]


def pydantic_evals(python: str, url: str, count: int, at_once: int, folder: Path) -> list[str]:
    """Writes the program; the command that runs it."""
    path = folder / "pydantic_evals_suite.py"
    path.write_text(_PYDANTIC_EVALS)
    return [python, str(path), url, str(count), str(at_once)]


def seconds(command: list[str], folder: Path) -> float:
    """How long a command takes; a failure of it is an error."""
    quiet = dict.fromkeys(("PROMPTFOO_DISABLE_TELEMETRY", "PROMPTFOO_DISABLE_UPDATE"), "1")
    environment = {**os.environ, **quiet, "PROMPTFOO_CONFIG_DIR": str(folder)}
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def run(peers: dict[str, str], count: int = 2_000, at_once: int = 100) -> list[Row]:
    """One row a peer that is there."""
    makers: dict[str, Callable[[str, str, int, int, Path], list[str]]] = {
        "promptfoo": promptfoo,
        "pydantic-evals": pydantic_evals,
    }
    rows = []
    with projects(at_once) as (url, made):
        for name, where in peers.items():
            root = made()
            ours = measure("benchmarks.evaluation", "genops", url, count, at_once, root)["whole"]
            theirs = seconds(makers[name](where, url, count, at_once, root), root)
            what = f"{count:,} cases, {at_once} at a time, 50 ms server: whole"
            rows.append(Row(what, f"{ours:.2f} s", f"{name} {theirs:.1f} s", ours / theirs, 1.0))
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--promptfoo", metavar="COMMAND", help="as in `npx promptfoo`")
    parser.add_argument("--pydantic-evals", metavar="PYTHON", help="of an environment that has it and openai")
    parser.add_argument("--count", type=int, default=2_000)
    options = parser.parse_args()
    given = {"promptfoo": options.promptfoo, "pydantic-evals": options.pydantic_evals}
    sys.stdout.write(table(run({name: where for name, where in given.items() if where}, options.count)))
