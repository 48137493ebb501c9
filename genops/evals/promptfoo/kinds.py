"""What has an equal here: an entry of a suite's ``scorers`` for each type of assertion."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from genops.errors import GenopsError
from genops.syntax import read_yaml

Entry: TypeAlias = dict[str, Any]
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
        value = [_text(item) for item in given] if isinstance(given, list) else _text(given)
        chosen = {"mode": "none"} if said.negated else {} if mode == "all" else {"mode": mode}
        return {"contains": value, **chosen, **({"ignore_case": True} if ignore_case else {})}

    return entry


def _text(value: Any) -> str:
    """A value as JavaScript writes it: ``true``, and 4.0 without its fraction."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value) if value is None or isinstance(value, bool) else str(value)


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
    return {"regex": pattern.format(re.escape(_text(said.value))), "negated": True}


def _equals(said: Assertion) -> Entry:
    if isinstance(said.value, (str, int, float)):
        return _negated_text(said, {"equals": _text(said.value)}, r"\A{}\Z")
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


def _xml(fenced: bool) -> Callable[[Assertion], Entry]:
    def entry(said: Assertion) -> Entry:
        wanted = said.value.get("requiredElements") if isinstance(said.value, dict) else said.value
        paths = wanted.split(",") if isinstance(wanted, str) else wanted or []
        if not isinstance(paths, list):
            raise NoEqual("its elements are no list")
        elements = [name for path in paths if (name := str(path).strip().rpartition(".")[2])]
        chosen = {"elements": elements} if elements else {}
        return _positive(said, {"xml": None, **chosen, **({"fenced": True} if fenced else {})})

    return entry


def _html(fenced: bool) -> Callable[[Assertion], Entry]:
    def entry(said: Assertion) -> Entry:
        return _positive(said, {"html": None, **({"fenced": True} if fenced else {})})

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


def _positive(said: Assertion, entry: Entry) -> Entry:
    if said.negated:
        raise NoEqual("the negation")
    return entry


KINDS: dict[str, Callable[[Assertion], Entry]] = {
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
    "is-html": _html(fenced=False),
    "contains-html": _html(fenced=True),
    "is-xml": _xml(fenced=False),
    "contains-xml": _xml(fenced=True),
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
"""The entry that says the same, by an assertion's type without ``not-``."""

WITHOUT_EQUAL = frozenset(
    {
        "agent-rubric",
        "classifier",
        "context-relevance",
        "conversation-relevance",
        "finish-reason",
        "gleu",
        "guardrails",
        "is-valid-function-call",
        "is-valid-openai-function-call",
        "is-valid-openai-tools-call",
        "javascript",
        "levenshtein",
        "max-score",
        "meteor",
        "moderation",
        "perplexity",
        "perplexity-score",
        "pi",
        "python",
        "ruby",
        "search-rubric",
        "select-best",
        "skill-used",
        "tool-call-f1",
        "trace-error-spans",
        "trace-span-count",
        "trace-span-duration",
        "webhook",
    }
)
"""The other types of assertions, which a row of CSV may name too."""

DIFFERENT = {
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
"""What the entry says otherwise than the assertion, where it does."""
