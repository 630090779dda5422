"""What Plait itself tells an agent, around the author's own words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_ANSWER = 20_000


def going_on(task: str, ended: str) -> str:
    """Return the prompt that goes on with a session whose latest attempt ended early."""
    why = ended or "the process was ended"
    return (
        f"The earlier attempt at this task ended early: {why}. Look at what is done already and go on from there, "
        f"until the whole task is done. The task again:\n\n{task}"
    )


def with_schema(task: str, schema: Mapping[str, Any]) -> str:
    """Return a prompt that asks for an answer of a schema as well."""
    text = json.dumps(schema, ensure_ascii=False, indent=1)
    return (
        f"{task}\n\nWhen you are done, your last message must be one JSON value and nothing else, no explanation and "
        f"no Markdown around it. It must be valid against this JSON Schema:\n\n{text}\n"
    )


def answer_again(problem: str) -> str:
    """Return the prompt that says what was wrong with an answer."""
    return (
        f"Your last message is not the JSON that was asked for: {problem}\n\nAnswer again, with the corrected JSON "
        "value and nothing else. Do not do the work again."
    )


def repair(command: str, exit_code: int, tail: str, *, has_schema: bool) -> str:
    """Return the prompt that hands a failed check to the agent."""
    again = " Then answer once more with the JSON value that was asked for, and nothing else." if has_schema else ""
    return (
        "Your work was checked, and a check failed. Find the cause and repair it; do not change or weaken the check."
        f"{again}\n\nCommand: {command}\nExit code: {exit_code}\nEnd of its output:\n\n{tail or '(no output)'}\n"
    )


def afresh(task: str, answer: str, message: str) -> str:
    """Return a prompt that holds a whole conversation so far, for an agent that cannot go on with a session."""
    said = answer if len(answer) <= _LONGEST_ANSWER else f"(shortened) {answer[-_LONGEST_ANSWER:]}"
    return f"{task}\n\nYou have worked on this already. Your last message was:\n\n{said}\n\n{message}"
