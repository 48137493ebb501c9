import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops.models.retry import MAX_DELAY, MAX_RETRY_AFTER, backoff, parse_retry_after

NOW = datetime(2026, 1, 2, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("5", 5.0),
        ("0.25", 0.25),
        ("-3", 0.0),
        ("Fri, 02 Jan 2026 12:00:30 GMT", 30.0),
        ("Fri, 02 Jan 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        ("Fri, 31 Dec 99999999999999999999 23:59:59 GMT", None),
        ("Fri, 02 Jan 2026 12:00:30 +99999999999999", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(header, seconds):
    assert parse_retry_after(header, NOW) == seconds


@given(st.integers(0, 1000), st.none() | st.floats(0, 1e9), st.integers())
def test_a_delay_is_what_was_asked_for_and_a_bounded_jitter(attempt, retry_after, seed):
    delay = backoff(attempt, retry_after, random.Random(seed))
    asked = min(retry_after or 0.0, MAX_RETRY_AFTER)
    assert asked <= delay <= asked + min(MAX_DELAY, 0.5 * 2.0 ** min(attempt, 20))
