"""The tables, as SQLModel classes. The migrations make them; a test holds the two equal.

Runs are keyed by their start in nanoseconds, moved up until unique, so that the key's order is the order of time:
newest first needs no index and no sort, and the spans of a run lie together in the order of writing.

A table takes two milliseconds to declare: those that a run does not touch are declared when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genops.late import late
from genops.store.tables.components import component, lock, lock_component
from genops.store.tables.evaluations import evaluation, sample
from genops.store.tables.payloads import cache_entry, payload, sweep
from genops.store.tables.runs import run, run_tag, run_text, span

if TYPE_CHECKING:
    from genops.store.tables.alerts import alert, delivery
    from genops.store.tables.campaigns import campaign, campaign_try, finding
    from genops.store.tables.drift import drift_check, drift_watch
    from genops.store.tables.monitoring import feedback, monitor, monitored
    from genops.store.tables.serving import engine_figures, load_test, model_price, served
    from genops.store.tables.versions import label_move, version

_LATER = {
    "alert": "genops.store.tables.alerts",
    "campaign": "genops.store.tables.campaigns",
    "campaign_try": "genops.store.tables.campaigns",
    "delivery": "genops.store.tables.alerts",
    "drift_check": "genops.store.tables.drift",
    "drift_watch": "genops.store.tables.drift",
    "engine_figures": "genops.store.tables.serving",
    "feedback": "genops.store.tables.monitoring",
    "finding": "genops.store.tables.campaigns",
    "label_move": "genops.store.tables.versions",
    "load_test": "genops.store.tables.serving",
    "model_price": "genops.store.tables.serving",
    "monitor": "genops.store.tables.monitoring",
    "monitored": "genops.store.tables.monitoring",
    "served": "genops.store.tables.serving",
    "version": "genops.store.tables.versions",
}

__all__ = [
    "alert",
    "cache_entry",
    "campaign",
    "campaign_try",
    "component",
    "delivery",
    "drift_check",
    "drift_watch",
    "engine_figures",
    "evaluation",
    "feedback",
    "finding",
    "label_move",
    "load_test",
    "lock",
    "lock_component",
    "model_price",
    "monitor",
    "monitored",
    "payload",
    "run",
    "run_tag",
    "run_text",
    "sample",
    "served",
    "span",
    "sweep",
    "version",
]

__getattr__ = late(__name__, _LATER)
