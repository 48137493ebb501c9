"""Findings of checks as commands show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from genops.cli.output import going_on, printable, say, say_json
from genops.errors import ExitCode

if TYPE_CHECKING:
    from genops.executor.check import Finding


def show_findings(found: Mapping[str, Sequence[Finding]], *, as_json: bool) -> int:
    """Prints what was found, by name; the exit code: a file with an error is a broken file.

    Args:
        found: By the name of what was checked.
        as_json: Whether to print one flat JSON list.
    """
    with going_on():
        if as_json:
            say_json([{"name": name, **asdict(finding)} for name, findings in found.items() for finding in findings])
        else:
            _say(found)
    errors = any(finding.severity == "error" for findings in found.values() for finding in findings)
    return ExitCode.USAGE if errors else ExitCode.OK


def _say(found: Mapping[str, Sequence[Finding]]) -> None:
    for name, findings in found.items():
        broken = any(finding.severity == "error" for finding in findings)
        say(f"{name}: {'broken' if broken else 'fine'}")
        for finding in findings:
            where = f"{finding.location}: " if finding.location else ""
            say(printable(f"  {finding.severity}: {where}{finding.message}"))
            if finding.hint:
                say(printable(f"    {finding.hint}"))
