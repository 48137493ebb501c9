"""Alerts: rules on figures, where they stand, and messages that are kept until they are accepted."""

from genops.monitoring.alerts.channels import Channel, NotAccepted, channels_schema, parse_channels
from genops.monitoring.alerts.delivery import Outbox, Tally, write
from genops.monitoring.alerts.given import Given
from genops.monitoring.alerts.message import Example, Message, message_schema
from genops.monitoring.alerts.rule import Rule, parse_rule, parse_rules, rule_schema
from genops.monitoring.alerts.signature import sign, verify_signature
from genops.monitoring.alerts.state import Notice, look, retire, seen

__all__ = [
    "Channel",
    "Example",
    "Given",
    "Message",
    "NotAccepted",
    "Notice",
    "Outbox",
    "Rule",
    "Tally",
    "channels_schema",
    "look",
    "message_schema",
    "parse_channels",
    "parse_rule",
    "parse_rules",
    "retire",
    "rule_schema",
    "seen",
    "sign",
    "verify_signature",
    "write",
]
