"""Settings come from one file of the project; the environment wins; whatever is wrong names its place."""

from pathlib import Path

import pytest

from genops.errors import DefinitionError, ExitCode, ReferenceNotFound
from genops.settings import OFFLINE, load_settings, unknown_variables
from genops.settings_file import find_root


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GENOPS_ROOT", "GENOPS_STORE", "GENOPS_DEFAULT_MODEL"):
        monkeypatch.delenv(name, raising=False)


def project(folder: Path, text: str, name: str = "genops.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def error_of(folder: Path) -> DefinitionError:
    with pytest.raises(DefinitionError) as caught:
        load_settings(folder)
    return caught.value


class TestWhereTheyComeFrom:
    def test_without_a_file_the_defaults_hold(self, tmp_path):
        settings = load_settings(tmp_path)
        assert settings.source is None
        assert settings.root == tmp_path.resolve()
        assert settings.store_url == f"sqlite:///{tmp_path.resolve() / '.genops' / 'genops.db'}"

    def test_the_nearest_folder_upwards_is_the_project(self, tmp_path):
        project(tmp_path, 'default_model = "outer"')
        inner = project(tmp_path / "inner", '[tool.genops]\ndefault_model = "inner"', "pyproject.toml")
        (inner / "chains").mkdir()
        settings = load_settings(inner / "chains")
        assert (settings.default_model, settings.root) == ("inner", inner.resolve())
        assert settings.source == inner.resolve() / "pyproject.toml"

    def test_a_pyproject_without_the_table_is_passed_by(self, tmp_path):
        project(tmp_path, 'default_model = "outer"')
        inner = project(tmp_path / "inner", "[project]\nname = 'x'", "pyproject.toml")
        assert find_root(inner)[0] == tmp_path.resolve()

    def test_genops_toml_comes_before_pyproject(self, tmp_path):
        project(tmp_path, 'default_model = "a"')
        project(tmp_path, '[tool.genops]\ndefault_model = "b"', "pyproject.toml")
        assert load_settings(tmp_path).default_model == "a"

    def test_genops_root_names_the_project(self, tmp_path, monkeypatch):
        project(tmp_path, 'default_model = "there"')
        (tmp_path / "deeper").mkdir()
        monkeypatch.setenv("GENOPS_ROOT", str(tmp_path / "deeper"))
        assert load_settings().root == tmp_path.resolve()

    def test_a_folder_given_in_python_comes_before_genops_root(self, tmp_path, monkeypatch):
        project(tmp_path, 'default_model = "given"')
        monkeypatch.setenv("GENOPS_ROOT", str(project(tmp_path / "other", 'default_model = "variable"')))
        assert load_settings(tmp_path).default_model == "given"


class TestEnvironment:
    def test_it_wins_over_the_file(self, tmp_path, monkeypatch):
        project(tmp_path, 'store = "sqlite:///a.db"')
        monkeypatch.setenv("GENOPS_STORE", "postgresql://host/b")
        assert load_settings(tmp_path).store_url == "postgresql://host/b"

    def test_it_changes_one_value_of_a_table_and_leaves_the_rest(self, tmp_path, monkeypatch):
        project(
            tmp_path, '[models.fast]\nmodel = "openai/small"\ncontext_length = 8192\n[models.fast.limits]\nretries = 1'
        )
        monkeypatch.setenv("GENOPS_MODELS__FAST__BASE_URL", "http://localhost:8000/v1")
        monkeypatch.setenv("GENOPS_MODELS__FAST__LIMITS__CONCURRENCY", "7")
        fast = load_settings(tmp_path).alias("fast")
        assert (fast.model, fast.context_length, fast.base_url) == ("openai/small", 8192, "http://localhost:8000/v1")
        assert (fast.limits.retries, fast.limits.concurrency) == (1, 7)

    def test_lists_are_json(self, tmp_path, monkeypatch):
        monkeypatch.setenv("GENOPS_HTTP__ALLOWED_HOSTS", '["*.example.org"]')
        assert load_settings(tmp_path).http.allowed_hosts == ["*.example.org"]

    def test_broken_json_is_an_error_that_names_the_variable(self, tmp_path, monkeypatch):
        monkeypatch.setenv("GENOPS_PLUGINS", "[app.tools")
        error = error_of(tmp_path)
        assert "plugins" in error.message
        assert "JSON" in error.hint

    def test_a_variable_inside_a_table_that_is_no_setting_is_an_error(self, tmp_path, monkeypatch):
        monkeypatch.setenv("GENOPS_LIMITS__MAPITEMS", "5")
        error = error_of(tmp_path)
        assert str(error.at) == "environment variable GENOPS_LIMITS__MAPITEMS"
        assert "did you mean map_items?" in error.hint

    def test_a_variable_that_means_nothing_is_found_with_the_nearest_that_does(self, tmp_path, monkeypatch):
        project(tmp_path, '[models.fast]\nmodel = "openai/small"\napi_key_env = "GENOPS_OWN_KEY"')
        for name in ("GENOPS_STROE", "GENOPS_MODEL__FAST__REVISION", "GENOPS_OF_MINE", "GENOPS_OWN_KEY"):
            monkeypatch.setenv(name, "x")
        monkeypatch.setenv("GENOPS_MODELS__FAST__REVISION", "2")
        assert unknown_variables(load_settings(tmp_path)) == {
            "GENOPS_MODEL__FAST__REVISION": "GENOPS_MODELS",
            "GENOPS_OF_MINE": "",
            "GENOPS_STROE": "GENOPS_STORE",
        }

    def test_a_wrong_value_names_the_variable_and_not_the_file(self, tmp_path, monkeypatch):
        project(tmp_path, "[limits]\nmap_items = 5")
        monkeypatch.setenv("GENOPS_LIMITS__MAP_ITEMS", "many")
        assert str(error_of(tmp_path).at) == "environment variable GENOPS_LIMITS__MAP_ITEMS"


class TestModelAliases:
    def test_offline_exists_in_every_project(self, tmp_path):
        assert load_settings(tmp_path).alias("offline") is OFFLINE

    def test_an_unknown_alias_lists_the_nearest(self, tmp_path):
        project(tmp_path, '[models.smart]\nmodel = "openai/large"')
        with pytest.raises(ReferenceNotFound, match="smart") as caught:
            load_settings(tmp_path).alias("smrt")
        assert caught.value.exit_code is ExitCode.USAGE

    def test_a_wrong_default_names_the_setting(self, tmp_path, monkeypatch):
        project(tmp_path, 'capture_content = true\ndefault_model = "smrt"\n[models.smart]\nmodel = "openai/large"\n')
        with pytest.raises(ReferenceNotFound, match="default_model") as caught:
            load_settings(tmp_path).alias("smrt")
        assert caught.value.at.line == 2
        assert "did you mean smart?" in caught.value.hint
        monkeypatch.setenv("GENOPS_DEFAULT_MODEL", "other")
        with pytest.raises(ReferenceNotFound) as caught:
            load_settings(tmp_path).alias("other")
        assert str(caught.value.at) == "environment variable GENOPS_DEFAULT_MODEL"

    def test_a_key_instead_of_the_name_of_its_variable_is_refused_and_not_repeated(self, tmp_path):
        project(tmp_path, '[models.smart]\nmodel = "openai/large"\napi_key_env = "sk-proj-123"')
        error = error_of(tmp_path)
        assert error.at.line == 3
        assert "sk-proj-123" not in str(error)


class TestErrors:
    @pytest.mark.parametrize(
        ("text", "line", "setting"),
        [
            ('stroe = "x"', 1, "stroe"),
            ('default_model = "a"\n\n[redaction]\nemail = "perhaps"', 4, "redaction.email"),
            ('[models.fast]\nmodel = "a/b"\n[models.slow]\nmodel = "a/b"\nrevison = "1"', 5, "models.slow.revison"),
            ('[models.fast]\nrevision = "1"', 1, "models.fast.model"),
            ("models.fast.limits.retries = -1\nmodels.fast.model = 'a/b'", 1, "models.fast.limits.retries"),
            ('[indexes.docs]\nsources = ["*.md"]\nchunk_tokens = 20', 1, "indexes.docs"),
            ('[models.fast]\nmodel = "a/b"\nparameters = {messages = []}', 3, "models.fast.parameters"),
            ('[models.fast]\nmodel = "a/b"\n[models.fast.parameters]\nn = 3', 3, "models.fast.parameters"),
            ('[redaction.patterns]\nBADGE = "("', 1, "redaction.patterns"),
            ('[redaction.patterns]\nbadge = "x"', 1, "redaction.patterns"),
        ],
    )
    def test_a_wrong_setting_is_named_with_its_line(self, tmp_path, text, line, setting):
        error = error_of(project(tmp_path, text))
        assert setting in error.message
        assert error.at.line == line
        assert Path(error.at.path).name == "genops.toml"

    @pytest.mark.parametrize(
        ("text", "hint"),
        [
            ('stroe = "x"', "did you mean store?"),
            ('[models.fast]\nmodle = "a/b"', "did you mean model?"),
            ('[models.fast]\nmodel = "a/b"\n[models.fast.limit]\nretries = 1', "did you mean limits?"),
            ('[models.fast]\nmodel = "a/b"\n[models.fast.limits]\nretry = 1', "did you mean retries?"),
            ('[models.fast]\nmodel = "a/b"\nprice = {input = 1, outptu = 1}', "did you mean output?"),
            ('[indexes.docs]\nsource = ["*.md"]', "did you mean sources"),
            ('[indexes.docs]\nsources = [{path = "*.csv", enconding = "latin-1"}]', "did you mean encoding?"),
            ('[http]\nhosts = ["a"]', "allowed_hosts"),
            ('[limits]\ndefault_model = "a"', "before the first [table]"),
        ],
    )
    def test_an_unknown_setting_comes_with_the_nearest_names(self, tmp_path, text, hint):
        error = error_of(project(tmp_path, text))
        assert "does not exist" in error.message
        assert hint in error.hint

    def test_the_line_counts_in_pyproject_too(self, tmp_path):
        text = '[project]\nstore = 1\n\n[tool.genops]\nstore = ["x"]\n'
        assert error_of(project(tmp_path, text, "pyproject.toml")).at.line == 5

    def test_broken_toml_has_its_line(self, tmp_path):
        assert error_of(project(tmp_path, "a = 1\nb = = 2")).at.line == 2

    def test_a_file_that_is_not_utf8(self, tmp_path):
        (tmp_path / "genops.toml").write_bytes(b"store = '\xff'")
        assert "utf-8" in error_of(tmp_path).message

    @pytest.mark.parametrize("text", ["tool = 3", "[tool]\ngenops = 3"])
    def test_a_value_where_a_table_belongs_is_no_crash(self, tmp_path, text):
        folder = project(tmp_path, text, "pyproject.toml")
        if "genops" in text:
            assert "not a table" in error_of(folder).message
        else:
            assert load_settings(folder).source is None

    @pytest.mark.parametrize("name", ["root", "source"])
    def test_where_the_project_is_cannot_be_set_in_its_file(self, tmp_path, name):
        assert name in error_of(project(tmp_path, f'{name} = "elsewhere"')).message


def test_settings_do_not_change_after_loading(tmp_path):
    settings = load_settings(tmp_path)
    with pytest.raises(ValueError, match="frozen"):
        settings.store = "sqlite://"
