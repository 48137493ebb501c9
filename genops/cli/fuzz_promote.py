"""``genops fuzz promote``: findings become cases of a suite."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genops.cli.options import AsJson
from genops.cli.output import note, say, say_json
from genops.cli.project import opened
from genops.errors import UsageError

if TYPE_CHECKING:
    from genops.fuzz.promotion import Promoted


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("promote")(promote)


def promote(
    findings: Annotated[
        list[str] | None, typer.Argument(metavar="FINDING...", help="Ids of findings, or the beginnings of them.")
    ] = None,
    suite: Annotated[str, typer.Option(metavar="NAME", help="The suite; made where there is none.")] = "",
    campaign: Annotated[
        str | None,
        typer.Option("--all", metavar="CAMPAIGN", help="All findings of a campaign, as `genops fuzz show` takes it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Turn findings into cases of a suite, which fails for as long as they break the chain.

    The cases go to the end of the suite's JSON Lines, each once, with what the attack plants in passages, results,
    prompts and other sessions, and with the objective's detectors as scorers. What stands there stays as it is.
    """
    from genops.cli.campaigns import found_campaign
    from genops.fuzz.promotion import promote as promoted

    if not suite:
        raise UsageError("name the suite that the findings go to", hint="--suite NAME")
    if not findings and campaign is None:
        raise UsageError("name findings, or a campaign for all of its findings", hint="genops fuzz promote --all last")
    with opened() as project:
        wanted = list(findings or ())
        if campaign is not None:
            record = found_campaign(project.store, campaign)
            wanted += [finding.id for finding in project.store.findings(record.id)]
        done = promoted(project, wanted, suite)
        root = project.settings.root
    if as_json:
        data = {**asdict(done), "suite": str(_shown(done.suite, root)), "dataset": str(_shown(done.dataset, root))}
        say_json(data)
    else:
        _tell(done, root)
    note(f"genops eval run {suite} --gate")


def _tell(done: Promoted, root: Path) -> None:
    from genops.tracing.quantities import counted

    dataset = _shown(done.dataset, root)
    if done.made:
        say(f"{_shown(done.suite, root)}: a new suite")
    say(f"{dataset}: {counted(len(done.written), 'case')} added")
    for case in done.written:
        say(f"  {case}")
    if done.known:
        say(f"there already: {', '.join(done.known)}")
    if done.others:
        note(
            f"the suite's own scorers score them too: {', '.join(done.others)}; to keep one from them, give it\n"
            "  when: \"{{ 'attack' not in tags }}\""
        )


def _shown(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path
