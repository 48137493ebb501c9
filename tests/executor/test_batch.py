"""Batches: bounded, flat, resumable, and in order after whatever ended them."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import time

import pytest

import genops
from genops.errors import InputError
from genops.executor import Row, drop_unfinished, finished, read_rows, run_batch, run_sync

CHAIN = "inputs: {n: int}\nsteps: {a: {tool: work, with: {n: '{{ inputs.n }}'}}}"


@pytest.fixture
def calls():
    made = []

    @genops.tool
    async def work(n: int) -> int:
        made.append(n)
        await asyncio.sleep(0)
        if n < 0:
            raise ValueError("negative")
        return n * 2

    return made


def rows(*numbers):
    return [Row(number, {"n": n}) for number, n in enumerate(numbers, start=1)]


def lines_of(out):
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_for_every_row(site, calls):
    out = io.StringIO()
    progress = run_sync(run_batch(site.chain(CHAIN), rows(1, 2, 3), out))
    assert (progress.ok, progress.failed, progress.resumed, progress.done) == (3, 0, 0, 3)
    lines = lines_of(out)
    assert sorted((line["row"], line["output"], line["error"]) for line in lines) == [
        (1, 2, None),
        (2, 4, None),
        (3, 6, None),
    ]
    assert {site.trace(line["run"]).run.mode for line in lines} == {"batch"}


def test_a_failed_row_ends_nothing_else(site, calls):
    out = io.StringIO()
    given = [*rows(1, -1, 3), Row(4, {"n": "text"}), Row(5, {"m": 1})]
    progress = run_sync(run_batch(site.chain(CHAIN), given, out, concurrency=2))
    assert (progress.ok, progress.failed) == (2, 3)
    failed = {line["row"]: line for line in lines_of(out) if line["error"]}
    assert failed[2]["error"]["type"] == "ToolError"
    assert failed[2]["error"]["path"] == "a"
    assert site.trace(failed[2]["run"]).run.status == "error"
    assert {failed[n]["error"]["type"] for n in (4, 5)} == {"InputError"}


def test_a_bug_in_a_step_kind_is_a_failed_row_too(site, calls, monkeypatch):
    from genops.steps.tool import ToolStep

    async def run(self, context):
        raise RuntimeError("a bug")

    monkeypatch.setattr(ToolStep, "run", run)
    out = io.StringIO()
    progress = run_sync(run_batch(site.chain(CHAIN), rows(1, 2), out))
    assert progress.failed == 2
    assert {line["error"]["type"] for line in lines_of(out)} == {"RuntimeError"}


def test_no_more_rows_are_under_way_or_read_than_the_bound(site):
    now = most = 0
    read = []

    @genops.tool
    async def work(n: int) -> int:
        nonlocal now, most
        now += 1
        most = max(most, now)
        assert len(read) <= n + 4
        for _ in range(10):
            await asyncio.sleep(0)
        now -= 1
        return n

    def given():
        for n in range(50):
            read.append(n)
            yield Row(n + 1, {"n": n})

    out = io.StringIO()
    progress = run_sync(run_batch(site.chain(CHAIN), given(), out, concurrency=4))
    assert progress.ok == 50
    assert most == 4


class TestResume:
    def test_passes_over_what_is_done_and_repeats_what_failed_or_is_torn(self, site, calls, tmp_path):
        chain, path = site.chain(CHAIN), tmp_path / "out.jsonl"
        with path.open("w") as out:
            run_sync(run_batch(chain, rows(1, -2, 3, 4), out, concurrency=1))
        whole = path.read_bytes()
        path.write_bytes(whole[:-10])
        calls.clear()
        done = drop_unfinished(path)
        assert len(done) == 2
        with path.open("a") as out:
            progress = run_sync(run_batch(chain, rows(1, -2, 3, 4, 5), out, done=done))
        assert sorted(calls) == [-2, 4, 5]
        assert (progress.ok, progress.failed, progress.resumed) == (2, 1, 2)
        assert sorted(json.loads(line)["row"] for line in path.read_text().splitlines()) == [1, 2, 3, 4, 5]

    def test_a_row_that_changed_is_run_again(self, site, calls, tmp_path):
        chain, path = site.chain(CHAIN), tmp_path / "out.jsonl"
        with path.open("w") as out:
            run_sync(run_batch(chain, rows(1, 2), out))
        calls.clear()
        with path.open("a") as out:
            run_sync(run_batch(chain, rows(1, 7), out, done=finished(path)))
        assert calls == [7]

    def test_leaves_links_and_pipes_as_they_are(self, tmp_path):
        file, link, pipe = tmp_path / "out.jsonl", tmp_path / "link", tmp_path / "pipe"
        file.write_bytes(b'{"key": "k", "error": null}\n{"ke')
        link.symlink_to(file)
        os.mkfifo(pipe)
        assert (drop_unfinished(link), drop_unfinished(pipe)) == ({"k"}, set())
        assert link.is_symlink()
        assert pipe.is_fifo()
        assert file.read_bytes() == b'{"key": "k", "error": null}\n'

    def test_of_nothing(self, tmp_path):
        assert drop_unfinished(tmp_path / "none.jsonl") == set()
        (tmp_path / "bad.jsonl").write_bytes(b'\xff\xfe\n[]\n{"key": 3, "error": null}\n{}\n')
        assert drop_unfinished(tmp_path / "bad.jsonl") == set()


class TestRows:
    def test_are_read_with_their_line_numbers(self, tmp_path):
        (tmp_path / "rows.jsonl").write_text('{"n": 1}\n\n{"n": 2}\n')
        assert [(row.number, row.inputs) for row in read_rows(tmp_path / "rows.jsonl")] == [
            (1, {"n": 1}),
            (3, {"n": 2}),
        ]

    @pytest.mark.parametrize("bad", ["{oops", "[1]", "3", '{"n": 1} {"n": 2}'])
    def test_that_are_none_are_an_error_with_their_line(self, tmp_path, bad):
        (tmp_path / "rows.jsonl").write_text('{"n": 1}\n' + bad + "\n")
        with pytest.raises(InputError) as caught:
            list(read_rows(tmp_path / "rows.jsonl"))
        assert caught.value.at.line == 2


def test_what_cancels_it_leaves_every_run_closed(site):
    begun = asyncio.Event()

    @genops.tool
    async def work(n: int) -> int:
        begun.set()
        await asyncio.Event().wait()
        return n

    chain, out = site.chain(CHAIN), io.StringIO()

    async def cancelled():
        task = asyncio.create_task(run_batch(chain, rows(1, 2, 3), out, concurrency=2))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run_sync(cancelled())
    site.project.store.writer.flush()
    assert {run.status for run in site.project.store.runs()} == {"cancelled"}
    assert out.getvalue() == ""


TOOLS = """
import asyncio, pathlib
import genops

