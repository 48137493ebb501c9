"""``genops fuzz`` for people: what it says, and how it ends."""

import json
import os
import re
import shutil
import subprocess
import sys
import time

import pytest

from genops.cli.progress import campaign_bar
from genops.fuzz.runner import FuzzProgress
from tests.cli.conftest import REPOSITORY
from tests.cli.test_progress import at_a_terminal
from tests.fuzz.weak_site import SOURCE

CAMPAIGN = {
    "kind": "campaign",
    "chain": "leaks_in_base64",
    "dataset": [{"question": "When is the office open?"}],
    "objectives": ["prompt_extraction"],
    "mutators": ["base64", "rot13"],
    "tries": {"sweep": 40, "search": 0},
}


@pytest.fixture
def campaign(site):
    """Writes the campaign ``attacks`` on the weak chains."""
    shutil.copytree(SOURCE, site, dirs_exist_ok=True)
    (site / "evals").mkdir()

    def write(name="attacks", **changes):
        lines = [f"{key}: {json.dumps(value)}" for key, value in {**CAMPAIGN, **changes}.items()]
        (site / "evals" / f"{name}.yaml").write_text("\n".join(lines))

    write()
    return write


@pytest.fixture
def attacked(genops, campaign):
    """The campaign, run: a hole was found."""
    return genops("fuzz", "run", "attacks", code=1)


@pytest.fixture
def withstood(genops, campaign):
    """The campaign on the hardened twin, run: nothing was found."""
    campaign("calm", chain="leaks_in_base64_hardened")
    return genops("fuzz", "run", "calm")


def finding(genops):
    """The finding of the last campaign."""
    (found,) = json.loads(genops("fuzz", "show", "--json").out)["findings"]
    return found


class TestRun:
    def test_what_broke_the_chain_is_shown(self, attacked):
        assert re.match(r"attacks: 1 objective, 40 tries, campaign \w{12}\n", attacked.err)
        assert "exit code 1" in attacked.out
        assert re.search(r"prompt_extraction.*answer.*base64", attacked.out)

    def test_a_chain_that_withstands_it_is_not_called_safe(self, withstood):
        assert "exit code 0" in withstood.out
        assert re.search(r"no breach in \d+ tries, rate at most \d", withstood.out)

    def test_it_gives_json_to_a_pipe(self, genops, campaign):
        shown = json.loads(genops("fuzz", "run", "attacks", "--json", code=1).out)
        assert shown["verdict"]["outcome"] == "bad"
        assert [found["mutators"] for found in shown["findings"]] == ["base64"]

    def test_too_little_to_say_is_undecided(self, genops, campaign):
        campaign(chain="leaks_in_base64_hardened", tries={"sweep": 2, "search": 0})
        assert "exit code 3" in genops("fuzz", "run", "attacks", code=3).out

    def test_tries_under_which_a_server_failed_are_missing_and_made_later(self, genops, campaign, site, monkeypatch):
        campaign(chain="leaks_in_base64_hardened")
        script = site / "models" / "base64_reader.script.yaml"
        sound = script.read_text()
        away = 'rules:\n  - name: away\n    when: {user: "."}\n    fault: {kind: server_error, message: away}\n'
        script.write_text(sound.replace("rules:\n", away))
        monkeypatch.setattr("sys.argv", ["genops", "fuzz", "run", "attacks"])
        done = genops("fuzz", "run", "attacks", code=4)
        assert "exit code 4" in done.out
        assert done.err.endswith(
            "missing, as something around the chain failed: 40 tries. Go on with:\n  genops fuzz run attacks --resume\n"
        )

    def test_a_budget_that_is_used_up_ends_it_with_how_to_go_on(self, genops, campaign, site, monkeypatch):
        campaign(chain="leaks_in_base64_hardened", budget={"tokens": 500})
        monkeypatch.setattr("sys.argv", ["genops", "fuzz", "run", "attacks"])
        done = genops("fuzz", "run", "attacks", code=4)
        assert done.err.endswith(
            "stopped: the budget of 500 tokens is used up; go on with:\n  genops fuzz run attacks --resume\n"
        )
        campaign(chain="leaks_in_base64_hardened")
        genops("fuzz", "run", "attacks", "--resume")
        (listed,) = json.loads(genops("fuzz", "list", "--json").out)
        assert listed["status"] == "finished"

    def test_a_campaign_that_is_not_there_names_the_nearest(self, genops, campaign):
        done = genops("fuzz", "run", "atacks", code=2)
        assert done.err == (
            "error: no campaign is called 'atacks': there is no evals/atacks.yaml\n  did you mean attacks?\n"
        )

    def test_what_is_wrong_in_a_campaign_is_named_with_its_line(self, genops, campaign):
        campaign(objectives=["prompt_extractoin"])
        done = genops("fuzz", "run", "attacks", code=2)
        assert re.search(r"error: evals/attacks.yaml:\d+: no objective is called 'prompt_extractoin'", done.err)

    def test_nothing_to_resume(self, genops, campaign):
        done = genops("fuzz", "run", "attacks", "--resume", code=4)
        assert done.err == "error: there is nothing to resume: the campaign 'attacks' was never run\n"

    def test_what_changed_since_is_named(self, genops, attacked, site):
        prompt = site / "prompts" / "desk.prompt"
        prompt.write_text(prompt.read_text().replace("to yourself", "secret"))
        done = genops("fuzz", "run", "attacks", "--resume", code=4)
        assert "cannot be resumed: the prompt desk changed since" in done.err


