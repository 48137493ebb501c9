"""The report as JSON: the summary, whole. Keys are added and never change their meaning.

They are those of :class:`~genops.drift.summary.Summary` and what it is made of. Times are nanoseconds since the
epoch; a measure has ``value``, ``unit``, ``n``, ``low``, ``high``, ``level``, ``method``, ``missing`` (why there is no
value or no interval) and ``clusters`` (groups of rows, where they are fewer than the rows).
"""

from __future__ import annotations

import json
from typing import TextIO

from genops.drift.summary import Summary


def write(summary: Summary, out: TextIO) -> None:
    """Writes the summary, in ASCII: rows may hold what cannot be encoded."""
    json.dump({**summary.to_json(), "exit_code": int(summary.exit_code)}, out, indent=2, allow_nan=False)
    out.write("\n")
