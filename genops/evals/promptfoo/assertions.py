"""Assertions as entries of a suite's ``scorers``."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from genops.errors import GenopsError
from genops.evals.promptfoo.files import Files
from genops.evals.promptfoo.notes import Notes
from genops.evals.promptfoo.providers import Providers
from genops.evals.promptfoo.shape import listed
from genops.evals.promptfoo.templates import renamed_in
from genops.plugins import registry
from genops.syntax import read_yaml

Entry = dict[str, Any]
_PLAIN = frozenset({"type", "value", "threshold", "weight", "provider", "metric"})
_DIALECTS = {"postgresql": "postgres", "transactsql": "tsql", "mariadb": "mysql"}


class NoEqual(Exception):
    """An assertion that cannot be said here; the message says why."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """What an assertion says.

    Attributes:
        value: With its templates in the words of a suite.
        threshold: None where it says nothing.
        negated: Whether ``not-`` stands before its type.
    """

    value: Any
    threshold: float | None
    negated: bool


def _contains(mode: str, ignore_case: bool, several: bool = True) -> Callable[[Assertion], Entry]:
    def entry(said: Assertion) -> Entry:
        if said.value is None:
            raise NoEqual("it has no value")
        given = _separated(said.value) if several and isinstance(said.value, str) else said.value
        if said.negated and mode == "all" and isinstance(given, list) and len(given) > 1:
            raise NoEqual("the negation of `contains-all`")
        value = [str(item) for item in given] if isinstance(given, list) else str(given)
        chosen = {"mode": "none"} if said.negated else {} if mode == "all" else {"mode": mode}
        return {"contains": value, **chosen, **({"ignore_case": True} if ignore_case else {})}

    return entry


def _separated(text: str) -> list[str]:
    """The texts of a list that is written as one, with commas between them; quotes keep a comma in a text.

    Raises:
        NoEqual: A template has a comma in it.
    """
    lines = csv.reader(text.splitlines(), skipinitialspace=True)
    parts = [part for fields in lines for field in fields if (part := field.strip())]
    if any(part.count("{{") != part.count("}}") for part in parts):
        raise NoEqual("a template with a comma in a list")
    return parts


def _negated_text(said: Assertion, entry: Entry, pattern: str) -> Entry:
    """A check of text by a regular expression where it is negated, and the text has no template in it."""
    if not said.negated:
        return entry
    if "{{" in str(said.value):
        raise NoEqual("a negation with a template")
    return {"regex": pattern.format(re.escape(str(said.value))), "negated": True}


def _equals(said: Assertion) -> Entry:
    if isinstance(said.value, (str, int, float)):
        return _negated_text(said, {"equals": str(said.value)}, r"\A{}\Z")
    return _positive(said, {"json_path": "$", "expected": said.value})


def _starts_with(said: Assertion) -> Entry:
    return _negated_text(said, {"starts_with": said.value}, r"\A\s*{}")


def _regex(said: Assertion) -> Entry:
    return {"regex": said.value, **({"negated": True} if said.negated else {})}


def _json(fenced: bool) -> Callable[[Assertion], Entry]:
    def entry(said: Assertion) -> Entry:
        schema = _schema(said.value) if said.value not in (None, "", True) else None
        chosen = {"is_json": None} if schema is None else {"json_schema": schema}
        return _positive(said, {**chosen, **({"fenced": True} if fenced else {})})

    return entry


def _schema(value: Any) -> dict[str, Any]:
    """A JSON Schema, which may be a text of JSON or YAML.

    Raises:
        NoEqual: It is none.
    """
    try:
        schema = read_yaml(value, "schema").data if isinstance(value, str) else value
    except GenopsError:
        schema = None
    if not isinstance(schema, dict):
        raise NoEqual("its schema is no mapping")
    return schema


def _elements(name: str, fenced: bool) -> Callable[[Assertion], Entry]:
    def entry(said: Assertion) -> Entry:
        wanted = said.value.get("requiredElements", []) if isinstance(said.value, dict) else []
        chosen = {"elements": [str(path).rpartition(".")[2] for path in wanted]} if wanted else {}
        return _positive(said, {name: None, **chosen, **({"fenced": True} if fenced else {})})

    return entry


def _sql(fenced: bool) -> Callable[[Assertion], Entry]:
    def entry(said: Assertion) -> Entry:
        value = said.value if isinstance(said.value, dict) else {}
        if value.keys() - {"databaseType"}:
            raise NoEqual(" and ".join(sorted(f"`{key}`" for key in value.keys() - {"databaseType"})))
        dialect = str(value.get("databaseType", "mysql")).lower()
        chosen = _DIALECTS.get(dialect, dialect)
        return _positive(said, {"sql": chosen, **({"fenced": True} if fenced else {})})

    return entry


def _length(said: Assertion) -> Entry:
    value = said.value
    if isinstance(value, dict):
        low, high = value.get("min", 0), value.get("max")
    else:
        low = high = int(value)
    return _positive(said, {"length": "words", "at_least": low, **({} if high is None else {"at_most": high})})


def _refusal(said: Assertion) -> Entry:
    return {"refusal": not said.negated}


def _limit(name: str, factor: float) -> Callable[[Assertion], Entry]:
    def entry(said: Assertion) -> Entry:
        return _positive(
            said, {name: None, **({} if said.threshold is None else {"threshold": said.threshold * factor})}
        )

    return entry


def _graded(name: str, default: float | None, **settings: Any) -> Callable[[Assertion], Entry]:
    def entry(said: Assertion) -> Entry:
        threshold = default if said.threshold is None else said.threshold
        limit = {} if threshold is None else {"threshold": threshold}
        return _positive(said, {name: said.value, **settings, **limit})

    return entry


def _criteria(said: Assertion) -> Entry:
    value = "\n".join(map(str, said.value)) if isinstance(said.value, list) else said.value
    return _graded("g_eval", 0.7)(Assertion(value, said.threshold, said.negated))


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


def _positive(said: Assertion, entry: Entry) -> Entry:
    if said.negated:
        raise NoEqual("the negation")
    return entry


_KINDS: dict[str, Callable[[Assertion], Entry]] = {
    "equals": _equals,
    "contains": _contains("all", ignore_case=False, several=False),
    "contains-all": _contains("all", ignore_case=False),
    "contains-any": _contains("any", ignore_case=False),
    "icontains": _contains("all", ignore_case=True, several=False),
    "icontains-all": _contains("all", ignore_case=True),
    "icontains-any": _contains("any", ignore_case=True),
    "starts-with": _starts_with,
    "regex": _regex,
    "is-json": _json(fenced=False),
    "contains-json": _json(fenced=True),
    "is-html": _elements("html", fenced=False),
    "contains-html": _elements("html", fenced=True),
    "is-xml": _elements("xml", fenced=False),
    "contains-xml": _elements("xml", fenced=True),
    "is-sql": _sql(fenced=False),
    "contains-sql": _sql(fenced=True),
    "is-refusal": _refusal,
    "word-count": _length,
    "latency": _limit("latency", 0.001),
    "cost": _limit("cost", 1.0),
    "rouge-n": _graded("rouge", 0.75, variant="rouge1"),
    "bleu": _graded("bleu", 0.5),
    "similar": _graded("embedding_similarity", 0.75),
    "llm-rubric": _graded("rubric", 0.5),
    "model-graded-closedqa": _graded("closed_qa", None),
    "factuality": _graded("factuality", 0.3),
    "model-graded-factuality": _graded("factuality", 0.3),
    "g-eval": _criteria,
    "answer-relevance": _graded("answer_relevance", 0.0),
    "context-recall": _graded("context_recall_judged", 0.0),
    "context-faithfulness": _graded("faithfulness", 0.0),
}
TYPES = frozenset(_KINDS) | {"assert-set"}
"""Assertions that have an equal here, and sets of them."""

_DIFFERENT = {
    "contains-json": "the JSON is the whole output or stands in a Markdown fence",
    "contains-html": "the HTML is the whole output or stands in a Markdown fence",
    "contains-xml": "the XML is the whole output or stands in a Markdown fence",
    "contains-sql": "the SQL is the whole output or stands in a Markdown fence",
    "is-xml": "of a required path its last element is looked for",
    "regex": "in the notation of Python's `regex`",
    "rouge-n": "the F1 of ROUGE-1, where promptfoo counts recall",
    "bleu": "the sentence BLEU of sacrebleu",
    "similar": "by the project's embedder",
    "llm-rubric": "an anchored scale; half of it passes where no threshold is given",
    "factuality": "a subset or superset of the facts passes",
    "model-graded-factuality": "a subset or superset of the facts passes",
    "g-eval": "several criteria are one text",
    "answer-relevance": "the share of statements that a judge finds relevant",
    "context-recall": "over the passages that the chain retrieves",
    "context-faithfulness": "over the passages that the chain retrieves",
}


@dataclass
class AssertionReader:
    """Makes entries of a suite's ``scorers``.

    Attributes:
        files: Reads references.
        providers: Makes aliases of the models that grade.
        notes: What becomes of what has no equal.
        templates: ``assertionTemplates`` of the configuration.
        names: Of variables here, by those of the configuration.
    """

    files: Files
    providers: Providers
    notes: Notes
    templates: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def entries(self, raw: Iterable[Any], taken: Iterable[str] = ()) -> list[Entry]:
        """The entries of a list of assertions, each with a name of its own.

        Args:
            raw: As promptfoo has them.
            taken: Names that other entries have.
        """
        names, entries = set(taken), list[Entry]()
        for item in self._flat(raw):
            entry = self._entry(item)
            if entry is None:
                continue
            wanted = entry.get("name") or next(iter(entry))
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
            if plain not in _KINDS:
                raise NoEqual("it has no equal")
            _refuse_no_number(item)
            value = renamed_in(self._value(item.get("value")), self.names)
            entry = _KINDS[plain](Assertion(value, item.get("threshold"), kind != plain))
            scorer = next(iter(entry))
            if scorer not in registry.names("scorer"):
                raise NoEqual(f"there is no scorer {scorer!r}")
        except (NoEqual, ValueError, TypeError) as error:
            self.notes.leave(f"{where}: {str(item.get('value') or '')[:60]}".rstrip(": "), str(error))
            return None
        for key in sorted(item.keys() - _PLAIN):
            self.notes.leave(where, f"`{key}`")
        if plain in _DIFFERENT:
            self.notes.change(where, _DIFFERENT[plain])
        return {**entry, **self._common(item)}

    def _common(self, item: Mapping[str, Any]) -> Entry:
        common: Entry = {}
        if item.get("metric"):
            common["name"] = str(item["metric"])
        if item.get("weight") is not None:
            common["weight"] = item["weight"]
        if item.get("weight") == 0:  # promptfoo measures it, and lets it fail nothing
            common["threshold"] = None
        if item.get("provider") is not None:
            alias = self.providers.alias(item["provider"])
            if alias is not None:
                common["model"] = alias
        return common

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
