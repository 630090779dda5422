"""`init`: set up a project, with Spec Kit where it is installed and with Plait's own files where it is not."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, NamedTuple, cast

from pydantic import Field, WithJsonSchema

from plait.agents.catalogue import agents_of
from plait.agents.invocation import executable_of
from plait.errors import PlaitError
from plait.expressions import Template
from plait.expressions.values import to_text
from plait.model.fields import EXPRESSION, StepConfig, Value
from plait.model.inputs import AUTO
from plait.model.outcome import StepResult
from plait.model.problems import Flaw
from plait.model.step_type import StepBase, StepContext
from plait.process import ProcessStartError
from plait.scaffold import Scaffolded, Script, for_folder, scaffold
from plait.scaffold.choice import usual_agent
from plait.scaffold.spec_kit import InitCall, complaint, find_specify

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from plait.agents.agent import Agent
    from plait.model.workflow import Surroundings

SCRIPTS = ("sh", "ps", "py")
_YES = ("true", "1", "yes")
_COMMANDS_FOLDER = "--commands-dir"


class InitConfig(StepConfig):
    """What `specify init` takes (INI-01); every value may be an expression, and a flag may be a text such as `yes`."""

    project: Value = Field(
        None,
        description="The folder to set up, seen from the step's, which is the default; made if there is none.",
        examples=["shop"],
    )
    here: Value = Field(
        None, description="Whether the step's folder is set up, whatever `project` says: true or false."
    )
    integration: Value = Field(
        None,
        description="The coding agent; without it the workflow's, then $SPECKIT_INTEGRATION_DEFAULT, then `copilot`.",
        examples=["claude"],
    )
    integration_options: Value = Field(
        None,
        description="The agent's own options for `specify init`; without Spec Kit only `--commands-dir DIR` is used.",
    )
    script: Annotated[
        Value,
        WithJsonSchema(
            {"anyOf": [{"enum": list(SCRIPTS)}, {"type": "string", "pattern": EXPRESSION}, {"type": "null"}]}
        ),
    ] = Field(
        None,
        description="The kind of Spec Kit's scripts: `sh`, `ps` or `py`. Without it Spec Kit chooses.",
    )
    force: Value = Field(
        None, description="Whether a folder that is not empty is added to: true or false, which is the default."
    )
    ignore_agent_tools: Value = Field(
        None,
        description="Whether it does not matter if the agent is installed: true, which is the default, or false.",
    )
    preset: Value = Field(None, description="A preset of Spec Kit's, which must be installed.")

    def check(self, surroundings: Surroundings) -> Iterable[Flaw]:
        """The kind of scripts must be a known one (INI-08)."""
        del surroundings
        known = ", ".join(f"`{each}`" for each in SCRIPTS)
        if self.script is None:
            return
        if not isinstance(self.script, Template):
            yield Flaw(f"`script` must be text: one of {known}", ("script",))
        elif self.script.is_literal and self.script.text not in SCRIPTS:
            yield Flaw(f"`script` must be one of {known}, not {self.script.text!r}", ("script",))


class Asked(NamedTuple):
    """A step's fields, evaluated; `target` is the folder that is set up."""

    call: InitCall
    target: Path
    output: dict[str, object]


class InitStep(StepBase):
    """Sets up a folder; it is told to whoever does it, so that any number of these steps can run at once (INI-06)."""

    type_key = "init"
    Config = InitConfig

    def execute(self, config: InitConfig, context: StepContext) -> StepResult:
        """Look at the target, then hand over to Spec Kit or do it ourselves."""
        asked = evaluated(config, context)
        if any("\0" in word for word in asked.call.words()):
            return _failed("a value holds the character NUL", asked.output)
        asked, reason = _checked_target(asked, context.working_folder())
        if reason:
            return _failed(reason, asked.output)
        specify = find_specify(context.environment())
        return _by_spec_kit(specify, asked, context) if specify else _by_ourselves(asked, context)


def evaluated(config: InitConfig, context: StepContext) -> Asked:
    """Return what a step asks for, its values evaluated; nothing is looked at but its environment."""
    values = {name: context.evaluate(getattr(config, name)) for name in InitConfig.model_fields}
    here, force = _is_yes(values["here"]), _is_yes(values["force"])
    ignored = values["ignore_agent_tools"]
    ignores = True if ignored is None else _is_yes(ignored)
    integration = _integration(values["integration"], context)
    project = to_text(values["project"])
    call = InitCall(
        "--here" if here else project or ".",
        to_text(integration),
        to_text(values["integration_options"]),
        to_text(values["script"]),
        to_text(values["preset"]),
        ignore_agent_tools=ignores,
        force=force,
    )
    output: dict[str, object] = {
        "argv": call.words(),
        "project": values["project"],
        "here": here,
        "integration": integration,
        "integration_options": values["integration_options"],
        "script": values["script"],
        "preset": values["preset"],
        "force": force,
        "ignore_agent_tools": ignores,
    }
    folder = context.working_folder()
    return Asked(call, folder if call.target == "--here" else folder / call.target, output)


