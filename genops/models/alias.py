"""From an alias in the settings to a model: what it is called, what shapes its answers, which path leads to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genops.artifacts import Component
from genops.errors import DefinitionError, UsageError, nearest
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

    Its digest covers provider, model id, revision, parameters and adapter, and for ``recorded/…`` and ``scripted/…``
    the content of the file; not the URL, key, limits, price, facts or any path.

    Raises:
        ReferenceNotFound: There is no such alias.
        DefinitionError: The alias is not ``provider/model``, or its file is missing or broken.
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
    return Model(name, alias, provider, model_id, Component("model", name, body))


def stored_model(settings: Settings, component: Component) -> Model:
    """The model of a stored component: shaped as recorded, and served where the settings say today."""
    if component.name in settings.models or component.name == "offline":
        now = resolve_model(settings, component.name)
        if now.component.digest == component.digest:
            return now
        served = now.alias if now.provider == component.body["provider"] else None
    else:
        served = None
    body = component.body
    shaped = {
        "model": f"{body['provider']}/{body['model']}",
        "revision": body["revision"],
        "parameters": body["parameters"],
        "adapter": body["adapter"],
    }
    alias = served.model_copy(update=shaped) if served is not None else ModelAlias(**shaped)
    return Model(component.name, alias, body["provider"], body["model"], component)


def provider_name(model: Model) -> str:
    """The registered provider that serves a model.

    A provider registered under the model's own prefix comes first (the built-in ``offline``, ``recorded`` and
    ``scripted``, plug-ins, and an explicit ``litellm/…``); then the direct path for servers that speak OpenAI's
    protocol, which every alias with a ``base_url`` is taken to name; everything else goes through litellm.
    """
    if model.provider in registry.names("provider"):
        return model.provider
    if model.provider in SERVERS or model.alias.base_url is not None:
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

    Raises:
        UsageError: Neither the alias nor its provider says.
    """
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
    if model.provider == "openai" and model.alias.base_url is None:
        return "OPENAI_API_KEY"
    return None
