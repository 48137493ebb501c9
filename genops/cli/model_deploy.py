"""``genops model deploy``: manifests for other platforms, from the same settings as ``genops model serve``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genops.cli.output import going_on, note, say, verdict
from genops.errors import UsageError

if TYPE_CHECKING:
    from genops.serving.deploy import Change
    from genops.serving.engine import Flags
    from genops.settings import Settings

IMAGE = "vllm/vllm-openai"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("deploy")(deploy)


def deploy(
    alias: Annotated[str, typer.Argument(metavar="ALIAS", help="A model alias with a vllm table.")],
    target: Annotated[str, typer.Option("--target", help="k8s, production-stack, ray or compose.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where to write; default deploy/TARGET/ALIAS.")
    ] = None,
    namespace: Annotated[str, typer.Option(help="Of Kubernetes.")] = "default",
    gpu: Annotated[str | None, typer.Option(metavar="NAME", help="GPU that it needs: h100, l4; default any.")] = None,
    count: Annotated[
        int | None, typer.Option(min=1, help="GPUs of one replica, where the settings do not shard the model.")
    ] = None,
    replicas: Annotated[int | None, typer.Option(min=1, help="Servers; default those of the settings.")] = None,
    max_replicas: Annotated[
        int | None, typer.Option(min=1, help="Up to so many while requests wait; default no scaling.")
    ] = None,
    waiting: Annotated[int, typer.Option(min=1, help="Waiting requests a replica that call for another.")] = 5,
    scaler: Annotated[str, typer.Option(help="keda, or hpa, which needs Prometheus' adapter.")] = "keda",
    prometheus: Annotated[
        str, typer.Option(metavar="URL", help="Where KEDA asks.")
    ] = "http://prometheus-operated.monitoring.svc:9090",
    image: Annotated[
        str | None, typer.Option(help="Of the container; default vllm/vllm-openai of the installed version.")
    ] = None,
    storage: Annotated[
        int | None, typer.Option(min=1, metavar="GIB", help="Size of the volume for the model's files.")
    ] = None,
    adapters_at: Annotated[
        str | None, typer.Option(metavar="URL", help="Cloud folder with the adapters, for Ray.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over files that were changed by hand.")] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what would change and write nothing; exit code 1 if something would.")
    ] = False,
) -> None:
    """Write manifests that serve a model elsewhere, as its vllm table says.

    Run again, it shows what changes. Files that were changed by hand are not written over without --force.
    """
    from genops.serving.deploy import Place, changes, deployment, manifests, write
    from genops.settings import load_settings

    if scaler not in ("keda", "hpa"):
        raise UsageError(f"--scaler: there is no {scaler!r}", hint="keda or hpa")
    if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", namespace):
        raise UsageError(
            f"--namespace: {namespace!r} cannot be one", hint="small letters, digits and dashes, as in models"
        )
    settings = load_settings()
    flags = _flags(settings, alias)
    folder = out or settings.root / "deploy" / target / alias
    place = Place(
        image=image or f"{IMAGE}:v{flags.version.partition('+')[0]}",
        namespace=namespace,
        gpu=gpu,
        count=count,
        replicas=replicas,
        most=max_replicas,
        waiting=waiting,
        scaler="keda" if scaler == "keda" else "hpa",
        storage=storage,
        prometheus=prometheus,
        adapters_at=adapters_at,
        folder=folder,
    )
    wanted = deployment(settings, alias, place, flags)
    found = changes(folder, manifests(wanted, target))
    with going_on():
        _show(found)
    if diff:
        raise typer.Exit(int(verdict(all(change.state == "unchanged" for change in found))))
    write(found, force=force)
    for line in wanted.notes:
        note(line)


def _flags(settings: Settings, alias: str) -> Flags:
    """What the vLLM that the alias names knows; where there is none, what the newest is taken to know."""
    from genops.serving.deploy.inside import TESTED, unchecked_flags
    from genops.serving.engine import find_installation, flags_of
    from genops.serving.engine.command import served_block

    _, block = served_block(settings, alias)
    named = block.python is not None or block.executable is not None
    try:
        installation = find_installation(settings, block)
    except UsageError:
        if named:
            raise
        note(f"there is no vLLM here to check the flags against: they are written for version {TESTED}")
        return unchecked_flags(TESTED)
    return flags_of(installation, settings.data_dir / "vllm")


def _show(found: list[Change]) -> None:
    for change in found:
        by_hand = ", changed by hand" if change.edited else ""
        path = change.path.relative_to(Path.cwd()) if change.path.is_relative_to(Path.cwd()) else change.path
        say(f"{change.state}{by_hand}: {path}")
        if change.diff:
            say(change.diff, end="")
