"""The page of a trace: one file, self-contained, in which nothing of the trace can run."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from genops.web.trace_page import trace_page
from tests.tape import HOSTILE, Tape, answered, everything


class Elements(HTMLParser):
    """Elements in the order of their start tags, as (tag, attributes), and the text of scripts and styles."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.texts = {}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        tag, attributes = self.found[-1] if self.found else ("", {})
        if tag in ("script", "style", "title"):
            self.texts.setdefault(f"{tag} {attributes.get('type', '')}".strip(), data)


def data_of(page):
    return json.loads(Elements(page).texts["script application/json"])


@pytest.fixture(scope="module")
def page():
    return trace_page(everything())


class TestSelfContained:
    def test_nothing_is_loaded(self, page):
        elements = Elements(page).found
        assert not {tag for tag, _ in elements} & {"link", "img", "iframe", "object", "base"}
        assert [value for _, attributes in elements for name, value in attributes.items() if name == "src"] == []
        assert "url(" not in Elements(page).texts["style"]
        assert "@import" not in Elements(page).texts["style"]

    def test_the_policy_allows_exactly_its_own_script_and_style(self, page):
        elements = Elements(page)
        policy = next(a["content"] for tag, a in elements.found if a.get("http-equiv") == "Content-Security-Policy")
        for kind in ("script", "style"):
            digest = hashlib.sha256(elements.texts[kind].encode()).digest()
            assert f"{kind}-src 'sha256-{base64.b64encode(digest).decode()}'" in policy
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy

    def test_markup_is_never_made_of_text(self, page):
        script = Elements(page).texts["script"]
        assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", script) == []


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


CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


def dom(page, folder, asked=""):
    """The document that a browser makes of the page; :func:`said` gives the value of the expression ``asked``."""
    file = folder / "page.html"
    if asked:
        script = f"<script>document.documentElement.dataset.said = JSON.stringify({asked})</script>"
        page = re.sub(r"<meta http-equiv[^>]*>", "", page).replace("</body>", f"{script}</body>")
    file.write_text(page, encoding="utf-8")
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    command += ["--window-size=1400,1200", "--virtual-time-budget=3000", "--dump-dom", file.as_uri()]
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8", timeout=60).stdout


def said(dom_text):
    return json.loads(re.search(r'<html lang="en" data-said="([^"]*)"', dom_text)[1].replace("&quot;", '"'))


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium on the PATH")
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
