"""Every question that is asked of one state, family by family."""

from __future__ import annotations

from dataclasses import dataclass

from genops.drift.looks.raw import Raw
from genops.drift.looks.rows import Rows
from genops.drift.looks.values import Values, look_at_values
from genops.drift.spec import DriftSpec


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """The answers of one state.

    Attributes:
        rows: That were asked about.
        families: The questions of each family; none is empty.
        values: What the tests of the rows themselves say.
    """

    rows: Rows
    families: tuple[tuple[Raw, ...], ...]
    values: Values


def ask(rows: Rows, spec: DriftSpec) -> Asked:
    """Asks all that the check wants to know of two windows of a state.

    Raises:
        GenopsError: The rows cannot be compared.
    """
    values = look_at_values(rows, spec)
    return Asked(rows, (values.raws,), values)
