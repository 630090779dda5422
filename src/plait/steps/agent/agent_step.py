"""What the step types that an agent does have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from plait.model.outcome import StepResult
from plait.model.step_type import StepBase, StepContext
from plait.steps.agent.attempt import perform
from plait.steps.agent.choice import TaskError

if TYPE_CHECKING:
    from plait.steps.agent.task import Task


class AgentStep(StepBase):
    """Words a task, and has an agent do it."""

    default_idle_timeout = 1200.0
    own_clock = True

    @abstractmethod
    def task(self, config: Any, context: StepContext) -> Task:
        """Return what is to be done; raises `TaskError` for what no agent can be handed."""

    def execute(self, config: Any, context: StepContext) -> StepResult:
        """Hand the task to an agent and see to what comes of it."""
        try:
            task = self.task(config, context)
        except TaskError as error:
            return StepResult.failed(str(error), dict(error.output))
        return perform(task, context)
