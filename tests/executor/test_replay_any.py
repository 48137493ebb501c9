"""Replay of whatever may happen: random chains whose tools fail, hang and take their time."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import genops
from genops.errors import GenopsError
from genops.executor import Chain


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
            "tool": {"tool": "act", "with": {"how": how, "turns": draw(st.integers(0, 30)), "reads": reads}},
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


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(definition=chains())
def test_is_identical_and_calls_nothing(site, definition):
    calls = 0

    async def act(how: str, turns: int, reads: list[object]) -> str:
        nonlocal calls
        calls += 1
        for _ in range(turns if how in ("later", "fail") else 0):
            await asyncio.sleep(0)
        if how == "fail":
            raise ValueError("it failed")
        if how == "hang":
            await asyncio.Event().wait()
        return how

    genops.plugins.registry._items.setdefault("tool", {}).pop("act", None)
    genops.tool(act)
    chain = Chain.define("random", project=site.project, **definition)
    try:
        run, error = chain.run().id, None
    except GenopsError as failure:
        run, error = failure.run, str(failure)
    before = calls
    found = site.replay(run)
    assert found.differences == ()
    assert calls == before
    assert found.performed == ()
    assert found.error == error
