import pytest

LOOP = (
    "steps: [{{id: w, type: while, condition: true, steps: "
    "[{{id: a, type: shell, run: '{0}'}}, {{id: b, type: shell, run: x}}]}}]\n"
)
FAN_OUT = "steps: [{{id: f, type: fan-out, items: [1], {0}step: {{id: t, type: shell, run: '{1}'}}}}]\n"


def shell(text):
    return f"steps: [{{id: a, type: shell, run: '{text}'}}, {{id: b, type: shell, run: x}}]\n"


def told(loaded):
    return [(str(each.severity), each.message) for each in loaded.problems]


@pytest.mark.parametrize(
    "text",
    [
        shell("{{ inputs.x.deep }} {{ inputs }} {{ steps }} {{ context.run_id }} {{ context.workflow_dir }}"),
        shell("{{ steps.a.output.anything.at_all }}"),
        shell("{{ steps.a.status }} {{ steps.a.error }} {{ steps.a.integration }} {{ steps.a.input.args }}"),
        shell("{{ steps.a:t:0.output.stdout }}"),
        shell('{{ true }} {{ [1, 2] | join(",") }}'),
        LOOP.format("{{ steps.b.output.stdout }} {{ steps.w.output }}"),
        FAN_OUT.format("", "{{ item.x }} {{ item_index }}"),
        FAN_OUT.format("outputs: {x: '{{ item }}'}, ", "{{ steps.t.output }}"),
        "steps: [{id: w, type: while, condition: '{{ steps.c.output.ok }}', steps: [{id: c, type: shell, run: x}]}]\n",
    ],
)
def test_what_is_right(load, text):
    """EXP-06..11, REAL-2, REAL-6."""
    assert told(load("inputs: {x: {}}\n" + text)) == []


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("{{ inputs.spce }}", "there is no input `spce`", "did you mean `spec`?"),
        ("{{ inputs.zzzzzz }}", "there is no input `zzzzzz`", "declare it under `inputs`"),
        ("{{ steps.z.output }}", "there is no step `z`", ""),
        ("{{ steps.z:t:0.output }}", "there is no step `z:t:0`", ""),
        ("{{ context.runid }}", "there is no `context.runid`", "did you mean `run_id`?"),
        ("{{ input.spec }}", "`input` is nothing that an expression can read", "did you mean `inputs`?"),
    ],
)
def test_what_is_wrong(load, text, message, hint):
    """VAL-17."""
    loaded = load("inputs: {spec: {}}\n" + shell(text))
    assert told(loaded) == [("error", message)]
    assert loaded.problems[0].hint == hint
    assert loaded.workflow is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ item }}", "`item` has a value only in the steps of a fan-out; here it is null"),
        ("{{ item_index }}", "`item_index` has a value only in the steps of a fan-out; here it is null"),
        ("{{ steps.b.output.stdout }}", "step `b` has not run when this is read, so it is null"),
        ("{{ steps.a.stdout }}", "a step has no `stdout`, so this is null"),
        ("echo {{ never", "this `{{` is never closed, so it stays as it is"),
    ],
)
def test_what_is_doubtful(load, text, message):
    loaded = load(shell(text))
    assert told(loaded) == [("warning", message)]
    assert loaded.workflow is not None


@pytest.mark.parametrize(
    "field",
    ["if: '{0}'", "cwd: '{0}'", "env: {{A: '{0}'}}", "timeout: '{0}'", "outputs: {{x: '{0}'}}", "model: '{0}'"],
)
def test_expressions_of_common_fields_are_checked(load, field):
    loaded = load("steps: [{id: a, type: shell, run: x, " + field.format("{{ inputs.no }}") + "}]\n")
    assert told(loaded) == [("error", "there is no input `no`")]


@pytest.mark.parametrize(
    "text",
    [
        "outputs: {x: '{{ inputs.no }}'}\n",
        "outputs: {x: {value: {a: ['{{ inputs.no }}']}}}\n",
        "env: {A: '{{ inputs.no }}'}\n",
        "max_parallel: '{{ inputs.no }}'\n",
        "workflow: {id: a, name: A, integration: '{{ inputs.no }}'}\n",
    ],
)
def test_expressions_outside_steps_are_checked(load, text):
    loaded = load(text + "steps: [{id: a, type: shell, run: x}]\n")
    assert told(loaded) == [("error", "there is no input `no`")]
    line = loaded.problems[0].source_line
    assert line[loaded.problems[0].mark.column - 1 :].startswith("inputs.no")


def test_a_step_broken_elsewhere_is_checked_too(load):
    loaded = load("steps: [{id: a, type: gate, options: 5, message: '{{ inputs.no }}'}]\n")
    assert told(loaded) == [
        ("error", "`options` must be a non-empty list of texts"),
        ("error", "there is no input `no`"),
    ]


def test_a_field_compiled_by_its_type_is_checked_as_written(load):
    loaded = load("steps: [{id: a, type: script, text: '{{ inputs.no }}'}]\n")
    assert told(loaded) == [("error", "there is no input `no`")]


def test_steps_that_could_not_be_read_are_known(load):
    """An unknown type is one mistake; what is inside it stays known."""
    loaded = load(
        "steps:\n  - {id: x, type: nope, then: [{id: inner, type: shell, run: x}]}\n"
        "  - {id: a, type: shell, run: '{{ steps.inner.output }} {{ steps.x.output }}'}\n"
    )
    assert told(loaded) == [("error", "unknown step type `nope`")]


def test_unsound_inputs_are_not_held_against_expressions(load):
    loaded = load("inputs: 5\n" + shell("{{ inputs.x }}"))
    assert told(loaded) == [("error", "`inputs` must be a mapping of names to declarations")]


def test_an_expression_error_points_at_its_character(load):
    loaded = load("steps:\n  - id: a\n    type: shell\n    run: |\n      one\n      two {{ 1 == 2 == 3 }}\n")
    (problem,) = loaded.problems
    assert (problem.mark.line, problem.source_line[problem.mark.column - 1 :][:2]) == (7, "==")


def test_finally_may_read_every_step(load):
    assert told(load(shell("x") + "finally: [{id: z, type: shell, run: '{{ steps.b.output }}'}]\n")) == []
