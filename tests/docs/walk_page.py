"""Goes down one page in a copy of the project and does what it says, block by block: ``walk_page.py PAGE``.

Python blocks share one namespace, as in a notebook; commands run in bash, in the same folder and environment. The first
block that fails ends the walk with its place.
"""

import itertools
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
import traceback
import types
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from genops.chains import ChainDefinition
from genops.drift import DriftSpec
from genops.errors import DefinitionError
from genops.evals.suite import Suite
from genops.executor import Project
from genops.fuzz import Campaign
from genops.models.scripted import Script
from genops.monitoring.spec import MonitorSpec
from genops.prompts import Folder, Prompt
from genops.settings import Settings, load_settings
from genops.syntax import read_yaml
from tests.docs.pages import NOT_RUN, ROOT, Block, blocks_of

ANYTHING = "…"


class Walk:
    def __init__(self) -> None:
        self.module = types.ModuleType("docs_example")
        sys.modules[self.module.__name__] = self.module

    def block(self, block: Block) -> None:
        if block.file is not None:
            Path(block.file).parent.mkdir(parents=True, exist_ok=True)
            Path(block.file).write_text(block.text, encoding="utf-8")
        check: Callable[[Block], None] = getattr(self, "_".join([block.language, *self.kind(block)]))
        check(block)

    def kind(self, block: Block) -> list[str]:
        return [word for word in block.words if "=" not in word]

    def bash(self, block: Block) -> None:
        lines = [line for line in block.text.splitlines() if line.strip() not in NOT_RUN]
        _bash("\n".join(lines))

    def console(self, block: Block) -> None:
        """A command after ``$``, then its stdout and stderr: numbers apart, and ``…`` stands for any text or lines."""
        for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.text, re.MULTILINE):
            if command in NOT_RUN:
                continue
            said = _squeezed(_bash(command))
            parts = re.split(rf"\s*^{ANYTHING}$\s*|{ANYTHING}", _squeezed(shown), flags=re.MULTILINE)
            pattern = ".*?".join(re.escape(part) for part in parts)
            if re.fullmatch(pattern, said, re.DOTALL) is None:
                raise AssertionError(f"$ {command}\nsaid\n{said}\nand the page shows\n{shown}")

    def python(self, block: Block) -> None:
        code = compile("\n" * (block.line - 1) + block.text, block.page, "exec")
        exec(code, self.module.__dict__)

    def yaml_chain(self, block: Block) -> None:
        project = Project(load_settings())
        project.closure(ChainDefinition.parse(block.text, "example", block.page))
        project.close()

    def yaml_broken(self, block: Block) -> None:
        try:
            ChainDefinition.parse(block.text, "example", block.page)
        except DefinitionError:
            return
        raise AssertionError("the page calls this broken, and it is not")

    def yaml_script(self, block: Block) -> None:
        Script.load(Path(block.file or ""))

    def yaml_suite(self, block: Block) -> None:
        Suite.load(block.file or "", load_settings())

    def yaml_campaign(self, block: Block) -> None:
        Campaign.load(block.file or "", load_settings())

    def yaml_drift(self, block: Block) -> None:
        DriftSpec.load(block.file or "", load_settings())

    def yaml_monitor(self, block: Block) -> None:
        MonitorSpec.load(block.file or "", load_settings())

    def yaml_ci(self, block: Block) -> None:
        """A job of a build server: its commands of genops are ones, with options that there are."""
        read_yaml(block.text, block.page)
        text = block.text.replace("\n          --", " --")
        commands = [line for line in text.splitlines() if "genops " in line and "install" not in line]
        assert commands
        for command in commands:
            words = shlex.split(command[command.index("genops ") :].partition("||")[0])
            options = [word for word in words if word.startswith("--")]
            names = list(itertools.takewhile(str.isalpha, words))
            shown = _bash(f"{' '.join(names[:3])} --help")
            assert all(option in shown for option in options), command

    def prompt(self, block: Block) -> None:
        Prompt.parse(block.text, "example", block.page, Folder(Path("prompts")))

    def jsonl(self, block: Block) -> None:
        for line in block.text.splitlines():
            json.loads(line)

    def toml(self, block: Block) -> None:
        Settings(**tomllib.loads(block.text)["tool"]["genops"])

    def toml_append(self, block: Block) -> None:
        with Path("pyproject.toml").open("a", encoding="utf-8") as settings:
            settings.write("\n" + block.text)
        load_settings()


def _bash(script: str) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        raise AssertionError(f"exit code {done.returncode}\n{script}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def _squeezed(text: str) -> str:
    """The text without what differs from run to run: spacing, digests, numbers and their units of time."""
    plain = "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())
    return re.sub(r"\b[0-9a-f]{12}\b|\b[0-9][0-9,.]*(?: ?(?:ms|µs|s)\b)?", "#", plain)


def main(page: str) -> int:
    walk = Walk()
    for block in blocks_of(ROOT / page):
        try:
            walk.block(block)
        except BaseException:
            print(f"{page}:{block.line}: this {block.language} block fails")
            traceback.print_exc(file=sys.stdout)
            return 1
    return 0


if __name__ == "__main__":
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    sys.exit(main(sys.argv[1]))
