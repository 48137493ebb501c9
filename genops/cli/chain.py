"""``genops chain``: checks, draws, locks and publishes chains."""

from __future__ import annotations

import shutil
import subprocess
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genops.cli import versions
from genops.cli.complete import chain_names
from genops.cli.findings import show_findings
from genops.cli.options import AsJson, ChainReference
from genops.cli.output import listing, note, one_line, out_file, say
from genops.cli.project import opened
from genops.errors import Unfinished, UsageError

if TYPE_CHECKING:
    from genops.chains import ChainDefinition
    from genops.executor import Project

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


class Picture(StrEnum):
    """How a chain is drawn."""

    mermaid = "mermaid"
    svg = "svg"
    png = "png"


@app.command("list")
def list_chains(as_json: AsJson = False) -> None:
    """List the chains of the working tree."""
    from genops.executor.sources import chain_names as names_of

    with opened() as project:
        rows = [_described(project, name) for name in names_of(project.settings)]
    listing(("name", "inputs", "lock", "description"), rows, as_json=as_json, empty="there are no chains")


def _described(project: Project, name: str) -> dict[str, Any]:
    from genops.errors import GenopsError

    settings = project.settings
    locked = (settings.root / settings.paths.chains / f"{name}.lock").exists()
    try:
        definition = project.source.chain(name)
    except GenopsError as error:
        return {"name": name, "inputs": [], "lock": locked, "description": f"broken: {one_line(error.message)}"}
    return {
        "name": name,
        "inputs": definition.inputs.names(),
        "lock": locked,
        "description": one_line(definition.description),
    }


@app.command()
def check(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="CHAIN", help="References; none for all.", autocompletion=chain_names),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Validate chains and all that they refer to; run nothing.

    Errors end with exit code 2; what may be well on another machine (a key, an index, a lock) is a warning.
    """
    from genops.executor.check import check_chain
    from genops.executor.sources import chain_names as names_of

    with opened() as project:
        found = {name: check_chain(project, name) for name in names or names_of(project.settings)}
    raise typer.Exit(show_findings(found, as_json=as_json))


@app.command()
def graph(
    chain: ChainReference,
    form: Annotated[
        Picture, typer.Option("--format", help="Mermaid text, or a picture by Graphviz.")
    ] = Picture.mermaid,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where to write; default stdout for text.")
    ] = None,
) -> None:
    """Draw a chain."""
    from genops.chains.graph import mermaid

    with opened() as project:
        definition = project.source.chain(chain)
    if form is Picture.mermaid:
        with out_file(out) as stream:
            stream.write(mermaid(definition))
    elif out is None:
        raise UsageError(f"a picture in {form.value} needs a file", hint=f"add -o {definition.name}.{form.value}")
    else:
        _draw(definition, form, out)
        note(f"wrote {out}")


def _draw(definition: ChainDefinition, form: Picture, out: Path) -> None:
    from genops.chains.graph import dot

    program = shutil.which("dot")
    if program is None:
        raise UsageError(
            f"a picture in {form.value} needs Graphviz, and there is no `dot` on the path",
            hint="install graphviz, or use --format mermaid, which needs nothing",
        )
    done = subprocess.run(
        [program, f"-T{form.value}", "-o", str(out)], input=dot(definition).encode(), capture_output=True, check=False
    )
    if done.returncode != 0:
        raise Unfinished(f"Graphviz failed: {one_line(done.stderr.decode(errors='replace'))}")


@app.command()
def lock(chain: ChainReference) -> None:
    """Write the lock file: digests of everything a chain runs with."""
    from genops.artifacts import Lock
    from genops.errors import LockMismatch
    from genops.executor import Chain

    with opened() as project:
        loaded = Chain.load(chain, project=project)
        try:
            before: Lock | None = Lock.load(loaded.lock_path)
        except LockMismatch:
            before = None
        path = loaded.write_lock()
        changes = before.differences(loaded.lock) if before else [f"{len(loaded.lock.entries)} components"]
    for line in changes:
        note(f"  {line}")
    say(f"{path.relative_to(project.settings.root)} {loaded.lock.digest[:12]}")


versions.register(app)
