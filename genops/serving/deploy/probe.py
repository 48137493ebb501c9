"""Asks a vLLM server for a token (``ready``), or waits until its requests are answered (``drain``).

It runs inside the server's container, so it needs the standard library alone.
"""

import json
import os
import sys
import time
from urllib.request import Request, urlopen

SERVER = os.environ.get("VLLM_PROBE_URL", "http://127.0.0.1:8000")
UNNOTICED = 5.0  # seconds until every balancer has noticed that this server is leaving


def figure(*names: str) -> float:
    """The sum of some figures of /metrics over all their labels."""
    with urlopen(SERVER + "/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    named = [line.rpartition(" ") for line in lines if line.startswith("vllm:")]
    return sum(float(value) for name, _, value in named if name.partition("{")[0] in names)


def answered() -> float:
    """How many tokens the engine has read and written."""
    return figure("vllm:prompt_tokens_total", "vllm:generation_tokens_total")


def complete(model: str, seconds: float) -> None:
    """Asks a model for one token."""
    body = {"model": model, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}
    headers = {"Content-Type": "application/json", "Authorization": "Bearer " + os.environ.get("VLLM_API_KEY", "")}
    request = Request(SERVER + "/v1/chat/completions", json.dumps(body).encode(), headers)
    with urlopen(request, timeout=seconds) as answer:
        json.load(answer)["choices"][0]["message"]


def ready(seconds: str, *models: str) -> None:
    """Whether each model gives a token in time, or the engine is busy giving them to others."""
    before = answered()
    for model in models:
        try:
            complete(model, float(seconds))
        except TimeoutError:
            if answered() <= before:
                raise


def drain(seconds: str) -> None:
    """Waits until no request is under way, at most some seconds."""
    end = time.monotonic() + float(seconds)
    time.sleep(min(UNNOTICED, float(seconds)))
    while time.monotonic() < end and figure("vllm:num_requests_running", "vllm:num_requests_waiting") > 0:
        time.sleep(0.5)


if __name__ == "__main__":
    try:
        {"ready": ready, "drain": drain}[sys.argv[1]](*sys.argv[2:])
    except Exception as error:
        detail = error.read().decode(errors="replace")[:500] if hasattr(error, "read") else ""
        sys.exit(f"{sys.argv[1]}: {error} {detail}")
