"""What an author writes for a step that an agent does."""

from __future__ import annotations

import math
import shlex
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt
from pydantic_core import PydanticCustomError

from plait.model.fields import StepConfig, Text, Value, parse_template, parse_value
from plait.model.problems import Flaw
from plait.steps.agent.schema_source import SchemaError, check_schema, read_schema
from plait.steps.shell_text import ShellText

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from plait.expressions import Template
    from plait.model.workflow import Surroundings

PERMISSIONS = ("read", "edit", "full")


class Check(NamedTuple):
    """One command of `verify`, as written and as the shell gets it."""

    written: Template
    text: ShellText


def parse_deep(value: object) -> object:
    """Compile the expressions in a value, also those inside its lists and mappings."""
    if isinstance(value, dict):
        return {str(key): parse_deep(item) for key, item in value.items()}
    if isinstance(value, list):
        return [parse_deep(item) for item in value]
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


class FallbackAgent(BaseModel):
    """An agent that takes over; its model is its own default unless one is named."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    agent: Text
    model: Text | None = None


class AgentConfig(StepConfig):
    """What the two types have in common.

    `session` holds the id in `continue STEP`. `output_schema` is a mapping, or the path of a file relative to the
    workflow's folder, else to the project's.
    """

    integration: Value = None
    model: Value = None
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
    capture: StrictBool = True
    capture_max_bytes: Annotated[StrictInt, Field(ge=1)] | None = None

    def check(self, surroundings: Surroundings) -> Iterable[Flaw]:
        """The schema must be one, the step whose session is continued must be known, the checks must be safe."""
        if self.session is not None and self.session not in surroundings.ids_before:
            yield Flaw(f"no step {self.session!r} stands before this one", ("session",))
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
            return check_schema(self.output_schema)
        if self.output_schema is None or folder is None or not (file := folder / self.output_schema).is_file():
            return None
        return read_schema(file)

    def schema_for_run(self, folders: Iterable[Path]) -> Mapping[str, Any] | None:
        """Return the schema, its file looked for in these folders; raises `SchemaError` if there is none."""
        if not isinstance(self.output_schema, str):
            return self.output_schema  # type: ignore[no-any-return]
        places = [folder / self.output_schema for folder in folders]
        for place in places:
            if place.is_file():
                return read_schema(place)
        raise SchemaError(f"names a file that does not exist: {', '.join(dict.fromkeys(map(str, places)))}")


class CommandConfig(AgentConfig):
    """`command` names one of the agent's own commands; of `input` only `args` reaches it (CMD-01, CMD-02)."""

    command: Text
    input: dict[str, Value] = Field(default_factory=dict)
    options: Annotated[dict[str, Any], BeforeValidator(parse_deep)] = Field(default_factory=dict)


class PromptConfig(AgentConfig):
    """`prompt` is what the agent is told (PRM-01)."""

    prompt: Text
