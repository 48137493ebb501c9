"""The flags that an installed vLLM knows: read from its own help, and asked of its Python."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from genops.errors import UsageError
from genops.serving.engine.asked import asked_of
from genops.serving.engine.environment import clean_environment
from genops.serving.engine.installation import Installation

_WAIT = 300.0
_NAME = re.compile(r"(?<![\w'\[{,-])--([A-Za-z0-9][\w-]*)")
_CHOICES = re.compile(r"\{([^{}]*)\}(?! or )")
_REGISTERED = re.compile(r" or name registered in --[\w-]+")
_BARE = re.compile(r"-[\w-]+(, -[\w-]+)*")
_FEWEST = 30


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag.

    Attributes:
        name: Without dashes.
        switch: Whether it takes no value and has an opposite, ``--no-…``.
        choices: What it may be, but for what a plug-in registers; empty where anything goes.
        bare: Whether it takes no value.
        keys: Of the table that it takes, with what each may be; empty where that is not known.
    """

    name: str
    switch: bool
    choices: tuple[str, ...]
    bare: bool = False
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flags:
    """What a vLLM knows.

    Attributes:
        version: Of the vLLM.
        known: Every flag by each of its names, without dashes.
    """

    version: str
    known: Mapping[str, Flag]

    def __contains__(self, name: str) -> bool:
        return name in self.known


def flags_of(installation: Installation, folder: Path) -> Flags:
    """The flags of a vLLM; what it says of them takes seconds, and is read once for each version.

    Args:
        installation: Which one.
        folder: Where readings are kept.

    Raises:
        UsageError: Its help cannot be had.
    """
    kept = folder / f"flags-{installation.name}-{re.sub(r'[^A-Za-z0-9.+-]', '_', installation.version)}.json"
    found = _kept(kept)
    if found is None:
        found = parse_help(_help(installation))
        if len(found) < _FEWEST:
            raise UsageError(
                f"{installation.command[0]} is no vLLM that can be asked for its flags",
                hint="see what `… serve --help=all` says in its environment",
            )
        found = with_asked(found, asked_of(installation))
        folder.mkdir(parents=True, exist_ok=True)
        part = kept.with_name(f".{kept.name}.{os.getpid()}")
        part.write_text(json.dumps([asdict(flag) for flag in found]), encoding="utf-8")
        part.replace(kept)
    return Flags(installation.version, {flag.name: flag for flag in found})


def parse_help(text: str) -> list[Flag]:
    """The flags that a help text of argparse describes; aliases are flags of their own."""
    found: dict[str, Flag] = {}
    for line in text.splitlines():
        if not re.match(r" {2}-", line):
            continue
        head = _REGISTERED.sub("", re.split(r"\s{2,}", line.strip())[0])
        names = _NAME.findall(head)
        choices = _CHOICES.search(head)
        values = tuple(choices[1].split(",")) if choices else ()
        for name in names:
            opposite = name.startswith("no-") and name[3:] in names
            if not opposite:
                found[name] = Flag(name, f"no-{name}" in names, values, _BARE.fullmatch(head) is not None)
    return list(found.values())


def with_asked(flags: list[Flag], asked: Mapping[str, Mapping[str, Any]]) -> list[Flag]:
    """Flags with what their vLLM said of them beside its help."""
    return [
        replace(
            flag,
            choices=flag.choices or tuple(asked[flag.name].get("choices", ())),
            keys={key: tuple(values) for key, values in asked[flag.name].get("keys", {}).items()},
        )
        if flag.name in asked
        else flag
        for flag in flags
    ]


def _kept(path: Path) -> list[Flag] | None:
    try:
        return [_unpacked(**one) for one in json.loads(path.read_bytes())]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _unpacked(choices: list[str], keys: dict[str, list[str]], **rest: Any) -> Flag:
    return Flag(choices=tuple(choices), keys={key: tuple(values) for key, values in keys.items()}, **rest)


def _help(installation: Installation) -> str:
    """What ``--help=all`` prints; versions before 0.10 print everything on ``--help``."""
    wide = {**clean_environment(), "COLUMNS": "200"}
    said = ""
    for flag in ("--help=all", "--help"):
        try:
            done = subprocess.run(
                [*installation.command, flag],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_WAIT,
                env=wide,
                stdin=subprocess.DEVNULL,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UsageError(f"{installation.command[0]} does not print its help: {error}") from None
        if done.returncode == 0:
            return done.stdout
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
    raise UsageError(f"{' '.join(installation.command)} --help=all failed: {said}")
