import json
import sqlite3

import pytest

from genops.store import Store


def test_output_alone_is_on_stdout_and_the_trace_id_on_stderr(genops, site):
    done = genops("run", "say", "--input", "what=hello")
    assert done.out == "you said hello\n"
    assert done.err == f"trace {done.trace}\n"
    with Store.open(f"sqlite:///{site / '.genops' / 'genops.db'}") as store:
        assert store.run(done.trace).chain == "say"


def test_what_is_not_text_is_printed_as_json(genops):
    done = genops("run", "pair", "-i", "what=ä", "-i", "numbers=[1, 2]")
    assert json.loads(done.out) == {"said": ["you said ä", "you said again"], "numbers": [1, 2]}


def test_inputs_come_from_a_file_and_from_stdin_and_single_ones_win(genops, site):
    (site / "inputs.json").write_text('{"what": "from a file", "loud": true}')
    assert genops("run", "say", "--inputs", "inputs.json").out == "you said from a file!\n"
    assert genops("run", "say", "--inputs", "-", stdin='{"what": "piped"}').out == "you said piped\n"
    done = genops("run", "say", "--inputs", "inputs.json", "-i", "loud=false", "-i", "what=a=b")
    assert done.out == "you said a=b\n"


def test_inputs_that_cannot_be_read_are_wrong_usage(genops, site):
    (site / "broken.json").write_text('{"what":\n oops}')
    assert "broken.json:2" in genops("run", "say", "--inputs", "broken.json", code=2).err
    assert "nowhere.json" in genops("run", "say", "--inputs", "nowhere.json", code=2).err
    (site / "list.json").write_text("[1]")
    assert "JSON object" in genops("run", "say", "--inputs", "list.json", code=2).err
    assert "write --input what=…" in genops("run", "say", "-i", "what", code=2).err
    assert "write --input what=hello" in genops("run", "say", "-i", "hello", code=2).err


def test_an_error_is_one_block_with_what_to_do(genops):
    done = genops("run", "say", "-i", "wat=hello", code=2)
    assert done.out == ""
    assert done.err == "error: there is no input 'wat'\n  did you mean what?\n"
    assert "did you mean say?" in genops("run", "sya", "-i", "what=x", code=2).err


def test_a_broken_chain_names_file_and_line(genops, site):
    (site / "chains" / "say.yaml").write_text("inputs: {what: str}\nsteps:\n  a: {promt: say}\n")
    assert genops("run", "say", code=2).err.startswith("error: chains/say.yaml:3: ")


@pytest.mark.parametrize("step", ["prompt: x", "prompt: say, model: x", "retrieve: x, query: q", "tool: x", "chain: x"])
def test_what_is_not_there_is_named_with_the_line_that_refers_to_it(genops, site, step):
    (site / "chains" / "broken.yaml").write_text(f"steps:\n  one:\n    {{{step}}}\noutput: 1\n")
    for command in (["run", "broken"], ["chain", "check", "broken"]):
        done = genops(*command, code=2)
        assert "error: chains/broken.yaml:" in done.out + done.err
        assert "'x'" in done.out + done.err


def test_a_wrong_default_model_is_named_where_it_is_set(genops, site, monkeypatch):
    settings = site / "genops.toml"
    settings.write_text(settings.read_text().replace('"talker"', '"takler"', 1))
    for command in (["run", "say", "-i", "what=x"], ["chain", "check", "say"], ["doctor"]):
        done = genops(*command, code=1 if command == ["doctor"] else 2)
        assert "genops.toml:1: default_model: no model alias is called 'takler'" in done.out + done.err
        assert "did you mean talker" in done.out + done.err
    monkeypatch.setenv("GENOPS_DEFAULT_MODEL", "tape_")
    assert "environment variable GENOPS_DEFAULT_MODEL" in genops("run", "say", "-i", "what=x", code=2).err


def test_a_wrong_model_or_tool_of_a_template_names_the_template(genops, site):
    for key in ("model: takler", "tools: [takler]"):
        (site / "prompts" / "say.prompt").write_text(f"---\n{key}\ninputs: {{what: str, loud: bool}}\n---\nx\n")
        assert genops("run", "say", "-i", "what=x", code=2).err.startswith("error: prompts/say.prompt: no ")


