"""Channels: how people are told, one kind a file, registered by the key that selects it.

The whole contract of a kind of channel:

* It is a pydantic model that extends :class:`Channel`. A field has the kind's name, or has it as its alias: the key by
  which a definition selects the kind. The other fields are settings.
* :meth:`Channel.send` returns when the message was accepted, and raises :class:`NotAccepted` (or any other error) when
  it was not. It ends within ``timeout`` seconds, and leaves nothing behind that runs on.
* The message may have been sent before: the message's id is the same then, and is handed on where the receiver can tell
  repetitions by it.
* Secrets are named by environment variables and read when they are needed. Neither they nor an address with one in it
  are in the definition, an error or a log.
* Texts in a message are data (:mod:`genops.monitoring.alerts.harmless`).
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, WithJsonSchema

from genops.errors import Unfinished, UsageError
from genops.monitoring.alerts.message import Message
from genops.monitoring.durations import seconds_of

EnvironmentVariable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
TIMEOUT = 15.0
LONGEST = 300.0
Timeout = Annotated[
    float,
    Field(gt=0, le=LONGEST),
    BeforeValidator(seconds_of),
    WithJsonSchema({"anyOf": [{"type": "number", "exclusiveMinimum": 0, "maximum": LONGEST}, {"type": "string"}]}),
]


class NotAccepted(Unfinished):
    """A message was not accepted.

    Args:
        message: Why, in a line that holds no secret.
        refused: Whether the receiver said that this very message will not do, so that it is tried again seldom.
        retry_after: Seconds that the receiver asked to wait.
        remaining: Those of several recipients who have not accepted it, where some have.
    """

    def __init__(
        self,
        message: str,
        *,
        refused: bool = False,
        retry_after: float | None = None,
        remaining: tuple[str, ...] = (),
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.refused = refused
        self.retry_after = retry_after
        self.remaining = remaining


class Channel(BaseModel, ABC):
    """A way to tell people.

    Attributes:
        timeout: Seconds for one attempt, everything included.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    timeout: Timeout = TIMEOUT
    _root: Path = PrivateAttr(default_factory=Path)

    @abstractmethod
    async def send(self, message: Message, *, late: bool = False) -> None:
        """Makes one attempt.

        Args:
            message: What is told.
            late: Whether the state has changed since the message was written.

        Raises:
            NotAccepted: The receiver did not take it, or cannot be reached.
            UsageError: An environment variable is not set.
        """

    def at(self, root: Path) -> Channel:
        """The channel in a project.

        Args:
            root: The project's folder.
        """
        self._root = root
        return self


def secret_of(name: str) -> str:
    """The value of an environment variable.

    Raises:
        UsageError: It is not set, or empty.
    """
    value = os.environ.get(name, "")
    if not value:
        raise UsageError(f"the environment variable {name} is not set")
    return value
