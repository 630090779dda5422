import io

import pytest

from plait.cli.inputs import ask_for_missing, declared_inputs, parse_inputs
from plait.errors import InputError
from plait.load import WorkflowDefinition

WORKFLOW = """
schema_version: "1.0"
workflow: {id: demo, name: Demo, version: 1.0.0}
inputs:
  who: {required: true, prompt: Whom to greet}
  count: {type: number, required: true}
  colour: {enum: [red, blue], required: true, prompt: "\\e[2JWhich"}
  spare: {default: x}
steps: [{id: a, type: shell, run: "true"}]
"""


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def declared():
    return declared_inputs(WorkflowDefinition.from_string(WORKFLOW))


def test_pairs_are_split_at_the_first_equals_sign_and_trimmed():
    assert parse_inputs([" a = b=c ", "d=", "a=z"]) == {"a": "z", "d": ""}


@pytest.mark.parametrize("pair", ["novalue", "=x", "  =x"])
def test_what_is_no_pair_is_refused(pair):
    with pytest.raises(InputError, match="KEY=VALUE"):
        parse_inputs([pair])


def test_missing_ones_are_asked_for_until_they_fit(declared, monkeypatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stdin", Terminal("many\n3\ngreen\nred\n"))
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setattr("click.termui.visible_prompt_func", _line_reader(screen))
    assert ask_for_missing(declared, {"who": "me"}) == {"who": "me", "count": 3, "colour": "red"}
    asked = screen.getvalue()
    assert asked.count("count: ") == 2
    assert "input `count` must be a number" in asked
    assert "Which [red/blue]: " in asked
    assert "\x1b" not in asked


def _line_reader(screen):
    import sys

    def read(prompt=""):
        screen.write(prompt)
        return sys.stdin.readline().rstrip("\n")

    return read


def test_nobody_is_asked_without_a_terminal(declared, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert ask_for_missing(declared, {"who": "me"}) == {"who": "me"}


def test_a_name_that_is_not_declared_is_left_for_the_error(declared, monkeypatch):
    monkeypatch.setattr("sys.stdin", Terminal("x\n"))
    monkeypatch.setattr("sys.stderr", Terminal())
    assert ask_for_missing(declared, {"whoo": "me"}) == {"whoo": "me"}
