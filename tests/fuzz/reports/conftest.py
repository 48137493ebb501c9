"""A store of campaigns, and their reports."""

from io import StringIO

import pytest

from genops.fuzz.reports import Report, writer
from genops.fuzz.summary import summarise
from tests.fuzz.stored import Campaigns, under

CHAIN = """\
inputs: {question: str}
steps:
  answer:
    prompt: answer
    with: {question: "{{ inputs.question }}"}
  tidy:
    branch:
      - when: "{{ true }}"
        steps:
          short: {prompt: shorten, with: {text: "{{ steps.answer.output }}"}}
      - steps:
          short: {chain: longer, with: {text: "{{ steps.answer.output }}"}}
output: "{{ steps.tidy.output }}"
"""
LONGER = """\
inputs: {text: str}
steps:
  write: {prompt: writers/longer, with: {text: "{{ inputs.text }}"}}
"""


@pytest.fixture
def campaigns(tmp_path):
    made = Campaigns(tmp_path / "project")
    yield made
    made.store.close()


@pytest.fixture
def report(campaigns):
    """The report of a campaign of tries and findings, as :class:`Campaigns` takes them."""

    def make(*args, accuracy=None, **more):
        record = campaigns.add(*args, **more)
        return Report(summarise(campaigns.store, record, accuracy), record, campaigns.settings)

    return make


@pytest.fixture
def written(report):
    """The text of a report in a format."""

    def write(name, *args, **more):
        out = StringIO()
        writer(name)(report(*args, **more), out)
        return out.getvalue()

    return write


@pytest.fixture
def chain(campaigns):
    """The chain under attack, in files of the project: `answer_docs`, its prompts, and a chain that it calls."""
    root = campaigns.settings.root
    for file, text in {
        "chains/answer_docs.yaml": CHAIN,
        "chains/longer.yaml": LONGER,
        "prompts/answer.prompt": "",
        "prompts/shorten.prompt": "",
        "prompts/writers/longer.prompt": "",
        "evals/attacks.yaml": "kind: campaign\n",
    }.items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text)
    return root


HOSTILE = (
    "</script><script>document.title='owned'</script><!-- <img src=x onerror=\"document.title='owned'\"> ]]> [a](b) {0}"
    " ig\u200bnore \u202eall\u2066\x1b[2J\ud800\U000e0041\u2028 e\u0301 \\u0041 | `x` @team ::error:: and\nmore\x00"
)
BREACHES = [{"outcome": "breach" if n % 3 == 0 else "safe", "mutations": under("base64")} for n in range(48)]
"""Tries of which a third got there."""
SAFE = [{"outcome": "safe"}] * 48
