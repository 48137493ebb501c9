"""branch, map, loop, chain and tool steps: what each gives, and where it ends."""

import asyncio

import pytest

import genops
from genops.errors import BudgetExceeded, DefinitionError, GenopsError, InputError, ToolError


@pytest.fixture
def tools(site):
    @genops.tool
    def add(a: float, b: float) -> float:
        return a + b

    @genops.tool
    def fail(why: str) -> str:
        raise ValueError(why)

    @genops.tool
    def echo(value: list | dict | str | int | None) -> list | dict | str | int | None:
        return value


@pytest.fixture
def run(site, tools):
    """Runs a chain and gives its output."""
    return lambda text, **inputs: site.chain(text).run(**inputs).output


class TestBranch:
    CHAIN = """
        inputs: {n: int}
        steps:
          pick:
            branch:
              - {when: "{{ inputs.n > 10 }}", steps: {a: {tool: echo, with: {value: big}}}}
              - {when: "{{ inputs.n > 5 }}", steps: {b: {tool: echo, with: {value: middle}}}}
        output: "{{ steps.pick.output | default('none') }}"
        """

    @pytest.mark.parametrize(("n", "gives"), [(11, "big"), (6, "middle"), (1, "none")])
    def test_runs_the_first_that_matches(self, run, n, gives):
        assert run(self.CHAIN, n=n) == gives

    def test_with_no_match_is_skipped(self, site, run):
        chain = site.chain(self.CHAIN)
        trace = site.trace(chain.run(n=1))
        assert trace.by_path["pick"].status == "skipped"
        assert trace.state(trace.by_path[""])["steps"] == {"pick": {"status": "skipped"}}

    def test_a_text_is_no_condition(self, run):
        with pytest.raises(InputError, match="a condition gave the text"):
            run("steps: {a: {branch: [{when: 'false', steps: {b: {tool: echo, with: {value: 1}}}}]}}")


class TestWhen:
    def test_a_skipped_step_is_undefined(self, run):
        text = """
            steps:
              a: {tool: echo, with: {value: 1}, when: false}
            output: "{{ steps.a.output }}"
            """
        with pytest.raises(InputError, match="output"):
            run(text)
        assert run(text.replace("a.output", "a.output | default(7)")) == 7
        assert run(text.replace("a.output", "a.status")) == "skipped"

    def test_what_needs_it_must_say_what_it_does_without(self, run):
        with pytest.raises(InputError):
            run("""
                steps:
                  a: {tool: echo, with: {value: 1}, when: "{{ 1 > 2 }}"}
                  b: {tool: echo, with: {value: "{{ steps.a.output }}"}}
                output: "{{ steps.b.output }}"
                """)

    def test_nothing_of_a_skipped_step_is_evaluated(self, run):
        assert (
            run("""
                steps: {a: {tool: echo, with: {value: "{{ 1 / 0 }}"}, when: false}}
                output: done
                """)
            == "done"
        )


class TestNames:
    @pytest.mark.parametrize("name", ["items", "keys", "values", "copy", "update", "get"])
    def test_a_name_is_never_a_method(self, run, name):
        text = f"""
            inputs: {{{name}: int}}
            steps: {{{name}: {{tool: echo, with: {{value: {{{name}: "{{{{ inputs.{name} }}}}"}}}}}}}}
            output: "{{{{ steps.{name}.output.{name} }}}}"
            """
        assert run(text, **{name: 3}) == 3


