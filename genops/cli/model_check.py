"""``genops model check``: a model's files, settings and GPUs before it is served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from genops.cli.options import AsJson
from genops.cli.output import going_on, printable, say, say_json, verdict
from genops.cli.project import settings_here
from genops.errors import ExitCode

if TYPE_CHECKING:
    from genops.serving.preflight import Preflight, Sizes

_GIB = 1024**3
_IMPLIED = " (implied by config.json)"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("check")(check)


def check(
    alias: Annotated[str, typer.Argument(metavar="ALIAS", help="A model of the settings with a vllm table or a GGUF.")],
    gpu: Annotated[
        str | None,
        typer.Option(
            "--gpu", metavar="NAMExN", help="Size it for these: h200x2, l4, 24GiBx4, cpu; default: those present."
        ),
    ] = None,
    context: Annotated[
        int | None, typer.Option("--context", metavar="N", min=1, help="Longest prompt and answer, in tokens.")
    ] = None,
    read: Annotated[bool, typer.Option("--hash", help="Read the weights once, to compare their hashes.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say whether a model would start and fit, before it is started. No GPU is needed.

    Reads its configuration, tokenizer and the headers of its weights. The exit code is 1 with an error among the
    findings, all of which are shown, and 3 where there is none but the model's files are not here to be looked at.
    """
    from genops.serving.preflight import preflight

    found = preflight(settings_here(), alias, gpu, context=context, read=read)
    with going_on():
        if as_json:
            say_json(found.to_json())
        else:
            _show(found)
    raise typer.Exit(verdict(found.ready) if found.faulty or found.looked_at else int(ExitCode.UNDECIDED))


def _show(found: Preflight) -> None:
    errors = sum(finding.severity == "error" for finding in found.findings)
    state = "ready" if found.ready else "undecided" if not errors else "1 error" if errors == 1 else f"{errors} errors"
    unseen = "" if found.looked_at else "; the model itself was not looked at"
    say(printable(f"{found.alias} ({found.model}): {state}{unseen}"))
    facts = {
        "files": found.place,
        "model": _model(found),
        "licence": found.licence,
        "vllm": found.vllm,
        "adapters": ", ".join(f"{name} {digest[:12]}" for name, digest in found.adapters.items()),
        **(_sizes(found.sizes, "" if found.measured else _IMPLIED) if found.sizes else {}),
    }
    for name, value in facts.items():
        if value:
            say(printable(f"  {name:12} {value}"))
    for finding in found.findings:
        say(printable(f"  {finding.severity}: {finding.message} [{finding.code}]"))
        for line in finding.hint.splitlines():
            say(printable(f"    {line}"))


def _model(found: Preflight) -> str:
    parts = [found.architecture]
    if found.parameters:
        large = found.parameters >= 10**8
        size, unit = (found.parameters / 1e9, "billion") if large else (found.parameters / 1e6, "million")
        parts.append(f"{size:.2f} {unit} parameters{'' if found.measured else _IMPLIED}")
    parts.append(" ".join(part for part in (found.dtype, found.quantization) if part))
    if found.context:
        parts.append(f"made for {found.context:,} tokens")
    return ", ".join(part for part in parts if part)


def _sizes(sizes: Sizes, source: str) -> dict[str, str]:
    """The figures of one GPU, the one that is fullest; the weights with where they are known from."""
    each = " on each" if sizes.gpu_count > 1 else ""
    long = f" ({sizes.kv_long_token:,} beyond the windows)" if sizes.kv_long_token != sizes.kv_token else ""
    shown = {
        "gpus": sizes.gpus,
        "weights": f"{sizes.weights / _GIB:.2f} GiB{each}{source}",
        "kv cache": f"{sizes.kv_token:,} bytes a token{long}{each}; "
        f"{sizes.kv_sequence / _GIB:.2f} GiB for {sizes.context:,} tokens",
    }
    if sizes.available is not None and sizes.overhead is not None and sizes.budget is not None:
        shown["left"] = (
            f"{max(0, sizes.available) / _GIB:.2f} of {sizes.budget / _GIB:.2f} GiB for the cache, with about "
            f"{sizes.overhead / _GIB:.2f} GiB for the engine (an estimate)"
        )
        shown["fits"] = (
            f"up to {sizes.longest:,} tokens; {sizes.concurrent:,.1f} sequences of {sizes.context:,} tokens at once"
        )
    return shown
