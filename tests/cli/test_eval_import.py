"""``genops eval import`` writes a suite that can be run."""

import pytest

CONFIG = """
prompts: ["Say {{what}}"]
providers: [openai:gpt-4o-mini]
tests:
  - {vars: {what: "tea"}, assert: [{type: contains, value: "said tea"}, {type: javascript, value: "true"}]}
"""


@pytest.fixture
def config(site):
    (site / "promptfooconfig.yaml").write_text(CONFIG)
    return "promptfooconfig.yaml"


def test_writes_files_and_says_what_is_missing(genops, site, config):
    done = genops("eval", "import", config, "--name", "tea")
    assert done.out == '[tool.genops.models.gpt_4o_mini]\nmodel = "openai/gpt-4o-mini"\n'
    assert "wrote evals/tea.yaml" in done.err
    assert "not carried over: assertion javascript: true: it has no equal" in done.err
    with (site / "genops.toml").open("a") as settings:
        settings.write('[models.gpt_4o_mini]\nmodel = "scripted/talker"\nfile = "talker.yaml"\n')
    genops("dataset", "check", "tea")
    genops("eval", "run", "tea")


def test_replaces_nothing_unasked(genops, config):
    genops("eval", "import", config, "--name", "tea")
    assert "exists" in genops("eval", "import", config, "--name", "tea", code=2).err
    genops("eval", "import", config, "--name", "tea", "--force")


def test_of_nothing_is_wrong_usage(genops):
    assert "there is no such file" in genops("eval", "import", "promptfooconfig.yaml", code=2).err
