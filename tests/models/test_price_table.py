import subprocess
import sys

import pytest

from genops.models import Model, Usage, resolve_model
from genops.models.price_table import cost_of, listed_price
from genops.settings import ModelAlias, Price, Settings


def model_of(name: str, **fields: object) -> Model:
    alias = ModelAlias.model_validate({"model": name, **fields})
    return resolve_model(Settings(models={"m": alias}), "m")


def test_a_listed_model_has_its_price():
    price = listed_price("openai", "gpt-4o-mini")
    assert price is not None
    assert (price.input, price.output, price.cached_input) == pytest.approx((0.15, 0.6, 0.075))


def test_the_bare_name_counts_only_for_the_provider_that_owns_it():
    assert listed_price("anthropic", "claude-sonnet-4-5") is not None
    assert listed_price("acme", "claude-sonnet-4-5") is None
    assert listed_price("litellm", "openai/gpt-4o-mini") == listed_price("openai", "gpt-4o-mini")


def test_a_long_prompt_pays_its_tiers_price():
    short, long = (listed_price("gemini", "gemini-2.5-pro", tokens) for tokens in (200_000, 200_001))
    assert short is not None
    assert long is not None
    assert long.input > short.input


def test_unknown_is_not_zero():
    usage = Usage(10, 10)
    assert cost_of(model_of("acme/secret"), usage) is None
    assert cost_of(model_of("openai/gpt-4o-mini"), Usage()) is None
    assert cost_of(model_of("openai/gpt-4o-mini", base_url="http://here/v1"), usage) is None
    assert cost_of(model_of("offline/extractive"), Usage()) == 0.0
    assert cost_of(model_of("acme/secret", price=Price(input=0, output=0)), Usage()) == 0.0
    assert cost_of(model_of("openai/gpt-4o-mini"), usage) == pytest.approx(10 * 0.75e-6)


def test_the_table_is_read_without_litellm():
    code = (
        "import sys; from genops.models.price_table import listed_price; "
        "assert listed_price('openai', 'gpt-4o'); "
        "print([name for name in ('litellm', 'aiohttp', 'openai') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
