"""The schedule: every reference is respected, what is independent overlaps, the first failure ends the rest."""

import asyncio
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import genops
from genops.errors import ToolError
from genops.executor import Chain


@st.composite
def graphs(draw):
    """Steps that read any of the steps before them."""
    size = draw(st.integers(1, 8))
    return [sorted(draw(st.sets(st.integers(0, n - 1), max_size=3))) if n else [] for n in range(size)]


def chain_of(project, graph, names):
    steps = {}
    for number, needs in enumerate(graph):
        reads = "".join(f"{{{{ steps.{names[need]}.output }}}}" for need in needs)
        steps[names[number]] = {"tool": "visit", "with": {"name": names[number], "after": reads}}
    return Chain.define("graph", steps=steps, output="done", project=project)


async def until(holds):
    """Lets the loop turn until something holds; it takes few turns, but for the first run, which opens the store."""
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - every turn counts
            await asyncio.sleep(0)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=graphs(), order=st.randoms(use_true_random=False))
def test_a_step_begins_when_all_that_it_reads_is_done_and_no_later(site, graph, order):
    """Every step waits until the test lets it go, so that what is under way at once is known exactly."""
    names = [f"s{n}" for n in range(len(graph))]
    order.shuffle(names)
    begun, ended, gates = [], [], {}

    async def visit(name: str, after: str) -> str:
        begun.append(name)
        gates[name] = asyncio.get_running_loop().create_future()
        await gates[name]
        del gates[name]
        ended.append(name)
        return name

    genops.plugins.registry._items.setdefault("tool", {}).pop("visit", None)
    genops.tool(visit)
    chain = chain_of(site.project, graph, names)

    async def play():
        run = asyncio.ensure_future(chain.arun())
        done = set()
        try:
            while len(done) < len(names):
                free = {names[n] for n, needs in enumerate(graph) if {names[i] for i in needs} <= done} - done
                await until(lambda free=free: set(gates) == free)
                assert set(begun) == done | free
                name = order.choice(sorted(free))  # what is drawn too often ends the example here
                gates[name].set_result(None)
                await until(lambda name=name: name in ended)
                done.add(name)
            await run
        finally:
            run.cancel()
            await asyncio.wait([run])

    genops.executor.run_sync(play())
    place = {name: number for number, name in enumerate(ended)}
    assert all(place[names[need]] < place[names[n]] for n, needs in enumerate(graph) for need in needs)


class TestFailure:
    @pytest.fixture
    def tools(self):
        ended = []

        @genops.tool
        async def hang(name: str) -> str:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ended.append(name)
                raise
            return name

        @genops.tool
        async def fail(name: str) -> str:
            for _ in range(10):
                await asyncio.sleep(0)
            raise ValueError(name)

        return ended

    CHAIN = """
        steps:
          a: {tool: hang, with: {name: a}}
          b: {map: [1, 2], do: {steps: {c: {tool: hang, with: {name: "b{{ item }}"}}}}}
          d: {tool: fail, with: {name: d}}
          e: {tool: hang, with: {name: "{{ steps.a.output }}"}}
        output: 1
        """

    def test_ends_what_is_under_way_and_is_what_is_raised(self, site, tools):
        with pytest.raises(ToolError, match="ValueError: d") as caught:
            site.chain(self.CHAIN).run()
        assert sorted(tools) == ["a", "b1", "b2"]
        trace = site.trace(caught.value.run)
        statuses = {span.path: span.status for span in trace.spans}
        assert statuses == {
            "": "error",
            "a": "cancelled",
            "a/hang": "cancelled",
            "b": "cancelled",
            "b[0]": "cancelled",
            "b[0]/c": "cancelled",
            "b[0]/c/hang": "cancelled",
            "b[1]": "cancelled",
            "b[1]/c": "cancelled",
            "b[1]/c/hang": "cancelled",
            "d": "error",
            "d/fail": "error",
        }
        assert (trace.run.status, trace.run.error["path"]) == ("error", "d")
        assert all(span.ended for span in trace.spans)

    def test_leaves_nothing_running(self, site, tools):
        chain = site.chain(self.CHAIN)

        async def tasks():
            before = asyncio.all_tasks()
            with pytest.raises(ToolError):
                await chain.arun()
            return asyncio.all_tasks() - before

        assert genops.executor.run_sync(tasks()) == set()

    def test_of_two_at_once_is_the_first_in_the_file(self, site):
        @genops.tool
        async def fail(name: str) -> str:
            raise ValueError(name)

        chain = site.chain("""
            steps:
              x: {tool: fail, with: {name: x}}
              y: {tool: fail, with: {name: y}}
            output: 1
            """)
        for _ in range(5):
            with pytest.raises(ToolError, match="ValueError: x"):
                chain.run()


class TestCancellation:
    def test_is_recorded_and_leaves_the_store_in_order(self, site):
        started = threading.Event()

        @genops.tool
        async def hang() -> str:
            started.set()
            await asyncio.Event().wait()
            return "never"

        chain = site.chain("steps: {a: {tool: hang}}")

        async def cancelled():
            task = asyncio.create_task(chain.arun())
            await until(started.is_set)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        genops.executor.run_sync(cancelled())
        assert site.project.store.writer.flush()
        (run,) = site.project.store.runs()
        assert run.status == "cancelled"
        assert {span.status for span in site.trace(run.id).spans} == {"cancelled"}
        with pytest.raises(genops.errors.Unfinished, match="cancelled"):
            site.replay(run.id)
