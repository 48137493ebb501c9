"""Everything that would make a start fail, found before it."""

from genops.serving.preflight.check import preflight
from genops.serving.preflight.finding import Finding
from genops.serving.preflight.report import Preflight, Sizes

__all__ = ["Finding", "Preflight", "Sizes", "preflight"]
