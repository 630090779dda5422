import json
from pathlib import Path

import click
import pytest

from plait.cli.errors import RunBrokenError, guarded
from plait.errors import InvalidWorkflowError, PlaitError, UsageError
from plait.journal import RunFolder, RunState
from plait.model.problems import Mark, Problem


def run(error, *words):
    @click.command()
    @click.option("--json", "as_json", is_flag=True)
    def command(as_json):
        if isinstance(error, BaseException):
            raise error
        return error

    return guarded(command, list(words))


def test_a_command_returns_its_code():
    assert run(None) == 0
    assert run(3) == 3


def test_an_error_is_a_line_and_a_hint_on_stderr(capsys):
    assert run(UsageError("no such\x1b[2J file", hint="look again")) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "error: no such file\nhint: look again\n"


def test_with_json_it_is_one_object_on_stdout(capsys):
    assert run(PlaitError("bad"), "--json") == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"error": {"type": "Plait", "message": "bad", "hint": None, "exit_code": 1}}
    assert captured.err == ""


def test_a_wrong_option_is_reported_as_json_too(capsys):
    assert run(None, "--json", "--bogus") == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["type"], error["message"]) == ("Usage", "No such option '--bogus'.")


def test_every_problem_of_a_workflow_is_listed(capsys):
    problems = [Problem("first is bad", "w.yml", Mark(3, 5), "  x: y"), Problem("second is bad", "w.yml", Mark(9, 1))]
    assert run(InvalidWorkflowError(problems, source="w.yml")) == 2
    err = capsys.readouterr().err
    assert err.index("w.yml:3:5: error: first is bad") < err.index("w.yml:9:1: error: second is bad")
    assert err.endswith("error: w.yml is not a valid workflow: 2 errors\n")
    assert run(InvalidWorkflowError(problems), "--json") == 2
    captured = capsys.readouterr()
    assert [problem["line"] for problem in json.loads(captured.out)["error"]["problems"]] == [3, 9]


def test_a_bug_is_one_line_and_its_traceback_a_file(capsys):
    assert run(KeyError("oops\nmore")) == 1
    message, hint = capsys.readouterr().err.splitlines()
    assert message == "error: unexpected KeyError: 'oops\\nmore'"
    path = Path(hint.rpartition(" ")[2])
    assert "Traceback" in path.read_text()
    path.unlink()


def test_a_run_that_a_bug_ended_keeps_the_traceback(capsys, tmp_path):
    state = RunState(RunFolder(tmp_path))
    assert run(RunBrokenError(state, ValueError("x")), "--json") == 1
    captured = capsys.readouterr()
    payload = json.loads(captured.out)
    assert payload["status"] == "failed"
    assert payload["error"] == "ValueError: x"
    assert Path(payload["traceback"]).parent == tmp_path
    assert "ValueError" in Path(payload["traceback"]).read_text()
    assert "was ended by an unexpected ValueError: x" in captured.err


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_ctrl_c_is_no_traceback(error, capsys):
    assert run(error) == 130
    assert capsys.readouterr().err.strip() == "error: interrupted"
