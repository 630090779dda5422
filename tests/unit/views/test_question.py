import pytest

from plait.model.step_type import Question
from plait.views.palette import Palette
from plait.views.question import chosen_option, question_lines

OPTIONS = ("approve", "Needs Work", "2")


@pytest.mark.parametrize(
    ("typed", "choice"),
    [
        ("1\n", "approve"),
        (" APPROVE ", "approve"),
        ("needs work\n", "Needs Work"),
        ("3", "2"),
        ("2", "Needs Work"),
        ("0", None),
        ("4", None),
        ("-1", None),
        ("\uff11", None),
        ("", None),
        ("approv", None),
        ("9" * 10_000, None),
    ],
)
def test_a_number_or_a_name_in_any_case(typed, choice):
    assert chosen_option(typed, OPTIONS) == choice


def test_the_question_is_safe_to_print():
    question = Question(
        "ok\x1b[2J", "Ship\x1b[31m it?\nReally?", ("a\x07", "b"), lambda: "one\x1b[1A\ntwo", "f\x07.txt"
    )
    assert list(question_lines(question, Palette())) == [
        "",
        "╭─ ok",
        "│ Ship it?",
        "│ Really?",
        "│",
        "│ ── f.txt ──",
        "│ one",
        "│ two",
        "│",
        "│ [1] a",
        "│ [2] b",
        "╰─",
    ]
