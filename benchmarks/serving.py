"""What genops adds to a call of a model that it serves: beside the bare aiohttp client on the same server.

``python -m benchmarks.serving`` measures against the loopback server; ``--url http://127.0.0.1:8000/v1 --model tiny``
against any server that speaks OpenAI's protocol, and ``--vllm PYTHON --tokenizer DIR`` puts ``vllm bench serve`` beside
it. A call is routed to the server through the store's record of it, traced, and durable before the time ends.
Latency and throughput are those of calls each of which is a run of its own, of a chain of one step. CPU is that of a
call which is a step of a running chain, and beside it that of a whole run a call. All sides take turns inside one
process, so that what else the machine does falls on each.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.one_step import write_project
from benchmarks.report import Row, table

LOOPBACK_ONE = 0.005
LOOPBACK_MANY = 0.5
"""Seconds that the loopback server takes: for one at a time, and for 64 at once, as a short answer does on a GPU."""

LONGEST_MEDIAN = 1.0
MOST_CPU = 0.4
LEAST_SHARE = 0.97

_VLLM_BENCH = (
    "import argparse; from vllm.benchmarks import serve;"
    " parser = argparse.ArgumentParser(); serve.add_cli_args(parser); serve.main(parser.parse_args())"
)

Call = Callable[[int], Awaitable[None]]


@dataclass(frozen=True)
class Target:
    """A server.

    Attributes:
        url: With its ``/v1``.
        model: Under which it serves.
        key: That it asks for.
        parameters: Of every request.
    """

    url: str
    model: str
    key: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)


class Sides:
    """The ways to one server: a bare client, and genops. Made and used inside genops's loop.

    Args:
        target: The server.
        root: An empty folder for a project.
        at_once: Steps of a chain that has many.
    """

    def __init__(self, target: Target, root: Path, at_once: int = 1) -> None:
        from genops.executor import Chain, Project
        from genops.settings import load_settings

        parameters = ", ".join(f"{name} = {json.dumps(value)}" for name, value in target.parameters.items())
        write_project(
            root,
            f'default_model = "served"\n[models.served]\nmodel = "vllm/{target.model}"\n'
            f"parameters = {{{parameters}}}\nprice = {{input = 1.0, output = 1.0}}\n[models.served.vllm]\n",
        )
        self._target = target
        self.project = Project(load_settings(root))
        self._chain = Chain.load("ask", project=self.project)
        (root / "chains" / "ask_often.yaml").write_text(_many_steps(at_once))
        self._often = Chain.load("ask_often", project=self.project)
        self._keep_server(root)

    def _keep_server(self, root: Path) -> None:
        """Writes what a supervisor writes of a server that is ready, and holds the lock that shows it alive."""
        from genops.serving.supervisor.standing import hold
        from genops.store.records.serving import ServedRecord

        assert hold(root) is not None
        key = root / "key"
        key.write_text(self._target.key)
        now = time.time_ns()
        record = ServedRecord(
            id="0" * 32,
            alias="served",
            replica=0,
            host=socket.gethostname(),
            supervisor=os.getpid(),
            engine_pid=None,
            url=self._target.url,
            state="ready",
            phase="",
            started=now,
            ready=now,
            ended=None,
            beat=now,
            engine="",
            model=self._target.model,
            digests={},
            adapters={},
            sampling={},
            arguments=[],
            key_file=str(key),
            log=str(root / "log"),
        )
        self.project.store.keep_served(record)

    async def __aenter__(self) -> Sides:
        import aiohttp

        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def bare(self, number: int) -> None:
        """One call by aiohttp alone."""
        target = self._target
        messages = [{"role": "user", "content": f"Question {number}?"}]
        body = {"model": target.model, "messages": messages, **target.parameters}
        headers = {"Authorization": f"Bearer {target.key}"} if target.key else {}
        async with self._session.post(f"{target.url}/chat/completions", json=body, headers=headers) as answer:
            assert (await answer.json())["choices"]

    async def genops(self, number: int) -> None:
        """The same call as a run of a chain."""
        assert isinstance((await self._chain.run_with({"question": f"Question {number}?"})).output, str)

    async def steps(self, number: int) -> None:
        """As many calls at once, each a step of one run."""
        await self._often.run_with({"question": f"Question {number}"})

    def flush(self) -> None:
        """Waits until everything is durable."""
        assert self.project.store.writer.flush(60.0)


def _many_steps(count: int) -> str:
    asked = "".join(
        f'  ask_{number}: {{prompt: ask, with: {{question: "{{{{ inputs.question }}}} {number}?"}}}}\n'
        for number in range(count)
    )
    return f'inputs: {{question: str}}\nsteps:\n{asked}output: "{{{{ steps.ask_0.output }}}}"\n'


@dataclass
class Figures:
    """What was measured, in milliseconds and calls a second, each beside the bare client's."""

    added: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    step_cpu: list[float] = field(default_factory=list)
    run_cpu: list[float] = field(default_factory=list)
    rates: list[tuple[float, float]] = field(default_factory=list)


