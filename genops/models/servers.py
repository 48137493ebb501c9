"""The way to a model that genops serves: its servers as the store knows them, and which one an attempt goes to."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar
from urllib.parse import urlsplit

from genops.errors import ModelError, ModelTimeout, NotServed, ServerFailed, ServerUnreachable, StreamBroken
from genops.models.reread import Reread
from genops.models.supervised import supervised
from genops.models.types import ENGINE_FIGURES, Endpoint, Model, ModelRequest, ModelResponse
from genops.settings import Price

if TYPE_CHECKING:
    from genops.store.records.serving import PriceRecord, ServedRecord

Answer = TypeVar("Answer")

REREAD = 1.0
OLD = 5.0
AVOIDED = 5.0
"""Seconds: after which servers are read again, after which a call waits for that, for which one that failed comes
last."""

NEUTRAL_SAMPLING: Mapping[str, float] = {
    "temperature": 1.0,
    "top_p": 1.0,
    "top_k": 0,
    "min_p": 0.0,
    "repetition_penalty": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
}
"""What vLLM samples with where neither the request nor the model's generation config says anything."""

_ALSO_SAMPLING = ("seed", "max_tokens", "max_completion_tokens", "stop", "n")
_LOOPBACK = ("localhost", "::1")


class ServingRecords(Protocol):
    """Where servers and measured prices are kept. The store is one."""

    def served(self, alias: str | None = None, *, live: bool = True) -> list[ServedRecord]:
        """Servers, by alias and replica."""
        ...

    def measured_prices(self) -> list[PriceRecord]:
        """Prices that load tests found."""
        ...


@dataclass(eq=False, slots=True)
class Server:
    """One server, as long as it stays what it is.

    Attributes:
        record: What its supervisor says.
        endpoint: Where it is.
        under_way: Attempts that wait for it.
        chosen: When it was chosen last, in the order of choices.
        avoided: Until when it comes last, having failed.
        models: Those that were asked here, by name and digest, at this endpoint.
    """

    record: ServedRecord
    endpoint: Endpoint
    under_way: int = 0
    chosen: int = 0
    avoided: float = float("-inf")
    models: dict[tuple[str, str], Model] = field(default_factory=dict)

    def serving(self, model: Model) -> Model:
        """A model at this endpoint."""
        key = (model.name, model.component.digest)
        here = self.models.get(key)
        if here is None:
            here = self.models[key] = replace(model, endpoint=self.endpoint)
        return here

    def signed(self, model: Model, request: ModelRequest, response: ModelResponse) -> None:
        """Writes on an answer what this server is, and what it sampled with."""
        record, parameters = self.record, request.parameters
        asked = {name: parameters[name] for name in (*NEUTRAL_SAMPLING, *_ALSO_SAMPLING) if name in parameters}
        response.engine = {
            **dict.fromkeys(ENGINE_FIGURES),
            **response.engine,
            **record.digests,
            "name": record.engine,
            "model": record.model,
            "served": record.id,
            "sampling": record.sampling | asked,
        }
        if model.alias.adapter is not None:
            response.engine["adapter"] = record.adapters.get(model.alias.adapter)


@dataclass(frozen=True, slots=True)
class _Read:
    """What one reading found: servers to ask, and those that live and cannot be asked."""

    ready: list[Server]
    others: list[ServedRecord] = field(default_factory=list)


