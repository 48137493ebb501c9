"""How long a preflight of a 70B model's files takes: 30 shards that hold their headers alone, and 128,000 words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.installed import compile_modules
from benchmarks.report import Row, table
from tests.serving.folders import make_sharded, make_tokenizer
from tests.serving.published import LLAMA_70B

SETTINGS = '[models.m]\nmodel = "vllm/llama"\n[models.m.vllm]\npath = "model"\ntensor_parallel = 4\n'
INSIDE = """
import sys, time
from pathlib import Path
from genops.settings import load_settings
start = time.perf_counter()
from genops.serving.preflight import preflight
found = preflight(load_settings(Path(sys.argv[1])), "m", "h100x4")
print(time.perf_counter() - start)
assert found.ready and found.parameters == 70_553_706_496, found.findings
"""


def run(repeats: int = 5) -> list[Row]:
    """The best of some repeats, each in a process of its own."""
    compile_modules()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        make_sharded(root / "model", LLAMA_70B, 30)
        make_tokenizer(root / "model", size=128_000)
        (root / "genops.toml").write_text(SETTINGS)
        inside, whole = [], []
        command = [sys.executable, "-m", "genops", "model", "check", "m", "--gpu", "h100x4", "--json"]
        here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        for _ in range(repeats):
            inside.append(float(_output([sys.executable, "-c", INSIDE, str(root)], here, root)))
            start = time.perf_counter()
            assert json.loads(_output(command, here, root))["ready"]
            whole.append(time.perf_counter() - start)
    return [
        Row("preflight of a 70B model's files: inside", f"{min(inside) * 1e3:.0f} ms", "1 s", min(inside), 1.0),
        Row("preflight of a 70B model's files: whole command", f"{min(whole) * 1e3:.0f} ms", "1 s", min(whole), 1.0),
    ]


def _output(command: list[str], environment: dict[str, str], folder: Path) -> str:
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.stdout.write(table(run()))
