"""Checking and repairing, sessions, retries, fallbacks, waiting, limits and budgets."""

import json
import threading
import time

import pytest

from plait import WorkflowDefinition, WorkflowEngine
from plait.agents import patience
from plait.agents.limits import hold
from plait.cancellation import Cancellation
from plait.model.spending import Budget
from plait.model.status import RunStatus, StepStatus
from plait.model.workflow import AgentLimits
from plait.steps.agent.call import stricter

PROMPT = "type: prompt, prompt: do it"
HEADER = 'schema_version: "1.0"\nworkflow: {id: w, name: w, integration: one}\n'


@pytest.fixture
def soon(monkeypatch):
    """Limits pass within moments."""
    monkeypatch.setattr(patience, "FIRST_PAUSE", 0.01)


def test_work_is_checked_and_repaired_in_the_same_session(project, one):
    one.on(2, "touch right\n" + one.says("repaired"))
    fields = "verify: ['echo checking; echo bad >&2; test -f right', 'echo {{ inputs.x }} > out']"
    record = project.step(f"{PROMPT}, {fields}", "inputs: {x: {type: string, default: '$(touch owned); y'}}")

    assert record.output["verified"] is True
    assert [each["exit_code"] for each in record.output["verification"]] == [0, 0]
    assert record.output["verification"][0]["output"] == "checking\nbad\n"
    assert (project.root / "out").read_text() == "$(touch owned); y\n"
    assert not (project.root / "owned").exists()
    told = one.prompt(2)
    assert "Command: echo checking; echo bad >&2; test -f right\nExit code: 1\n" in told
    assert "checking\nbad\n" in told
    assert one.arguments(2)[-2:] == ["--session", "s-1"]


def test_work_that_is_never_right_fails_with_its_evidence(project, one):
    fields = "verify: ['true', 'head -c 9000 /dev/zero | tr \"\\\\0\" x; exit 7'], verify_attempts: 1"
    record = project.step(f"{PROMPT}, {fields}")

    assert record.status is StepStatus.FAILED
    assert "exits with 7" in record.error
    assert record.output["verified"] is False
    assert [each["exit_code"] for each in record.output["verification"]] == [0, 7]
    assert record.output["verification"][1]["output"] == "x" * 4096
    assert (record.output["attempts"], one.calls) == (2, 2)


@pytest.mark.parametrize(
    ("script", "check", "error"),
    [("", "echo {{ inputs.x | from_json }}", "JSON"), ("rm -rf ../sub\n", "true", "`cwd` is not a folder")],
)
def test_a_check_that_cannot_be_run_takes_nothing_from_the_record(project, one, script, check, error):
    (project.root / "sub").mkdir()
    one.always(script + one.says("paid for", cost=2.0))
    inputs = "inputs: {x: {type: string, default: '{'}}"
    record = project.step(f'{PROMPT}, cwd: sub, verify: ["{check}"]', inputs)

    assert error in record.error
    assert (record.output["text"], record.output["session"], record.output["verified"]) == ("paid for", "s-1", False)
    assert (record.output["usage"]["cost_usd"], one.calls) == (2.0, 1)


def test_all_checks_run_again_after_a_repair(project, one):
    one.on(2, "touch right\n" + one.says("repaired"))
    project.step(f"{PROMPT}, verify: ['echo 1 >> ran', 'test -f right', 'echo 3 >> ran']")
    assert (project.root / "ran").read_text() == "1\n1\n3\n"


def test_a_repair_has_to_fit_the_schema_as_well(project, one):
    one.on(1, one.says('{"n": 1}'))
    one.on(2, "touch right\n" + one.says("repaired"))
    one.on(3, one.says('{"n": 2}'))
    record = project.step(f"{PROMPT}, output_schema: {{type: object}}, verify: ['test -f right']")
    assert (record.output["data"], one.calls) == ({"n": 2}, 3)
    assert "answer once more with the JSON" in one.prompt(2)


