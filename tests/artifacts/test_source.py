"""What a digest of source covers."""

import sys

from genops.artifacts import source_digest


def put(folder, **files):
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)


def imported(monkeypatch, folder, name):
    """A module of a folder, imported anew as in another process."""
    from genops.artifacts.source import _folder_digest

    monkeypatch.syspath_prepend(str(folder))
    for known in [module for module in sys.modules if module.partition(".")[0] == name.partition(".")[0]]:
        monkeypatch.delitem(sys.modules, known)
    _folder_digest.cache_clear()
    return __import__(name, fromlist=["_"])


def test_every_file_of_the_package(tmp_path, monkeypatch):
    put(tmp_path / "sourcepack", __init__="", one="def f(): ...\n", other="X = 1\n")

    def digest():
        return source_digest(imported(monkeypatch, tmp_path, "sourcepack.one").f)

    first = digest()
    put(tmp_path / "sourcepack", other="X = 2\n")
    assert digest() != first
    put(tmp_path / "sourcepack", other="X = 1\n")
    assert digest() == first


def test_another_package_than_the_one_it_is_defined_in(tmp_path, monkeypatch):
    put(tmp_path, sourcefile="X = 1\n")
    imported(monkeypatch, tmp_path, "sourcefile")
    assert source_digest(dict, "sourcefile") == source_digest(list, "sourcefile")
    assert source_digest(dict, "sourcefile") != source_digest(dict, "tests")


def test_its_own_code_where_there_is_no_file():
    """As in a notebook, or in a program that is read from stdin."""

    def made(text):
        here = {"__name__": "no_such_module"}
        exec(text, here)
        return here["x"]

    assert source_digest(made("def x(): return y")) == source_digest(made("def x(): return y"))
    assert source_digest(made("def x(): return y")) != source_digest(made("def x(): return -y"))
    one, other = (made(f"class x:\n  def run(self): return {what}") for what in ("self", "-self"))
    assert source_digest(one) != source_digest(other)
