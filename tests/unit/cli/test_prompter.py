import os
import threading
import time
from pathlib import Path

import pytest

from plait.cli.prompter import TerminalPrompter
from plait.model.step_type import Question

QUESTION = Question("ok", "Ship it?", ("approve", "reject"))


class Typing:
    """A terminal: what the test writes to `keys` is typed, `shown` is what the person sees."""

    def __init__(self):
        self.keys, inner = os.openpty()
        self.stdin = os.fdopen(inner, "r")
        self.shown = ""

    def write(self, text):
        self.shown += text

    def flush(self):
        pass

    def isatty(self):
        return True

    def type(self, text):
        os.write(self.keys, text.encode())


@pytest.fixture
def terminal(monkeypatch):
    typing = Typing()
    monkeypatch.setattr("sys.stdin", typing.stdin)
    yield typing
    typing.stdin.close()
    os.close(typing.keys)


def eventually(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)


def asked(prompter, question=QUESTION):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(prompter.ask(question)))
    thread.start()
    return thread, answers


def test_asks_again_until_the_answer_is_an_option(terminal):
    terminal.type("maybe\n2\n")
    answer = TerminalPrompter(terminal, None).ask(QUESTION)
    assert answer.choice == "reject"
    assert answer.by
    assert terminal.shown.count("Your choice [1-2]: ") == 2
    assert "Ship it?" in terminal.shown


def test_the_end_of_the_input_leaves_it_unanswered(terminal):
    terminal.type("\x04")
    assert TerminalPrompter(terminal, None).ask(QUESTION) is None


def test_being_interrupted_leaves_it_and_all_later_ones_unanswered(terminal):
    prompter = TerminalPrompter(terminal, None)
    thread, answers = asked(prompter)
    eventually(lambda: "Your choice" in terminal.shown)
    prompter.interrupt()
    thread.join(10)
    assert answers == [None]
    assert prompter.ask(QUESTION) is None


def test_an_answer_from_elsewhere_ends_the_question(terminal):
    prompter = TerminalPrompter(terminal, None)
    thread, answers = asked(prompter)
    eventually(lambda: "Your choice" in terminal.shown)
    prompter.on_event({"event": "gate_answered", "step_id": "other", "choice": "no"}, None)
    prompter.on_event({"event": "gate_answered", "step_id": "ok", "choice": "approve", "by": "ann"}, None)
    thread.join(10)
    assert [(answer.choice, answer.by) for answer in answers] == [("approve", "ann")]


def test_one_question_at_a_time(terminal):
    prompter = TerminalPrompter(terminal, None)
    first, _ = asked(prompter)
    eventually(lambda: "Your choice" in terminal.shown)
    second, _ = asked(prompter, Question("later", "And this?", ("yes", "no")))
    assert "And this?" not in terminal.shown
    terminal.type("1\n")
    eventually(lambda: "And this?" in terminal.shown)
    terminal.type("yes\n")
    first.join(10)
    second.join(10)
    assert not first.is_alive()
    assert not second.is_alive()


def test_without_a_terminal_there_is_no_prompter(terminal, monkeypatch):
    assert TerminalPrompter.if_present(terminal, None) is not None
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        assert TerminalPrompter.if_present(terminal, None) is None
