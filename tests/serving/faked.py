"""A project whose one alias is served by the fake vLLM."""

import json
import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from genops.serving.supervisor.watcher import alive
from tests.serving.folders import make_model

TOML = """
default_model = "tiny"

[models.tiny]
model = "vllm/tiny"

[models.tiny.vllm]
path = "model"
executable = "fake/vllm"
"""


@dataclass(frozen=True)
class Fake:
    """The fake vLLM of a project, and what it left of itself."""

    folder: Path

    def behave(self, **how):
        """Tells it how to behave from now on, also while it runs."""
        part = self.folder / "behaviour.part"
        part.write_text(json.dumps(how))
        part.replace(self.folder / "behaviour.json")

    @property
    def environment(self):
        """The variables that it was started with last."""
        return json.loads((self.folder / "environment.json").read_text())

    @property
    def engine(self):
        """The process that it started beside itself."""
        return int((self.folder / "engine.pid").read_text())

    @property
    def asked_for_help(self):
        file = self.folder / "asked"
        return len(file.read_text().splitlines()) if file.exists() else 0


def make_project(root: Path, more: str = "") -> Fake:
    """Writes the project; ``more`` belongs to the alias's ``vllm`` table."""
    here = Path(__file__).parent
    fake = Fake(root / "fake")
    fake.folder.mkdir(parents=True)
    source = (here / "fake_vllm.py").read_text()
    (fake.folder / "vllm").write_text(f"#!{sys.executable}\n{source}")
    (fake.folder / "vllm").chmod(0o755)
    shutil.copy(here / "vllm_help.txt", fake.folder)
    fake.behave()
    make_model(root / "model")
    (root / "genops.toml").write_text(TOML + more)
    return fake


def until(holds, seconds=60.0):
    """Waits for something to be so."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def gone(process):
    return not alive(process)


def descendants_of(session: int) -> list[int]:
    from genops.serving.supervisor.watcher import members

    return [one for one in members(session) if one != os.getpid()]
