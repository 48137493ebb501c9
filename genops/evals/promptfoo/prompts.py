"""Prompts as templates."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genops.errors import GenopsError
from genops.evals.promptfoo.files import Files
from genops.evals.promptfoo.notes import Notes
from genops.evals.promptfoo.templates import variables_of
from genops.syntax import read_text, read_yaml

_ROLES = frozenset({"system", "user", "assistant"})
_MADE_MESSAGES = re.compile(r"""\s*(\[\s*({[%{#].*?)?{\s*["']role["']\s*:|- role:)""", re.DOTALL)
_SEPARATOR = re.compile(r"^---\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FoundPrompt:
    """A prompt of a configuration.

    Attributes:
        label: By which people know it; empty for none.
        body: Of the template.
        reads: The variables in it.
    """

    label: str
    body: str
    reads: frozenset[str]


@dataclass(frozen=True, slots=True)
class PromptReader:
    """Reads ``prompts``.

    Attributes:
        files: Reads references.
        notes: What becomes of prompts that are no templates.
    """

    files: Files
    notes: Notes

    def all(self, raw: Any) -> list[FoundPrompt]:
        """The prompts, in order; without any, the variable ``prompt`` is passed on."""
        if raw is None:
            raw = ["{{prompt}}"]
        items: list[tuple[Any, str]] = []
        if isinstance(raw, dict) and not {"id", "raw"} & raw.keys():
            items = [(path, str(label)) for path, label in raw.items()]  # the older notation: path to label
        else:
            items = [(item, "") for item in (raw if isinstance(raw, list) else [raw])]
        return [found for item, label in items for found in self._of_item(item, label)]

    def _of_item(self, item: Any, label: str) -> list[FoundPrompt]:
        if isinstance(item, dict):
            for key in sorted(item.keys() - {"id", "label", "raw"}):
                self.notes.leave(f"prompt {item.get('label') or item.get('id')}", f"`{key}`")
            text = item.get("raw") or item.get("id") or ""
            return self._of_item(text, str(item.get("label") or ""))
        if not isinstance(item, str):
            self.notes.leave(f"prompt {str(item)[:60]}", "it is no text")
            return []
        named = self.files.refers(item) or (
            len(item) < 300 and "\n" not in item and "{{" not in item and self.files.has(item)
        )
        if re.match(r"[a-z]+://", item) and not named:
            self.notes.leave(f"prompt {item}", "it is kept somewhere else")
            return []
        if not named:
            return self._made(item, label, item[:40])
        if self.files.is_script(item):
            self.notes.leave(f"prompt {item}", "it is made by a script")
            return []
        return [found for path in self.files.paths(item) for found in self._of_file(path, label)]

    def _of_file(self, path: Path, label: str) -> list[FoundPrompt]:
        text = read_text(path, "prompt")
        match path.suffix.lower():
            case ".csv":
                rows = csv.DictReader(text.splitlines(keepends=True))
                return [
                    found
                    for row in rows
                    for found in self._made(row.get("prompt") or "", row.get("label") or label, path.name)
                ]
            case ".json":
                return self._made(text, label or path.stem, path.name)
            case ".yaml" | ".yml":
                return self._made(json.dumps(self.files.data(path), ensure_ascii=False), label or path.stem, path.name)
        parts = [part.strip("\n") for part in _SEPARATOR.split(text) if part.strip()]
        labels = (
            [label or path.stem] if len(parts) == 1 else [f"{label or path.stem}_{n + 1}" for n in range(len(parts))]
        )
        return [found for part, name in zip(parts, labels, strict=True) for found in self._made(part, name, path.name)]

    def _made(self, text: str, label: str, shown: str) -> list[FoundPrompt]:
        body = self._chat(text, shown) if text.lstrip().startswith(("[", "- role:")) else text
        if body is None:
            return []
        reads = variables_of(body)
        if reads is None:
            self.notes.leave(f"prompt {shown!r}", "it is no template of Jinja2 (a filter or tag of Nunjucks alone)")
            return []
        if "env" in reads:
            self.notes.leave(f"prompt {shown!r}", "it reads the environment")
            return []
        return [FoundPrompt(label, body.strip("\n") + "\n", frozenset(reads))]

    def _chat(self, text: str, shown: str) -> str | None:
        """A list of messages in JSON or YAML as a template with roles; text that is none as it is."""
        try:
            messages = json.loads(text) if text.lstrip()[0] == "[" else read_yaml(text, "prompt").data
        except (ValueError, RecursionError, GenopsError):
            if _MADE_MESSAGES.match(text):
                self.notes.leave(f"prompt {shown!r}", "its messages are a list only once the template is filled in")
                return None
            return text
        if not all(isinstance(message, dict) for message in messages):
            return text
        blocks = []
        for message in messages:
            role, content = message.get("role"), message.get("content")
            if not isinstance(role, str) or role not in _ROLES or not isinstance(content, str):
                self.notes.leave(f"prompt {shown!r}", f"a message of role {role} with {type(content).__name__} content")
                return None
            blocks.append(f'{{% message "{role}" %}}\n{content}\n{{% endmessage %}}')
        return "\n".join(blocks)
