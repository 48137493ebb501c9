"""Does a property of the texts differ: their length, language, share of code and the like."""

from __future__ import annotations

from genops.drift.descriptor_changes import DescriptorChanges, descriptor_changes
from genops.drift.looks.own_unit import change_of
from genops.drift.looks.raw import Raw
from genops.drift.looks.rows import Rows
from genops.drift.spec import DriftSpec
from genops.plugins import registry


def look_at_descriptors(rows: Rows, spec: DriftSpec) -> tuple[tuple[Raw, ...], DescriptorChanges]:
    """Tests the descriptors that a check names, and what they say row by row.

    Raises:
        DefinitionError: A descriptor fails.
    """
    asked = len(registry.names("descriptor") if spec.descriptors is None else spec.descriptors)
    found = descriptor_changes(
        rows.reference.values,
        rows.current.values,
        groups=rows.groups,
        contexts=rows.contexts,
        descriptors=spec.descriptors,
        alpha=spec.alpha,
        relabellings=spec.relabellings_of(asked),
        seed=spec.seed,
    )
    raws = [
        Raw(
            "descriptors",
            change.descriptor,
            change.result.test,
            change.result.p,
            change.result.separation,
            change_of(change.change, change.unit, change.expected),
            "",
            {"statistic": change.result.statistic, "applies": list(change.applies), **change.result.details},
        )
        for change in found.changes
    ]
    raws += [Raw("descriptors", name, "", missing=why) for name, why in found.left_out.items()]
    return tuple(raws), found
