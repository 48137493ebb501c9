import json

import pytest


@pytest.fixture
def three(genops):
    """Ids of three runs: a small one, a nested one with session, user and tag, and one that failed; oldest first."""
    small = genops("run", "say", "-i", "what=apples").trace
    nested = genops("run", "pair", "-i", "what=pears", "--session", "s1", "--user", "u1", "--tag", "t1").trace
    failed = genops("run", "raw", "-i", "text=fail", code=4).trace
    return small, nested, failed


def ids(done):
    return [run["id"][:12] for run in json.loads(done.out)]


def test_list_is_newest_first_and_filters(genops, three):
    small, nested, failed = three
    assert ids(genops("trace", "list", "--json")) == [failed, nested, small]
    assert ids(genops("trace", "list", "--json", "--limit", 1)) == [failed]
    for option, value, wanted in (
        ("--chain", "pair", [nested]),
        ("--status", "error", [failed]),
        ("--session", "s1", [nested]),
        ("--user", "u1", [nested]),
        ("--tag", "t1", [nested]),
        ("--text", "apples", [small]),
        ("--since", "1h", [failed, nested, small]),
        ("--until", "1h", []),
        ("--since", "2026-01-01", [failed, nested, small]),
        ("--min-latency", "3600", []),
        ("--max-latency", "3600", [failed, nested, small]),
        ("--min-cost", "1", []),
    ):
        assert ids(genops("trace", "list", "--json", option, value)) == wanted, option
    out = genops("trace", "list").out
    assert out.splitlines()[0].split()[:4] == ["TRACE", "STARTED", "CHAIN", "STATUS"]
    assert nested in out


def test_list_finds_runs_by_a_component_they_ran_with(genops, three):
    digest = next(row["digest"] for row in json.loads(genops("prompt", "list", "--json").out) if row["name"] == "say")
    assert ids(genops("trace", "list", "--json", "--component", digest[:8])) == [three[1], three[0]]


def test_an_empty_list_and_a_wrong_moment_say_so(genops):
    assert genops("trace", "list").out == ""
    assert "no run" in genops("trace", "list").err
    assert genops("trace", "list", "--json").out == "[]\n"
    assert "'answer' is not a digest" in genops("trace", "list", "--component", "answer", code=2).err
    assert "--since 'soon'" in genops("trace", "list", "--since", "soon", code=2).err


@pytest.mark.parametrize(
    ("command", "option", "value"),
    [
        ("list", "--min-latency", "nan"),
        ("list", "--max-latency", "inf"),
        ("list", "--min-cost", "-1"),
        ("list", "--min-latency", "1e300"),
        ("export", "--min-cost", "nan"),
    ],
)
def test_an_amount_that_is_none_is_wrong_usage_and_names_the_option(genops, command, option, value):
    done = genops("trace", command, f"{option}={value}", code=2)
    assert done.err.startswith(f"error: Invalid value for '{option}': ")
    assert "from 0 to" in done.err


def test_numbers_and_moments_of_any_size_are_no_bug(genops, three):
    many = "9" * 30
    assert "--limit" in genops("trace", "list", "--limit", many, code=2).err
    assert "--keep" in genops("trace", "prune", "--before", "1d", "--keep", many, code=2).err
    assert len(ids(genops("trace", "list", "--json", "--since", "999999999w"))) == 3
    assert len(ids(genops("trace", "list", "--json", "--until", "9999-12-31"))) == 3
    assert ids(genops("trace", "list", "--json", "--since", "9999-12-31")) == []


def test_show_takes_abbreviations_and_last(genops, three):
    small, nested, failed = three
    assert genops("trace", "show", small[:6]).out == genops("trace", "show", "last~2").out
    assert genops("trace", "show", "last").out.startswith(failed)
    assert "both" in genops("trace", "show", nested, "--full").out
    assert "apples" in genops("trace", "show", small, "--step", "answer").out
    assert "no step" in genops("trace", "show", small, "--step", "nothing", code=2).err
    assert "last~9" in genops("trace", "show", "last~9", code=2).err
    assert genops("trace", "show", "ffffffff", code=2).err.startswith("error: ")


