"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genops.cli.complete import chain_names, index_names, prompt_names

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ChainReference = Annotated[
    str,
    typer.Argument(
        metavar="CHAIN",
        help="A chain: NAME, NAME@3, NAME@label, NAME@git:REVISION or NAME#digest.",
        autocompletion=chain_names,
    ),
]
PromptReference = Annotated[
    str,
    typer.Argument(
        metavar="PROMPT",
        help="A template: NAME, NAME@3, NAME@label, NAME@git:REVISION or NAME#digest.",
        autocompletion=prompt_names,
    ),
]
IndexName = Annotated[
    str, typer.Argument(metavar="INDEX", help="An index of the settings.", autocompletion=index_names)
]
RunId = Annotated[
    str,
    typer.Argument(
        metavar="TRACE",
        help="Id of a run or of the trace that it joined, or its beginning; `last`, or `last~2` for two before it.",
    ),
]
Inputs = Annotated[
    list[str] | None, typer.Option("--input", "-i", metavar="NAME=VALUE", help="One input; may be given again.")
]
InputsFile = Annotated[
    str | None, typer.Option("--inputs", metavar="FILE", help="A JSON object of inputs; `-` reads stdin.")
]
Locked = Annotated[bool, typer.Option("--locked", help="Refuse when the components are not those of the lock file.")]
UseCache = Annotated[bool, typer.Option("--cache", help="Let the response cache answer model calls.")]
Session = Annotated[str | None, typer.Option(metavar="ID", help="Groups runs of one conversation.")]
User = Annotated[str | None, typer.Option(metavar="ID", help="Whom the run is for.")]
Tags = Annotated[list[str] | None, typer.Option("--tag", metavar="TAG", help="A free mark; may be given again.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
OutFile = Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where to write; default stdout.")]
