"""What a plan knows of each step."""

from pathlib import Path

import pytest

from plait.errors import InputError, InvalidWorkflowError
from support.bench import Bench, definition


@pytest.fixture
def plan(tmp_path):
    bench = Bench(tmp_path)

    def make(text, **inputs):
        return bench.engine.plan(definition(text), inputs)

    return make


def by_id(plan):
    return {step.id: step for step in plan.walk()}


def test_inputs_have_a_value_or_a_question(plan):
    found = plan(
        """
        inputs:
          a: {default: x}
          b: {required: true, prompt: "Which b?"}
          c: {type: number}
          d: {}
        steps: [{id: s, type: do}]
        """,
        c="7",
    )

    told = {each.name: (each.value, each.source, each.question) for each in found.inputs}
    assert told == {
        "a": ("x", "default", ""),
        "b": (None, "missing", "Which b?"),
        "c": (7, "given", ""),
        "d": (None, "none", ""),
    }
    assert [each.name for each in found.missing] == ["b"]


def test_an_input_that_does_not_fit_or_is_not_declared_is_a_mistake(plan):
    text = "inputs: {a: {type: number}, b: {required: true}}\nsteps: [{id: s, type: do}]"
    with pytest.raises(InputError, match="must be a number"):
        plan(text, a="x")
    with pytest.raises(InputError, match="`bb` is not declared by this workflow; did you mean `b`"):
        plan(text, bb="x")


def test_an_invalid_file_has_the_errors_of_validate(plan):
    with pytest.raises(InvalidWorkflowError) as caught:
        plan("steps: [{id: s, type: nothing}]")
    assert "unknown step type `nothing`" in str(caught.value)


def test_a_command_is_what_the_shell_gets(plan):
    found = by_id(
        plan(
            """
            inputs: {name: {default: "a b"}, late: {required: true}}
            steps:
              - {id: one, type: shell, run: 'echo {{ inputs.name }} "{{ steps.none.output.x }}" "{{ inputs.name }}"'}
              - {id: none, type: do}
              - {id: argv, type: shell, run: [echo, "{{ inputs.name }}", "{{ inputs.late }}"]}
            """
        )
    )

    assert found["one"].fields["run"].text == (
        'echo "${PLAIT_1_1}" "${PLAIT_1_2}" "{{ steps.none.output.x }}" "${PLAIT_3}"'
    )
    assert {name: value.text for name, value in found["one"].env.items()} == {
        "PLAIT_1_1": "a",
        "PLAIT_1_2": "b",
        "PLAIT_3": "a b",
    }
    assert found["argv"].fields["run"].unknown == ("inputs.late",)


def test_a_decision_that_is_known_takes_its_branch(plan):
    found = plan(
        """
        inputs: {mode: {default: "on"}}
        steps:
          - {id: first, type: do}
          - id: known
            type: if
            condition: "{{ inputs.mode == 'on' }}"
            then: [{id: a, type: do}]
            else: [{id: b, type: do}]
          - id: open
            type: if
            condition: "{{ steps.first.output.value }}"
            then: [{id: c, type: do, if: "{{ inputs.mode == 'off' }}"}, {id: d, type: do}]
          - id: pick
            type: switch
            expression: "{{ inputs.mode }}"
            cases: {"on": [{id: e, type: do}], "off": [{id: f, type: do}]}
            default: [{id: g, type: do}]
          - {id: late, type: do, if: "{{ steps.first.output.value }}"}
        """
    )

    assert {step.id: step.outcome for step in found.walk()} == {
        "first": "runs",
        "known": "runs",
        "a": "runs",
        "b": "not taken",
        "open": "runs",
        "c": "skipped",
        "d": "maybe",
        "pick": "runs",
        "e": "runs",
        "f": "not taken",
        "g": "not taken",
        "late": "maybe",
    }
    assert by_id(found)["open"].decision.unknown == ("steps.first.output.value",)


def test_items_and_passes_are_counted_where_that_can_be(plan):
    found = by_id(
        plan(
            """
            inputs: {list: {default: "a,b,c"}, width: {type: number, default: 2}}
            steps:
              - id: known
                type: fan-out
                items: "{{ inputs.list | split(',') }}"
                max_concurrency: "{{ inputs.width }}"
                step: {id: x, type: do, value: "{{ item }}"}
              - {id: open, type: fan-out, items: "{{ steps.known.output.results }}", steps: [{id: y, type: do}]}
              - {id: never, type: fan-out, items: [], steps: [{id: z, type: do}]}
              - id: loop
                type: while
                condition: "{{ steps.y.output.value }}"
                max_iterations: 4
                steps: [{id: p, type: do}]
              - {id: once, type: do-while, condition: "{{ inputs.width > 2 }}", steps: [{id: q, type: do}]}
              - {id: all, type: while, condition: true, max_iterations: 3, steps: [{id: r, type: do}]}
            """
        )
    )

    assert found["known"].count[:4] == ("item", 3, 3, 3)
    assert found["known"].count.width == 2
    assert found["known:x:*"].fields["value"].unknown == ("item",)
    assert (found["open"].count.number, found["open"].count.waits_for) == (None, ("steps.known.output.results",))
    assert found["open:item:*:y"].outcome == "maybe"
    assert found["never:item:*:z"].outcome == "not taken"
    assert (found["loop"].count.least, found["loop"].count.most, found["p"].outcome) == (0, 4, "maybe")
    assert (found["once"].count.number, found["q"].outcome) == (1, "runs")
    assert found["all"].count.number == 3


