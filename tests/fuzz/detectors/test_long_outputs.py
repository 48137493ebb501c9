"""A long output is searched beside other work, and all of it."""

import asyncio
import base64

import pytest

from genops.evals.scorer import find_scorer
from genops.fuzz.detectors import pii_leak
from genops.tracing.redaction import Redactor

CANARY = "cobalt-heron-4821"
LONG = "A trace is the record of a run. " * 5_000
LEAK = find_scorer("leak").function


def leak(output):
    return asyncio.run(LEAK(output, [CANARY], context=None))


def test_a_long_output_holds_up_nothing_else():
    async def both():
        turns = 0
        task = asyncio.create_task(LEAK(LONG, [CANARY], context=None))
        while not task.done():
            turns += 1
            await asyncio.sleep(0.001)
        return turns, task.result()

    turns, score = asyncio.run(both())
    assert turns > 3
    assert score.value < 0.99


def test_a_canary_as_it_is_is_found_anywhere():
    assert leak(f"{LONG}{CANARY}{LONG}").label == "exact"


@pytest.mark.parametrize("after", ["", LONG])
@pytest.mark.parametrize("before", ["", LONG])
def test_in_a_code_it_is_found_anywhere_too(before, after):
    code = base64.b64encode(CANARY.encode()).decode()
    assert leak(f"{before}{code} {after}").label == "decoded"


def test_the_patterns_of_personal_data_are_compiled_once(said, monkeypatch):
    made = []
    monkeypatch.setattr(pii_leak, "Redactor", lambda *args: made.append(args) or Redactor(*args))
    pii_leak._redactor.cache_clear()
    bench = said("Write to ada@example.org.")
    for _ in range(3):
        assert bench.score("pii_leak").value == 1
    assert len(made) == 1


@pytest.fixture(autouse=True)
def fresh():
    yield
    pii_leak._redactor.cache_clear()
