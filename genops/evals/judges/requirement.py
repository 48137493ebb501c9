"""What agreement with people a judge must have: met, not met, or too few labels to say."""

from __future__ import annotations

from collections import Counter
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
            least = float(value)
        except ValueError:
            raise UsageError(f"--at-least {text}: {value!r} is no number", hint="write kappa=0.4") from None
        if not -1 <= least <= 1:
            raise UsageError(f"--at-least {text}: {measure} lies between -1 and 1", hint="write kappa=0.4")
        return cls(measure, least)

    def met_by(self, report: JudgeReport) -> bool | None:
        """Whether the whole interval lies at or above the value, or below it; None where it does not tell."""
        if report.agreement is None:
            return None
        bounds = getattr(report.agreement, self.measure).bounds or _of_perfect(report, self.measure)
        if bounds is None:
            return None
        return True if bounds[0] >= self.value else False if bounds[1] < self.value else None


def _of_perfect(report: JudgeReport, measure: str) -> tuple[float, float] | None:
    """Bounds of a coefficient where every verdict is the person's: resamples do not vary, and the raw share tells it.

    By the chance of people's own labels, as kappa has it. None where verdicts differ, or all labels are one word.
    """
    agreed = report.agreement
    if agreed is None or agreed.raw.bounds is None or getattr(agreed, measure).estimate != 1.0:
        return None
    said = Counter[str]()
    for (human, word), count in report.confusion.items():
        said[human] += count if word is not None else 0
    chance = sum((count / said.total()) ** 2 for count in said.values())
    return None if chance == 1 else (1 - (1 - agreed.raw.bounds[0]) / (1 - chance), 1.0)


def outcome(report: JudgesReport, required: Sequence[Requirement]) -> int:
    """The exit code: 1 where a requirement is not met, 3 where the labels are too few, else 0."""
    met = [requirement.met_by(judge) for judge in report.judges for requirement in required]
    if False in met:
        return ExitCode.BAD_VERDICT
    return ExitCode.UNDECIDED if None in met or not report.enough else ExitCode.OK
