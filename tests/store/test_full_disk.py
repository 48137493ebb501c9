"""A disk that is full costs records, and never a run."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator

import pytest

from genops.store import Store
from tests.store.disks import Disk

pytestmark = pytest.mark.slow

RUNNING = """
import sys
from genops.artifacts import encode
from genops.store import RunRecord, SpanRecord, Store

store = Store.open_for_runs(sys.argv[1])
number = 0
for line in sys.stdin:
    runs, within = line.split()
    for _ in range(int(runs)):
        number += 1
        run = RunRecord(f"{number:032x}", "t", "chain", number, status="ok")
        payload = encode(f"{number} " * 4000)
        store.writer.run(run)
        store.writer.payload(payload)
        store.writer.span(SpanRecord(run.id, 1, None, "ab" * 8, "", "step", "step", number, output=payload.digest))
    print(store.writer.flush(float(within)), flush=True)
store.writer.close(0.1)
print(store.writer.dropped)
"""


class Running:
    """A program that makes runs on a disk, as many as it is told to."""

    def __init__(self, disk: Disk) -> None:
        self.url = f"sqlite:///{disk.folder}/genops.db"
        command = [sys.executable, "-c", textwrap.dedent(RUNNING), self.url]
        pipe = subprocess.PIPE
        self.process = disk.start(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)

    def make(self, runs: int, within: float = 60) -> bool:
        """Makes some runs; whether everything is in the store within some seconds."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{runs} {within}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline() == "True\n"

    def end(self) -> tuple[int, list[str]]:
        """How many records were dropped, and the warnings."""
        out, err = self.process.communicate(timeout=60)
        assert self.process.returncode == 0
        assert "Traceback" not in err
        return int(out), [line for line in err.splitlines() if line.lstrip() == line]

    def stored(self) -> list[int]:
        """Numbers of the runs in the store, each whole."""
        with Store.open(self.url) as store:
            runs = list(store.iter_runs())[::-1]
            for run in runs:
                (span,) = store.spans(run.id)
                assert span.output is not None
                assert store.payload(span.output) is not None
            return [run.started for run in runs]


@pytest.fixture
def running(disk: Disk) -> Iterator[list[Running]]:
    """Where tests put what they start."""
    started: list[Running] = []
    yield started
    for each in started:
        each.process.kill()
        each.process.communicate()


def started(disk: Disk, running: list[Running]) -> Running:
    running.append(Running(disk))
    return running[-1]


def test_a_disk_that_is_full_at_the_start_is_waited_for(disk: Disk, running: list[Running]) -> None:
    disk.fill()
    program = started(disk, running)
    assert not program.make(2, within=0.5)
    disk.free()
    assert program.make(1)
    dropped, (warning,) = program.end()
    assert dropped == 0
    assert "cannot be written and wait" in warning
    assert program.stored() == [1, 2, 3]


def test_a_disk_that_stays_full_costs_the_records_which_are_counted(disk: Disk, running: list[Running]) -> None:
    disk.fill()
    program = started(disk, running)
    assert not program.make(4, within=0.5)
    dropped, (first, last) = program.end()
    assert dropped == 12
    assert "cannot be written and wait" in first
    assert last.startswith("12 record(s) of runs were dropped, the runs go on: the store sqlite:///")
    assert "full" in last or "I/O error" in last
    disk.free()
    assert program.stored() == []


def test_a_disk_that_fills_up_in_the_middle_costs_what_comes_after(disk: Disk, running: list[Running]) -> None:
    program = started(disk, running)
    assert program.make(2)
    disk.fill()
    assert not program.make(4, within=0.5)
    assert not program.make(1, within=0.5)
    dropped, warnings = program.end()
    assert dropped == 15
    assert len(warnings) == 2
    disk.free()
    assert program.stored() == [1, 2]


def test_a_disk_that_was_full_for_a_while_loses_nothing(disk: Disk, running: list[Running]) -> None:
    program = started(disk, running)
    assert program.make(1)
    disk.fill()
    assert not program.make(2, within=0.5)
    disk.free()
    assert program.make(0)
    dropped, warnings = program.end()
    assert (dropped, len(warnings)) == (0, 1)
    assert program.stored() == [1, 2, 3]
