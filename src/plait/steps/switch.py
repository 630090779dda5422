"""`switch`: one of several blocks, by a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from plait.model.fields import NamedBlocks, StepConfig, Steps, Value
from plait.model.outcome import StepResult
from plait.model.step_type import StepBase, StepContext

if TYPE_CHECKING:
    from collections.abc import Iterable

_DEFAULT = "__default__"


class SwitchConfig(StepConfig):
    """`expression` is compared, as text, with the keys of `cases` in their order (SWI-01, SWI-02)."""

    expression: Value = Field(
        description="What decides: its value, as text, is compared with the names of the cases.",
        examples=["{{ inputs.kind }}"],
    )
    cases: NamedBlocks = Field(description="Lists of steps by the value for which they run.")
    default: Steps | None = Field(None, description="The steps to run if no case matches.")


class SwitchStep(StepBase):
    """Runs the first case whose key is the expression's value, else `default`."""

    type_key = "switch"
    Config = SwitchConfig
    acts = False
    chooses = True

    def execute(self, config: SwitchConfig, context: StepContext) -> StepResult:
        """Decide once, run the block."""
        case, value = context.decide("case", lambda: self._choose(config, context))
        output: dict[str, object] = {"matched_case": case, "expression_value": value}
        context.publish(output)
        block = config.cases.get(str(case), config.default or ())
        return StepResult.after(context.run_block(block), output)

    def _choose(self, config: SwitchConfig, context: StepContext) -> list[object]:
        value = context.evaluate(config.expression)
        case = matching_case(config.cases, value, context.text(config.expression))
        return [_DEFAULT if case is None else case, value]


def matching_case(cases: Iterable[str], value: object, text: str) -> str | None:
    """Return the first case that a value, written as `text`, is; None if there is none."""
    wanted = text.strip()
    for case in cases:
        # A key such as `True:` is the boolean, whatever its spelling (SWI-03).
        if case.strip() == wanted or (isinstance(value, bool) and case.strip().lower() == wanted):
            return case
    return None
