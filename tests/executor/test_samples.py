"""The sample chains of this repository: each runs, and its replay is identical and silent."""

import shutil
from pathlib import Path

import pytest

import chains.tools  # registers the samples' tools before a test looks at the registry
from genops.executor import Chain
from tests.executor.site import paths

ROOT = Path(chains.tools.__file__).parents[1]

DOCS = (
    "# Replay\n\nReplay injects the recorded effects of a run. No model is called and no tool.\n",
    "# Locks\n\nA lock pins every component of a chain by its digest. Write it with genops chain lock.\n",
    "# Store\n\nThe store is SQLite in WAL mode. It lives below the folder .genops of the project.\n",
)


@pytest.fixture
def sample(site):
    """A chain of the repository over a small index."""
    for folder in ("chains", "prompts"):
        shutil.copytree(ROOT / folder, site.root / folder)
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("[tool.genops]")[2]
    top, _, rest = settings.partition("[tool.genops.indexes.docs]")
    models = rest[rest.index("[tool.genops.models") :].replace("[tool.genops.", "[")
    site.top = top
    site.settings(models)
    site.index("docs", *DOCS)
    return lambda name: Chain.load(name, project=site.project)


RUNS = {
    "answer_docs": {"question": "What does a lock pin?"},
    "docs_agent": {"question": "How many is 6 * 7, and what does replay do?"},
    "triage_questions": {"questions": ["What does a lock pin?", "hello", "Where does the store live?"]},
}


def test_every_sample_is_here():
    assert sorted(path.stem for path in (ROOT / "chains").glob("*.yaml")) == sorted(RUNS)


@pytest.mark.parametrize("name", RUNS)
def test_runs_and_replays(site, sample, name):
    run = sample(name).run(**RUNS[name])
    assert run.output
    trace = site.trace(run)
    assert {span.status for span in trace.spans} <= {"ok", "skipped"}
    found = site.replay(run)
    assert found.identical, found.differences
    effects = paths(trace, "model", "tool", "retrieve", "http", "clock")
    assert (found.injected, found.performed) == (len(effects), ())
    assert found.lock_changes == ()


def test_every_citation_leads_to_the_characters_that_were_read(site, sample):
    output = sample("answer_docs").run(question="What does a lock pin?").output
    assert output["citations"]
    for citation in output["citations"]:
        text = (site.root / citation["uri"]).read_text(encoding="utf-8")
        assert "lock" in text[citation["start"] : citation["end"]].lower()
