"""The long-lived process of a monitor: looks, rules, deliveries and the page that Prometheus reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from genops.errors import GenopsError, StoreUnavailable
from genops.monitoring.alerts import Outbox, Tally
from genops.monitoring.monitor import Look, Monitor
from genops.monitoring.prometheus import Page, Scrape
from genops.monitoring.reading import Reading
from genops.monitoring.ruling import apply_rules
from genops.store.records.alerts import AlertRecord

_BUSY = 0.5


@dataclass(frozen=True, slots=True)
class Round:
    """A look and what followed from it.

    Attributes:
        look: At what arrived.
        reading: What was known then.
        alerts: Where the rules stand.
        delivered: What became of messages.
    """

    look: Look
    reading: Reading
    alerts: tuple[AlertRecord, ...]
    delivered: Tally


async def once(monitor: Monitor) -> Round:
    """One look, the rules, and an attempt at every message that is due. A process that is at it is waited for.

    Raises:
        GenopsError: A trace or the store cannot be read; what was done before is kept.
    """
    look = await asyncio.to_thread(monitor.look)
    while look.is_busy:
        await asyncio.sleep(_BUSY)
        look = await asyncio.to_thread(monitor.look)
    found = await asyncio.to_thread(_ruled, monitor, look)
    return replace(found, delivered=await _outbox(monitor).deliver())


async def serve(monitor: Monitor, told: Callable[[Round | GenopsError], None], listen: str | None = None) -> None:
    """Looks again and again until it is cancelled; messages are sent meanwhile. A store that is away is waited for.

    Args:
        monitor: What looks.
        told: Is told of every look, and of those that could not be made.
        listen: ``HOST:PORT`` of a page for Prometheus; None for none.

    Raises:
        UsageError: ``listen`` is no such address, or is taken.
    """
    page = Page(listen) if listen else None
    sending = asyncio.create_task(_outbox(monitor).run(min(5.0, monitor.spec.every)))
    try:
        while True:
            try:
                look = await asyncio.to_thread(monitor.look)
                found = await asyncio.to_thread(_ruled, monitor, look)
                if page is not None:
                    page.shown = scrape(monitor, found.reading)
                told(found)
            except StoreUnavailable as error:
                told(error)
            if sending.done():
                await sending
            await asyncio.sleep(monitor.spec.every)
    finally:
        sending.cancel()
        if page is not None:
            page.close()


def scrape(monitor: Monitor, reading: Reading) -> Scrape:
    """What Prometheus is told of a reading: every figure of the monitor's window, and those of rules with their own."""
    store, spec = monitor.project.store, monitor.spec
    figures = {spec.over: dict(reading.figures(spec.over))}
    for rule in spec.rules:
        over = rule.over or spec.over
        found = reading.figures(over).get(rule.figure)
        if found is not None:
            figures.setdefault(over, {})[rule.figure] = found
    waiting = store.count_deliveries(spec.name)
    return Scrape(spec.name, reading.at, figures, store.alerts(spec.name), waiting, monitor.seen)


def _ruled(monitor: Monitor, look: Look) -> Round:
    reading, alerts = apply_rules(monitor)
    return Round(look, reading, tuple(alerts), Tally())


def _outbox(monitor: Monitor) -> Outbox:
    return Outbox(monitor.project.store, monitor.spec.name, monitor.spec.channels)
