import pytest

from plait.errors import InvalidWorkflowError
from plait.expressions import Condition, Template
from plait.load.definition import WorkflowDefinition
from plait.load.loader import load_block, load_workflow, validate_workflow
from plait.model.problems import Mark, Severity
from plait.model.workflow import Input, Retry

SHELL = "steps: [{id: a, type: shell, run: 'true'}]\n"


def errors(loaded):
    return [problem.message for problem in loaded.problems if problem.severity is Severity.ERROR]


def others(loaded):
    return [(str(each.severity), each.message) for each in loaded.problems if each.severity is not Severity.ERROR]


def test_a_whole_workflow(workflow):
    found = workflow(
        "schema_version: 1.0\n"
        "workflow: {id: demo, name: Demo, version: 1.2.3, author: A, description: B, integration: claude, model: m,\n"
        "  options: {a: 1}}\n"
        "requires: {speckit_version: '>=0.16.2,<0.17.0', integrations: {any: [codex]}}\n"
        "inputs: {n: {type: integer, default: '5', prompt: How many?}}\n"
        "steps: [{id: a, type: shell, run: 'echo {{ inputs.n }}'}]\n"
        "finally: [{id: z, type: shell, run: 'echo {{ steps.a.status }}'}]\n"
        "outputs: {x: '{{ steps.a.output.stdout }}', y: {value: [1, '{{ inputs.n }}'], description: d}}\n"
        "env: {A: 1, B: true, C: '{{ inputs.n }}'}\n"
        "max_parallel: 3\n"
    )
    assert (found.id, found.name, found.version, found.author, found.description) == ("demo", "Demo", "1.2.3", "A", "B")
    assert (found.default_integration, found.default_model, found.default_options) == ("claude", "m", {"a": 1})
    assert found.inputs == {"n": Input("n", "integer", has_default=True, default=5, prompt="How many?")}
    assert [step.id for step in found.walk()] == ["a", "z"]
    assert found.outputs["x"] == Template.parse("{{ steps.a.output.stdout }}")
    assert found.outputs["y"] == [1, Template.parse("{{ inputs.n }}")]
    assert found.env == {"A": "1", "B": "true", "C": Template.parse("{{ inputs.n }}")}
    assert found.max_parallel == 3
    assert found.text.startswith("schema_version")


def test_order_parents_and_children_follow_the_document(workflow):
    found = workflow(
        "finally: [{id: end, type: shell, run: x}]\n"
        "steps:\n"
        "  - id: top\n    type: if\n    condition: true\n"
        "    else: [{id: no, type: shell, run: x}]\n"
        "    then:\n"
        "      - {id: s, type: switch, expression: x, cases: {b: [{id: c, type: shell, run: x}]}, default: []}\n"
        "  - {id: fan, type: fan-out, items: [1], step: {id: leaf, type: shell, run: x}}\n"
    )
    facts = [(step.id, step.order, step.last, step.parent) for step in found.walk()]
    assert facts == [
        ("top", 0, 3, None),
        ("no", 1, 1, 0),
        ("s", 2, 3, 0),
        ("c", 3, 3, 2),
        ("fan", 4, 5, None),
        ("leaf", 5, 5, 4),
        ("end", 6, 6, None),
    ]
    top, fan = found.steps
    assert [child.id for child in top.children] == ["no", "s"]
    assert top.config.then == top.children[1:]
    assert top.config.else_ == top.children[:1]
    assert fan.config.step is fan.children[0]
    assert top.mark == Mark(4, 5)
    assert fan.written["items"] == [1]


def test_every_common_field(workflow):
    found = workflow(
        "inputs: {x: {}}\n"
        "steps:\n"
        "  - id: a\n    type: shell\n    run: x\n    description: ignored\n    name: 5\n"
        "    if: '{{ inputs.x }}'\n    env: {A: '{{ inputs.x }}', B: 2}\n    cwd: sub\n"
        "    timeout: 5\n    idle_timeout: '{{ inputs.x }}'\n"
        "    retry: {attempts: 3, delay: 1, backoff: 2.0, on: [timeout, 7]}\n"
        "    continue_on_error: yes\n    outputs: {o: '{{ inputs.x }}'}\n    on_interrupt: ask\n"
        "    integration: '{{ inputs.x }}'\n    options: {a: 1}\n"
    )
    settings = found.steps[0].settings
    read = Template.parse("{{ inputs.x }}")
    assert settings.name == "5"
    assert settings.condition == Condition.parse("{{ inputs.x }}")
    assert settings.env == {"A": read, "B": "2"}
    assert settings.cwd == Template.parse("sub")
    assert (settings.timeout, settings.idle_timeout) == (5.0, read)
    assert settings.retry == Retry(3, 1.0, 2.0, on=("timeout", 7))
    assert settings.continue_on_error is True
    assert settings.outputs == {"o": read}
    assert settings.on_interrupt == "ask"
    assert settings.overrides == {"integration": read, "options": {"a": 1}}


