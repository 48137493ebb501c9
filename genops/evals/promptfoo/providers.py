"""Providers as model aliases."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from genops.evals.promptfoo.files import Files
from genops.evals.promptfoo.notes import Notes
from genops.evals.promptfoo.shape import listed, mapping
from genops.parameters import refused_parameter

_PREFIXES = {
    "openai": "openai",
    "anthropic": "anthropic",
    "azure": "azure",
    "azureopenai": "azure",
    "bedrock": "bedrock",
    "cerebras": "cerebras",
    "cohere": "cohere",
    "databricks": "databricks",
    "deepseek": "deepseek",
    "fireworks": "fireworks_ai",
    "google": "gemini",
    "groq": "groq",
    "huggingface": "huggingface",
    "mistral": "mistral",
    "ollama": "ollama_chat",
    "openrouter": "openrouter",
    "perplexity": "perplexity",
    "replicate": "replicate",
    "togetherai": "together_ai",
    "vertex": "vertex_ai",
    "xai": "xai",
}
"""Providers that litellm knows under this name."""

_ENDPOINTS = frozenset({"chat", "completion", "messages", "responses", "text-generation"})
_PARAMETERS = frozenset(
    {
        "temperature",
        "max_tokens",
        "max_completion_tokens",
        "top_p",
        "top_k",
        "seed",
        "stop",
        "frequency_penalty",
        "presence_penalty",
        "reasoning_effort",
    }
)
_READ = frozenset({"id", "label", "config"})
_NAMES = {"maxTokens": "max_tokens", "topP": "top_p", "topK": "top_k", "maxOutputTokens": "max_tokens"}


@dataclass
class Providers:
    """The model aliases of a configuration.

    Attributes:
        files: Reads references.
        notes: What becomes of what is no alias.
        aliases: What the settings say of each, by its name.
    """

    files: Files
    notes: Notes
    aliases: dict[str, dict[str, Any]] = field(default_factory=dict)

    def all(self, raw: Any) -> list[str]:
        """The aliases of ``providers``, in order."""
        items = [raw] if isinstance(raw, (str, dict)) else listed(raw, "`providers`")
        return [alias for item in items for alias in self._of_item(item)]

    def alias(self, raw: Any) -> str | None:
        """The alias of one provider; None where it has no equal."""
        return next(iter(self._of_item(raw)), None)

    def _of_item(self, item: Any) -> list[str]:
        if self.files.refers(item) and not self.files.is_script(item):
            return self.all(self.files.loaded(item))
        if isinstance(item, str):
            return self._made(item, {})
        if isinstance(item, dict) and "id" in item:
            return self._made(str(item["id"]), item)
        if isinstance(item, dict) and len(item) == 1:
            ((name, options),) = item.items()
            return self._made(str(name), options if isinstance(options, dict) else {})
        self.notes.leave(f"provider {str(item)[:60]}", "it is none that is known")
        return []

    def _made(self, name: str, options: Mapping[str, Any]) -> list[str]:
        model = _model(name)
        if model is None:
            self.notes.leave(f"provider {name}", "it is no model of a known provider")
            return []
        for key in sorted(str(key) for key, value in options.items() if value and key not in _READ):
            self.notes.leave(f"provider {name}", f"`{key}`")
        body = {"model": model, **self._settings(name, mapping(options.get("config"), f"`config` of {name}"))}
        return [self._named(_slug(str(options.get("label") or model.rpartition("/")[2])), body)]

    def _named(self, wanted: str, body: dict[str, Any]) -> str:
        """The alias under its name, or with a number where another has that."""
        name, number = wanted, 1
        while self.aliases.get(name, body) != body:
            number += 1
            name = f"{wanted}_{number}"
        self.aliases[name] = body
        return name

    def _settings(self, provider: str, config: Mapping[str, Any]) -> dict[str, Any]:
        parameters: dict[str, Any] = {}
        settings: dict[str, Any] = {}
        for key, value in config.items():
            name = _NAMES.get(key, key)
            if value is None:
                continue
            if value != value or value in (math.inf, -math.inf):
                self.notes.leave(f"provider {provider}", f"`config.{key}`: it is no number")
            elif name in _PARAMETERS and refused_parameter({name: value}) is None:
                parameters[name] = value
            elif key in ("apiBaseUrl", "apiHost") and isinstance(value, str) and "{{" not in value:
                path = "" if _prefix(provider) == "azure" else "/v1"  # Azure's client adds the deployment's path
                settings["base_url"] = value if "://" in value else f"https://{value}{path}"
            elif key == "apiKeyEnvar":
                settings["api_key_env"] = value
            elif key == "apiKey":
                self.notes.leave(f"provider {provider}", "`apiKey`: name its variable with `api_key_env`")
            else:
                self.notes.leave(f"provider {provider}", f"`config.{key}`")
        return settings | ({"parameters": parameters} if parameters else {})


def _prefix(provider: str) -> str:
    """What litellm calls a provider; empty for one that it does not know."""
    return _PREFIXES.get(provider.partition(":")[0], "")


def _model(name: str) -> str | None:
    """``openai:chat:gpt-4o`` in litellm's notation: ``openai/gpt-4o``."""
    prefix, _, rest = name.partition(":")
    head, colon, tail = rest.partition(":")
    model = tail if colon and head in _ENDPOINTS else rest
    if prefix == "litellm":
        return model or None
    if prefix not in _PREFIXES or not model or head in ("embedding", "embeddings", "image", "realtime", "assistant"):
        return None
    return f"{_PREFIXES[prefix]}/{model}"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "model"
