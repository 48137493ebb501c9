"""The memo: what a result is known by, and what is never kept."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import genops
from genops.errors import ReferenceNotFound
from genops.executor import RunOptions


@pytest.fixture
def calls():
    made = []

    @genops.tool
    def look(n: int) -> int:
        made.append(n)
        return n * 2

    @genops.tool(effect="write")
    def put(n: int) -> int:
        made.append(n)
        return n

    @genops.tool
    def fail(n: int) -> int:
        made.append(n)
        raise ValueError("no")

    @genops.tool
    def leak() -> str:
        made.append(0)
        return "sk-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH"

    @genops.tool
    def tell(time: str) -> int:
        made.append(0)
        return 1

    return made


def twice(site, calls, text, repeat=(0, 0), **inputs):
    """How many calls each of two runs made."""
    chain = site.chain(text)
    counts, outputs = [], []
    for number in repeat:
        calls.clear()
        outputs.append(site.memo_run(chain, number, **inputs).output)
        counts.append(len(calls))
        site.project.store.writer.flush()
    assert outputs[0] == outputs[1]
    return counts


def test_a_result_is_reused(site, calls):
    assert twice(site, calls, "steps: {a: {tool: look, with: {n: 1}}}") == [1, 0]


def test_not_without_a_memo(site, calls):
    chain = site.chain("steps: {a: {tool: look, with: {n: 1}}}")
    site.memo_run(chain)
    chain.run()
    assert len(calls) == 2


def test_repeats_share_nothing(site, calls):
    assert twice(site, calls, "steps: {a: {tool: look, with: {n: 1}}}", repeat=(0, 1)) == [1, 1]


def test_inputs_count_and_only_those_that_are_read(site, calls):
    chain = site.chain("inputs: {n: int, other: int}\nsteps: {a: {tool: look, with: {n: '{{ inputs.n }}'}}}")
    for n, other in ((1, 1), (1, 2), (2, 1)):
        site.memo_run(chain, n=n, other=other)
    assert calls == [1, 2]


def test_the_item_around_a_nested_map_counts(site, calls):
    """Two maps inside of each other with one name for their items: the inner one's list is the outer one's item."""
    chain = site.chain("""
        inputs: {rows: list}
        steps:
          rows:
            map: "{{ inputs.rows }}"
            concurrency: 1
            do:
              steps:
                cells: {map: "{{ item }}", do: {steps: {x: {tool: look, with: {n: "{{ item }}"}}}}}
        """)
    assert site.memo_run(chain, rows=[[1, 2], [3]]).output == [[2, 4], [6]]


def test_the_definition_of_the_step_counts_and_not_its_name(site, calls):
    site.memo_run(site.chain("steps: {a: {tool: look, with: {n: 1}}}"))
    site.memo_run(site.chain("steps: {b: {tool: look, with: {n: 1}}}"))
    assert calls == [1]
    site.memo_run(site.chain("steps: {a: {tool: look, with: {n: 1}, timeout: 9}}"))
    assert calls == [1, 1]


def test_components_count(site, calls):
    site.prompt("ask", "one\n")
    site.scripted("rules: [{text: '{{ messages[-1].content | trim }}'}]")
    assert site.memo_run(site.chain("steps: {a: {prompt: ask}}")).output == "one"
    site.prompt("ask", "two\n")
    assert site.memo_run(site.chain("steps: {a: {prompt: ask}}")).output == "two"


def test_components_of_sub_chains_count(site, calls):
    site.prompt("ask", "one\n")
    site.scripted("rules: [{text: '{{ messages[-1].content | trim }}'}]")
    site.write("chains/inner.yaml", "steps: {x: {map: [1], do: {steps: {y: {prompt: ask}}}}}")
    assert site.memo_run(site.chain("steps: {a: {chain: inner}}")).output == ["one"]
    site.prompt("ask", "two\n")
    assert site.memo_run(site.chain("steps: {a: {chain: inner}}")).output == ["two"]


NEVER_KEPT = {
    "a step that says so": "steps: {a: {tool: look, with: {n: 1}, cache: false}}",
    "a write": "steps: {a: {tool: put, with: {n: 1}}}",
    "a step declared a write": "steps: {a: {tool: look, with: {n: 1}, effect: write}}",
    "a write inside of a map": "steps: {a: {map: [1], do: {steps: {b: {tool: put, with: {n: 1}}}}}}",
    "a write inside of a sub-chain": "steps: {a: {chain: writing}}",
    "the value of a fallback": "steps: {a: {tool: fail, with: {n: 1}, fallback: [{value: 1}]}}",
    "a fallback inside of a map": (
        "steps: {a: {map: [1], do: {steps: {b: {tool: fail, with: {n: 1}, fallback: [{value: 1}]}}}}}"
    ),
    "a fallback inside of a sub-chain": "steps: {a: {chain: falling}}",
    "a failure inside of a map": (
        "steps: {a: {map: [1], on_error: report, do: {steps: {b: {tool: fail, with: {n: 1}}}}}}"
    ),
    "what was redacted": "steps: {a: {tool: leak}}",
    "what reads the clock": 'steps: {a: {tool: tell, with: {time: "{{ now() }}"}}}',
    "what reads the clock inside of a map": (
        'steps: {a: {map: [1], do: {steps: {b: {tool: tell, with: {time: "{{ now() }}"}}}}}}'
    ),
    "what reads the clock inside of a sub-chain": "steps: {a: {chain: timely}}",
}


@pytest.mark.parametrize("what", NEVER_KEPT)
def test_is_never_kept(site, calls, what):
    site.write("chains/writing.yaml", "steps: {b: {tool: put, with: {n: 1}}}")
    site.write("chains/falling.yaml", "steps: {b: {tool: fail, with: {n: 1}, fallback: [{value: 1}]}}")
    site.write("chains/timely.yaml", 'steps: {b: {tool: tell, with: {time: "{{ now() }}"}}}')
    first, second = twice(site, calls, NEVER_KEPT[what])
    assert (first, second) == (1, 1)


def test_a_failure_is_not_kept(site, calls):
    chain = site.chain("steps: {a: {tool: fail, with: {n: 1}}}")
    for _ in range(2):
        with pytest.raises(genops.GenopsError):
            site.memo_run(chain)
    assert len(calls) == 2


def test_the_key_tells_nothing_of_the_input(site, calls):
    """Two projects do not have one key for one input."""
    chain = site.chain("steps: {a: {tool: look, with: {n: 1}}}")
    node = chain.closure.root.block.nodes["a"]
    memo = site.project.memo()
    other = genops.executor.memo.Memo(site.project.store, b"another secret")
    variables = {"inputs": {}, "steps": {}}
    assert memo.key(node, variables, chain.closure) != other.key(node, variables, chain.closure)
    assert memo.key(node, variables, chain.closure) == site.project.memo().key(node, variables, chain.closure)


def test_the_key_of_the_hashes_is_made_once_and_whole(site, monkeypatch):
    site.scripted("rules: [{text: x}]")
    project = site.project
    path = project.settings.data_dir / "memo.key"

    def full(self, data):
        self.touch()
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as fault:
        fault.setattr(Path, "write_bytes", full)
        assert len(project._memo_secret()) == 32
    assert not path.exists()
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: project._memo_secret(), range(32)))
    assert secrets == {path.read_bytes()}
    assert path.stat().st_mode & 0o077 == 0
    assert [file.name for file in path.parent.iterdir() if "memo.key" in file.name] == ["memo.key"]


def test_a_reused_step_leads_to_the_spans_of_the_run_that_made_it(site, calls):
    chain = site.chain("steps: {a: {map: [1, 2], do: {steps: {b: {tool: look, with: {n: '{{ item }}'}}}}}}")
    first, second = (site.memo_run(chain, 0) for _ in range(2) if site.project.store.writer.flush())
    site.project.store.writer.flush()
    short, long = site.trace(second.id), site.trace(second.id).whole()
    assert len(calls) == 2
    assert "a[1]/b/look" not in short.by_path
    made, reused = site.trace(first.id).by_path, long.by_path
    assert reused.keys() == made.keys()
    assert reused["a[1]/b/look"].output == made["a[1]/b/look"].output
    assert {span.run for span in long.spans} == {second.id}
    depths = {span.path: depth for depth, span in long.walk()}
    assert depths == {span.path: depth for depth, span in site.trace(first.id).walk()}


def test_a_reused_step_whose_run_is_gone_has_nothing_below_it(site, calls):
    chain = site.chain("steps: {a: {tool: look, with: {n: 1}}}")
    first, second = (site.memo_run(chain, 0) for _ in range(2) if site.project.store.writer.flush())
    site.project.store.writer.flush()
    site.project.store.delete([first.id])
    with pytest.raises(ReferenceNotFound):
        site.trace(second.id).whole()


def test_what_was_just_made_is_found_before_it_is_written(site, calls):
    """Also by another memo of the same process, which finds nothing of the step in the database."""
    chain = site.chain("steps: {a: {tool: look, with: {n: '{{ inputs.n }}'}}}\ninputs: {n: int}")
    memo = site.project.memo()
    for n, options in ((1, memo), (2, memo), (1, memo), (1, site.project.memo()), (2, site.project.memo())):
        chain.run_sync({"n": n}, RunOptions(memo=options))
    assert calls == [1, 2]
