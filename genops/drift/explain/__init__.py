"""What an alarm goes with: since when it is so, in which rows, and which component changed then."""

from genops.drift.explain.change_point import ChangePoint, find_change_point
from genops.drift.explain.components import ComponentChange, Components, Versioned, find_components
from genops.drift.explain.segments import Segment, Segments, find_segments

__all__ = [
    "ChangePoint",
    "ComponentChange",
    "Components",
    "Segment",
    "Segments",
    "Versioned",
    "find_change_point",
    "find_components",
    "find_segments",
]