class TestMap:
    def test_keeps_the_order_of_items(self, site):
        order = []
        done = [asyncio.Event() for _ in range(5)]
        done[4].set()

        @genops.tool
        async def slow_first(n: int) -> int:
            await done[n + 1].wait()
            order.append(n)
            done[n].set()
            return n

        chain = site.chain(
            "steps: {a: {map: [0, 1, 2, 3], do: {steps: {b: {tool: slow_first, with: {n: '{{ item }}'}}}}}}"
        )
        assert chain.run().output == [0, 1, 2, 3]
        assert order == [3, 2, 1, 0]

    @pytest.mark.parametrize("bound", [1, 3])
    def test_the_bound_on_concurrency_holds_and_is_used(self, site, bound):
        now = most = 0

        @genops.tool
        async def count(n: int) -> int:
            nonlocal now, most
            now += 1
            most = max(most, now)
            for _ in range(20):
                await asyncio.sleep(0)
            now -= 1
            return n

        chain = site.chain(f"""
            steps:
              a:
                map: "{{{{ range(12) }}}}"
                concurrency: {bound}
                do: {{steps: {{b: {{tool: count, with: {{n: "{{{{ item }}}}"}}}}}}}}
            """)
        assert chain.run().output == list(range(12))
        assert most == bound

    ERRORS = """
        inputs: {policy: str}
        steps:
          a:
            map: [1, 0, 2]
            on_error: POLICY
            do: {steps: {b: {tool: echo, with: {value: "{{ 6 // item }}"}}}}
        """

    @pytest.mark.parametrize(
        ("policy", "gives"),
        [
            ("'null'", [6, None, 3]),
            ("skip", [6, 3]),
        ],
    )
    def test_errors_of_items(self, run, policy, gives):
        assert run(self.ERRORS.replace("POLICY", policy).replace("inputs: {policy: str}", "")) == gives

    def test_errors_reported(self, run):
        first, failed, last = run(self.ERRORS.replace("POLICY", "report").replace("inputs: {policy: str}", ""))
        assert (first, last) == (6, 3)
        assert failed["error"]["type"] == "InputError"
        assert "ZeroDivisionError" in failed["error"]["message"]

    def test_an_error_ends_the_step_by_default(self, run):
        with pytest.raises(InputError, match="ZeroDivisionError") as caught:
            run(self.ERRORS.replace("on_error: POLICY", "").replace("inputs: {policy: str}", ""))
        assert caught.value.path == "a[1]/b"

    def test_of_nothing_is_nothing(self, run):
        assert run("steps: {a: {map: [], do: {steps: {b: {tool: echo, with: {value: 1}}}}}}") == []

    @pytest.mark.parametrize("what", ["text", "{a: 1}", "3"])
    def test_only_over_lists(self, run, what):
        with pytest.raises(InputError, match="needs a list"):
            run(f"steps: {{a: {{map: {what}, do: {{steps: {{b: {{tool: echo, with: {{value: 1}}}}}}}}}}}}")

    def test_no_more_items_than_allowed(self, site, tools):
        site.settings("[limits]\nmap_items = 3")
        chain = site.chain("steps: {a: {map: [1, 2, 3, 4], do: {steps: {b: {tool: echo, with: {value: 1}}}}}}")
        with pytest.raises(InputError, match="map_items = 3"):
            chain.run()

    def test_inside_of_a_map_and_with_what_is_around_it(self, run):
        assert run(
            """
            inputs: {rows: list}
            steps:
              base: {tool: echo, with: {value: 100}}
              rows:
                map: "{{ inputs.rows }}"
                as: row
                do:
                  steps:
                    cells:
                      map: "{{ row }}"
                      do: {steps: {x: {tool: add, with: {a: "{{ item + index * 10 }}", b: "{{ steps.base.output }}"}}}}
            output: "{{ steps.rows.output }}"
            """,
            rows=[[1, 2], [3]],
        ) == [[101, 112], [103]]


class TestLoop:
    CHAIN = """
        steps:
          a:
            loop: {steps: {b: {tool: add, with: {a: "{{ loop.previous }}", b: "{{ loop.round }}"}}}}
            start: 1
            until: "{{ loop.output >= 7 }}"
            max_rounds: BOUND
        """

    def test_goes_round_until_it_holds(self, run):
        assert run(self.CHAIN.replace("BOUND", "10")) == 7

    def test_a_bound_that_is_just_enough(self, run):
        assert run(self.CHAIN.replace("BOUND", "4")) == 7

    def test_the_bound_is_an_error(self, run):
        with pytest.raises(BudgetExceeded, match="not done after 3 rounds"):
            run(self.CHAIN.replace("BOUND", "3"))

    def test_or_the_last_output(self, run):
        assert run(self.CHAIN.replace("BOUND", "3\n            at_bound: last")) == 4

    def test_a_condition_that_is_text_is_refused(self, run):
        with pytest.raises(InputError, match="condition"):
            run(self.CHAIN.replace("BOUND", "3").replace("{{ loop.output >= 7 }}", "no {{ 1 }}"))

    def test_inside_of_a_loop(self, run):
        assert (
            run("""
            steps:
              a:
                start: 1
                until: "{{ loop.round == 2 }}"
                loop:
                  steps:
                    b:
                      start: "{{ loop.previous }}"
                      until: "{{ loop.round == 1 }}"
                      loop: {steps: {c: {tool: add, with: {a: "{{ loop.previous }}", b: 1}}}}
            """)
            == 7
        )


