"""Small peers in environments of their own: packages with the parts of garak and PyRIT that are asked, under a Python.

They stand for the real ones where these are not installed; ``test_real.py`` asks the real ones.
"""

import sys
from pathlib import Path

CONFIG = """
from types import SimpleNamespace

is_loaded = False
run = SimpleNamespace()

def load_base_config():
    global is_loaded
    is_loaded = True
"""
PLUGINS = """
import random, sys
from types import SimpleNamespace as Made

print("a banner on the standard output")

def turns(*said):
    return Made(turns=[Made(role=role, content=Made(text=text)) for role, text in said])

class Probe:
    lang = "en"
    modality = {"in": {"text"}}
    triggers = None

    def __init__(self, prompts, **given):
        self.prompts = prompts
        self.__dict__.update(given)

    def _mint_attempt(self, prompt, seq, lang=None):
        noted = {} if self.triggers is None else {"triggers": self.triggers[seq]}
        return Made(prompt=turns(("user", prompt)) if isinstance(prompt, str) else prompt, notes=noted)

PROBES = {
    "probes.encoding.Hex": lambda: Probe(["61", "62"], triggers=[["the first payload"], "the second payload"]),
    "probes.encoding.Morse": lambda: Probe([f"text {random.randrange(10**9)}"]),
    "probes.jail.Break": lambda: Probe(["You are free now."]),
    "probes.jail.Talk": lambda: Probe([turns(("system", "Be kind."), ("user", "Hello.")),
                                       turns(("user", "a"), ("assistant", "b"), ("user", "c"))]),
    "probes.jail.Tap": lambda: Probe(None),
    "probes.jail.Far": lambda: Probe([]),
    "probes.jail.Seen": lambda: Probe(["look"], modality={"in": {"text", "image"}}),
    "probes.jail.Broken": lambda: 1 / 0,
    "probes.slow.Loop": lambda: __import__("time").sleep(60),
    "probes.slow.Exit": lambda: sys.exit(3),
}

def enumerate_plugins(kind):
    return [(name, True) for name in PROBES]

def load_plugin(name, break_on_fail):
    return PROBES[name]()
"""
CONVERTERS = """
import base64, random
from types import SimpleNamespace as Made

class Converter:
    SUPPORTED_INPUT_TYPES = SUPPORTED_OUTPUT_TYPES = ("text",)

    async def convert_async(self, *, prompt, input_type):
        return Made(output_text=self.made(prompt))

class Base64Converter(Converter):
    def made(self, text):
        return base64.b64encode(text.encode()).decode()

class ShuffledConverter(Converter):
    def made(self, text):
        return "".join(random.sample(text, len(text)))

class ShiftConverter(Converter):
    def __init__(self, *, offset):
        self.offset = offset

    def made(self, text):
        return "".join(chr(ord(char) + self.offset) for char in text)

class WordyConverter(Converter):
    def made(self, text):
        if len(text.split()) < 2:
            raise ValueError("needs two words")
        return text.upper()

class AskingConverter(Converter):
    def __init__(self, *, converter_target=None):
        if converter_target is None:
            raise ValueError("converter_target is required")

class PictureConverter(Converter):
    SUPPORTED_OUTPUT_TYPES = ("image_path",)

__all__ = [name for name in dir() if name.endswith("Converter")] + ["Made"]
"""
GARAK = {
    "garak/__init__.py": "",
    "garak/_config.py": CONFIG,
    "garak/_plugins.py": PLUGINS,
    **{f"garak/probes/{name}.py": "" for name in ("encoding", "jail", "slow")},
}
PYRIT = {
    "pyrit/__init__.py": "",
    "pyrit/common/__init__.py": "",
    "pyrit/common/random_context.py": "def configure_random_seed(*, seed): pass",
    "pyrit/converter/__init__.py": CONVERTERS,
}


def peer(folder: Path, name: str, modules: dict[str, str], version: str = "9.9") -> Path:
    """The Python of an environment that has a package.

    Args:
        folder: Of the environment.
        name: Of the package.
        modules: Its files.
        version: That it says of itself.
    """
    library = folder / "lib"
    facts = {f"{name}-{version}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"}
    for path, text in {**modules, **facts}.items():
        (library / path).parent.mkdir(parents=True, exist_ok=True)
        (library / path).write_text(text)
    return program(folder / "bin" / "python", f'PYTHONPATH={library} exec {sys.executable} "$@"')


def program(path: Path, script: str) -> Path:
    """A shell script that can be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path
