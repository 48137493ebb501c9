"""After a failed attempt: how long to wait for the next one, and what to do after the last."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from genops.errors import ModelError, ModelRefused, ModelTimeout, RateLimited, ServerFailed, StreamBroken
from genops.models.types import Model

FIRST_DELAY = 0.5
MAX_DELAY = 30.0
MAX_RETRY_AFTER = 300.0
_ADVICE: dict[type[ModelError], str] = {
    ModelRefused: "trying again does not help: see what the server refuses, and correct the alias or the template",
    RateLimited: "wait, or lower `limits.requests_per_minute` of the alias",
    ServerFailed: "try again later, raise `limits.retries` of the alias, or give the step a `fallback`",
    StreamBroken: "try again; if it happens often, raise `limits.retries` of the alias or give the step a `fallback`",
    ModelTimeout: "raise `limits.timeout` of the alias, or ask for a shorter answer",
}
_EMBEDDER_ADVICE: dict[type[ModelError], str] = {
    ModelRefused: "trying again does not help: see what the server refuses, and correct the embedder in the settings",
    RateLimited: "try again later",
    ServerFailed: "try again later",
    StreamBroken: "try again later",
    ModelTimeout: "try again later, or give the embedder a smaller `batch`",
}


def backoff(attempt: int, retry_after: float | None, rng: random.Random) -> float:
    """Seconds to wait after the failed attempt number ``attempt`` (from 0).

    Exponential with full jitter (Brooker 2015, "Exponential Backoff and Jitter"), on top of what the server asked for,
    which is believed up to five minutes.
    """
    jitter = rng.uniform(0.0, min(MAX_DELAY, FIRST_DELAY * 2.0 ** min(attempt, 16)))
    return min(retry_after or 0.0, MAX_RETRY_AFTER) + jitter


def parse_retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds that a ``Retry-After`` header (RFC 9110, 10.2.3) asks for; None when it is neither number nor date."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            date = parsedate_to_datetime(value)
        except (ValueError, OverflowError):  # the second where a number is beyond a C integer
            return None
        date = date if date.tzinfo else date.replace(tzinfo=UTC)
        seconds = (date - (now or datetime.now(UTC))).total_seconds()
    return max(0.0, seconds) if seconds == seconds else None


def advice(error: ModelError, model: Model) -> str | None:
    """What to do about a call that failed for good, where the failure itself does not say."""
    known = _ADVICE if model.table == "models" else _EMBEDDER_ADVICE
    return error.hint or known.get(type(error))