class Servers:
    """The servers of one alias.

    Args:
        alias: That genops serves.
        variable: Environment variable with the key, for servers that have no file of it.
        records: Where they are kept.
        clock: Seconds, monotonic.
    """

    def __init__(
        self, alias: str, variable: str | None, records: ServingRecords, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._alias = alias
        self._variable = variable
        self._records = records
        self._clock = clock
        self._numbers = count(1)
        self._last: list[Server] = []
        self._reread = Reread(self._fetch, REREAD, clock, OLD)

    async def choose(self, model: Model, tried: Collection[Server]) -> Server:
        """The server with the fewest attempts under way, of those that have the adapter and were not tried.

        Raises:
            NotServed: No server lives that this machine can reach, or those have another adapter under this name.
            ServerUnreachable: One lives, and is not ready.
            StoreError: The store cannot be read.
        """
        found = await self._reread.known()
        if not found.ready:
            found = await self._reread.now()
        if not found.ready:
            raise self._nowhere(found.others)
        now = self._clock()
        able = found.ready if model.alias.adapter is None else self._with_adapter(found.ready, model)
        new = [one for one in able if one not in tried] or able
        server = min(new, key=lambda one: (one.avoided > now, one.under_way, one.chosen))
        server.chosen = next(self._numbers)
        return server

    async def failed(self, server: Server, error: ModelError, tried: Collection[Server]) -> bool:
        """Notes that an attempt failed; whether another server may be asked at once."""
        if isinstance(error, (ServerUnreachable, StreamBroken, ServerFailed, ModelTimeout)):
            server.avoided = self._clock() + AVOIDED
            found = await self._reread.now()
            return not isinstance(error, ModelTimeout) and any(one not in tried for one in found.ready)
        if error.status in (401, 404):  # another server may stand there by now, with a key and a model of its own
            return server not in (await self._reread.now()).ready
        return False

    async def close(self) -> None:
        """Ends what is under way."""
        await self._reread.close()

    def _with_adapter(self, ready: list[Server], model: Model) -> list[Server]:
        """Those with the adapter that is pinned; all, where none is known to have one of its name."""
        adapter = model.alias.adapter
        named = [one for one in ready if adapter in one.record.adapters]
        if model.adapter is None or not named:
            return named or ready
        wanted = model.adapter.digest
        able = [one for one in named if one.record.adapters[str(adapter)] in (wanted, "")]  # "" where it is unknown
        if not able:
            loaded = named[0].record.adapters[str(adapter)]
            raise NotServed(
                f"{model.label} asks for the adapter {adapter!r} with the digest {wanted[:12]}, and the servers of "
                f"{self._alias!r} have {loaded[:12]} loaded under that name",
                hint=f"load it again: genops model adapter load {self._alias} {adapter}",
            )
        return able

    def _fetch(self) -> _Read:
        """Reads servers that are supervised, and their keys.

        One that is what it was stays the same object, with what is known of it.
        """
        ready: list[Server] = []
        others: list[ServedRecord] = []
        here = socket.gethostname()
        for record in filter(supervised, self._records.served(self._alias)):
            if record.state == "ready" and (record.host == here or not _loopback(record.url)):
                ready.append(self._server(record))
            else:
                others.append(record)
        self._last = ready
        return _Read(ready, others)

    def _server(self, record: ServedRecord) -> Server:
        try:
            key = server_key(record, self._variable)
        except (OSError, ValueError):
            key = ""  # the server refuses, and says so
        endpoint = Endpoint(record.url.rstrip("/"), key)
        for known in self._last:
            same = known.record.id == record.id and known.record.ready == record.ready
            if same and known.endpoint == endpoint and known.record.engine_pid == record.engine_pid:
                known.record = record
                return known
        return Server(record, endpoint)

    def _nowhere(self, others: list[ServedRecord]) -> ModelError:
        start = f"start one: genops model serve {self._alias}"
        if not others:
            return NotServed(f"no server of the model alias {self._alias!r} runs", hint=start)
        one = others[0]
        if one.state == "ready":
            return NotServed(
                f"the server of the model alias {self._alias!r} runs on {one.host} and listens for that machine alone",
                hint=f"let it listen on an address that others reach (vllm.host), or {start}",
            )
        stage = f" ({one.phase})" if one.phase else ""
        why = f": {one.reason}" if one.reason else ""
        return ServerUnreachable(
            f"the server of the model alias {self._alias!r} is {one.state}{stage}{why}",
            hint=f"wait until `genops model list` says ready, or {start}",
        )


class Route:
    """The way of one call over the servers of its model; each is tried once before one is tried again."""

    __slots__ = ("_model", "_servers", "_tried", "server")

    def __init__(self, model: Model, servers: Servers) -> None:
        self._model = model
        self._servers = servers
        self._tried: list[Server] = []
        self.server: Server | None = None

    async def take(self, work: Callable[[Model], Awaitable[Answer]]) -> Answer:
        """Makes an attempt at the server that is next.

        Raises:
            NotServed: There is none.
            ServerUnreachable: There is none yet.
            ModelError: What the attempt raises.
        """
        self.server = None
        server = self.server = await self._servers.choose(self._model, self._tried)
        if server in self._tried:
            self._tried.clear()
        self._tried.append(server)
        server.under_way += 1
        try:
            return await work(server.serving(self._model))
        finally:
            server.under_way -= 1

    async def elsewhere(self, error: ModelError) -> bool:
        """After a failed attempt: whether another server may be asked at once."""
        return self.server is not None and await self._servers.failed(self.server, error, self._tried)


def server_key(record: ServedRecord, variable: str | None) -> str:
    """The key that requests to a server must show: from its file, or from a variable of the environment.

    Raises:
        OSError: The file cannot be read.
        ValueError: It holds no ASCII.
    """
    if not record.key_file:
        return os.environ.get(variable or "", "").strip()
    return Path(record.key_file).read_text(encoding="ascii").strip()


def prices_of(records: ServingRecords) -> dict[tuple[str, str], Price]:
    """Measured prices by alias and model, as settings hold them."""
    return {
        (one.alias, one.model): Price(input=one.input, output=one.output, cached_input=one.cached_input)
        for one in records.measured_prices()
    }


def _loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in _LOOPBACK or host.startswith("127.")