def test_a_check_obeys_the_time_limit_of_the_step(project, one):
    record = project.step(f"{PROMPT}, timeout: 1, verify: ['sleep 60']")
    assert record.status is StepStatus.FAILED
    assert "did not end in time" in record.error or "timed out" in record.error


def test_a_step_goes_on_in_the_session_of_another(project, one):
    one.on(1, one.says("planned", session="plan-7"))
    state = project.run(f"steps: [{{id: a, {PROMPT}}}, {{id: b, {PROMPT}, session: continue a}}]\n")
    assert state.status is RunStatus.COMPLETED
    assert one.arguments(2)[-2:] == ["--session", "plan-7"]
    assert one.prompt(2) == "do it"


def test_a_session_that_cannot_be_continued(project, one):
    project.agent("other")
    state = project.run(f"steps: [{{id: a, {PROMPT}}}, {{id: b, {PROMPT}, session: continue a, integration: other}}]\n")
    assert state.records["b"].error == "`session: continue a`: that session is one of one, and this step is for other"
    state = project.run(f"steps: [{{id: s, {PROMPT}, if: 'false'}}, {{id: b, {PROMPT}, session: continue s}}]\n")
    assert state.records["b"].error == "`session: continue s`: that step has no session to go on with"
    problems = project.validate(f"steps: [{{id: b, {PROMPT}, session: continue none}}]")
    assert "no step 'none' stands before this one" in problems[0]
    problems = project.validate(f"steps: [{{id: b, {PROMPT}, session: resume b}}]")
    assert "must be `continue STEP`" in problems[0]


def test_a_loop_goes_on_in_its_own_session(project, one):
    project.run(
        "steps:\n  - {id: l, type: do-while, condition: 'true', max_iterations: 3,"
        f" steps: [{{id: a, {PROMPT}, session: continue a}}]}}\n"
    )
    assert ["--session" in one.arguments(number) for number in (1, 2, 3)] == [False, True, True]


@pytest.mark.parametrize(("on_retry", "goes_on"), [("continue", True), ("fresh", False)])
def test_a_retry_goes_on_or_begins_afresh(project, one, on_retry, goes_on):
    one.on(1, one.begins("s-5") + "echo it broke >&2; exit 3\n")
    record = project.step(f"{PROMPT}, on_retry: {on_retry}, retry: 2")
    assert record.status is StepStatus.COMPLETED
    assert ("s-5" in one.arguments(2)) is goes_on
    assert ("ended early: " in one.prompt(2)) is goes_on
    assert "it broke" in one.prompt(2) or not goes_on
    assert one.prompt(2).endswith("do it")


def test_a_session_that_is_lost_is_not_tried_for_ever(project, one):
    one.on(1, one.begins("s-5") + "exit 3\n")
    one.on(2, "echo no conversation found >&2; exit 1\n")
    record = project.step(f"{PROMPT}, retry: 3")
    assert record.status is StepStatus.COMPLETED
    assert "--session" in one.arguments(2)
    assert "--session" not in one.arguments(3)


@pytest.mark.parametrize(
    "script",
    [
        "echo 'invalid api key: 401 Unauthorized' >&2; exit 1\n",
        "echo 'You have exceeded your usage limit, quota exceeded' >&2; exit 1\n",
        "kill -9 $$\n",
    ],
)
def test_another_agent_takes_over(project, one, script):
    other = project.agent("other")
    one.always(script)
    record = project.step(
        f"{PROMPT}, model: m, fallback: [{{agent: other, model: '{{{{ inputs.m }}}}'}}]",
        "inputs: {m: {type: string, default: o1}}",
    )

    assert record.status is StepStatus.COMPLETED
    assert (record.output["integration"], record.output["agent"]) == ("one", "other")
    assert other.arguments(1) == ["--json", "--edit", "--model", "o1"]
    assert "falls back to other" in next(project.root.rglob("attempt-1.log")).read_text()


