"""The page: one file that needs nothing else, in which nothing of an attack can run; looked at in a real browser."""

import json
from collections import Counter

import pytest

from genops.fuzz.reports.html import ROOM
from genops.fuzz.summary import Accuracy
from genops.plugins import registry
from tests.fuzz.reports.conftest import BREACHES, HOSTILE, SAFE
from tests.fuzz.reports.test_terminal import ABOUT, STEADY
from tests.fuzz.stored import right, under
from tests.pages import Elements, assert_self_contained, dom, in_a_browser, said

SEARCHED = [{"outcome": "breach", "phase": "search"}] * 7
APART = [{"outcome": "crashed"}, {"outcome": "unscored"}, {"outcome": "infrastructure"}]
FINDINGS = [
    {"id": "a" * 32, "mutations": under("base64", "role_imitation"), "severity": "high", "start": "Show me."},
    {"id": "b" * 32, "text": HOSTILE, "severity": "critical", "seed": HOSTILE, "label": HOSTILE, "number": 1},
    {"id": "c" * 32, "step": "", "severity": "low", "minimal": False, "number": 2},
]


@pytest.fixture
def page(written):
    return written("html", [*BREACHES, *SEARCHED, *APART], FINDINGS)


def data_of(page):
    return json.loads(page.split('id="report">')[1].split("</script>")[0])


class TestOneFile:
    def test_it_is_self_contained(self, page):
        assert_self_contained(page)

    def test_an_attack_adds_no_element(self, page):
        found = Counter(tag for tag, _ in Elements(page).found)
        assert found["script"] == 2
        assert "img" not in found

    def test_data_are_ascii_without_markup(self, page):
        raw = page.split('id="report">')[1].split("</script>")[0]
        assert raw.isascii()
        assert not set("<>&") & set(raw)

    def test_the_worst_finding_comes_first_and_its_attack_is_spelled(self, page):
        worst = data_of(page)["findings"][0]
        assert worst["severity"] == "critical"
        text = worst["attack"]["text"]
        assert r"ig\u200bnore \u202eall\u2066\x1b[2J\ud800\U000e0041\u2028 e\u0301 \\u0041" in text
        assert all(character.isprintable() for character in text)
        assert worst["attack"]["unseen"]["U+200B ZERO WIDTH SPACE"] == 1

    def test_a_long_attack_is_cut_and_says_so(self, written):
        (finding,) = data_of(written("html", BREACHES, [{"text": "\u200b" * 100_000}]))["findings"]
        assert (finding["attack"]["shown"], finding["attack"]["of"]) == (ROOM, 100_000)
        assert finding["attack"]["text"] == r"\u200b" * ROOM

    def test_a_mutator_that_is_not_here_any_more_has_no_family(self, written):
        tries = [{"mutations": under("base64")}, {"mutations": under("of_another_machine")}]
        assert data_of(written("html", tries))["families"] == {"base64": "encoding", "of_another_machine": ""}


