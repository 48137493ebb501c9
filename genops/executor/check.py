"""Checks a chain or template without running it: everything that it refers to, and everything that it passes on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from genops.artifacts import Lock, Reference
from genops.chains import ChainDefinition, Need, Step, Tool, evaluate
from genops.errors import GenopsError, InputError, Location, nearest
from genops.executor.closure import Closure
from genops.models import check_key
from genops.prompts import InputSpec, Prompt
from genops.steps.agent import AgentStep
from genops.steps.chain import ChainStep
from genops.steps.http import HttpStep
from genops.steps.prompt import PromptStep, beside
from genops.steps.tool import ToolStep
from genops.syntax import Expression

if TYPE_CHECKING:
    from genops.executor.project import Project
    from genops.executor.sources import Source

T = TypeVar("T")
Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a check found.

    Attributes:
        severity: An error keeps the chain from running; a warning may; a note does not.
        message: What, in one sentence.
        location: File and line, or whatever comes nearest; may be empty.
        hint: What to do; may be empty.
    """

    severity: Severity
    message: str
    location: str = ""
    hint: str = ""


def check_chain(project: Project, reference: str) -> list[Finding]:
    """Everything that is wrong, or may be, with a chain: its definition, its references and what it passes to them.

    Nothing is run, and no model or server is asked.
    """
    check = _Check(project)
    definition = check.attempt(lambda: project.source.chain(reference))
    if definition is not None:
        check.chain(definition, project.source.inside(reference), (reference,))
        if not any(finding.severity == "error" for finding in check.found):
            check.lock(definition, reference)
    return check.findings()


def check_prompt(project: Project, reference: str) -> list[Finding]:
    """Everything that is wrong, or may be, with a template: its file, partials, examples, model and tools."""
    check = _Check(project)
    check.prompt(reference, project.source, None)
    return check.findings()


