"""A watch: reads every server of an alias, again and again, and keeps what each of them said."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from genops.evals.summary import Measure
from genops.serving.metrics.reading import NotMetrics, Reading
from genops.serving.metrics.servers import Server, servers_of
from genops.serving.metrics.window import Window, since_start, window
from genops.settings import Settings
from genops.store import Store
from genops.store.records.serving import EngineFiguresRecord

if TYPE_CHECKING:
    import aiohttp

State: TypeAlias = Literal["ok", "unreachable", "nonsense", "no metrics"]
KEPT_DAYS = 30
_LARGEST = 16 * 1024 * 1024
_NOTHING: Mapping[str, Measure] = {}


@dataclass(frozen=True, slots=True)
class Look:
    """One server at one moment.

    Attributes:
        server: Which.
        at: Nanoseconds since the epoch.
        state: What came of asking it; only ``ok`` has figures.
        why: What it did instead; "" where it answered.
        restarts: Starts of the engine that were seen since the watch began, without the first.
        window: What happened since then; None without an answer.
        reading: What it answered; None where it did not.
    """

    server: Server
    at: int
    state: State
    why: str
    restarts: int
    window: Window | None
    reading: Reading | None = None

    @property
    def figures(self) -> Mapping[str, Measure]:
        """By name; none where it did not answer."""
        return _NOTHING if self.window is None else self.window.figures

    def record(self, alias: str) -> EngineFiguresRecord:
        """As the store keeps it: numbers by name, null where one is not known.

        Beside the figures of the window stands what was counted since the engine started, as ``NAME_total`` and, for
        the observations of a histogram, ``NAME_count``: from these the figures of any other window follow.
        """
        kept: dict[str, Any] = {"state": self.state, "why": self.why, "restarts": self.restarts}
        kept |= {name: measure.value for name, measure in self.figures.items()}
        if self.window is not None and self.reading is not None:
            kept["window_seconds"] = self.window.seconds
            kept |= {f"{name}_total": value for name, value in self.reading.counters.items()}
            kept |= {f"{name}_count": buckets.n for name, buckets in self.reading.histograms.items()}
        return EngineFiguresRecord(self.server.id, alias, self.at, kept)

    def to_json(self) -> dict[str, Any]:
        """As it is printed: each figure with its unit, n and interval, or why it is not known."""
        seconds = None if self.window is None else self.window.seconds
        figures = {name: _plain(measure) for name, measure in self.figures.items()}
        return {
            "server": self.server.name,
            "url": self.server.url,
            "state": self.state,
            "why": self.why,
            "served": self.server.state,
            "restarts": self.restarts,
            "window_seconds": seconds,
            "figures": figures,
        }


class Watch:
    """Looks at the servers of an alias.

    Args:
        settings: The project's.
        store: Where the servers are found, and what they say is kept.
        alias: Which.
        span: Length of the window that rates and quantiles are of, in seconds.
        timeout: Seconds that a server has to answer.
    """

    def __init__(
        self, settings: Settings, store: Store, alias: str, *, span: float = 60.0, timeout: float = 5.0
    ) -> None:
        self._settings = settings
        self._store = store
        self._alias = alias
        self._span = span
        self._timeout = timeout
        self._readings: dict[str, list[Reading]] = {}
        self._restarts: dict[str, int] = {}
        store.prune_engine_figures(time.time_ns() - KEPT_DAYS * 86_400 * 10**9)

    async def look(self) -> list[Look]:
        """Asks every server once, all at the same time, and keeps what they say.

        Raises:
            UsageError: There is no server to ask.
        """
        import aiohttp

        servers = await asyncio.to_thread(servers_of, self._settings, self._store, self._alias)
        limit = aiohttp.ClientTimeout(total=self._timeout)
        async with aiohttp.ClientSession(timeout=limit, cookie_jar=aiohttp.DummyCookieJar()) as session:
            looks = await asyncio.gather(*(self._one(session, server) for server in servers))
        records = [look.record(self._alias) for look in looks]
        await asyncio.to_thread(self._store.keep_engine_figures, records)
        return list(looks)

    async def _one(self, session: aiohttp.ClientSession, server: Server) -> Look:
        state, text = await self._text(session, server)
        at = time.time_ns()
        restarts = self._restarts.get(server.url, 0)
        if state != "ok":
            return Look(server, at, state, text, restarts, None)
        try:
            now = Reading.of(text, at)
        except NotMetrics as error:
            return Look(server, at, "nonsense", f"the server answers with {error}", restarts, None)
        return self._seen(server, now)

    def _seen(self, server: Server, now: Reading) -> Look:
        """The reading with those before it; the window begins with the oldest that it reaches, but for a restart."""
        earlier = self._readings.get(server.url, [])
        same = since_start(earlier, now)
        if earlier and not same:
            self._restarts[server.url] = self._restarts.get(server.url, 0) + 1
        reached = [reading for reading in same if now.at - reading.at <= self._span * 1e9 * 1.01]
        kept = reached or same[-1:]
        self._readings[server.url] = [*kept, now]
        found = window(kept[0] if kept else None, now)
        return Look(server, now.at, "ok", "", self._restarts.get(server.url, 0), found, now)

    async def _text(self, session: aiohttp.ClientSession, server: Server) -> tuple[State, str]:
        """The text of the metrics; or what kept it from being read, and why."""
        import aiohttp

        try:
            async with session.get(server.url, headers=server.headers, allow_redirects=False) as answer:
                if answer.status in (404, 405, 501):
                    return "no metrics", f"the server has none at {server.url} (status {answer.status})"
                if answer.status != 200:
                    return "unreachable", f"{server.url} answered with status {answer.status}"
                body = bytearray()
                async for piece in answer.content.iter_any():
                    body += piece
                    if len(body) > _LARGEST:
                        return "nonsense", f"{server.url} does not come to an end"
            return "ok", body.decode("utf-8")
        except UnicodeDecodeError:
            return "nonsense", "the server answers with bytes that are no text"
        except TimeoutError:
            return "unreachable", f"no answer from {server.url} within {self._timeout:g} s"
        except (aiohttp.ClientError, ConnectionError, ValueError) as error:
            return "unreachable", f"no answer from {server.url}: {error}"


def _plain(measure: Measure) -> dict[str, Any]:
    known = {"value": measure.value, "unit": measure.unit, "n": measure.n, "low": measure.low, "high": measure.high}
    return known if not measure.missing else {**known, "missing": measure.missing}