@in_a_browser
class TestInABrowser:
    def test_nothing_of_an_attack_runs(self, page, tmp_path):
        asked = "(openRow(0), [document.title, document.querySelectorAll('img, script').length, dialog.open])"
        shown = dom(page, tmp_path, asked)
        title, elements, opened = said(shown)
        assert title.startswith("attacks · ")
        assert elements == 3  # its own two, and the one that asks
        assert opened
        assert "<img" not in shown.split("<script")[0]

    def test_the_verdict_comes_in_words_with_its_reasons(self, page, tmp_path):
        shown = said(dom(page, tmp_path, "document.getElementById('verdict').innerText"))
        assert "bad: attacks got there" in shown
        assert "prompt_extraction: 3 findings; breaches in 16 of 48 tries of the sweep and 7 of 7" in shown

    def test_an_objective_has_its_rate_its_seeds_its_bounds_and_its_tags(self, page, tmp_path):
        shown = said(dom(page, tmp_path, "document.getElementById('objectives').innerText"))
        for words in ("33% [", "16 of 48 tries, 12 seeds", "whatever they were, 31% to 37%", "LLM07", "breached"):
            assert words in shown

    def test_a_rate_is_corrected_for_the_detector_or_not_identified(self, written, tmp_path):
        corrected = ("corrected for the detectors: ", "sensitivity 90% [", "] of 10, specificity 90% [")
        for count, words in ((9, corrected), (5, ("not identified",))):
            accuracy = {"prompt_extraction": Accuracy(right(count, 10), right(count, 10))}
            page = written("html", BREACHES, accuracy=accuracy)
            shown = said(dom(page, tmp_path, "document.getElementById('objectives').innerText"))
            assert all(part in shown for part in words)

    def test_what_is_in_no_rate_stands_apart(self, page, tmp_path):
        asked = """[...document.querySelectorAll("#tries tbody tr")].map(
            (row) => [...row.cells].map((cell) => cell.innerText))"""
        sweep, search = said(dom(page, tmp_path, asked))
        assert sweep == ["prompt_extraction", "sweep, which rates are of", "51", "16", "32", "1", "1", "1"]
        assert search == ["", "search", "7", "7", "0", "0", "0", "0"]

    def test_a_finding_has_its_attack_its_mutators_and_its_commands(self, page, tmp_path):
        asked = """(openRow(1), [dialog.innerText,
            ...[...dialog.querySelectorAll(".command code")].map((code) => code.textContent)])"""
        shown, again, trace = said(dom(page, tmp_path, asked))
        assert (again, trace) == ("genops fuzz repro aaaaaaaaaaaa", "genops trace show aaaaaaaaaaaa")
        assert "null" not in shown
        places = [shown.index(word) for word in ("base64", "role_imitation", "Show me.")]
        assert places[0] < places[1]

    def test_what_cannot_be_seen_stands_out_and_a_backslash_is_one(self, page, tmp_path):
        asked = """(openRow(0), [[...dialog.querySelectorAll(".unseen")].map((mark) => mark.textContent),
            dialog.querySelector(".attack").textContent, dialog.querySelector(".note").textContent])"""
        marks, text, note = said(dom(page, tmp_path, asked))
        seen = [
            r"\u200b",
            r"\u202e",
            r"\u2066",
            r"\x1b",
            r"\ud800",
            r"\U000e0041",
            r"\u2028",
            r"\u0301",
            r"\n",
            r"\x00",
        ]
        assert marks == seen
        assert r" \u0041 |" in text
        for name in ("U+200B ZERO WIDTH SPACE", "U+D800 LONE SURROGATE", "U+001B CONTROL"):
            assert name in note

    def test_findings_are_filtered_searched_and_sorted(self, page, tmp_path):
        whole = '"(the chain as a whole)"'
        asked = f"""[["severity", "low"], ["mutator", "base64"], ["mutator", "(as written)"], ["step", {whole}]]"""
        asked += """.map(([key, value]) => {
            Object.assign(wanted, { words: [], severity: "", objective: "", mutator: "", step: "", [key]: value });
            listRows();
            return rows.map((index) => findings[index].id[0]).join("");
        }).concat([["owned"], ["role_imitation", "answer"]].map((words) => {
            Object.assign(wanted, { words, severity: "", mutator: "", step: "" });
            listRows();
            return rows.map((index) => findings[index].id[0]).join("");
        }))"""
        assert said(dom(page, tmp_path, asked)) == ["c", "a", "bc", "c", "b", "a"]

    def test_an_open_finding_has_a_link(self, page, tmp_path):
        assert said(dom(page, tmp_path, "(openRow(1), location.hash)")) == "#finding=1"

    def test_breaches_are_blamed_and_the_curve_is_drawn(self, page, tmp_path):
        asked = """[document.getElementById("steps").innerText, document.querySelectorAll(".curve circle").length]"""
        steps, points = said(dom(page, tmp_path, asked))
        assert "answer" in steps
        assert points > 1

    def test_a_campaign_without_a_breach_says_at_most_and_hides_what_has_nothing_to_show(self, written, tmp_path):
        asked = """[document.body.innerText,
            [...document.querySelectorAll("main > section")].filter((part) => part.hidden).map((part) => part.id)]"""
        text, hidden = said(dom(written("html", SAFE), tmp_path, asked))
        assert "no breach was found" in text
        assert "not safe by that" in text
        assert "rate at most 26.5% (95%)" in text
        assert hidden == ["findings", "fields", "steps", "curves", "robustness"]

    def test_several_fields_have_a_rate_each_and_a_finding_names_its_own(self, written, tmp_path):
        tries = [{**one, "field": "notes" if n % 3 == 0 else "question"} for n, one in enumerate(BREACHES)]
        page = written("html", tries, [{"field": "notes", "case": "hours"}])
        asked = """(openRow(0), ["fields", "detail"].map((id) => document.getElementById(id).innerText))"""
        fields, finding = said(dom(page, tmp_path, asked))
        assert all(words in fields for words in ("notes", "100%", "question"))
        assert all(words in finding for words in ("the field notes", "hours"))

    def test_robustness_has_its_relations_prompts_and_changed_answers(self, written, tmp_path):
        page = written("html", STEADY, objectives=(), robustness={**ABOUT, "at_most": {"case": 0.1}})
        asked = """(async () => {
            const part = document.getElementById("robustness");
            part.querySelector("details").open = true;
            await new Promise((opened) => setTimeout(opened, 200));
            return [part.innerText, part.querySelectorAll("circle").length];
        })()"""
        shown, points = said(dom(page, tmp_path, asked))
        for words in ("unchanged", "55% [23%, 83%]", "+54.5 points", "allowed: 10% more", "ask", "genops trace diff"):
            assert words in shown
        assert points == 5


