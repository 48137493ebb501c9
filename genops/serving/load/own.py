"""genops's own load: through the gateway, so that it works with every alias."""

from __future__ import annotations

import time
from collections.abc import Callable

from genops.models import Gateway, Model
from genops.serving.load.asking import Asking, Lengths, fitted
from genops.serving.load.pacing import Load, Measured, put_on
from genops.serving.load.sending import Clock, Sender

OnProgress = Callable[[int, int], None]
_SEEDS = 1_000


class OwnLoad:
    """Puts loads on a model, each with prompts of its own.

    Args:
        gateway: The way to the model; of its own, as what it learns of the model's limits is not for others.
        model: Which.
        asking: What it is asked.
        seed: Of what is drawn.
        on_progress: Told of each load how many requests are answered, of how many.
        clock: Seconds, monotonic.

    Raises:
        UsageError: The model's key is missing.
    """

    def __init__(
        self,
        gateway: Gateway,
        model: Model,
        asking: Asking,
        seed: int = 0,
        on_progress: OnProgress | None = None,
        clock: Clock = time.perf_counter,
    ) -> None:
        self._send = Sender(gateway, model, clock)
        self._asking = asking
        self._seed = seed
        self._on_progress = on_progress
        self._clock = clock
        self._loads = 0

    @property
    def about(self) -> str:
        """What is asked, in words."""
        return self._asking.about

    async def __call__(self, load: Load, *, one_token: bool) -> Measured:
        """Puts a load on the model.

        Raises:
            Unfinished: It does not answer the requests that come before the first load.
        """
        if self._loads == 0 and isinstance(self._asking, Lengths):
            self._asking = await fitted(self._asking, self._send, self._clock)
        self._loads += 1
        requests = self._asking.requests(self._seed * _SEEDS + self._loads, one_token=one_token)
        return await put_on(load, self._send, requests, self._clock, self._on_progress)
