"""What was looked at is remembered for as long as it may be seen again."""

from types import SimpleNamespace

from genops.drift.arrivals import LATE, remembered

SECOND = 10**9


def test_runs_are_remembered_until_they_are_too_old_to_be_asked_for():
    runs = [SimpleNamespace(id="new", started=100 * SECOND)]
    known = {"near": 95 * SECOND, "far": int((100 - LATE) * SECOND)}
    assert remembered(known, runs, 100 * SECOND) == {"near": 95 * SECOND, "new": 100 * SECOND}
