"""How many digits of numbers are shown: as many as their difference has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10

_KEPT = 3
_LEAST_OF_SHARES = 1
_MOST = 9
_PLAIN = 1e9
_UNITS = {"s": ((1e-3, 1e6, "µs"), (1.0, 1e3, "ms"))}
"""Of small numbers of a unit: below which size, by what they are multiplied, and what they are then called."""


@dataclass(frozen=True, slots=True)
class Digits:
    """A way to write numbers that are compared, alike for all of them.

    Attributes:
        unit: That they are in; empty where it is not known, and for shares, which are percentages.
        factor: By which they are multiplied to be.
        places: After the point.
        sign: After each number.
    """

    unit: str
    factor: float
    places: int
    sign: str = ""

    @classmethod
    def of(cls, values: Sequence[float], ends: Sequence[float], unit: str) -> Digits:
        """Three digits of the greater end of their difference, of percentages two; of the numbers where there is none.

        Args:
            values: Before, now and the like.
            ends: Of the interval of their difference.
            unit: Of all of them; ``share`` is shown in percent.
        """
        size = max(map(abs, values), default=0.0)
        reach = max(map(abs, ends), default=0.0) or size
        if unit == "share":
            return cls("", 100.0, max(_LEAST_OF_SHARES, _places(reach * 100, size * 100) - 1), "%")
        for below, factor, name in _UNITS.get(unit, ()):
            if 0 < max(size, reach) < below:
                return cls(name, factor, _places(reach * factor, size * factor))
        return cls(unit, 1.0, _places(reach, size))

    def text(self, value: float) -> str:
        """A number, with thousands set off."""
        shown = value * self.factor
        plain = f"{shown:.{_MOST - 1}g}" if abs(shown) >= _PLAIN else f"{shown:,.{self.places}f}"
        return f"{plain.replace('-', '−')}{self.sign}"

    def difference(self, value: float) -> str:
        """A difference, with its sign."""
        shown = value * self.factor
        text = f"{shown:+.{_KEPT - 1}e}" if abs(shown) >= _PLAIN else f"{shown:+,.{self.places}f}"
        return text.replace("-", "−")


def _places(reach: float, size: float) -> int:
    """After the point, so that the greater end has three digits; never more than nine digits in all."""
    if not reach:
        return 0
    wanted, most = _KEPT - 1 - floor(log10(reach)), _MOST - 1 - floor(log10(max(size, reach)))
    return max(0, min(wanted, most))
