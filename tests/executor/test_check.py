import pytest

from genops.chains import tool
from genops.executor.check import check_chain, check_prompt

SAY = """
    ---
    inputs: {what: str, times: {type: int, default: 1}}
    ---
    Say {{ what }} {{ times }} times
    """


@pytest.fixture
def found(site):
    """What a check finds in a chain, as ``severity location: message``."""
    site.scripted("rules: [{text: ok}]")
    site.prompt("say", SAY)

    def check(text, name="main"):
        site.write(f"chains/{name}.yaml", text)
        return [f"{f.severity} {f.location}: {f.message}" for f in check_chain(site.project, name)]

    return check


def errors(lines):
    return [line for line in lines if line.startswith("error")]


def test_a_chain_that_is_right_has_no_lock_and_nothing_else(found):
    lines = found('steps:\n  a: {prompt: say, with: {what: hi}}\noutput: "{{ steps.a.output }}"\n')
    assert lines == ["note chains/main.lock: chain 'main' has no lock"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{}", "is not given 'what'"),
        ("{what: hi, waht: ho}", "has no input 'waht'"),
        ("{what: 1}", "expected str"),
        ('{what: hi, times: "two"}', "expected int"),
    ],
)
def test_a_template_is_given_exactly_its_inputs(found, given, message):
    (line,) = errors(found(f"steps:\n  a:\n    prompt: say\n    with: {given}\n"))
    assert line.startswith("error chains/main.yaml:2: step 'a': prompt say")
    assert message in line


@pytest.mark.parametrize(
    ("template", "fits", "message"),
    [
        ("value", "{type: objct}", "step 'a': `fits`: not a valid JSON Schema"),
        ("say", "{type: string}", "step 'a': `fits` is for values, and 'say' declares no output"),
        ("value", "{properties: {n: {enum: '{{ inputs.known }}'}}}", None),
        ("value", "{properties: {n: {enum: [1, 2]}}}", None),
    ],
)
def test_what_an_answer_has_to_fit_is_a_schema(found, site, template, fits, message):
    site.prompt("value", "---\noutput: {schema: {type: object}}\n---\nSay.\n")
    given = "{what: hi}" if template == "say" else "{}"
    step = f"{{prompt: {template}, with: {given}, fits: {fits}}}"
    lines = errors(found(f"inputs: {{known: list}}\nsteps:\n  a: {step}\n"))
    assert [line.startswith(f"error chains/main.yaml:3: {message}") for line in lines] == ([True] if message else [])


def test_expressions_have_no_type_before_a_run(found):
    assert not errors(found('inputs: {n: str}\nsteps:\n  a: {prompt: say, with: {what: x, times: "{{ inputs.n }}"}}\n'))
    assert not errors(found('inputs: {all: object}\nsteps:\n  a: {prompt: say, with: "{{ inputs.all }}"}\n'))


def test_steps_inside_of_blocks_branches_and_fallbacks_are_checked(found):
    lines = errors(
        found(
            """
            steps:
              each:
                map: "{{ [1] }}"
                do:
                  steps:
                    way:
                      branch:
                        - steps: {a: {prompt: nope}}
                  output: 1
                fallback:
                  - {prompt: gone, with: {}}
                  - {model: missing}
            """
        )
    )
    assert {name for name in ("nope", "gone", "missing") if any(name in line for line in lines)} == {
        "nope", "gone", "missing",
    }  # fmt: skip


def test_sub_chains_are_followed_and_circles_named(found, site):
    site.write("chains/inner.yaml", "inputs: {x: str}\nsteps:\n  a: {prompt: say, with: {wat: x}}\n")
    lines = errors(found("steps:\n  a: {chain: inner, with: {y: 1}}\n"))
    assert any("chains/inner.yaml:3: step 'a': prompt say has no input 'wat'" in line for line in lines)
    assert any("chains/main.yaml:2: step 'a': chain inner has no input 'y'" in line for line in lines)
    assert any("is not given 'x'" in line for line in lines)
    site.write("chains/inner.yaml", "steps:\n  a: {chain: main, with: {}}\n")
    assert any("contains itself: main > inner > main" in line for line in found("steps:\n  a: {chain: inner}\n"))


def test_tool_arguments_are_those_of_the_signature(found):
    @tool(name="checked_add")
    def add(a: int, b: int = 0) -> int:
        return a + b

    assert not errors(found("steps:\n  a: {tool: checked_add, with: {a: 1}}\n"))
    lines = errors(found("steps:\n  a: {tool: checked_add, with: {c: 1}}\n"))
    assert any("has no argument 'c'" in line for line in lines)
    assert any("is not given 'a'" in line for line in lines)
    assert any("no tool is called" in line for line in errors(found("steps:\n  a: {tool: checked_ad}\n")))


def test_what_another_machine_may_have_is_a_warning(found, site, monkeypatch):
    monkeypatch.delenv("CHECK_KEY", raising=False)
    site.settings('[models.keyed]\nmodel = "openai/x"\napi_key_env = "CHECK_KEY"\n')
    site.settings('[indexes.docs]\nsources = ["docs/*.md"]\n')
    lines = found(
        """
        steps:
          a: {retrieve: docs, query: x}
          b: {prompt: say, model: keyed, with: {what: x}}
          c: {http: GET, url: "https://example.org", headers_env: {X-Key: CHECK_KEY}}
        output: 1
        """
    )
    assert not errors(lines)
    warnings = [line for line in lines if line.startswith("warning")]
    assert any("'docs' was not built" in line for line in warnings)
    assert sum("CHECK_KEY" in line for line in warnings) == 2
    assert errors(found("steps:\n  a: {retrieve: dosc, query: x}\n"))


def test_a_lock_that_is_out_of_date_is_a_warning(found, site):
    text = "steps:\n  a: {prompt: say, with: {what: hi}}\n"
    site.chain(text).write_lock()
    assert found(text) == []
    site.prompt("say", SAY.replace("Say", "Shout"))
    (line,) = found(text)
    assert line.startswith("warning chains/main.lock: the lock is out of date: prompt say: ")


def test_a_broken_file_is_one_error_with_its_line(found):
    (line,) = found("steps:\n  a: {prompt: say, wiht: {}}\n")
    assert line.startswith("error chains/main.yaml:2: ")


def test_a_template_is_checked_with_its_model_and_tools(site):
    site.prompt("say", "---\nmodel: nope\ntools: [no_such_tool]\n---\nhi\n")
    messages = [finding.message for finding in check_prompt(site.project, "say")]
    assert any("nope" in message for message in messages)
    assert any("no_such_tool" in message for message in messages)
