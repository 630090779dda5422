"""What is recorded of a step that an agent did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.model.outcome import StepResult

if TYPE_CHECKING:
    from plait.agents.reply import Usage
    from plait.steps.agent.task import Task
    from plait.steps.agent.trouble import Trouble
    from plait.steps.agent.work import Work


def undispatched(task: Task, trouble: Trouble) -> StepResult:
    """Return the result of a step that no agent could be given (CMD-05)."""
    output = {**task.said, "exit_code": trouble.exit_code, "dispatched": False}
    return StepResult.failed(trouble.message, output, failure=trouble.failure_class)


def output_of(work: Work) -> dict[str, object]:
    """Return the output of an attempt, whatever came of it (CMD-09, PRM-07)."""
    task, talk, called = work.task, work.talk, work.talk.last
    text, usage = called.reply.text, talk.usage
    output: dict[str, object] = {
        **task.said,
        "exit_code": called.exit_code,
        "stdout": _cut(text, task.config.capture_max_bytes),
        "stderr": called.stderr,
        "dispatched": talk.calls > 0,
        "agent": work.agent.key,
        "text": text,
        "session": talk.session,
        "usage": None if usage is None else _usage(usage),
        "changes": work.changes.listed,
        "diffstat": work.changes.diffstat,
        "denied": [dict(each) for each in talk.denied],
        "attempts": talk.calls,
    }
    if (used := talk.session_usage) is not None:
        output["session_usage"] = {"input": used.input, "cached": used.cached, "output": used.output}
    if task.config.capture:
        output |= _captured(work, text)
    if task.schema is not None:
        output["data"] = work.data
    if task.config.verify:
        output["verified"] = work.verification.passed
        output["verification"] = [each._asdict() for each in work.verification.findings]
    return output


def _usage(usage: Usage) -> dict[str, object]:
    return {"input": usage.input, "cached": usage.cached, "output": usage.output, "cost_usd": usage.cost_usd}


def _captured(work: Work, text: str) -> dict[str, object]:
    """Return what `capture: true` adds (ADD-D); what an agent wrote to stderr is never cut."""
    kind = work.trouble.kind if work.trouble is not None else ""
    return {
        "stdout_truncated": _cut(text, work.task.config.capture_max_bytes) != text,
        "stderr_truncated": False,
        "timed_out": kind in ("timeout", "idle"),
        "interrupted": kind == "stopped",
    }


def _cut(text: str, most: int | None) -> str:
    """Return the beginning of a text, of at most so many bytes."""
    if most is None or len(text) * 4 <= most:
        return text
    return text.encode("utf-8", "replace")[:most].decode("utf-8", "ignore")
