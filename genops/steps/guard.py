"""``guard``: lets a value pass, or not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from genops.artifacts import Value
from genops.chains import Effect, Expr, Need, Step, StepContext, step_kind
from genops.errors import DefinitionError, GuardError, InputError
from genops.steps.guard_checks import Checks, Finding, cleaned

_SHORT = 10_000


def _compiles(pattern: str) -> str:
    import regex

    try:
        regex.compile(pattern)
    except regex.error as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]


class Judge(BaseModel):
    """A model's opinion of the value.

    Attributes:
        prompt: Reference of a template with the input ``value`` and the output ``{score: float}``, from 0 to 1.
        model: Alias in place of the template's own.
        at_least: The lowest score that passes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: str
    model: str | None = None
    at_least: float = Field(default=0.5, ge=0, le=1)


@step_kind("guard")
class GuardStep(Step):
    """Checks every text in a value, at any depth but for the keys of mappings, and gives the value on.

    What was found stands in the span's ``genops.guard.findings``. The result is not kept for reuse, as a reused result
    would not show it, and a guard costs less than a look-up.

    Attributes:
        guard: The value.
        normalise: Whether the value is given on in its cleaned form, which is then what is checked.
        max_length: Characters of a text, at most.
        allow: Regular expressions (``regex`` library) of which one must match the whole text.
        deny: Regular expressions of which none may match anywhere in the text, nor in its cleaned form.
        canaries: Texts that must not be told, plainly or in a common encoding.
        pii: Whether what the project's redaction finds may not be in it.
        judge: A model's opinion, asked once for the whole value when nothing else stopped it.
        on_fail: ``stop`` fails the step, ``replace`` puts ``replacement`` in place of a text, ``flag`` only notes it.
        replacement: A text.
    """

    guard: Expr
    normalise: bool = Field(default=False, strict=True)
    max_length: int | None = Field(default=None, ge=0)
    allow: tuple[Pattern, ...] = ()
    deny: tuple[Pattern, ...] = ()
    canaries: Expr = Field(default_factory=list)
    pii: bool = Field(default=False, strict=True)
    judge: Judge | None = None
    on_fail: Literal["stop", "replace", "flag"] = "stop"
    replacement: str | None = None
    cache: bool = Field(default=False, strict=True)

    def model_post_init(self, _: Any) -> None:
        """Checks that it checks something, and that there is a replacement where one is put."""
        if not (self.normalise or self.max_length is not None or self.allow or self.deny or self._more):
            raise DefinitionError(
                "this guard checks nothing",
                hint="give normalise, max_length, allow, deny, canaries, pii or judge",
            )
        if (self.on_fail == "replace") != (self.replacement is not None):
            raise DefinitionError("`on_fail: replace` and `replacement` go together")

    @property
    def _more(self) -> bool:
        return bool(self.canaries or self.pii or self.judge)

    @property
    def does(self) -> Effect:
        """Nothing, or as much as asking the judge."""
        return self.effect or ("read" if self.judge else "pure")

    def needs(self) -> Iterator[Need]:
        """The judge's template and model."""
        if self.judge is not None:
            yield Need("prompt", self.judge.prompt)
            if self.judge.model:
                yield Need("model", self.judge.model)

    async def run(self, context: StepContext) -> Value:
        """Checks, asks the judge, and does what `on_fail` says.

        Raises:
            GuardError: Something was found, and that stops the step.
        """
        checks, findings = self._checks(context), []

        def passed(text: str) -> str:
            seen = cleaned(text) if self.normalise else text
            found = checks.findings(seen)
            findings.extend(found)
            return self.replacement if found and self.replacement is not None else seen

        given = context.inputs["guard"]
        if isinstance(given, str) and len(given) > _SHORT:  # takes a while: nothing else may wait for it
            value = await asyncio.to_thread(_each_text, given, passed)
        else:
            value = _each_text(given, passed)
        self._note(context, findings)
        doubt = await self._doubt(context, value)
        if doubt is None:
            return value
        self._note(context, [*findings, doubt])
        return value if self.replacement is None else self.replacement

    def _checks(self, context: StepContext) -> Checks:
        canaries = context.inputs["canaries"]
        if not isinstance(canaries, list) or not all(isinstance(canary, str) for canary in canaries):
            raise InputError("`canaries` is not a list of texts")
        redactor = None
        if self.pii:
            from genops.tracing.redaction import Redactor, secret_values

            redactor = Redactor(context.settings.redaction, secret_values(context.settings.key_variables))
        return Checks(self.max_length, self.allow, self.deny, canaries, redactor)

    async def _doubt(self, context: StepContext, value: Value) -> Finding | None:
        if self.judge is None:
            return None
        score = await context.score(self.judge.prompt, value, self.judge.model)
        return None if score >= self.judge.at_least else Finding("judge", f"{score:g} of {self.judge.at_least:g}")

    def _note(self, context: StepContext, findings: list[Finding]) -> None:
        if not findings:
            return
        context.note(
            {"genops.guard.findings": [asdict(each) for each in findings], "genops.guard.on_fail": self.on_fail}
        )
        if self.on_fail == "stop":
            found = "; ".join(f"{each.check} ({each.what})" for each in findings)
            raise GuardError(f"the guard stopped it: {found}", hint="a `fallback` of the step can answer instead")


def _each_text(value: Value, change: Callable[[str], str]) -> Value:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _each_text(item, change) for key, item in value.items()}
    return [_each_text(item, change) for item in value] if isinstance(value, list) else value
