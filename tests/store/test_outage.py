from __future__ import annotations

import logging

import pytest

from genops.errors import StoreError
from genops.store.outage import Outage

FULL = StoreError("the store s: database or disk is full", hint="free some disk space")


@pytest.fixture
def outage() -> Outage:
    return Outage()


def test_people_are_told_once_that_records_wait_and_why(outage: Outage, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        outage.fails(FULL)
        outage.waits()
        outage.tell(0)
    assert caplog.messages == [f"records of runs cannot be written and wait: {FULL}"]
    outage.ends()
    outage.fails(FULL)
    outage.waits()
    outage.tell(0)
    assert len(caplog.messages) == 1


def test_people_are_told_once_that_records_are_dropped_and_the_count_at_the_end(
    outage: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    for dropped in (1, 2, 3):
        outage.drops()
        outage.tell(dropped)
    outage.conclude(1500)
    outage.conclude(1500)
    assert caplog.messages == [
        "1 record(s) of runs were dropped, the runs go on: the store does not keep up",
        "1,500 record(s) of runs were dropped, the runs go on: the store does not keep up",
    ]


def test_when_nothing_was_dropped_the_end_is_quiet(outage: Outage, caplog: pytest.LogCaptureFixture) -> None:
    outage.fails(FULL)
    outage.ends()
    outage.conclude(0)
    assert (caplog.messages, outage.reason) == ([], None)


def test_a_log_handler_that_fails_ends_nothing(outage: Outage) -> None:
    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise RuntimeError("no")

    handler = Broken()
    logging.getLogger("genops.store").addHandler(handler)
    try:
        outage.drops()
        outage.tell(1)
    finally:
        logging.getLogger("genops.store").removeHandler(handler)
