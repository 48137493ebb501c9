"""Replay: identical and silent under an unchanged lock, live exactly downstream of the first difference otherwise."""

import asyncio
import threading

import pytest

import genops
from benchmarks.loopback_server import Fault, LoopbackServer, Reply
from genops.artifacts import encode
from genops.errors import GenopsError, ToolError, Unfinished, UsageError
from genops.executor import RunOptions, replay, run_sync
from tests.executor.site import paths

ECHO = "rules: [{text: 'echo {{ messages[-1].content }}'}]"


def failed(chain, **inputs):
    """The id of a run that fails."""
    with pytest.raises(GenopsError) as caught:
        chain.run(**inputs)
    return caught.value.run


@pytest.fixture
def server():
    with LoopbackServer(answer=lambda body: Reply(text=f"<{body['messages'][-1]['content']}>")) as running:
        yield running


def test_no_call_is_made_and_nothing_differs(site, server):
    calls = []

    @genops.tool
    def count(text: str) -> int:
        calls.append(text)
        return len(text)

    site.prompt("ask")
    site.served(server.url)
    chain = site.chain("""
        inputs: {question: str}
        steps:
          answer: {prompt: ask, with: {question: "{{ inputs.question }}"}}
          size: {tool: count, with: {text: "{{ steps.answer.output }}"}}
        output: {text: "{{ steps.answer.output }}", size: "{{ steps.size.output }}"}
        """)
    run = chain.run(question="why?")
    assert run.output == {"text": "<why?>", "size": 6}
    found = site.replay(run)
    assert found.identical
    assert (found.injected, found.performed, found.error) == (2, (), None)
    assert len(server.requests) == 1
    assert calls == ["<why?>"]


def test_the_clock_stands_where_it_stood(site):
    @genops.tool
    def same(value: str) -> str:
        return value

    chain = site.chain("""
        steps:
          one: {tool: same, with: {value: "{{ now() }} {{ now() }}"}}
          each:
            map: [1, 2, 3]
            do: {steps: {then: {tool: same, with: {value: "{{ now() }}"}}}}
        output: "{{ [steps.one.output, steps.each.output, now()] }}"
        """)
    run = chain.run()
    found = site.replay(run)
    assert found.identical
    assert site.trace(found.run).value(site.trace(found.run).run.output) == run.output
    assert len(paths(site.trace(run), "clock")) == 6


def test_loops_maps_branches_and_sub_chains(site):
    @genops.tool
    def add(a: int, b: int) -> int:
        return a + b

    site.write(
        "chains/inner.yaml",
        """
        inputs: {n: int}
        steps: {plus: {tool: add, with: {a: "{{ inputs.n }}", b: 10}}}
        output: "{{ steps.plus.output }}"
        """,
    )
    chain = site.chain("""
        inputs: {ns: {type: list, items: int}}
        steps:
          grow:
            loop: {steps: {next: {tool: add, with: {a: "{{ loop.previous }}", b: "{{ loop.round }}"}}}}
            start: 1
            until: "{{ loop.output > 20 }}"
          each:
            map: "{{ inputs.ns }}"
            concurrency: 3
            do:
              steps:
                pick:
                  branch:
                    - {when: "{{ item % 2 == 0 }}", steps: {even: {chain: inner, with: {n: "{{ item }}"}}}}
                    - {when: "{{ item > 4 }}", steps: {big: {tool: add, with: {a: "{{ item }}", b: 100}}}}
              output: "{{ steps.pick.output | default('none') }}"
        output: {grow: "{{ steps.grow.output }}", each: "{{ steps.each.output }}"}
        """)
    run = chain.run(ns=[1, 2, 3, 4, 5, 6])
    assert run.output == {"grow": 22, "each": ["none", 12, "none", 14, 105, 16]}
    assert site.replay(run).identical