class TestChain:
    def test_has_inputs_and_steps_of_its_own(self, site, run):
        site.write(
            "chains/inner.yaml",
            """
            inputs: {n: int, more: {type: int, default: 5}}
            steps: {a: {tool: add, with: {a: "{{ inputs.n }}", b: "{{ inputs.more }}"}}}
            """,
        )
        text = """
            inputs: {x: int}
            steps: {a: {chain: inner, with: {n: "{{ inputs.x }}"}}}
            """
        assert run(text, x=1) == 6
        with pytest.raises(InputError, match="missing") as caught:
            run(text.replace('n: "{{ inputs.x }}"', ""), x=1)
        assert caught.value.path == "a"

    def test_that_contains_itself_is_refused(self, site, tools):
        site.write("chains/a.yaml", "steps: {x: {chain: b}}")
        site.write("chains/b.yaml", "steps: {x: {map: [1], do: {steps: {y: {chain: a}}}}}")
        with pytest.raises(DefinitionError, match="a > b > a"):
            site.chain("steps: {x: {chain: b}}", name="a")

    def test_nests_to_a_bound(self, site, tools):
        site.settings("[limits]\nchain_depth = 5")
        site.write("chains/c0.yaml", "steps: {x: {tool: echo, with: {value: deep}}}")
        for n in range(1, 6):
            site.write(f"chains/c{n}.yaml", f"steps: {{x: {{chain: c{n - 1}}}}}")
        assert genops.Chain.load("c4", project=site.project).run().output == "deep"
        with pytest.raises(DefinitionError, match="deep"):
            genops.Chain.load("c5", project=site.project)

    def test_an_error_inside_has_its_whole_path(self, site, run):
        site.write("chains/inner.yaml", "steps: {bad: {tool: fail, with: {why: because}}}")
        with pytest.raises(ToolError, match="because") as caught:
            run("steps: {each: {map: [1], do: {steps: {call: {chain: inner}}}}}")
        assert caught.value.path == "each[0]/call/inner/bad"


class TestWhatIsGivenWrongly:
    @pytest.mark.parametrize(
        "step",
        [
            "{tool: echo, with: text}",
            "{chain: inner, with: text}",
            "{prompt: ask, with: text}",
            "{prompt: ask, with: {question: q}, parameters: text}",
            "{agent: ask, with: text}",
            "{retrieve: docs, query: 3}",
            "{retrieve: docs, query: q, k: 0}",
            "{retrieve: docs, query: q, k: '3'}",
            '{http: GET, url: "http://localhost", headers: text}',
            '{http: GET, url: "http://localhost", headers: {a: 3}}',
            '{http: GET, url: "http://localhost", headers: {a: "x\\r\\nb: y"}}',
            "{http: GET, url: 3}",
            '{http: GET, url: "ftp://localhost"}',
            '{http: GET, url: "http://"}',
            '{http: GET, url: "http://[::1"}',
            '{http: GET, url: "http://localhost:99999/"}',
        ],
    )
    def test_is_an_error_of_genops(self, site, tools, step):
        site.prompt("ask")
        site.scripted("rules: [{text: hi}]")
        site.settings('[http]\nallowed_hosts = ["localhost"]')
        site.write("chains/inner.yaml", "inputs: {text: str}\nsteps: {a: {tool: echo, with: {value: 1}}}")
        site.index("docs", "Whales live in the sea.")
        with pytest.raises(GenopsError) as caught:
            site.chain(f"steps: {{a: {step}}}").run()
        assert caught.value.path == "a"
