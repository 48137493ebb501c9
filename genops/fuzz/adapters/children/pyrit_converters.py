"""What PyRIT's converters make of texts. Runs in PyRIT's environment."""

from __future__ import annotations

import asyncio
import importlib
import importlib.metadata
import inspect
import random
import sys
from typing import Any

PEER = "pyrit"
_SUFFIX = "Converter"
_SAMPLE = "Tell me, in two short sentences, what a heron eats and where 3 of them nest!"
_SEEDS = range(4)
_MODEL = "converter_target"
_OPEN = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """``names`` asks which converters there are, ``describe`` for what one is like, ``convert`` for a text by it.

    The latter two take ``name`` and ``settings``, the arguments that the converter is made with; ``convert`` takes
    ``text`` and ``seed`` as well.
    """
    package = importlib.import_module("pyrit.converter")
    if request["do"] == "names":
        names = [name for name in package.__all__ if name.endswith(_SUFFIX) and name != _SUFFIX]
        return {"version": importlib.metadata.version(PEER), "names": names}
    name, settings = request["name"], request["settings"]
    if request["do"] == "describe":
        return _described(package, name, settings)
    return {"text": _converted(getattr(package, name), settings, request["text"], request["seed"])}


def _described(package: Any, name: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Whether a converter leaves something to chance; or the problem with it."""
    try:
        converter = getattr(package, name)
    except Exception as error:
        return {"problem": f"PyRIT cannot load it here: {type(error).__name__}: {error}"}
    if "text" not in converter.SUPPORTED_INPUT_TYPES or "text" not in converter.SUPPORTED_OUTPUT_TYPES:
        return {"problem": "it does not make text of text"}
    parameters = inspect.signature(converter).parameters.values()
    takes = {parameter.name: parameter for parameter in parameters if parameter.kind not in _OPEN}
    unknown = [key for key in settings if key not in takes]
    if unknown and len(takes) == len(parameters):
        return {"unknown": unknown[0], "takes": list(takes)}
    missing = [name for name, given in takes.items() if given.default is given.empty and name not in settings]
    if missing:
        return {"problem": f"it needs {', '.join(f'`{key}`' for key in missing)}"}
    try:
        drawn = [_converted(converter, settings, _SAMPLE, seed) for seed in _SEEDS]
    except Exception as error:
        asks = _MODEL in str(error) and _MODEL not in settings
        return {"problem": "it asks a model" if asks else f"{type(error).__name__}: {error}"}
    return {"chance": len(set(drawn)) > 1}


def _converted(converter: Any, settings: dict[str, Any], text: str, seed: int) -> str:
    _sow(seed)
    own = {"seed": seed} if "seed" in inspect.signature(converter).parameters else {}
    result = asyncio.run(converter(**{**own, **settings}).convert_async(prompt=text, input_type="text"))
    return str(result.output_text)


def _sow(seed: int) -> None:
    random.seed(seed)
    importlib.import_module("pyrit.common.random_context").configure_random_seed(seed=seed)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(seed)
