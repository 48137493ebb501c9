import io
import re
import subprocess
import sys
import time

from genops.cli.progress import batch_bar, evaluation_bar, progress_bar
from genops.evals.runner import Progress


class Terminal(io.StringIO):
    """A terminal that remembers what a person saw."""

    def isatty(self):
        return True

    @property
    def text(self):
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.getvalue())


def at_a_terminal(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    return terminal


def test_a_bar_shows_what_is_done_the_rate_and_the_time_left(monkeypatch):
    screen = at_a_terminal(monkeypatch)
    with progress_bar("embedding passages") as advance:
        assert "embedding passages" not in screen.text
        for done in (0, 40, 80):
            advance(done, 200)
            time.sleep(0.15)
    assert re.search(r"embedding passages .* 80/200 [0-9.,]+/s 0:00:\d\d", screen.text)


def test_the_bar_of_a_batch_shows_its_failures_too(monkeypatch):
    screen = at_a_terminal(monkeypatch)
    with batch_bar(200) as show:
        for done in (0, 40, 80):
            show(done, 3, 0)
            time.sleep(0.15)
    assert re.search(r"3 failed .* 80/200 [0-9.,]+/s 0:00:\d\d", screen.text)


def test_short_work_without_a_terminal_writes_nothing(monkeypatch):
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    with progress_bar("embedding passages") as advance:
        advance(1, 2)
    assert written.getvalue() == ""


def test_long_work_without_a_terminal_writes_a_line_now_and_then(monkeypatch):
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    monkeypatch.setattr("genops.cli.progress._SILENT_SECONDS", 0.01)

    def wait_for(line):
        while line not in written.getvalue():
            time.sleep(0.01)

    with progress_bar("embedding passages") as advance:
        wait_for("embedding passages: not begun after 0 s\n")
        advance(1_200, 5_000)
        wait_for("embedding passages: 1,200 of 5,000 after 0 s, ")
    ended = written.getvalue()
    time.sleep(0.05)
    assert written.getvalue() == ended


def test_such_a_line_says_the_rate_the_time_left_and_what_failed(monkeypatch):
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    monkeypatch.setattr("genops.cli.progress._SILENT_SECONDS", 0.05)
    with batch_bar(40) as show:
        show(10, 2, 0)
        while "\n" not in written.getvalue():
            time.sleep(0.01)
    line = written.getvalue().splitlines()[0]
    assert re.fullmatch(r"rows: 10 of 40 after 0 s, [\d,]+\.\d/s, \d s left; 2 failed", line)


def test_the_rate_and_the_time_left_are_told_of_what_is_done_now(monkeypatch):
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    monkeypatch.setattr("genops.cli.progress._SILENT_SECONDS", 0.5)
    with evaluation_bar() as advance:
        advance(Progress(100_000, resumed=90_000, done=10))
        while "\n" not in written.getvalue():
            time.sleep(0.01)
    rate, left = re.search(r"90,010 of 100,000 after \d s, ([\d.]+)/s, ([\d,]+) s left", written.getvalue()).groups()
    assert 0 < float(rate) <= 20
    assert int(left.replace(",", "")) >= 499


def test_without_a_terminal_no_bar_is_loaded():
    work = (
        "import sys\n"
        "from genops.cli.progress import batch_bar\n"
        "with batch_bar(2) as show: show(2, 0, 0)\n"
        "sys.exit(any(name.startswith('rich') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", work], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
