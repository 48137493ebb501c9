"""What prints tables and colours, on a terminal and elsewhere."""

from __future__ import annotations

from typing import NoReturn, TextIO

from rich.console import Console

_WIDE = 10_000


class LiteralConsole(Console):
    """Takes data literally; without colours where nobody looks (piped, ``NO_COLOR``).

    Args:
        out: Where it prints.
        width: In columns; None for that of the terminal.
    """

    def __init__(self, out: TextIO, width: int | None = None) -> None:
        super().__init__(file=out, width=width, markup=False, highlight=False, emoji=False)

    def on_broken_pipe(self) -> NoReturn:
        """Tells who prints that nobody reads any more; rich would end the process with 1, as for a bad verdict."""
        raise BrokenPipeError


def uncut(out: TextIO) -> LiteralConsole:
    """Prints on a terminal in its width; elsewhere nothing is cut or wrapped."""
    return LiteralConsole(out, None if out.isatty() else _WIDE)
