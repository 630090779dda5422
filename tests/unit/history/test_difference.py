"""What differs between two runs."""

import pytest

from plait.history.changes import MISSING, changes_of, text_diff
from plait.history.difference import compare
from plait.model.spending import Spending
from plait.views.difference import difference_lines, difference_payload
from plait.views.json_text import as_json
from plait.views.palette import Palette
from support.history import looked_back, timeless
from support.steps import fails

TEXT = """
inputs: {{n: {{type: integer, default: 1}}}}
steps:
  - {{id: a, type: do, value: "{value}"}}
  - id: choose
    type: if
    condition: "{{{{ inputs.n == 1 }}}}"
    then: [{{id: one, type: do}}]
    else: [{{id: other, type: do}}]
  - {{id: fan, type: fan-out, items: "{{{{ {items} }}}}", step: {{id: leaf, type: do, value: "{{{{ item }}}}"}}}}
{more}
"""


def text(value="x", items="[1, 2]", more=""):
    return TEXT.format(value=value, items=items, more=more)


def differ(bench):
    return compare(looked_back(bench, "one"), looked_back(bench, "two"))


def lines_of(bench):
    return [timeless(line) for line in difference_lines(differ(bench), Palette())]


def test_runs_that_are_the_same(bench):
    for run_id in ("one", "two"):
        bench.run(text(), run_id=run_id)
    found = differ(bench)
    assert found.is_empty
    assert lines_of(bench) == ["one → two", "no difference", "", "time LONG → LONG"]
    assert difference_payload(found)["equal"] is True


def test_inputs_decisions_steps_and_outputs(bench):
    bench.run(text(), run_id="one")
    bench.run(text(), {"n": 2}, run_id="two", **{"fan:leaf:1": fails("broke")})
    assert lines_of(bench) == [
        "one → two",
        "",
        "run",
        '  status: "completed" → "failed"',
        '  error: null → "broke"',
        "",
        "inputs",
        "  n: 1 → 2",
        "",
        "steps",
        "  - one",
        "  + other",
        "  ~ choose",
        "      decided condition: true → false",
        "      output.condition_result: true → false",
        "  ~ fan",
        '      status: "completed" → "failed"',
        '      error: null → "broke"',
        "  ~ fan:leaf:1",
        '      status: "completed" → "failed"',
        '      error: null → "broke"',
        "      - output.value: 2",
        "",
        "time LONG → LONG",
    ]


def test_versions_of_a_workflow(bench):
    bench.run(text(), run_id="one")
    bench.run(text(value="y", more="  - {id: last, type: do}"), run_id="two")
    found = differ(bench)
    assert (found.written.added, found.written.removed, found.written.changed) == (("last",), (), ("a",))
    lines = lines_of(bench)
    assert '  -  - {id: a, type: do, value: "x"}' in lines
    assert '  +  - {id: a, type: do, value: "y"}' in lines
    assert '      output.value: "x" → "y"' in lines


def test_items_are_compared_by_their_place(bench):
    bench.run(text(), run_id="one")
    bench.run(text(items="[1, 3, 4]"), run_id="two")
    steps = {each.step_id: each for each in differ(bench).steps}
    assert set(steps) == {"fan", "fan:leaf:1", "fan:leaf:2"}
    assert steps["fan:leaf:2"].kind == "added"
    assert steps["fan:leaf:1"].output[0][1:] == (2, 3)
    assert [change.path for change in steps["fan"].facts] == [("decided items", 1), ("decided items", 2)]


def test_costs_and_tries(bench):
    def costs(usd):
        def call(context):
            if context.attempt == 1 and usd > 1:
                return fails("once")(context)
            context.spend(Spending(usd, int(usd * 100), 0.0))
            return None

        return call

    for run_id, usd in (("one", 1.0), ("two", 2.0)):
        bench.run("steps: [{id: a, type: do, retry: {attempts: 2, delay: 0.001}}]", run_id=run_id, a=costs(usd))
    found = differ(bench)
    (step,) = found.steps
    assert {change.path[0]: change[1:] for change in step.facts} == {
        "attempts": (1, 2),
        "tokens": (100, 200),
        "usd": (1.0, 2.0),
    }
    assert lines_of(bench)[-1] == "time LONG → LONG, tokens 100 → 200, cost $1.00 → $2.00"


def test_long_texts_line_by_line(bench):
    for run_id, word in (("one", "left"), ("two", "right")):
        long = "\\n".join(f"line {number}" for number in range(20_000)) + f"\\n{word}"
        bench.run(
            f'steps: [{{id: a, type: do, value: "same\\n{word}\\x1b[2J\\nend"}}, {{id: b, type: do, value: "{long}"}}]',
            run_id=run_id,
        )
    lines = lines_of(bench)
    assert "      output.value:" in lines
    assert "        -left" in lines
    assert "        +right" in lines
    assert not any("\x1b" in line for line in lines)
    as_json(difference_payload(differ(bench)))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": True}, [(("a",), 1, True)]),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}, 4]}, [(("a", 1, "b"), 2, 3), (("a", 2), MISSING, 4)]),
        ({"a": 1}, {"b": None}, [(("a",), 1, MISSING), (("b",), MISSING, None)]),
        ({"a": {}}, {"a": []}, [(("a",), {}, [])]),
    ],
)
def test_values(before, after, expected):
    assert [tuple(change) for change in changes_of(before, after)] == expected


def test_texts_of_very_many_lines_take_no_time():
    old, new = ("\n".join(f"{word} {number}" for number in range(300_000)) for word in ("a", "b"))
    assert len(text_diff(old, new)) < 20_000
