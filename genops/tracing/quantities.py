"""Numbers as people read them: each with its unit."""

from __future__ import annotations

_UNITS = ((3_600_000_000_000, "h", 60_000_000_000, "min"), (60_000_000_000, "min", 1_000_000_000, "s"))


def seconds(value: float) -> str:
    """A duration with the unit that suits it: ``85 µs``, ``312 ms``, ``1.24 s``, ``2 min 5 s``, ``1 h 3 min``."""
    nanoseconds = round(value * 1e9)
    for size, unit, part, part_unit in _UNITS:
        if nanoseconds >= size:
            return f"{nanoseconds // size} {unit} {nanoseconds % size // part} {part_unit}"
    if nanoseconds >= 999_500_000:
        return f"{value:.2f} s" if value < 9.995 else f"{value:.1f} s"
    if nanoseconds >= 999_500:
        return f"{value * 1e3:.3g} ms" if value < 0.0995 else f"{value * 1e3:.0f} ms"
    return f"{value * 1e6:.0f} µs"


def dollars(value: float | None) -> str:
    """US dollars to three significant digits below ten cents: ``$0.00031``, ``$1.25``; None is ``cost unknown``."""
    if value is None:
        return "cost unknown"
    if value == 0:
        return "$0"
    return f"${value:,.2f}" if abs(value) >= 0.1 else f"${value:.3g}" if abs(value) >= 1e-4 else f"${value:.7f}"


def counted(number: int, noun: str) -> str:
    """``1 record``, ``2,000 records``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
