"""Tests of workflows: which files, what is compared, how it is reported."""

import os
import xml.etree.ElementTree as ET

import pytest

from plait.errors import UsageError
from plait.testing import Runner, find_test_files, prepare, run_tests
from plait.views.palette import Palette
from plait.views.tests import failure_lines, junit, results_payload, summary_line

WORKFLOW = """
workflow: {id: demo, name: Demo}
inputs: {n: {type: integer, default: 2}}
outputs: {said: "{{ steps.a.output.stdout }}", n: "{{ inputs.n }}", deep: "{{ steps.a.output.data }}"}
steps:
  - {id: a, type: shell, run: "make {{ inputs.n }}", output_format: yaml, retry: {attempts: 2}}
  - {id: b, type: shell, run: "two\\nlines", if: "{{ inputs.n > 1 }}"}
  - id: f
    type: fan-out
    items: [x, y]
    max_concurrency: 2
    step: {id: each, type: shell, run: "do {{ item }}", continue_on_error: true}
"""


@pytest.fixture
def judged(tmp_path):
    """Return a function that runs one test with these expectations, and returns the messages of its failures."""
    (tmp_path / "w.yml").write_text(WORKFLOW)

    def judge(expect, more=""):
        file = tmp_path / "one.test.yml"
        file.write_text(
            f"workflow: w.yml\ndefault_stub: {{output: {{stdout: 'k: [1, {{z: 2}}]'}}}}\n{more}\nexpect: {expect}"
        )
        (result,) = run_tests([file], project_root=tmp_path)
        return [each.problem.message for each in result.failures]

    return judge


@pytest.mark.parametrize(
    "expect",
    [
        "{}",
        "{status: completed, ran: [a, b, each], order: [a, b, f]}",
        "{order: [[a, f], [b, 'f:each:*']], ran: ['f:each:[01]']}",
        "{outputs: {n: 2, deep: {k: [1, {z: 2}]}}}",
        "{outputs: {deep: {k: [1, {}]}}}",
        "{steps: {a: {attempts: 1, run: make 2, output: {exit_code: 0}}, each: {run: {matches: '^do [xy]$'}}}}",
        '{steps: {b: {run: {equals: "two\\nlines", contains: [two, lines], not_contains: three}}}}',
    ],
)
def test_met(judged, expect):
    assert judged(expect) == []


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        ("{status: failed}", "the run ended as `completed`, and `failed` was expected"),
        ("{error: x}", '`error` does not contain "x"'),
        ("{not_ran: [each]}", "`f:each:0` (and 1 more) ran, and was not to run"),
        ("{order: [f, a]}", "`a` began before `f` had ended"),
        ("{order: ['f:each:*', f]}", "`f` began before `f:each:"),
        ("{waiting: [a]}", "`a` does not wait for a person"),
        ("{outputs: {m: 1}}", "`outputs` has no `m`"),
        ("{outputs: {n: true}}", "`outputs.n` is 2, and true was expected"),
        ("{outputs: {deep: {k: [1]}}}", '`outputs.deep.k` is [1, {"z": 2}], and [1] was expected'),
        ("{outputs: {deep: {k: [1, {z: 3}]}}}", "`outputs.deep.k[1].z` is 2, and 3 was expected"),
        ("{steps: {a: {attempts: 2}}}", "`a` took 1 attempts, and 2 were expected"),
        ("{steps: {a: {status: skipped}}}", "`a` is `completed`, and `skipped` was expected"),
        ("{steps: {f: {run: x}}}", "`f` was given nothing: it did not run, or is no step that stubs answer"),
        ("{steps: {each: {run: x}}}", '`run` does not contain "x"'),
        ('{steps: {b: {run: {equals: "two\\nlions"}}}}', "`run` is another text"),
        ("{steps: {b: {run: {not_contains: two}}}}", '`run` contains "two"'),
    ],
)
def test_not_met(judged, expect, message):
    assert [each[: len(message)] for each in judged(expect)] == [message]


