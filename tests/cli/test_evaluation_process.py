"""``genops eval run`` as a process that is killed, interrupted, locked out or cut off: what was kept is not lost."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter

import pytest

from benchmarks.loopback_server import LoopbackServer, Reply
from genops.store import Store
from tests.cli.children import counted, ended, start, stop, until
from tests.cli.conftest import REPOSITORY
from tests.store.disks import disk, tmpfs

__all__ = ["disk", "start", "tmpfs"]

CASES = 40
TELLING = """
import sys
from genops.evals import Suite, evaluate
from genops.executor import Project
from genops.settings import load_settings

project = Project(load_settings())
suite = Suite.load("asked", project.settings)
tell = lambda progress: print(progress.finished, flush=True)
evaluate(suite, project, resume="resume" in sys.argv, memo=False, concurrency=12, on_progress=tell)
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def server():
    with LoopbackServer(0.05, lambda body: Reply(text=body["messages"][-1]["content"])) as server:
        yield server


@pytest.fixture
def asked(server):
    """How often each question was asked."""
    return lambda: Counter(request.last for request in server.requests)


@pytest.fixture
def folder(site, server):
    """The project with a suite of 40 questions, 4 at a time; a question is its own answer."""
    settings = (site / "genops.toml").read_text()
    model = f'[models.talker]\nmodel = "openai/talker"\nbase_url = "{server.url}"\nlimits = {{retries = 0}}\n'
    (site / "genops.toml").write_text(re.sub(r"\[models\.talker\][^\[]*", model, settings))
    (site / "evals").mkdir()
    suite = {
        "chain": "raw",
        "dataset": [{"id": f"c{n}", "text": f"question {n}", "expected": f"question {n}"} for n in range(CASES)],
        "concurrency": 4,
        "scorers": ["contains"],
        "gate": ["contains >= 0.9"],
    }
    (site / "evals" / "asked.yaml").write_text(json.dumps({"kind": "suite", **suite}, indent=1))
    return site


def kept(where):
    """The samples of the only evaluation, by case."""
    with Store.open(f"sqlite:///{where}/genops.db") as store:
        evaluations = store.evaluations()
        if not evaluations:
            return {}
        (record,) = evaluations
        return {sample.case: sample for sample in store.samples(record.id)}


def settled(asked):
    """How often each question was asked, once nothing comes any more of a process that has ended."""
    seen = None
    while seen != asked():
        seen = asked()
        time.sleep(0.5)
    return seen


