"""Answers that are data: asked for, found, checked, asked for again."""

import pytest

from plait.agents.invocation import LONGEST_ARGUMENT
from plait.model.status import StepStatus
from plait.steps.agent.answer import AnswerError, find_answer

SCHEMA = "{type: object, properties: {n: {type: integer}}, required: [n], additionalProperties: false}"
ANYTHING = {}


def test_the_answer_is_read_and_the_schema_told(project, one):
    one.always(one.says('Here it is:\n```json\n{"n": 5}\n```\nBye.'))
    record = project.step(f"type: prompt, prompt: count, output_schema: {SCHEMA}")

    assert record.output["data"] == {"n": 5}
    assert one.prompt(1).startswith("count\n\n")
    assert '"additionalProperties": false' in one.prompt(1)


def test_a_cli_that_takes_a_schema_is_handed_it(project):
    agent = project.agent("one", native_schema=True)
    agent.always(agent.says("done", data={"n": 6}))
    record = project.step(f"type: prompt, prompt: count, output_schema: {SCHEMA}")

    assert record.output["data"] == {"n": 6}
    assert agent.prompt(1) == "count"
    assert "--schema" in agent.arguments(1)


def test_a_schema_too_long_to_hand_over_is_asked_for_in_words(project):
    agent = project.agent("one", native_schema=True)
    agent.always(agent.says('{"n": 6}'))
    schema = f"{{type: object, description: {'x' * LONGEST_ARGUMENT}}}"
    record = project.step(f"type: prompt, prompt: count, output_schema: {schema}")

    assert record.output["data"] == {"n": 6}
    assert "--schema" not in agent.arguments(1)
    assert "JSON Schema" in agent.prompt(1)


def test_a_cli_that_refuses_the_schema_is_asked_in_words(project):
    agent = project.agent("one", native_schema=True)
    agent.on(1, agent.says("invalid_json_schema: `required` is missing", error=True))
    agent.on(2, agent.says('{"n": 7}'))
    record = project.step(f"type: prompt, prompt: count, output_schema: {SCHEMA}")

    assert record.output["data"] == {"n": 7}
    assert "--schema" not in agent.arguments(2)
    assert "JSON Schema" in agent.prompt(2)


def test_it_is_asked_again_in_the_same_session(project, one):
    one.on(1, one.says("I have counted.", session="s-9", cost=0.5))
    one.on(2, one.says('{"n": "five"}', session="s-9", cost=0.5))
    one.on(3, one.says('{"n": 5}', session="s-9", cost=0.5))
    record = project.step(f"type: prompt, prompt: count, output_schema: {SCHEMA}")

    assert record.output["data"] == {"n": 5}
    assert record.output["attempts"] == 3
    assert record.output["usage"] == {"input": 30, "cached": 0, "output": 15, "cost_usd": 1.5}
    assert one.arguments(2)[-2:] == ["--session", "s-9"]
    assert "there is no JSON value in it" in one.prompt(2)
    assert "at $.n: 'five' is not of type 'integer'" in one.prompt(3)
    assert "count" not in one.prompt(3).split("\n")[0]


def test_an_agent_without_sessions_is_told_everything_again(project):
    agent = project.agent("one", continues=False)
    agent.on(1, agent.says("My answer is five."))
    agent.on(2, agent.says('{"n": 5}'))
    record = project.step(f"type: prompt, prompt: count, output_schema: {SCHEMA}")

    assert record.output["data"] == {"n": 5}
    assert agent.prompt(2).startswith("count\n\n")
    assert "My answer is five." in agent.prompt(2)
    assert "--session" not in agent.arguments(2)


def test_it_gives_up_and_keeps_the_text(project, one):
    one.always(one.says("no"))
    record = project.step(f"type: prompt, prompt: count, output_schema: {SCHEMA}, schema_attempts: 1, retry: 1")

    assert record.status is StepStatus.FAILED
    assert record.error == "the answer is not the JSON asked for: there is no JSON value in it"
    assert (record.output["text"], record.output["data"], one.calls) == ("no", None, 2)


