"""What is known of an alias without asking it: licence, context, price; each with where it is known from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from genops.errors import GenopsError
from genops.models import Model
from genops.models.price_table import listed, listed_price
from genops.settings import Price, Settings
from genops.store import Store

_LICENCE = ("licence", "license")
_SETTINGS, _FILES, _TABLE = "settings", "model's files", "price table"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something known.

    Attributes:
        value: None where it is not known.
        source: Where it is known from; "" for nowhere.
    """

    value: Any
    source: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an alias.

    Attributes:
        licence: Its identifier.
        context: Longest input and output together, in tokens, as it is served where that is known.
        price: US dollars per million tokens.
        others: The facts of the settings, by their names.
    """

    licence: Fact
    context: Fact
    price: Fact
    others: dict[str, Any]


def facts_of(settings: Settings, store: Store, model: Model) -> Facts:
    """What is known of an alias: the settings first, then its files, then litellm's table."""
    licence, context = _of_files(settings, model)
    return Facts(
        licence=_stated_licence(model) or licence,
        context=_stated_context(model) or context or _listed_context(model),
        price=_price(store, model),
        others={name: value for name, value in model.alias.facts.items() if name not in _LICENCE},
    )


def _stated_licence(model: Model) -> Fact | None:
    found = next((model.alias.facts[name] for name in _LICENCE if name in model.alias.facts), None)
    return None if found is None else Fact(str(found), _SETTINGS)


def _stated_context(model: Model) -> Fact | None:
    alias = model.alias
    length = alias.context_length or (alias.vllm.max_model_len if alias.vllm is not None else None)
    return None if length is None else Fact(length, _SETTINGS)


def _listed_context(model: Model) -> Fact:
    entry = listed(model.provider, model.model_id) or {}
    length = entry.get("max_input_tokens")
    return Fact(int(length), _TABLE) if isinstance(length, (int, float)) and length else Fact(None)


def _of_files(settings: Settings, model: Model) -> tuple[Fact, Fact | None]:
    """Licence and context, of a model whose files are here."""
    alias = model.alias
    if alias.vllm is None and not (alias.file or "").endswith(".gguf"):
        return Fact(None), None
    from genops.serving.preflight.check import preflight

    try:
        found = preflight(settings, model.name)
    except GenopsError:
        return Fact(None), None  # `genops model check` says what is wrong with them
    licence = Fact(None) if found.licence is None else Fact(found.licence, _FILES)
    return licence, None if found.context is None else Fact(found.context, _FILES)


def _price(store: Store, model: Model) -> Fact:
    """As calls are billed: the settings' price, then the measured one, then the table's."""
    if model.alias.price is not None:
        return Fact(model.alias.price, _SETTINGS)
    of_this = (one for one in store.measured_prices() if one.model == model.alias.model)
    measured = next((one for one in of_this if one.alias in (model.name, model.served)), None)
    if measured is not None:
        price = Price(input=measured.input, output=measured.output, cached_input=measured.cached_input)
        return Fact(price, f"load test {measured.source[:12]}")
    if model.provider in ("offline", "scripted"):
        return Fact(Price(input=0, output=0), "built in")
    own = model.alias.base_url is None and model.served is None
    found = listed_price(model.provider, model.model_id) if own else None
    return Fact(None) if found is None else Fact(found, _TABLE)
