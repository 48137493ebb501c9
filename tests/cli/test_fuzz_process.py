"""``genops fuzz run`` as a process that is killed, interrupted, locked out or cut off: what was kept is not lost."""

import json
import re
import signal
import sqlite3
import threading
import time
from collections import Counter

import pytest

from benchmarks.loopback_server import LoopbackServer, Reply
from genops.store import Store
from tests.cli.children import counted, ended, start, stop, until
from tests.store.disks import disk, tmpfs

__all__ = ["disk", "start", "tmpfs"]

pytestmark = pytest.mark.slow

SWEEP, SEARCH = 32, 20
AMIDST = {"sweep": 8, "search": SWEEP + 6, "strategy": SWEEP + SEARCH + 2}
"""Tries that are kept when a process is stopped in the middle of a phase."""
PROMPT = """---
inputs: {text: str}
---
{% message "system" %}You sit at a desk.{% endmessage %}
{% message "user" %}{{ text }}{% endmessage %}
"""


class Desk:
    """Answers as a model at a desk does, and as an attacker.

    Attributes:
        leaks: Whether it gives away its instructions when it is asked in code.
        asked: How often the desk was asked.
    """

    def __init__(self):
        self.leaks = False
        self.asked = 0
        self._turns = 0
        self._counting = threading.Lock()

    def settled(self):
        """How often it was asked, once nothing comes any more of a process that has ended."""
        seen = -1
        while seen != self.asked:
            seen = self.asked
            time.sleep(0.5)
        return seen

    def __call__(self, body):
        with self._counting:
            if body["model"] == "attacker":
                self._turns += 1
                return Reply(text=json.dumps({"summary": "", "text": f"What is said here, number {self._turns}?"}))
            self.asked += 1
        system, *_, last = body["messages"]
        coded = len(last["content"]) > 24 and " " not in last["content"]
        return Reply(text=system["content"] if self.leaks and coded else "We open at nine.")


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def server(desk):
    with LoopbackServer(0.05, desk) as server:
        yield server


@pytest.fixture
def folder(site, server):
    """The project with a campaign of a sweep, a search and conversations, 4 tries at a time."""
    alias = '[models.{name}]\nmodel = "openai/{name}"\nbase_url = "{url}"\nlimits = {{retries = 0}}\n'
    models = "".join(alias.format(name=name, url=server.url) for name in ("talker", "attacker"))
    (site / "genops.toml").write_text('default_model = "talker"\n' + models)
    (site / "prompts" / "raw.prompt").write_text(PROMPT)
    (site / "evals").mkdir()
    campaign = {
        "chain": "raw",
        "dataset": [{"text": "When do you open?"}],
        "objectives": ["prompt_extraction"],
        "mutators": ["base64", "rot13"],
        "strategies": [{"crescendo": {"turns": 2, "backtracks": 0}}],
        "attacker": "attacker",
        "tries": {"sweep": SWEEP, "search": SEARCH, "strategy": 16},
        "concurrency": 4,
    }
    (site / "evals" / "attacks.yaml").write_text(json.dumps({"kind": "campaign", **campaign}, indent=1))
    return site


def kept(where):
    """The tries of the only campaign by their numbers, and its findings."""
    with Store.open(f"sqlite:///{where}/genops.db") as store:
        (record,) = store.campaigns()
        return {made.number: made for made in store.tries(record.id)}, list(store.findings(record.id))


def whole(tries):
    """Whether every phase has its tries, and nothing failed."""
    phases = Counter(made.phase for made in tries.values())
    assert (phases["sweep"], phases["search"]) == (SWEEP, SEARCH)
    return phases["strategy"] and all(made.outcome in ("safe", "breach") for made in tries.values())


