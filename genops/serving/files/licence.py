"""The licence that a model's files state."""

from __future__ import annotations

import re
from pathlib import Path

_FILES = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "LICENCE.txt", "USE_POLICY.md")
_KNOWN = (
    ("apache license", "apache-2.0"),
    ("mit license", "mit"),
    ("llama 3.1 community license", "llama3.1"),
    ("llama 3.2 community license", "llama3.2"),
    ("llama 3.3 community license", "llama3.3"),
    ("llama 4 community license", "llama4"),
    ("llama 3 community license", "llama3"),
    ("gemma terms of use", "gemma"),
    ("attribution-noncommercial", "cc-by-nc-4.0"),
)
FREE = frozenset({"apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "unlicense", "isc", "cc-by-4.0"})
"""Licences under which a model may be used for anything."""


def licence_of(folder: Path) -> str | None:
    """The licence by its identifier on the hub: of the README's front matter, else recognised by its file's text.

    Returns:
        ``"other"`` for a file whose text is not known; None when nothing is stated.
    """
    readme = folder / "README.md"
    if readme.is_file():
        stated = _front_matter(readme.read_text(encoding="utf-8", errors="replace"))
        if stated:
            return stated
    for name in _FILES:
        path = folder / name
        if path.is_file():
            text = " ".join(path.read_text(encoding="utf-8", errors="replace")[:4000].lower().split())
            return next((known for words, known in _KNOWN if words in text), "other")
    return None


def _front_matter(text: str) -> str | None:
    found = re.match(r"---\s*\n(.*?)\n---", text, re.DOTALL)
    if found is None:
        return None
    lines = dict(re.findall(r"^(license|license_name):[ \t]*['\"]?([\w.+-]+)", found[1], re.MULTILINE))
    stated = lines.get("license")
    return lines.get("license_name", stated) if stated == "other" else stated
