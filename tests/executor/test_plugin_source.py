"""The code of plug-ins in the lock and in the memo's key: a package of a project with step kind, provider and embedder.

Code is loaded once a process, so that what changed is seen by the next one: each command is a process of its own.
"""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from genops.artifacts import Lock
from genops.executor.sources import code_of_index
from genops.settings import load_settings

REPOSITORY = Path(__file__).parents[2]

STEPS = """
    from genops.chains import Expr, Step, step_kind
    from loud.words import decorated


    @step_kind("shout")
    class ShoutStep(Step):
        shout: Expr

        async def run(self, context):
            return decorated(str(context.inputs["shout"]).upper())
    """

PROVIDER = """
    from genops.models import ModelResponse


    class Echo:
        def __init__(self, settings):
            pass

        async def complete(self, model, request, call):
            return ModelResponse(text=str(request.messages[-1]["content"]).strip())

        async def close(self):
            pass
    """

MEMO = """
    import genops
    from genops.executor import RunOptions

    chain = genops.Chain.load("main")
    result = chain.run_sync({"text": "hi"}, RunOptions(memo=chain.project.memo()))
    chain.project.store.writer.flush(10.0)
    spans = genops.Trace.load(chain.project.store, result.id).spans
    print(result.output, sum(bool(span.attributes.get("genops.memo.hit")) for span in spans))
    """


@pytest.fixture
def project(site):
    """A project with the plug-in packages ``loud`` and ``echoes``, and a single file, ``hashes.py``."""
    site.write("loud/__init__.py", "import loud.steps\n")
    site.write("loud/steps.py", STEPS)
    site.write("loud/words.py", "def decorated(text):\n    return text + '!'\n")
    site.write("echoes/__init__.py", "def register(names):\n    names.add('provider', 'echo', 'echoes.it:Echo')\n")
    site.write("echoes/it.py", PROVIDER)
    site.write(
        "hashes.py",
        """
        from functools import partial
        from tests.retrieval.hashing import HashingEmbedder

        def register(registry):
            registry.add("embedder", "hashes", partial(HashingEmbedder, salt=3))
        """,
    )
    site.write(
        "genops.toml",
        """
        plugins = ["loud", "echoes", "hashes"]
        default_model = "echo"

        [models.echo]
        model = "echo/any"

        [indexes.notes]
        sources = ["notes/*.md"]
        embedder = "hashes"
        chunk_tokens = 32
        overlap_tokens = 8
        """,
    )
    site.write("notes/one.md", "# One\n\nSome words.\n")
    site.prompt("say", "---\ninputs: {text: str}\n---\n{{ text }}\n")
    site.write(
        "chains/main.yaml",
        """
        inputs: {text: str}
        steps:
          said: {prompt: say, with: {text: "{{ inputs.text }}"}}
          each: {map: [1], do: {steps: {loud: {shout: "{{ steps.said.output }}"}}}}
        output: "{{ steps.each.output[0] }}"
        """,
    )
    site.write("chains/outer.yaml", "steps: {inner: {chain: main, with: {text: hi}}}")
    site.write("chains/search.yaml", "steps: {found: {retrieve: notes, query: words}}")
    site.write("chains/alone.yaml", "steps: {found: {branch: [{steps: {a: {http: GET, url: 'http://x.y'}}}]}}")
    return site


def test_an_index_is_built_and_searched_by_the_code_that_its_settings_name(site):
    site.write(
        "genops.toml",
        """
        [indexes.mixed]
        embedder = "mine"
        sources = ["a/*", {path = "b/*", reader = "second"}, {path = "c/*", reader = "first"}, {path = "d/*"}]
        """,
    )
    settings = load_settings(site.root)
    assert code_of_index(settings, "mixed") == (("embedder", "mine"), ("reader", "first"), ("reader", "second"))
    assert code_of_index(settings, "gone") == ()


def python(site, *arguments, code=0):
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY}", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=site.root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def plugins(site, chain):
    """The plug-ins that a chain's lock lists."""
    python(site, "-m", "genops", "chain", "lock", chain)
    lock = Lock.load(site.root / f"chains/{chain}.lock")
    return [entry.name for entry in lock.entries if entry.kind == "plugin"]


@pytest.mark.slow
def test_a_lock_lists_the_packages_that_the_closure_uses_and_no_other(project):
    python(project, "-m", "genops", "index", "build", "notes")
    assert plugins(project, "main") == ["echoes", "loud"]
    assert plugins(project, "outer") == ["echoes", "loud"]
    assert plugins(project, "search") == ["hashes", "tests"]
    assert plugins(project, "alone") == []


@pytest.mark.slow
def test_a_locked_run_is_refused_when_a_file_of_the_package_changed(project):
    python(project, "-m", "genops", "chain", "lock", "main")
    locked = ("-m", "genops", "run", "main", "--locked", "--input", "text=hi")
    assert python(project, *locked).stdout == "HI!\n"
    project.write("loud/words.py", "def decorated(text):\n    return text + '?'\n")
    refused = python(project, *locked, code=2).stderr
    assert "plugin loud: " in refused
    assert "echoes" not in refused
    before = (project.root / "chains/main.lock").read_text().splitlines()
    python(project, "-m", "genops", "chain", "lock", "main")
    after = (project.root / "chains/main.lock").read_text().splitlines()
    changed = [json.loads(line.strip(", "))["kind"] for line in set(after) - set(before) if line.startswith("  ")]
    assert changed == ["plugin"]
    assert python(project, *locked).stdout == "HI?\n"


@pytest.mark.slow
def test_a_memo_misses_what_the_changed_package_runs(project):
    assert python(project, "-c", textwrap.dedent(MEMO)).stdout == "HI! 0\n"
    assert python(project, "-c", textwrap.dedent(MEMO)).stdout == "HI! 2\n"
    project.write("loud/words.py", "def decorated(text):\n    return text + '?'\n")
    assert python(project, "-c", textwrap.dedent(MEMO)).stdout == "HI? 1\n"
    project.write("echoes/it.py", PROVIDER.replace(".strip()", ".strip() * 2"))
    assert python(project, "-c", textwrap.dedent(MEMO)).stdout == "HIHI? 0\n"


@pytest.mark.slow
def test_a_replay_says_that_the_code_is_another_one(project):
    python(project, "-m", "genops", "run", "main", "--input", "text=hi")
    assert "identical" in python(project, "-m", "genops", "trace", "replay", "last").stdout
    project.write("loud/words.py", "def decorated(text):\n    return text + '?'\n")
    told = python(project, "-m", "genops", "trace", "replay", "last~1", code=1).stdout
    assert "plugin loud: " in told
    assert "each[0]/loud" in told
