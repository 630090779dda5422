"""What stubs make of a run."""

import pytest

from plait import StepBase, StepResult, WorkflowDefinition, WorkflowEngine
from plait.stubs import Rehearsal, StubsError, read_stubs

HEADER = "workflow: {id: demo, name: Demo, integration: claude}\n"


class Ping(StepBase):
    """A project's own type, which says nothing about itself."""

    type_key = "ping"

    def execute(self, config, context):
        raise AssertionError("it was executed")


class Both(StepBase):
    """A project's own type that only decides."""

    type_key = "both"
    acts = False

    def execute(self, config, context):
        return StepResult(next_steps=[{"id": "made", "type": "shell", "run": "exit 1"}])


@pytest.fixture
def dry(tmp_path):
    class Dry:
        def __call__(self, steps, stubs="", inputs=None, top=""):
            file = tmp_path / "x.stubs.yml"
            file.write_text(stubs)
            self.runs = getattr(self, "runs", 0) + 1
            self.rehearsal = Rehearsal(read_stubs(file), tmp_path / "dry" / str(self.runs))
            engine = WorkflowEngine(tmp_path, [Ping(), Both()], signals=(), rehearsal=self.rehearsal)
            definition = WorkflowDefinition.from_string(f"{HEADER}{top}\nsteps:\n{steps}")
            return engine.execute(definition, inputs or {}, "r")

    return Dry()


def output(state, step_id):
    return dict(state.records[step_id].output)


def test_a_shell_is_given_its_text_and_answers_as_a_real_one(dry):
    state = dry(
        "  - {id: a, type: shell, run: 'echo {{ inputs.x }} | wc'}\n"
        "  - {id: b, type: shell, run: [x, '{{ inputs.x }}']}",
        "default_stub: {output: {stdout: hi}}",
        {"x": "1; rm -rf /"},
        "inputs: {x: {}}",
    )
    assert output(state, "a") == {"exit_code": 0, "stdout": "hi", "stderr": ""}
    assert dict(dry.rehearsal.given) == {"a": ["echo 1; rm -rf / | wc"], "b": ["x '1; rm -rf /'"]}


@pytest.mark.parametrize(
    ("stub", "expected"),
    [
        ("{output: {stdout: '[1, 2]'}}", ("completed", [1, 2], None)),
        ("{output: {stdout: '[1, 2'}}", ("failed", None, "its output is not valid JSON")),
        ("{output: {data: [3]}}", ("completed", [3], None)),
        ("{}", ("completed", None, None)),
    ],
)
def test_what_a_shell_is_said_to_print_is_read_like_the_real_thing(dry, stub, expected):
    state = dry("  - {id: a, type: shell, run: x, output_format: json}", f"stubs: {{a: {stub}}}")
    status, data, error = expected
    assert (state.status, output(state, "a").get("data")) == (status, data)
    assert error is None or error in state.error


@pytest.mark.parametrize(
    ("stub", "error", "code"),
    [
        ('{exit_code: 3, output: {stderr: "a\\nno disk\\n"}}', "the command exited with code 3: no disk", 3),
        ("{failure: timeout}", "timed out", -1),
        ("{error: broken}", "broken", 1),
        ("{output: {exit_code: 2}}", "the command exited with code 2", 2),
    ],
)
def test_failures(dry, stub, error, code):
    state = dry("  - {id: a, type: shell, run: x}", f"stubs: {{a: {stub}}}")
    assert (state.status, state.error, output(state, "a")["exit_code"]) == ("failed", error, code)


def test_attempts_are_answered_one_by_one_and_pauses_take_no_time(dry):
    steps = "  - {id: a, type: shell, run: x, retry: {attempts: 5, delay: 300, on: [75, timeout]}}"
    state = dry(steps, "stubs: {a: {on_attempt: {1: {exit_code: 75}, 2: {failure: timeout}, 3: {exit_code: 1}}}}")
    assert (state.status, state.records["a"].attempt) == ("failed", 3)


def test_a_limit_that_an_agent_runs_into_in_one_attempt_passes_at_once(dry):
    steps = "  - {id: a, type: prompt, prompt: x}"
    state = dry(
        steps, "stubs: {a: {output: {text: done}, on_attempt: {1: {failure: quota}, 2: {failure: overloaded}}}}"
    )
    assert (state.status, state.records["a"].attempt, output(state, "a")["stdout"]) == ("completed", 3, "done")
    assert dry("  - {id: a, type: prompt, prompt: x}", "stubs: {a: {failure: quota}}").status == "failed"


@pytest.mark.parametrize(
    ("stub", "data"),
    [
        ("{output: {data: {n: 2}}}", {"n": 2}),
        ("{output: {text: 'Here: {\"n\": 4}'}}", {"n": 4}),
        ("{}", {"n": 1}),
    ],
)
def test_an_agent_s_data_fit_its_schema(dry, stub, data):
    schema = "{type: object, required: [n], properties: {n: {type: integer, minimum: 1}}}"
    state = dry(f"  - {{id: a, type: prompt, prompt: x, output_schema: {schema}}}", f"stubs: {{a: {stub}}}")
    assert output(state, "a")["data"] == data