def test_a_misspelt_variable_is_warned_of(genops, monkeypatch):
    monkeypatch.setenv("GENOPS_STROE", "sqlite:///elsewhere.db")
    monkeypatch.setenv("GENOPS_OF_MY_OWN", "x")
    done = genops("run", "say", "-i", "what=x")
    warning = "warning: the environment variable GENOPS_STROE is no setting; did you mean GENOPS_STORE?\n"
    assert done.err == f"{warning}trace {done.trace}\n"
    assert genops("trace", "list").err == warning
    found = genops("doctor", code=1).out
    assert "warning  settings GENOPS_STROE: " in found
    assert "warning  settings GENOPS_OF_MY_OWN: " in found


def test_an_export_protocol_that_is_not_supported_is_warned_of_once_and_the_run_goes_on(genops, monkeypatch, caplog):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    assert genops("run", "pair", "-i", "what=x").out
    assert [message.split(";")[0] for message in caplog.messages] == [
        "spans are not exported: OTEL_EXPORTER_OTLP_PROTOCOL=grpc is not supported"
    ]
    assert "warning  export OTLP: OTEL_EXPORTER_OTLP_PROTOCOL=grpc is not supported" in genops("doctor", code=1).out


def test_a_binary_chain_is_named_from_the_working_folder(genops, site):
    (site / "chains" / "say.yaml").write_bytes(b"\xff\xfe\x00")
    assert genops("run", "say", code=2).err.startswith("error: chains/say.yaml:1: ")


def test_a_failed_run_keeps_its_record_and_says_where(genops):
    done = genops("run", "raw", "-i", "text=fail", code=4)
    assert done.out == ""
    assert "Traceback" not in done.err
    assert "error" in genops("trace", "list").out
    assert genops("trace", "show", done.trace).out.startswith(done.trace)


def test_debug_shows_the_traceback_wherever_it_stands(genops):
    assert "Traceback" in genops("--debug", "run", "nothing", code=2).err
    assert "Traceback" in genops("run", "nothing", "--debug", code=2).err


def test_json_gives_output_and_run(genops):
    done = genops("run", "say", "-i", "what=x", "--session", "s", "--user", "u", "--tag", "b", "--tag", "a", "--json")
    found = json.loads(done.out)
    assert found["output"] == "you said x"
    assert found["run"]["id"].startswith(done.trace)
    assert (found["run"]["session"], found["run"]["user"], found["run"]["tags"]) == ("s", "u", ["a", "b"])


def test_stream_prints_the_same_text_once(genops):
    assert genops("run", "say", "-i", "what=hello", "--stream").out == "you said hello\n"
    assert json.loads(genops("run", "pair", "-i", "what=x", "--stream").out)["numbers"] == []


def test_locked_refuses_what_the_lock_does_not_pin(genops, site):
    assert "there is no lock" in genops("run", "say", "-i", "what=x", "--locked", code=2).err
    genops("chain", "lock", "say")
    genops("run", "say", "-i", "what=x", "--locked")
    with (site / "prompts" / "say.prompt").open("a") as file:
        file.write("more")
    assert "prompt say" in genops("run", "say", "-i", "what=x", "--locked", code=2).err


def test_a_recording_stands_in_for_the_model(genops, site, monkeypatch):
    genops("run", "say", "-i", "what=tape", "--record", "calls.jsonl")
    genops("run", "say", "-i", "what=more", "--record", "calls.jsonl")
    monkeypatch.setenv("GENOPS_DEFAULT_MODEL", "tape")
    assert genops("run", "say", "-i", "what=tape").out == "you said tape\n"
    assert genops("run", "say", "-i", "what=more").out == "you said more\n"
    assert "was not recorded" in genops("run", "say", "-i", "what=new", code=4).err


def test_any_text_can_be_printed(genops):
    done = genops("run", "say", "--inputs", "-", stdin=json.dumps({"what": "\ud83d \x1b[31m [bold]x[/bold]"}))
    assert done.out == "you said \\ud83d \x1b[31m [bold]x[/bold]\n"
    shown = genops("trace", "list").out
    assert "\x1b" not in shown
    assert "[bold]x[/bold]" in shown


@pytest.mark.slow
def test_a_locked_store_does_not_break_a_run(genops, site):
    genops("trace", "list")
    other = sqlite3.connect(site / ".genops" / "genops.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert genops("run", "say", "-i", "what=hello").out == "you said hello\n"
    other.execute("ROLLBACK")
    assert genops("trace", "list").out == ""
