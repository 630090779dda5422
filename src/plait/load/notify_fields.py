"""`notify:` as written, in a workflow or in the settings.

It holds no expressions: what happened reaches a receiver as data, so nothing of a run can decide where a notice goes or
which command tells of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, StrictBool, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from plait.load.scalars import truth_of
from plait.load.settings import EnvironmentName, SecretFields
from plait.model.fields import StepConfig
from plait.model.notification import STOPS, USUAL_STOPS, Notification, Stop
from plait.secrets import Secret
from plait.suggest import suggestion

if TYPE_CHECKING:
    from typing import Self

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS = frozenset({"content-length", "content-type", "host", "transfer-encoding", "connection"})
_LONGEST = 8192
_TEXT_OR_SECRET = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {
            "type": "object",
            "properties": {
                name: {
                    "type": "string" if field.is_required() else ["string", "null"],
                    "description": field.description,
                }
                for name, field in SecretFields.model_fields.items()
            },
            "required": ["secret"],
            "additionalProperties": False,
        },
    ]
}


def _error(message: str, **values: str) -> PydanticCustomError:
    # Braces in the message would be read as pydantic's own placeholders.
    return PydanticCustomError("notify", "{message}", {"message": message, **values})


def _plain_text(value: object) -> str:
    if isinstance(value, str) and "{{" in value:
        raise _error(
            "must be written out, without an expression",
            hint="what happened reaches the receiver as JSON, and a command also as variables such as $PLAIT_STATUS",
        )
    if not isinstance(value, str) or not value.strip():
        raise _error("must be text")
    if "\0" in value or len(value) > _LONGEST:
        raise _error("must be text without NUL, of at most 8,192 characters")
    return value


def _text_or_secret(value: object) -> str | Secret:
    if isinstance(value, dict) and "secret" in value:
        fields = SecretFields.model_validate(value)
        return Secret(fields.secret, fields.file)
    if not isinstance(value, str):
        raise _error("must be text or `{secret: NAME}`")
    return _plain_text(value)


def _address(value: object) -> str | Secret:
    from plait.addresses import AddressError, check_url  # noqa: PLC0415 - few files name an address

    found = _text_or_secret(value)
    if isinstance(found, str):
        try:
            check_url(found)
        except AddressError as error:
            advice = error.hint or "an address that holds a key goes into a secret: `webhook: {secret: NAME}`"
            raise _error(f"cannot be used: {error.reason}", hint=advice) from None
    return found


def _header_name(value: object) -> str:
    if not isinstance(value, str) or not _HEADER_NAME.fullmatch(value):
        raise _error("is no name of a header")
    if value.lower() in _OURS:
        raise _error("is a header that Plait sets itself")
    return value


def _header_value(value: object) -> str | Secret:
    found = _text_or_secret(value)
    if isinstance(found, str) and not (found.isprintable() and found.isascii()):
        raise _error("must be printable ASCII on one line")
    return found


def _command(value: object) -> tuple[str, ...] | str:
    if isinstance(value, list):
        if not value:
            raise _error("must not be empty")
        return tuple(_plain_text(word) if word != "" else "" for word in value)
    if not isinstance(value, str):
        raise _error("must be a list of words, or text for the shell")
    return _plain_text(value)


def _truth(value: object) -> object:
    """Read `yes` and `off`, too, as where a step has a boolean."""
    known = truth_of(value) if isinstance(value, str) else None
    return value if known is None else known


def _stops(value: object) -> object:
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not words:
        raise _error("must be a list of " + ", ".join(f"`{each}`" for each in STOPS))
    for word in words:
        if word not in STOPS:
            hint = suggestion(word, STOPS) if isinstance(word, str) else ""
            raise _error("must be one of " + ", ".join(f"`{each}`" for each in STOPS), hint=hint)
    return tuple(dict.fromkeys(words))


Truth = Annotated[StrictBool, BeforeValidator(_truth, json_schema_input_type=StrictBool)]


class NotifyFields(StepConfig):
    """One entry of `notify:`: when to tell, and whom."""

    on: Annotated[
        tuple[Stop, ...],
        BeforeValidator(_stops),
        WithJsonSchema(
            {
                "anyOf": [
                    {"enum": list(STOPS)},
                    {"type": "array", "items": {"enum": list(STOPS)}, "minItems": 1},
                ]
            }
        ),
    ] = Field(
        USUAL_STOPS,
        description="What is told: that the run waits for a person (`paused`), has `failed`, `completed` or been"
        " `aborted`, or was `interrupted`. All but the last unless said otherwise.",
        examples=[["paused", "failed"]],
    )
    webhook: Annotated[Any, BeforeValidator(_address), WithJsonSchema(_TEXT_OR_SECRET)] = Field(
        None,
        description="An address that is sent a JSON object with POST: HTTPS, or HTTP on this machine. One that is"
        " itself a secret is written `{secret: NAME}`.",
        examples=["https://hooks.example.com/runs"],
    )
    headers: (
        dict[
            Annotated[str, BeforeValidator(_header_name)],
            Annotated[Any, BeforeValidator(_header_value), WithJsonSchema(_TEXT_OR_SECRET)],
        ]
        | None
    ) = Field(
        None,
        description="More headers for the webhook; values that are secrets are written `{secret: NAME}`.",
        examples=[{"Authorization": {"secret": "HOOK_TOKEN"}}],
    )
    command: Annotated[
        Any,
        BeforeValidator(_command),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "string", "minLength": 1},
                    {"type": "array", "items": {"type": "string"}, "minItems": 1},
                ]
            }
        ),
    ] = Field(
        None,
        description="A command to run in the project's folder: a list of words, or text for the shell. It reads what"
        " happened from variables such as PLAIT_STATUS, and the whole as JSON from its standard input.",
        examples=[["./tell", "--quietly"]],
    )
    env: (
        dict[EnvironmentName, Annotated[Any, BeforeValidator(_text_or_secret), WithJsonSchema(_TEXT_OR_SECRET)]] | None
    ) = Field(
        None,
        description="Environment variables for the command; values that are secrets are written `{secret: NAME}`.",
        examples=[{"TOKEN": {"secret": "CHAT_TOKEN"}}],
    )
    desktop: Truth = Field(False, description="Shows a notice on the desktop, where there is one.", examples=[True])
    outputs: Truth = Field(False, description="Tells the outputs of the run, too.")

    @model_validator(mode="after")
    def _says_how(self) -> Self:
        ways = [name for name in ("webhook", "command", "desktop") if getattr(self, name)]
        if len(ways) != 1:
            raise _error("needs one of `webhook`, `command` and `desktop: true`, and not more than one")
        for name, way in (("headers", "webhook"), ("env", "command")):
            if getattr(self, name) and ways != [way]:
                raise _error(f"`{name}` belongs to a `{way}`")
        return self

    def as_notification(self) -> Notification:
        """Return what is sent."""
        return Notification(
            self.on, self.webhook, self.headers or {}, self.command, self.env or {}, self.desktop, self.outputs
        )


def one_or_more(value: object) -> object:
    """Accept one entry in place of a list of one."""
    return [value] if isinstance(value, dict) else value


Notify = Annotated[
    tuple[NotifyFields, ...],
    BeforeValidator(one_or_more, json_schema_input_type=NotifyFields | tuple[NotifyFields, ...]),
]
