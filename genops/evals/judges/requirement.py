"""What agreement with people a judge must have: met, not met, or too few labels to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from genops.errors import ExitCode, UsageError, nearest
from genops.evals.judges.check import JudgeReport, JudgesReport

MEASURES = ("raw", "kappa", "ac1", "alpha")


@dataclass(frozen=True, slots=True)
class Requirement:
    """A least value of a measure of agreement.

    Attributes:
        measure: ``raw``, ``kappa``, ``ac1`` or ``alpha``.
        value: The least that will do.
    """

    measure: str
    value: float

    @classmethod
    def parse(cls, text: str) -> Requirement:
        """Reads ``kappa=0.4``.

        Raises:
            UsageError: It is no such thing.
        """
        measure, _, value = text.partition("=")
        if measure not in MEASURES:
            raise UsageError(f"--at-least {text}: there is no measure {measure!r}", hint=nearest(measure, MEASURES))
        try:
            return cls(measure, float(value))
        except ValueError:
            raise UsageError(f"--at-least {text}: {value!r} is no number", hint="write kappa=0.4") from None

    def met_by(self, report: JudgeReport) -> bool | None:
        """Whether the whole interval lies at or above the value, or below it; None where it does not tell."""
        if report.agreement is None:
            return None
        interval = getattr(report.agreement, self.measure)
        low, high = interval.bounds or (interval.estimate, interval.estimate)
        return True if low >= self.value else False if high < self.value else None


def outcome(report: JudgesReport, required: Sequence[Requirement]) -> int:
    """The exit code: 1 where a requirement is not met, 3 where the labels are too few, else 0."""
    met = [requirement.met_by(judge) for judge in report.judges for requirement in required]
    if False in met:
        return ExitCode.BAD_VERDICT
    return ExitCode.UNDECIDED if None in met or not report.enough else ExitCode.OK
