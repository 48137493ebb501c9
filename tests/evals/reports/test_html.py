"""The HTML report: one file with every sample and all that is known of it, in which nothing of them can run."""

import base64
import gzip
import json
import re
from collections import Counter
from dataclasses import replace

import pytest

from benchmarks.made_evaluation import made_evaluation
from genops.evals import Case
from genops.evals.gate import Verdict
from genops.evals.judges.labels import Judged, Labels
from genops.evals.reports.html import html_report
from genops.evals.reports.html.bounded import bounded
from genops.evals.reports.html.samples import VALUE_ROOM
from genops.evals.rule_test import RuleVerdict
from genops.evals.summary import Tally, summarise
from genops.executor import Project
from genops.settings import load_settings
from tests.pages import Elements, assert_self_contained, dom, in_a_browser, said

HOSTILE = (
    "</script><script>document.title='owned'</script><!-- <script> <img src=x onerror=\"document.title='owned'\">"
    " \u2028\u2029 ]]> \ud83d \u202egnp.exe \x00 &lt;"
)
NAME = HOSTILE.replace("\ud83d", "")
SCORERS = [
    {"name": "contains", "scorer": "contains", "range": [0, 1], "lower_is_better": False, "threshold": 1.0},
    {"name": "errors", "scorer": "ter", "range": [0, None], "lower_is_better": True, "threshold": None},
    {"name": NAME, "scorer": "rubric", "range": [0, 1], "lower_is_better": False, "threshold": 0.5},
]
CASES = [
    Case("plain", {"text": "What is asked"}, "the quick fox", tags=("easy",), metadata={"by": "Ada"}),
    Case("hostile", {"text": HOSTILE, HOSTILE: 2**60}, HOSTILE, critical=True),
    Case("long", {"text": "x" * (VALUE_ROOM + 7)}, None),
    Case("secret", {"text": "password: hunter2-Zq81xT"}, None),
    Case("broken", {"text": "fails"}, "x"),
    *(Case(f"more-{number}", {"text": f"question {number}"}, "fox") for number in range(60)),
]
OUTPUTS = {
    ("plain", "old"): {"answer": "😀 the quick brown fox", "sources": [1, 2]},
    ("plain", "new"): {"answer": "😀 the slow brown fox", "sources": [1, 2]},
    ("hostile", "old"): HOSTILE,
    ("hostile", "new"): {HOSTILE: [HOSTILE, float("nan"), b"\x00\x01"]},
    ("long", "new"): ["y" * 900] * 100,
}


def made(case, variant):
    if case.id == "broken":
        return {"status": "error", "run": "", "error": {"type": "ServerFailed", "message": NAME}}
    output = OUTPUTS.get((case.id, variant), f"{variant} says fox to {case.id}")
    scores = {"contains": {"value": 1.0, "passed": True}, "errors": {"value": 0.2 if variant == "new" else 0.4}}
    if case.id == "plain":
        evidence = [{"text": "quick", "source": "output", "span": [6, 11], "note": "its speed"}]
        scores["contains"] = {"value": float(variant == "old"), "passed": variant == "old", "evidence": evidence}
    if case.id == "hostile":
        scores[NAME] = {"value": 1.0, "passed": True, "label": HOSTILE, "explanation": HOSTILE}
        if variant == "new":
            scores[NAME] = {"unscored": HOSTILE}
    return {"output": output, "scores": scores, "seconds": 0.5 if variant == "old" else 1.5, "cost": 0.001}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    (root / "genops.toml").write_text("")
    project = Project(load_settings(root))
    yield project
    project.close()


@pytest.fixture(scope="module")
def record(project):
    rules = (
        RuleVerdict("contains >= 0.9", "contains", "new", "pass", 0.97, 0.93, 0.99, 0.95, 41, 1, exact=False),
        RuleVerdict(
            "errors not worse than old by 0.1", "errors", "new", "undecided", 0.2, None, None, 0.95, 41, 0, False
        ),
    )
    verdict = Verdict("undecided", rules, (), ("hostile",), 0.05, "dataset", len(CASES), 41, 130, 82)
    return made_evaluation(project, CASES, ("old", "new"), made, SCORERS, verdict=verdict.to_json())


def page_of(project, record):
    summary = summarise(Tally.read(project.store, record, project.settings.data_dir))
    return "".join(html_report(project, summary))


@pytest.fixture(scope="module")
def page(project, record):
    return page_of(project, record)


def data_of(page):
    return json.loads(page.split('id="report">')[1].split("</script>")[0])


