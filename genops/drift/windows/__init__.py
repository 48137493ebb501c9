"""Windows: the rows that a drift check compares, from traces, evaluations, datasets and files."""

from genops.drift.windows.observation import Observation
from genops.drift.windows.reading import StateSpec, read_windows
from genops.drift.windows.reference import Source, parse_source
from genops.drift.windows.window import Kind, Window

__all__ = ["Kind", "Observation", "Source", "StateSpec", "Window", "parse_source", "read_windows"]
