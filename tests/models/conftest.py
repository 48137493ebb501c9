import random
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from benchmarks.loopback_server import LoopbackServer
from genops.models import Gateway, Message, Model, ModelRequest, resolve_model
from genops.settings import ModelAlias, ModelLimits, Settings


def ask(*texts: str, **fields: Any) -> ModelRequest:
    """A request whose messages are the user's."""
    messages: list[Message] = [{"role": "user", "content": text} for text in texts]
    return ModelRequest(messages=messages, **fields)


class World:
    """A project with a loopback server, where waiting is only noted down."""

    def __init__(self, server: LoopbackServer, root: Path) -> None:
        self.server = server
        self.root = root
        self.slept: list[float] = []
        self.settings = Settings(root=root)
        self.gateway = self.new_gateway()

    def new_gateway(self, **options: Any) -> Gateway:
        return Gateway(self.settings, **{"sleep": self.sleep, "clock": self.clock, "rng": random.Random(7), **options})

    def clock(self) -> float:
        """Time passes by itself, and at once where the gateway sleeps."""
        return time.perf_counter() + sum(self.slept)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def model(self, name: str = "test", **fields: Any) -> Model:
        alias = ModelAlias(**{"model": "openai/test-model", "base_url": self.server.url, **fields})
        return resolve_model(Settings(root=self.root, models={name: alias}), name)

    def limits(self, **fields: Any) -> ModelLimits:
        return ModelLimits(**fields)


class Ask(Protocol):
    def __call__(self, *texts: str, **fields: Any) -> ModelRequest: ...


@pytest.fixture(name="ask")
def _ask() -> Ask:
    return ask


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as server:
        yield server


@pytest.fixture
async def world(server: LoopbackServer, tmp_path: Path) -> AsyncIterator[World]:
    world = World(server, tmp_path)
    yield world
    await world.gateway.close()