class TestList:
    def test_an_empty_store_says_so(self, genops, campaign):
        assert genops("fuzz", "list").err == "no campaign was run here\n"
        assert json.loads(genops("fuzz", "list", "--json").out) == []

    def test_the_newest_comes_first(self, genops, attacked, withstood):
        rows = json.loads(genops("fuzz", "list", "--json").out)
        assert [(row["campaign"], row["status"], row["findings"]) for row in rows] == [
            ("calm", "finished", 0),
            ("attacks", "finished", 1),
        ]
        assert [row["campaign"] for row in json.loads(genops("fuzz", "list", "--json", "--limit", "1").out)] == ["calm"]
        assert "attacks" in genops("fuzz", "list", "attacks").out
        assert genops("fuzz", "list", "other").out == ""


class TestShow:
    def test_the_last_one_is_shown_without_a_name(self, genops, attacked, withstood):
        assert genops("fuzz", "show").out == withstood.out
        assert genops("fuzz", "show", "last").out == withstood.out

    def test_a_name_is_its_newest_and_an_id_may_be_cut(self, genops, attacked, withstood):
        assert genops("fuzz", "show", "attacks").out == attacked.out
        first = json.loads(genops("fuzz", "list", "attacks", "--json").out)[0]["id"]
        assert genops("fuzz", "show", first[:6]).out == attacked.out

    def test_it_ends_well_whatever_is_shown(self, genops, attacked):
        assert json.loads(genops("fuzz", "show", "--json").out)["verdict"]["exit_code"] == 1

    def test_nothing_to_show(self, genops, campaign):
        assert genops("fuzz", "show", code=2).err == ("error: no campaign was run here\n  genops fuzz run CAMPAIGN\n")

    def test_an_unknown_one_is_named(self, genops, attacked):
        assert "'nowhere'" in genops("fuzz", "show", "nowhere", code=2).err


class TestCompare:
    def test_two_are_paired(self, genops, attacked, withstood):
        shown = json.loads(genops("fuzz", "compare", "attacks", "calm", "--json").out)
        (objective,) = shown["objectives"]
        assert objective["name"] == "prompt_extraction"
        assert genops("fuzz", "compare", "attacks").out == genops("fuzz", "compare", "attacks", "calm").out

    def test_one_alone_cannot_be_compared_with_another(self, genops, attacked):
        assert "'calm'" in genops("fuzz", "compare", "attacks", "calm", code=2).err


class TestRepro:
    def test_a_finding_breaks_the_chain_again(self, genops, attacked):
        done = genops("fuzz", "repro", finding(genops)["id"][:8], code=1)
        assert done.out.startswith("prompt_extraction: breach\n")
        assert re.fullmatch(r"genops trace show \w{12}\n", done.err)
        genops(*done.err.split()[1:])

    def test_one_that_was_mended_does_not(self, genops, attacked, site):
        found = finding(genops)["id"]
        mended = (site / "chains" / "leaks_in_base64_hardened.yaml").read_text()
        (site / "chains" / "leaks_in_base64.yaml").write_text(mended)
        assert json.loads(genops("fuzz", "repro", found, "--json").out)["outcome"] == "safe"

    def test_a_server_that_is_away_says_nothing_of_it(self, genops, attacked, site):
        found = finding(genops)["id"]
        script = site / "models" / "base64_reader.script.yaml"
        script.write_text("rules: [{name: away, when: {user: '.'}, fault: {kind: server_error, message: away}}]\n")
        assert json.loads(genops("fuzz", "repro", found, "--json", code=4).out)["outcome"] == "infrastructure"

    def test_an_unknown_finding(self, genops, attacked):
        assert "abcdef" in genops("fuzz", "repro", "abcdef", code=2).err


class TestDelete:
    def test_it_is_gone_and_the_traces_of_its_runs_stay(self, genops, attacked, withstood):
        runs = len(json.loads(genops("trace", "list", "--json", "--limit", "1000").out))
        done = genops("fuzz", "delete", "attacks", "last")
        assert re.fullmatch(r"deleted \w{12}\ndeleted \w{12}\n", done.err)
        assert json.loads(genops("fuzz", "list", "--json").out) == []
        assert len(json.loads(genops("trace", "list", "--json", "--limit", "1000").out)) == runs > 80

    def test_nothing_is_deleted_where_one_is_unknown(self, genops, attacked):
        genops("fuzz", "delete", "attacks", "nowhere", code=2)
        assert len(json.loads(genops("fuzz", "list", "--json").out)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("command", ["fuzz run attacks", "fuzz show", "fuzz list"])
def test_a_pipe_that_is_closed_is_no_error(attacked, site, command):
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{sys.executable} -m genops {command} | head -n 1"],
        cwd=site,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert len(done.stdout.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_the_bar_shows_findings_cost_the_rate_and_the_time_left(monkeypatch):
    screen = at_a_terminal(monkeypatch)
    progress = FuzzProgress(200)
    with campaign_bar() as advance:
        for _ in range(3):
            progress.outcomes["safe"] += 35
            progress.outcomes["breach"] += 5
            progress.findings = 2
            progress.spend(0.25, 10)
            advance(progress)
            time.sleep(0.15)
    assert re.search(r"2 found, 15 breaches, 0 failed, \$0.7500 .* 120/200 [0-9.,]+/s 0:00:\d\d", screen.text)


def test_the_bar_tells_an_attacker_that_declines_from_what_failed(monkeypatch):
    screen = at_a_terminal(monkeypatch)
    progress = FuzzProgress(200)
    with campaign_bar() as advance:
        progress.outcomes.update({"infrastructure": 9, "changed": 4})
        progress.refused, progress.missing = 7, 2
        advance(progress)
        time.sleep(0.15)
    assert "0 found, 0 breaches, 4 changed, 7 refused by the attacker, 2 failed, $0.0000" in screen.text
