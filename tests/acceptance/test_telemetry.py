"""Runs as OpenTelemetry sees them: a real collector on this machine, and the installed command."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading

import pytest

pytest.importorskip("opentelemetry.sdk", reason="the extra `otel` is not installed")

from support.collector import collector
from support.scripted_agent import ScriptedAgent
from support.web_server import Answer, web_server

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


@pytest.fixture
def otel():
    with collector() as running:
        yield running


def told(project, name):
    """Return what a step wrote into a file, a line each."""
    return (project.path / name).read_text().splitlines()


WORKFLOW = """
steps:
  - {id: again, type: shell, run: 'echo $TRACEPARENT >> again; test -f there || { touch there; exit 3; }', retry: 2}
  - id: choose
    type: if
    condition: true
    then:
      - {id: inside, type: shell, run: 'echo $TRACEPARENT > inside'}
  - id: fan
    type: fan-out
    items: [a, b]
    step: {id: item, type: shell, run: 'echo $TRACEPARENT > item-$PLAIT_STEP_ID'}
  - {id: never, type: shell, if: '{{ 1 == 2 }}', run: 'true'}
"""


def test_a_run_is_a_tree_of_spans_whose_ids_its_children_were_told(project, otel):
    done = project.plait("run", project.workflow(WORKFLOW), "--run-id", "r", env=otel.environment)

    assert (done.code, "warning" in done.err) == (0, False), done
    run = otel.one("run demo")
    assert run.parent == ""
    assert [span.name for span in otel.children(run)] == ["again", "choose", "fan", "never"]
    assert {span.trace for span in otel.spans} == {run.trace}
    first, second = otel.children(otel.one("again"))
    assert [f"00-{run.trace}-{each.id}-01" for each in (first, second)] == told(project, "again")
    assert (first.status, first.description, first.attributes["process.exit.code"]) == (
        "error",
        "error, exit code 3",
        3,
    )
    assert (second.status, second.attributes["plait.attempt"]) == ("unset", 2)
    assert [name for name, _ in otel.one("again").events] == ["plait.retry"]
    inside = otel.one("inside")
    assert inside.parent == otel.one("choose").id
    assert told(project, "inside") == [f"00-{run.trace}-{otel.children(inside)[0].id}-01"]
    items = otel.named("fan:item")
    assert {item.parent for item in items} == {otel.one("fan").id}
    assert {item.attributes["plait.item.index"] for item in items} == {0, 1}
    for item in items:
        [attempt] = otel.children(item)
        assert told(project, f"item-{item.attributes['plait.step.id']}") == [f"00-{run.trace}-{attempt.id}-01"]
    never = otel.one("never")
    assert (never.attributes["plait.status"], otel.children(never)) == ("skipped", [])
    assert all(span.began <= span.ended for span in otel.spans)
    assert len({span.id for span in otel.spans}) == len(otel.spans)
    assert run.resource["service.name"] == "plait"


def test_what_is_measured_adds_up(project, otel):
    project.plait("run", project.workflow(WORKFLOW), env=otel.environment)

    steps = {each["plait.step.path"]: count for each, count in otel.points("plait.step.duration")}
    assert steps == {"again": 1, "choose": 1, "inside": 1, "fan": 1, "fan:item": 2}
    assert sum(count for _, count in otel.points("plait.attempt.duration")) == 7
    [(retried, count)] = otel.points("plait.step.retries")
    assert (retried["plait.step.path"], retried["error.type"], count) == ("again", "error", 1)
    [(items, count)] = otel.points("plait.items")
    assert (items["plait.status"], count) == ("completed", 2)
    assert otel.points("plait.run.duration") == [({"plait.workflow.id": "demo", "plait.status": "completed"}, 1)]
    assert otel.metric("plait.run.duration").unit == "s"


def test_a_failed_run_says_so_by_class_and_exit_code_alone(project, otel):
    flow = """
        steps:
          - {id: late, type: shell, run: sleep 60, timeout: 0.2, continue_on_error: true}
          - {id: bad, type: shell, run: 'echo hidden-words >&2; exit 4'}
        """
    assert project.plait("run", project.workflow(flow), env=otel.environment).code == 1

    late, bad, run = otel.one("late"), otel.one("bad"), otel.one("run demo")
    assert (late.status, late.attributes["error.type"], late.attributes["plait.continued"]) == (
        "error",
        "timeout",
        True,
    )
    assert (bad.status, bad.description) == ("error", "error, exit code 4")
    assert (run.status, run.attributes["plait.status"]) == ("error", "failed")
    assert b"hidden-words" not in b"".join(otel.raw)


def test_agents_are_told_of_in_the_words_of_the_genai_conventions_and_nothing_they_say_is(project, otel):
    (project.path / ".specify").mkdir()
    agent = ScriptedAgent(project.path, "claude")
    agent.always(agent.says("ANSWER-words", cost=0.25, tokens=(100, 40, 7)) + 'echo "$TRACEPARENT" > parent\n')
    flow = """
        inputs: {topic: {type: string}}
        steps:
          - id: write
            type: prompt
            integration: claude
            model: opus
            prompt: "PROMPT-words about {{ inputs.topic }}"
            env: {TOKEN: {secret: TOKEN}}
          - {id: say, type: shell, run: 'echo OUTPUT-words {{ inputs.topic }} $TOKEN', env: {TOKEN: {secret: TOKEN}}}
          - {id: g, type: gate, message: "MESSAGE-words", options: [approve, reject]}
        """
    given = ("-i", "topic=INPUT-words")
    env = {**otel.environment, "PLAIT_SECRET_TOKEN": "SECRET-words"}
    assert project.plait("run", project.workflow(flow), *given, "--run-id", "r", env=env).code == 3

    call = otel.one("invoke_agent claude")
    assert call.kind == 3
    assert call.parent == otel.one("write").id
    assert told(project, "parent") == [f"00-{call.trace}-{call.id}-01"]
    expected = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.agent.name": "claude",
        "gen_ai.request.model": "opus",
        "gen_ai.conversation.id": "s-1",
        "gen_ai.usage.input_tokens": 140,
        "gen_ai.usage.cache_read.input_tokens": 40,
        "gen_ai.usage.output_tokens": 7,
        "plait.agent.cost_usd": 0.25,
    }
    assert {name: call.attributes.get(name) for name in expected} == expected
    usage = {each["gen_ai.token.type"]: count for each, count in otel.points("gen_ai.client.token.usage")}
    assert usage == {"input": 1, "output": 1}
    assert otel.points("plait.agent.cost")[0][1] == 0.25
    assert otel.points("gen_ai.client.operation.duration")[0][1] == 1
    assert [name for name, _ in otel.one("g").events] == ["plait.waiting"]
    assert not re.findall(rb"[\w-]*-words", b"".join(otel.raw))


def test_a_run_belongs_to_the_trace_it_was_started_in_and_a_resume_does_too(project, otel):
    flow = project.workflow("""
        steps:
          - {id: before, type: shell, run: 'echo $TRACEPARENT $TRACESTATE > before'}
          - {id: g, type: gate, message: go, options: [go, reject]}
          - {id: after, type: shell, run: 'echo $TRACEPARENT $TRACESTATE > after'}
        """)
    started = {**otel.environment, "TRACEPARENT": f"00-{TRACE}-{PARENT}-01", "TRACESTATE": "vendor=1"}
    assert project.plait("run", flow, "--run-id", "r", env=started).code == 3
    project.plait("answer", "r", "--choice", "go")
    other = {**otel.environment, "TRACEPARENT": f"00-{'c' * 32}-{'d' * 16}-01", "TRACESTATE": "other=2"}
    assert project.plait("resume", "r", env=other).code == 0

    run, resume = otel.one("run demo"), otel.one("resume demo")
    assert {span.trace for span in otel.spans} == {TRACE}
    assert (run.parent, run.links, run.state) == (PARENT, [], "vendor=1")
    assert (resume.parent, resume.links) == (run.id, ["d" * 16])
    assert otel.one("after").parent == resume.id
    [attempt] = otel.children(otel.one("after"))
    assert told(project, "before")[0].endswith("-01 vendor=1")
    assert told(project, "after") == [f"00-{TRACE}-{attempt.id}-01 vendor=1"]
    assert project.events()[0]["traceparent"] == f"00-{TRACE}-{PARENT}-01"
    assert len({span.id for span in otel.spans}) == len(otel.spans)


def test_a_trace_that_is_not_sampled_stays_that_way(project, otel):
    flow = project.workflow("steps: [{id: a, type: shell, run: 'echo $TRACEPARENT > a'}]")
    env = {**otel.environment, "TRACEPARENT": f"00-{TRACE}-{PARENT}-00"}

    assert project.plait("run", flow, env=env).code == 0
    assert otel.spans == []
    assert re.fullmatch(rf"00-{TRACE}-[0-9a-f]{{16}}-00", told(project, "a")[0])


def test_a_run_that_was_killed_goes_on_in_its_trace_and_nothing_is_left_without_a_parent(project, otel):
    flow = project.workflow("""
        steps:
          - {id: first, type: shell, run: 'true'}
          - id: fan
            type: fan-out
            items: [quick, slow]
            max_concurrency: 2
            step:
              id: item
              type: shell
              run: |
                echo $TRACEPARENT >> parents-{{ item }}
                [ {{ item }} = quick ] || [ -f resumed ] || { echo $$ > pid; exec sleep 600; }
        """)
    env = {**otel.environment, "OTEL_BSP_SCHEDULE_DELAY": "50"}
    running = project.start("run", flow, "--run-id", "r", env=env)
    project.pid("pid")
    project.until(lambda: {span.name for span in otel.spans} >= {"first", "fan:item"})
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    (project.path / "resumed").touch()
    assert project.plait("resume", "r", env=env).code == 0

    run, resume = otel.one("run demo"), otel.one("resume demo")
    assert {span.trace for span in otel.spans} == {run.trace}
    assert (run.status, run.attributes["error.type"]) == ("error", "process_died")
    assert (resume.parent, resume.status) == (run.id, "unset")
    ids = {span.id for span in otel.spans}
    assert [span.name for span in otel.spans if span.parent and span.parent not in ids] == []
    assert len(ids) == len(otel.spans)
    slow = [line.split("-")[2] for line in told(project, "parents-slow")]
    attempts = [span for span in otel.spans if span.id in slow]
    assert [span.status for span in sorted(attempts, key=lambda each: each.began)] == ["error", "unset"]


@pytest.mark.parametrize("way", ["refuses", "hangs"])
def test_a_collector_that_is_not_there_costs_one_line(project, way):
    flow = project.workflow("steps: [{id: a, type: shell, run: 'true'}]")
    with web_server() as server, socket.create_server(("127.0.0.1", 0)) as taken:
        release = threading.Event()
        server.pages |= dict.fromkeys(["/v1/traces", "/v1/metrics"], lambda _: release.wait() and Answer())
        url = server.url if way == "hangs" else f"http://127.0.0.1:{taken.getsockname()[1]}"
        if way == "refuses":
            taken.close()
        done = project.plait("run", flow, "--json", env={"OTEL_EXPORTER_OTLP_ENDPOINT": url})
        release.set()

    assert (done.code, json.loads(done.out)["status"]) == (0, "completed")
    [line] = [line for line in done.err.splitlines() if "telemetry" in line]
    assert line.startswith("warning: telemetry: 3 of 3 spans and the metrics did not reach 127.0.0.1:")


def test_settings_that_make_no_sense_cost_one_line(project):
    flow = project.workflow("steps: [{id: a, type: shell, run: 'true'}]")
    for variables in ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://["}, {"OTEL_BSP_MAX_QUEUE_SIZE": "-4"}):
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", **variables}
        done = project.plait("run", flow, env=env)
        assert (done.code, done.err.count("warning: telemetry")) == (0, 1), done


def test_the_end_of_a_run_that_is_cancelled_is_told_of_too(project, otel):
    flow = project.workflow("""
        notify: {command: 'echo $PLAIT_STATUS >> told'}
        steps:
          - {id: g, type: gate, message: go, options: [go, reject]}
        finally:
          - {id: last, type: shell, run: 'true'}
        """)
    assert project.plait("run", flow, "--run-id", "r", env=otel.environment).code == 3
    assert project.plait("cancel", "r", env=otel.environment).code == 0

    assert otel.one("resume demo").attributes["plait.status"] == "aborted"
    assert otel.one("last").parent == otel.one("resume demo").id
    assert told(project, "told") == ["paused", "aborted"]


@pytest.mark.parametrize(
    "variables",
    [{}, {"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, {"OTEL_TRACES_EXPORTER": "none"}],
)
def test_nothing_is_imported_where_nothing_is_asked_for(project, variables):
    flow = project.workflow("steps: [{id: a, type: shell, run: 'echo \"[$TRACEPARENT]\" > a'}]")
    code = (
        "import sys; from plait.cli.main import main; sys.argv = ['plait', 'run', sys.argv[1], '-q']\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "assert not [name for name in sys.modules if name.split('.')[0] == 'opentelemetry']"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "TRACE"))}
    done = subprocess.run(
        [sys.executable, "-c", code, str(flow)],
        cwd=project.path,
        env={**kept, **variables},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert told(project, "a") == ["[]"]


def test_what_cannot_be_had_is_said_once_and_the_run_goes_on(project):
    flow = project.workflow("steps: [{id: a, type: shell, run: 'true'}]")
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
    done = project.plait("run", flow, env=env)

    assert done.code == 0
    assert done.err.count("warning") == 1
    assert "OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc'" in done.err