async def one_at_a_time(sides: Sides, calls: int, figures: Figures) -> None:
    """Latency in pairs of calls, who is first by turns."""
    numbers = iter(range(10**9))
    for call in (sides.bare, sides.genops):
        for _ in range(20):
            await call(next(numbers))
    for pair in range(calls):
        order = (sides.bare, sides.genops) if pair % 2 else (sides.genops, sides.bare)
        took = {call: await _milliseconds(call, next(numbers)) for call in order}
        figures.added.append(took[sides.genops] - took[sides.bare])
        figures.bare.append(took[sides.bare])


async def _milliseconds(call: Call, number: int) -> float:
    began = time.perf_counter()
    await call(number)
    return (time.perf_counter() - began) * 1000


async def many_at_once(sides: Sides, calls: int, rounds: int, at_once: int, figures: Figures) -> None:
    """Throughput and CPU by rounds of calls, until everything is durable, who is first by turns; one round warms up."""
    plans = {"bare": (sides.bare, calls, at_once), "run": (sides.genops, calls, at_once)}
    plans["step"] = (sides.steps, calls // at_once, 1)
    for call, times, callers in plans.values():
        await _round(sides, call, times, callers)
    for number in range(rounds):
        order = [*plans, *plans][number % len(plans) :][: len(plans)]
        took = {name: await _round(sides, *plans[name]) for name in order}
        (rate, cpu), (bare_rate, bare_cpu) = took["run"], took["bare"]
        figures.rates.append((rate, bare_rate))
        figures.run_cpu.append(cpu - bare_cpu)
        figures.step_cpu.append(took["step"][1] / at_once - bare_cpu)


async def _round(sides: Sides, call: Call, calls: int, at_once: int) -> tuple[float, float]:
    """Calls a second, and CPU milliseconds of the process for each, its writer included.

    A call of :meth:`Sides.steps` is as many as its chain has steps.
    """
    left = iter(range(calls))

    async def caller() -> None:
        for number in left:
            await call(number)

    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(caller() for _ in range(at_once)))
    await asyncio.to_thread(sides.flush)
    return calls / (time.perf_counter() - wall), (time.process_time() - cpu) * 1000 / calls


def _told(values: list[float], unit: str, digits: int = 2) -> tuple[str, float]:
    """The median, with its interval where there are values enough for one."""
    from genops.stats.order_statistics import order_statistic_interval

    found = order_statistic_interval(values, 0.5)
    bounds = "" if found.bounds is None else f" ({found.bounds[0]:.{digits}f} to {found.bounds[1]:.{digits}f})"
    return f"{found.estimate:.{digits}f}{bounds} {unit}", found.estimate


def rows_of(figures: Figures, at_once: int) -> list[Row]:
    """The figures with their intervals, beside what they are held to."""
    rows = []
    if figures.added:
        added, median = _told(figures.added, "ms")
        bare, _ = _told(figures.bare, "ms")
        what = f"added at the median of {len(figures.added)} pairs of calls"
        rows.append(Row(what, added, f"of {LONGEST_MEDIAN} ms; the bare call {bare}", median / LONGEST_MEDIAN, 1))
    if figures.step_cpu:
        cpu, median = _told(figures.step_cpu, "ms")
        what = (
            f"CPU added to a call that is a step of a run, {at_once} at once, median of {len(figures.step_cpu)} rounds"
        )
        rows.append(Row(what, cpu, f"of {MOST_CPU} ms", median / MOST_CPU, 1))
        rows.append(Row("the same, a call that is a run of its own", _told(figures.run_cpu, "ms")[0], ""))
    if figures.rates:
        share, median = _told([own / bare for own, bare in figures.rates], "of the bare client's", 3)
        best = max(bare for _, bare in figures.rates)
        what = f"calls a second, {at_once} at once, median of {len(figures.rates)} rounds"
        rows.append(Row(what, share, f"at least {LEAST_SHARE} of {best:.0f}/s", LEAST_SHARE / median, 1))
    return rows


