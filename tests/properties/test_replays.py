"""A dry run from a recording does what the recorded run did."""

import itertools
import json
import sys
import tempfile
import zlib
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from plait import WorkflowDefinition, WorkflowEngine
from plait.model.outcome import StepResult
from plait.stubs import Rehearsal, read_stubs
from support.cases import cases
from support.random_workflows import named, workflows
from support.steps import Do

# The engine raises the limit for deep workflows; hypothesis wants it to be the same before and after each example.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 20_000))
SOME = settings(
    max_examples=cases(40),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
HEADER = 'schema_version: "1.0"\nworkflow: {id: drawn, name: Drawn, version: "1.0.0"}\nsteps: '
ODD_TEXTS = (
    "",
    "plain",
    "two\nlines\n",
    " led by a space",
    "yes",
    "1.0",
    "a: b # c",
    "\x07bell",
    "tab\there",
    "…\u2028",
)


def unreliable(salt):
    """Return a behaviour that fails in some attempts and says odd things, the same ones at every time."""

    def behave(context):
        drawn = zlib.crc32(f"{salt}{context.step_id}{context.attempt}".encode())
        output = {"value": context.item, "said": ODD_TEXTS[drawn % len(ODD_TEXTS)], "exit_code": drawn % 3}
        if drawn % 5:
            return StepResult(output={**output, "exit_code": 0})
        failure = ("error", "timeout", "rate_limit")[drawn % 3]
        return StepResult.failed(f"{context.step_id} fails: {output['said']}", output, failure=failure)

    return behave


def with_retries(value, salt):
    """Let some of the steps be tried again, for some of the failures."""
    if isinstance(value, list):
        return [with_retries(each, salt) for each in value]
    if not isinstance(value, dict):
        return value
    result = {key: with_retries(inner, salt) for key, inner in value.items()}
    if value.get("type") == "do":
        drawn = zlib.crc32(f"{salt}{value['id']}".encode())
        on = ([], ["timeout"], [2, "error"], [1])[drawn % 4]
        result["retry"] = {"attempts": 1 + drawn % 3, "delay": 0, **({"on": on} if on else {})}
    return result


def picture(state):
    records = {
        record.id: (
            record.type,
            record.status.value,
            record.attempt,
            record.error,
            record.continued,
            dict(record.output),
        )
        for record in state.records.values()
    }
    return state.status.value, state.error, state.outputs, list(records), records


@SOME
@given(workflows, st.integers(0, 50))
def test_a_recorded_run_is_repeated(workflow, salt):
    steps = with_retries(named(workflow, 1, itertools.count()), salt)
    definition = WorkflowDefinition.from_string(HEADER + json.dumps(steps))
    real, never = Do(), Do()
    real.script = {"default": unreliable(salt)}
    with tempfile.TemporaryDirectory() as root:
        engine = WorkflowEngine(Path(root) / "real", [real], signals=())
        engine.project_root.mkdir()
        recorded = engine.execute(definition, run_id="r")
        text, _ = engine.recorded_stubs(definition, recorded)
        file = Path(root) / "stubs.yml"
        file.write_text(text, encoding="utf-8")
        rehearsal = Rehearsal(read_stubs(file), Path(root) / "dry")
        dry = WorkflowEngine(Path(root) / "real", [never], signals=(), rehearsal=rehearsal)
        repeated = dry.execute(definition, run_id="r")

        assert picture(repeated) == picture(recorded)
        assert rehearsal.warnings == []
        assert never.calls == []
