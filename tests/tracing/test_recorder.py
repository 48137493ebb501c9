"""The record of one run, written to by several threads at once: sync tools and traced functions have one each."""

import asyncio
import sys
import threading
import time

import pytest

from genops.artifacts import encode
from genops.settings import Redaction
from genops.store.records.runs import RunRecord
from genops.tracing.recorder import Recorder
from genops.tracing.redaction import Redactor

THREADS, TIMES = 8, 400


class Kept:
    """A sink that keeps what it is given."""

    def __init__(self):
        self.spans, self.payloads, self.handed_over = {}, {}, []
        self.is_crowded = False

    def payload(self, payload):
        self.payloads[payload.digest] = payload.data
        self.handed_over.append(payload.digest)

    def run(self, run):
        pass

    def span(self, span):
        self.spans[span.number] = span


@pytest.fixture
def sink():
    return Kept()


@pytest.fixture
def recorder(sink):
    redactor = Redactor(Redaction(email=True))
    return Recorder(RunRecord("r", "t", "chain", time.time_ns()), sink, redactor.session())


def at_once(work):
    """Runs ``work(number)`` in several threads that take turns as often as they can; gives what they gave."""
    results, together = [], threading.Barrier(THREADS)

    def in_thread(number):
        together.wait()
        results.extend(work(number))

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=in_thread, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    return results


def test_a_path_is_given_once(recorder):
    given = at_once(lambda _: [recorder.unique("step/inner") for _ in range(TIMES)])
    wanted = ["step/inner", *(f"step/inner[{number}]" for number in range(1, THREADS * TIMES))]
    assert sorted(given) == sorted(wanted)


def test_a_span_has_a_number_of_its_own(recorder, sink):
    def work(number):
        for turn in range(TIMES):
            span = recorder.start("function", f"{number}", f"{number}/{turn}", None)
            recorder.end(span)
            yield span.number

    assert sorted(at_once(work)) == list(range(1, THREADS * TIMES + 1))
    assert recorder.run.spans == len(sink.spans) == THREADS * TIMES
    assert all(span.status == "ok" for span in sink.spans.values())


def test_a_value_is_kept_as_itself(recorder, sink):
    texts = [f"text {number}" for number in range(16)]

    def work(number):
        for turn in range(TIMES):
            text = texts[(turn + number) % len(texts)]
            yield text, recorder.keep(text)

    for text, digest in at_once(work):
        assert digest == encode(text).digest
        assert sink.payloads[digest] == encode(text).data


def test_a_placeholder_stands_for_one_value(recorder, sink):
    def work(number):
        return [(turn % 20, recorder.text(f"ann{turn % 20}@example.org")) for turn in range(TIMES)]

    placeholders = dict(at_once(work))
    assert len(set(placeholders.values())) == 20
    assert set(at_once(work)) == set(placeholders.items())


def test_what_comes_again_in_a_run_is_handed_over_once_and_never_left_out(recorder, sink):
    values = [{"number": number} for number in range(200)]
    digests = [recorder.keep(value) for _ in range(2) for value in values]
    assert digests == [encode(value).digest for value in values] * 2
    assert set(sink.handed_over) == set(digests)
    assert [sink.handed_over.count(digest) for digest in digests[:64]] == [1] * 64  # a run of any length holds so many


async def test_who_makes_records_waits_while_they_come_faster_than_they_are_kept(recorder, sink):
    await asyncio.wait_for(recorder.room(), 10.0)
    sink.is_crowded = True
    waiting = asyncio.create_task(recorder.room())
    await asyncio.sleep(0.1)
    assert not waiting.done()
    sink.is_crowded = False
    await asyncio.wait_for(waiting, 10.0)
