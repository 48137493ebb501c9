"""What ``genops judge check`` shows in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genops.cli.output import listing, one_line, say

if TYPE_CHECKING:
    from genops.evals.judges.check import JudgeReport, JudgesReport
    from genops.stats import Interval


def show_report(report: JudgesReport, read: int) -> None:
    """Judges best first, then what is wrong with each, its confusion, and the cases to read first.

    Args:
        report: What was measured.
        read: How many cases to list for each judge.
    """
    left_out = f"; {report.chosen} chosen cases are left out" if report.chosen else ""
    say(f"{report.labelled} cases with a human label{left_out}\n")
    columns = {"judge": False, "cases": True, "unparsed": True}
    columns |= dict.fromkeys(("raw", "kappa", "ac1", "alpha"), False)
    rows = [_row(judge) for judge in report.judges]
    optional = ("flips", "first", "length", "consistency", "estimate")
    columns |= {name: False for name in optional if any(row[name] != "-" for row in rows)}
    listing(list(columns), rows, as_json=False, right=[name for name, right in columns.items() if right])
    say("")
    for place, judge in enumerate(report.judges, 1):
        say(f"{place}. {one_line(judge.judge)}: {'; '.join(judge.weak) or 'no weakness found'}")
        for line in _details(judge, read):
            say(f"   {line}")
    if report.doubtful:
        say(f"\nMost judges contradict people, so look at the label too: {', '.join(map(one_line, report.doubtful))}")
    if not report.enough:
        say("\nThese are too few labelled cases to say anything.")


def _row(judge: JudgeReport) -> dict[str, str]:
    agreed = judge.agreement
    return {
        "judge": judge.judge,
        "cases": str(judge.cases),
        "unparsed": f"{judge.unparsed}/{judge.verdicts}",
        **{name: _shown(getattr(agreed, name, None)) for name in ("raw", "kappa", "ac1", "alpha")},
        **{name: _shown(getattr(judge, name)) for name in ("flips", "first", "length", "consistency")},
        "estimate": _shown(judge.estimate.interval) if judge.estimate and judge.estimate.unlabelled else "-",
    }


def _details(judge: JudgeReport, read: int) -> list[str]:
    lines = []
    if judge.longer is not None:
        own, people = judge.longer
        lines.append(f"prefers the longer text in {own:.0%}, people in {people:.0%}")
    wrong = sorted((-n, human, word or "no verdict") for (human, word), n in judge.confusion.items() if human != word)
    if wrong:
        pairs = (f"{one_line(human)} → {one_line(word)} {-n}" for n, human, word in wrong[:6])
        lines.append(f"people → judge: {', '.join(pairs)}")
    if judge.worth is not None and judge.worth >= 1.1:
        lines.append(f"beside its verdicts a label is worth up to {judge.worth:.1f} labels alone")
    reading = (f"{one_line(item.case)} ({item.why})" for item in judge.read[:read])
    if judge.read and read:
        lines.append(f"read first: {', '.join(reading)}")
    return lines


def _shown(interval: Interval | None) -> str:
    if interval is None:
        return "-"
    if interval.bounds is None:
        return f"{interval.estimate:.2f}"
    low, high = interval.bounds
    return f"{interval.estimate:.2f} [{low:.2f}, {high:.2f}]"
