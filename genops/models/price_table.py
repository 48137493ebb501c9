"""litellm's table of models, prices and abilities, read from the installed package without importing it."""

from __future__ import annotations

import importlib.util
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import orjson

from genops.models.types import Model, Usage
from genops.settings import Price

_FILE = "model_prices_and_context_window_backup.json"
_TIER = re.compile(r"input_cost_per_token_above_(\d+)k_tokens")
_FREE = ("offline", "scripted")


def cost_of(model: Model, usage: Usage, measured: Price | None = None) -> float | None:
    """What a call cost in US dollars.

    The alias's own price comes first, then the measured one. The table counts only where the provider's own server was
    asked: what another server asks for the same weights is not known.

    Args:
        model: The model that answered.
        usage: Its tokens.
        measured: What a load test found that tokens of it cost.

    Returns:
        None when the price or the tokens are unknown: not the same as 0.
    """
    price = model.alias.price or measured
    if price is None and model.provider in _FREE:
        return 0.0
    if price is None and model.alias.base_url is None and model.served is None:
        price = listed_price(model.provider, model.model_id, usage.input_tokens or 0)
    if price is None:
        return None
    if price.input == 0 and price.output == 0:
        return 0.0
    if usage.input_tokens is None or usage.output_tokens is None:
        return None
    cached = usage.cached_input_tokens or 0
    cached_price = price.input if price.cached_input is None else price.cached_input
    dollars = (usage.input_tokens - cached) * price.input + cached * cached_price + usage.output_tokens * price.output
    return dollars / 1_000_000


def listed_price(provider: str, model_id: str, input_tokens: int = 0) -> Price | None:
    """The table's price of a model, of the tier that a prompt of ``input_tokens`` falls into; None when not listed."""
    entry = listed(provider, model_id)
    if entry is None or "input_cost_per_token" not in entry:
        return None
    tiers = [int(match[1]) for key in entry if (match := _TIER.fullmatch(key))]
    reached = max((tier for tier in tiers if input_tokens > tier * 1000), default=None)
    suffix = f"_above_{reached}k_tokens" if reached else ""

    def per_million(name: str) -> float | None:
        value = entry.get(name + suffix, entry.get(name))
        return None if value is None else float(value) * 1_000_000

    return Price(
        input=per_million("input_cost_per_token") or 0.0,
        output=per_million("output_cost_per_token") or 0.0,
        cached_input=per_million("cache_read_input_token_cost"),
    )


@lru_cache(maxsize=256)
def listed(provider: str, model_id: str) -> dict[str, Any] | None:
    """The table's entry of a model: under its full name, or under the bare id when the entry is this provider's."""
    if provider == "litellm":
        provider, _, model_id = model_id.partition("/")
    table = _table()
    entry = table.get(f"{provider}/{model_id}")
    if entry is None:
        bare = table.get(model_id)
        owner = str(bare.get("litellm_provider", "")) if bare else ""
        entry = bare if owner == provider or owner.startswith(f"{provider}-") else None
    return entry


@cache
def _table() -> dict[str, dict[str, Any]]:
    spec = importlib.util.find_spec("litellm")
    if spec is None or spec.origin is None:
        return {}
    try:
        table: dict[str, dict[str, Any]] = orjson.loads(Path(spec.origin).with_name(_FILE).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    return table
