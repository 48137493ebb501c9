"""The terminal's side of labelling: shows a task, takes a word, says what was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from genops.cli.asking import asked
from genops.cli.output import note, printable
from genops.errors import UsageError

if TYPE_CHECKING:
    from genops.evals.labelling import Labelled, Labelling

    T = TypeVar("T", bound=Labelled)

COMMANDS = {"u": "undo", "s": "skip", "q": "quit"}
_RULE = "─" * 60


def session(labelling: Labelling[T], what: str = "cases") -> None:
    """Labels until no task is left, or the person stops.

    Args:
        labelling: What is labelled, and where that is kept.
        what: The tasks in a word.

    Raises:
        UsageError: A word of the scale is one of the commands, or somebody else is labelling into the same file.
    """
    taken = {*COMMANDS, *COMMANDS.values(), "n"} & set(labelling.scale)
    if taken:
        raise UsageError(f"--scale: {', '.join(sorted(taken))} stands for a command here", hint="take another word")
    with labelling.alone():
        for task in labelling.tasks():
            _show(task, labelling)
            if not _answered(task, labelling):
                break
    done, total = labelling.progress
    note(f"{done} of {total} {what} are labelled")


def _answered(task: T, labelling: Labelling[T]) -> bool:
    """Takes words until the task is done with; false when the person stops."""
    noted = ""
    while True:
        word = asked(f"{' / '.join(labelling.scale)}  (n TEXT note, s skip, u undo, q quit)")
        command = None if word is None else COMMANDS.get(word, word)
        if word is None or command == "quit":
            return False
        if command == "skip":
            labelling.skip(task)
            return True
        if command == "undo":
            case = labelling.undo()
            note(f"the label of {printable(case)} is taken back" if case else "there is nothing to take back")
            return True
        if word.startswith("n "):
            noted = word[2:].strip()
            note("noted; now the label")
        elif word in labelling.scale:
            labelling.label(task, word, noted)
            return True
        elif word:
            note(f"{printable(word)} is no label here")


def _show(task: T, labelling: Labelling[T]) -> None:
    done, total = labelling.progress
    blocks = [f"{_RULE}\n{done + 1} of {total}"]
    blocks += [f"{heading}\n{_shown(text)}" for heading, text in labelling.shown(task)]
    print("\n\n".join(blocks), end="\n\n")  # noqa: T201


def _shown(text: str) -> str:
    """A text with its lines, and control characters as visible escapes."""
    return "\n".join(f"  {printable(line)}" for line in text.splitlines()) or "  (empty)"
