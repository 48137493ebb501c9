"""The help of every command as Markdown: ``python -m genops.cli.reference > docs/cli.md``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer.main

from genops.cli.app import app

WIDTH = 100

_HEAD = """# Command line

What `genops COMMAND --help` says, for every command. Output goes to stdout, everything about it to stderr. The exit
codes are explained in [errors](errors.md).
"""


def reference() -> str:
    """The page ``docs/cli.md``: one section a command, in the order in which ``genops --help`` lists them."""
    return "\n".join([_HEAD, *_sections(typer.main.get_command(app), "genops", None)])


def _sections(command: Any, name: str, parent: Any) -> Iterator[str]:
    context = command.make_context(
        name, [], parent=parent, resilient_parsing=True, terminal_width=WIDTH, max_content_width=WIDTH
    )
    yield f"## {context.command_path}\n\n```text\n{command.get_help(context).rstrip()}\n```\n"
    for child in getattr(command, "commands", {}).values():
        yield from _sections(child, child.name, context)


if __name__ == "__main__":
    import sys

    sys.stdout.write(reference())
