"""The fields that every step may have, read into `StepSettings`."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StrictFloat, StrictInt, StrictStr
from pydantic_core import PydanticCustomError

from plait.model.budget_fields import BudgetFields
from plait.model.fields import ConditionField, Seconds, StepConfig, Text, Value, parse_deep, parse_value
from plait.model.workflow import Failure, Retry, StepSettings
from plait.secrets import Secret
from plait.suggest import suggestion

OVERRIDES = ("integration", "model", "options", "input")
SILENT_KEYS = ("id", "type", "description")
_FAILURES: tuple[str, ...] = get_args(Failure)
_SECRET_NAME = re.compile(r"[A-Za-z0-9_]+")


def _plain_or_long(value: object) -> object:
    """Accept an output in its short form, or as a mapping with its `value` (and a description)."""
    if isinstance(value, dict) and "value" in value and set(value) <= {"value", "description", "type"}:
        value = value["value"]
    return parse_deep(value)


def _secret_name(name: str) -> str:
    if not _SECRET_NAME.fullmatch(name):
        raise PydanticCustomError("secret", "must be a name of letters, digits and underscores, written out")
    return name


def _secret_file(path: str) -> str:
    if not path or "{{" in path:
        raise PydanticCustomError("secret", "must be the path of a file, written out")
    return path


class SecretFields(StepConfig):
    """`{secret: NAME}` as written."""

    secret: Annotated[StrictStr, AfterValidator(_secret_name)]
    file: Annotated[StrictStr, AfterValidator(_secret_file)] | None = None


def _environment_value(value: object) -> object:
    if isinstance(value, dict) and "secret" in value:
        fields = SecretFields.model_validate(value)
        return Secret(fields.secret, fields.file)
    if isinstance(value, (dict, list)) or value is None:
        # Braces in the message would be read as pydantic's own placeholders.
        form = {"form": "`{secret: NAME}`"}
        raise PydanticCustomError("environment", "must be text, a number, a boolean or {form}", form)
    if isinstance(value, bool):
        return "true" if value else "false"
    return parse_value(value) if isinstance(value, str) else str(value)


def _environment_name(name: str) -> str:
    if not name or "=" in name or "\0" in name:
        raise PydanticCustomError("environment", "is no name of an environment variable")
    return name


def _label(value: object) -> object:
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _attempts_alone(value: object) -> object:
    """Accept the number of attempts in place of a mapping that says nothing else."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise PydanticCustomError("retry", "must be a number of attempts of at least 1, or a mapping")
    return {"attempts": value}


def _cause(value: object) -> object:
    """Accept what `retry.on` may name: an exit code, or a class of failures."""
    if (isinstance(value, int) and not isinstance(value, bool)) or value in _FAILURES:
        return value
    words = ", ".join(f"`{each}`" for each in _FAILURES)
    hint = suggestion(value, _FAILURES) if isinstance(value, str) else ""
    raise PydanticCustomError("cause", "must be an exit code or one of {words}", {"words": words, "hint": hint})


def _finite(value: float) -> float:
    try:
        finite = math.isfinite(value)
    except OverflowError:
        finite = False
    if not finite:
        raise PydanticCustomError("finite", "must be a finite number")
    return value


Number = Annotated[StrictInt | StrictFloat, AfterValidator(_finite)]
Deep = Annotated[Any, BeforeValidator(parse_deep)]
Output = Annotated[Any, BeforeValidator(_plain_or_long)]
Outputs = dict[StrictStr, Output]
EnvironmentName = Annotated[StrictStr, AfterValidator(_environment_name)]
Environment = dict[EnvironmentName, Annotated[Any, BeforeValidator(_environment_value)]]


class RetryFields(StepConfig):
    """`retry:` as written."""

    attempts: Annotated[StrictInt, Field(ge=1)]
    delay: Annotated[Number, Field(ge=0)] = 0.0
    backoff: Annotated[Number, Field(ge=1)] = 1.0
    max_delay: Annotated[Number, Field(ge=0)] = 300.0
    jitter: Annotated[Number, Field(ge=0, le=1)] = 0.0
    on: tuple[Annotated[int | str, BeforeValidator(_cause)], ...] = ()

    def as_retry(self) -> Retry:
        """Return the values the engine reads."""
        return Retry(
            self.attempts, float(self.delay), float(self.backoff), float(self.max_delay), float(self.jitter), self.on
        )


class SettingsFields(StepConfig):
    """The fields of every step as written."""

    name: Annotated[StrictStr, BeforeValidator(_label)] | None = None
    condition: ConditionField | None = Field(default=None, alias="if")
    env: Environment | None = None
    cwd: Text | None = None
    timeout: Seconds | None = None
    idle_timeout: Seconds | None = None
    retry: Annotated[RetryFields, BeforeValidator(_attempts_alone)] | None = None
    continue_on_error: StrictBool = False
    outputs: Outputs | None = None
    budget: BudgetFields | None = None
    on_interrupt: Literal["rerun", "fail", "ask"] = "rerun"
    integration: Value = None
    model: Value = None
    options: Deep = None
    input: Deep = None

    def as_settings(self) -> StepSettings:
        """Return the values the engine reads."""
        overrides = {key: value for key in OVERRIDES if (value := getattr(self, key)) is not None}
        return StepSettings(
            name=self.name,
            condition=self.condition,
            env=self.env or {},
            cwd=self.cwd,
            timeout=self.timeout,
            idle_timeout=self.idle_timeout,
            retry=self.retry.as_retry() if self.retry else None,
            continue_on_error=self.continue_on_error,
            outputs=self.outputs or {},
            budget=self.budget.as_budget() if self.budget else None,
            on_interrupt=self.on_interrupt,
            overrides=overrides,
        )
