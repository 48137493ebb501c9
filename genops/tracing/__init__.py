"""Tracing: the record of a run while it is made and when it is read, redaction, telemetry names and export.

Its public names are imported when first used, so that what only names a moment or a quantity stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genops.late import late

if TYPE_CHECKING:
    from genops.tracing.context import activate, active
    from genops.tracing.recorder import Recorder
    from genops.tracing.trace import Trace

_LATER = {
    "Recorder": "genops.tracing.recorder",
    "Trace": "genops.tracing.trace",
    "activate": "genops.tracing.context",
    "active": "genops.tracing.context",
}

__all__ = ["Recorder", "Trace", "activate", "active"]

__getattr__ = late(__name__, _LATER)
