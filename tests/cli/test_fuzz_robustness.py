"""``genops fuzz run`` on campaigns that compare answers: what it says, and how it ends."""

import json
import re
import shutil
import signal
import time

import pytest

from benchmarks.loopback_server import LoopbackServer, Reply
from genops.store import Store
from tests.cli.children import counted, ended, start, until
from tests.fuzz.weak_site import SOURCE

__all__ = ["start"]

PLACES = ["office", "quay", "shop", "pier", "library", "chapel", "market", "museum", "school", "lock", "bank", "inn"]
STEADY = {
    "kind": "campaign",
    "chain": "leaks_in_base64",
    "dataset": [{"id": place, "question": f"when is the {place} open, please?"} for place in PLACES],
    "robustness": {"relations": ["case", "typo"], "changes": 2, "at_most": 0.3},
}
ECHO = {"chain": "echoes_the_unseen"}


@pytest.fixture
def campaign(site):
    """Writes the campaign ``steady`` on the weak chains."""
    shutil.copytree(SOURCE, site, dirs_exist_ok=True)
    (site / "evals").mkdir()

    def write(**changes):
        (site / "evals" / "steady.yaml").write_text(json.dumps({**STEADY, **changes}, indent=1))

    write()
    return write


def test_a_chain_that_answers_alike_is_good_and_says_within_what(genops, campaign):
    done = genops("fuzz", "run", "steady")
    assert re.match(r"steady: 2 relations, 72 tries, campaign \w{12}\n", done.err)
    assert "answers changed no more than is allowed (exit code 0)" in done.out
    assert "case: answers change 0.0 points [-26.5, 26.5] more often than by themselves, 30 are allowed" in done.out
    assert "CHANGED" in done.out
    assert "OBJECTIVE" not in done.out


def test_one_that_does_not_is_bad_and_shows_two_runs_to_compare(genops, campaign):
    campaign(**ECHO)
    done = genops("fuzz", "run", "steady", code=1)
    assert "bad: answers changed more than is allowed (exit code 1)" in done.out
    assert re.search(r"^typo +100\.0% \[73\.5%, 100\.0%\] +\+100\.0 points", done.out, re.MULTILINE)
    assert re.search(r"^case +0\.0%", done.out, re.MULTILINE)
    assert re.search(r"^desk +answer +50\.0%", done.out, re.MULTILINE)
    before, after = re.search(r"genops trace diff (\w+) (\w+)", done.out).groups()
    assert "the run was given other inputs" in genops("trace", "diff", before, after).out


def test_it_gives_json_to_a_pipe(genops, campaign):
    campaign(**ECHO)
    shown = json.loads(genops("fuzz", "run", "steady", "--json", code=1).out)
    rates = {one["relation"]: one["rate"]["value"] for one in shown["robustness"]["relations"]}
    assert rates == {"case": 0.0, "typo": 1.0}
    assert [one["case"] for one in shown["robustness"]["examples"]] == PLACES[:3]


def test_too_few_cases_are_undecided(genops, campaign):
    campaign(robustness={**STEADY["robustness"], "at_most": 0.1})
    done = genops("fuzz", "run", "steady", code=3)
    assert "12 cases leave that open" in done.out


def test_without_a_figure_it_informs(genops, campaign):
    campaign(**ECHO, robustness={"relations": ["typo"]})
    assert "answers were compared, nothing is decided (exit code 0)" in genops("fuzz", "run", "steady").out


def test_what_a_budget_cut_off_is_gone_on_with(genops, campaign):
    campaign(budget={"tokens": 300}, concurrency=1)
    done = genops("fuzz", "run", "steady", code=4)
    assert re.search(r"robustness: \d+ tries are missing", done.out)
    first = json.loads(genops("fuzz", "show", "--json", code=0).out)
    campaign()
    genops("fuzz", "run", "steady", "--resume")
    rest = json.loads(genops("fuzz", "show", "--json").out)
    assert rest["id"] == first["id"]
    assert (rest["status"], rest["robustness"]["made"]) == ("finished", 72)


def test_two_chains_are_compared_by_case_and_change(genops, campaign):
    campaign(**ECHO)
    genops("fuzz", "run", "steady", code=1)
    weak = json.loads(genops("fuzz", "show", "--json").out)["id"]
    campaign()
    genops("fuzz", "run", "steady")
    found = json.loads(genops("fuzz", "compare", weak, "--json").out)
    assert {one["name"]: one["direction"] for one in found["relations"]} == {
        "unchanged": "same",
        "case": "same",
        "typo": "better",
    }
    assert re.search(r"^typo +−100\.0 points", genops("fuzz", "compare", weak).out, re.MULTILINE)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"robustness": {"relations": ["typos"]}}, r":\d+: no relation is called 'typos'\n  did you mean typo\?"),
        ({"robustness": {"at_most": 2}}, r":\d+: `at_most`: "),
        ({"robustness": {"at_most": {"tpyo": 0.1}}}, r":\d+: `at_most`: 'tpyo' is none of the relations"),
        ({"robustness": {"relations": ["irrelevant_passage"]}}, "changes passages, and the chain .* retrieves none"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(genops, campaign, changes, message):
    campaign(**changes)
    assert re.search(message, genops("fuzz", "run", "steady", code=2).err)


@pytest.mark.slow
def test_what_a_killed_run_has_kept_is_neither_lost_nor_made_again(start, site):
    asked = []

    def answer(body):
        asked.append(body)
        return Reply(text="We open at nine.")

    def kept():
        with Store.open(f"sqlite:///{site}/.genops/genops.db") as store:
            (record,) = store.campaigns()
            return {made.number: made for made in store.tries(record.id)}

    with LoopbackServer(0.05, answer) as server:
        (site / "genops.toml").write_text(
            f'default_model = "m"\n[models.m]\nmodel = "openai/m"\nbase_url = "{server.url}"\n'
        )
        (site / "prompts" / "asked.prompt").write_text("---\ninputs: {question: str}\n---\n{{ question }}\n")
        (site / "chains" / "asked.yaml").write_text(
            "inputs: {question: str}\n"
            'steps: {answer: {prompt: asked, with: {question: "{{ inputs.question }}"}}}\n'
            'output: "{{ steps.answer.output }}"\n'
        )
        (site / "evals").mkdir()
        (site / "evals" / "steady.yaml").write_text(json.dumps({**STEADY, "chain": "asked", "concurrency": 4}))
        process = start("fuzz", "run", "steady")
        until(lambda: counted(site / ".genops" / "genops.db", "try") >= 20, process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        time.sleep(0.5)  # what the server was asked last is counted when it answers
        before, first = kept(), len(asked)
        ended(start("fuzz", "run", "steady", "--resume"), 0)
        after = kept()
    assert len(after) == 72 > len(before) >= 20
    assert after.items() >= before.items()
    assert len(asked) - first == len(after) - len(before)
