"""``genops drift tests`` and ``genops drift descriptors``: what a check may ask."""

from __future__ import annotations

from typing import Any

import typer

from genops.cli.options import AsJson
from genops.cli.output import listing
from genops.cli.project import opened


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("tests")(list_tests)
    app.command("descriptors")(list_descriptors)


def list_tests(as_json: AsJson = False) -> None:
    """List the two-sample tests that a check may name, those of plug-ins included."""
    from genops.drift.two_sample import find_test
    from genops.plugins import registry

    with opened():
        tests = [find_test(name) for name in registry.names("test")]
    rows: list[dict[str, Any]] = [
        {"name": test.name, "of": test.of, "settings": ", ".join(test.settings), "description": test.description}
        for test in tests
    ]
    listing(("name", "of", "settings", "description"), rows, as_json=as_json)


def list_descriptors(as_json: AsJson = False) -> None:
    """List the descriptors of texts that a check looks at, those of plug-ins included."""
    from genops.drift.descriptor import find_descriptor
    from genops.plugins import registry

    with opened():
        descriptors = [find_descriptor(name) for name in registry.names("descriptor")]
    rows: list[dict[str, Any]] = [
        {"name": one.name, "of": one.of, "unit": one.unit, "description": one.description} for one in descriptors
    ]
    listing(("name", "of", "unit", "description"), rows, as_json=as_json)
