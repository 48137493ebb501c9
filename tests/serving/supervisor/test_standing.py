"""Records of servers whose supervisor is gone are ended, with what is left of them."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from genops.models.supervised import holder, supervised
from genops.serving.engine.environment import SERVED
from genops.serving.supervisor.plan import folder_of, make_folder
from genops.serving.supervisor.standing import hold, settle
from genops.serving.supervisor.watcher import members
from genops.settings import Settings
from genops.store import Store
from tests.servers.served import served as ready_server
from tests.serving.faked import until

MINUTE = 60 * 10**9


@pytest.fixture
def store(tmp_path):
    with Store.open(f"sqlite:///{tmp_path / 'genops.db'}") as store:
        yield store


@pytest.fixture
def settings(tmp_path):
    return Settings(root=tmp_path)


@pytest.fixture
def dead():
    """The number of a process that was."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture
def held(settings):
    """The folder of an alias that this process serves."""
    folder = folder_of(settings, "tiny")
    make_folder(folder)
    lock = hold(folder)
    yield folder
    os.close(lock)


def served(**changed):
    now = time.time_ns()
    stands = {"alias": "tiny", "engine_pid": None, "started": now, "ready": now}
    return ready_server("http://127.0.0.1:1/v1", **stands | changed)


def test_the_record_of_a_dead_supervisor_is_ended_and_that_of_a_live_one_is_not(settings, store, dead, held):
    store.keep_served(served(log=str(held / "replica-0.log")))
    store.keep_served(served(id="2" * 32, supervisor=dead, log=str(held / "replica-0.log")))
    (gone,) = settle(settings, store)
    assert (gone.id, gone.state) == ("2" * 32, "failed")
    assert "its supervisor is gone" in gone.reason
    assert [one.id for one in store.served()] == ["1" * 32]
    assert settle(settings, store) == []


def test_what_a_dead_supervisor_left_is_ended_and_a_process_that_took_its_number_is_not(settings, store, dead):
    def process(mark):
        return subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(600)"],
            env={**os.environ, SERVED: mark},
            start_new_session=True,
        )

    left, other = process("1" * 32), process("3" * 32)
    try:
        silent = {"supervisor": dead, "beat": time.time_ns() - 2 * MINUTE}
        store.keep_served(served(engine_pid=left.pid, **silent))
        store.keep_served(served(id="2" * 32, engine_pid=other.pid, **silent))
        until(lambda: SERVED in open(f"/proc/{left.pid}/environ").read() and members(other.pid))  # noqa: PTH123, SIM115
        settle(settings, store)
        until(lambda: members(left.pid) == [])
        assert members(other.pid) == [other.pid]
    finally:
        for one in (left, other):
            one.kill()
            one.wait()


def test_a_number_that_another_process_has_taken_is_no_supervisor(held):
    assert not supervised(served(supervisor=os.getppid(), log=str(held / "replica-0.log")))
    silent = served(log=str(held / "replica-0.log"), beat=time.time_ns() - 2 * MINUTE)
    assert supervised(silent), "it holds the lock: it was only slow"


def test_a_supervisor_on_another_machine_is_known_by_its_signs_of_life(settings):
    assert supervised(served(host="elsewhere", supervisor=1))
    assert not supervised(served(host="elsewhere", beat=time.time_ns() - 2 * MINUTE))


def test_who_looks_at_a_lock_that_nobody_holds_is_not_taken_for_its_holder(settings):
    folder = folder_of(settings, "tiny")
    make_folder(folder)
    (folder / "lock").write_text(str(os.getpid()))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: holder(folder), range(2000)))
    assert set(found) == {None}


def test_one_process_serves_from_a_folder_and_a_stale_file_stops_nobody(settings):
    folder = folder_of(settings, "org/tiny v2")
    make_folder(folder)
    assert folder.parent.name == "serving"
    with pytest.raises(FileNotFoundError):
        holder(folder)
    (folder / "lock").write_text("4711")
    assert holder(folder) is None
    lock = hold(folder)
    assert holder(folder) == os.getpid()
    assert hold(folder) is None
    os.close(lock)
