"""Every command, program, template, chain and setting on the pages works, in the order in which a reader meets them."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import GENERATED, NOT_RUN, PAGES, ROOT, Block, blocks_of, name_of

PROJECT = ("pyproject.toml", "Makefile", "README.md", "chains", "prompts", "evals", "docs")
LANGUAGES = {
    "bash",
    "console",
    "python",
    "yaml chain",
    "yaml script",
    "yaml suite",
    "yaml campaign",
    "yaml drift",
    "yaml monitor",
    "yaml ci",
    "yaml broken",
    "prompt",
    "jsonl",
    "toml",
    "toml append",
    "mermaid",
}
WITH_BLOCKS = [page for page in PAGES if page not in GENERATED and blocks_of(page)]


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with its index built, once for all workers."""
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    copy = shared / "project"
    with (shared / "project.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not copy.exists():
            making = shared / "project.making"
            making.mkdir()
            for name in PROJECT:
                source = ROOT / name
                (shutil.copytree if source.is_dir() else shutil.copy)(source, making / name)
            built = _run([sys.executable, "-m", "genops", "index", "build", "docs"], making)
            assert built.returncode == 0, built.stderr
            making.rename(copy)
    return copy


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", WITH_BLOCKS, ids=name_of)
def test_the_page_does_what_it_says(page: Path, project: Path, tmp_path: Path):
    here = tmp_path / "project"
    shutil.copytree(project, here)
    done = _run([sys.executable, str(Path(__file__).with_name("walk_page.py")), name_of(page)], here)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=name_of)
def test_every_block_is_of_a_language_that_is_checked(page: Path):
    assert [b for b in blocks_of(page) if _kind(b) not in LANGUAGES] == []


def test_the_targets_of_make_that_are_not_run_exist():
    targets = {command.removeprefix("make ") for command in NOT_RUN if command.startswith("make ")}
    assert targets <= set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_every_command_that_is_not_run_is_on_a_page():
    shown = {
        line.strip().removeprefix("$ ")
        for page in PAGES
        for block in blocks_of(page)
        for line in block.text.splitlines()
    }
    assert set(NOT_RUN) <= shown


def _kind(block: Block) -> str:
    return " ".join([block.language, *(word for word in block.words if "=" not in word)])


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GENOPS_", "OTEL_"))}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
