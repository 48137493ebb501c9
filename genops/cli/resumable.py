"""A command that can be gone on with: what a person sees while it runs, and how they go on."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from genops.cli.output import note
from genops.errors import StoreError

P = TypeVar("P")


@dataclass(slots=True)
class Watch(Generic[P]):
    """What a person sees of it.

    Attributes:
        bar: Shows how far it is.
        begun: Whether there is something to go on with.
        reached: How far it is; None before the first step.
    """

    bar: Callable[[P], None]
    begun: bool = False
    reached: P | None = None

    def begin(self, what: str) -> None:
        """Says what is about to happen."""
        self.begun = True
        note(what)

    def advance(self, progress: P) -> None:
        """Moves the bar."""
        self.reached = progress
        self.bar(progress)


@contextmanager
def watched(
    bar: AbstractContextManager[Callable[[P], None]], made: Callable[[P | None], str], again: str
) -> Iterator[Watch[P]]:
    """Shows a bar; when the work ends early, says what was made and how to go on.

    Args:
        bar: Of it.
        made: Says how much was made.
        again: The command that goes on.
    """
    watch: Watch[P] | None = None
    try:
        with bar as show:
            watch = Watch(show)
            yield watch
    except BaseException as error:
        told = isinstance(error, KeyboardInterrupt | StoreError) or (watch is not None and watch.reached is not None)
        if watch is not None and watch.begun and told:
            note(f"stopped after {made(watch.reached)}; what was kept is not made again. Go on with:\n  {again}")
        raise


def command_again(in_place: Mapping[str, str] | None = None) -> str:
    """The command that was given, to go on with.

    Args:
        in_place: Words that will mean something else by then, and what stands in their place.
    """
    words = [word for word in sys.argv[1:] if word not in ("--resume", "--fresh")]
    return shlex.join(["genops", *((in_place or {}).get(word, word) for word in words), "--resume"])
