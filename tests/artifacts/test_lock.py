import json
import random
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.artifacts import Component, Lock, LockEntry
from genops.errors import LockMismatch, Unfinished
from tests.store.disks import disk, tmpfs

__all__ = ["disk", "tmpfs"]

components = st.builds(
    Component,
    st.sampled_from(["prompt", "partial", "model"]),
    st.sampled_from(["a", "b", "é/c"]),
    st.integers(0, 3),
    st.sampled_from(["a", "a@3", "b@git:main"]),
)
closures = st.lists(components, max_size=8)


@settings(max_examples=60)
@given(closures, st.randoms())
def test_a_lock_does_not_depend_on_the_order_of_the_closure(closure, rng):
    shuffled = random.Random(rng.random()).sample(closure, len(closure))
    assert Lock.of("answer", shuffled + shuffled) == Lock.of("answer", closure)


@settings(max_examples=60)
@given(closures)
def test_a_lock_reads_as_it_is_written(closure):
    lock = Lock.of("answer", closure, {("prompt", "a"): ("model:offline", "partial:é")})
    assert Lock.loads(lock.dumps()) == lock
    assert len(lock.dumps().splitlines()) == max(len(lock.entries), 1) + 2


@settings(max_examples=60)
@given(closures, closures)
def test_equal_digests_mean_no_differences(one, other):
    a, b = Lock.of("answer", one), Lock.of("answer", other)
    assert (a.digest == b.digest) == (a.differences(b) == [])


def test_how_a_component_was_referred_to_is_not_in_the_digest():
    one = Lock.of("answer", [Component("prompt", "a", 1)])
    pinned = Lock.of("answer", [Component("prompt", "a", 1, source="a@3")])
    both = Lock.of("answer", [Component("prompt", "a", 1), Component("prompt", "a", 1, source="a@3")])
    assert one.digest == pinned.digest == both.digest
    assert len(both.entries) == 2


def test_what_a_template_is_wired_to_is_in_the_digest():
    prompt = Component("prompt", "a", 1)
    fast, slow = (Lock.of("answer", [prompt], {("prompt", "a"): (f"model:{name}",)}) for name in ("fast", "slow"))
    assert fast.digest != slow.digest
    assert fast.differences(slow) == ["prompt a: uses model:fast -> model:slow"]


def test_differences_name_each_component():
    old = Lock.of("answer", [Component("prompt", "a", 1), Component("model", "m", 1), Component("tool", "gone", 1)])
    new = Lock.of("answer", [Component("prompt", "a", 2), Component("model", "m", 1), Component("tool", "here", 1)])
    before, after = Component("prompt", "a", 1).digest[:12], Component("prompt", "a", 2).digest[:12]
    tool = Component("tool", "gone", 1).digest[:12]
    assert old.differences(new) == [
        f"prompt a: {before} -> {after}",
        f"tool gone: removed ({tool})",
        f"tool here: added ({tool})",
    ]
    two = Lock.of("answer", [Component("prompt", "a", 1), Component("prompt", "a", 2, source="a@2")])
    one = Lock.of("answer", [Component("prompt", "a", 1)])
    assert one.differences(two) == [f"prompt a: added ({after})"]


def test_find_gives_the_entry_of_a_kind_and_name():
    component = Component("prompt", "a", 1, source="a@3")
    lock = Lock.of("answer", [component])
    assert lock.find("prompt", "a") == LockEntry("prompt", "a", "a@3", component.digest)
    assert lock.find("model", "a") is None


def changed(**values) -> str:
    return json.dumps({**json.loads(Lock.of("answer", [Component("prompt", "a", 1)]).dumps()), **values})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not a readable lock"),
        ("[]", "not a readable lock"),
        ("{}", "not a readable lock"),
        ("[" * 100_000, "not a readable lock"),
        (changed(components=[{}]), "not a readable lock"),
        (changed(chain="\ud800"), "not a readable lock"),
        (changed(chain="other"), "edited or damaged"),
        (changed(format=2), "edited or damaged"),
        (changed(components=[]), "edited or damaged"),
        (changed(digest="0" * 64), "edited or damaged"),
    ],
)
def test_a_damaged_lock_is_refused(tmp_path, text, problem):
    path = tmp_path / "answer.lock"
    path.write_text(text)
    with pytest.raises(LockMismatch, match=problem) as caught:
        Lock.load(path, path.relative_to(tmp_path))
    assert str(caught.value.at) == "answer.lock"
    assert "genops chain lock" in str(caught.value)


def test_a_lock_that_cannot_be_read(tmp_path):
    with pytest.raises(LockMismatch, match="there is no lock"):
        Lock.load(tmp_path / "none.lock")
    (tmp_path / "bad.lock").write_bytes(b"\xff")
    with pytest.raises(LockMismatch, match="cannot be read"):
        Lock.load(tmp_path / "bad.lock")


def test_a_lock_is_saved_whole_beside_nothing(tmp_path):
    path = tmp_path / "answer.lock"
    lock = Lock.of("answer", [Component("prompt", "a", {})])
    lock.save(path)
    assert Lock.load(path) == lock
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_goes_on_leading_to_its_file(tmp_path):
    file, link = tmp_path / "kept.lock", tmp_path / "answer.lock"
    link.symlink_to(file)
    lock = Lock.of("answer", [])
    lock.save(link)
    assert link.is_symlink()
    assert Lock.load(file) == lock


def test_where_nothing_can_be_written_the_lock_says_so(tmp_path):
    with pytest.raises(Unfinished, match=r"nowhere/answer\.lock: the lock cannot be written: No such file"):
        Lock.of("answer", []).save(tmp_path / "nowhere" / "answer.lock")


def test_a_full_disk_leaves_the_old_lock_and_no_part_of_the_new_one(disk):
    path = disk.folder / "answer.lock"
    old = Lock.of("answer", [])
    old.save(path)
    disk.fill()
    before = sorted(disk.folder.iterdir())
    save = "import sys; from pathlib import Path; from genops.artifacts import Lock; "
    save += "Lock.of('answer', []).save(Path(sys.argv[1]))"
    process = disk.start([sys.executable, "-c", save, str(path)], stderr=subprocess.PIPE, text=True)
    assert "answer.lock: the lock cannot be written: " in process.communicate(timeout=60)[1]
    assert sorted(disk.folder.iterdir()) == before
    assert Lock.load(path) == old
