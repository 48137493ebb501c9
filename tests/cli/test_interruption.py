"""Ctrl-C: what is done is kept, nothing half-made is left, and the next command goes on from there."""

import contextlib
import json
import os
import signal
import subprocess
import sys

import pytest

from tests.cli.conftest import REPOSITORY

SLOW_EMBEDDER = """
import pathlib, time
from tests.retrieval.hashing import HashingEmbedder

class Dawdling(HashingEmbedder):
    name = "dawdling"

    def encode(self, texts, role="passage"):
        if any("dawdle" in text for text in texts) and not pathlib.Path("go-on").exists():
            pathlib.Path("dawdling").touch()
            time.sleep(60)
        return super().encode(texts, role)

def register(registry):
    registry.add("embedder", "dawdling", Dawdling)
"""


@pytest.fixture
def start(site):
    """Starts ``genops`` with some arguments in the project, as a process."""
    with contextlib.ExitStack() as stack:

        def run(*arguments):
            process = subprocess.Popen(
                [sys.executable, "-m", "genops", *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": str(site)},
                cwd=site,
                text=True,
            )
            stack.callback(process.communicate)
            stack.callback(process.kill)
            return process

        yield run


def interrupt(process, once):
    """Sends Ctrl-C when ``once`` holds; what the process wrote."""
    while not once():
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
            pytest.fail(f"ended too soon: {process.communicate()}")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.endswith("interrupted\n")
    assert "Traceback" not in err
    return out, err


def whole_lines(path):
    return [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]


@pytest.mark.slow
def test_a_build_that_is_interrupted_leaves_the_snapshot_in_use_and_the_next_one_works(start, genops, site):
    (site / "dawdling_plugin.py").write_text(SLOW_EMBEDDER)
    settings = (site / "genops.toml").read_text().replace('"hashing"', '"dawdling"')
    (site / "genops.toml").write_text(settings.replace("plugins = [", 'plugins = ["dawdling_plugin", '))
    first = genops("index", "build", "docs").out
    (site / "docs" / "late.md").write_text("# Late\n\nSnails dawdle on green leaves.\n")
    out, _ = interrupt(start("index", "build", "docs"), (site / "dawdling").exists)
    assert out == ""
    assert "late.md" in genops("index", "status", "docs", code=1).out
    assert [row["snapshot"][:12] for row in json.loads(genops("index", "list", "--json").out)] == [
        first.strip().partition("#")[2]
    ]
    assert "docs/tea.md" in genops("index", "search", "docs", "green tea", "-k", 1).out
    (site / "go-on").touch()
    assert genops("index", "build", "docs").out not in ("", first)
    assert genops("index", "status", "docs").out == "docs: fresh\n"
    assert "docs/late.md" in genops("index", "search", "docs", "snails dawdle", "-k", 3).out


@pytest.mark.slow
@pytest.mark.parametrize("piped", [False, True], ids=["from a file", "from stdin"])
def test_a_batch_that_is_interrupted_keeps_what_is_done_and_the_command_that_it_prints_goes_on(
    piped, start, genops, site
):
    rows = '{"text": "Say a"}\n{"text": "wait"}\n{"text": "Say b"}\n'
    (site / "rows.jsonl").write_text(rows)
    out = site / "out.jsonl"
    inputs = "-" if piped else "rows.jsonl"
    process = start("batch", "raw", "--inputs", inputs, "--out", "out.jsonl", "--tag", "t 1", "--concurrency", "3")
    if piped:
        process.stdin.write(rows)
        process.stdin.close()
        process.stdin = None
    _, err = interrupt(process, lambda: out.exists() and len(whole_lines(out)) == 2)
    assert "stopped after 2 rows done, 0 failed" in err
    again = f"genops batch raw --inputs {inputs} --out out.jsonl --tag 't 1' --concurrency 3 --resume"
    assert again in err
    assert ("(with the same rows on stdin)" in err) == piped
    assert sorted(run["status"] for run in json.loads(genops("trace", "list", "--json").out)) == [
        "cancelled",
        "ok",
        "ok",
    ]

    (site / "talker.yaml").write_text("rules: [{text: now}]\n")
    resumed = ["batch", "raw", "--inputs", inputs, "--out", "out.jsonl", "--resume"]
    genops(*resumed, stdin=rows if piped else None)
    assert sorted((line["row"], line["output"]) for line in whole_lines(out)) == [
        (1, "you said a"),
        (2, "now"),
        (3, "you said b"),
    ]


@pytest.mark.slow
def test_a_batch_that_waits_for_its_stdin_ends_at_once(start, genops, site):
    process = start("batch", "raw", "--inputs", "-", "--out", "out.jsonl")
    interrupt(process, lambda: list(site.glob("genops-batch-*")))
    assert not list(site.glob("genops-batch-*"))
    assert not (site / "out.jsonl").exists()
    genops("batch", "raw", "--inputs", "-", "--out", "out.jsonl", stdin="")
