"""A project whose models are served by a real vLLM, and the commands of genops in it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genops.serving.engine import find_installation
from genops.serving.preflight.engine import is_cpu_build
from genops.settings import load_settings
from genops.store import Store
from genops.vllm_settings import VllmSettings

_SETTINGS = """
default_model = "tiny"
plugins = ["marking"]

[models.tiny]
model = "vllm/tiny"
parameters = {{max_tokens = 8, temperature = 0}}
limits = {{timeout = 60}}

[models.tiny.vllm]
path = "{base}"
python = "{python}"
max_model_len = 512
gpu_memory_utilization = 0.2
structured_outputs = "xgrammar"
tool_call_parser = "hermes"
traces = "genops"
max_lora_rank = 8
gpu_hour = 2.0
environment = {{VLLM_CPU_KVCACHE_SPACE = "1", VLLM_CPU_OMP_THREADS_BIND = "nobind", HF_HUB_OFFLINE = "1"}}

[models.tiny.vllm.extra]
enforce-eager = true

[models.tiny.vllm.adapters.support]
path = "{adapter}"

[models.supported]
model = "vllm/tiny"
adapter = "support"
served_by = "tiny"
parameters = {{max_tokens = 8, temperature = 0}}
"""
_FILES = {
    "prompts/say.prompt": "---\ninputs: {question: str}\n---\n{{ question }}\n",
    "prompts/verdict.prompt": (
        "---\nparameters: {max_tokens: 60}\ninputs: {question: str}\noutput:\n  type: object\n"
        "  properties:\n    verdict: {type: enum, values: ['yes', 'no']}\n---\n{{ question }}\n"
    ),
    "chains/say.yaml": (
        "inputs: {question: str}\nsteps:\n  said: {prompt: say, with: {question: '{{ inputs.question }}'}}\n"
        "output: '{{ steps.said.output }}'\n"
    ),
    "chains/both.yaml": (
        "inputs: {question: str}\nsteps:\n"
        "  base: {prompt: say, with: {question: '{{ inputs.question }}'}}\n"
        "  adapted: {prompt: say, model: supported, with: {question: '{{ inputs.question }}'}, after: [base]}\n"
        "output: {base: '{{ steps.base.output }}', adapted: '{{ steps.adapted.output }}'}\n"
    ),
    "chains/decide.yaml": (
        "inputs: {question: str}\nsteps:\n  told: {prompt: verdict, with: {question: '{{ inputs.question }}'}}\n"
        "output: '{{ steps.told.output }}'\n"
    ),
    "chains/agent.yaml": (
        "inputs: {question: str}\nsteps:\n"
        "  work: {agent: say, with: {question: '{{ inputs.question }}'}, tools: [mark], max_turns: 2}\n"
        "output: '{{ steps.work.output }}'\n"
    ),
    "chains/obliged.yaml": (
        "inputs: {question: str}\nsteps:\n"
        "  work:\n    agent: say\n    with: {question: '{{ inputs.question }}'}\n    tools: [mark]\n    max_turns: 2\n"
        "    parameters: {tool_choice: required, max_tokens: 200, temperature: 2.0, seed: 3}\n"
        "output: '{{ steps.work.output }}'\n"
    ),
    "marking.py": (
        "from genops import tool\n\n\n"
        '@tool\ndef mark(word: str) -> str:\n    """Marks a word."""\n    return f\'*{word}*\'\n'
    ),
    "evals/say.yaml": (
        "kind: suite\nchain: say\n"
        "dataset: {rows: [{question: one}, {question: two}, {question: three}]}\n"
        "scorers:\n  - length: characters\n    name: long\n    at_least: 0\n"
    ),
}


@dataclass(frozen=True, slots=True)
class ServedProject:
    """A folder with settings, chains and a suite, whose alias ``tiny`` is a Llama of two layers.

    Attributes:
        root: The folder.
    """

    root: Path

    @classmethod
    def make(cls, root: Path, base: Path, adapter: Path, python: Path) -> ServedProject:
        """Writes the files of the project."""
        for name, text in _FILES.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        (root / "genops.toml").write_text(_SETTINGS.format(base=base, adapter=adapter, python=python))
        return cls(root)

    @property
    def is_on_cpu(self) -> bool:
        """Whether its vLLM is the one for the processor."""
        settings = load_settings(self.root)
        return is_cpu_build(find_installation(settings, settings.models["tiny"].vllm or VllmSettings()))

    def change(self, old: str, new: str) -> None:
        """Replaces text in the settings."""
        path = self.root / "genops.toml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def command(self, *arguments: str, timeout: float = 180) -> subprocess.CompletedProcess[str]:
        """Runs ``genops``, with what it printed."""
        return subprocess.run(
            [sys.executable, "-m", "genops", *arguments],
            cwd=self.root,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def done(self, *arguments: str, timeout: float = 180) -> str:
        """Runs ``genops`` and expects that it does what it is asked; what it printed to stdout."""
        ended = self.command(*arguments, timeout=timeout)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts ``genops`` in a process group of its own; stderr goes to ``begun.log``."""
        with (self.root / "begun.log").open("a") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "genops", *arguments],
                cwd=self.root,
                env=self._environment(),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                text=True,
                start_new_session=True,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 as in a terminal
            )

    def store(self) -> Store:
        """The project's store, to be closed by who asks for it."""
        return Store.open(f"sqlite:///{self.root / '.genops' / 'genops.db'}")

    def servers(self) -> list[Any]:
        """The records of the servers that live."""
        with self.store() as store:
            return store.served()

    def wait_ready(self, process: subprocess.Popen[str] | None = None, restarts: int = 0, seconds: float = 400) -> Any:
        """The record of the first server, once it has answered."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for one in self.servers() if (self.root / ".genops" / "genops.db").exists() else []:
                if one.state == "ready" and one.restarts >= restarts:
                    return one
            assert process is None or process.poll() is None, (self.root / "begun.log").read_text()
            time.sleep(0.5)
        raise AssertionError(f"not ready in {seconds:g} s: {(self.root / 'begun.log').read_text()}")

    def last_spans(self) -> list[Any]:
        """The spans of the newest run."""
        with self.store() as store:
            return store.spans(store.runs(limit=1)[0].id)

    def run(self, chain: str, question: str = "hello", *arguments: str) -> Any:
        """What a chain gives."""
        said = self.done("run", chain, "--input", f"question={question}", "--json", *arguments)
        return json.loads(said)

    def _environment(self) -> dict[str, str]:
        known = {name: value for name, value in os.environ.items() if not name.startswith("GENOPS_")}
        return {**known, "PYTHONPATH": str(Path(__file__).parents[2])}
