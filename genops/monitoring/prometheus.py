"""Every monitored figure as Prometheus text (https://prometheus.io/docs/instrumenting/exposition_formats/)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from genops.evals.summary import Measure
from genops.store.records import AlertRecord

if TYPE_CHECKING:
    from prometheus_client import Metric

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_STATES = ("ok", "warning", "alert", "no data")


def metrics_text(
    monitor: str, figures: Mapping[str, Measure], alerts: Sequence[AlertRecord], waiting: int, seen: int
) -> str:
    """The text of one scrape.

    Args:
        monitor: Its name.
        figures: By name; those without a value are left out.
        alerts: Where its rules stand.
        waiting: Messages that no channel has accepted yet.
        seen: Traces looked at since it began.
    """
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import generate_latest

    registry = CollectorRegistry()
    registry.register(_Collected(tuple(_metrics(monitor, figures, alerts, waiting, seen))))
    return generate_latest(registry).decode("utf-8")


class _Collected:
    """Metrics as a registry asks for them."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Sequence[Metric]:
        return self._metrics


def _metrics(
    monitor: str, figures: Mapping[str, Measure], alerts: Sequence[AlertRecord], waiting: int, seen: int
) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    labels = ("monitor", "figure", "unit")
    families: dict[str, tuple[str, Callable[[Measure], float | None]]] = {
        "genops_figure": ("A monitored figure.", lambda one: one.value),
        "genops_figure_low": ("Lower end of a figure's interval.", lambda one: one.low),
        "genops_figure_high": ("Upper end of a figure's interval.", lambda one: one.high),
        "genops_figure_observations": ("How many observations a figure rests on.", lambda one: float(one.n)),
    }
    for name, (about, value) in families.items():
        family = GaugeMetricFamily(name, about, labels=labels)
        for figure, measure in figures.items():
            found = value(measure)
            if found is not None:
                family.add_metric((monitor, figure, measure.unit), found)
        yield family
    states = GaugeMetricFamily(
        "genops_alert_state", "1 for the state that a rule is in.", labels=("monitor", "rule", "state")
    )
    for alert in alerts:
        for state in _STATES:
            states.add_metric((monitor, alert.rule, state), float(alert.state == state))
    yield states
    looked = CounterMetricFamily("genops_traces_looked_at", "Traces that a monitor looked at.", labels=("monitor",))
    looked.add_metric((monitor,), float(seen))
    yield looked
    left = GaugeMetricFamily("genops_deliveries_waiting", "Messages that are not accepted yet.", labels=("monitor",))
    left.add_metric((monitor,), float(waiting))
    yield left
