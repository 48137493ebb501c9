"""An error says what is wrong, where, and what to do, and carries the exit code it ends a command with."""

import inspect
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops import errors
from genops.errors import (
    BadVerdict,
    DefinitionError,
    ExitCode,
    GenopsError,
    InputError,
    Location,
    LockMismatch,
    ModelError,
    ModelRefused,
    ModelTimeout,
    RateLimited,
    ReferenceNotFound,
    ServerFailed,
    ServerUnreachable,
    SnapshotError,
    StepError,
    StoreError,
    StreamBroken,
    Undecided,
    Unfinished,
    nearest,
)


def test_an_error_reads_as_place_message_and_hint():
    error = DefinitionError("no such step", at=Location(Path("chains/a.yaml"), 3, 5), hint="did you mean b?")
    assert str(error) == "chains/a.yaml:3:5: no such step\n  did you mean b?"


@pytest.mark.parametrize(
    ("location", "text"),
    [(Location("a.yaml"), "a.yaml"), (Location("a.yaml", 3), "a.yaml:3"), (Location("a.yaml", column=5), "a.yaml")],
)
def test_a_place_shows_what_is_known_of_it(location, text):
    assert str(location) == text


def test_an_error_without_place_and_hint_is_its_message():
    assert str(GenopsError("it broke")) == "it broke"


@pytest.mark.parametrize(
    ("kinds", "code"),
    [
        ([BadVerdict], 1),
        ([DefinitionError, InputError, ReferenceNotFound, LockMismatch], 2),
        ([Undecided], 3),
        ([Unfinished, StoreError, SnapshotError, StepError, ModelError, RateLimited], 4),
    ],
)
def test_the_exit_code_follows_from_the_kind(kinds, code):
    assert {kind.exit_code for kind in kinds} == {ExitCode(code)}


def test_only_what_may_heal_is_retryable():
    heals = {RateLimited, ServerFailed, ServerUnreachable, ModelTimeout, StreamBroken}
    kinds = {kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, ModelError)}
    assert {kind for kind in kinds if kind.retryable} == heals
    assert ModelRefused in kinds - heals


def test_an_error_crosses_a_process_whole():
    error = RateLimited("slow down", status=429, retry_after=1.5, hint="wait")
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.status, copy.retry_after) == (str(error), 429, 1.5)


class TestNearest:
    def test_near_names_are_suggested(self):
        assert nearest("anwser", ["answer", "zebra"]) == "did you mean answer?"

    def test_with_nothing_near_the_known_ones_are_listed(self):
        assert nearest("q", ["beta", "alpha"]) == "known: alpha, beta"

    def test_a_long_list_is_cut(self):
        assert nearest("q", [f"name{n:02}" for n in range(30)]).endswith("name09, …")

    def test_nothing_is_known(self):
        assert nearest("q", []) == "there are none"

    @given(st.text(min_size=1), st.lists(st.text(min_size=1), max_size=20))
    def test_a_known_name_is_near_itself(self, name, others):
        hint = nearest(name, [*others, name])
        assert hint.startswith("did you mean")
        assert name in hint