def test_a_bad_answer_is_a_class_that_retry_can_name(project, one):
    one.always(one.says("no"))
    fields = f"type: prompt, prompt: x, output_schema: {SCHEMA}, schema_attempts: 0"
    project.step(f"{fields}, retry: {{attempts: 2, 'on': [bad_output]}}")
    assert one.calls == 2
    project.step(f"{fields}, retry: {{attempts: 2, 'on': [timeout]}}")
    assert one.calls == 3


@pytest.mark.parametrize("name", ["s.json", "s.yaml"])
def test_a_schema_in_a_file(project, one, name):
    text = '{"type": "object", "required": ["n"]}' if name.endswith("json") else "type: object\nrequired: [n]\n"
    (project.root / name).write_text(text)
    one.on(1, one.says("{}"))
    one.on(2, one.says('{"n": 1}'))
    record = project.step(f"type: prompt, prompt: x, output_schema: {name}")
    assert (record.output["data"], one.calls) == ({"n": 1}, 2)


def test_a_schema_file_that_is_not_there(project, one):
    record = project.step("type: prompt, prompt: x, output_schema: none.json")
    assert "names a file that does not exist" in record.error
    assert one.calls == 0


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ("{type: objekt}", "is no JSON Schema: 'objekt' is not valid"),
        ("{properties: {a: {$ref: 'https://example.org/s.json'}}}", "refers to 'https://example.org/s.json'"),
        ("{properties: {a: {$ref: 'other.json'}}}", "refers to 'other.json', which is not in it"),
        ("{properties: {a: {$ref: '#/$defs/none'}}}", "refers to '#/$defs/none', which is not in it"),
        ("[1]", "must be a JSON Schema, or the path of a file"),
    ],
)
def test_a_schema_that_is_none_is_a_problem(project, one, schema, problem):
    problems = project.validate(f"steps: [{{id: a, type: prompt, prompt: x, output_schema: {schema}}}]")
    assert len(problems) == 1
    assert problem in problems[0]


def test_references_inside_a_schema_are_followed(project, one):
    schema = "{$defs: {n: {type: integer}}, properties: {n: {$ref: '#/$defs/n'}}}"
    one.on(1, one.says('{"n": "x"}'))
    one.on(2, one.says('{"n": 1}'))
    assert project.step(f"type: prompt, prompt: x, output_schema: {schema}").output["data"] == {"n": 1}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ("  [1, 2]\n", [1, 2]),
        ("5", 5),
        ('first {"a": 1} then {"b": [1, {"c": "}{"}]} end', {"b": [1, {"c": "}{"}]}),
        ('```json\n{"a": 1}\n```\nand\n```json\n{"a": 2}\n```', {"a": 2}),
        ('use `{x}` like {this}: {"a": 3}.', {"a": 3}),
        ('```json\n{"a": \n``` but {"a": 4}', {"a": 4}),
    ],
)
def test_finding_the_value(text, value):
    assert find_answer(text, None, ANYTHING) == value


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is empty"),
        ("nothing", "there is no JSON value"),
        ("{" * 3000, "there is no JSON value"),
        ('{"a": 1, "a": 2}', "the key 'a' stands twice"),
        ('{"a": NaN}', "a number that cannot be used"),
        ('{"a": 1e999}', "a number that cannot be used"),
        ("9" * 10_000, "a number that cannot be used"),
        ("[" * 500 + "]" * 500, "nested"),
        ("[" * 200_000, "nested too deep"),
    ],
)
def test_answers_that_are_refused(text, problem):
    with pytest.raises(AnswerError, match=problem):
        find_answer(text, None, ANYTHING)


def test_an_answer_made_to_be_read_for_ever_is_given_up():
    with pytest.raises(AnswerError):
        find_answer('{"a":"' * 200_000, None, ANYTHING)


def test_data_that_the_cli_hands_over_counts_first():
    assert find_answer("{}", [1], ANYTHING) == [1]
    with pytest.raises(AnswerError, match="not finite"):
        find_answer("{}", [float("inf")], ANYTHING)


def test_a_schema_that_refers_to_itself_without_end():
    schema = {"$ref": "#"}
    with pytest.raises(AnswerError, match="too deep to be checked"):
        find_answer("{}", None, schema)
