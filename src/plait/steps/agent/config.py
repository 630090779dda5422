"""What an author writes for a step that an agent does."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt

from plait.agents import STEP_TYPES
from plait.errors import EvaluationError
from plait.expressions import Template
from plait.model.fields import StepConfig, Text, Value
from plait.model.problems import Flaw, Severity
from plait.model.workflow import PERMISSIONS
from plait.steps import BUILT_IN
from plait.steps.agent.field_types import (
    AgentName,
    AgentOptions,
    Commands,
    Fallbacks,
    Permissions,
    Schema,
    Session,
    Size,
    Wait,
    Words,
)
from plait.steps.agent.schema_source import SchemaError, check_schema, read_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from plait.model.workflow import Surroundings

_WITHOUT_SESSION = BUILT_IN - {*STEP_TYPES, "workflow"}
"""Types of steps that have none; the outputs of a called workflow may name one."""


class AgentConfig(StepConfig):
    """What the two types have in common.

    `session` holds the id in `continue STEP`. `output_schema` is a mapping, or the path of a file relative to the
    workflow's folder, else to the project's. What an agent says is always captured; `capture` adds fields to the
    output (ADD-D).
    """

    integration: AgentName = Field(
        None,
        description="The coding agent; `auto` is the project's default one. Without it the workflow's, else the "
        "project's.",
        examples=["claude", "codex", "auto"],
    )
    model: AgentName = Field(
        None, description="The model, as the agent names it. Without it the workflow's, else the agent's own default."
    )
    permissions: Permissions = Field(
        None,
        description="What the agent may do: `read` looks and changes nothing, `edit` changes files, `full` does "
        "anything. Without it that of the file, then of the settings, then `edit`.",
        examples=["read"],
    )
    expects: Literal["changes", "none", "any"] = Field(
        "any",
        description="What must have become of the files in the git repository, or the step fails: `changes`, `none` of "
        "them, or `any` of both.",
    )
    output_schema: Schema = Field(
        None,
        description="A JSON Schema, or the path of a file with one, beside the workflow or in the project: the answer "
        "must be such JSON, and is `output.data`.",
        examples=[{"type": "object", "required": ["files"], "properties": {"files": {"type": "array"}}}],
    )
    schema_attempts: Annotated[StrictInt, Field(ge=0)] = Field(
        2, description="How often an answer that does not fit `output_schema` is asked for again, in the same session."
    )
    session: Session = Field(
        None,
        description="`continue STEP` goes on in the session of an earlier step. Without it the agent begins a new one.",
        examples=["continue plan"],
    )
    on_retry: Literal["continue", "fresh"] = Field(
        "continue", description="Whether another try of `retry` goes on in the session, or begins a fresh one."
    )
    verify: Commands = Field(
        (),
        description="Shell commands that must succeed when the agent is done; what fails goes back to the agent.",
        examples=[["make test"]],
    )
    verify_attempts: Annotated[StrictInt, Field(ge=0)] = Field(
        2, description="How often the agent may repair what the commands of `verify` find."
    )
    fallback: Fallbacks | None = Field(
        None,
        description="Agents that take over, in this order, when one has used up its quota or cannot be used: names, "
        "or mappings of `agent` and `model`. Without it those of the settings.",
        examples=[["codex"]],
    )
    via: Literal["cli", "acp"] = Field(
        "cli", description="How the agent is spoken to: `cli`, its command line, or `acp`, the Agent Client Protocol."
    )
    max_wait: Wait = Field(
        None,
        description="The most seconds to wait, in all, for an agent's limits to pass. Without it there is no end.",
        examples=[3600],
    )
    integration_args: Words = Field(
        (),
        description="Further arguments for the agent's command line: a list, or text that is split as a shell does.",
        examples=[["--verbose"]],
    )
    integration_options: AgentOptions = Field(
        default_factory=dict, description="Settings of the agent that go over `options`."
    )
    capture: StrictBool = Field(
        False,
        description="Whether the output also has `stdout_truncated`, `stderr_truncated`, `timed_out` and "
        "`interrupted`; what the agent says is kept in any case.",
    )
    capture_max_bytes: Size = Field(
        None,
        description="The most bytes of `output.stdout` that are kept; -1, like none, is no limit.",
        examples=[65536],
    )

    def check(self, surroundings: Surroundings) -> Iterable[Flaw]:
        """The schema must be one, the step whose session is continued must be known, the checks must be safe."""
        if self.session is not None:
            yield from _session_flaws(self.session, surroundings)
        if isinstance(self.permissions, Template):
            yield from _permission_flaws(self.permissions, surroundings)
        for index, check in enumerate(self.verify):
            for flaw in check.text.check(surroundings):
                yield flaw._replace(path=("verify", index, *flaw.path))
        try:
            self._known_schema(surroundings.folder)
        except SchemaError as error:
            yield Flaw(f"`output_schema` {error}", ("output_schema", *error.path), hint=error.hint)

    def data_schema(self, folder: Path | None) -> Mapping[str, Any] | None:
        """Return the schema of `output.data`, if there is a sound one that is known already."""
        with suppress(SchemaError):
            return self._known_schema(folder)
        return None

    def _known_schema(self, folder: Path | None) -> Mapping[str, Any] | None:
        """Return the schema, or None for a file that is not beside the workflow: it may be in the project."""
        if isinstance(self.output_schema, dict):
            if self._inline_fault is not None:
                raise self._inline_fault
            return self.output_schema
        if self.output_schema is None or folder is None or not (file := folder / self.output_schema).is_file():
            return None
        return read_schema(file)

    @cached_property
    def _inline_fault(self) -> SchemaError | None:
        """What is wrong with a schema that stands in the step: a large one takes long to check."""
        try:
            check_schema(self.output_schema)
        except SchemaError as error:
            return error
        return None

    def schema_for_run(self, folders: Iterable[Path]) -> Mapping[str, Any] | None:
        """Return the schema, its file looked for in these folders; raises `SchemaError` if there is none."""
        if not isinstance(self.output_schema, str):
            return self.output_schema  # type: ignore[no-any-return]
        places = [folder / self.output_schema for folder in folders]
        for place in places:
            if place.is_file():
                return read_schema(place)
        raise SchemaError(f"names a file that does not exist: {', '.join(dict.fromkeys(map(str, places)))}")


def _session_flaws(step_id: str, surroundings: Surroundings) -> Iterable[Flaw]:
    kind = surroundings.kinds_before.get(step_id)
    if step_id not in surroundings.ids_before:
        yield Flaw(f"no step {step_id!r} stands before this one", ("session",))
    elif kind in _WITHOUT_SESSION:
        hint = "only steps that an agent does have one"
        yield Flaw(f"step {step_id!r} has no session to go on with: it is a `{kind}` step", ("session",), hint)
    elif step_id == surroundings.step_id and not surroundings.in_loop:
        text = "a step goes on with its own session only in a loop; here this has no effect"
        yield Flaw(text, ("session",), "leave it out: retries go on with the session by themselves", Severity.WARNING)


def _permission_flaws(template: Template, surroundings: Surroundings) -> Iterable[Flaw]:
    """Warn of values that an input may have, but permissions may not."""
    paths = {reference.path for reference in template.references}
    if len(paths) != 1 or len(path := paths.pop()) != 2 or path[0] != "inputs":  # noqa: PLR2004 - `inputs` and a name
        return
    declared = surroundings.inputs.get(str(path[1]))
    odd = []
    for value in (declared.enum or ()) if declared is not None else ():
        with suppress(EvaluationError):
            level = template.evaluate({"inputs": {str(path[1]): value}})
            if level and level not in PERMISSIONS:
                odd.append(level)
    if odd:
        text = f"`permissions` must be read, edit or full, but the input {path[1]!r} may make it {odd[0]!r}"
        yield Flaw(text, ("permissions",), severity=Severity.WARNING)


def _blank_flaws(field: str, template: Template) -> Iterable[Flaw]:
    if template.is_literal and not template.render({}).strip():
        yield Flaw(f"`{field}` is empty, so the step fails", (field,), severity=Severity.WARNING)


class CommandConfig(AgentConfig):
    """`command` names one of the agent's own commands; of `input` only `args` reaches it (CMD-01, CMD-02)."""

    command: Text = Field(
        description="The name of one of the agent's own commands.", examples=["speckit.plan", "speckit.implement"]
    )
    input: dict[str, Value] = Field(
        default_factory=dict,
        description="`args` are the command's arguments. All of it is recorded; nothing else reaches the command.",
        examples=[{"args": "{{ inputs.feature }}"}],
    )
    options: AgentOptions = Field(
        default_factory=dict, description="Settings of the agent, over those of the workflow."
    )

    def check(self, surroundings: Surroundings) -> Iterable[Flaw]:
        """As of every agent's step; and a command needs a name."""
        yield from _blank_flaws("command", self.command)
        yield from super().check(surroundings)


class PromptConfig(AgentConfig):
    """`prompt` is what the agent is told (PRM-01)."""

    prompt: Text = Field(description="What the agent is told.", examples=["Which files need tests most?"])

    def check(self, surroundings: Surroundings) -> Iterable[Flaw]:
        """As of every agent's step; and there must be something to tell."""
        yield from _blank_flaws("prompt", self.prompt)
        yield from super().check(surroundings)
