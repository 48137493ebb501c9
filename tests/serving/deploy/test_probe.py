"""The script that a container's probes run, as they run it."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import genops.serving.deploy as package
from tests.servers.openai_server import OpenAiServer

PROBE = Path(package.__file__).with_name("probe.py")
ANSWER = {"choices": [{"message": {"role": "assistant", "content": "H"}}]}


def metrics(tokens=0, running=0, waiting=0):
    label = '{model_name="llama",engine="0"}'
    return (
        f"# HELP vllm:prompt_tokens_total n\nvllm:prompt_tokens_total{label} {tokens}.0\n"
        f"vllm:generation_tokens_total{label} 1e+00\nvllm:prompt_tokens_created{label} 1.7e9\n"
        f"vllm:num_requests_running{label} {running}\nvllm:num_requests_waiting{label} {waiting}\n"
        'vllm:num_requests_waiting_by_reason{reason="capacity"} 99\nprocess_cpu_seconds_total 3\n'
    )


def probe(url, *words, key=""):
    environment = {**os.environ, "VLLM_PROBE_URL": url, "VLLM_API_KEY": key}
    command = [sys.executable, "-S", "-E", "-s", PROBE, *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)


def test_a_server_that_gives_a_token_of_each_model_is_ready():
    with OpenAiServer({"/v1/chat/completions": (200, ANSWER), "/metrics": (200, metrics())}) as server:
        done = probe(server.url, "ready", "5", "llama", "support", key="k")
    assert done.returncode == 0, done.stderr
    assert [request["model"] for request in server.requests] == ["llama", "support"]
    assert {request["max_tokens"] for request in server.requests} == {1}
    assert server.headers[0]["Authorization"] == "Bearer k"


@pytest.mark.parametrize(
    "reply",
    [
        (500, {"error": {"message": "EngineDeadError"}}),
        (400, {"error": {"message": "no chat template"}}),
        (200, {"choices": []}),
        (200, "<html>"),
    ],
)
def test_a_server_that_gives_none_is_not_though_its_health_is_good(reply):
    replies = {"/v1/chat/completions": reply, "/metrics": (200, metrics()), "/health": (200, "")}
    with OpenAiServer(replies) as server:
        done = probe(server.url, "ready", "5", "llama")
    assert done.returncode == 1
    assert done.stderr.startswith("ready: ")
    if isinstance(reply[1], dict) and "error" in reply[1]:
        assert reply[1]["error"]["message"] in done.stderr


def test_one_adapter_that_fails_is_enough():
    def chat(body):
        return (404, {"error": {"message": "no such adapter"}}) if body["model"] == "support" else (200, ANSWER)

    with OpenAiServer({"/v1/chat/completions": chat, "/metrics": (200, metrics())}) as server:
        assert probe(server.url, "ready", "5", "llama", "support").returncode == 1
        assert probe(server.url, "ready", "5", "llama").returncode == 0


def test_a_server_that_is_busy_with_others_is_ready_and_one_that_hangs_is_not():
    read = []

    def busy(_):
        read.append(1)
        return 200, metrics(tokens=100 * len(read))

    slow = {"/v1/chat/completions": (200, ANSWER, 2.0)}
    with OpenAiServer({**slow, "/metrics": busy}) as server:
        assert probe(server.url, "ready", "0.3", "llama").returncode == 0
    with OpenAiServer({**slow, "/metrics": (200, metrics(tokens=100))}) as server:
        done = probe(server.url, "ready", "0.3", "llama")
    assert done.returncode == 1
    assert "timed out" in done.stderr


def test_nobody_listens():
    done = probe("http://127.0.0.1:9", "ready", "1", "llama")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_drain_ends_when_no_request_is_under_way():
    left = threading.Event()

    def figures(_):
        return 200, metrics(running=0 if left.is_set() else 2, waiting=0 if left.is_set() else 1)

    with OpenAiServer({"/metrics": figures}) as server:
        timer = threading.Timer(6.5, left.set)
        timer.start()
        done = probe(server.url, "drain", "50")
    assert left.is_set()
    assert done.returncode == 0, done.stderr


def test_a_drain_takes_no_longer_than_it_may():
    with OpenAiServer({"/metrics": (200, metrics(running=2))}) as server:
        assert probe(server.url, "drain", "0.5").returncode == 0