def test_re_asks(site):
    site.scripted("""
        rules:
          - {when: {user: "does not fit|not valid"}, text: '{"n": 7}'}
          - {text: 'seven'}
        """)
    site.prompt(
        "number",
        """
        ---
        output: {type: object, properties: {n: int}}
        ---
        A number?
        """,
    )
    chain = site.chain("steps: {ask: {prompt: number}}")
    run = chain.run()
    assert run.output == {"n": 7}
    assert paths(site.trace(run), "model") == ["ask/model", "ask/model[1]"]
    assert site.replay(run).identical


@pytest.mark.parametrize("status", [429, 500])
def test_retries_of_the_step(site, server, status):
    site.prompt("ask")
    site.served(server.url, more="limits = {retries = 0}")
    chain = site.chain("""
        steps: {answer: {prompt: ask, with: {question: hi}, retry: {attempts: 3, delay: 0}}}
        """)
    server.fail(Fault("status", status), Fault("status", status))
    run = chain.run()
    assert paths(site.trace(run), "model") == ["answer#2/model", "answer#3/model", "answer/model"]
    found = site.replay(run)
    assert found.identical
    assert len(server.requests) == 3


def test_timeouts_and_fallbacks(site):
    started = []

    @genops.tool
    async def hang() -> str:
        started.append(1)
        await asyncio.Event().wait()
        return "never"

    @genops.tool
    def quick() -> str:
        return "quick"

    chain = site.chain("""
        steps:
          slow: {tool: hang, timeout: 0.2, retry: {attempts: 2, delay: 0}, fallback: [{tool: quick}]}
        """)
    run = chain.run()
    assert run.output == "quick"
    before = len(started)
    found = site.replay(run)
    assert found.identical, found
    assert len(started) == before


def test_a_timeout_deep_inside_is_told_the_same_way(site):
    @genops.tool
    async def hang() -> str:
        await asyncio.Event().wait()
        return "never"

    site.write("chains/inner.yaml", "steps: {slow: {tool: hang, timeout: 0.2}}")
    chain = site.chain("""
        steps:
          each:
            map: [1, 2]
            on_error: report
            do: {steps: {call: {chain: inner}}}
        """)
    run = chain.run()
    assert [item["error"]["message"] for item in run.output] == ["not done within 0.2 s"] * 2
    found = site.replay(run)
    assert found.identical, found.differences


def test_a_failed_run_whose_siblings_were_cancelled(site):
    """What was done before the failure is done in the replay, what was cancelled by it is not."""
    first_done = threading.Event()

    @genops.tool
    def note(text: str) -> str:
        return text

    @genops.tool
    def late_failure() -> str:
        assert first_done.wait(10)
        raise ValueError("it broke")

    @genops.tool
    async def hang() -> str:
        first_done.set()
        await asyncio.Event().wait()
        return "never"

    chain = site.chain("""
        steps:
          bad: {tool: late_failure}
          one: {tool: note, with: {text: first}}
          two: {tool: note, with: {text: "{{ steps.one.output }}-second"}}
          three: {tool: note, with: {text: "{{ 'third' if steps.two.output else '' }}"}}
          four: {tool: hang, after: [three]}
          five: {tool: hang, after: [four]}
        output: "{{ steps.five.output }}"
        """)
    run = failed(chain)
    spans = site.trace(run).by_path
    assert {name: spans[name].status for name in ("bad", "one", "two", "three", "four")} == {
        "bad": "error",
        "one": "ok",
        "two": "ok",
        "three": "ok",
        "four": "cancelled",
    }
    for _ in range(5):
        found = site.replay(run)
        assert found.identical, found.differences
        assert "it broke" in found.error