def test_who_does_a_step_is_found_as_the_run_finds_it(plan, tmp_path):
    (tmp_path / ".specify").mkdir(exist_ok=True)
    (tmp_path / ".specify" / "integration.json").write_text('{"default_integration": "codex"}')
    found = by_id(
        plan(
            """
            inputs: {who: {default: gemini}}
            permissions: read
            agents: {gemini: {max_concurrency: 2}}
            steps:
              - id: a
                type: prompt
                prompt: "hi {{ inputs.who }}"
                integration: "{{ inputs.who }}"
                fallback: [claude]
              - {id: b, type: prompt, prompt: hi, model: opus, permissions: full, session: continue a}
              - {id: c, type: command, command: speckit.plan, integration: "{{ steps.b.output.text }}"}
            """
        )
    )

    assert (found["a"].agent.agent.text, found["a"].agent.permissions.text) == ("gemini", "read")
    assert [each.text for each in found["a"].agent.fallback] == ["claude"]
    assert found["a"].agent.limits.max_concurrency == 2
    assert found["a"].fields["prompt"].text == "hi gemini"
    assert (found["b"].agent.agent.text, found["b"].agent.model.text) == ("codex", "opus")
    assert (found["b"].agent.session, found["b"].agent.permissions.text) == ("a", "full")
    assert found["c"].agent.agent.unknown == ("steps.b.output.text",)
    assert found["c"].agent.installed is None


def test_a_called_workflow_is_planned_with_its_inputs(tmp_path):
    (tmp_path / "part.yml").write_text(
        "workflow: {id: part, name: Part}\ninputs: {to: {required: true}, from: {default: me}}\n"
        "steps: [{id: w, type: shell, run: \"echo '{{ inputs.to }}' {{ inputs.from }}\"}]\n"
        "finally: [{id: z, type: shell, run: 'echo {{ run.status }}'}]\n"
    )
    (tmp_path / "main.yml").write_text(
        "workflow: {id: main, name: Main}\n"
        "steps:\n"
        "  - {id: known, type: workflow, workflow: part.yml, input: {to: Ada}}\n"
        "  - id: each\n    type: fan-out\n    items: [1]\n"
        '    step: {id: call, type: workflow, workflow: part.yml, input: {to: "{{ item }}"}}\n'
    )
    engine = Bench(tmp_path).engine
    found = by_id(engine.plan(engine.load_workflow(Path(tmp_path) / "main.yml")))

    assert found["known:w"].env["PLAIT_1"].text == "Ada"
    assert "{{ inputs.to }}" in found["each:call:*:w"].fields["run"].text
    assert found["known:z"].fields["run"].unknown == ("run.status",)


def test_what_must_fail_is_said(plan):
    found = by_id(
        plan(
            """
            inputs: {text: {default: nonsense}}
            steps:
              - {id: fan, type: fan-out, items: "{{ inputs.text }}", steps: [{id: x, type: do}]}
              - {id: value, type: do, value: "{{ inputs.text | from_json }}"}
              - {id: test, type: do, if: "{{ inputs.text | from_json }}"}
            """
        )
    )

    assert found["fan"].troubles == ("`items` must be a list, but it is text",)
    assert "not JSON" in found["value"].troubles[0]
    assert "not JSON" in found["test"].troubles[0]


def test_limits_and_secrets_are_shown_but_not_looked_up(plan):
    step = by_id(
        plan(
            """
            steps:
              - id: s
                type: shell
                run: "true"
                timeout: 60
                retry: {attempts: 3, delay: 1}
                continue_on_error: true
                env: {TOKEN: {secret: TOKEN}, PLAIN: "x{{ 1 }}"}
            """
        )
    )["s"]

    assert step.limits["timeout"] == 60
    assert step.limits["retry"]["attempts"] == 3
    assert step.limits["continue_on_error"] is True
    assert step.env["TOKEN"].text == "(secret TOKEN)"
    assert step.env["PLAIN"].text == "x1"


def test_a_plan_writes_nothing_and_runs_nothing(tmp_path):
    bench = Bench(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    bench.engine.plan(definition("steps: [{id: a, type: do}, {id: b, type: shell, run: 'touch x'}]"))

    assert sorted(tmp_path.rglob("*")) == before
    assert bench.calls == []