def test_inputs_and_skipped_steps(judged):
    assert judged("{not_ran: [b], steps: {b: {status: skipped}}, outputs: {n: 1}}", "inputs: {n: 1}") == []
    assert judged("{ran: [b]}", "inputs: {n: 1}") == ["`b` did not run: it was skipped"]


def test_a_run_that_fails_fails_a_test_that_expects_nothing(judged):
    assert judged("{}", "stubs: {b: {exit_code: 1}}") == ["the run ended as `failed`, and `completed` was expected"]
    assert judged("{error: code 1}", "stubs: {b: {exit_code: 1}}") == []


def test_an_item_that_has_no_stub_fails_the_test(tmp_path):
    (tmp_path / "w.yml").write_text(WORKFLOW)
    (tmp_path / "x.test.yml").write_text("workflow: w.yml\nstubs: {a: {}, b: {}, 'f:each:0': {}}")
    (result,) = run_tests([tmp_path], project_root=tmp_path)
    assert "no stub answers `f:each:1`" in result.failures[0].problem.message


def test_files_are_found(tmp_path):
    for name in ("a.test.yml", "b/c.test.yaml", ".specify/d.test.yml", ".git/e.test.yml", "node_modules/f.test.yml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    (tmp_path / "other.yml").write_text("{}")
    found = find_test_files([tmp_path, tmp_path / "a.test.yml", tmp_path / "other.yml"])
    assert [path.name for path in found] == ["d.test.yml", "a.test.yml", "c.test.yaml", "other.yml"]
    with pytest.raises(UsageError):
        find_test_files([tmp_path / "nowhere"])


@pytest.fixture
def results(tmp_path):
    (tmp_path / "w.yml").write_text(WORKFLOW)
    text = (
        "workflow: w.yml\ndefault_stub: ok\ntests:\n  - {name: fine}\n"
        '  - name: "bad \\e[31m\\u0000 <&"\n    expect: {outputs: {said: "1\\n2"}}\n'
    )
    (tmp_path / "x.test.yml").write_text(text)
    folder = tmp_path / "runs"
    folder.mkdir()
    os.chdir(tmp_path)
    return Runner(2).run(prepare(find_test_files([tmp_path]), tmp_path, folder))


def test_junit_is_xml_whatever_is_in_it(results):
    root = ET.fromstring(junit(results, 1.0))
    assert (root.get("tests"), root.get("failures")) == ("2", "1")
    fine, bad = root.iter("testcase")
    assert (fine.get("name"), fine.find("failure")) == ("fine", None)
    assert (bad.get("name"), bad.get("line")) == ("bad  <&", "5")
    assert "x.test.yml:6:29: error: `outputs.said` is another text" not in bad.find("failure").text
    assert "`outputs.said` is" in bad.find("failure").text


def test_what_people_and_programs_read(results):
    lines = list(failure_lines(results, Palette()))
    assert "\x1b" not in "".join(lines)
    assert any("^" in line for line in lines)
    assert summary_line(results, 0.5, Palette(), left_out=3) == "1 failed, 1 passed, 3 not run in 0.5s"
    payload = results_payload(results, 0.5, 1)
    assert [test["passed"] for test in payload["tests"]] == [True, False]
    assert payload["tests"][1]["failures"][0]["line"] == 6


def test_no_further_test_begins_after_a_failure(tmp_path):
    (tmp_path / "w.yml").write_text(WORKFLOW)
    tests = "".join(f"  - {{name: t{number}, expect: {{status: failed}}}}\n" for number in range(5))
    (tmp_path / "x.test.yml").write_text(f"workflow: w.yml\ndefault_stub: ok\ntests:\n{tests}")
    folder = tmp_path / "runs"
    folder.mkdir()
    cases = prepare(find_test_files([tmp_path]), tmp_path, folder)
    assert len(Runner(1, stop_at_first=True).run(cases)) == 1
