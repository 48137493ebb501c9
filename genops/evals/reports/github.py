"""The report as annotations of GitHub Actions: lines that a job prints and GitHub shows beside the change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TextIO, TypeAlias

from genops.evals.reports import wording
from genops.evals.reports.report import Report
from genops.evals.summary import Failure, Summary
from genops.tracing.readable import visible

Level: TypeAlias = Literal["error", "warning", "notice"]
_LEVELS: dict[Failure, Level] = {"bad": "error", "infrastructure": "warning", "unscored": "warning"}
_MOST = 10
"""Of each level; GitHub shows no more of one step."""


def write(report: Report, out: TextIO) -> None:
    """Writes a line for the verdict, and one for each of the first failed samples."""
    file = report.suite_file and in_repository(report.results.settings.root, report.suite_file)
    for level, title, message in _annotations(report.summary):
        out.write(annotation(level, title, message, file) + "\n")


def annotation(level: Level, title: str, message: str, file: str = "", line: int | None = None) -> str:
    """One line of a workflow command, escaped as GitHub's toolkit does."""
    properties = [f"file={_property(file)}"] if file else []
    properties += [f"line={line}"] if line is not None else []
    properties.append(f"title={_property(title)}")
    return f"::{level} {','.join(properties)}::{_data(message)}"


def in_repository(root: Path, file: Path | str) -> str:
    """A file of a project as the repository around it has it; as the project has it where there is none.

    Args:
        root: Of the project.
        file: Relative to it.
    """
    root = root.resolve()
    for folder in (root, *root.parents):
        if (folder / ".git").exists():
            return (root / file).relative_to(folder).as_posix()
    return Path(file).as_posix()


def _annotations(summary: Summary) -> Iterator[tuple[Level, str, str]]:
    if summary.verdict is not None:
        level: Level = "notice" if summary.verdict.outcome == "pass" else "error"
        why = [f"{what}: {', '.join(cases)}" for what, cases in wording.critical(summary.verdict)]
        why += [wording.rule(rule) for rule in summary.verdict.rules]
        yield level, f"{summary.suite}: {wording.verdict(summary.verdict)}", "\n".join(why)
    for variant in summary.variants:
        yield "notice", f"{summary.suite}: {variant.name}", wording.failures(variant.counts)
    left: dict[Level, int] = {"error": _MOST - 1, "warning": _MOST}
    for kind, level in _LEVELS.items():
        for failure in (failure for variant in summary.variants for failure in variant.failures):
            if failure.kind == kind and left[level]:
                left[level] -= 1
                see = wording.trace_command(failure.run)
                title = f"{summary.suite}: {failure.case} ({failure.variant}): {wording.KINDS[kind]}"
                yield level, title, "\n".join(filter(None, (failure.why, see)))


def _data(text: str) -> str:
    return visible(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
