"""The page of a trace: one file, self-contained, in which nothing of the trace can run."""

import json
import re

import pytest

from genops.web.trace_page import trace_page
from tests.pages import Elements, assert_self_contained, dom, in_a_browser, said
from tests.tape import HOSTILE, Tape, answered, everything


def data_of(page):
    return json.loads(Elements(page).texts["script application/json"])


@pytest.fixture(scope="module")
def page():
    return trace_page(everything())


def test_it_is_one_file_that_runs_nothing_but_its_own(page):
    assert_self_contained(page)


class TestHostileContent:
    def test_it_adds_no_element(self, page):
        assert [tag for tag, _ in Elements(page).found if tag in ("script", "img")] == ["script", "script"]

    def test_it_is_kept_as_it_is(self, page):
        assert HOSTILE in data_of(page)["run"]["error"]["message"]

    def test_the_data_are_ascii_without_markup(self, page):
        raw = page.split('id="trace">')[1].split("</script>")[0]
        assert raw.isascii()
        assert not set("<>&") & set(raw)

    def test_a_chain_name_is_text_in_the_title(self):
        tape = Tape(chain="</title><script>alert(1)</script>\ud83d")
        assert Elements(trace_page(tape.trace())).texts["title"].startswith("</title><script>")


class TestData:
    def test_every_payload_that_a_span_shows_is_in_it(self, page):
        data = data_of(page)
        wanted = {span[side] for span in data["spans"] for side in ("input", "output") if side in span}
        assert wanted <= data["payloads"].keys()

    def test_numbers_come_with_their_units(self, page):
        answer = next(span for span in data_of(page)["spans"] if span["path"] == "answer")
        assert answer["facts"] == [
            ["time", "2.18 s"],
            ["share of the run", "42%"],
            ["began after", "450 ms"],
            ["tokens", "1,763 in, 200 out"],
            ["cost", "$0.000384"],
        ]

    def test_values_that_a_browser_cannot_hold_are_text(self):
        tape = Tape()
        tape.span(None, "chain", "c", "", 0, None)
        trace = tape.finish(1, inputs={"b": b"\x00\x01", "n": float("nan"), "i": 2**60, "s": "\ud83d"}, output=1)
        data = data_of(trace_page(trace))
        shown = data["payloads"][trace.run.inputs]["value"]
        assert shown["b"].startswith("(2 bytes, sha256 ")
        assert (shown["n"], shown["i"], shown["s"]) == ("nan", str(2**60), "\ud83d")

    def test_a_payload_that_is_gone_says_so(self):
        trace = answered()
        trace.store.kept.clear()
        data = data_of(trace_page(trace))
        assert "is not in the store" in data["payloads"][trace.run.output]["problem"]

    def test_a_run_without_spans_or_end_has_a_page(self):
        assert data_of(trace_page(Tape().trace()))["run"]["status"] == "unfinished"


@in_a_browser
class TestInABrowser:
    def test_it_shows_the_spans_and_runs_nothing_of_the_trace(self, page, tmp_path):
        shown = dom(page, tmp_path)
        assert "<title>answer_docs · 3f9a3f9a3f9a</title>" in shown
        assert len(re.findall(r'role="treeitem"', shown)) > 10
        assert "<img" not in shown
        assert 'aria-selected="true" aria-label="http GET, error' in shown

    def test_a_prompt_step_shows_what_was_said_in_the_end(self, page, tmp_path):
        asked = """(choose(spans.find((span) => span.path === "answer"), false),
            [...detail.querySelectorAll(".message .role")].map((role) => role.textContent))"""
        assert said(dom(page, tmp_path, asked)) == ["system", "user", "assistant", "user", "assistant · answer"]

    def test_its_state_is_that_of_the_trace_step_by_step(self, page, tmp_path):
        trace = everything()
        state = "(path) => [path, stateAt(spans.find((span) => span.path === path)).state]"
        states = said(dom(page, tmp_path, f'Object.fromEntries(["check", "research[1]"].map({state}))'))
        assert states["research[1]"] == trace.state(trace.by_path["research"])
        assert list(states["check"]["steps"]) == ["rewrite", "find", "answer", "check"]
        assert states["check"]["inputs"] == trace.value(trace.run.inputs)

    def test_the_search_finds_spans_by_what_they_hold(self, page, tmp_path):
        found = said(dom(page, tmp_path, '(search("count more"), rows.map((row) => row.path))'))
        assert found == ["", "research", "research[0]", "research[0]/word_count[0]"]

    def test_keys_move_fold_and_open(self, page, tmp_path):
        press = (
            "(key) => { list.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true })); return chosen.path; }"
        )
        keys = '["Home", "ArrowDown", "ArrowDown", "ArrowLeft", "ArrowLeft", "ArrowDown", "ArrowRight", "ArrowRight"]'
        assert said(dom(page, tmp_path, f"{keys}.map({press})")) == [
            "",
            "rewrite",
            "rewrite/model",
            "rewrite",
            "rewrite",
            "find",
            "find/search",
            "find/search",
        ]

    def test_5000_spans_are_listed_folded_and_drawn_in_part(self, tmp_path):
        tape = Tape()
        root = tape.span(None, "chain", "big", "", 0, None)
        for index in range(1250):
            scope = tape.span(root, "scope", f"[{index}]", f"[{index}]", index, index + 5, input={"item": index})
            step = tape.span(scope, "step", "a", f"[{index}]/a", index, index + 4, output=index)
            tape.span(step, "tool", "t", f"[{index}]/a/t", index, index + 3, input=index, output=index)
            tape.span(step, "clock", "now", f"[{index}]/a/now", index, index + 1, output=index)
        page = trace_page(tape.finish(2000, inputs={}, output="done"))
        total, listed, drawn = said(dom(page, tmp_path, "[spans.length, rows.length, list.childElementCount]"))
        assert (total, listed) == (5001, 2501)
        assert drawn < 100
