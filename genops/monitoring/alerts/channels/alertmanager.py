"""``alertmanager``: Prometheus' Alertmanager, by version 2 of its API (``POST /api/v2/alerts``).

Alertmanager knows an alert by its labels, of which the severity is one. So a state that takes another's place ends the
other: both are sent together. An alert that is not heard of for long is over: it ends by itself after three times the
rule's ``repeat``, or after a year where the rule has none.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

from pydantic import Field

from genops.monitoring.alerts.channels.channel import EnvironmentVariable
from genops.monitoring.alerts.channels.web import WebAddress, WebChannel, post
from genops.monitoring.alerts.message import Message
from genops.monitoring.alerts.wording import example_lines, headline, link_lines, paragraphs
from genops.store.records.alerts import AlertState

SEVERITIES: dict[AlertState, str] = {"alert": "critical", "warning": "warning", "no data": "info"}
_YEAR = 365 * 86_400.0
_REPEATS = 3


class Alertmanager(WebChannel):
    """Posts alerts and their end.

    Attributes:
        url: Of the server: ``http://alertmanager:9093``, with the path that it is served under where it has one.
        url_env: Name of the environment variable that holds it.
    """

    url: WebAddress | None = Field(None, alias="alertmanager")
    url_env: EnvironmentVariable | None = Field(None, alias="alertmanager_env")

    async def send(self, message: Message, *, late: bool = False) -> None:
        """Posts it."""
        address = re.sub(r"(/api/v2/alerts)?/*$", "", self.address()) + "/api/v2/alerts"
        body = json.dumps(alertmanager_json(message, late)).encode()
        await post(address, body, {"Idempotency-Key": message.id}, self.timeout)


def alertmanager_json(message: Message, late: bool = False) -> list[dict[str, Any]]:
    """The alerts that a message is about: the one that ends, where there is one, and the one that begins.

    Args:
        message: Which.
        late: Whether its state is over, so that nothing begins.
    """
    alerts = []
    if message.before in SEVERITIES and message.before != message.state:
        alerts.append(_alert(message, message.before, message.since, message.since))
    if message.state in SEVERITIES:
        ends = (
            message.at if late else _later(message.at, _YEAR if message.repeat is None else _REPEATS * message.repeat)
        )
        alerts.append(_alert(message, message.state, message.since, ends))
    return alerts


def _alert(message: Message, state: AlertState, starts: str, ends: str) -> dict[str, Any]:
    return {
        "labels": {
            "alertname": f"genops {message.figure.name}",
            "monitor": message.monitor,
            "rule": message.rule,
            "severity": SEVERITIES[state],
            **({"chain": message.chain} if message.chain else {}),
        },
        "annotations": {
            "summary": headline(message),
            "description": "\n".join([*paragraphs(message), *example_lines(message), *link_lines(message)]),
        },
        "startsAt": starts,
        "endsAt": ends,
    }


def _later(moment: str, seconds: float) -> str:
    later = datetime.fromisoformat(moment) + timedelta(seconds=seconds)
    return later.isoformat(timespec="milliseconds").replace("+00:00", "Z")
