"""The fields that every step may have, read into `StepSettings`."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from plait.load.file_fields import STEP_FIELDS
from plait.model.budget_fields import BudgetFields
from plait.model.fields import (
    ANYTHING,
    ConditionField,
    Deep,
    Seconds,
    StepConfig,
    Text,
    Value,
    parse_deep,
    parse_value,
)
from plait.model.workflow import Failure, Retry, StepSettings
from plait.secrets import Secret
from plait.suggest import suggestion

OVERRIDES = ("integration", "model", "options", "input")
SILENT_KEYS = tuple(STEP_FIELDS)
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

    secret: Annotated[
        StrictStr,
        AfterValidator(_secret_name),
        WithJsonSchema(
            {
                "type": "string",
                "pattern": f"^{_SECRET_NAME.pattern}$",
                "errorMessage": "must be a name of letters, digits and underscores, written out",
            }
        ),
    ] = Field(
        description="The name of a secret, which is looked up when the step begins and never recorded.",
        examples=["RELEASE_TOKEN"],
    )
    file: (
        Annotated[StrictStr, AfterValidator(_secret_file), WithJsonSchema({"type": "string", "minLength": 1})] | None
    ) = Field(
        None,
        description="A file that holds this secret and nothing else, relative to the project's folder. "
        "Without it the environment, the secrets files and the keyring are asked.",
        examples=["/run/secrets/token"],
    )


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


Number = Annotated[StrictInt | StrictFloat, AfterValidator(_finite), WithJsonSchema({"type": "number"})]
Output = Annotated[Any, BeforeValidator(_plain_or_long), ANYTHING]
Outputs = dict[StrictStr, Output]
EnvironmentName = Annotated[
    StrictStr,
    AfterValidator(_environment_name),
    WithJsonSchema({"type": "string", "pattern": "^[^=]+$", "errorMessage": "is no name of an environment variable"}),
]
_WrittenInEnvironment = StrictStr | StrictInt | StrictFloat | StrictBool | SecretFields
EnvironmentValue = Annotated[Any, BeforeValidator(_environment_value, json_schema_input_type=_WrittenInEnvironment)]
Environment = dict[EnvironmentName, EnvironmentValue]


class RetryFields(StepConfig):
    """`retry:` as written."""

    attempts: Annotated[StrictInt, Field(ge=1)] = Field(
        description="How often the step is tried in all, the first time included.", examples=[3]
    )
    delay: Annotated[Number, Field(ge=0, json_schema_extra={"minimum": 0})] = Field(
        0.0, description="Seconds before the second try."
    )
    backoff: Annotated[Number, Field(ge=1, json_schema_extra={"minimum": 1})] = Field(
        1.0, description="The factor by which each pause between tries is longer than the one before."
    )
    max_delay: Annotated[Number, Field(ge=0, json_schema_extra={"minimum": 0})] = Field(
        300.0, description="The longest pause between tries, in seconds."
    )
    jitter: Annotated[Number, Field(ge=0, le=1, json_schema_extra={"minimum": 0, "maximum": 1})] = Field(
        0.0, description="By which fraction, 0 to 1, the pauses vary at random."
    )
    on: tuple[
        Annotated[
            int | str,
            BeforeValidator(_cause),
            WithJsonSchema({"anyOf": [{"enum": list(_FAILURES)}, {"type": "integer"}]}),
        ],
        ...,
    ] = Field(
        (),
        description="What is worth another try: exit codes and classes of failures. Without it, every failure is.",
        examples=[["timeout", 75]],
    )

    def as_retry(self) -> Retry:
        """Return the values the engine reads."""
        return Retry(
            self.attempts, float(self.delay), float(self.backoff), float(self.max_delay), float(self.jitter), self.on
        )


class SettingsFields(StepConfig):
    """The fields of every step as written."""

    name: Annotated[StrictStr, BeforeValidator(_label), WithJsonSchema({"type": ["string", "number"]})] | None = Field(
        None, description="A label for people; its id stands for the step without one."
    )
    condition: ConditionField | None = Field(
        None,
        alias="if",
        description="The step is skipped unless this holds: one expression, or true or false.",
        examples=["{{ inputs.level == 'high' }}"],
    )
    env: Environment | None = Field(
        None,
        description="Environment variables for the commands of this step and of those inside it, over those of the "
        "file. A value is text, a number, a boolean, or `{secret: NAME}`; expressions are evaluated.",
        examples=[{"TARGET": "{{ inputs.target }}"}],
    )
    cwd: Text | None = Field(
        None, description="The folder its commands run in, relative to the project's, which is the default."
    )
    timeout: Seconds | None = Field(
        None,
        description="Seconds for one try, the steps inside it included; then its commands are ended and the step "
        "fails. A shell step has 300 without it, others have no limit; of an agent only the time at work counts.",
        examples=[60],
    )
    idle_timeout: Seconds | None = Field(
        None,
        description="Seconds that a command of the step may print nothing before it is ended and the step fails. "
        "Agents have 1200 without it, others have no limit.",
        examples=[20],
    )
    retry: (
        Annotated[
            RetryFields,
            BeforeValidator(_attempts_alone, json_schema_input_type=Annotated[StrictInt, Field(ge=1)] | RetryFields),
        ]
        | None
    ) = Field(
        None,
        description="Try the step again after a failure: how many tries in all, or a mapping that says more.",
        examples=[3, {"attempts": 4, "delay": 1, "backoff": 2, "on": ["timeout"]}],
    )
    continue_on_error: StrictBool = Field(
        False, description="Whether the run goes on after this step has failed. It does not cover steps inside it."
    )
    outputs: Outputs | None = Field(
        None,
        description="Values by name that are added to the step's output when it has ended; they may read it, too.",
        examples=[{"first": "{{ steps.fetch.output.stdout | lines | first }}"}],
    )
    budget: BudgetFields | None = Field(
        None,
        description="The most that the step, with all that is inside it, may spend on agents; then the run pauses.",
        examples=[{"usd": 2}],
    )
    on_interrupt: Literal["rerun", "fail", "ask"] = Field(
        "rerun",
        description="What a resume does if the step had begun and not ended: run it again, fail it, or ask a person.",
    )
    integration: Value = Field(
        None, description="The coding agent of the step. Only recorded with a step that no agent does."
    )
    model: Value = Field(
        None, description="The model of the step's agent. Only recorded with a step that no agent does."
    )
    options: Deep = Field(
        None, description="Settings of the step's agent. Only recorded with a step that no agent does."
    )
    input: Deep = Field(None, description="What the step is given. Only recorded with a step that has no such field.")

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
