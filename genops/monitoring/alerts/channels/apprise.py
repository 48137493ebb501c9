"""``apprise``: whatever the apprise package knows (``pip install 'genops[alerts]'``)."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from genops.chains.own_thread import in_own_thread
from genops.errors import UsageError
from genops.monitoring.alerts.channels.channel import EnvironmentVariable, NotAccepted, secret_of
from genops.monitoring.alerts.channels.web import WebChannel
from genops.monitoring.alerts.harmless import one_line
from genops.monitoring.alerts.message import Message
from genops.monitoring.alerts.wording import headline, plain_text
from genops.store.records.alerts import AlertState

if TYPE_CHECKING:
    from types import ModuleType

_TYPES: dict[AlertState, str] = {"ok": "success", "warning": "warning", "alert": "failure", "no data": "info"}


def _checked(url: str) -> str:
    """The address, where apprise knows it and has nothing in it to hide."""
    from genops.tracing.redaction import find_secrets

    try:
        target = _target(url)
    except (UsageError, NotAccepted) as error:
        raise PydanticCustomError("channel_address", "{problem}", {"problem": error.message}) from None
    if target.url(privacy=True) != target.url(privacy=False) or find_secrets(url):
        problem = (
            "the address holds a credential: put it into an environment variable, and its name under `apprise_env`"
        )
        raise PydanticCustomError("channel_address", "{problem}", {"problem": problem})
    return url


AppriseAddress: TypeAlias = Annotated[str, AfterValidator(_checked)]


class Apprise(WebChannel):
    """Hands the message to apprise as plain text.

    Attributes:
        url: An apprise URL in which nothing is secret.
        url_env: Name of the environment variable that holds it otherwise.
    """

    url: AppriseAddress | None = Field(None, alias="apprise")
    url_env: EnvironmentVariable | None = Field(None, alias="apprise_env")

    async def send(self, message: Message, *, late: bool = False) -> None:
        """Hands it over, in a thread of its own: apprise waits for its servers."""
        url = self.url if self.url is not None else secret_of(str(self.url_env)).strip()
        try:
            async with asyncio.timeout(self.timeout):
                told = await in_own_thread(_tell, url, headline(message), plain_text(message, late), message.state)
        except TimeoutError:
            raise NotAccepted(f"apprise did not end within {self.timeout:g} s") from None
        if told is not None:
            raise NotAccepted(f"apprise could not deliver it{told}")


def _tell(url: str, title: str, text: str, state: AlertState) -> str | None:
    """None where it was delivered; else what apprise says, without the address."""
    apprise = _apprise()
    targets = apprise.Apprise()
    targets.add(_target(url))
    with apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as captured:
        if targets.notify(body=text, title=title, notify_type=_TYPES[state], body_format="text"):
            return None
        lines = captured.getvalue().strip().splitlines()
    return f": {one_line(lines[-1].replace(url, '…'), 200)}" if lines else ""


def _target(url: str) -> Any:
    apprise = _apprise()
    with apprise.LogCapture(level=logging.WARNING):
        target = apprise.Apprise.instantiate(url, suppress_exceptions=True)
    if target is None:
        raise NotAccepted("it is no address that apprise knows")
    return target


def _apprise() -> ModuleType:
    try:
        import apprise
    except ImportError:
        raise UsageError("the package apprise is not installed: pip install 'genops[alerts]'") from None
    return apprise
