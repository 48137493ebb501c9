"""``genops model check``: every finding, what fits, and the exit code."""

import json

import pytest

from genops.serving.files.tensor import Tensor
from tests.serving.folders import make_adapter, make_gguf, make_model, make_sharded, write_safetensors
from tests.serving.published import LLAMA_8B, QWEN3_CODER_30B, STARCODER2_15B


@pytest.fixture
def served(site):
    """A project with a model of its own files."""
    with (site / "genops.toml").open("a") as settings:
        settings.write('\n[models.tiny]\nmodel = "vllm/tiny"\nvllm = {path = "model"}\n')
        settings.write('\n[models.small]\nmodel = "llamacpp/small"\nfile = "small.gguf"\n')
    make_model(site / "model")
    return site


def test_a_model_that_would_start_is_ready(served, genops):
    shown = genops("model", "check", "tiny", "--gpu", "h100").out
    assert shown.startswith("tiny (vllm/tiny): ready\n")
    assert "1 x h100 with 79.6 GiB" in shown
    assert "256 bytes a token" in shown


def test_every_error_is_shown_with_what_to_do_and_ends_with_1(served, genops):
    (served / "model" / "model.safetensors").write_bytes(b"12345678")
    (served / "model" / "tokenizer.json").unlink()
    done = genops("model", "check", "tiny", "--gpu", "h100", code=1)
    assert done.out.startswith("tiny (vllm/tiny): 2 errors\n")
    assert "[shard_broken]" in done.out
    assert "[tokenizer_missing]" in done.out
    assert done.out.count("  error: ") == 2
    assert done.err == ""


def test_json_has_every_figure_and_finding(served, genops):
    make_sharded(served / "model", QWEN3_CODER_30B, 4)
    (served / "model" / "model.safetensors").unlink()
    value = json.loads(genops("model", "check", "tiny", "--gpu", "h100", "--json", code=1).out)
    assert value["ready"] is False
    assert value["parameters"] == 30_532_122_624
    assert value["sizes"]["kv_sequence"] == 24 * 1024**3
    assert [one["code"] for one in value["findings"] if one["severity"] == "error"] == ["does_not_fit"]


def test_a_smaller_setting_is_shown_as_lines_to_paste(served, genops):
    make_sharded(served / "model", LLAMA_8B, 4)
    (served / "model" / "model.safetensors").unlink()
    shown = genops("model", "check", "tiny", "--gpu", "l4", code=1).out
    assert '\n    kv_cache_dtype = "fp8"\n    quantization = "fp8"\n' in shown
    genops("model", "check", "tiny", "--gpu", "l4", "--context", "16384")


def test_weights_that_no_file_tells_are_said_to_be_implied(served, genops):
    (served / "model" / "config.json").write_text(json.dumps(STARCODER2_15B))
    assert "implied" not in genops("model", "check", "tiny", "--gpu", "a100-40").out
    (served / "model" / "model.safetensors").unlink()
    shown = genops("model", "check", "tiny", "--gpu", "a100-40", code=1).out
    assert "15.96 billion parameters (implied by config.json)" in shown
    assert "  weights      29.72 GiB (implied by config.json)\n" in shown
    assert "[does_not_fit]" not in shown
    small = genops("model", "check", "tiny", "--gpu", "l4", code=1).out
    assert "the weights do not fit on 1 x l4 with 22.5 GiB: 29.7 GiB of them (as config.json implies)" in small
    assert json.loads(genops("model", "check", "tiny", "--json", code=1).out)["measured"] is False


def test_a_model_that_is_not_here_is_undecided_and_ends_with_3(served, genops):
    table = f'model = "vllm/some/model"\nvllm = {{environment = {{HF_HUB_CACHE = "{served}"}}, dtype = "bfloat16"}}\n'
    with (served / "genops.toml").open("a") as settings:
        settings.write(f"\n[models.hub]\n{table}")
    shown = genops("model", "check", "hub", "--gpu", "h100", code=3).out
    assert shown.startswith("hub (vllm/some/model): undecided; the model itself was not looked at\n")
    assert f"fetch it with: hf download some/model --cache-dir {served}\n" in shown
    assert json.loads(genops("model", "check", "hub", "--gpu", "h100", "--json", code=3).out)["ready"] is False
    faulty = genops("model", "check", "hub", "--gpu", "t4", code=1).out
    assert faulty.startswith("hub (vllm/some/model): 1 error; the model itself was not looked at\n")


def test_hashes_of_large_files_are_compared_when_that_is_asked_for(served, genops):
    size = 20 * 1024 * 1024
    write_safetensors(served / "model" / "model.safetensors", [Tensor("x", "BF16", (size // 2,), size)])
    (served / "model" / "SHA256SUMS").write_text(f"{'0' * 64}  model.safetensors\n")
    assert "[hashes_not_checked]" in genops("model", "check", "tiny", "--gpu", "h100").out
    assert "[wrong_hash]" in genops("model", "check", "tiny", "--gpu", "h100", "--hash", code=1).out


def test_a_gguf_file_is_checked_too(served, genops):
    make_gguf(served / "small.gguf")
    assert "small (llamacpp/small): ready" in genops("model", "check", "small", "--gpu", "l4").out
    (served / "small.gguf").write_bytes(b"GGUF")
    assert "[gguf_broken]" in genops("model", "check", "small", "--gpu", "l4", code=1).out


def test_the_digests_of_adapters_are_shown(served, genops):
    make_adapter(served / "ad")
    text = (
        (served / "genops.toml")
        .read_text()
        .replace('vllm = {path = "model"}', 'vllm = {path = "model", adapters = {x = {path = "ad"}}}')
    )
    (served / "genops.toml").write_text(text)
    shown = genops("model", "check", "tiny", "--gpu", "h100").out
    assert "adapters     x " in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nobody"], "no model alias is called 'nobody'"),
        (["keyed"], "has no files that genops could look at"),
        (["tiny", "--gpu", "h1000"], "no GPU is called 'h1000'"),
        (["tiny", "--gpu", "h100x0"], "at least one"),
        (["tiny", "--context", "0"], "--context"),
        ([], "ALIAS"),
    ],
)  # fmt: skip
def test_wrong_usage_ends_with_2(served, genops, words, said):
    assert said in genops("model", "check", *words, code=2).err


def test_names_from_files_cannot_steer_a_terminal(served, genops):
    (served / "model" / "README.md").write_text("---\nlicense: mit\n---\n")
    (served / "model" / "config.json").write_text(
        (served / "model" / "config.json").read_text().replace("LlamaForCausalLM", "\\u001b[2Jx")
    )
    assert "\x1b" not in genops("model", "check", "tiny", "--gpu", "h100").out
