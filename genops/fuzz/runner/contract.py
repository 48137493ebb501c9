"""What an objective gives, held against its contract, so that a broken one is told before anything is tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from genops.errors import DefinitionError, GenopsError, UsageError
from genops.evals.use import ScorerUse
from genops.fuzz.objective import Objective, Seed
from genops.syntax import YamlFile


@contextmanager
def asked(objective: Objective, what: str) -> Iterator[None]:
    """Asks an objective something.

    Args:
        objective: It.
        what: The method.

    Raises:
        DefinitionError: It fails with an error of Python's.
    """
    try:
        yield
    except GenopsError:
        raise
    except Exception as error:
        message = f"the objective {objective.name!r} breaks in `{what}`: {type(error).__name__}: {error}"
        raise DefinitionError(message, hint="it comes from a plug-in: mend it there") from error


def checked_seeds(objective: Objective, seeds: Iterable[Seed]) -> list[Seed]:
    """The seeds of an objective.

    Raises:
        DefinitionError: There are none, one is no text, or two have one id.
    """
    found = list(seeds)
    if not found:
        raise DefinitionError(f"the objective {objective.name!r} has no seeds for this chain: nothing can be tried")
    ids: set[str] = set()
    for seed in found:
        if not isinstance(seed, Seed) or not isinstance(seed.text, str) or not isinstance(seed.id, str):
            raise DefinitionError(f"the objective {objective.name!r} gives a seed that is no text: {seed!r}")
        if seed.id in ids:
            raise DefinitionError(f"the objective {objective.name!r} has two seeds with the id {seed.id!r}")
        ids.add(seed.id)
    return found


def checked_detectors(objective: Objective, uses: Sequence[ScorerUse]) -> tuple[ScorerUse, ...]:
    """The detectors of an objective.

    Raises:
        DefinitionError: None says what passes.
    """
    if not any(use.threshold is not None for use in uses):
        what = f"the objective {objective.name!r} has no detector that says what passes"
        raise DefinitionError(what, hint="give its scorer a `threshold`")
    return tuple(uses)


@contextmanager
def standing_at(file: YamlFile, *keys: str | int) -> Iterator[None]:
    """Says where in a campaign stands what is wrong with something that it refers to.

    Args:
        file: The campaign.
        keys: Of the entry.

    Raises:
        UsageError: As it was raised inside, with its place where it had none.
    """
    try:
        yield
    except UsageError as error:
        if error.at is None or (error.at.line is None and str(error.at.path) == str(file.path)):
            error.at = file.at(*keys)
        raise
