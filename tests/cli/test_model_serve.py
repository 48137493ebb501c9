"""``genops model serve``, ``list``, ``stop`` and ``logs`` as people call them, on the fake vLLM."""

import json
import os
import signal
import subprocess
import sys

import pytest

from genops.serving.supervisor.watcher import members
from tests.cli.conftest import REPOSITORY
from tests.serving.faked import gone, make_project, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


class Site:
    """A project with the fake vLLM, and genops as processes in it."""

    def __init__(self, root):
        self.root = root
        self.fake = make_project(root, "drain_timeout = 20\n")
        self.started = []

    def start(self, *words):
        process = subprocess.Popen(
            [sys.executable, "-m", "genops", "model", *words],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def ended(self, process, code):
        out, err = process.communicate(timeout=90)
        assert process.returncode == code, err
        assert "Traceback" not in err
        return out, err

    def run(self, *words, code=0):
        return self.ended(self.start(*words), code)

    def records(self):
        return json.loads(self.run("list", "--all", "--json")[0])

    def serve(self, *words):
        process = self.start("serve", "tiny", "--no-check", *words)
        for line in process.stderr:
            if "ready at" in line:
                return process
        raise AssertionError("it never was ready")

    def close(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.communicate()


@pytest.fixture
def site(tmp_path):
    found = Site(tmp_path)
    yield found
    found.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_told_to_end_ends_well(site, number):
    process = site.serve()
    (record,) = site.records()
    assert "ready" in site.run("list")[0]
    process.send_signal(number)
    assert process.wait(60) == 0
    assert site.records()[0]["state"] == "stopped"
    assert members(record["engine_pid"]) == []
    assert "nothing is served" in site.run("list")[1]


def test_a_server_whose_weights_are_still_hashed_ends_as_soon(site):
    os.truncate(site.root / "model" / "model.safetensors", 2**40)  # with nothing in it: minutes to hash, on no disk
    process = site.serve()
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert site.records()[0]["digests"] == {}


def test_nothing_is_left_of_a_supervisor_that_was_killed(site):
    site.fake.behave(engine=True)
    process = site.serve()
    (record,) = site.records()
    process.kill()
    process.wait()
    until(lambda: members(record["engine_pid"]) == [])
    assert gone(site.fake.engine)
    assert "its supervisor is gone" in site.run("list")[1]
    (record,) = site.records()
    assert (record["state"], record["engine_pid"]) == ("failed", None)
    again = site.serve()
    again.send_signal(signal.SIGTERM)
    assert again.wait(60) == 0


def test_a_second_serve_is_wrong_usage_and_stop_ends_the_first(site):
    process = site.serve()
    error = site.run("serve", "tiny", "--no-check", code=2)[1]
    assert f"'tiny' is served already, by process {process.pid}" in error
    assert "tiny: 1 server stopped" in site.run("stop", "tiny")[1]
    assert process.wait(60) == 0
    assert "no server of 'tiny' runs" in site.run("stop", "tiny", code=2)[1]


def test_a_detached_server_goes_on_until_it_is_stopped(site):
    out, err = site.run("serve", "tiny", "--no-check", "--detach")
    assert out.startswith("http://127.0.0.1:")
    assert "ready at" in err
    assert site.records()[0]["state"] == "ready"
    site.run("stop", "tiny", "--now")
    assert site.records()[0]["state"] == "stopped"


def test_a_detached_server_that_fails_says_why(site):
    site.fake.behave(crash="load", says=["torch.OutOfMemoryError: CUDA out of memory."])
    error = site.run("serve", "tiny", "--no-check", "--detach", code=4)[1]
    assert "the GPU ran out of memory" in error


def test_the_log_is_shown_and_followed(site):
    process = site.serve()
    assert "Starting vLLM server" in site.run("logs", "tiny", "-n", "3")[0]
    following = site.start("logs", "tiny", "-n", "1", "-f")
    assert "Starting vLLM server" in following.stdout.readline()
    (record,) = site.records()
    os.kill(record["engine_pid"], signal.SIGKILL)
    assert "--- start 2 of tiny, replica 0" in following.stdout.readline()
    following.send_signal(signal.SIGINT)
    following.communicate(timeout=30)
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    assert "no server 1 of 'tiny'" in site.run("logs", "tiny", "--replica", "1", code=2)[1]


def test_a_preflight_comes_first(site):
    (site.root / "model" / "model.safetensors").unlink()
    error = site.run("serve", "tiny", code=1)[1]
    assert "error: " in error
    assert "--no-check starts nevertheless" in error
    assert site.records() == []


@pytest.mark.parametrize(
    ("table", "code", "message"),
    [
        ("extra = {swap-space = 4}", 2, "has dropped it"),
        ('python = "nowhere/python"', 2, "there is no Python"),
        ('adapters = {a = {path = "nowhere"}}', 2, "nowhere"),
        ('chat_template = "nowhere.jinja"', 2, "vllm.chat_template: there is no"),
        ('host = "192.0.2.7"', 4, "192.0.2.7 cannot be listened on"),
    ],
)
def test_wrong_settings_are_one_clear_error(site, table, code, message):
    text = (site.root / "genops.toml").read_text()
    if table.startswith("python"):
        text = text.replace('executable = "fake/vllm"\n', "")
    (site.root / "genops.toml").write_text(f"{text}{table}\n")
    error = site.run("serve", "tiny", "--no-check", code=code)[1]
    assert message in error


def test_an_alias_that_is_not_there_or_not_served_is_wrong_usage(site):
    assert "did you mean tiny" in site.run("serve", "tinny", "--no-check", code=2)[1]
    assert "has no vllm table" in site.run("serve", "offline", "--no-check", code=2)[1]
