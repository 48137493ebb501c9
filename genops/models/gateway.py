"""The one way to a model: limits, retries, prices, the response cache and the recorder around any provider."""

from __future__ import annotations

import asyncio
import os
import random
import time
import weakref
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any, Protocol, TypeVar

from genops.artifacts import decode, normalise, payload_bytes
from genops.errors import ModelError, ModelTimeout, NotServed, RateLimited, StoreError, UsageError
from genops.models.alias import key_variable, provider_name
from genops.models.digests import request_digest, sha256_json
from genops.models.embeddings import EmbeddingProvider, EmbeddingRequest, EmbeddingResponse
from genops.models.limits import Limiter
from genops.models.own_time import waiting_for_turn
from genops.models.price_table import cost_of
from genops.models.reread import Reread
from genops.models.retry import advice, backoff
from genops.models.servers import Route, Servers, ServingRecords, prices_of
from genops.models.tokens import approximate, estimated
from genops.models.types import Call, LoadingProvider, Model, ModelRequest, ModelResponse, Provider
from genops.plugins import registry
from genops.settings import Price, Settings

NOTHING_AROUND = Call()
_MOST_ATTEMPTS = 20
_PRICES_REREAD = 30.0
Answer = TypeVar("Answer", ModelResponse, EmbeddingResponse)


class ResponseCache(Protocol):
    """Where answers are kept by the digest of everything that they follow from. The store is one."""

    def cached_response(self, key: str) -> bytes | None:
        """The bytes kept under a key, or None."""
        ...

    def cache_response(self, key: str, response: bytes) -> None:
        """Keeps bytes under a key."""
        ...


class CallRecorder(Protocol):
    """What is told of every answered call (see :class:`~genops.models.recorded.Recorder`)."""

    def record(self, model: Model, request: ModelRequest, response: ModelResponse) -> None:
        """Keeps one call."""
        ...