def test_an_answer_that_is_no_json_fails_as_a_real_one_does(dry):
    steps = "  - {id: a, type: prompt, prompt: x, output_schema: {type: object}}"
    assert "is not the JSON asked for" in dry(steps, "stubs: {a: {output: {text: sorry}}}").error


def test_a_schema_in_a_file_of_the_project_is_checked_when_the_step_is_met(dry, tmp_path):
    (tmp_path / "s.json").write_text('{"type": "object", "required": ["n"]}')
    steps = "  - {id: a, type: prompt, prompt: x, output_schema: s.json}"
    with pytest.raises(StubsError) as caught:
        dry(steps, "stubs:\n  a: {output: {data: {}}}")
    (problem,) = caught.value.problems
    assert (problem.mark, "'n' is a required property" in problem.message) == ((2, 7), True)


@pytest.mark.parametrize(
    ("stub", "status"),
    [("{choice: approve}", "completed"), ("{choice: reject, comment: no}", "aborted"), ("{choice: null}", "paused")],
)
def test_gates(dry, stub, status):
    assert dry("  - {id: g, type: gate, message: ok?}", f"stubs: {{g: {stub}}}").status == status


def test_a_gate_without_a_stub_waits_and_with_a_default_one_goes_on(dry):
    steps = "  - {id: g, type: gate, message: ok?, options: [reject, later, now]}"
    assert dry(steps).status == "paused"
    assert output(dry(steps, "default_stub: ok"), "g")["choice"] == "later"


def test_spending_counts_for_budgets(dry):
    steps = "  - {id: f, type: fan-out, items: [1, 2, 3], step: {id: a, type: prompt, prompt: x, budget: {usd: 9}}}"
    state = dry(steps, "stubs: {a: {spent: {usd: 0.6, tokens: 10}}}", top="budget: {usd: 1}")
    assert (state.status, round(state.spent.usd, 2), state.spent.tokens) == ("paused", 0.6, 10)


def test_a_delay_beyond_the_time_limit_is_a_timeout(dry):
    steps = "  - {id: a, type: shell, run: x, timeout: 0.05}\n"
    assert "timed out" in dry(steps, "stubs: {a: {delay: 30}}").error


def test_types_of_a_project_s_own(dry):
    state = dry(
        "  - {id: p, type: ping, to: '{{ 1 == 1 }}', odd: '{{ 1 +'}\n  - {id: b, type: both}",
        "stubs: {p: {output: {x: [1]}}, made: {}}",
    )
    assert (state.status, output(state, "p")) == ("completed", {"x": [1]})
    assert state.records["made"].status == "completed"
    assert dry.rehearsal.given["p"] == ["to: true\nodd: '{{ 1 +'"]


def test_an_item_that_no_stub_answers_ends_the_run(dry):
    steps = "  - {id: f, type: fan-out, items: [1, 2], on_item_failure: continue, step: {id: a, type: shell, run: x}}"
    with pytest.raises(StubsError) as caught:
        dry(steps, "stubs: {'f:a:0': {}}")
    assert [problem.message for problem in caught.value.problems] == [
        "no stub answers `f:a:1`, an occurrence of the step `a` (shell)"
    ]


def test_the_closest_stub_counts(dry):
    stubs = """stubs:
      a: {output: {stdout: plain}}
      "f:a:*": {output: {stdout: pattern}}
      "*:a:[23]": {output: {stdout: longer}}
      f:a:3: {output: {stdout: exact}}
    """
    steps = "  - {id: f, type: fan-out, items: [1, 2, 3, 4], step: {id: a, type: shell, run: x}}\n"
    state = dry(steps + "  - {id: g, type: fan-out, items: [1], step: {id: b, type: shell, run: x}}", stubs + "  b: {}")
    said = [record.output["stdout"] for record in state.records.values() if record.id.startswith("f:a:")]
    assert said == ["pattern", "pattern", "longer", "exact"]


def test_secrets_are_not_looked_up(dry, monkeypatch):
    monkeypatch.setenv("TOKEN", "hush-hush")
    steps = "  - {id: a, type: shell, run: x, env: {T: {secret: TOKEN}, U: {secret: NOWHERE}}}"
    assert dry(steps, "stubs: {a: {}}").status == "completed"


def test_nothing_is_written_to_the_project(dry, tmp_path):
    dry("  - {id: a, type: shell, run: touch made}\n  - {id: i, type: init, project: new}", "default_stub: ok")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dry", "x.stubs.yml"]


def test_a_step_behind_a_choice_needs_a_stub_only_if_it_is_reached(dry):
    steps = "  - {id: a, type: shell, run: x}\n  - {id: b, type: shell, run: x, if: '{{ inputs.wanted }}'}"
    inputs = "inputs: {wanted: {type: boolean, default: false}}"

    assert dry(steps, "stubs: {a: {}}", top=inputs).status == "completed"
    with pytest.raises(StubsError) as caught:
        dry(steps, "stubs: {a: {}}", {"wanted": True}, inputs)
    assert [problem.message for problem in caught.value.problems] == ["no stub answers the step `b` (shell)"]
