"""A bench on a real engine over the network."""

import pytest

from genops.models import Gateway, resolve_model
from genops.serving.load.asking import Lengths
from genops.serving.load.bench import bench
from genops.serving.load.own import OwnLoad
from genops.settings import ModelAlias, Settings


@pytest.fixture
def benched():
    async def run(url, plan, asking=None, **alias):
        settings = Settings(models={"local": ModelAlias(**{"model": "openai/tiny", "base_url": url, **alias})})
        gateway = Gateway(settings)
        try:
            model = resolve_model(settings, "local")
            own = OwnLoad(gateway, model, asking or Lengths("fixed", [(40, 6)]), plan.seed)
            return await bench(model, own, plan)
        finally:
            await gateway.close()

    return run
