"""`fan-in`: the outputs of earlier steps, gathered (it does not wait: they have ended when it runs)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from plait.expressions import Template
from plait.model.fields import StepConfig, Value
from plait.model.outcome import StepResult
from plait.model.problems import Flaw
from plait.model.step_type import StepBase, StepContext

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plait.model.workflow import Surroundings


class FanInConfig(StepConfig):
    """`wait_for` lists step ids; each value of `output` is evaluated with `fan_in.results` in scope (FIN-01..04)."""

    wait_for: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        description="The ids of steps that stand before this one, whose outputs are gathered in this order.",
        examples=[["suites", "lint"]],
    )
    output: dict[str, Value] | None = Field(
        None,
        description="Values by name that are added to the output; expressions in them may use `fan_in.results`.",
        examples=[{"said": "{{ fan_in.results | map('said') }}"}],
    )

    def check(self, surroundings: Surroundings) -> Iterable[Flaw]:
        """Every id must belong to a step that stands before this one (VAL-11)."""
        for index, step_id in enumerate(self.wait_for):
            if step_id == surroundings.step_id:
                yield Flaw("a fan-in cannot wait for itself", ("wait_for", index))
            elif step_id not in surroundings.ids_before:
                yield Flaw(f"no step {step_id!r} stands before this one", ("wait_for", index))


class FanInStep(StepBase):
    """Gathers the outputs of steps, in the order of `wait_for`, an empty mapping for one that did not run."""

    type_key = "fan-in"
    Config = FanInConfig
    acts = False

    def execute(self, config: FanInConfig, context: StepContext) -> StepResult:
        """Gather, then evaluate `output`."""
        results = context.outputs_of(config.wait_for)
        output: dict[str, object] = {"results": results}
        fan_in = {"results": results}
        for name, value in (config.output or {}).items():
            output[name] = context.evaluate(value, fan_in=fan_in) if isinstance(value, Template) else value
        return StepResult(output=output)
