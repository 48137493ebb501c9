"""Replay with a component swapped: live exactly where the requests first differ, and as recorded everywhere else."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import genops
from benchmarks.loopback_server import LoopbackServer, Reply
from genops.errors import GenopsError
from genops.executor.publication import publish
from genops.plugins import registry
from genops.retrieval import build_index
from tests.executor.site import paths

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def server():
    with LoopbackServer(answer=lambda body: Reply(text=f"<{body['messages'][-1]['content']}>")) as running:
        yield running


def replaced(function):
    """A tool in the place of the one of the same name, as after an edit and a new start."""
    registry._items["tool"].pop(function.__name__, None)
    genops.tool(function)


class TestAChain:
    """a -> b -> c, and d beside them: what is swapped goes live, and what follows from it."""

    CHAIN = """
        inputs: {q: str}
        steps:
          a: {prompt: first, with: {question: "{{ inputs.q }}"}}
          b: {prompt: second, with: {question: "{{ steps.a.output }}"}}
          c: {tool: measure, with: {text: "{{ steps.b.output }}"}}
          d: {prompt: first, with: {question: "{{ inputs.q }}!"}}
        output: "{{ [steps.c.output, steps.d.output] }}"
        """

    @pytest.fixture
    def run(self, site, server):
        @genops.tool
        def measure(text: str) -> int:
            return len(text)

        site.prompt("first")
        site.prompt("second")
        site.served(server.url)
        site.served(server.url, "other")
        return site.chain(self.CHAIN).run(q="why")

    def test_nothing_has_changed(self, site, run):
        found = site.replay(run, "prompt:second")
        assert (found.identical, found.performed) == (True, ())

    def test_a_prompt_in_the_middle(self, site, run):
        site.prompt("second", "---\ninputs: {question: str}\n---\nSecond: {{ question }}\n")
        found = site.replay(run, "prompt:second")
        assert sorted(found.performed) == ["b/model", "c/measure"]
        assert [(d.path, d.what) for d in found.differences] == [
            ("b/model", "request"),
            ("b", "output"),
            ("c/measure", "request"),
            ("c", "output"),
            ("", "output"),
        ]
        assert [change.partition(":")[0] for change in found.lock_changes] == ["prompt second"]

    def test_only_the_swapped_component_is_of_today(self, site, run):
        site.prompt("first", "---\ninputs: {question: str}\n---\nFirst: {{ question }}\n")
        site.prompt("second", "---\ninputs: {question: str}\n---\nSecond: {{ question }}\n")
        assert sorted(site.replay(run, "prompt:second").performed) == ["b/model", "c/measure"]

    def test_a_prompt_whose_answer_stays_the_same_stops_the_difference(self, site, server, run):
        site.prompt("second", "---\ninputs: {question: str}\n---\nSecond: {{ question }}\n")
        server.answer = lambda body: Reply(text="<<why>>")
        assert site.replay(run, "prompt:second").performed == ("b/model",)

    def test_a_published_version_and_one_by_its_digest(self, site, run):
        """What is in the working tree meanwhile does not matter."""
        for text in ("Second", "Third"):
            site.prompt("second", f"---\ninputs: {{question: str}}\n---\n{text}: {{{{ question }}}}\n")
            version = publish(site.project, "prompt", "second", text)
        asked = {}
        for reference in ("second@1", "second@2", f"second#{version.digest[:12]}"):
            found = site.replay(run, f"prompt:{reference}")
            assert found.performed == ("b/model", "c/measure")
            again = site.trace(found.run)
            asked[reference] = again.value(again.by_path["b/model"].input)["messages"][-1]["content"]
        assert [text.partition(":")[0] for text in asked.values()] == ["Second", "Third", "Third"]

    def test_a_published_version_of_the_chain(self, site, run):
        site.write("chains/main.yaml", self.CHAIN.replace("{{ inputs.q }}!", "{{ inputs.q }}?"))
        publish(site.project, "chain", "main", "a question")
        site.write("chains/main.yaml", "steps: {}")
        assert site.replay(run, "chain:main@1").performed == ("d/model",)

    def test_a_model(self, site, run):
        found = site.replay(run, "model:m=other")
        assert sorted(found.performed) == ["a/model", "b/model", "d/model"]

    def test_a_prompt_that_wants_another_model(self, site, run):
        site.prompt("second", "---\nmodel: other\ninputs: {question: str}\n---\nSecond: {{ question }}\n")
        found = site.replay(run, "prompt:second")
        assert found.error is None
        assert sorted(found.performed) == ["b/model", "c/measure"]

    def test_a_tool(self, site, run):
        from genops.plugins import registry

        del registry._items["tool"]["measure"]

        @genops.tool
        def measure(text: str) -> int:
            """Changed."""
            return 0

        found = site.replay(run, "tool:measure")
        assert found.performed == ("c/measure",)
        assert ("", "output") in {(d.path, d.what) for d in found.differences}

    def test_a_tool_whose_code_is_not_the_recorded_one_is_not_called(self, site, run):
        from genops.plugins import registry

        del registry._items["tool"]["measure"]
        called = []

        @genops.tool
        def measure(text: str) -> int:
            """Changed."""
            called.append(text)
            return 0

        assert site.replay(run).identical
        site.prompt("second", "---\ninputs: {question: str}\n---\nSecond: {{ question }}\n")
        found = site.replay(run, "prompt:second")
        assert "not the code that was recorded" in found.error
        assert called == []

    def test_the_chain(self, site, run):
        site.write("chains/main.yaml", self.CHAIN.replace("{{ inputs.q }}!", "{{ inputs.q }}?"))
        found = site.replay(run, "chain:main")
        assert found.performed == ("d/model",)

    def test_a_memo_hit_of_what_was_swapped_goes_live(self, site, server, run):
        chain = genops.Chain.load("main", project=site.project)
        site.memo_run(chain, q="why")
        hit = site.memo_run(chain, q="why")
        assert paths(site.trace(hit), "model") == []
        site.prompt("second", "---\ninputs: {question: str}\n---\nSecond: {{ question }}\n")
        found = site.replay(hit, "prompt:second")
        assert sorted(found.performed) == ["b/model", "c/measure"]
        assert site.replay(hit).identical


FIRST = "---\ninputs: {question: str}\n---\nFirst: {{ question }}\n"


class Look:
    """A tool that notes what it is asked, and hangs or fails on some texts."""

    def __init__(self):
        self.asked, self.hanging, self.failing = [], set(), set()

        @genops.tool
        async def look(text: str) -> str:
            self.asked.append(text)
            if text in self.hanging:
                await asyncio.Event().wait()
            if text in self.failing:
                raise ValueError(f"cannot look at {text}")
            return text.upper()

    def on_asked(self):
        """What it was asked since it was last asked for this."""
        asked, self.asked = self.asked, []
        return asked


class TestWhatRanOutOfTime:
    """a, then a step with a timeout that the tool did not keep; b beside them."""

    CHAIN = """
        inputs: {q: str}
        steps:
          a: {prompt: first, with: {question: "{{ inputs.q }}"}}
          slow:
            tool: look
            with: {text: "{{ steps.a.output }}"}
            timeout: 1
            retry: {attempts: 2, delay: 0}
            fallback: [{value: too late}]
          b: {prompt: second, with: {question: "{{ inputs.q }}"}}
        output: "{{ steps.slow.output }}"
        """

    @pytest.fixture
    def look(self, site, server):
        site.prompt("first")
        site.prompt("second")
        site.served(server.url)
        return Look()

    @pytest.fixture
    def run(self, site, look):
        look.hanging = {"<why>"}
        run = site.chain(self.CHAIN).run(q="why")
        assert (run.output, look.on_asked()) == ("too late", ["<why>", "<why>"])
        look.hanging = set()
        return run

    def test_stays_so_where_nothing_else_is_asked(self, site, look, run):
        site.prompt("second", FIRST)
        found = site.replay(run, "prompt:second")
        assert found.performed == ("b/model",)
        assert (look.asked, site.trace(found.run).by_path["slow"].output) == (
            [],
            site.trace(run).by_path["slow"].output,
        )

    def test_goes_live_where_something_else_is_asked(self, site, look, run):
        site.prompt("first", FIRST)
        found = site.replay(run, "prompt:first")
        assert found.performed == ("a/model", "slow/look")
        assert look.asked == ["<First: why>"]
        assert site.trace(found.run).value(site.trace(found.run).run.output) == "<FIRST: WHY>"

    def test_keeps_its_timeout_when_it_is_live(self, site, look, run):
        look.hanging = {"<First: why>"}
        site.prompt("first", FIRST)
        found = site.replay(run, "prompt:first")
        assert found.performed == ("a/model", "slow/look", "slow#2/look")
        assert site.trace(found.run).value(site.trace(found.run).run.output) == "too late"

    def test_goes_live_in_the_middle_of_an_attempt(self, site, look):
        """Of three items, one after the other, the last hangs; what is asked in the second one changes."""
        look.hanging = {"three"}
        chain = site.chain("""
            steps:
              each:
                map: [one, two, three]
                concurrency: 1
                timeout: 2
                fallback: [{value: too late}]
                do:
                  steps:
                    asked: {prompt: first, with: {question: "{{ item }}"}, when: "{{ item == 'two' }}"}
                    seen: {tool: look, with: {text: "{{ steps.asked.output | default(item) }}"}}
                  output: "{{ steps.seen.output }}"
            """)
        run = chain.run()
        assert (run.output, look.on_asked()) == ("too late", ["one", "<two>", "three"])
        assert site.replay(run, "prompt:first").identical
        site.prompt("first", FIRST)
        found = site.replay(run, "prompt:first")
        assert found.performed == ("each[1]/asked/model", "each[1]/seen/look", "each[2]/seen/look")
        assert look.on_asked() == ["<First: two>", "three"]
        assert site.trace(found.run).value(site.trace(found.run).run.output) == "too late"


class TestWhatWasCancelled:
    """A step that hung until another one failed, and one that was never begun."""

    CHAIN = """
        inputs: {q: str}
        steps:
          a: {prompt: first, with: {question: "{{ inputs.q }}"}}
          bad: {tool: look, with: {text: "{{ steps.a.output }}"}, after: [b]}
          beside: {tool: look, with: {text: beside}}
          then: {tool: look, with: {text: "{{ steps.bad.output }}"}}
          b: {prompt: second, with: {question: "{{ inputs.q }}"}}
        output: "{{ [steps.beside.output, steps.then.output] }}"
        """

    @pytest.fixture
    def look(self, site, server):
        site.prompt("first")
        site.prompt("second")
        site.served(server.url)
        look = Look()
        look.hanging, look.failing = {"beside"}, {"<why>"}
        return look

    @pytest.fixture
    def run(self, site, look):
        with pytest.raises(GenopsError, match="cannot look at <why>") as caught:
            site.chain(self.CHAIN).run(q="why")
        assert sorted(look.on_asked()) == ["<why>", "beside"]
        look.hanging, look.failing = set(), set()
        return caught.value.run

    def test_is_cancelled_again_where_the_failure_stays(self, site, look, run):
        found = site.replay(run, "prompt:second")
        assert (found.differences, found.performed, look.asked) == ((), (), [])
        assert "cannot look at <why>" in found.error

    def test_goes_live_where_the_failure_is_gone(self, site, look, run):
        site.prompt("first", FIRST)
        found = site.replay(run, "prompt:first")
        assert found.error is None
        assert found.performed[:2] == ("a/model", "bad/look")
        assert set(found.performed[2:]) == {"beside/look", "then/look"}
        assert site.trace(found.run).value(site.trace(found.run).run.output) == ["BESIDE", "<FIRST: WHY>"]

    def test_goes_live_although_it_is_cancelled_again(self, site, look, run):
        """The failure is another one now: what else it cancels is no matter of the record."""
        look.failing = {"<First: why>"}
        site.prompt("first", FIRST)
        found = site.replay(run, "prompt:first")
        assert "cannot look at <First: why>" in found.error
        assert found.performed == ("a/model", "bad/look")


class TestAnIndex:
    """Two indexes, each searched and then looked at; one gets a second snapshot."""

    CHAIN = """
        inputs: {q: str}
        steps:
          found: {retrieve: notes, query: "{{ inputs.q }}", k: 1}
          told: {tool: look, with: {text: "{{ steps.found.output[0].text }}"}}
          other: {retrieve: more, query: "{{ inputs.q }}", k: 1}
          also: {tool: look, with: {text: "{{ steps.other.output[0].text }}"}}
        output: "{{ [steps.told.output, steps.also.output] }}"
        """

    @pytest.fixture
    def look(self):
        return Look()

    @pytest.fixture
    def run(self, site, look):
        site.index("more", "Tea comes from China.")
        site.close()
        site.index("notes", "Green tea wants water of 80 degrees.", "Whales live in the sea.")
        run = site.chain(self.CHAIN).run(q="tea water")
        assert run.output == ["GREEN TEA WANTS WATER OF 80 DEGREES.", "TEA COMES FROM CHINA."]
        look.on_asked()
        return run

    def rebuilt(self, site, name, text):
        site.write(f"notes/{name}.md", text)
        return build_index(site.project.settings, "notes")

    def test_with_the_same_snapshot_in_use(self, site, look, run):
        assert (site.replay(run, "index:notes").identical, look.asked) == (True, [])

    def test_with_a_snapshot_that_answers_otherwise(self, site, look, run):
        self.rebuilt(site, "0", "Green tea wants water of 70 degrees.")
        found = site.replay(run, "index:notes")
        assert found.performed == ("found/search", "told/look")
        assert look.asked == ["Green tea wants water of 70 degrees."]
        assert [change.partition(":")[0] for change in found.lock_changes] == ["index notes"]
        assert site.replay(run).identical

    def test_with_a_snapshot_whose_hits_are_told_the_same_way(self, site, look, run):
        """The hits name their snapshot, so that the search's output differs; what is asked after it does not."""
        self.rebuilt(site, "1", "Whales live in every sea.")
        found = site.replay(run, "index:notes")
        assert (found.performed, look.asked) == (("found/search",), [])
        assert site.trace(found.run).run.output == site.trace(run).run.output

    def test_with_the_snapshot_of_a_digest(self, site, look, run):
        before = site.trace(run).value(site.trace(run).by_path["found"].output)[0]["snapshot"]
        self.rebuilt(site, "0", "Green tea wants water of 70 degrees.")
        later = site.chain(self.CHAIN).run(q="tea water")
        look.on_asked()
        found = site.replay(later, f"index:notes#{before[:12]}")
        assert found.performed == ("found/search", "told/look")
        assert look.asked == ["Green tea wants water of 80 degrees."]


