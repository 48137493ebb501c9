"""Where the servers of an alias say what they do."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from genops.errors import UsageError
from genops.models import key_variable, provider_name, resolve_model
from genops.models.alias import base_url_of
from genops.models.servers import server_key
from genops.models.supervised import supervised
from genops.settings import Settings
from genops.store import Store
from genops.store.records.serving import ServedRecord


@dataclass(frozen=True, slots=True)
class Server:
    """A server of an alias.

    Attributes:
        id: Of the record that genops keeps of it; "" for one that genops did not start.
        name: As people tell it from others: the replica's number, or where it listens.
        url: Of its metrics.
        state: As its supervisor says; "" for one without.
        headers: With its key.
    """

    id: str
    name: str
    url: str
    state: str
    headers: Mapping[str, str]


def servers_of(settings: Settings, store: Store, alias: str) -> list[Server]:
    """The servers that answer for an alias: the one that the settings name, or those that genops serves.

    Raises:
        ReferenceNotFound: There is no such alias.
        UsageError: Nothing answers for it over the network, or genops serves it and it does not run.
    """
    found = settings.alias(alias)
    serving = found.served_by or alias
    live = list(filter(supervised, store.served(serving))) if found.base_url is None else []
    if live:
        return [_served(record, settings.alias(serving).api_key_env) for record in live]
    model = resolve_model(settings, alias)
    if settings.alias(serving).vllm is not None and found.base_url is None:
        raise UsageError(f"no server of {serving!r} runs", hint=f"start it: genops model serve {serving}")
    if provider_name(model) != "openai-compatible":
        raise UsageError(
            f"{model.label} ({found.model}) has no server of its own to watch",
            hint="give it a base_url, or a vllm block to serve it",
        )
    variable = key_variable(model)
    base = base_url_of(model)
    return [Server("", base, metrics_url(base), "", _bearer(os.environ.get(variable, "") if variable else ""))]


def metrics_url(base: str) -> str:
    """Where a server with this base URL has its metrics."""
    return base.rstrip("/").removesuffix("/v1") + "/metrics"


def _served(record: ServedRecord, variable: str | None) -> Server:
    try:
        key = server_key(record, variable)
    except (OSError, ValueError):
        key = ""  # the server refuses, and the watch says so
    return Server(record.id, f"replica {record.replica}", metrics_url(record.url), record.state, _bearer(key))


def _bearer(key: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {key.strip()}"} if key.strip() else {}
