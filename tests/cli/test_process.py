"""How the process behaves: signals, pipes, colours, weight. These run the real ``genops``."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import REPOSITORY

HEAVY = {
    "aiohttp",
    "alembic",
    "asyncio",
    "faiss",
    "jinja2",
    "litellm",
    "numpy",
    "openai",
    "opentelemetry",
    "pydantic",
    "rich",
}
HEAVY |= {"sentence_transformers", "sqlalchemy", "sqlmodel", "torch"}


@pytest.fixture
def environment(site):
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def start(site, environment):
    """Starts ``genops`` with some arguments in the project."""
    started = []

    def run(*arguments, **options):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environment, "cwd": site, **options}
        process = subprocess.Popen([sys.executable, "-m", "genops", *arguments], **options)
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def ended(process, stdin=None):
    out, err = process.communicate(stdin, timeout=60)
    return process.returncode, out.decode(), err.decode()


def test_help_loads_nothing_heavy(environment):
    code = "import sys\ntry:\n  from genops.cli import main\n  main()\nfinally:\n  print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code, "--help"], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: genops ")
    assert HEAVY & set(done.stderr.split()) == set()


def test_version_is_that_of_the_package(start):
    from importlib.metadata import version

    assert ended(start("--version")) == (0, f"genops {version('genops')}\n", "")


def test_wrong_usage_is_one_block_and_2(start):
    assert ended(start("rnu")) == (2, "", "error: No such command 'rnu'. Did you mean 'run'?\n  see genops --help\n")
    code, out, err = ended(start("run"))
    assert (code, out) == (2, "")
    assert err.startswith("error: Missing argument 'CHAIN'")


@pytest.mark.parametrize("command", [("schema", "chain"), ("trace", "list"), ("trace", "show", "last")])
def test_a_closed_pipe_is_quiet(command, start, genops):
    genops("run", "say", "-i", "what=x")
    reader, writer = os.pipe()
    os.close(reader)
    process = start(*command, stdout=writer)
    os.close(writer)
    assert process.communicate(timeout=60)[1] == b""
    assert process.returncode == 0


@pytest.mark.parametrize("verdict", ["1", "0"])
def test_a_verdict_reaches_whom_does_not_read_it(verdict, start, site):
    said = ["yes", "no"] * 20
    rows = [{"id": str(n), "human": said[n], "verdict": said[n + int(verdict)]} for n in range(30)]
    (site / "labels.jsonl").write_text("\n".join(map(json.dumps, rows)))
    for form in ([], ["--json"]):
        reader, writer = os.pipe()
        os.close(reader)
        process = start("judge", "check", "--labels", "labels.jsonl", "--at-least", "raw=0.5", *form, stdout=writer)
        os.close(writer)
        assert process.communicate(timeout=60)[1] == b""
        assert process.returncode == int(verdict)


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_streams_that_the_shell_closed_are_no_error(closed, start, environment, genops, site):
    command = f'exec "{sys.executable}" -m genops run say -i what=x {closed}'
    done = subprocess.run(["sh", "-c", command], env=environment, cwd=site, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert [run["status"] for run in json.loads(genops("trace", "list", "--json").out)] == ["ok"]


def test_an_output_that_cannot_be_written_is_4(start):
    with Path("/dev/full").open("wb") as full:
        process = start("schema", "chain", stdout=full)
        err = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 4
    assert err == "error: No space left on device\n"


def test_a_reader_that_leaves_does_not_break_the_run(start):
    reader, writer = os.pipe()
    os.close(reader)
    process = start("run", "say", "-i", "what=hello", "--stream", stdout=writer)
    os.close(writer)
    err = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 0
    assert err.startswith("trace ")
    assert "Traceback" not in err


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_an_interrupted_run_ends_with_130_and_keeps_the_record(name, start, genops):
    process = start("run", "raw", "-i", "text=wait", "--stream", stderr=subprocess.PIPE)
    _until(lambda: "running" in genops("trace", "list").out, process)
    process.send_signal(getattr(signal, name))
    assert ended(process) == (130, "", "interrupted\n")
    assert [run["status"] for run in json.loads(genops("trace", "list", "--json").out)] == ["cancelled"]
    assert "cancelled" in genops("trace", "show", "last").out
    assert "no replay" in genops("trace", "replay", "last", code=4).err


def test_a_deletion_that_is_declined_deletes_nothing(start, genops):
    genops("run", "say", "-i", "what=x")
    ours, theirs = pty.openpty()
    process = start("trace", "delete", "last", stdin=theirs)
    os.write(ours, b"n\n")
    code, _, err = ended(process)
    os.close(ours)
    os.close(theirs)
    assert code == 0
    assert err.endswith("nothing was deleted\n")
    assert len(json.loads(genops("trace", "list", "--json").out)) == 1


def test_what_plugins_and_tools_print_goes_to_stderr(start, site):
    (site / "chatty.py").write_text(
        "import genops\nprint('imported')\n"
        "@genops.tool\ndef chat() -> str:\n    print('called')\n    return 'the output'\n"
    )
    (site / "genops.toml").write_text('plugins = ["chatty"]\n')
    (site / "chains" / "chat.yaml").write_text("steps: {talk: {tool: chat}}\n")
    code, out, err = ended(start("run", "chat"))
    assert (code, out) == (0, "the output\n")
    assert err.startswith("imported\ncalled\ntrace ")


def test_what_scorers_and_datasets_print_is_in_no_json(start, site):
    (site / "chatty.py").write_text(
        "import genops\nprint('imported')\n"
        "@genops.tool\ndef chat(text: str) -> str:\n    print('called')\n    return text\n"
        "@genops.scorer('loud')\ndef loud(output: str) -> bool:\n    print('scored')\n    return True\n"
        "def rows():\n    print('read')\n    yield {'question': 'q'}\n"
        "def register(registry):\n    registry.add('dataset', 'rows', rows)\n"
    )
    (site / "genops.toml").write_text('plugins = ["chatty"]\n')
    chat = 'inputs: {question: str}\nsteps: {talk: {tool: chat, with: {text: "{{ inputs.question }}"}}}\n'
    (site / "chains" / "chat.yaml").write_text(chat)
    (site / "evals").mkdir(exist_ok=True)
    (site / "evals" / "chat.yaml").write_text("kind: suite\nchain: chat\ndataset: {call: rows}\nscorers: [loud]\n")
    for command in (("eval", "run", "chat"), ("dataset", "show", "chat"), ("dataset", "check", "chat")):
        code, out, err = ended(start(*command, "--json"))
        assert code == 0, err
        assert json.loads(out)["cases"] == 1
        assert "imported\nread\n" in err


def test_what_a_plugin_has_left_open_is_written_out_at_the_end(start, site):
    (site / "journal.py").write_text(
        "class Journal:\n    pages = open('pages.txt', 'w')\nJournal.pages.write('a page')\n"
    )
    (site / "keeper.py").write_text("import journal\n")
    (site / "genops.toml").write_text('plugins = ["keeper"]\n')
    assert ended(start("chain", "list"))[0] == 0
    assert (site / "pages.txt").read_text() == "a page"


@pytest.mark.parametrize(("settings", "left"), [("", True), ('plugins = ["keeper"]\n', False)])
def test_what_only_genops_made_is_left_to_the_system_at_the_end(settings, left, site, environment):
    (site / "keeper.py").write_text("")
    (site / "genops.toml").write_text(settings)
    code = (
        "import atexit, gc, sys\natexit.register(lambda: print(gc.get_freeze_count() > 0, file=sys.stderr))\n"
        "from genops.cli import main\nmain()"
    )
    command = [sys.executable, "-c", code, "chain", "list"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=site, check=True)
    assert done.stderr.splitlines()[-1] == str(left)


def _until(holds, process):
    """Waits until something holds, or the process has ended."""
    while not holds():
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
            pytest.fail(f"ended too soon: {process.communicate()}")


def test_a_bug_ends_with_70_and_asks_for_a_report(start, site):
    (site / "genops.toml").write_text('plugins = ["bug"]\n')
    (site / "bug.py").write_text(
        "from genops.plugins import registry\n"
        "class Broken:\n"
        "    def __init__(self, settings): raise ZeroDivisionError('oh')\n"
        "def register(registry): registry.add('provider', 'buggy', Broken)\n"
    )
    (site / "genops.toml").write_text('plugins = ["bug"]\ndefault_model = "b"\n[models.b]\nmodel = "buggy/x"\n')
    code, out, err = ended(start("run", "raw", "-i", "text=x"))
    assert (code, out) == (70, "")
    assert err.startswith("error: a bug in genops: ZeroDivisionError: oh\n")
    assert "Traceback" not in err
    assert "--debug" in err
    code, _, err = ended(start("run", "raw", "-i", "text=x", "--debug"))
    assert code == 70
    assert "Traceback" in err


def test_there_are_no_colour_codes_in_a_pipe(start, genops):
    genops("run", "say", "-i", "what=x")
    for arguments in (("trace", "list"), ("trace", "show", "last")):
        _, out, err = ended(start(*arguments))
        assert "\x1b" not in out + err


def on_terminal(start, *arguments, **variables):
    """What ``genops`` writes to a terminal."""
    ours, theirs = pty.openpty()
    process = start(*arguments, stdout=theirs, env={**os.environ, "TERM": "xterm-256color", **variables})
    os.close(theirs)
    out = b""
    with contextlib.suppress(OSError):
        while piece := os.read(ours, 65536):
            out += piece
    os.close(ours)
    assert process.wait(60) == 0
    return out.decode()


@pytest.mark.slow
def test_a_terminal_gets_colours_unless_told_otherwise(start, genops, environment):
    genops("run", "say", "-i", "what=x")
    path = environment["PYTHONPATH"]
    assert "\x1b[1m" in on_terminal(start, "trace", "list", PYTHONPATH=path)
    assert "\x1b[1m" not in on_terminal(start, "chain", "list", PYTHONPATH=path, TERM="dumb")
    genops("run", "raw", "-i", "text=fail", code=4)
    coloured = "31m"
    assert coloured in on_terminal(start, "trace", "show", "last", PYTHONPATH=path)
    assert coloured not in on_terminal(start, "trace", "show", "last", PYTHONPATH=path, NO_COLOR="1")


def test_a_listing_on_a_narrow_terminal_cuts_its_last_column_alone(start, genops, environment):
    run = genops("run", "say", "-i", f"what={'long ' * 40}").trace
    out = on_terminal(start, "trace", "list", PYTHONPATH=environment["PYTHONPATH"], COLUMNS="80", NO_COLOR="1")
    row = out.splitlines()[-1]
    assert row.startswith(f"{run}  ")
    assert "  say    ok  " in row
    assert row.rstrip().endswith("…")
    assert len(row) <= 80


def test_an_output_cannot_steer_a_terminal(start, environment):
    out = on_terminal(start, "run", "say", "-i", "what=\x1b[31mred", PYTHONPATH=environment["PYTHONPATH"])
    assert out == "you said \\x1b[31mred\r\n"


@pytest.mark.parametrize(("line", "names"), [("run p", ["pair"]), ("prompt show ", ["raw", "say"])])
def test_names_are_completed(start, environment, line, names):
    request = {
        "_GENOPS_COMPLETE": "complete_bash",
        "COMP_WORDS": f"genops {line}",
        "COMP_CWORD": str(line.count(" ") + 1),
    }
    _, out, _ = ended(start(env={**environment, **request}))
    assert out.split() == names
