"""``slack``: an incoming webhook of Slack, or of what understands its JSON (Mattermost, Rocket.Chat, Discord)."""

from __future__ import annotations

import json
from typing import Any

from pydantic import Field

from genops.monitoring.alerts.channels.channel import EnvironmentVariable
from genops.monitoring.alerts.channels.web import WebAddress, WebChannel, post
from genops.monitoring.alerts.message import Message
from genops.monitoring.alerts.wording import example_lines, headline, link_lines, paragraphs


class Slack(WebChannel):
    """Posts ``{"text": …}`` in Slack's mrkdwn.

    Attributes:
        url: Where to.
        url_env: Name of the environment variable that holds it: of Slack's own webhooks the address is the secret.
    """

    url: WebAddress | None = Field(None, alias="slack")
    url_env: EnvironmentVariable | None = Field(None, alias="slack_env")

    async def send(self, message: Message, *, late: bool = False) -> None:
        """Posts it."""
        body = json.dumps(slack_json(message, late)).encode()
        await post(self.address(), body, {"Idempotency-Key": message.id}, self.timeout)


def slack_json(message: Message, late: bool = False) -> dict[str, Any]:
    """The message as Slack takes it: one text, which works everywhere; nothing in it is a link or a mention."""
    lines = [f"*{_plain(headline(message))}*", *map(_escaped, paragraphs(message, late))]
    if message.examples:
        lines += ["For example:", *(f"• {_plain(line)}" for line in example_lines(message))]
    lines += [f"`{_escaped(line).replace('`', ' ')}`" for line in link_lines(message)]
    return {"text": "\n".join(lines), "mrkdwn": True, "link_names": False, "unfurl_links": False, "unfurl_media": False}


def _escaped(text: str) -> str:
    """The three characters that Slack's markup gives a meaning, as its reference wants them."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(text: str) -> str:
    """Escaped text in which nothing is bold, struck out or code."""
    return _escaped(text).translate({ord(mark): f"\u200b{mark}\u200b" for mark in "*~`"})
