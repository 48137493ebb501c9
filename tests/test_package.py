"""What holds for the package as a whole: light to import, installable from what is pinned, free of addresses."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
HEAVY = {
    "alembic", "faiss", "fastapi", "litellm", "openai", "sentence_transformers", "sqlalchemy", "sqlmodel", "torch",
    "transformers",
}  # fmt: skip


def loaded_by(*arguments: str) -> set[str]:
    """The top-level modules that ``python ARGUMENTS`` loads, as the interpreter itself reports them."""
    command = [sys.executable, "-X", "importtime", *arguments]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return {line.split("|")[2].strip().split(".")[0] for line in done.stderr.splitlines() if line.count("|") == 2}


@pytest.mark.parametrize("arguments", [["-c", "import genops"], ["-m", "genops", "--help"]], ids=" ".join)
def test_nothing_heavy_is_loaded_before_it_is_needed(arguments):
    loaded = loaded_by(*arguments)
    assert "genops" in loaded
    assert loaded & HEAVY == set()


def pinned() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = (line.split("==") for line in lines if not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pins}


def declared() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    texts = [*project["dependencies"], *extras["alerts"], *extras["postgres"], *extras["dev"]]
    return [wanted for wanted in map(Requirement, texts) if wanted.name != "genops"]


class TestConstraints:
    @pytest.mark.parametrize("wanted", declared(), ids=str)
    def test_every_declared_dependency_is_pinned_within_its_range(self, wanted):
        assert wanted.specifier.contains(pinned()[canonicalize_name(wanted.name)], prereleases=True)

    def test_every_line_is_one_exact_public_version(self):
        lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if not re.fullmatch(r"#.*|[\w.-]+==[\w.]+", line)] == []

    def test_what_breaks_transformers_beside_a_cpu_torch_stays_out(self):
        assert pinned().keys() & {"torchvision", "torchaudio", "torchcodec"} == set()


def files() -> Iterator[Path]:
    """The files of the project, without environments, caches and stores."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name == ".ci" or not name.startswith((".", "__pycache__"))]
        yield from (Path(folder, name) for name in names)


def test_no_file_names_a_registry_or_the_machine_it_was_written_on():
    # The hosts are put together here, so that this file does not hold what it looks for.
    forbidden = ["pypi" + ".org", "python" + "hosted.org", "index" + "-url", str(ROOT), f"{Path.home()}/"]
    found = []
    for path in files():
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT)} names {part}" for part in forbidden if part in text]
    assert found == []
