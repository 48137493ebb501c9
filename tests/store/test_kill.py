"""What ``kill -9`` leaves: everything that was handed to the writer more than 200 ms before.

A machine that gives a process no time keeps no promise of milliseconds. So the promise is held to the clock of the
process that is killed, and of its server: a thread of it notes the time every 10 ms, as the writer's thread it waits
for its turn and for the server, and by what its notes came late over the last second, added up, a record may come late
too.
"""

from __future__ import annotations

import random
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from genops.store import Store

ROUNDS = 5
BEAT = 10_000_000
PROMISED = 200_000_000
WINDOW = 1_000_000_000
RECORDS = 100_000
BEATS = 1_000

HANDING_OVER = f"""
import mmap, struct, sys, threading, time
from genops.artifacts import encode
from genops.store import RunRecord, SpanRecord, Store

with open(sys.argv[2], "r+b") as file:
    notes = mmap.mmap(file.fileno(), 0)

def note(position):
    struct.pack_into("<q", notes, position * 8, time.monotonic_ns())

def beat(turn):
    number = 0
    while True:
        turn()
        note({RECORDS} + number % {BEATS})
        number += 1
        time.sleep({BEAT / 1e9})

store = Store.open_for_runs(sys.argv[1])
turn = lambda: None
if sys.argv[1].startswith("postgresql"):
    import psycopg
    server = psycopg.connect(sys.argv[1], autocommit=True)
    turn = lambda: server.execute("SELECT 1")
threading.Thread(target=beat, args=(turn,), daemon=True).start()
for number in range({RECORDS}):
    run = RunRecord(f"{{number:032x}}", "t", "chain", time.time_ns(), status="ok")
    payload = encode({{"number": number}})
    store.writer.run(run)
    store.writer.payload(payload)
    store.writer.span(SpanRecord(run.id, 1, None, "ab" * 8, "", "step", "step", run.started, output=payload.digest))
    note(number)
    if number == 0:
        print("going", flush=True)
    time.sleep(0.0005)
"""


@dataclass
class Notes:
    """When the process that was killed handed over each record, and when it was alive; nanoseconds of one clock."""

    handed: list[int]
    beats: list[int]

    @classmethod
    def read(cls, file: Path) -> Notes:
        times = struct.unpack(f"<{RECORDS + BEATS}q", file.read_bytes())
        return cls([moment for moment in times[:RECORDS] if moment], sorted(filter(None, times[RECORDS:])))

    def late(self) -> int:
        """By how much the notes of the last second came late, added up."""
        recent = [beat for beat in self.beats if beat > self.beats[-1] - WINDOW]
        return sum(max(0, after - before - BEAT) for before, after in pairwise(recent))

    def promised(self) -> Iterator[int]:
        """Numbers of the records that must have outlived the process."""
        until = self.beats[-1] - PROMISED - self.late()
        return (number for number, moment in enumerate(self.handed) if moment <= until)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_was_handed_over_200_ms_before_kill_9_is_there(url: str, tmp_path: Path) -> None:
    Store.open(url).close()
    notes, judged = tmp_path / "notes", 0
    for _ in range(ROUNDS):
        notes.write_bytes(bytes(8 * (RECORDS + BEATS)))
        command = [sys.executable, "-c", HANDING_OVER, url, str(notes)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"going\n"
            time.sleep(random.uniform(0.3, 1.5))
            process.kill()
        with Store.open(url) as store:
            there = {int(run.id, 16): store.spans(run.id) for run in store.iter_runs()}
            promised = list(Notes.read(notes).promised())
            assert [number for number in promised if number not in there] == []
            assert all(len(spans) == 1 for spans in there.values())
            store.delete([f"{number:032x}" for number in there])
        judged += len(promised)
    assert judged > 0, "the machine gave the process no time at all"
