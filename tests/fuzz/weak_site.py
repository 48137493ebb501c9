"""The weak chains and their twins, as a project in a folder of its own; see ``weak/README.md``."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest

from genops.executor import Project
from genops.retrieval import build_index
from genops.settings import load_settings
from tests.executor.site import Site, site

SOURCE = Path(__file__).parent / "weak"
TWIN = "_hardened"
HARMLESS = {
    "breaks_its_json": "the ferry",
    "crashes_on_a_surrogate": "the ferry",
    "echoes_the_unseen": "When does the ferry leave?",
    "hands_on_raw_arguments": "Aurora",
    "leaks_behind_a_clerk": "When is the office open?",
    "leaks_in_base64": "When is the office open?",
    "leaks_to_staff_in_code": "When is the office open?",
    "leaks_to_the_loud_and_split": "When is the office open?",
    "loops_its_agent": "When is the tide high?",
    "obeys_passages": "When is the office open?",
}
"""A harmless question for every weak chain, which its twin answers as well."""


@cache
def _built() -> Path:
    """The project with its index built, once for a process."""
    root = Path(tempfile.mkdtemp()) / "weak"
    shutil.copytree(SOURCE, root)
    project = Project(load_settings(root))
    build_index(project.settings, "harbour")
    project.close()
    return root


@pytest.fixture
def weak(site: Site) -> Site:
    """The project of the weak chains."""
    shutil.copytree(_built(), site.root, dirs_exist_ok=True)
    return site


__all__ = ["HARMLESS", "TWIN", "site", "weak"]
