"""A copy of a chain's closure that can be attacked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genops.executor.closure import Closure
from genops.executor.plants import NOTHING, Plants, planted
from genops.fuzz.target.poison import current_poison

if TYPE_CHECKING:
    from genops.executor import Project


def planted_closure(project: Project, reference: str, plants: Plants = NOTHING) -> Closure:
    """A copy of a chain's closure, with plants in it, that a run can be poisoned through.

    Args:
        project: Whose chain it is.
        reference: Of the chain.
        plants: What is in it whatever the attack.

    Raises:
        ReferenceNotFound: The chain or a component is not there.
    """
    source = project.source
    return planted(project.closure(source.chain(reference), source.inside(reference)), plants, current_poison)
