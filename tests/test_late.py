"""Importing late: what is asked for comes from its module, and garbage is looked for as before."""

import gc
import sys
from types import ModuleType

import pytest

from genops.late import importing, late


class TestLate:
    def test_a_name_is_imported_when_it_is_asked_for_and_kept(self, monkeypatch):
        package = ModuleType("made_package")
        monkeypatch.setitem(sys.modules, "made_package", package)
        package.__getattr__ = late("made_package", {"Fraction": "fractions"})
        assert package.Fraction(1, 2) == 0.5
        assert "Fraction" in vars(package)

    def test_another_name_is_no_attribute(self):
        with pytest.raises(AttributeError, match="module 'made_package' has no attribute 'Decimal'"):
            late("made_package", {"Fraction": "fractions"})("Decimal")


class TestImporting:
    def test_garbage_is_not_looked_for_in_the_block_and_is_after_it(self):
        with importing():
            assert not gc.isenabled()
        assert gc.isenabled()

    def test_it_is_looked_for_after_an_import_that_fails(self):
        with pytest.raises(ModuleNotFoundError), importing():
            import no_such_module  # noqa: F401
        assert gc.isenabled()

    def test_what_the_process_has_switched_off_stays_off(self):
        gc.disable()
        try:
            with importing():
                pass
            assert not gc.isenabled()
        finally:
            gc.enable()

    def test_what_the_block_leaves_is_old_and_garbage_among_it_is_found_in_the_end(self):
        class Node:
            pass

        with importing():
            node = Node()
            node.itself = node
        assert any(thing is node for thing in gc.get_objects(generation=2))
        number = id(node)
        del node
        gc.collect()
        assert not any(id(thing) == number and isinstance(thing, Node) for thing in gc.get_objects())

    def test_what_the_process_has_frozen_stays_frozen(self):
        gc.freeze()
        try:
            frozen = gc.get_freeze_count()
            with importing():
                pass
            assert gc.get_freeze_count() > 0.9 * frozen
        finally:
            gc.unfreeze()
