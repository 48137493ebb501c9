"""Whatever a provider answers, a run ends with one error that says what to do, and its trace is kept as failed."""

import os
import subprocess
import sys

import pytest

from benchmarks.loopback_server import Fault, LoopbackServer, Reply
from tests.cli.conftest import REPOSITORY

WORDS = "one two three four five six seven eight"
BASE_URL, LATER, TIMEOUT = "check that base_url", "give the step a `fallback`", "raise `limits.timeout`"

FAULTS = {
    "HTML": (Fault("not_json"), "not JSON: '<html>", BASE_URL),
    "an empty body": (Fault("status", 200, body=""), "an empty body", BASE_URL),
    "JSON of something else": (Fault("wrong_json"), "no usable choice", BASE_URL),
    "a JSON list": (Fault("status", 200, body=[1]), "not a chat completion", BASE_URL),
    "no choices": (Fault("no_choices"), "no usable choice", BASE_URL),
    "200 with an error": (Fault("status", 200, body={"error": {"message": "overloaded"}}), "500: overloaded", LATER),
    "500 with HTML": (Fault("status", 500, body="<html>oops</html>"), "500: <html>oops", LATER),
    "429": (Fault("status", 429), "429", "limits.requests_per_minute"),
    "400": (Fault("status", 400, body={"error": "no such parameter"}), "400: no such parameter", "does not help"),
    "half an answer": (Fault("half"), "lost in the middle of the answer", LATER),
    "a connection that is closed": (Fault("reset"), "no answer from http://127.0.0.1", "start the server"),
    "nothing, ever": (Fault("hang"), "within 1 s", TIMEOUT),
    "a slow drip": (Fault("drip", pause=0.05), "within 1 s", TIMEOUT),
    "a redirect": (
        Fault("status", 302, headers={"Location": "http://elsewhere/v1"}),
        "302 and points to http://elsewhere/v1",
        "set base_url",
    ),
}


@pytest.fixture
def server(site):
    with LoopbackServer(answer=lambda body: Reply(text=WORDS)) as server, (site / "genops.toml").open("a") as file:
        file.write(f'[models.served]\nmodel = "openai_like/x"\nbase_url = "{server.url}"\n')
        file.write("[models.served.limits]\nretries = 0\ntimeout = 1\n")
        file.flush()
        yield server


@pytest.mark.parametrize("options", [(), ("--stream",)], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_provider_is_one_error(name, options, server, genops, monkeypatch):
    monkeypatch.setenv("GENOPS_DEFAULT_MODEL", "served")
    fault, problem, advice = FAULTS[name]
    server.fail(fault)
    done = genops("run", "raw", "-i", "text=x", *options, code=4)
    error, place, hint, trace = done.err.splitlines()
    assert error.startswith("error: ")
    assert problem in error
    assert place == "  at step answer"
    assert advice in hint
    assert WORDS.startswith(done.out.removesuffix("\n"))
    shown = genops("trace", "show", trace.removeprefix("trace ")).out
    assert "error" in shown.splitlines()[0]
    assert len(server.requests) == 1


@pytest.mark.slow
def test_an_error_after_streamed_text_begins_a_line_of_its_own(server):
    server.fail(Fault("half"))
    command = [sys.executable, "-m", "genops", "run", "raw", "-i", "text=x", "--stream"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "GENOPS_DEFAULT_MODEL": "served"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=60)
    assert done.returncode == 4
    assert done.stderr.startswith("error: ")
    assert done.stdout.endswith("\n")
    assert len(done.stdout) > 1
