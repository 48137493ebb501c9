"""How well aliases answer a suite: one evaluation, a variant for each, so that they are compared case by case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from genops.errors import UsageError, nearest
from genops.evals.evaluation import aevaluate
from genops.evals.results import Results
from genops.evals.runner import Progress
from genops.evals.suite import Suite
from genops.evals.summary import Summary
from genops.evals.variants import VariantSpec
from genops.executor import Project
from genops.executor.swaps import Swap


def suite_of_aliases(suite: Suite, project: Project, aliases: Sequence[str], replaced: str | None = None) -> Suite:
    """The suite with a variant for each alias, which takes the place of the models of its chain; judges stay.

    Args:
        suite: Of whose variants the first one is what the aliases are tried in.
        project: Where it runs.
        aliases: The candidates.
        replaced: The alias of the chain whose place they take; None for every one.

    Raises:
        UsageError: The chain asks no model, or not that one.
    """
    base = suite.variants[0]
    components = base.resolve(project).closure.components
    used = sorted({component.name for component in components if component.kind == "model"})
    if not used:
        raise UsageError(f"the chain {base.chain!r} of the suite {suite.name!r} asks no model that could be replaced")
    if replaced is not None and replaced not in used:
        raise UsageError(f"the chain {base.chain!r} does not ask {replaced!r}", hint=nearest(replaced, used))
    kept = tuple(swap for swap in base.swaps if swap.kind != "model")
    names = used if replaced is None else [replaced]
    variants = tuple(
        VariantSpec(alias, base.chain, (*kept, *(Swap("model", name, alias) for name in names)), base.parameters)
        for alias in aliases
    )
    return replace(suite, variants=variants, gate=None, pairwise=None, labels=None)


async def quality_of(
    suite: Suite,
    project: Project,
    aliases: Sequence[str],
    replaced: str | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Summary:
    """Runs the suite with each alias; differences are those from the first one.

    Nothing of earlier runs is used again: how long the calls take is part of what is compared.

    Raises:
        UsageError: The suite cannot be run with them.
    """
    compared = suite_of_aliases(suite, project, aliases, replaced)
    name = " vs ".join(aliases)
    done = await aevaluate(compared, project, name=name, memo=False, on_progress=on_progress)
    results = Results(project.store, project.settings)
    return results.summary(results.find(done.record.id), reference=aliases[0])