def test_a_failure_inside_of_a_run_that_went_on(site):
    """Siblings cancelled in a map item that failed are cancelled in the replay too."""

    @genops.tool
    async def hang(item: int) -> str:
        await asyncio.Event().wait()
        return "never"

    @genops.tool
    async def fail(item: int) -> str:
        raise ValueError(f"item {item}")

    chain = site.chain("""
        steps:
          each:
            map: [1, 2, 3]
            on_error: report
            do:
              steps:
                ahang: {tool: hang, with: {item: "{{ item }}"}}
                bfail: {tool: fail, with: {item: "{{ item }}"}}
              output: "{{ steps.ahang.output }}"
        """)
    run = chain.run()
    assert [item["error"]["message"] for item in run.output] == [
        f"tool 'fail' raised ValueError: item {n}" for n in (1, 2, 3)
    ]
    found = site.replay(run)
    assert found.identical, found.differences


def test_functions_traced_inside_of_a_tool_are_no_difference(site):
    @genops.trace(name="inside")
    def inside(n: int) -> int:
        return n + 1

    @genops.tool
    def outside(n: int) -> int:
        return inside(n)

    chain = site.chain("steps: {call: {tool: outside, with: {n: 1}}}")
    run = chain.run()
    assert paths(site.trace(run), "function") == ["call/outside/inside"]
    assert site.replay(run).identical


def test_an_agent_with_its_tools(site, server):
    calls = []

    @genops.tool
    def weather(city: str) -> str:
        calls.append(city)
        if city == "Atlantis":
            raise LookupError("no such city")
        return f"rain in {city}"

    site.scripted("""
        rules:
          - when: {turn: 0}
            tool_calls: [{name: weather, arguments: {city: Paris}}, {name: weather, arguments: {city: Atlantis}}]
          - {text: "done: {{ messages[-2].content }} / {{ messages[-1].content }}"}
        """)
    site.prompt("ask")
    chain = site.chain("steps: {work: {agent: ask, with: {question: go}, tools: [weather]}}")
    run = chain.run()
    assert "rain in Paris" in run.output
    assert "no such city" in run.output
    found = site.replay(run)
    assert found.identical
    assert sorted(calls) == ["Atlantis", "Paris"]


def test_a_memo_hit_is_taken_over(site):
    @genops.tool
    def one() -> int:
        return 1

    chain = site.chain("steps: {a: {tool: one}}")
    site.memo_run(chain)
    again = site.memo_run(chain)
    assert paths(site.trace(again), "tool") == []
    assert site.replay(again).identical


def test_components_come_from_the_store(site, server):
    """Files may change after the run: the replay runs what ran."""
    site.prompt("ask", "---\ninputs: {question: str}\n---\n{% include 'partials/p.md' %} {{ question }}\n")
    site.write("prompts/partials/p.md", "old")
    site.served(server.url)
    chain = site.chain("steps: {answer: {prompt: ask, with: {question: hi}}}")
    run = chain.run()
    site.write("prompts/ask.prompt", "gone")
    site.write("prompts/partials/p.md", "new")
    site.write("chains/main.yaml", "steps: {}")
    site.settings("")
    (site.root / "genops.toml").write_text("")
    site._settings = []
    site.reopen()
    found = site.replay(run)
    assert found.identical
    assert len(server.requests) == 1


def test_redacted_runs_replay(site, server):
    site.settings("[redaction]\nemail = true")
    site.prompt("ask")
    site.served(server.url)
    chain = site.chain("""
        inputs: {who: str}
        steps:
          a: {prompt: ask, with: {question: "mail {{ inputs.who }}"}}
          b: {prompt: ask, with: {question: "{{ steps.a.output }} and other@example.com"}}
        output: "{{ steps.b.output }}"
        """)
    run = chain.run(who="ann@example.org")
    assert "ann@example.org" in run.output
    found = site.replay(run)
    assert found.identical, found.differences


