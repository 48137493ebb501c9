"""The outbox: messages are written with the change that they tell, and sent until they are accepted.

A message is written in the same commit as the change of state, one for each channel, so that neither is there without
the other. An attempt first claims its message by putting it off: another process, or this one after a crash, makes the
next attempt when that time is over. So a message is sent at least once, and its id is the same each time.

After a failure the next attempt is made after 30 seconds, then after twice as long each time, up to an hour; of what
the receiver refuses for good (4xx other than 408, 425 and 429; SMTP 5xx) up to six hours. What a receiver asks to wait
(``Retry-After``) is waited, up to a day. Nothing is ever given up.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from genops.errors import GenopsError, StoreUnavailable
from genops.monitoring.alerts.channels import Channel, NotAccepted
from genops.monitoring.alerts.harmless import one_line
from genops.monitoring.alerts.message import Message, moment_text
from genops.monitoring.alerts.state import SECOND
from genops.store import Store
from genops.store.records.alerts import AlertRecord, DeliveryRecord

FIRST = 30.0
LONGEST = 3_600.0
LONGEST_REFUSED = 6 * 3_600.0
LONGEST_ASKED = 86_400.0
_MARGIN = 30.0
_AT_ONCE = 20
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of attempts.

    Attributes:
        accepted: Messages that were accepted.
        failed: Attempts that failed; the messages are kept.
    """

    accepted: int = 0
    failed: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.accepted + other.accepted, self.failed + other.failed)


def write(
    store: Store,
    before: Sequence[AlertRecord],
    alerts: Sequence[AlertRecord],
    messages: Mapping[str, Sequence[Message]],
    now: int,
) -> bool:
    """Writes where rules stand and the messages that follow from it, in one commit.

    Args:
        store: The project's.
        before: Where they stood; those that are in it alone are forgotten.
        alerts: Where they stand.
        messages: By the channel that they go to.
        now: In nanoseconds since the epoch.

    Returns:
        Whether it was written: not where another process looked at one of the rules meanwhile.
    """
    deliveries = [
        DeliveryRecord(one.id, one.monitor, one.rule, channel, one.body(), now, now)
        for channel, several in messages.items()
        for one in several
    ]
    return store.keep_alerts(before, alerts, deliveries)


def delay(attempts: int, failure: BaseException, rng: random.Random) -> float:
    """Seconds until the next attempt: exponential, the upper half of it by chance (Brooker 2015).

    Args:
        attempts: Made so far, 1 at least.
        failure: What became of the last one.
        rng: What jitter is drawn from.
    """
    refused = isinstance(failure, NotAccepted) and failure.refused
    asked = (failure.retry_after if isinstance(failure, NotAccepted) else None) or 0.0
    most = min(LONGEST_REFUSED if refused else LONGEST, FIRST * 2.0 ** min(attempts - 1, 30))
    return max(rng.uniform(most / 2, most), min(asked, LONGEST_ASKED))


class Outbox:
    """Sends the messages of a monitor; each channel on its own, so that one that hangs holds up no other.

    Args:
        store: The project's.
        monitor: Name of the monitor.
        channels: By name.
        clock: Nanoseconds since the epoch.
        rng: What jitter is drawn from.
    """

    def __init__(
        self,
        store: Store,
        monitor: str,
        channels: Mapping[str, Channel],
        *,
        clock: Callable[[], int] = time.time_ns,
        rng: random.Random | None = None,
    ) -> None:
        self._store, self._monitor, self._channels, self._clock = store, monitor, dict(channels), clock
        self._rng = rng or random.Random()
        self._failing: set[str] = set()

    async def deliver(self) -> Tally:
        """Makes an attempt at every message that is due.

        Raises:
            StoreError: The store cannot be read or written; messages that were sent may be sent again.
        """
        return sum(await asyncio.gather(*map(self._drain, self._channels)), Tally())

    async def run(self, every: float = 5.0) -> None:
        """Delivers until it is cancelled. A store that is away for now is waited for.

        Args:
            every: Seconds between looks at what is due.
        """
        tasks = [asyncio.create_task(self._attend(name, every)) for name in self._channels]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    async def _attend(self, name: str, every: float) -> None:
        away = False
        while True:
            try:
                await self._drain(name)
                away = False
            except StoreUnavailable as error:
                _log.log(logging.DEBUG if away else logging.WARNING, "no alerts to %s for now: %s", name, error.message)
                away = True
            await asyncio.sleep(every)

    async def _drain(self, name: str) -> Tally:
        """Sends what is due at a channel, oldest first, as long as the channel works.

        Where an attempt fails for another reason than the message, the others wait for the next time: they would hang
        one after another.
        """
        tally = Tally()
        while True:
            due = await asyncio.to_thread(
                self._store.deliveries, self._clock(), monitor=self._monitor, channel=name, limit=_AT_ONCE
            )
            for record in due:
                if not await self._is_claimed(record, self._channels[name]):
                    continue
                failure = await self._attempt(record, self._channels[name])
                tally += Tally(accepted=1) if failure is None else Tally(failed=1)
                if failure is not None and not (isinstance(failure, NotAccepted) and failure.refused):
                    return tally
            if len(due) < _AT_ONCE:
                return tally

    async def _attempt(self, record: DeliveryRecord, channel: Channel) -> Exception | None:
        """Makes an attempt at a message that is claimed; why it failed, or None."""
        try:
            message = Message.from_body(record.body)
            late = await asyncio.to_thread(self._is_late, message)
            async with asyncio.timeout(channel.timeout + _MARGIN / 2):
                await channel.send(message, late=late)
        except Exception as error:  # whatever a channel does, the message is kept and the others are told
            await self._failed(record, error)
            return error
        self._failing.discard(record.channel)
        await asyncio.to_thread(self._store.change_delivery, record.id, accepted=self._clock(), error="")
        return None

    async def _is_claimed(self, record: DeliveryRecord, channel: Channel) -> bool:
        """Whether the next attempt at a message is this process's."""
        until = self._clock() + int((channel.timeout + _MARGIN) * SECOND)
        return await asyncio.to_thread(self._store.claim_delivery, record.id, record.due, until)

    async def _failed(self, record: DeliveryRecord, error: Exception) -> None:
        due = self._clock() + int(delay(record.attempts + 1, error, self._rng) * SECOND)
        values = {"due": due, "error": _reason(error)}
        level = logging.DEBUG if record.channel in self._failing else logging.WARNING
        self._failing.add(record.channel)
        _log.log(
            level,
            "channel %s has not accepted the message of %r: %s; it is kept and tried again (genops monitor deliveries)",
            record.channel,
            record.rule,
            values["error"],
        )
        if isinstance(error, NotAccepted) and error.remaining:
            values["body"] = {**record.body, "recipients": list(error.remaining)}
        await asyncio.to_thread(self._store.change_delivery, record.id, **values)

    def _is_late(self, message: Message) -> bool:
        """Whether the rule's state is another by now, or the rule is gone."""
        known = next((one for one in self._store.alerts(message.monitor) if one.rule == message.rule), None)
        if known is None:
            return message.state != "ok"
        return known.state != message.state or moment_text(known.since) != message.since


def _reason(error: Exception) -> str:
    if isinstance(error, GenopsError):
        return one_line(f"{error.message} ({error.hint})" if error.hint else error.message, 500)
    return one_line(f"{type(error).__name__}: {error}", 500)
