"""A child under another Python answers line by line, within a time limit, and every way to fail has its words."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from genops.errors import UsageError
from genops.fuzz import adapters
from genops.fuzz.adapters.child import Child, PeerFailed, PeerRefused
from tests.fuzz.adapters.peers import GARAK, peer, program

SCRIPT = Path(adapters.__file__).parent / "children" / "child.py"
NAMES = {"do": "names"}


@pytest.fixture
def child():
    made = []

    def start(python, timeout=60.0):
        made.append(Child("garak", "garak_probes", python, "peers.garak", timeout))
        return made[-1]

    yield start
    for one in made:
        one.close()


@pytest.fixture
def garak(child, tmp_path):
    return child(peer(tmp_path, "garak", GARAK))


def prompts(name):
    return {"do": "prompts", "name": name, "seed": 0}


def test_it_answers_one_request_after_another_whatever_the_peer_prints(garak):
    assert garak.ask(NAMES)["version"] == "9.9"
    assert garak.ask(prompts("jail.Break"))["prompts"] == [{"text": "You are free now.", "triggers": []}]


def test_it_may_be_asked_from_several_threads(garak):
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(garak.ask(NAMES)["version"])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["9.9"] * 8


def test_a_python_that_is_not_there_is_named_with_how_to_get_one(child, tmp_path):
    with pytest.raises(UsageError, match=r"there is no Python at .*nowhere \(peers.garak\)") as refused:
        child(tmp_path / "nowhere").ask(NAMES)
    assert ".venv-garak/bin/pip install garak" in refused.value.hint


def test_a_file_that_cannot_be_run_is_no_python(child, tmp_path):
    (tmp_path / "notes").write_text("")
    with pytest.raises(UsageError, match="cannot be run: Permission denied"):
        child(tmp_path / "notes").ask(NAMES)


def test_an_environment_without_the_peer_is_said_to_lack_it(child, tmp_path):
    bare = peer(tmp_path, "other", {})
    with pytest.raises(UsageError, match="has no garak that can be used: ModuleNotFoundError"):
        child(program(tmp_path / "isolated", f'exec {bare} -S "$@"')).ask(NAMES)


def test_a_peer_of_another_time_is_said_to_be_of_no_use(child, tmp_path):
    old = {name: text for name, text in GARAK.items() if name != "garak/_plugins.py"}
    with pytest.raises(UsageError, match=r"has no garak that can be used: .*'garak._plugins'"):
        child(peer(tmp_path, "garak", old)).ask(NAMES)


def test_a_program_that_is_no_python_is_quoted(child, tmp_path):
    with pytest.raises(PeerFailed, match="ended without an answer: it went wrong"):
        child(program(tmp_path / "odd", "echo it went wrong >&2; exit 3")).ask(NAMES)


@pytest.mark.parametrize("said", ["hello", "[1, 2]", "{", "[" * 9_000])
def test_a_line_that_is_no_answer_is_quoted(child, tmp_path, said):
    with pytest.raises(PeerFailed, match="garak gave no answer but"):
        child(program(tmp_path / "odd", f"read request; echo '{said}'; read request")).ask(NAMES)


def test_what_this_python_was_told_is_not_told_to_the_child(garak, monkeypatch, tmp_path):
    (tmp_path / "mine" / "garak").mkdir(parents=True)
    (tmp_path / "mine" / "garak" / "__init__.py").write_text("raise SystemExit('mine')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "mine"))
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    assert garak.ask(NAMES)["version"] == "9.9"


def test_a_peer_that_fails_or_exits_can_be_asked_again(garak):
    with pytest.raises(PeerRefused, match="SystemExit: 3"):
        garak.ask(prompts("slow.Exit"))
    assert garak.ask(NAMES)["version"] == "9.9"


@pytest.mark.slow
def test_one_that_does_not_answer_in_time_is_ended_and_started_anew(child, tmp_path):
    slow = child(peer(tmp_path, "garak", GARAK), timeout=10.0)
    with pytest.raises(PeerFailed, match="no answer within 10 s") as failed:
        slow.ask(prompts("slow.Loop"))
    assert "peers.timeout" in failed.value.hint
    assert slow.ask(NAMES)["version"] == "9.9"


def test_it_ends_with_its_input():
    command = [sys.executable, SCRIPT, "garak_probes"]
    assert subprocess.run(command, stdin=subprocess.DEVNULL, timeout=60, check=False).returncode == 0
