import io

import pytest
from rich.console import Console

from plait.views.live import LiveView

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def view(story, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    live = LiveView(Terminal(), colours=False)
    story.listeners.append(live)
    live.begin([("build", ""), ("last", "")])
    yield live
    live.end()


def written(view):
    return view._console.file.getvalue()


def test_the_cursor_is_hidden_while_it_draws_and_comes_back(story, view):
    assert written(view).endswith(HIDE) or HIDE in written(view)
    story.step("build")
    view.end()
    assert written(view).rindex(SHOW) > written(view).rindex(HIDE)
    assert "✓ build" in written(view)
    view.end()


def test_the_terminal_is_free_while_somebody_is_asked(story, view):
    story.start("build")
    with view.suspended():
        before = written(view)
        assert before.rindex(SHOW) > before.rindex(HIDE)
        story.end("build")
        assert written(view) == before
    assert "✓ build" in written(view)[len(before) :]


def test_suspending_twice_is_harmless(view):
    with view.suspended(), view.suspended():
        pass
    assert view._live is not None


def test_a_frame_fits_the_terminal_and_says_when_it_stops(story, view):
    for number in range(100):
        story.start(f"s{number}", "if")
    story.tell("stop_requested", kind="interrupt")
    console = Console(width=80, height=24, record=True, file=io.StringIO())
    console.print(view.frame(view._begun + 3))
    lines = console.export_text().splitlines()
    assert len(lines) < 24
    assert lines[-1] == "3.0s  stopping; Ctrl-C again kills what runs"


def test_without_colours_nothing_is_coloured(story, view):
    story.step("build", "failed", error="bad")
    view.end()
    assert "\x1b[31m" not in written(view)
