"""``genops judge``: check, label and plan at the command line."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from genops.evals.judges.questions import built_in_questions
from genops.prompts import Prompt
from tests.evals.judges import people


@pytest.fixture
def labels(tmp_path):
    rows = people.pairs(seed=1, good=people.good, coin=people.coin)
    return people.write(tmp_path / "labels.jsonl", rows)


@pytest.fixture
def cases(tmp_path):
    rows = [{"id": n, "question": f"Why {n}?", "output": f"Because {n}.", "verdict": "no"} for n in range(6)]
    return people.write(tmp_path / "cases.jsonl", rows)


class TestCheck:
    def test_judges_stand_in_their_order_with_their_weaknesses(self, genops, labels):
        done = genops("judge", "check", "--labels", labels)
        assert [line.split()[0] for line in done.out.splitlines()[3:5]] == ["good", "coin"]
        assert "1. good: no weakness found" in done.out
        assert "2. coin: no better than chance" in done.out

    def test_json_tells_everything(self, genops, labels):
        report = json.loads(genops("judge", "check", "--labels", labels, "--json").out)
        good = report["judges"][0]
        assert (report["kind"], report["labelled"], good["judge"]) == ("pair", people.CASES, "good")
        assert good["agreement"]["kappa"]["bounds"][0] > 0.7
        assert {"human": "1", "verdict": "1"}.items() <= good["confusion"][0].items()

    @pytest.mark.parametrize(
        ("judge", "required", "code"),
        [("good", "kappa=0.6", 0), ("coin", "kappa=0.6", 1), ("coin", "kappa=0", 3), ("good", "raw=0.95", 3)],
    )
    def test_a_requirement_is_met_or_not_or_not_decided(self, genops, labels, judge, required, code):
        genops("judge", "check", "--labels", labels, "--judge", judge, "--at-least", required, code=code)

    def test_too_few_labels_are_undecided(self, genops, tmp_path):
        few = people.write(tmp_path / "few.jsonl", people.pairs(good=people.good)[:5])
        done = genops("judge", "check", "--labels", few, code=3)
        assert "too few labelled cases" in done.out

    @pytest.mark.parametrize(
        ("more", "message"),
        [
            (("--at-least", "kapa=0.4"), "did you mean kappa"),
            (("--at-least", "kappa=much"), "'much' is no number"),
            (("--at-least", "kappa=nan"), "kappa lies between -1 and 1"),
            (("--at-least", "raw=80"), "raw lies between -1 and 1"),
            (("--judge", "goood"), "did you mean good"),
        ],
    )
    def test_wrong_usage(self, genops, labels, more, message):
        done = genops("judge", "check", "--labels", labels, *more, code=2)
        assert message in done.err

    def test_a_broken_file_names_its_line(self, genops, tmp_path):
        broken = tmp_path / "broken.jsonl"
        broken.write_text('{"id": 1, "human": "yes"}\n{\n')
        done = genops("judge", "check", "--labels", broken, code=2)
        assert "broken.jsonl:2: not JSON" in done.err

    def test_unlabelled_verdicts_give_a_corrected_mean(self, genops, tmp_path):
        rows = people.pairs(good=people.good)
        some = [row | ({"human": None} if n >= 60 else {}) for n, row in enumerate(rows)]
        done = genops("judge", "check", "--labels", people.write(tmp_path / "some.jsonl", some))
        assert "ESTIMATE" in done.out.splitlines()[2]


class TestLabel:
    def test_a_session(self, genops, cases, tmp_path):
        out = tmp_path / "out.jsonl"
        done = genops("judge", "label", cases, "--out", out, stdin="yes\nn a hard one\nno\nmaybe\nu\nno\ns\nq\n")
        assert "maybe is no label here" in done.err
        assert "of 6 cases are labelled" in done.err
        rows = [json.loads(line) for line in out.read_text().splitlines()]
        assert [row.get("human", "undo") for row in rows] == ["yes", "no", "undo", "no"]
        assert rows[1]["note"] == "a hard one"
        assert "Because" in done.out

    def test_nothing_of_the_judge_is_shown(self, genops, cases, tmp_path):
        done = genops("judge", "label", cases, "--out", tmp_path / "out.jsonl", stdin="q\n")
        assert "verdict" not in done.out
        assert done.out.count("no") == 2, "the scale and the note, and no verdict"

    def test_the_end_of_the_input_ends_the_session(self, genops, cases, tmp_path):
        done = genops("judge", "label", cases, "--out", tmp_path / "out.jsonl", stdin="yes\n")
        assert "1 of 6 cases are labelled" in done.err

    def test_a_scale_of_ones_own(self, genops, cases, tmp_path):
        out = tmp_path / "out.jsonl"
        genops("judge", "label", cases, "--out", out, "--scale", "1,2,3", stdin="3\n")
        assert json.loads(out.read_text())["human"] == "3"

    def test_a_scale_that_takes_a_command_is_refused(self, genops, cases, tmp_path):
        done = genops("judge", "label", cases, "--out", tmp_path / "out.jsonl", "--scale", "s,m,l", stdin="s\n", code=2)
        assert "s stands for a command" in done.err

    def test_ctrl_c_loses_no_label(self, cases, tmp_path):
        out = tmp_path / "out.jsonl"
        command = [sys.executable, "-m", "genops", "judge", "label", str(cases), "--out", str(out)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdin.write(b"yes\nno\n")
        process.stdin.flush()
        deadline = time.monotonic() + 60
        while not (out.exists() and out.read_text().count("\n") == 2):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGINT)
        process.communicate()
        assert process.returncode == 130
        assert out.read_text().count("\n") == 2


class TestPlan:
    def test_cases_go_on_to_labelling(self, genops, tmp_path):
        rows = people.pairs(seed=1, good=people.good, coin=people.coin)
        some = [
            row | {"human": None if n >= 80 else row["human"], "output_1": "x", "output_2": "yy"}
            for n, row in enumerate(rows)
        ]
        some = people.write(tmp_path / "some.jsonl", some)
        plan = tmp_path / "plan.jsonl"
        done = genops(
            "judge", "plan", "--labels", some, "-n", "8", "--random-share", "0.25", "--width", "0.2", "--out", plan
        )
        assert "2 drawn at random, which estimates may rest on; 6 chosen for reading" in done.err
        assert "good: 40 labels now; 0.2 wide takes" in done.err
        labelled = genops("judge", "label", plan, "--out", tmp_path / "out.jsonl", stdin="1\n" * 8)
        assert "8 of 8 cases are labelled" in labelled.err
        both = genops("judge", "check", "--labels", some, "--labels", tmp_path / "out.jsonl", "--json")
        report = json.loads(both.out)
        assert (report["labelled"], report["chosen"]) == (48, 6)

    def test_nothing_left_to_label(self, genops, labels):
        done = genops("judge", "plan", "--labels", labels, code=2)
        assert "every case has a human label" in done.err


class TestTemplate:
    def test_all_are_listed(self, genops):
        assert "genops/rubric" in genops("judge", "template").out.splitlines()

    def test_those_that_write_cases_or_attacks_are_no_judges(self, genops):
        listed = set(genops("judge", "template").out.splitlines())
        others = {"genops/generate_case", "genops/paraphrase", "genops/translate", "genops/refine_attack"}
        assert others <= set(built_in_questions()) - listed

    @pytest.mark.parametrize("name", built_in_questions())
    def test_one_stands_alone(self, genops, name):
        text = genops("judge", "template", name).out
        assert Prompt.parse(text, name).output is not None

    def test_one_that_is_not_there(self, genops):
        done = genops("judge", "template", "genops/rubrik", code=2)
        assert "did you mean genops/rubric" in done.err
