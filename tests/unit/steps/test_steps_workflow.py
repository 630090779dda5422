"""`slot` and `github`, whose `gh` is a script here."""

import json
import sys

import pytest

from plait.errors import InvalidWorkflowError

GH = """#!{python}
import json, os, sys
from pathlib import Path
here = Path(__file__).parent
body = sys.stdin.read()
with (here / "calls").open("a") as file:
    file.write(json.dumps([sys.argv[1:], body]) + "\\n")
method = sys.argv[sys.argv.index("--method") + 1]
answer = json.loads((here / "answers").read_text())[method]
print(answer if isinstance(answer, str) else json.dumps(answer))
if method == "GET" and (here / "error").exists():
    sys.exit((here / "error").read_text() and 4)
"""
STEP = "operation: add-label, target: {target}, number: {number}, repository: {repository}, label: {label}"


@pytest.fixture
def github(bench, tmp_path, monkeypatch):
    """Return what runs a `github` step against a GitHub that answers as it is told."""
    folder = tmp_path / "bin"
    folder.mkdir()
    gh = folder / "gh"
    gh.write_text(GH.format(python=sys.executable))
    gh.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))

    def run(get, post=None, inputs="", **fields):
        (folder / "answers").write_text(json.dumps({"GET": get, "POST": post}))
        known = {"target": "issue", "number": 5, "repository": "o/r", "label": "my bug"} | fields
        text = f"{inputs}\nsteps: [{{id: g, type: github, {STEP.format(**known)}}}]"
        state = bench.run(text)
        calls = folder / "calls"
        told = [json.loads(line) for line in calls.read_text().splitlines()] if calls.exists() else []
        return state.records["g"], told

    run.folder = folder
    return run


def test_a_label_is_added_as_spec_kit_adds_it(github):
    record, calls = github({"number": 5, "labels": []}, [{"name": "my bug"}])
    assert record.output == {"repository": "o/r", "target": "issue", "number": 5, "label": "my bug", "added": True}
    base = "https://api.github.com/repos/o/r/issues/5"
    header = ["--header", "Content-Type: application/json"]
    assert calls == [
        [["api", "--method", "GET", base], ""],
        [["api", "--method", "POST", f"{base}/labels", *header, "--input", "-"], '{"labels": ["my bug"]}'],
    ]


def test_a_label_that_is_there_is_not_added(github):
    record, calls = github({"number": 5, "labels": [{"name": "MY BUG"}]})
    assert (record.status, record.output["added"], len(calls)) == ("completed", False, 1)


def test_values_may_be_expressions(github):
    inputs = "inputs: {n: {type: number, default: 7}, l: {type: string, default: late}}"
    record, calls = github(
        {"number": 7, "labels": []},
        [{"name": "late"}],
        inputs,
        target="pull_request",
        number="'{{ inputs.n }}'",
        label="'{{ inputs.l }}'",
    )
    assert record.status == "completed"
    assert calls[0][0][-1] == "https://api.github.com/repos/o/r/pulls/7"
    assert calls[1][0][3] == "https://api.github.com/repos/o/r/issues/7/labels"


@pytest.mark.parametrize(
    ("get", "post", "error"),
    [
        ({"number": 5, "labels": [], "pull_request": {}}, None, "GitHub's #5 is not the issue that was asked for"),
        ({}, None, "GitHub's #5 is not the issue"),
        ([], None, "GitHub's #5 is not the issue"),
        ("not JSON", None, "is not valid JSON"),
        ({"number": 5}, [{"name": "other"}], "did not add the label 'my bug' to issue #5"),
    ],
)
def test_what_github_answers_may_be_a_failure(github, get, post, error):
    record, _ = github(get, post)
    assert record.status == "failed"
    assert error in record.error


def test_a_gh_that_fails_or_is_not_there_fails_the_step(github, bench):
    (github.folder / "error").write_text("x")
    assert github({})[0].error.startswith("`gh` exited with code 4")
    (github.folder / "gh").unlink()
    bench.engine = bench.new_engine()
    (bench.folder() / "log.jsonl").unlink()
    assert "needs the GitHub CLI" in github({})[0].error


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("number", "0", "must be a positive whole number"),
        ("number", "abc", "must be a positive whole number"),
        ("number", "true", "must be a positive whole number"),
        ("repository", "nope", "must be the name of a GitHub repository"),
        ("repository", "a/..", "must be the name of a GitHub repository"),
        ("repository", "x/y/z", "must be the name of a GitHub repository"),
        ("label", "' '", "must be the name of a label"),
        ("label", "7", "must be the name of a label"),
        ("label", "x" * 51, "must be the name of a label"),
        ("target", "branch", "must be one of"),
    ],
)
def test_a_value_that_github_could_not_have_is_told_when_it_is_loaded(github, field, value, expected):
    with pytest.raises(InvalidWorkflowError, match=expected):
        github({}, **{field: value})


@pytest.mark.parametrize("field", ["number", "repository", "label"])
def test_an_expression_with_such_a_value_fails_the_step_before_anything_is_called(github, field):
    inputs = 'inputs: {v: {type: string, default: " "}}'
    record, calls = github({}, None, inputs, **{field: "'{{ inputs.v }}'"})
    assert record.error.startswith(f"`{field}` must be ")
    assert calls == []


def test_a_slot_is_skipped(bench):
    state = bench.run("steps: [{id: s, type: slot, name: '{{ here }}'}, {id: a, type: do}]")
    assert (state.records["s"].status, state.records["s"].output) == ("skipped", {"slot": "{{ here }}"})
    assert bench.calls == ["a"]


@pytest.mark.parametrize("fields", ["", ", name: ' '", ", name: 5"])
def test_a_slot_has_a_name(bench, fields):
    with pytest.raises(InvalidWorkflowError, match="`name`"):
        bench.run(f"steps: [{{id: s, type: slot{fields}}}]")
