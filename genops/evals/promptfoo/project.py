"""A configuration of promptfoo as files of a project: templates, a chain, cases, a suite, and model aliases."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import orjson

from genops.errors import DefinitionError, Location
from genops.evals.promptfoo.assertions import AssertionReader
from genops.evals.promptfoo.files import SCRIPTS, Files
from genops.evals.promptfoo.notes import Notes
from genops.evals.promptfoo.prompts import FoundPrompt, PromptReader
from genops.evals.promptfoo.providers import Providers
from genops.evals.promptfoo.shape import listed, mapping
from genops.evals.promptfoo.templates import unfilled
from genops.evals.promptfoo.tests import FoundTest, TestReader
from genops.settings import Paths

_READ = frozenset(
    {
        "$schema",
        "assertionTemplates",
        "defaultTest",
        "description",
        "evaluateOptions",
        "prompts",
        "providers",
        "scenarios",
        "targets",
        "tests",
    }
)
_OPTIONS = {"repeat": "repeat", "maxConcurrency": "concurrency"}
_OF_DEFAULT = frozenset({"assert", "metadata", "options", "threshold", "vars"})
_WRITTEN_OTHERWISE = frozenset({"any", "bool", "list", "object"})
_INSTEAD = {
    "outputPath": "say `genops eval run --report FORMAT=FILE`",
    "evaluateOptions.cache": "say `genops eval run --cache`",
}


@dataclass(frozen=True, slots=True)
class Imported:
    """What a configuration became.

    Attributes:
        files: Text by path in the project.
        settings: Tables of model aliases, to be added to the settings; empty for none.
        cases: How many there are.
        left_out: What has no equal here.
        changed: What means nearly the same.
    """

    files: dict[str, str]
    settings: str
    cases: int
    left_out: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


def import_promptfoo(path: Path, name: str, paths: Paths | None = None) -> Imported:
    """Reads ``promptfooconfig.yaml`` and everything that it refers to. Nothing is written, and no code is run.

    Args:
        path: Of the configuration.
        name: Of the suite and the chain.
        paths: Of the project's folders.

    Raises:
        DefinitionError: It is no such configuration, a file is missing, or it has no prompt that can be a template.
    """
    if path.suffix in SCRIPTS:
        raise DefinitionError("a configuration that is code is not run", at=Location(path), hint="write it as YAML")
    files, notes = Files(path.parent), Notes()
    config = files.data(path)
    if not isinstance(config, dict) or not {"prompts", "providers", "targets", "tests", "scenarios"} & config.keys():
        raise DefinitionError("no configuration of promptfoo", at=Location(path), hint="it has prompts and tests")
    _leave(config, _READ, notes)
    try:
        return _Project(path, name, paths or Paths(), files, notes, config).imported()
    except RecursionError:
        raise DefinitionError("it refers to itself, or nests too deep", at=Location(path)) from None
    except DefinitionError as error:
        error.at = error.at or Location(path)
        raise


@dataclass(frozen=True)
class _Project:
    path: Path
    name: str
    paths: Paths
    files: Files
    notes: Notes
    config: Mapping[str, Any]

    def imported(self) -> Imported:
        default = mapping(self.files.loaded(self.config.get("defaultTest")), "`defaultTest`")
        _leave(default, _OF_DEFAULT, self.notes, "defaultTest.")
        prompts = self._prompts()
        tests = TestReader(self.files, self.notes, default).all(self.config.get("tests"), self.config.get("scenarios"))
        found = list(tests) or [
            FoundTest(
                mapping(default.get("vars"), "`vars` of `defaultTest`"),
                metadata=mapping(default.get("metadata"), "`metadata` of `defaultTest`"),
            )
        ]
        inputs = _inputs(prompts, found)
        names = {name: f"{'inputs' if name in inputs else 'metadata'}.{name}" for test in found for name in test.vars}
        texts = {name for name in names if all(isinstance(test.vars.get(name, ""), str) for test in found)}
        providers = Providers(self.files, self.notes)
        models = providers.all(self.config.get("providers") or self.config.get("targets"))
        templates = mapping(self.config.get("assertionTemplates"), "`assertionTemplates`")
        reader = AssertionReader(self.files, providers, self.notes, templates, names, texts)
        scorers = reader.entries(listed(default.get("assert"), "`assert` of `defaultTest`"))
        taken = [entry.get("name") or next(iter(entry)) for entry in scorers]
        rows = [_row(test, inputs, reader.entries(test.asserts, taken)) for test in found]
        judge = self._judge(default, providers)
        shown = {name: _kind_of(name, found) for name in sorted(reader.reads | inputs.keys())}
        self._change(shown, 0 if scorers else sum("scorers" not in row for row in rows))
        named = _named(prompts, self.name)
        self._fill_in(named, inputs, rows)
        return Imported(
            files={
                **{
                    f"{self.paths.prompts}/{name}.prompt": f"---\n{_yaml({'inputs': inputs})}---\n{prompt.body}"
                    for name, prompt in named.items()
                },
                f"{self.paths.chains}/{self.name}.yaml": _yaml(self._chain(next(iter(named)), inputs, models)),
                f"{self.paths.evals}/{self.name}.jsonl": "".join(map(_line, rows)),
                f"{self.paths.evals}/{self.name}.yaml": _yaml(self._suite(list(named), models, scorers, judge)),
            },
            settings=_settings(providers.aliases),
            cases=len(rows),
            left_out=list(self.notes.left_out),
            changed=list(self.notes.changed),
        )

    def _change(self, shown: Mapping[str, str], unscored: int) -> None:
        """Notes which variables templates write otherwise, and that cases are left without a scorer."""
        for name, kind in shown.items():
            if kind in _WRITTEN_OTHERWISE:
                self.notes.change(f"variable {name}", "a template that shows it whole writes it as Python does")
        if unscored:
            why = "nothing scores them, which promptfoo counts as passed; the suite needs a scorer before it runs"
            self.notes.change(f"{unscored:,} of the cases", why)

    def _fill_in(self, named: Mapping[str, FoundPrompt], inputs: Mapping[str, Any], rows: list[dict[str, Any]]) -> None:
        """Notes which prompts no case, or not every one, can fill in, as where they ask text for its ``length``."""
        absent = {name: kind["default"] for name, kind in inputs.items() if isinstance(kind, dict)}
        for name, prompt in named.items():
            why = [problem for row in rows if (problem := unfilled(prompt.body, {**absent, **row["inputs"]}))]
            if why:
                self.notes.leave(f"prompt {name}", f"{len(why):,} of the cases cannot fill it in: {why[0]}")

    def _prompts(self) -> list[FoundPrompt]:
        found = PromptReader(self.files, self.notes).all(self.config.get("prompts"))
        if not found:
            left = "; ".join(self.notes.left_out)
            raise DefinitionError("no prompt that can be a template", at=Location(self.path), hint=left or None)
        return found

    def _judge(self, default: Mapping[str, Any], providers: Providers) -> str | None:
        options = dict(mapping(default.get("options"), "`options` of `defaultTest`"))
        provider = options.pop("provider", None)
        for key in sorted(options.keys() - {"disableVarExpansion"}):
            self.notes.leave("defaultTest", f"`options.{key}`")
        if default.get("threshold") is not None:
            self.notes.leave("defaultTest", "`threshold` over its assertions")
        return None if provider is None else providers.alias(provider)

    def _chain(self, prompt: str, inputs: Mapping[str, Any], models: list[str]) -> dict[str, Any]:
        step: dict[str, Any] = {"prompt": prompt}
        if inputs:
            step["with"] = {name: f"{{{{ inputs.{name} }}}}" for name in inputs}
        if models:
            step["model"] = models[0]
        return {"inputs": inputs, "steps": {"answer": step}, "output": "{{ steps.answer.output }}"}

    def _suite(
        self, prompts: list[str], models: list[str], scorers: list[dict[str, Any]], judge: str | None
    ) -> dict[str, Any]:
        suite: dict[str, Any] = {"kind": "suite"}
        if self.config.get("description"):
            suite["description"] = str(self.config["description"])
        suite |= {"chain": self.name, "dataset": f"{self.name}.jsonl"}
        variants = {
            kind: [choices[0], *(f"{choices[0]}={other}" for other in choices[1:])]
            for kind, choices in (("prompt", prompts), ("model", list(dict.fromkeys(models))))
            if len(choices) > 1
        }
        if variants:
            suite["variants"] = variants
        options = mapping(self.config.get("evaluateOptions"), "`evaluateOptions`")
        _leave(options, _OPTIONS.keys(), self.notes, "evaluateOptions.")
        for option, key in _OPTIONS.items():
            value = options.get(option)
            if type(value) is int and value >= 1:
                suite[key] = value
            elif value is not None:
                self.notes.leave(f"`evaluateOptions.{option}`", f"it is {value!r:.60}")
        if judge:
            suite["judge"] = judge
        return {**suite, "scorers": scorers}


def _leave(given: Mapping[str, Any], read: Collection[str], notes: Notes, within: str = "") -> None:
    """Notes the keys that are not carried over, and what is said instead."""
    for key in sorted(f"{within}{key}" for key in given if key not in read):
        notes.leave(f"`{key}`", _INSTEAD.get(key, "it has no equal"))


def _inputs(prompts: Iterable[FoundPrompt], tests: list[FoundTest]) -> dict[str, Any]:
    """What the chain takes: the variables of the prompts, with the types that the tests give them."""
    inputs: dict[str, Any] = {}
    for name in sorted({name for prompt in prompts for name in prompt.reads}):
        kind = _kind_of(name, tests)
        missing = any(test.vars.get(name) is None for test in tests)
        inputs[name] = {"type": kind, "default": "" if kind in ("str", "any") else None} if missing else kind
    return inputs


def _kind_of(name: str, tests: Iterable[FoundTest]) -> str:
    """The type that the tests give a variable."""
    kinds = {_type_of(test.vars[name]) for test in tests if test.vars.get(name) is not None} or {"str"}
    return kinds.pop() if len(kinds) == 1 else "float" if kinds == {"int", "float"} else "any"


def _type_of(value: Any) -> str:
    names = {bool: "bool", int: "int", float: "float", str: "str", list: "list", dict: "object"}
    return names.get(type(value), "any")


def _row(test: FoundTest, inputs: Mapping[str, Any], scorers: list[dict[str, Any]]) -> dict[str, Any]:
    row: dict[str, Any] = {"inputs": {name: value for name, value in test.vars.items() if name in inputs}}
    metadata = {**test.metadata, **{name: value for name, value in test.vars.items() if name not in inputs}}
    if test.description:
        metadata["description"] = test.description
    if metadata:
        row["metadata"] = metadata
    if scorers:
        row["scorers"] = scorers
    return row


def _line(row: dict[str, Any]) -> str:
    try:
        return orjson.dumps(row).decode() + "\n"
    except orjson.JSONEncodeError as error:
        raise DefinitionError(f"a test cannot be written as JSON: {error}") from None


def _named(prompts: list[FoundPrompt], name: str) -> dict[str, FoundPrompt]:
    """The prompts under names of their own, which begin with the suite's."""
    if len(prompts) == 1:
        return {name: prompts[0]}
    named: dict[str, FoundPrompt] = {}
    for number, prompt in enumerate(prompts, start=1):
        label = re.sub(r"[^a-z0-9]+", "_", prompt.label.lower()).strip("_")
        wanted = f"{name}_{label or number}"
        named[wanted if wanted not in named else f"{wanted}_{number}"] = prompt
    return named


def _settings(aliases: Mapping[str, Mapping[str, Any]]) -> str:
    """Tables of the project's settings."""
    tables = []
    for name, body in aliases.items():
        lines = [f"{key} = {_toml(value)}" for key, value in body.items()]
        tables.append("\n".join([f"[tool.genops.models.{name}]", *lines]) + "\n")
    return "\n".join(tables)


def _key(name: str) -> str:
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else _toml(name)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, float):
        return repr(value)
    if value is None:
        raise DefinitionError("a setting of a provider holds null, which settings cannot say")
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _yaml(data: Any) -> str:
    """Data as YAML 1.2 in block style, keys in their order."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.width = 120
    out = StringIO()
    yaml.dump(data, out)
    return out.getvalue().removeprefix("%YAML 1.2\n---\n")
