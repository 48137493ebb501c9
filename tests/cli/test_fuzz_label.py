"""``genops fuzz label``, and reports with the labels that it takes."""

import json

import pytest

from genops.store import Store
from tests.cli.test_fuzz import attacked, campaign

__all__ = ["attacked", "campaign"]


def verdicts(site):
    """Runs of the sweep's tries, and whether a detector called each a breach."""
    with Store.open(f"sqlite:///{site}/.genops/genops.db") as store:
        (record,) = store.campaigns("attacks")
        return {made.run: made.outcome == "breach" for made in store.tries(record.id) if made.phase == "sweep"}


def labelled(site, rows, name="labels.jsonl"):
    (site / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return name


@pytest.fixture
def labels(genops, attacked, site):
    """Labels of the whole sweep: of its breaches one is none, all that was let pass is safe."""
    said = verdicts(site)
    wrong = next(run for run, breach in said.items() if breach)
    rows = [
        {"run": run, "objective": "prompt_extraction", "label": breach and run != wrong} for run, breach in said.items()
    ]
    return labelled(site, rows)


class TestLabel:
    def test_a_session_shows_what_happened_and_nothing_of_the_verdict(self, genops, attacked, site):
        done = genops("fuzz", "label", "attacks", "-o", "labels.jsonl", "--count", "6", stdin="yes\nno\nmaybe\nq\n")
        assert "Did this happen? prompt_extraction" in done.out
        for heading in ("Inputs\n", "System messages\n", "Output\n", "genops trace show "):
            assert heading in done.out
        assert not {"breach", "safe", "leak", "exact"} & set(done.out.split())
        assert "maybe is no label here" in done.err
        assert "2 of 6 tries are labelled" in done.err
        assert "prompt_extraction: labelled 1 as a breach, 1 as safe; some 30 of each tell enough" in done.err
        assert [json.loads(line)["label"] for line in (site / "labels.jsonl").read_text().splitlines()] == [True, False]

    def test_the_same_command_goes_on(self, genops, attacked):
        words = ("fuzz", "label", "-o", "labels.jsonl", "--count", "4")
        genops(*words, stdin="no\n")
        done = genops(*words, stdin="u\nyes\nno\nno\nno\n")
        assert "2 of 4" in done.out
        assert "is taken back" in done.err
        assert "4 of 4 tries are labelled" in done.err
        assert genops(*words, stdin="").out == ""

    def test_what_acts_on_a_terminal_is_spelled(self, genops, campaign):
        campaign(mutators=["zero_width"])
        genops("fuzz", "run", "attacks")
        done = genops("fuzz", "label", "-o", "labels.jsonl", "--count", "40", stdin="no\n" * 40)
        assert "\\u200b" in done.out
        assert "\u200b" not in done.out

    def test_an_attack_in_a_passage_or_a_tools_result_is_shown_whatever_came_of_it(self, genops, campaign):
        campaign(chain="obeys_passages_hardened", objectives=["indirect_injection"], tries={"sweep": 15, "search": 0})
        genops("index", "build", "harbour")
        genops("fuzz", "run", "attacks")
        done = genops("fuzz", "label", "-o", "labels.jsonl", stdin="no\n")
        put = done.out.partition("Put into a retrieved passage\n")[2].splitlines()[0]
        assert len(put) > 10

    @pytest.mark.parametrize(
        ("words", "error"),
        [
            (("nothing", "-o", "l.jsonl"), "nothing"),
            (("attacks", "-o", "l.jsonl", "--objective", "prompt_extract"), "did you mean prompt_extraction"),
            (("attacks",), "--out"),
            (("attacks", "-o", "evals"), "evals"),
            (("attacks", "-o", "none/l.jsonl"), "none"),
            (("attacks", "-o", "broken.jsonl"), "broken.jsonl:1"),
        ],
    )
    def test_what_cannot_be_labelled_is_one_error(self, genops, attacked, site, words, error):
        (site / "broken.jsonl").write_text("{\n")
        told = genops("fuzz", "label", *words, stdin="no\n", code=2)
        assert error in told.err
        assert "Traceback" not in told.err


class TestReports:
    def test_labels_tell_how_often_detectors_are_right_and_the_rate_behind(self, genops, labels):
        (one,) = json.loads(genops("fuzz", "show", "--labels", labels, "--json").out)["objectives"]
        found = one["sweep"]["breach"]
        assert one["sensitivity"]["value"] == 1.0
        assert one["sensitivity"]["n"] == found - 1
        assert one["specificity"]["n"] == 40 - found + 1
        assert one["corrected"]["value"] == pytest.approx((found - 1) / 40)
        assert one["corrected"]["low"] < one["corrected"]["value"] < one["corrected"]["high"]

    def test_every_report_for_people_has_them(self, genops, labels):
        shown = genops("fuzz", "show", "--labels", labels).out
        assert "CORRECTED FOR THE DETECTORS" in shown
        assert "SENSITIVITY, 95%" in shown
        assert genops("fuzz", "report", "--labels", labels).out == shown
        text = genops("fuzz", "report", "-f", "markdown", "--labels", labels).out
        assert "| objective | rate corrected for the detectors, 95% | sensitivity, 95% | specificity, 95% |" in text
        page = genops("fuzz", "report", "-f", "html", "--labels", labels).out
        assert '"sensitivity":{"value":1.0' in page.replace(" ", "")

    def test_without_labels_nothing_is_said_of_it(self, genops, attacked):
        (one,) = json.loads(genops("fuzz", "show", "--json").out)["objectives"]
        assert one["corrected"] is one["sensitivity"] is one["specificity"] is None
        assert "CORRECTED" not in genops("fuzz", "show").out

    def test_labels_of_one_kind_identify_nothing_and_say_why(self, genops, attacked, site):
        run = next(run for run, breach in verdicts(site).items() if not breach)
        labels = labelled(site, [{"run": run, "objective": "prompt_extraction", "label": False}])
        for words in (("show",), ("report", "-f", "markdown")):
            assert "not identified: no try is labelled as a breach" in genops("fuzz", *words, "--labels", labels).out

    @pytest.mark.parametrize(
        ("row", "error"),
        [
            ({"run": "0" * 32, "objective": "prompt_extraction", "label": True}, "is of no try that is stored"),
            ({"run": "0", "label": True}, "the label has no `objective`"),
        ],
    )
    def test_a_label_that_fits_nothing_is_one_error_with_its_line(self, genops, labels, site, row, error):
        with (site / labels).open("a") as stream:
            stream.write(json.dumps(row) + "\n")
        told = genops("fuzz", "show", "--labels", labels, code=2)
        assert error in told.err
        assert "labels.jsonl:41" in told.err
        assert "Traceback" not in told.err