class Gateway:
    """Calls models. One gateway serves a project, inside one event loop.

    Args:
        settings: The project's.
        cache: Where answers are kept; used by calls that ask for it.
        recorder: Told of every answered call.
        serving: Where the servers that genops runs are kept; without it no alias is served.
        sleep: Waits for seconds, between attempts and for limits.
        clock: Seconds, monotonic, for limits and latencies.
        rng: The jitter between attempts.

    Attributes:
        sending: Set when the first call is about to be sent: by then what its provider needs is loaded.
    """

    def __init__(
        self,
        settings: Settings,
        cache: ResponseCache | None = None,
        recorder: CallRecorder | None = None,
        serving: ServingRecords | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.perf_counter,
        rng: random.Random | None = None,
    ) -> None:
        self._settings = settings
        self._cache = cache
        self._recorder = recorder
        self._serving = serving
        self._sleep = sleep
        self._clock = clock
        self._rng = rng or random.Random()
        self._provider_names: dict[tuple[str, str], str] = {}
        self._start_afresh()
        _gateways.add(self)

    def _start_afresh(self) -> None:
        """What belongs to one loop: connections, and what is under way."""
        serving = self._serving
        self._providers: dict[str, Provider] = {}
        self._door = asyncio.Lock()
        self._limiters: dict[str, Limiter] = {}
        self._servers: dict[str, Servers] = {}
        self._prices = None if serving is None else Reread(lambda: prices_of(serving), _PRICES_REREAD, self._clock)
        self.sending = asyncio.Event()

    async def call(
        self,
        model: Model,
        request: ModelRequest,
        call: Call = NOTHING_AROUND,
        use_cache: bool = False,
    ) -> ModelResponse:
        """Makes one call, with retries after failures that may heal.

        An attempt whose text was already handed to ``call.on_text`` is not repeated: what was shown cannot be unshown.

        Args:
            model: From :func:`~genops.models.resolve_model`.
            request: Complete: the alias's default parameters are already in it.
            call: Headers, the receiver of streamed text, turn and repetition.
            use_cache: Whether an answer kept earlier will do, and whether this one is to be kept.

        Raises:
            UsageError: The alias cannot be used as it is (its key is missing).
            ModelError: No attempt gave an answer. Its ``attempts`` lists them all.
        """
        check_key(model)
        key = ""
        if use_cache and self._cache is not None:
            key = sha256_json([model.component.digest, request_digest(model, request), call.repeat])
            response = self._cached(key, call)
            if response is not None:
                return self._recorded(model, request, response)
        response = await self._complete(model, request, call)
        if response.cost is None or model.alias.price is not None:
            response.cost = cost_of(model, response.usage, await self._measured_price(model))
        if key and self._cache is not None:
            self._cache.cache_response(key, payload_bytes(normalise(response.to_value())))
        return self._recorded(model, request, response)

    async def embed(self, model: Model, request: EmbeddingRequest) -> EmbeddingResponse:
        """Makes one call for vectors, under the same limits and with the same retries.

        It goes past the response cache: vectors are kept a text each, by who asks for them.

        Raises:
            UsageError: The alias cannot be used as it is (its key is missing, its provider gives no vectors).
            ModelError: No attempt gave an answer.
        """
        check_key(model)
        provider = await self._provider(model)
        if not isinstance(provider, EmbeddingProvider):
            raise UsageError(
                f"{model.label} ({model.alias.model}): its provider gives no vectors",
                hint="name an embedding model, as in openai/text-embedding-3-small",
            )
        response, _, _ = await self._with_retries(
            model, lambda at: provider.embed(at, request), lambda: approximate(request.texts), self._route(model)
        )
        return response

    async def close(self) -> None:
        """Gives back every provider's connections. The gateway may be used again afterwards."""
        providers = list(self._providers.values())
        self._providers.clear()
        for provider in providers:
            await provider.close()
        for servers in self._servers.values():
            await servers.close()
        if self._prices is not None:
            await self._prices.close()

    def _cached(self, key: str, call: Call) -> ModelResponse | None:
        data = self._cache.cached_response(key) if self._cache is not None else None
        if data is None:
            return None
        value = decode(data)
        if not isinstance(value, dict):
            return None
        response = replace(
            ModelResponse.from_value(value),
            cached=True,
            cost=0.0,
            latency=0.0,
            time_to_first_token=None,
            attempts=[],
            engine={},
        )
        if call.on_text is not None and response.text:
            call.on_text(response.text)
        return response

    def _recorded(self, model: Model, request: ModelRequest, response: ModelResponse) -> ModelResponse:
        if self._recorder is not None:
            self._recorder.record(model, request, response)
        return response

    async def _complete(self, model: Model, request: ModelRequest, call: Call) -> ModelResponse:
        provider, route = await self._provider(model), self._route(model)
        shown = _Shown(call.on_text) if call.on_text is not None else None
        if shown is not None:
            call = replace(call, on_text=shown)
        response, seconds, failed = await self._with_retries(
            model, lambda at: provider.complete(at, request, call), partial(estimated, request), route, shown
        )
        if route is not None and route.server is not None:
            route.server.signed(model, request, response)
        response.latency = response.latency or seconds
        response.attempts = failed
        return response

    async def _with_retries(
        self,
        model: Model,
        work: Callable[[Model], Awaitable[Answer]],
        estimate: Callable[[], int],
        route: Route | None,
        shown: _Shown | None = None,
    ) -> tuple[Answer, float, list[dict[str, Any]]]:
        """The first answer, the seconds that it took, and the attempts that failed before it.

        Where genops runs several servers for the model another one is asked at once.
        """
        limiter = self._limiter(model)
        tokens = estimate() if limiter.counts_tokens else 0
        failed: list[dict[str, Any]] = []
        counted = 0
        while True:
            started = self._clock()
            try:
                answer, seconds = await self._attempt(model, limiter, tokens, work, route)
                return answer, seconds, failed
            except ModelError as error:
                slower = isinstance(error, RateLimited) and limiter.refused(started, error.retry_after)
                elsewhere = route is not None and await route.elsewhere(error)
                counted += not (slower or elsewhere)  # neither search, for a rate or a server, is held against it
                spent = counted > model.alias.limits.retries or len(failed) >= _MOST_ATTEMPTS
                final = not (error.retryable or elsewhere) or spent or (shown is not None and shown.any)
                delay = None if final else 0.0 if elsewhere else backoff(len(failed), error.retry_after, self._rng)
                failed.append({"error": type(error).__name__, "message": error.message, "delay": delay})
                if delay is None:
                    error.attempts, error.hint = failed, advice(error, model)
                    raise
                told = isinstance(error, RateLimited) or error.retry_after
                with waiting_for_turn() if told else nullcontext():
                    await self._sleep(delay)

    async def _attempt(
        self,
        model: Model,
        limiter: Limiter,
        estimate: int,
        work: Callable[[Model], Awaitable[Answer]],
        route: Route | None,
    ) -> tuple[Answer, float]:
        with waiting_for_turn():
            spent = await limiter.enter(estimate)
        tokens = None
        limit = model.alias.limits.timeout
        self.sending.set()
        started = self._clock()
        try:
            async with asyncio.timeout(limit):
                response = await (work(model) if route is None else route.take(work))
            usage = response.usage
            if usage.input_tokens is not None and usage.output_tokens is not None:
                tokens = usage.input_tokens + usage.output_tokens
            limiter.answered()
            return response, self._clock() - started
        except TimeoutError:
            raise ModelTimeout(f"{model.label} gave no complete answer within {limit:g} s") from None
        finally:
            limiter.leave(spent, tokens)

    def _route(self, model: Model) -> Route | None:
        """The way over the servers that genops runs for a model; None where the settings say where it is served.

        Raises:
            NotServed: Nothing is known of servers here.
        """
        if model.served is None:
            return None
        servers = self._servers.get(model.served)
        if servers is None:
            if self._serving is None:
                raise NotServed(f"{model.label} is served by genops, and there is no store that knows its servers")
            servers = Servers(model.served, key_variable(model), self._serving, self._clock)
            self._servers[model.served] = servers
        return Route(model, servers)

    async def _measured_price(self, model: Model) -> Price | None:
        """What a load test found that tokens of a model cost; None where that is not known or not asked."""
        if self._prices is None or model.alias.price is not None or self._path(model) != "openai-compatible":
            return None
        try:
            prices = await self._prices.known()
        except StoreError:
            return None  # an answer is not given up for its price
        what = model.alias.model
        return prices.get((model.name, what)) or prices.get((model.served or "", what))

    def _path(self, model: Model) -> str:
        """The name of the provider that leads to a model."""
        key = (model.name, model.component.digest)
        name = self._provider_names.get(key)
        if name is None:
            name = self._provider_names[key] = provider_name(model)
        return name

    async def _provider(self, model: Model) -> Provider:
        name = self._path(model)
        provider = self._providers.get(name)
        if provider is None:
            with waiting_for_turn():
                async with self._door:
                    provider = self._providers.get(name) or await self._opened(name)
        return provider

    async def _opened(self, name: str) -> Provider:
        provider: Provider = registry.get("provider", name)(self._settings)
        if isinstance(provider, LoadingProvider):
            await provider.load()
        self._providers[name] = provider
        return provider

    def _limiter(self, model: Model) -> Limiter:
        limiter = self._limiters.get(model.name)
        if limiter is None:
            limiter = self._limiters[model.name] = Limiter(model.alias.limits, self._clock, self._sleep)
        return limiter


def check_key(model: Model) -> None:
    """Makes sure that the key of a model is there, before anything is sent.

    Raises:
        UsageError: The environment variable is not set; the message names it and the alias.
    """
    variable = key_variable(model) if model.served is None else None  # a server that genops runs has a key in any case
    if variable is not None and not os.environ.get(variable):
        raise UsageError(
            f"{model.label} ({model.alias.model}) needs a key: the environment variable {variable} is not set",
            hint=f"set {variable}, or name another variable with api_key_env under {model.section}",
        )


_gateways: weakref.WeakSet[Gateway] = weakref.WeakSet()
_inherited: list[object] = []


def _after_fork() -> None:
    """The child makes connections of its own; on those of the parent it would be given the parent's answers."""
    for gateway in list(_gateways):
        _inherited.append(dict(vars(gateway)))  # taken apart, they would be closed on the parent's loop
        gateway._start_afresh()


os.register_at_fork(after_in_child=_after_fork)


class _Shown:
    """Passes text on and remembers whether there was any."""

    __slots__ = ("_receiver", "any")

    def __init__(self, receiver: Callable[[str], None]) -> None:
        self._receiver = receiver
        self.any = False

    def __call__(self, text: str) -> None:
        self.any = True
        self._receiver(text)