def test_a_joined_trace_names_its_one_run_in_every_command(genops, site, monkeypatch):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    monkeypatch.setenv("TRACEPARENT", f"00-{trace}-00f067aa0ba902b7-01")
    run = genops("run", "say", "-i", "what=apples").trace
    monkeypatch.delenv("TRACEPARENT")
    shown = genops("trace", "show", trace).out
    assert shown.startswith(run)
    assert f"part of trace {trace}" in shown
    assert genops("trace", "show", "4bf92f").out == shown
    assert "1 trace" in genops("trace", "export", trace, "-o", "one.jsonl").err
    assert genops("trace", "diff", trace, run).out.startswith("identical")
    assert genops("trace", "replay", trace).out.startswith("identical")
    genops("trace", "delete", trace, "--yes")
    assert "no run begins with" in genops("trace", "show", run, code=2).err


def test_a_trace_of_several_runs_lists_them(genops, monkeypatch):
    monkeypatch.setenv("TRACEPARENT", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    runs = [genops("run", "say", "-i", "what=a").trace, genops("run", "raw", "-i", "text=b").trace]
    err = genops("trace", "delete", "4bf92f", "--yes", code=2).err
    assert "several runs are part of the trace 4bf92f3577b3" in err
    assert [line.split()[0] for line in err.splitlines()[2:]] == runs[::-1]
    assert err.rstrip().endswith("say")


def test_show_writes_one_page(genops, site, three):
    done = genops("trace", "show", three[1], "--html", "trace.html")
    assert done.out == ""
    assert "pears" in (site / "trace.html").read_text()


def test_replay_of_a_run_is_identical_and_makes_no_call(genops, three):
    done = genops("trace", "replay", three[1])
    assert done.out.startswith("identical: 2 effects injected, 0 live\n")
    found = json.loads(genops("trace", "replay", three[0], "--json").out)
    assert found["identical"]
    assert found["performed"] == []


def test_replay_of_a_failed_run_fails_as_recorded(genops, three):
    done = genops("trace", "replay", three[2])
    assert done.out.startswith("identical: 1 effect injected, 0 live\n  it failed as recorded: ")


def test_replay_with_a_swap_goes_live_where_it_differs(genops, site, three):
    prompt = site / "prompts" / "say.prompt"
    prompt.write_text(prompt.read_text().replace("Say {{ what }}", "Say {{ what | upper }}"))
    assert genops("trace", "replay", three[0]).out.startswith("identical")
    done = genops("trace", "replay", three[0], "--swap", "prompt:say", code=1)
    told = [line.split()[:2] for line in done.out.splitlines()]
    assert done.out.startswith("differs: 0 effects injected, 1 live\n")
    assert told[1:-1] == [
        ["changed", "prompt"],
        ["request", "answer/model"],
        ["output", "answer"],
        ["output", "(the"],
        ["live", "answer/model"],
    ]
    assert "no prompt 'sya'" in genops("trace", "replay", three[0], "--swap", "prompt:sya", code=2).err


def test_diff_names_the_first_step_that_differs(genops, three):
    other = genops("run", "say", "-i", "what=apples", "-i", "loud=true").trace
    done = genops("trace", "diff", three[0], other)
    assert "other inputs" in done.out
    assert '+  "loud": true' in done.out
    found = json.loads(genops("trace", "diff", three[0], other, "--json").out)
    assert not found["identical"]
    same = genops("run", "say", "-i", "what=apples").trace
    assert genops("trace", "diff", three[0], same).out.startswith("identical")


def test_export_writes_whole_traces(genops, site, three):
    small, nested, failed = three
    genops("trace", "export", "--out", "all.jsonl")
    lines = [json.loads(line) for line in (site / "all.jsonl").read_text().splitlines()]
    assert [line["run"]["id"][:12] for line in lines] == [failed, nested, small]
    found = lines[2]
    assert found["payloads"][found["run"]["output"]] == "you said apples"
    assert all(span["input"] in found["payloads"] for span in found["spans"] if span["input"])
    one = genops("trace", "export", small, "--format", "otlp")
    spans = json.loads(one.out)["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert len(spans) == len(found["spans"])
    assert "1 trace" in one.err
    assert "cannot write" in genops("trace", "export", "-o", "no/where", code=2).err


def test_delete_and_prune_ask_first(genops, three):
    assert "--yes" in genops("trace", "delete", three[0], code=2).err
    genops("trace", "delete", three[0], "last", "--yes")
    assert ids(genops("trace", "list", "--json")) == [three[1]]
    assert "--yes" in genops("trace", "prune", "--before", "1d", code=2).err
    genops("trace", "prune", "--before", "1d", "--yes")
    genops("trace", "prune", "--before", "0s", "--keep", 1, "--yes")
    assert ids(genops("trace", "list", "--json")) == [three[1]]
    genops("trace", "prune", "--before", "0s", "--yes")
    assert ids(genops("trace", "list", "--json")) == []
