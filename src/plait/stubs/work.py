"""What a step would have been given to do, and its output if that went well without a word."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

from plait.errors import PlaitError
from plait.journal.values import as_json
from plait.load.yaml_text import to_yaml
from plait.model.fields import StepConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plait.model.step_type import StepBase, StepContext
    from plait.steps.agent.agent_step import AgentStep
    from plait.steps.shell import ShellConfig

_AGENTS_OUTPUT: Mapping[str, object] = {
    "exit_code": 0,
    "stdout": "",
    "stderr": "",
    "dispatched": True,
    "agent": None,
    "text": "",
    "session": None,
    "usage": None,
    "changes": [],
    "diffstat": None,
    "denied": [],
    "attempts": 1,
}


class Work(NamedTuple):
    """`text` is the command line, the prompt, or the step's fields; `schema` is that of an agent's answer.

    `output_format` is how the text of a shell's output is read; `waits` tells that limits that pass are waited out.
    """

    text: str
    output: dict[str, object]
    schema: Mapping[str, Any] | None = None
    output_format: str | None = None
    waits: bool = False


def work_of(kind: StepBase, config: Any, context: StepContext) -> Work:
    """Return what a step would have been given, with every expression evaluated as the step itself does.

    Raises `EvaluationError`, and `TaskError` for what no agent can be handed.
    """
    match kind.type_key:
        case "shell" if _is_own(kind):
            return _shell(config, context)
        case "command" | "prompt" if _is_own(kind):
            return _agent(kind, config, context)  # type: ignore[arg-type]
        case "init" if _is_own(kind):
            return _init(config, context)
    fields = _evaluated(config, context)
    output = {**fields, "added": True} if kind.type_key == "github" and _is_own(kind) else {}
    output.pop("operation", None)
    return Work(to_yaml(fields).rstrip("\n") if fields else "", output)


def _is_own(kind: StepBase) -> bool:
    return type(kind).__module__.startswith("plait.steps.")


def _shell(config: ShellConfig, context: StepContext) -> Work:
    from plait.steps.shell_command import bound_command  # noqa: PLC0415 - only for this type
    from plait.steps.shell_text import ShellText  # noqa: PLC0415 - only for this type

    if isinstance(config.run, ShellText):
        bound_command(config.run, context)  # a value that cannot be handed over fails here as it would in a run
        scope = context.scope()
        text = config.run.shown(lambda expression: expression.evaluate(scope))
    else:
        text = shlex.join(context.text(word) for word in config.run)
    return Work(text, {"exit_code": 0, "stdout": "", "stderr": ""}, None, config.output_format)


def _agent(kind: AgentStep, config: Any, context: StepContext) -> Work:
    task = kind.task(config, context)
    chosen = task.candidates[0]
    if chosen.agent is not None:
        text = task.prompt_for(chosen.agent, False)
    else:
        given = task.said.get("input")
        arguments = given.get("args") if isinstance(given, dict) else ""
        text = str(task.said.get("prompt") or f"/{task.said.get('command')} {arguments or ''}".rstrip())
    output = {**task.said, **_AGENTS_OUTPUT, "agent": chosen.key or None, "session": f"dry-run-{context.step_id}"}
    if config.capture:
        output |= {"stdout_truncated": False, "stderr_truncated": False, "timed_out": False, "interrupted": False}
    if config.verify:
        output |= {"verified": True, "verification": []}
    return Work(text, output, task.schema, waits=True)


def _init(config: Any, context: StepContext) -> Work:
    from plait.steps.init_step import evaluated  # noqa: PLC0415 - only for this type

    asked = evaluated(config, context)
    text = shlex.join(["specify", *asked.call.words()])
    return Work(text, {**asked.output, "exit_code": 0, "stdout": "", "stderr": ""})


def _evaluated(config: Any, context: StepContext) -> dict[str, object]:
    """Return the fields of any step that an author has set, as plain data, without those that are none.

    What cannot be evaluated is left out, too: the type itself may have done something else with it.
    """
    if isinstance(config, StepConfig):
        given = {name: getattr(config, name) for name in sorted(config.model_fields_set)}
    else:
        given = {key: value for key, value in dict(config or {}).items() if key not in ("id", "type")}
    found: dict[str, object] = {}
    for name, value in given.items():
        try:
            found[name] = as_json(context.evaluate(value))
        except (PlaitError, TypeError):
            continue
    return found