def texts_of(page):
    """Cases with their samples, by the case's id."""
    columns = data_of(page)["columns"]
    packs = page.split('class="pack">')[1:]
    cases = [
        case for pack in packs for case in json.loads(gzip.decompress(base64.b64decode(pack.split("</script>")[0])))
    ]
    return dict(zip(columns["cases"], cases, strict=True))


class TestOneFile:
    def test_it_is_self_contained(self, page):
        assert_self_contained(page)

    def test_content_adds_no_element(self, page):
        packs = page.count('class="pack"')
        assert Counter(tag for tag, _ in Elements(page).found)["script"] == packs + 2
        assert "img" not in {tag for tag, _ in Elements(page).found}

    def test_data_are_ascii_without_markup(self, page):
        raw = page.split('id="report">')[1].split("</script>")[0]
        assert raw.isascii()
        assert not set("<>&") & set(raw)

    def test_it_is_written_in_parts(self, project, record):
        summary = summarise(Tally.read(project.store, record, project.settings.data_dir))
        parts = list(html_report(project, summary))
        assert len(parts) == 3
        assert 'class="pack"' in parts[1]


class TestTexts:
    def test_a_case_comes_with_all_that_is_known_of_it(self, page):
        case = texts_of(page)["plain"]
        assert case["inputs"] == {"value": {"text": "What is asked"}}
        assert case["expected"] == {"value": "the quick fox"}
        assert case["metadata"] == {"value": {"by": "Ada"}}
        assert case["about"] == {"tags": ["easy"]}

    def test_its_samples_stand_in_the_order_of_the_variants(self, page):
        old, new = texts_of(page)["plain"]["samples"]
        assert old["output"]["value"]["answer"] == "😀 the quick brown fox"
        assert new["output"]["value"]["answer"] == "😀 the slow brown fox"
        assert old["scores"]["contains"]["evidence"][0]["span"] == [6, 11]

    def test_hostile_text_is_kept_as_it_is(self, page):
        case = texts_of(page)["hostile"]
        assert case["inputs"]["value"] == {"text": HOSTILE, HOSTILE: str(2**60)}
        assert case["expected"]["value"] == HOSTILE
        old, new = case["samples"]
        assert old["output"]["value"] == HOSTILE
        assert old["scores"][NAME]["explanation"] == HOSTILE
        assert new["scores"][NAME]["unscored"] == HOSTILE

    def test_what_a_browser_cannot_hold_is_text(self, page):
        text, number, data = texts_of(page)["hostile"]["samples"][1]["output"]["value"][HOSTILE]
        assert (text, number) == (HOSTILE, "nan")
        assert data.startswith("(2 bytes")

    def test_what_is_too_long_is_cut_and_says_so(self, page):
        case = texts_of(page)["long"]
        assert len(case["inputs"]["cut"]) == VALUE_ROOM
        assert case["samples"][1]["output"]["of"] > 90_000

    def test_secrets_of_the_dataset_are_redacted(self, page):
        assert "hunter2" not in json.dumps(texts_of(page))
        assert "password" in texts_of(page)["secret"]["inputs"]["value"]["text"]

    def test_a_failed_run_has_its_error(self, page):
        assert texts_of(page)["broken"]["samples"][0] == {"error": {"type": "ServerFailed", "message": NAME}}

    def test_payloads_are_fetched_in_batches(self, project, record, monkeypatch):
        asked = Counter()
        whole = type(project.store).payloads

        def counting(store, digests):
            asked.update(["batch"])
            return whole(store, digests)

        monkeypatch.setattr(type(project.store), "payloads", counting)
        page_of(project, record)
        assert asked["batch"] == 1

    def test_outputs_and_datasets_that_are_gone_say_so(self, project, record):
        gone = made_evaluation(project, CASES[:1], ("old",), lambda case, variant: {}, SCORERS)
        manifest = gone.body["manifest"]
        project.store.change_evaluation(
            gone.id,
            body={**gone.body, "manifest": {**manifest, "dataset": {**manifest["dataset"], "digest": "0" * 64}}},
        )
        project.store.add_samples(gone.id, [replace(next(project.store.samples(gone.id)), output="f" * 64)])
        case = texts_of(page_of(project, project.store.evaluation(gone.id)))["plain"]
        assert case["problem"] == "the dataset is no longer kept"
        assert case["samples"][0]["output"] == {"problem": "the output is not in the store"}


