"""The types of the fields of a step that an agent does: what each is checked for, and what editors may know of it."""

from __future__ import annotations

import math
import shlex
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictStr, WithJsonSchema
from pydantic_core import PydanticCustomError

from plait.model.fields import EXPRESSION, Text, parse_deep, parse_template, parse_value
from plait.model.workflow import PERMISSIONS
from plait.steps.shell_text import ShellText

if TYPE_CHECKING:
    from plait.expressions import Template

_NO_LIMIT = -1


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


class FallbackAgent(BaseModel):
    """An agent that takes over; its model is its own default unless one is named."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    agent: Text = Field(description="The agent that takes over.", examples=["codex"])
    model: Text | None = Field(
        None, description="The model, as that agent names it; without it the agent's own default."
    )


_Fallback = FallbackAgent | StrictStr

AgentName = Annotated[Any, BeforeValidator(_parse_name), WithJsonSchema({"type": ["string", "null"]})]
Permissions = Annotated[
    Any,
    BeforeValidator(_parse_permission),
    WithJsonSchema({"anyOf": [{"enum": list(PERMISSIONS)}, {"type": "string", "pattern": EXPRESSION}]}),
]
Schema = Annotated[Any, BeforeValidator(_parse_schema), WithJsonSchema({"type": ["object", "string"], "minLength": 1})]
Session = Annotated[
    Any,
    BeforeValidator(_parse_session),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\s*continue\s+\S+\s*$",
            "errorMessage": "must be `continue STEP`, with the id of an earlier step",
        }
    ),
]
Commands = Annotated[
    Any,
    BeforeValidator(_parse_commands),
    WithJsonSchema(
        {
            "type": ["array", "string"],
            "items": {"type": "string"},
            "errorMessage": "must be a list of shell commands",
        }
    ),
]
Fallbacks = Annotated[
    tuple[FallbackAgent, ...],
    BeforeValidator(_parse_fallback, json_schema_input_type=_Fallback | list[_Fallback]),
]
Wait = Annotated[Any, BeforeValidator(_parse_wait), WithJsonSchema({"type": "number", "minimum": 0})]
Words = Annotated[
    Any,
    BeforeValidator(_parse_words),
    WithJsonSchema(
        {
            "type": ["array", "string"],
            "items": {"type": ["string", "number", "boolean"]},
            "errorMessage": "must be text, or a list of texts",
        }
    ),
]
AgentOptions = Annotated[dict[str, Any], BeforeValidator(parse_deep), WithJsonSchema({"type": "object"})]
Size = Annotated[
    Any,
    BeforeValidator(_parse_size),
    WithJsonSchema(
        {
            "type": ["integer", "null"],
            "minimum": _NO_LIMIT,
            "not": {"const": 0},
            "errorMessage": "must be a number of bytes of at least 1, or -1 for no limit",
        }
    ),
]
