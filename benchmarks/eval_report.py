"""How long the HTML report of an evaluation takes to write, to open in a browser, and to answer there."""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.chromium import CHROMIUM, Browser
from benchmarks.made_evaluation import made_evaluation
from benchmarks.report import Row, table
from genops.evals import Case
from genops.evals.reports.html import html_report
from genops.evals.summary import Tally, summarise
from genops.executor import Project
from genops.settings import load_settings

VARIANTS = ("answer@production", "answer")
LIMIT = 2.0
_WORDS = [
    "index",
    "snapshot",
    "lock",
    "trace",
    "replay",
    "prompt",
    "model",
    "chain",
    "suite",
    "gate",
    "drift",
    "store",
    "payload",
    "span",
    "digest",
    "memo",
]
_SCORERS = [
    {"name": "contains", "scorer": "contains", "range": [0, 1], "lower_is_better": False, "threshold": 1.0},
    {"name": "faithful", "scorer": "faithfulness", "range": [0, 1], "lower_is_better": False, "threshold": 0.5},
]
_FRAME = "new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()))))"
_OPENED = f"""(async () => {{
  const frame = await {_FRAME};
  return [performance.getEntriesByName("rows")[0].startTime, performance.getEntriesByName("ready")[0].startTime, frame];
}})()"""


def _timed(action: str) -> str:
    """How many milliseconds something takes in the page, the frame that shows it included."""
    return f"(async () => {{ const from = performance.now(); {action}; return await {_FRAME} - from; }})()"


ACTIONS = {
    "sorting by a score": _timed('sortBy("score faithful")'),
    "filtering the samples that moved": _timed('wanted.state = "moved"; await listRows(); wanted.state = ""'),
    "the first search in all texts": _timed('wanted.words = ["snapshot"]; await listRows(); wanted.words = []'),
    "scrolling, a frame": f"""(async () => {{
      await listRows();
      const from = performance.now();
      for (let frame = 0; frame < 60; frame += 1) {{ scroller.scrollTop += 3000; await {_FRAME}; }}
      return (performance.now() - from) / 60;
    }})()""",
    "opening a sample": _timed("await openSample(rows[rows.length >> 1])"),
}


def run(samples: int = 20_000, repeats: int = 5) -> list[Row]:
    """The medians over some openings of one report."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        (root / "genops.toml").write_text("")
        project = Project(load_settings(root))
        record = made_evaluation(project, _cases(samples // 2), VARIANTS, _sample, _SCORERS)
        summary = summarise(Tally.read(project.store, record, project.settings.data_dir))
        page = root / "report.html"
        started = time.perf_counter()
        with page.open("w", encoding="utf-8") as file:
            file.writelines(html_report(project, summary))
        written = time.perf_counter() - started
        size = page.stat().st_size / 1e6
        project.close()
        what = f"the report of {samples:,} samples"
        rows = [Row(f"{what}: written", f"{written:.1f} s, {size:.1f} MB", "")]
        if CHROMIUM is None:
            return [*rows, Row(f"{what}: opened", "no Chromium on the PATH", "")]
        opened, actions = asyncio.run(_measured(page.as_uri(), repeats))
    for place, name in enumerate(("to its first row", "to the whole page", "to a frame that answers")):
        taken = median(times[place] for times in opened) / 1e3
        rows.append(Row(f"{what}: {name}", f"{taken:.2f} s (n {repeats})", f"{LIMIT:g} s", taken / LIMIT, 1.0))
    for name, values in actions.items():
        rows.append(Row(f"{what}: {name}", f"{median(values):.0f} ms (n {repeats})", ""))
    return rows


async def _measured(url: str, repeats: int) -> tuple[list[list[float]], dict[str, list[float]]]:
    """Milliseconds since the navigation, for each opening; and those of each action."""
    opened: list[list[float]] = []
    actions: dict[str, list[float]] = {name: [] for name in ACTIONS}
    for _ in range(repeats):
        async with Browser() as browser:
            await browser.open(url)
            opened.append(await browser.value(_OPENED))
            for name, action in ACTIONS.items():
                actions[name].append(await browser.value(action))
    return opened, actions


def _cases(count: int) -> list[Case]:
    draw = random.Random(0)
    return [
        Case(f"case-{number}", {"question": f"{' '.join(draw.choices(_WORDS, k=12))}?"}, draw.choice(_WORDS))
        for number in range(count)
    ]


def _sample(case: Case, variant: str) -> dict[str, Any]:
    """An answer of some 120 words, of which a tenth differs between variants."""
    draw, own = random.Random(case.id), random.Random(case.id + variant)
    if own.random() < 0.01:
        return {"status": "error", "error": {"type": "ServerFailed", "message": "503 from the server"}}
    words = [own.choice(_WORDS) if own.random() < 0.1 else draw.choice(_WORDS) for _ in range(120)]
    answer, faithful = " ".join(words), min(1.0, max(0.0, own.gauss(0.7, 0.2)))
    evidence = [{"text": words[0], "source": "output", "span": [0, len(words[0])]}]
    contains = case.expected in words
    unscored = {"unscored": "the judge gave no verdict"}
    judged = {"value": faithful, "passed": faithful >= 0.5, "explanation": " ".join(words[:25]), "evidence": evidence}
    scores = {
        "contains": {"value": float(contains), "passed": contains},
        "faithful": unscored if own.random() < 0.01 else judged,
    }
    used = {"seconds": own.random() * 3, "cost": own.random() / 1e3, "input_tokens": 900, "output_tokens": 150}
    return {"output": answer, "scores": scores, **used}


if __name__ == "__main__":
    sys.stdout.write(table(run()))
