from __future__ import annotations

import subprocess
import sys

import pytest

from genops.artifacts import Component, Lock, Reference
from genops.errors import DefinitionError, ReferenceNotFound, UsageError
from genops.registry import Version, history, label, log, publish, resolve, rollback
from genops.store import Store
from tests.store.conftest import keep_closure

MODEL = Component("model", "fast", {"model": "openai/gpt"})


def closure(template: str, *others: Component) -> tuple[Lock, list[Component]]:
    parts = [Component("prompt", "answer", {"template": template}), *others]
    return Lock.of("answer", parts), parts


def published(store: Store, template: str, *others: Component, message: str = "why") -> Version:
    lock, parts = closure(template, *others)
    return publish(store, "prompt", "answer", lock, parts, message, author="Ada")


def of(store: Store, reference: str) -> Version:
    return resolve(store, Reference.parse(reference), "prompt")


def test_versions_are_numbered_from_one_and_keep_the_whole_closure(store: Store) -> None:
    first, second = published(store, "one", MODEL), published(store, "two", MODEL, message="better")
    assert (first.number, second.number, first.new, second.new) == (1, 2, True, True)
    assert store.components_of(second.lock) == sorted(closure("two", MODEL)[1], key=lambda part: part.kind)
    newest, oldest = log(store, "prompt", "answer")
    assert (newest.number, newest.message, newest.author, str(newest)) == (2, "better", "Ada", "answer@2")
    assert oldest.created is not None
    assert newest.created is not None
    assert oldest.created <= newest.created


def test_publishing_the_same_closure_again_says_so_and_changes_nothing(store: Store) -> None:
    published(store, "one")
    published(store, "two")
    again = published(store, "one", message="once more")
    assert (again.number, again.new, again.message) == (1, False, "why")
    assert len(log(store, "prompt", "answer")) == 2


def test_a_change_anywhere_in_the_closure_is_a_new_version(store: Store) -> None:
    first, second = published(store, "one"), published(store, "one", MODEL)
    assert (first.digest, second.number) == (second.digest, 2)
    assert first.lock != second.lock


def test_a_closure_with_a_hole_is_refused(store: Store) -> None:
    lock, parts = closure("one", MODEL)
    for name, given in (("answer", parts[:1]), ("other", parts)):
        with pytest.raises(DefinitionError, match="not whole"):
            publish(store, "prompt", name, lock, given, "m")


def test_references_resolve_to_versions_labels_and_digests(store: Store) -> None:
    first, second = published(store, "one"), published(store, "two")
    label(store, "prompt", "answer", "production", 1)
    assert of(store, "answer@2").lock == second.lock
    assert of(store, "answer@production").lock == first.lock
    assert of(store, "answer@production").labels == ("production",)
    assert of(store, f"answer#{second.digest[:8]}").number == 2


def test_a_digest_of_several_versions_means_the_newest(store: Store) -> None:
    published(store, "one")
    newest = published(store, "one", MODEL)
    assert of(store, f"answer#{newest.digest}").number == 2


def test_a_component_that_was_run_and_never_published_resolves_by_digest(store: Store) -> None:
    lock, parts = closure("seen")
    keep_closure(store, lock, parts)
    found = of(store, f"answer#{parts[0].digest[:10]}")
    assert (found.number, found.digest, found.lock) == (None, parts[0].digest, lock.digest)
    assert str(found) == f"answer#{parts[0].digest[:12]}"


@pytest.mark.parametrize(
    ("reference", "hint"),
    [
        ("answer@9", "known: 1"),
        ("answer@producton", "did you mean production"),
        ("answr@1", "did you mean answer"),
        ("answer#00000000", "answer#"),
        ("answr#00000000", "did you mean answer"),
    ],
)
def test_what_resolves_to_nothing_lists_the_nearest(store: Store, reference: str, hint: str) -> None:
    published(store, "one")
    label(store, "prompt", "answer", "production", 1)
    with pytest.raises(ReferenceNotFound) as unknown:
        of(store, reference)
    assert hint in str(unknown.value)


@pytest.mark.parametrize("reference", ["answer", "answer@git:main"])
def test_files_are_not_in_the_registry(store: Store, reference: str) -> None:
    with pytest.raises(UsageError, match="not in the registry"):
        of(store, reference)


def test_a_chain_and_a_prompt_of_one_name_are_two_things(store: Store) -> None:
    published(store, "one")
    with pytest.raises(ReferenceNotFound, match="no chain 'answer'"):
        resolve(store, Reference.parse("answer@1"), "chain")


def test_a_label_moves_and_rolls_back_along_its_own_history(store: Store) -> None:
    for template in ("one", "two", "three", "four"):
        published(store, template)
    for number in (1, 2, 2, 4):
        label(store, "prompt", "answer", "production", number, author="Ada")
    label(store, "prompt", "answer", "staging", 3)
    assert rollback(store, "prompt", "answer", "production", message="bad", author="Bob").version == 2
    assert rollback(store, "prompt", "answer", "production").version == 1
    with pytest.raises(ReferenceNotFound, match="pointed to nothing before"):
        rollback(store, "prompt", "answer", "production")
    assert of(store, "answer@production").number == 1
    assert of(store, "answer@staging").number == 3
    moves = history(store, "prompt", "answer", "production")
    assert [(move.version, move.rollback) for move in moves] == [
        (1, False), (2, False), (2, False), (4, False), (2, True), (1, True),
    ]  # fmt: skip
    assert (moves[4].author, moves[4].message) == ("Bob", "bad")


def test_a_label_that_was_set_back_by_hand_rolls_back_to_where_it_came_from(store: Store) -> None:
    published(store, "one")
    published(store, "two")
    for number in (1, 2, 1):
        label(store, "prompt", "answer", "production", number)
    assert rollback(store, "prompt", "answer", "production").version == 2


def test_a_label_rolls_back_to_a_named_version_it_had(store: Store) -> None:
    for template in ("one", "two", "three"):
        label(store, "prompt", "answer", "production", published(store, template).number or 0)
    published(store, "four")
    with pytest.raises(ReferenceNotFound, match="answer@2, answer@1"):
        rollback(store, "prompt", "answer", "production", to=4)
    assert rollback(store, "prompt", "answer", "production", to=1).version == 1
    with pytest.raises(ReferenceNotFound, match="no label 'prod'"):
        rollback(store, "prompt", "answer", "prod")


def test_a_label_needs_a_version_and_a_name_that_is_no_number(store: Store) -> None:
    published(store, "one")
    with pytest.raises(ReferenceNotFound, match="no version 7"):
        label(store, "prompt", "answer", "production", 7)
    with pytest.raises(UsageError, match="cannot be a label"):
        label(store, "prompt", "answer", "3", 1)


PUBLISHING = """
import sys
from genops.artifacts import Component, Lock
from genops.registry import publish
from genops.store import Store

with Store.open(sys.argv[1]) as store:
    for number in range(15):
        part = Component("prompt", "answer", {"template": f"{sys.argv[2]} {number}"})
        lock = Lock.of("answer", [part])
        print(publish(store, "prompt", "answer", lock, [part], "", author="a").number)
"""


@pytest.mark.slow
def test_publishers_at_once_never_get_the_same_number(url: str) -> None:
    command = [sys.executable, "-c", PUBLISHING, url]
    processes = [subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True) for name in "ab"]
    numbers = [int(line) for process in processes for line in process.communicate(timeout=60)[0].split()]
    assert sorted(numbers) == list(range(1, 31))