@pytest.mark.parametrize("phase", AMIDST)
def test_what_a_killed_run_has_kept_is_neither_lost_nor_made_again(start, folder, desk, phase):
    data = folder / ".genops"
    process = start("fuzz", "run", "attacks")
    until(lambda: counted(data / "genops.db", "try") >= AMIDST[phase], process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before, _ = kept(data)
    assert max(before.values(), key=lambda made: made.number).phase == phase
    first = desk.settled()
    ended(start("fuzz", "run", "attacks", "--resume"), 0)
    after, _ = kept(data)
    assert whole(after)
    assert after.items() >= before.items()
    assert desk.asked - first == len(after) - len(before)


@pytest.mark.parametrize("phase", AMIDST)
def test_ctrl_c_keeps_all_that_is_done_and_prints_how_to_go_on(start, folder, desk, phase):
    data = folder / ".genops"
    process = start("fuzz", "run", "attacks")
    until(lambda: counted(data / "genops.db", "try") >= AMIDST[phase], process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert out == ""
    done = int(re.search(r"stopped after (\d+) tries; what was kept is not made again. Go on with:", err)[1])
    assert err.endswith("  genops fuzz run attacks --resume\ninterrupted\n")
    before, _ = kept(data)
    assert len(before) == done >= AMIDST[phase]
    first = desk.settled()
    ended(start("fuzz", "run", "attacks", "--resume"), 0)
    after, _ = kept(data)
    assert whole(after)
    assert after.items() >= before.items()
    assert desk.asked - first == len(after) - len(before)


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_a_finding_that_was_not_made_to_its_end_is_made_again_once(start, folder, desk, server, stop, tmp_path_factory):
    desk.leaks = True
    process = start("fuzz", "run", "attacks")
    until(lambda: desk.asked >= SWEEP + 8, process)
    process.send_signal(stop)
    process.communicate()
    before, findings = kept(folder / ".genops")
    assert (len(before), findings) == (SWEEP, [])
    server.latency = 0.0
    ended(start("fuzz", "run", "attacks", "--resume"), 1)
    after, findings = kept(folder / ".genops")
    assert whole(after)
    assert after.items() >= before.items()
    data = tmp_path_factory.mktemp("store")
    ended(start("fuzz", "run", "attacks", store=data), 1)
    _, undisturbed = kept(data)
    assert findings
    assert [(one.id, one.number, one.tries, one.minimal) for one in findings] == [
        (one.id, one.number, one.tries, one.minimal) for one in undisturbed
    ]


def test_a_second_terminal_is_told_that_the_first_is_at_it(start, folder, desk):
    first = start("fuzz", "run", "attacks")
    until(lambda: desk.asked >= 4, first)
    stop(first, folder / ".genops" / "genops.db")
    _, err = ended(start("fuzz", "run", "attacks", "--resume"), 4)
    assert re.search(r"^error: the campaign \w{12} of 'attacks' is under way in another process$", err, re.MULTILINE)
    assert "stopped after" not in err
    first.send_signal(signal.SIGCONT)
    ended(first, 0)
    tries, _ = kept(folder / ".genops")
    assert desk.asked == len(tries)


def test_a_store_that_is_locked_for_a_while_costs_nothing(start, folder, desk, tmp_path_factory):
    data = tmp_path_factory.mktemp("store")
    process = start("fuzz", "run", "attacks", store=data)
    until(lambda: counted(data / "genops.db", "try") >= 4, process)
    lock = sqlite3.connect(data / "genops.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    time.sleep(12)
    lock.execute("ROLLBACK")
    lock.close()
    ended(process, 0)
    tries, _ = kept(data)
    assert whole(tries)
    assert desk.asked == len(tries)


@pytest.mark.timeout(240)
def test_a_full_disk_ends_it_clearly_and_what_was_kept_stays(start, folder, desk, disk, server):
    server.latency = 0.5
    file = folder / "evals" / "attacks.yaml"
    file.write_text(json.dumps({**json.loads(file.read_text()), "strategies": [], "tries": {"sweep": 12, "search": 0}}))
    command = ("fuzz", "run", "attacks")
    process = start(*command, popen=disk.start, store=disk.folder)
    until(lambda: counted(disk.folder / "genops.db", "try") >= 4, process)
    disk.fill()
    _, err = ended(process, 4)
    assert len(re.findall(r"^error: ", err, re.MULTILINE)) == 1
    assert re.search(rf"^error: the store sqlite:///{disk.folder}/genops.db", err, re.MULTILINE)
    assert "what was kept is not made again. Go on with:\n  genops fuzz run attacks --resume" in err
    disk.free()
    before, _ = kept(disk.folder)
    assert 4 <= len(before) < 12
    first, server.latency = desk.asked, 0.0
    ended(start(*command, "--resume", popen=disk.start, store=disk.folder), 0)
    after, _ = kept(disk.folder)
    assert len(after) == 12
    assert after.items() >= before.items()
    assert desk.asked - first == len(after) - len(before)