class TestColumns:
    def test_every_sample_is_in_the_table_once(self, page):
        columns = data_of(page)["columns"]
        assert len(columns["case"]) == len(columns["preview"]) == len(columns["status"]) == 2 * len(CASES)
        assert columns["variants"] == ["old", "new"]

    def test_states_are_those_of_the_scores(self, page):
        columns = data_of(page)["columns"]
        by_name = {score["name"]: score for score in columns["scores"]}
        assert by_name["contains"]["states"][:4] == "+-++"
        assert by_name["contains"]["values"][:4] == [1, 0, 1, 1]
        assert by_name["errors"]["states"][:2] == ".."
        assert by_name[NAME]["states"][:4] == "  +?"
        assert by_name[NAME]["values"][:4] == [None, None, 1, None]
        assert columns["status"][8:10] == "ee"
        assert by_name["contains"]["states"][8:10] == "  "

    def test_a_row_shows_the_beginning_of_what_was_said(self, page):
        columns = data_of(page)["columns"]
        assert columns["preview"][0] == "😀 the quick brown fox"
        assert columns["preview"][8].startswith("</script>")

    def test_what_is_compared_is_the_summary_s_reference(self, page):
        data = data_of(page)
        assert data["baseline"] == "old"
        assert data["lower_is_better"] == ["errors"]

    def test_an_evaluation_without_a_sample_has_a_report(self, project, record):
        begun = replace(record, id="0" * 32, status="running", ended=None, verdict={})
        project.store.open_evaluation(begun)
        data = data_of(page_of(project, begun))
        assert data["columns"]["case"] == []
        assert [variant["counts"]["samples"] for variant in data["summary"]["variants"]] == [0, 0]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("abcdef", {"cut": "abcde", "of": 6}),
        ("abcde", {"value": "abcde"}),
        ([1, 2], {"cut": "[\n  1", "of": 12}),
        (None, {"value": None}),
    ],
)
def test_a_value_is_cut_to_the_room_that_it_has(value, shown):
    assert bounded(value, 5) == shown


