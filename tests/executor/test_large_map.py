"""A map over very many items: whole, on record, and without keeping what it is done with."""

from pathlib import Path

import pytest

import genops

ITEMS = 100_000
MEGABYTE = 1_000_000


def resident():
    """Bytes of memory that the process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.fixture
def chain(site):
    @genops.tool
    async def add(n: int) -> int:
        if n < 0:
            raise ValueError("below zero")
        return n + 1

    return site.chain("""
        inputs: {ns: {type: list, items: int}}
        steps:
          each:
            map: "{{ inputs.ns }}"
            on_error: skip
            do: {steps: {one: {tool: add, with: {n: "{{ item }}"}}}}
        output: "{{ [steps.each.output | length, steps.each.output | last] }}"
        """)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_item_is_run_and_recorded_in_bounded_memory(site, chain):
    chain.run(ns=[1])
    before = resident()
    run = chain.run(ns=list(range(ITEMS)))
    assert run.output == [ITEMS, ITEMS]
    assert run.record.spans == 2 + 3 * ITEMS
    assert site.project.store.writer.flush(120.0)
    assert site.project.store.writer.dropped == 0
    assert site.project.store.counts().spans == 5 + 2 + 3 * ITEMS
    assert resident() - before < 300 * MEGABYTE


@pytest.mark.slow
def test_it_is_replayed_with_its_failures(site, chain):
    run = chain.run(ns=[n if n % 100 else -n for n in range(5_000)])
    assert run.output == [4_951, 5_000]
    found = site.replay(run)
    assert (found.differences, found.performed) == ((), ())
