"""A page made of its template, style and script, under a policy that allows nothing but these."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Callable, Sequence
from functools import cache, partial
from importlib.resources import files
from string import Template

_REPORT = ("quantities", "report", "plots", "table")
"""Scripts of reports, in their order."""


class Page:
    """One kind of page: ``NAME.html``, ``NAME.css`` and ``NAME.js`` of a package's ``assets``, over those of this one.

    ``NAME.html`` is what stands in the body, with places for whatever its maker fills in. The frame around it, the same
    for all, has the title, the style and the script, and their hashes for its Content-Security-Policy.

    Args:
        package: Where the assets are.
        name: Of the three files.
        parts: Names of scripts that come before its own.
        report: Whether it is a report: then the style of reports, with their plots and long tables, comes before both.
    """

    def __init__(self, package: str, name: str, parts: Sequence[str] = (), *, report: bool = False) -> None:
        self._template = _asset(__package__, "page.html").replace("$body", _asset(package, f"{name}.html"))
        shared = _REPORT if report else ()
        scripts = [_asset(__package__, f"{part}.js") for part in ("page", *shared)]
        scripts += [_asset(package, f"{part}.js") for part in (*parts, name)]
        self._script = "\n".join(scripts)
        styles = ("page.css", "report.css") if report else ("page.css",)
        self._style = "".join(_asset(__package__, style) for style in styles) + _asset(package, f"{name}.css")

    def filled(self, title: str, **content: str) -> str:
        """The whole page.

        Args:
            title: Any text.
            content: Of the template's other places: markup, or data by :func:`~genops.page.embedded`.
        """
        return Template(self._template).substitute(self._own(title), **content)

    def around(self, place: str, title: str) -> tuple[str, Callable[..., str]]:
        """The page for content that is written in parts: what stands before a place, and a function for what is after.

        Args:
            place: Name of the place, without its ``$``.
            title: Any text.

        Returns:
            The text before the place, and a function of the template's other places that gives the text behind it.
        """
        before, after = map(Template, self._template.split(f"${place}"))
        own = self._own(title)
        return before.substitute(own), partial(after.substitute, own)

    def _own(self, title: str) -> dict[str, str]:
        return {
            "title": html.escape(title.encode("utf-8", "replace").decode("utf-8")),
            "style": self._style,
            "style_hash": _hash(self._style),
            "script": self._script,
            "script_hash": _hash(self._script),
        }


@cache
def _asset(package: str, name: str) -> str:
    return (files(package) / "assets" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
