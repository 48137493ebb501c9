"""Channels as a definition makes them, and certificates for the servers that they speak to."""

import ssl
from pathlib import Path

from genops.chains import Parsing
from genops.monitoring.alerts.channels import parse_channel
from genops.syntax import YamlFile


def channel_of(entry, root=Path()):
    """A channel."""
    return parse_channel("ops", entry, Parsing(YamlFile({"ops": entry}, "live.yaml")), Path(root))


def at(kind, url, monkeypatch, **settings):
    """A channel whose address is in the environment."""
    monkeypatch.setenv("ADDRESS", url)
    return channel_of({f"{kind}_env": "ADDRESS", **settings})


def server_tls(authority, name):
    """A server's TLS by an authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context
