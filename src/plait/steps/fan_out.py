"""`fan-out`: the same steps for every item of a list, a bounded number of items at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import ConfigDict, Field, WithJsonSchema

from plait.errors import EvaluationError
from plait.expressions import Template
from plait.expressions.values import kind
from plait.model.budget_fields import BudgetFields
from plait.model.fields import EXPRESSION, OneStep, StepConfig, Steps, Value
from plait.model.outcome import StepResult
from plait.model.problems import Flaw
from plait.model.step_type import StepBase, StepContext
from plait.model.workflow import NO_SETTINGS, Step, StepSettings
from plait.steps.policies import PolicyConfig, conclude, width_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plait.model.workflow import Surroundings


class FanOutConfig(PolicyConfig):
    """`items` is a list or an expression that yields one; the body is one `step`, or a list `steps`.

    `outputs` of a fan-out with `steps` are evaluated for each item, in its own scope, and are the item's result;
    `item_budget` is what each item may spend on agents.
    """

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["step"]}, {"required": ["steps"]}]})

    items: Annotated[
        Value,
        WithJsonSchema(
            {"type": ["array", "string"], "pattern": EXPRESSION, "errorMessage": "must be a list or an expression"}
        ),
    ] = Field(
        description="What to do the steps for: a list, or an expression that yields one. Inside, `item` is the item "
        "and `item_index` its place, from 0.",
        examples=["{{ steps.list.output.data }}", ["unit", "integration"]],
    )
    step: OneStep | None = Field(None, description="The one step to do for each item; either this or `steps`.")
    steps: Steps | None = Field(None, description="The steps to do for each item, one after the other; or `step`.")
    outputs: dict[str, Value] = Field(
        default_factory=dict,
        description="With `steps`: what an item's result is, by name, evaluated in the item. Without it the result "
        "is the output of each step by its id.",
        examples=[{"suite": "{{ item }}"}],
    )
    item_budget: BudgetFields | None = Field(
        None,
        description="With `steps`: the most that each item may spend on agents. With `step`, write `budget` on it.",
        examples=[{"usd": 1}],
    )
    max_concurrency: Value = Field(
        1, description="How many items run at once: a number, or an expression.", examples=[4]
    )

    def check(self, surroundings: Surroundings) -> Iterable[Flaw]:
        """A fan-out has exactly one body, and its items are a list or an expression."""
        del surroundings
        if self.step is None and self.steps is None:
            yield Flaw("a fan-out needs `step` or `steps`: what to do for each item")
        if self.step is not None and self.steps is not None:
            yield Flaw("a fan-out has either `step` or `steps`, not both", ("steps",))
        if self.step is not None and self.item_budget is not None:
            hint = "write `budget` on the `step`"
            yield Flaw("`item_budget` is for a fan-out with `steps`", ("item_budget",), hint=hint)
        if not isinstance(self.items, (list, Template)):
            yield Flaw("`items` must be a list or an expression", ("items",))
        elif isinstance(self.items, Template) and self.items.is_literal:
            hint = "an expression stands in {{ }}"
            yield Flaw("`items` is plain text, not a list or an expression", ("items",), hint=hint)


class ItemConfig(StepConfig):
    """The body of a fan-out that is a list of steps."""

    steps: Steps
    outputs: dict[str, Value] = Field(default_factory=dict)


class ItemStep(StepBase):
    """One item of a fan-out with `steps`: its result is its `outputs`, or each step's output by the step's id."""

    type_key = "item"
    Config = ItemConfig
    acts = False

    def execute(self, config: ItemConfig, context: StepContext) -> StepResult:
        """Run the steps, then work out the item's result."""
        halt = context.run_block(config.steps)
        if halt is not None or not config.outputs:
            outputs = {step.id: context.output_of(step.id) for step in config.steps}
            return StepResult.after(halt, {step_id: output for step_id, output in outputs.items() if output})
        return StepResult(output={name: context.evaluate(value) for name, value in config.outputs.items()})


class FanOutStep(StepBase):
    """Runs its body for every item and gathers the results in item order."""

    type_key = "fan-out"
    Config = FanOutConfig
    acts = False

    def __init__(self) -> None:
        self._item = ItemStep()

    def execute(self, config: FanOutConfig, context: StepContext) -> StepResult:
        """Decide on the items once, run them, gather."""
        width = context.evaluate(config.max_concurrency)
        body = config.step or self._body(config)
        output: dict[str, object] = {
            "items": [],
            "max_concurrency": width,
            "step_template": dict(body.written),
            "item_count": 0,
        }
        try:
            items = context.decide("items", lambda: self._items(config, context))
        except EvaluationError as error:
            return StepResult.failed(str(error), output)
        output |= {"items": items, "item_count": len(items)}
        context.publish({**output, "results": []})
        outcome = context.run_items(
            body,
            items,
            width=width_of(width),
            on_item_failure=config.on_item_failure,
            on_item_pause=config.on_item_pause,
        )
        output["results"] = outcome.results
        if config.step is not None and config.outputs and outcome.halt is None:
            context.publish(output)
            output |= {name: context.evaluate(value) for name, value in config.outputs.items()}
        return conclude(outcome, output, "items", len(items))

    def _body(self, config: FanOutConfig) -> Step:
        steps = config.steps or ()
        written = {"id": "item", "steps": [dict(step.written) for step in steps]}
        body = ItemConfig.model_construct(steps=steps, outputs=config.outputs)
        budget = config.item_budget
        settings = StepSettings(budget=budget.as_budget()) if budget else NO_SETTINGS
        return Step("item", self._item, body, settings, order=-1, written=written, children=steps)

    def _items(self, config: FanOutConfig, context: StepContext) -> list[object]:
        items = context.evaluate(config.items) if isinstance(config.items, Template) else config.items
        if isinstance(items, (list, tuple)):
            return list(items)
        text = config.items.text if isinstance(config.items, Template) else str(config.items)
        raise EvaluationError(f"`items` must be a list, but {text} is {kind(items)}")
