"""A workflow at work: the run's own, or one that a step calls. Each sees its own inputs and steps alone."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Mapping

    from plait.journal import RunState
    from plait.model.workflow import Workflow

_UNLIMITED: AbstractContextManager[None] = nullcontext()


class Call:
    """What is the same for every step of one workflow while it runs.

    `step_id` is the occurrence of the step that calls it, None for the run's own; `ending` is what its `finally`
    steps see as `run`. `slots` are those of its own `max_parallel` first, then those of the workflows around it.
    """

    def __init__(self, workflow: Workflow, context_values: dict[str, str], step_id: str | None = None) -> None:
        self.workflow = workflow
        self.context_values = context_values
        self.step_id = step_id
        self.ending: Mapping[str, object] = {}
        self.slots: tuple[threading.Semaphore, ...] = ()
        self.defaults: Mapping[str, object] = {}
        """The default agent and model, where they are not those of the run."""

    @property
    def prefix(self) -> str:
        """What the ids of its steps begin with in this run."""
        return "" if self.step_id is None else f"{self.step_id}:"

    def inputs(self, state: RunState) -> Mapping[str, Any]:
        """Return the values of its inputs."""
        return state.inputs if self.step_id is None else state.calls[self.step_id].inputs

    def slot(self) -> AbstractContextManager[object]:
        """Hold one of the slots (`max_parallel`) while a step executes."""
        if not self.slots:
            return _UNLIMITED
        if len(self.slots) == 1:
            return self.slots[0]
        # A place in the innermost workflow is taken first: whoever has one outside waits for nothing more.
        held = ExitStack()
        for slots in self.slots:
            held.enter_context(slots)
        return held

    def without_slot(self) -> AbstractContextManager[object]:
        """Give the slot back while the step waits for steps inside it, so that these can never starve."""
        return self._given_back() if self.slots else _UNLIMITED

    @contextmanager
    def _given_back(self) -> Iterator[None]:
        for slots in self.slots:
            slots.release()
        try:
            yield
        finally:
            for slots in self.slots:
                slots.acquire()
