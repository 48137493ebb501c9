"""Are the values other ones: the two-sample tests of a state's own rows."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from genops.drift.looks.own_unit import change_of
from genops.drift.looks.raw import Raw
from genops.drift.looks.rows import Rows
from genops.drift.own_unit import category_change, number_change
from genops.drift.spec import DriftSpec
from genops.drift.summary import Change
from genops.drift.two_sample import TwoSampleResult


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """What the tests of the rows themselves say.

    Attributes:
        raws: One a test.
        results: The same, with what each row says.
    """

    raws: tuple[Raw, ...]
    results: tuple[TwoSampleResult, ...]


def look_at_values(rows: Rows, spec: DriftSpec) -> Values:
    """Tests the rows by every test that the check names for their kind."""
    results = tuple(
        use.test.run(rows.samples, use.settings, relabellings=spec.relabellings_of(1), seed=spec.seed)
        for use in spec.tests_of(rows.kind, rows.contexts is not None)
    )
    change = _change(rows, spec)
    raws = tuple(_raw(result, change, _untestable(result, spec.alpha)) for result in results)
    return Values(raws, results)


def _raw(result: TwoSampleResult, change: Change | None, missing: str) -> Raw:
    if missing:
        return Raw("values", result.test, result.test, missing=missing)
    details = {"statistic": result.statistic, "least_p": result.least_p, **result.details}
    return Raw("values", result.test, result.test, result.p, result.separation, change, "", details)


def _untestable(result: TwoSampleResult, alpha: float) -> str:
    """Why the result tells nothing; empty where it does."""
    if not isfinite(result.separation.estimate):
        return result.separation.missing
    if result.least_p > alpha:
        return f"too few groups can change sides: no p-value of theirs is below {result.least_p:.2g}"
    return ""


def _change(rows: Rows, spec: DriftSpec) -> Change | None:
    """By how much numbers and categories changed; vectors have no unit."""
    match rows.kind:
        case "number":
            return change_of(number_change(rows.samples), rows.unit)
        case "category":
            return change_of(category_change(rows.samples, spec.seed), "")
        case _:
            return None
