"""Tests as cases: variables with every combination of their lists, and assertions."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from genops.errors import DefinitionError
from genops.evals.promptfoo.files import Files
from genops.evals.promptfoo.kinds import KINDS, WITHOUT_EQUAL
from genops.evals.promptfoo.notes import Notes
from genops.evals.promptfoo.shape import listed, mapping
from genops.evals.promptfoo.templates import rendered

_KNOWN = frozenset({"description", "vars", "assert", "threshold", "options", "metadata"})
_MEDIA = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".pdf", ".mp3", ".wav", ".mp4", ".webm")
_DATA = (".yaml", ".yml", ".json")
_TYPED = re.compile(
    r"(?P<type>(?:not-)?[a-z][a-z-]*)(?:\((?P<threshold>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)\))?(?::\s*(?P<value>.*))?",
    re.DOTALL,
)
_SHORT = {"fn": "javascript", "eval": "javascript", "grade": "llm-rubric"}
_OF_ROWS = {"answer-relevance": 0.75, "context-faithfulness": 0.75, "context-recall": 0.75, "similar": 0.8}
"""Thresholds of assertions in a row of CSV that names none, where those are not the ones of YAML."""
_COMBINATIONS = 100_000


@dataclass(frozen=True, slots=True)
class FoundTest:
    """A test of a configuration, one combination of its variables.

    Attributes:
        vars: By name.
        asserts: As promptfoo has them, beside those of ``defaultTest``.
        description: For people.
        metadata: Whatever is known.
    """

    vars: Mapping[str, Any]
    asserts: list[Any] = field(default_factory=list)
    description: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TestReader:
    """Reads ``tests`` and ``scenarios``.

    Attributes:
        files: Reads references.
        notes: What becomes of what tests cannot be here.
        defaults: Variables and metadata of ``defaultTest``.
    """

    files: Files
    notes: Notes
    defaults: Mapping[str, Any]

    def all(self, tests: Any, scenarios: Any) -> Iterator[FoundTest]:
        """The tests, in order."""
        for raw in self._listed(tests):
            yield from self._combined(raw)
        for raw in listed(self.files.loaded(scenarios), "`scenarios`"):
            scenario = mapping(raw, "a scenario")
            configs = list(self._listed(scenario.get("config")))
            for config, test in product(configs, self._listed(scenario.get("tests"))):
                both = {**mapping(config.get("vars"), "`vars`"), **mapping(test.get("vars"), "`vars`")}
                asserts = [*listed(config.get("assert"), "`assert`"), *listed(test.get("assert"), "`assert`")]
                yield from self._combined({**config, **test, "vars": both, "assert": asserts})

    def _listed(self, raw: Any) -> Iterator[dict[str, Any]]:
        """Tests as mappings, those of files read."""
        for item in raw if isinstance(raw, list) else [] if raw is None else [raw]:
            if isinstance(item, dict) and "path" in item:
                for key in sorted(map(str, item.keys() - {"path"})):
                    self.notes.leave(f"tests {item['path']}", f"`{key}`")
                item = item["path"]
            if isinstance(item, dict):
                yield item
            elif not isinstance(item, str):
                self.notes.leave(f"test {str(item)[:60]}", "it is no test")
            elif self.files.is_script(item):
                self.notes.leave(f"tests {item}", "they are made by a script")
            elif "://" in item and not self.files.refers(item):
                self.notes.leave(f"tests {item}", "they are not in a file")
            else:
                for path in self.files.paths(item):
                    yield from self._of_file(path)

    def _of_file(self, path: Path) -> Iterator[dict[str, Any]]:
        found = self.files.data(path)
        if path.suffix.lower() == ".csv":
            yield from (self._of_row(row) for row in found)
        elif isinstance(found, str):
            self.notes.leave(f"tests {path.name}", "neither YAML, JSON, JSON Lines nor CSV")
        else:
            yield from self._listed(found)

    def _of_row(self, row: Mapping[str, str]) -> dict[str, Any]:
        """A row of CSV: its columns are variables, but for those with two underscores before them."""
        test: dict[str, Any] = {"vars": {}, "assert": [], "metadata": {}}
        for column, text in row.items():
            if not column.startswith("__"):
                test["vars"][column] = text
            elif re.fullmatch(r"__expected\d*", column) and text:
                test["assert"].append(self._typed(text))
            elif column == "__description":
                test["description"] = text
            elif column.startswith("__metadata:"):
                name = column.removeprefix("__metadata:")
                value = [part.strip() for part in re.split(r"(?<!\\),", text)] if name.endswith("[]") else text
                test["metadata"][name.removesuffix("[]")] = value
            elif text:
                self.notes.leave(f"column {column}", "it has no equal")
        return test

    def _typed(self, text: str) -> dict[str, Any]:
        """``contains: Paris``, ``similar(0.8): …``, ``is-json``, or text that the output equals."""
        found = _TYPED.fullmatch(text.strip())
        kind = _SHORT.get(found["type"], found["type"]) if found else ""
        if found is None or kind.removeprefix("not-") not in KINDS.keys() | WITHOUT_EQUAL:
            return {"type": "equals", "value": text}
        value = found["value"]
        threshold = float(found["threshold"]) if found["threshold"] else _OF_ROWS.get(kind)
        limit = {} if threshold is None else {"threshold": threshold}
        return {"type": kind, **({} if value is None else {"value": value}), **limit}

    def _combined(self, raw: Mapping[str, Any]) -> Iterator[FoundTest]:
        shown = str(raw.get("description") or raw.get("vars"))[:60]
        for key in sorted(raw.keys() - _KNOWN):
            self.notes.leave(f"test {shown}", f"`{key}`")
        if raw.get("threshold") is not None:
            self.notes.leave(f"test {shown}", "`threshold` over its assertions")
        options = mapping(raw.get("options"), "`options` of a test")
        for key in sorted(options.keys() - {"disableVarExpansion"}):
            self.notes.leave(f"test {shown}", f"`options.{key}`")
        given = {**self._default("vars"), **mapping(self.files.loaded(raw.get("vars")), "`vars` of a test")}
        whole = {**self._default("options"), **options}.get("disableVarExpansion")
        values = {name: [value] if whole else self._values(value, f"test {shown}") for name, value in given.items()}
        metadata = {**self._default("metadata"), **mapping(raw.get("metadata"), "`metadata` of a test")}
        asserts = listed(raw.get("assert"), "`assert` of a test")
        if math.prod(map(len, values.values())) > _COMBINATIONS:
            raise DefinitionError(f"test {shown}: its variables have more than {_COMBINATIONS:,} combinations")
        for combination in product(*values.values()):
            chosen = dict(zip(values, combination, strict=True))
            filled = {name: _filled(value, chosen) for name, value in chosen.items()}
            yield FoundTest(filled, asserts, str(raw.get("description") or ""), metadata)

    def _default(self, key: str) -> dict[str, Any]:
        return mapping(self.defaults.get(key), f"`{key}` of `defaultTest`")

    def _values(self, value: Any, where: str) -> list[Any]:
        """What a variable may be: each text of a list, or of files; a list that begins with none is one value."""
        if isinstance(value, list):
            if not value or not isinstance(value[0], str):
                return [value]
            return [one for item in value for one in ([item] if isinstance(item, list) else self._values(item, where))]
        if not self.files.refers(value):
            return [value]
        if self.files.is_script(value) or value.lower().endswith(_MEDIA):
            self.notes.leave(where, f"the variable {value}")
            return [value]
        paths = self.files.paths(value)
        return [self.files.data(path) if path.suffix in _DATA else self.files.text(str(path)) for path in paths]


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    """A variable with the other variables that stand in it."""
    if not isinstance(value, str) or "{{" not in value:
        return value
    filled = rendered(value, values)
    return value if filled is None else filled
