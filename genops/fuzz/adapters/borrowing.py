"""Everything that one campaign borrows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genops.artifacts import Value
from genops.fuzz.adapters.pyrit import ConverterUse, Pyrit
from genops.fuzz.adapters.seeds import SeedSources, SeedSpec
from genops.fuzz.mutator import Mutator
from genops.fuzz.objective import Borrowed
from genops.settings import Settings


@dataclass(frozen=True, slots=True)
class Borrowings:
    """What a campaign has from others.

    Attributes:
        texts: That seeds are made of, by objective.
        mutators: By their names.
        versions: Of the tools that they are from.
        notes: What was left out, and why, for people.
        close: Ends the child processes that mutators started.
    """

    texts: Mapping[str, tuple[Borrowed, ...]] = field(default_factory=dict)
    mutators: Mapping[str, Mutator[Any, Any]] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    close: Callable[[], None] = lambda: None

    @classmethod
    def stored(cls, texts: Mapping[str, Sequence[Sequence[Any]]]) -> Borrowings:
        """The texts that :attr:`record` kept; what they are from need no longer be there."""
        return cls(
            {name: tuple(Borrowed(id, text, tuple(said)) for id, text, said in some) for name, some in texts.items()}
        )

    @property
    def record(self) -> dict[str, Value]:
        """The texts as a campaign's record keeps them."""
        return {
            name: [[text.id, text.text, list(text.triggers)] for text in some]
            for name, some in self.texts.items()
            if some
        }


def borrow(
    seeds: Mapping[str, SeedSpec],
    converters: Sequence[ConverterUse],
    settings: Settings,
    folder: Path,
    seed: int,
    most: int,
) -> Borrowings:
    """Fetches what a campaign names of others.

    Args:
        seeds: Where the seeds of objectives come from, by objective.
        converters: PyRIT's.
        settings: The project's.
        folder: That files are relative to.
        seed: Of what is drawn.
        most: Texts of one objective that can be of use.

    Raises:
        UsageError: Something is not there, or cannot be used.
        PeerFailed: Another tool failed.
    """
    sources, pyrit = SeedSources(settings, folder, seed), Pyrit.of(settings)
    try:
        lent = {objective: sources.read(spec, most) for objective, spec in seeds.items()}
        mutators = {use.name: pyrit.mutator(use) for use in converters}
        versions = {**sources.versions, **({"pyrit": pyrit.version} if mutators else {})}
    finally:
        sources.close()
        pyrit.child.close()
    notes = tuple(note for found in lent.values() for note in found.notes)
    texts = {objective: found.texts for objective, found in lent.items()}
    return Borrowings(texts, mutators, versions, tuple(dict.fromkeys(notes)), pyrit.child.close)
