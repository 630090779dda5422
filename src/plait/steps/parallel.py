"""`parallel`: named blocks at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from plait.model.fields import NamedBlocks, Value
from plait.model.problems import Flaw
from plait.model.step_type import StepBase, StepContext
from plait.steps.policies import PolicyConfig, conclude, width_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plait.model.outcome import StepResult
    from plait.model.workflow import Surroundings


class ParallelConfig(PolicyConfig):
    """`branches` maps names to blocks; without `max_concurrency` all of them run at once."""

    branches: NamedBlocks = Field(description="Lists of steps by name, which run at the same time; at least one.")
    max_concurrency: Value = Field(
        None,
        description="How many branches run at once: a number, or an expression. Without it all of them do.",
        examples=[2],
    )

    def check(self, surroundings: Surroundings) -> Iterable[Flaw]:
        """There must be something to run."""
        del surroundings
        if not self.branches:
            yield Flaw("`branches` must name at least one block", ("branches",))


class ParallelStep(StepBase):
    """Runs its branches at the same time; afterwards their steps are seen like any others."""

    type_key = "parallel"
    Config = ParallelConfig
    acts = False

    def execute(self, config: ParallelConfig, context: StepContext) -> StepResult:
        """Run all branches, then say how they ended."""
        names = list(config.branches)
        output: dict[str, object] = {"branches": names}
        context.publish(output)
        width = width_of(context.evaluate(config.max_concurrency), default=len(names))
        outcome = context.run_branches(
            config.branches,
            width=width,
            on_item_failure=config.on_item_failure,
            on_item_pause=config.on_item_pause,
        )
        return conclude(outcome, output, "branches", len(names))
