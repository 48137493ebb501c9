"""The long-lived process of a monitor: looks, rules, deliveries and the page that Prometheus reads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from genops.errors import GenopsError, StoreUnavailable, UsageError
from genops.monitoring.alerts import Outbox, Tally
from genops.monitoring.monitor import Look, Monitor
from genops.monitoring.prometheus import CONTENT_TYPE, metrics_text
from genops.monitoring.ruling import apply_rules
from genops.store.records import AlertRecord


@dataclass(frozen=True, slots=True)
class Round:
    """A look and what followed from it.

    Attributes:
        look: At what arrived.
        alerts: Where the rules stand.
        delivered: What became of messages.
    """

    look: Look
    alerts: tuple[AlertRecord, ...]
    delivered: Tally


async def once(monitor: Monitor) -> Round:
    """One look, the rules, and an attempt at every message that is due.

    Raises:
        GenopsError: A trace or the store cannot be read; what was done before is kept.
    """
    look, alerts = await asyncio.to_thread(_looked, monitor)
    outbox = Outbox(monitor.project.store, monitor.spec.name, monitor.spec.channels)
    return Round(look, tuple(alerts), await outbox.deliver())


async def serve(monitor: Monitor, told: Callable[[Round | GenopsError], None], listen: str | None = None) -> None:
    """Looks again and again until it is cancelled; messages are sent meanwhile. A store that is away is waited for.

    Args:
        monitor: What looks.
        told: Is told of every look, and of those that could not be made.
        listen: ``HOST:PORT`` of a page for Prometheus; None for none.

    Raises:
        UsageError: ``listen`` is no such address, or is taken.
    """
    page = _Page(listen) if listen else None
    outbox = Outbox(monitor.project.store, monitor.spec.name, monitor.spec.channels)
    sending = asyncio.create_task(outbox.run(min(5.0, monitor.spec.every)))
    try:
        while True:
            try:
                look, alerts = await asyncio.to_thread(_looked, monitor)
                told(Round(look, tuple(alerts), Tally()))
                if page is not None:
                    page.text = await asyncio.to_thread(scrape, monitor)
            except StoreUnavailable as error:
                told(error)
            if sending.done():
                await sending
            await asyncio.sleep(monitor.spec.every)
    finally:
        sending.cancel()
        if page is not None:
            page.close()


def scrape(monitor: Monitor) -> str:
    """Every figure of the monitor as Prometheus text."""
    store, name = monitor.project.store, monitor.spec.name
    waiting = len(store.deliveries(monitor=name, limit=10_000))
    return metrics_text(name, monitor.figures(monitor.spec.over), store.alerts(name), waiting, monitor.seen)


def _looked(monitor: Monitor) -> tuple[Look, list[AlertRecord]]:
    return monitor.look(), apply_rules(monitor)


class _Page:
    """Serves the last text at ``/metrics``."""

    def __init__(self, listen: str) -> None:
        host, _, port = listen.rpartition(":")
        if not port.isdigit() or int(port) > 65_535:
            raise UsageError(f"--listen {listen!r} is no address", hint="HOST:PORT, as 127.0.0.1:9464")
        page = self

        class Handler(BaseHTTPRequestHandler):
            """Answers a scrape."""

            def do_GET(self) -> None:
                """The text, or 404 for another path."""
                body = page.text.encode("utf-8")
                self.send_response(200 if self.path == "/metrics" else 404)
                self.send_header("Content-Type", CONTENT_TYPE)
                self.send_header("Content-Length", str(len(body) if self.path == "/metrics" else 0))
                self.end_headers()
                if self.path == "/metrics":
                    self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                """Says nothing: a scrape is no news."""

        self.text = ""
        try:
            self._server = ThreadingHTTPServer((host or "127.0.0.1", int(port)), Handler)
        except OSError as error:
            raise UsageError(f"--listen {listen}: {error.strerror or error}") from None
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stops serving."""
        self._server.shutdown()
        self._server.server_close()
