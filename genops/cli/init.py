"""``genops init``: a new project that runs at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genops.cli.output import say
from genops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

_RENAMED = {"gitignore": ".gitignore"}


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("init")(init)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The project's folder; made when missing.")],
) -> None:
    """Write a new project: settings, prompt template, chain, document.

    Nothing is overwritten.
    """
    new = {folder / name: text for name, text in _project()}
    taken = [path for path in new if path.exists()]
    if (folder / "pyproject.toml").exists():
        taken += _settings_in(folder)
    if taken:
        raise UsageError(f"{taken[0]} is there already; nothing was written", hint="give a folder without a project")
    try:
        for path, text in new.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {error.filename}: {error.strerror}") from None
    for path in new:
        say(str(path))
    steps = ["genops index build docs", 'genops run answer --input question="How hot is the water for green tea?"']
    say("\n".join(["", "Try it:", *(f"  {step}" for step in ([f"cd {folder}"] if folder != Path() else []) + steps)]))


def _project() -> Iterator[tuple[str, str]]:
    """The files of a new project: path and text."""
    from importlib.resources import files

    def below(folder: Traversable, prefix: str) -> Iterator[tuple[str, str]]:
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if entry.is_dir():
                yield from below(entry, f"{prefix}{entry.name}/")
            else:
                yield prefix + _RENAMED.get(entry.name, entry.name), entry.read_text(encoding="utf-8")

    yield from below(files("genops.cli") / "new_project", "")


def _settings_in(folder: Path) -> list[Path]:
    from genops.settings_file import find_root

    source = find_root(folder)[1]
    return [source] if source is not None and source.parent == folder.resolve() else []
