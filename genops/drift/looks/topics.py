"""Is the mix of topics another one."""

from __future__ import annotations

from genops.drift.looks.raw import Raw
from genops.drift.looks.rows import Rows
from genops.drift.spec import DriftSpec
from genops.drift.topics import Topics, compare_topics
from genops.errors import InputError

TEST = "chi_square"


def look_at_topics(rows: Rows, spec: DriftSpec) -> tuple[tuple[Raw, ...], Topics | None]:
    """Tests the shares of the reference's topics; None where there are too few rows to find any."""
    texts = (rows.reference.values, rows.current.values) if rows.kind == "text" else None
    try:
        found = compare_topics(rows.samples, texts, relabellings=spec.relabellings_of(1), seed=spec.seed)
    except InputError as error:
        return (Raw("topics", "topics", TEST, missing=error.message),), None
    details = {"statistic": found.statistic, "least_p": found.least_p, "fitted": found.fitted}
    return (Raw("topics", "topics", TEST, found.p, found.separation, None, "", details),), found
