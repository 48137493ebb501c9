"""Are there concepts that the reference has nothing like."""

from __future__ import annotations

from genops.drift.concepts import Concepts, find_concepts
from genops.drift.looks.raw import Raw
from genops.drift.looks.rows import Rows
from genops.drift.spec import DriftSpec

TEST = "novelty"


def look_at_concepts(rows: Rows, spec: DriftSpec) -> tuple[tuple[Raw, ...], Concepts]:
    """Tests the share of rows that are far from the reference; the effect is by how much there are more of them."""
    texts = (rows.reference.values, rows.current.values) if rows.kind == "text" else None
    found = find_concepts(rows.samples, texts, relabellings=spec.relabellings_of(1), seed=spec.seed)
    details = {
        "far": found.far.estimate,
        "expected": found.expected.estimate,
        "threshold": found.threshold,
        "scattered": found.scattered,
        "least_p": found.least_p,
    }
    return (Raw("concepts", "concepts", TEST, found.p, found.excess, None, "", details),), found
