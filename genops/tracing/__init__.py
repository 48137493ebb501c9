"""Tracing: the record of a run while it is made and when it is read, redaction, telemetry names and export."""

from genops.tracing.context import activate, active, traceparent
from genops.tracing.recorder import Recorder
from genops.tracing.trace import Trace

__all__ = ["Recorder", "Trace", "activate", "active", "traceparent"]
