"""What an author writes for a step that an agent does."""

from __future__ import annotations

import math
import shlex
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt
from pydantic_core import PydanticCustomError

from plait.agents import STEP_TYPES
from plait.errors import EvaluationError
from plait.expressions import Template
from plait.model.fields import StepConfig, Text, Value, parse_deep, parse_template, parse_value
from plait.model.problems import Flaw, Severity
from plait.model.workflow import PERMISSIONS
from plait.steps import BUILT_IN
from plait.steps.agent.schema_source import SchemaError, check_schema, read_schema
from plait.steps.shell_text import ShellText

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from plait.model.workflow import Surroundings

_NO_LIMIT = -1
_WITHOUT_SESSION = BUILT_IN - {*STEP_TYPES, "workflow"}
"""Types of steps that have none; the outputs of a called workflow may name one."""


class Check(NamedTuple):
    """One command of `verify`, as written and as the shell gets it."""

    written: Template
    text: ShellText


def _parse_name(value: object) -> object:
    if value is not None and not isinstance(value, str):
        raise PydanticCustomError("name", "must be text")
    return parse_value(value)


def _parse_permission(value: object) -> object:
    if isinstance(value, str) and "{{" in value:
        return parse_template(value)
    if value not in PERMISSIONS:
        raise PydanticCustomError("permissions", "must be `read`, `edit` or `full`, or an expression")
    return value


def _parse_words(value: object) -> object:
    """Read further arguments: text that is split as a shell splits it, or a list of single arguments."""
    if isinstance(value, str):
        try:
            return tuple(parse_value(word) for word in _split(value))
        except ValueError as error:
            raise PydanticCustomError("words", "cannot be split: {why}", {"why": str(error)}) from None
    if isinstance(value, list) and all(isinstance(word, (str, int, float)) for word in value):
        return tuple(parse_value(str(word)) for word in value)
    raise PydanticCustomError("words", "must be text, or a list of texts")


def _split(text: str) -> list[str]:
    if "{{" in text:
        raise ValueError("an expression may only stand in an argument of a list")
    return shlex.split(text)


def _parse_commands(value: object) -> object:
    commands = [value] if isinstance(value, str) else value
    if not isinstance(commands, list) or not all(isinstance(command, str) for command in commands):
        raise PydanticCustomError("commands", "must be a list of shell commands")
    templates = [parse_template(command) for command in commands]
    return tuple(Check(template, ShellText.parse(template)) for template in templates)


def _parse_wait(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise PydanticCustomError("wait", "must be a number of seconds")
    if not 0 <= value < math.inf:
        raise PydanticCustomError("wait", "must be a finite number of seconds of at least 0")
    return float(value)


def _parse_session(value: object) -> object:
    words = value.split() if isinstance(value, str) else []
    if len(words) != 2 or words[0] != "continue":  # noqa: PLR2004 - a word and an id
        raise PydanticCustomError("session", "must be `continue STEP`, with the id of an earlier step")
    return words[1]


def _parse_fallback(value: object) -> object:
    entries = value if isinstance(value, list) else [value]
    return tuple({"agent": entry} if isinstance(entry, str) else entry for entry in entries)


def _parse_schema(value: object) -> object:
    if isinstance(value, str) and value:
        return value
    if not isinstance(value, dict):
        raise PydanticCustomError("schema", "must be a JSON Schema, or the path of a file that holds one")
    return value


def _parse_size(value: object) -> object:
    if value is None or value == _NO_LIMIT:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise PydanticCustomError("size", "must be a number of bytes of at least 1, or -1 for no limit")
    return value


_Name = Annotated[Any, BeforeValidator(_parse_name)]


class FallbackAgent(BaseModel):
    """An agent that takes over; its model is its own default unless one is named."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    agent: Text
    model: Text | None = None


class AgentConfig(StepConfig):
    """What the two types have in common.

    `session` holds the id in `continue STEP`. `output_schema` is a mapping, or the path of a file relative to the
    workflow's folder, else to the project's. What an agent says is always captured; `capture` adds fields to the
    output (ADD-D).
    """

    integration: _Name = None
    model: _Name = None
    permissions: Annotated[Any, BeforeValidator(_parse_permission)] = None
    expects: Literal["changes", "none", "any"] = "any"
    output_schema: Annotated[Any, BeforeValidator(_parse_schema)] = None
    schema_attempts: Annotated[StrictInt, Field(ge=0)] = 2
    session: Annotated[Any, BeforeValidator(_parse_session)] = None
    on_retry: Literal["continue", "fresh"] = "continue"
    verify: Annotated[Any, BeforeValidator(_parse_commands)] = ()
    verify_attempts: Annotated[StrictInt, Field(ge=0)] = 2
    fallback: Annotated[tuple[FallbackAgent, ...], BeforeValidator(_parse_fallback)] | None = None
    via: Literal["cli", "acp"] = "cli"
    max_wait: Annotated[Any, BeforeValidator(_parse_wait)] = None
    integration_args: Annotated[Any, BeforeValidator(_parse_words)] = ()
    integration_options: Annotated[dict[str, Any], BeforeValidator(parse_deep)] = Field(default_factory=dict)
    capture: StrictBool = False
    capture_max_bytes: Annotated[Any, BeforeValidator(_parse_size)] = None

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

    command: Text
    input: dict[str, Value] = Field(default_factory=dict)
    options: Annotated[dict[str, Any], BeforeValidator(parse_deep)] = Field(default_factory=dict)

    def check(self, surroundings: Surroundings) -> Iterable[Flaw]:
        """As of every agent's step; and a command needs a name."""
        yield from _blank_flaws("command", self.command)
        yield from super().check(surroundings)


class PromptConfig(AgentConfig):
    """`prompt` is what the agent is told (PRM-01)."""

    prompt: Text

    def check(self, surroundings: Surroundings) -> Iterable[Flaw]:
        """As of every agent's step; and there must be something to tell."""
        yield from _blank_flaws("prompt", self.prompt)
        yield from super().check(surroundings)
