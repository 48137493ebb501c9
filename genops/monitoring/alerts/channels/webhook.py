"""``webhook``: the message as JSON, posted to an address, signed where there is a secret."""

from __future__ import annotations

import json
import time

from pydantic import Field

from genops.monitoring.alerts.channels.channel import EnvironmentVariable, secret_of
from genops.monitoring.alerts.channels.web import WebAddress, WebChannel, post
from genops.monitoring.alerts.message import Message
from genops.monitoring.alerts.signature import HEADER, sign


class Webhook(WebChannel):
    """Posts the message as JSON and takes any answer of 2xx for accepted.

    The JSON is that of :func:`~genops.monitoring.alerts.message_schema`.

    Attributes:
        url: Where to.
        url_env: Name of the environment variable that holds it.
        secret_env: Name of the one that holds the secret to sign with.
        headers_env: Header to the name of the one that holds its value.
    """

    url: WebAddress | None = Field(None, alias="webhook")
    url_env: EnvironmentVariable | None = Field(None, alias="webhook_env")
    secret_env: EnvironmentVariable | None = None
    headers_env: dict[str, EnvironmentVariable] = Field(default_factory=dict)

    async def send(self, message: Message, *, late: bool = False) -> None:
        """Posts it; the body is the same in every attempt."""
        body = json.dumps(message.body(), separators=(",", ":"), allow_nan=False).encode()
        headers = {name: secret_of(variable) for name, variable in self.headers_env.items()}
        headers["Idempotency-Key"] = message.id
        if self.secret_env is not None:
            headers[HEADER] = sign(secret_of(self.secret_env), body, time.time())
        await post(self.address(), body, headers, self.timeout)
