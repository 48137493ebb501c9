"""The report as JSON: the result, whole. Keys are added and never change their meaning."""

from __future__ import annotations

import json
from typing import TextIO

from genops.serving.load.bench import BenchResult


def write(result: BenchResult, out: TextIO) -> None:
    """Writes the result, in ASCII: messages of servers may hold what cannot be encoded."""
    json.dump(result.to_json(), out, indent=2, allow_nan=False)
    out.write("\n")
