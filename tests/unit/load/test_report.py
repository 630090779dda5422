from plait.load.report import format_problem, problem_as_json, visible
from plait.model.problems import Mark, Problem, Severity


def lines(line, column, length=1, **more):
    problem = Problem("is wrong", "f.yml", Mark(7, column), line, length, **more)
    return format_problem(problem).splitlines()


def test_the_whole_text():
    assert lines("run: echo", 6, 4, hint="write it well") == [
        "f.yml:7:6: error: is wrong",
        "  7 | run: echo",
        "    |      ^^^^",
        "  hint: write it well",
    ]


def test_without_a_file_or_a_line():
    assert format_problem(Problem("is wrong", severity=Severity.WARNING)) == "warning: is wrong"


def test_tabs_and_wide_characters_are_aligned():
    assert lines("\ta日本: x", 6, 1)[1:] == ["  7 |     a日本: x", "    |           ^"]
    assert lines("日本", 1, 2)[2] == "    | ^^^^"
    assert lines("e\u0301: x", 5)[2] == "    |    ^"


def test_control_characters_are_made_visible():
    assert lines("a\x1b[31m\x07b", 7)[1:] == ["  7 | a\\x1b[31m\\x07b", "    |          ^^^^"]
    assert visible("a\u202eb\u2028c\x9b") == "a\\u202eb\\u2028c\\x9b"


def test_messages_cannot_steer_the_terminal():
    assert format_problem(Problem("a\x1b[2J", hint="\x07")) == "error: a\\x1b[2J\n  hint: \\x07"


def test_long_lines_are_cut_around_the_place():
    _, shown, caret = lines("x" * 500 + "!" + "y" * 500, 501)
    assert shown.startswith("  7 | ...xxx")
    assert shown.endswith("yyy...")
    assert shown[caret.index("^")] == "!"
    assert len(shown) < 200


def test_json():
    problem = Problem("is wrong", "f.yml", Mark(2, 3), "abc", 4, "", Severity.TYPO, ("steps", 0))
    assert problem_as_json(problem) == {
        "severity": "typo",
        "message": "is wrong",
        "hint": None,
        "file": "f.yml",
        "line": 2,
        "column": 3,
        "length": 4,
        "path": ["steps", 0],
    }
