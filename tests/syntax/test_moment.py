"""Moments are given as ISO 8601, or by how long ago they were."""

import time
from datetime import datetime

import pytest

from genops.errors import UsageError
from genops.syntax.moment import moment


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("15m", 900), ("12h", 43_200), ("7d", 604_800), ("2w", 1_209_600)]
)
def test_how_long_ago(text, seconds):
    assert abs(time.time_ns() - seconds * 10**9 - moment(text, "--since")) < 60 * 10**9


def test_iso_8601_is_in_local_time_unless_it_names_a_zone():
    assert moment("2026-11-03T08:00Z", "--since") == 1_793_692_800 * 10**9
    assert moment("2026-11-03", "--since") == int(datetime(2026, 11, 3).astimezone().timestamp()) * 10**9


@pytest.mark.parametrize("text", ["", "yesterday", "7", "7y", "2026-13-01", "-3d"])
def test_anything_else_is_refused_with_the_option(text):
    with pytest.raises(UsageError, match=r"--since .* is not a moment"):
        moment(text, "--since")
