"""Every field of an agent's step with every kind of value: refused with a place, or run without a traceback."""

import pytest

from plait import WorkflowDefinition
from plait.load.settings import SettingsFields
from plait.model.status import RunStatus, StepStatus
from plait.steps import StepTypes

HEAD = """\
schema_version: "1.0"
workflow: {id: w, name: w, version: 1.0.0, integration: one}
inputs: {text: {type: string, default: word}, number: {type: number, default: -1}, flag: {type: boolean, default: true}}
steps:
"""
VALUES = [
    *("null", "true", "3", "-1", "0", "1.5", ".nan", ".inf", "1e400", "word", "'word word'", "''", "' '", "'{{'"),
    *("[]", "[a, 1]", "[null]", "[[a]]", "[{}]", "{}", "{k: v}", "{k: {l: [1, {m: .nan}]}}", "{1: null}", "{null: 1}"),
    *("'{{ inputs.text }}'", "'{{ inputs.number }}'", "'{{ inputs.flag }}'", "'{{ steps.x.output.y }}'"),
    *("'{{ 1 + }}'", "['{{ inputs.number }}']", "{k: '{{ inputs.flag }}'}", "2026-01-01", "'a\\0b'", '"\\0"'),
]
TEXTS = {"command": "command: look", "prompt": "type: prompt, prompt: look"}
FIXED = {"name", "id", "type"}


def fields_of(kind):
    for model in (StepTypes()[kind].Config, SettingsFields):
        for name, field in model.model_fields.items():
            key = field.alias or name
            if key not in FIXED:
                yield kind, key


def step(kind, field, value, number=0):
    if field == kind:
        return f"  - {{id: s{number}, type: {kind}, {field}: {value}, continue_on_error: true}}\n"
    more = "" if field == "continue_on_error" else ", continue_on_error: true"
    return f"  - {{id: s{number}, {TEXTS[kind]}, {field}: {value}{more}}}\n"


def is_accepted(engine, text):
    """Whether a workflow is sound; each problem must name a place in the step, which is the last line."""
    problems = engine.validate(WorkflowDefinition.from_string(HEAD + text))
    for problem in problems:
        lines = (HEAD + text).splitlines()
        assert problem.mark.line == len(lines), problem
        assert problem.source_line == lines[-1]
        assert 1 <= problem.mark.column <= len(lines[-1])
        assert problem.message
    return not any(problem.is_error for problem in problems)


@pytest.mark.parametrize(("kind", "field"), [*fields_of("command"), *fields_of("prompt")])
def test_a_field_takes_a_value_or_says_where_it_is_wrong(project, one, kind, field):
    one.always(one.says("ok", session="s-1"))
    engine = project.engine()
    accepted = [value for value in VALUES if is_accepted(engine, step(kind, field, value))]
    if not accepted:
        return
    steps = "".join(step(kind, field, value, number) for number, value in enumerate(accepted))
    state = engine.execute(WorkflowDefinition.from_string(HEAD + steps))

    assert state.status in (RunStatus.COMPLETED, RunStatus.FAILED)
    for number, value in enumerate(accepted):
        record = state.records[f"s{number}"]
        assert record.status in (StepStatus.COMPLETED, StepStatus.FAILED, StepStatus.SKIPPED), value
        assert (record.status is StepStatus.FAILED) == bool(record.error), value
        assert "Traceback" not in (record.error or ""), value