def test_a_fallback_uses_its_own_model(project, one):
    other = project.agent("other")
    one.always("kill -9 $$\n")
    project.step(f"{PROMPT}, model: m, fallback: other")
    assert "--model" not in other.arguments(1)


def test_an_agent_that_is_not_installed_is_replaced_an_unknown_one_is_not(project, one):
    with (project.root / ".specify" / "agents.toml").open("a") as table:
        table.write('[gone]\nexecutable = "none-such"\nrun = ["{prompt}"]\npermissions = { edit = [] }\n')
    assert project.step(f"{PROMPT}, integration: gone, fallback: [one]").output["agent"] == "one"
    assert "there is no agent" in project.step(f"{PROMPT}, integration: goone, fallback: [one]").error


def test_the_table_s_own_fallback(project, one):
    other = project.agent("other")
    table = project.root / ".specify" / "agents.toml"
    table.write_text(table.read_text().replace("[one]", '[one]\nfallback = ["other"]'))
    one.always("kill -9 $$\n")
    project.step(PROMPT)
    assert other.calls == 1
    assert project.step(f"{PROMPT}, fallback: []").status is StepStatus.FAILED


def test_a_fallback_that_fails_too_is_the_end(project, one):
    other = project.agent("other")
    one.always("kill -9 $$\n")
    other.always(other.says("no such model", error=True))
    record = project.step(f"{PROMPT}, fallback: [other, one]")
    assert "no such model" in record.error
    assert (one.calls, other.calls) == (1, 1)


def test_a_rate_limit_is_waited_out(project, one, soon):
    for number in (1, 2):
        one.on(number, one.begins() + "echo '429 Too Many Requests: rate limit' >&2; exit 1\n")
    record = project.step(PROMPT)
    assert (record.status, one.calls) == (StepStatus.COMPLETED, 3)
    assert one.arguments(3)[-2:] == ["--session", "s-1"]


def test_how_long_limits_are_waited_for(project, one, soon):
    one.always("echo '429 Too Many Requests: rate limit' >&2; exit 1\n")
    record = project.step(f"{PROMPT}, max_wait: 0")
    assert (record.status, one.calls) == (StepStatus.FAILED, 1)
    assert record.error.endswith("rate limit; not waited for: `max_wait` is 0 s")
    other = project.agent("other")
    record = project.step(f"{PROMPT}, max_wait: 0, fallback: [other]")
    assert (record.output["agent"], other.calls) == ("other", 1)


def test_a_limit_is_not_waited_for_without_end(project, one, soon, monkeypatch):
    monkeypatch.setattr(patience, "MOST_PAUSES", 2)
    one.always("echo '429 Too Many Requests: rate limit' >&2; exit 1\n")
    record = project.step(PROMPT)
    assert record.error.endswith("; not waited for: that was done 2 times in a row")


def test_a_budget_pauses_the_run_and_a_raised_one_resumes_it(project, one):
    one.always(one.says("ok", cost=1.0))
    state = project.run(
        f"budget: {{usd: 1.5}}\nsteps: [{{id: a, {PROMPT}}}, {{id: b, {PROMPT}}}, {{id: c, {PROMPT}}}]\n"
    )
    assert state.status is RunStatus.PAUSED
    paused = next(record for record in state.records.values() if record.status is StepStatus.PAUSED)
    assert paused.output["waits_for"] == "budget"
    assert paused.output["message"]
    calls = one.calls

    state = project.engine().resume(state.run_id, budget={None: Budget(usd=20)})
    assert state.status is RunStatus.COMPLETED
    assert one.calls == 3
    assert calls < 3


