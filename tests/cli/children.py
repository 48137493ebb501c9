"""``genops`` as processes of their own, which tests kill, interrupt and lock out."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from tests.cli.conftest import REPOSITORY


@pytest.fixture
def start(site):
    """Starts ``genops`` in the project, as a process; ``store`` is the folder of its store."""
    with contextlib.ExitStack() as stack:

        def run(*arguments, popen=subprocess.Popen, store=None, **options):
            environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
            if store is not None:
                environment["GENOPS_STORE"] = f"sqlite:///{store}/genops.db"
            pipe = subprocess.PIPE
            process = popen(
                [sys.executable, "-m", "genops", *arguments],
                **{"stdout": pipe, "stderr": pipe, "env": environment, "cwd": site, "text": True, **options},
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        yield run


def ended(process, code):
    """Waits for the end, which must be with ``code``; what was written."""
    out, err = process.communicate(timeout=90)
    assert "Traceback" not in err
    assert process.returncode == code, err
    return out, err


def until(holds, process):
    """Waits while a process goes on."""
    while not holds():
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)


def counted(path, table):
    """How many rows are stored, by a reader of its own."""
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db,
    ):
        return db.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
    return 0


def stop(process, path):
    """Stops a process where it holds no lock of its store, in which it might be stopped too."""
    while True:
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.05)
        with contextlib.closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as db:
            try:
                db.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError:
                process.send_signal(signal.SIGCONT)
        time.sleep(0.01)