def _is_yes(value: object) -> bool:
    return value.strip().lower() in _YES if isinstance(value, str) else bool(value)


def _integration(value: object, context: StepContext) -> object:
    """Return the step's agent, or the workflow's, or the environment's (INI-04); `auto` names none."""
    for candidate in (value, context.evaluate(context.default_integration)):
        if candidate not in (None, "", AUTO):
            return candidate
    return usual_agent(context.environment())


def _checked_target(asked: Asked, folder: Path) -> tuple[Asked, str]:
    """Refuse to fill the current folder if there is anything in it but `.specify`; allow it otherwise (INI-05)."""
    if asked.call.force:
        return asked, ""
    try:
        if asked.target.resolve() != folder.resolve():
            return asked, ""
        if any(each.name != ".specify" for each in folder.iterdir()):
            return asked, f"the target folder {str(folder)!r} is not empty; `force: true` adds to what is there"
    except (OSError, RuntimeError) as error:
        return asked, f"the target folder {str(asked.target)!r} cannot be read: {error}"
    call = asked.call._replace(force=True)
    return asked._replace(call=call, output=asked.output | {"argv": call.words(), "force": True}), ""


def _by_spec_kit(specify: str, asked: Asked, context: StepContext) -> StepResult:
    try:
        result = context.run_process([specify, *asked.call.words()])
    except ProcessStartError as error:
        return _failed(str(error), asked.output)
    stdout, stderr = context.kept(result.stdout), context.kept(result.stderr)
    output = {**asked.output, "exit_code": result.exit_code, "stdout": stdout, "stderr": stderr}
    if result.ended_by != "exit":
        said = "it was stopped" if result.ended_by == "cancelled" else f"timed out after {result.seconds:.3g} s"
        failure = "error" if result.ended_by == "cancelled" else "timeout"
        return StepResult.failed(f"`specify init`: {said}", {**output, "exit_code": -1}, failure=failure)
    if result.exit_code == 0:
        return StepResult(output=output)
    if not result.stderr.text:
        output["stderr"] = stdout
    said = complaint(result.stderr.text or result.stdout.text)
    return StepResult.failed(f"`specify init` exited with code {result.exit_code}: {said}", output)


def _by_ourselves(asked: Asked, context: StepContext) -> StepResult:
    call, output = asked.call, asked.output
    try:
        agent = agents_of(context.project_root).named(call.integration)
        agent, notes = _with_options(agent, call.integration_options)
        reason = _refusal(asked, agent, context)
        if reason:
            return _failed(reason, output)
        script = cast("Script", call.script or "sh")
        done = scaffold(asked.target, agent, script=script, force=call.force)
    except PlaitError as error:
        return _failed(f"{error.message}; {error.hint}" if error.hint else error.message, output)
    text = "\n".join([_summary(done), *notes])
    context.tell(text)
    return StepResult(output={**output, "exit_code": 0, "stdout": text + "\n", "stderr": ""})


def _refusal(asked: Asked, agent: Agent, context: StepContext) -> str:
    """Say what of a call only Spec Kit can do, or nobody should."""
    call = asked.call
    if call.preset:
        return f"the preset {call.preset!r} needs Spec Kit, whose command `specify` is not on the PATH"
    if call.script and call.script not in SCRIPTS:
        return f"`script` must be one of {', '.join(SCRIPTS)}, not {call.script!r}"
    if not call.force and asked.target.is_dir() and any(asked.target.iterdir()):
        return f"the folder {str(asked.target)!r} is there already; `force: true` adds to it"
    if not call.ignore_agent_tools and agent.executable is not None:
        executable_of(agent, context.environment())
    return ""


def _with_options(agent: Agent, options: str) -> tuple[Agent, list[str]]:
    """Apply `--commands-dir DIR`, the one option that means something here; return what is to be said of others."""
    try:
        words = shlex.split(options)
    except ValueError as error:
        raise PlaitError(f"`integration_options` cannot be read: {error}") from None
    words = [part for word in words for part in (word.split("=", 1) if word.startswith(_COMMANDS_FOLDER) else [word])]
    if _COMMANDS_FOLDER in words[:-1]:
        at = words.index(_COMMANDS_FOLDER)
        agent = for_folder(agent, words[at + 1])
        del words[at : at + 2]
    return agent, [f"Spec Kit's options {shlex.join(words)} were not used."] if words else []


def _summary(done: Scaffolded) -> str:
    kept = f", {len(done.kept)} changed ones kept" if done.kept else ""
    return (
        f"Spec Kit is not installed: Plait set up {done.root} for {done.agent.name} with files of its own"
        f" ({len(done.written)} written{kept})."
    )


def _failed(reason: str, output: dict[str, object]) -> StepResult:
    return StepResult.failed(reason, {**output, "exit_code": 1, "stdout": "", "stderr": reason})
