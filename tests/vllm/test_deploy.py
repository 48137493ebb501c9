"""What is written for other platforms, held against a real vLLM: its parser, its fields, a container's probe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import genops.serving.deploy as package
from genops.serving.deploy.ray_serve import engine_arguments
from tests.serving.deploy.places import EVERYTHING, wanted
from tests.vllm.served_project import ServedProject

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(900)]

_ASK = """
import dataclasses, json, sys
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.entrypoints.launchers.cli_args import FrontendArgs, make_arg_parser
from vllm.utils.argparse_utils import FlexibleArgumentParser
asked = json.load(sys.stdin)
parsed = make_arg_parser(FlexibleArgumentParser()).parse_args(asked["arguments"])
known = {field.name for kind in (AsyncEngineArgs, FrontendArgs) for field in dataclasses.fields(kind)}
print(json.dumps({
    "model": parsed.model_tag,
    "adapters": [one.path for one in parsed.lora_modules],
    "unknown": sorted(set(asked["keywords"]) - known),
}))
"""


def test_vllm_takes_the_arguments_and_ray_would_find_the_keywords(vllm_python: Path, tmp_path: Path) -> None:
    deployed = wanted(tmp_path, block=EVERYTHING)
    asked = {"arguments": list(deployed.arguments), "keywords": list(engine_arguments(deployed))}
    done = subprocess.run(
        [vllm_python, "-c", _ASK], input=json.dumps(asked), capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer == {"model": "/models/llama", "adapters": ["/models/adapters/support"], "unknown": []}


@pytest.mark.parametrize(
    ("words", "code"),
    [(("ready", "60", "tiny", "support"), 0), (("ready", "60", "nobody"), 1), (("drain", "20"), 0)],
    ids=["a token of the model and of its adapter", "no token of another", "nothing to wait for"],
)
def test_the_probe_of_a_container(served: ServedProject, words: tuple[str, ...], code: int) -> None:
    server = served.wait_ready()
    environment = {
        **os.environ,
        "VLLM_PROBE_URL": server.url.removesuffix("/v1"),
        "VLLM_API_KEY": Path(server.key_file).read_text().strip(),
    }
    probe = Path(package.__file__).with_name("probe.py")
    done = subprocess.run(
        [sys.executable, probe, *words], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == code, done.stderr
