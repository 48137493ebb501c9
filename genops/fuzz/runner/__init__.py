"""Running a campaign."""

from genops.fuzz.runner.trying import Arena, Try

__all__ = ["Arena", "Try"]
