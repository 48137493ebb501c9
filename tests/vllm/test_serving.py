"""A model from its start to its end, under a supervisor that starts it again."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import aiohttp
import psutil
import pytest

from genops.serving.adapters import load_adapter
from genops.settings import load_settings
from tests.vllm.conftest import end
from tests.vllm.served_project import ServedProject
from tests.vllm.tiny_llama import make_adapter

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(900)]


def test_a_ready_server_is_listed_with_what_it_serves(served: ServedProject) -> None:
    listed = json.loads(served.done("model", "list", "--json"))
    assert [(one["alias"], one["state"]) for one in listed] == [("tiny", "ready")]
    record = served.servers()[0]
    assert record.engine.startswith("vllm 0.")
    assert record.url.startswith("http://127.0.0.1:")
    assert {"weights", "tokenizer", "config"} <= set(record.digests)
    assert set(record.adapters) == {"support"}
    assert not any("sk-" in argument or "api-key" in argument for argument in record.arguments)


def test_the_start_is_told_phase_by_phase_and_its_log_is_kept(served: ServedProject) -> None:
    told = (served.root / "begun.log").read_text()
    for phase in ("load", "kv cache", "ready"):
        assert phase in told.lower()
    assert "APIServer" in served.done("model", "logs", "tiny")


def test_the_key_is_needed_and_never_on_the_command_line(served: ServedProject) -> None:

    record = served.servers()[0]
    key_file = Path(record.key_file)
    assert oct(key_file.stat().st_mode)[-3:] == "600"
    assert key_file.read_bytes().strip() not in Path(f"/proc/{record.engine_pid}/cmdline").read_bytes()

    async def status() -> int:
        async with aiohttp.ClientSession() as session, session.get(f"{record.url}/models") as answer:
            return answer.status

    assert asyncio.run(status()) == 401


def test_a_second_serve_of_the_alias_is_refused(served: ServedProject) -> None:
    refused = served.command("model", "serve", "tiny")
    assert refused.returncode == 2
    assert "tiny" in refused.stderr
    assert "model stop" in refused.stderr
    assert served.servers()[0].state == "ready"


def test_an_adapter_is_unloaded_and_loaded_while_the_server_runs(served: ServedProject) -> None:
    served.done("model", "adapter", "unload", "tiny", "support")
    gone = served.command("run", "both", "--input", "question=hello")
    assert gone.returncode != 0
    assert "support" in gone.stderr
    served.done("model", "adapter", "load", "tiny", "support")
    assert served.run("both", "hello again")["run"]["status"] == "ok"


def test_an_adapter_takes_the_place_of_another_and_requests_under_way_end_with_the_old_one(
    served: ServedProject, models: Path
) -> None:
    other = make_adapter(models / "other", models / "base", seed=2)
    own = _answer(served, 300)
    pieces = _pieces(served, "support", 300)
    first = next(pieces)
    with served.store() as store:
        load_adapter(load_settings(served.root), store, "tiny", "support", other)
    assert first + "".join(pieces) == own
    try:
        assert _answer(served, 8) != own[: len(_answer(served, 8))]
        refused = served.command("run", "both", "--input", "question=hello")
        assert refused.returncode == 4
        assert "loaded under that name" in refused.stderr
    finally:
        served.done("model", "adapter", "load", "tiny", "support", "--path", str(models / "support"))
    assert _answer(served, 300) == own


def test_the_figures_of_the_engine_are_shown_and_kept(served: ServedProject) -> None:
    served.run("say", "count me")
    served.done("model", "watch", "tiny", "--once")
    with served.store() as store:
        figures = store.engine_figures("tiny")[-1].figures
    assert figures["running"] == 0
    assert figures["output_tokens_total"] > 0


def test_a_load_test_gives_latencies_throughput_and_a_price(served: ServedProject) -> None:
    load = ("--requests", "12", "--concurrency", "2", "--input-tokens", "32", "--output-tokens", "8")
    served.done("model", "bench", "tiny", *load)
    with served.store() as store:
        assert len(store.load_tests("tiny")) == 1
        assert store.measured_prices()[0].output > 0
    assert served.run("say", "what do I cost?")["run"]["cost"] > 0


def test_a_killed_engine_is_started_again_and_nothing_recorded_is_lost(project: ServedProject) -> None:
    rows = ", ".join(f"{{question: number {number}}}" for number in range(60))
    suite = (project.root / "evals" / "say.yaml").read_text()
    (project.root / "evals" / "say.yaml").write_text(
        suite[: suite.index("dataset")] + f"dataset: {{rows: [{rows}]}}\n" + suite[suite.index("scorers") :]
    )
    process = project.begin("model", "serve", "tiny")
    try:
        first = project.wait_ready(process)
        ended = []
        evaluation = threading.Thread(target=lambda: ended.append(project.command("eval", "run", "say", timeout=300)))
        evaluation.start()
        _wait_for_runs(project, 5)
        before = _answered(project)
        processes = psutil.Process(first.engine_pid).children(recursive=True)
        (core,) = [one for one in processes if "EngineCore" in one.name()]  # computes, below the one that answers
        core.kill()
        evaluation.join()
        again = project.wait_ready(process, restarts=1)
        assert again.id == first.id
        assert again.engine_pid != first.engine_pid
        assert [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE] == []
        if ended[0].returncode == 4:
            assert "resume" in ended[0].stderr
            ended.append(project.command("eval", "run", "say", "--resume", timeout=300))
        assert ended[-1].returncode == 0, ended[-1].stderr
        assert before <= _answered(project)
        with project.store() as store:
            (record,) = store.evaluations()
            assert [sample.status for sample in store.samples(record.id)] == ["ok"] * 60
    finally:
        assert end(process) in (0, 130)
    assert project.servers() == []


def test_requests_under_way_are_answered_before_a_server_goes(project: ServedProject) -> None:
    process = project.begin("model", "serve", "tiny")
    try:
        project.wait_ready(process)
        answers = [_pieces(project, "tiny", 450) for _ in range(3)]
        begun = [next(pieces) for pieces in answers]
        status = end(process)
    finally:
        end(process)
    assert status in (0, 130)
    for first, rest in zip(begun, answers, strict=True):  # to their last token, or _pieces says otherwise
        assert len("".join(rest)) > len(first)
    assert project.servers() == []


def _answer(project: ServedProject, tokens: int) -> str:
    """What the adapter ``support`` says, at temperature 0."""
    return "".join(_pieces(project, "support", tokens))


def _pieces(project: ServedProject, model: str, tokens: int) -> Iterator[str]:
    """What a model says as it comes, past genops: from the first piece to the last the request is under way."""
    record = project.servers()[0]
    key = Path(record.key_file).read_text().strip()
    body = {
        "model": model,
        "messages": [{"role": "user", "content": "speak"}],
        "max_tokens": tokens,
        "temperature": 0,
        "ignore_eos": True,
        "stream": True,
    }
    asked = Request(
        f"{record.url}/chat/completions",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urlopen(asked, timeout=120) as lines:  # a server of this machine
        for line in lines:
            told = line.decode().removeprefix("data: ").strip()
            if not told:
                continue
            choice = json.loads(told)["choices"][0]
            yield choice["delta"].get("content", "")
            if choice["finish_reason"] is not None:
                assert choice["finish_reason"] == "length"
                return
    raise AssertionError("the answer was cut off")


def _answered(project: ServedProject) -> set[str]:
    """The runs that have an answer."""
    with project.store() as store:
        return {run.id for run in store.runs(limit=1_000) if run.status == "ok"}


def _wait_for_runs(project: ServedProject, count: int) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with project.store() as store:
            if sum(run.status == "ok" for run in store.runs(limit=count)) >= count:
                return
        time.sleep(0.2)
    raise AssertionError(f"no {count} runs in two minutes")