TOOLS = """
    import genops
    from app.words import decorated

    @genops.tool
    def measure(text: str) -> int:
        return len(decorated(text))
    """


@pytest.mark.slow
def test_a_tool_whose_source_has_changed(site):
    """Code is loaded once a process, so that each command is a process of its own."""
    site.write("app/__init__.py", "import app.tools\n")
    site.write("app/words.py", "def decorated(text):\n    return text\n")
    site.write("app/tools.py", TOOLS)
    site.write("arithmetic.py", "import genops\n\n@genops.tool\ndef twice(n: int) -> int:\n    return n * 2\n")
    site.write("genops.toml", 'plugins = ["app", "arithmetic"]')
    site.write(
        "chains/main.yaml",
        """
        inputs: {text: str}
        steps:
          size: {tool: measure, with: {text: "{{ inputs.text }}"}}
          double: {tool: twice, with: {n: "{{ steps.size.output }}"}}
          other: {tool: twice, with: {n: 7}}
        output: "{{ [steps.double.output, steps.other.output] }}"
        """,
    )

    def genops(*arguments, code=0):
        done = subprocess.run(
            [sys.executable, "-m", "genops", *arguments],
            cwd=site.root,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def replayed(*arguments, code=0):
        return json.loads(genops("trace", "replay", run, *arguments, "--json", code=code))

    run = json.loads(genops("run", "main", "--input", "text=tea", "--json"))["run"]["id"]
    assert replayed("--swap", "tool:measure")["identical"]
    site.write("app/words.py", "def decorated(text):\n    return text + '!'\n")
    assert replayed()["identical"]
    found = replayed("--swap", "tool:measure", code=1)
    assert found["performed"] == ["size/measure", "double/twice"]
