"""The pytest plug-in: the traces of a test, and suites and campaigns as tests.

pytest loads it in every run, so it imports nothing of genops by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from genops.evals import Suite
    from genops.evals.summary import Summary
    from genops.executor import Project
    from genops.fuzz import Campaign
    from genops.fuzz.summary import Summary as Attacked
    from genops.store import Store
    from genops.tracing.trace import Trace

_SHOWN = 20
"""Findings that a failed test lists."""


class Traces:
    """The traces that a test has made so far."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self) -> list[Trace]:
        """Every trace, in the order in which the runs started."""
        from genops.tracing.trace import Trace

        self._store.writer.flush()
        return [Trace.load(self._store, run.id) for run in self._store.iter_runs()][::-1]

    def last(self) -> Trace:
        """The trace of the run that started last.

        Raises:
            LookupError: The test has made no run in its project.
        """
        traces = self.all()
        if not traces:
            raise LookupError("the test has made no run: nothing of its project was run since the fixture was set up")
        return traces[-1]


@pytest.fixture
def genops_project() -> Project:
    """The project under test: the one that the working folder is in. Override it to test another."""
    from genops.executor import Project

    return Project.current()


@pytest.fixture
def genops_traces(genops_project: Project, tmp_path: Path) -> Iterator[Traces]:
    """The traces of this test alone: its runs are kept in a SQLite store of its own, under the project's settings."""
    with genops_project.storing_in(f"sqlite:///{tmp_path / 'genops.db'}") as store:
        yield Traces(store)


class Evaluate:
    """Runs suites inside of a test."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def __call__(self, suite: str | Suite, **options: Any) -> Summary:
        """Runs a suite, and fails the test when its samples, or its gate, are not what they must be.

        Without a gate every sample must pass every threshold. Whatever kept a sample from being made or scored, or two
        from being compared, fails the test too.

        Args:
            suite: Its name, or one made in Python.
            options: As for :func:`genops.evals.evaluate`: ``gate``, ``concurrency``, ``memo``, …. Without a gate a
                suite with ``latency`` uses no memo unless it is said to: it is not known of what was reused in part.

        Returns:
            What the samples say, for assertions of the test's own.
        """
        __tracebackhide__ = True
        from genops.evals import Suite, evaluate
        from genops.evals.summary import Tally, summarise

        project = self._project
        loaded = suite if isinstance(suite, Suite) else Suite.load(suite, project.settings)
        if not options.get("gate"):
            options.setdefault("memo", not loaded.timed)
        done = evaluate(loaded, project, **options)
        tally = Tally.read(project.store, done.record, project.settings.data_dir)
        summary = summarise(tally)
        wrong = _wrong(summary, tally.pairs.reasons)
        if wrong:
            about = f"the suite {loaded.name!r}, evaluation {done.record.id[:12]}:"
            pytest.fail("\n".join([about, *wrong]), pytrace=False)
        return summary


def _wrong(summary: Summary, untold: Mapping[str, int]) -> list[str]:
    """What keeps an evaluation from being good, in words.

    Args:
        summary: Of the evaluation.
        untold: Why verdicts on pairs of answers are missing, with counts.
    """
    if summary.verdict is not None:
        verdict = summary.verdict
        rules = [f"  {rule.outcome}: {rule.rule} ({rule.variant}, n = {rule.n:,})" for rule in verdict.rules]
        return [] if verdict.outcome == "pass" else [f"  the gate says {verdict.outcome}", *rules]
    failures = [
        f"  {failure.kind}: {variant.name}, case {failure.case!r}: {failure.why}"
        for variant in summary.variants
        for failure in variant.failures
    ]
    counts = [variant.counts for variant in summary.variants]
    more = sum(count.infrastructure + count.unscored + count.bad for count in counts) - len(failures)
    if more:
        failures.append(f"  and {more:,} more: genops eval show {summary.evaluation[:12]} --failed")
    verdicts = [f"  unscored: {number:,} verdicts on pairs of answers: {why}" for why, number in untold.items()]
    not_made = [
        f"  {variant.name}: {variant.counts.samples:,} of {variant.counts.planned:,} samples were made"
        for variant in summary.variants
        if variant.counts.samples < variant.counts.planned
    ]
    return failures + verdicts + not_made


@pytest.fixture
def genops_evaluate(genops_project: Project) -> Evaluate:
    """Runs a suite as a part of a test: ``genops_evaluate("answer_docs")``."""
    return Evaluate(genops_project)


class Fuzz:
    """Runs campaigns inside of a test."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def __call__(self, campaign: str | Campaign, **options: Any) -> Attacked:
        """Runs a campaign, and fails the test where the chain does not withstand it.

        Without a gate any breach fails it; with one, its verdict decides. Where tries are missing or too little could
        be scored to say, it fails too.

        Args:
            campaign: Its name, or one made in Python.
            options: As for :func:`genops.fuzz.fuzz`: ``gate``, ``resume``, ….

        Returns:
            What the tries say, for assertions of the test's own.
        """
        __tracebackhide__ = True
        from genops.fuzz import Campaign, fuzz
        from genops.fuzz.summary import summarise

        project = self._project
        loaded = campaign if isinstance(campaign, Campaign) else Campaign.load(campaign, project.settings)
        summary = summarise(project.store, fuzz(loaded, project, **options).record)
        if summary.verdict.exit_code:
            pytest.fail("\n".join(_broken(summary)), pytrace=False)
        return summary


def _broken(summary: Attacked) -> Iterator[str]:
    """What a campaign found, in words: each finding with its shortest attack and the command that tries it again."""
    from genops.fuzz.reports.wording import headline, shortest

    yield f"the campaign {summary.campaign!r}, {summary.id[:12]}: {headline(summary)}"
    yield from (f"  {reason}" for reason in summary.verdict.reasons)
    for finding in summary.findings[:_SHOWN]:
        where = f" at {finding.step}" if finding.step else ""
        yield f"  {finding.severity}: {finding.objective}{where}: {shortest(finding.text)}"
        yield f"    genops fuzz repro {finding.id[:12]}"
    if len(summary.findings) > _SHOWN:
        yield f"  and {len(summary.findings) - _SHOWN} more: genops fuzz show {summary.id[:12]}"


@pytest.fixture
def genops_fuzz(genops_project: Project) -> Fuzz:
    """Runs a campaign as a part of a test: ``genops_fuzz("answer_docs_attacks")``."""
    return Fuzz(genops_project)
