"""Code that comes with a model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from genops.errors import DefinitionError
from genops.serving.files.read_json import read_json
from genops.serving.preflight.finding import Finding, error, note, warning
from genops.serving.preflight.subject import Subject


def check_code(subject: Subject, config: dict[str, Any]) -> Iterator[Finding]:
    """Whether config.json or the tokenizer ask for code of their own to be run.

    Many models carry code from before the libraries knew them. Where transformers has the model, theirs is not needed.
    """
    asked = _asked(config, subject.files.folder)
    if not asked:
        return
    named = f"the model brings code of its own ({', '.join(asked)})"
    if subject.block.trust_remote_code:
        pinned = subject.alias.revision is not None or subject.files.repository is None
        hint = "" if pinned else "pin it: revision = a commit, or whoever owns the repository can change what runs"
        yield warning("remote_code", f"{named}, which will be run", hint)
    elif _known(subject, str(config.get("model_type") or "")):
        yield note("remote_code", f"{named}, which will not be run: transformers knows {config.get('model_type')}")
    else:
        yield error(
            "remote_code",
            f"{named}, which is refused",
            "read that code; if it may run with the server's rights, trust_remote_code = true",
        )


def _asked(config: dict[str, Any], folder: Path) -> list[str]:
    maps = [config.get("auto_map")]
    path = folder / "tokenizer_config.json"
    if path.is_file() and not (folder / "tokenizer.json").is_file():
        with suppress(DefinitionError):  # reported where the tokenizer is checked
            maps.append(read_json(path).get("auto_map"))
    named = set[str]()
    for one in maps:
        for value in one.values() if isinstance(one, dict) else ():
            for target in value if isinstance(value, list) else [value]:
                if isinstance(target, str):
                    named.add(target.rpartition("--")[2].partition(".")[0] + ".py")
    return sorted(named)


def _known(subject: Subject, model_type: str) -> bool:
    """Whether the transformers of the server's environment, or else of this one, has a model of this type."""
    if not model_type:
        return False
    places = list[Path]()
    if subject.block.python is not None:
        home = (subject.settings.root / subject.block.python).parent.parent
        places += home.glob("lib/python3*/site-packages/transformers/models")
    found = find_spec("transformers")
    if not places and found is not None:
        places += [Path(place) / "models" for place in found.submodule_search_locations or ()]
    return any((place / model_type.replace("-", "_")).is_dir() for place in places)
