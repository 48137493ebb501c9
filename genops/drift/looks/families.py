"""Every question that is asked of one state, family by family."""

from __future__ import annotations

from dataclasses import dataclass

from genops.drift.concepts import Concepts
from genops.drift.descriptor_changes import DescriptorChanges
from genops.drift.looks.concepts import look_at_concepts
from genops.drift.looks.descriptors import look_at_descriptors
from genops.drift.looks.raw import Raw
from genops.drift.looks.rows import Rows
from genops.drift.looks.topics import look_at_topics
from genops.drift.looks.values import Values, look_at_values
from genops.drift.spec import DriftSpec
from genops.drift.topics import Topics


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """The answers of one state.

    Attributes:
        rows: That were asked about.
        families: The questions of each family; none is empty.
        values: What the tests of the rows themselves say.
        descriptors: What descriptors say; None of rows that are no texts.
        topics: What they are about; None where that was not asked or cannot be told.
        concepts: What is new; None where that was not asked.
    """

    rows: Rows
    families: tuple[tuple[Raw, ...], ...]
    values: Values
    descriptors: DescriptorChanges | None = None
    topics: Topics | None = None
    concepts: Concepts | None = None


def ask(rows: Rows, spec: DriftSpec) -> Asked:
    """Asks all that the check wants to know of two windows of a state.

    Raises:
        GenopsError: The rows cannot be compared.
    """
    values = look_at_values(rows, spec)
    families = [values.raws]
    descriptors = None
    if rows.kind == "text" and spec.descriptors != ():
        raws, descriptors = look_at_descriptors(rows, spec)
        families.append(raws)
    topics = None
    if rows.vectors is not None and spec.topics:
        raws, topics = look_at_topics(rows, spec)
        families.append(raws)
    concepts = None
    if rows.vectors is not None and spec.concepts:
        raws, concepts = look_at_concepts(rows, spec)
        families.append(raws)
    return Asked(rows, tuple(families), values, descriptors, topics, concepts)
