"""Asking the person at the terminal for a line."""

from __future__ import annotations

import sys

from genops.cli.output import note, say


def asked(what: str) -> str | None:
    """A line from the person, without the space around it; None at the end of what there is to read.

    What is not of the encoding that the environment names is asked for again: it could not be kept.
    """
    while True:
        say(f"{what} > ", end="")
        sys.stdout.flush()
        line = sys.stdin.buffer.readline()
        try:
            return line.decode(sys.stdin.encoding).strip() if line else None
        except UnicodeDecodeError:
            note(f"that is not {sys.stdin.encoding.upper()}; say it again")
