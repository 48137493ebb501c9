"""One registry; names are imported when first used; plug-ins come from the settings and from installed packages."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from genops.errors import DefinitionError, ReferenceNotFound
from genops.plugins import Registry, load_plugins, registry


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Modules and the path are put back after each test."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    modules = set(sys.modules)
    yield
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def module(root: Path, name: str, text: str) -> None:
    path = root / (name.replace(".", "/") + ".py")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def installed(site: Path, value: str) -> None:
    """A package on the path that has ``value`` as its entry point."""
    info = site / "plug_1-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plug-1\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[genops]\nplug = {value}\n")
    sys.path.insert(0, str(site))


class Here: ...


ADDS_A_TOOL = "def register(registry):\n    registry.add('tool', 'shout', str.upper)\n"


class TestRegistry:
    def test_what_was_added_is_found_and_listed(self):
        names = Registry()
        names.decorator("tool", "b")(print)
        names.add("tool", "a", len)
        assert names.get("tool", "b") is print
        assert names.names("tool") == ["a", "b"]

    def test_kinds_are_apart(self):
        names = Registry()
        names.add("tool", "x", len)
        with pytest.raises(ReferenceNotFound):
            names.get("scorer", "x")

    def test_an_unknown_name_lists_the_nearest(self):
        with pytest.raises(ReferenceNotFound) as caught:
            Registry().get("step", "promt")
        assert "prompt" in caught.value.hint

    def test_a_name_costs_no_import_until_it_is_used(self, tmp_path):
        module(tmp_path, "late_tools", "def shout(x): return x.upper()")
        sys.path.insert(0, str(tmp_path))
        names = Registry()
        names.add("tool", "shout", "late_tools:shout")
        assert "late_tools" not in sys.modules
        assert names.get("tool", "shout")("a") == "A"

    @pytest.mark.parametrize("source", ["no_such_module:x", "json:no_such_attribute", "json"])
    def test_a_name_that_leads_nowhere_is_one_clear_error(self, source):
        names = Registry()
        names.add("tool", "lost", source)
        with pytest.raises(DefinitionError, match="'lost' cannot be imported"):
            names.get("tool", "lost")

    def test_the_same_thing_may_be_added_twice(self):
        names = Registry()
        names.add("tool", "dumps", "json:dumps")
        names.add("tool", "dumps", __import__("json").dumps)
        assert callable(names.get("tool", "dumps"))

    def test_another_thing_under_a_taken_name_is_refused(self):
        names = Registry()
        names.add("tool", "size", len)
        with pytest.raises(DefinitionError, match="registered twice, by builtins\n"):
            names.add("tool", "size", sum)
        with pytest.raises(DefinitionError, match="registered twice, by builtins and by other_pack\n"):
            names.add("tool", "size", "other_pack:size")
        assert names.get("tool", "size") is len


class TestPackages:
    """Whose code is behind a name."""

    def test_what_is_built_in_is_nobody_elses(self):
        assert registry.packages("step", "prompt") == []
        assert registry.packages("provider", "no such provider") == []

    def test_the_package_that_it_is_defined_in_imported_or_not(self):
        names = Registry()
        names.add("provider", "late", "late_pack.inner:Provider")
        names.add("provider", "here", Here)
        assert names.packages("provider", "late") == ["late_pack"]
        assert names.packages("provider", "here") == [__name__.partition(".")[0]]

    def test_the_package_whose_register_added_it(self, tmp_path):
        module(
            tmp_path,
            "adding.deep",
            """
from functools import partial
from genops.models.offline import Offline

def register(registry):
    registry.add("provider", "partly", partial(Offline, None))
    registry.add("provider", "elsewhere", "other_pack:Provider")
    registry.add("step", "map", "genops.steps.map:MapStep")
""",
        )
        load_plugins(["adding.deep"], tmp_path)
        assert registry.packages("provider", "partly") == ["adding"]
        assert registry.packages("provider", "elsewhere") == ["adding", "other_pack"]
        assert registry.packages("step", "map") == []


class TestLoadPlugins:
    def test_a_module_of_the_project_registers_itself(self, tmp_path):
        module(tmp_path, "myapp.tools", ADDS_A_TOOL)
        load_plugins(["myapp.tools"], tmp_path)
        assert registry.get("tool", "shout")("a") == "A"

    def test_loading_twice_is_harmless(self, tmp_path):
        module(tmp_path, "again_tools", ADDS_A_TOOL)
        load_plugins(["again_tools"], tmp_path)
        load_plugins(["again_tools"], tmp_path)
        assert sys.path.count(str(tmp_path)) == 1

    def test_a_module_may_register_by_decorators_alone(self, tmp_path):
        module(
            tmp_path,
            "decorated_tools",
            "from genops.plugins import registry\n@registry.decorator('tool', 'decorated')\ndef f(): ...\n",
        )
        load_plugins(["decorated_tools"], tmp_path)
        assert "decorated" in registry.names("tool")

    @pytest.mark.parametrize("value", ["installed_plug", "installed_plug:register"])
    def test_an_installed_entry_point_is_found(self, tmp_path, value):
        module(tmp_path, "installed_plug", ADDS_A_TOOL)
        installed(tmp_path, value)
        load_plugins([], tmp_path)
        assert "shout" in registry.names("tool")

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("import no_such_module", "ModuleNotFoundError"),
            ("def f(:", "SyntaxError"),
            ("1 / 0", "ZeroDivisionError"),
            ("import sys; sys.exit(0)", "SystemExit"),
            ("def register(registry): 1 / 0", "cannot be registered: ZeroDivisionError"),
        ],
    )
    def test_a_broken_module_is_one_clear_error(self, tmp_path, text, said):
        module(tmp_path, "broken_tools", text)
        with pytest.raises(DefinitionError, match=said) as caught:
            load_plugins(["broken_tools"], tmp_path)
        assert "broken_tools" in caught.value.message

    @pytest.mark.parametrize("text", ["1 / 0", "def register(registry): 1 / 0"])
    def test_a_broken_package_is_named_as_it_is_installed(self, tmp_path, text):
        module(tmp_path, "broken_plug", text)
        installed(tmp_path, "broken_plug")
        with pytest.raises(DefinitionError, match=r"plug-in 'broken_plug' cannot be") as caught:
            load_plugins([], tmp_path)
        assert "the installed package 'plug-1', which adds it" in str(caught.value.hint)

    def test_a_missing_module_is_one_clear_error(self, tmp_path):
        with pytest.raises(DefinitionError, match="no_such_plugin"):
            load_plugins(["no_such_plugin"], tmp_path)

    def test_what_register_says_on_purpose_stays_as_it_is(self, tmp_path):
        module(tmp_path, "clash_tools", "def register(registry):\n    registry.add('step', 'prompt', object())\n")
        with pytest.raises(DefinitionError, match=r"^step 'prompt' is registered twice"):
            load_plugins(["clash_tools"], tmp_path)