def test_limits_hold_over_the_items_of_a_fan_out(project, one):
    busy = project.root / "busy"
    busy.mkdir()
    one.always(
        f"mkdir {busy}/$$; ls {busy} | wc -l >> {project.root}/seen; sleep 0.2; rmdir {busy}/$$\n" + one.says("ok")
    )
    state = project.run(
        "agents: {one: {max_concurrency: 2}}\nsteps:\n  - {id: f, type: fan-out, items: [1, 2, 3, 4, 5, 6],"
        f" max_concurrency: 6, step: {{id: a, {PROMPT}}}}}\n"
    )
    assert state.status is RunStatus.COMPLETED
    seen = [int(line) for line in (project.root / "seen").read_text().split()]
    assert len(seen) == 6
    assert max(seen) == 2


def test_usage_that_is_not_told_is_null(project):
    agent = project.agent("plain", form="text")
    agent.always("echo all done\n")
    output = project.step(f"{PROMPT}, integration: plain").output
    assert (output["text"], output["usage"], output["session"]) == ("all done", None, None)


def test_an_agent_that_prints_other_json(project):
    agent = project.agent("other", form="json")
    agent.always(agent.prints(json.dumps({"response": "hi", "session_id": "x-1"})))
    output = project.step(f"{PROMPT}, integration: other").output
    assert (output["text"], output["session"]) == ("hi", "x-1")


USED_UP = "echo 'Monthly usage limit reached: quota exceeded' >&2; exit 1\n"
FAN = (
    "steps:\n  - {{id: f, type: fan-out, items: {items}, max_concurrency: 1,"
    " step: {{id: a, type: prompt, prompt: '{{{{ item }}}}', {more}}}}}\n"
)


@pytest.fixture
def quick_quota(monkeypatch):
    monkeypatch.setattr(patience, "FIRST_QUOTA_PAUSE", 0.5)
    monkeypatch.setattr(patience, "SPREAD", 0.0)


def attempts(state):
    return [state.records[f"f:a:{index}"].attempt for index in range(3)]


def test_a_quota_gives_the_place_to_other_agents_meanwhile(project, one, quick_quota):
    two = project.agent("two")
    one.on(1, one.begins() + USED_UP)
    one.on(2, f"cat {two.folder}/count > {one.folder}/others\n" + one.says("done"))
    state = project.run(FAN.format(items="[one, two, two]", more="integration: '{{ item }}'"))
    assert (state.status, one.calls, two.calls) == (RunStatus.COMPLETED, 2, 2)
    assert (one.folder / "others").read_text() == "2\n"
    assert one.arguments(2)[-2:] == ["--session", "s-1"]
    assert "ended early: " in one.prompt(2)


def test_an_agent_without_quota_is_not_called_for_others_before_its_time(project, one, quick_quota):
    one.on(1, one.begins() + USED_UP)
    state = project.run(FAN.format(items="[1, 2, 3]", more=""))
    assert (state.status, one.calls, attempts(state)) == (RunStatus.COMPLETED, 4, [2, 2, 2])
    assert [one.prompt(number)[-1] for number in (2, 3, 4)] == ["1", "2", "3"]
    assert "--session" not in one.arguments(3)


def test_another_model_may_have_a_quota_of_its_own(project, one, quick_quota):
    one.on(1, USED_UP)
    state = project.run(FAN.format(items="[1, 2, 3]", more="model: 'm{{ item }}'"))
    assert (state.status, one.calls, attempts(state)) == (RunStatus.COMPLETED, 4, [2, 1, 1])


def test_others_fall_back_at_once(project, one, quick_quota):
    two = project.agent("two")
    one.always(USED_UP)
    state = project.run(FAN.format(items="[1, 2, 3]", more="fallback: two"))
    assert (state.status, one.calls, two.calls) == (RunStatus.COMPLETED, 1, 3)


def test_what_is_never_free_again_is_given_up_together(project, one, monkeypatch):
    for name in ("FIRST_QUOTA_PAUSE", "SPREAD"):
        monkeypatch.setattr(patience, name, 0.0)
    monkeypatch.setattr(patience, "MOST_QUOTA_PAUSES", 3)
    one.always(USED_UP)
    state = project.run(FAN.format(items="[1, 2, 3]", more="").replace("max_con", "on_item_failure: continue, max_con"))
    assert (state.status, one.calls) == (RunStatus.FAILED, 6)


