"""Commands beside a store that is full, locked, read-only or broken. These run the real ``genops``."""

import os
import re
import sqlite3
import subprocess
import sys

import pytest

from genops.store import Store
from tests.cli.conftest import REPOSITORY
from tests.store.disks import disk, tmpfs

__all__ = ["disk", "tmpfs"]


@pytest.fixture
def start(site, monkeypatch):
    """Starts ``genops`` in the project, on a disk if one is given; ``folder`` holds its store."""
    started = []

    def run(folder, *arguments, disk=None):
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "GENOPS_STORE": f"sqlite:///{folder}/genops.db"}
        command = [sys.executable, "-m", "genops", *arguments]
        pipe = subprocess.PIPE
        popen = disk.start if disk is not None else subprocess.Popen
        process = popen(command, stdout=pipe, stderr=pipe, env=environment, cwd=site, text=True)
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def ended(process):
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    return process.returncode, out, err


def stored(folder):
    with Store.open(f"sqlite:///{folder}/genops.db") as store:
        return [(run.chain, run.status) for run in store.runs()]


def locked(folder):
    connection = sqlite3.connect(folder / "genops.db", isolation_level=None)
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("BEGIN EXCLUSIVE")
    connection.execute("CREATE TABLE IF NOT EXISTS theirs (number)")
    return connection


@pytest.mark.slow
def test_a_run_on_a_full_disk_answers_warns_and_counts(start, disk):
    disk.fill()
    code, out, err = ended(start(disk.folder, "run", "say", "-i", "what=hello", disk=disk))
    assert (code, out) == (0, "you said hello\n")
    lines = err.splitlines()
    assert lines[0].startswith(
        f"records of runs cannot be written and wait: the store sqlite:///{disk.folder}/genops.db"
    )
    assert re.match(r"\d+ record\(s\) of runs were dropped, the runs go on: the store sqlite:///", lines[2])
    assert re.fullmatch(r"trace [0-9a-f]{12}", lines[-1])
    assert len(lines) == 5
    disk.free()
    assert stored(disk.folder) == []
    code, out, err = ended(start(disk.folder, "run", "say", "-i", "what=again", disk=disk))
    assert (code, out) == (0, "you said again\n")
    assert err.startswith("trace ")
    assert stored(disk.folder) == [("say", "ok")]


@pytest.mark.slow
def test_a_run_beside_a_lock_is_written_when_the_lock_is_gone(start, tmp_path):
    Store.open(f"sqlite:///{tmp_path}/genops.db").close()
    lock = locked(tmp_path)
    process = start(tmp_path, "run", "say", "-i", "what=hello")
    assert "database is locked" in process.stderr.readline()
    lock.close()
    code, out, err = ended(process)
    assert (code, out) == (0, "you said hello\n")
    assert "dropped" not in err
    assert stored(tmp_path) == [("say", "ok")]


@pytest.mark.slow
def test_a_run_beside_a_lock_that_stays_answers_warns_and_counts(start, tmp_path):
    lock = locked(tmp_path)
    code, out, err = ended(start(tmp_path, "run", "say", "-i", "what=hello", "--cache"))
    lock.close()
    assert (code, out) == (0, "you said hello\n")
    assert "cannot be written and wait" in err
    assert re.search(r"^\d+ record\(s\) of runs were dropped", err, re.MULTILINE)


@pytest.mark.slow
def test_a_batch_on_a_full_disk_does_every_row(start, disk, site):
    (site / "rows.jsonl").write_text('{"what": "a"}\n{"what": "b"}\n')
    disk.fill()
    arguments = ("batch", "say", "--inputs", "rows.jsonl", "--out", "/dev/stdout", "--force")
    code, out, err = ended(start(disk.folder, *arguments, disk=disk))
    assert code == 0
    assert [line.count('"error":null') for line in out.splitlines()] == [1, 1]
    assert "were dropped" in err


@pytest.mark.slow
def test_a_run_on_a_disk_that_may_not_be_written_answers_and_warns(start, tmpfs):
    tmpfs.make_read_only()
    code, out, err = ended(start(tmpfs.folder, "run", "say", "-i", "what=hello"))
    assert (code, out) == (0, "you said hello\n")
    assert "Read-only file system" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("trace", "list"),
        ("trace", "show", "last"),
        ("trace", "replay", "last"),
        ("chain", "publish", "say", "-m", "why"),
        ("chain", "label", "say@1", "production"),
        ("chain", "log", "say"),
        ("run", "say@1", "-i", "what=x"),
    ],
)
def test_what_needs_the_store_fails_where_it_cannot_be_written(genops, monkeypatch, tmpfs, arguments):
    monkeypatch.setenv("GENOPS_STORE", f"sqlite:///{tmpfs.folder}/genops.db")
    tmpfs.fill()
    done = genops(*arguments, code=4)
    assert done.out == ""
    error, hint = done.err.splitlines()
    assert error.startswith(f"error: the store sqlite:///{tmpfs.folder}/genops.db")
    assert hint == "  free some disk space"


def test_a_store_that_waiting_does_not_heal_ends_a_run_before_its_first_step(genops, monkeypatch, tmp_path):
    monkeypatch.setenv("GENOPS_STORE", f"sqlite:///{tmp_path}/broken.db")
    (tmp_path / "broken.db").write_bytes(b"this is no database, only a text that is long enough" * 100)
    done = genops("run", "say", "-i", "what=x", code=4)
    assert done.out == ""
    assert "not a database" in done.err
    assert "move the file away" in done.err
    monkeypatch.setenv("GENOPS_STORE", f"sqlite:///{tmp_path}/newer.db")
    Store.open(f"sqlite:///{tmp_path}/newer.db").close()
    with sqlite3.connect(tmp_path / "newer.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    done = genops("run", "say", "-i", "what=x", code=4)
    assert done.out == ""
    assert "upgrade genops" in done.err
    (tmp_path / "rows.jsonl").write_text('{"what": "x"}\n' * 3)
    done = genops("batch", "say", "--inputs", tmp_path / "rows.jsonl", "--out", tmp_path / "out.jsonl", code=4)
    assert done.err.count("upgrade genops") == 1
    assert (tmp_path / "out.jsonl").read_text() == ""
