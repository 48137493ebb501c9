"""Files that know whether a person has changed them."""

import pytest

from genops.errors import UsageError
from genops.serving.deploy import changes, signed, write


def states(found):
    return {change.path.name: change.state for change in found}


def test_written_again_nothing_changes(tmp_path):
    texts = {"a.yaml": signed("a: 1\n", "m --target k8s")}
    assert states(changes(tmp_path / "new", texts)) == {"a.yaml": "new"}
    write(changes(tmp_path / "new", texts), force=False)
    assert states(changes(tmp_path / "new", texts)) == {"a.yaml": "unchanged"}
    assert (tmp_path / "new" / "a.yaml").read_text().endswith("\na: 1\n")


def test_what_differs_is_shown_and_written(tmp_path):
    write(changes(tmp_path, {"a.yaml": signed("a: 1\n", "m")}), force=False)
    [change] = changes(tmp_path, {"a.yaml": signed("a: 2\n", "m")})
    assert (change.state, change.edited) == ("changed", False)
    assert "-a: 1\n+a: 2\n" in change.diff
    write([change], force=False)
    assert "a: 2" in (tmp_path / "a.yaml").read_text()


def test_a_file_that_was_changed_by_hand_is_not_written_over_nor_any_other(tmp_path):
    write(changes(tmp_path, {"a.yaml": signed("a: 1\n", "m"), "b.yaml": signed("b: 1\n", "m")}), force=False)
    edited = (tmp_path / "a.yaml").read_text() + "mine: true\n"
    (tmp_path / "a.yaml").write_text(edited)
    found = changes(tmp_path, {"a.yaml": signed("a: 2\n", "m"), "b.yaml": signed("b: 2\n", "m")})
    with pytest.raises(UsageError, match=r"changed by hand: .*a\.yaml"):
        write(found, force=False)
    assert (tmp_path / "a.yaml").read_text() == edited
    assert "b: 1" in (tmp_path / "b.yaml").read_text()
    write(found, force=True)
    assert (tmp_path / "a.yaml").read_text() == signed("a: 2\n", "m")


def test_a_file_of_somebody_elses_is_not_written_over(tmp_path):
    (tmp_path / "a.yaml").write_text("a: theirs\n")
    with pytest.raises(UsageError, match="changed by hand"):
        write(changes(tmp_path, {"a.yaml": signed("a: 1\n", "m")}), force=False)


def test_a_file_that_is_no_longer_needed_goes_unless_it_is_somebodys(tmp_path):
    both = {"a.yaml": signed("a: 1\n", "m"), "scaling.yaml": signed("s: 1\n", "m")}
    write(changes(tmp_path, both), force=False)
    (tmp_path / "mine.yaml").write_text("mine: true\n")
    found = changes(tmp_path, {"a.yaml": both["a.yaml"]})
    assert states(found) == {"a.yaml": "unchanged", "scaling.yaml": "removed"}
    write(found, force=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.yaml", "mine.yaml"]


def test_the_same_settings_give_the_same_bytes(tmp_path):
    assert signed("a: 1\n", "m") == signed("a: 1\n", "m")
    assert signed("a: 1\n", "m") != signed("a: 2\n", "m")
