"""A project of scripted chains, and the command line on it."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from genops.cli.app import app

REPOSITORY = Path(__file__).parents[2]

FILES = {
    "genops.toml": """
default_model = "talker"
plugins = ["tests.retrieval.hashing"]

[models.talker]
model = "scripted/talker"
file = "talker.yaml"

[models.keyed]
model = "openai/gpt-4o-mini"
api_key_env = "GENOPS_TEST_KEY"

[models.tape]
model = "recorded/scripted/talker"
file = "calls.jsonl"

[indexes.docs]
sources = ["docs/*.md"]
embedder = "hashing"
chunk_tokens = 32
overlap_tokens = 8
""",
    "talker.yaml": r"""
rules:
  - when: {user: "^fail"}
    fault: {kind: refuse, message: no}
  - when: {user: "^wait"}
    delay: 60
    text: late
  - when: {user: "Say (?P<what>(?s:.+))"}
    stream: ["you said ", "{{ what }}"]
  - text: nothing
""",
    "prompts/say.prompt": """---
description: Says something.
inputs: {what: str, loud: {type: bool, default: false}}
---
Say {{ what }}{{ "!" if loud else "" }}
""",
    "prompts/raw.prompt": """---
inputs: {text: str}
---
{{ text }}
""",
    "chains/say.yaml": """
description: Says what it is given.
inputs:
  what: str
  loud: {type: bool, default: false}
steps:
  answer:
    prompt: say
    with: {what: "{{ inputs.what }}", loud: "{{ inputs.loud }}"}
output: "{{ steps.answer.output }}"
""",
    "chains/raw.yaml": """
inputs: {text: str}
steps:
  answer: {prompt: raw, with: {text: "{{ inputs.text }}"}}
output: "{{ steps.answer.output }}"
""",
    "chains/pair.yaml": """
inputs: {what: str, numbers: {type: list, items: int, default: []}}
steps:
  both:
    map: "{{ [inputs.what, 'again'] }}"
    do:
      steps:
        one: {chain: say, with: {what: "{{ item }}"}}
      output: "{{ steps.one.output }}"
output: {said: "{{ steps.both.output }}", numbers: "{{ inputs.numbers }}"}
""",
    "docs/tea.md": "# Tea\n\nGreen tea is brewed with water of 80 degrees.\n",
    "docs/sea.md": "# Sea\n\nWhales live in the sea.\n",
}


@pytest.fixture
def site(tmp_path, monkeypatch):
    """The project's folder, which is the working folder."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.lstrip("\n"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for name in ("GENOPS_TEST_KEY", "GENOPS_ROOT", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


class Done:
    """How a command ended."""

    def __init__(self, result):
        self.code = result.exit_code
        self.out = result.stdout
        self.err = result.stderr

    @property
    def trace(self):
        """The trace id that stderr names."""
        return re.search(r"^trace ([0-9a-f]{12})$", self.err, re.MULTILINE)[1]


@pytest.fixture
def genops(site):
    """Runs ``genops`` with some arguments in the project; it must end with ``code``."""

    def run(*arguments, code=0, stdin=None):
        done = Done(CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin))
        assert done.code == code, done.out + done.err
        return done

    return run
