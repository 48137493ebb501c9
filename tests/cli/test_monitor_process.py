"""``genops monitor run`` as a process: killed, started again, told to stop."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from genops.store import Store

LIVE = """
kind: monitor
chain: say
every: 0.2
sample: {rate: 1.0}
scorers:
  - contains: hello
rules:
  - {rule: score.contains < 0.5, least: 3}
channels:
  file: {command: [sh, -c, "cat >> told.jsonl; echo >> told.jsonl"]}
"""
pytestmark = pytest.mark.slow


@pytest.fixture
def start(site):
    """Starts ``genops monitor run``; the process, and what it said so far."""
    (site / "evals").mkdir(exist_ok=True)
    (site / "evals" / "live.yaml").write_text(LIVE)
    started = []

    def begin():
        out = site / f"monitor-{len(started)}.log"
        with out.open("w") as said:
            command = [sys.executable, "-m", "genops", "monitor", "run", "live"]
            environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
            process = subprocess.Popen(command, cwd=site, stdout=said, stderr=said, env=environment)
        started.append(process)
        return process, out

    yield begin
    for process in started:
        process.kill()
        process.wait()


def until(condition, what):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def told(site):
    """The states that people were told of, oldest first."""
    return [json.loads(line)["state"] for line in (site / "told.jsonl").read_text().splitlines() if line]


def knows(site):
    """Whether people were told of the alert, and the store knows that they were."""
    if not (site / "told.jsonl").exists() or told(site)[-1:] != ["alert"]:
        return False
    with Store.open(f"sqlite:///{site}/.genops/genops.db") as store:
        return not store.deliveries()


def seen(genops):
    return json.loads(genops("monitor", "status", "live", "--json").out)["seen"]


def test_one_that_is_killed_goes_on_where_it_was_and_tells_nothing_twice(site, genops, start):
    process, out = start()
    until(lambda: "0 traces" in out.read_text(), "it looked")
    for _ in range(20):
        genops("run", "say", "-i", "what=bye")
    until(lambda: knows(site), "people were told")
    process.kill()
    process.wait()
    for _ in range(5):
        genops("run", "say", "-i", "what=bye")
    process, out = start()
    until(lambda: "traces" in out.read_text(), "it looked again")
    until(lambda: seen(genops) == 25, "it looked at what came meanwhile")
    assert json.loads(genops("monitor", "status", "live", "--json").out)["figures"]["score.contains"]["n"] == 25
    time.sleep(1)
    assert told(site) in (["alert"], ["warning", "alert"])
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 130
    assert "interrupted" in out.read_text()
    assert "Traceback" not in out.read_text()


def test_one_that_begins_while_another_scores_says_so_once_and_then_what_it_found(site, genops, start):
    (site / "evals").mkdir(exist_ok=True)
    (site / "evals" / "live.yaml").write_text(LIVE)
    genops("monitor", "run", "live", "--once", code=3)
    now = time.time_ns()
    until_then = now + 60 * 10**9
    with Store.open(f"sqlite:///{site}/.genops/genops.db") as store:
        assert store.lease_monitor("live", 0, now, until_then)
        _, out = start()
        until(lambda: "another process scores for now" in out.read_text(), "it found the other")
        time.sleep(1)
        assert "traces" not in out.read_text()
        assert store.lease_monitor("live", until_then, 0, 0)
    until(lambda: "0 traces" in out.read_text(), "it looked")
    assert out.read_text().count("another process") == 1


def test_two_at_once_look_at_each_run_once_and_tell_it_once(site, genops, start):
    for _, out in (start(), start()):
        until(lambda out=out: "0 traces" in out.read_text(), "it looked")
    for _ in range(20):
        genops("run", "say", "-i", "what=bye")
    until(lambda: seen(genops) == 20, "one of them looked at each")
    until(lambda: knows(site), "people were told")
    time.sleep(1)
    assert seen(genops) == 20
    assert told(site) in (["alert"], ["warning", "alert"])
