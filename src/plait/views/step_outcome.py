"""What a step came to, in a few words: an exit code, an answer, a branch, passes, items, files changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.model.status import StepStatus
from plait.views.text import clip, one_line, plural

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plait.journal import RunState, StepRecord

_LONGEST = 60


def outcome_text(record: StepRecord, state: RunState) -> str:
    """Return the words for one step, such as `claude sonnet, 3 files changed`; empty if there is nothing to say."""
    tell = _OF_TYPE.get(record.type, _of_command)
    return ", ".join(each for each in tell(record, state) if each)


def agent_text(record: StepRecord) -> str:
    """Return which agent did a step, and its model: `claude sonnet`; empty for a step that none did."""
    agent = record.output.get("agent")
    if not isinstance(agent, str) or not agent:
        return ""
    model = record["model"]
    return clip(one_line(f"{agent} {model}" if model else agent), _LONGEST)


def _of_command(record: StepRecord, _: RunState) -> list[str]:
    output = record.output
    code, changes, calls = output.get("exit_code"), output.get("changes"), output.get("attempts")
    return [
        agent_text(record),
        f"exit {code}" if code and not record.error else "",
        f"{plural(len(changes), 'file')} changed" if isinstance(changes, list) and changes else "",
        f"{calls} calls" if isinstance(calls, int) and calls > 1 else "",
    ]


def _of_gate(record: StepRecord, _: RunState) -> list[str]:
    choice, by = record.output.get("choice"), record.output.get("answered_by")
    if choice is None:
        return []
    return [clip(one_line(str(choice)), _LONGEST) + (f" by {clip(one_line(str(by)), _LONGEST)}" if by else "")]


def _of_if(record: StepRecord, _: RunState) -> list[str]:
    holds = record.output.get("condition_result")
    return [] if holds is None else ["then" if holds else "else"]


def _of_switch(record: StepRecord, _: RunState) -> list[str]:
    case = record.output.get("matched_case")
    if case is None:
        return []
    return ["default" if case == "__default__" else f"case {clip(one_line(str(case)), _LONGEST)}"]


def _of_loop(record: StepRecord, _: RunState) -> list[str]:
    passes = record.output.get("iterations")
    if not isinstance(passes, int):
        return []
    most = " (as many as allowed)" if record.output.get("ended_by") == "max_iterations" else ""
    return [f"{passes} pass{'es' * (passes != 1)}{most}"]


def _of_fan_out(record: StepRecord, state: RunState) -> list[str]:
    decided = state.decisions.get((record.id, "items"))
    if decided is None or not isinstance(decided.value, list):
        return []
    count, tally = len(decided.value), state.tally.get(record.id, {})
    done = tally.get(StepStatus.COMPLETED, 0) + tally.get(StepStatus.SKIPPED, 0)
    failed = tally.get(StepStatus.FAILED, 0)
    return [f"{done:,}/{plural(count, 'item')}", f"{failed:,} failed" if failed else ""]


def _of_parallel(record: StepRecord, _: RunState) -> list[str]:
    names = record.output.get("branches")
    return [f"{len(names)} branches"] if isinstance(names, list) else []


def _of_workflow(record: StepRecord, _: RunState) -> list[str]:
    name = record.output.get("workflow")
    return [clip(one_line(name), _LONGEST)] if isinstance(name, str) else []


_OF_TYPE: Mapping[str, Callable[[StepRecord, RunState], list[str]]] = {
    "gate": _of_gate,
    "if": _of_if,
    "switch": _of_switch,
    "while": _of_loop,
    "do-while": _of_loop,
    "fan-out": _of_fan_out,
    "parallel": _of_parallel,
    "workflow": _of_workflow,
}
