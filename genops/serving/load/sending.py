"""One streamed request, with the times at which its answer came; any provider will do."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from genops.errors import ModelError
from genops.models import Call, Gateway, Model, ModelRequest, ModelResponse, check_key
from genops.settings import ModelLimits

Clock = Callable[[], float]
_UNBOUNDED = 1_000_000


@dataclass(slots=True)
class Timing:
    """A request and when what happened to it, in seconds of one clock.

    Attributes:
        intended: When it was due: what its latencies are counted from, so that a server or a client that falls behind
            is not left out of them (coordinated omission).
        sent: When it was sent.
        pieces: When each piece of text came.
        first: When the first token came, whether it is text or not; None where nothing came.
        ended: When the answer was whole, or had failed.
        input_tokens: As the server counted; None where it does not say.
        output_tokens: The same.
        error: Type of the failure; "" where there was none.
        message: Of the failure.
    """

    intended: float
    sent: float
    pieces: list[float] = field(default_factory=list)
    first: float | None = None
    ended: float = 0.0
    input_tokens: int | None = None
    output_tokens: int | None = None
    error: str = ""
    message: str = ""

    @property
    def ttft(self) -> float:
        """Seconds to the first token."""
        return (self.ended if self.first is None else self.first) - self.intended

    @property
    def end_to_end(self) -> float:
        """Seconds to the last byte."""
        return self.ended - self.intended

    @property
    def per_token(self) -> float | None:
        """Mean seconds between two tokens; None where the answer has no two or came in one piece."""
        if self.first is None or len(self.pieces) < 2 or not self.output_tokens or self.output_tokens < 2:
            return None
        return (self.pieces[-1] - self.first) / (self.output_tokens - 1)


class Send(Protocol):
    """Sends a request that was due at a moment, and tells what became of it; it never raises a ModelError."""

    async def __call__(self, request: ModelRequest, intended: float) -> Timing:
        """Sends it now."""
        ...


class Sender:
    """Sends requests to a model as they are, one attempt each: the alias's limits and retries do not hold here.

    Args:
        gateway: The way to the model; of its own, as what it learns of the model's limits is not for others.
        model: Which.
        clock: Seconds, monotonic.

    Raises:
        UsageError: The model's key is missing.
    """

    def __init__(self, gateway: Gateway, model: Model, clock: Clock = time.perf_counter) -> None:
        check_key(model)
        limits = ModelLimits(concurrency=_UNBOUNDED, retries=0, timeout=model.alias.limits.timeout)
        self._model = replace(model, alias=model.alias.model_copy(update={"limits": limits}))
        self._gateway = gateway
        self._clock = clock

    async def __call__(self, request: ModelRequest, intended: float) -> Timing:
        """Sends a request."""
        clock = self._clock
        timing = Timing(intended, clock())
        call = Call(on_text=lambda text: timing.pieces.append(clock()))
        try:
            response = await self._gateway.call(self._model, request, call)
        except ModelError as error:
            timing.ended, timing.error, timing.message = clock(), type(error).__name__, error.message
            return timing
        timing.ended = clock()
        if response.attempts:  # refused at first: the gateway asked again, but the server did not keep up
            refused = response.attempts[0]
            timing.error, timing.message = refused["error"], refused["message"]
        return _answered(timing, response)


def _answered(timing: Timing, response: ModelResponse) -> Timing:
    timing.input_tokens = response.usage.input_tokens
    timing.output_tokens = response.usage.output_tokens
    if response.time_to_first_token is not None:
        timing.first = timing.ended - response.latency + response.time_to_first_token
    elif timing.pieces:
        timing.first = timing.pieces[0]
    return timing
