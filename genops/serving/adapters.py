"""LoRA adapters that come and go while their model is served.

vLLM has endpoints for it, which need the server's key. What is loaded is a copy (see
:mod:`genops.serving.files.adapter_copy`), and its path tells what a server has loaded.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from genops.artifacts import Component, adapter_component
from genops.errors import DefinitionError, GenopsError, Unfinished, UsageError, nearest
from genops.models.adapter_place import adapter_place, kept_adapters
from genops.models.served_alias import digest_cache, serving_alias
from genops.models.servers import server_key
from genops.models.supervised import supervised
from genops.serving.engine.command import served_name
from genops.serving.files.adapter_copy import adapter_copy
from genops.serving.preflight.loading import check_loading
from genops.serving.supervisor.probe import NoAnswer, Probe
from genops.settings import Settings
from genops.store import Store
from genops.store.records.serving import ServedRecord
from genops.vllm_settings import VllmSettings

_FIRST_ANSWER = 120.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Target:
    """The servers of an alias that this machine can change.

    Attributes:
        alias: That serves.
        own: The name under which requests ask for the model itself.
        block: How it is served.
        variable: Environment variable with the key, where no file holds it.
        servers: Those that are ready.
    """

    alias: str
    own: str
    block: VllmSettings
    variable: str | None
    servers: list[ServedRecord]


@dataclass(frozen=True, slots=True)
class LoadedAdapter:
    """An adapter of a server.

    Attributes:
        replica: Of the server.
        name: Under which requests ask for it.
        digest: Of its files; "" where they are not known here.
        path: That it was loaded from.
        configured: What the settings have under its name: "same", "other" or "".
    """

    replica: int
    name: str
    digest: str
    path: str
    configured: str


def loaded_adapters(settings: Settings, store: Store, alias: str) -> list[LoadedAdapter]:
    """The adapters of an alias's servers, as these say.

    Raises:
        UsageError: No server of it runs.
        Unfinished: One does not answer.
    """
    target = _target(settings, store, alias)

    async def ask(probe: Probe, record: ServedRecord) -> list[LoadedAdapter]:
        models = await probe.models()
        return [_described(settings, target, record, name, models[name]) for name in models if name != target.own]

    return [one for each in _each(target, ask) for one in each]


def load_adapter(settings: Settings, store: Store, alias: str, name: str, folder: Path | None = None) -> Component:
    """Loads an adapter into every server of an alias; each has answered with it before this returns.

    Args:
        settings: Of the project.
        store: That knows the servers.
        alias: That is served, or that is served by another.
        name: Under which requests ask for it. One that is loaded under this name is replaced, and is loaded again where
            the new one gives no answer.
        folder: With its files; the one that the settings have for the name when not given.

    Returns:
        What was loaded.

    Raises:
        UsageError: No server of the alias runs, the settings pin another adapter, or have none of that name and no
            folder was given.
        DefinitionError: The folder holds no adapter, or one that a preflight refuses.
        Unfinished: A server did not take it; the message names each.
    """
    target = _target(settings, store, alias)
    wanted = target.block.adapters.get(name)
    if name == target.own:
        raise UsageError(f"{name!r} is the name of the model itself", hint="give the adapter another name")
    place = folder or (adapter_place(settings, name, wanted) if wanted is not None else None)
    if place is None:
        raise UsageError(
            f"the settings of {target.alias!r} have no adapter {name!r}",
            hint=f"{nearest(name, target.block.adapters)}; or give its folder with --path",
        )
    _refuse_faults(settings, target.alias, name, place)
    component, kept = adapter_copy(settings, name, place)
    if wanted is not None and wanted.digest is not None and not component.digest.startswith(wanted.digest):
        raise UsageError(
            f"the adapter {name!r} has the digest {component.digest[:12]}, and the settings pin {wanted.digest[:12]}",
            hint="load the files of that digest, or write the new one into the settings",
        )

    async def load(probe: Probe, record: ServedRecord) -> None:
        former = (await probe.models()).get(name, "")
        if former != str(kept):
            await probe.load_adapter(name, str(kept), former)
        try:
            await probe.complete(name, _FIRST_ANSWER)
        except NoAnswer:
            await probe.unload_adapter(name)
            if former not in ("", str(kept)):
                await probe.load_adapter(name, former)
            raise
        await asyncio.to_thread(store.keep_adapters, record.id, {**_known(store, record), name: component.digest})

    _each(target, load, f"the adapter {name!r} was not loaded")
    return component


def unload_adapter(settings: Settings, store: Store, alias: str, name: str) -> int:
    """Unloads an adapter from every server of an alias.

    Returns:
        How many had it.

    Raises:
        UsageError: No server of the alias runs, or none has the adapter.
        Unfinished: A server did not do it.
    """
    target = _target(settings, store, alias)

    async def unload(probe: Probe, record: ServedRecord) -> tuple[bool, list[str]]:
        had = await probe.models()
        if name in had:
            await probe.unload_adapter(name)
        left = {one: digest for one, digest in _known(store, record).items() if one != name}
        await asyncio.to_thread(store.keep_adapters, record.id, left)
        return name in had, list(had)

    done = _each(target, unload, f"the adapter {name!r} was not unloaded")
    if not any(had for had, _ in done):
        names = {one for _, names in done for one in names} - {target.own}
        raise UsageError(f"no server of {target.alias!r} has the adapter {name!r} loaded", hint=nearest(name, names))
    return sum(had for had, _ in done)


def _target(settings: Settings, store: Store, alias: str) -> _Target:
    """The servers of an alias.

    Raises:
        UsageError: None is ready on this machine.
    """
    serving, found = serving_alias(settings, alias, settings.alias(alias))
    if found.vllm is None:
        raise UsageError(
            f"model alias {serving!r} is not served by genops: it has no vllm block",
            hint="load adapters where its server runs",
        )
    ready = [record for record in store.served(serving) if record.state == "ready" and supervised(record)]
    if not ready:
        raise UsageError(f"no server of {serving!r} is ready", hint=f"start one: genops model serve {serving}")
    here = [record for record in ready if record.host == socket.gethostname()]
    if not here:
        raise UsageError(f"the servers of {serving!r} run on {ready[0].host}", hint="load adapters there")
    return _Target(serving, served_name(found), found.vllm, found.api_key_env, here)


def _refuse_faults(settings: Settings, alias: str, name: str, folder: Path) -> None:
    """Raises :class:`~genops.errors.DefinitionError` with everything that is wrong with an adapter."""
    faults = check_loading(settings, alias, name, folder)
    if faults:
        first, *others = faults
        hint = "\n  ".join([first.hint, *(f"{one.message}; {one.hint}" for one in others)])
        raise DefinitionError(first.message, hint=hint)


def _each(target: _Target, work: Callable[[Probe, ServedRecord], Awaitable[T]], failed: str = "") -> list[T]:
    """Does something with every server at once.

    Raises:
        Unfinished: It failed with one or more; what was done with the others is done.
    """

    async def one(record: ServedRecord) -> T:
        probe = Probe(record.url, _key(record, target.variable))
        try:
            return await work(probe, record)
        finally:
            await probe.close()

    async def everywhere() -> list[T | BaseException]:
        return await asyncio.gather(*map(one, target.servers), return_exceptions=True)

    results = asyncio.run(everywhere())
    problems = []
    for record, result in zip(target.servers, results, strict=True):
        if isinstance(result, BaseException) and not isinstance(result, NoAnswer):
            raise result
        if isinstance(result, NoAnswer):
            problems.append((record, result))
    if problems:
        told = "; ".join(f"replica {record.replica}: {problem}" for record, problem in problems)
        raise Unfinished(
            f"{failed or 'not every server answered'}: {told}", hint=_advice(problems, len(target.servers))
        )
    return [result for result in results if not isinstance(result, BaseException)]


def _advice(problems: Sequence[tuple[ServedRecord, NoAnswer]], servers: int) -> str | None:
    if any("404" in str(problem) and "lora_adapter" in str(problem) for _, problem in problems):
        alias = problems[0][0].alias
        return (
            f"the server takes no adapters while it runs: give the vllm block of {alias!r} `adapters` or "
            f"`max_lora_rank`, and serve it again"
        )
    return f"{servers - len(problems)} of {servers} servers did it" if servers > 1 else None


def _known(store: Store, record: ServedRecord) -> dict[str, str]:
    """What the store has of a server's adapters now."""
    return next((one.adapters for one in store.served(record.alias) if one.id == record.id), record.adapters)


def _described(settings: Settings, target: _Target, record: ServedRecord, name: str, path: str) -> LoadedAdapter:
    kept = Path(path)
    own = kept.parent == kept_adapters(settings)
    digest = kept.name if own else record.adapters.get(name, "")
    configured = ""
    if name in target.block.adapters:
        try:
            place = adapter_place(settings, name, target.block.adapters[name])
            now = adapter_component(name, place, digest_cache(settings)).digest
        except GenopsError:
            now = ""
        configured = "same" if now == digest else "other"
    return LoadedAdapter(record.replica, name, digest, path, configured)


def _key(record: ServedRecord, variable: str | None) -> str:
    try:
        return server_key(record, variable)
    except OSError as error:
        raise Unfinished(f"the key of the server cannot be read from {record.key_file}: {error.strerror}") from None