def test_a_field_of_the_type_is_no_override(workflow):
    found = workflow("steps: [{id: a, command: x, integration: claude, input: {args: y}}]\n")
    assert found.steps[0].settings.overrides == {}
    assert found.steps[0].config.integration == Template.parse("claude")


def test_the_number_of_attempts_alone(workflow):
    assert workflow("steps: [{id: a, type: shell, run: x, retry: 4}]\n").steps[0].settings.retry == Retry(4)


def test_the_default_type_is_command(workflow):
    assert workflow("steps: [{id: a, command: x}]\n").steps[0].type.type_key == "command"


@pytest.mark.parametrize("word", ["yes", "on", "true", "True"])
def test_unquoted_words_are_booleans_where_one_is_expected(workflow, word):
    found = workflow(
        f"steps:\n  - {{id: a, type: init, here: {word}}}\n  - {{id: b, type: if, condition: {word}, then: []}}\n"
    )
    assert found.steps[0].config.here is True
    assert found.steps[1].config.condition.evaluate({}) is True


def test_and_text_where_text_is_expected(workflow):
    """REAL-5: `options: [yes, no]` is meant as text."""
    found = workflow("steps: [{id: a, type: gate, message: ok, options: [yes, no]}]\n")
    assert found.steps[0].config.options == ("yes", "no")


def test_names_of_cases_are_their_text(workflow):
    """SWI-03."""
    found = workflow("steps: [{id: a, type: switch, expression: x, cases: {true: [], 1: [], 'no': [], on: []}}]\n")
    assert list(found.steps[0].config.cases) == ["true", "1", "no", "on"]


def test_the_first_of_two_cases_of_one_text_is_taken(load):
    """SWI-02."""
    loaded = load(
        "steps: [{id: a, type: switch, expression: x,"
        " cases: {1.5: [{id: b, type: shell, run: x}], '1.5': [{id: c, type: shell, run: x}]}}]\n"
    )
    assert others(loaded) == [("warning", "`1.5` is here a second time; the first one is taken")]
    assert [step.id for step in loaded.workflow.walk()] == ["a", "b"]


def test_names_in_a_mapping_are_their_text(workflow):
    found = workflow("steps: [{id: a, type: shell, run: x, env: {null: 1, yes: 2, 3: 4}}]\n")
    assert found.steps[0].settings.env == {"null": "1", "yes": "2", "3": "4"}


def test_a_null_leaves_an_optional_field_out(workflow):
    found = workflow("steps: [{id: a, type: while, condition: true, steps: [], max_iterations: }]\n")
    assert found.steps[0].config.max_iterations == 10


def test_a_type_without_a_model_gets_its_mapping(workflow):
    """Steps in it are known, so that expressions may name them."""
    found = workflow(
        "steps:\n  - {id: o, type: free, colour: red, timeout: 5, steps: [{id: i, type: shell, run: x}]}\n"
        "  - {id: b, type: shell, run: 'echo {{ steps.i.output.stdout }}'}\n"
    )
    own = found.steps[0]
    assert own.config["colour"] == "red"
    assert own.settings.timeout == 5.0
    assert [child.id for child in own.children] == ["i"]


