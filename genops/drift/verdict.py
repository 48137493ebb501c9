"""What a check says of a state in one word, and why.

* **drift**: a question alarms: its p-value, corrected for all questions, is at most alpha, and the separation at least
  the smallest one that alarms.
* **undecided**: none does, and a change of the size that must be visible would not have been likely to show; or a
  window has fewer than :data:`LEAST_ROWS` independent rows: a test may well alarm on four, by the words of one user.
* **quiet**: neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from genops.drift.summary import Look, Verdict, WindowFacts

LEAST_ROWS = 10
"""Independent rows that each window must have for anything to be asked of them."""
_NAMED = 4


def verdict_of(looks: Sequence[Look], visible: float | None, wanted: float) -> tuple[Verdict, str]:
    """The verdict of a state and the reason for it.

    Args:
        looks: What was asked of it.
        visible: The separation that would have alarmed in four of five such checks; None where nothing could.
        wanted: The one that must be visible.
    """
    alarms = sorted((look for look in looks if look.alarm), key=lambda look: -(look.separation.value or 0))
    if alarms:
        several = sum(look.family == "values" for look in looks) > 1
        named = ", ".join(f"{_subject(look, several)} ({look.separation.value:.0%})" for look in alarms[:_NAMED])
        more = f" and {len(alarms) - _NAMED} more" if len(alarms) > _NAMED else ""
        return "drift", f"{named}{more} changed, by as much as so large a share of new rows would"
    if not any(look.p is not None for look in looks):
        why = next((look.missing for look in looks if look.missing), "nothing could be tested")
        return "undecided", why
    if visible is None:
        return "undecided", "too few independent rows to see any change"
    if visible > wanted:
        return (
            "undecided",
            f"too few independent rows: only a separation of {visible:.0%} or more would have been seen (in four of"
            f" five checks), and {wanted:.0%} must be",
        )
    shared = any(look.family == "values" and look.details.get("more_alike_than_chance") for look in looks)
    alike = "; the windows are more alike than independent rows are by chance: do they share rows?" if shared else ""
    return "quiet", f"no change that alarms; one of {visible:.0%} would have been seen in four of five checks{alike}"


def few_reason(reference: WindowFacts, current: WindowFacts) -> str:
    """Why there is nothing to test: the first window that has too few rows, and what gave none."""
    facts, which = (reference, "reference") if reference.groups < LEAST_ROWS else (current, "current window")
    without = f": {left_out(facts.left_out)}" if facts.left_out else ""
    if not facts.rows:
        return f"the {which} ({facts.name}) " + (f"has no rows{without}" if without else "is empty: nothing fits")
    rows = f"{facts.groups:,} independent row" + ("s" if facts.groups > 1 else "")
    return f"too few rows: the {which} ({facts.name}) has {rows}, and a verdict needs {LEAST_ROWS}{without}"


def left_out(counts: Mapping[str, int]) -> str:
    """What gave no row, in words."""
    return ", ".join(f"{number:,} left out ({why})" for why, number in sorted(counts.items()))


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a check from those of its states."""
    given = set(verdicts)
    order: tuple[Verdict, ...] = ("drift", "undecided", "quiet")
    return next(verdict for verdict in order if verdict in given)


def _subject(look: Look, several: bool) -> str:
    """What changed, in words; with the test where several look at the rows."""
    rows = f"the rows by {look.name}" if several else "the rows"
    return {"values": rows, "topics": "the mix of topics", "concepts": "new concepts"}.get(look.family, look.name)
