"""What of a project is configured, reachable and missing."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from genops.errors import GenopsError
from genops.executor.project import Project
from genops.models import Model, check_key, key_variable, provider_name, resolve_model
from genops.models.loop_thread import run_sync
from genops.settings import Settings, unknown_variables

State = Literal["ok", "off", "warning", "missing"]
TIMEOUT = 3.0


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked at.

    Attributes:
        area: ``settings``, ``plug-in``, ``store``, ``model``, ``embedder``, ``index``, ``export``, ``program``.
        name: Which one.
        state: ``missing`` is needed and not there; ``off`` is not there and not needed.
        detail: What was found.
        hint: What to do; may be empty.
    """

    area: str
    name: str
    state: State
    detail: str
    hint: str = ""


def diagnose(settings: Settings) -> Iterator[Diagnosis]:
    """Looks at everything that runs of a project need. Servers are asked for their list of models and nothing else."""
    if settings.source:
        yield Diagnosis("settings", "file", "ok", str(settings.source))
    else:
        hint = "genops init DIR makes a project"
        yield Diagnosis("settings", "file", "warning", "none; defaults are in force", hint)
    for name, near in unknown_variables(settings).items():
        hint = f"did you mean {near}?" if near else "see docs/settings.md"
        yield Diagnosis("settings", name, "warning", "this environment variable is no setting", hint)
    try:
        project = Project(settings)
    except GenopsError as error:
        yield _failed("plug-in", ", ".join(settings.plugins) or "installed", error)
        return
    for name in settings.plugins:
        yield Diagnosis("plug-in", name, "ok", "imported")
    try:
        yield _store(project)
        used = _used_aliases(project)
        yield from _models(settings, used)
        yield from _embedders(settings)
        yield from (_index(settings, name) for name in sorted(settings.indexes))
        yield _export(settings)
    finally:
        project.close()
    for program, purpose in (("dot", "genops chain graph --format svg"), ("git", "references NAME@git:REVISION")):
        found = shutil.which(program)
        yield Diagnosis("program", program, "ok" if found else "off", found or f"not installed; {purpose} needs it")


def _failed(area: str, name: str, error: GenopsError, state: State = "missing") -> Diagnosis:
    where = f"{error.at}: " if error.at else ""
    return Diagnosis(area, name, state, where + error.message, error.hint or "")


def _store(project: Project) -> Diagnosis:
    try:
        counts = project.store.counts()
    except GenopsError as error:
        return _failed("store", project.settings.store_url.partition(":")[0], error)
    return Diagnosis("store", project.store.url, "ok", f"{counts.runs:,} runs, {counts.spans:,} spans")


def _used_aliases(project: Project) -> set[str]:
    """Aliases that a chain of the working tree is asked with; broken chains are for ``genops chain check``."""
    from genops.executor.sources import chain_names

    used = {project.settings.default_model}
    for name in chain_names(project.settings):
        try:
            definition = project.source.chain(name)
        except GenopsError:
            continue
        for need in definition.needs():
            if need.kind == "model":
                used.add(need.reference)
            elif need.kind == "prompt":
                used.update(_alias_of(project, need.reference))
    return used


def _alias_of(project: Project, prompt: str) -> Iterator[str]:
    try:
        alias = project.source.prompt(prompt).model_alias
    except GenopsError:
        return
    if alias:
        yield alias


def _models(settings: Settings, used: set[str]) -> Iterator[Diagnosis]:
    resolved: list[Model] = []
    for name in sorted({*settings.models, *used}):
        state: State = "missing" if name in used else "warning"
        try:
            model = resolve_model(settings, name)
            check_key(model)
        except GenopsError as error:
            yield _failed("model", name, error, state)
        else:
            resolved.append(model)
    yield from _reached("model", resolved, used)


def _embedders(settings: Settings) -> Iterator[Diagnosis]:
    from genops.retrieval import embedder_named
    from genops.retrieval.embedders.endpoint import EndpointEmbedder

    used = {index.embedder for index in settings.indexes.values()}
    served: list[Model] = []
    for name, defined in sorted(settings.embedders.items()):
        try:
            embedder = embedder_named(settings, name)
            if isinstance(embedder, EndpointEmbedder):
                check_key(embedder.model)
                served.append(embedder.model)
            else:
                yield Diagnosis("embedder", name, "ok", defined.model)
        except GenopsError as error:
            yield _failed("embedder", name, error, "missing" if name in used else "warning")
    yield from _reached("embedder", served, used)


def _reached(area: str, models: list[Model], used: set[str]) -> Iterator[Diagnosis]:
    """A line for each model, after its server was asked."""
    for model, problem in zip(models, run_sync(_reach_all(models)), strict=True):
        state: State = "ok" if problem is None else "missing" if model.name in used else "warning"
        key = key_variable(model)
        about = f"{model.alias.model} by {provider_name(model)}" + (f", key in {key}" if key else "")
        yield Diagnosis(area, model.name, state, about if problem is None else f"{about}: {problem}")


async def _reach_all(models: list[Model]) -> list[str | None]:
    return list(await asyncio.gather(*(_reach(model) for model in models)))


async def _reach(model: Model) -> str | None:
    """What is wrong with a model's server; None when nothing is, or when only a call would tell."""
    if model.served is not None or provider_name(model) != "openai-compatible":
        return None  # whether what genops serves runs is for `genops model list` to say
    import aiohttp

    from genops.models.alias import base_url_of

    variable = key_variable(model)
    headers = {"Authorization": f"Bearer {os.environ.get(variable, '').strip()}"} if variable else {}
    timeout = aiohttp.ClientTimeout(total=TIMEOUT)
    try:
        url = f"{base_url_of(model)}/models"
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
            session.get(url, headers=headers, allow_redirects=False) as answer,
        ):
            if answer.status in (401, 403):
                return f"the server refuses the key ({answer.status})"
            return f"the server answers {answer.status}" if answer.status >= 500 else None
    except GenopsError as error:
        return error.message
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        return f"no answer from {url}: {str(error) or type(error).__name__}"


def _index(settings: Settings, name: str) -> Diagnosis:
    from genops.retrieval import status

    build = f"genops index build {name}"
    try:
        found = status(settings, name)
    except GenopsError as error:
        return _failed("index", name, error)
    if found.snapshot is None:
        return Diagnosis("index", name, "missing", "not built", build)
    if not found.fresh:
        return Diagnosis("index", name, "warning", f"{found.snapshot[:12]} is older than its sources", build)
    return Diagnosis("index", name, "ok", f"{found.snapshot[:12]} is fresh")


def _export(settings: Settings) -> Diagnosis:
    from genops.tracing.export import export_endpoint, unsupported_protocol

    endpoint, problem = export_endpoint(), unsupported_protocol()
    if endpoint is None:
        return Diagnosis("export", "OTLP", "off", "no OTEL_EXPORTER_OTLP_ENDPOINT")
    if problem is not None:
        return Diagnosis("export", "OTLP", "warning", problem)
    return Diagnosis(
        "export", "OTLP", "ok", f"to {endpoint}, {'with' if settings.capture_content else 'without'} content"
    )
