"""Nothing of a server is left when its supervisor dies without a word."""

import os
import signal
import subprocess
import sys
import time

import pytest

from genops.serving.supervisor.guard import Guard
from genops.serving.supervisor.watcher import alive, end_for_good, members
from tests.serving.faked import gone, until

FAMILY = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("up", flush=True)
time.sleep(600)
"""
SUPERVISOR = """
import subprocess, sys, time
from genops.serving.supervisor.guard import Guard
guard = Guard()
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE, start_new_session=True)
child.stdout.readline()
guard.add(child.pid)
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def family():
    """A session of two processes."""
    leader = subprocess.Popen([sys.executable, "-c", FAMILY], stdout=subprocess.PIPE, start_new_session=True)
    leader.stdout.readline()
    yield leader
    end_for_good(leader.pid)
    leader.wait()


def test_a_session_is_ended_with_what_its_dead_leader_started(family):
    assert len(members(family.pid)) == 2
    os.kill(family.pid, signal.SIGKILL)
    until(lambda: len(members(family.pid)) == 1)
    assert end_for_good(family.pid)
    assert members(family.pid) == []


def test_a_process_that_ended_and_is_not_waited_for_does_not_live(family):
    os.kill(family.pid, signal.SIGKILL)
    until(lambda: not alive(family.pid))
    assert not alive(2**22 + 1)
    assert alive(os.getpid())


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_servers_of_a_supervisor_that_was_killed_go_too(how):
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, FAMILY], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    session = int(supervisor.stdout.readline())
    assert len(members(session)) == 2
    os.kill(supervisor.pid, how)
    supervisor.wait()
    until(lambda: members(session) == [])


def test_a_watcher_that_died_is_started_again_and_knows_its_sessions(family):
    guard = Guard()
    guard.add(family.pid)
    first = guard._process
    first.kill()
    first.wait()
    guard.renew()
    assert guard._process is not first
    guard.close()
    until(lambda: members(family.pid) == [])


def test_a_session_that_was_taken_back_is_left_alone(family):
    guard = Guard()
    guard.add(family.pid)
    guard.remove(family.pid)
    guard.close()
    time.sleep(0.2)
    assert not gone(family.pid)
