import subprocess
import sys
from pathlib import Path

import pytest

from genops.errors import DefinitionError
from genops.retrieval.embedders.checkpoint import FolderCheckpoint, HubCheckpoint
from tests.retrieval.embedders.conftest import write_model

COMMIT = "614241f622f53c4eeff9890bdc4f31cfecc418b3"
ROOT = Path(__file__).parents[3]


def in_a_process(code, **environment):
    """Runs code where the hub's library reads these variables, with a hub that nobody serves."""
    start = f"from genops.retrieval.embedders.checkpoint import HubCheckpoint\nhub = HubCheckpoint('a/b', '{COMMIT}')\n"
    variables = {"PATH": "", "HF_ENDPOINT": "http://127.0.0.1:9", **environment}
    return subprocess.run(
        [sys.executable, "-c", start + code], capture_output=True, text=True, check=False, env=variables, cwd=ROOT
    )


def test_a_folder_is_known_by_name_and_content_and_not_by_its_place(tmp_path):
    one = FolderCheckpoint(write_model(tmp_path / "here/mine")).identity()
    assert FolderCheckpoint(write_model(tmp_path / "there/mine")).identity() == one
    assert FolderCheckpoint(write_model(tmp_path / "there/yours")).identity() != one
    assert FolderCheckpoint(write_model(tmp_path / "there/yours"), "mine").identity() == one
    assert FolderCheckpoint(write_model(tmp_path / "there/mine", seed=1)).identity() != one


def test_a_model_of_the_hub_is_known_by_its_commit():
    assert HubCheckpoint("intfloat/multilingual-e5-small", COMMIT).identity() == {
        "model": "intfloat/multilingual-e5-small",
        "revision": COMMIT,
    }
    assert HubCheckpoint("all-MiniLM-L6-v2", COMMIT).identity()["model"] == "sentence-transformers/all-MiniLM-L6-v2"


@pytest.mark.parametrize("revision", [None, "", "main", "v1.0", COMMIT[:12], COMMIT.upper()])
def test_a_revision_that_may_move_is_refused(revision):
    with pytest.raises(
        DefinitionError, match=r"a/b needs a pinned revision(, and '.*' may become another model)?\n.*add rev"
    ):
        HubCheckpoint("a/b", revision)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "words"), [({}, "the hub cannot be reached"), ({"HF_HUB_OFFLINE": "1"}, "offline mode is enabled")]
)
def test_a_hub_out_of_reach_is_one_error_that_says_what_to_do(tmp_path, environment, words):
    code = """
from genops.errors import Unfinished
try: hub.folder
except Unfinished as error: print(error)
"""
    done = in_a_process(code, HF_HOME=str(tmp_path), **environment)
    assert words in done.stdout, done.stderr
    assert done.stdout.startswith("a/b is not on this machine and the hub cannot be reached: ")
    assert "without HF_HUB_OFFLINE; or copy the model's folder" in done.stdout


@pytest.mark.slow
def test_a_model_that_is_on_this_machine_needs_no_hub(tmp_path):
    write_model(tmp_path / f"hub/models--a--b/snapshots/{COMMIT}")
    done = in_a_process("print(hub.folder.dimension, hub.folder.count_tokens('w1'))", HF_HOME=str(tmp_path))
    assert done.stdout == "16 3\n", done.stderr
