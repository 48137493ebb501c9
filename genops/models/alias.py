"""From an alias in the settings to a model: what it is called, what shapes its answers, which path leads to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from genops.artifacts import Component
from genops.errors import DefinitionError, UsageError, nearest
from genops.models.served_alias import served_adapter, serving_alias, serving_shape
from genops.models.types import Model
from genops.plugins import registry
from genops.settings import ModelAlias, Settings
from genops.settings_file import origin

SERVERS: dict[str, str | None] = {
    "openai": "https://api.openai.com/v1",
    "vllm": "http://localhost:8000/v1",
    "hosted_vllm": "http://localhost:8000/v1",
    "ollama": "http://localhost:11434/v1",
    "llamacpp": "http://localhost:8080/v1",
    "openai_like": None,
}
"""Providers that speak OpenAI's protocol, with the base URL that is used when an alias gives none."""

OFFLINE_MODELS = ("extractive",)


def resolve_model(settings: Settings, name: str) -> Model:
    """The model that an alias stands for.

    Its digest covers provider, model id, revision, parameters and adapter, for ``recorded/…`` and ``scripted/…`` the
    content of the file, and for a model that genops serves what of the server shapes its answers and the files of the
    adapter; not the URL, key, limits, price, facts or any path.

    Raises:
        ReferenceNotFound: There is no such alias.
        DefinitionError: The alias is not ``provider/model``, its file, template or adapter is missing or broken, or
            ``served_by`` leads nowhere.
    """
    alias = settings.alias(name)
    at = origin(["models", name, "model"], settings.source)
    provider, _, model_id = alias.model.partition("/")
    if not provider or not model_id:
        raise DefinitionError(
            f"model alias {name!r}: {alias.model!r} is not a model",
            at=at,
            hint="write PROVIDER/MODEL, as in openai/gpt-4o-mini",
        )
    if provider == "offline" and model_id not in OFFLINE_MODELS:
        raise DefinitionError(
            f"model alias {name!r}: there is no {alias.model!r}", at=at, hint=nearest(model_id, OFFLINE_MODELS)
        )
    body: dict[str, Any] = {
        "provider": provider,
        "model": model_id,
        "revision": alias.revision,
        "parameters": alias.parameters,
        "adapter": alias.adapter,
    }
    if provider in ("recorded", "scripted"):
        body["content"] = _content_digest(provider, file_of(settings, name, alias))
    serving, host = serving_alias(settings, name, alias)
    adapter = served_adapter(settings, name, alias, host.vllm)
    if host.vllm is not None:
        body["vllm"] = serving_shape(settings, serving, host.vllm)
    if adapter is not None:
        body["adapter_digest"] = adapter.digest
    if host is not alias and alias.base_url is None:
        alias = alias.model_copy(
            update={"base_url": host.base_url, "api_key_env": alias.api_key_env or host.api_key_env}
        )
    served = serving if host.vllm is not None and alias.base_url is None else None
    return Model(
        name,
        alias,
        provider,
        model_id,
        Component("model", name, body),
        adapter=adapter,
        served=served,
        served_name=host.vllm.served_name if host.vllm is not None else None,
    )


def stored_model(settings: Settings, component: Component, adapter: Component | None = None) -> Model:
    """The model of a stored component: shaped as recorded, and served where the settings say today.

    Args:
        settings: The project's, of today.
        component: The model's.
        adapter: The adapter's that it was asked with.
    """
    now = None
    if component.name in settings.models or component.name == "offline":
        now = resolve_model(settings, component.name)
        if now.component.digest == component.digest:
            return now
    body = component.body
    shaped = {
        "model": f"{body['provider']}/{body['model']}",
        "revision": body["revision"],
        "parameters": body["parameters"],
        "adapter": body["adapter"],
    }
    if now is None or now.provider != body["provider"]:
        return Model(component.name, ModelAlias(**shaped), body["provider"], body["model"], component, adapter=adapter)
    alias = now.alias.model_copy(update=shaped)
    served_name = now.served_name if body["model"] == now.model_id else None
    return replace(
        now, alias=alias, model_id=body["model"], component=component, adapter=adapter, served_name=served_name
    )


def provider_name(model: Model) -> str:
    """The registered provider that serves a model.

    A provider registered under the model's own prefix comes first (the built-in ``offline``, ``recorded`` and
    ``scripted``, plug-ins, and an explicit ``litellm/…``); then the direct path for servers that speak OpenAI's
    protocol, which every alias with a ``base_url`` and every one that genops serves is taken to name; everything else
    goes through litellm.
    """
    if model.provider in registry.names("provider"):
        return model.provider
    if model.provider in SERVERS or model.alias.base_url is not None or model.served is not None:
        return "openai-compatible"
    return "litellm"


def file_of(settings: Settings, name: str, alias: ModelAlias) -> Path:
    """The file of a ``recorded/…`` or ``scripted/…`` alias.

    Raises:
        DefinitionError: The alias names none.
    """
    if alias.file is None:
        raise DefinitionError(
            f"model alias {name!r} ({alias.model}) names no file",
            at=origin(["models", name], settings.source),
            hint=f'add file = "…" under [tool.genops.models.{name}]',
        )
    return settings.root / alias.file


def _content_digest(provider: str, path: Path) -> str:
    if provider == "recorded":
        from genops.models.recorded import Recording

        return Recording.load(path).digest
    from genops.models.scripted import Script

    return Script.load(path).digest


def base_url_of(model: Model) -> str:
    """Where an OpenAI-compatible model is served, without a trailing slash.

    Of a model that genops serves this is known for the time of an attempt.

    Raises:
        UsageError: Neither the alias nor its provider says.
    """
    if model.endpoint is not None:
        return model.endpoint.url
    url = model.alias.base_url or SERVERS.get(model.provider)
    if url is None:
        raise UsageError(
            f"{model.label} ({model.alias.model}) needs a base_url",
            hint=f'add base_url = "http://HOST:PORT/v1" under {model.section}',
        )
    return url.rstrip("/")


def key_variable(model: Model) -> str | None:
    """The name of the environment variable that holds the model's key, or None when the alias needs none.

    OpenAI's own variable is assumed only for OpenAI's own server: a key is never sent where it does not belong.
    """
    if model.alias.api_key_env is not None:
        return model.alias.api_key_env
    if model.provider == "openai" and model.alias.base_url is None and model.served is None:
        return "OPENAI_API_KEY"
    return None
