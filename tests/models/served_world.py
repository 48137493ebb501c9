"""A project that serves a model: records of servers in a store, and loopback servers that stand for vLLM."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from benchmarks.loopback_server import LoopbackServer
from genops.models import Gateway, Model, resolve_model
from genops.settings import ModelAlias, Settings
from genops.store import Store
from genops.store.records.serving import ServedRecord
from genops.vllm_settings import VllmSettings
from tests.servers.served import served


def record(url: str, replica: int = 0, **changed: Any) -> ServedRecord:
    """A server that is ready on this machine."""
    now = time.time_ns()
    stands = {
        "id": f"{replica:032x}",
        "replica": replica,
        "supervisor": 1,
        "engine_pid": 10 + replica,
        "started": now,
        "ready": now,
        "model": "models/tiny",
        "digests": {"weights": "a" * 64, "tokenizer": "b" * 64, "chat_template": "c" * 64},
    }
    return served(url, **stands | changed)


class ServedWorld:
    """One alias ``local``, its store and its gateway; waiting is only noted down."""

    def __init__(self, store: Store, root: Path, **block: Any) -> None:
        self.store = store
        self.root = root
        self.slept: list[float] = []
        self.aliases = {"local": ModelAlias(model="vllm/tiny", vllm=VllmSettings.model_validate(block))}
        self.gateway = Gateway(self.settings, serving=store, sleep=self._sleep)

    @property
    def settings(self) -> Settings:
        return Settings(root=self.root, models=self.aliases)

    def model(self, name: str = "local") -> Model:
        return resolve_model(self.settings, name)

    def serve(self, server: LoopbackServer, replica: int = 0, **changed: Any) -> ServedRecord:
        """Writes that a server is ready; its key lies in a file, as a supervisor leaves it."""
        if server.key:
            file = self.root / f"key-{replica}-{server.key}"
            file.write_text(f"{server.key}\n")
            changed = {"key_file": str(file), **changed}
        kept = record(server.url, replica, **changed)
        self.store.keep_served(kept)
        return kept

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