def test_what_a_killed_run_has_kept_is_neither_lost_nor_made_again(start, folder, asked):
    data = folder / ".genops"
    process = start("eval", "run", "asked", "--no-memo")
    until(lambda: counted(data / "genops.db", "sample") >= 8, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = kept(data)
    assert 8 <= len(before) < CASES
    first = settled(asked)
    ended(start("eval", "run", "asked", "--no-memo", "--resume"), 0)
    after = kept(data)
    assert len(after) == CASES
    assert all(after[case].run == sample.run for case, sample in before.items())
    again = asked() - first
    assert {f"question {case[1:]}" for case in before}.isdisjoint(again)
    assert sum(again.values()) == CASES - len(before)


def test_nothing_that_was_told_as_finished_is_lost_or_made_again_however_often_it_is_killed(start, folder, asked):
    def telling(command, **options):
        return subprocess.Popen([sys.executable, "-c", TELLING, *command[3:]], **options)

    data, before, first = folder / ".genops", {}, Counter()
    for most in (5, 14, 29, CASES):
        process = start(*(["resume"] if before else []), popen=telling)
        for line in process.stdout:
            if int(line) == most:
                process.kill()
                break
        rest, err = process.communicate(timeout=30)
        assert "Traceback" not in err
        told = max(most, *map(int, rest.split()), 0)
        after = kept(data)
        assert len(after) >= told
        assert all(after[case].run == sample.run for case, sample in before.items())
        again = settled(asked) - first
        assert {f"question {case[1:]}" for case in before}.isdisjoint(again)
        with Store.open(f"sqlite:///{data}/genops.db") as store:
            assert all(store.run(sample.run).ended and store.payload(sample.output) for sample in after.values())
        before, first = after, asked()
    assert len(before) == CASES


def test_ctrl_c_keeps_all_that_is_done_and_prints_how_to_go_on(start, folder, asked):
    process = start("eval", "run", "asked", "--no-memo")
    until(lambda: len(asked()) >= 12, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert out == ""
    done = int(re.search(r"stopped after (\d+) samples?; what was kept is not made again. Go on with:", err)[1])
    assert err.endswith("  genops eval run asked --no-memo --resume\ninterrupted\n")
    before = kept(folder / ".genops")
    assert len(before) == done > 0
    first = settled(asked)
    ended(start("eval", "run", "asked", "--no-memo", "--resume"), 0)
    assert len(kept(folder / ".genops")) == CASES
    assert sum((asked() - first).values()) == CASES - done


def test_a_second_terminal_is_told_that_the_first_is_at_it(start, folder, asked, server):
    ended(start("eval", "run", "asked", "--sample", "1"), 0)
    server.latency = 0.4
    first = start("eval", "run", "asked", "--gate")
    until(lambda: len(asked()) >= 4, first)
    stop(first, folder / ".genops" / "genops.db")
    _, err = ended(start("eval", "run", "asked", "--gate"), 4)
    first.send_signal(signal.SIGCONT)
    assert re.search(r"^error: the evaluation \w{12} of 'asked' is under way in another process$", err, re.MULTILINE)
    assert "stopped after" not in err
    ended(first, 0)
    assert max(asked().values()) == 1


def test_two_terminals_may_each_run_it_afresh(start, folder, asked):
    both = [start("eval", "run", "asked", "--no-memo") for _ in range(2)]
    for process in both:
        ended(process, 0)
    assert set(asked().values()) == {2}


def test_a_store_that_is_locked_for_a_while_costs_nothing(start, folder, asked, tmp_path_factory):
    data = tmp_path_factory.mktemp("store")
    process = start("eval", "run", "asked", "--no-memo", store=data)
    until(lambda: counted(data / "genops.db", "sample") >= 4, process)
    lock = sqlite3.connect(data / "genops.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    time.sleep(12)
    lock.execute("ROLLBACK")
    lock.close()
    ended(process, 0)
    assert len(kept(data)) == CASES
    assert set(asked().values()) == {1}


@pytest.mark.timeout(240)
def test_a_full_disk_ends_it_clearly_and_what_was_kept_stays(start, folder, asked, disk, server):
    server.latency = 0.5
    command = ("eval", "run", "asked", "--no-memo", "--sample", "8")
    process = start(*command, popen=disk.start, store=disk.folder)
    until(lambda: counted(disk.folder / "genops.db", "sample") >= 4, process)
    disk.fill()
    _, err = ended(process, 4)
    assert re.search(rf"^error: the store sqlite:///{disk.folder}/genops.db", err, re.MULTILINE)
    assert f"what was kept is not made again. Go on with:\n  genops {' '.join(command)} --resume" in err
    disk.free()
    before = kept(disk.folder)
    assert 4 <= len(before) < 8
    first = settled(asked)
    ended(start(*command, "--resume", popen=disk.start, store=disk.folder), 0)
    assert len(kept(disk.folder)) == 8
    assert sum((asked() - first).values()) == 8 - len(before)


def test_a_pipe_that_is_closed_is_no_error(start, folder):
    command = f"{sys.executable} -m genops eval run asked | head -n 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert len(done.stdout.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_a_gate_that_fails_says_so_to_whom_does_not_read_it(start, folder):
    suite = json.loads((folder / "evals" / "asked.yaml").read_text())
    suite["scorers"] = [{"contains": "nothing of the kind"}]
    (folder / "evals" / "asked.yaml").write_text(json.dumps(suite))
    unread, pipe = os.pipe()
    os.close(unread)
    _, err = ended(start("eval", "run", "asked", "--gate", "--report", "junit=junit.xml", stdout=pipe), 1)
    assert "wrote junit.xml" in err
    assert (folder / "junit.xml").read_text().endswith("</testsuites>\n")


def test_one_that_is_interrupted_or_stopped_says_so_where_nobody_reads_stderr(start, folder, asked):
    def unread(*arguments):
        reading, pipe = os.pipe()
        process = start(*arguments, stderr=pipe)
        os.close(pipe)
        os.read(reading, 1)
        os.close(reading)
        return process

    process = unread("eval", "run", "asked", "--no-memo", "--concurrency", "1")
    until(lambda: len(asked()) >= 4, process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    suite = json.loads((folder / "evals" / "asked.yaml").read_text())
    (folder / "evals" / "asked.yaml").write_text(json.dumps({**suite, "budget": {"tokens": 10}}))
    process = unread("eval", "run", "asked", "--no-memo")
    process.communicate(timeout=30)
    assert process.returncode == 4


def test_a_process_whose_scorers_hang_ends(start, folder):
    (folder / "hanging.py").write_text(
        "import time\n\nfrom genops.evals import scorer\n\n\ndef register(registry):\n"
        '    @scorer("hangs")\n    def hangs(output: str) -> float:\n        time.sleep(600)\n        return 1.0\n'
    )
    settings = (folder / "genops.toml").read_text().replace("plugins = [", 'plugins = ["hanging", ')
    (folder / "genops.toml").write_text(settings)
    suite = json.loads((folder / "evals" / "asked.yaml").read_text())
    suite["scorers"].append({"hangs": None, "timeout": 0.1})
    (folder / "evals" / "asked.yaml").write_text(json.dumps({"kind": "suite", **suite}, indent=1))
    ended(start("eval", "run", "asked"), 0)
    samples = kept(folder / ".genops").values()
    assert {sample.scores["hangs"]["unscored"] for sample in samples} == {"not scored within 0.1 s"}
