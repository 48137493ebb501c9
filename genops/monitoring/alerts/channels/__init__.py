"""Channels by which people are told: webhook, Slack, mail, Alertmanager, apprise, a command."""

from genops.monitoring.alerts.channels.channel import Channel, NotAccepted, secret_of
from genops.monitoring.alerts.channels.parsing import channels_schema, parse_channel, parse_channels

__all__ = ["Channel", "NotAccepted", "channels_schema", "parse_channel", "parse_channels", "secret_of"]
