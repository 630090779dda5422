"""Asks the person at the terminal what a gate asks."""

from __future__ import annotations

import os
import select
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO

import click

from plait.cli.output import palette_for
from plait.model.step_type import Answer
from plait.views.question import chosen_option, question_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plait.cli.display import Display
    from plait.journal import RunState
    from plait.model.step_type import Question

_LONGEST_LINE = 4096
_GLANCE = 0.2
"""Seconds after which a wait for the terminal looks around."""


class TerminalPrompter:
    """Asks one question at a time, whichever thread it comes from (GAT-09, GAT-21).

    Being a listener too, it knows when somebody answers from elsewhere, and gives way.
    """

    def __init__(self, screen: TextIO, display: Display | None) -> None:
        self._screen = screen
        self._display = display
        self._one_at_a_time = threading.Lock()
        self._answered: dict[str, Answer] = {}
        self._stopped = False
        self._wake_reader, self._wake_writer = os.pipe()
        os.set_blocking(self._wake_writer, False)
        os.set_blocking(self._wake_reader, False)

    @classmethod
    def if_present(cls, screen: TextIO, display: Display | None) -> TerminalPrompter | None:
        """Return a prompter if somebody can be asked: stdin and the screen are a terminal."""
        return cls(screen, display) if sys.stdin.isatty() and screen.isatty() else None

    def on_event(self, event: dict[str, Any], state: RunState) -> None:
        """Give way to an answer from elsewhere."""
        del state
        if event["event"] == "gate_answered":
            self._answered[event["step_id"]] = Answer(event["choice"], event.get("comment"), event.get("by"))
            self._wake()

    def on_output(self, step_id: str, line: str) -> None:
        """Nothing to do."""

    def interrupt(self) -> None:
        """Let every question that still waits go unanswered, now and from now on."""
        self._stopped = True
        self._wake()

    def _wake(self) -> None:
        with suppress(BlockingIOError):
            os.write(self._wake_writer, b"!")

    def ask(self, question: Question) -> Answer | None:
        """Return the choice; None at the end of the input or when the run is told to stop (GAT-10)."""
        self._answered.pop(question.step_id, None)
        with self._one_at_a_time:
            if self._stopped:
                return None
            with self._screen_to_itself():
                return self._ask(question)

    def _ask(self, question: Question) -> Answer | None:
        for line in question_lines(question, palette_for(self._screen)):
            click.echo(line, file=self._screen, color=True)
        return self._choose(question)

    @contextmanager
    def _screen_to_itself(self) -> Iterator[None]:
        if self._display is None:
            yield
            return
        with self._display.suspended():
            yield

    def _choose(self, question: Question) -> Answer | None:
        while True:
            self._write(f"Your choice [1-{len(question.options)}]: ")
            line = self._read_line(question.step_id)
            if line is None:
                self._write("\n")
                return self._answered.get(question.step_id)
            choice = chosen_option(line, question.options)
            if choice is not None:
                return Answer(choice, by=_user())
            self._write("Enter a number or the name of an option.\n")

    def _write(self, text: str) -> None:
        self._screen.write(text)
        self._screen.flush()

    def _read_line(self, step_id: str) -> str | None:
        """Return a line that was typed; None at its end, at a stop, or once another terminal has answered."""
        stdin = sys.stdin.fileno()
        while not self._stopped and step_id not in self._answered:
            # A signal that arrives just before `select` does not end it, and its handler runs only after it.
            ready, _, _ = select.select([stdin, self._wake_reader], [], [], _GLANCE)
            if not ready:
                continue
            if self._wake_reader in ready:
                with suppress(BlockingIOError):
                    os.read(self._wake_reader, _LONGEST_LINE)
                continue
            typed = os.read(stdin, _LONGEST_LINE)
            return typed.decode("utf-8", "replace") if typed else None
        return None


def _user() -> str | None:
    import getpass  # noqa: PLC0415 - only for an answer

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return None