def test_a_type_without_a_model_may_mean_something_else_by_a_common_word(load):
    loaded = load("steps: [{id: o, type: free, colour: red, retry: often, steps: 5}]\n")
    assert loaded.workflow is not None
    assert [severity for severity, _ in others(loaded)] == ["warning"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("workflow: {id: a, name: A}\nsteps: []\n", ["`steps` must be a list with at least one step"]),
        ("workflow: {id: a, name: A}\n", ["`steps` is required"]),
        (SHELL + "schema_version: '2'\n", ['`schema_version` must be "1.0"']),
        ("workflow: 5\n" + SHELL, ["`workflow` must be a mapping"]),
        ("workflow: {name: A}\n" + SHELL, ["`id` is required"]),
        ("workflow: {id: A_b, name: A}\n" + SHELL, ["`id` must be lower-case letters, digits and inner hyphens"]),
        ("workflow: {id: 'a\n\n  ', name: A}\n" + SHELL, ["`id` must be lower-case letters, digits and inner hyphens"]),
        ("workflow: {id: a, name: ''}\n" + SHELL, ["`name` is required"]),
        ("workflow: {id: a, name: A, version: 1.0}\n" + SHELL, ['`version` must be text such as "1.2.0"']),
        ("workflow: {id: a, name: A, model: 5}\n" + SHELL, ["`model` must be text"]),
        ("workflow: {id: a, name: A, options: []}\n" + SHELL, ["`options` must be a mapping"]),
        (SHELL + "requires: null\n", ["`requires` must be a mapping"]),
        (SHELL + "requires: []\n", ["`requires` must be a mapping"]),
        (SHELL + "inputs: []\n", ["`inputs` must be a mapping of names to declarations"]),
        (SHELL + "inputs: {a: text}\n", ["input `a` must be a mapping"]),
        (SHELL + "inputs: {a: {default: 5}}\n", ["the default of input `a` must be text, not 5"]),
        (SHELL + "inputs: {a: {enum: x}}\n", ["`enum` must be a list of values"]),
        ("steps: [text]\n", ["a step must be a mapping"]),
        ("steps: [{type: shell, run: x}]\n", ["`id` is required"]),
        ("steps: [{id: null, type: shell, run: x}]\n", ["`id` is required"]),
        ("steps: [{id: 5, type: shell, run: x}]\n", ["`id` must be text"]),
        ("steps: [{id: 'a:b', type: shell, run: x}]\n", ["`id` must not contain `:`"]),
        ("steps: [{id: a, type: shell}]\n", ["`run` is required"]),
        ("steps: [{id: a, type: [x]}]\n", ["`type` must be text"]),
        ("steps: [{id: a, type: nope}]\n", ["unknown step type `nope`"]),
        (
            "steps: [{id: a, type: shell, run: x, continue_on_error: 'yes'}]\n",
            ["`continue_on_error` must be true or false"],
        ),
        ("steps: [{id: a, type: shell, run: x, retry: {delay: 1}}]\n", ["`retry.attempts` is required"]),
        ("steps: [{id: a, type: shell, run: x, retry: {attempts: 2, on: [never]}}]\n", None),
        ("steps: [{id: a, type: if, condition: true, then: null}]\n", ["`then` must be a list of steps"]),
        ("steps: [{id: a, type: fan-in, wait_for: []}]\n", ["`wait_for` must not be empty"]),
        (SHELL + "max_parallel: true\n", ["`max_parallel` must be a whole number of at least 1 or an expression"]),
        (SHELL + "max_parallel: many\n", ["`max_parallel` must be a whole number of at least 1 or an expression"]),
    ],
)
def test_what_is_refused(load, text, expected):
    """DEF-02..10, INP-01, INP-08, INP-09, REQ-01, VAL-04..10."""
    loaded = load(text)
    assert loaded.workflow is None
    if expected is None:
        assert "retry.on" in errors(loaded)[0]
    else:
        assert errors(loaded) == expected


@pytest.mark.parametrize(
    "text",
    [
        "inputs: {a: {type: ''}, b: {type: null, default: [1]}, c: {required: 1, default: x}, d: {enum: null}}\n",
        "inputs: {a: {type: string, enum: [1, 2], default: '1'}}\n",
        "inputs: {integration: {default: auto, enum: [claude]}}\n",
        "inputs: {a: {type: number, enum: [1, 2], default: '2'}, b: {type: boolean, default: yes}}\n",
        "requires: {}\n",
    ],
)
def test_what_is_accepted(workflow, text):
    """INP-06..08, INP-10, INP-11."""
    workflow(text + SHELL)


def test_a_choice_that_nobody_can_make_is_a_warning(load):
    loaded = load("inputs: {a: {type: number, enum: [1, many]}}\n" + SHELL)
    assert others(loaded) == [("warning", "a choice of input `a` must be a number, not 'many'")]
    assert loaded.workflow.inputs["a"].enum == (1,)


def test_permissions_have_an_explanation_of_their_own(load):
    """REQ-02, REQ-03."""
    found = errors(load(SHELL + "requires: {permissions: [x], tools: [y]}\n"))
    assert "cannot be required" in found[0]
    assert "`tools`" in found[1]


