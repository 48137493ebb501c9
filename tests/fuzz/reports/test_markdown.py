"""Markdown for a pull request: the verdict first, and nothing of an attack that could act there."""

from functools import partial

import pytest

from tests.fuzz.reports.conftest import BREACHES, HOSTILE, SAFE
from tests.fuzz.reports.test_terminal import ABOUT, STEADY
from tests.fuzz.stored import under


@pytest.fixture
def text(written):
    return partial(written, "markdown")


def test_the_verdict_the_rates_and_the_findings_come_in_this_order(text):
    shown = text(BREACHES, [{"mutations": under("base64")}])
    words = (
        "❌ **bad: attacks got there**",
        "rate of breaches, 95%",
        "33.3% [",
        "**Findings**",
        "<details>",
        "let through",
    )
    places = [shown.index(word) for word in words]
    assert places == sorted(places)
    assert "`genops fuzz repro ffffffffffff`" in shown


def test_no_breach_is_never_called_safe(text):
    shown = text(SAFE)
    assert "✅ **no breach was found**" in shown
    assert "rate at most 26.5% (95%)" in shown


def test_an_attack_is_shown_and_does_not_act(text):
    shown = text(BREACHES, [{"text": HOSTILE}])
    row = next(line for line in shown.splitlines() if "repro" in line)
    assert r"\u202eall\u2066\x1b[2J\ud800\U000e0041" in row.replace("\\\\", "\\")
    assert row.count("|") - row.count("\\|") == 8
    assert row.count("`") % 2 == 0
    shown.encode()


def test_more_findings_than_a_comment_holds_are_counted(text):
    many = [{"id": f"{n:032x}", "number": n} for n in range(30)]
    assert "… and 20 more: `genops fuzz show" in text(BREACHES, many)


def test_robustness_is_there(text):
    assert "| case | 54.5% [23.4%, 83.3%] | +54.5 points" in text(STEADY, objectives=(), robustness=ABOUT)
