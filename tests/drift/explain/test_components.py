import json
from dataclasses import asdict

import numpy as np
import pytest

from genops.artifacts import Component, Lock
from genops.drift.explain.change_point import find_change_point
from genops.drift.explain.components import find_components
from genops.drift.samples import Samples
from genops.errors import InputError

HOUR = 3_600 * 10**9
START = 1_763_000_000 * 10**9


class Closures:
    """The components of locks, as the store tells them."""

    def __init__(self):
        self.known = {}

    def lock(self, **versions):
        components = [Component("chain", "answer", {"steps": 1})]
        components += [Component(kind, "answer", {"text": text}) for kind, text in versions.items()]
        digest = Lock.of("answer", components).digest
        self.known[digest] = components
        return digest

    def of(self, digest):
        return self.known.get(digest, [])


@pytest.fixture
def closures():
    return Closures()


def rows(random, shift, n=300):
    """A reference and a current window, and what is added to the rows of the latter."""
    values = random.normal(size=(2, n))
    values[1] += shift
    return Samples.of_numbers(*values), START + HOUR * np.arange(2 * n)


def test_a_new_model_whose_runs_carry_the_change_is_told_with_its_time(closures):
    old, new = closures.lock(model="a", prompt="p"), closures.lock(model="b", prompt="p")
    late = np.arange(300) >= 150
    samples, times = rows(np.random.default_rng(0), 3.0 * late)
    locks = [old] * 300 + [new if row else old for row in late]
    since = find_change_point(samples.values, times, relabellings=99)
    found = find_components(locks, closures.of, samples, samples.values, times=times, since=since)
    (change,) = found.changes
    assert (change.kind, change.name, change.at) == ("model", "answer", times[450])
    assert change.in_time
    assert change.part == pytest.approx(found.whole.estimate, abs=0.06)
    assert change.with_it.bounds[0] > 0.8
    assert change.without_it.bounds[0] < 0 < change.without_it.bounds[1]
    digests = [Component("model", "answer", {"text": text}).digest for text in "ab"]
    assert [*change.before, *change.after] == digests
    assert f"model answer changed from {digests[0][:12]} to {digests[1][:12]} at 2025-12-01" in found.verdict
    assert "it came when the series changed" in found.verdict
    json.dumps(asdict(found))


def test_users_who_changed_are_told_from_a_model_that_did_too(closures):
    old, new = closures.lock(model="a"), closures.lock(model="b")
    samples, _ = rows(np.random.default_rng(1), 2.0)
    found = find_components([old] * 300 + [old, new] * 150, closures.of, samples, samples.values)
    assert found.changes[0].without_it.bounds[0] > 0.5
    assert "what came in changed too" in found.verdict


def test_users_who_changed_are_told_by_runs_of_the_reference_that_had_the_new_model_already(closures):
    old, new = closures.lock(model="a"), closures.lock(model="b")
    samples, _ = rows(np.random.default_rng(1), 2.0)
    found = find_components([old, new] * 150 + [new] * 300, closures.of, samples, samples.values)
    assert found.changes[0].like_with_like.bounds[0] > 0.5
    assert "from those of the reference that had it already: what came in changed too" in found.verdict


def test_a_new_model_that_some_runs_of_the_reference_had_already_and_that_did_it_is_told(closures):
    old, new = closures.lock(model="a"), closures.lock(model="b")
    random = np.random.default_rng(1)
    had = np.arange(300) % 4 == 0
    samples = Samples.of_numbers(random.normal(size=300) + 2 * had, random.normal(size=300) + 2)
    found = find_components([new if one else old for one in had] + [new] * 300, closures.of, samples, samples.values)
    assert found.changes[0].like_with_like.bounds[0] < 0
    assert "what came in" not in found.verdict


def test_where_no_component_changed_it_says_so(closures):
    lock = closures.lock(model="a")
    samples, _ = rows(np.random.default_rng(2), 2.0)
    found = find_components([lock] * 600, closures.of, samples, samples.values)
    assert found.changes == ()
    assert found.verdict.startswith("no component changed: what came in did")


def test_a_rollout_that_both_windows_have_alike_is_no_change(closures):
    old, new = closures.lock(model="a"), closures.lock(model="b")
    samples, _ = rows(np.random.default_rng(3), 2.0)
    assert find_components([old, new] * 300, closures.of, samples, samples.values).changes == ()


def test_components_that_changed_in_the_same_runs_are_named_together(closures):
    old, new = closures.lock(model="a", prompt="p"), closures.lock(model="b", prompt="q")
    samples, _ = rows(np.random.default_rng(4), 2.0)
    found = find_components([old] * 300 + [new] * 300, closures.of, samples, samples.values)
    assert {change.together_with for change in found.changes} == {("model answer",), ("prompt answer",)}
    assert "nothing tells them apart" in found.verdict
    assert "all current runs have it" in found.verdict


def test_a_component_that_came_or_went_is_a_change(closures):
    old, new = closures.lock(model="a"), closures.lock(model="a", tool="t")
    samples, _ = rows(np.random.default_rng(5), 2.0)
    (came,) = find_components([old] * 300 + [new] * 300, closures.of, samples, samples.values).changes
    (went,) = find_components([new] * 300 + [old] * 300, closures.of, samples, samples.values).changes
    assert (came.kind, came.before, len(came.after)) == ("tool", (), 1)
    assert (went.kind, len(went.before), went.after) == ("tool", 1, ())


def test_runs_whose_lock_is_not_known_are_counted_and_left_out(closures):
    lock = closures.lock(model="a")
    samples, _ = rows(np.random.default_rng(6), 2.0)
    found = find_components([lock] * 300 + ["", "gone"] * 20 + [lock] * 260, closures.of, samples, samples.values)
    assert (found.unknown, found.changes) == (40, ())
    found = find_components([lock] * 300 + [""] * 300, closures.of, samples, samples.values)
    assert "nothing is known" in found.verdict
    with pytest.raises(InputError, match="not 1"):
        find_components([lock], closures.of, samples, samples.values)