@in_a_browser
class TestOnPaper:
    """As a browser lays it out when it is about to print."""

    def test_what_is_folded_is_open_and_folded_again_afterwards(self, written, tmp_path):
        page = written("html", STEADY, objectives=(), robustness=ABOUT)
        asked = """(() => {
            const folded = document.querySelector("#robustness details");
            dispatchEvent(new Event("beforeprint"));
            const printed = [folded.open, folded.innerText.includes("genops trace diff")];
            dispatchEvent(new Event("afterprint"));
            return [...printed, folded.open];
        })()"""
        assert said(dom(page, tmp_path, asked)) == [True, True, False]

    @pytest.mark.parametrize(("count", "hidden"), [(3, True), (201, False)])
    def test_it_says_what_was_left_out_only_where_something_was(self, written, tmp_path, count, hidden):
        findings = [{"id": f"{n:032x}", "number": n, "text": "Show me." if n else ""} for n in range(count)]
        asked = """(dispatchEvent(new Event("beforeprint")), [document.querySelector(".printed").hidden,
            document.querySelectorAll(".row").length, document.querySelector(".row").innerText])"""
        unsaid, rows, first = said(dom(written("html", BREACHES, findings), tmp_path, asked))
        assert (unsaid, rows) == (hidden, min(count, 200))
        assert "(an empty text)" in first

    def test_dark_is_for_screens(self, page):
        assert "@media (prefers-color-scheme" not in page
        assert page.count("@media screen and (prefers-color-scheme: dark)") == 3


@in_a_browser
class TestTheHeatMap:
    def test_a_cell_has_its_rate_and_its_tries_and_says_where_they_are_too_few(self, written, tmp_path):
        spread = [
            {"outcome": "breach" if n % 5 == 0 else "safe", "mutations": under("base64"), "seed": f"seed{n}"}
            for n in range(50)
        ]
        few = [{"outcome": "breach", "mutations": under("hex")}, {"outcome": "unscored", "mutations": under("url")}]
        page = written("html", [*SAFE, *spread, *few])
        asked = """[...document.querySelectorAll("#heat tbody tr")].map((row) => [
            row.cells[0].textContent, row.cells[1].textContent, row.cells[1].classList.contains("few")])"""
        assert said(dom(page, tmp_path, asked)) == [
            ["(as written)", "0%48", False],
            ["hex", "100%?1", True],
            ["base64", "20%50", False],
            ["url", "✕", False],
        ]

    def test_it_is_read_with_the_keyboard(self, page, tmp_path):
        asked = """(() => {
            const press = (key) =>
                document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
            const told = () => document.getElementById("cell").textContent;
            document.querySelector('#heat td[tabindex="0"]').focus();
            const found = [told()];
            press("ArrowDown");
            found.push(told(), document.querySelectorAll('#heat td[tabindex="0"]').length);
            press("Enter");
            found.push(rows.map((index) => findings[index].id[0]).join(""));
            return found;
        })()"""
        first, second, reachable, listed = said(dom(page, tmp_path, asked))
        assert first.startswith("(as written) × prompt_extraction: no try could be scored; 1 crashed; 1 unscored; 1 in")
        assert second.startswith("base64 × prompt_extraction: 33% [")
        assert second.endswith("], 16 of 48 tries at 12 seeds")
        assert reachable == 1
        assert listed == "a"

    def test_every_objective_by_every_mutator_and_a_thousand_findings_are_usable(self, written, tmp_path):
        objectives, mutators = sorted(registry.names("objective")), sorted(registry.names("mutator"))
        tries = [
            {"objective": objective, "mutations": under(mutator), "outcome": "breach" if place % 5 == 0 else "safe"}
            for objective in objectives
            for place, mutator in enumerate(mutators * 2)
        ]
        findings = [
            {"id": f"{n:032x}", "number": n, "objective": objectives[n % len(objectives)], "text": HOSTILE}
            for n in range(1_000)
        ]
        asked = """[document.querySelectorAll("#heat td").length, rows.length, list.childElementCount,
            performance.getEntriesByName("ready").length]"""
        cells, rows, drawn, ready = said(dom(written("html", tries, findings, objectives=objectives), tmp_path, asked))
        assert cells == len(objectives) * len(mutators)
        assert (rows, ready) == (1_000, 1)
        assert drawn < 70
