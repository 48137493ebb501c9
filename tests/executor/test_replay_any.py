"""Replay of whatever may happen: random chains whose tools fail, hang and take their time."""

import asyncio
import json

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import genops
from genops.errors import GenopsError
from genops.executor import Chain
from genops.plugins import registry


@st.composite
def chains(draw, depth=2):
    """Steps of every nesting kind with failures, timeouts, retries and fallbacks."""
    steps, names = {}, []
    for number in range(draw(st.integers(1, 4))):
        name = f"s{depth}{number}"
        seen = draw(st.lists(st.sampled_from(names), max_size=2)) if names else []
        reads = [f"{{{{ steps.{other}.output | default('skipped') }}}}" for other in seen]
        kind = draw(st.sampled_from(["tool", "map", "loop", "branch"] if depth else ["tool"]))
        inner = draw(chains(depth=depth - 1)) if kind != "tool" else {}
        how = draw(st.sampled_from(["ok", "ok", "ok", "later", "later", "fail", "hang"]))
        step = {
            "tool": {
                "tool": draw(st.sampled_from(["act", "act", "other"])),
                "with": {"how": how, "turns": draw(st.integers(0, 30)), "reads": reads},
            },
            "map": {
                "map": [1, 2, 3],
                "concurrency": draw(st.integers(1, 3)),
                "on_error": draw(st.sampled_from(["fail", "report", "skip"])),
                "do": inner,
            },
            "loop": {"loop": inner, "until": "{{ loop.round == 1 }}"},
            "branch": {"branch": [{"when": "{{ 1 > 2 }}", **inner}, {"when": "{{ now() is string }}", **inner}]},
        }[kind]
        if how == "hang" or draw(st.integers(0, 5)) == 0:
            step["timeout"] = 0.01
        if draw(st.integers(0, 3)) == 0:
            step["retry"] = {"attempts": 2, "delay": 0, "on": ["any"]}
        if draw(st.integers(0, 2)) == 0:
            step["fallback"] = [{"value": "{{ now() }}"}]
        steps[name] = step
        names.append(name)
    return {"steps": steps, "output": [f"{{{{ steps.{name}.output | default(none) }}}}" for name in names]}


class Tools:
    """``act`` and ``other``, which do what they are told: fail, hang or take some turns of the event loop."""

    def __init__(self):
        self.calls = 0

        async def do(how, turns):
            self.calls += 1
            for _ in range(turns if how in ("later", "fail") else 0):
                await asyncio.sleep(0)
            if how == "fail":
                raise ValueError("it failed")
            if how == "hang":
                await asyncio.Event().wait()
            return how

        async def act(how: str, turns: int, reads: list[object]) -> str:
            return await do(how, turns)

        async def other(how: str, turns: int, reads: list[object]) -> str:
            return await do(how, turns)

        async def changed(how: str, turns: int, reads: list[object]) -> str:
            return await do(how, turns) + "!"

        registry._items["tool"] = {}
        genops.tool(act)
        genops.tool(other)
        genops.tool(changed)


def ended(chain):
    """The id of a run, and what it failed with."""
    try:
        return chain.run().id, None
    except GenopsError as failure:
        return failure.run, str(failure)


many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.slow
@many
@given(definition=chains())
def test_is_identical_and_calls_nothing(site, definition):
    """Without a swap, and with one that changes nothing."""
    tools = Tools()
    run, error = ended(Chain.define("random", project=site.project, **definition))
    before = tools.calls
    for swaps in ((), ("tool:act",)) if "act" in json.dumps(definition) else ((),):
        found = site.replay(run, *swaps)
        assert found.differences == ()
        assert tools.calls == before
        assert found.performed == ()
        assert found.error == error


@pytest.mark.slow
@many
@given(definition=chains())
def test_goes_live_first_at_what_was_swapped(site, definition):
    tools = Tools()
    chain = Chain.define("random", project=site.project, **definition)
    run, error = ended(chain)
    assume(any(component.name == "other" for component in chain.closure.components))
    before = tools.calls
    found = site.replay(run, "tool:other=changed")
    recorded = site.trace(run).by_path
    for path in found.performed[:1]:
        assert path.endswith("/other")
    if not found.performed:
        assert (found.differences, found.error) == ((), error)
    again = site.trace(found.run).by_path
    for path in found.performed:
        then = recorded.get(path)
        assert then is None or then.status == "cancelled" or then.input != again[path].input
    assert tools.calls - before <= len(found.performed)
