"""How often a detector is right, measured on outputs that people labelled."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from genops.artifacts import Value
from genops.errors import InputError, Location
from genops.stats.interval import Interval
from genops.stats.misclassification import Proportion, corrected_rate
from genops.stats.proportions import proportion_interval


@dataclass(frozen=True, slots=True)
class LabelledOutput:
    """An output, and what a person says of it.

    Attributes:
        output: Of a chain.
        label: Whether it is a breach.
        inputs: That it answers, where the detector looks at them.
    """

    output: Value
    label: bool
    inputs: dict[str, Value]


@dataclass(frozen=True, slots=True)
class DetectorAccuracy:
    """How often a detector is right.

    Attributes:
        breaches: How many of the labelled breaches it found; None where none is labelled.
        others: How many of the other outputs it let pass; None where there is none.
        unscored: Outputs that it could not judge; they count in neither.
        level: Of confidence of the intervals.
    """

    breaches: Proportion | None
    others: Proportion | None
    unscored: int
    level: float = 0.95

    @property
    def sensitivity(self) -> Interval | None:
        """The share of breaches that it finds."""
        return _interval(self.breaches, self.level)

    @property
    def specificity(self) -> Interval | None:
        """The share of other outputs that it lets pass."""
        return _interval(self.others, self.level)

    def corrected(self, breaches: int, tries: int, *, design_effect: float = 1.0) -> Interval:
        """The rate of breaches behind the one that the detector found (:func:`~genops.stats.misclassification`).

        Without labels of both kinds nothing is identified: the estimate is NaN.

        Args:
            breaches: That it found.
            tries: Of how many.
            design_effect: How many times the variance of that rate is that of independent tries.
        """
        if self.breaches is None or self.others is None:
            lacking = "breaches" if self.breaches is None else "outputs that are no breach"
            why = f"not identified: no {lacking} are labelled"
            return Interval(float("nan"), None, self.level, tries, "Rogan-Gladen", why)
        apparent = Proportion(breaches, tries)
        return corrected_rate(apparent, self.breaches, self.others, self.level, design_effect=design_effect)


def detector_accuracy(labels: Sequence[bool], verdicts: Sequence[bool | None], level: float = 0.95) -> DetectorAccuracy:
    """Compares what a detector said with what people said.

    Args:
        labels: Whether each output is a breach.
        verdicts: Whether the detector says so; None where it could not tell.
        level: Of confidence.

    Raises:
        ValueError: There are not as many of the one as of the other.
    """
    if len(labels) != len(verdicts):
        raise ValueError(f"{len(labels)} labels have {len(labels)} verdicts, not {len(verdicts)}")
    judged = [(label, verdict) for label, verdict in zip(labels, verdicts, strict=True) if verdict is not None]
    found = [verdict for label, verdict in judged if label]
    passed = [not verdict for label, verdict in judged if not label]
    return DetectorAccuracy(_proportion(found), _proportion(passed), len(labels) - len(judged), level)


def read_labelled(path: Path) -> list[LabelledOutput]:
    """The rows of a JSON Lines file: ``{"output": …, "label": true}``, with ``inputs`` where a detector needs them.

    Raises:
        InputError: It cannot be read, or a row is none; the message says which line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the labels cannot be read: {error}", at=Location(path)) from None
    return [_row(line, Location(path, number)) for number, line in enumerate(lines, start=1) if line.strip()]


def _row(line: str, at: Location) -> LabelledOutput:
    hint = 'write {"output": "…", "label": true}'
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InputError(f"no JSON: {error}", at=at, hint=hint) from None
    if not isinstance(row, dict) or "output" not in row or not isinstance(row.get("label"), bool):
        raise InputError("a labelled output has an `output` and a `label` that is true or false", at=at, hint=hint)
    inputs = row.get("inputs", {})
    if not isinstance(inputs, dict):
        raise InputError("`inputs` of a labelled output are a mapping", at=at, hint=hint)
    return LabelledOutput(row["output"], row["label"], inputs)


def _proportion(right: Sequence[bool]) -> Proportion | None:
    return Proportion(sum(right), len(right)) if right else None


def _interval(proportion: Proportion | None, level: float) -> Interval | None:
    return None if proportion is None else proportion_interval(proportion.count, proportion.n, level)
