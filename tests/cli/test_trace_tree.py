"""The tree of a trace in the terminal."""

import io

import pytest
from rich.console import Console

from genops.cli.trace_tree import render_tree
from genops.errors import ReferenceNotFound, UsageError
from tests.tape import Tape, answered, everything


def shown(trace, *, terminal=False, width=80, **options):
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=terminal, color_system=None)
    console.print(render_tree(trace, **options), soft_wrap=not console.is_terminal)
    return out.getvalue()


def test_the_head_names_the_run_and_what_it_took():
    text = shown(everything())
    assert text.startswith("3f9a3f9a3f9a  answer_docs  error\n")
    assert "5.21 s · 5 model calls · 2,024 in, 249 out tokens · cost unknown\n" in text
    assert "lock 9c9c9c9c9c9c · session s-41 · user u-7 · tags demo, docs\n" in text


def test_every_span_stands_in_the_tree_with_its_time_tokens_and_cost():
    lines = shown(answered(), terminal=True).splitlines()
    tree = lines[next(i for i, line in enumerate(lines) if line.startswith("chain ")) :]
    assert tree == [
        "chain answer_docs                          2.64 s  1,824 in, 209 out   $0.000398",
        "├─ prompt rewrite                          418 ms       61 in, 9 out  $0.0000145",
        "│  └─ model gpt-4o-mini                    414 ms       61 in, 9 out  $0.0000145",
        "├─ retrieve find                            25 ms",
        "│  └─ search docs  4 passages               23 ms",
        "├─ prompt answer                           2.18 s  1,763 in, 200 out   $0.000384",
        "│  ├─ model gpt-4o-mini                    1.03 s     812 in, 96 out   $0.000179",
        "│  └─ model gpt-4o-mini  re-ask 1          1.13 s    951 in, 104 out   $0.000205",
        "└─ tool check                                4 ms",
        "   └─ tool check_citations                   2 ms",
    ]


@pytest.mark.parametrize("full", [False, True])
def test_a_terminal_of_80_columns_is_enough(full):
    assert max(len(line) for line in shown(everything(), terminal=True, full=full).splitlines()) <= 80


def test_a_pipe_gets_no_colours_and_no_cut_lines():
    text = shown(everything(), full=True)
    assert "\x1b" not in text
    assert any(len(line) > 120 for line in text.splitlines())
    assert all(line == line.rstrip() for line in text.splitlines())


def test_hostile_text_is_spelled_out():
    text = shown(everything(), terminal=True, width=200)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[bold red]markup[/] \\x1b[31mred\\x1b[0m \\u202egnp.exe" in text


def test_an_error_stands_where_it_came_up_and_at_the_head():
    assert shown(everything()).count("ServerFailed: 500 from the server") == 2


def test_an_unfinished_span_says_so():
    assert next(line for line in shown(everything()).splitlines() if "tool late" in line).endswith("unfinished")


def test_full_shows_inputs_outputs_messages_and_state_changes():
    text = shown(everything(), full=True)
    assert "  system:\n" in text
    assert "add /steps/rewrite {status: ok, output: (the output)}" in text
    assert "RateLimited: 429 from the server (then waited 410 ms)" in text
    assert "first token: after 259 ms" in text


class TestOneStep:
    def test_a_position_is_shown_with_everything_inside_of_it(self):
        text = shown(everything(), step="answer")
        assert "prompt answer" in text
        assert "re-ask 1" in text
        assert '"gen_ai.prompt.name": "answer_question"' in text
        assert "rewrite" not in text.replace("answer_question", "")

    def test_a_name_stands_for_the_one_position_that_has_it(self):
        assert "at: find/search" in shown(everything(), step="docs")

    def test_a_name_that_several_positions_have_is_refused_with_the_positions(self):
        with pytest.raises(UsageError, match="3 positions") as refused:
            render_tree(everything(), step="shout")
        assert "each[0]/shout, each[1]/shout, each[2]/shout" in refused.value.hint

    def test_an_unknown_one_is_refused_with_the_nearest(self):
        with pytest.raises(ReferenceNotFound) as refused:
            render_tree(everything(), step="anser")
        assert "answer" in refused.value.hint


def test_long_inputs_are_cut_with_how_much_was_left_out():
    tape = Tape()
    tape.span(None, "chain", "c", "", 0, None)
    text = shown(tape.finish(1, inputs={"question": "x" * 2_000}, output="short"))
    assert "more characters)" in text
    assert len(text) < 1_500


def test_a_pruned_payload_leaves_a_note():
    trace = everything()
    trace.store.kept.clear()
    assert "is not in the store" in shown(trace, full=True)


def test_a_trace_without_spans_is_a_head():
    tape = Tape()
    assert "unfinished" in shown(tape.trace())
