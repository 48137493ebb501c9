"""Assertions as entries of a suite's ``scorers``."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from genops.errors import DefinitionError
from genops.evals.promptfoo.files import Files
from genops.evals.promptfoo.kinds import DIFFERENT, KINDS, Assertion, Entry, NoEqual
from genops.evals.promptfoo.notes import Notes
from genops.evals.promptfoo.providers import Providers
from genops.evals.promptfoo.shape import listed
from genops.evals.promptfoo.templates import renamed_in, variables_in
from genops.evals.rules import OVERALL, PASSED
from genops.evals.use import ScorerUse, parse_use, python_parsing

_PLAIN = frozenset({"type", "value", "threshold", "weight", "provider", "metric"})


@dataclass
class AssertionReader:
    """Makes entries of a suite's ``scorers``.

    Attributes:
        files: Reads references.
        providers: Makes aliases of the models that grade.
        notes: What becomes of what has no equal.
        templates: ``assertionTemplates`` of the configuration.
        names: Of variables here, by those of the configuration.
        texts: Variables that are text in every test.
        reads: Variables that the templates of assertions read; grows.
    """

    files: Files
    providers: Providers
    notes: Notes
    templates: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    texts: Collection[str] = ()
    reads: set[str] = field(default_factory=set)

    def entries(self, raw: Iterable[Any], taken: Iterable[str] = ()) -> list[Entry]:
        """The entries of a list of assertions, each with a name of its own.

        Args:
            raw: As promptfoo has them.
            taken: Names that other entries have.
        """
        names, entries = {PASSED, OVERALL, *taken}, list[Entry]()
        for item in self._flat(raw):
            entry = self._entry(item)
            if entry is None:
                continue
            wanted = str(item.get("metric") or "").strip() or next(iter(entry))
            name, number = wanted, 1
            while name in names:
                number += 1
                name = f"{wanted}_{number}"
            names.add(name)
            entries.append(entry if name == next(iter(entry)) else {**entry, "name": name})
        return entries

    def _flat(self, raw: Iterable[Any]) -> Iterable[Mapping[str, Any]]:
        """Assertions with references followed, and sets taken apart."""
        for item in raw:
            if isinstance(item, dict) and isinstance(item.get("$ref"), str):
                item = self.templates.get(item["$ref"].rpartition("/")[2], item)
            if not isinstance(item, dict) or not isinstance(item.get("type"), str):
                self.notes.leave(f"assertion {str(item)[:60]}", "it has no type that is known")
            elif item["type"] == "assert-set" and item.get("threshold") is None:
                for key in sorted(map(str, item.keys() - {"type", "assert", "threshold"})):
                    self.notes.leave("assertion assert-set", f"`{key}`")
                yield from self._flat(listed(item.get("assert"), "`assert` of a set"))
            else:
                yield item

    def _entry(self, item: Mapping[str, Any]) -> Entry | None:
        kind = item["type"]
        plain = kind.removeprefix("not-")
        where = f"assertion {kind}"
        try:
            if plain not in KINDS:
                raise NoEqual("it has no equal")
            _refuse_no_number(item)
            given = self._value(item.get("value"))
            value = renamed_in(given, self.names, self.texts)
            entry = KINDS[plain](Assertion(value, item.get("threshold"), kind != plain))
            entry |= _weight(item)
            entry |= self._model(item, where, _use(entry))
            self.reads.update(variables_in(given))
        except (NoEqual, ValueError, TypeError) as error:
            self.notes.leave(f"{where}: {str(item.get('value') or '')[:60]}".rstrip(": "), str(error))
            return None
        for key in sorted(item.keys() - _PLAIN):
            self.notes.leave(where, f"`{key}`")
        if plain in DIFFERENT:
            self.notes.change(where, DIFFERENT[plain])
        return entry

    def _model(self, item: Mapping[str, Any], where: str, use: ScorerUse) -> Entry:
        """The model that grades, where one is named."""
        if item.get("provider") is None:
            return {}
        if "model" not in use.scorer.settings:
            self.notes.leave(where, "`provider`: it asks no model")
            return {}
        alias = self.providers.alias(item["provider"])
        return {} if alias is None else {"model": alias}

    def _value(self, value: Any) -> Any:
        """The value, or what the file holds that it refers to.

        Raises:
            NoEqual: It is a script.
        """
        if not self.files.refers(value):
            return value
        if self.files.is_script(value):
            raise NoEqual("a script")
        return self.files.loaded(value)


def _weight(item: Mapping[str, Any]) -> Entry:
    weight = item.get("weight")
    if weight == 0:  # promptfoo measures it, and lets it fail nothing
        return {"weight": weight, "threshold": None}
    return {} if weight is None else {"weight": weight}


def _use(entry: Entry) -> ScorerUse:
    """The entry as a suite would read it.

    Raises:
        NoEqual: A setting is wrong; with why.
    """
    try:
        return parse_use(entry, python_parsing(entry, "assertion"))
    except DefinitionError as error:
        raise NoEqual(error.message) from None


def _refuse_no_number(item: Mapping[str, Any]) -> None:
    """Refuses a threshold or weight that no scorer here could have.

    Raises:
        NoEqual: It is no finite number, or a weight below 0.
    """
    for key, least in (("threshold", -math.inf), ("weight", 0.0)):
        value = item.get(key)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < least:
            raise NoEqual(f"its `{key}` is {value!r}")
