"""``genops prompt``: lists, renders, checks and publishes prompt templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from genops.cli import versions
from genops.cli.complete import prompt_names
from genops.cli.findings import show_findings
from genops.cli.inputs import read_inputs
from genops.cli.options import AsJson, Inputs, InputsFile, PromptReference
from genops.cli.output import listing, one_line, say, say_json
from genops.cli.project import opened

if TYPE_CHECKING:
    from genops.executor import Project

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_prompts(as_json: AsJson = False) -> None:
    """List the prompt templates of the working tree."""
    with opened() as project:
        rows = [_described(project, name) for name in _all(project)]
    columns = ("name", "model", "inputs", "digest", "description")
    for row in rows:
        row["digest"] = row["digest"] if as_json or row["digest"] is None else row["digest"][:12]
    listing(columns, rows, as_json=as_json, empty="there are no prompt templates")


def _all(project: Project) -> list[str]:
    from genops.prompts.files import Folder
    from genops.prompts.prompt import SUFFIX

    names = Folder(project.settings.root / project.settings.paths.prompts).names()
    return [name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX)]


def _described(project: Project, name: str) -> dict[str, Any]:
    from genops.errors import GenopsError

    try:
        prompt = project.source.prompt(name)
    except GenopsError as error:
        broken = f"broken: {one_line(error.message)}"
        return {"name": name, "model": None, "inputs": [], "digest": None, "description": broken}
    return {
        "name": name,
        "model": prompt.model_alias or project.settings.default_model,
        "inputs": prompt.inputs.names(),
        "digest": prompt.component.digest,
        "description": one_line(prompt.description),
    }


@app.command()
def show(prompt: PromptReference, as_json: AsJson = False) -> None:
    """Show a template: its declarations and its text."""
    with opened() as project:
        found = project.source.prompt(prompt)
    if as_json:
        say_json({"name": found.name, "digest": found.component.digest, **found.component.body})
        return
    say(f"{found.name}#{found.component.digest[:12]}")
    say(f"model: {found.model_alias or project.settings.default_model}")
    for name, declared in found.inputs.declared.items():
        say(f"input {name}: {declared.expected}{'' if not declared.optional else ' (optional)'}")
    for key, value in found.parameters.items():
        say(f"parameter {key}: {value}")
    if found.tools:
        say(f"tools: {', '.join(found.tools)}")
    say("\n" + found.component.body["template"], end="")


@app.command()
def render(prompt: PromptReference, input: Inputs = None, inputs: InputsFile = None, as_json: AsJson = False) -> None:
    """Render a template to messages; ask no model."""
    with opened() as project:
        found = project.source.prompt(prompt)
        messages = found.render(read_inputs(found.inputs, input, inputs), project.vectors)
    if as_json:
        say_json(messages)
        return
    for message in messages:
        content = message["content"]
        say(f"--- {message['role']}")
        say(content if isinstance(content, str) else "\n".join(_part(part) for part in content or ()))


def _part(part: Any) -> str:
    return str(part["text"]) if part.get("type") == "text" else f"({part.get('type')})"


@app.command()
def check(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="PROMPT", help="References; none for all.", autocompletion=prompt_names),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Validate templates and all that they refer to.

    That is partials, examples, model and tools. Errors end with exit code 2.
    """
    from genops.executor.check import check_prompt

    with opened() as project:
        found = {name: check_prompt(project, name) for name in names or _all(project)}
    raise typer.Exit(show_findings(found, as_json=as_json))


versions.register(app)