class TestWhatIsTamperedWith:
    @pytest.fixture
    def run(self, site):
        @genops.tool
        def double(text: str) -> str:
            return text * 2

        chain = site.chain("""
            inputs: {text: str}
            steps:
              a: {tool: double, with: {text: "{{ inputs.text }}"}}
              b: {tool: double, with: {text: "{{ steps.a.output }}"}}
            output: "{{ steps.b.output }}"
            """)
        return chain.run(text="x")

    def change(self, site, run, path, **fields):
        trace = site.trace(run)
        span = trace.by_path[path]
        for name, value in fields.items():
            setattr(span, name, value)
        site.project.store.writer.span(span)

    def test_an_output(self, site, run):
        other = encode("yy")
        site.project.store.writer.payload(other)
        self.change(site, run, "a/double", output=other.digest)
        found = site.replay(run)
        assert not found.identical
        assert ("a", "output") in {(d.path, d.what) for d in found.differences}
        assert ("b/double", "request") in {(d.path, d.what) for d in found.differences}
        assert found.performed == ()

    def test_a_request(self, site, run):
        self.change(site, run, "b/double", input="0" * 64)
        found = site.replay(run)
        assert ("b/double", "request") in {(d.path, d.what) for d in found.differences}

    def test_a_payload_that_is_gone(self, site, run):
        self.change(site, run, "b/double", output="0" * 64)
        found = site.replay(run)
        assert not found.identical

    def test_a_failed_run_that_would_go_further(self, site):
        """An error taken out of the record lets the replay ask for what was never asked: it says so and ends."""

        @genops.tool
        def sometimes(n: int) -> int:
            if n == 1:
                raise ValueError("no")
            return n

        chain = site.chain("""
            steps:
              a: {tool: sometimes, with: {n: 1}}
              b: {tool: sometimes, with: {n: "{{ steps.a.output }}"}}
            output: "{{ steps.b.output }}"
            """)
        run = failed(chain)
        two = encode(2)
        site.project.store.writer.payload(two)
        self.change(site, run, "a/sometimes", output=two.digest, error=None, status="ok")
        found = site.replay(run)
        assert not found.identical
        assert found.performed == ()


class TestWhatIsRefused:
    def test_an_incomplete_trace(self, site):
        @genops.tool
        def one() -> int:
            return 1

        run = site.chain("steps: {a: {tool: one}}").run()
        trace = site.trace(run)
        trace.run.dropped = 3
        with pytest.raises(Unfinished, match="incomplete"):
            run_sync(replay(site.project, trace))

    def test_an_unfinished_run(self, site):
        @genops.tool
        def one() -> int:
            return 1

        run = site.chain("steps: {a: {tool: one}}").run()
        trace = site.trace(run)
        trace.run.status = "running"
        site.project.store.writer.run(trace.run)
        with pytest.raises(Unfinished, match="running"):
            site.replay(run)

    def test_a_traced_function(self, site, monkeypatch):
        monkeypatch.chdir(site.root)
        site.project.close()
        project = genops.Project.current(site.root)

        @genops.trace
        def alone() -> int:
            return 1

        alone()
        project.store.writer.flush()
        (run,) = project.store.runs()
        with pytest.raises(UsageError, match="traced function"):
            site.replay(run.id)
        project.close()

    def test_a_swap_of_what_was_not_used(self, site):
        @genops.tool
        def one() -> int:
            return 1

        run = site.chain("steps: {a: {tool: one}}").run()
        with pytest.raises(UsageError, match="no prompt 'ask'"):
            site.replay(run, "prompt:ask")
        with pytest.raises(UsageError, match="not a swap"):
            site.replay(run, "ask")


def test_options_of_the_original_stay_on_the_replay(site):
    @genops.tool
    def one() -> int:
        return 1

    chain = site.chain("steps: {a: {tool: one}}")
    run = chain.run_sync({}, RunOptions(tags=("b", "a"), session="s"))
    again = site.trace(site.replay(run).run).run
    assert (again.mode, again.origin, again.tags) == ("replay", run.id, ["a", "b"])


def test_an_error_keeps_its_type(site):
    @genops.tool
    def broken() -> int:
        raise ValueError("no")

    run = failed(site.chain("steps: {a: {tool: broken}}"))
    again = site.trace(site.replay(run).run)
    assert again.run.error == site.trace(run).run.error
    assert again.run.error["type"] == ToolError.__name__
    assert again.run.error["path"] == "a"