def vllm_bench(target: Target, python: str, tokenizer: str, calls: int, at_once: int) -> float:
    """Calls a second of vLLM's own client, which asks for as many tokens of made-up prompts.

    Args:
        target: The server.
        python: Of the environment that has vLLM.
        tokenizer: Folder with the model's.
        calls: How many.
        at_once: How many of them are under way.
    """
    with tempfile.TemporaryDirectory() as folder:
        options = {
            "backend": "openai-chat",
            "base-url": target.url.removesuffix("/v1"),
            "endpoint": "/v1/chat/completions",
            "model": target.model,
            "tokenizer": tokenizer,
            "dataset-name": "random",
            "random-input-len": 8,
            "random-output-len": target.parameters["max_tokens"],
            "num-prompts": calls,
            "max-concurrency": at_once,
            "request-rate": "inf",
            "result-dir": folder,
            "result-filename": "result.json",
        }
        flags = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        subprocess.run(
            [python, "-c", _VLLM_BENCH, *flags, "--save-result", "--ignore-eos", "--disable-tqdm"],
            env={**os.environ, "OPENAI_API_KEY": target.key or "none"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        return float(json.loads(Path(folder, "result.json").read_text())["request_throughput"])


@contextmanager
def loopback(latency: float) -> Iterator[Target]:
    """The loopback server in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.loopback_server", "--latency", str(latency)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield Target(server.stdout.readline().strip(), "test-model", parameters={"max_tokens": 16})
        finally:
            server.stdin.close()


def run(calls: int = 400, rounds: int = 8, at_once: int = 64, target: Target | None = None) -> list[Row]:
    """Both sides, one at a time and many at once.

    Args:
        calls: Pairs of calls one at a time, and calls of a round of many at once.
        rounds: Of each.
        at_once: How many are under way.
        target: The server; the loopback server when not given.
    """
    from genops.executor import run_sync

    figures = Figures()

    async def alone(sides: Sides) -> None:
        async with sides:
            await one_at_a_time(sides, calls, figures)

    async def together(sides: Sides) -> None:
        async with sides:
            await many_at_once(sides, calls, rounds, at_once, figures)

    for measure, latency in ((alone, LOOPBACK_ONE), (together, LOOPBACK_MANY)):
        with ExitStack() as stack:
            root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            sides = Sides(target or stack.enter_context(loopback(latency)), root, at_once)
            stack.callback(sides.project.close)
            run_sync(measure(sides))
    return rows_of(figures, at_once)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="of a server, with its /v1; the loopback server when not given")
    parser.add_argument("--model", default="test-model", help="the name under which it serves")
    parser.add_argument("--key-env", help="name of the environment variable with its key")
    parser.add_argument("--max-tokens", type=int, default=16, help="of each answer")
    parser.add_argument("--calls", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--at-once", type=int, default=64)
    parser.add_argument("--vllm", metavar="PYTHON", help="of an environment that has vLLM: `vllm bench serve` as well")
    parser.add_argument("--tokenizer", metavar="DIR", help="with the model's tokenizer, for `vllm bench serve`")
    options = parser.parse_args()
    target = None
    if options.url:
        parameters: dict[str, Any] = {"max_tokens": options.max_tokens, "temperature": 0}
        if options.vllm:
            parameters["ignore_eos"] = True
        key = os.environ.get(options.key_env, "") if options.key_env else ""
        target = Target(options.url.rstrip("/"), options.model, key, parameters)
    rows = run(options.calls, options.rounds, options.at_once, target)
    if options.vllm and target is not None:
        rows.append(
            beside_vllm_bench(target, options.vllm, options.tokenizer, options.calls, options.rounds, options.at_once)
        )
    sys.stdout.write(table(rows))


def beside_vllm_bench(target: Target, python: str, tokenizer: str, calls: int, rounds: int, at_once: int) -> Row:
    """genops's throughput and that of ``vllm bench serve``, by turns."""
    from genops.executor import run_sync

    shares, theirs = [], []
    with tempfile.TemporaryDirectory() as root:
        sides = Sides(target, Path(root))

        async def rate() -> float:
            async with sides:
                return (await _round(sides, sides.genops, calls, at_once))[0]

        for _ in range(rounds):
            own = run_sync(rate())
            theirs.append(vllm_bench(target, python, tokenizer, calls, at_once))
            shares.append(own / theirs[-1])
        sides.project.close()
    share, median = _told(shares, "of its", 3)
    what = f"calls a second, {at_once} at once, beside `vllm bench serve`, median of {rounds} rounds"
    return Row(what, share, f"at least {LEAST_SHARE} of {max(theirs):.0f}/s", LEAST_SHARE / median, 1)


if __name__ == "__main__":
    main()
