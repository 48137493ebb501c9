"""retry, timeout and fallback: what is tried again, how long it waits, and what is left on record."""

import asyncio

import pytest

import genops
from benchmarks.loopback_server import Fault, LoopbackServer, Reply
from genops.chains import Retry
from genops.errors import InputError, ModelError, ModelRefused, RateLimited, ServerFailed, StepTimeout, ToolError
from genops.executor import attempts
from tests.executor.site import paths


@pytest.fixture
def server():
    with LoopbackServer() as running:
        yield running


@pytest.fixture
def ask(site, server):
    """Runs one prompt step with these options, on a model that tries nothing again by itself."""
    site.prompt("ask", "hi\n")
    site.served(server.url, more="limits = {retries = 0}")
    site.served(server.url, "other", more="limits = {retries = 0}")
    return lambda more: site.chain(f"steps: {{a: {{prompt: ask, {more}}}}}").run()


class TestRetry:
    @pytest.mark.parametrize(
        ("fault", "kind"),
        [
            (Fault("status", 429), "rate_limit"),
            (Fault("status", 503), "server"),
            (Fault("not_json"), "server"),
            (Fault("reset"), "connection"),
            (Fault("half"), "server"),
        ],
    )
    def test_of_what_may_heal(self, ask, server, fault, kind):
        server.fail(fault)
        assert ask(f"retry: {{delay: 0, on: [{kind}]}}").output == "pong"
        server.fail(fault)
        other = "tool" if kind != "tool" else "http"
        with pytest.raises(ModelError):
            ask(f"retry: {{delay: 0, on: [{other}]}}")

    def test_never_of_what_will_not(self, ask, server):
        server.fail(Fault("status", 400), Fault("status", 400))
        with pytest.raises(ModelRefused):
            ask("retry: {delay: 0}")
        assert len(server.requests) == 1

    def test_no_more_often_than_the_bound(self, ask, server, site):
        server.fail(*[Fault("status", 500)] * 5)
        with pytest.raises(ServerFailed) as caught:
            ask("retry: {attempts: 3, delay: 0}")
        assert len(server.requests) == 3
        attempts = site.trace(caught.value.run).by_path["a"].attributes["genops.attempts"]
        assert [attempt["type"] for attempt in attempts] == ["ServerFailed"] * 3

    def test_never_of_wrong_inputs(self, site):
        @genops.tool
        def t(x: int) -> int:
            return x

        with pytest.raises(InputError) as caught:
            site.chain("steps: {a: {map: text, do: {steps: {b: {tool: t}}}, retry: {delay: 0, on: [any]}}}").run()
        assert len(site.trace(caught.value.run).by_path["a"].attributes["genops.attempts"]) == 1

    def test_waits_a_random_time_below_an_exponential_bound(self):
        retry = Retry(attempts=10, delay=1.0, max_delay=5.0)
        for number, bound in ((1, 1.0), (2, 2.0), (3, 4.0), (4, 5.0), (9, 5.0)):
            delays = [attempts._delay(ServerFailed("x"), retry, number) for _ in range(300)]
            assert 0 <= min(delays) < 0.2 * bound
            assert 0.8 * bound < max(delays) <= bound

    def test_waits_at_least_as_long_as_the_server_asked(self):
        retry = Retry(delay=0.1, max_delay=0.2)
        assert attempts._delay(RateLimited("x", retry_after=7.0), retry, 1) >= 7.0

    def test_waits_no_longer_than_the_server_may_ask(self):
        retry = Retry(delay=0.1, max_delay=0.2)
        assert attempts._delay(RateLimited("x", retry_after=1e9), retry, 1) <= 300.2

    def test_the_wait_is_on_record(self, ask, server, site):
        server.fail(Fault("status", 429, headers={"Retry-After": "0.05"}))
        (attempt,) = site.trace(ask("retry: {delay: 0}")).by_path["a"].attributes["genops.attempts"]
        assert attempt["delay"] == 0.05


