"""The types of the fields that configuration models are made of.

A configuration model is a frozen pydantic model. Text that may hold `{{ }}` becomes a compiled `Template` while the
file is loaded, so an expression's mistakes are found with all the others. Fields that hold steps carry a `Nested`
marker: the loader reads those steps itself and hands the model finished `Step` values.

A type says next to its check what editors may know of it (`WithJsonSchema`). That never refuses what the check accepts;
`errorMessage` and `patternErrorMessage` are what editors show in place of their own words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, InstanceOf, WithJsonSchema
from pydantic_core import PydanticCustomError

from plait.errors import ExpressionError
from plait.expressions import Condition, Template
from plait.model.workflow import Step

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from plait.model.problems import Flaw
    from plait.model.workflow import Surroundings, Workflow


class StepConfig(BaseModel):
    """What an author writes for one step of a type, apart from the fields every step has."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, populate_by_name=False, defer_build=True
    )

    def check(self, surroundings: Surroundings) -> Iterable[Flaw]:
        """Yield what is wrong with this step beyond the shape of its fields."""
        del surroundings
        return ()

    def calls(self) -> tuple[str, str] | None:
        """Return what the step calls another workflow by, if it does: the key of the field, and its text."""
        return None

    def output_keys(self, called: Workflow | None) -> Collection[str] | None:
        """Return every key that the step's output can have, None if nobody can tell; `called` is what it calls."""
        del called
        return None

    def data_schema(self, folder: Path | None) -> Mapping[str, Any] | None:
        """Return the JSON Schema of the step's `output.data`, if it has one; `folder` is the workflow file's."""
        del folder
        return None


@dataclass(frozen=True, slots=True)
class Nested:
    """Marks a field that holds steps: a `block` (list), `one` step, or `blocks` (a mapping of name to list)."""

    shape: Literal["block", "one", "blocks"]


def _expression_error(error: ExpressionError) -> PydanticCustomError:
    # Braces would be read as pydantic's own placeholders, so the text travels in the context.
    return PydanticCustomError(
        "expression",
        "{message}",
        {"message": error.message, "offset": error.offset, "length": error.length, "hint": error.hint},
    )


def parse_template(value: object) -> Template:
    """Compile the text of a field; numbers and booleans are refused, as `run: 5` is a mistake."""
    if isinstance(value, Template):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("text", "must be text")
    try:
        return Template.parse(value)
    except ExpressionError as error:
        raise _expression_error(error) from None


def parse_value(value: object) -> object:
    """Compile text that holds an expression; leave every other value as it is, lists and mappings unwalked (EXP-01)."""
    return parse_template(value) if isinstance(value, str) else value


def parse_deep(value: object) -> object:
    """Compile the expressions in a value, also those inside its lists and mappings."""
    if isinstance(value, dict):
        return {str(key): parse_deep(item) for key, item in value.items()}
    if isinstance(value, list):
        return [parse_deep(item) for item in value]
    return parse_value(value)


def parse_condition(value: object) -> Condition:
    """Compile a condition: text with one expression, or a literal boolean (CON-01..05)."""
    if isinstance(value, Condition):
        return value
    if not isinstance(value, (str, bool)):
        raise PydanticCustomError("condition", "must be an expression or a boolean")
    try:
        return Condition.parse(value)
    except ExpressionError as error:
        raise _expression_error(error) from None


def parse_seconds(value: object) -> float | Template:
    """Accept a positive, finite number of seconds, or an expression that yields one."""
    if isinstance(value, str) and "{{" in value:
        return parse_template(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise PydanticCustomError("seconds", "must be a number of seconds")
    try:
        seconds = float(value)
    except OverflowError:
        seconds = math.inf
    if not math.isfinite(seconds) or seconds <= 0:
        raise PydanticCustomError("seconds", "must be a positive, finite number of seconds")
    return seconds


def is_file_reference(reference: str) -> bool:
    """Whether a reference to a workflow is the path of a file, not the id of an installed workflow."""
    return reference.lower().endswith((".yml", ".yaml"))


ANYTHING = WithJsonSchema({})
EXPRESSION = r"\{\{"
"""What a text with an expression in it matches."""
_CONDITION = (
    EXPRESSION + r"|^\s*([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[Yy]|[Yy]es|YES|[Oo]n|ON|[Nn]|[Nn]o|NO|[Oo]ff|OFF)?\s*$"
)

Text = Annotated[Template, BeforeValidator(parse_template), WithJsonSchema({"type": "string"})]
Value = Annotated[Any, BeforeValidator(parse_value), ANYTHING]
Deep = Annotated[Any, BeforeValidator(parse_deep), ANYTHING]
ConditionField = Annotated[
    Condition,
    BeforeValidator(parse_condition),
    WithJsonSchema(
        {
            "type": ["boolean", "string"],
            "pattern": _CONDITION,
            "errorMessage": "a condition is one expression, such as `{{ inputs.full }}`, or true or false",
        }
    ),
]
Seconds = Annotated[
    float | Template,
    BeforeValidator(parse_seconds),
    WithJsonSchema(
        {
            "type": ["number", "string"],
            "exclusiveMinimum": 0,
            "pattern": EXPRESSION,
            "errorMessage": "must be a positive number of seconds, or an expression",
        }
    ),
]
Steps = Annotated[tuple[InstanceOf[Step], ...], Nested("block")]
OneStep = Annotated[InstanceOf[Step], Nested("one")]
NamedBlocks = Annotated[dict[str, tuple[InstanceOf[Step], ...]], Nested("blocks")]
