"""Numbers are shown to the digits of their difference, with their unit."""

import pytest

from genops.drift.reports.wording import change_words
from genops.drift.summary import Change, Moved
from genops.evals.summary import Measure


def measure(value, unit, low=None, high=None):
    return Measure(value, unit, 10, low, high)


def said(before, after, low, high, unit="", shown=None, expected=None):
    return change_words(
        Change(
            unit if shown is None else shown,
            measure(before, unit),
            measure(after, unit),
            measure(after - before, unit, low, high),
            expected=expected,
        )
    )


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (said(0.0002, 0.000402, 0.000194, 0.00021, "USD"), "0.000200 → 0.000402 USD [+0.000194, +0.000210]"),
        (said(0.000253, 0.000312, 5e-5, 6.8e-5, "s"), "253.0 → 312.0 µs [+50.0, +68.0]"),
        (said(0.253, 0.312, 0.05, 0.068, "s"), "253.0 → 312.0 ms [+50.0, +68.0]"),
        (said(12.5, 9.25, -4.0, -2.5, "s"), "12.50 → 9.25 s [−4.00, −2.50]"),
        (said(1000.2, 1000.9, 0.6, 0.8), "1,000.200 → 1,000.900 [+0.600, +0.800]"),
        (said(12.0, 17.0, 4.1, 5.9, "words"), "12.00 → 17.00 words [+4.10, +5.90]"),
        (said(1850, 4210, 2100, 2620, "tokens"), "1,850 → 4,210 tokens [+2,100, +2,620]"),
        (said(0.0, 0.0, 0.0, 0.0), "0 → 0 [+0, +0]"),
        (said(3.5, 3.5, 0.0, 0.0), "3.50 → 3.50 [+0.00, +0.00]"),
        (said(1.0, 1.0 + 1e-12, -1e-12, 3e-12), "1.00000000 → 1.00000000 [−0.00000000, +0.00000000]"),
        (said(1e18, 2e18, 0.9e18, 1.1e18), "1e+18 → 2e+18 [+9.00e+17, +1.10e+18]"),
        (
            said(0.0213, 0.0402, 0.01, 0.03, "share", "share of words", expected=0.022),
            "2.1% → 4.0% of words [+1.0, +3.0] points, expected 2.2%",
        ),
        (said(0.1, 0.35, 0.2, 0.3, "share", "share"), "10.0% → 35.0% [+20.0, +30.0] points"),
        (
            said(0.0002, 0.0004, 0.0001, 0.0003, "share", "share"),
            "0.020% → 0.040% [+0.010, +0.030] points",
        ),
    ],
)
def test_a_change_is_told_to_the_digits_that_it_has(told, text):
    assert told == text


def test_without_an_interval_it_is_told_to_the_digits_of_the_numbers():
    assert said(0.0002, 0.0004, None, None) == "0.000200 → 0.000400 [no interval]"


def test_categories_are_told_by_their_shares():
    shares = (measure(0.004, "share"), measure(0.3, "share"), measure(0.296, "share", 0.25, 0.34))
    assert change_words(Change("", moved=(Moved("es", *shares),))) == "es 0.4% → 30.0% [+25.0, +34.0] points"