@dataclass(slots=True)
class _Check:
    """Collects findings while it walks a closure; each component is looked at once."""

    project: Project
    found: list[Finding] = field(default_factory=list)
    seen: dict[tuple[int, str, str], Any] = field(default_factory=dict)

    def findings(self) -> list[Finding]:
        """Each once, errors first."""
        order: list[Severity] = ["error", "warning", "note"]
        return sorted(dict.fromkeys(self.found), key=lambda finding: order.index(finding.severity))

    def attempt(self, get: Callable[[], T], at: Location | None = None, severity: Severity = "error") -> T | None:
        """What ``get`` gives; None when it fails, which is noted."""
        try:
            return get()
        except GenopsError as error:
            self.report(severity, error.message, error.at or at, error.hint)
            return None

    def report(self, severity: Severity, message: str, at: Location | None, hint: str | None = None) -> None:
        """Notes a finding."""
        self.found.append(Finding(severity, message, str(at) if at else "", hint or ""))

    def chain(self, definition: ChainDefinition, source: Source, path: tuple[str, ...]) -> None:
        """A chain's steps, and the chains inside of it."""
        for name, node in definition.block.walk():
            for step in (node.step, *(fallback.step for fallback in node.step.fallback if fallback.step)):
                for need in step.needs():
                    self.need(need, source, node.at, path)
                self.step(name, step, source, node.at)
            for fallback in node.step.fallback:
                if fallback.model:
                    self.model(fallback.model, source, node.at)

    def need(self, need: Need, source: Source, at: Location, path: tuple[str, ...]) -> None:
        """A component that a step refers to."""
        if need.kind == "chain":
            self.sub_chain(need.reference, source, at, path)
        elif need.kind == "prompt":
            self.prompt(need.reference, source, at)
        elif need.kind == "model":
            self.model(need.reference, source, at)
        elif need.kind == "index":
            self.index(need.reference, source, at)
        else:
            self.once("tool", need.reference, source, lambda: source.tool(need.reference), at)

    def once(
        self, kind: str, reference: str, source: Source, get: Callable[[], T], at: Location | None
    ) -> tuple[T | None, bool]:
        """A component and whether it was met for the first time."""
        key = (id(source), kind, reference)
        new = key not in self.seen
        if new:
            self.seen[key] = self.attempt(get, at)
        return self.seen[key], new

    def sub_chain(self, reference: str, source: Source, at: Location, path: tuple[str, ...]) -> None:
        """A chain inside of another."""
        if reference in path:
            self.report("error", f"the chain {reference!r} contains itself: {' > '.join((*path, reference))}", at)
            return
        definition, new = self.once("chain", reference, source, lambda: source.chain(reference), at)
        if definition is not None and new:
            inner = self.attempt(lambda: source.inside(reference), at)
            if inner is not None:
                self.chain(definition, inner, (*path, reference))

    def prompt(self, reference: str, source: Source, at: Location | None) -> None:
        """A template, the model that it is asked with, and its tools."""
        prompt, new = self.once("prompt", reference, source, lambda: source.prompt(reference), at)
        if prompt is None or not new:
            return
        where = Location(prompt.path)
        self.model(prompt.model_alias or self.project.settings.default_model, source, where)
        for name in prompt.tools:
            self.once("tool", name, source, lambda name=name: source.tool(name), where)  # type: ignore[misc]

    def model(self, alias: str, source: Source, at: Location | None) -> None:
        """A model alias, and whether its key is there."""
        model, new = self.once("model", alias, source, lambda: source.model(alias), at)
        if model is not None and new:
            self.attempt(lambda: check_key(model), at, "warning")

    def index(self, reference: str, source: Source, at: Location) -> None:
        """An index: named by the settings, built, and no older than its sources."""
        from genops.retrieval import current_digest, status

        settings, parsed = self.project.settings, Reference.parse(reference)
        if ("index", reference) in {key[1:] for key in self.seen}:
            return
        if parsed.name not in settings.indexes or parsed.form != "tree":
            self.once("index", reference, source, lambda: source.index(reference), at)
            return
        self.seen[id(source), "index", reference] = None
        if self.attempt(lambda: current_digest(settings, parsed.name), at) is None:
            hint = f"genops index build {parsed.name}"
            self.report("warning", f"the index {parsed.name!r} was not built", at, hint)
            return
        now = self.attempt(lambda: status(settings, parsed.name), at, "warning")
        if now is not None and not now.fresh:
            message = f"the index {parsed.name!r} is older than its sources"
            self.report("warning", message, at, f"genops index build {parsed.name}")

    def step(self, name: str, step: Step, source: Source, at: Location) -> None:
        """What a step hands on to what it refers to."""
        key = {PromptStep: "prompt", AgentStep: "agent", ChainStep: "chain", ToolStep: "tool"}.get(type(step))
        if isinstance(step, HttpStep):
            self.headers(name, step, at)
        elif key == "tool":
            tool = self.seen.get((id(source), "tool", getattr(step, "tool", "")))
            if tool is not None:
                self.arguments(name, tool, getattr(step, "with_", {}), at)
        elif key is not None:
            kind = "chain" if key == "chain" else "prompt"
            target: Prompt | ChainDefinition | None = self.seen.get((id(source), kind, getattr(step, key)))
            if target is not None:
                self.given(f"step {name!r}: {kind} {target.name}", target.inputs, getattr(step, "with_", {}), at)
            if isinstance(step, PromptStep) and isinstance(target, Prompt) and not _has_expression(step.fits):
                self.attempt(lambda: _fits(name, target, step.fits), at)

    def given(self, what: str, spec: InputSpec, given: Any, at: Location) -> None:
        """What ``with:`` gives against what is declared; only constants have a type before a run."""
        if not isinstance(given, Mapping):
            return
        for name, value in given.items():
            if name not in spec.declared:
                self.report("error", f"{what} has no input {name!r}", at, nearest(name, spec.declared))
            elif not _has_expression(value):
                self.attempt(lambda name=name, value=value: _accepts(what, spec, name, value), at)  # type: ignore[misc]
        for name, declared in spec.declared.items():
            if name not in given and not declared.optional:
                hint = f"add {name} ({declared.expected}) to `with:`"
                self.report("error", f"{what} is not given {name!r}", at, hint)

    def arguments(self, name: str, tool: Tool, given: Any, at: Location) -> None:
        """What ``with:`` gives against the tool's signature."""
        if not isinstance(given, Mapping):
            return
        known = tool.parameters.get("properties", {})
        for argument in given:
            if argument not in known:
                message = f"step {name!r}: tool {tool.name} has no argument {argument!r}"
                self.report("error", message, at, nearest(argument, known))
        for argument in tool.parameters.get("required", ()):
            if argument not in given:
                self.report("error", f"step {name!r}: tool {tool.name} is not given {argument!r}", at)

    def headers(self, name: str, step: HttpStep, at: Location) -> None:
        """The environment variables of an ``http`` step."""
        for variable in step.headers_env.values():
            if variable not in os.environ:
                self.report("warning", f"step {name!r}: the environment variable {variable} is not set", at)

    def lock(self, definition: ChainDefinition, reference: str) -> None:
        """The lock file against the files of the working tree."""
        settings = self.project.settings
        parsed = Reference.parse(reference)
        path = settings.paths.chains / f"{parsed.name}.lock"
        if parsed.form != "tree":
            return
        if not (settings.root / path).exists():
            self.report(
                "note", f"chain {parsed.name!r} has no lock", Location(path), f"genops chain lock {parsed.name}"
            )
            return
        lock = self.attempt(lambda: Lock.load(settings.root / path, path))
        try:
            closure: Closure = self.project.closure(definition)
        except GenopsError:
            return
        if lock is not None and lock.digest != closure.lock.digest:
            changes = "; ".join(lock.differences(closure.lock))
            hint = f"review the changes, then genops chain lock {parsed.name}"
            self.report("warning", f"the lock is out of date: {changes}", Location(path), hint)


def _has_expression(value: Any) -> bool:
    """Whether a compiled value is known only in a run."""
    return any(not text.constant for text in _expressions(value))


def _expressions(value: Any) -> Iterator[Expression]:
    if isinstance(value, Expression):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _expressions(item)
    elif isinstance(value, list):
        for item in value:
            yield from _expressions(item)


def _fits(name: str, prompt: Prompt, schema: Any) -> None:
    try:
        beside(prompt, evaluate(schema, {}))
    except InputError as error:
        raise InputError(f"step {name!r}: {error.message}", hint=error.hint) from None


def _accepts(what: str, spec: InputSpec, name: str, value: Any) -> None:
    try:
        InputSpec({name: spec.declared[name]}).validate({name: evaluate(value, {})})
    except InputError as error:
        raise InputError(f"{what}: {error.message}") from None
