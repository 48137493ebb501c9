"""The prompts of garak's probes, without running the probes. Runs in garak's environment."""

from __future__ import annotations

import importlib
import importlib.metadata
import random
import sys
from collections.abc import Iterable
from typing import Any

PEER = "garak"
_PREFIX = "probes."
_TEXT = {"text"}


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """``{"do": "names"}`` asks which probes there are, ``{"do": "prompts", "name", "seed"}`` for the prompts of one."""
    plugins = _plugins()
    if request["do"] == "names":
        names = [name.removeprefix(_PREFIX) for name, _ in plugins.enumerate_plugins("probes")]
        return {"version": importlib.metadata.version(PEER), "names": names}
    return _prompts(plugins, request["name"], request["seed"])


def _plugins() -> Any:
    """garak's own loader, with its default configuration and not the user's."""
    config = importlib.import_module("garak._config")
    if not config.is_loaded:
        config.load_base_config()
    return importlib.import_module("garak._plugins")


def _prompts(plugins: Any, name: str, seed: int) -> dict[str, Any]:
    """The prompts of a probe with their triggers, and how many were left out; or the problem with it."""
    try:
        _sow(seed)
        importlib.import_module(f"garak.{_PREFIX}{name.rpartition('.')[0]}")  # some draw while they are imported
        _sow(seed)
        probe = plugins.load_plugin(_PREFIX + name, break_on_fail=True)
    except Exception as error:
        return {"problem": f"garak cannot load it here: {_first_line(error.__cause__ or error)}"}
    if set(probe.modality["in"]) != _TEXT:
        return {"problem": f"it sends more than text: {', '.join(sorted(probe.modality['in']))}"}
    prompts = getattr(probe, "prompts", None)
    if prompts is None:
        return {"problem": "it writes its prompts while it runs, which takes a model"}
    if not prompts:
        return {"problem": "it has no prompts here: what it makes them of is not on this machine"}
    found = [_prompt(probe, prompt, number) for number, prompt in enumerate(prompts)]
    kept = [prompt for prompt in found if prompt is not None]
    if not kept:
        return {"problem": "its prompts are conversations or more than text"}
    return {"prompts": kept, "left_out": len(found) - len(kept)}


def _prompt(probe: Any, prompt: Any, number: int) -> dict[str, Any] | None:
    """A prompt as text and triggers; None for a conversation of several turns and for what is more than text."""
    attempt = probe._mint_attempt(prompt, number, lang=probe.lang)
    turns = [turn for turn in attempt.prompt.turns if turn.role != "system"]
    if len(turns) != 1 or turns[0].role != "user" or not turns[0].content.text:
        return None
    return {"text": turns[0].content.text, "triggers": _texts((attempt.notes or {}).get("triggers"))}


def _texts(triggers: Any) -> list[str]:
    """Triggers as garak notes them: a text, texts, or nothing."""
    listed = [triggers] if isinstance(triggers, str) else triggers if isinstance(triggers, Iterable) else []
    return [str(trigger) for trigger in listed if str(trigger)]


def _sow(seed: int) -> None:
    importlib.import_module("garak._config").run.seed = seed
    random.seed(seed)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(seed)


def _first_line(error: BaseException) -> str:
    lines = [line.strip(" *") for line in str(error).splitlines()]
    return f"{type(error).__name__}: {next((line for line in lines if line), '')}"[:200]
