"""The templates of judges' questions: the project's own, or those that come with genops."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from genops.artifacts import Reference
from genops.errors import DefinitionError, Location, ReferenceNotFound, nearest
from genops.evals.scorer import find_scorer
from genops.evals.use import is_dynamic
from genops.executor.sources import ProjectSource
from genops.plugins import registry
from genops.prompts import Prompt
from genops.prompts.files import Folder

FOLDER = Path(__file__).parent / "prompts"
_SUFFIX = ".prompt"
_INCLUDE = re.compile(r'^\{% include "([^"]+)" %\}\n', re.MULTILINE)
F = TypeVar("F", bound=Callable[..., Any])


class QuestionSource(ProjectSource):
    """A project's components, and genops's own templates under names that the project has not taken."""

    def prompt(self, reference: str) -> Prompt:
        """A template by reference; a built-in one where the working tree has none of that name."""
        try:
            return super().prompt(reference)
        except ReferenceNotFound:
            if reference not in built_in_questions():
                raise
        return _built_in(reference)


@cache
def built_in_questions() -> tuple[str, ...]:
    """Names of the templates that come with genops, sorted."""
    return tuple(sorted(path.relative_to(FOLDER).as_posix().removesuffix(_SUFFIX) for path in FOLDER.rglob("*.prompt")))


def judge_questions() -> list[str]:
    """Names of those that scorers ask, sorted: the others write cases and attacks."""
    asked = {name for scorer in registry.names("scorer") for name in getattr(find_scorer(scorer), "asks", ())}
    return sorted(asked.intersection(built_in_questions()))


@cache
def _built_in(name: str) -> Prompt:
    file = Reference.parse(name).name + _SUFFIX
    text = (FOLDER / file).read_text(encoding="utf-8")
    return Prompt.parse(text, name, f"genops:{file}", Folder(FOLDER))


def standalone(name: str) -> str:
    """The text of a built-in template with its partials written out, to begin one's own with.

    Raises:
        ReferenceNotFound: There is none of that name.
    """
    if name not in built_in_questions():
        raise ReferenceNotFound(f"no judge's template is called {name!r}", hint=nearest(name, judge_questions()))
    text = (FOLDER / f"{name}{_SUFFIX}").read_text(encoding="utf-8")
    return _INCLUDE.sub(lambda match: (FOLDER / match[1]).read_text(encoding="utf-8"), text)


def asks(*prompts: str) -> Callable[[F], F]:
    """Notes on a scorer's function which templates it asks with, for manifests; it stands below ``@scorer``."""

    def note(function: F) -> F:
        function.__dict__["asks"] = prompts
        return function

    return note


def questions_of(
    scorer: object, settings: Mapping[str, Any], places: Mapping[str, Location] | None = None
) -> list[tuple[str, str | None]]:
    """What a scorer asks under some settings: template and model, None for the default one.

    Args:
        scorer: A registered scorer; one that asks nothing gives nothing.
        settings: As a suite sets them. ``prompt`` takes the place of the scorer's own templates, ``model`` and the
            ``judges`` of a jury say who is asked.
        places: Where each setting stands, for messages.

    Raises:
        DefinitionError: One of them depends on the sample, so that no manifest could say what judges.
    """
    own = list(getattr(scorer, "asks", ()))
    for name in ("prompt", "model", "judges") if own or settings.get("prompt") else ():
        if is_dynamic(settings.get(name)):
            raise DefinitionError(
                f"`{name}` says what judges, which is the same for all samples: it cannot be an expression",
                at=(places or {}).get(name),
                hint="use one scorer for each judge, with a `when`",
            )
    prompts = [settings["prompt"]] if settings.get("prompt") else own
    pairs: list[tuple[str, str | None]] = []
    for member in settings.get("judges") or [settings.get("model")]:
        given = _seat(member)
        pairs += [(prompt, given.get("model")) for prompt in ([given["prompt"]] if given.get("prompt") else prompts)]
    return list(dict.fromkeys(pairs))


def _seat(member: Any) -> Mapping[str, Any]:
    """The model and the template of a judge: as a suite writes them, or as a jury's type has read them."""
    if isinstance(member, BaseModel):
        return member.model_dump()
    return member if isinstance(member, Mapping) else {"model": member}
