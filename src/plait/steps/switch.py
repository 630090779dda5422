"""`switch`: one of several blocks, by a value."""

from __future__ import annotations

from plait.model.fields import NamedBlocks, StepConfig, Steps, Value
from plait.model.outcome import StepResult
from plait.model.step_type import StepBase, StepContext

_DEFAULT = "__default__"


class SwitchConfig(StepConfig):
    """`expression` is compared, as text, with the keys of `cases` in their order (SWI-01, SWI-02)."""

    expression: Value
    cases: NamedBlocks
    default: Steps | None = None


class SwitchStep(StepBase):
    """Runs the first case whose key is the expression's value, else `default`."""

    type_key = "switch"
    Config = SwitchConfig

    def execute(self, config: SwitchConfig, context: StepContext) -> StepResult:
        """Decide once, run the block."""
        case, value = context.decide("case", lambda: self._choose(config, context))
        output: dict[str, object] = {"matched_case": case, "expression_value": value}
        context.publish(output)
        block = config.cases.get(str(case), config.default or ())
        return StepResult.after(context.run_block(block), output)

    def _choose(self, config: SwitchConfig, context: StepContext) -> list[object]:
        value = context.evaluate(config.expression)
        text = context.text(config.expression).strip()
        for case in config.cases:
            # A key such as `True:` is the boolean, whatever its spelling (SWI-03).
            if case.strip() == text or (isinstance(value, bool) and case.strip().lower() == text):
                return [case, value]
        return [_DEFAULT, value]