class TestTimeout:
    def test_ends_an_attempt(self, site):
        cancelled = []

        @genops.tool
        async def hang() -> str:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.append(1)
                raise
            return "never"

        with pytest.raises(StepTimeout, match=r"not done within 0\.2 s") as caught:
            site.chain("steps: {a: {tool: hang, timeout: 0.2, retry: {attempts: 2, delay: 0}}}").run()
        assert cancelled == [1, 1]
        trace = site.trace(caught.value.run)
        assert (trace.by_path["a"].status, trace.by_path["a"].error["type"]) == ("error", "StepTimeout")
        assert {trace.by_path[path].status for path in paths(trace, "tool")} == {"cancelled"}
        assert paths(trace, "tool") == ["a#2/hang", "a/hang"]

    def test_of_a_model(self, ask, server):
        server.fail(Fault("hang"))
        assert ask("timeout: 1, retry: {delay: 0}").output == "pong"


class TestFallback:
    def test_to_a_model(self, ask, server, site):
        server.fail(Fault("status", 400))
        run = ask("fallback: [{model: other}]")
        assert [request.body["model"] for request in server.requests] == ["m", "other"]
        trace = site.trace(run)
        assert paths(trace, "model") == ["a/model", "a|1/model"]
        assert trace.by_path["a"].attributes["genops.fallback"] == 1
        assert site.replay(run).identical

    def test_to_one_after_the_other(self, ask, server, site):
        server.fail(*[Fault("status", 500)] * 4)
        run = ask("retry: {attempts: 2, delay: 0}, fallback: [{model: other}, {value: {said: nothing}}]")
        assert run.output == {"said": "nothing"}
        assert paths(site.trace(run), "model") == ["a#2/model", "a/model", "a|1#2/model", "a|1/model"]
        assert site.trace(run).by_path["a"].attributes["genops.fallback"] == 2
        assert site.replay(run).identical

    def test_to_a_step_of_another_kind(self, site):
        @genops.tool
        def fail() -> str:
            raise ValueError("no")

        @genops.tool
        def add(n: int) -> int:
            return n + 1

        run = site.chain("""
            inputs: {ns: list}
            steps:
              a:
                tool: fail
                fallback: [{map: "{{ inputs.ns }}", as: n, do: {steps: {b: {tool: add, with: {n: "{{ n }}"}}}}}]
            """).run(ns=[1, 2])
        assert run.output == [2, 3]
        assert paths(site.trace(run), "tool") == ["a/fail", "a|1[0]/b/add", "a|1[1]/b/add"]
        assert site.replay(run).identical

    def test_when_all_fail_the_last_error_is_raised(self, site):
        @genops.tool
        def fail(why: str) -> str:
            raise ValueError(why)

        with pytest.raises(ToolError, match="two"):
            site.chain("""
                steps: {a: {tool: fail, with: {why: one}, fallback: [{tool: fail, with: {why: two}}]}}
                """).run()

    def test_is_not_used_when_all_is_well(self, ask, server):
        assert ask("fallback: [{value: other}]").output == "pong"
        assert len(server.requests) == 1


def test_the_gateway_s_own_attempts_are_on_record_and_free_of_secrets(site, server):
    key = "sk-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH"
    site.prompt("ask", "hi\n")
    site.served(server.url, more="limits = {retries = 0}")
    server.fail(Fault("status", 401, body={"error": {"message": f"wrong key {key}"}}))
    with pytest.raises(ModelRefused) as caught:
        site.chain("steps: {a: {prompt: ask}}").run()
    trace = site.trace(caught.value.run)
    assert "wrong key <" in str(trace.by_path["a/model"].error["attempts"])
    site.close()
    assert key.encode() not in (site.root / ".genops" / "genops.db").read_bytes()


def test_an_answer_after_retries_of_the_gateway_tells_them(site, server):
    site.prompt("ask", "hi\n")
    site.served(server.url)
    server.answer = lambda body: Reply(text="ok")
    server.fail(Fault("status", 429, headers={"Retry-After": "0"}))
    trace = site.trace(site.chain("steps: {a: {prompt: ask}}").run())
    (attempt,) = trace.by_path["a/model"].attributes["genops.attempts"]
    assert attempt["error"] == "RateLimited"