@in_a_browser
class TestInABrowser:
    def test_nothing_of_the_evaluation_runs(self, page, tmp_path):
        asked = (
            "openSample(3).then(() => [document.title, document.querySelectorAll('img, script').length, dialog.open])"
        )
        shown = dom(page, tmp_path, asked)
        title, elements, opened = said(shown)
        assert title.startswith("made · ")
        assert elements == page.count("<script ") + 1 + 1  # its own, and the one that asks
        assert opened
        assert "<img" not in shown.split("<script")[0]

    def test_answers_judged_two_by_two_have_ratings_and_win_rates(self, project, tmp_path):
        def judged(case, variant):
            verdict = {"first": "new", "second": "old", "length": 20, "other_length": 10, "orders_agree": True}
            outcome = float(case.id not in ("more-1", "more-2"))
            return {"pairs": [{**verdict, "outcome": outcome}]} if variant == "new" else {}

        page = page_of(project, made_evaluation(project, CASES[5:13], ("old", "new"), judged, []))
        shown = said(dom(page, tmp_path, "document.getElementById('pairs').innerText"))
        assert "new against old\t0.75 [" in shown
        assert re.search(r"new\t\+0\.\d+ \[.*\]\t6\t0\t2", shown)
        assert "8 verdicts, 0 unscored; both orders agree in 1 [" in shown

    def test_scores_in_seconds_are_shown_as_such(self, project, tmp_path):
        slow = {"name": "slow", "scorer": "latency", "range": [0, None], "lower_is_better": True, "threshold": 0.5}

        def timed(case, variant):
            return {"scores": {"slow": {"value": 0.000234 if variant == "new" else 0.0112, "passed": True}}}

        page = page_of(project, made_evaluation(project, CASES[5:13], ("old", "new"), timed, [slow]))
        asked = "[document.getElementById('metrics').innerText, document.getElementById('rows').innerText]"
        metrics, rows = said(dom(page, tmp_path, asked))
        assert "passes from 500 ms" in metrics
        assert "11.2 ms" in metrics
        assert "−11 ms" in metrics
        assert "0.000234" not in metrics + rows
        assert "234 µs ✓" in rows

    def test_the_verdict_comes_with_its_rules(self, page, tmp_path):
        shown = said(dom(page, tmp_path, "document.getElementById('verdict').innerText"))
        assert "The gate is undecided" in shown
        assert "82 of 130 samples were used (63%)" in shown
        assert "0.93 to 0.99 at 95%" in shown
        assert "have no score: hostile" in shown
        assert "Certain after" not in shown

    def test_what_a_passing_sample_costs_stands_with_its_interval(self, page, tmp_path):
        shown = said(dom(page, tmp_path, "document.getElementById('usage').innerText"))
        assert "a passing sample" in shown
        assert ", n " in shown

    def test_what_was_spent_is_told_apart_from_what_is_not_known(self, page, tmp_path):
        asked = """(Object.assign(summary.variants[0].chain_usage.cost, {n: 0, total: 0, unknown: 4}), showUsage(),
            document.getElementById('usage').innerText)"""
        assert "$0 (4 unknown)" in said(dom(page, tmp_path, asked))

    def test_a_verdict_that_was_certain_before_the_last_sample_says_when(self, page, tmp_path):
        asked = "(verdict.outcome = 'pass', showVerdict(), document.getElementById('verdict').innerText)"
        assert "Certain after 41 units; nothing later counts." in said(dom(page, tmp_path, asked))

    def test_the_three_failures_are_counted_and_lead_to_their_samples(self, page, tmp_path):
        asked = """[...document.querySelectorAll(".tile")].map((tile) => {
            tile.click();
            return [tile.querySelector("b").textContent, rows.map((index) => columns.cases[columns.case[index]])];
        })"""
        assert said(dom(page, tmp_path, asked)) == [
            ["2", ["broken", "broken"]],
            ["1", ["hostile"]],
            ["1", ["plain"]],
        ]

    def test_every_metric_is_drawn(self, page, tmp_path):
        asked = """[...document.querySelectorAll(".metric")].map((metric) => [
            ...["tbody th", "circle"].map((what) => metric.querySelectorAll(what).length),
            metric.querySelectorAll("rect").length > 0])"""
        assert said(dom(page, tmp_path, asked)) == [[2, 3, True], [2, 3, True], [2, 1, True], [2, 2, True]]

    def test_where_a_mean_would_lie_with_all_that_is_missing_has_its_unit(self, page, tmp_path):
        asked = "[...document.querySelectorAll('.metric')].map((metric) => metric.innerText)"
        shares = [text for text in said(dom(page, tmp_path, asked)) if text.startswith("passed")]
        assert re.findall(r"with them (\S+) to (\S+)", shares[0])[0][1].endswith("%")

    def test_rows_are_sorted_by_any_column(self, page, tmp_path):
        asked = """["case", "seconds", "score contains"].map((key) => {
            const first = () => columns.cases[columns.case[rows[0]]] + " " + nameOfSample(rows[0]);
            sortBy(key);
            const least = first();
            sortBy(key);
            return [least, first(), head.querySelector("[aria-sort=descending]").dataset.key];
        })"""
        assert said(dom(page, tmp_path, asked)) == [
            ["broken old", "secret old", "case"],
            ["broken old", "plain new", "seconds"],
            ["plain new", "plain old", "score contains"],
        ]

    def test_the_search_finds_samples_by_what_they_hold(self, page, tmp_path):
        asked = """(async () => {
            const found = [];
            for (const words of [["ada"], ["slow", "brown"], ["more-59"], ["owned"], ["%s"]]) {
                wanted.words = words;
                await listRows();
                found.push(rows.map((index) => columns.cases[columns.case[index]] + " " + nameOfSample(index)));
            }
            return found;
        })()"""
        run = texts_of(page)["more-7"]["samples"][1]["run"]
        assert said(dom(page, tmp_path, asked % run[:12])) == [
            ["plain old", "plain new"],
            ["plain new"],
            ["more-59 old", "more-59 new"],
            ["hostile old", "hostile new", "broken old", "broken new"],
            ["more-7 new"],
        ]

    def test_samples_that_moved_from_the_baseline_are_found_by_direction(self, page, tmp_path):
        asked = """["moved", "better", "worse"].map((state) => {
            wanted.state = state;
            return ["", 0, 1].map((scorer) => {
                wanted.scorer = scorer === "" ? null : scorer;
                listRows();
                return rows.length;
            });
        })"""
        assert said(dom(page, tmp_path, asked)) == [[64, 1, 64], [64, 0, 64], [1, 1, 0]]

    def test_a_sample_opens_beside_the_baseline_s_with_what_differs_and_what_scores_rest_on(self, page, tmp_path):
        asked = """openSample(1).then(() => [...dialog.querySelectorAll(".side")].map((side) => [
            side.getAttribute("aria-label"),
            ...[...side.querySelectorAll(".text mark")].map((mark) => `${mark.className}: ${mark.textContent}`)]))"""
        assert said(dom(page, tmp_path, asked)) == [
            ["new", "only: slow"],
            ["old", "evidence only: quick"],
        ]

    def test_means_that_labels_correct_are_drawn_and_the_others_say_why_not(self, project, record, tmp_path):
        rows = (
            Judged(f"more-{n}", "", "yes" if n % 3 else "no", None, id=f"more-{n}", variant="old") for n in range(20)
        )
        labels = Labels(tuple(rows))
        summary = summarise(Tally.read(project.store, record, project.settings.data_dir), labels=labels)
        asked = """[...document.querySelectorAll(".metric")].slice(0, 2).map((card) => [
            card.querySelectorAll(".corrected").length,
            ...[...card.querySelectorAll("small")].map((s) => s.textContent).filter((text) => /label/.test(text))])"""
        contains, errors = said(dom("".join(html_report(project, summary)), tmp_path, asked))
        drawn, old, new = contains
        assert drawn == 1
        assert old.startswith("corrected by 20 labels 0.65")
        assert new == "not corrected by labels: no case of it has a label"
        assert errors[0] == 0
        assert "it has no bounds" in errors[1]

    def test_a_sample_leads_to_its_trace(self, page, tmp_path):
        asked = "openSample(1).then(() => dialog.querySelector('.command code').textContent)"
        run = texts_of(page)["plain"]["samples"][1]["run"]
        assert said(dom(page, tmp_path, asked)) == f"genops trace show {run}"

    def test_what_was_cut_says_so(self, page, tmp_path):
        asked = "openSample(5).then(() => [...dialog.querySelectorAll('.cut')].map((note) => note.textContent))"
        inputs, output = said(dom(page, tmp_path, asked))
        assert inputs.startswith("Cut after 20,000 of 20,0")
        assert output.startswith("Cut after 20,000 of 9")

    def test_keys_move_and_open(self, page, tmp_path):
        asked = """(async () => {
            const press = (target, key) => target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
            const found = [];
            for (const key of ["ArrowDown", "ArrowDown", "End", "Home", "PageDown"]) {
                press(list, key);
                found.push(chosen);
            }
            press(list, "Enter");
            await openSample(chosen);
            found.push(dialog.open, list.getAttribute("aria-activedescendant"));
            press(dialog, "ArrowRight");
            found.push(chosen);
            return found;
        })()"""
        assert said(dom(page, tmp_path, asked)) == [0, 1, 129, 0, 12, True, "row-12", 13]

    def test_only_rows_in_sight_are_in_the_document(self, page, tmp_path):
        total, drawn = said(dom(page, tmp_path, "[rows.length, list.childElementCount]"))
        assert total == 2 * len(CASES)
        assert drawn < 70

    def test_on_paper_are_all_rows_of_a_small_table(self, page, tmp_path):
        asked = "(dispatchEvent(new Event('beforeprint')), document.querySelectorAll('#rows .row').length)"
        assert said(dom(page, tmp_path, asked)) == 2 * len(CASES)

    def test_an_evaluation_without_a_sample_is_shown(self, project, record, tmp_path):
        begun = replace(record, id="1" * 32, status="running", ended=None, verdict={})
        project.store.open_evaluation(begun)
        asked = "[document.getElementById('count').textContent, performance.getEntriesByName('ready').length]"
        assert said(dom(page_of(project, begun), tmp_path, asked)) == ["0 samples", 1]

    def test_an_open_sample_has_a_link(self, page, tmp_path):
        assert said(dom(page, tmp_path, "openSample(1).then(() => location.hash)")) == "#sample=1"


@in_a_browser
@pytest.mark.parametrize(
    ("left", "right", "only_left", "only_right"),
    [
        ("the cat sat", "the dog sat", ["cat"], ["dog"]),
        ("a b c d", "a c d e", ["b "], [" e"]),
        ("", "new", [], ["new"]),
        ("same", "same", [], []),
        ("naïve 漢字 😀.", "naïve 漢 😀!", ["漢字", "."], ["漢", "!"]),
    ],
)
def test_texts_are_compared_word_by_word(page, tmp_path, left, right, only_left, only_right):
    asked = f"difference({json.dumps(left)}, {json.dumps(right)})"
    runs = said(dom(page, tmp_path, asked))
    assert ["".join(text for text, _ in side) for side in runs] == [left, right]
    assert [[text for text, kept in side if not kept] for side in runs] == [only_left, only_right]