@genops.tool
async def kill_test_work(n: int) -> int:
    here = pathlib.Path(__file__)
    with here.with_name("calls.log").open("a") as log:
        log.write(f"{n}\\n")
    await asyncio.sleep(60 if n == 5 and here.with_name("slow").exists() else 0.01)
    return n * 2
"""

PROGRAM = """
import sys
from genops.executor import Chain, Project, drop_unfinished, read_rows, run_batch, run_sync
from genops.settings import load_settings
from pathlib import Path
root = Path(sys.argv[1])
project = Project(load_settings(root))
done = drop_unfinished(root / "out.jsonl")
with (root / "out.jsonl").open("a") as out:
    chain = Chain.load("main", project=project)
    run_sync(run_batch(chain, read_rows(root / "rows.jsonl"), out, concurrency=3, done=done))
project.close()
"""


@pytest.mark.slow
def test_after_kill_nothing_older_than_the_bound_is_lost(site):
    """A process is killed in the middle: what was handed over 200 ms before is there, and a resume does the rest."""
    site.write("kill_test_tools.py", TOOLS)
    site.write("rows.jsonl", "".join(f'{{"n": {n}}}\n' for n in range(300)))
    site.write("chains/main.yaml", CHAIN.replace("work", "kill_test_work"))
    site.write("genops.toml", 'plugins = ["kill_test_tools"]\n')
    slow = site.write("slow", "")  # one run is under way for longer than the bound
    out = site.root / "out.jsonl"

    def start():
        return subprocess.Popen([sys.executable, "-c", PROGRAM, str(site.root)])

    process = start()
    while not out.exists() or out.read_bytes().count(b"\n") < 30:
        assert process.poll() is None
        time.sleep(0.005)
    old = [json.loads(line)["run"] for line in out.read_text().splitlines(keepends=True) if line.endswith("\n")]
    time.sleep(0.2)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    slow.unlink()
    assert out.read_bytes().count(b"\n") < 300

    from genops.store import Store
    from genops.tracing.trace import Trace

    with Store.open(f"sqlite:///{site.root / '.genops' / 'genops.db'}") as store:
        for run in old:
            trace = Trace.load(store, run)
            assert trace.run.status == "ok"
            assert [span.status for span in trace.spans] == ["ok"] * 3
            assert trace.value(trace.run.output) == trace.value(trace.run.inputs)["n"] * 2
        unfinished = [run for run in store.iter_runs() if run.status == "running"]
        assert unfinished
        assert all(run.ended is None for run in unfinished)
    before = finished(out)
    calls_before = (site.root / "calls.log").read_text().splitlines()
    assert start().wait(60) == 0
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert sorted(line["row"] for line in lines) == list(range(1, 301))
    assert before <= {line["key"] for line in lines}
    calls_after = (site.root / "calls.log").read_text().splitlines()[len(calls_before) :]
    assert len(calls_after) == 300 - len(before)