def test_unknown_keys_still_run(load):
    """DEF-11, REAL-1: a likely misspelling is told apart from a word of another tool."""
    loaded = load("title: x\nsteps: [{id: a, type: shell, run: x, tiemout: 5, depends_on: [b], output: y}]\n")
    assert loaded.workflow is not None
    assert others(loaded) == [
        ("warning", "unknown key `title` in a workflow file: it has no effect"),
        ("typo", "unknown key `tiemout` in a `shell` step: it has no effect"),
        ("warning", "unknown key `depends_on` in a `shell` step: it has no effect"),
        ("warning", "unknown key `output` in a `shell` step: it has no effect"),
    ]


def test_everything_wrong_is_told_at_once(load):
    loaded = load(
        "workflow: {id: A, name: x}\n"
        "inputs: {n: {type: nmber}}\n"
        "steps:\n  - {id: a, type: shell, run: 5, timeout: '{{ steps.no.output }}'}\n"
        "  - {id: a, type: if, condition: x, then: [{id: b, type: shell}, 7]}\n"
    )
    assert len(errors(loaded)) == 8


def test_ids_are_unique_except_inside_a_fan_out(load, workflow):
    """VAL-07."""
    fan = "{{id: {0}, type: fan-out, items: [1], step: {{id: t, type: shell, run: x}}}}"
    workflow(f"steps: [{fan.format('f')}, {fan.format('g')}, {{id: t, type: shell, run: x}}]\n")
    loaded = load(
        "steps:\n  - {id: a, type: if, condition: true, then: [{id: b, type: shell, run: x}]}\n"
        "  - {id: b, type: shell, run: x}\n"
    )
    assert errors(loaded) == ["the id `b` is used twice; the first is in line 3"]


def test_ids_before_a_step(load):
    """VAL-11: a fan-out's own ids are gone after it."""
    loaded = load(
        "steps:\n  - {id: f, type: fan-out, items: [1], step: {id: t, type: shell, run: x}}\n"
        "  - {id: g, type: fan-in, wait_for: [f, t, later]}\n  - {id: later, type: shell, run: x}\n"
    )
    assert errors(loaded) == ["`t` is not declared before this step", "`later` is not declared before this step"]


def test_a_flaw_points_at_its_place(load):
    loaded = load("steps:\n  - id: g\n    type: fan-in\n    wait_for:\n      - no\n")
    assert loaded.problems[0].mark == Mark(6, 9)
    assert loaded.problems[0].path == ("steps", 0, "wait_for", 0)


def test_validation_returns_problems_in_the_order_of_their_places(step_types):
    """API-02."""
    definition = WorkflowDefinition.from_string("a: 1\nworkflow: 5\nsteps: []\n")
    assert [problem.message for problem in validate_workflow(definition, step_types)] == [
        "unknown key `a` in a workflow file: it has no effect",
        "`workflow` must be a mapping",
        "`steps` must be a list with at least one step",
    ]


def test_blocks_from_plain_data(step_types):
    (step,) = load_block([{"id": "a", "type": "shell", "run": "echo {{ steps.b.output }}"}], step_types)
    assert step.config.run == Template.parse("echo {{ steps.b.output }}")
    with pytest.raises(InvalidWorkflowError):
        load_block([{"id": "a", "type": "shell"}], step_types)


@pytest.mark.parametrize("shape", ["if", "switch"])
def test_steps_nested_to_the_limit(load, shape):
    head, tail = {
        "if": ("{id: s%d, type: if, condition: true, then: [", "]}"),
        "switch": ("{id: s%d, type: switch, expression: x, cases: {a: [", "]}}"),
    }[shape]
    levels = 120 if shape == "if" else 80
    text = "steps: [" + "".join(head % n for n in range(levels)) + tail * levels + "]\n"
    found = load(text).workflow
    assert sum(1 for _ in found.walk()) == levels


def test_a_thousand_levels_are_a_problem_and_no_crash(step_types):
    text = "steps: [" + "{id: a, type: if, condition: true, then: [" * 1000 + "]}" * 1000 + "]\n"
    with pytest.raises(InvalidWorkflowError):
        load_workflow(WorkflowDefinition.from_string(text), step_types)


def test_aliased_steps_share_their_settings(workflow):
    found = workflow("steps:\n  - &base {id: a, type: shell, run: x, timeout: 5}\n  - {<<: *base, id: b}\n")
    assert [(step.id, step.settings.timeout) for step in found.steps] == [("a", 5.0), ("b", 5.0)]
