"""Every monitored figure as Prometheus text (https://prometheus.io/docs/instrumenting/exposition_formats/)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genops.errors import UsageError
from genops.evals.summary import Measure
from genops.store.records.alerts import AlertRecord

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Metric

_STATES = ("ok", "warning", "alert", "no data")
_LABELS = ("monitor", "figure", "unit", "over")
_OF_MEASURES: dict[str, tuple[str, Callable[[Measure], float | None]]] = {
    "genops_figure": ("A monitored figure.", lambda one: one.value),
    "genops_figure_low": ("Lower end of a figure's interval.", lambda one: one.low),
    "genops_figure_high": ("Upper end of a figure's interval.", lambda one: one.high),
    "genops_figure_observations": ("How many observations a figure rests on.", lambda one: float(one.n)),
}


@dataclass(frozen=True, slots=True)
class Scrape:
    """What one scrape tells.

    Attributes:
        monitor: Its name.
        at: When it looked, in nanoseconds since the epoch.
        figures: By name, for each window in seconds; those without a value are left out.
        alerts: Where its rules stand.
        waiting: Messages that no channel has accepted yet.
        seen: Traces looked at since it began.
    """

    monitor: str
    at: int
    figures: Mapping[float, Mapping[str, Measure]]
    alerts: Sequence[AlertRecord]
    waiting: int
    seen: int

    def text(self) -> str:
        """The text format."""
        from prometheus_client.exposition import generate_latest

        return generate_latest(_registry(self.metrics)).decode("utf-8")

    def metrics(self) -> Iterator[Metric]:
        """The metrics with their samples."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        for name, (about, value) in _OF_MEASURES.items():
            family = GaugeMetricFamily(name, about, labels=_LABELS)
            for over, figures in self.figures.items():
                for figure, measure in figures.items():
                    found = value(measure)
                    if found is not None:
                        family.add_metric((self.monitor, figure, measure.unit, f"{over:g}"), found)
            yield family
        about = "1 for the state that a rule is in."
        states = GaugeMetricFamily("genops_alert_state", about, labels=("monitor", "rule", "state"))
        for alert in self.alerts:
            for state in _STATES:
                states.add_metric((self.monitor, alert.rule, state), float(alert.state == state))
        yield states
        about = "Traces that a monitor looked at."
        looked = CounterMetricFamily("genops_traces_looked_at", about, labels=("monitor",))
        looked.add_metric((self.monitor,), float(self.seen))
        yield looked
        for name, about, number in (
            ("genops_deliveries_waiting", "Messages that are not accepted yet.", float(self.waiting)),
            ("genops_look_timestamp_seconds", "When the monitor looked last (Unix time).", self.at / 1e9),
        ):
            family = GaugeMetricFamily(name, about, labels=("monitor",))
            family.add_metric((self.monitor,), number)
            yield family


class Page:
    """Serves the last scrape over HTTP, at ``/metrics`` as at any other path.

    Args:
        listen: ``HOST:PORT``; without a host 127.0.0.1.

    Attributes:
        shown: What is served; None before the first look.

    Raises:
        UsageError: It is no such address, or is taken.
    """

    def __init__(self, listen: str) -> None:
        from prometheus_client import start_http_server

        host, _, port = listen.rpartition(":")
        if not port.isdecimal() or not 0 < int(port) < 65_536:
            raise UsageError(f"--listen {listen!r} is no address", hint="HOST:PORT, as 127.0.0.1:9464")
        self.shown: Scrape | None = None
        try:
            self._server, _ = start_http_server(int(port), host.strip("[]") or "127.0.0.1", _registry(self._metrics))
        except OSError as error:
            why = error.strerror or str(error)
            raise UsageError(f"--listen {listen}: {why}", hint="choose another port, or an address of here") from None

    def close(self) -> None:
        """Stops serving."""
        self._server.shutdown()
        self._server.server_close()

    def _metrics(self) -> Iterator[Metric]:
        if self.shown is not None:
            yield from self.shown.metrics()


class _Collected:
    """Metrics as a registry asks for them."""

    def __init__(self, metrics: Callable[[], Iterator[Metric]]) -> None:
        self.collect = metrics


def _registry(metrics: Callable[[], Iterator[Metric]]) -> CollectorRegistry:
    from prometheus_client import CollectorRegistry

    registry = CollectorRegistry()
    registry.register(_Collected(metrics))
    return registry
