"""``vllm bench serve`` as what puts the load on: run in the environment of the settings, its requests read one by one.

What it measures of each request is what genops's own load measures, so all that follows is the same.
"""

from __future__ import annotations

import asyncio
import os
import sys
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from genops.errors import Unfinished, UsageError
from genops.models import Model
from genops.serving.load.pacing import Load, Measured
from genops.serving.load.sending import Timing
from genops.serving.metrics.servers import Server
from genops.settings import Settings
from genops.vllm_settings import VllmSettings

_RUN = (
    "import argparse; from vllm.benchmarks import serve;"
    " parser = argparse.ArgumentParser(); serve.add_cli_args(parser); serve.main(parser.parse_args())"
)
"""The same as the command, which does not start where vLLM is installed under another name."""

_LAST = 400


class VllmBench:
    """Puts loads on a server with vLLM's own tool.

    Args:
        settings: The project's.
        model: The alias under load.
        block: How the alias is served.
        server: Which of its servers.
        lengths: Input and output tokens of its made-up prompts.
        seed: Of what is drawn.

    Raises:
        UsageError: The settings name no environment that has vLLM, or it is not there.
    """

    def __init__(
        self,
        settings: Settings,
        model: Model,
        block: VllmSettings,
        server: Server,
        lengths: tuple[int, int],
        seed: int = 0,
    ) -> None:
        self._command = _command(settings, block)
        self._model = model
        self._server = server
        self._tokenizer = str(settings.root / block.path) if block.path is not None else model.model_id
        self._lengths = lengths
        self._seed = seed
        self._timeout = model.alias.limits.timeout
        self._loads = 0

    @property
    def about(self) -> str:
        """What is asked, in words."""
        return f"vllm bench serve, {self._lengths[0]} tokens in, {self._lengths[1]} out"

    async def __call__(self, load: Load, *, one_token: bool) -> Measured:
        """Puts a load on the server.

        Raises:
            Unfinished: The tool does not run there, or does not say what it measured.
        """
        self._loads += 1
        with TemporaryDirectory() as folder:
            arguments = self._arguments(load, Path(folder), one_token)
            process = await asyncio.create_subprocess_exec(
                *self._command,
                *arguments,
                env=self._environment(),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            try:
                said, _ = await process.communicate()
            except asyncio.CancelledError:
                process.kill()
                raise
            file = Path(folder) / "result.json"
            if process.returncode != 0 or not file.is_file():
                last = said.decode("utf-8", "replace").strip()[-_LAST:]
                raise Unfinished(
                    f"`vllm bench serve` ended with {process.returncode}: … {last}",
                    hint="leave --with-vllm out: genops's own load measures the same",
                )
            return Measured(load, tuple(timings_of(orjson.loads(file.read_bytes()))))

    def _arguments(self, load: Load, folder: Path, one_token: bool) -> list[str]:
        values: dict[str, Any] = {
            "backend": "openai-chat",
            "base-url": self._server.url.removesuffix("/metrics"),
            "endpoint": "/v1/chat/completions",
            "model": self._model.requested,
            "tokenizer": self._tokenizer,
            "dataset-name": "random",
            "random-input-len": self._lengths[0],
            "random-output-len": 1 if one_token else self._lengths[1],
            "num-prompts": load.requests,
            "num-warmups": load.warmup,
            "request-rate": "inf" if load.loop == "closed" else load.level,
            "seed": self._seed * 1_000 + self._loads,
            "result-dir": folder,
            "result-filename": "result.json",
            "ready-check-timeout-sec": 0,
        }
        if load.loop == "closed":
            values["max-concurrency"] = int(load.level)
        named = [part for name, value in values.items() for part in (f"--{name}", str(value))]
        return [*named, "--save-result", "--save-detailed", "--ignore-eos", "--disable-tqdm"]

    def _environment(self) -> dict[str, str]:
        """The key goes by the environment, where no list of processes shows it."""
        key = self._server.headers.get("Authorization", "").removeprefix("Bearer ")
        return {**os.environ, **({"OPENAI_API_KEY": key} if key else {})}


def timings_of(result: dict[str, Any]) -> list[Timing]:
    """The requests of a detailed result; the tool counts from when a request was sent and not from when it was due.

    Raises:
        Unfinished: It is of another version, which says something else.
    """
    names = ("start_times", "ttfts", "itls", "latencies", "errors", "input_lens", "output_lens")
    missing = [name for name in names if not isinstance(result.get(name), list)]
    if missing:
        raise Unfinished(f"`vllm bench serve` does not say {', '.join(missing)}", hint="it is of another version")
    found = [_timing(*row) for row in zip(*(result[name] for name in names), strict=True)]
    return sorted(found, key=lambda timing: timing.intended)


def _timing(
    sent: float, ttft: float, gaps: list[float], latency: float, error: str, inputs: int, outputs: int
) -> Timing:
    if error:
        last = error.strip().splitlines()[-1]
        return Timing(sent, sent, ended=sent + latency, error="Failed", message=last)
    pieces = list(accumulate(gaps, initial=sent + ttft))
    return Timing(sent, sent, pieces, sent + ttft, sent + latency, inputs, outputs)


def _command(settings: Settings, block: VllmSettings) -> list[str]:
    if block.executable is not None:
        command = [str(settings.root / block.executable), "bench", "serve"]
    elif block.python is not None:
        command = [str(settings.root / block.python), "-c", _RUN]
    else:
        command = [sys.executable, "-c", _RUN]
    if not Path(command[0]).is_file():
        raise UsageError(f"there is no {command[0]}", hint="set `python` or `executable` in the vllm block")
    return command
