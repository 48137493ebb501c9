"""Figures and rules of monitors, as rows of listings."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from genops.tracing.moments import shown_moment

if TYPE_CHECKING:
    from genops.evals.summary import Measure
    from genops.store.records.alerts import AlertRecord


def figure_row(measure: Measure) -> dict[str, Any]:
    """A figure: value with interval, observations, and what is missing."""
    from genops.evals.reports.wording import measured, number

    if measure.value is None:
        value = "-"
    elif measure.low is not None and measure.high is not None:
        value = measured(measure)
    else:
        least = "" if measure.low is None else "at least "
        value = least + (f"{measure.value:,.0f}" if measure.unit == "traces" else number(measure.value, measure.unit))
    estimated = measure.value is not None and measure.low is None and measure.missing
    return {"value": value, "n": measure.n, "": f"no interval: {measure.missing}" if estimated else measure.missing}


def rule_row(alert: AlertRecord) -> dict[str, Any]:
    """A rule: its state with a silence, since when, and its figure."""
    from genops.evals.summary import Measure

    is_silent = alert.silenced is not None and alert.silenced > time.time_ns()
    silent = f", silent until {shown_moment(alert.silenced)}" if is_silent else ""
    return {
        "rule": alert.rule,
        "state": alert.state + silent,
        "since": shown_moment(alert.since),
        **figure_row(Measure(**alert.measure)),
    }