def test_a_step_that_is_stopped_tells_so(project, one):
    engine = project.engine()
    one.always(one.begins() + f"touch {project.root}/begun; sleep 60\n")
    threading.Thread(target=_cancel_once, args=(project.root,), daemon=True).start()
    definition = WorkflowDefinition.from_string(f"{HEADER}steps: [{{id: a, {PROMPT}}}]\n")
    state = engine.execute(definition, run_id="r")
    assert state.status is not RunStatus.COMPLETED
    assert state.records["a"].status is not StepStatus.COMPLETED


def _cancel_once(root):
    deadline = time.monotonic() + 60
    while not (root / "begun").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    WorkflowEngine(root, signals=()).cancel("r", pause=True)


def test_a_budget_that_is_used_up_between_two_calls_keeps_the_session(project, one):
    one.on(1, one.says("not yet", session="s-4", cost=2.0))
    one.on(2, one.says('{"n": 1}', session="s-4", cost=2.0))
    state = project.run(f"budget: {{usd: 1}}\nsteps: [{{id: a, {PROMPT}, output_schema: {{type: object}}}}]\n")
    assert (state.status, one.calls) == (RunStatus.PAUSED, 1)
    assert state.records["a"].output["attempts"] == 1

    state = project.engine().resume(state.run_id)
    assert (state.status, one.calls) == (RunStatus.PAUSED, 1)
    state = project.engine().resume(state.run_id, budget={None: Budget(usd=20)})
    assert (state.status, state.records["a"].output["data"]) == (RunStatus.COMPLETED, {"n": 1})
    assert one.arguments(2)[-2:] == ["--session", "s-4"]


def test_the_time_of_a_step_around_it_goes_on_while_it_waits_for_its_turn(project, one):
    """The only place is held by another for as long as the test lasts."""
    body = f"""
agents: {{one: {{max_concurrency: 1}}}}
steps:
  - id: around
    type: if
    condition: true
    timeout: 0.5
    then: [{{id: a, {PROMPT}}}]
"""
    with hold("one", AgentLimits(1), Cancellation(), lambda _: None):
        state = project.run(body)
    assert state.error == "timed out after 0.5 s"
    assert state.records["a"].error == "the time limit of a step around this one has passed"
    assert (state.records["a"].output["dispatched"], one.calls) == (False, 0)


def test_the_stricter_limits_hold():
    assert stricter(AgentLimits(3, None), AgentLimits(5, 20)) == AgentLimits(3, 20)
    assert stricter(None, AgentLimits(5, 20)) == AgentLimits(5, 20)
    assert stricter(None, None) is None


def test_what_a_whole_session_has_used_counts_once(project):
    agent = project.agent("one", form="codex")

    def answers(text, tokens):
        events = [
            {"type": "thread.started", "thread_id": "t-1"},
            {"type": "item.completed", "item": {"type": "agent_message", "text": text}},
            {"type": "turn.completed", "usage": {"input_tokens": tokens, "cached_input_tokens": 0, "output_tokens": 1}},
        ]
        return agent.prints("".join(json.dumps(event) + "\n" for event in events))

    agent.on(1, answers("no", 100))
    agent.on(2, answers("{}", 250))
    agent.on(3, answers("done", 400))
    state = project.run(
        f"budget: {{tokens: 100000}}\nsteps: [{{id: a, {PROMPT}, output_schema: {{type: object}}}},"
        f" {{id: b, {PROMPT}, session: continue a}}]\n"
    )
    assert state.records["a"].output["usage"]["input"] == 250
    assert state.records["b"].output["usage"]["input"] == 150
    assert state.records["b"].output["session_usage"] == {"input": 400, "cached": 0, "output": 1}
