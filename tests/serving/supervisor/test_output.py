"""What a server writes is kept without its key, in files that do not grow without end."""

import genops.serving.supervisor.output as module
from genops.serving.supervisor.output import Output, said


def test_lines_are_put_together_and_progress_bars_taken_apart(tmp_path):
    output = Output(tmp_path / "log", "k3y")
    assert output.add(b"one\ntw") == ["one"]
    assert output.add(b"o\r 10%|#\r 20%|##") == ["two", " 10%|#"]
    output.end()
    assert list(output.lines) == ["one", "two", " 10%|#", " 20%|##"]
    assert output.path.read_text() == "one\ntwo\n 10%|#\n 20%|##\n"


def test_the_key_and_colours_are_not_kept_and_broken_text_is(tmp_path):
    output = Output(tmp_path / "log", "k3y")
    output.add(b"\x1b[36mkey k3y\x1b[0m \xff\n")
    assert output.path.read_text(encoding="utf-8") == "key <KEY> \ufffd\n"


def test_a_key_that_comes_in_two_pieces_is_not_kept_either(tmp_path):
    output = Output(tmp_path / "log", "k3y")
    output.add(b"key k3")
    output.add(b"y\n")
    assert output.path.read_text() == "key <KEY>\n"


def test_the_log_of_the_serve_before_and_of_a_long_one_is_moved_aside(tmp_path, monkeypatch):
    (tmp_path / "log").write_text("before\n")
    output = Output(tmp_path / "log", "k3y")
    assert (tmp_path / "log.1").read_text() == "before\n"
    monkeypatch.setattr(module, "_LONGEST", 100)
    for number in range(40):
        output.add(b"line %d\n" % number)
    assert (tmp_path / "log").stat().st_size < 200
    assert output.lines[-1] == "line 39"


def test_a_disk_that_is_full_does_not_end_the_server(tmp_path):
    output = Output(tmp_path / "gone" / "log", "k3y")
    output.add(b"one\n")
    assert "cannot be written" in output.lines[-1]


def test_who_wrote_a_line_and_when_is_not_what_it_says():
    assert said("(EngineCore pid=1) ERROR 11-22 00:45:26 [core.py:1190] ValueError: x") == "ValueError: x"
    assert said("(APIServer pid=1) OSError: y") == "OSError: y"
