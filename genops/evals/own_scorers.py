"""Scorers that a case has of its own, beside those of its suite."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from genops.errors import UsageError
from genops.evals.case import Case
from genops.evals.judges.questions import questions_of
from genops.evals.rules import OVERALL, PASSED
from genops.evals.suite import Suite, is_weighted
from genops.evals.trace_names import NameCheck, depend_on_cases
from genops.evals.use import ScorerUse, parse_uses, python_parsing
from genops.settings import Settings


@dataclass(frozen=True, slots=True)
class OwnScorers:
    """What the cases' own scorers are made of, beside what their dataset's digest says of them.

    Attributes:
        scorers: Which scorers.
        questions: What they ask: template and model, None for the default one.
        files: Digests of the files that they name.
        weighted: Whether one has a weight.
        partial: Metrics that some sample may lack, as a ``when`` leaves them out.
    """

    scorers: frozenset[str]
    questions: frozenset[tuple[str, str | None]]
    files: frozenset[str] = frozenset()
    weighted: bool = False
    partial: frozenset[str] = frozenset()


def case_uses(case: Case, suite: Suite) -> tuple[ScorerUse, ...]:
    """All scorers of a case.

    Raises:
        DefinitionError: One of its own is wrong.
        UsageError: One has the name of another metric of the suite, or the case has none at all.
    """
    own = parse_uses(list(case.scorers), python_parsing(list(case.scorers), f"scorers of case {case.id}"))
    for use in own:
        replaced = suite.use(use.name)
        if replaced is not None and replaced.scorer.range != use.scorer.range:
            raise UsageError(
                f"case {case.id!r}: its scorer {use.name!r} gives {use.scorer.range}, that of the suite "
                f"{replaced.scorer.range}",
                hint="give it a `name:` of its own",
            )
    taken = {use.name for use in own}
    uses = (*(use for use in suite.scorers if use.name not in taken), *own)
    if not uses and suite.pairwise is None:
        raise UsageError(f"case {case.id!r} has no scorers", hint="scorers: [exact_match]")
    return uses


def own_scorers(suite: Suite, cases: Iterable[Case], names: NameCheck, settings: Settings) -> OwnScorers:
    """Reads the scorers of all cases once, and looks up the names that scorers look for.

    Args:
        suite: The definition.
        cases: Those that are asked; each is read once.
        names: What the chains have.
        settings: The project's.

    Raises:
        UsageError: Those of a case are wrong, or nothing says what passes where the gate asks for that.
    """
    scorers: set[str] = set()
    questions: set[tuple[str, str | None]] = set()
    files: set[str] = set()
    judged = _has_threshold(suite.scorers)
    critical = ""
    weighted = False
    partial: set[str] = set()
    of_suite = _partial(suite.scorers)
    names.check(suite.scorers)
    by_case = depend_on_cases(suite.scorers)
    for case in cases:
        names.check(by_case, case)
        if case.scorers or not suite.scorers:
            uses = case_uses(case, suite)
            judged = judged or _has_threshold(uses)
            own = [use for use in uses if use not in suite.scorers]
            names.check(own, case)
            partial |= _partial(uses)
            weighted = weighted or is_weighted(own)
            scorers.update(use.scorer.name for use in own)
            questions.update(pair for use in own for pair in questions_of(use.scorer, use.settings, use.places))
            files.update(digest for use in own for digest in use.files(settings).values())
        else:
            partial |= of_suite
        critical = critical or (case.id if case.critical else "")
    if suite.gate is not None and not judged:
        asked = [repr(rule.text) for rule in suite.gate.rules if rule.metric == PASSED]
        asked += [f"the critical case {critical!r}"] if critical else []
        if asked:
            raise UsageError(
                f"{asked[0]} cannot be told: no scorer has a `threshold`", hint="say what passes: `threshold: 0.7`"
            )
    return OwnScorers(frozenset(scorers), frozenset(questions), frozenset(files), weighted, frozenset(partial))


def _partial(uses: Iterable[ScorerUse]) -> set[str]:
    """The metrics that a sample with these scorers may lack."""
    counted = [use for use in uses if use.weight and use.scorer.range.bounded]
    found = {use.name for use in uses if use.when is not None}
    return found if any(use.when is None for use in counted) else {*found, OVERALL}


def _has_threshold(uses: Iterable[ScorerUse]) -> bool:
    return any(use.threshold is not None for use in uses)
