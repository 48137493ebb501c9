"""The report as JSON: the comparison, whole. Keys are added and never change their meaning."""

from __future__ import annotations

import json
from typing import TextIO

from genops.serving.compare.comparison import Comparison


def write(comparison: Comparison, out: TextIO) -> None:
    """Writes the comparison, in ASCII."""
    json.dump(comparison.to_json(), out, indent=2, allow_nan=False)
    out.write("\n")
