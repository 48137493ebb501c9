"""A copy of a chain's closure that can be attacked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genops.executor.closure import Closure
from genops.executor.plants import NOTHING, Plants, planted
from genops.fuzz.target.entry import StepEntry
from genops.fuzz.target.poison import current_poison

if TYPE_CHECKING:
    from genops.executor import Project


def planted_closure(
    project: Project, reference: str, plants: Plants = NOTHING, entry: StepEntry | None = None
) -> Closure:
    """A copy of a chain's closure, with plants in it, that a run can be poisoned through.

    Args:
        project: Whose chain it is.
        reference: Of the chain.
        plants: What is in it whatever the attack.
        entry: The step that attacks enter at; None for the chain's inputs.

    Raises:
        ReferenceNotFound: The chain or a component is not there.
        UsageError: The chain has no such step.
    """
    source = project.source
    closure = project.closure(source.chain(reference), source.inside(reference))
    return planted(closure if entry is None else entry.into(closure), plants, current_poison)
