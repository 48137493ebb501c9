"""The long-lived process: it looks again and again, tells Prometheus what it found, and waits for a store."""

import asyncio
import socket
import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from genops.errors import StoreUnavailable, UsageError
from genops.executor import Chain
from genops.monitoring.lease import leased
from genops.monitoring.monitor import Monitor
from genops.monitoring.service import once, serve
from genops.monitoring.spec import MonitorSpec


def monitor_of(lab, **more):
    data = {"kind": "monitor", "chain": "echo", "sample": {"rate": 1.0}, "scorers": [{"contains": "yes"}], **more}
    return Monitor(MonitorSpec.from_data({"every": 0.05, **data}, "live"), lab.site.project)


def arrive(lab, *texts):
    for text in texts:
        Chain.load("echo", project=lab.site.project).run_sync({"text": text})
    lab.site.project.store.writer.flush(10.0)


def free_address():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def scraped(address, path="/metrics"):
    """The samples of a scrape, by metric and figure."""
    with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as answer:
        text = answer.read().decode()
    families = text_string_to_metric_families(text)
    return {(one.name, one.labels.get("figure")): one.value for family in families for one in family.samples}


async def told(monitor, enough, **more):
    """What is told of looks, until it is enough."""
    heard, over = [], asyncio.Event()

    def hear(found):
        heard.append(found)
        if enough(heard):
            over.set()

    serving = asyncio.create_task(serve(monitor, hear, **more))
    waiting = asyncio.create_task(over.wait())
    await asyncio.wait({serving, waiting}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
    return heard, serving


async def ended(serving):
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving


async def test_prometheus_is_told_what_the_last_look_found_and_when(lab, monkeypatch):
    monitor, address = monitor_of(lab, every=60, rules=["error_rate > 5% over 1h"]), free_address()
    monitor.look()
    arrive(lab, "yes", "no")
    readings = []
    read = monitor.reading
    monkeypatch.setattr(monitor, "reading", lambda: readings.append(read()) or readings[-1])
    (round_,), serving = await told(monitor, len, listen=address)
    first = await asyncio.to_thread(scraped, address)
    arrive(lab, "yes")
    assert await asyncio.to_thread(scraped, address, "/metrics?of=all") == first  # until it looks again
    assert len(readings) == 1
    assert first["genops_figure", "score.contains"] == 0.5
    assert first["genops_figure", "traces"] == 2
    assert first["genops_look_timestamp_seconds", None] == pytest.approx(round_.reading.at / 1e9)
    await ended(serving)
    with pytest.raises(urllib.error.URLError):
        await asyncio.to_thread(scraped, address)


async def test_it_looks_again_and_again(lab):
    monitor = monitor_of(lab)
    heard, serving = await told(monitor, lambda heard: len(heard) == 3)
    assert [one.look.runs for one in heard] == [0, 0, 0]
    await ended(serving)


async def test_a_store_that_is_away_is_waited_for(lab, monkeypatch):
    monitor, fails = monitor_of(lab), [StoreUnavailable("the disk is full")] * 2
    monitor.look()
    arrive(lab, "yes")
    look = monitor.look

    def look_or_fail():
        if fails:
            raise fails.pop()
        return look()

    monkeypatch.setattr(monitor, "look", look_or_fail)
    heard, serving = await told(monitor, lambda heard: len(heard) == 3)
    assert [isinstance(one, StoreUnavailable) for one in heard] == [True, True, False]
    assert heard[2].look.drawn == 1
    await ended(serving)


async def test_an_address_that_is_taken_is_told(lab):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match="in use"):
            await serve(monitor_of(lab), print, listen=f"127.0.0.1:{taken.getsockname()[1]}")


async def test_what_a_look_has_to_say_is_sent_at_once(lab, tmp_path):
    channels = {"file": {"command": ["sh", "-c", f"cat >> {tmp_path}/told"]}}
    monitor = monitor_of(lab, rules=["traces > 1"], channels=channels)
    await once(monitor)
    await asyncio.to_thread(arrive, lab, "yes", "yes")
    found = await once(monitor)
    assert (found.delivered.accepted, found.delivered.failed) == (1, 0)
    assert '"rule": "traces > 1"' in (tmp_path / "told").read_text()


async def test_a_process_that_scores_is_waited_for_by_who_looks_once(lab):
    monitor, other = monitor_of(lab), monitor_of(lab)
    await asyncio.to_thread(monitor.look)
    await asyncio.to_thread(arrive, lab, "yes")
    with leased(lab.site.project.store, "live") as is_mine:
        assert is_mine
        waiting = asyncio.create_task(once(other))
        await asyncio.sleep(0.7)
        assert not waiting.done()
    assert (await waiting).look.drawn == 1


async def test_who_serves_goes_on_with_the_rules_while_another_scores(lab):
    monitor = monitor_of(lab, rules=["traces > 1"])
    await asyncio.to_thread(monitor.look)
    with leased(lab.site.project.store, "live"):
        await asyncio.to_thread(arrive, lab, "yes", "yes")
        (found,), serving = await told(monitor, len)
        await ended(serving)
    assert (found.look.is_busy, found.look.runs) == (True, 0)
    assert [alert.state for alert in found.alerts] == ["alert"]
